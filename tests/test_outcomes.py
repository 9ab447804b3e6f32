"""An experiment ends in a number or in an error, and a table shows both."""

import numpy as np
import pytest

from companion.outcomes import outcome, table


def raising(message):
    raise ValueError(message)


def test_a_number_is_returned_as_a_float():
    assert outcome(lambda: np.float64(0.5)) == 0.5 and isinstance(outcome(lambda: np.array(2)), float)


@pytest.mark.parametrize("message", ["no such class", "first line\nsecond", ""])
def test_an_error_is_told_by_its_type_whatever_its_message(message):
    assert outcome(lambda: raising(message)) == "ValueError"


def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match="call takes a function without arguments, got 1"):
        outcome(1)


def test_numbers_have_four_digits_and_errors_their_type():
    found = table({"a": 1 / 3, "b": "ValueError"})
    assert found["outcome"].tolist() == ["0.3333", "ValueError"] and found.index.tolist() == ["a", "b"]


def test_each_column_holds_what_its_way_gave():
    assert table({"a": [0.0, "ValueError"]}, "eager", "graph").loc["a"].tolist() == ["0", "ValueError"]


@pytest.mark.parametrize(
    ("values", "error", "sentence"),
    [
        ({}, TypeError, "values takes a dictionary"),
        ([1.0], TypeError, "values takes a dictionary"),
        ({"a": [1.0, 2.0]}, ValueError, r"values\['a'\] takes 1 value\(s\)"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(values, error, sentence):
    with pytest.raises(error, match=sentence):
        table(values)
