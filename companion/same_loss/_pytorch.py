"""A loss of PyTorch as a function of arrays."""

import contextlib
import copy

import numpy as np
import torch
from torch.overrides import TorchFunctionMode


class _Float64(TorchFunctionMode):
    """Computes in float64 what a loss would compute in float32, its own constants and casts included."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        args = [_lifted(value) for value in args]
        kwargs = {name: _lifted(value) for name, value in (kwargs or {}).items()}
        return (torch.Tensor.double if function is torch.Tensor.float else function)(*args, **kwargs)


def _lifted(value):
    if isinstance(value, torch.Tensor) and value.dtype == torch.float32:
        return value.double()
    if type(value) in (list, tuple):
        return type(value)(map(_lifted, value))
    return torch.float64 if value is torch.float32 else value


def prepared(loss, precision, class_weight, sample_weight):
    """Return the loss with its parameters in `precision`; the user's own object is left alone."""
    if not isinstance(loss, torch.nn.Module):
        return loss
    with contextlib.suppress(Exception):  # a module that cannot be copied is called as it is
        return copy.deepcopy(loss).to(getattr(torch, precision))
    return loss


def evaluate(loss, logits, targets, labels, *, turned, precision):
    """Return the value, the gradient in `logits` and the shape in which the loss comes."""
    default = torch.get_default_dtype()
    with contextlib.ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        z = torch.tensor(logits, requires_grad=True)
        y = torch.tensor(targets)
        if precision == "float64":
            torch.set_default_dtype(torch.float64)
            stack.callback(torch.set_default_dtype, default)
            stack.enter_context(_Float64())
        value = loss(y, z) if turned else loss(z, y)
        total = value.sum()
    (gradient,) = torch.autograd.grad(total, z, allow_unused=True)
    gradient = np.zeros(z.shape) if gradient is None else gradient.numpy()
    return value.detach().double().mean().item(), gradient, tuple(value.shape)


def called(loss):
    """Return the function whose parameters have the names."""
    return loss.forward if isinstance(loss, torch.nn.Module) else loss


def averages(loss):
    """Return whether training takes the mean of what the loss returns: PyTorch takes nothing."""
    return False
