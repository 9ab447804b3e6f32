"""An experiment ends in a number or in an error, and a table shows both."""

import numpy as np
import pytest

from companion.outcomes import outcome, table

BUILT = "Graph execution error:\n\nDetected at node mul defined at (most recent call last):\n"


def raising(message):
    raise ValueError(message)


def test_a_number_is_returned_as_a_float():
    assert outcome(lambda: np.float64(0.5)) == 0.5 and isinstance(outcome(lambda: np.array(2)), float)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("no such class", "ValueError: no such class"),
        ("first line\nsecond", "ValueError: first line"),
        ("{{function_node __a__}} Received −100", "ValueError: Received −100"),
        ("x" * 200, "ValueError: " + "x" * 60 + "…"),
        ("", "ValueError: "),
        (
            BUILT + '  File "a.py", line 1, in f\n\nNot in [0, 2)\n\t [[{{node mul}}]] [Op:f]',
            "ValueError: Not in [0, 2)",
        ),
        (
            BUILT
            + "<stack traces unavailable>\nError in user-defined function passed to MapDataset:338 transformation "
            "with iterator: Iterator::Root::Map: Not in [0, 2)\n\t [[{{node GatherV2}}]]",
            "ValueError: Not in [0, 2)",
        ),
    ],
)
def test_an_error_is_told_by_its_type_and_the_line_that_says_what_is_wrong(message, words):
    assert outcome(lambda: raising(message)) == words


def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match="call takes a function without arguments, got 1"):
        outcome(1)


def test_numbers_have_four_digits_and_errors_their_words():
    found = table({"a": 1 / 3, "b": "ValueError: no"})
    assert found["outcome"].tolist() == ["0.3333", "ValueError: no"] and found.index.tolist() == ["a", "b"]


def test_with_several_columns_an_error_is_its_type():
    assert table({"a": [0.0, "ValueError: no"]}, "eager", "graph").loc["a"].tolist() == ["0", "ValueError"]


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
