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


def checked_data(X, y, sizes, dtype="float64"):
    """Return `X` and `y` as arrays, or refuse what does not fit a model with these layer sizes and this dtype."""
    _checks.same_rows("X", X, "y", y)
    X, y = checked_rows(X, sizes[0], dtype), _checks.labels("y", y)
    _checks.same_length("X", X, "y", y)
    _checks.counts("y", y, n_classes=max(2, sizes[-1]))
    return X, y


def epoch_order(n, *, batch_size, epochs, seed):
    """Return `companion.start.batch_order` with the batches of an epoch joined, int64 of shape (epochs, n)."""
    order = batch_order(n, batch_size=batch_size, epochs=epochs, seed=seed)
    return np.stack([np.concatenate(epoch) for epoch in order])


def batch_of_each_size(order, batch_size):
    """Return the rows of the first batch and, if it is smaller, of the last one of the first epoch."""
    rest = order.shape[-1] % batch_size
    return [order[0, :batch_size], *([order[0, -rest:]] if rest else [])]


def rows_of_each_class(y, batch):
    """Return the rows of a batch, its last ones making room for one of each class: a rare one may be absent from it."""
    _, first = np.unique(y, return_index=True)
    return np.concatenate([first, batch])[: max(len(batch), len(first))]


def check_callable(loss, foreign=()):
    """Refuse a loss that is no function of (logits, targets): a class, or an object of another order of arguments."""
    if not callable(loss):
        raise TypeError(f"loss takes a function of (logits, targets), got {_checks.shown(loss)}.")
    if isinstance(loss, type):
        raise TypeError(
            f"loss takes a function of (logits, targets), got the class {loss.__name__}; make an object of it: "
            f"{loss.__name__}(…)."
        )
    if isinstance(loss, foreign):
        raise TypeError(
            f"loss takes a function of (logits, targets), got {type(loss).__name__}, which Keras calls with (y_true, "
            "y_pred); take lambda logits, targets: loss(targets, logits)."
        )


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


def mixed_dtypes(dtype, error):
    """Return the error about a loss that holds tensors of another dtype than the model's."""
    return TypeError(
        f"loss holds tensors of another dtype than the model's, {dtype}, such as weights in float32; give them "
        f"dtype={dtype}. ({error})"
    )


def check_response(loss_at, y, n_outputs, dtype):
    """Refuse a loss that answers to logits as no loss on logits does, tried out on one batch.

    ``loss_at(logits)`` is its value for float64 logits, (B,) or (B, K), and the targets `y`, (B,). Such a loss depends
    on the logit of every sample, is not a straight line in it (that has no least value, and is what turned-round
    arguments or log-probabilities amount to), does not bend downwards (as one of the wrong sign), and does not come
    to a stop in both directions (as one does that clips probabilities, or takes a softmax over the samples).
    """
    tiny = 100 * np.finfo(dtype).eps
    sizes = np.array([-12.0, -4.0, 4.0, 12.0])

    def values(moved):
        result = np.array([loss_at(size * moved) for size in sizes])
        if not np.isfinite(result).all():
            raise ValueError(
                f"loss takes a function that is finite for finite logits; it returned {result.tolist()} for logits of "
                f"{sizes.tolist()}."
            )
        return result

    def flat(values):
        return np.ptp(values) <= tiny * np.abs(values).max()

    own = np.ones(len(y)) if n_outputs == 1 else np.eye(n_outputs)[y]
    for k in np.unique(y):
        values_k = values(own * (y == k if n_outputs == 1 else (y == k)[:, None]))
        if flat(values_k):
            raise ValueError(
                "loss takes a function of the logits; what it returned does not depend on them for the samples of "
                f"class {k}. fit calls loss(logits, targets): are the two turned round?"
            )
    together = values(own)
    bends = np.diff(together, 2)
    if (bends <= tiny * np.abs(together).max()).all() and not flat(together):
        shape = "bends downwards" if (bends < -tiny * np.abs(together).max()).any() else "is a straight line in them"
        raise ValueError(
            f"loss takes a function of the logits that has a least value; this one {shape}, {together[0]:.4g} to "
            f"{together[-1]:.4g} from the one end to the other. Are its arguments turned round, does it take "
            "log-probabilities, or is its sign wrong?"
        )
    if flat(together[:2]) and flat(together[-2:]):
        raise ValueError(
            f"loss takes a function of the logits; this one stays at {together[0]:.4g} where all of them fall from -4 "
            f"to -12, and at {together[-1]:.4g} where they rise from 4 to 12. Does it take probabilities, or, for one "
            "output, a softmax over the samples? Take one on logits, such as weighted_bce."
        )


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
