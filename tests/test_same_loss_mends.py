"""The line that `companion.same_loss` prints to make two losses equal makes them equal: each is done as it says."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
import torch.nn.functional as F
from equal_losses import SPARSE, over_positives, over_positives_of_keras
from loss_pairs import LOGS, ONE, PLAIN, THREE
from ported_losses import pytorch, tensorflow
from torch import nn

from companion.same_loss import same_loss, words

BINARY = keras.losses.BinaryCrossentropy(from_logits=True)


def found_in(pattern, line):
    """Return what stands in a line, as Python reads it; a pattern that does not match is an error."""
    return [eval(part, {}) for part in re.search(pattern, line).groups()]


# A number on each side: TensorFlow takes PyTorch's, or PyTorch TensorFlow's. By kind: what both have, what PyTorch's
# has beside it, the argument, the line.
OF_CLASSES = {"n_classes": 3}
NUMBERS = {
    "gamma": (ONE, {"gamma": 2.0}, "gamma", r"set gamma=(.+) in TensorFlow, or (.+) in PyTorch"),
    "poly": (ONE | {"poly": 1.0}, {"poly": 2.0}, "poly", r"set ε = (.+) in TensorFlow, or (.+) in PyTorch"),
    "probability margin": (
        PLAIN | {"gamma": (4.0, 1.0), "p_margin": 0.05},
        {"p_margin": 0.1},
        "p_margin",
        r"take the margin \(.*\) (.+) in TensorFlow, or (.+) in PyTorch",
    ),
    "overlap": (
        PLAIN | {"overlap": (0.3, 0.7, 1.0)},
        {"overlap": (0.5, 0.5, 2.0)},
        "overlap",
        r"take \[α, β, s\] = (.+) in TensorFlow, or (.+) in PyTorch",
    ),
    "scale": (
        THREE,
        {"scale": 0.5},
        "scale",
        r"multiply the logits \(.*\) by (.+) in TensorFlow, or by (.+) in PyTorch",
    ),
    "shift": (THREE, {"shift": LOGS}, "shift", r"add (.+) to the logits in TensorFlow, or (.+) in PyTorch"),
    "margin": (
        THREE,
        {"margin": (0.1, 0.2, 0.5)},
        "margin",
        r"take the margins (.+) in TensorFlow, or (.+) in PyTorch",
    ),
    "smoothing": (
        OF_CLASSES | {"smoothing": 0.2},
        {"smoothing": 0.1},
        "smoothing",
        r"label_smoothing=(.+) in TensorFlow, or (.+) in PyTorch",
    ),
    "weights": (THREE, {"weights": (1.0, 4.0, 25.0)}, "weights", r"give TensorFlow the weights (.+), or PyTorch (.+)"),
    "offset": (THREE, {"offset": 0.3}, "offset", r"subtract (.+) from PyTorch's value, (.+) from TensorFlow's"),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_the_number_of_either_side_makes_the_other_equal(kind):
    base, change, argument, pattern = NUMBERS[kind]
    ours, theirs, classes = pytorch(**base | change), tensorflow(**base), {"n_classes": base["n_classes"]}
    (cause,) = same_loss(ours, theirs, **classes).causes
    assert cause.kind == kind
    of_ours, of_theirs = found_in(pattern, cause.mend)
    if kind == "offset":
        less = (lambda z, y: ours(z, y) - of_ours), (lambda y, z: theirs(y, z) - of_theirs)
        assert same_loss(*less, **classes).same
        return
    assert same_loss(ours, tensorflow(**base | {argument: of_ours}), **classes).same
    assert same_loss(pytorch(**base | change | {argument: of_theirs}), theirs, **classes).same


# What is written: by kind, the two losses, the options, and from the line the losses that it makes of them.


def swapped(a, b):
    return F.binary_cross_entropy_with_logits(b, a)


def of_pytorch(loss, line):
    """Return a loss of PyTorch that the line writes with `loss`."""
    line = line.partition(": ")[2]
    return eval(line if line.startswith("lambda") else f"lambda z, y: {line}", {"loss": loss})


def over_dim(dim):
    return lambda z, y: F.nll_loss(F.log_softmax(z, dim), y)


def over_what_counts(argument, reduction, least):
    """Cross-entropy without the rows of class 0, over the number of the others."""
    return lambda z, y: F.cross_entropy(z, y, **{argument: 0, "reduction": reduction}) / (y != 0).sum().clamp(min=least)


def meeting(shape):
    """The loss of one logit whose targets have a shape of their own where they meet the logits."""
    return lambda z, y: (lambda z, y: (F.softplus(z) - y * z).mean())(*shape(z, y[:, None]))


def branching(choose):
    def loss(y, z):
        cost = keras.losses.binary_crossentropy(y, z, from_logits=True)
        return choose(tf.reduce_mean(cost) < 1e9, cost, 2 * cost)

    return loss


def bootstrapped(stop):
    def loss(z, y):
        log_p = F.log_softmax(z, 1)
        soft = (stop(log_p.exp()) * log_p).sum(1)
        return -(0.95 * log_p.gather(1, y[:, None])[:, 0] + 0.05 * soft).mean()

    return loss


def bootstrapped_of_keras(stop):
    def loss(y, z):
        log_p = tf.nn.log_softmax(z)
        hot = tf.one_hot(tf.cast(tf.reshape(y, [-1]), tf.int32), 3, dtype=z.dtype)
        return -tf.reduce_sum((0.95 * hot + 0.05 * stop(tf.exp(log_p))) * log_p, -1)

    return loss


def as_it_is(x):
    return x


def generalised(negative, positive):
    """A law without a name, with weights of the classes."""

    def loss(z, y):
        p = torch.where(y > 0, torch.sigmoid(z), torch.sigmoid(-z))
        return (torch.where(y > 0, positive, negative) * (1 - p**0.7)).mean()

    return loss


def generalised_of_keras(y, z):
    return keras.ops.mean(1 - keras.ops.exp(-0.7 * keras.ops.binary_crossentropy(y, z, from_logits=True)))


def kink_of_tensorflow(y, z):
    return tf.nn.weighted_cross_entropy_with_logits(y, z, 9.0)


class Gathered:
    """Weights that a tensor of labels indexes, in TensorFlow."""

    def __init__(self, weights):
        self.weights = weights

    def __getitem__(self, labels):
        return tf.gather(tf.constant(self.weights, tf.float64), labels)


W = [1.0, 2.0, 5.0]


def in_keras(written, weights):
    """Return the cross-entropy of TensorFlow that is divided as a line writes it."""

    def loss(y, z):
        y = tf.cast(tf.reshape(y, [-1]), tf.int32)
        cost = tf.nn.sparse_softmax_cross_entropy_with_logits(y, z)
        names = {"sum": tf.reduce_sum, "len": lambda y: y.shape[0], "w": Gathered(weights), "y": y, "loss": cost}
        return eval(written, names)

    return loss


def in_torch(written, weights):
    """The same of PyTorch."""

    def loss(z, y):
        cost = F.cross_entropy(z, y, reduction="none")
        return eval(written, {"w": torch.tensor(weights).to(z), "y": y, "loss": cost})

    return loss


def divided(line):
    """Yield both sides of a line on divisors: TensorFlow's side with PyTorch's, PyTorch's with TensorFlow's."""
    for_keras, for_torch, weights = re.search(
        r"compute (.+) in TensorFlow, too.*; or (.+) with w = (.+) in PyTorch", line
    ).groups()
    yield nn.CrossEntropyLoss(weight=torch.tensor(W)), in_keras(for_keras, W), {"n_classes": 3}
    yield in_torch(for_torch, eval(weights)), tensorflow(**THREE), {"n_classes": 3}


def of_the_sum(z, y):
    return 2 * F.cross_entropy(z, y)


THREE_CLASSES = {"n_classes": 3}
IGNORED = {"n_classes": 3, "ignored": -100}
MINUS_100 = {"ignore_index": -100}
LINES = {
    "order": (swapped, BINARY, {}, lambda line: [(of_pytorch(swapped, line), BINARY, {})]),
    "labels": (nn.SoftMarginLoss(), BINARY, {}, lambda line: [(of_pytorch(nn.SoftMarginLoss(), line), BINARY, {})]),
    "probabilities": (
        nn.BCEWithLogitsLoss(),
        keras.losses.BinaryCrossentropy(),
        {},
        lambda line: [
            (nn.BCEWithLogitsLoss(), eval(f"keras.losses.BinaryCrossentropy({line[12:].partition(';')[0]})"), {}),
            (nn.BCEWithLogitsLoss(), keras.losses.BinaryCrossentropy(), eval(f"dict({line.partition('with ')[2]})")),
        ],
    ),
    "broadcast": (
        meeting(lambda z, y: (z, y)),
        BINARY,
        {},
        lambda line: [(meeting(eval("lambda z, y: (" + line.partition("as in ")[2] + ")")), BINARY, {})],
    ),
    "coupled": (
        over_dim(0),
        SPARSE(from_logits=True),
        THREE_CLASSES,
        lambda line: [(over_dim(*found_in(r"dim=(\d)", line)), SPARSE(from_logits=True), THREE_CLASSES)],
    ),
    "reduction": (
        nn.CrossEntropyLoss(reduction="none"),
        SPARSE(from_logits=True),
        THREE_CLASSES,
        lambda line: [
            (
                nn.CrossEntropyLoss(reduction=found_in(r"reduction=('\w+') ", line)[0]),
                SPARSE(from_logits=True, reduction=found_in(r"Keras: ('\w+')", line)[0]),
                THREE_CLASSES,
            )
        ],
    ),
    "graph": (
        nn.BCEWithLogitsLoss(),
        branching(lambda small, cost, other: cost if float(small) else other),
        {},
        lambda line: [(nn.BCEWithLogitsLoss(), branching(eval(re.search(r"tf\.where", line)[0])), {})],
    ),
    "ignored label": (
        nn.CrossEntropyLoss(**MINUS_100),
        SPARSE(from_logits=True),
        IGNORED,
        lambda line: [
            (
                nn.CrossEntropyLoss(**{re.search(r"PyTorch: (\w+)", line)[1]: -100}),
                SPARSE(from_logits=True, **{re.search(r"Keras: (\w+)", line)[1]: -100}),
                IGNORED,
            )
        ],
    ),
    "ignored class": (
        nn.CrossEntropyLoss(ignore_index=0),
        SPARSE(from_logits=True),
        THREE_CLASSES,
        lambda line: [
            (
                over_what_counts(
                    re.search(r"PyTorch: (\w+)", line)[1], *found_in(r"reduction=('\w+') over max\((\d)", line)
                ),
                SPARSE(from_logits=True, **{re.search(r"Keras: (\w+)", line)[1]: 0}),
                THREE_CLASSES,
            )
        ],
    ),
    "kink": (
        nn.BCEWithLogitsLoss(pos_weight=torch.tensor(9.0)),
        kink_of_tensorflow,
        {},
        lambda line: [
            (
                nn.BCEWithLogitsLoss(pos_weight=torch.tensor(9.0)),
                eval(f"lambda y, z: {line[12:].partition(', or')[0]}", {"tf": tf, "w": [1.0, 9.0]}),
                {},
            )
        ],
    ),
    "law": (
        generalised(2.0, 2.0),
        generalised_of_keras,
        {},
        lambda line: [(of_pytorch(generalised(2.0, 2.0), line), generalised_of_keras, {})],
    ),
    "factor": (
        of_the_sum,
        SPARSE(from_logits=True),
        THREE_CLASSES,
        lambda line: [(of_pytorch(of_the_sum, line), SPARSE(from_logits=True), THREE_CLASSES)],
    ),
    "divisor": (nn.CrossEntropyLoss(weight=torch.tensor(W)), tensorflow(**THREE), THREE_CLASSES, divided),
    "gradient": (
        bootstrapped(torch.Tensor.detach),
        bootstrapped_of_keras(as_it_is),
        THREE_CLASSES,
        lambda line: [
            (bootstrapped(as_it_is), bootstrapped_of_keras(as_it_is), THREE_CLASSES),
            (
                bootstrapped(torch.Tensor.detach),
                bootstrapped_of_keras(getattr(tf, re.search("stop_gradient", line)[0])),
                THREE_CLASSES,
            ),
        ],
    ),
    "clipping": (
        pytorch(**THREE, clipped=0.02),
        tensorflow(**THREE),
        THREE_CLASSES,
        lambda line: [
            (pytorch(**THREE, clipped=found_in(r"clip at (.+)", line)[0]), tensorflow(**THREE), THREE_CLASSES)
        ],
    ),
    "some batches": (
        over_positives(2.0),
        over_positives_of_keras(1.0),
        {},
        lambda line: [
            (over_positives(found_in(r"max\((\d), count\)", line)[0]), over_positives_of_keras(1.0), {}),
        ],
    ),
}
# What is to be taken off, or taken alike: the losses without it.
TAKEN_OFF = {
    "family": (THREE, {"squared": True}, "take the same loss on both sides"),
    "activation": (THREE, {"activated": True}, "PyTorch: give the loss the logits themselves"),
    "detached": (ONE | {"gamma": 2.0}, {"detached": True}, "PyTorch: take detach() or stop_gradient off the factor"),
    "inside": (
        ONE | {"gamma": 2.0},
        {"inside": True},
        "PyTorch: take p from the cross-entropy without weights, and multiply by the weight last",
    ),
}


@pytest.mark.parametrize("kind", LINES)
def test_the_line_makes_the_losses_equal(kind):
    ours, theirs, options, mended = LINES[kind]
    (cause,) = same_loss(ours, theirs, **options).causes
    assert cause.kind == kind, cause
    for our_mended, their_mended, as_said in mended(cause.mend):
        found = same_loss(our_mended, their_mended, **as_said)
        assert found.same, str(found)


def test_a_divisor_that_hides_the_scale_of_the_weights_comes_with_those_of_the_other_side():
    ours, theirs = pytorch(**THREE | {"divisor": "weights"}), tensorflow(**THREE | {"weights": [0.001 * w for w in W]})
    (cause,) = same_loss(ours, theirs, **THREE_CLASSES).causes
    written, weights = re.search(r"; or (.+) with w = (.+) in PyTorch", cause.mend).groups()
    assert cause.kind == "divisor" and same_loss(in_torch(written, eval(weights)), theirs, **THREE_CLASSES).same


def test_weights_that_keras_lacks_come_with_the_divisor_that_they_need():
    ours, theirs = nn.CrossEntropyLoss(weight=torch.tensor(W)), SPARSE(from_logits=True)
    (cause,) = same_loss(ours, theirs, **THREE_CLASSES).causes
    weights, written, argument, none = re.search(
        r"give TensorFlow the weights (.+), divided as (.+) \(a Keras loss with class_weight: (.+)\), or PyTorch (.+)",
        cause.mend,
    ).groups()
    assert cause.kind == "weights" and same_loss(ours, in_keras(written, eval(weights)), **THREE_CLASSES).same
    named = SPARSE(from_logits=True, **eval(f"dict({argument})"))
    assert same_loss(ours, named, class_weight=dict(enumerate(eval(weights))), **THREE_CLASSES).same
    assert same_loss(nn.CrossEntropyLoss(weight=torch.tensor(eval(none)).float()), theirs, **THREE_CLASSES).same


def test_weights_that_pytorch_lacks_come_with_the_divisor_that_they_need():
    theirs = tensorflow(**THREE | {"divisor": "weights"})
    (cause,) = same_loss(nn.CrossEntropyLoss(), theirs, **THREE_CLASSES).causes
    weights, written = re.search(r"or PyTorch (.+), divided as (.+)", cause.mend).groups()
    assert cause.kind == "weights" and same_loss(in_torch(written, eval(weights)), theirs, **THREE_CLASSES).same


# Of lines on divisor, weights and factor together: the two losses and class_weight.
OF_TWO = torch.tensor([1.0, 9.0])
TOGETHER = {
    "a divisor that hides a tenth": (nn.CrossEntropyLoss(weight=OF_TWO), SPARSE(from_logits=True), (0.1, 0.9)),
    "the same, twice": (
        lambda z, y: 2 * F.cross_entropy(z, y, OF_TWO.to(z)),
        SPARSE(from_logits=True),
        (0.1, 0.9),
    ),
    "other weights, hidden": (nn.CrossEntropyLoss(weight=OF_TWO), SPARSE(from_logits=True), (0.1, 0.3)),
    "one weight for all": (nn.BCEWithLogitsLoss(weight=torch.tensor([9.0])), BINARY, (1, 9)),
    "a sum over a constant": (
        lambda z, y: F.cross_entropy(z, y, OF_TWO.to(z), reduction="sum") / 32,
        SPARSE(from_logits=True),
        (1, 9),
    ),
    "a sum over a constant, squared weights": (
        lambda z, y: F.cross_entropy(z, y, OF_TWO.to(z), reduction="sum") / 32,
        SPARSE(from_logits=True),
        (1, 81),
    ),
    "no weights in PyTorch": (nn.CrossEntropyLoss(), SPARSE(from_logits=True), (1, 9)),
    "twice two in Keras": (nn.CrossEntropyLoss(weight=OF_TWO), SPARSE(from_logits=True), (2, 2)),
}
BY_SAMPLES = "sum(w[y] * loss) / len(y)"


def put_together(causes):
    """Return the divisor and the weights that the lines give TensorFlow, those that they give PyTorch, and the factor.

    Where a divisor leaves the scale of its weights open, they are 1 and 9.
    """
    lines = {cause.kind: cause.mend for cause in causes}
    assert set(lines) <= {"divisor", "weights", "factor"}
    divisor = weights = [None] * 4
    with_w = r"(.+?)(?: with w = (\[.+?\]))?"
    if "divisor" in lines:
        pattern = rf"compute {with_w} in TensorFlow, too(?: \(.*\))?; or {with_w} in PyTorch"
        divisor = re.fullmatch(pattern, lines["divisor"]).groups()
    if "weights" in lines:
        pattern = (
            r"give TensorFlow the weights (\[.+?\])(?:, divided as (.+?))?(?: \(a Keras.*\))?, or PyTorch (\[.+?\])"
            r"(?:, divided as (.+?))?(?:; the factor below comes beside them)?"
        )
        weights = re.fullmatch(pattern, lines["weights"]).groups()
    sides = []
    for first in (0, 2):
        (written, w), (given, divided) = divisor[first : first + 2], weights[first : first + 2]
        assert not (w and given) or w == given
        sides.append((written or divided or BY_SAMPLES, eval(w or given or "[1.0, 9.0]")))
    return *sides, found_in(r"PyTorch: (.+) \* loss", lines["factor"])[0] if "factor" in lines else 1.0


@pytest.mark.parametrize("case", TOGETHER)
def test_all_lines_together_make_the_losses_equal(case):
    ours, theirs, weights = TOGETHER[case]
    weights = {"class_weight": dict(enumerate(weights))}
    for_keras, for_torch, factor = put_together(same_loss(ours, theirs, **weights).causes)
    found = same_loss(lambda z, y: factor * ours(z, y), in_keras(*for_keras))
    assert found.same, str(found)
    mended = in_torch(*for_torch)
    found = same_loss(lambda z, y: factor * mended(z, y), theirs, **weights)
    assert found.same, str(found)


def test_rows_that_are_left_out_are_no_clip():
    def ours(z, y):
        cost = F.binary_cross_entropy_with_logits(z, y, reduction="none")
        return torch.where(torch.exp(-cost) > 0.9, 0 * cost, cost).mean()

    def mended(y, z):
        cost = keras.ops.binary_crossentropy(y, z, from_logits=True)
        return keras.ops.mean(keras.ops.where(keras.ops.exp(-cost) > 0.9, 0 * cost, cost))

    (cause,) = same_loss(ours, BINARY).causes
    assert cause.kind == "clipping" and "whose class has a probability above 0.9: they are left out" in cause.sentence
    assert cause.mend == "leave the same rows out on both sides, or none" and same_loss(ours, mended).same


def of_labels(weights):
    """A loss of several labels, the mean over rows and columns, with weights of the positives; PyTorch's."""
    return lambda z, y: F.binary_cross_entropy_with_logits(z, y, pos_weight=torch.tensor(weights).to(z))


def of_labels_in_keras(y, z):
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(y, z))


def test_weights_that_a_mean_over_the_columns_lacks_are_named_alone_and_given_as_those_of_a_sum():
    (cause,) = same_loss(of_labels([1.0, 2.0, 5.0]), of_labels_in_keras, **THREE_CLASSES).causes
    (weights,) = found_in(
        r"give TensorFlow the weights (.+), or PyTorch .+, where the sum over the columns is", cause.mend
    )

    def mended(y, z):
        cost = tf.nn.sigmoid_cross_entropy_with_logits(y, z)
        return tf.reduce_sum(tf.matmul(y, tf.constant(weights, z.dtype)) * cost) / z.shape[0]

    assert cause.kind == "weights" and same_loss(of_labels([1.0, 2.0, 5.0]), mended, **THREE_CLASSES).same


def test_margins_before_and_after_a_scale_make_the_losses_equal():
    base = OF_CLASSES | {"scale": 30.0, "margin": (5.0, 7.0, 15.0)}
    ours, theirs = pytorch(**base), tensorflow(**base | {"margin": (4.0, 5.6, 12.0)})
    (cause,) = same_loss(ours, theirs, **THREE_CLASSES).causes
    after, before = cause.mend.split(", after the scale; or before it, as in s · (z − margin): ")
    for line, scale in ((after, 1.0), (before, 30.0)):
        in_tensorflow, in_pytorch = found_in(r"take the margins (.+) in TensorFlow, or (.+) in PyTorch", line)
        margins = [scale * margin for margin in in_tensorflow], [scale * margin for margin in in_pytorch]
        assert same_loss(ours, tensorflow(**base | {"margin": margins[0]}), **THREE_CLASSES).same
        assert same_loss(pytorch(**base | {"margin": margins[1]}), theirs, **THREE_CLASSES).same


def test_weights_of_a_law_without_a_name_are_told_by_class():
    (cause,) = same_loss(generalised(1.0, 4.0), generalised_of_keras).causes
    (by_class,) = found_in(r"multiply PyTorch's losses by (\[.+\]), by class", cause.mend)
    negative, positive = np.multiply([1.0, 4.0], by_class).tolist()
    assert same_loss(generalised(negative, positive), generalised_of_keras).same


@pytest.mark.parametrize("kind", TAKEN_OFF)
def test_what_the_line_takes_off_was_the_only_difference(kind):
    base, change, line = TAKEN_OFF[kind]
    classes = {"n_classes": base["n_classes"]}
    (cause,) = same_loss(pytorch(**base | change), tensorflow(**base), **classes).causes
    assert (cause.kind, cause.mend) == (kind, line)
    assert same_loss(pytorch(**base), tensorflow(**base), **classes).same


def test_every_kind_of_cause_has_a_line_that_is_done():
    elsewhere = {"smoothing order"}  # in test_same_loss.py, for each divisor
    assert {*NUMBERS, *LINES, *TAKEN_OFF} | elsewhere == set(words._CAUSES)
