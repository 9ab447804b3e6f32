"""Comparing the two frameworks: on arrays, so that this module needs neither of them."""

import json
import os
from collections.abc import Mapping

import numpy as np

from companion import _checks


def assert_parity(a, b, *, atol):
    """Raise unless two arrays have the same shape and agree in every entry.

    Parameters
    ----------
    a, b : array_like of float, or sequence of arrays
        PyTorch's values and TensorFlow's. Lists of arrays, such as the weights of a model, are compared one by one.
    atol : float
        Largest difference allowed in any entry, positive.

    Raises
    ------
    AssertionError
        If the shapes or any values differ; the message names the shapes, or the largest difference and where it is.
        NaN and infinity agree with nothing.
    ValueError, TypeError
        If `atol` is not one positive finite number; if there is nothing to compare, or it is not made of real numbers.

    Notes
    -----
    There is no relative part: what is compared is near one in size. Used in every notebook.

    Examples
    --------
    >>> assert_parity([1.0, 2.0], [1.0, 2.0 + 1e-14], atol=1e-12)
    >>> assert_parity([1.0, 2.0], [1.0, 2.5], atol=1e-12)
    Traceback (most recent call last):
    ...
    AssertionError: PyTorch and TensorFlow differ by 0.5 at index (1,), more than 1e-12: 2.0 and 2.5.
    """
    atol = _checks.number("atol", atol, above=0)
    if _is_list_of_arrays(a) and _is_list_of_arrays(b):
        if len(a) != len(b):
            raise AssertionError(f"PyTorch has {len(a)} arrays, TensorFlow {len(b)}.")
        for i, pair in enumerate(zip(a, b, strict=True)):
            _assert_arrays_agree(*pair, atol, where=f"in array {i} ")
    else:
        _assert_arrays_agree(a, b, atol, where="")


def side_by_side(pytorch, tensorflow, *, digits=3):
    """Return one table of the same figures in both frameworks.

    Parameters
    ----------
    pytorch, tensorflow : mapping of str to number, or mapping of str to such mappings
        The same names in the same order. Of nested mappings, the outer names become the groups of columns.
    digits : int, optional
        Decimals of floats; whole numbers are shown as they are.

    Returns
    -------
    pandas.DataFrame of str
        One row for each name, one column for PyTorch and one for TensorFlow, in each group.

    Raises
    ------
    ValueError, TypeError
        If the two are not mappings, do not hold the same names in the same order, or hold anything but single numbers.

    Notes
    -----
    Entries are text, so that a stored table repeats to the letter. Used in notebook 00.

    Examples
    --------
    >>> print(side_by_side({"recall": 0.5, "tp": 3}, {"recall": 0.5, "tp": 3}))
           PyTorch TensorFlow
    recall   0.500      0.500
    tp           3          3
    """
    import pandas as pd

    digits = _checks.whole("digits", digits)
    for argument, value in (("pytorch", pytorch), ("tensorflow", tensorflow)):
        if not isinstance(value, Mapping) or not value:
            raise TypeError(f"{argument} takes a mapping of names to numbers, got {_checks.shown(value)}.")
    if list(pytorch) != list(tensorflow):
        raise ValueError(
            f"pytorch and tensorflow take the same names in the same order, got {list(pytorch)} and {list(tensorflow)}."
        )
    if all(isinstance(value, Mapping) for value in [*pytorch.values(), *tensorflow.values()]):
        groups = {name: side_by_side(pytorch[name], tensorflow[name], digits=digits) for name in pytorch}
        return pd.concat(groups, axis=1)
    columns = {"PyTorch": pytorch, "TensorFlow": tensorflow}
    return pd.DataFrame(
        {
            title: {name: _text(name, value, digits) for name, value in column.items()}
            for title, column in columns.items()
        }
    )


def claim(text, pytorch, tensorflow, *, atol):
    """Assert that both frameworks give the same figure, and print it as one row.

    Parameters
    ----------
    text : str
        What the figure is, in a few words.
    pytorch, tensorflow : float
        The figure in each framework.
    atol : float
        Largest difference allowed, positive.

    Raises
    ------
    AssertionError
        If they differ by more than `atol`, or one is NaN; the message repeats the claim.
    ValueError, TypeError
        If a figure is not one number, or `atol` is not one positive finite number.

    Notes
    -----
    `make course` ends with the table of all claims. To that end the row is also appended, as one line of JSON, to the
    file that the environment variable ``COMPANION_CLAIMS`` names, if it is set. Used in every notebook.

    Examples
    --------
    >>> claim("recall on the test part", 0.5, 0.5, atol=1e-12)
    recall on the test part: PyTorch 0.5, TensorFlow 0.5, difference < 1e-12
    """
    text = _words(text)
    pytorch, tensorflow = _figure("pytorch", pytorch), _figure("tensorflow", tensorflow)
    try:
        assert_parity(pytorch, tensorflow, atol=atol)
    except AssertionError as error:
        raise AssertionError(f"{text}: {error}") from None
    _record({"claim": text, "pytorch": pytorch, "tensorflow": tensorflow, "atol": atol})
    print(f"{text}: PyTorch {pytorch:.4g}, TensorFlow {tensorflow:.4g}, difference < {atol:g}")


def differ(text, pytorch, tensorflow, *, at_least, seen):
    """Assert that the two frameworks give different figures, and print both as one row: a trap that is still there.

    Parameters
    ----------
    text : str
        What the figure is, in a few words; it names the trap.
    pytorch, tensorflow : float
        The figure in each framework, left as it comes by default.
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
        If a figure is not one number, or `at_least` is not one positive finite number.

    Notes
    -----
    The row is collected as those of `claim` are. Used in notebooks 08a and 08b.

    Examples
    --------
    >>> differ("SGD, default rate", 0.001, 0.01, at_least=0.005, seen="torch 2.13.0 / TensorFlow 2.21.0")
    SGD, default rate: PyTorch 0.001, TensorFlow 0.01, difference at least 0.005
    """
    text, at_least = _words(text), _checks.number("at_least", at_least, above=0)
    pytorch, tensorflow = _figure("pytorch", pytorch), _figure("tensorflow", tensorflow)
    if not abs(pytorch - tensorflow) >= at_least:
        raise AssertionError(
            f"{text}: PyTorch {pytorch} and TensorFlow {tensorflow} no longer differ by {at_least:g}. "
            f"The difference was {seen}; if a newer version has mended it, correct the text."
        )
    _record({"claim": text, "pytorch": pytorch, "tensorflow": tensorflow, "at_least": at_least})
    print(f"{text}: PyTorch {pytorch:.4g}, TensorFlow {tensorflow:.4g}, difference at least {at_least:g}")


def _words(text):
    if not isinstance(text, str) or not text.strip():
        raise TypeError(f"text takes some words that say what the figure is, got {_checks.shown(text)}.")
    return text


def _record(row):
    """Append a row, with its difference, to the file of claims, if there is one."""
    if path := os.environ.get("COMPANION_CLAIMS"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(row | {"difference": abs(row["pytorch"] - row["tensorflow"])}) + "\n")


def _is_list_of_arrays(value):
    return isinstance(value, (list, tuple)) and any(isinstance(part, np.ndarray) for part in value)


def _assert_arrays_agree(a, b, atol, where):
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


def _numbers(side, values):
    """Return what one framework gave as float64; NaN may be in it, and then agrees with nothing."""
    try:
        values = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{side}'s values are rows of unequal length.") from error
    if values.dtype.kind not in "biuf":
        raise TypeError(f"{side}'s values take real numbers, got dtype {values.dtype}.")
    if values.size == 0:
        raise ValueError(f"{side}'s values are empty (shape {values.shape}): there is nothing to compare.")
    return values.astype(np.float64)


def _figure(side, value):
    """Return one figure as a float: a number, or an array or a tensor that holds one and has no axes."""
    if np.ndim(value):
        raise ValueError(f"{side} takes one figure, got shape {np.shape(value)}.")
    return float(_numbers(side, value.detach() if hasattr(value, "detach") else value))


def _text(name, value, digits):
    if np.ndim(value) or np.asarray(value).dtype.kind not in "biufU":
        raise TypeError(f"side_by_side takes single numbers, got {_checks.shown(value)} for {name!r}.")
    return f"{value:.{digits}f}" if np.asarray(value).dtype.kind == "f" else str(value)
