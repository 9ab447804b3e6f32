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


def checked_arrays(arrays, shapes, dtype):
    """Return `arrays` as float64 arrays if they have these shapes and are finite in this dtype."""
    arrays = [_checks.array(f"arrays[{i}]", array) for i, array in enumerate(arrays)]
    got = [array.shape for array in arrays]
    if got != shapes:
        raise ValueError(f"arrays takes the shapes {shapes}, got {got}.")
    for i, array in enumerate(arrays):
        if np.abs(array).max() > np.finfo(dtype).max:
            raise ValueError(f"arrays[{i}] takes numbers that are finite in {dtype}, got {np.abs(array).max():g}.")
    return arrays


def checked_rows(X, n_features):
    """Return `X` as a float64 array ``(n, n_features)``; each row is one piece of memory, as batches are rows."""
    X = np.ascontiguousarray(_checks.array("X", X, ndim=2))
    if X.shape[1] != n_features:
        raise ValueError(f"X takes {n_features} columns, as many as the model has inputs, got {X.shape[1]}.")
    return X
