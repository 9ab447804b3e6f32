"""What the training loops of both frameworks share: checks before the first step, a history after the last."""

from dataclasses import dataclass

import numpy as np

from companion import _checks
from companion._models import checked_rows
from companion.start import batch_order


@dataclass(frozen=True, eq=False)
class History:
    """What `fit` returns.

    Attributes
    ----------
    loss : numpy.ndarray of float64, shape (steps,)
        The loss of each step's batch, before that step's update.
    """

    loss: np.ndarray


@dataclass(frozen=True)
class Steps:
    """The checked settings of gradient descent: v ← μv + g + λW, θ ← θ − ηv."""

    batch_size: int
    learning_rate: float
    momentum: float
    weight_decay: float


def checked_steps(*, batch_size, learning_rate, momentum, weight_decay):
    """Return `Steps`, or refuse a setting out of range."""
    return Steps(
        batch_size=_checks.whole("batch_size", batch_size, least=1),
        learning_rate=_checks.number("learning_rate", learning_rate, above=0),
        momentum=_checks.number("momentum", momentum, least=0, below=1),
        weight_decay=_checks.number("weight_decay", weight_decay, least=0),
    )


def checked_data(X, y, sizes):
    """Return `X` and `y` as arrays, or refuse what does not fit a model with these layer sizes."""
    X, y = checked_rows(X, sizes[0]), _checks.labels("y", y)
    _checks.same_length("X", X, "y", y)
    _checks.counts("y", y, n_classes=max(2, sizes[-1]))
    return X, y


def epoch_order(n, *, batch_size, epochs, seed):
    """Return `companion.start.batch_order` with the batches of an epoch joined, int64 of shape (epochs, n)."""
    order = batch_order(n, batch_size=batch_size, epochs=epochs, seed=seed)
    return np.stack([np.concatenate(epoch) for epoch in order])


def check_loss(value, is_tensor, dtype):
    """Refuse what a loss returned if it is not one number, as a tensor of the model's dtype."""
    if not is_tensor:
        raise TypeError(f"loss takes a function that returns a tensor, got {_checks.shown(value)}.")
    if len(value.shape) != 0:
        raise ValueError(
            f"loss takes a function that returns one number, got shape {tuple(value.shape)}; take its mean."
        )
    if value.dtype != dtype:
        raise TypeError(f"loss takes a function that keeps the model's dtype, {dtype}, got {value.dtype}.")


def checked_losses(losses):
    """Return the losses of all steps, (steps, …), as float64, or say at which step a run diverged."""
    losses = np.asarray(losses, dtype=np.float64)
    finite = np.isfinite(losses).reshape(len(losses), -1).all(axis=1)
    if not finite.all():
        raise FloatingPointError(
            f"the loss is NaN or infinite from step {int(np.argmin(finite))} of {len(losses)} on: "
            "the training diverged; take a smaller learning_rate or a smaller weight."
        )
    return losses
