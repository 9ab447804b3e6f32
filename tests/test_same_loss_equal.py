"""`companion.same_loss` calls equal losses the same; and what it says, of losses as they are found in use."""

import itertools
import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
import torch.nn.functional as F
from equal_losses import (
    LAWS,
    SPARSE,
    Asymmetric,
    asymmetric_of_keras,
    focal_of_float32,
    over_positives,
    over_positives_of_keras,
    soft_dice,
    soft_dice_of_keras,
)
from loss_pairs import EQUAL
from torch import nn

from companion.same_loss import NotCompared, __main__, assert_same_loss, describe, forms, same_loss, verdict, words
from companion.same_loss.sides import Side

PAIRS = [
    (law, i, j)
    for law, (_, ours, theirs) in EQUAL.items()
    for i, j in itertools.product(range(len(ours.split())), range(len(theirs.split())))
]


@pytest.fixture(scope="module")
def inferred():
    """Return sides and forms by law, framework and number, each inferred once."""
    known = {}

    def of(law, framework, number):
        key = law, framework, number
        if key not in known:
            classes, pytorch, tensorflow = LAWS[law]
            loss, options = (pytorch[number], {}) if framework == "PyTorch" else tensorflow[number]
            side = Side(loss, framework, classes, **options)
            known[key] = side, forms.infer(side)
        return known[key]

    return of


def test_there_are_a_hundred_equal_pairs():
    assert len(PAIRS) >= 100
    lists = {law: (k, len(ours), len(theirs)) for law, (k, ours, theirs) in LAWS.items()}
    assert lists == {law: (k, len(ours.split()), len(theirs.split())) for law, (k, ours, theirs) in EQUAL.items()}


@pytest.mark.parametrize(("law", "i", "j"), PAIRS)
def test_equal_losses_are_the_same(inferred, law, i, j):
    sides, found = zip(inferred(law, "PyTorch", i), inferred(law, "TensorFlow", j), strict=True)
    given = [form.reading.given for form in found]
    answer = verdict.compare(sides, found, declared=(given[0] != given[1],) * 2)
    assert answer.same, str(answer)
    assert answer.causes == [] and answer.example is None
    assert law == "no law that is known" or all(form.confirmed or form.overlap is not None for form in found)
    ways = EQUAL[law][1].split()[i], EQUAL[law][2].split()[j]
    assert answer.domain.endswith("float32" if "hand32" in ways else "float64")


# Losses in the forms in which they are found in public repositories, in our own words.


def test_the_clip_of_the_asymmetric_loss_is_named():
    other = same_loss(Asymmetric(), asymmetric_of_keras(0.0))
    assert other.kinds == {"probability margin"}
    assert "PyTorch 0.05, TensorFlow 0." in str(other)


def test_an_asymmetric_loss_whose_factor_has_a_gradient_is_found():
    found = same_loss(Asymmetric(clip=0.0), asymmetric_of_keras(0.0, stop=lambda factor: factor))
    assert found.kinds == {"detached"}, str(found)


def weighted_categorical(weights):
    """The Keras loss of countless repositories: of probabilities, made to sum to one, clipped, weights in float32."""
    weights = tf.constant(weights, dtype="float32")

    def loss(y_true, y_pred):
        y_pred = y_pred / tf.reduce_sum(y_pred, axis=-1, keepdims=True)
        y_pred = tf.clip_by_value(y_pred, 1e-7, 1 - 1e-7)
        return -tf.reduce_sum(y_true * tf.math.log(y_pred) * weights, axis=-1)

    return loss


def test_the_weighted_categorical_crossentropy_of_many_repositories_is_not_pytorch_s():
    ours, theirs = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 5.0])), weighted_categorical([1.0, 2.0, 5.0])
    assert same_loss(ours, theirs, n_classes=3).kinds == {"probabilities", "divisor"}
    declared = {"PyTorch": "logits", "TensorFlow": "probabilities"}
    assert same_loss(ours, theirs, n_classes=3, outputs=declared).kinds == {"divisor"}


EFFECTIVE = [(1 - 0.99) / (1 - 0.99**n) for n in (500, 50, 5)]


def class_balanced(labels, logits):
    """The class-balanced loss with a sigmoid a class, its labels first, summed over the classes."""
    w = torch.tensor(EFFECTIVE)
    w = w / w.sum() * len(w)
    one_hot = F.one_hot(labels, len(w)).to(logits.dtype)
    rows = (w * one_hot).sum(1, keepdim=True)
    return F.binary_cross_entropy_with_logits(logits, one_hot, weight=rows.expand_as(logits), reduction="sum") / len(w)


def test_a_class_balanced_port_that_averages_over_the_samples_is_named():
    w = np.array(EFFECTIVE) / np.sum(EFFECTIVE) * 3
    theirs = keras.losses.BinaryCrossentropy(from_logits=True)
    found = same_loss(class_balanced, theirs, n_classes=3, class_weight=dict(enumerate(w)))
    assert found.kinds == {"divisor"}, str(found)


def focal_that_averages_its_factor(y_true, y_pred):
    log_p = tf.nn.log_softmax(y_pred)
    return tf.reduce_mean((1 - tf.exp(log_p)) ** 2) * -tf.reduce_mean(tf.reduce_sum(y_true * log_p, axis=-1))


def test_a_focal_factor_that_is_averaged_over_the_batch_mixes_rows():
    def focal(logits, targets):
        log_p = torch.log_softmax(logits, 1).gather(1, targets[:, None])[:, 0]
        return -((1 - log_p.exp()) ** 2 * log_p).mean()

    assert same_loss(focal, focal_that_averages_its_factor, n_classes=3).kinds == {"coupled"}


def test_a_dice_loss_with_another_constant_is_another():
    found = same_loss(lambda z, y: soft_dice(z, y, smooth=1e-6), soft_dice_of_keras)
    assert not found.same and found.kinds == {"overlap"} and found.example is not None


def test_keras_alpha_multiplies_the_false_negatives_of_a_tversky_loss():
    def documented(z, y):
        p = torch.sigmoid(z)
        hit = (p * y).sum()
        return 1 - hit / (hit + 0.3 * (p * (1 - y)).sum() + 0.7 * ((1 - p) * y).sum() + 1e-7)

    outputs = {"PyTorch": "logits", "TensorFlow": "probabilities"}
    found = same_loss(documented, keras.losses.Tversky(alpha=0.3, beta=0.7), outputs=outputs)
    assert found.kinds == {"overlap"}
    assert "PyTorch [0.3, 0.7, 0], TensorFlow [0.7, 0.3, 0]" in str(found)


# Losses that differ in some batches alone.


@pytest.mark.parametrize(
    ("ours", "theirs", "told"),
    [
        (1.0, 0.0, "where a batch has no row of class 1. Not finite there: TensorFlow."),
        (0.0, 1.0, "where a batch has no row of class 1. Not finite there: PyTorch."),
        (1.0, 2.0, "where a batch has at most one row of class 1."),
        (1.0, 3.0, "where a batch has at most 2 rows of class 1."),
        (1.0, 4.0, "where a batch has at most 3 rows of class 1."),
    ],
)
def test_losses_that_differ_where_a_batch_has_few_positives_are_not_the_same(ours, theirs, told):
    found = same_loss(over_positives(ours), over_positives_of_keras(theirs))
    assert found.kinds == {"some batches"}, str(found)
    assert told in str(found)
    assert found.example.targets == [0] or ours == 0
    assert found.example.values[0] != found.example.values[1]


def test_where_neither_side_is_finite_they_are_the_same_and_it_is_noted():
    found = same_loss(over_positives(0.0), over_positives_of_keras(0.0))
    assert found.same
    assert "neither side is finite where a batch has no row of class 1" in found.notes


def mean_of_classes(absent):
    """Cross-entropy averaged within each class, then over the classes; a class without rows counts as `absent`."""

    def loss(z, y):
        cost = F.cross_entropy(z, y, reduction="none")
        parts = [cost[y == k].mean() if (y == k).any() else cost.sum() * 0 + absent for k in range(3)]
        return torch.stack(parts).mean()

    return loss


def mean_of_classes_of_keras(y, z):
    hot = keras.ops.one_hot(keras.ops.cast(keras.ops.reshape(y, (-1,)), "int32"), 3, dtype=z.dtype)
    cost = keras.ops.categorical_crossentropy(hot, z, from_logits=True)
    return keras.ops.mean(keras.ops.sum(hot * cost[:, None], 0) / keras.ops.maximum(keras.ops.sum(hot, 0), 1))


def test_a_class_that_a_batch_lacks_is_compared_where_there_are_three():
    assert same_loss(mean_of_classes(0.0), mean_of_classes_of_keras, n_classes=3).same
    for absent in (1.0, float("nan")):
        found = same_loss(mean_of_classes(absent), mean_of_classes_of_keras, n_classes=3)
        assert found.kinds == {"some batches"}
        assert "where a batch has no row of some class" in str(found)


def over_the_others(y, z, least):
    cost = keras.losses.sparse_categorical_crossentropy(y, z, from_logits=True)
    others = keras.ops.sum(keras.ops.cast(keras.ops.reshape(y, (-1,)) > 0, z.dtype))
    return keras.ops.sum(cost) / keras.ops.maximum(others, least)


def test_a_batch_of_the_background_alone_is_compared():
    def ours(z, y):
        return F.cross_entropy(z, y, reduction="sum") / (y > 0).sum().clamp(min=1)

    assert same_loss(ours, lambda y, z: over_the_others(y, z, 1.0), n_classes=3).same
    found = same_loss(ours, lambda y, z: over_the_others(y, z, 0.5), n_classes=3)
    assert found.kinds == {"some batches"}
    assert "where a batch has no row but of class 0" in str(found)


def hardest(z, y):
    return F.binary_cross_entropy_with_logits(z, y, reduction="none").topk(2).values.mean()


def test_one_hot_labels_come_before_labels_that_broadcast_where_only_the_hardest_rows_count():
    def hardest(z, y):
        cost = F.cross_entropy(z, y, reduction="none")
        return cost.topk(min(max(len(cost) // 4, 8), len(cost))).values.mean()

    def hardest_tf(y_true, y_pred):
        cost = tf.nn.softmax_cross_entropy_with_logits(y_true, y_pred)
        n = tf.shape(cost)[0]
        return tf.reduce_mean(tf.math.top_k(cost, tf.minimum(tf.maximum(n // 4, 8), n))[0])

    found = same_loss(hardest, hardest_tf, n_classes=3)
    assert found.kinds <= {"some batches"} and "(n, 1)" not in str(found)


def test_a_clip_at_the_edge_of_the_domain_is_seen():
    def clipped(z, y):
        return F.nll_loss(F.softmax(z, -1).clamp(1e-5, 1).log(), y)

    found = same_loss(clipped, keras.losses.SparseCategoricalCrossentropy(from_logits=True), n_classes=2)
    assert not found.same


def test_losses_that_take_others_among_ties_differ_there_alone():
    def theirs(y, z):
        cost = keras.ops.binary_crossentropy(y, z, from_logits=True)
        return keras.ops.mean(keras.ops.top_k(keras.ops.reshape(cost, (-1,)), 2)[0])

    found = same_loss(hardest, theirs)
    assert found.kinds == {"some batches"}, str(found)
    assert "differ where every logit is 0, so that all rows of a class tie" in str(found)
    assert "saturates" not in str(found)


# Of what has no name, nothing is said that is not so.


def f_beta(beta):
    def loss(z, y):
        p = torch.sigmoid(z)
        square = beta**2
        return (1 - ((1 + square) * (p * y).sum() + 1) / (square * y.sum() + p.sum() + 1)) ** 0.5

    return loss


def root_of_dice(y, z):
    p = keras.ops.sigmoid(z)
    return keras.ops.sqrt(1 - (2 * keras.ops.sum(p * y) + 1) / (keras.ops.sum(y) + keras.ops.sum(p) + 1))


def cubed_mean(y, z):
    return keras.ops.mean(keras.ops.binary_crossentropy(y, z, from_logits=True)) ** 3


def generalised(z, y):
    return (1 - torch.exp(-0.7 * F.binary_cross_entropy_with_logits(z, y, reduction="none"))).mean()


def generalised_of_keras(y, z):
    return keras.ops.mean(1 - keras.ops.exp(-0.7 * keras.ops.binary_crossentropy(y, z, from_logits=True)))


@pytest.mark.parametrize(
    ("ours", "theirs", "told"),
    [
        (f_beta(2), root_of_dice, "what multiplies a class changes with the batch"),
        (f_beta(0.5), root_of_dice, "what multiplies a class changes with the batch"),
        (
            lambda z, y: F.binary_cross_entropy_with_logits(z, y) ** 2,
            cubed_mean,
            "alike, up to a number that changes with the batch",
        ),
        (lambda z, y: generalised(z, y) + 0.3, generalised_of_keras, "their gradients are equal"),
        (lambda z, y: generalised(z[y > 0], y[y > 0]) * y.mean(), generalised_of_keras, "those of class [0] do not"),
        (
            lambda z, y: generalised(z, y),
            lambda y, z: generalised_of_keras(y, keras.ops.where(y > 0, z, keras.ops.stop_gradient(z))),
            "TensorFlow has no gradient in rows of class [0]",
        ),
    ],
    ids=["F2", "F0.5", "cube", "constant", "positives", "no gradient"],
)
def test_ratios_of_gradients_are_named_only_where_they_are_ratios(ours, theirs, told):
    found = same_loss(ours, theirs)
    assert not found.same
    assert told in str(found)
    assert not re.search(r"(is|PyTorch:) [01] (times|\*)", str(found))
    assert "a divisor" not in str(found) or "alike" in told


# What only a framework has.


def test_a_loss_that_is_another_in_a_graph_is_named():
    def loss(y_true, y_pred):
        cost = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(y_true, y_pred))
        return cost if tf.executing_eagerly() else 2 * cost

    assert same_loss(nn.BCEWithLogitsLoss(), loss).kinds == {"graph"}


def test_a_label_to_ignore_is_compared_if_it_is_told():
    ours = nn.CrossEntropyLoss(ignore_index=-100)
    assert same_loss(ours, SPARSE(from_logits=True, ignore_class=-100), n_classes=3, ignored=-100).same
    assert same_loss(ours, SPARSE(from_logits=True), n_classes=3, ignored=-100).kinds == {"ignored label"}


def test_a_gradient_that_is_not_that_of_the_value_is_named():
    def loss(logits, targets):
        cost = F.cross_entropy(logits, targets)
        return cost + 2 * (cost - cost.detach())

    assert same_loss(loss, SPARSE(from_logits=True), n_classes=3).kinds == {"factor", "gradient"}


def test_every_kind_of_cause_is_documented():
    documented = set(re.findall(r'"([a-z ]+)"', verdict.Cause.__doc__))
    assert documented == set(words._CAUSES) | {"unknown"}


# What the answers are like.


def the_pair():
    weights = torch.tensor([1.0, 99.0])
    return nn.CrossEntropyLoss(weight=weights), SPARSE(from_logits=True), {"class_weight": {0: 1.0, 1: 99.0}}


def test_the_verdict_says_what_the_divisor_does_to_a_weight():
    ours, theirs, options = the_pair()
    found = same_loss(ours, theirs, **options)
    assert "a weight of 99 then acts as 26.9 in PyTorch" in str(found)
    assert found.example.logits == [[0.0, 0.0]] and found.example.targets == [1]
    assert found.example.values == pytest.approx((np.log(2), 99 * np.log(2)))
    assert "<table " in found._repr_html_()


def test_an_assertion_holds_the_verdict():
    ours, theirs, options = the_pair()
    with pytest.raises(AssertionError, match="PyTorch divides by the sum of the weights"):
        assert_same_loss(ours, theirs, **options)
    assert_same_loss(nn.CrossEntropyLoss(), theirs)


def test_one_loss_is_described_with_its_minimiser_and_threshold():
    found = describe(nn.BCEWithLogitsLoss(pos_weight=torch.tensor(9.0)))
    assert found.divided_by == "samples" and found.weights == pytest.approx([1, 9])
    assert "η = 0.1: p = 0.5" in str(found)
    assert "above η = 0.1." in str(found)
    assert "acts as 7.71 at B = 8, 26.9 at B = 32" in str(describe(the_pair()[0]))


def test_keras_with_class_weight_is_what_a_step_of_fit_computes():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((16, 3)).astype("float32"), rng.integers(0, 3, 16)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, use_bias=False, kernel_initializer="identity")])
    model.compile(keras.optimizers.SGD(1.0), SPARSE(from_logits=True))
    before = model.get_weights()[0]
    weights = {0: 1.0, 1: 9.0, 2: 3.0}
    model.fit(x, y, batch_size=16, class_weight=weights, verbose=0)
    side = Side(SPARSE(from_logits=True), "TensorFlow", 3, class_weight=weights)
    gradient = side(forms.infer(side).reading, x.astype(float), y).gradient
    assert before - model.get_weights()[0] == pytest.approx(x.T @ gradient, abs=1e-6)


def test_a_loss_with_a_state_is_refused():
    with pytest.raises(NotCompared, match="two answers for one batch"):
        describe(lambda z, y: F.cross_entropy(z + torch.rand(1) * z, y), framework="PyTorch", n_classes=3)


def test_a_function_that_draws_numbers_is_told_so_whichever_its_framework_may_be():
    with pytest.raises(NotCompared, match="PyTorch's loss gives two answers for one batch.*draws numbers"):
        describe(lambda z, y: F.binary_cross_entropy_with_logits(z + 0.1 * torch.randn_like(z), y))
    with pytest.raises(NotCompared, match="TensorFlow's loss gives two answers"):
        describe(lambda y, z: keras.losses.binary_crossentropy(y, z + tf.random.normal(z.shape, dtype=z.dtype), True))


def test_what_cannot_be_called_is_refused_with_the_way_out():
    with pytest.raises(NotCompared, match="Pass n_classes"):
        describe(lambda z, y: z.sum() if z.ndim == 2 else z.no_such_method(), framework="PyTorch")


def raising(y, z):
    raise ValueError("alpha must be a list")


@pytest.mark.parametrize(
    ("ours", "theirs", "told"),
    [
        (lambda z, y: F.cros_entropy(z, y), SPARSE(), "PyTorch's loss raises, however it is called: AttributeError"),
        (nn.BCEWithLogitsLoss(), raising, "TensorFlow's loss raises.*: ValueError: alpha must be a list"),
    ],
)
def test_a_loss_that_raises_is_told_its_error_and_no_way_around(ours, theirs, told):
    with pytest.raises(NotCompared, match=told) as refused:
        same_loss(ours, theirs)
    assert "n_classes" not in str(refused.value)


def test_a_loss_that_ignores_its_targets_is_told_so_with_its_shape():
    told = r"the same whatever the targets; it comes as an array of shape \(\d+, 3\)"
    with pytest.raises(NotCompared, match=told):
        same_loss(nn.BCEWithLogitsLoss(), lambda y, z: keras.ops.ones((1, 3)) * keras.ops.reshape(z, (-1, 1)) ** 2)
    with pytest.raises(NotCompared, match=told):
        same_loss(lambda z, y: torch.ones(1, 3) * z.reshape(-1, 1) / 2, SPARSE())


def test_functions_given_in_the_other_order_are_told_so():
    told = r"looks like one of {}.*same_loss\(pytorch_loss, keras_loss\)"
    with pytest.raises(NotCompared, match=told.format("TensorFlow")):
        same_loss(focal_of_float32, hardest)
    with pytest.raises(NotCompared, match=told.format("PyTorch")):
        same_loss(nn.BCEWithLogitsLoss(), hardest)


MARGINS = torch.tensor([0.5, 1.0, 1.5])


def with_margins(z, y):
    return F.cross_entropy(z - F.one_hot(y.long(), 3) * MARGINS, y.long())


def with_margins_of_keras(margins):
    def loss(y, z):
        hot = keras.ops.one_hot(keras.ops.cast(keras.ops.reshape(y, (-1,)), "int32"), 3)
        return keras.ops.mean(
            keras.ops.categorical_crossentropy(hot, z - hot * np.array(margins, "float32"), from_logits=True)
        )

    return loss


def square_of_columns(z, y):
    """Of a sigmoid a column, which one column meets as well as three."""
    return ((torch.sigmoid(z) - F.one_hot(y.long().reshape(-1), 3)) ** 2 * MARGINS).mean()


@pytest.mark.parametrize(
    "ours",
    [
        with_margins,
        square_of_columns,
        nn.CrossEntropyLoss(weight=MARGINS),
        lambda z, y: F.cross_entropy(3 * (z - F.one_hot(y.long(), 3) * MARGINS), y.long(), weight=MARGINS),
    ],
    ids=["margins", "squares", "weights", "LDAM"],
)
def test_a_loss_of_three_classes_is_not_compared_as_one_of_two(ours):
    with pytest.raises(NotCompared, match="takes a logit for each of 3 classes, not of 2: pass n_classes=3"):
        same_loss(ours, with_margins_of_keras([0.5, 1.0, 9.0]))


def test_a_loss_of_three_classes_that_is_given_as_such_is_compared():
    assert same_loss(with_margins, with_margins_of_keras([0.5, 1.0, 1.5]), n_classes=3).same
    assert same_loss(with_margins, with_margins_of_keras([0.5, 1.0, 9.0]), n_classes=3).kinds == {"margin"}
    with pytest.raises(NotCompared, match="3 classes, not of 4: pass n_classes=3"):
        same_loss(with_margins, with_margins_of_keras([0.5, 1.0, 9.0]), n_classes=4)


class Columns(keras.losses.Loss):
    """A binary cross-entropy of each column, in a class that Keras has not registered."""

    def call(self, y_true, y_pred):
        hot = keras.ops.one_hot(keras.ops.cast(keras.ops.reshape(y_true, (-1,)), "int32"), 3)
        return keras.ops.binary_crossentropy(hot, y_pred, from_logits=True)


def columns(reduction):
    def loss(z, y):
        return F.binary_cross_entropy_with_logits(z, F.one_hot(y, 3).to(z.dtype), reduction=reduction)

    return loss


@pytest.mark.parametrize(
    ("ours", "theirs", "told"),
    [
        (columns("none"), Columns(), "PyTorch's loss is 3 numbers a sample"),
        (columns("mean"), Columns(reduction=None), "TensorFlow's loss is 3 numbers a sample"),
        (nn.CrossEntropyLoss(reduction="none"), SPARSE(from_logits=True), "PyTorch's loss is one number a sample"),
    ],
)
def test_a_loss_that_is_not_reduced_is_told_how_many_numbers_it_is(ours, theirs, told):
    found = same_loss(ours, theirs, n_classes=3)
    assert found.kinds == {"reduction"}
    assert told in str(found)
    assert same_loss(columns("mean"), Columns(), n_classes=3).same


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pytorch": 3}, "pytorch takes a loss"),
        ({"pytorch": nn.CrossEntropyLoss}, "make one: CrossEntropyLoss"),
        ({"outputs": "odds"}, "outputs='odds' is not known"),
        ({"outputs": {"Keras": "logits"}}, "outputs takes"),
        ({"class_weight": [1, 2]}, "class_weight takes a dict"),
        ({"class_weight": {0: 1.0}, "sample_weight": np.sqrt}, "takes one of them"),
        ({"n_classes": 1}, "n_classes takes"),
    ],
)
def test_bad_input_is_refused_by_name(arguments, message):
    options = {"pytorch": nn.CrossEntropyLoss(), "tensorflow": SPARSE(from_logits=True)} | arguments
    with pytest.raises((TypeError, ValueError), match=message):
        same_loss(options.pop("pytorch"), options.pop("tensorflow"), **options)


ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(("notebook", "heading"), sorted(set(words.LINKS.values())))
def test_links_lead_to_headings_that_exist(notebook, heading):
    text = (ROOT / "notebooks" / "text" / f"{notebook}.md").read_text(encoding="utf-8")
    assert re.search(rf"^#+ {re.escape(heading)}$", text, re.MULTILINE)


def test_rounding_is_no_number_and_a_form_is_shown_in_lines_of_its_own():
    found = same_loss(nn.BCEWithLogitsLoss(), keras.losses.BinaryCrossentropy(from_logits=True))
    assert str(found).startswith("THE SAME, value and gradient, to rounding over")
    shown = describe(nn.BCEWithLogitsLoss(pos_weight=torch.tensor(9.0)))
    assert shown._repr_html_().count("<br>") == str(shown).count("\n") == 2


def test_the_readme_prints_what_the_tool_prints():
    ours, theirs, options = the_pair()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    example = readme.partition("NOT THE SAME.")[2].partition("```")[0]
    assert example in str(same_loss(ours, theirs, **options))


ONE_FRAMEWORK = """
import sys
from companion import compare
print([name for name in ("torch", "keras", "tensorflow") if name in sys.modules])
sys.modules["tensorflow"] = sys.modules["keras"] = None
import torch
print(compare.describe(lambda z, y: torch.nn.functional.cross_entropy(z, y)).divided_by)
"""


def test_importing_the_tool_loads_no_framework_and_one_suffices_to_describe_a_loss():
    done = subprocess.run([sys.executable, "-c", ONE_FRAMEWORK], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded, divided_by = done.stdout.split("\n")[:2]
    assert loaded == "[]" and divided_by == "samples"


def test_a_framework_that_cannot_be_imported_is_passed_over(monkeypatch):
    monkeypatch.delattr("companion.same_loss._pytorch", raising=False)
    monkeypatch.setitem(sys.modules, "companion.same_loss._pytorch", None)
    found = describe(lambda y, z: keras.losses.binary_crossentropy(y, z, from_logits=True))
    assert found.framework == "TensorFlow"
    with pytest.raises(ImportError):
        describe(nn.BCEWithLogitsLoss())


def test_parameters_of_a_loss_in_float32_are_not_called_different_by_rounding():
    def focal(logits, targets):
        cost = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
        return ((1 - torch.exp(-cost)) ** 2 * cost).mean()

    found = same_loss(focal, focal_of_float32)
    assert found.forms[1].reading.precision == "float32"
    assert found.kinds == {"weights"}, str(found)


def test_the_command_line_gives_the_verdict_and_a_status(tmp_path, monkeypatch, capsys):
    (tmp_path / "mine_for_the_command_line.py").write_text(
        "import keras, torch\n"
        "ours = torch.nn.CrossEntropyLoss()\n"
        "three = torch.nn.CrossEntropyLoss(weight=torch.tensor([1.0, 4.0, 20.0]))\n"
        "theirs = keras.losses.SparseCategoricalCrossentropy(from_logits=True)\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    mine = "mine_for_the_command_line"
    assert __main__.main([f"{mine}:ours", f"{mine}:theirs"]) == 0
    assert capsys.readouterr().out.startswith("THE SAME")
    weighted = ["--class-weight", '{"0": 1, "1": 9}']
    assert __main__.main([f"{mine}:ours", f"{mine}:theirs", *weighted]) == 1
    assert "PyTorch has no class weights" in capsys.readouterr().out
    assert __main__.main([f"{mine}:ours"]) == 0
    assert capsys.readouterr().out.startswith("PyTorch: ")
    assert __main__.main([f"{mine}:none", f"{mine}:theirs"]) == 2
    assert "NOT COMPARED" in capsys.readouterr().err
    assert __main__.main([f"{mine}:three"]) == 2
    assert "pass --n-classes 3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "told"),
    [("ours = torch.nn", "NameError: name 'torch' is not defined"), ("raise SystemExit(1)", "SystemExit: 1")],
)
def test_what_the_named_file_raises_is_told_in_a_sentence(tmp_path, monkeypatch, capsys, text, told):
    (tmp_path / "mine_that_raises.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    assert __main__.main(["mine_that_raises:ours"]) == 2
    printed = capsys.readouterr()
    assert printed.err == f"NOT COMPARED: mine_that_raises cannot be imported: {told}\n" and not printed.out


@pytest.mark.parametrize("weights", ["[1, 2]", '{"a": 1}', "1, 2"])
def test_weights_on_the_command_line_that_are_no_dict_of_numbers_are_refused(monkeypatch, capsys, weights):
    monkeypatch.setattr(__main__, "_named", {"here:ours": SPARSE(from_logits=True)}.get)
    try:
        assert __main__.main(["here:ours", "--class-weight", weights]) == 2
    except SystemExit as ended:
        assert ended.code == 2
    assert "class" in capsys.readouterr().err


# Batches as they come in imbalanced data, and at the end of training.


def balanced_by_the_batch(most):
    """Return a loss whose positives weigh as many negatives as the batch has for each, at most `most`."""

    def loss(z, y):
        weight = (1 - y).sum() / y.sum().clamp(min=1)
        return F.binary_cross_entropy_with_logits(z, y, pos_weight=weight.clamp(max=most))

    return loss


def balanced_by_the_batch_of_keras(y, z):
    weight = keras.ops.sum(1 - y) / keras.ops.maximum(keras.ops.sum(y), 1)
    return keras.ops.mean(weight * y * keras.ops.softplus(-z) + (1 - y) * keras.ops.softplus(z))


def test_a_weight_that_one_side_bounds_is_seen_in_imbalanced_batches():
    assert same_loss(balanced_by_the_batch(1e9), balanced_by_the_batch_of_keras).same
    found = same_loss(balanced_by_the_batch(10.0), balanced_by_the_batch_of_keras)
    assert found.kinds == {"some batches"}
    assert "where class 1 has at most 0.031 of the rows" in str(found)


@pytest.mark.parametrize("k", [3, 10])
def test_weights_of_the_batch_that_one_side_bounds_are_seen_with_several_classes(k):
    def balanced(most):
        def loss(z, y):
            counts = torch.bincount(y, minlength=k).to(z.dtype).clamp(min=1)
            return ((len(y) / (k * counts)).clamp(max=most)[y] * F.cross_entropy(z, y, reduction="none")).mean()

        return loss

    def balanced_of_keras(y, z):
        hot = keras.ops.one_hot(keras.ops.cast(keras.ops.reshape(y, (-1,)), "int32"), k, dtype=z.dtype)
        counts = keras.ops.maximum(keras.ops.sum(hot, 0), 1)
        weights = keras.ops.sum(hot) / (k * keras.ops.sum(hot * counts, 1))
        return keras.ops.mean(weights * keras.ops.categorical_crossentropy(hot, z, from_logits=True))

    assert same_loss(balanced(1e9), balanced_of_keras, n_classes=k).same
    assert not same_loss(balanced(10.0), balanced_of_keras, n_classes=k).same


@pytest.mark.parametrize("k", [2, 3, 10])
def test_a_floor_under_the_loss_is_seen_where_every_row_is_right(k):
    def flooded(z, y):
        return (F.cross_entropy(z, y) - 0.05).abs() + 0.05

    found = same_loss(flooded, SPARSE(from_logits=True), n_classes=k)
    assert found.kinds == {"some batches"}
    assert "where every row is right by a wide margin" in str(found)


def test_hard_rows_of_which_one_side_takes_no_fewer_than_some_are_seen_where_all_are_easy():
    def hard(least):
        def loss(z, y):
            cost = F.cross_entropy(z, y, reduction="none")
            above = cost[cost > 0.357]
            return above.mean() if len(above) >= 1 else cost.topk(1)[0].mean() * least

        return loss

    def hard_of_keras(y, z):
        cost = keras.losses.sparse_categorical_crossentropy(y, z, from_logits=True)
        above = keras.ops.cast(cost > 0.357, z.dtype)
        return keras.ops.sum(above * cost) / keras.ops.maximum(keras.ops.sum(above), 1)

    logits = {"n_classes": 3, "outputs": "logits"}
    assert same_loss(hard(0), hard_of_keras, **logits).same
    assert not same_loss(hard(1), hard_of_keras, **logits).same


def test_a_batch_of_one_row_is_compared_and_left_out_where_a_side_refuses_it():
    def most(z, y):
        cost = F.cross_entropy(z, y, reduction="none")
        return cost.sum() / len(cost) * (len(cost) > 1)

    found = same_loss(most, SPARSE(from_logits=True), n_classes=3)
    assert found.kinds == {"some batches"}
    assert "where a batch has at most one row" in str(found)

    def refusing(z, y):
        assert len(z) > 1
        return F.cross_entropy(z, y)

    found = same_loss(refusing, SPARSE(from_logits=True), n_classes=3)
    assert found.same and "of 2 to " in found.domain
    assert "batches of one row are left out where PyTorch refuses them or is not finite" in found.notes


def counting(warm, loss):
    """Return a loss that is twice what it was after some calls."""
    calls = []

    def counted(z, y):
        calls.append(1)
        return loss(z, y) * (2 if len(calls) > warm else 1)

    return counted


@pytest.mark.parametrize("warm", [5, 12, 30, 60])
def test_a_count_of_calls_that_changes_the_loss_is_called_a_state(warm):
    with pytest.raises(NotCompared, match="of the same batch changed.*Freeze its state|a running count"):
        same_loss(counting(warm, F.cross_entropy), SPARSE(from_logits=True), n_classes=4)


# What one side alone lets pass.


def with_a_penalty(z, y):
    return F.cross_entropy(z, y) + 0.1 * (z[:, 0] ** 2).mean()


def test_two_logits_that_do_not_count_by_their_difference_alone_are_not_one_logit():
    theirs = keras.losses.BinaryCrossentropy(from_logits=True)
    found = same_loss(with_a_penalty, theirs)
    assert found.kinds == {"some batches"}, str(found)
    assert "differ where one number is added to both logits of a row" in str(found)
    assert np.shape(found.example.logits) == np.shape(found.example.gradients[1]) == (2, 2)
    assert same_loss(nn.CrossEntropyLoss(), theirs).same


def ranks(z, y):
    """The ordinal loss of four labels and three logits: whether the label is above each."""
    above = (y[:, None] > torch.arange(3)).to(z.dtype)
    return F.binary_cross_entropy_with_logits(z, above, reduction="none").sum(1).mean()


def ranks_of_keras(last):
    def loss(y, z):
        labels = keras.ops.minimum(keras.ops.reshape(y, (-1, 1)), last)
        above = keras.ops.cast(labels > keras.ops.arange(3, dtype="int64"), z.dtype)
        return 3 * keras.ops.mean(keras.ops.binary_crossentropy(above, z, from_logits=True))

    return loss


def test_labels_beyond_the_columns_are_compared_in_a_note():
    for last, told in ((3, "agree"), (2, "differ")):
        found = same_loss(ranks, ranks_of_keras(last), n_classes=3)
        assert found.same
        assert f"both take a label 3, which has no column, as in ordinal losses: there they {told}" in found.notes
    told = r"pass n_classes=3\. It takes the label 3, too, which has no column, as an ordinal loss does"
    with pytest.raises(NotCompared, match=told):
        same_loss(ranks, ranks_of_keras(3), n_classes=4)
    found = same_loss(nn.CrossEntropyLoss(), SPARSE(from_logits=True), n_classes=3)
    assert found.same and not found.notes


def above_a_threshold(share):
    """The mean over the rows whose class has a probability below a share, in both frameworks."""
    least = -np.log(share)

    def ours(z, y):
        cost = F.cross_entropy(z, y, reduction="none")
        hard = cost[cost > least]
        return hard.mean() if len(hard) else cost.sum() * 0

    def theirs(y, z):
        cost = keras.losses.sparse_categorical_crossentropy(y, z, from_logits=True)
        hard = keras.ops.cast(cost > least, z.dtype)
        return keras.ops.sum(hard * cost) / keras.ops.maximum(keras.ops.sum(hard), 1)

    return ours, theirs


def of_the_hardest(share):
    """The mean over the hardest rows: PyTorch's, and what makes one of Keras from the losses of rows."""

    def ours(logits, targets):
        cost = F.binary_cross_entropy_with_logits(logits, targets, reduction="none").ravel()
        return cost.topk(max(1, int(len(cost) * share))).values.mean()

    def of_keras(rows):
        def theirs(y_true, y_pred):
            cost = tf.reshape(rows(y_true, y_pred), [-1])
            return tf.reduce_mean(tf.math.top_k(cost, max(1, int(cost.shape[0] * share))).values)

        return theirs

    return ours, of_keras


BOTH_LOGITS = {"PyTorch": "logits", "TensorFlow": "logits"}
SAID = {"PyTorch": "logits", "TensorFlow": "probabilities"}


@pytest.mark.parametrize("share", [0.5, 0.6])
def test_a_loss_of_the_hardest_rows_is_one_of_what_it_takes(share):
    ours, of_keras = of_the_hardest(share)

    def of_logits(y, z):
        return keras.ops.binary_crossentropy(y, z, from_logits=True)

    def wrong(y, z):  # z where max(z, 0) belongs: another only where z is negative
        return z - z * y + tf.math.log1p(tf.exp(-tf.abs(z)))

    def given(theirs, **options):
        found = same_loss(ours, theirs, **options)
        return found.kinds, *(form.reading.given for form in found.forms)

    of_probabilities = of_keras(keras.ops.binary_crossentropy)
    assert given(of_keras(wrong)) == ({"law"}, "logits", "logits")
    assert given(of_keras(of_logits)) == ({"some batches"}, "logits", "logits")  # where all rows tie
    assert given(of_probabilities) == ({"probabilities", "some batches"}, "logits", "probabilities")
    assert given(of_probabilities, outputs=SAID) == ({"some batches"}, "logits", "probabilities")
    for outputs in (None, BOTH_LOGITS):
        theirs = keras.losses.BinaryCrossentropy(from_logits=True)
        assert given(theirs, outputs=outputs) == ({"coupled"}, "logits", "logits")


def dice_of(size):
    def ours(p, y):
        return 1 - 2 * (p * y).sum() / (p.sum() + y.sum())

    def theirs(y, p):
        p = size(p)
        return 1 - 2 * tf.reduce_sum(p * y) / (tf.reduce_sum(p) + tf.reduce_sum(y))

    return ours, theirs


def test_two_losses_of_probabilities_are_compared_at_logits_if_both_take_them_and_nothing_is_said():
    assert same_loss(*dice_of(tf.identity)).same
    found = same_loss(*dice_of(tf.abs))
    assert found.kinds == {"probabilities"} and found.example is not None
    assert "equal where both are given probabilities, and differ where both are given logits" in str(found)
    assert same_loss(*dice_of(tf.abs), outputs="probabilities").same


def test_losses_that_are_equal_as_they_are_said_to_be_called_are_the_same_whatever_they_seem_to_want():
    ours, theirs = dice_of(tf.identity)
    assert same_loss(ours, theirs, outputs="logits").same


@pytest.mark.parametrize("outputs", [None, "logits"])
def test_what_has_a_softmax_itself_is_one_of_logits_though_it_mixes_rows_there(outputs):
    (ours, theirs), (_, others) = above_a_threshold(0.7), above_a_threshold(0.9)
    assert same_loss(ours, theirs, n_classes=3, outputs=outputs).same
    for other in (others, SPARSE(from_logits=True)):
        found = same_loss(ours, other, n_classes=3, outputs=outputs)
        assert not found.same and "probabilities" not in found.kinds | {found.forms[0].reading.given}


def test_a_sum_over_the_last_axis_is_one_over_columns_where_a_layer_has_one():
    def over_the_last_axis(z, y):
        return F.binary_cross_entropy_with_logits(z, y, reduction="none").sum(-1).mean()

    theirs = keras.losses.BinaryCrossentropy(from_logits=True)
    found = same_loss(over_the_last_axis, theirs)
    assert found.same, str(found)
    assert "PyTorch's loss of logits (n,) is another; they are (n, 1) here" in " ".join(found.notes)
    flat = same_loss(lambda z, y: over_the_last_axis(z.reshape(-1), y.reshape(-1)), theirs)
    assert flat.kinds == {"divisor"} and not flat.notes


@pytest.mark.parametrize("scale", [30.0, 64.0])
def test_a_loss_that_casts_to_float32_is_compared_as_one(scale):
    def ours(z, y):
        return F.cross_entropy(scale * (z - 0.35 * F.one_hot(y, 4).to(z.dtype)), y)

    def theirs(y, z):
        labels = tf.cast(tf.reshape(y, [-1]), tf.int32)
        z = tf.cast(z, tf.float32) - 0.35 * tf.one_hot(labels, 4)
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, scale * z)

    found = same_loss(ours, theirs, n_classes=4)
    assert found.same, str(found)
    assert found.domain.endswith("float32")
