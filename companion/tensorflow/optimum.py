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
        of a regression without a penalty whose classes can be separated, wholly or in part; if the scales of the
        features differ so much, or a mean is so far off, that float64 takes a curvature for none.
    RuntimeError
        If it has not arrived after `max_steps`.

    Notes
    -----
    The loss of a regression is (1/n)·Σ w·ℓ + λ/2·‖W‖², ℓ the cross-entropy: divided by the samples, not by the sum of
    their weights. In scikit-learn's terms C = 1/(λn). The method is Newton's, damped, with the exact Hessian (p, p) by
    automatic differentiation: for some hundred parameters. What all classes share, and a column that repeats others,
    leave the loss as it is; of all minima this is the one of the smallest norm.

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
    """Return `_functions` of the loss of a regression: differentiated by the logits, then by the chain rule.

    That is exact, since logits are linear in the parameters, and many times faster than by the parameters.
    """
    data = [tf.constant(part) for part in (regression.design, regression.y, regression.weights, regression.penalties)]
    return _bound(*_regression_graphs(regression.outputs), *data)


@lru_cache
def _regression_graphs(outputs):
    """Return the graphs of `_functions` of regressions of any size: traced once, however many are solved."""

    def data_loss(z, y, weights):
        if outputs == 1:
            losses = -tf.math.log_sigmoid(tf.cast(2 * y - 1, tf.float64) * z[:, 0])
        else:
            losses = -tf.reduce_sum(tf.one_hot(y, outputs, dtype=tf.float64) * tf.nn.log_softmax(z), axis=1)
        return tf.reduce_mean(weights * losses)

    def slope(theta, X, y, weights, penalties):
        z = X @ tf.reshape(theta, [-1, outputs])
        with tf.GradientTape() as tape:
            tape.watch(z)
            value = data_loss(z, y, weights)
        gradient = tf.reshape(tf.matmul(X, tape.gradient(value, z), transpose_a=True), [-1])
        return value + tf.reduce_sum(penalties * theta**2) / 2, gradient + penalties * theta

    def hessian(theta, X, y, weights, penalties):
        z = X @ tf.reshape(theta, [-1, outputs])
        with tf.GradientTape() as outer:
            outer.watch(z)
            with tf.GradientTape() as inner:
                inner.watch(z)
                value = data_loss(z, y, weights)
            slope = inner.gradient(value, z)
        hessian = tf.einsum("ni,nkl,nj->ikjl", X, outer.batch_jacobian(slope, z), X)
        return tf.reshape(hessian, [tf.size(theta), -1]) + tf.linalg.diag(penalties)

    floats, labels = tf.float64, tf.int64
    specs = [([None], floats), ([None, None], floats), ([None], labels), ([None], floats), ([None], floats)]
    specs = [tf.TensorSpec(shape, dtype) for shape, dtype in specs]
    return [tf.function(f, autograph=False).get_concrete_function(*specs) for f in (slope, hessian)]


def _functions(loss, start):
    """Return the value and gradient of a loss, and its Hessian, as functions of vectors such as `start`."""
    value = loss(tf.constant(start))
    check_loss(value, tf.is_tensor(value), tf.float64)
    return _bound(*_graphs(loss, tf.TensorSpec(start.shape, tf.float64)))


def _graphs(loss, spec):
    """Return the value and gradient of a loss, and its Hessian, as graphs."""

    def slope(theta):
        with tf.GradientTape() as tape:
            tape.watch(theta)
            value = loss(theta)
        return value, tape.gradient(value, theta, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    def hessian(theta):
        with tf.GradientTape() as tape:
            tape.watch(theta)
            _, gradient = slope(theta)
        return tape.jacobian(gradient, theta, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    # Traced explicitly: calling a new tf.function for every loss makes TensorFlow warn of retracing.
    return [tf.function(f, autograph=False).get_concrete_function(spec) for f in (slope, hessian)]


def _bound(slope, hessian, *data):
    """Return two graphs as functions of NumPy vectors."""

    def slope_at(theta):
        value, gradient = slope(tf.constant(theta), *data)
        return float(value), np.array(gradient)

    def hessian_at(theta):
        return np.array(hessian(tf.constant(theta), *data))

    return slope_at, hessian_at
