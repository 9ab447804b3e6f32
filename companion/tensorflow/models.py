"""Fully connected networks in TensorFlow, and their weights as NumPy arrays in the layout of both frameworks."""

import keras
import tensorflow as tf

from companion import _checks, _models
from companion.start import initial_weights, layer_sizes

# What a layer can hold that only Keras' own fit knows.
_PENALTIES = [f"{of}_{kind}" for of in ("kernel", "bias", "activity") for kind in ("regularizer", "constraint")]
# Dense layers, and activations that hold no weights and draw no random numbers.
_LAYERS = (
    keras.layers.InputLayer,
    keras.layers.Dense,
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.ELU,
)


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
    keras.Sequential
        Maps (n, d) to (n, number of outputs).

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above.

    Examples
    --------
    >>> model = mlp((20, 32, 1), seed=0)
    >>> model(tf.zeros((5, 20), dtype=tf.float64)).shape
    TensorShape([5, 1])
    """
    sizes = layer_sizes(sizes)
    _checks.one_of("dtype", dtype, _models.DTYPES)
    # The dtype is given to every layer: setting keras.config.set_floatx later would not reach them.
    # Zeros, because drawing weights that would be overwritten would use up the user's random numbers.
    options = {"kernel_initializer": "zeros", "dtype": dtype}
    layers = [keras.layers.Dense(units, activation="relu", **options) for units in sizes[1:-1]]
    layers.append(keras.layers.Dense(sizes[-1], **options))
    model = keras.Sequential([keras.Input((sizes[0],), dtype=dtype), *layers])
    set_weights(model, initial_weights(sizes, seed=seed))
    return model


def get_weights(model):
    """Return copies of the weights: W₁, b₁, W₂, b₂, … with W of shape (fan_in, fan_out).

    Parameters
    ----------
    model : keras.Sequential
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
    return [variable.numpy() for variable in _variables(model)]


def set_weights(model, arrays):
    """Copy weights into the model, in the layout of `get_weights`.

    Parameters
    ----------
    model : keras.Sequential
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
    variables = _variables(model)
    arrays = _models.checked_arrays(arrays, [tuple(variable.shape) for variable in variables], variables[0].dtype)
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def predict_logits(model, X):
    """Return the logits of every row.

    Parameters
    ----------
    model : keras.Sequential
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
    first = _variables(model)[0]
    X = _models.checked_rows(X, first.shape[0], first.dtype)
    _check_logits(model, X)
    logits = model(tf.constant(X, dtype=first.dtype), training=False).numpy()
    logits = _models.finite_outputs(logits)
    return logits[:, 0] if logits.shape[1] == 1 else logits


def _check_trainable(model, X):
    """Refuse a model that `fit` cannot train: with frozen weights, or with other outputs than logits."""
    if len(model.trainable_variables) < len(model.weights):
        raise ValueError("model takes a network all of whose weights train; some are frozen: model.trainable = True.")
    held = sorted({name for layer in model.layers for name in _PENALTIES if getattr(layer, name, None) is not None})
    if held:
        raise ValueError(
            f"model takes layers without {' and '.join(held)}, which fit leaves out; take weight_decay of fit."
        )
    _check_logits(model, X)


def _check_logits(model, X):
    *others, bias = model.weights
    rows = tf.constant(X[:8], dtype=bias.dtype)

    def outputs_of(shift):
        values = {id(bias): bias + shift} | {id(variable): variable.value for variable in others}
        trainable, other = (
            [values[id(variable)] for variable in variables]
            for variables in (model.trainable_variables, model.non_trainable_variables)
        )
        outputs = model.stateless_call(trainable, other, rows, training=False)[0]
        _models.check_outputs(outputs, tf.is_tensor(outputs), (len(rows), bias.shape[0]))
        return outputs.numpy()

    _models.check_logits(outputs_of)


def _variables(model):
    """Return W₁, b₁, W₂, b₂, … of a network as made by `mlp`, or refuse another model."""
    if not isinstance(model, keras.Sequential):
        raise _models.not_sequential(model, "keras.Sequential", isinstance(model, keras.layers.Layer))
    outside = [type(layer).__name__ for layer in model.layers if not isinstance(layer, _LAYERS)]
    outside += ["layers that are not built: put keras.Input((d,)) first"] * (not model.built)
    variables = model.weights
    _models.checked_shapes([tuple(variable.shape) for variable in variables], outside)
    _models.check_dtypes({variable.dtype for variable in variables} | {layer.compute_dtype for layer in model.layers})
    return variables
