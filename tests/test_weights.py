"""Weights from counts: the closed forms of the lecture, and the invariants that define each scheme."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import tensorflow as tf
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from companion.weights import class_weights, effective_sample_size, pos_weight

SCHEMES = ["inverse-frequency", "inverse-square-root", "effective-number"]
LECTURE = [70_000, 29_000, 1_000]

class_counts = st.lists(st.integers(1, 300), min_size=2, max_size=8)
schemes = pytest.mark.parametrize("scheme", SCHEMES)


def labels(counts):
    return np.repeat(np.arange(len(counts)), counts)


def test_pos_weight_is_negatives_over_positives():
    assert pos_weight(labels([990, 10])) == 99.0
    assert pos_weight([0, 1]) == 1.0
    assert pos_weight([False, False, True]) == 2.0


def test_inverse_frequency_gives_the_lectures_table():
    assert class_weights(labels(LECTURE)).round(3).tolist() == [0.476, 1.149, 33.333]


@given(class_counts)
def test_inverse_frequency_is_n_over_k_nk_and_scikit_learns_balanced(counts):
    y = labels(counts)
    w = class_weights(y)
    np.testing.assert_allclose(w, len(y) / (len(counts) * np.array(counts)), rtol=1e-14)
    np.testing.assert_allclose(w, compute_class_weight("balanced", classes=np.unique(y), y=y), rtol=1e-14)


@schemes
@given(counts=class_counts, beta=st.floats(0.01, 0.9999))
def test_the_sample_average_of_the_weights_is_one(scheme, counts, beta):
    w = class_weights(labels(counts), scheme=scheme, beta=beta)
    assert np.array(counts) @ w / sum(counts) == pytest.approx(1, rel=1e-13)


@schemes
@given(counts=class_counts, seed=st.integers(0, 99))
def test_the_order_of_the_samples_does_not_matter(scheme, counts, seed):
    y = labels(counts)
    shuffled = np.random.default_rng(seed).permutation(y)
    assert class_weights(y, scheme=scheme).tolist() == class_weights(shuffled, scheme=scheme).tolist()


@schemes
@given(n=st.integers(1, 100), n_classes=st.integers(2, 8))
def test_balanced_data_have_weight_one(scheme, n, n_classes):
    np.testing.assert_allclose(class_weights(labels([n] * n_classes), scheme=scheme), 1, rtol=1e-13)


@given(class_counts)
def test_inverse_frequency_gives_every_class_the_same_total_weight(counts):
    mass = np.array(counts) * class_weights(labels(counts))
    np.testing.assert_allclose(mass, sum(counts) / len(counts), rtol=1e-13)


@given(class_counts)
def test_effective_numbers_lie_between_no_weights_and_inverse_frequencies(counts):
    y = labels(counts)
    np.testing.assert_allclose(class_weights(y, scheme="effective-number", beta=1e-12), 1, rtol=1e-10)
    nearly_one = class_weights(y, scheme="effective-number", beta=1 - 1e-9)
    np.testing.assert_allclose(nearly_one, class_weights(y), rtol=1e-6)


def test_effective_numbers_follow_cui_et_al():
    # (1 − β)/(1 − β^n_k), worked out by hand for β = 0.9 and counts 1 and 2: 1 and 1/1.9.
    w = class_weights(labels([1, 2]), scheme="effective-number", beta=0.9)
    assert w[0] / w[1] == pytest.approx(1.9, rel=1e-14)


def test_effective_sample_size_is_kishs():
    # π = 0.01 of n = 10,000: 4 π (1 − π) n = 396. The lecture's table: K times the harmonic mean of the counts.
    y = labels([9_900, 100])
    assert effective_sample_size(y, class_weights(y)) == pytest.approx(396)
    y = labels(LECTURE)
    assert effective_sample_size(y, class_weights(y)) == pytest.approx(8581.49, abs=0.005)
    assert effective_sample_size(y, class_weights(y)) == pytest.approx(9 / sum(1 / n for n in LECTURE))
    assert effective_sample_size(labels([284_315, 492]), [1, 284_315 / 492]) == pytest.approx(1964.60, abs=0.005)


@given(counts=class_counts, scale=st.floats(1e-3, 1e3))
def test_effective_sample_size_ignores_the_scale_and_is_n_for_equal_weights(counts, scale):
    y = labels(counts)
    w = class_weights(y)
    assert effective_sample_size(y, scale * w) == pytest.approx(effective_sample_size(y, w))
    assert effective_sample_size(y, np.full(len(counts), scale)) == pytest.approx(len(y))


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        ([], ValueError, "y is empty"),
        ([[0, 1]], ValueError, r"one-dimensional array of whole-number labels, got shape \(1, 2\)"),
        ([[0], [0, 1]], ValueError, "rows of unequal length"),
        ([0, 0], ValueError, "single class, 0"),
        ([0, 2], ValueError, "2 samples for 3 classes"),
        ([0, 2, 2], ValueError, "no sample of class 1"),
        ([0, -1], ValueError, "labels from 0 on, got -1"),
        ([0.0, 0.5], ValueError, "got 0.5 at index 1"),
        ([0.0, np.nan], ValueError, "got nan at index 1"),
        (["a", "b"], TypeError, "dtype <U1"),
        ([0, 10**12], ValueError, "2 samples for 1000000000001 classes"),
    ],
)
def test_labels_that_are_none_are_refused(y, error, message):
    with pytest.raises(error, match=message):
        class_weights(y)


COUNTED = pd.Series([2] * 70 + [0] * 20 + [1] * 10).value_counts()  # its index is 2, 0, 1


@pytest.mark.parametrize("kind", [lambda s: s, dict, lambda s: s.sort_index().to_numpy(), lambda s: s[[1, 2, 0]]])
def test_weights_with_keys_are_read_by_their_keys(kind):
    y = np.repeat([2, 0, 1], [70, 20, 10])
    balanced = 100 / (3 * COUNTED)
    assert effective_sample_size(y, kind(balanced)) == pytest.approx(9 / sum(1 / n for n in (70, 20, 10)))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({0: 1.0, 1: 2.0}, r"weights takes the keys 0…2, one for each class, got the keys \[0, 1\]"),
        ({0: 1.0, 1: 2.0, 3: 1.0}, r"the keys 0…2.*got the keys \[0, 1, 3\]"),
        (pd.Series([1.0, 2.0, 3.0], index=["a", "b", "c"]), r"the keys 0…2.*a list in the order of the classes"),
        (pd.Series([1.0, 2.0, 3.0], index=[0, 0, 1]), "the keys 0…2"),
        (pd.DataFrame({0: [1.0], 1: [2.0], 2: [3.0]}), "weights takes a 1-dimensional array"),
        (pd.Series([1.0, None, 3.0], dtype="Float64"), "weights .*NaN|weights takes an array of real numbers"),
    ],
)
def test_keys_that_are_not_the_classes_are_refused(weights, message):
    with pytest.raises((ValueError, TypeError), match=message):
        effective_sample_size([0, 1, 2, 2], weights)


LABELS = [0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    "y",
    [
        pd.Series(LABELS, index=[4, 3, 2, 1, 0]),
        pd.Series(LABELS, dtype="Int64"),
        pd.Series(LABELS, dtype="category"),
        pd.Series(LABELS, dtype="boolean"),
        np.array(LABELS, dtype=object),
        np.array(LABELS, dtype="float16"),
        np.ma.array(LABELS),
        torch.tensor(LABELS),
        torch.tensor(LABELS, dtype=torch.bfloat16),
        torch.tensor(LABELS, dtype=torch.float64, requires_grad=True),
        torch.nn.Parameter(torch.tensor(LABELS, dtype=torch.float32)),
        tf.constant(LABELS),
        tf.constant(LABELS, dtype=tf.bfloat16),
        tf.Variable(LABELS),
    ],
    ids=lambda y: f"{type(y).__name__}-{y.dtype}",
)
def test_labels_are_taken_from_whatever_holds_them_by_position(y):
    assert pos_weight(y) == 1.5


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (
            np.ma.array([0, 0, 0, 1, 1, 1], mask=[0, 0, 0, 0, 1, 1]),
            ValueError,
            r"2 masked entries; take .compressed\(\)",
        ),
        ({0: 1, 1: 2}, TypeError, "has no order of samples; take a list or an array"),
        ({0, 1}, TypeError, "has no order of samples"),
        ((label for label in LABELS), TypeError, r"take list\(…\) of it"),
        (scipy.sparse.csr_array([LABELS]), TypeError, r"take \.toarray\(\)"),
        (torch.tensor(LABELS).to_sparse(), TypeError, r"take \.to_dense\(\)"),
        (tf.sparse.from_dense(LABELS), TypeError, r"take tf\.sparse\.to_dense"),
        (pd.Series([0, 1, None]), ValueError, "got nan at index 2"),
        (pd.Series([0, 1, None], dtype="Int64"), ValueError, "got nan at index 2"),
        (pd.Series(["0", "1"]), TypeError, "whole-number labels; got"),
        (np.array(["0", "1"], dtype=object), TypeError, "whole-number labels; got"),
        (np.array([0, None, 1], dtype=object), ValueError, "got nan at index 1"),
        (pd.DataFrame({"y": LABELS}), ValueError, r"got shape \(5, 1\); take its only column"),
        (np.eye(2)[LABELS], ValueError, r"got shape \(5, 2\); one-hot rows become labels by argmax"),
        (np.array([0j, 1]), TypeError, "dtype complex128"),
        (pd.Series([0, 1]).value_counts(), ValueError, "no sample of class 0|single class"),
    ],
)
def test_labels_that_hide_a_number_or_an_order_are_refused_with_the_way_out(y, error, message):
    with pytest.raises(error, match=message):
        class_weights(y)


def test_a_class_that_is_absent_is_refused_when_the_number_of_classes_is_given():
    with pytest.raises(ValueError, match="no sample of class 2"):
        class_weights([0, 1, 1], n_classes=3)
    with pytest.raises(ValueError, match=r"labels 0…1 \(n_classes=2\), got 2"):
        class_weights([0, 1, 2], n_classes=2)
    with pytest.raises(ValueError, match="no sample of class 1|single class"):
        pos_weight([0, 0, 0])


def test_more_classes_than_samples_are_refused_before_they_are_counted():
    with pytest.raises(ValueError, match="2 samples for 10000000000000 classes"):
        class_weights([0, 1], n_classes=10**13)
    with pytest.raises(ValueError, match="y takes .* whole-number labels, got 1e\\+300 at index 2"):
        pos_weight([0.0, 1.0, 1e300])


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_the_effective_sample_size_of_extreme_weights(scale):
    assert effective_sample_size([0, 0, 1], [scale, 2 * scale]) == effective_sample_size([0, 0, 1], [1, 2])


def test_other_arguments_are_refused_by_name():
    with pytest.raises(ValueError, match="scheme='inverse-frequencies' is not known. Did you mean 'inverse-frequency'"):
        class_weights([0, 1], scheme="inverse-frequencies")
    for beta in (0, 1, -0.5, np.nan):
        with pytest.raises(ValueError, match="beta"):
            class_weights([0, 1], scheme="effective-number", beta=beta)
    with pytest.raises(ValueError, match="weights takes one number for each of the 2 classes, got 3"):
        effective_sample_size([0, 1], [1, 2, 3])
    with pytest.raises(ValueError, match="weights takes positive numbers, got -2.0 for class 1"):
        effective_sample_size([0, 1], [1, -2])
