"""Hundreds of models at once in TensorFlow: one fused step trains a whole grid of weights and seeds."""

import tensorflow as tf

from companion._sweep import MEMORY, run_grid
from companion.tensorflow.training import _descend


def sweep(
    X,
    y,
    *,
    pos_weights=None,
    class_weights=None,
    seeds,
    sizes,
    epochs,
    batch_size,
    learning_rate,
    momentum=0.0,
    weight_decay=0.0,
    test_fraction=0.3,
    memory=MEMORY,
):
    """Train one model for each weight and each seed, all at once, and return what they learned.

    A seed draws the stratified split, the initial weights and the order of the batches. So the spread over seeds is
    what another sample would show, and all weights of one seed see the same data.

    Parameters
    ----------
    X : array_like of float, shape (n, d)
        Features, used as they are: standardise them before.
    y : array_like of int, shape (n,)
        Labels 0…K−1, each present.
    pos_weights : array_like of float, shape (W,), optional
        w⁺ of each model with one output; the loss is `weighted_bce`.
    class_weights : array_like of float, shape (W, K), optional
        w_k of each model with K outputs; the loss is `weighted_cross_entropy`, divided by the samples.
    seeds : sequence of int
        S different seeds.
    sizes : sequence of int
        Units in each layer, as for `mlp`.
    epochs, batch_size, learning_rate, momentum, weight_decay
        As for `fit`.
    test_fraction : float, optional
        Share of the rows that is held out, between 0 and 1.
    memory : int, optional
        Bytes that the models trained at once may take, about; a larger grid runs in chunks, with the same result.

    Returns
    -------
    Sweep
        ``parameters``, ``logits`` and ``labels`` of the test rows, ``test_rows``, ``loss``; weights × seeds × ….

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above. Nothing has been trained then.
    FloatingPointError
        If a loss becomes NaN or infinite; the message names the step.

    Notes
    -----
    Every model is the one that `fit` would give on its training rows, in float64. Used in notebooks 03, 04 and 07.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.data import gaussian_classes
    >>> X, y = gaussian_classes(400, separation=2.0, prior=0.1, seed=0)
    >>> result = sweep(X, y, pos_weights=[1.0, 9.0], seeds=range(3), sizes=(1, 1),
    ...                epochs=5, batch_size=40, learning_rate=0.5)
    >>> result.logits.shape, result.loss.shape
    ((2, 3, 120), (2, 3, 35))
    >>> recall = (result.logits > 0)[:, result.labels == 1].mean(axis=1)
    >>> bool(recall[1] > recall[0])
    True
    """
    return run_grid(
        _train,
        X,
        y,
        pos_weights=pos_weights,
        class_weights=class_weights,
        seeds=seeds,
        sizes=sizes,
        epochs=epochs,
        test_fraction=test_fraction,
        memory=memory,
        batch_size=batch_size,
        learning_rate=learning_rate,
        momentum=momentum,
        weight_decay=weight_decay,
    )


def _train(chunk, X, y, steps):
    """Train the models of a chunk; parameters have the shape (S, W, …) and losses (steps, S, W)."""
    rows, targets, weights = tf.constant(X), tf.constant(y), tf.constant(chunk.weights)
    parameters = [tf.Variable(array) for array in chunk.parameters]

    def loss_of(batch):
        logits = _logits(parameters, tf.gather(rows, batch))
        label = tf.gather(targets, batch)
        if logits.shape[-1] == 1:
            losses = -tf.math.log_sigmoid(tf.cast(2 * label - 1, tf.float64)[:, None] * logits[..., 0])
        else:
            true_class = tf.one_hot(label, logits.shape[-1], dtype=tf.float64)[:, None]
            losses = -tf.reduce_sum(true_class * tf.nn.log_softmax(logits), axis=-1)
        # Gathered from the weights (W, K), it is (W, S, B): the weight of every sample in every model.
        weight = tf.transpose(tf.gather(weights, label, axis=1), [1, 0, 2])
        return tf.reduce_mean(weight * losses, axis=-1)

    losses = _descend(parameters, loss_of, chunk.order, steps, jit_compile=True)
    return [parameter.numpy() for parameter in parameters], losses


def _logits(parameters, X):
    """Return the logits (S, W, B, K) of all models from the batches of all seeds, (S, B, d)."""
    hidden = tf.einsum("sbd,swdh->swbh", X, parameters[0]) + parameters[1][:, :, None]
    for weight, bias in zip(parameters[2::2], parameters[3::2], strict=True):
        hidden = tf.nn.relu(hidden) @ weight + bias[:, :, None]
    return hidden
