"""`fit` against the update rule written out, and the two frameworks against each other."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import torch
from frameworks import BOTH, PyTorch, TensorFlow
from scipy.special import expit

from companion.start import batch_order, initial_weights

frameworks = pytest.mark.parametrize("framework", BOTH, ids=str)


def data(n=400, d=20, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    return X, (X[:, 0] + 0.5 * X[:, 1] ** 2 + rng.normal(size=n) > 2.5).astype(int)


def weighted(half):
    return lambda logits, targets: half.weighted_bce(logits, targets, 5.0)


def test_histories_and_logits_agree_over_1500_steps_of_a_relu_network():
    X, y = data(n=4000)
    histories, logits = [], []
    for framework in (PyTorch(), TensorFlow()):
        half = framework.half
        model = half.mlp((20, 32, 16, 1), seed=0)
        history = half.fit(
            model,
            X,
            y,
            weighted(half),
            epochs=25,
            batch_size=66,
            learning_rate=0.0117,
            momentum=0.9,
            weight_decay=1e-3,
            seed=3,
        )
        histories.append(history.loss)
        logits.append(half.predict_logits(model, X))
    assert len(histories[0]) == 25 * 61 >= 1500
    assert histories[0][-1] < 0.7 * histories[0][0]
    np.testing.assert_allclose(histories[0], histories[1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(logits[0], logits[1], rtol=0, atol=1e-10)


def test_histories_agree_for_several_classes():
    X, _ = data()
    y = np.digitize(X[:, 0], [-0.5, 1.0])
    results = []
    for framework in (PyTorch(), TensorFlow()):
        half = framework.half
        model = half.mlp((20, 8, 3), seed=1)
        loss = lambda logits, targets, half=half: half.weighted_cross_entropy(logits, targets, [1.0, 0.5, 3.0])  # noqa: E731
        results.append(half.fit(model, X, y, loss, epochs=5, batch_size=32, learning_rate=0.1, seed=0).loss)
    np.testing.assert_allclose(results[0], results[1], rtol=0, atol=1e-12)


@frameworks
def test_every_step_is_momentum_sgd_with_decay_on_the_matrices_alone(framework):
    X, y = data(n=50, d=3)
    rate, momentum, decay, w = 0.1, 0.9, 0.01, 5.0
    (W, b), losses = initial_weights((3, 1), seed=2), []
    velocity_W, velocity_b = np.zeros((3, 1)), np.zeros(1)
    for epoch in batch_order(50, batch_size=16, epochs=2, seed=7):
        for batch in epoch:
            z, target = (X[batch] @ W + b)[:, 0], y[batch]
            losses.append(np.mean(w * target * np.logaddexp(0, -z) + (1 - target) * np.logaddexp(0, z)))
            slope = (w * target * (expit(z) - 1) + (1 - target) * expit(z)) / len(batch)
            velocity_W = momentum * velocity_W + X[batch].T @ slope[:, None] + decay * W
            velocity_b = momentum * velocity_b + slope.sum()
            W, b = W - rate * velocity_W, b - rate * velocity_b
    model = framework.half.mlp((3, 1), seed=2)
    history = framework.half.fit(
        model, X, y, weighted(framework.half),
        epochs=2, batch_size=16, learning_rate=rate, momentum=momentum, weight_decay=decay, seed=7,
    )  # fmt: skip
    np.testing.assert_allclose(history.loss, losses, rtol=0, atol=1e-13)
    for got, expected in zip(framework.half.get_weights(model), (W, b), strict=True):
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-13)


def test_the_rule_is_that_of_torchs_own_sgd():
    X, y = data(n=64)
    half = PyTorch().half
    ours, own = half.mlp((20, 4, 1), seed=0), half.mlp((20, 4, 1), seed=0)
    half.fit(
        ours, X, y, weighted(half), epochs=10, batch_size=64, learning_rate=0.1, momentum=0.9, weight_decay=0.01, seed=0
    )
    matrices, biases = ([p for p in own.parameters() if (p.ndim == 2) == wanted] for wanted in (True, False))
    optimiser = torch.optim.SGD([{"params": matrices, "weight_decay": 0.01}, {"params": biases}], lr=0.1, momentum=0.9)
    for ((batch,),) in zip(batch_order(64, batch_size=64, epochs=10, seed=0), strict=True):
        optimiser.zero_grad()
        half.weighted_bce(own(torch.tensor(X[batch]))[:, 0], torch.tensor(y[batch]), 5.0).backward()
        optimiser.step()
    for a, b in zip(half.get_weights(ours), half.get_weights(own), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)


@frameworks
def test_the_same_seed_repeats_to_the_bit_and_another_does_not(framework):
    X, y = data()

    def run(seed):
        model = framework.half.mlp((20, 4, 1), seed=0)
        return framework.half.fit(
            model, X, y, weighted(framework.half), epochs=2, batch_size=32, learning_rate=0.05, seed=seed
        ).loss

    assert (run(0) == run(0)).all()
    assert (run(0) != run(1)).any()


@frameworks
def test_float32_models_are_trained_in_float32(framework):
    X, y = data()
    model = framework.half.mlp((20, 4, 1), seed=0, dtype="float32")
    history = framework.half.fit(
        model, X, y, weighted(framework.half), epochs=1, batch_size=32, learning_rate=0.05, seed=0
    )
    assert history.loss.dtype == np.float64 and framework.half.get_weights(model)[0].dtype == np.float32


@frameworks
def test_a_loss_that_leaves_the_logits_out_or_changes_the_dtype_is_refused(framework):
    X, y = data(n=40)
    settings = {"epochs": 1, "batch_size": 20, "learning_rate": 0.1, "seed": 0}
    with pytest.raises(ValueError, match="does not depend on them"):
        framework.half.fit(framework.half.mlp((20, 1), seed=0), X, y, lambda z, t: framework.tensor(1.0), **settings)
    with pytest.raises(TypeError, match="keeps the model's dtype, .*float64.*, got .*float32"):
        framework.half.fit(framework.half.mlp((20, 1), seed=0), X, y, lambda z, t: framework.as_float32(z), **settings)


@frameworks
@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "uint64", "float32"])
def test_labels_of_any_whole_dtype_train_the_same_model(framework, dtype):
    X, y = data(n=40)
    settings = {"epochs": 1, "batch_size": 20, "learning_rate": 0.1, "seed": 0}

    def losses(labels):
        return framework.half.fit(
            framework.half.mlp((20, 1), seed=0), X, labels, weighted(framework.half), **settings
        ).loss

    assert (losses(y.astype(dtype)) == losses(y)).all()


@frameworks
def test_the_frameworks_own_losses_fit_in(framework):
    X, y = data()
    if framework.half is PyTorch().half:
        loss = torch.nn.BCEWithLogitsLoss(pos_weight=torch.tensor([5.0], dtype=torch.float64))
    else:
        loss = lambda logits, targets: tf.reduce_mean(tf.nn.weighted_cross_entropy_with_logits(targets, logits, 5.0))  # noqa: E731
    settings = {"epochs": 2, "batch_size": 32, "learning_rate": 0.05, "seed": 0}
    own = framework.half.fit(framework.half.mlp((20, 1), seed=0), X, y, loss, **settings)
    ours = framework.half.fit(framework.half.mlp((20, 1), seed=0), X, y, weighted(framework.half), **settings)
    np.testing.assert_allclose(own.loss, ours.loss, rtol=0, atol=1e-13)


SETTINGS = {"epochs": 1, "batch_size": 16, "learning_rate": 0.1, "seed": 0}


def wrong_for_one_output(framework):
    """Losses that do not fit one logit for each sample, with the sentence that says so."""
    half, first = framework.half, {
        "ours, turned round": (lambda z, t: half.weighted_bce(t, z, 3.0), "targets takes labels 0 and 1.*order is"),
        "ours, for classes": (lambda z, t: half.weighted_cross_entropy(z, t), "one logit of each .* weighted_bce"),
    }  # fmt: skip
    if half is PyTorch().half:
        own = torch.nn.functional
        return first | {
            "own, turned round": (lambda z, t: own.binary_cross_entropy_with_logits(t, z), "class 0.*turned round"),
            "softmax over the samples": (torch.nn.CrossEntropyLoss(), "a softmax over the samples"),
            "the same, as a function": (lambda z, t: own.cross_entropy(z, t), "a softmax over the samples"),
            "written out, turned round": (
                lambda z, t: -(z * own.logsigmoid(t) + (1 - z) * own.logsigmoid(-t)).mean(), "turned round"
            ),
            "clipped probabilities": (
                lambda z, t: own.binary_cross_entropy(z.clamp(1e-7, 1 - 1e-7), t), "Does it take probabilities"
            ),
            "a class": (torch.nn.BCEWithLogitsLoss, r"the class BCEWithLogitsLoss; make an object of it"),
        }  # fmt: skip
    losses = keras.losses
    return first | {
        "own, turned round": (
            lambda z, t: tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(z, t)), "class 0.*turned round"
        ),
        "an object of Keras": (losses.BinaryCrossentropy(from_logits=True), r"lambda logits, targets: loss\(targets"),
        "the same with probabilities": (
            lambda z, t: losses.binary_crossentropy(t, z), "Does it take probabilities"
        ),
        "softmax over the samples": (
            lambda z, t: tf.nn.softmax_cross_entropy_with_logits(t, z), "a softmax over the samples"
        ),
        "a class": (losses.BinaryCrossentropy, "the class BinaryCrossentropy; make an object of it"),
    }  # fmt: skip


@frameworks
def test_losses_that_do_not_fit_one_output_are_refused_before_the_first_step(framework):
    X, y = data(n=40)
    for name, (loss, message) in wrong_for_one_output(framework).items():
        model = framework.half.mlp((20, 1), seed=0)
        with pytest.raises((ValueError, TypeError), match=message):
            framework.half.fit(model, X, y, loss, **SETTINGS)
            pytest.fail(name)
        assert (framework.half.get_weights(model)[0] == initial_weights((20, 1), seed=0)[0]).all()


@frameworks
def test_losses_that_do_not_fit_several_outputs_are_refused(framework):
    X, _ = data(n=40)
    y, half = np.arange(40) % 3, framework.half
    if half is PyTorch().half:
        without_softmax = torch.nn.NLLLoss()
    else:
        without_softmax = lambda z, t: -tf.reduce_mean(tf.gather(z, t, batch_dims=1))  # noqa: E731
    for loss, message in (
        (without_softmax, "a straight line in them.*log-probabilities"),
        (lambda z, t: half.weighted_bce(z[:, 0], t), "labels 0 and 1"),
        (lambda z, t: half.weighted_cross_entropy(z[:, :2], t), "targets takes labels 0…1"),
    ):
        with pytest.raises(ValueError, match=message):
            half.fit(half.mlp((20, 3), seed=0), X, y, loss, **SETTINGS)


@frameworks
def test_other_losses_on_logits_are_taken(framework):
    # Hinge, squared error, exponential, a cost of decisions, cross-entropy written out as taught, focal.
    X, y = data(n=40)
    if framework.half is PyTorch().half:
        maximum, exp, sigmoid, log, mean = torch.relu, torch.exp, torch.sigmoid, torch.log, torch.mean
    else:
        maximum, exp, sigmoid, log, mean = tf.nn.relu, tf.exp, tf.sigmoid, tf.math.log, tf.reduce_mean
    for loss in (
        lambda z, t: mean(maximum(1 - (2 * t - 1) * z)),
        lambda z, t: mean((z - t) ** 2),
        lambda z, t: mean((z - (2 * t - 1)) ** 2),
        lambda z, t: mean(exp(-(2 * t - 1) * z)),
        lambda z, t: mean(20 * t * sigmoid(-z) + (1 - t) * sigmoid(z)),
        lambda z, t: -mean(t * log(sigmoid(z)) + (1 - t) * log(1 - sigmoid(z))),
        lambda z, t: framework.half.focal_loss(z, t, gamma=5.0),
    ):
        for dtype in ("float64", "float32"):
            model = framework.half.mlp((20, 1), seed=0, dtype=dtype)
            assert len(framework.half.fit(model, X, y, loss, **SETTINGS).loss) == 3


@frameworks
def test_weights_of_another_dtype_in_a_loss_are_named(framework):
    X, _ = data(n=40)
    if framework.half is PyTorch().half:
        loss = torch.nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0]))
    else:
        w = tf.constant([1.0, 2.0, 3.0])
        loss = lambda z, t: tf.reduce_mean(tf.gather(w, t) * -tf.gather(tf.nn.log_softmax(z), t, batch_dims=1))  # noqa: E731
    with pytest.raises(
        TypeError, match=r"loss holds tensors of another dtype than the model's, \w+.float64.*in float32"
    ):
        framework.half.fit(framework.half.mlp((20, 3), seed=0), X, np.arange(40) % 3, loss, **SETTINGS)


@pytest.mark.parametrize(
    "weight",
    [lambda t: float(tf.reduce_sum(t)), lambda t: t.numpy().sum(), lambda t: 2.0 if tf.reduce_sum(t) > 0 else 1.0],
)
def test_a_loss_that_looks_at_values_is_told_of_graph_mode(weight):
    X, y = data(n=40)
    half = TensorFlow().half
    y[:8] = np.arange(8) % 2
    with pytest.raises(TypeError, match=r"loss takes a function that runs in graph mode.*tf.where, for float\(…\)"):
        half.fit(half.mlp((20, 1), seed=0), X, y, lambda z, t: half.weighted_bce(z, t, 1 + weight(t)), **SETTINGS)


@frameworks
@pytest.mark.parametrize("outputs", [1, 2])
def test_a_loss_of_the_wrong_sign_is_refused(framework, outputs):
    X, y = data(n=40)
    own = framework.half.weighted_bce if outputs == 1 else framework.half.weighted_cross_entropy
    with pytest.raises(ValueError, match="a least value; this one bends downwards.*is its sign wrong"):
        framework.half.fit(framework.half.mlp((20, outputs), seed=0), X, y, lambda z, t: -own(z, t), **SETTINGS)


@pytest.mark.parametrize("off", [torch.no_grad, torch.inference_mode])
def test_gradients_that_are_switched_off_are_told(off):
    X, y = data(n=40)
    half = PyTorch().half
    with off(), pytest.raises(ValueError, match="fit takes gradients, which are switched off here"):
        half.fit(half.mlp((20, 1), seed=0), X, y, half.weighted_bce, **SETTINGS)


@pytest.mark.parametrize("penalty", ["kernel_regularizer", "activity_regularizer", "bias_constraint"])
def test_penalties_of_keras_layers_are_refused_as_fit_would_leave_them_out(penalty):
    X, y = data(n=40)
    value = "non_neg" if penalty.endswith("constraint") else "l2"
    dense = keras.layers.Dense(1, dtype="float64", **{penalty: value})
    model = keras.Sequential([keras.layers.Input((20,)), dense])
    with pytest.raises(ValueError, match=f"model takes layers without {penalty}.*weight_decay"):
        TensorFlow().half.fit(model, X, y, weighted(TensorFlow().half), **SETTINGS)


def loaders():
    """Rows as training loops of their own have them, of both frameworks."""
    X, y = data(n=40)
    pairs = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(y))
    return [pairs, torch.utils.data.DataLoader(pairs), tf.data.Dataset.from_tensor_slices((X, y))]


@pytest.mark.parametrize("which", range(3))
def test_a_loader_is_refused_with_the_way_out(which):
    half = PyTorch().half
    with pytest.raises((TypeError, ValueError), match="X takes an array .*; take the arrays that it was made of"):
        half.fit(half.mlp((20, 1), seed=0), loaders()[which], data(n=40)[1], half.weighted_bce, **SETTINGS)


@frameworks
@pytest.mark.parametrize("labels", [[-1, 1], [1, 2], ["no", "yes"], [0, 255]])
def test_labels_of_another_kind_are_refused_with_the_way_to_number_them(framework, labels):
    X, y = data(n=40)
    with pytest.raises(
        (ValueError, TypeError), match=r"y (takes|has) .*np.unique\(y, return_inverse=True\)\[1\] numbers"
    ):
        framework.half.fit(
            framework.half.mlp((20, 1), seed=0), X, np.array(labels)[y], weighted(framework.half), **SETTINGS
        )


@frameworks
def test_a_last_batch_of_another_size_is_tried_out_as_well(framework):
    X, y = data(n=40)

    def loss(logits, targets):
        return framework.half.weighted_bce(logits, targets if logits.shape[0] == 16 else targets + 1)

    model = framework.half.mlp((20, 1), seed=0)
    with pytest.raises(ValueError, match="targets takes labels 0 and 1"):
        framework.half.fit(model, X, y, loss, **SETTINGS)
    assert (framework.half.get_weights(model)[0] == initial_weights((20, 1), seed=0)[0]).all()


@frameworks
def test_frozen_layers_are_refused_with_the_way_out(framework):
    X, y = data(n=40)
    model = framework.half.mlp((20, 4, 1), seed=0)
    if framework.half is PyTorch().half:
        model[0].requires_grad_(False)
    else:
        model.layers[0].trainable = False
    with pytest.raises(ValueError, match="some are frozen: model.*rue"):
        framework.half.fit(model, X, y, weighted(framework.half), **SETTINGS)
    assert framework.half.predict_logits(model, X).shape == (40,)


@frameworks
def test_rows_and_labels_may_be_of_any_kind_and_their_indices_must_agree(framework):
    X, y = data(n=40)

    def losses(X, y):
        return framework.half.fit(
            framework.half.mlp((20, 1), seed=0), X, y, weighted(framework.half), **SETTINGS
        ).loss.tolist()

    expected = losses(X, y)
    table = pd.DataFrame(X, index=np.arange(40)[::-1])
    assert losses(table, pd.Series(y, index=table.index)) == losses(table, y) == expected
    assert losses(torch.tensor(X, requires_grad=True), torch.tensor(y, dtype=torch.bfloat16)) == expected
    assert losses(tf.constant(X), tf.constant(y)) == expected
    with pytest.raises(ValueError, match="X and y take the same samples in the same order"):
        losses(table, pd.Series(y))
    narrow = torch.tensor(X, dtype=torch.bfloat16)
    wide = narrow.double().numpy()
    assert losses(narrow, y) == losses(tf.constant(wide, dtype=tf.bfloat16), y) == losses(wide, y) != expected
    with pytest.raises(ValueError, match="X is a masked array with 1 masked"):
        losses(np.ma.masked_where(X == X.max(), X), y)
    with pytest.raises(ValueError, match="X takes numbers that are finite in float32, got .*e.300"):
        framework.half.fit(
            framework.half.mlp((20, 1), seed=0, dtype="float32"), X * 1e300, y, weighted(framework.half), **SETTINGS
        )


def test_parity_is_lost_where_steps_multiply_rounding_as_the_docstring_says():
    # A class of two rows under its inverse-frequency weight, steps far too large for it; then steps that suit it.
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(400, 8)), (np.arange(400) < 2).astype(int)
    apart = {}
    for rate in (0.5, 1e-4):
        losses = [
            framework.half.fit(
                framework.half.mlp((8, 16, 1), seed=0), X, y,
                lambda z, t, half=framework.half: half.weighted_bce(z, t, 199.0),
                epochs=12, batch_size=16, learning_rate=rate, momentum=0.9, seed=0,
            ).loss
            for framework in (PyTorch(), TensorFlow())
        ]  # fmt: skip
        apart[rate] = np.abs(losses[0] - losses[1]).max(), losses[0].max() / losses[0][0]
    assert apart[0.5][0] > 1e-6 and apart[0.5][1] > 10
    assert apart[1e-4][0] < 1e-12


def test_many_fits_in_a_row_do_not_make_tensorflow_warn(caplog):
    X, y = data(n=40)
    half = TensorFlow().half
    for seed in range(8):
        half.fit(half.mlp((20, 1), seed=seed), X, y, weighted(half), epochs=1, batch_size=16, learning_rate=0.1, seed=0)
    assert "retracing" not in caplog.text


@frameworks
def test_a_run_that_diverges_says_at_which_step(framework):
    X, y = data()
    model = framework.half.mlp((20, 8, 1), seed=0)
    with pytest.raises(
        FloatingPointError, match=r"from step \d+ of \d+ on: the training diverged.*smaller learning_rate"
    ):
        framework.half.fit(model, X, y, weighted(framework.half), epochs=40, batch_size=32, learning_rate=1e6, seed=0)


@frameworks
@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"X": np.zeros((6, 4))}, ValueError, "X takes 3 columns"),
        ({"X": np.full((6, 3), np.nan)}, ValueError, "X holds NaN"),
        ({"X": np.zeros((5, 3))}, ValueError, "X and y take the same number of samples, got 5 and 6"),
        ({"y": [0, 1, 0, 1, 0, 2]}, ValueError, "y takes labels 0…1"),
        ({"y": [0, 0, 0, 0, 0, 0]}, ValueError, "y has no sample of class 1"),
        ({"y": [0.5, 1, 0, 1, 0, 1]}, ValueError, "y takes a one-dimensional array of whole-number labels"),
        ({"epochs": 0}, ValueError, "epochs takes"),
        ({"batch_size": 7}, ValueError, "batch_size takes at most n=6, got 7"),
        ({"learning_rate": 0}, ValueError, "learning_rate takes one finite number above 0"),
        ({"momentum": 1}, ValueError, "momentum takes one finite number of at least 0 and below 1"),
        ({"weight_decay": -1}, ValueError, "weight_decay"),
        ({"seed": None}, TypeError, "seed takes one whole number"),
        ({"loss": lambda logits, targets: logits}, ValueError, "loss takes a function that returns one number"),
        ({"loss": "weighted_bce"}, TypeError, "loss takes a function of .logits, targets., got 'weighted_bce'"),
        ({"loss": lambda logits, targets: 0.5}, TypeError, "loss takes a function that returns a tensor, got 0.5"),
        ({"model": None}, TypeError, "model takes a .*Sequential"),
    ],
)
def test_bad_input_is_refused_by_name_before_the_first_step(framework, changes, error, message):
    model = framework.half.mlp((3, 1), seed=0)
    arguments = {
        "model": model, "X": np.eye(6, 3), "y": [0, 1, 0, 1, 0, 1], "loss": weighted(framework.half),
        "epochs": 1, "batch_size": 2, "learning_rate": 0.1, "seed": 0,
    } | changes  # fmt: skip
    with pytest.raises(error, match=message):
        framework.half.fit(**arguments)
    assert (framework.half.get_weights(model)[0] == initial_weights((3, 1), seed=0)[0]).all()
