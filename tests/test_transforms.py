"""The losses inside what transforms, compiles and maps functions.

What was tried, each with value and gradient against eager mode, for all five losses, with weights and a prior as
arrays, lists and mappings. The last column says what becomes of a wrong label, an infinite logit, a weight of 0:

    torch.func.grad, hessian, jacrev                          right     raises
    torch.func.vmap, of losses and of per-sample gradients    right     NaN for that sample, in value and gradient
    torch.compile(fullgraph=True), aot_eager and inductor     right     NaN
    torch.compile of vmap                                     right     NaN
    torch.autocast to bfloat16                                right     raises
    tf.function, also with unknown n                          right     raises, by an assertion
    tf.function(jit_compile=True), also with unknown n        right     NaN
    tf.vectorized_map, of losses and of gradients             right     raises, by an assertion
    keras fit, eager, in a graph and with XLA                 right     raises; XLA: NaN  (test_losses.py)

Sizes that a graph learns late and that do not fit raise everywhere, under XLA too. The mean of no samples raises, or is
NaN under XLA. A pandas Series inside torch.compile breaks the graph, as any pandas object does: convert it before.
"""

import numpy as np
import pytest
import tensorflow as tf
import torch

from companion import pytorch, tensorflow

RNG = np.random.default_rng(0)
N = 8
BINARY = RNG.normal(size=N), RNG.integers(0, 2, size=N)
CLASSES = RNG.normal(size=(N, 3)), RNG.integers(0, 3, size=N)
WEIGHTS = np.array([0.3, 1.0, 2.7])

# All divide by n, so that the mean over mapped samples is the value of the batch.
LOSSES = {
    "weighted_bce": (BINARY, lambda half, z, y: half.weighted_bce(z, y, 3.0)),
    "focal_loss": (BINARY, lambda half, z, y: half.focal_loss(z, y, gamma=1.7, alpha=0.3)),
    "cross_entropy": (CLASSES, lambda half, z, y: half.weighted_cross_entropy(z, y, WEIGHTS)),
    "cross_entropy, list": (CLASSES, lambda half, z, y: half.weighted_cross_entropy(z, y, [0.3, 1.0, 2.7])),
    "cross_entropy, dict": (CLASSES, lambda half, z, y: half.weighted_cross_entropy(z, y, {2: 2.7, 0: 0.3, 1: 1.0})),
    "cross_entropy, ignore": (CLASSES, lambda half, z, y: half.weighted_cross_entropy(z, y, WEIGHTS, ignore_index=9)),
    "focal_cross_entropy": (CLASSES, lambda half, z, y: half.focal_cross_entropy(z, y, WEIGHTS, gamma=1.7)),
    "logit_adjusted": (CLASSES, lambda half, z, y: half.logit_adjusted_cross_entropy(z, y, np.array([5, 2, 1]))),
}
losses = pytest.mark.parametrize("name", LOSSES)


def of_torch(name):
    """The loss as a function of (z, y), its tensors, and its value and gradient in eager mode."""
    arrays, call = LOSSES[name]
    z, y = map(torch.tensor, arrays)
    loss = lambda z, y: call(pytorch, z, y)  # noqa: E731
    gradient, value = torch.func.grad_and_value(loss)(z, y)
    return loss, z, y, value.numpy(), gradient.numpy()


def compiled(function, backend="aot_eager"):
    torch._dynamo.reset()
    return torch.compile(function, fullgraph=True, backend=backend)


def same(got, expected):
    np.testing.assert_allclose(np.asarray(got), expected, rtol=1e-12, atol=1e-15)


@losses
def test_vmap_of_losses_and_of_gradients(name):
    loss, z, y, value, gradient = of_torch(name)
    batch_of_one = lambda z, y: loss(z[None], y[None])  # noqa: E731
    for one in (loss, batch_of_one):
        same(torch.func.vmap(one)(z, y).mean(), value)
        same(torch.func.vmap(torch.func.grad(one))(z, y) / N, gradient)
    wrong = y.clone()
    wrong[0] = 7
    each, slopes = torch.func.vmap(loss)(z, wrong), torch.func.vmap(torch.func.grad(loss))(z, wrong)
    assert torch.isnan(each).tolist() == [True] + [False] * (N - 1)
    assert slopes.isnan().reshape(N, -1).all(dim=1).tolist() == [True] + [False] * (N - 1)


@losses
def test_second_derivatives(name):
    loss, z, y, _, gradient = of_torch(name)
    same(torch.func.jacrev(loss)(z, y), gradient)
    moved = z + 1e-5 * torch.ones_like(z)
    with_hessian = torch.func.jacrev(torch.func.grad(loss))(z, y).reshape(z.numel(), z.numel()).sum(dim=1)
    difference = (torch.func.grad(loss)(moved, y) - torch.func.grad(loss)(z, y)) / 1e-5
    np.testing.assert_allclose(with_hessian, difference.flatten(), atol=1e-5)


@losses
def test_compile_without_a_break_of_the_graph(name):
    loss, z, y, value, gradient = of_torch(name)
    same(compiled(loss)(z, y), value)
    leaf = z.clone().requires_grad_()
    (got,) = torch.autograd.grad(compiled(loss)(leaf, y), leaf)
    same(got, gradient)
    same(compiled(torch.func.vmap(loss))(z, y).mean(), value)
    wrong = y.clone()
    wrong[0] = 7
    leaf = z.clone().requires_grad_()
    bad = compiled(loss)(leaf, wrong)
    (got,) = torch.autograd.grad(bad, leaf)
    assert torch.isnan(bad) and torch.isnan(got.reshape(N, -1)[0]).all()


@pytest.mark.filterwarnings("ignore:`torch.jit.script")  # inductor's own imports
def test_compile_by_inductor():
    loss, z, y, value, _ = of_torch("cross_entropy")
    same(compiled(loss, "inductor")(z, y), value)


def test_compile_takes_one_weight_after_another():
    (z, y), loss = map(torch.tensor, BINARY), compiled(lambda z, y, w: pytorch.weighted_bce(z, y, w))
    for w in (3.1, 20.0, 7, torch.tensor(0.5)):
        same(loss(z, y, w), pytorch.weighted_bce(z, y, w))


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
def test_a_weight_that_is_none_makes_nan_where_it_cannot_be_looked_at(bad):
    z, y, w = torch.tensor(CLASSES[0]), torch.tensor(CLASSES[1]), [bad, 1.0, 2.0]
    assert torch.isnan(compiled(lambda z, y, w: pytorch.weighted_cross_entropy(z, y, w))(z, y, torch.tensor(w)))
    graph = tf.function(lambda z, y, w: tensorflow.weighted_cross_entropy(z, y, w), autograph=False)
    assert np.isnan(graph(tf.constant(CLASSES[0]), tf.constant(CLASSES[1]), tf.constant(w)))


@losses
def test_autocast_changes_nothing(name):
    loss, z, y, value, _ = of_torch(name)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        same(loss(z, y), value)
        narrow = loss(z.bfloat16(), y)
    assert narrow.dtype == torch.float32 and float(narrow) == pytest.approx(float(value), rel=0.02)


# TensorFlow.


def of_tensorflow(name):
    arrays, call = LOSSES[name]
    _, _, _, value, gradient = of_torch(name)
    return lambda z, y: call(tensorflow, z, y), *map(tf.constant, arrays), value, gradient


def value_and_gradient(function, z, y):
    with tf.GradientTape() as tape:
        tape.watch(z)
        value = function(z, y)
    return value, tape.gradient(value, z)


@losses
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("known", [True, False])
def test_graphs_and_xla(name, jit_compile, known):
    loss, z, y, value, gradient = of_tensorflow(name)
    signature = None if known else [tf.TensorSpec([None, *z.shape[1:]], tf.float64), tf.TensorSpec([None], tf.int64)]
    graph = tf.function(loss, autograph=False, jit_compile=jit_compile, input_signature=signature)
    got = value_and_gradient(graph, z, y)
    same(got[0], value)
    same(got[1], gradient)
    wrong = tf.tensor_scatter_nd_update(y, [[0]], tf.constant([7], y.dtype))
    if jit_compile:
        bad, slope = value_and_gradient(graph, z, wrong)
        assert np.isnan(bad) and np.isnan(slope.numpy().reshape(N, -1)[0]).all()
    else:
        with pytest.raises(tf.errors.InvalidArgumentError, match="targets takes labels 0"):
            graph(z, wrong)
    if not known:
        with pytest.raises((tf.errors.InvalidArgumentError, ValueError), match="do not fit|reshape"):
            graph(z, y[:1])
        if jit_compile:
            assert np.isnan(graph(z[:0], y[:0]))
        else:
            with pytest.raises(tf.errors.InvalidArgumentError, match="targets are empty"):
                graph(z[:0], y[:0])


@pytest.mark.parametrize("label", [-100, -1, 3])
def test_xla_does_not_clamp_a_label_that_is_none(label):
    loss = tf.function(tensorflow.weighted_cross_entropy, autograph=False, jit_compile=True)
    z = tf.constant(CLASSES[0])
    assert np.isnan(loss(z, tf.constant([label] + [1] * (N - 1))))
    assert np.isfinite(loss(z, tf.constant([2] + [1] * (N - 1))))


@pytest.mark.parametrize(
    ("options", "kind"), [({"gamma": np.float64(2.0)}, "float"), ({"ignore_index": np.int64(1)}, "int")]
)
def test_torch_compile_names_the_way_out_of_a_scalar_of_numpy(options, kind):
    torch._dynamo.reset()
    z, y = torch.zeros(N, dtype=torch.float64), torch.arange(N) % 2
    with pytest.raises(TypeError, match=rf"takes one .* number of at least .*; take {kind}\(…\) of it"):
        torch.compile(lambda z, y: pytorch.focal_loss(z, y, **options), backend="eager")(z, y)


@losses
def test_vectorized_map_of_losses_and_of_gradients(name):
    loss, z, y, value, gradient = of_tensorflow(name)
    for one in (loss, lambda z, y: loss(z[None], y[None])):
        same(tf.reduce_mean(tf.vectorized_map(lambda pair, one=one: one(*pair), (z, y))), value)
        slopes = tf.vectorized_map(lambda pair, one=one: value_and_gradient(one, *pair)[1], (z, y))
        same(slopes / N, gradient)
    with pytest.raises(tf.errors.InvalidArgumentError, match="targets takes labels 0"):
        tf.vectorized_map(lambda pair: loss(*pair), (z, y + 7))
