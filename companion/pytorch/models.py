"""Fully connected networks in PyTorch, and their weights as NumPy arrays in the layout of both frameworks."""

import torch
from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin

from companion import _checks, _models
from companion.start import initial_weights, layer_sizes

# Linear layers, and activations that hold no weights and draw no random numbers.
_LAYERS = (nn.Linear, nn.Identity, nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Softplus, nn.Tanh, nn.Sigmoid)


def mlp(sizes, *, seed, dtype="float64"):
    """Return a fully connected network with ReLU between its layers and logits as its output.

    Parameters
    ----------
    sizes : sequence of int
        Units in each layer, input first. ``(d, 1)`` is logistic regression on d features.
    seed : int
        Draws the initial weights: those of `companion.start.initial_weights`.
    dtype : {"float64", "float32"}
        Of the weights and of everything computed with them.

    Returns
    -------
    torch.nn.Sequential
        Maps (n, d) to (n, number of outputs).

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above.

    Examples
    --------
    >>> model = mlp((20, 32, 1), seed=0)
    >>> model(torch.zeros(5, 20, dtype=torch.float64)).shape
    torch.Size([5, 1])
    """
    sizes = layer_sizes(sizes)
    dtype = getattr(torch, _checks.one_of("dtype", dtype, _models.DTYPES))
    layers = []
    for fan_in, fan_out in zip(sizes[:-1], sizes[1:], strict=True):
        # Without drawing weights that would be overwritten: torch's random numbers are the user's own.
        layers += [nn.utils.skip_init(nn.Linear, fan_in, fan_out, dtype=dtype), nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    set_weights(model, initial_weights(sizes, seed=seed))
    return model


def get_weights(model):
    """Return copies of the weights: W₁, b₁, W₂, b₂, … with W of shape (fan_in, fan_out).

    Parameters
    ----------
    model : torch.nn.Sequential
        Of linear layers and activations.

    Returns
    -------
    list of numpy.ndarray
        In the model's dtype.

    Raises
    ------
    ValueError, TypeError
        If `model` is not of that type.

    Examples
    --------
    >>> [array.shape for array in get_weights(mlp((20, 32, 1), seed=0))]
    [(20, 32), (32,), (32, 1), (1,)]
    """
    return [_to_shared_layout(parameter).detach().cpu().numpy().copy() for parameter in _parameters(model)]


def set_weights(model, arrays):
    """Copy weights into the model, in the layout of `get_weights`.

    Parameters
    ----------
    model : torch.nn.Sequential
        Of linear layers and activations.
    arrays : sequence of array_like of float
        W₁, b₁, W₂, b₂, … with W of shape (fan_in, fan_out).

    Raises
    ------
    ValueError, TypeError
        If `model` is not of that type, or `arrays` do not have its shapes, or hold NaN or infinity.

    Examples
    --------
    >>> model, twin = mlp((2, 1), seed=0), mlp((2, 1), seed=1)
    >>> set_weights(twin, get_weights(model))
    >>> all((a == b).all() for a, b in zip(get_weights(model), get_weights(twin)))
    True
    """
    parameters = _parameters(model)
    shapes = [tuple(_to_shared_layout(parameter).shape) for parameter in parameters]
    arrays = _models.checked_arrays(arrays, shapes, _dtype(parameters[0]))
    with torch.no_grad():
        for parameter, array in zip(parameters, arrays, strict=True):
            _to_shared_layout(parameter).copy_(torch.tensor(array))


def predict_logits(model, X):
    """Return the logits of every row.

    Parameters
    ----------
    model : torch.nn.Sequential
        Of linear layers and activations.
    X : array_like of float, shape (n, d)
        Converted to the model's dtype.

    Returns
    -------
    numpy.ndarray, shape (n,) for a model with one output, otherwise (n, K)
        In the model's dtype.

    Raises
    ------
    ValueError, TypeError
        If `model` is not of that type, does not end in a linear layer, or puts out NaN or infinity; if `X` is not
        (n, d), is empty, or holds NaN, infinity, or what is infinite in the model's dtype.

    Examples
    --------
    >>> predict_logits(mlp((20, 32, 1), seed=0), [[0.0] * 20] * 5).shape
    (5,)
    """
    first = _parameters(model)[0]
    X = _models.checked_rows(X, first.shape[1], _dtype(first))
    _check_logits(model, X)
    with torch.no_grad():
        logits = model(torch.tensor(X, dtype=first.dtype, device=first.device)).cpu().numpy()
    logits = _models.finite_outputs(logits)
    return logits[:, 0] if logits.shape[1] == 1 else logits


def _check_trainable(model, X):
    """Refuse a model that `fit` cannot train: with frozen weights, or with other outputs than logits."""
    if not all(parameter.requires_grad for parameter in model.parameters()):
        raise ValueError(
            "model takes a network all of whose weights train; some are frozen: model.requires_grad_(True)."
        )
    _check_logits(model, X)


def _check_logits(model, X):
    name, bias = list(model.named_parameters())[-1]
    rows = torch.tensor(X[:8], dtype=bias.dtype, device=bias.device)

    def outputs_of(shift):
        with torch.no_grad():
            outputs = torch.func.functional_call(model, {name: bias + shift}, (rows,))
        _models.check_outputs(outputs, torch.is_tensor(outputs), (len(rows), len(bias)))
        return outputs.cpu().numpy()

    _models.check_logits(outputs_of)


def _dtype(tensor):
    return str(tensor.dtype).removeprefix("torch.")


def _parameters(model):
    """Return W₁, b₁, W₂, b₂, … of a network as made by `mlp`, or refuse another model."""
    if not isinstance(model, nn.Sequential):
        raise _models.not_sequential(model, "torch.nn.Sequential", isinstance(model, nn.Module))
    outside = [type(layer).__name__ for layer in model.children() if not isinstance(layer, _LAYERS)]
    parameters = list(model.parameters())
    # Neither has values yet.
    outside += [type(layer).__name__ for layer in model.children() if isinstance(layer, LazyModuleMixin)]
    outside += ["weights on the meta device"] * any(parameter.is_meta for parameter in parameters)
    if outside:
        _models.checked_shapes([], outside)
    _models.checked_shapes(
        [tuple(parameter.t().shape) if parameter.ndim < 3 else parameter.shape for parameter in parameters], outside
    )
    _models.check_dtypes({_dtype(parameter) for parameter in parameters})
    return parameters


def _to_shared_layout(parameter):
    """A view of a weight as (fan_in, fan_out): `torch.nn.Linear` keeps its transpose. A bias as it is."""
    return parameter.t()
