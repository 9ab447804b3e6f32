"""What small experiments give: a number, or the error that is raised, and a table of both."""

import re
from collections.abc import Mapping

from companion import _checks

WIDTH = 60  # characters of an error's message


def outcome(call):
    """Return the number that a call gives, or the error that it raises, in words.

    Parameters
    ----------
    call : callable
        Takes no argument and returns one number, or a tensor that holds one.

    Returns
    -------
    float or str
        The number; or the error's type and the beginning of the line that says what is wrong: the first of its message,
        or, of a TensorFlow graph, the one below where it was built.

    Raises
    ------
    TypeError
        If `call` cannot be called.

    Examples
    --------
    >>> outcome(lambda: 1 / 4)
    0.25
    >>> outcome(lambda: 1 / 0)
    'ZeroDivisionError: division by zero'
    """
    if not callable(call):
        raise TypeError(f"call takes a function without arguments, got {_checks.shown(call)}.")
    try:
        return float(call())
    except Exception as error:  # whatever it is: it is what the experiment shows
        line = _said(str(error))
        return f"{type(error).__name__}: {line[:WIDTH]}{'…' * (len(line) > WIDTH)}"


def table(values, *columns):
    """Return a table with a row for each name: numbers to four digits, errors in words.

    Parameters
    ----------
    values : dict of str to (float or str), or to sequences of these
        What `outcome` returned, or numbers, by the name of the experiment: one for each column.
    *columns : str
        Names of the columns; "outcome" if there is none. With several columns an error is shown by its type alone.

    Returns
    -------
    pandas.DataFrame
        Texts, for display.

    Raises
    ------
    ValueError, TypeError
        If `values` is no dictionary or is empty, or a row has not one value for each column.

    Examples
    --------
    >>> print(table({"1 / 2": [0.5, 0.5], "1 / 0": ["ZeroDivisionError: division by zero", "inf"]}, "int", "array"))
                         int array
    1 / 2                0.5   0.5
    1 / 0  ZeroDivisionError   inf
    """
    import pandas as pd

    if not isinstance(values, Mapping) or not values:
        raise TypeError(f"values takes a dictionary of experiments by name, got {_checks.shown(values)}.")
    columns = columns or ("outcome",)
    rows = {name: list(row) if isinstance(row, (list, tuple)) else [row] for name, row in values.items()}
    for name, row in rows.items():
        if len(row) != len(columns):
            raise ValueError(f"values[{name!r}] takes {len(columns)} value(s), one for each column, got {len(row)}.")
    words = {name: [_words(each, short=len(columns) > 1) for each in row] for name, row in rows.items()}
    return pd.DataFrame.from_dict(words, orient="index", columns=list(columns))


def _said(message):
    """Return the line of an error's message that says what is wrong."""
    line, *below = re.sub(r"\{\{.*?\}\} ", "", message).strip().split("\n")  # without TensorFlow's names of nodes
    if line == "Graph execution error:":  # then come the calls that built it, the words, the nodes again
        line = [each for each in below if each.strip() and not each[0].isspace()][-1]
        line = re.sub(r"^Error in user-defined function .* Iterator::\S+ ", "", line)
    return line


def _words(value, *, short):
    if isinstance(value, str):
        return value.partition(":")[0] if short else value
    return f"{float(value):.4g}"
