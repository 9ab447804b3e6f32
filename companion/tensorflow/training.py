"""Stochastic gradient descent in TensorFlow, on the same batches in the same order as its PyTorch twin."""

import keras
import numpy as np
import tensorflow as tf

from companion._losses import checked_values
from companion._training import (
    History,
    batch_of_each_size,
    check_callable,
    check_loss,
    check_response,
    checked_data,
    checked_losses,
    checked_steps,
    epoch_order,
    mixed_dtypes,
    rows_of_each_class,
)
from companion.tensorflow.models import _check_trainable, get_weights


def fit(model, X, y, loss, *, epochs, batch_size, learning_rate, momentum=0.0, weight_decay=0.0, seed):
    """Train the model in place with stochastic gradient descent, and return the loss of every step.

    Parameters
    ----------
    model : keras.Sequential
        As made by `mlp`, of one dtype and with logits as outputs; its weights are the starting point.
    X : array_like of float, shape (n, d)
        Converted to the model's dtype.
    y : array_like of int, shape (n,)
        Labels 0…K−1, each present; 0 and 1 for a model with one output. If both `X` and `y` have an index, as Series
        and DataFrames do, it must be the same.
    loss : callable
        ``loss(logits, targets) -> scalar``. For one output: logits (B,), and targets (B,) in the logits' dtype;
        for K outputs: logits (B, K) and targets (B,) of int64. It must depend on the logit of every sample, have a
        least value, and take logits, not probabilities.
    epochs, batch_size : int
        Each epoch is a permutation of the samples, cut into batches; the last one holds what remains.
    learning_rate : float
        η, positive.
    momentum : float, optional
        μ, from 0 to below 1.
    weight_decay : float, optional
        λ, at least 0: adds λW to the gradient of weight matrices, not of biases.
    seed : int
        Draws the batch order: that of `companion.start.batch_order`.

    Returns
    -------
    History
        ``history.loss``, float64 of shape (steps,): each batch's loss before its update.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above. Nothing has been trained then.
    FloatingPointError
        If the loss becomes NaN or infinite; the message names the step. The model is then left as it diverged.

    Notes
    -----
    One step is v ← μv + g + λW, θ ← θ − ηv, the rule of `torch.optim.SGD`. The data are checked once, before the first
    step; so is `loss`, by its values on the first batch and, where it is smaller, on the last. Each epoch copies the
    rows of `X` in its order, once for all batches: they are in memory twice in the model's dtype. The order of all
    epochs is drawn first: 24 bytes for each epoch and row. All steps of an epoch run in one graph, traced once: there
    `loss` is called in graph mode.

    The two frameworks sum in different orders, and a step that is too large for the curvature multiplies the difference
    from step to step. A rare class with a large weight gets there first: losses that jump about say so, and the halves
    then agree in their law and no longer in their digits. Take a smaller learning_rate or weight. In float32 a few
    thousand ordinary steps do the same.

    Examples
    --------
    >>> from companion.tensorflow import fit, mlp, weighted_bce
    >>> history = fit(mlp((1, 1), seed=0), [[-1.0], [0.0], [2.0]], [0, 0, 1], weighted_bce,
    ...               epochs=50, batch_size=3, learning_rate=0.5, seed=0)
    >>> len(history.loss), bool(history.loss[-1] < history.loss[0])
    (50, True)
    """
    arrays = get_weights(model)
    sizes, dtype = (len(arrays[0]), len(arrays[-1])), arrays[0].dtype.name
    X, y = checked_data(X, y, sizes, dtype)
    _check_trainable(model, X)
    check_callable(loss, keras.losses.Loss)
    steps = checked_steps(
        batch_size=batch_size, learning_rate=learning_rate, momentum=momentum, weight_decay=weight_decay
    )
    order = epoch_order(len(y), batch_size=batch_size, epochs=epochs, seed=seed)

    variables = model.trainable_variables
    one_output = sizes[-1] == 1
    rows = tf.constant(X, dtype=dtype)
    targets = tf.constant(y, dtype=dtype if one_output else tf.int64)

    def loss_of(batch, labels):
        logits = model(batch, training=True)
        value = loss(tf.squeeze(logits, 1) if one_output else logits, labels)
        check_loss(value, tf.is_tensor(value), dtype)
        return value

    try:
        for batch in batch_of_each_size(order, batch_size):
            loss_of(tf.gather(rows, batch), tf.gather(targets, batch))
    except tf.errors.InvalidArgumentError as error:
        if "was expected to be a" in str(error):
            raise mixed_dtypes(f"tf.{dtype}", error) from error
        raise
    some = rows_of_each_class(y, order[0, :batch_size])
    check_response(
        lambda logits: float(loss(tf.constant(logits, dtype), tf.gather(targets, some))), y[some], sizes[-1], dtype
    )
    return History(loss=_descend(variables, loss_of, rows, targets, order, steps))


def _descend(variables, loss_of, rows, targets, order, steps, *, jit_compile=False):
    """Run stochastic gradient descent and return the losses of all steps; `fit` and `sweep` share it.

    Parameters
    ----------
    variables : list of tf.Variable
        W₁, b₁, W₂, b₂, …, changed in place; one model's, or those of many models stacked.
    loss_of : callable
        Takes a batch, its rows (…, B, d) and their targets (…, B), and returns the loss of each model.
    rows, targets : tf.Tensor, shapes (N, d) and (N,)
    order : numpy.ndarray of int64, shape (epochs, …, n)
        The rows in the order in which each epoch takes them.
    steps : companion._training.Steps
    jit_compile : bool, optional
        Whether XLA compiles the epoch: faster steps, for a second or two at the start.

    Returns
    -------
    numpy.ndarray of float64, shape (steps, …)

    Raises
    ------
    FloatingPointError
        If a loss becomes NaN or infinite.
    TypeError
        If the loss asks for values that a graph does not know yet.
    """
    velocities = [tf.Variable(tf.zeros(variable.shape, variable.dtype)) for variable in variables]
    full_batches, rest = divmod(order.shape[-1], steps.batch_size)

    def step(batch, labels):
        with tf.GradientTape() as tape:
            value = loss_of(batch, labels)
            total = tf.reduce_sum(value)
        gradients = tape.gradient(total, variables)
        if all(gradient is None for gradient in gradients):
            raise ValueError("loss takes a function of the logits; what it returned does not depend on them.")
        for i, (variable, velocity, gradient) in enumerate(zip(variables, velocities, gradients, strict=True)):
            velocity.assign(steps.momentum * velocity + gradient)
            if steps.weight_decay and i % 2 == 0:
                velocity.assign_add(steps.weight_decay * variable)
            variable.assign_sub(steps.learning_rate * velocity)
        return value

    def epoch(order):
        """The steps of an epoch as a loop of the graph, so that none waits for Python."""
        # Its rows are gathered at once: a batch is a slice of them.
        gathered, labels = tf.gather(rows, order), tf.gather(targets, order)

        def step_from(start, size):
            begin, shape = [*[0] * (len(order.shape) - 1), start], [*order.shape[:-1], size]
            return step(tf.slice(gathered, [*begin, 0], [*shape, rows.shape[1]]), tf.slice(labels, begin, shape))

        def one_batch(i, losses):
            return i + 1, losses.write(i, step_from(i * steps.batch_size, steps.batch_size))

        losses = tf.TensorArray(variables[0].dtype, size=full_batches + (rest > 0))
        _, losses = tf.while_loop(lambda i, _: i < full_batches, one_batch, (0, losses))
        if rest:
            losses = losses.write(full_batches, step_from(full_batches * steps.batch_size, rest))
        return losses.stack()

    # Traced explicitly: calling a new tf.function for every model makes TensorFlow warn of retracing.
    graph = tf.function(epoch, autograph=False, jit_compile=jit_compile)
    try:
        with checked_values():
            graph = graph.get_concrete_function(tf.TensorSpec(order.shape[1:], tf.int64))
    except (TypeError, AttributeError, NotImplementedError) as error:  # what went well in eager mode
        raise TypeError(
            "loss takes a function that runs in graph mode, in which tensors have no values yet: take TensorFlow's "
            f"operations, such as tf.where, for float(…), .numpy() and if. ({error})"
        ) from error
    return checked_losses(np.concatenate([graph(tf.constant(one)).numpy() for one in order]))
