"""What the losses take in TensorFlow: tensors as users have them, checked, and what is done with them at the end.

In eager mode a wrong value raises, in a graph an assertion does. XLA leaves assertions out: there it becomes NaN, and
so do the loss and its gradient.
"""

import keras
import numpy as np
import tensorflow as tf

from companion import _checks, _losses

AXIS = -1  # of the classes, Keras' own


def binary(logits, targets, ignore_index, gamma=None):
    """Return the logits, the targets in their dtype, and which are kept (None for all); or refuse the pair.

    With focus, (1+γ)z must be finite, too.
    """
    ignore_index = _losses.check_ignore_index(ignore_index)
    _refuse_other_types(logits, targets)
    _losses.check_binary(logits, targets, dtype_of)
    logits, scale = _wide(logits), 1.0
    if gamma is not None:
        _losses.check_factor("gamma", gamma, dtype_of(logits))
        scale = 1 + gamma
    y = _of_shape(tf.cast(targets, logits.dtype), logits)
    kept = None
    if ignore_index is not None:
        kept = y != ignore_index
        y = tf.where(kept, y, tf.zeros_like(y))
    if _losses.values_are_checked():
        return logits, y, kept
    right = (y == 0) | (y == 1)
    if not _seen(scale * logits, right, kept, "labels 0 and 1", ignore_index):
        y = tf.where(right, y, _nan(y))
    return logits, y, kept


def classes(logits, targets, axis, ignore_index, gamma=None):
    """Return the logits with the classes last, the targets as int64, and which are kept; or refuse the pair.

    With focus, (2+2γ)z must be finite, too.
    """
    ignore_index = _losses.check_ignore_index(ignore_index)
    _refuse_other_types(logits, targets)
    axis = _losses.class_axis(logits, axis, AXIS)
    if _losses.check_classes(logits, targets, axis, dtype_of):
        targets = tf.squeeze(targets, axis)
    logits, scale = _last(_wide(logits), axis), 1.0
    if gamma is not None:
        _losses.check_factor("gamma", gamma, dtype_of(logits))
        scale = 2 + 2 * gamma
    y = _of_shape(tf.cast(targets, tf.int64), logits)
    n_classes, kept = logits.shape[-1], None
    if ignore_index is not None:
        kept = y != ignore_index
        y = tf.where(kept, y, tf.zeros_like(y))
    if _losses.values_are_checked():
        return logits, y, kept
    right = (y >= 0) & (y < n_classes)
    if not _seen(scale * logits, right, kept, f"labels 0…{n_classes - 1}", ignore_index):
        # XLA would clamp an index outside. NaN as a factor reaches the loss and the gradient.
        factor = tf.where(right, tf.ones([], logits.dtype), _nan(logits))
        y, logits = tf.where(right, y, tf.zeros_like(y)), logits * factor[..., None]
    return logits, y, kept


def weights_of(class_weights, logits, y):
    """Return the class weight of every sample."""
    w = _tensor_by_class("class_weights", class_weights, logits)
    if w is None:
        w = _constant(_losses.check_class_weights(class_weights, logits.shape[-1], dtype_of(logits)), logits)
    return tf.gather(w, y)


def log_prior(prior, logits):
    """Return log π_k, (K,), up to a constant: counts do as well as shares."""
    shares = _tensor_by_class("prior", prior, logits)
    if shares is None:
        return _constant(np.log(_checks.shares("prior", prior, n_classes=logits.shape[-1])), logits)
    return tf.math.log(shares)


def of_true_class(values, y):
    """Return each sample's value of its own class."""
    return tf.gather(values, y, batch_dims=len(y.shape))


def toward_true_class(logits, y):
    """Return z_y − log Σ_{k≠y} exp(z_k), the log-odds of the true class."""
    beyond = logits - of_true_class(logits, y)[..., None]
    own = tf.range(logits.shape[-1], dtype=tf.int64) == y[..., None]
    return -tf.reduce_logsumexp(tf.where(own, tf.constant(-np.inf, beyond.dtype), beyond), axis=-1)


def pos_weight(values, logits, axis):
    """Return w⁺, a number, or a tensor that broadcasts along the axis of the outputs."""
    axis = _losses.class_axis(logits, axis, AXIS)
    if tf.is_tensor(values):
        _refuse_not_dense("pos_weight", values)
        _losses.check_outputs(values, logits, axis)
        weights = _positive("pos_weight", values, logits)
    else:
        weights = _losses.check_pos_weight(values, logits, axis, dtype_of(logits))
        if isinstance(weights, float):
            return weights
        weights = _constant(weights, logits)
    if weights.shape.num_elements() == 1:
        return tf.reshape(weights, [])
    return tf.reshape(weights, [-1 if k == axis else 1 for k in range(len(logits.shape))])


def reduce(losses, reduction, kept, weights=None):
    """Return the losses, their sum, or their sum over the number of those kept or over their weights."""
    if kept is not None:
        losses = tf.where(kept, losses, tf.zeros_like(losses))
        weights = None if weights is None else tf.where(kept, weights, tf.zeros_like(weights))
    if reduction == "none":
        return losses
    if reduction == "sum":
        return tf.reduce_sum(losses)
    if weights is not None:
        return tf.reduce_sum(losses) / tf.reduce_sum(weights)
    if kept is None:
        return tf.reduce_mean(losses)
    return tf.reduce_sum(losses) / tf.reduce_sum(tf.cast(kept, losses.dtype))


def dtype_of(tensor):
    """Return the `companion._losses.DType` of a tensor; half precision counts as the float32 it is computed in."""
    dtype = tensor.dtype
    if dtype.is_floating:
        return _losses.DType(dtype.name, "f", float(_wide_dtype(dtype).max))
    kind = "b" if dtype.is_bool else "i" if dtype.is_integer else "c"
    return _losses.DType(dtype.name, kind, 0.0)


def _wide_dtype(dtype):
    return tf.float32 if dtype.size < 4 else dtype


def _wide(logits):
    # The sums and weights of half precision leave its range long before the loss does.
    return tf.cast(logits, _wide_dtype(logits.dtype))


def _last(logits, axis):
    """Return the logits with the axis of the classes as their last."""
    ndim = len(logits.shape)
    if axis == ndim - 1:
        return logits
    return tf.transpose(logits, [*(k for k in range(ndim) if k != axis), axis])


def _of_shape(targets, logits):
    """Return the targets if they have the shape of the first axes of the logits, also where a graph learns it late.

    Unlike sizes would broadcast: 4 logits against 1 target. XLA leaves the assertion out, and cannot reshape then.
    """
    if targets.shape.is_fully_defined() and logits.shape.is_fully_defined():
        return targets
    wanted = tf.shape(logits)[: len(targets.shape)]
    tf.debugging.Assert(
        tf.reduce_all(tf.shape(targets) == wanted),
        ["targets do not fit the shape of logits:", tf.shape(targets), wanted],
    )
    return tf.reshape(targets, wanted)


def _refuse_other_types(logits, targets):
    for argument, value in (("logits", logits), ("targets", targets)):
        if isinstance(value, keras.Variable):
            raise TypeError(f"{argument} takes a tf.Tensor, got a keras.Variable; take .value of it.")
        if not tf.is_tensor(value):
            raise TypeError(f"{argument} takes a tf.Tensor, got {type(value).__name__}.")
        _refuse_not_dense(argument, value)
        if value.shape.rank is None:
            raise ValueError(f"{argument} takes a tensor whose number of axes is known; give it by tf.ensure_shape.")


def _refuse_not_dense(argument, value):
    if isinstance(value, (tf.SparseTensor, tf.RaggedTensor)):
        raise TypeError(f"{argument} takes a dense tensor, got {type(value).__name__}; make it dense first.")


def _seen(logits, right, kept, wanted, ignore_index):
    """Return whether the values could be looked at; refuse wrong ones."""
    seen = {
        "finite logits": tf.reduce_all(tf.math.is_finite(logits)),
        "right targets": tf.reduce_all(right),
        "some kept": tf.size(right) > 0 if kept is None else tf.reduce_any(kept),
    }
    if tf.executing_eagerly():
        _losses.refuse_values({name: bool(value) for name, value in seen.items()}, wanted, ignore_index)
        return True
    for name, sentence in _losses.sentences(wanted, ignore_index).items():
        tf.debugging.Assert(seen[name], [sentence])
    return False


def _tensor_by_class(argument, values, logits):
    """Return a tensor of one positive number for each class, its gradient included; None for anything but a tensor."""
    if not tf.is_tensor(values):
        return None
    _refuse_not_dense(argument, values)
    _losses.check_one_for_each_class(argument, values, logits.shape[-1])
    return _positive(argument, values, logits)


def _positive(argument, weights, logits):
    """Return weights in the logits' dtype, all positive: others raise, or are NaN where none can be looked at."""
    weights = tf.convert_to_tensor(weights)
    _losses.check_real(argument, weights, dtype_of)
    weights = tf.cast(weights, logits.dtype)
    if tf.executing_eagerly():
        smallest, largest = float(tf.reduce_min(weights)), float(tf.reduce_max(weights))
        _losses.check_positive(argument, smallest, largest, dtype_of(logits))
        return weights
    return tf.where((weights > 0) & tf.math.is_finite(weights), weights, _nan(weights))


def _nan(like):
    return tf.constant(np.nan, like.dtype)


def _constant(array, like):
    # Not tf.cast: it would take a Python float through float32 first.
    return tf.constant(array, dtype=like.dtype)
