"""A comparison fails when the two differ, and says where; it passes when they agree."""

import json

import numpy as np
import pytest

from companion.compare import assert_parity, claim, differ, side_by_side


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
        ([np.ones(2), np.ones(3)], [np.ones(2)], "PyTorch has 2 arrays, TensorFlow 1"),
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


def test_side_by_side_shows_both_columns_as_text():
    table = side_by_side({"recall": 0.91234, "tp": 20}, {"recall": 0.5, "tp": 21}, digits=2)
    assert table.to_dict() == {"PyTorch": {"recall": "0.91", "tp": "20"}, "TensorFlow": {"recall": "0.50", "tp": "21"}}


def test_side_by_side_groups_nested_reports():
    table = side_by_side({"plain": {"tp": 1}, "weighted": {"tp": 2}}, {"plain": {"tp": 1}, "weighted": {"tp": 2}})
    assert list(table.columns) == [
        ("plain", "PyTorch"),
        ("plain", "TensorFlow"),
        ("weighted", "PyTorch"),
        ("weighted", "TensorFlow"),
    ]


def test_side_by_side_refuses_different_names():
    with pytest.raises(ValueError, match="take the same names"):
        side_by_side({"a": 1}, {"b": 1})


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "pytorch takes a mapping"),
        ([1], "pytorch takes a mapping"),
        ({"recall": np.zeros(3)}, "single numbers.*'recall'"),
    ],
)
def test_side_by_side_takes_mappings_of_single_numbers(table, message):
    with pytest.raises(TypeError, match=message):
        side_by_side(table, table)


def test_a_claim_prints_one_row_and_is_collected(tmp_path, monkeypatch, capsys):
    path = tmp_path / "claims.jsonl"
    monkeypatch.setenv("COMPANION_CLAIMS", str(path))
    claim("recall", 0.75, 0.75 + 1e-14, atol=1e-12)
    assert capsys.readouterr().out == "recall: PyTorch 0.75, TensorFlow 0.75, difference < 1e-12\n"
    (row,) = map(json.loads, path.read_text().splitlines())
    assert row["claim"] == "recall" and row["atol"] == 1e-12
    assert row["difference"] == pytest.approx(1e-14, rel=0.01)


def test_a_claim_that_does_not_hold_fails_with_its_text_and_is_not_collected(tmp_path, monkeypatch):
    path = tmp_path / "claims.jsonl"
    monkeypatch.setenv("COMPANION_CLAIMS", str(path))
    with pytest.raises(AssertionError, match="recall: PyTorch and TensorFlow differ by 0.1"):
        claim("recall", 0.7, 0.8, atol=1e-12)
    assert not path.exists()


def test_a_claim_takes_single_figures():
    with pytest.raises(ValueError, match=r"pytorch takes one figure, got shape \(2,\)"):
        claim("recall", [0.1, 0.2], [0.1, 0.2], atol=1e-12)
    with pytest.raises(TypeError, match="text takes some words"):
        claim("", 0.1, 0.1, atol=1e-12)


def test_a_difference_prints_one_row_and_is_collected(tmp_path, monkeypatch, capsys):
    path = tmp_path / "claims.jsonl"
    monkeypatch.setenv("COMPANION_CLAIMS", str(path))
    differ("rate", 0.25, 1.0, at_least=0.75, seen="seen on version 1")
    assert capsys.readouterr().out == "rate: PyTorch 0.25, TensorFlow 1, difference at least 0.75\n"
    (row,) = map(json.loads, path.read_text().splitlines())
    assert row == {"claim": "rate", "pytorch": 0.25, "tensorflow": 1.0, "at_least": 0.75, "difference": 0.75}


@pytest.mark.parametrize("tensorflow", [0.25, 0.9, float("nan")])
def test_a_difference_that_is_gone_fails_with_its_text_and_versions(tensorflow, tmp_path, monkeypatch):
    path = tmp_path / "claims.jsonl"
    monkeypatch.setenv("COMPANION_CLAIMS", str(path))
    with pytest.raises(
        AssertionError, match="rate: PyTorch 0.25 .* no longer differ by 0.75. .* was seen on version 1"
    ):
        differ("rate", 0.25, tensorflow, at_least=0.75, seen="seen on version 1")
    assert not path.exists()


def test_a_difference_takes_single_figures_words_and_a_positive_bound():
    with pytest.raises(ValueError, match=r"pytorch takes one figure, got shape \(2,\)"):
        differ("rate", [0.1, 0.2], 0.3, at_least=0.1, seen="here")
    with pytest.raises(TypeError, match="text takes some words"):
        differ(" ", 0.1, 0.3, at_least=0.1, seen="here")
    with pytest.raises(ValueError, match="at_least"):
        differ("rate", 0.1, 0.3, at_least=0, seen="here")


@pytest.mark.parametrize(
    ("a", "b", "error", "message"),
    [
        ([], [], ValueError, r"PyTorch's values are empty \(shape \(0,\)\): there is nothing to compare"),
        ("1", "1", TypeError, "PyTorch's values take real numbers"),
        ([1 + 1j], [1 + 1j], TypeError, "real numbers, got dtype complex128"),
        ([[1], [1, 2]], [[1], [1, 2]], ValueError, "rows of unequal length"),
        ([1.0], None, TypeError, "TensorFlow's values take real numbers"),
    ],
)
def test_a_comparison_of_nothing_or_of_other_things_is_refused(a, b, error, message):
    with pytest.raises(error, match=message):
        assert_parity(a, b, atol=1e-12)
