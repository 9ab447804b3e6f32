"""The losses with inputs as users have them: shapes, half precision, labels to leave out, weights of every kind."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import torch
from frameworks import BOTH, PyTorch, TensorFlow

frameworks = pytest.mark.parametrize("framework", BOTH, ids=str)
binary_losses = pytest.mark.parametrize("name", ["weighted_bce", "focal_loss"])

RNG = np.random.default_rng(0)
Z, Y = RNG.normal(size=(6, 4)), RNG.integers(0, 2, size=(6, 4))
CLASS_Z, CLASS_Y, WEIGHTS = (
    RNG.normal(size=(10, 3)),
    np.array([0, 1, 2, 2, 2, 2, 1, 2, 0, 2]),
    np.array([2.0, 5.0, 0.5]),
)


def number(framework, loss, *arguments, **options):
    return float(framework.array(loss(*arguments, **options)))


def losses_by_hand(z, y):
    """−log p_y of the rows of z, and log(1 − p_y)."""
    log_p = z - np.logaddexp.reduce(z, axis=-1, keepdims=True)
    own = np.take_along_axis(log_p, y[..., None], axis=-1)[..., 0]
    return -own, np.log1p(-np.exp(own))


# Shapes.


@frameworks
@binary_losses
@pytest.mark.parametrize("shape", [(24,), (24, 1), (6, 4), (2, 1, 3, 4), ()])
def test_a_binary_loss_is_that_of_its_entries_whatever_their_shape(framework, name, shape):
    loss, size = getattr(framework.half, name), int(np.prod(shape))
    z, y = Z.ravel()[:size], Y.ravel()[:size]
    flat = loss(framework.tensor(z), framework.tensor(y), reduction="none")
    got = loss(framework.tensor(z.reshape(shape)), framework.tensor(y.reshape(shape)), reduction="none")
    assert framework.array(got).shape == shape
    assert (framework.array(got).ravel() == framework.array(flat)).all()
    mean = number(framework, loss, framework.tensor(z.reshape(shape)), framework.tensor(y.reshape(shape)))
    assert mean == pytest.approx(framework.array(flat).mean(), rel=1e-14)


@frameworks
@pytest.mark.parametrize("axis", [None, 1, -1])
def test_classes_lie_on_each_frameworks_own_axis_or_on_the_one_given(framework, axis):
    own = 1 if framework.half is PyTorch().half else 3
    where = own if axis is None else axis % 4
    z, y = RNG.normal(size=(2, 4, 5, 3)), RNG.integers(0, 3, size=(2, 4, 5))
    half, moved = framework.half, framework.tensor(np.moveaxis(z, -1, where))
    flat = framework.tensor(z.reshape(-1, 3)), framework.tensor(y.ravel(), "int64")
    for loss in (
        lambda *pair, **o: half.weighted_cross_entropy(*pair, WEIGHTS, **o),
        lambda *pair, **o: half.weighted_cross_entropy(*pair, WEIGHTS, normaliser="weights", **o),
        lambda *pair, **o: half.focal_cross_entropy(*pair, WEIGHTS, **o),
        lambda *pair, **o: half.logit_adjusted_cross_entropy(*pair, [7, 2, 1], **o),
    ):
        expected = number(framework, loss, *flat)
        assert number(framework, loss, moved, framework.tensor(y, "int64"), axis=axis) == pytest.approx(expected)
        kept = framework.tensor(np.expand_dims(y, where), "int64")
        assert number(framework, loss, moved, kept, axis=axis) == pytest.approx(expected)
        shape = framework.array(loss(moved, kept, axis=axis, reduction="none")).shape
        assert shape == y.shape


@frameworks
def test_one_sample_without_an_axis_of_samples_is_taken(framework):
    loss = framework.half.weighted_cross_entropy
    one = number(framework, loss, framework.tensor(CLASS_Z[0]), framework.tensor(0, "int64"), WEIGHTS)
    assert one == pytest.approx(2 * losses_by_hand(CLASS_Z[:1], CLASS_Y[:1])[0][0])


@frameworks
def test_classes_on_another_axis_are_refused_with_that_axis_named(framework):
    other = -1 if framework.half is PyTorch().half else 1
    z = framework.tensor(np.moveaxis(RNG.normal(size=(2, 4, 5, 3)), -1, other))
    with pytest.raises(ValueError, match=f"give axis={other % 4}"):
        framework.half.weighted_cross_entropy(z, framework.tensor(np.zeros((2, 4, 5)), "int64"))


# Weights.


def weights_of_every_kind(framework, w):
    keyed = {k: w[k] for k in (2, 0, 1)}
    read_only = np.array(w)
    read_only.flags.writeable = False
    return {
        "list": w.tolist(),
        "array": w,
        "read-only": read_only,
        "dict": keyed,
        "Series": pd.Series(keyed),
        "sorted Series": pd.Series(w).sort_values(),
        "masked array without a mask": np.ma.array(w),
        "own tensor": framework.tensor(w),
        "narrow tensor": framework.tensor(w, "float32"),
        "whole numbers": framework.tensor(2 * w, "int64"),
        "torch": torch.tensor(w),
        "bfloat16": torch.tensor(w, dtype=torch.bfloat16),
        "Parameter": torch.nn.Parameter(torch.tensor(w)),
        "tf": tf.constant(w),
        "tf bfloat16": tf.constant(w, dtype=tf.bfloat16),
        "Variable": tf.Variable(w),
    }


@frameworks
def test_class_weights_are_taken_from_whatever_holds_them(framework):
    z, y = framework.tensor(CLASS_Z), framework.tensor(CLASS_Y, "int64")
    for name, loss in (("ce", framework.half.weighted_cross_entropy), ("focal", framework.half.focal_cross_entropy)):
        expected = number(framework, loss, z, y, WEIGHTS)
        for kind, w in weights_of_every_kind(framework, WEIGHTS).items():
            scale = 2 if kind == "whole numbers" else 1
            assert number(framework, loss, z, y, w) == pytest.approx(scale * expected), (name, kind)


@frameworks
def test_a_pandas_series_is_read_by_its_keys_not_by_its_positions(framework):
    # 70 of class 2, 20 of class 0, 10 of class 1: value_counts() comes in that order.
    y = pd.Series([2] * 70 + [0] * 20 + [1] * 10)
    z = np.random.default_rng(1).normal(size=(100, 3))
    counts, by_class = y.value_counts(), np.array([20, 10, 70])
    pair = framework.tensor(z), framework.tensor(y, "int64")
    half = framework.half
    for given, plain in ((100 / (3 * counts), 100 / (3 * by_class)), (dict(counts), by_class)):
        ours, right = (number(framework, half.weighted_cross_entropy, *pair, w) for w in (given, plain))
        assert ours == right
    shares = number(framework, half.logit_adjusted_cross_entropy, *pair, by_class / 100)
    for prior in (counts, dict(counts), by_class, by_class.tolist(), counts / 100, framework.tensor(by_class, "int64")):
        assert number(framework, half.logit_adjusted_cross_entropy, *pair, prior) == pytest.approx(shares, rel=1e-14)


@frameworks
@pytest.mark.parametrize(
    "kind",
    [
        lambda framework: 3,
        lambda framework: np.float32(3),
        lambda framework: [3.0],
        lambda framework: np.array(3.0),
        lambda framework: framework.tensor([3.0]),
        lambda framework: framework.tensor(3.0),
        lambda framework: framework.tensor(3.0, "float32"),
        lambda framework: torch.tensor([3.0]),
        lambda framework: tf.constant(3),
    ],
)
def test_pos_weight_is_taken_from_whatever_holds_one_number(framework, kind):
    z, y = framework.tensor(Z[:, 0]), framework.tensor(Y[:, 0])
    expected = number(framework, framework.half.weighted_bce, z, y, 3.0)
    assert number(framework, framework.half.weighted_bce, z, y, kind(framework)) == pytest.approx(expected)


@frameworks
@pytest.mark.parametrize("kind", [list, np.array, lambda w: dict(enumerate(w)), lambda w: pd.Series(w)[[3, 1, 0, 2]]])
def test_pos_weight_holds_one_number_for_each_output(framework, kind):
    w = [1.0, 2.0, 5.0, 0.5]
    by_hand = np.array(w) * Y * np.logaddexp(0, -Z) + (1 - Y) * np.logaddexp(0, Z)
    loss = framework.half.weighted_bce
    assert number(framework, loss, framework.tensor(Z), framework.tensor(Y), kind(w)) == pytest.approx(by_hand.mean())
    image = [framework.tensor(array.T.reshape(1, 4, 2, 3)) for array in (Z, Y)]
    assert number(framework, loss, *image, kind(w), axis=1) == pytest.approx(by_hand.mean())
    assert number(framework, loss, *image, framework.tensor(w), axis=1) == pytest.approx(by_hand.mean())
    for wrong in (kind(w)[:3] if not hasattr(kind(w), "keys") else {0: 1.0, 1: 2.0}, framework.tensor(w[:3])):
        with pytest.raises(ValueError, match="pos_weight takes"):
            loss(framework.tensor(Z), framework.tensor(Y), wrong)


@frameworks
@pytest.mark.parametrize("wrong", [[1.0, -1.0, 2.0], [1.0, np.nan, 2.0], [1.0, 0.0, 2.0], [1.0, np.inf, 1.0]])
def test_tensors_of_weights_are_checked_like_arrays(framework, wrong):
    z, y = framework.tensor(CLASS_Z), framework.tensor(CLASS_Y, "int64")
    for loss in (framework.half.weighted_cross_entropy, framework.half.logit_adjusted_cross_entropy):
        for kind in (framework.tensor, np.array):
            with pytest.raises(ValueError, match="(class_weights|prior) (takes (positive )?numbers|holds NaN)"):
                loss(z, y, kind(wrong))


@frameworks
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (lambda w: (number for number in w), "generator.*; take list"),
        (lambda w: np.ma.masked_equal(w, 5.0), r"masked array with 1 masked entries; take .compressed\(\)"),
    ],
)
def test_weights_that_hide_their_numbers_are_refused_with_the_way_out(framework, kind, said):
    z, y = framework.tensor(CLASS_Z), framework.tensor(CLASS_Y, "int64")
    half = framework.half
    losses = (half.weighted_cross_entropy, half.focal_cross_entropy, half.logit_adjusted_cross_entropy)
    for name, loss in zip(("class_weights", "class_weights", "prior"), losses, strict=True):
        with pytest.raises((TypeError, ValueError), match=f"{name} .*{said}"):
            loss(z, y, kind(WEIGHTS))
    with pytest.raises((TypeError, ValueError), match=f"pos_weight .*{said}"):
        half.weighted_bce(z, framework.tensor(np.zeros((10, 3)), "int64"), kind(WEIGHTS))


def test_the_gradient_reaches_weights_that_are_a_parameter():
    w = torch.nn.Parameter(torch.tensor(WEIGHTS))
    z, y = torch.tensor(CLASS_Z), torch.tensor(CLASS_Y)
    (gradient,) = torch.autograd.grad(PyTorch().half.weighted_cross_entropy(z, y, w, reduction="sum"), w)
    by_class = [losses_by_hand(CLASS_Z, CLASS_Y)[0][CLASS_Y == k].sum() for k in range(3)]
    np.testing.assert_allclose(gradient, by_class)


# Labels to leave out.


@frameworks
@binary_losses
def test_a_binary_target_to_leave_out_counts_neither_in_the_sum_nor_in_the_divisor(framework, name):
    loss, y = getattr(framework.half, name), Y[:, 0].copy()
    y[[1, 4]] = -1
    kept = y >= 0
    rest = framework.tensor(Z[kept, 0]), framework.tensor(y[kept], "int64")
    everything = framework.tensor(Z[:, 0]), framework.tensor(y, "int64")
    for reduction in ("mean", "sum"):
        left = number(framework, loss, *everything, ignore_index=-1, reduction=reduction)
        assert left == pytest.approx(number(framework, loss, *rest, reduction=reduction), rel=1e-14)
    each = framework.array(loss(*everything, ignore_index=-1, reduction="none"))
    assert (each[~kept] == 0).all() and (each[kept] > 0).all()


@frameworks
@pytest.mark.parametrize("ignored", [-100, 255, 1])
def test_a_class_to_leave_out_counts_neither_in_the_sum_nor_in_the_divisor(framework, ignored):
    y = np.where(np.arange(10) % 3 == 0, ignored, np.where(CLASS_Y == 1, 0, CLASS_Y))
    kept = y != ignored
    everything = framework.tensor(CLASS_Z), framework.tensor(y, "int64")
    rest = framework.tensor(CLASS_Z[kept]), framework.tensor(y[kept], "int64")
    half = framework.half
    for loss, options in (
        (half.weighted_cross_entropy, {"class_weights": WEIGHTS}),
        (half.weighted_cross_entropy, {"class_weights": WEIGHTS, "normaliser": "weights"}),
        (half.weighted_cross_entropy, {"class_weights": WEIGHTS, "reduction": "sum"}),
        (half.weighted_cross_entropy, {"normaliser": "weights"}),
        (half.focal_cross_entropy, {"class_weights": WEIGHTS}),
        (half.logit_adjusted_cross_entropy, {"prior": [5, 3, 2]}),
    ):
        left = number(framework, loss, *everything, ignore_index=ignored, **options)
        assert left == pytest.approx(number(framework, loss, *rest, **options), rel=1e-14)
    _, gradient = framework.value_and_gradient(
        lambda x: half.weighted_cross_entropy(x, everything[1], WEIGHTS, ignore_index=ignored), everything[0]
    )
    assert (gradient[~kept] == 0).all() and (gradient[kept] != 0).all()


@frameworks
def test_a_boolean_mask_becomes_a_target_to_leave_out_as_the_docstrings_say(framework):
    where = torch.where if framework.half is PyTorch().half else tf.where
    mask = np.arange(10) % 3 > 0
    for loss, z, y, dtype in (
        (framework.half.weighted_cross_entropy, CLASS_Z, CLASS_Y, "int64"),
        (framework.half.weighted_bce, CLASS_Z[:, 0], CLASS_Y > 1, "float64"),
    ):
        left = where(framework.tensor(mask, "bool"), framework.tensor(y, dtype), -100)
        rest = framework.tensor(z[mask]), framework.tensor(y[mask], dtype)
        got = number(framework, loss, framework.tensor(z), left, ignore_index=-100)
        assert got == pytest.approx(number(framework, loss, *rest), rel=1e-14)


def test_the_divisor_is_that_of_the_frameworks_own_losses():
    y = np.where(np.arange(10) % 3 == 0, -100, CLASS_Y)
    own = torch.nn.CrossEntropyLoss(weight=torch.tensor(WEIGHTS))(torch.tensor(CLASS_Z), torch.tensor(y))
    ours = PyTorch().half.weighted_cross_entropy(
        torch.tensor(CLASS_Z), torch.tensor(y), WEIGHTS, normaliser="weights", ignore_index=-100
    )
    assert float(ours) == pytest.approx(float(own), rel=1e-14)
    own = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-100, dtype="float64")(y, CLASS_Z)
    ours = TensorFlow().half.weighted_cross_entropy(tf.constant(CLASS_Z), tf.constant(y), ignore_index=-100)
    assert float(ours) == pytest.approx(float(own), rel=1e-12)


@frameworks
def test_nothing_left_is_refused_and_a_label_to_leave_out_must_be_named(framework):
    z, gone = framework.tensor(CLASS_Z), framework.tensor([-100] * 10, "int64")
    with pytest.raises(ValueError, match="hold nothing but ignore_index"):
        framework.half.weighted_cross_entropy(z, gone, ignore_index=-100)
    with pytest.raises(ValueError, match="labels 0…2; got something else.*named by ignore_index"):
        framework.half.weighted_cross_entropy(z, gone)
    with pytest.raises(ValueError, match="labels 0 and 1, or ignore_index=-1; got something else"):
        framework.half.weighted_bce(z[:, 0], gone, ignore_index=-1)


# Half precision.


@frameworks
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_computed_and_returned_in_float32(framework, dtype):
    n = 70_000
    if framework.half is PyTorch().half:
        z, z2 = torch.zeros(n, dtype=getattr(torch, dtype)), torch.zeros(n, 2, dtype=getattr(torch, dtype))
    else:
        z, z2 = tf.zeros(n, dtype), tf.zeros((n, 2), dtype)
    one, label = framework.tensor(np.ones(n), "int64"), framework.tensor(np.ones(n), "int64")
    half, log_2 = framework.half, np.log(2)
    for w in (1.0, 1e6, 1e-8, 33.33, 70_000.0):
        assert number(framework, half.weighted_bce, z, one, w) == pytest.approx(w * log_2, rel=1e-5)
        for normaliser, scale in (("samples", w), ("weights", 1)):
            mean = number(framework, half.weighted_cross_entropy, z2, label, [1.0, w], normaliser=normaliser)
            assert mean == pytest.approx(scale * log_2, rel=1e-5)
    assert number(framework, half.focal_loss, z, one, gamma=1.0, reduction="sum") == pytest.approx(
        n * log_2 / 2, rel=1e-4
    )
    assert framework.array(half.weighted_bce(z, one)).dtype == np.float32
    with pytest.raises(ValueError, match=f"numbers from 1e-30 to 1e30 with logits of .*{dtype}|1e30 with logits of"):
        half.weighted_bce(z, one, 1e35)


@frameworks
def test_targets_may_be_of_half_precision(framework):
    z = framework.tensor([0.5, -1.0], "float32")
    expected = number(framework, framework.half.weighted_bce, z, framework.tensor([1, 0], "int64"), 3.0)
    assert number(framework, framework.half.weighted_bce, z, framework.tensor([1, 0], "float16"), 3.0) == expected


# Several classes with focus.


@frameworks
@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
def test_focal_cross_entropy_is_that_written_out(framework, gamma):
    losses, log_rest = losses_by_hand(CLASS_Z, CLASS_Y)
    expected = WEIGHTS[CLASS_Y] * np.exp(gamma * log_rest) * losses
    z, y = framework.tensor(CLASS_Z), framework.tensor(CLASS_Y, "int64")
    got = framework.half.focal_cross_entropy(z, y, WEIGHTS, gamma=gamma, reduction="none")
    np.testing.assert_allclose(framework.array(got), expected, rtol=1e-12)
    assert number(framework, framework.half.focal_cross_entropy, z, y, WEIGHTS, gamma=gamma) == pytest.approx(
        expected.mean()
    )


@frameworks
def test_focal_cross_entropy_of_two_classes_is_the_binary_focal_loss(framework):
    z, y = Z[:, :2], Y[:, 0]
    two = framework.half.focal_cross_entropy(
        framework.tensor(z), framework.tensor(y, "int64"), [0.75, 0.25], gamma=1.7, reduction="none"
    )
    one = framework.half.focal_loss(
        framework.tensor(z[:, 1] - z[:, 0]), framework.tensor(y), gamma=1.7, alpha=0.25, reduction="none"
    )
    np.testing.assert_allclose(framework.array(two), framework.array(one), rtol=1e-14)


def test_focal_cross_entropy_is_keras_own():
    own = keras.losses.CategoricalFocalCrossentropy(alpha=WEIGHTS, gamma=2.0, from_logits=True, dtype="float64")
    ours = TensorFlow().half.focal_cross_entropy(tf.constant(CLASS_Z), tf.constant(CLASS_Y), WEIGHTS, gamma=2.0)
    assert float(ours) == pytest.approx(float(own(np.eye(3)[CLASS_Y], CLASS_Z)), abs=1e-6)


# Other tensors.


@pytest.mark.parametrize("argument", ["logits", "targets"])
def test_sparse_tensors_are_refused_with_the_way_out(argument):
    pair = {"logits": torch.tensor([0.5, 0.0]), "targets": torch.tensor([1.0, 0.0])}
    with pytest.raises(TypeError, match=rf"{argument} takes a dense tensor.*to_dense"):
        PyTorch().half.weighted_bce(**pair | {argument: pair[argument].to_sparse()})
    pair = {"logits": tf.constant([0.5, 0.0]), "targets": tf.constant([1.0, 0.0])}
    with pytest.raises(TypeError, match=rf"{argument} takes a dense tensor, got SparseTensor; make it dense"):
        TensorFlow().half.weighted_bce(**pair | {argument: tf.sparse.from_dense(pair[argument])})


@frameworks
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_tensors_are_refused(framework, dtype):
    good = framework.tensor([0.5, 0.0])
    with pytest.raises(TypeError, match="logits takes a floating dtype"):
        framework.half.weighted_bce(framework.tensor([0.5, 0.0], dtype), good)
    with pytest.raises(TypeError, match="targets takes a numeric dtype"):
        framework.half.weighted_bce(good, framework.tensor([1.0, 0.0], dtype))


@frameworks
def test_logits_whose_focal_gradient_would_overflow_are_refused(framework):
    z, y = framework.tensor([1e308]), framework.tensor([0])
    assert np.isfinite(number(framework, framework.half.weighted_bce, z, y))
    with pytest.raises(ValueError, match="logits hold NaN or infinity"):
        framework.half.focal_loss(z, y, gamma=2.0)


@frameworks
@binary_losses
@pytest.mark.parametrize(
    ("dtype", "value", "ignored"), [("uint8", 156, -100), ("uint8", 255, -1), ("int8", -1, 255), ("bool", 1, 257)]
)
def test_a_label_to_leave_out_is_no_other_number_in_a_narrow_dtype(framework, name, dtype, value, ignored):
    loss, z = getattr(framework.half, name), framework.tensor(Z[:3, 0])
    if dtype == "bool":  # nothing is left out
        assert number(framework, loss, z, framework.tensor([1, 0, 1], dtype), ignore_index=ignored) == number(
            framework, loss, z, framework.tensor([1, 0, 1])
        )
        return
    with pytest.raises(ValueError, match=f"labels 0 and 1, or ignore_index={ignored}; got something else"):
        loss(z, framework.tensor(np.array([1, 0, value], dtype), dtype), ignore_index=ignored)


@frameworks
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_factors_that_would_leave_the_range_of_the_logits_are_refused_by_name(framework, dtype):
    z, y = framework.tensor(CLASS_Z, dtype), framework.tensor(CLASS_Y, "int64")
    half, huge = framework.half, {"float32": 1e38, "float64": 1e308}[dtype]
    for argument, loss in (
        ("tau", lambda huge: half.logit_adjusted_cross_entropy(z, y, [0.9, 0.09, 0.01], tau=huge)),
        ("gamma", lambda huge: half.focal_cross_entropy(0 * z, y, gamma=huge)),
        ("gamma", lambda huge: half.focal_loss(0 * z, framework.tensor(np.ones((10, 3))), gamma=huge)),
    ):
        with pytest.raises(ValueError, match=rf"{argument} takes numbers up to 1e(30|246) with logits of .*, got 1e"):
            loss(huge)
        assert np.isfinite(framework.array(loss(1e9)))


@frameworks
def test_arrays_that_run_backwards_are_taken(framework):
    z, y = framework.tensor(CLASS_Z), framework.tensor(CLASS_Y, "int64")
    half = framework.half
    expected = number(framework, half.weighted_cross_entropy, z, y, WEIGHTS)
    assert number(framework, half.weighted_cross_entropy, z, y, WEIGHTS[::-1].copy()[::-1]) == expected
    assert np.isfinite(number(framework, half.logit_adjusted_cross_entropy, z, y, np.array([5, 3, 2])[::-1]))
    options = {"epochs": 1, "batch_size": 3, "learning_rate": 0.1, "seed": 0}
    X, labels = Z[::-1, ::-1], Y[::-1, 0]
    histories = [
        half.fit(half.mlp((4, 1), seed=0), X, labels, half.weighted_bce, **options).loss.tolist()
        for X, labels in ((X, labels), (X.copy(), labels.copy()))
    ]
    assert histories[0] == histories[1]


def tensors_that_are_no_weights(framework):
    """Tensors of the framework's own with the sentence that refuses them."""
    if framework.half is PyTorch().half:
        yield torch.tensor([2.0, 5.0, 0.5]).to_sparse(), "takes a dense tensor, got layout torch.sparse_coo"
        yield torch.nested.nested_tensor([torch.ones(2), torch.ones(1)]), "takes a dense tensor, got a nested one"
    else:
        yield tf.sparse.from_dense([2.0, 5.0, 0.5]), "takes a dense tensor, got SparseTensor"
        yield tf.ragged.constant([[2.0], [5.0], [0.5, 1.0]]), "takes a dense tensor, got RaggedTensor"
        yield tf.constant(["2", "5", "1"]), "takes real numbers, got dtype string"
    yield framework.tensor([2.0, 5.0, 0.5], "complex128"), "takes real numbers, got dtype .*complex128"


@frameworks
@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_tensors_that_hold_no_row_of_real_numbers_are_no_weights(framework):
    z, y = framework.tensor(CLASS_Z), framework.tensor(CLASS_Y, "int64")
    half = framework.half
    for wrong, said in tensors_that_are_no_weights(framework):
        for argument, loss in (
            ("class_weights", lambda w: half.focal_cross_entropy(z, y, w)),
            ("prior", lambda w: half.logit_adjusted_cross_entropy(z, y, w)),
            ("pos_weight", lambda w: half.weighted_bce(z, framework.tensor(np.ones((10, 3))), w)),
        ):
            with pytest.raises(TypeError, match=f"{argument} {said}"):
                loss(wrong)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_other_holders_of_logits_are_refused_with_the_way_out():
    nested = torch.nested.nested_tensor([torch.ones(2), torch.ones(1)])
    with pytest.raises(TypeError, match="logits takes a dense tensor, got a nested one; take .to_padded_tensor"):
        PyTorch().half.weighted_bce(nested, torch.ones(2))
    with pytest.raises(TypeError, match="logits takes a tf.Tensor, got a keras.Variable; take .value of it"):
        TensorFlow().half.weighted_bce(keras.Variable([0.5, 1.0]), tf.ones(2))


@frameworks
def test_class_weights_by_the_name_that_scikit_learn_has_for_them_point_to_ours(framework):
    with pytest.raises(TypeError, match="class_weights .*got 'balanced' .*companion.weights.class_weights computes"):
        framework.half.weighted_cross_entropy(framework.tensor(CLASS_Z), framework.tensor(CLASS_Y, "int64"), "balanced")


def test_weights_that_are_tensors_in_a_list_are_to_be_stacked():
    with pytest.raises(ValueError, match="class_weights takes .*; take torch.stack"):
        PyTorch().half.weighted_cross_entropy(
            torch.tensor(CLASS_Z), torch.tensor(CLASS_Y), [torch.tensor(1.0, requires_grad=True)] * 3
        )
