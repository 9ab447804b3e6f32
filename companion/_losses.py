"""What the losses of both frameworks refuse, judged by shape, dtype and plain Python values alone."""

from contextlib import contextmanager
from contextvars import ContextVar

from companion import _checks

REDUCTIONS = ("mean", "sum", "none")
NORMALISERS = ("samples", "weights")

_values_are_checked = ContextVar("values_are_checked", default=False)


@contextmanager
def checked_values():
    """Within this context the values inside tensors are known to be right: `fit` has checked its data once."""
    token = _values_are_checked.set(True)
    try:
        yield
    finally:
        _values_are_checked.reset(token)


def values_are_checked():
    """Whether the values inside tensors need no check."""
    return _values_are_checked.get()


def check_binary(logits, targets):
    """Refuse anything but two tensors of shape (n,), the logits of a floating dtype."""
    _check_dtypes(logits, targets)
    if len(logits.shape) != 1:
        raise ValueError(f"logits takes shape (n,), one logit for each sample, got {tuple(logits.shape)}.")
    _checks.same_shape("logits", logits, "targets", targets)


def check_classes(logits, targets):
    """Refuse anything but logits (n, K) of a floating dtype and integer targets (n,)."""
    _check_dtypes(logits, targets)
    if len(logits.shape) != 2 or logits.shape[1] is None or logits.shape[1] < 2:
        raise ValueError(f"logits takes shape (n, K) with K of at least 2, got {tuple(logits.shape)}.")
    if "int" not in str(targets.dtype):
        raise TypeError(f"targets takes class indices of an integer dtype, got {targets.dtype}.")
    _checks.same_shape("targets", targets, "the rows of logits", logits[:, 0])


def check_pos_weight(pos_weight, logits):
    """Return the weight as a float that is positive and finite in the logits' dtype too."""
    pos_weight = _checks.number("pos_weight", pos_weight, above=0)
    _check_range("pos_weight", pos_weight, pos_weight, logits)
    return pos_weight


def check_class_weights(class_weights, logits):
    """Return the weights, ``(K,)`` float64, one for each class, positive and finite in the logits' dtype too."""
    weights = _checks.class_vector("class_weights", class_weights, n_classes=logits.shape[1])
    _check_range("class_weights", weights.min(), weights.max(), logits)
    return weights


def check_prior(prior, n_classes):
    """Return the prior, ``(K,)`` float64, positive and summing to one."""
    prior = _checks.class_vector("prior", prior, n_classes=n_classes)
    if abs(prior.sum() - 1) > 1e-6:
        raise ValueError(f"prior takes class shares that sum to 1, got a sum of {prior.sum():.6g}.")
    return prior


def refuse_values(wrong_logits, wrong_targets, wanted):
    """Raise if the logits hold NaN or infinity, or the targets anything but what is wanted."""
    if wrong_logits:
        raise ValueError("logits hold NaN or infinity; if they come from training, it diverged.")
    if wrong_targets:
        raise ValueError(f"targets takes {wanted}; got something else.")


def _check_range(argument, smallest, largest, logits):
    # Half of the range in either direction: the weighted loss itself must not overflow.
    if "float64" not in str(logits.dtype) and (smallest < 1e-30 or largest > 1e30):
        wrong = smallest if smallest < 1e-30 else largest
        raise ValueError(f"{argument} takes numbers from 1e-30 to 1e30 with logits of {logits.dtype}, got {wrong:g}.")


def _check_dtypes(logits, targets):
    if "float" not in str(logits.dtype):
        raise TypeError(f"logits takes a floating dtype, got {logits.dtype}.")
    if not any(kind in str(targets.dtype) for kind in ("float", "int", "bool")):
        raise TypeError(f"targets takes a numeric dtype, got {targets.dtype}.")
    if 0 in tuple(logits.shape):
        raise ValueError(f"logits are empty (shape {tuple(logits.shape)}).")
