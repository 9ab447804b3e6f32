"""The losses of the lecture in TensorFlow, from logits, in forms that stay exact for any finite logit.

Each takes ``(logits, targets)``, the order of `companion.pytorch`. Half precision is computed and returned in float32.

Keras calls its own losses with ``(y_true, y_pred)``, and multiplies what they return for each sample by its weight. So
hand one of these to `compile` turned round and with ``reduction="none"``; a mean, one number, would make `fit` ignore
``sample_weight`` and ``class_weight`` in silence:
``model.compile(loss=lambda y_true, y_pred: weighted_bce(y_pred, y_true, 3.0, reduction="none"))``. Keras hands labels
over as floats: class indices need ``tf.cast(y_true, tf.int64)``. Handed over as it is, a loss takes the labels for
logits and the logits for labels, and refuses those, or is NaN.

Values inside tensors are looked at wherever that is possible, and wrong ones raise: in eager mode, and by assertions of
the graph in a `tf.function`. With ``jit_compile=True``, which Keras' `compile` may choose by itself, XLA leaves
assertions out: there, wrong targets, infinite logits and weights that are not positive make the loss and its gradient
NaN; the mean of nothing is NaN, too.
"""

import tensorflow as tf

from companion import _checks, _losses
from companion.tensorflow import _inputs


def weighted_bce(logits, targets, pos_weight=1.0, *, axis=None, ignore_index=None, reduction="mean"):
    """Return the weighted binary cross-entropy −[w⁺ y log p + (1−y) log(1−p)] with p = σ(z).

    Parameters
    ----------
    logits : tf.Tensor of a floating dtype, shape (n,) or any other
        z, the log-odds of the positive class: one for each sample, or for each of its outputs.
    targets : tf.Tensor, the shape of logits
        y, 0 or 1, of any numeric dtype.
    pos_weight : float, or array_like of float, shape (C,), optional
        w⁺, positive: one number, or one for each output where samples have several. Arrays, tensors, lists; a mapping
        or a Series by its keys 0…C−1.
    axis : int, optional
        The axis of the outputs, for `pos_weight` of shape (C,); by default the last, as in Keras.
    ignore_index : int, optional
        A target that leaves its entry out, of the sum and of what ``mean`` divides by. A boolean mask of
        what counts becomes one by ``tf.where(mask, y, -100)``.
    reduction : {"mean", "sum", "none"}
        ``mean`` divides the sum by the number of entries, whatever the weights.

    Returns
    -------
    tf.Tensor of the logits' dtype, but float32 for half precision, shape () or, for ``none``, that of logits
        In nats.

    Raises
    ------
    ValueError, TypeError
        If a shape, a dtype or an argument is not as above; where values can be looked at, also for NaN, infinity, and
        other targets.

    Notes
    -----
    Section 2 of the lecture, with −log σ(z) = log(1 + exp(−z)) computed without overflow. The same value as
    `tf.nn.weighted_cross_entropy_with_logits`, whose gradient is wrong at exactly z = 0:
    notebook 02a shows it.

    Examples
    --------
    >>> weighted_bce(tf.constant([0.0, 0.0]), tf.constant([1, 0]), pos_weight=3.0, reduction="none").numpy().round(4)
    array([2.0794, 0.6931], dtype=float32)
    """
    _checks.one_of("reduction", reduction, _losses.REDUCTIONS)
    z, y, kept = _inputs.binary(logits, targets, ignore_index)
    w = _inputs.pos_weight(pos_weight, z, axis)
    return _inputs.reduce(-(w * y + (1 - y)) * tf.math.log_sigmoid((2 * y - 1) * z), reduction, kept)


def weighted_cross_entropy(
    logits, targets, class_weights=None, *, normaliser="samples", axis=None, ignore_index=None, reduction="mean"
):
    """Return the weighted cross-entropy −w_y log p_y with p = softmax(z).

    Parameters
    ----------
    logits : tf.Tensor of a floating dtype, shape (n, K) or with more axes
        z, one logit for each class.
    targets : tf.Tensor of an integer dtype, the shape of logits without the axis of the classes
        y, the class of each sample, 0…K−1. That axis may also be kept, with one entry: (n, 1).
    class_weights : array_like of float, shape (K,), optional
        w_k, positive; by default all one. Arrays, tensors, lists; a mapping, as Keras has it, or a Series by its keys
        0…K−1.
    normaliser : {"samples", "weights"}
        What ``mean`` divides the sum by: n, as the lecture's formula does, or Σ_i w_{y_i}.
    axis : int, optional
        The axis of the classes; by default the last, as in Keras.
    ignore_index : int, optional
        A target that leaves its sample out, of the sum and of what ``mean`` divides by. A boolean mask of
        what counts becomes one by ``tf.where(mask, y, -100)``.
    reduction : {"mean", "sum", "none"}
        ``sum`` and ``none`` divide by nothing.

    Returns
    -------
    tf.Tensor of the logits' dtype, but float32 for half precision, shape () or, for ``none``, (n,)
        In nats.

    Raises
    ------
    ValueError, TypeError
        If a shape, a dtype or an argument is not as above; where values can be looked at, also for NaN, infinity, and
        other targets.

    Notes
    -----
    Section 3 of the lecture. `torch.nn.CrossEntropyLoss` with ``weight`` divides by Σw, Keras with ``class_weight`` by
    n: the same weights train different models, batch by batch: notebook 03.

    Examples
    --------
    >>> logits, targets = tf.zeros((4, 2)), tf.constant([0, 0, 0, 1])
    >>> round(float(weighted_cross_entropy(logits, targets, [1.0, 5.0])), 4)
    1.3863
    >>> round(float(weighted_cross_entropy(logits, targets, {0: 1.0, 1: 5.0}, normaliser="weights")), 4)
    0.6931
    """
    _checks.one_of("reduction", reduction, _losses.REDUCTIONS)
    _checks.one_of("normaliser", normaliser, _losses.NORMALISERS)
    z, y, kept = _inputs.classes(logits, targets, axis, ignore_index)
    losses = -_inputs.of_true_class(tf.nn.log_softmax(z), y)
    if class_weights is None:
        return _inputs.reduce(losses, reduction, kept)
    w = _inputs.weights_of(class_weights, z, y)
    return _inputs.reduce(w * losses, reduction, kept, w if normaliser == "weights" else None)


def focal_loss(logits, targets, *, gamma=2.0, alpha=None, ignore_index=None, reduction="mean"):
    """Return the binary focal loss −α_t (1−p_t)^γ log p_t, with p_t = σ(z) for y = 1 and 1 − σ(z) for y = 0.

    Parameters
    ----------
    logits : tf.Tensor of a floating dtype, shape (n,) or any other
        z, the log-odds of the positive class. (1+γ)z must be finite, too.
    targets : tf.Tensor, the shape of logits
        y, 0 or 1, of any numeric dtype.
    gamma : float, optional
        γ, at least 0; 0 is cross-entropy.
    alpha : float, optional
        α_t is α for y = 1 and 1 − α for y = 0, strictly between 0 and 1; by default it is one for both.
    ignore_index : int, optional
        A target that leaves its entry out, of the sum and of what ``mean`` divides by. A boolean mask of
        what counts becomes one by ``tf.where(mask, y, -100)``.
    reduction : {"mean", "sum", "none"}
        ``mean`` divides the sum by the number of entries.

    Returns
    -------
    tf.Tensor of the logits' dtype, but float32 for half precision, shape () or, for ``none``, that of logits
        In nats.

    Raises
    ------
    ValueError, TypeError
        If a shape, a dtype or an argument is not as above; where values can be looked at, also for NaN, infinity, and
        other targets.

    Notes
    -----
    Section 6 of the lecture; Lin et al., 2017, *Focal loss for dense object detection*. The power is taken as
    exp(γ log(1−p_t)), whose gradient stays finite where p_t rounds to one.

    Examples
    --------
    >>> losses = focal_loss(tf.constant([0.0, 0.0]), tf.constant([1, 0]), gamma=2.0, alpha=0.25, reduction="none")
    >>> losses.numpy().round(4)
    array([0.0433, 0.13  ], dtype=float32)
    """
    _checks.one_of("reduction", reduction, _losses.REDUCTIONS)
    gamma = _checks.number("gamma", gamma, least=0)
    z, y, kept = _inputs.binary(logits, targets, ignore_index, gamma)
    losses = _focal((2 * y - 1) * z, gamma)
    if alpha is not None:
        alpha = _checks.number("alpha", alpha, above=0, below=1)
        losses = (alpha * y + (1 - alpha) * (1 - y)) * losses
    return _inputs.reduce(losses, reduction, kept)


def focal_cross_entropy(
    logits, targets, class_weights=None, *, gamma=2.0, axis=None, ignore_index=None, reduction="mean"
):
    """Return the focal loss of several classes, −α_y (1−p_y)^γ log p_y with p = softmax(z).

    Parameters
    ----------
    logits : tf.Tensor of a floating dtype, shape (n, K) or with more axes
        z, one logit for each class. (2+2γ)z must be finite, too.
    targets : tf.Tensor of an integer dtype, the shape of logits without the axis of the classes
        y, the class of each sample, 0…K−1. That axis may also be kept, with one entry: (n, 1).
    class_weights : array_like of float, shape (K,), optional
        α_k, positive; by default all one. What `weighted_cross_entropy` takes.
    gamma : float, optional
        γ, at least 0; 0 is weighted cross-entropy.
    axis : int, optional
        The axis of the classes; by default the last, as in Keras.
    ignore_index : int, optional
        A target that leaves its sample out, of the sum and of what ``mean`` divides by. A boolean mask of
        what counts becomes one by ``tf.where(mask, y, -100)``.
    reduction : {"mean", "sum", "none"}
        ``mean`` divides the sum by n, whatever the weights.

    Returns
    -------
    tf.Tensor of the logits' dtype, but float32 for half precision, shape () or, for ``none``, (n,)
        In nats.

    Raises
    ------
    ValueError, TypeError
        If a shape, a dtype or an argument is not as above; where values can be looked at, also for NaN, infinity, and
        other targets.

    Notes
    -----
    With s = z_y − log Σ_{k≠y} exp(z_k) it is p_y = σ(s): the binary focal loss of the true class against all others,
    and for two classes `focal_loss` of z₁ − z₀. Keras has it as `keras.losses.CategoricalFocalCrossentropy`.

    Examples
    --------
    >>> losses = focal_cross_entropy(tf.zeros((2, 2)), tf.constant([1, 0]), [3.0, 1.0], gamma=2.0, reduction="none")
    >>> losses.numpy().round(4)
    array([0.1733, 0.5199], dtype=float32)
    """
    _checks.one_of("reduction", reduction, _losses.REDUCTIONS)
    gamma = _checks.number("gamma", gamma, least=0)
    z, y, kept = _inputs.classes(logits, targets, axis, ignore_index, gamma)
    losses = _focal(_inputs.toward_true_class(z, y), gamma)
    if class_weights is None:
        return _inputs.reduce(losses, reduction, kept)
    w = _inputs.weights_of(class_weights, z, y)
    return _inputs.reduce(w * losses, reduction, kept)


def logit_adjusted_cross_entropy(logits, targets, prior, *, tau=1.0, axis=None, ignore_index=None, reduction="mean"):
    """Return the cross-entropy of the logits shifted by τ log π: the class prior is added in training only.

    Parameters
    ----------
    logits : tf.Tensor of a floating dtype, shape (n, K) or with more axes
        z, one logit for each class.
    targets : tf.Tensor of an integer dtype, the shape of logits without the axis of the classes
        y, the class of each sample, 0…K−1. That axis may also be kept, with one entry: (n, 1).
    prior : array_like of float, shape (K,)
        π_k, positive: shares that sum to one, or counts. Arrays, tensors, lists; a mapping or a Series, such as
        ``y.value_counts()``, by its keys 0…K−1. Of a tensor the sum is not checked: a factor changes no loss.
    tau : float, optional
        τ, at least 0; 0 is cross-entropy.
    axis : int, optional
        The axis of the classes; by default the last, as in Keras.
    ignore_index : int, optional
        A target that leaves its sample out, of the sum and of what ``mean`` divides by. A boolean mask of
        what counts becomes one by ``tf.where(mask, y, -100)``.
    reduction : {"mean", "sum", "none"}
        ``mean`` divides the sum by n.

    Returns
    -------
    tf.Tensor of the logits' dtype, but float32 for half precision, shape () or, for ``none``, (n,)
        In nats.

    Raises
    ------
    ValueError, TypeError
        If a shape, a dtype or an argument is not as above; where values can be looked at, also for NaN, infinity, and
        other targets.

    Notes
    -----
    Menon et al., 2021, *Long-tail learning via logit adjustment*; with τ = 1 it is the balanced softmax of Ren et al.,
    2020.

    Examples
    --------
    >>> losses = logit_adjusted_cross_entropy(tf.zeros((2, 2)), tf.constant([0, 1]), [0.75, 0.25], reduction="none")
    >>> losses.numpy().round(4)
    array([0.2877, 1.3863], dtype=float32)
    """
    _checks.one_of("reduction", reduction, _losses.REDUCTIONS)
    tau = _checks.number("tau", tau, least=0)
    z, y, kept = _inputs.classes(logits, targets, axis, ignore_index)
    _losses.check_factor("tau", tau, _inputs.dtype_of(z))
    adjusted = z + tau * _inputs.log_prior(prior, z)
    return _inputs.reduce(-_inputs.of_true_class(tf.nn.log_softmax(adjusted), y), reduction, kept)


def _focal(toward_target, gamma):
    """Return −(1−p)^γ log p with p = σ(s), from s."""
    return -tf.exp(gamma * tf.math.log_sigmoid(-toward_target)) * tf.math.log_sigmoid(toward_target)
