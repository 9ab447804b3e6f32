"""What the notebooks report of a model: counts and rates at a threshold, rankings, calibration.

The counts, rankings and scores are scikit-learn's, taken from arrays, so that both frameworks are measured by the same
code. Keras' own metrics approximate some of them: see notebook 08b.
"""

import numbers
from collections.abc import Mapping

import numpy as np

from companion import _checks


def binary_report(y, p, *, threshold=0.5):
    """Return the usual metrics of predicted probabilities, cut at a threshold.

    Parameters
    ----------
    y : array_like of int, shape (n,)
        Labels 0 and 1, both present.
    p : array_like of float, shape (n,)
        Probabilities of the positive class.
    threshold : float, optional
        A sample is predicted positive if ``p > threshold``; from 0 to below 1.

    Returns
    -------
    dict of str to int or float
        ``tn``, ``fp``, ``fn``, ``tp`` (counts); ``accuracy``, ``balanced_accuracy``, ``recall``, ``precision``, ``f1``
        (at the threshold); ``roc_auc``, ``average_precision`` (of the ranking); ``log_loss``, in nats, and ``brier``
        (of the probabilities). The precision is NaN when nothing is predicted positive; F1 is then 0. A probability
        of exactly 0 or 1 is clipped by the float64 ε in the log loss.

    Raises
    ------
    ValueError, TypeError
        If `y` is not binary or holds one class only; if `p` holds NaN or anything outside [0, 1]; if shapes differ.

    Examples
    --------
    >>> report = binary_report([0, 0, 0, 1], [0.1, 0.2, 0.7, 0.6])
    >>> report["tp"], report["fp"], report["recall"], report["precision"]
    (1, 1, 1.0, 0.5)
    """
    from sklearn import metrics

    _checks.same_rows("y", y, "p", p)
    y = _checks.binary_labels("y", y)
    p = _checks.probabilities("p", p, ndim=1)
    _checks.same_shape("y", y, "p", p)
    predicted = p > _checks.number("threshold", threshold, least=0, below=1)
    tn, fp, fn, tp = metrics.confusion_matrix(y, predicted).ravel().tolist()
    recall = tp / (tp + fn)
    # The rates follow from the counts; asking scikit-learn for each would count them five times over.
    scores = {
        "accuracy": (tp + tn) / len(y),
        "balanced_accuracy": (recall + tn / (tn + fp)) / 2,
        "recall": recall,
        "precision": tp / (tp + fp) if tp + fp else np.nan,
        "f1": 2 * tp / (2 * tp + fp + fn),
        "roc_auc": metrics.roc_auc_score(y, p),
        "average_precision": metrics.average_precision_score(y, p),
        "log_loss": metrics.log_loss(y, p),
        "brier": metrics.brier_score_loss(y, p),
    }
    return {"tn": tn, "fp": fp, "fn": fn, "tp": tp} | {name: float(score) for name, score in scores.items()}


def multiclass_report(y, logits):
    """Return the usual metrics of a K-class model that predicts its largest logit.

    Parameters
    ----------
    y : array_like of int, shape (n,)
        Labels 0…K−1. A class may be absent: its recall is NaN then, and the averages leave it out.
    logits : array_like of float, shape (n, K)
        One logit for each class, K ≥ 2. Columns of a DataFrame that are named 0…K−1 are taken by their names.

    Returns
    -------
    dict
        ``accuracy``, ``balanced_accuracy``, ``macro_f1`` (mean over the classes present), ``log_loss`` (nats), floats;
        ``recall``, ``precision``, arrays of shape (K,), NaN where undefined; ``confusion``, int64 of shape (K, K),
        row actual, column predicted.

    Raises
    ------
    ValueError, TypeError
        If `y` holds anything but 0…K−1; if `logits` is not (n, K), holds NaN or infinity, or looks like probabilities:
        rows without a negative number that sum to 1.

    Examples
    --------
    >>> report = multiclass_report([0, 1, 2, 2], [[2, 0, 0], [0, 1, 0], [0, 0, 3], [1, 0, 0]])
    >>> report["accuracy"], report["recall"].tolist()
    (0.75, [1.0, 1.0, 0.5])
    """
    from scipy.special import log_softmax
    from sklearn import metrics

    _checks.same_rows("y", y, "logits", logits)
    y = _checks.labels("y", y)
    logits = _checks.array("logits", _checks.columns_by_class(logits), ndim=2)
    if logits.shape[1] < 2:
        raise ValueError(f"logits takes shape (n, K) with K of at least 2, got {logits.shape}.")
    _checks.same_length("y", y, "logits", logits)
    _checks.labels_below("y", y, n_classes=logits.shape[1])
    if _checks.rows_sum_to_one(logits):
        raise ValueError(
            "logits takes one logit for each class, got rows of probabilities (they sum to 1); take log(p)."
        )
    predicted = logits.argmax(axis=1)
    classes, present = np.arange(logits.shape[1]), np.unique(y)
    shared = {"labels": classes, "average": None, "zero_division": np.nan}
    recall = metrics.recall_score(y, predicted, **shared)
    return {
        "accuracy": float(metrics.accuracy_score(y, predicted)),
        "balanced_accuracy": float(recall[present].mean()),
        "macro_f1": float(metrics.f1_score(y, predicted, labels=present, average="macro")),
        "log_loss": float(-log_softmax(logits, axis=1)[np.arange(len(y)), y].mean()),
        "recall": recall,
        "precision": metrics.precision_score(y, predicted, **shared),
        "confusion": metrics.confusion_matrix(y, predicted, labels=classes),
    }


def calibration(y, logits):
    """Return how far log-odds are from being calibrated.

    Parameters
    ----------
    y : array_like of int, shape (n,)
        Labels 0 and 1, both present.
    logits : array_like of float, shape (n,)
        Predicted log-odds.

    Returns
    -------
    dict of str to float
        ``intercept``: a of P(y=1) = σ(a + z), the slope fixed at 1; 0 is calibrated, below 0 means that the
        probabilities are too high. ``slope``: b of σ(a + bz), with a free; 1 is calibrated, below 1 means too extreme.
        ``brier``: the mean of (p − y)².

    Raises
    ------
    ValueError, TypeError
        If `y` is not binary or holds one class only; if `logits` holds NaN or infinity, is constant, or separates the
        two classes, in which case no finite slope is the best one; if it holds nothing outside [0, 1], and so looks
        like probabilities; if shapes differ.

    Notes
    -----
    Both are maximum-likelihood estimates: Cox, 1958; Van Calster et al., 2019, *Calibration: the Achilles heel of
    predictive analytics*. Weighting by w shifts the intercept to −log w.

    Examples
    --------
    >>> y, logits = [0, 0, 1, 0, 1, 1], [-2.0, -1.0, -0.5, 0.5, 1.0, 2.0]
    >>> {name: round(value, 3) for name, value in calibration(y, logits).items()}
    {'intercept': 0.0, 'slope': 1.351, 'brier': 0.158}
    """
    from scipy.optimize import brentq
    from scipy.special import expit
    from sklearn.linear_model import LogisticRegression

    _checks.same_rows("y", y, "logits", logits)
    y = _checks.binary_labels("y", y)
    logits = _checks.array("logits", logits, ndim=1)
    _checks.same_shape("y", y, "logits", logits)
    negatives, positives = logits[y == 0], logits[y == 1]
    if negatives.max() <= positives.min() or positives.max() <= negatives.min():
        raise ValueError("logits separate the two classes of y (or are constant): no finite calibration slope exists.")
    if logits.min() >= 0 and logits.max() <= 1:
        raise ValueError(
            "logits takes log-odds, got numbers from 0 to 1 alone, as probabilities are; take log(p / (1 − p)) of them."
        )
    # The score Σ(σ(z + a) − y) rises in a from below 0 to above 0 within this bracket.
    reach = np.abs(logits).max() + np.log(len(y)) + 1
    intercept = brentq(lambda a: (expit(logits + a) - y).sum(), -reach, reach, xtol=1e-12)
    # Standardised for the solver's sake: the slope of 1e8 z, or of z + 1e4, is as well defined as that of z.
    size = 2.0 ** np.floor(np.log2(np.abs(logits).max()))  # a power of two: exact, and no square overflows after it
    scale = (logits / size).std()
    standardised = (logits / size - (logits / size).mean()) / scale
    slope_model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10).fit(standardised[:, None], y)
    return {
        "intercept": float(intercept),
        "slope": float(slope_model.coef_[0, 0] / scale / size),
        "brier": float(np.mean((expit(logits) - y) ** 2)),
    }


def calibrations(y, logits):
    """Return `calibration` of many models at once.

    Parameters
    ----------
    y : array_like of int, shape (…, n)
        Labels 0 and 1 of the samples; what lies before the last axis is broadcast, so that (S, n) serves logits of
        shape (W, S, n). The index of a Series, or the columns of a DataFrame, are the samples.
    logits : array_like of float, shape (…, n)
        Predicted log-odds; the last axis is that of the samples.

    Returns
    -------
    dict of str to ndarray of float64
        ``intercept``, ``slope`` and ``brier``; the axes are those of `logits` without the last.

    Raises
    ------
    ValueError, TypeError
        If the shapes do not fit, or the samples are labelled in two orders; if `calibration` refuses a model; the
        message says which.

    Examples
    --------
    >>> y, logits = [0, 0, 1, 0, 1, 1], np.array([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0])
    >>> found = calibrations(y, [logits, logits + 1])
    >>> found["intercept"].round(3).tolist(), found["slope"].round(3).tolist()
    ([0.0, -1.0], [1.351, 1.351])
    """
    _check_samples(y, "logits", logits)
    y, logits = _checks.plain("y", y, "an array of labels"), _checks.array("logits", logits)
    if y.ndim == 0 or logits.ndim == 0:
        raise ValueError(f"y and logits take an axis of samples, got shapes {y.shape} and {logits.shape}.")
    try:
        y = np.broadcast_to(y, logits.shape)
    except ValueError:
        raise ValueError(f"y takes a shape that broadcasts to that of logits, {logits.shape}; got {y.shape}.") from None
    found = {name: np.empty(logits.shape[:-1]) for name in ("intercept", "slope", "brier")}
    for model in np.ndindex(logits.shape[:-1]):
        try:
            scores = calibration(y[model], logits[model])
        except ValueError as error:
            raise ValueError(f"Model {model}: {error}") from error
        for name, score in scores.items():
            found[name][model] = score
    return found


def rates(y, alarms):
    """Return how many alarms decisions raise, and their precision and recall, over all leading axes.

    Parameters
    ----------
    y : array_like of int, shape (…, n)
        Labels 0 and 1; of the shape of `alarms`, or of one that is repeated along its first axes. The index of a
        Series, or the columns of a DataFrame, are the samples.
    alarms : array_like of bool, shape (…, n)
        What is decided of each row.

    Returns
    -------
    dict of str to ndarray of shape (…)
        ``alarms`` (counts); ``precision``, NaN where no alarm is raised; ``recall``, NaN where there is no positive.

    Raises
    ------
    ValueError, TypeError
        If `alarms` is not of bool; if labels are not 0 and 1; if the shapes do not fit, or the samples are labelled in
        two orders.

    Examples
    --------
    >>> found = rates([0, 0, 1, 1], [[False, True, True, True], [False, False, True, False]])
    >>> {name: values.round(3).tolist() for name, values in found.items()}
    {'alarms': [3, 1], 'precision': [0.667, 1.0], 'recall': [1.0, 0.5]}
    """
    _check_samples(y, "alarms", alarms)
    y = _checks.plain("y", y, "an array of labels 0 and 1")
    alarms = _checks.plain("alarms", alarms, "an array of True and False")
    if alarms.dtype != bool or alarms.ndim == 0:
        raise TypeError(f"alarms takes an array of True and False, got {_checks.shown(alarms)}.")
    if not np.isin(y, (0, 1)).all():
        raise ValueError(f"y takes labels 0 and 1, got {_checks.shown(y)}.")
    if y.ndim == 0 or y.shape != alarms.shape[-y.ndim :]:
        raise ValueError(f"y takes the shape of alarms or its last axes, {alarms.shape}; got {y.shape}.")
    raised, hits = alarms.sum(axis=-1), (alarms & (y == 1)).sum(axis=-1)
    with np.errstate(invalid="ignore"):
        return {"alarms": raised, "precision": hits / raised, "recall": hits / (y == 1).sum(axis=-1)}


def _check_samples(y, argument, values):
    """Refuse two labelled arrays whose samples, which lie on the last axis, differ, and two tables of other models."""
    tables = [hasattr(each, "columns") for each in (y, values)]
    samples = [each.T if table else each for each, table in zip((y, values), tables, strict=True)]
    _checks.same_rows("y", samples[0], argument, samples[1])
    if all(tables) and len(y) == len(values):
        _checks.same_rows("y", y, argument, values)


def frame(columns, /, **axes):
    """Return arrays that share their axes as one table with named rows.

    Parameters
    ----------
    columns : dict of str to array_like
        What each column holds; all of one shape, an axis for each of `axes`, in their order.
    **axes : sequence
        The values along each axis, by the axis' name; none repeats.

    Returns
    -------
    pandas.DataFrame
        One row for each cell of the arrays, the last axis running fastest. The index has one level for each axis.

    Raises
    ------
    ValueError, TypeError
        If there is no column or no axis, an axis repeats a value, or a column has another shape than the axes, or is
        labelled with the values of an axis in another order.

    Examples
    --------
    >>> counts = frame({"TP": [[3, 4, 2], [5, 5, 3]]}, w=[1, 20], split=range(3))
    >>> counts["TP"].to_dict()
    {(1, 0): 3, (1, 1): 4, (1, 2): 2, (20, 0): 5, (20, 1): 5, (20, 2): 3}
    """
    import pandas as pd

    if not isinstance(columns, Mapping) or not columns:
        raise TypeError(f"columns takes a dictionary of names to arrays, got {_checks.shown(columns)}.")
    if not axes:
        raise TypeError("frame takes the values along each axis by the axis' name, such as w=weights; got none.")
    axes = {name: list(values) for name, values in axes.items()}
    for name, values in axes.items():
        if pd.Index(values).has_duplicates:
            raise ValueError(f"The axis {name} takes different values, which name the rows; got {values}.")
    shape = tuple(map(len, axes.values()))
    for name, values in columns.items():
        _checks.unmasked(f"column {name!r}", values)
        _check_order(name, values, axes)
    columns = {name: _checks.as_numpy(values) for name, values in columns.items()}
    for name, values in columns.items():
        if values.shape != shape:
            raise ValueError(f"The axes {', '.join(axes)} have shape {shape}; column {name!r} has {values.shape}.")
    index = pd.MultiIndex.from_product(axes.values(), names=list(axes))
    if len(axes) == 1:
        index = index.get_level_values(0)
    return pd.DataFrame({name: values.ravel() for name, values in columns.items()}, index=index)


def _check_order(name, values, axes):
    """Refuse a Series or DataFrame that holds the values of an axis in another order than the axis."""
    for (axis, wanted), which in zip(axes.items(), ("index", "columns"), strict=False):
        labels = getattr(values, which, None)
        if hasattr(labels, "equals") and list(labels) != wanted and set(labels) == set(wanted):
            raise ValueError(
                f"The axis {axis} has {wanted}; column {name!r} holds them in another order, {list(labels)}. Take "
                f".loc in the order of the axis, or .to_numpy() if the positions are what counts."
            )


def spread(table, *, by="w", rows=None, digits=3):
    """Return the mean and the standard deviation of each column, for each value of one level of the index, as text.

    Parameters
    ----------
    table : DataFrame or Series of numbers
        Such as `frame` returns: rows that are known by `by` and by something else, such as the split.
    by : str, optional
        The level of the index whose values become the rows; mean and deviation are taken over all others.
    rows : sequence, optional
        Which values of `by`, in which order; all of them, if not given.
    digits : int, optional
        Decimals.

    Returns
    -------
    pandas.DataFrame of str
        ``"mean ± standard deviation"``. The deviation is that of the numbers themselves (divided by their count, as
        NumPy does). Both are ``nan`` where a number is missing, such as the precision of a model without an alarm: a
        mean over the rest would compare different splits.

    Raises
    ------
    ValueError, TypeError
        If `table` has no level `by`, `rows` asks for a value that it does not have, or there is one number only for
        a value of `by`, which has no spread.

    Examples
    --------
    >>> recall = frame({"recall": [[0.25, 0.75], [1.0, 1.0]]}, w=[0.5, 20], split=range(2))
    >>> spread(recall, digits=2)["recall"].to_dict()
    {'0.5': '0.50 ± 0.25', '20': '1.00 ± 0.00'}
    """
    table, digits = _table(table), _checks.whole("digits", digits)
    _checks.one_of("by", by, table.index.names)
    groups = table.groupby(level=by, dropna=False)
    if (groups.size() < 2).any():
        raise ValueError(f"spread takes at least two rows for each value of {by!r}; one has no spread.")
    mean, deviation = groups.mean(skipna=False), groups.std(ddof=0, skipna=False)
    text = mean.map(f"{{:.{digits}f}} ± ".format) + deviation.map(f"{{:.{digits}f}}".format)
    text = text.where(mean.notna(), "nan")
    if rows is not None:
        absent = [row for row in rows if row not in text.index]
        if absent:
            raise ValueError(f"rows takes values of {by!r}, which has {list(text.index)}; got {absent[0]!r}.")
        text = text.loc[list(rows)]
    names = [f"{value:g}" if isinstance(value, numbers.Real) else str(value) for value in text.index]
    if len(set(names)) < len(names):  # six digits are too few to tell them apart
        names = [str(value) for value in text.index]
    return text.set_axis(names).rename_axis(index=by)


def paired(first, second, *, over="split", level=0.95):
    """Return what is known of the mean difference of two results that come in pairs, one pair for each split.

    Parameters
    ----------
    first, second : DataFrame or Series of numbers
        Such as `frame` returns; the difference is ``first - second``. `second` has the levels of `first`, in any
        order, or that of `over` alone: it then is compared with each row of `first`.
    over : str, optional
        The level of the index that pairs the two.
    level : float, optional
        Confidence of the interval, between 0 and 1.

    Returns
    -------
    pandas.DataFrame, or Series where there is a single row
        ``mean`` of the differences; its ``standard error``, s/√m with m − 1 in the divisor of s²; ``low`` and
        ``high``, the ends of Student's t interval; ``larger``, the number of pairs in which `first` is the larger,
        and ``of``, their number m. The rows are the other levels of the index, and the columns of the tables.

    Raises
    ------
    ValueError, TypeError
        If an index has no level `over`, the two do not hold the same levels, rows and columns, a number is missing, or
        there are fewer than two pairs.

    Notes
    -----
    Random splits of one data set are draws from the splits of *this* data set, and the interval is about their mean.
    It does not say what another sample of the population would show: all splits share their rows, and for that the
    interval is too narrow (Nadeau and Bengio, 2003, *Inference for the generalization error*).

    Examples
    --------
    >>> weighted, plain = (frame({"recall": recall}, split=range(4)) for recall in ([0.9, 0.8, 0.7, 0.9], [0.5] * 4))
    >>> print(paired(weighted, plain).round(3).to_string())
    mean              0.325
    standard error    0.048
    low               0.173
    high              0.477
    larger            4.000
    of                4.000
    """
    import pandas as pd
    from scipy.stats import t

    level = _checks.number("level", level, above=0, below=1)
    single = [not hasattr(table, "columns") for table in (first, second)]
    if single[0] != single[1]:
        raise TypeError("first and second take two tables or two Series, got one of each.")
    if all(single):  # two Series are compared, whatever their names
        first, second = (_table(series).set_axis(["value"], axis=1) for series in (first, second))
    levels = list(first.index.names)
    if second.index.nlevels > 1 and set(levels) == set(second.index.names):
        second = second.reorder_levels(levels)
    elif list(second.index.names) not in (levels, [over]):
        raise ValueError(
            f"second takes an index with the levels of first, {levels}, or {over!r} alone; got "
            f"{list(second.index.names)}."
        )
    first, second = _by_pair("first", first, over), _by_pair("second", second, over)
    columns = first.index.get_level_values(-1)
    if second.index.nlevels == 1 and set(second.index) == set(columns):  # the same for each row of first
        second = second.loc[columns].set_axis(first.index)
    for axis, what in ((1, f"values of {over!r}"), (0, "other rows and columns")):
        if set(first.axes[axis]) != set(second.axes[axis]):
            raise ValueError(f"first and second take the same {what}, got others in one of the two.")
    difference = first - second.reindex(index=first.index, columns=first.columns)
    if missing := int(difference.isna().sum().sum()):
        raise ValueError(f"{missing} differences are missing: first or second holds NaN there.")
    pairs = difference.shape[1]
    if pairs < 2:
        raise ValueError(f"paired takes at least two values of {over!r}, got {pairs}.")
    mean, error = difference.mean(axis=1), difference.std(axis=1, ddof=1) / np.sqrt(pairs)
    reach = t.ppf((1 + level) / 2, pairs - 1) * error
    found = {"mean": mean, "standard error": error, "low": mean - reach, "high": mean + reach}
    found = pd.DataFrame(found | {"larger": (difference > 0).sum(axis=1), "of": pairs})
    if len(found) == 1:
        return found.iloc[0].rename(None)
    return found.droplevel(-1) if single[0] else found


def shown(table):
    """Return a table of numbers as text, to three significant digits and without exponents.

    Parameters
    ----------
    table : DataFrame or Series
        What is no number in it stays as it is.

    Returns
    -------
    DataFrame or Series of str
        Numbers from 100 on are rounded to whole ones.

    Raises
    ------
    TypeError
        If `table` is neither.

    Examples
    --------
    >>> import pandas as pd
    >>> shown(pd.Series([28499.61, 3.14159, 0.000012345, 0.5])).tolist()
    ['28,500', '3.14', '0.0000123', '0.5']
    """
    _table(table)
    return table.map(_short)


def _short(value):
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        return value
    if abs(value) >= 99.95 or not np.isfinite(value):
        return f"{value:,.0f}"
    return np.format_float_positional(value, precision=3, unique=False, fractional=False, trim="-")


def _table(value):
    """Return a Series as a table with one column, and a DataFrame as it is."""
    import pandas as pd

    if isinstance(value, pd.Series):
        return value.to_frame()
    if not isinstance(value, pd.DataFrame):
        raise TypeError(f"table takes a DataFrame or a Series, got {type(value).__name__}.")
    return value


def _by_pair(argument, table, over):
    """Return a table with a column for each value of `over`; its rows are the other levels, and the columns."""
    table = _table(table)
    if over not in table.index.names:
        raise ValueError(f"{argument} takes an index with a level {over!r}, got the levels {list(table.index.names)}.")
    if table.index.has_duplicates:
        raise ValueError(f"{argument} takes one row for each pair; its index repeats some.")
    return table.stack().unstack(over)
