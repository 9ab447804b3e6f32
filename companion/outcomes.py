"""What small experiments give: a number, or the error that is raised, and a table of both."""

from collections.abc import Mapping

from companion import _checks


def outcome(call):
    """Return the number that a call gives, or the type of the error that it raises.

    Parameters
    ----------
    call : callable
        Takes no argument and returns one number, or a tensor that holds one.

    Returns
    -------
    float or str
        The number; or the error's type. Its message is left out: a library words it anew from version to version, and
        stored outputs are compared.

    Raises
    ------
    TypeError
        If `call` cannot be called.

    Examples
    --------
    >>> outcome(lambda: 1 / 4)
    0.25
    >>> outcome(lambda: 1 / 0)
    'ZeroDivisionError'
    """
    if not callable(call):
        raise TypeError(f"call takes a function without arguments, got {_checks.shown(call)}.")
    try:
        return float(call())
    except Exception as error:  # whatever it is: it is what the experiment shows
        return type(error).__name__


def table(values, *columns):
    """Return a table with a row for each name: numbers to four digits, errors by their type.

    Parameters
    ----------
    values : dict of str to (float or str), or to sequences of these
        What `outcome` returned, or numbers, by the name of the experiment: one for each column.
    *columns : str
        Names of the columns; "outcome" if there is none.

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
    >>> print(table({"1 / 2": [0.5, 0.5], "1 / 0": ["ZeroDivisionError", "inf"]}, "int", "array"))
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
    words = {
        name: [each if isinstance(each, str) else f"{float(each):.4g}" for each in row] for name, row in rows.items()
    }
    return pd.DataFrame.from_dict(words, orient="index", columns=list(columns))
