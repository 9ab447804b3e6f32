"""What `companion.same_loss` says of losses as they are found in use: that it is so, and can be done."""

import os
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

from companion._quiet import quiet
from companion.same_loss import describe, same_loss, verdict, words


def edges(times):
    """The loss of edge detectors: each class times the share of the other in the batch; negatives times a number."""

    def loss(z, y):
        share = y.mean()
        w = torch.where(y > 0.5, 1 - share, times * share)
        return F.binary_cross_entropy_with_logits(z, y, weight=w)

    return loss


def edges_of_keras(y, z):
    share = tf.reduce_mean(y)
    return tf.reduce_mean((1 - share) * y * tf.nn.softplus(-z) + share * (1 - y) * tf.nn.softplus(z))


def test_weights_from_the_share_of_the_other_class_are_told_as_numbers(recwarn):
    found = same_loss(edges(1.1), edges_of_keras)
    assert found.kinds == {"weights"}
    assert "PyTorch [1.1, 1], TensorFlow [1, 1]" in str(found)
    assert "each class times the share of the others in the batch" in str(found)
    assert same_loss(edges(1.0), edges_of_keras).same
    assert not [one for one in recwarn if issubclass(one.category, RuntimeWarning)]  # of numbers; others may warn, too


def bootstrapped(z, y):
    log_p = F.log_softmax(z, 1)
    soft = (log_p.exp().detach() * log_p).sum(1)
    return -(0.95 * log_p.gather(1, y[:, None])[:, 0] + 0.05 * soft).mean()


def one_hot(y, k, z):
    return tf.one_hot(tf.cast(tf.reshape(y, [-1]), tf.int32), k, dtype=z.dtype)


def bootstrapped_of_keras(y, z):
    log_p = tf.nn.log_softmax(z)
    return -tf.reduce_sum((0.95 * one_hot(y, 3, z) + 0.05 * tf.exp(log_p)) * log_p, -1)


def test_a_factor_that_one_side_detaches_is_told_where_the_law_has_no_name():
    found = same_loss(bootstrapped, bootstrapped_of_keras, n_classes=3)
    assert found.kinds == {"gradient"}
    assert "The values are equal, the gradients are not: one side detaches a factor" in str(found)
    assert "clip" not in str(found)


def sigmoid_focal(z, y):
    y = F.one_hot(y, 4).to(z.dtype)
    cost = F.binary_cross_entropy_with_logits(z, y, reduction="none")
    return ((0.75 - 0.5 * y) * (1 - torch.exp(-cost)) ** 2 * cost).mean()


def softmax_focal_of_keras(y, z):
    p = tf.reduce_sum(one_hot(y, 4, z) * tf.nn.softmax(z), -1)
    return -((1 - p) ** 2) * tf.math.log(p)


def test_two_families_are_told_apart_by_name_and_by_no_factor():
    found = same_loss(sigmoid_focal, softmax_focal_of_keras, n_classes=4)
    assert found.kinds == {"family"}
    assert "PyTorch's loss: focal loss of each column, γ = 2; TensorFlow's: focal loss, γ = 2 of the softmax" in str(
        found
    )


def weighted_of_keras(y, z):
    return tf.nn.weighted_cross_entropy_with_logits(y, z, 1.0)


def test_the_function_of_tensorflow_that_is_wrong_at_zero_is_named():
    found = same_loss(torch.nn.BCEWithLogitsLoss(), weighted_of_keras)
    (cause,) = found.causes
    assert cause.kind == "kink" and "tf.nn.weighted_cross_entropy_with_logits" in cause.sentence
    line = cause.mend.removeprefix("TensorFlow: ").partition(", or")[0]
    mended = eval(f"lambda y, z: {line}", {"tf": tf, "w": [1.0, 1.0]})
    assert same_loss(torch.nn.BCEWithLogitsLoss(), mended).same


def of_the_largest(y, z):
    return tf.reduce_logsumexp(tf.math.top_k(z, 3)[0], -1) - tf.reduce_sum(one_hot(y, 4, z) * z, -1)


def hardest(z, y):
    return F.cross_entropy(z, y, reduction="none").topk(2)[0].mean()


def test_ties_are_no_kink():
    assert not describe(of_the_largest, framework="TensorFlow", n_classes=4).kink
    assert not describe(hardest, framework="PyTorch", n_classes=3).kink
    assert describe(weighted_of_keras, framework="TensorFlow").kink


def clipped(least, most=1.0):
    """Binary cross-entropy of a clipped probability, in Keras."""

    def loss(y, z):
        p = tf.clip_by_value(tf.sigmoid(z), least, most)
        return tf.reduce_mean(-y * tf.math.log(p) - (1 - y) * tf.math.log(1 - p))

    return loss


def clipped_softmax(least, scale=1.0):
    def loss(y, z):
        p = tf.clip_by_value(tf.nn.softmax(scale * z), least, 1.0)
        return -tf.reduce_sum(one_hot(y, 3, z) * tf.math.log(p), -1)

    return loss


def clipped_columns(least):
    def loss(y, z):
        y, p = one_hot(y, 3, z), tf.clip_by_value(tf.sigmoid(z), least, 1 - least)
        return -tf.reduce_sum(y * tf.math.log(p) + (1 - y) * tf.math.log(1 - p), -1)

    return loss


@pytest.mark.parametrize("least", [0.02, 0.003, 0.0026])
def test_the_threshold_of_a_clip_is_told_to_three_digits(least):
    for loss, classes in (
        (clipped(least, 1 - least), 2),
        (clipped(0.0, 1 - least), 2),
        (clipped_softmax(least), 3),
        (clipped_softmax(least, 2.0), 3),
        (clipped_columns(least), 3),
    ):
        found = describe(loss, framework="TensorFlow", n_classes=classes)
        assert found.clipped == pytest.approx(least, rel=1e-3)
        assert f"clipped at a probability of {least:.3g}" in str(found)


@pytest.mark.parametrize("least", [5e-5, 1e-5])
def test_a_clip_that_only_several_logits_reach_is_named(least):
    found = same_loss(torch.nn.CrossEntropyLoss(), clipped_softmax(least), n_classes=3)
    assert found.kinds == {"clipping"} and f"a probability is clipped, at {least:.3g}" in str(found)


def test_a_clip_whose_values_agree_is_no_detached_factor():
    found = same_loss(torch.nn.BCEWithLogitsLoss(), clipped(0.0026, 1 - 0.0026))
    assert found.kinds == {"clipping"} and "TensorFlow's gradient is 0 where a probability is clipped, at 0.0026" in (
        str(found)
    )


def powers(z, y):
    """The generalised cross-entropy, a law without a name."""
    return (1 - torch.exp(-0.7 * F.binary_cross_entropy_with_logits(z, y, reduction="none"))).mean()


def stopped_powers(y, z):
    """The same without a gradient where a probability is below 0.003."""
    p = tf.where(y > 0.5, tf.sigmoid(z), tf.sigmoid(-z))
    return tf.reduce_mean(1 - tf.where(p < 0.003, tf.stop_gradient(p), p) ** 0.7)


def test_of_a_law_without_a_name_a_gradient_that_is_missing_where_values_agree_is_no_detached_factor():
    found = same_loss(powers, stopped_powers)
    assert found.kinds == {"clipping"}, str(found)
    assert "TensorFlow's gradient is 0 in the rows where the two differ" in str(found)


def flat_focal(threshold):
    """The focal loss whose γ is 5 below a probability and 3 above it; PyTorch's."""

    def loss(z, y):
        log_p = F.log_softmax(z, 1).gather(1, y[:, None])[:, 0]
        gamma = torch.where(log_p.exp().detach() < threshold, 5.0, 3.0)
        return (-((1 - log_p.exp()) ** gamma) * log_p).mean()

    return loss


def flat_focal_of_keras(y, z):
    log_p = tf.reduce_sum(one_hot(y, 3, z) * tf.nn.log_softmax(z), -1)
    gamma = tf.where(tf.exp(log_p) < 0.2, tf.constant(5.0, z.dtype), tf.constant(3.0, z.dtype))
    return -((1 - tf.exp(log_p)) ** gamma) * log_p


@pytest.mark.parametrize("threshold", [0.21, 0.25])
def test_a_few_rows_are_not_taken_for_their_class(threshold):
    found = same_loss(flat_focal(threshold), flat_focal_of_keras, n_classes=3)
    assert found.kinds == {"law"} and "Rows of class" not in str(found)
    assert f"Their class has a probability between 0.2 and {threshold} there, and in no other row." in str(found)


def by_counts(z, y):
    positives = y.sum()
    return F.binary_cross_entropy_with_logits(z, y, pos_weight=((len(y) - positives + 1) / (positives + 1)).sqrt())


def by_counts_of_keras(y, z):
    positives = tf.reduce_sum(y)
    weight = tf.sqrt((tf.cast(tf.size(y), z.dtype) - positives + 1) / (positives + 1))
    return tf.reduce_mean(tf.nn.weighted_cross_entropy_with_logits(y, z, weight))


def test_beside_a_kink_that_tells_all_no_other_cause_is_named():
    assert same_loss(by_counts, by_counts_of_keras).kinds == {"kink"}
    assert same_loss(lambda z, y: 2 * by_counts(z, y), by_counts_of_keras).kinds == {"kink", "law"}


def quantile(z, y):
    error = y - torch.sigmoid(z)
    return torch.maximum(0.9 * error, -0.1 * error).mean()


def quantile_of_keras(share):
    def loss(y, z):
        error = y - tf.sigmoid(z)
        return tf.reduce_mean(tf.maximum(share * error, (share - 1) * error))

    return loss


def test_the_quantile_loss_of_a_probability_is_a_weighted_absolute_error():
    found = same_loss(quantile, quantile_of_keras(0.1))
    assert found.kinds == {"weights"}
    assert "The same weights go to other classes: PyTorch [0.1, 0.9], TensorFlow [0.9, 0.1]" in str(found)
    assert "absolute error of probabilities; weights [0.1, 0.9]" in str(found)
    assert same_loss(quantile, quantile_of_keras(0.9)).same


def test_the_domain_tells_the_sizes_and_the_ratio_of_the_classes():
    domain = same_loss(torch.nn.BCEWithLogitsLoss(), quantile_of_keras(0.9)).domain
    assert "batches of 1 to 128 rows" in domain and "up to 127 rows of one for each of another" in domain


def three_to_one(z, y):
    cost = F.binary_cross_entropy_with_logits(z, y, reduction="none")
    positives = int(y.sum())
    negatives = cost[y < 0.5]
    kept = negatives.topk(min(max(3 * positives, 5), len(negatives)))[0]
    return (cost[y > 0.5].sum() + kept.sum()) / max(positives, 1)


def test_a_loss_of_the_hardest_negatives_is_said_to_mix_rows():
    found = describe(three_to_one, framework="PyTorch")
    assert found.coupled and "over the batch" in str(found) and "cross-entropy" not in str(found)


def inverse_frequency(z, y):
    counts = torch.bincount(y, minlength=2).to(z.dtype).clamp(min=1)
    return ((len(y) / (2 * counts))[y] * F.cross_entropy(z, y, reduction="none")).mean()


@pytest.mark.parametrize(
    ("loss", "minimisers"),
    [(inverse_frequency, (0.5, 0.5, 0.5)), (edges(1.1), (1 / 2.1,) * 3)],
    ids=["inverse frequency", "edges"],
)
def test_the_minimiser_is_that_of_batches_with_the_share_that_is_said(loss, minimisers):
    text = str(describe(loss, framework="PyTorch"))
    assert "whose share of class 1 is η" in text
    for eta, p in zip((0.01, 0.1, 0.5), minimisers, strict=True):
        assert f"η = {eta:g}: p = {p:.4g}" in text


def ranks(z, y):
    above = (y[:, None] > torch.arange(3)).to(z.dtype)
    return F.binary_cross_entropy_with_logits(z, above, reduction="none").sum(1).mean()


def test_the_divisor_is_told_where_the_terms_have_no_name():
    text = str(describe(ranks, framework="PyTorch", n_classes=3))
    assert "divided by the number of samples" in text and "terms weighed in a way that has no name" in text


MARGINS = np.array([1.1068, 1.8503, 3.0215, 5.0])


def with_margins(margins, scale=10.0):
    def loss(z, y):
        return F.cross_entropy(scale * z - F.one_hot(y, 4) * torch.tensor(margins), y)

    return loss


def with_margins_of_keras(margins):
    def loss(y, z):
        hot = one_hot(y, 4, z)
        return tf.nn.softmax_cross_entropy_with_logits(hot, 10.0 * z - hot * tf.constant(margins, z.dtype))

    return loss


def test_numbers_that_differ_are_printed_so_and_the_line_makes_the_losses_equal():
    near = MARGINS + [2e-4, 3e-4, 0.0, 0.0]
    found = same_loss(with_margins(near), with_margins_of_keras(MARGINS), n_classes=4)
    (cause,) = found.causes
    assert cause.kind == "margin"
    ours, theirs = cause.sentence.partition(": PyTorch ")[2].partition(";")[0].split(", TensorFlow ")
    assert ours != theirs
    copied = eval(cause.mend.removeprefix("take the margins ").partition(" in TensorFlow")[0])
    assert same_loss(with_margins(near), with_margins_of_keras(copied), n_classes=4).same


def test_margins_are_told_before_the_scale_as_well_as_after_it():
    text = str(same_loss(with_margins(MARGINS), with_margins_of_keras(MARGINS / 2), n_classes=4))
    assert "after the scale s of the logits. Before it, as in s · (z − margin): PyTorch [0.1107, 0.185, 0.302" in text
    assert "cross-entropy of 10·z, margins [1.107, 1.85, 3.022, 5] after the scale, [0.1107, 0.185, 0.302" in text


def test_weights_whose_common_factor_cancels_are_said_to():
    loss = torch.nn.CrossEntropyLoss(weight=torch.tensor([2.0, 8.0]))
    text = str(describe(loss))
    assert "weights [1, 4] (a common factor cancels)" in text
    assert "At a share of 0.2, where these weights balance the classes" in text


def test_a_large_example_is_cut():
    found = same_loss(with_margins(MARGINS), with_margins_of_keras(MARGINS + [0.0, 0.0, 0.0, 1e-3]), n_classes=4)
    found.example = verdict.Example(
        [[1 / 3, 2 / 3]] * 5, [0, 1, 1, 0, 1], (1.0, 1.0), ([[1 / 3, 0.0]] * 5, [[0.5, 0.0]] * 5)
    )
    text = str(found)
    assert "z = [[0.333333, 0.666667], [0.333333, 0.666667], [0.333333, 0.666667], … 2 more rows]" in text
    assert "y = [0, 1, 1, … 2 more rows]" in text and "[0.3333, 0.0], … 2 more rows]" in text


def test_in_a_notebook_the_rows_that_differ_are_marked_and_the_link_is_one():
    ours = torch.nn.CrossEntropyLoss(weight=torch.tensor([1.0, 99.0]))
    theirs = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    page = same_loss(ours, theirs, class_weight={0: 1.0, 1: 99.0})._repr_html_()
    marked = set(re.findall(r'<tr style="font-weight: bold"><td>([^<]*)', page))
    assert marked == {"logits, targets", "divided"} or marked == {"divided"}
    assert "<tr><td>law</td>" in page
    assert '<a href="08a_losses_and_class_weight.ipynb#The-loss:-divisors">' in page


def test_each_kind_of_cause_leads_into_the_course():
    assert set(words.LINKS) == set(words._CAUSES) | {"unknown"}


TENSORFLOW_ALONE = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torch":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
from companion import compare
import tensorflow as tf
loss = lambda y, z: tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(tf.reshape(y, [-1]), tf.int32), z)
print(compare.describe(loss).divided_by)
"""


def test_tensorflow_alone_suffices_to_describe_a_loss():
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run([sys.executable, "-c", TENSORFLOW_ALONE], capture_output=True, text=True, cwd=root)
    assert done.stdout.strip() == "samples", done.stderr


SPEAKS = """
import sys
import keras, torch
print("from mine", file=sys.stderr)
ours, theirs = torch.nn.BCEWithLogitsLoss(), keras.losses.BinaryCrossentropy(from_logits=True)
"""


def test_on_the_command_line_no_log_of_tensorflow_stands_beside_the_verdict_and_what_is_printed_there_stays(tmp_path):
    (tmp_path / "mine.py").write_text(SPEAKS, encoding="utf-8")
    command = [sys.executable, "-m", "companion.same_loss", "mine:ours", "mine:theirs"]
    path = os.pathsep.join([str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=os.environ | {"PYTHONPATH": path})
    assert done.stdout.startswith("THE SAME") and done.stderr == "from mine\n"


def test_the_log_of_cpp_is_dropped_and_nothing_else(capfd):
    with pytest.raises(KeyError), quiet():
        os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n")
        os.write(2, b"I0000 00:00:1795704243.092149    6190 cudart_stub.cc:31] Could not find cuda drivers\n")
        os.write(2, b"WARNING: mine\n")
        raise KeyError
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "WARNING: mine\nafter\n"
