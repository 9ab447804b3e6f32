"""The losses of the lecture in TensorFlow, from logits, in forms that stay exact for any finite logit.

Each takes ``(logits, targets)``, the order of `companion.pytorch`; Keras calls its own losses with
``(y_true, y_pred)``. So hand one of these to `compile` turned round:
``model.compile(loss=lambda y_true, y_pred: weighted_bce(y_pred[:, 0], y_true[:, 0], 3.0))``. Handed over as it is, it
is refused for outputs of shape (n, 1); for outputs of shape (n,) it takes the labels for logits and the logits for
labels, in silence. The values inside tensors are checked in eager mode only.
"""

import numpy as np
import tensorflow as tf

from companion import _checks, _losses


def weighted_bce(logits, targets, pos_weight=1.0, *, reduction="mean"):
    """Return the weighted binary cross-entropy −[w⁺ y log p + (1−y) log(1−p)] with p = σ(z).

    Parameters
    ----------
    logits : tf.Tensor of a floating dtype, shape (n,)
        z, the log-odds of the positive class.
    targets : tf.Tensor, shape (n,)
        y, 0 or 1, of any numeric dtype.
    pos_weight : float, optional
        w⁺, positive.
    reduction : {"mean", "sum", "none"}
        ``mean`` divides the sum by n, whatever the weights.

    Returns
    -------
    tf.Tensor of the logits' dtype, shape () or, for ``none``, (n,)
        In nats.

    Raises
    ------
    ValueError, TypeError
        If a shape, a dtype or an argument is not as above; in eager mode also for NaN, infinity, and other targets.

    Notes
    -----
    Section 2 of the lecture, with −log σ(z) = log(1 + exp(−z)) computed without overflow. The same value as
    `tf.nn.weighted_cross_entropy_with_logits`, whose gradient is wrong at exactly z = 0:
    notebook 02 shows it.

    Examples
    --------
    >>> weighted_bce(tf.constant([0.0, 0.0]), tf.constant([1, 0]), pos_weight=3.0, reduction="none").numpy().round(4)
    array([2.0794, 0.6931], dtype=float32)
    """
    _checks.one_of("reduction", reduction, _losses.REDUCTIONS)
    y = _binary(logits, targets)
    w = _losses.check_pos_weight(pos_weight, logits)
    return _reduce(-w * y * tf.math.log_sigmoid(logits) - (1 - y) * tf.math.log_sigmoid(-logits), reduction)


def weighted_cross_entropy(logits, targets, class_weights=None, *, normaliser="samples", reduction="mean"):
    """Return the weighted cross-entropy −w_y log p_y with p = softmax(z).

    Parameters
    ----------
    logits : tf.Tensor of a floating dtype, shape (n, K)
        z, one logit for each class.
    targets : tf.Tensor of an integer dtype, shape (n,)
        y, the class of each sample, 0…K−1.
    class_weights : array_like of float, shape (K,), optional
        w_k, positive; by default all one.
    normaliser : {"samples", "weights"}
        What ``mean`` divides the sum by: n, as the lecture's formula does, or Σ_i w_{y_i}.
    reduction : {"mean", "sum", "none"}
        ``sum`` and ``none`` divide by nothing.

    Returns
    -------
    tf.Tensor of the logits' dtype, shape () or, for ``none``, (n,)
        In nats.

    Raises
    ------
    ValueError, TypeError
        If a shape, a dtype or an argument is not as above; in eager mode also for NaN, infinity, and other targets.

    Notes
    -----
    Section 3 of the lecture. `torch.nn.CrossEntropyLoss` with ``weight`` divides by Σw, Keras with ``class_weight`` by
    n: the same weights train different models, batch by batch: notebook 03.

    Examples
    --------
    >>> logits, targets = tf.zeros((4, 2)), tf.constant([0, 0, 0, 1])
    >>> round(float(weighted_cross_entropy(logits, targets, [1.0, 5.0])), 4)
    1.3863
    >>> round(float(weighted_cross_entropy(logits, targets, [1.0, 5.0], normaliser="weights")), 4)
    0.6931
    """
    _checks.one_of("reduction", reduction, _losses.REDUCTIONS)
    _checks.one_of("normaliser", normaliser, _losses.NORMALISERS)
    y = _classes(logits, targets)
    losses = -_true_class(tf.nn.log_softmax(logits), y)
    if class_weights is None:
        return _reduce(losses, reduction)
    w = tf.gather(_constant(_losses.check_class_weights(class_weights, logits), logits), y)
    if normaliser == "weights" and reduction == "mean":
        return tf.reduce_sum(w * losses) / tf.reduce_sum(w)
    return _reduce(w * losses, reduction)


def focal_loss(logits, targets, *, gamma=2.0, alpha=None, reduction="mean"):
    """Return the binary focal loss −α_t (1−p_t)^γ log p_t, with p_t = σ(z) for y = 1 and 1 − σ(z) for y = 0.

    Parameters
    ----------
    logits : tf.Tensor of a floating dtype, shape (n,)
        z, the log-odds of the positive class.
    targets : tf.Tensor, shape (n,)
        y, 0 or 1, of any numeric dtype.
    gamma : float, optional
        γ, at least 0; 0 is cross-entropy.
    alpha : float, optional
        α_t is α for y = 1 and 1 − α for y = 0, strictly between 0 and 1; by default it is one for both.
    reduction : {"mean", "sum", "none"}
        ``mean`` divides the sum by n.

    Returns
    -------
    tf.Tensor of the logits' dtype, shape () or, for ``none``, (n,)
        In nats.

    Raises
    ------
    ValueError, TypeError
        If a shape, a dtype or an argument is not as above; in eager mode also for NaN, infinity, and other targets.

    Notes
    -----
    Section 6 of the lecture; Lin et al., 2017, *Focal loss for dense object detection*. The power is taken as
    exp(γ log(1−p_t)), whose gradient stays finite where p_t rounds to one. Used in notebooks 06 and 07.

    Examples
    --------
    >>> losses = focal_loss(tf.constant([0.0, 0.0]), tf.constant([1, 0]), gamma=2.0, alpha=0.25, reduction="none")
    >>> losses.numpy().round(4)
    array([0.0433, 0.13  ], dtype=float32)
    """
    _checks.one_of("reduction", reduction, _losses.REDUCTIONS)
    gamma = _checks.number("gamma", gamma, least=0)
    y = _binary(logits, targets)
    toward_target = (2 * y - 1) * logits
    losses = -tf.exp(gamma * tf.math.log_sigmoid(-toward_target)) * tf.math.log_sigmoid(toward_target)
    if alpha is not None:
        alpha = _checks.number("alpha", alpha, above=0, below=1)
        losses = (alpha * y + (1 - alpha) * (1 - y)) * losses
    return _reduce(losses, reduction)


def logit_adjusted_cross_entropy(logits, targets, prior, *, tau=1.0, reduction="mean"):
    """Return the cross-entropy of the logits shifted by τ log π: the class prior is added in training only.

    Parameters
    ----------
    logits : tf.Tensor of a floating dtype, shape (n, K)
        z, one logit for each class.
    targets : tf.Tensor of an integer dtype, shape (n,)
        y, the class of each sample, 0…K−1.
    prior : array_like of float, shape (K,)
        π_k, positive, summing to one.
    tau : float, optional
        τ, at least 0; 0 is cross-entropy.
    reduction : {"mean", "sum", "none"}
        ``mean`` divides the sum by n.

    Returns
    -------
    tf.Tensor of the logits' dtype, shape () or, for ``none``, (n,)
        In nats.

    Raises
    ------
    ValueError, TypeError
        If a shape, a dtype or an argument is not as above; in eager mode also for NaN, infinity, and other targets.

    Notes
    -----
    Menon et al., 2021, *Long-tail learning via logit adjustment*; with τ = 1 it is the balanced softmax of Ren et al.,
    2020. Used in notebook 06.

    Examples
    --------
    >>> losses = logit_adjusted_cross_entropy(tf.zeros((2, 2)), tf.constant([0, 1]), [0.75, 0.25], reduction="none")
    >>> losses.numpy().round(4)
    array([0.2877, 1.3863], dtype=float32)
    """
    _checks.one_of("reduction", reduction, _losses.REDUCTIONS)
    tau = _checks.number("tau", tau, least=0)
    y = _classes(logits, targets)
    shift = tau * np.log(_losses.check_prior(prior, logits.shape[1]))
    return _reduce(-_true_class(tf.nn.log_softmax(logits + _constant(shift, logits)), y), reduction)


def _binary(logits, targets):
    """Return the targets in the logits' dtype, or refuse the pair."""
    _refuse_other_types(logits, targets)
    _losses.check_binary(logits, targets)
    if _values_matter():
        y = targets.numpy()
        _losses.refuse_values(not np.isfinite(logits.numpy()).all(), not ((y == 0) | (y == 1)).all(), "labels 0 and 1")
    return tf.cast(targets, logits.dtype)


def _classes(logits, targets):
    """Return the targets as int64, or refuse the pair."""
    _refuse_other_types(logits, targets)
    _losses.check_classes(logits, targets)
    if _values_matter():
        y, n_classes = targets.numpy(), logits.shape[1]
        _losses.refuse_values(
            not np.isfinite(logits.numpy()).all(), not ((y >= 0) & (y < n_classes)).all(), f"labels 0…{n_classes - 1}"
        )
    return tf.cast(targets, tf.int64)


def _refuse_other_types(logits, targets):
    for argument, value in (("logits", logits), ("targets", targets)):
        if not tf.is_tensor(value):
            raise TypeError(f"{argument} takes a tf.Tensor, got {type(value).__name__}.")


def _values_matter():
    return tf.executing_eagerly() and not _losses.values_are_checked()


def _constant(array, like):
    # Not tf.cast: it would take a Python float through float32 first.
    return tf.constant(array, dtype=like.dtype)


def _true_class(values, y):
    return tf.gather(values, y, batch_dims=1)


def _reduce(losses, reduction):
    if reduction == "none":
        return losses
    return tf.reduce_mean(losses) if reduction == "mean" else tf.reduce_sum(losses)
