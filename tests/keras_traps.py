"""The traps of Keras, written with Keras alone: `KERAS_BACKEND` says on which backend this process shows them.

Run as a script it prints one JSON object: for each trap, by the name that notebook 08 gives it, whether it is there.
"""

import json

import keras
import numpy as np
from keras import ops

Z, Y = np.random.default_rng(0).normal(size=(8, 3)).astype("float32"), np.array([0, 0, 0, 0, 0, 1, 1, 2])
W = np.array([0.5, 1.0, 30.0], dtype="float32")
CROSS_ENTROPY = -(Z - np.log(np.exp(Z).sum(axis=1, keepdims=True)))[np.arange(8), Y]


def fitted(targets=Y, *, X=Z, shape=(), loss=None, **options):
    """Return what one epoch of `fit` reports for a model that hands its input through, at the learning rate 0."""
    inputs = keras.Input(X.shape[1:])
    outputs = keras.layers.Dense(X.shape[-1], use_bias=False, kernel_initializer="identity")(inputs)
    model = keras.Model(inputs, keras.layers.Reshape(shape)(outputs) if shape else outputs)
    loss = loss or keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.0), loss, jit_compile=False)
    options = {"batch_size": len(X), "shuffle": False, "verbose": 0} | options
    history = model.fit(X, targets, **options).history
    return {name: values[0] for name, values in history.items()}


def near(a, b):
    return bool(np.allclose(a, b, rtol=1e-3, atol=1e-6))


def gradient(loss, z):
    """Return the slope of a loss of one logit along it, by one step of SGD at the rate 1."""
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer=keras.initializers.Constant(z))
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile(keras.optimizers.SGD(1.0), loss, jit_compile=False)
    model.fit(np.ones((1, 1)), np.zeros((1, 1)), verbose=0)
    return z - float(ops.convert_to_numpy(layer.kernel)[0, 0])


def steps(optimizer, *slopes, start=0.0):
    """Return where an optimizer takes variables that begin at one place, by one step for given slopes."""
    variables = [keras.Variable(np.full(1, start, "float32")) for _ in slopes]
    optimizer.apply([ops.convert_to_tensor(np.full(1, slope, "float32")) for slope in slopes], variables)
    return [float(ops.convert_to_numpy(variable)[0]) for variable in variables]


def text_keys():
    return near(fitted(class_weight={str(k): float(w) for k, w in enumerate(W)})["loss"], CROSS_ENTROPY.mean())


def missing_key():
    ones = np.where(Y == 2, 1.0, W[Y])
    return near(fitted(class_weight={0: 0.5, 1: 1.0})["loss"], (ones * CROSS_ENTROPY).mean())


def divided_by_n():
    return near(fitted(class_weight=dict(enumerate(W)))["loss"], (W[Y] * CROSS_ENTROPY).mean())


def flat_outputs():
    z, y = Z[:, :1], (Y > 0).astype("float32")
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    plain = np.logaddexp(0, z[:, 0]) - y * z[:, 0]
    weights = np.where(y == 1, 7.0, 1.0)
    inputs = keras.Input((1,))
    outputs = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")(inputs)
    model = keras.Model(inputs, ops.squeeze(outputs, 1))
    model.compile(keras.optimizers.SGD(0.0), loss, jit_compile=False)
    seen = model.fit(z, y, batch_size=8, class_weight={0: 1.0, 1: 7.0}, verbose=0, shuffle=False).history["loss"][0]
    return near(seen, plain.mean() * weights.mean())


def several_labels():
    y = np.array([[0, 1, 1], [0, 0, 0], [1, 0, 0], [0, 1, 0]])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    seen = fitted(y, X=np.zeros((4, 3), "float32"), loss=loss, class_weight={0: 1.0, 1: 20.0})["loss"]
    return near(seen, np.log(2) * np.array([1.0, 20.0])[y.argmax(axis=1)].mean())


def validation_unweighted():
    seen = fitted(class_weight=dict(enumerate(W)), validation_data=(Z, Y))
    return near(seen["val_loss"], CROSS_ENTROPY.mean())


def gradient_of(sigmoid):
    loss = keras.losses.BinaryCrossentropy()
    return gradient(lambda y, z: loss(y, sigmoid(z)), 20.0)


def hand_written_sigmoid():
    return abs(gradient_of(lambda z: 1 / (1 + ops.exp(-z)))) < 1e-3


def own_sigmoid():
    return abs(gradient_of(ops.sigmoid)) < 1e-3


def adam_epsilon():
    (moved,) = steps(keras.optimizers.Adam(2**-7), 1e-6)
    return near(-moved / 2**-7, 1e-6 / (1e-6 + 1e-7 / np.sqrt(1 - 0.999)))


def decoupled_decay():
    (moved,) = steps(keras.optimizers.Adam(0.125, epsilon=2**-100, weight_decay=0.5), 1.0, start=1.0)
    return near(moved, 1 - 0.125 * 0.5 - 0.125)


def rmsprop_epsilon():
    (moved,) = steps(keras.optimizers.RMSprop(2**-7, rho=0.875), 1e-5)
    return near(-moved / 2**-7, 1e-5 / np.sqrt(0.125 * 1e-10 + 1e-7))


def adagrad_start():
    (moved,) = steps(keras.optimizers.Adagrad(2**-7), 0.5)
    return near(-moved / 2**-7, 0.5 / np.sqrt(0.1 + 0.5**2))


def clipped_by_variable():
    return near(steps(keras.optimizers.SGD(1.0, clipnorm=1.0), 3.0, 4.0), [-1.0, -1.0])


def momentum_of_the_rate():
    variable, sgd = keras.Variable(np.zeros(1, "float32")), keras.optimizers.SGD(1.0, momentum=0.875)
    for rate in (1.0, 1.0, 0.125):
        before, sgd.learning_rate = float(ops.convert_to_numpy(variable)[0]), rate
        sgd.apply([ops.convert_to_tensor(np.ones(1, "float32"))], [variable])
    return near(before - float(ops.convert_to_numpy(variable)[0]), 0.875 * (1 + 0.875) + 0.125)


def patience_reached():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    plateau = keras.callbacks.ReduceLROnPlateau("loss", patience=2)
    plateau.set_model(model)
    plateau.on_train_begin()
    for epoch, loss in enumerate([0.9, 0.95, 0.96]):
        plateau.on_epoch_end(epoch, {"loss": loss})
    return float(ops.convert_to_numpy(model.optimizer.learning_rate)) < 1


def momentum_of_the_old():
    layer = keras.layers.BatchNormalization()
    layer(np.array([[0.0], [2.0]], "float32"), training=True)
    return near(ops.convert_to_numpy(layer.moving_mean), 0.01)


def padding_in_recall():
    scores = keras.initializers.Constant(np.array([[-1.0], [1.0]], "float32"))
    recall = keras.metrics.Recall(thresholds=0.0)
    model = keras.Sequential([keras.layers.Embedding(2, 1, scores, mask_zero=True)])
    model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True), weighted_metrics=[recall], jit_compile=False)
    return near(model.evaluate(np.array([[1, 0, 0, 0]]), np.ones((1, 4, 1)), verbose=0)[1], 0.25)


def split_before_the_shuffle():
    return near(fitted(validation_split=0.5, shuffle=True)["val_loss"], CROSS_ENTROPY[4:].mean())


class Own(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return ops.softplus(y_pred) - y_true * y_pred


def own_subclass():
    z, y = Z[:, :1], (Y > 0).astype("float32")
    return near(fitted(y, X=z, loss=Own())["loss"], (np.logaddexp(0, z) - y * z).mean())


def smoothed_on_axis_1():
    z, y = Z.reshape(4, 3, 2), np.eye(3, dtype="float32")[:, [[0, 1], [0, 0], [2, 1], [0, 0]]].transpose(1, 0, 2)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    seen = keras.losses.CategoricalCrossentropy(from_logits=True, axis=1, label_smoothing=0.3)(y, z)
    return near(float(seen), -((0.7 * y + 0.3 / 2) * log_p).sum(axis=1).mean())


def auc_of_200():
    y, p = np.arange(1000) % 100 == 0, np.linspace(0, 0.004, 1000)
    metric = keras.metrics.AUC()
    metric.update_state(y, np.where(y, p + 0.0004, p))
    return near(float(metric.result()), 0.5)


def recall_of_logits():
    metric = keras.metrics.Recall()
    metric.update_state(np.array([1.0, 1.0]), np.array([0.3, 2.0]))
    return near(float(metric.result()), 0.5)


def f1_of_one_column():
    metric = keras.metrics.F1Score()
    metric.update_state(np.array([[1.0], [0.0], [0.0]]), np.array([[0.9], [0.2], [0.1]]))
    return near(float(metric.result()[0]), 0.5)


def padding_in_the_divisor():
    y = np.where(np.arange(8) < 4, -100, Y)
    try:
        seen = float(keras.losses.SparseCategoricalCrossentropy(from_logits=True)(y, Z))
    except Exception:  # refused, each backend with an error of its own
        return False
    return near(seen, CROSS_ENTROPY[4:].sum() / 8)


def loader_refused():
    from torch.utils.data import DataLoader

    rows = DataLoader([(z, y) for z, y in zip(Z, Y, strict=True)], batch_size=8)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    try:
        model.fit(rows, class_weight={0: 1.0, 1: 1.0, 2: 9.0}, verbose=0)
    except ValueError as error:
        return "class_weight" in str(error)
    return False


def late_floatx():
    keras.config.set_floatx("float64")
    layer = keras.layers.Dense(1)
    layer.build((None, 2))
    keras.config.set_floatx("float32")
    return keras.backend.standardize_dtype(layer.kernel.dtype) != "float64"


TRAPS = {
    "text keys count for nothing": text_keys,
    "a missing key counts as 1": missing_key,
    "divided by n, not by Σw": divided_by_n,
    "outputs and labels of shape (n,) lose the weights": flat_outputs,
    "`class_weight` takes the argmax of several labels": several_labels,
    "`val_loss` is not weighted": validation_unweighted,
    "a sigmoid written by hand before the loss: gradient 0 at the surest mistakes": hand_written_sigmoid,
    "Keras' own sigmoid before the loss: gradient 0 at the surest mistakes": own_sigmoid,
    "Adam's ε stands at the uncorrected root": adam_epsilon,
    "`weight_decay=` is decoupled": decoupled_decay,
    "`AUC` from 200 thresholds": auc_of_200,
    "`Recall` cuts logits at ½": recall_of_logits,
    "`F1Score` of one column": f1_of_one_column,
    "a label of −100, not declared, costs 0 and stays in the divisor": padding_in_the_divisor,
    "`class_weight` refuses PyTorch's `DataLoader`": loader_refused,
    "RMSprop's ε stands under the root": rmsprop_epsilon,
    "Adagrad starts at 0.1": adagrad_start,
    "`clipnorm` clips each variable alone": clipped_by_variable,
    "momentum holds the rate": momentum_of_the_rate,
    "`ReduceLROnPlateau` acts when the bad epochs reach its patience": patience_reached,
    "the momentum of `BatchNormalization` is the old average's": momentum_of_the_old,
    "`Recall` counts the padding that a mask covers": padding_in_recall,
    "`validation_split` cuts the last rows off before it shuffles": split_before_the_shuffle,
    "a subclass of `Loss` gets logits (n, 1) and labels (n,)": own_subclass,
    "smoothing on `axis=1` counts the last axis": smoothed_on_axis_1,
    "`set_floatx` after a layer is ignored": late_floatx,
}


if __name__ == "__main__":
    print(json.dumps({name: bool(trap()) for name, trap in TRAPS.items()}))
