"""Stochastic gradient descent in PyTorch, on the same batches in the same order as its TensorFlow twin."""

import torch

from companion._losses import checked_values
from companion._training import (
    History,
    batch_of_each_size,
    check_callable,
    check_loss,
    check_response,
    checked_data,
    checked_losses,
    checked_steps,
    epoch_order,
    mixed_dtypes,
    rows_of_each_class,
)
from companion.pytorch.models import _check_trainable, get_weights


def fit(model, X, y, loss, *, epochs, batch_size, learning_rate, momentum=0.0, weight_decay=0.0, seed):
    """Train the model in place with stochastic gradient descent, and return the loss of every step.

    Parameters
    ----------
    model : torch.nn.Sequential
        As made by `mlp`, of one dtype and with logits as outputs; its weights are the starting point.
    X : array_like of float, shape (n, d)
        Converted to the model's dtype.
    y : array_like of int, shape (n,)
        Labels 0…K−1, each present; 0 and 1 for a model with one output. If both `X` and `y` have an index, as Series
        and DataFrames do, it must be the same.
    loss : callable
        ``loss(logits, targets) -> scalar``. For one output: logits (B,), and targets (B,) in the logits' dtype;
        for K outputs: logits (B, K) and targets (B,) of int64. It must depend on the logit of every sample, have a
        least value, and take logits, not probabilities.
    epochs, batch_size : int
        Each epoch is a permutation of the samples, cut into batches; the last one holds what remains.
    learning_rate : float
        η, positive.
    momentum : float, optional
        μ, from 0 to below 1.
    weight_decay : float, optional
        λ, at least 0: adds λW to the gradient of weight matrices, not of biases.
    seed : int
        Draws the batch order: that of `companion.start.batch_order`.

    Returns
    -------
    History
        ``history.loss``, float64 of shape (steps,): each batch's loss before its update.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above. Nothing has been trained then.
    FloatingPointError
        If the loss becomes NaN or infinite; the message names the step. The model is then left as it diverged.

    Notes
    -----
    One step is v ← μv + g + λW, θ ← θ − ηv, the rule of `torch.optim.SGD`. The data are checked once, before the first
    step; so is `loss`, by its values on the first batch and, where it is smaller, on the last. Each epoch copies the
    rows of `X` in its order, once for all batches: they are in memory twice in the model's dtype. The order of all
    epochs is drawn first: 24 bytes for each epoch and row.

    The two frameworks sum in different orders, and a step that is too large for the curvature multiplies the difference
    from step to step. A rare class with a large weight gets there first: losses that jump about say so, and the halves
    then agree in their law and no longer in their digits. Take a smaller learning_rate or weight. In float32 a few
    thousand ordinary steps do the same.

    Examples
    --------
    >>> from companion.pytorch import fit, mlp, weighted_bce
    >>> history = fit(mlp((1, 1), seed=0), [[-1.0], [0.0], [2.0]], [0, 0, 1], weighted_bce,
    ...               epochs=50, batch_size=3, learning_rate=0.5, seed=0)
    >>> len(history.loss), bool(history.loss[-1] < history.loss[0])
    (50, True)
    """
    arrays = get_weights(model)
    sizes, dtype = (len(arrays[0]), len(arrays[-1])), arrays[0].dtype.name
    X, y = checked_data(X, y, sizes, dtype)
    _check_trainable(model, X)
    check_callable(loss)
    steps = checked_steps(
        batch_size=batch_size, learning_rate=learning_rate, momentum=momentum, weight_decay=weight_decay
    )
    order = epoch_order(len(y), batch_size=batch_size, epochs=epochs, seed=seed)

    parameters = list(model.parameters())
    like = {"dtype": parameters[0].dtype, "device": parameters[0].device}
    one_output = sizes[-1] == 1
    rows = torch.tensor(X, **like)
    targets = torch.tensor(y, **(like | ({} if one_output else {"dtype": torch.int64})))

    def loss_of(batch, labels):
        logits = model(batch)
        value = loss(logits.squeeze(1) if one_output else logits, labels)
        check_loss(value, torch.is_tensor(value), like["dtype"])
        if not value.requires_grad:
            raise ValueError(
                "loss takes a function of the logits; what it returned does not depend on them."
                if torch.is_grad_enabled()
                else "fit takes gradients, which are switched off here: call it outside torch.no_grad, inference_mode."
            )
        return value

    try:
        for batch in batch_of_each_size(order, batch_size):
            loss_of(rows[batch], targets[batch])
    except RuntimeError as error:
        if "expected scalar type" in str(error):
            raise mixed_dtypes(like["dtype"], error) from error
        raise
    some = rows_of_each_class(y, order[0, :batch_size])
    check_response(lambda logits: float(loss(torch.tensor(logits, **like), targets[some])), y[some], sizes[-1], dtype)
    return History(loss=_descend(parameters, loss_of, rows, targets, order, steps))


def _descend(parameters, loss_of, rows, targets, order, steps):
    """Run stochastic gradient descent and return the losses of all steps; `fit` and `sweep` share it.

    Parameters
    ----------
    parameters : list of torch.Tensor
        W₁, b₁, W₂, b₂, …, changed in place; one model's, or those of many models stacked.
    loss_of : callable
        Takes a batch, its rows (…, B, d) and their targets (…, B), and returns the loss of each model.
    rows, targets : torch.Tensor, shapes (N, d) and (N,)
    order : numpy.ndarray of int64, shape (epochs, …, n)
        The rows in the order in which each epoch takes them.
    steps : companion._training.Steps

    Returns
    -------
    numpy.ndarray of float64, shape (steps, …)

    Raises
    ------
    FloatingPointError
        If a loss becomes NaN or infinite.
    """
    velocities = [torch.zeros_like(parameter) for parameter in parameters]
    losses = []
    # An epoch's rows are gathered at once, into the same memory each time: a batch is a slice of them.
    gathered = rows.new_empty(order[0].size, rows.shape[1])
    with checked_values():
        for epoch in torch.as_tensor(order, device=rows.device):
            torch.index_select(rows, 0, epoch.flatten(), out=gathered)
            batches = gathered.view(*epoch.shape, -1).split(steps.batch_size, dim=-2)
            for batch, labels in zip(batches, targets[epoch].split(steps.batch_size, dim=-1), strict=True):
                value = loss_of(batch, labels)
                gradients = torch.autograd.grad(value, parameters, torch.ones_like(value))
                losses.append(value.detach())
                _step(parameters, velocities, gradients, steps)
    return checked_losses(torch.stack(losses).cpu().numpy())


@torch.no_grad()
def _step(parameters, velocities, gradients, steps):
    for i, (parameter, velocity, gradient) in enumerate(zip(parameters, velocities, gradients, strict=True)):
        if steps.momentum:
            gradient = velocity.mul_(steps.momentum).add_(gradient)
        if steps.weight_decay and i % 2 == 0:
            gradient = gradient.add_(parameter, alpha=steps.weight_decay)
        parameter.sub_(gradient, alpha=steps.learning_rate)
