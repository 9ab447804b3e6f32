"""What the losses take in PyTorch: tensors as users have them, checked, and what is done with them at the end.

Where a value can be looked at, a wrong one raises. Where none can (`torch.compile`, `torch.func.vmap`), it becomes NaN,
and so do the loss and its gradient.
"""

import numpy as np
import torch

from companion import _checks, _losses

AXIS = 1  # of the classes, PyTorch's own


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
    y, kept = targets.to(logits.dtype), None
    if ignore_index is not None:
        kept = y != ignore_index  # and not targets: -100 would be 156 in uint8
        y = torch.where(kept, y, 0)
    if _known():
        return logits, y, kept
    right = (y == 0) | (y == 1)
    if not _seen(scale * logits, right, kept, "labels 0 and 1", ignore_index):
        y = torch.where(right, y, torch.nan)
    return logits, y, kept


def classes(logits, targets, axis, ignore_index, gamma=None):
    """Return the logits with the classes last, the targets as int64, and which are kept; or refuse the pair.

    With focus, (2+2γ)z must be finite, too.
    """
    ignore_index = _losses.check_ignore_index(ignore_index)
    _refuse_other_types(logits, targets)
    axis = _losses.class_axis(logits, axis, AXIS)
    if _losses.check_classes(logits, targets, axis, dtype_of):
        targets = targets.squeeze(axis)
    logits, scale = _wide(logits).movedim(axis, -1), 1.0
    if gamma is not None:
        _losses.check_factor("gamma", gamma, dtype_of(logits))
        scale = 2 + 2 * gamma
    y = targets.to(torch.int64)
    n_classes, kept = logits.shape[-1], None
    if ignore_index is not None:
        kept = y != ignore_index
        y = torch.where(kept, y, 0)
    if _known():
        return logits, y, kept
    right = (y >= 0) & (y < n_classes)
    if not _seen(scale * logits, right, kept, f"labels 0…{n_classes - 1}", ignore_index):
        # An index outside would be clamped, or read elsewhere. NaN as a factor reaches the loss and the gradient.
        y, logits = torch.where(right, y, 0), logits * torch.where(right, 1.0, torch.nan).to(logits.dtype)[..., None]
    return logits, y, kept


def weights_of(class_weights, logits, y):
    """Return the class weight of every sample."""
    w = _tensor_by_class("class_weights", class_weights, logits)
    if w is None:
        w = _constant(_losses.check_class_weights(class_weights, logits.shape[-1], dtype_of(logits)), logits)
    return of_true_class(w.expand_as(logits), y)  # and not w[y], which vmap cannot do for a single y


def log_prior(prior, logits):
    """Return log π_k, (K,), up to a constant: counts do as well as shares."""
    shares = _tensor_by_class("prior", prior, logits)
    if shares is None:
        return _constant(np.log(_checks.shares("prior", prior, n_classes=logits.shape[-1])), logits)
    return shares.log()


def of_true_class(values, y):
    """Return each sample's value of its own class."""
    return values.gather(-1, y[..., None])[..., 0]


def toward_true_class(logits, y):
    """Return z_y − log Σ_{k≠y} exp(z_k), the log-odds of the true class."""
    beyond = logits - of_true_class(logits, y)[..., None]
    own = torch.arange(logits.shape[-1], device=logits.device) == y[..., None]
    return -torch.logsumexp(beyond.masked_fill(own, -torch.inf), dim=-1)


def pos_weight(values, logits, axis):
    """Return w⁺, a number, or a tensor that broadcasts along the axis of the outputs."""
    axis = _losses.class_axis(logits, axis, AXIS)
    if torch.is_tensor(values) or (torch.compiler.is_compiling() and isinstance(values, (list, tuple, np.ndarray))):
        values = _as_tensor(values)
        _refuse_not_dense("pos_weight", values)
        _losses.check_outputs(values, logits, axis)
        weights = _positive("pos_weight", values, logits)
    else:
        weights = _losses.check_pos_weight(values, logits, axis, dtype_of(logits))
        if isinstance(weights, float):
            return weights
        weights = _constant(weights, logits)
    if weights.numel() == 1:
        return weights.reshape(())
    return weights.reshape([-1 if k == axis else 1 for k in range(logits.ndim)])


def reduce(losses, reduction, kept, weights=None):
    """Return the losses, their sum, or their sum over the number of those kept or over their weights."""
    if kept is not None:
        losses = torch.where(kept, losses, 0)
        weights = None if weights is None else torch.where(kept, weights, 0)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if weights is not None:
        return losses.sum() / weights.sum()
    return losses.mean() if kept is None else losses.sum() / kept.sum()


def dtype_of(tensor):
    """Return the `companion._losses.DType` of a tensor; half precision counts as the float32 it is computed in."""
    dtype = tensor.dtype
    if dtype.is_floating_point:
        return _losses.DType(str(dtype), "f", torch.finfo(_wide_dtype(dtype)).max)
    kind = "b" if dtype == torch.bool else "c" if dtype.is_complex else "i"
    return _losses.DType(str(dtype), kind, 0.0)


def _wide_dtype(dtype):
    return torch.float32 if dtype.itemsize < 4 else dtype


def _wide(logits):
    # The sums and weights of half precision leave its range long before the loss does.
    return logits.to(_wide_dtype(logits.dtype))


def _refuse_other_types(logits, targets):
    for argument, value in (("logits", logits), ("targets", targets)):
        if not isinstance(value, torch.Tensor):
            raise TypeError(f"{argument} takes a torch.Tensor, got {type(value).__name__}.")
        _refuse_not_dense(argument, value)


def _refuse_not_dense(argument, value):
    if value.is_nested:
        raise TypeError(
            f"{argument} takes a dense tensor, got a nested one; take .to_padded_tensor(-100.0), and ignore_index=-100 "
            "for the targets."
        )
    if value.layout != torch.strided:
        raise TypeError(f"{argument} takes a dense tensor, got layout {value.layout}; take .to_dense().")


def _known():
    """Return whether the values are known to be right, so that a step need not look at them."""
    return not torch.compiler.is_compiling() and _losses.values_are_checked()


def _seen(logits, right, kept, wanted, ignore_index):
    """Return whether the values could be looked at; refuse wrong ones."""
    if torch.compiler.is_compiling():
        return False
    try:
        seen = {
            "finite logits": bool(torch.isfinite(logits).all()),
            "right targets": bool(right.all()),
            "some kept": kept is None or bool(kept.any()),
        }
    except RuntimeError:  # torch.func.vmap: every sample has a value of its own
        return False
    _losses.refuse_values(seen, wanted, ignore_index)
    return True


def _tensor_by_class(argument, values, logits):
    """Return a tensor of one positive number for each class, its gradient included; None for anything but a tensor."""
    if not (torch.is_tensor(values) or torch.compiler.is_compiling()):
        return None
    n_classes = logits.shape[-1]
    values = _as_tensor(_checks.by_class(argument, values, n_classes=n_classes))
    _refuse_not_dense(argument, values)
    _losses.check_one_for_each_class(argument, values, n_classes)
    return _positive(argument, values, logits)


def _positive(argument, weights, logits):
    """Return weights in the logits' dtype, all positive: others raise, or are NaN where none can be looked at."""
    _losses.check_real(argument, weights, dtype_of)
    weights = weights.to(dtype=logits.dtype, device=logits.device)
    if not torch.compiler.is_compiling():
        try:
            smallest, largest = (float(end) for end in weights.detach().aminmax())
        except RuntimeError:  # torch.func.vmap
            pass
        else:
            _losses.check_positive(argument, smallest, largest, dtype_of(logits))
            return weights
    return torch.where((weights > 0) & torch.isfinite(weights), weights, torch.nan)


def _as_tensor(values):
    # Python's numbers are float64: by default they would become float32.
    return values if isinstance(values, torch.Tensor) else torch.as_tensor(values, dtype=torch.float64)


def _constant(array, like):
    # torch.tensor copies: a read-only array, as pandas hands out, makes torch.as_tensor warn.
    return torch.tensor(array, dtype=like.dtype, device=like.device)
