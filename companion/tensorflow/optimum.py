"""Convex problems to their optimum in TensorFlow: no budget of steps, no learning rate, no seed."""

from functools import lru_cache

import numpy as np
import tensorflow as tf

from companion import _optimum
from companion._training import check_loss


def minimise(
    problem,
    target,
    /,
    *,
    pos_weight=None,
    class_weights=None,
    sample_weights=None,
    penalty=0.0,
    max_steps=100,
):
    """Bring a convex problem to its optimum: a logistic regression, or a loss of your own.

    Parameters
    ----------
    problem : array_like of float, shape (n, d), or callable
        The features X of a logistic regression. Or a loss: a function of the parameters, a tensor of float64 and of
        shape (p,), that returns one number, twice differentiable and convex.
    target : array_like, shape (n,) or (p,)
        To features the labels y, whole numbers 0…K−1, each present. To a loss the parameters to start from.
    pos_weight : float, optional
        w⁺, for two classes.
    class_weights : array_like of float, shape (K,), optional
        w_k.
    sample_weights : array_like of float, shape (n,), optional
        A weight for each row, at least 0.
    penalty : float, optional
        λ of λ/2·‖W‖², at least 0; b is not penalised. It is the `weight_decay` of `fit`.
    max_steps : int, optional
        Newton's steps; a dozen is usual.

    Returns
    -------
    Optimum
        ``parameters``: W, b of shapes (d, 1), (1,) for two classes, (d, K), (K,) for more, as `set_weights` takes
        them; of a loss of your own an array (p,). And ``value``, ``gradient_norm``, ``steps``.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above; if the loss is not convex where it is looked at; if it has no minimum, as that
        of a regression without a penalty whose classes can be separated, wholly or in part.
    RuntimeError
        If it has not arrived after `max_steps`.

    Notes
    -----
    The loss of a regression is (1/n)·Σ w·ℓ + λ/2·‖W‖², ℓ the cross-entropy: divided by the samples, not by the sum of
    their weights. In scikit-learn's terms C = 1/(λn). The method is Newton's, damped, with the exact Hessian (p, p), by
    automatic differentiation for a loss of your own: for some hundred parameters. What all classes share, and a column
    that repeats others, leave the loss as it is; of all minima this is the one of the smallest norm.

    Examples
    --------
    >>> from companion.data import gaussian_classes
    >>> X, y = gaussian_classes(2000, separation=2.0, prior=0.1, seed=0)
    >>> optimum = minimise(X, y, pos_weight=9.0)
    >>> theta, b = optimum.parameters
    >>> theta.shape, b.shape, optimum.gradient_norm < 1e-12
    ((1, 1), (1,), True)
    >>> import tensorflow as tf
    >>> minimise(lambda v: tf.reduce_sum((v - 3.0) ** 2), [0.0, 1.0]).parameters
    array([3., 3.])
    """
    return _optimum.solve(
        problem,
        target,
        _functions,
        _of_regression,
        pos_weight=pos_weight,
        class_weights=class_weights,
        sample_weights=sample_weights,
        penalty=penalty,
        max_steps=max_steps,
    )


def _of_regression(regression):
    """Return the functions of the loss of a regression, as `_functions` does of any."""
    data = [tf.constant(part) for part in (regression.X, regression.y, regression.weights)]
    return _bound(*_regression_graphs(regression.outputs), *data, tf.constant(regression.penalty, tf.float64))


@lru_cache
def _regression_graphs(outputs):
    """Return `_graphs` of regressions of any size, traced once; the closed Hessian takes a fifth of the time."""

    def loss(theta, X, y, weights, penalty):
        W, b = tf.reshape(theta[:-outputs], [-1, outputs]), theta[-outputs:]
        z = X @ W + b
        if outputs == 1:
            losses = -tf.math.log_sigmoid(tf.cast(2 * y - 1, tf.float64) * z[:, 0])
        else:
            losses = -tf.reduce_sum(tf.one_hot(y, outputs, dtype=tf.float64) * tf.nn.log_softmax(z), axis=1)
        return tf.reduce_mean(weights * losses) + penalty / 2 * tf.reduce_sum(W**2)

    def hessian(theta, X, y, weights, penalty):
        z = X @ tf.reshape(theta[:-outputs], [-1, outputs]) + theta[-outputs:]
        p = tf.sigmoid(z) if outputs == 1 else tf.nn.softmax(z)
        X_one, n = tf.concat([X, tf.ones_like(X[:, :1])], axis=1), tf.cast(tf.shape(X)[0], tf.float64)
        blocks = {}
        for k in range(outputs):
            for j in range(k + 1):
                curvature = weights * p[:, k] * (float(k == j) - p[:, j]) / n
                blocks[k, j] = blocks[j, k] = tf.matmul(X_one, curvature[:, None] * X_one, transpose_a=True)
        rows = [tf.stack([blocks[k, j] for j in range(outputs)], axis=2) for k in range(outputs)]
        size = tf.size(theta)
        penalised = tf.cast(tf.range(size) < size - outputs, tf.float64)
        return tf.reshape(tf.stack(rows, axis=1), [size, size]) + tf.linalg.diag(penalty * penalised)

    shapes = [
        ([None], tf.float64),
        ([None, None], tf.float64),
        ([None], tf.int64),
        ([None], tf.float64),
        ([], tf.float64),
    ]
    return _graphs(loss, *(tf.TensorSpec(shape, dtype) for shape, dtype in shapes), hessian=hessian)


def _functions(loss, start):
    """Return the value of a loss, and its value, gradient and Hessian, as functions of vectors such as `start`."""
    value = loss(tf.constant(start))
    check_loss(value, tf.is_tensor(value), tf.float64)
    return _bound(*_graphs(loss, tf.TensorSpec(start.shape, tf.float64)))


def _graphs(loss, *specs, hessian=None):
    """Return a loss, and its value, gradient and Hessian, as graphs of its first argument and the others."""

    def derivatives(theta, *data):
        with tf.GradientTape() as outer:
            outer.watch(theta)
            with tf.GradientTape() as inner:
                inner.watch(theta)
                value = loss(theta, *data)
            gradient = inner.gradient(value, theta, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        if hessian is not None:
            return value, gradient, hessian(theta, *data)
        return value, gradient, outer.jacobian(gradient, theta, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    # Traced explicitly: calling a new tf.function for every loss makes TensorFlow warn of retracing.
    return [tf.function(f, autograph=False).get_concrete_function(*specs) for f in (loss, derivatives)]


def _bound(value, derivatives, *data):
    """Return two graphs as functions of NumPy vectors."""

    def value_at(theta):
        return float(value(tf.constant(theta), *data))

    def derivatives_at(theta):
        found = derivatives(tf.constant(theta), *data)
        return float(found[0]), *(np.array(part) for part in found[1:])

    return value_at, derivatives_at
