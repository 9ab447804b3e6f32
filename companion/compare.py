"""Comparing the two frameworks: on arrays, so that this module needs neither of them.

What a notebook compares comes as a dictionary by framework, ``{"PyTorch": …, "TensorFlow": …}``. Losses themselves are
compared by `same_loss` and `describe`, which stand in `companion.same_loss` and load a framework when they are called.
"""

import dataclasses
import json
import os
from collections.abc import Mapping

import numpy as np

from companion import _checks

FRAMEWORKS = ("PyTorch", "TensorFlow")


def __getattr__(name):
    """Offer what compares losses here, too, and load it only when it is asked for: it takes a second."""
    if name in ("assert_same_loss", "describe", "same_loss"):
        from companion import same_loss

        return getattr(same_loss, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def agreed(by_framework, *, atol=1e-10):
    """Return what both frameworks computed, once, after asserting that they computed the same.

    So what follows is computed, tabulated and drawn from one set of arrays: in the full notebook, where both frameworks
    gave it, and in a notebook of one framework, where that one did.

    Parameters
    ----------
    by_framework : dict of str to value
        What "PyTorch" computed, and what "TensorFlow" did, or one of them. A value is a number, an array, a table of
        numbers, a dataclass such as `Sweep`, or dictionaries and lists of these.
    atol : float, optional
        Largest difference allowed in any entry, positive.

    Returns
    -------
    value
        PyTorch's, as it came; that of the one framework, if there is one.

    Raises
    ------
    AssertionError
        If the two differ; the message says by how much and where. NaN and infinity agree with nothing.
    ValueError, TypeError
        If `by_framework` is not as above, tables have other rows or columns, or `atol` is not one positive finite
        number.

    Examples
    --------
    >>> agreed({"PyTorch": np.array([1.0, 2.0]), "TensorFlow": np.array([1.0, 2.0 + 1e-14])})
    array([1., 2.])
    >>> agreed({"TensorFlow": 0.5})
    0.5
    """
    found = _by_framework(by_framework)
    atol = _checks.number("atol", atol, above=0)
    if len(found) == 2:
        _compared(*found.values(), atol)
    return next(iter(found.values()))


def claim(text, by_framework, *, atol=1e-10):
    """Assert that both frameworks give the same figure, or the same array, and print it as one row.

    Parameters
    ----------
    text : str
        What the figure is, in a few words.
    by_framework : dict of str to value
        What "PyTorch" gave and what "TensorFlow" gave: a number, or anything that `agreed` takes.
    atol : float, optional
        Largest difference allowed, positive.

    Raises
    ------
    AssertionError
        If they differ by more than `atol`, or one holds NaN; the message repeats the claim.
    ValueError, TypeError
        If `text` is empty, `by_framework` lacks a framework, or `atol` is not one positive finite number.

    Notes
    -----
    `make course` ends with the table of all claims. To that end the row is also appended, as one line of JSON, to the
    file that the environment variable ``COMPANION_CLAIMS`` names, if it is set.

    Examples
    --------
    >>> claim("recall on the test part", {"PyTorch": 0.5, "TensorFlow": 0.5}, atol=1e-12)
    recall on the test part: PyTorch 0.5, TensorFlow 0.5, difference < 1e-12
    >>> claim("logits of the test part", {"PyTorch": np.zeros((40, 30)), "TensorFlow": np.zeros((40, 30))})
    logits of the test part: 1,200 values agree, difference < 1e-10
    """
    text, (pytorch, tensorflow) = _words(text), _pair(by_framework)
    atol = _checks.number("atol", atol, above=0)
    try:
        size, difference = _compared(pytorch, tensorflow, atol)
    except AssertionError as error:
        raise AssertionError(f"{text}: {error}") from None
    if _parts(pytorch) is None and np.ndim(pytorch) == 0:
        pytorch, tensorflow = _figure("PyTorch", pytorch), _figure("TensorFlow", tensorflow)
        seen, shown = {"pytorch": pytorch, "tensorflow": tensorflow}, _figures(pytorch, tensorflow)
    else:
        seen, shown = {"values": size}, f"{size:,} values agree"
    _record({"claim": text, **seen, "atol": atol, "difference": difference})
    print(f"{text}: {shown}, difference < {atol:g}")


def differ(text, by_framework, *, at_least, seen):
    """Assert that the two frameworks give different figures, and print both as one row: a trap that is still there.

    Parameters
    ----------
    text : str
        What the figure is, in a few words; it names the trap.
    by_framework : dict of str to float
        The figure that "PyTorch" gives and that "TensorFlow" gives, each left as it comes by default.
    at_least : float
        Smallest difference that counts, positive.
    seen : str
        The versions on which the difference was seen.

    Raises
    ------
    AssertionError
        If they differ by less than `at_least`, or one is NaN; the message repeats the text and the versions, since a
        newer version may have mended the trap.
    ValueError, TypeError
        If a figure is not one number, `by_framework` lacks a framework, or `at_least` is not one positive finite
        number.

    Notes
    -----
    The row is collected as those of `claim` are.

    Examples
    --------
    >>> rates = {"PyTorch": 0.001, "TensorFlow": 0.01}
    >>> differ("SGD, default rate", rates, at_least=0.005, seen="torch 2.13.0 / TensorFlow 2.21.0")
    SGD, default rate: PyTorch 0.001, TensorFlow 0.01, difference at least 0.005
    """
    text, at_least = _words(text), _checks.number("at_least", at_least, above=0)
    pytorch, tensorflow = (_figure(name, value) for name, value in zip(FRAMEWORKS, _pair(by_framework), strict=True))
    difference = abs(pytorch - tensorflow)
    if not difference >= at_least:
        raise AssertionError(
            f"{text}: PyTorch {pytorch} and TensorFlow {tensorflow} no longer differ by {at_least:g}. "
            f"The difference was {seen}; if a newer version has mended it, correct the text."
        )
    row = {"claim": text, "pytorch": pytorch, "tensorflow": tensorflow, "at_least": at_least}
    _record(row | {"difference": difference})
    print(f"{text}: {_figures(pytorch, tensorflow)}, difference at least {at_least:g}")


def holds(text, condition):
    """Assert a sentence of the text, and print it with a tick.

    Parameters
    ----------
    text : str
        The sentence.
    condition : bool, or array_like, Series or DataFrame of bool
        What must be true, everywhere.

    Raises
    ------
    AssertionError
        If it is false somewhere, or missing, as pandas' NA and NaN are; the message repeats the sentence and counts.
    ValueError, TypeError
        If `text` is empty, `condition` is empty, so that nothing would be checked, has masked entries, or holds
        anything but True and False.

    Notes
    -----
    The sentence is collected as the rows of `claim` are.

    Examples
    --------
    >>> holds("recall rises with every weight", np.diff([0.1, 0.4, 0.7]) > 0)
    ✓ recall rises with every weight
    >>> holds("precision rises, too", np.diff([0.9, 0.8, 0.85]) > 0)
    Traceback (most recent call last):
    ...
    AssertionError: This does not hold: precision rises, too (true in 1 of 2 places).
    """
    text, condition = _words(text), _conditions(condition)
    if not condition.all():
        where = f" (true in {condition.sum():,} of {condition.size:,} places)" if condition.ndim else ""
        raise AssertionError(f"This does not hold: {text}{where}.")
    _record({"check": text})
    print(f"✓ {text}")


def assert_parity(a, b, *, atol):
    """Raise unless two arrays have the same shape and agree in every entry.

    Parameters
    ----------
    a, b : array_like of float, or anything else that `agreed` takes
        PyTorch's values and TensorFlow's. Lists of arrays, such as the weights of a model, are compared one by one.
    atol : float
        Largest difference allowed in any entry, positive.

    Raises
    ------
    AssertionError
        If the shapes or any values differ; the message names the shapes, or the largest difference and where it is.
        NaN and infinity agree with nothing.
    ValueError, TypeError
        If `atol` is not one positive finite number; if there is nothing to compare, it is not made of real numbers, or
        entries are masked; if tables have other rows or columns.

    Notes
    -----
    There is no relative part: what is compared is near one in size.

    Examples
    --------
    >>> assert_parity([1.0, 2.0], [1.0, 2.0 + 1e-14], atol=1e-12)
    >>> assert_parity([1.0, 2.0], [1.0, 2.5], atol=1e-12)
    Traceback (most recent call last):
    ...
    AssertionError: PyTorch and TensorFlow differ by 0.5 at index (1,), more than 1e-12: 2.0 and 2.5.
    """
    _compared(a, b, _checks.number("atol", atol, above=0))


def side_by_side(by_framework, *, digits=3):
    """Return one table of the same figures in both frameworks.

    Parameters
    ----------
    by_framework : dict of str to mapping
        Of "PyTorch" and of "TensorFlow" a mapping of names to numbers, or of names to such mappings: the same names in
        the same order. Of nested mappings, the outer names become the groups of columns.
    digits : int, optional
        Decimals of floats; whole numbers are shown as they are.

    Returns
    -------
    pandas.DataFrame of str
        One row for each name, one column for PyTorch and one for TensorFlow, in each group.

    Raises
    ------
    ValueError, TypeError
        If a framework is missing, the two are not mappings, do not hold the same names in the same order, or hold
        anything but single numbers.

    Notes
    -----
    Entries are text, so that a stored table repeats to the letter.

    Examples
    --------
    >>> print(side_by_side({"PyTorch": {"recall": 0.5, "tp": 3}, "TensorFlow": {"recall": 0.5, "tp": 3}}))
           PyTorch TensorFlow
    recall   0.500      0.500
    tp           3          3
    """
    import pandas as pd

    digits, (pytorch, tensorflow) = _checks.whole("digits", digits), _pair(by_framework)
    for name, value in zip(FRAMEWORKS, (pytorch, tensorflow), strict=True):
        if not isinstance(value, Mapping) or not value:
            raise TypeError(f"by_framework[{name!r}] takes a mapping of names to numbers, got {_checks.shown(value)}.")
    if list(pytorch) != list(tensorflow):
        raise ValueError(
            f"PyTorch and TensorFlow take the same names in the same order, got {list(pytorch)} and {list(tensorflow)}."
        )
    if all(isinstance(value, Mapping) for value in [*pytorch.values(), *tensorflow.values()]):
        groups = {
            name: side_by_side({"PyTorch": pytorch[name], "TensorFlow": tensorflow[name]}, digits=digits)
            for name in pytorch
        }
        return pd.concat(groups, axis=1)
    return pd.DataFrame(
        {
            title: {name: _text(name, value, digits) for name, value in column.items()}
            for title, column in zip(FRAMEWORKS, (pytorch, tensorflow), strict=True)
        }
    )


def _words(text):
    if not isinstance(text, str) or not text.strip():
        raise TypeError(f"text takes some words that say what is compared or holds, got {_checks.shown(text)}.")
    return text


def _by_framework(values):
    """Return what each framework gave, PyTorch first, if there is at least one and no other name."""
    wanted = 'a dictionary {"PyTorch": …, "TensorFlow": …}, or one of the two'
    if not isinstance(values, Mapping):
        raise TypeError(f"by_framework takes {wanted}, got {_checks.shown(values)}.")
    if not values or not set(values) <= set(FRAMEWORKS):
        raise ValueError(f"by_framework takes {wanted}, got the names {list(values)}.")
    return {name: values[name] for name in FRAMEWORKS if name in values}


def _pair(values):
    """Return what PyTorch gave and what TensorFlow gave."""
    values = _by_framework(values)
    if len(values) < len(FRAMEWORKS):
        (only,) = values
        raise ValueError(f"by_framework takes what both frameworks gave, got that of {only} alone.")
    return tuple(values.values())


def _record(row):
    """Append a row to the file of claims, if there is one."""
    if path := os.environ.get("COMPANION_CLAIMS"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def _compared(a, b, atol):
    """Return how many numbers agree, and their largest difference; raise where `a` and `b` differ by more."""
    size, difference = _parts_compared(a, b, atol, where="")
    if not size:
        raise ValueError("PyTorch's values and TensorFlow's are empty: there is nothing to compare.")
    return size, difference


def _parts_compared(a, b, atol, where):
    parts = _parts(a), _parts(b)
    if None in parts:
        return _arrays_compared(a, b, atol, where)
    ours, theirs = parts
    if ours.keys() != theirs.keys():
        names = ([name.removeprefix("in ") for name in part] for part in parts)
        raise AssertionError(f"PyTorch has {where}{', '.join(next(names))}; TensorFlow {', '.join(next(names))}.")
    found = [_parts_compared(part, theirs[name], atol, f"{where}{name} ") for name, part in ours.items()]
    return sum(size for size, _ in found), max((difference for _, difference in found), default=0.0)


def _parts(value):
    """Return the parts of a dataclass, a dictionary or a list of arrays, by where they are; None of one array."""
    if dataclasses.is_dataclass(value):
        return {f"in {field.name}": getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {f"in {name!r}": part for name, part in value.items()}
    if isinstance(value, (list, tuple)) and any(hasattr(part, "shape") or _parts(part) is not None for part in value):
        return {f"in array {i}": part for i, part in enumerate(value)}
    return None


def _arrays_compared(a, b, atol, where):
    _checks.same_rows("PyTorch's values", a, "TensorFlow's", b)
    columns = [list(values.columns) for values in (a, b) if hasattr(values, "columns")]
    if len(columns) == 2 and columns[0] != columns[1]:
        raise ValueError(
            f"PyTorch's values and TensorFlow's take the same columns in the same order, got {columns[0]} and "
            f"{columns[1]}."
        )
    a, b = _numbers("PyTorch", a), _numbers("TensorFlow", b)
    if a.shape != b.shape:
        raise AssertionError(f"PyTorch has {where}shape {a.shape}, TensorFlow {b.shape}.")
    with np.errstate(invalid="ignore"):  # infinity minus infinity
        difference = np.abs(a - b)
    if not (difference <= atol).all():
        worst = np.unravel_index(np.argmax(np.where(np.isnan(difference), np.inf, difference)), a.shape)
        raise AssertionError(
            f"PyTorch and TensorFlow differ {where}by {difference[worst]:.3g} at index {tuple(map(int, worst))}, "
            f"more than {atol:g}: {a[worst]} and {b[worst]}."
        )
    return a.size, float(difference.max(initial=0.0))


def _numbers(side, values):
    """Return what one framework gave as float64; NaN may be in it, and then agrees with nothing."""
    _checks.unmasked(f"What {side} gave", values)
    try:
        values = _checks.as_numpy(values)
    except ValueError as error:
        raise ValueError(f"{side}'s values are rows of unequal length.") from error
    if values.dtype.kind not in "biuf":
        raise TypeError(f"{side}'s values take real numbers, got dtype {values.dtype}.")
    return values.astype(np.float64)


def _figure(side, value):
    """Return one figure as a float: a number, or an array or a tensor that holds one and has no axes."""
    if np.ndim(value):
        raise ValueError(f"{side} takes one figure, got shape {np.shape(value)}.")
    return float(_numbers(side, value))


def _figures(pytorch, tensorflow):
    return f"PyTorch {pytorch:.4g}, TensorFlow {tensorflow:.4g}"


def _conditions(values):
    """Return what must be true as an array of bool, not empty; what is missing is not true."""
    wanted = "condition takes True and False"
    _checks.unmasked("condition", values)
    found = np.asarray(values)
    if found.size == 0:
        raise ValueError(f"{wanted}, got none (shape {found.shape}): nothing would be checked.")
    if found.dtype == object:  # pandas' nullable booleans, and columns of bool with gaps
        import pandas as pd

        missing = pd.isna(found)
        known = found[~missing]
        if known.size and all(isinstance(value, (bool, np.bool_)) for value in known):
            found = np.where(missing, False, found).astype(bool)
    if found.dtype != bool:
        raise TypeError(f"{wanted}, got {_checks.shown(values)}.")
    return found


def _text(name, value, digits):
    number = _checks.as_numpy(value)
    if number.ndim or number.dtype.kind not in "biufU":
        raise TypeError(f"side_by_side takes single numbers, got {_checks.shown(value)} for {name!r}.")
    return f"{number:.{digits}f}" if number.dtype.kind == "f" else str(value)
