"""The reports against counting by hand, and the calibration against what weighting is known to do to it."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn import metrics

from companion.evaluate import binary_report, calibration, multiclass_report

Y = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1]
P = [0.1, 0.1, 0.2, 0.3, 0.6, 0.7, 0.2, 0.6, 0.8, 0.9]


def test_counts_and_rates_are_those_counted_by_hand():
    report = binary_report(Y, P)
    assert (report["tn"], report["fp"], report["fn"], report["tp"]) == (4, 2, 1, 3)
    assert report["accuracy"] == pytest.approx(0.7)
    assert report["recall"] == pytest.approx(3 / 4)
    assert report["precision"] == pytest.approx(3 / 5)
    assert report["f1"] == pytest.approx(2 / 3)
    assert report["balanced_accuracy"] == pytest.approx((4 / 6 + 3 / 4) / 2)
    assert report["brier"] == pytest.approx(np.mean((np.array(P) - Y) ** 2))
    assert report["log_loss"] == pytest.approx(-np.mean(np.log([p if y else 1 - p for y, p in zip(Y, P, strict=True)])))
    ranks = [(p > q) + 0.5 * (p == q) for p in P[6:] for q in P[:6]]
    assert report["roc_auc"] == pytest.approx(np.mean(ranks))


@pytest.mark.parametrize("threshold", [0.05, 0.25, 0.5, 0.95])
def test_the_rates_are_those_of_scikit_learn(threshold):
    y, predicted = np.array(Y), np.array(P) > threshold
    report = binary_report(Y, P, threshold=threshold)
    assert report["accuracy"] == metrics.accuracy_score(y, predicted)
    assert report["balanced_accuracy"] == pytest.approx(metrics.balanced_accuracy_score(y, predicted), rel=1e-15)
    assert report["recall"] == metrics.recall_score(y, predicted)
    assert report["f1"] == pytest.approx(metrics.f1_score(y, predicted), rel=1e-15)
    np.testing.assert_equal(report["precision"], metrics.precision_score(y, predicted, zero_division=np.nan))


def test_a_probability_at_the_threshold_is_predicted_negative():
    assert binary_report([0, 1], [0.2, 0.5])["tp"] == 0
    assert binary_report([0, 1], [0.2, 0.5], threshold=0.4)["tp"] == 1


def test_the_precision_of_no_prediction_is_undefined_without_a_warning():
    report = binary_report([0, 1], [0.1, 0.2])
    assert np.isnan(report["precision"])
    assert report["f1"] == report["recall"] == 0


def test_the_rankings_do_not_depend_on_the_threshold():
    low, high = binary_report(Y, P, threshold=0.05), binary_report(Y, P, threshold=0.95)
    for name in ("roc_auc", "average_precision", "log_loss", "brier"):
        assert low[name] == high[name]


def test_multiclass_report_is_that_counted_by_hand():
    y = [0, 0, 0, 1, 1, 2]
    logits = np.eye(3)[[0, 0, 1, 1, 1, 0]] * 2.0
    report = multiclass_report(y, logits)
    assert report["accuracy"] == pytest.approx(4 / 6)
    np.testing.assert_allclose(report["recall"], [2 / 3, 1, 0])
    np.testing.assert_allclose(report["precision"], [2 / 3, 2 / 3, np.nan])
    assert report["balanced_accuracy"] == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert report["macro_f1"] == pytest.approx((2 / 3 + 4 / 5 + 0) / 3)
    assert report["confusion"].tolist() == [[2, 1, 0], [0, 2, 0], [1, 0, 0]]
    hit, miss = np.log(1 + 2 * np.exp(-2)), np.log(1 + 2 * np.exp(-2)) + 2
    assert report["log_loss"] == pytest.approx((4 * hit + 2 * miss) / 6)


def test_a_class_that_is_absent_has_no_recall_and_stays_out_of_the_averages():
    report = multiclass_report([0, 0, 2], np.eye(3)[[0, 0, 2]])
    assert np.isnan(report["recall"][1])
    assert report["balanced_accuracy"] == report["macro_f1"] == 1


@pytest.fixture(scope="module")
def calibrated():
    rng = np.random.default_rng(0)
    z = logit(0.1) + 1.3 * rng.normal(size=200_000)
    return (rng.random(z.size) < expit(z)).astype(int), z


def test_true_probabilities_are_calibrated(calibrated):
    result = calibration(*calibrated)
    assert result["intercept"] == pytest.approx(0, abs=0.02)
    assert result["slope"] == pytest.approx(1, abs=0.02)


def test_weighting_by_w_shifts_the_intercept_by_minus_log_w_and_leaves_the_slope(calibrated):
    y, z = calibrated
    plain, weighted = calibration(y, z), calibration(y, z + np.log(9))
    assert weighted["intercept"] == pytest.approx(plain["intercept"] - np.log(9), abs=1e-9)
    assert weighted["slope"] == pytest.approx(plain["slope"], abs=1e-7)
    assert weighted["brier"] > plain["brier"]


@pytest.mark.parametrize(("scale", "shift"), [(1e-8, 0.0), (1e8, 0.0), (1.0, 1e6)])
def test_the_slope_does_not_depend_on_the_units_of_the_logits(calibrated, scale, shift):
    y, z = calibrated
    assert calibration(y, scale * z + shift)["slope"] * scale == pytest.approx(calibration(y, z)["slope"], rel=1e-5)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "uint64", "float32"])
def test_labels_of_any_whole_dtype_are_the_same_labels(dtype):
    y = np.array([0, 1, 1, 0])
    logits = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [3.0, 1.0]])
    assert binary_report(y.astype(dtype), [0.1, 0.8, 0.4, 0.6]) == binary_report(y, [0.1, 0.8, 0.4, 0.6])
    assert multiclass_report(y.astype(dtype), logits)["log_loss"] == multiclass_report(y, logits)["log_loss"]


def test_too_extreme_logits_have_a_slope_below_one(calibrated):
    y, z = calibrated
    assert calibration(y, 2 * z)["slope"] == pytest.approx(calibration(y, z)["slope"] / 2, rel=1e-6)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: binary_report([], []), ValueError, "y is empty"),
        (lambda: binary_report([0, 0], [0.1, 0.2]), ValueError, "y has no sample of class 1"),
        (lambda: binary_report([0, 2], [0.1, 0.2]), ValueError, "y takes labels 0…1"),
        (lambda: binary_report([0, 1], [0.1, 1.2]), ValueError, r"p takes probabilities in \[0, 1\]"),
        (lambda: binary_report([0, 1], [0.1, np.nan]), ValueError, "p holds NaN"),
        (lambda: binary_report([0, 1], [[0.1], [0.2]]), ValueError, "p takes a 1-dimensional array"),
        (lambda: binary_report([0, 1], [0.1, 0.2, 0.3]), ValueError, r"same shape, got \(2,\) and \(3,\)"),
        (lambda: binary_report([0, 1], [0.1, 0.2], threshold=1), ValueError, "threshold"),
        (lambda: multiclass_report([0, 1], [0.1, 0.2]), ValueError, "logits takes a 2-dimensional array"),
        (lambda: multiclass_report([0, 3], np.zeros((2, 3))), ValueError, "y takes labels 0…2, got 0 to 3"),
        (lambda: multiclass_report([0], np.zeros((2, 3))), ValueError, "same number of samples, got 1 and 2"),
        (lambda: multiclass_report([0, 1], [[0.1], [0.1, 0.2]]), ValueError, "rows of equal length"),
        (lambda: multiclass_report([0, 0], [[1.0], [2.0]]), ValueError, "K of at least 2"),
        (lambda: binary_report([0, 1], ["0.1", "0.2"]), TypeError, "p takes an array of real numbers"),
        (lambda: calibration([0, 1, 0, 1], [-2.0, 1.0, -1.0, 2.0]), ValueError, "separate the two classes"),
        (lambda: calibration([0, 1], [0.0, 0.0]), ValueError, "or are constant"),
        (lambda: calibration([0, 1], [0.0, np.inf]), ValueError, "logits holds NaN or infinity"),
    ],
)
def test_bad_input_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()
