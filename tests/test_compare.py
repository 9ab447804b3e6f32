"""A comparison fails when the two differ, and says where; it passes when they agree."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from companion.compare import agreed, assert_parity, claim, differ, holds, side_by_side


def both(pytorch, tensorflow):
    return {"PyTorch": pytorch, "TensorFlow": tensorflow}


@dataclass
class Run:
    logits: np.ndarray
    loss: float


@pytest.fixture
def collected(tmp_path, monkeypatch):
    """Return a function that reads what has been collected so far."""
    path = tmp_path / "claims.jsonl"
    monkeypatch.setenv("COMPANION_CLAIMS", str(path))
    return lambda: [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_equal_within_the_tolerance_passes():
    assert_parity([1.0, 2.0], np.array([1.0, 2.0]) + 9e-13, atol=1e-12)
    assert_parity(1.0, 1.0, atol=1e-12)
    assert_parity([np.ones((2, 3)), np.zeros(3)], [np.ones((2, 3)), np.zeros(3)], atol=1e-12)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([1.0, 2.0], [1.0, 2.1], r"differ by 0.1 at index \(1,\), more than 1e-12: 2.0 and 2.1"),
        ([1.0, np.nan], [1.0, np.nan], r"differ by nan at index \(1,\)"),
        ([1.0, 2.0], [[1.0], [2.0]], r"shape \(2,\), TensorFlow \(2, 1\)"),
        ([np.ones(2), np.ones(3)], [np.ones(2)], "PyTorch has array 0, array 1; TensorFlow array 0"),
        ([np.ones(2), np.ones(3)], [np.ones(2), np.zeros(3)], "differ in array 1 by 1"),
        (np.inf, np.inf, "differ by nan"),
    ],
)
def test_a_difference_fails_and_is_described(a, b, message):
    with pytest.raises(AssertionError, match=message):
        assert_parity(a, b, atol=1e-12)


@pytest.mark.parametrize("atol", [0, -1, np.nan])
def test_a_tolerance_that_is_none_is_refused(atol):
    with pytest.raises(ValueError, match="atol"):
        assert_parity(1.0, 1.0, atol=atol)


@pytest.mark.parametrize(
    "value",
    [
        0.5,
        np.arange(3.0),
        {"recall": np.arange(3.0), "weights": [np.ones((2, 1)), np.zeros(1)]},
        [{"a": 1.0}, {"a": 2.0}],
        Run(np.ones((2, 3)), 0.25),
        Run(np.ones((2, 0)), 0.25),
        pd.DataFrame({"TP": [1, 2], "F1": [0.5, 0.25]}),
    ],
)
def test_what_both_agree_on_comes_back_once_and_as_it_came(value):
    assert agreed(both(value, value)) is value
    assert agreed({"TensorFlow": value}) is value


def test_pytorch_s_comes_back_whatever_the_order():
    ours, theirs = np.ones(2), np.ones(2)
    assert agreed({"TensorFlow": theirs, "PyTorch": ours}) is ours


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (0.5, 0.6, r"differ by 0.1 at index \(\)"),
        (np.zeros(2), np.zeros((2, 1)), r"shape \(2,\), TensorFlow \(2, 1\)"),
        ({"recall": 1.0}, {"recall": 0.5}, "differ in 'recall' by 0.5"),
        ({"recall": 1.0}, {"precision": 1.0}, "PyTorch has 'recall'; TensorFlow 'precision'"),
        (Run(np.zeros(2), 1.0), Run(np.array([0, 1.0]), 1.0), r"differ in logits by 1 at index \(1,\)"),
        ({"w": [np.ones(1), np.ones(1)]}, {"w": [np.ones(1), np.zeros(1)]}, "differ in 'w' in array 1 by 1"),
        (np.array([np.nan]), np.array([np.nan]), "differ by nan"),
    ],
)
def test_what_they_do_not_agree_on_is_named(a, b, message):
    with pytest.raises(AssertionError, match=message):
        agreed(both(a, b))


def test_the_tolerance_is_that_asked_for():
    assert agreed(both(1.0, 1.0 + 1e-7), atol=1e-6) == 1.0
    with pytest.raises(AssertionError):
        agreed(both(1.0, 1.0 + 1e-7))


@pytest.mark.parametrize(
    ("by_framework", "error", "message"),
    [
        ({}, ValueError, r"by_framework takes a dictionary .* got the names \[\]"),
        ({"PyTorch": 1.0, "Tensorflow": 1.0}, ValueError, r"got the names \['PyTorch', 'Tensorflow'\]"),
        ([1.0, 1.0], TypeError, "by_framework takes a dictionary"),
        (both({}, {}), ValueError, "nothing to compare"),
        (both("a", "a"), TypeError, "PyTorch's values take real numbers"),
    ],
)
def test_what_is_no_pair_of_values_is_refused(by_framework, error, message):
    with pytest.raises(error, match=message):
        agreed(by_framework)


def test_side_by_side_shows_both_columns_as_text():
    table = side_by_side(both({"recall": 0.91234, "tp": 20}, {"recall": 0.5, "tp": 21}), digits=2)
    assert table.to_dict() == both({"recall": "0.91", "tp": "20"}, {"recall": "0.50", "tp": "21"})


def test_side_by_side_groups_nested_reports():
    nested = {"plain": {"tp": 1}, "weighted": {"tp": 2}}
    assert list(side_by_side(both(nested, nested)).columns) == [
        ("plain", "PyTorch"),
        ("plain", "TensorFlow"),
        ("weighted", "PyTorch"),
        ("weighted", "TensorFlow"),
    ]


def test_side_by_side_refuses_different_names_and_one_framework():
    with pytest.raises(ValueError, match="take the same names"):
        side_by_side(both({"a": 1}, {"b": 1}))
    with pytest.raises(ValueError, match="that of PyTorch alone"):
        side_by_side({"PyTorch": {"a": 1}})


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, r"by_framework\['PyTorch'\] takes a mapping"),
        ([1], r"by_framework\['PyTorch'\] takes a mapping"),
        ({"recall": np.zeros(3)}, "single numbers.*'recall'"),
    ],
)
def test_side_by_side_takes_mappings_of_single_numbers(table, message):
    with pytest.raises(TypeError, match=message):
        side_by_side(both(table, table))


def test_a_claim_prints_one_row_and_is_collected(collected, capsys):
    claim("recall", both(0.75, 0.75 + 1e-14), atol=1e-12)
    assert capsys.readouterr().out == "recall: PyTorch 0.75, TensorFlow 0.75, difference < 1e-12\n"
    (row,) = collected()
    assert row["claim"] == "recall" and row["atol"] == 1e-12
    assert row["difference"] == pytest.approx(1e-14, rel=0.01)


def test_a_claim_about_arrays_counts_their_values(collected, capsys):
    claim("logits", both({"a": np.zeros((40, 30)), "b": 1.0}, {"a": np.full((40, 30), 1e-12), "b": 1.0}))
    assert capsys.readouterr().out == "logits: 1,201 values agree, difference < 1e-10\n"
    assert collected() == [{"claim": "logits", "values": 1201, "atol": 1e-10, "difference": 1e-12}]


@pytest.mark.parametrize("a, b", [(0.7, 0.8), ([0.7], [0.8]), (0.7, np.nan), (0.7, [0.7])])
def test_a_claim_that_does_not_hold_fails_with_its_text_and_is_not_collected(a, b, collected):
    with pytest.raises(AssertionError, match="recall: PyTorch "):
        claim("recall", both(a, b), atol=1e-12)
    assert collected() == []


def test_a_claim_takes_words_and_both_frameworks():
    with pytest.raises(TypeError, match="text takes some words"):
        claim("", both(0.1, 0.1))
    with pytest.raises(ValueError, match="what both frameworks gave, got that of TensorFlow alone"):
        claim("recall", {"TensorFlow": 0.1})


def test_a_difference_prints_one_row_and_is_collected(collected, capsys):
    differ("rate", both(0.25, 1.0), at_least=0.75, seen="seen on version 1")
    assert capsys.readouterr().out == "rate: PyTorch 0.25, TensorFlow 1, difference at least 0.75\n"
    (row,) = collected()
    assert row == {"claim": "rate", "pytorch": 0.25, "tensorflow": 1.0, "at_least": 0.75, "difference": 0.75}


@pytest.mark.parametrize("tensorflow", [0.25, 0.9, float("nan")])
def test_a_difference_that_is_gone_fails_with_its_text_and_versions(tensorflow, collected):
    with pytest.raises(
        AssertionError, match="rate: PyTorch 0.25 .* no longer differ by 0.75. .* was seen on version 1"
    ):
        differ("rate", both(0.25, tensorflow), at_least=0.75, seen="seen on version 1")
    assert collected() == []


def test_a_difference_takes_single_figures_words_and_a_positive_bound():
    with pytest.raises(ValueError, match=r"PyTorch takes one figure, got shape \(2,\)"):
        differ("rate", both([0.1, 0.2], 0.3), at_least=0.1, seen="here")
    with pytest.raises(TypeError, match="text takes some words"):
        differ(" ", both(0.1, 0.3), at_least=0.1, seen="here")
    with pytest.raises(ValueError, match="at_least"):
        differ("rate", both(0.1, 0.3), at_least=0, seen="here")


@pytest.mark.parametrize(
    "condition",
    [
        True,
        np.True_,
        [True, True],
        np.ones((2, 3)) > 0,
        pd.Series([1, 2]) > 0,
        pd.DataFrame({"a": [1, 2], "b": [3.0, 4.0]}) > 0,
        pd.Series([True, True], dtype="boolean"),
        pd.DataFrame({"a": [True], "b": pd.array([True], dtype="boolean")}),
    ],
)
def test_what_holds_is_printed_with_a_tick_and_collected(condition, collected, capsys):
    holds("recall rises", condition)
    assert capsys.readouterr().out == "✓ recall rises\n"
    assert collected() == [{"check": "recall rises"}]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (False, r"^This does not hold: recall rises\.$"),
        ([True, False, False], r"recall rises \(true in 1 of 3 places\)\.$"),
        (pd.DataFrame({"a": [True, True], "b": [True, False]}), "true in 3 of 4 places"),
        (pd.Series([True, None, True], dtype="boolean"), "true in 2 of 3 places"),
        (pd.Series([True, np.nan]), "true in 1 of 2 places"),
    ],
)
def test_what_is_false_or_missing_somewhere_does_not_hold(condition, message, collected):
    with pytest.raises(AssertionError, match=message):
        holds("recall rises", condition)
    assert collected() == []


@pytest.mark.parametrize(
    ("condition", "error", "message"),
    [
        ([], ValueError, r"condition takes True and False, got none \(shape \(0,\)\): nothing would be checked"),
        (pd.Series([1, 2]).diff().iloc[:0] > 0, ValueError, "nothing would be checked"),
        (1, TypeError, "condition takes True and False, got 1"),
        ([1.0, 0.0], TypeError, "condition takes True and False"),
        (None, TypeError, "condition takes True and False, got None"),
        (np.array([True, "yes"], dtype=object), TypeError, "condition takes True and False"),
    ],
)
def test_what_is_no_condition_is_refused(condition, error, message):
    with pytest.raises(error, match=message):
        holds("recall rises", condition)


@pytest.mark.parametrize(
    ("a", "b", "error", "message"),
    [
        ([], [], ValueError, "there is nothing to compare"),
        ("1", "1", TypeError, "PyTorch's values take real numbers"),
        ([1 + 1j], [1 + 1j], TypeError, "real numbers, got dtype complex128"),
        ([[1], [1, 2]], [[1], [1, 2]], ValueError, "rows of unequal length"),
        ([1.0], None, TypeError, "TensorFlow's values take real numbers"),
    ],
)
def test_a_comparison_of_nothing_or_of_other_things_is_refused(a, b, error, message):
    with pytest.raises(error, match=message):
        assert_parity(a, b, atol=1e-12)
