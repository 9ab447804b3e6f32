"""`companion.same_loss` calls equal losses the same; and what it says, of losses as they are found in use."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
import torch.nn.functional as F
from equal_losses import LAWS, SPARSE, soft_dice, soft_dice_of_keras
from torch import nn

from companion.same_loss import NotCompared, assert_same_loss, describe, forms, same_loss, verdict
from companion.same_loss.sides import Side

PAIRS = [
    (law, i, j)
    for law, (_, pytorch, tensorflow) in LAWS.items()
    for i, j in itertools.product(range(len(pytorch)), range(len(tensorflow)))
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


def test_there_are_a_hundred_equal_pairs_or_nearly():
    assert len(PAIRS) >= 90


@pytest.mark.parametrize(("law", "i", "j"), PAIRS)
def test_equal_losses_are_the_same(inferred, law, i, j):
    sides, found = zip(inferred(law, "PyTorch", i), inferred(law, "TensorFlow", j), strict=True)
    given = [form.reading.given for form in found]
    answer = verdict.compare(sides, found, declared=(given[0] != given[1],) * 2)
    assert answer.same, str(answer)
    assert answer.causes == [] and answer.example is None
    assert law == "no law that is known" or all(form.confirmed for form in found)


# Five losses in the forms in which they are found in public repositories, in our own words.


class Asymmetric(nn.Module):
    """The asymmetric loss of several labels, its factor without gradient, as its authors have it."""

    def __init__(self, negative=4, positive=1, clip=0.05):
        super().__init__()
        self.negative, self.positive, self.clip = negative, positive, clip

    def forward(self, x, y):
        p = torch.sigmoid(x)
        rest = (1 - p + self.clip).clamp(max=1)
        logs = y * torch.log(p.clamp(min=1e-8)) + (1 - y) * torch.log(rest.clamp(min=1e-8))
        with torch.no_grad():
            power = self.positive * y + self.negative * (1 - y)
            factor = (1 - p * y - rest * (1 - y)) ** power
        return -(logs * factor).sum()


def asymmetric(clip, stop=tf.stop_gradient):
    def loss(y_true, y_pred):
        p = tf.sigmoid(y_pred)
        rest = tf.minimum(1 - p + clip, 1)
        logs = y_true * tf.math.log(tf.maximum(p, 1e-8)) + (1 - y_true) * tf.math.log(tf.maximum(rest, 1e-8))
        factor = stop((1 - p) * y_true + (1 - rest) ** 4 * (1 - y_true))
        return -tf.reduce_sum(logs * factor)

    return loss


def test_the_asymmetric_loss_is_compared_though_its_clip_is_no_known_law():
    assert same_loss(Asymmetric(), asymmetric(0.05)).same
    other = same_loss(Asymmetric(), asymmetric(0.0))
    assert not other.same and other.kinds == {"law"}


def test_an_asymmetric_loss_whose_factor_has_a_gradient_is_found():
    found = same_loss(Asymmetric(clip=0.0), asymmetric(0.0, stop=lambda factor: factor))
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
    assert not found.same and found.kinds == {"law"} and found.example is not None


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
    assert "<table>" in found._repr_html_()


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


def test_what_cannot_be_called_is_refused_with_the_way_out():
    with pytest.raises(NotCompared, match="Pass n_classes"):
        describe(lambda z, y: z.no_such_method(), framework="PyTorch")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pytorch": 3}, "pytorch takes a loss"),
        ({"pytorch": nn.CrossEntropyLoss}, "make one: CrossEntropyLoss"),
        ({"outputs": "odds"}, "outputs takes"),
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
