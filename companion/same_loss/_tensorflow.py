"""A loss of TensorFlow or Keras as a function of arrays, as a step of `fit` computes it."""

import contextlib
import inspect

import keras
import numpy as np
import tensorflow as tf


class _Compiled(keras.losses.Loss):
    """A function as `compile` takes it: with weights, averaged over the batch."""

    def __init__(self, function):
        super().__init__(name="function")
        self.call = function


def prepared(loss, precision, class_weight, sample_weight):
    """Return the loss in `precision` and what gives the weights of samples; the user's own object is left alone."""
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    weigh = None
    if class_weight is not None:
        from keras.src.trainers.data_adapters.data_adapter_utils import class_weight_to_sample_weights

        def weigh(targets, labels):
            return class_weight_to_sample_weights(targets, class_weight)  # what `fit` itself calls
    elif sample_weight is not None:

        def weigh(targets, labels):
            return np.asarray(sample_weight(labels), dtype=precision)

    if isinstance(loss, keras.losses.Loss):
        given, loss = loss, object.__new__(type(loss))  # copy.copy refuses a class that Keras has not registered
        vars(loss).update(vars(given))
        loss._dtype = precision  # what the argument dtype sets, and Loss has no other way to change
    elif weigh is not None:
        with _floats(precision):
            loss = _Compiled(loss)
    return loss, weigh


def evaluate(loss_and_weights, logits, targets, labels, *, turned, precision, graph=False):
    """Return the value, the gradient in `logits` and the shape in which the loss comes."""
    loss, weigh = loss_and_weights
    with _floats(precision):
        weights = None if weigh is None else weigh(targets, labels)
        z, y = tf.constant(logits), tf.constant(targets)

        def step(z, y):
            with tf.GradientTape() as tape:
                tape.watch(z)
                first, second = (z, y) if turned else (y, z)
                if weights is None:
                    value = tf.convert_to_tensor(loss(first, second))
                else:
                    value = loss(first, second, sample_weight=tf.constant(weights))
                plain_function = not isinstance(loss, keras.losses.Loss)
                shown = tf.reduce_mean(value)
                trained = shown if plain_function else value  # `compile` averages what a function returns
            gradient = tape.gradient(trained, z)
            return shown, tf.zeros_like(z) if gradient is None else gradient, value.shape

        if graph:  # as `fit` makes it, without autograph
            shown, gradient = tf.function(lambda z, y: step(z, y)[:2], autograph=False).get_concrete_function(z, y)(
                z, y
            )
            shape = ()
        else:
            shown, gradient, shape = step(z, y)
    return float(shown), tf.convert_to_tensor(gradient).numpy(), tuple(shape)


def called(loss):
    """Return the function whose parameters have the names."""
    return loss.call if isinstance(loss, keras.losses.Loss) else loss


def averages(loss):
    """Return whether training takes the mean of what the loss returns: `compile` does of a function, not of a Loss."""
    return not isinstance(keras.losses.get(loss) if isinstance(loss, str) else loss, keras.losses.Loss)


def from_logits(loss):
    """Return what to write for a loss that shall take logits; "" if it has no argument `from_logits`."""
    loss = keras.losses.get(loss) if isinstance(loss, str) else loss
    made = type(loss) if isinstance(loss, keras.losses.Loss) else loss
    try:
        if "from_logits" not in inspect.signature(made).parameters:
            return ""
    except (TypeError, ValueError):
        return ""
    if made is not loss:
        return "from_logits=True"
    name = "".join(part.capitalize() for part in getattr(loss, "__name__", "").split("_"))
    if hasattr(keras.losses, name):  # `compile` takes a name or a function, but no argument of it
        return f"keras.losses.{name}(from_logits=True)"
    return "lambda y, z: loss(y, z, from_logits=True)"


@contextlib.contextmanager
def _floats(precision):
    before = keras.config.floatx()
    keras.config.set_floatx(precision)
    try:
        yield
    finally:
        keras.config.set_floatx(before)
