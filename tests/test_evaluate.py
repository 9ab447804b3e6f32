"""The reports against counting by hand, and the calibration against what weighting is known to do to it."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit, logit
from sklearn import metrics

from companion.evaluate import (
    binary_report,
    calibration,
    calibrations,
    frame,
    multiclass_report,
    paired,
    rates,
    shown,
    spread,
)

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
    report = multiclass_report([0, 0, 2], 2 * np.eye(3)[[0, 0, 2]])
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


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "uint64", "float16", "float32"])
def test_labels_of_any_whole_dtype_are_the_same_labels(dtype):
    y = np.array([0, 1, 1, 0])
    logits = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [3.0, 1.0]])
    assert binary_report(y.astype(dtype), [0.1, 0.8, 0.4, 0.6]) == binary_report(y, [0.1, 0.8, 0.4, 0.6])
    assert multiclass_report(y.astype(dtype), logits)["log_loss"] == multiclass_report(y, logits)["log_loss"]


@pytest.mark.parametrize("scale", [1e150, 1e300])
def test_logits_whose_squares_overflow_have_a_slope(calibrated, scale):
    y, z = calibrated
    slope = calibration(y[:500], z[:500] * scale)["slope"]
    assert slope * scale == pytest.approx(calibration(y[:500], z[:500])["slope"], rel=1e-6)


def test_columns_named_by_their_classes_are_taken_by_their_names():
    logits = np.array([[2.0, 0.0, 0.0], [0.0, 1.0, 3.0], [0.0, 0.0, 3.0]])
    named = pd.DataFrame(logits, columns=[0, 1, 2])[[2, 0, 1]]
    assert multiclass_report([0, 1, 2], named)["log_loss"] == multiclass_report([0, 1, 2], logits)["log_loss"]


@pytest.mark.parametrize("report", [binary_report, calibration])
def test_rows_whose_indices_differ_are_refused_and_equal_ones_taken(report):
    y, z = pd.Series([0, 1, 0, 1], index=list("abcd")), pd.Series([0.2, 0.3, 0.4, 0.9], index=list("abcd"))
    z = z if report is binary_report else 3 * z
    assert report(y, z) == report(y.to_numpy(), z.to_numpy())
    with pytest.raises(ValueError, match=r"y and .* same order, got two different indices; align them .\.loc."):
        report(y, z.sort_values(ascending=False))


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
        (lambda: calibration([0, 1, 0], [0.2, 0.5, 0.7]), ValueError, r"log-odds, .*as probabilities are; take log\(p"),
        (lambda: multiclass_report([0, 1], [[0.9, 0.1], [0.2, 0.8]]), ValueError, r"they sum to 1.; take log\(p\)"),
        (lambda: binary_report([0, 1], [[0.9, 0.1], [0.2, 0.8]]), ValueError, "1-dimensional.*take one of its columns"),
        (lambda: binary_report([[0], [1]], [0.1, 0.2]), ValueError, r"got shape \(2, 1\); take its only column"),
    ],
)
def test_bad_input_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_calibrations_are_those_of_each_model():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, (3, 40))
    logits = rng.normal(size=(2, 3, 40)) + y
    found = calibrations(y, logits)
    assert {name: values.shape for name, values in found.items()} == dict.fromkeys(
        ("intercept", "slope", "brier"), (2, 3)
    )
    for w, s in np.ndindex(2, 3):
        assert {name: values[w, s] for name, values in found.items()} == calibration(y[s], logits[w, s])
    assert calibrations(y[0], logits[0, 0])["slope"].shape == ()


@pytest.mark.parametrize(
    ("y", "logits", "message"),
    [
        (
            np.zeros((2, 4)),
            np.zeros((3, 4)),
            r"y takes a shape that broadcasts to that of logits, \(3, 4\); got \(2, 4\)",
        ),
        (1, 2.0, "take an axis of samples"),
        ([0, 1, 0, 1], [[2.0, 0.0, 0.0, 2.0], [0.0, 2.0, 0.0, 2.0]], r"Model \(1,\): logits separate"),
    ],
)
def test_calibrations_names_the_model_that_has_none(y, logits, message):
    with pytest.raises(ValueError, match=message):
        calibrations(y, logits)


COUNTS = np.arange(6).reshape(2, 3)


def test_a_frame_has_a_row_for_each_cell():
    table = frame({"TP": COUNTS, "FP": -COUNTS}, w=[0.5, 20], split=range(3))
    assert table.index.names == ["w", "split"] and list(table.columns) == ["TP", "FP"]
    for (i, w), split in ((pair, s) for pair in enumerate([0.5, 20]) for s in range(3)):
        assert tuple(table.loc[(w, split)]) == (COUNTS[i, split], -COUNTS[i, split])


def test_a_frame_of_one_axis_has_a_plain_index():
    table = frame({"F1": [0.5, 0.75]}, cut=np.array([0.25, 0.5]))
    assert table.index.name == "cut" and not isinstance(table.index, pd.MultiIndex)
    assert table.loc[0.5, "F1"] == 0.75


@pytest.mark.parametrize(
    ("columns", "axes", "error", "message"),
    [
        (
            {"TP": COUNTS},
            {"split": range(3), "w": [1, 2]},
            ValueError,
            r"split, w have shape \(3, 2\); column 'TP' has \(2, 3\)",
        ),
        ({"TP": COUNTS}, {"w": [1, 2]}, ValueError, r"have shape \(2,\); column 'TP'"),
        ({"TP": COUNTS}, {}, TypeError, "takes the values along each axis"),
        ({"TP": COUNTS}, {"w": [1, 1], "split": range(3)}, ValueError, r"w takes different values.*; got \[1, 1\]"),
        ({}, {"w": [1]}, TypeError, "columns takes a dictionary"),
        ([1], {"w": [1]}, TypeError, "columns takes a dictionary"),
    ],
)
def test_a_frame_refuses_arrays_that_do_not_fit_its_axes(columns, axes, error, message):
    with pytest.raises(error, match=message):
        frame(columns, **axes)


def test_the_spread_is_numpy_s_mean_and_deviation():
    values = np.random.default_rng(0).normal(size=(2, 5))
    text = spread(frame({"a": values}, w=[0.125, 64], split=range(5)), digits=4)
    assert list(text.index) == ["0.125", "64"]
    assert list(text["a"]) == [f"{row.mean():.4f} ± {row.std():.4f}" for row in values]


def test_the_spread_over_another_level_of_some_rows_in_their_order():
    table = frame({"a": [[1.0, 3.0], [5.0, 9.0], [0.0, 0.0]]}, method=["x", "y", "z"], split=range(2))
    assert spread(table["a"], by="method", rows=["y", "x"], digits=1)["a"].to_dict() == {
        "y": "7.0 ± 2.0",
        "x": "2.0 ± 1.0",
    }


def test_the_spread_hides_no_missing_number():
    text = spread(frame({"precision": [[np.nan, 0.5], [0.5, 0.5]]}, w=[1, 2], split=range(2)))
    assert list(text["precision"]) == ["nan", "0.500 ± 0.000"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"by": "weight"}, "by='weight' is not known"),
        ({"rows": [3]}, r"rows takes values of 'w', which has \[1, 2\]; got 3"),
        ({"digits": -1}, "digits takes"),
    ],
)
def test_the_spread_refuses_what_is_not_there(arguments, message):
    with pytest.raises(ValueError, match=message):
        spread(frame({"a": COUNTS}, w=[1, 2], split=range(3)), **arguments)


def test_every_value_has_its_own_row_in_the_spread():
    values = [[1.0, 3.0], [5.0, 9.0]]
    for w, rows in {
        (None, 9.0): ["9", "nan"],
        (10**6, 10**6 + 1): ["1000000", "1000001"],
        ((1, 1), (1, 9)): ["(1, 1)", "(1, 9)"],
    }.items():
        assert sorted(spread(frame({"a": values}, w=w, split=range(2))).index) == rows


def test_one_number_has_no_spread():
    with pytest.raises(ValueError, match="at least two rows"):
        spread(frame({"a": [1.0, 2.0]}, w=[1, 2]))


def test_paired_differences_are_scipy_s_paired_t_test():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 20))
    found = paired(frame({"x": a}, split=range(20))["x"], frame({"x": b}, split=range(20))["x"])
    test = stats.ttest_rel(a, b)
    assert found["mean"] / found["standard error"] == pytest.approx(test.statistic, rel=1e-12)
    assert tuple(found[["low", "high"]]) == pytest.approx(tuple(test.confidence_interval(0.95)), rel=1e-12)
    assert (found["larger"], found["of"]) == ((a > b).sum(), 20)


def test_pairs_are_found_by_their_names_not_by_their_places():
    first = frame({"x": [1.0, 2.0, 4.0]}, split=range(3))
    second = frame({"x": [4.0, 2.0, 1.0]}, split=[2, 1, 0])
    assert paired(first, second)["mean"] == 0 and paired(first, second)["larger"] == 0
    one, other = first["x"].rename("one"), second["x"].rename("other")
    pd.testing.assert_series_equal(paired(one, other), paired(first, second))


def test_levels_pair_by_their_names_not_by_their_order():
    first = frame({"a": np.arange(12.0).reshape(2, 2, 3) ** 2}, m=[1, 2], w=[1, 2], split=range(3))
    found = paired(first, first.reorder_levels(["w", "split", "m"]).sort_index())
    assert (found["mean"] == 0).all() and found.index.names[:2] == ["m", "w"]


def test_each_weight_and_each_column_is_compared_with_the_one_result_without_a_weight():
    rng = np.random.default_rng(2)
    values = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    table = frame({"recall": values[0], "precision": values[1]}, w=[1, 2, 4], split=range(4))
    plain = table.loc[1]
    found = paired(table, plain)
    assert found.loc[(4, "precision"), "mean"] == pytest.approx((values[1][2] - values[1][0]).mean())
    assert found.loc[(1, "recall"), "standard error"] == 0
    series = paired(table["recall"], plain["recall"])
    pd.testing.assert_frame_equal(series, found.xs("recall", level=-1))
    pd.testing.assert_frame_equal(paired(table, table.iloc[::-1]) * 0, found * 0 + [0, 0, 0, 0, 0, 0])


@pytest.mark.parametrize(
    ("first", "second", "error", "message"),
    [
        (
            pd.DataFrame({"a": [1.0]}),
            pd.DataFrame({"a": [1.0]}),
            ValueError,
            "first takes an index with a level 'split'",
        ),
        (
            frame({"a": [1.0]}, split=[0]),
            frame({"a": [1.0]}, split=[0]),
            ValueError,
            "at least two values of 'split', got 1",
        ),
        (
            frame({"a": [1.0, 2]}, split=[0, 1]),
            frame({"a": [1.0, 2]}, split=[0, 2]),
            ValueError,
            "the same values of 'split'",
        ),
        (
            frame({"a": [1.0, 2]}, split=[0, 1]),
            frame({"b": [1.0, 2]}, split=[0, 1]),
            ValueError,
            "the same other rows and",
        ),
        (
            frame({"a": [1.0, 2]}, split=[0, 1]),
            frame({"a": [np.nan, 2]}, split=[0, 1]),
            ValueError,
            "1 differences are missing",
        ),
        (
            frame({"a": [1.0, 2]}, split=[0, 1]).rename({1: 0}),
            frame({"a": [1.0, 2]}, split=[0, 1]).rename({1: 0}),
            ValueError,
            "its index repeats some",
        ),
        (
            frame({"a": [[1.0, 2]]}, w=[1], split=[0, 1]),
            frame({"a": [[1.0, 2]]}, weight=[1], split=[0, 1]),
            ValueError,
            r"second takes .* the levels of first, \['w', 'split'\], or 'split' alone; got \['weight', 'split'\]",
        ),
        (frame({"a": [1.0, 2]}, split=[0, 1]), frame({"a": [1.0, 2]}, split=[0, 1])["a"], TypeError, "got one of each"),
        ([1.0], [1.0], TypeError, "table takes a DataFrame or a Series, got list"),
    ],
)
def test_results_that_do_not_pair_are_refused(first, second, error, message):
    with pytest.raises(error, match=message):
        paired(first, second)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.5, "-0.5"),
        (1e-7 / 3, "0.0000000333"),
        (0.99951, "1"),
        (99.94, "99.9"),
        (99.96, "100"),
        (1e6, "1,000,000"),
        (7, "7"),
        (12345, "12,345"),
        (np.inf, "inf"),
        (np.nan, "nan"),
        ("words", "words"),
        (True, True),
    ],
)
def test_numbers_are_shown_to_three_digits_without_exponents(value, text):
    assert shown(pd.DataFrame({"a": pd.Series([value], dtype=object)})).iat[0, 0] == text


def test_rates_over_leading_axes_are_those_of_each_row():
    rng = np.random.default_rng(0)
    y, alarms = rng.integers(0, 2, size=(3, 40)), rng.random((2, 3, 40)) < 0.3
    found = rates(y, alarms)
    for i in range(2):
        for j in range(3):
            report = binary_report(y[j], alarms[i, j].astype(float))
            assert found["alarms"][i, j] == report["tp"] + report["fp"]
            assert found["precision"][i, j] == pytest.approx(report["precision"])
            assert found["recall"][i, j] == pytest.approx(report["recall"])


def test_rates_that_are_not_defined_are_missing():
    found = rates([0, 0], [False, False])
    assert found["alarms"] == 0 and np.isnan(found["precision"]) and np.isnan(found["recall"])


@pytest.mark.parametrize(
    ("y", "alarms", "words"),
    [
        ([0, 1], [0.2, 0.7], "alarms takes an array of True and False"),
        ([0, 2], [True, False], "y takes labels 0 and 1"),
        ([0, 1, 1], [True, False], r"y takes the shape of alarms or its last axes, \(2,\); got \(3,\)"),
    ],
)
def test_rates_refuse_what_is_no_decision(y, alarms, words):
    with pytest.raises((ValueError, TypeError), match=words):
        rates(y, alarms)


def test_a_probability_just_above_one_is_refused_with_its_digits():
    with pytest.raises(ValueError, match=r"p takes probabilities in \[0, 1\], got 0.25 to 1.0000001"):
        binary_report([0, 1], [0.25, 1.0000001])
