"""The same network in both frameworks: same layout, same weights, same logits."""

import keras
import numpy as np
import pytest
import torch
from frameworks import BOTH, PyTorch, TensorFlow

from companion.start import initial_weights

frameworks = pytest.mark.parametrize("framework", BOTH, ids=str)
SIZES = [(5, 1), (5, 3), (20, 32, 16, 1), (4, 8, 3)]


@frameworks
@pytest.mark.parametrize("sizes", SIZES)
def test_a_model_starts_from_the_shared_weights(framework, sizes):
    for got, expected in zip(
        framework.half.get_weights(framework.half.mlp(sizes, seed=3)), initial_weights(sizes, seed=3), strict=True
    ):
        assert got.dtype == np.float64
        assert (got == expected).all()


@frameworks
@pytest.mark.parametrize("sizes", SIZES)
def test_the_logits_are_those_of_a_relu_network(framework, sizes):
    X = np.random.default_rng(0).normal(size=(50, sizes[0]))
    arrays = initial_weights(sizes, seed=3)
    hidden = X
    for W, b in zip(arrays[:-2:2], arrays[1:-2:2], strict=True):
        hidden = np.maximum(hidden @ W + b, 0)
    expected = hidden @ arrays[-2] + arrays[-1]
    logits = framework.half.predict_logits(framework.half.mlp(sizes, seed=3), X)
    assert logits.shape == ((50,) if sizes[-1] == 1 else (50, sizes[-1]))
    np.testing.assert_allclose(logits, expected.reshape(logits.shape), rtol=0, atol=1e-14)


@frameworks
def test_weights_go_in_and_come_out_unchanged(framework):
    half = framework.half
    model = half.mlp((3, 2, 1), seed=0)
    arrays = initial_weights((3, 2, 1), seed=1)
    half.set_weights(model, arrays)
    assert all((got == put).all() for got, put in zip(half.get_weights(model), arrays, strict=True))


@frameworks
def test_what_comes_out_is_a_copy(framework):
    model = framework.half.mlp((3, 1), seed=0)
    framework.half.get_weights(model)[0][:] = 99
    assert framework.half.get_weights(model)[0].max() < 2


def other_models(framework):
    """Models that are not of the one kind that both halves can train and read: linear layers with activations."""
    if str(framework) == "pytorch":
        nn = torch.nn
        return [
            nn.Sequential(nn.ReLU()),
            nn.Sequential(nn.Linear(3, 1, bias=False)),
            nn.Sequential(nn.Linear(3, 2), nn.Dropout(), nn.Linear(2, 1)),
            nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Linear(2, 1)),
            nn.Sequential(nn.Conv1d(3, 1, 1)),
        ]
    layers = keras.layers
    return [
        keras.Sequential([keras.Input((3,)), layers.ReLU()]),
        keras.Sequential([keras.Input((3,)), layers.Dense(1, use_bias=False)]),
        keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.Dropout(0.5), layers.Dense(1)]),
        keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.BatchNormalization(), layers.Dense(1)]),
        keras.Sequential([layers.Dense(1)]),  # not built: it has no weights yet
    ]


@frameworks
@pytest.mark.parametrize("which", range(5))
def test_models_of_another_kind_are_refused(framework, which):
    with pytest.raises(ValueError, match="model takes a network as made by mlp"):
        framework.half.predict_logits(other_models(framework)[which], np.zeros((2, 3)))


def in_another_order(framework):
    """A model whose layers are used in another order than they are held in, and one that `compile` wraps."""
    if str(framework) == "pytorch":

        class Turned(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.last, self.first = torch.nn.Linear(3, 3), torch.nn.Linear(3, 3)

            def forward(self, X):
                return self.last(self.first(X))

    else:

        class Turned(keras.Model):
            def __init__(self):
                super().__init__()
                self.last, self.first = keras.layers.Dense(3), keras.layers.Dense(3)

            def call(self, X):
                return self.last(self.first(X))

    return Turned()


@frameworks
def test_a_model_that_is_no_sequential_is_refused_as_its_order_is_its_own(framework):
    with pytest.raises(
        TypeError, match="Sequential as made by mlp, got Turned; put its layers into a .*Sequential, in"
    ):
        framework.half.get_weights(in_another_order(framework))


def test_a_compiled_model_is_refused_with_the_way_out():
    model = torch.compile(PyTorch().half.mlp((3, 1), seed=0), backend="eager")
    with pytest.raises(TypeError, match="got OptimizedModule; take the model that torch.compile was given"):
        PyTorch().half.predict_logits(model, np.zeros((2, 3)))


def test_a_keras_model_that_is_not_built_is_refused_with_the_way_out():
    with pytest.raises(ValueError, match=r"layers that are not built: put keras.Input\(\(d,\)\) first"):
        TensorFlow().half.get_weights(keras.Sequential([keras.layers.Dense(1)]))


def models_without_logits(framework):
    """Models that end in something else than a linear layer."""
    if str(framework) == "pytorch":
        nn = torch.nn

        class Hidden(nn.Sequential):
            def forward(self, X):
                return torch.sigmoid(super().forward(X))

        return [
            *(nn.Sequential(nn.Linear(3, 1), last) for last in (nn.Sigmoid(), nn.ReLU(), nn.LeakyReLU(), nn.Tanh())),
            Hidden(nn.Linear(3, 1, dtype=torch.float64)),
        ]
    dense, inputs = keras.layers.Dense, keras.Input((3,))
    return [
        *(keras.Sequential([inputs, dense(2, activation=name)]) for name in ("sigmoid", "softmax", "relu", "tanh")),
        keras.Sequential([inputs, dense(1), keras.layers.Activation("sigmoid")]),
    ]


@frameworks
@pytest.mark.parametrize("which", range(5))
def test_models_that_do_not_put_out_logits_are_refused_by_fit_and_by_predict_logits(framework, which):
    model, X = models_without_logits(framework)[which], np.random.default_rng(0).normal(size=(20, 3))
    message = "model takes a network that puts out logits.*Leave out the sigmoid"
    with pytest.raises(ValueError, match=message):
        framework.half.predict_logits(model, X)
    with pytest.raises(ValueError, match=message):
        framework.half.fit(
            model, X, np.arange(20) % 2, framework.half.weighted_bce, epochs=1, batch_size=5, learning_rate=1, seed=0
        )


@frameworks
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_models_with_logits_of_any_size_are_taken(framework, dtype, scale):
    model = framework.half.mlp((3, 4, 2), seed=0, dtype=dtype)
    framework.half.set_weights(model, [array * scale for array in framework.half.get_weights(model)])
    assert framework.half.predict_logits(model, np.random.default_rng(0).normal(size=(20, 3))).shape == (20, 2)


@frameworks
def test_outputs_that_overflow_are_refused(framework):
    model, X = framework.half.mlp((3, 4, 2), seed=0, dtype="float32"), np.ones((20, 3))
    framework.half.set_weights(model, [array * 1e20 for array in framework.half.get_weights(model)])
    X[10] = 1e10
    with pytest.raises(ValueError, match="the outputs of model hold NaN or infinity in float32"):
        framework.half.predict_logits(model, X)


@frameworks
def test_models_of_half_or_mixed_precision_are_refused(framework):
    if str(framework) == "pytorch":
        nn = torch.nn
        models = [
            nn.Sequential(nn.Linear(3, 1)).half(),
            nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1).double()),
        ]
    else:
        dense, inputs = keras.layers.Dense, keras.Input((3,))
        models = [keras.Sequential([inputs, dense(1, dtype=policy)]) for policy in ("float16", "mixed_float16")]
    for model in models:
        with pytest.raises(ValueError, match="model takes one dtype throughout, float64 or float32, got .*float"):
            framework.half.predict_logits(model, np.ones((2, 3)))


@frameworks
def test_rows_that_are_infinite_in_the_models_dtype_are_refused(framework):
    with pytest.raises(ValueError, match=r"X takes numbers that are finite in float32, got 1e\+39"):
        framework.half.predict_logits(framework.half.mlp((3, 1), seed=0, dtype="float32"), [[0.0, 1e39, 0.0]])


@frameworks
def test_making_a_model_leaves_the_users_random_numbers_alone(framework):
    if str(framework) == "pytorch":
        torch.manual_seed(0)
        expected = torch.rand(3).numpy()
        torch.manual_seed(0)
        framework.half.mlp((3, 1), seed=0)
        assert (torch.rand(3).numpy() == expected).all()
    else:
        keras.utils.set_random_seed(0)
        expected = keras.random.uniform((3,)).numpy()
        keras.utils.set_random_seed(0)
        framework.half.mlp((3, 1), seed=0)
        assert (keras.random.uniform((3,)).numpy() == expected).all()


@frameworks
def test_read_only_rows_are_taken_without_a_warning(framework):
    X = np.ones((2, 3))
    X.flags.writeable = False
    assert framework.half.predict_logits(framework.half.mlp((3, 1), seed=0), X).shape == (2,)


@frameworks
def test_weights_that_are_infinite_in_the_models_dtype_are_refused(framework):
    model = framework.half.mlp((3, 1), seed=0, dtype="float32")
    with pytest.raises(ValueError, match=r"arrays\[0\] takes numbers that are finite in float32, got 1e\+300"):
        framework.half.set_weights(model, [np.full((3, 1), 1e300), [0.0]])


@frameworks
def test_float32_models_compute_in_float32(framework):
    model = framework.half.mlp((3, 1), seed=0, dtype="float32")
    assert framework.half.get_weights(model)[0].dtype == np.float32
    assert framework.half.predict_logits(model, np.ones((2, 3))).dtype == np.float32


@frameworks
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda half, model: half.mlp((3,), seed=0), ValueError, "sizes takes at least"),
        (lambda half, model: half.mlp((3, 1), seed=0, dtype="float16"), ValueError, "dtype='float16' is not known"),
        (
            lambda half, model: half.get_weights("model"),
            TypeError,
            "model takes a .*Sequential as made by mlp, got str",
        ),
        (
            lambda half, model: half.set_weights(model, [np.zeros((1, 3)), np.zeros(1)]),
            ValueError,
            r"arrays takes the shapes \[\(3, 1\), \(1,\)\], got \[\(1, 3\), \(1,\)\]",
        ),
        (lambda half, model: half.set_weights(model, [np.zeros((3, 1))]), ValueError, "arrays takes the shapes"),
        (
            lambda half, model: half.set_weights(model, [np.full((3, 1), np.nan), [0.0]]),
            ValueError,
            r"arrays\[0\] holds NaN",
        ),
        (lambda half, model: half.predict_logits(model, np.zeros(3)), ValueError, "X takes a 2-dimensional array"),
        (lambda half, model: half.predict_logits(model, np.zeros((2, 4))), ValueError, "X takes 3 columns.*got 4"),
        (lambda half, model: half.predict_logits(model, np.zeros((0, 3))), ValueError, "X is empty"),
        (lambda half, model: half.predict_logits(model, [[np.inf, 0, 0]]), ValueError, "X holds NaN or infinity"),
    ],
)
def test_bad_input_is_refused_by_name(framework, call, error, message):
    with pytest.raises(error, match=message):
        call(framework.half, framework.half.mlp((3, 1), seed=0))


def sequential_with(change):
    """A subclass of `torch.nn.Sequential` that changes its outputs."""

    class Changed(torch.nn.Sequential):
        def forward(self, x):
            return change(super().forward(x))

    return Changed(torch.nn.Linear(2, 1, dtype=torch.float64))


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (lambda: sequential_with(lambda z: z.squeeze(1)), r"outputs have the shape .*\(2, 1\) here; got shape \(2,\)"),
        (lambda: sequential_with(lambda z: (z, None)), "outputs have the shape .*; got tuple"),
        (lambda: torch.nn.Sequential(torch.nn.LazyLinear(1)), "this one holds LazyLinear"),
        (lambda: PyTorch().half.mlp((2, 1), seed=0).to("meta"), "this one holds weights on the meta device"),
    ],
)
def test_models_whose_outputs_or_weights_are_none_are_refused(model, said):
    with pytest.raises(ValueError, match=f"model takes a network .*{said}"):
        PyTorch().half.predict_logits(model(), [[0.0, 1.0], [1.0, 0.0]])
