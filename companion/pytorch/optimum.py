"""Convex problems to their optimum in PyTorch: no budget of steps, no learning rate, no seed."""

import math

import torch
from torch.nn.functional import log_softmax, logsigmoid

from companion import _optimum
from companion._training import check_loss


def minimise(
    problem,
    target,
    /,
    *,
    pos_weight=None,
    class_weights=None,
    sample_weights=None,
    penalty=0.0,
    max_steps=100,
):
    """Bring a convex problem to its optimum: a logistic regression, or a loss of your own.

    Parameters
    ----------
    problem : array_like of float, shape (n, d), or callable
        The features X of a logistic regression. Or a loss: a function of the parameters, a tensor of float64 and of
        shape (p,), that returns one number, twice differentiable and convex.
    target : array_like, shape (n,) or (p,)
        To features the labels y, whole numbers 0…K−1, each present. To a loss the parameters to start from.
    pos_weight : float, optional
        w⁺, for two classes.
    class_weights : array_like of float, shape (K,), optional
        w_k.
    sample_weights : array_like of float, shape (n,), optional
        A weight for each row, at least 0.
    penalty : float, optional
        λ of λ/2·‖W‖², at least 0; b is not penalised. It is the `weight_decay` of `fit`.
    max_steps : int, optional
        Newton's steps; a dozen is usual.

    Returns
    -------
    Optimum
        ``parameters``: W, b of shapes (d, 1), (1,) for two classes, (d, K), (K,) for more, as `set_weights` takes
        them; of a loss of your own an array (p,). And ``value``, ``gradient_norm``, ``steps``.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above; if the loss is not convex where it is looked at; if it has no minimum, as that
        of a regression without a penalty whose classes can be separated, wholly or in part; if the scales of the
        features differ so much, or a mean is so far off, that float64 takes a curvature for none.
    RuntimeError
        If it has not arrived after `max_steps`.

    Notes
    -----
    The loss of a regression is (1/n)·Σ w·ℓ + λ/2·‖W‖², ℓ the cross-entropy: divided by the samples, not by the sum of
    their weights. In scikit-learn's terms C = 1/(λn). The method is Newton's, damped, with the exact Hessian (p, p) by
    automatic differentiation: for some hundred parameters. What all classes share, and a column that repeats others,
    leave the loss as it is; of all minima this is the one of the smallest norm.

    Examples
    --------
    >>> from companion.data import gaussian_classes
    >>> X, y = gaussian_classes(2000, separation=2.0, prior=0.1, seed=0)
    >>> optimum = minimise(X, y, pos_weight=9.0)
    >>> theta, b = optimum.parameters
    >>> theta.shape, b.shape, optimum.gradient_norm < 1e-12
    ((1, 1), (1,), True)
    >>> minimise(lambda v: ((v - 3.0) ** 2).sum(), [0.0, 1.0]).parameters
    array([3., 3.])
    """
    return _optimum.solve(
        problem,
        target,
        _functions,
        _of_regression,
        pos_weight=pos_weight,
        class_weights=class_weights,
        sample_weights=sample_weights,
        penalty=penalty,
        max_steps=max_steps,
    )


def _of_regression(regression):
    """Return `_functions` of the loss of a regression: differentiated by the logits, then by the chain rule.

    That is exact, since logits are linear in the parameters, and many times faster than by the parameters.
    """
    X, y, weights = (torch.tensor(array) for array in (regression.design, regression.y, regression.weights))
    penalties = torch.tensor(regression.penalties)
    outputs = regression.outputs
    rows = max(1000, math.isqrt(len(y)))

    def data_loss(z):
        if outputs == 1:
            losses = -logsigmoid((2 * y - 1) * z[:, 0])
        else:
            losses = -log_softmax(z, dim=1).gather(1, y[:, None])[:, 0]
        return (weights * losses).mean()

    def at(theta):
        """Return the parameters and the logits, of which the loss is differentiated."""
        theta = torch.tensor(theta)
        return theta, (X @ theta.view(-1, outputs)).requires_grad_()

    def slope_at(theta):
        theta, z = at(theta)
        value = data_loss(z)
        (slope,) = torch.autograd.grad(value, z)
        value = value.item() + (penalties * theta**2).sum().item() / 2
        return value, ((X.T @ slope).flatten() + penalties * theta).numpy()

    def hessian_at(theta):
        theta, z = at(theta)
        (slope,) = torch.autograd.grad(data_loss(z), z, create_graph=True)
        each = torch.eye(outputs, dtype=z.dtype)[:, None, :].expand(-1, *z.shape)
        (curvature,) = torch.autograd.grad(slope, z, each, is_grads_batched=True)
        # In parts: of all rows at once the rounding of the sum would be taken for a curvature.
        parts = zip(X.split(rows), curvature.split(rows, dim=1), strict=True)
        hessian = sum(torch.einsum("ni,knl,nj->ikjl", of_X, of_z, of_X) for of_X, of_z in parts)
        return (hessian.reshape(len(theta), -1) + torch.diag(penalties)).numpy()

    return slope_at, hessian_at


def _functions(loss, start):
    """Return the value and gradient of a loss, and its Hessian, as functions of vectors such as `start`."""
    value = loss(torch.tensor(start))
    check_loss(value, torch.is_tensor(value), torch.float64)
    gradient_and_value = torch.func.grad_and_value(loss)
    hessian = torch.func.jacrev(torch.func.grad(loss), chunk_size=64)

    def slope_at(theta):
        gradient, value = gradient_and_value(torch.tensor(theta))
        return value.item(), gradient.numpy()

    def hessian_at(theta):
        return hessian(torch.tensor(theta)).detach().numpy()

    return slope_at, hessian_at
