"""The sentences with which bad input is refused.

Every check names the argument, what it got and what it takes. A check returns the value in the form in which its
caller needs it, so that a function begins with its checks and then speaks of its subject alone.
"""

import difflib
import math
import numbers

import numpy as np


def one_of(argument, value, options):
    """Return `value` if it is one of the names in `options`; otherwise say which name is nearest."""
    options = list(options)
    if not isinstance(value, str):
        raise TypeError(f"{argument} takes one of: {', '.join(map(repr, options))}; got {shown(value)}.")
    if value in options:
        return value
    nearest = difflib.get_close_matches(value.lower(), options, n=1, cutoff=0.4)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    raise ValueError(f"{argument}={value!r} is not known.{hint} It takes one of: {', '.join(map(repr, options))}.")


def number(argument, value, *, above=None, least=None, below=None):
    """Return `value` as a float if it is one finite number within the bounds."""
    bounds = [(above, "above"), (least, "of at least"), (below, "below")]
    wanted = "one finite number " + " and ".join(f"{words} {bound}" for bound, words in bounds if bound is not None)
    wanted = wanted.strip()
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{argument} takes {wanted}, got {shown(value)}.")
    try:
        result = float(value)
    except OverflowError:
        result = math.inf
    outside = (
        not math.isfinite(result)
        or (above is not None and result <= above)
        or (least is not None and result < least)
        or (below is not None and result >= below)
    )
    if outside:
        raise ValueError(f"{argument} takes {wanted}, got {shown(value)}.")
    return result


def whole(argument, value, *, least=0):
    """Return `value` as an int if it is one whole number of at least `least`."""
    wanted = f"one whole number of at least {least}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{argument} takes {wanted}, got {shown(value)}.")
    if value < least:
        raise ValueError(f"{argument} takes {wanted}, got {value}.")
    return int(value)


def array(argument, values, *, ndim=None):
    """Return `values` as a float64 array: not empty, not ragged, without NaN or infinity, of `ndim` axes."""
    wanted = "an array of real numbers, rows of equal length"
    try:
        result = np.asarray(values)
        if result.dtype.kind not in "biufO":
            raise TypeError(f"{argument} takes {wanted}; got dtype {result.dtype}.")
        result = result.astype(np.float64, copy=False)
    except (ValueError, RuntimeError, OverflowError) as error:  # ragged; a tensor that needs its gradient; 10**400
        raise ValueError(f"{argument} takes {wanted}; got {shown(values)}.") from error
    if ndim is not None and result.ndim != ndim:
        raise ValueError(f"{argument} takes a {ndim}-dimensional array, got shape {result.shape}.")
    if result.size == 0:
        raise ValueError(f"{argument} is empty (shape {result.shape}).")
    if not np.isfinite(result).all():
        where = np.argwhere(~np.isfinite(result))
        raise ValueError(
            f"{argument} holds NaN or infinity in {len(where)} places, first at index {tuple(where[0].tolist())}."
        )
    return result


def class_vector(argument, values, *, n_classes):
    """Return `values` as ``(K,)`` float64 if it holds one positive finite number for each class."""
    result = array(argument, values, ndim=1)
    if len(result) != n_classes:
        raise ValueError(f"{argument} takes one number for each of the {n_classes} classes, got {len(result)}.")
    if (result <= 0).any():
        first = int(np.argmax(result <= 0))
        raise ValueError(f"{argument} takes positive numbers, got {result[first]} for class {first}.")
    return result


def probabilities(argument, values, *, ndim=None):
    """Return `values` as a float64 array if all lie in [0, 1]."""
    result = array(argument, values, ndim=ndim)
    if (result < 0).any() or (result > 1).any():
        raise ValueError(f"{argument} takes probabilities in [0, 1], got {result.min():g} to {result.max():g}.")
    return result


def labels(argument, y):
    """Return `y` as int64, ``(n,)``, not empty; what is int64 already is passed on without a copy."""
    wanted = "a one-dimensional array of whole-number labels"
    try:
        result = np.asarray(y)
    except ValueError as error:
        raise ValueError(f"{argument} takes {wanted}, got rows of unequal length.") from error
    if result.ndim != 1:
        raise ValueError(f"{argument} takes {wanted}, got shape {result.shape}.")
    if result.size == 0:
        raise ValueError(f"{argument} is empty.")
    if result.dtype.kind not in "biuf":
        raise TypeError(f"{argument} takes {wanted}, got dtype {result.dtype}.")
    if result.dtype.kind in "uf":
        whole_numbers = (np.abs(result) < 2**53) & (result == np.floor(result))  # False for NaN and infinity
        if not whole_numbers.all():
            first = int(np.argmin(whole_numbers))
            raise ValueError(f"{argument} takes {wanted}, got {result[first]} at index {first}.")
    return result.astype(np.int64, copy=False)


def labels_below(argument, y, *, n_classes):
    """Refuse labels outside 0…K−1; a class may be absent."""
    if y.min() < 0 or y.max() >= n_classes:
        raise ValueError(f"{argument} takes labels 0…{n_classes - 1}, got {y.min()} to {y.max()}.")


def counts(argument, y, *, n_classes=None):
    """Return the samples of each class, ``(K,)`` int64, if `y` holds labels 0…K−1 and each class has a sample."""
    y = labels(argument, y)
    n_classes = None if n_classes is None else whole("n_classes", n_classes, least=2)
    last = int(y.max())
    if n_classes is not None and last >= n_classes:
        raise ValueError(f"{argument} takes labels 0…{n_classes - 1} (n_classes={n_classes}), got {last}.")
    classes = max(last + 1, n_classes or 0)
    if classes > len(y):
        # Some class is empty, and counting them all could exhaust the memory.
        raise ValueError(f"{argument} has {len(y)} samples for {classes} classes; every class 0…K−1 needs a sample.")
    try:
        result = np.bincount(y, minlength=n_classes or 0)
    except ValueError as error:
        raise ValueError(f"{argument} takes labels from 0 on, got {y.min()}.") from error
    if len(result) < 2:
        raise ValueError(f"{argument} holds a single class, {last}; it takes at least two.")
    if not result.all():
        absent = ", ".join(map(str, np.flatnonzero(result == 0)))
        raise ValueError(f"{argument} has no sample of class {absent}; every class 0…{len(result) - 1} needs one.")
    return result


def binary_labels(argument, y):
    """Return `y` as an integer array if it holds both labels 0 and 1 and nothing else."""
    y = labels(argument, y)
    counts(argument, y, n_classes=2)
    return y


def same_length(first, a, second, b):
    """Refuse two arrays whose first axes differ."""
    if len(a) != len(b):
        raise ValueError(f"{first} and {second} take the same number of samples, got {len(a)} and {len(b)}.")


def same_shape(first, a, second, b):
    """Refuse two arrays or tensors of different shapes: ``(n,)`` against ``(n, 1)`` would broadcast to ``(n, n)``.

    A size that a TensorFlow graph does not know yet is None, and equal to any other.
    """
    a, b = tuple(a.shape), tuple(b.shape)
    if len(a) != len(b) or any(None not in sizes and sizes[0] != sizes[1] for sizes in zip(a, b, strict=True)):
        raise ValueError(f"{first} and {second} take the same shape, got {a} and {b}.")


def shown(value):
    """Return a short description of a refused value."""
    text = repr(value)
    return f"{text if len(text) <= 40 else text[:37] + '...'} ({type(value).__name__})"
