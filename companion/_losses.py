"""What the losses of both frameworks refuse, judged by shape, dtype and plain Python values alone."""

import math
import numbers
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from companion import _checks

REDUCTIONS = ("mean", "sum", "none")
NORMALISERS = ("samples", "weights")

_values_are_checked = ContextVar("values_are_checked", default=False)


class DType(NamedTuple):
    """A dtype as each half describes it."""

    name: str
    kind: str  # as NumPy has them: f, i, u, b; anything else is no number
    largest: float


@contextmanager
def checked_values():
    """Within this context the values inside tensors are known to be right: `fit` has checked them."""
    token = _values_are_checked.set(True)
    try:
        yield
    finally:
        _values_are_checked.reset(token)


def values_are_checked():
    """Whether the values inside tensors need no check."""
    return _values_are_checked.get()


def check_binary(logits, targets, dtype_of):
    """Refuse anything but two tensors of one shape, the logits of a floating dtype."""
    _check_dtypes(logits, targets, dtype_of)
    z, y = tuple(logits.shape), tuple(targets.shape)
    hint = ""
    if len(z) == len(y) + 1 and z[-1] == 1:
        hint = "; take logits[:, 0]"
    elif len(y) == len(z) + 1 and y[-1] == 1:
        hint = "; take targets[:, 0]"
    elif len(z) == len(y) + 1:
        hint = "; for one logit of each class take weighted_cross_entropy"
    _checks.same_shape("logits", logits, "targets", targets, hint=hint)


def check_classes(logits, targets, axis, dtype_of):
    """Refuse anything but logits of a floating dtype and targets of their shape without the axis of the classes.

    Returns whether the targets keep that axis, as one entry: (n, 1) for logits (n, K).
    """
    _check_dtypes(logits, targets, dtype_of)
    z, y = tuple(logits.shape), tuple(targets.shape)
    if not z or z[axis] is None or z[axis] < 2 or (len(z) == 1 and _fits(y, z)):
        raise ValueError(
            f"logits takes shape (n, K) with K of at least 2 on the axis of the classes, got {z} for targets {y}; for "
            "one logit of each sample take weighted_bce."
        )
    if dtype_of(targets).kind not in "iu":
        raise TypeError(
            f"targets takes class indices of an integer dtype, got {dtype_of(targets).name}; one-hot rows become "
            "indices by argmax, whole numbers by a cast to int64."
        )
    wanted, kept = z[:axis] + z[axis + 1 :], z[:axis] + (1,) + z[axis + 1 :]
    if _fits(y, kept):
        return True
    if not _fits(y, wanted):
        hint = " One-hot targets become indices by argmax." if _fits(y, z) else ""
        other = [k for k in range(len(z)) if k != axis and _fits(y, z[:k] + z[k + 1 :])]
        if other:
            hint = f" With the classes on another axis, give axis={other[-1]}."
        raise ValueError(
            f"targets takes the shape of logits without the axis of the classes, {axis}: {wanted}; got {y} for logits "
            f"{z}.{hint}"
        )
    return False


def class_axis(logits, axis, default):
    """Return the axis of the classes, counted from 0; `default` is the framework's own."""
    ndim = len(logits.shape)
    if axis is None:
        return min(default, ndim - 1) % max(1, ndim)
    axis = _checks.whole("axis", axis, least=-ndim)
    if axis >= ndim:
        raise ValueError(f"axis takes a number below {ndim}, the number of axes of logits; got {axis}.")
    return axis % ndim


def check_pos_weight(pos_weight, logits, axis, dtype):
    """Return the weight as a float, or as ``(C,)`` float64 with one for each output; finite in the logits' dtype."""
    if pos_weight is None or isinstance(pos_weight, (str, numbers.Number)):
        result = _checks.number("pos_weight", pos_weight, above=0)
        check_positive("pos_weight", result, result, dtype)
        return result
    n_outputs = outputs(logits, axis)
    if hasattr(pos_weight, "keys") and n_outputs == 1:
        raise TypeError(
            "pos_weight takes one number, the weight of a positive relative to a negative: the ratio w[1] / w[0] of "
            f"class weights, which weighted_cross_entropy takes as they are; got {_checks.shown(pos_weight)}."
        )
    result = _checks.array("pos_weight", _checks.by_class("pos_weight", pos_weight, n_classes=n_outputs))
    check_outputs(result, logits, axis)
    check_positive("pos_weight", result.min(), result.max(), dtype)
    return result.item() if result.size == 1 else result


def outputs(logits, axis):
    """Return how many outputs a sample has: one, where logits are (n,)."""
    return logits.shape[axis] if len(logits.shape) > 1 else 1


def check_outputs(pos_weight, logits, axis):
    """Refuse an array or tensor of another shape than one number, or one for each output."""
    n_outputs, shape = outputs(logits, axis), tuple(pos_weight.shape)
    if math.prod(shape) != 1 and shape != (n_outputs,):
        raise ValueError(
            "pos_weight takes one number, or one for each output where logits have several (the axis is that of "
            f"`axis`); got shape {shape} for logits {tuple(logits.shape)}."
        )


def check_class_weights(class_weights, n_classes, dtype):
    """Return the weights, ``(K,)`` float64, one for each class, positive and finite in the logits' dtype too."""
    weights = _checks.class_vector("class_weights", class_weights, n_classes=n_classes)
    check_positive("class_weights", weights.min(), weights.max(), dtype)
    return weights


def check_real(argument, weights, dtype_of):
    """Refuse a tensor that holds no real numbers."""
    if dtype_of(weights).kind not in "fiub":
        raise TypeError(f"{argument} takes real numbers, got dtype {dtype_of(weights).name}.")


def check_one_for_each_class(argument, weights, n_classes):
    """Refuse a tensor of another shape than (K,)."""
    if tuple(weights.shape) != (n_classes,):
        raise ValueError(
            f"{argument} takes one number for each of the {n_classes} classes, got shape {tuple(weights.shape)}."
        )


def check_positive(argument, smallest, largest, dtype):
    """Refuse numbers that are not positive, or so far out that a weighted loss would leave the range of `dtype`."""
    exponent = _exponent(dtype)
    if not smallest > 0:
        raise ValueError(f"{argument} takes positive numbers, got {smallest:g}.")
    if smallest < 10.0**-exponent or not largest <= 10.0**exponent:
        wrong = smallest if smallest < 10.0**-exponent else largest
        raise ValueError(
            f"{argument} takes numbers from 1e-{exponent} to 1e{exponent} with logits of {dtype.name}, got {wrong:g}."
        )


def check_factor(argument, value, dtype):
    """Refuse a number so large that what it multiplies would leave the range of `dtype`."""
    exponent = _exponent(dtype)
    if value > 10.0**exponent:
        raise ValueError(f"{argument} takes numbers up to 1e{exponent} with logits of {dtype.name}, got {value:g}.")


def _exponent(dtype):
    # The outer fifth of the exponents in either direction: the weighted loss itself must not overflow.
    return math.floor(0.8 * math.log10(dtype.largest))


def refuse_values(seen, wanted, ignore_index):
    """Raise the first of `sentences` whose truth value in `seen` is false."""
    for name, sentence in sentences(wanted, ignore_index).items():
        if not seen[name]:
            raise ValueError(sentence)


def sentences(wanted, ignore_index):
    """Return what is said of wrong values inside tensors, by what should hold."""
    left_out = "" if ignore_index is None else f", or ignore_index={ignore_index}"
    return {
        "finite logits": "logits hold NaN or infinity; if they come from training, it diverged.",
        "right targets": f"targets takes {wanted}{left_out}; got something else. The order is (logits, targets), and "
        "a label that leaves its sample out is named by ignore_index.",
        "some kept": "targets are empty, or hold nothing but ignore_index: there is nothing to average.",
    }


def check_ignore_index(ignore_index):
    """Return the label to leave out, None or an int."""
    return None if ignore_index is None else _checks.whole("ignore_index", ignore_index, least=-(2**31))


def _fits(shape, wanted):
    """Whether two shapes are equal as far as a TensorFlow graph knows them."""
    return len(shape) == len(wanted) and all(
        None in sizes or sizes[0] == sizes[1] for sizes in zip(shape, wanted, strict=True)
    )


def _check_dtypes(logits, targets, dtype_of):
    if dtype_of(logits).kind != "f":
        raise TypeError(f"logits takes a floating dtype, got {dtype_of(logits).name}.")
    if dtype_of(targets).kind not in "fiub":
        raise TypeError(f"targets takes a numeric dtype, got {dtype_of(targets).name}.")
    if 0 in tuple(logits.shape):
        raise ValueError(f"logits are empty (shape {tuple(logits.shape)}).")
