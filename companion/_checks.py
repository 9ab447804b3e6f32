"""The sentences with which bad input is refused.

Every check names the argument, what it got and what it takes. A check returns the value in the form in which its
caller needs it, so that a function begins with its checks and then speaks of its subject alone.
"""

import difflib
import math
import numbers

import numpy as np

NUMBERED = "np.unique(y, return_inverse=True)[1] numbers the classes from 0 on"


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
        way_out = "; take float(…) of it" if hasattr(value, "dtype") else ""  # torch.compile knows no NumPy scalar
        raise TypeError(f"{argument} takes {wanted}, got {shown(value)}{way_out}.")
    try:
        result = float(value)
    except OverflowError:
        result = math.inf
    outside = (
        not -math.inf < result < math.inf  # math.isfinite breaks the graph of torch.compile
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
        way_out = "; take int(…) of it" if hasattr(value, "dtype") else ""
        raise TypeError(f"{argument} takes {wanted}, got {shown(value)}{way_out}.")
    if value < least:
        raise ValueError(f"{argument} takes {wanted}, got {value}.")
    return int(value)


def unmasked(argument, values):
    """Refuse an array with masked entries, which NumPy would read as the numbers behind the mask."""
    masked = np.ma.getmaskarray(values).sum() if isinstance(values, np.ma.MaskedArray) else 0
    if masked:
        raise ValueError(
            f"{argument} is a masked array with {masked} masked entries; take .compressed() to drop them, "
            "or .filled(…) to give them a value."
        )


def as_numpy(values):
    """Return what NumPy makes of `values`, also of a tensor with a gradient or in bfloat16, which it does not know."""
    if hasattr(values, "detach"):  # a torch.Tensor
        values = values.detach().cpu()
        values = values.double() if values.is_floating_point() else values
    result = np.asarray(values)
    if result.dtype.kind == "V" and result.dtype.names is None:  # TensorFlow's bfloat16
        result = result.astype(np.float64)
    return result


def plain(argument, values, wanted):
    """Return `values` as a NumPy array of real numbers: the one place that knows in what users keep their numbers.

    Lists, arrays, Series, DataFrames and dense tensors are read by position. What hides a number (a mask), has no order
    (a mapping, a set) or no rows (a generator, a sparse matrix) is refused with the way out.
    """
    unmasked(argument, values)
    given = values  # described only where it is refused: the repr of an array takes milliseconds
    try:
        result = as_numpy(values)
        if result.dtype.kind == "O":
            if result.ndim == 0 or any(isinstance(value, (str, bytes)) for value in result.flat):
                raise TypeError
            result = result.astype(np.float64)
    except (TypeError, NotImplementedError) as error:  # NotImplementedError: a tensor of a TensorFlow graph
        raise TypeError(f"{argument} takes {wanted}; got {shown(given)}{_way_out(values)}.") from error
    except (ValueError, RuntimeError, OverflowError) as error:  # ragged; a tensor inside torch.func; 10**400
        raise ValueError(f"{argument} takes {wanted}; got {shown(given)}{_way_out(values)}.") from error
    if result.dtype.kind not in "biuf":
        raise TypeError(f"{argument} takes {wanted}; got dtype {result.dtype}{_way_out(given)}.")
    return result


def _way_out(values):
    """Return what to do about values that NumPy cannot read."""
    if isinstance(values, (dict, set, frozenset)):
        return ", which has no order of samples; take a list or an array"
    if hasattr(values, "__next__"):
        return "; take list(…) of it"
    if hasattr(values, "toarray"):
        return "; take .toarray()"
    if hasattr(values, "to_dense"):
        return "; take .to_dense() if it is sparse"
    if hasattr(values, "dense_shape"):
        return "; take tf.sparse.to_dense of it"
    if any(hasattr(values, name) for name in ("element_spec", "dataset", "tensors")):  # a loader, or what it loads
        return "; take the arrays that it was made of"
    if isinstance(values, (list, tuple)) and any(hasattr(value, "detach") for value in values):
        return "; take torch.stack(…) of it"
    if isinstance(values, (list, tuple)) and not any(isinstance(value, (str, bytes)) for value in values):
        return ", rows of unequal length or entries that are no numbers"
    return ""


def array(argument, values, *, ndim=None):
    """Return `values` as a float64 array: not empty, not ragged, without NaN or infinity, of `ndim` axes."""
    result = plain(argument, values, "an array of real numbers, rows of equal length").astype(
        np.float64, order="C", copy=False
    )
    if ndim is not None and result.ndim != ndim:
        hint = "; take one of its columns" if (ndim, result.ndim) == (1, 2) else ""
        raise ValueError(f"{argument} takes a {ndim}-dimensional array, got shape {result.shape}{hint}.")
    if result.size == 0:
        raise ValueError(f"{argument} is empty (shape {result.shape}).")
    if not np.isfinite(result).all():
        where = np.argwhere(~np.isfinite(result))
        raise ValueError(
            f"{argument} holds NaN or infinity in {len(where)} places, first at index {tuple(where[0].tolist())}."
        )
    return result


def by_class(argument, values, *, n_classes):
    """Return the values of a mapping or a Series in the order of its keys 0…K−1; others as they are.

    ``y.value_counts()`` is sorted by count: read by position, it would give each class another's number.
    """
    if not hasattr(values, "keys") or len(getattr(values, "shape", (0,))) != 1:  # a DataFrame has keys, too
        return values
    keys = list(values.keys())
    if len(keys) != n_classes or set(keys) != set(range(n_classes)):
        raise ValueError(
            f"{argument} takes the keys 0…{n_classes - 1}, one for each class, got the keys {shown(keys)}; "
            "give it those keys, or a list in the order of the classes."
        )
    by_key = dict(values.items())
    return [by_key[k] for k in range(n_classes)]


def columns_by_class(values):
    """Return a DataFrame whose columns are named 0…K−1, in that order; also in letters, as floats or as False and True.

    Anything else is returned as it is.
    """
    if len(getattr(values, "shape", ())) == 2 and hasattr(values, "columns"):
        classes = range(values.shape[1])
        place = {name: i for i, name in enumerate(values.columns)}
        for names in (list(classes), [str(k) for k in classes]):  # 1.0 and True are equal to 1, as labels and as keys
            if set(place) == set(names):
                return values.iloc[:, [place[name] for name in names]]
    return values


def class_vector(argument, values, *, n_classes):
    """Return `values` as ``(K,)`` float64 if it holds one positive finite number for each class.

    A mapping, as Keras has it, and a Series are read by their keys 0…K−1.
    """
    if isinstance(values, str):
        raise TypeError(
            f"{argument} takes one number for each of the {n_classes} classes, got {shown(values)}; "
            "companion.weights.class_weights computes them from labels."
        )
    result = array(argument, by_class(argument, values, n_classes=n_classes), ndim=1)
    if len(result) != n_classes:
        raise ValueError(f"{argument} takes one number for each of the {n_classes} classes, got {len(result)}.")
    if (result <= 0).any():
        first = int(np.argmax(result <= 0))
        raise ValueError(f"{argument} takes positive numbers, got {result[first]} for class {first}.")
    return result


def shares(argument, values, *, n_classes):
    """Return the share of each class, ``(K,)`` float64, from shares that sum to one or from counts."""
    result = class_vector(argument, values, n_classes=n_classes)
    total = result.sum()
    if abs(total - 1) <= 1e-6:
        return result
    if (result != np.floor(result)).any():
        raise ValueError(f"{argument} takes class shares that sum to 1, or counts; got a sum of {total:.6g}.")
    return result / total


def finite_in(argument, values, dtype):
    """Refuse float64 numbers that are infinite in `dtype`, the name of a narrower one."""
    largest = np.abs(values).max()
    if largest > np.finfo(dtype).max:
        raise ValueError(f"{argument} takes numbers that are finite in {dtype}, got {largest:g}.")


def probabilities(argument, values, *, ndim=None):
    """Return `values` as a float64 array if all lie in [0, 1] and they are those of the positive class alone."""
    result = array(argument, values, ndim=ndim)
    if (result < 0).any() or (result > 1).any():
        raise ValueError(
            f"{argument} takes probabilities in [0, 1], got {result.min().item()} to {result.max().item()}."
        )
    if rows_sum_to_one(result):
        raise ValueError(
            f"{argument} takes probabilities of the positive class, got rows that sum to 1 (shape {result.shape}), "
            "as the probabilities of all classes do; take the column of the positive class, [:, 1]."
        )
    return result


def rows_sum_to_one(values):
    """Whether an array has the look of the probabilities of several classes."""
    several = values.ndim > 1 and values.shape[-1] > 1
    return several and bool((values >= 0).all() and (np.abs(values.sum(axis=-1) - 1) < 1e-6).all())


def labels(argument, y):
    """Return `y` as int64, ``(n,)``, not empty; what is int64 already is passed on without a copy."""
    wanted = "a one-dimensional array of whole-number labels"
    try:
        result = plain(argument, y, wanted)
    except TypeError as error:
        if isinstance(y, (list, tuple, np.ndarray)) or hasattr(y, "to_numpy"):
            if any(isinstance(label, str) for label in np.ravel(np.asarray(y, dtype=object))):
                raise TypeError(f"{str(error)[:-1]}; {NUMBERED}.") from error
        raise
    if result.ndim != 1:
        hint = ""
        if result.ndim == 2:
            hint = (
                "; take its only column" if result.shape[1] == 1 else "; one-hot rows become labels by argmax(axis=1)"
            )
        raise ValueError(f"{argument} takes {wanted}, got shape {result.shape}{hint}.")
    if result.size == 0:
        raise ValueError(f"{argument} is empty.")
    if result.dtype.kind == "f":
        result = result.astype(np.float64, copy=False)  # 2**53 overflows in float16
    if result.dtype.kind in "uf":
        whole_numbers = (np.abs(result) < 2**53) & (result == np.floor(result))  # False for NaN and infinity
        if not whole_numbers.all():
            first = int(np.argmin(whole_numbers))
            raise ValueError(f"{argument} takes {wanted}, got {result[first]} at index {first}.")
    return result.astype(np.int64, order="C", copy=False)  # torch takes no array that runs backwards


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
        raise ValueError(f"{argument} takes labels 0…{n_classes - 1} (n_classes={n_classes}), got {last}; {NUMBERED}.")
    classes = max(last + 1, n_classes or 0)
    if classes > len(y):
        # Some class is empty, and counting them all could exhaust the memory.
        raise ValueError(
            f"{argument} has {len(y)} samples for {classes} classes; every class 0…K−1 needs a sample; {NUMBERED}."
        )
    try:
        result = np.bincount(y, minlength=n_classes or 0)
    except ValueError as error:
        raise ValueError(f"{argument} takes labels from 0 on, got {y.min()}; {NUMBERED}.") from error
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


def same_rows(first, a, second, b):
    """Refuse two Series or DataFrames whose indices differ: read by position, rows would meet others' labels."""
    indices = [getattr(values, "index", None) for values in (a, b)]
    if all(hasattr(index, "equals") for index in indices) and not indices[0].equals(indices[1]):
        raise ValueError(
            f"{first} and {second} take the same samples in the same order, got two different indices; align them "
            "(.loc), or take .to_numpy() of both if their positions are what counts."
        )


def same_shape(first, a, second, b, *, hint=""):
    """Refuse two arrays or tensors of different shapes: ``(n,)`` against ``(n, 1)`` would broadcast to ``(n, n)``.

    A size that a TensorFlow graph does not know yet is None, and equal to any other.
    """
    a, b = tuple(a.shape), tuple(b.shape)
    if len(a) != len(b) or any(None not in sizes and sizes[0] != sizes[1] for sizes in zip(a, b, strict=True)):
        raise ValueError(f"{first} and {second} take the same shape, got {a} and {b}{hint}.")


def shown(value):
    """Return a short description of a refused value."""
    text = " ".join(repr(value).split())
    return f"{text if len(text) <= 40 else text[:37] + '...'} ({type(value).__name__})"
