"""Hundreds of models at once in TensorFlow: one fused step trains a whole grid of weights and splits."""

import tensorflow as tf

from companion._sweep import MEMORY, run_grid
from companion.tensorflow import _inputs
from companion.tensorflow.losses import _focal
from companion.tensorflow.training import _descend


def sweep(
    splits,
    *,
    pos_weights=None,
    class_weights=None,
    gamma=0.0,
    sizes=None,
    epochs,
    batch_size,
    learning_rate,
    momentum=0.0,
    weight_decay=0.0,
    shuffle=True,
    start="random",
    memory=MEMORY,
    backend=None,
    folder=None,
):
    """Train one model for each weight on each split, all at once, and return what they learned.

    All weights of a split see the same rows, the same initial weights and the same batches, drawn by the split's seed.
    So what differs between them is due to the weight, and the spread over the splits is what other splits would show.

    Parameters
    ----------
    splits : list of Split
        S splits with parts of the same sizes, such as `companion.data.splits` or `companion.data.stratified` returns.
    pos_weights : array_like of float, shape (W,), optional
        w⁺ of each model with one output; the loss is `weighted_bce`.
    class_weights : array_like of float, shape (W, K), optional
        w_k of each model with K outputs; the loss is `weighted_cross_entropy`, divided by the samples. In a list a
        mapping or a Series is read by its keys 0…K−1, a DataFrame by its columns, where they have those names.
    gamma : float, optional
        γ, at least 0: the focal loss, `focal_loss` or `focal_cross_entropy`, in the place of cross-entropy, which is 0.
    sizes : sequence of int, optional
        Units in each layer, as for `mlp`; without it, logistic regression.
    epochs, batch_size, learning_rate, momentum, weight_decay
        As for `fit`.
    shuffle : bool, optional
        Whether each epoch takes the rows in an order of its own, as `fit` does, or all in the order of `X_train`.
    start : {"random", "zeros"}, optional
        The initial weights: those of `mlp`, or zeros, for logistic regression alone.
    memory : int, optional
        Bytes that may be taken at once, about, by each worker; a larger grid is trained in parts, a few splits each,
        two at least. Not counted is the order of the rows: 16 bytes for each epoch, split and row of a part.
    backend : str, optional
        What trains the parts, at least one for each worker: an engine of joblib's, such as ``"loky"``, the cores of
        this machine, or ``"dask"``, the machines of an open `dask.distributed.Client`. By default what
        `joblib.parallel_config` says (with ``n_jobs``, how many; with ``verbose=10``, progress), or else this process.
    folder : path, optional
        Where the splits that are done are kept. A sweep that was cut short and is called again with the same arguments
        takes them from there, and trains again what cannot be read; read it from nobody else's, as it holds pickles.

    Returns
    -------
    Sweep
        ``parameters``, ``loss``, and ``val``, ``test``, ``y_val``, ``y_test``: the logits and labels of the
        validation and test parts. Axes are weights × splits × ….

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above. Nothing has been trained then.
    FloatingPointError
        If a loss becomes NaN or infinite; the message names the step.
    RuntimeError
        If a worker dies, and twice more where its part is tried again alone; the message names the part.

    Notes
    -----
    With the default `shuffle` and `start`, every model is the one that `fit` gives on the training part of its split,
    with the split's seed, in float64.

    On machines of one kind, with the same versions, the result is the same to the last bit in however many parts, and
    whatever the engine. A worker computes on one thread, and with the devices that this process was told to use.

    Examples
    --------
    >>> from companion.data import gaussian_classes, stratified
    >>> splits = stratified(*gaussian_classes(400, separation=2.0, prior=0.1, seed=0), seeds=range(3))
    >>> result = sweep(splits, pos_weights=[1.0, 9.0], epochs=5, batch_size=40, learning_rate=0.5)
    >>> result.test.shape, result.loss.shape
    ((2, 3, 80), (2, 3, 30))
    >>> recall = (result.test > 0)[:, result.y_test == 1].mean(axis=1)
    >>> bool(recall[1] > recall[0])
    True
    """
    return run_grid(
        (__name__, tf.__version__),
        splits,
        pos_weights=pos_weights,
        class_weights=class_weights,
        gamma=gamma,
        sizes=sizes,
        epochs=epochs,
        shuffle=shuffle,
        start=start,
        memory=memory,
        backend=backend,
        folder=folder,
        batch_size=batch_size,
        learning_rate=learning_rate,
        momentum=momentum,
        weight_decay=weight_decay,
    )


def _train(part, steps):
    """Train the models of a part; return their parameters, (W, S, …), and losses, (steps, W, S)."""
    rows, targets, weights = tf.constant(part.X), tf.constant(part.y), tf.constant(part.weights)
    parameters = [tf.Variable(array) for array in part.parameters]

    def loss_of(batch, label):
        losses = _losses(_logits(parameters, batch), label, part.gamma)
        # Gathered from the weights (W, K), it is (W, S, B): the weight of every sample in every model.
        return tf.reduce_mean(tf.gather(weights, label, axis=1) * losses, axis=-1)

    losses = _descend(parameters, loss_of, rows, targets, part.order, steps, jit_compile=True)
    return [parameter.numpy() for parameter in parameters], losses


def _losses(logits, label, gamma):
    """Return the loss of every sample in every model, (W, S, B), before its weight."""
    if logits.shape[-1] == 1:
        toward_target = tf.cast(2 * label - 1, tf.float64) * logits[..., 0]
        return _focal(toward_target, gamma) if gamma else -tf.math.log_sigmoid(toward_target)
    if gamma:
        return _focal(_inputs.toward_true_class(logits, tf.broadcast_to(label, logits.shape[:-1])), gamma)
    true_class = tf.one_hot(label, logits.shape[-1], dtype=tf.float64)
    return -tf.reduce_sum(true_class * tf.nn.log_softmax(logits), axis=-1)


def _logits(parameters, X):
    """Return the logits of all models, (W, S, B, K), from the batches of all splits, (S, B, d)."""
    hidden = tf.einsum("sbd,wsdh->wsbh", X, parameters[0]) + parameters[1][:, :, None]
    for weight, bias in zip(parameters[2::2], parameters[3::2], strict=True):
        hidden = tf.nn.relu(hidden) @ weight + bias[:, :, None]
    return hidden
