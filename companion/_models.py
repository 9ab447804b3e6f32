"""What the models of both frameworks share: the dtypes they take and the checks of arrays against their shapes."""

import numpy as np

from companion import _checks

DTYPES = ("float64", "float32")


def checked_shapes(shapes, outside):
    """Return ``(sizes)`` of a fully connected network from the shapes of its parameters, W₁, b₁, W₂, b₂, ….

    `outside` names what the model holds besides linear layers and activations.
    """
    kernels, biases = shapes[::2], shapes[1::2]
    fits = (
        not outside
        and kernels
        and len(kernels) == len(biases)
        and all(len(kernel) == 2 and bias == kernel[1:] for kernel, bias in zip(kernels, biases, strict=True))
    )
    if not fits:
        held = f"holds {', '.join(sorted(set(outside)))}" if outside else f"has weights of the shapes {shapes}"
        raise ValueError(
            f"model takes a network as made by mlp, of linear layers with biases and of activations; this one {held}."
        )
    return tuple(kernel[0] for kernel in kernels) + (kernels[-1][1],)


def not_sequential(model, kind, of_layers):
    """Return the error about a model that is no `kind`: the order of its layers is known to nobody but itself."""
    way_out = ""
    if hasattr(model, "_orig_mod"):
        way_out = "; take the model that torch.compile was given"
    elif of_layers:
        way_out = f"; put its layers into a {kind}, in the order in which they are used"
    return TypeError(f"model takes a {kind} as made by mlp, got {type(model).__name__}{way_out}.")


def check_dtypes(dtypes):
    """Refuse a model whose weights or computations are of several dtypes, or of another than `DTYPES`."""
    if len(dtypes) != 1 or not dtypes <= set(DTYPES):
        raise ValueError(
            f"model takes one dtype throughout, float64 or float32, got {', '.join(sorted(dtypes))}; in half "
            "precision, or a mixture, the sums over many samples lose the digits in which the two frameworks agree."
        )


def finite_outputs(outputs):
    """Return a model's outputs, or refuse them if they are not finite."""
    if not np.isfinite(outputs).all():
        raise ValueError(
            f"the outputs of model hold NaN or infinity in {outputs.dtype}: its training diverged, or its weights or X "
            "are too large."
        )
    return outputs


def check_outputs(outputs, is_tensor, shape):
    """Refuse what a model returned for some rows if it is not one tensor of shape (rows, outputs)."""
    if not is_tensor or tuple(outputs.shape) != shape:
        got = f"shape {tuple(outputs.shape)}" if is_tensor else type(outputs).__name__
        raise ValueError(
            f"model takes a network whose outputs have the shape (rows, outputs), {shape} here; got {got}."
        )


def check_logits(outputs_of):
    """Refuse a model whose outputs are not those of its last linear layer: probabilities are taken for logits.

    ``outputs_of(shift)`` returns the outputs of some rows, with that number added to the last bias.
    """
    logits = finite_outputs(outputs_of(0.0))
    shift = -2 * max(1.0, float(np.abs(logits).max()))  # no ReLU that let the outputs pass lets these pass
    if not np.allclose(outputs_of(shift) - logits, shift, rtol=1e-3, atol=0):
        raise ValueError(
            "model takes a network that puts out logits, by a last linear layer without an activation; the outputs of "
            f"this one, from {logits.min():g} to {logits.max():g}, do not follow its last bias. Leave out the sigmoid, "
            "the softmax or what else stands at its end: the loss holds it."
        )


def checked_arrays(arrays, shapes, dtype):
    """Return `arrays` as float64 arrays if they have these shapes and are finite in this dtype."""
    arrays = [_checks.array(f"arrays[{i}]", array) for i, array in enumerate(arrays)]
    got = [array.shape for array in arrays]
    if got != shapes:
        raise ValueError(f"arrays takes the shapes {shapes}, got {got}.")
    for i, array in enumerate(arrays):
        _checks.finite_in(f"arrays[{i}]", array, dtype)
    return arrays


def checked_rows(X, n_features, dtype="float64"):
    """Return `X` as a float64 array ``(n, n_features)``, finite in `dtype`; each row is one piece of memory."""
    X = np.ascontiguousarray(_checks.array("X", X, ndim=2))
    if X.shape[1] != n_features:
        raise ValueError(f"X takes {n_features} columns, as many as the model has inputs, got {X.shape[1]}.")
    _checks.finite_in("X", X, dtype)
    return X
