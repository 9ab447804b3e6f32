"""The losses of the lecture in PyTorch, from logits, in forms that stay exact for any finite logit.

Each takes ``(logits, targets)`` in PyTorch's order. The values inside tensors are checked in eager mode only.
"""

import numpy as np
import torch
from torch.nn.functional import log_softmax, logsigmoid

from companion import _checks, _losses


def weighted_bce(logits, targets, pos_weight=1.0, *, reduction="mean"):
    """Return the weighted binary cross-entropy −[w⁺ y log p + (1−y) log(1−p)] with p = σ(z).

    Parameters
    ----------
    logits : torch.Tensor of a floating dtype, shape (n,)
        z, the log-odds of the positive class.
    targets : torch.Tensor, shape (n,)
        y, 0 or 1, of any numeric dtype.
    pos_weight : float, optional
        w⁺, positive.
    reduction : {"mean", "sum", "none"}
        ``mean`` divides the sum by n, whatever the weights.

    Returns
    -------
    torch.Tensor of the logits' dtype, shape () or, for ``none``, (n,)
        In nats.

    Raises
    ------
    ValueError, TypeError
        If a shape, a dtype or an argument is not as above; in eager mode also for NaN, infinity, and other targets.

    Notes
    -----
    Section 2 of the lecture, with −log σ(z) = log(1 + exp(−z)) computed without overflow. The same function as
    `torch.nn.BCEWithLogitsLoss` with ``pos_weight``, which notebook 02 is about.

    Examples
    --------
    >>> weighted_bce(torch.tensor([0.0, 0.0]), torch.tensor([1, 0]), pos_weight=3.0, reduction="none")
    tensor([2.0794, 0.6931])
    """
    _checks.one_of("reduction", reduction, _losses.REDUCTIONS)
    y = _binary(logits, targets)
    w = _losses.check_pos_weight(pos_weight, logits)
    return _reduce(-w * y * logsigmoid(logits) - (1 - y) * logsigmoid(-logits), reduction)


def weighted_cross_entropy(logits, targets, class_weights=None, *, normaliser="samples", reduction="mean"):
    """Return the weighted cross-entropy −w_y log p_y with p = softmax(z).

    Parameters
    ----------
    logits : torch.Tensor of a floating dtype, shape (n, K)
        z, one logit for each class.
    targets : torch.Tensor of an integer dtype, shape (n,)
        y, the class of each sample, 0…K−1.
    class_weights : array_like of float, shape (K,), optional
        w_k, positive; by default all one.
    normaliser : {"samples", "weights"}
        What ``mean`` divides the sum by: n, as the lecture's formula does, or Σ_i w_{y_i}.
    reduction : {"mean", "sum", "none"}
        ``sum`` and ``none`` divide by nothing.

    Returns
    -------
    torch.Tensor of the logits' dtype, shape () or, for ``none``, (n,)
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
    >>> logits, targets = torch.zeros(4, 2), torch.tensor([0, 0, 0, 1])
    >>> weighted_cross_entropy(logits, targets, [1.0, 5.0])
    tensor(1.3863)
    >>> weighted_cross_entropy(logits, targets, [1.0, 5.0], normaliser="weights")
    tensor(0.6931)
    """
    _checks.one_of("reduction", reduction, _losses.REDUCTIONS)
    _checks.one_of("normaliser", normaliser, _losses.NORMALISERS)
    y = _classes(logits, targets)
    losses = -_true_class(log_softmax(logits, dim=1), y)
    if class_weights is None:
        return _reduce(losses, reduction)
    w = _constant(_losses.check_class_weights(class_weights, logits), logits)[y]
    if normaliser == "weights" and reduction == "mean":
        return (w * losses).sum() / w.sum()
    return _reduce(w * losses, reduction)


def focal_loss(logits, targets, *, gamma=2.0, alpha=None, reduction="mean"):
    """Return the binary focal loss −α_t (1−p_t)^γ log p_t, with p_t = σ(z) for y = 1 and 1 − σ(z) for y = 0.

    Parameters
    ----------
    logits : torch.Tensor of a floating dtype, shape (n,)
        z, the log-odds of the positive class.
    targets : torch.Tensor, shape (n,)
        y, 0 or 1, of any numeric dtype.
    gamma : float, optional
        γ, at least 0; 0 is cross-entropy.
    alpha : float, optional
        α_t is α for y = 1 and 1 − α for y = 0, strictly between 0 and 1; by default it is one for both.
    reduction : {"mean", "sum", "none"}
        ``mean`` divides the sum by n.

    Returns
    -------
    torch.Tensor of the logits' dtype, shape () or, for ``none``, (n,)
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
    >>> focal_loss(torch.tensor([0.0, 0.0]), torch.tensor([1, 0]), gamma=2.0, alpha=0.25, reduction="none")
    tensor([0.0433, 0.1300])
    """
    _checks.one_of("reduction", reduction, _losses.REDUCTIONS)
    gamma = _checks.number("gamma", gamma, least=0)
    y = _binary(logits, targets)
    toward_target = (2 * y - 1) * logits
    losses = -torch.exp(gamma * logsigmoid(-toward_target)) * logsigmoid(toward_target)
    if alpha is not None:
        alpha = _checks.number("alpha", alpha, above=0, below=1)
        losses = (alpha * y + (1 - alpha) * (1 - y)) * losses
    return _reduce(losses, reduction)


def logit_adjusted_cross_entropy(logits, targets, prior, *, tau=1.0, reduction="mean"):
    """Return the cross-entropy of the logits shifted by τ log π: the class prior is added in training only.

    Parameters
    ----------
    logits : torch.Tensor of a floating dtype, shape (n, K)
        z, one logit for each class.
    targets : torch.Tensor of an integer dtype, shape (n,)
        y, the class of each sample, 0…K−1.
    prior : array_like of float, shape (K,)
        π_k, positive, summing to one.
    tau : float, optional
        τ, at least 0; 0 is cross-entropy.
    reduction : {"mean", "sum", "none"}
        ``mean`` divides the sum by n.

    Returns
    -------
    torch.Tensor of the logits' dtype, shape () or, for ``none``, (n,)
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
    >>> logit_adjusted_cross_entropy(torch.zeros(2, 2), torch.tensor([0, 1]), [0.75, 0.25], reduction="none")
    tensor([0.2877, 1.3863])
    """
    _checks.one_of("reduction", reduction, _losses.REDUCTIONS)
    tau = _checks.number("tau", tau, least=0)
    y = _classes(logits, targets)
    shift = tau * np.log(_losses.check_prior(prior, logits.shape[1]))
    return _reduce(-_true_class(log_softmax(logits + _constant(shift, logits), dim=1), y), reduction)


def _binary(logits, targets):
    """Return the targets in the logits' dtype, or refuse the pair."""
    _refuse_other_types(logits, targets)
    _losses.check_binary(logits, targets)
    if _values_matter():
        _losses.refuse_values(
            not torch.isfinite(logits).all(), not ((targets == 0) | (targets == 1)).all(), "labels 0 and 1"
        )
    return targets.to(logits.dtype)


def _classes(logits, targets):
    """Return the targets as int64, or refuse the pair."""
    _refuse_other_types(logits, targets)
    _losses.check_classes(logits, targets)
    y = targets.to(torch.int64)
    if _values_matter():
        n_classes = logits.shape[1]
        _losses.refuse_values(
            not torch.isfinite(logits).all(), not ((y >= 0) & (y < n_classes)).all(), f"labels 0…{n_classes - 1}"
        )
    return y


def _refuse_other_types(logits, targets):
    for argument, value in (("logits", logits), ("targets", targets)):
        if not isinstance(value, torch.Tensor):
            raise TypeError(f"{argument} takes a torch.Tensor, got {type(value).__name__}.")


def _values_matter():
    return not (torch.compiler.is_compiling() or _losses.values_are_checked())


def _constant(array, like):
    return torch.as_tensor(array, dtype=like.dtype, device=like.device)


def _true_class(values, y):
    return values.gather(1, y[:, None])[:, 0]


def _reduce(losses, reduction):
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()
