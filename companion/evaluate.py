"""What the notebooks report of a model: counts and rates at a threshold, rankings, calibration.

The counts, rankings and scores are scikit-learn's, taken from arrays, so that both frameworks are measured by the same
code. Keras' own metrics approximate some of them: see notebook 08b.
"""

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

    Notes
    -----
    Used in every notebook that trains a binary model.

    Examples
    --------
    >>> report = binary_report([0, 0, 0, 1], [0.1, 0.2, 0.7, 0.6])
    >>> report["tp"], report["fp"], report["recall"], report["precision"]
    (1, 1, 1.0, 0.5)
    """
    from sklearn import metrics

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
        One logit for each class, K ≥ 2.

    Returns
    -------
    dict
        ``accuracy``, ``balanced_accuracy``, ``macro_f1`` (mean over the classes present), ``log_loss`` (nats), floats;
        ``recall``, ``precision``, arrays of shape (K,), NaN where undefined; ``confusion``, int64 of shape (K, K),
        row actual, column predicted.

    Raises
    ------
    ValueError, TypeError
        If `y` holds anything but 0…K−1; if `logits` is not (n, K) or holds NaN or infinity.

    Notes
    -----
    Used in notebooks 03, 06 and 07.

    Examples
    --------
    >>> report = multiclass_report([0, 1, 2, 2], [[2, 0, 0], [0, 1, 0], [0, 0, 3], [1, 0, 0]])
    >>> report["accuracy"], report["recall"].tolist()
    (0.75, [1.0, 1.0, 0.5])
    """
    from scipy.special import log_softmax
    from sklearn import metrics

    y = _checks.labels("y", y)
    logits = _checks.array("logits", logits, ndim=2)
    if logits.shape[1] < 2:
        raise ValueError(f"logits takes shape (n, K) with K of at least 2, got {logits.shape}.")
    _checks.same_length("y", y, "logits", logits)
    _checks.labels_below("y", y, n_classes=logits.shape[1])
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
        two classes, in which case no finite slope is the best one; if shapes differ.

    Notes
    -----
    Both are maximum-likelihood estimates: Cox, 1958; Van Calster et al., 2019, *Calibration: the Achilles heel of
    predictive analytics*. Weighting by w shifts the intercept to −log w. Used in notebooks 01, 04, 06 and 07.

    Examples
    --------
    >>> y, logits = [0, 0, 1, 0, 1, 1], [-2.0, -1.0, -0.5, 0.5, 1.0, 2.0]
    >>> {name: round(value, 3) for name, value in calibration(y, logits).items()}
    {'intercept': 0.0, 'slope': 1.351, 'brier': 0.158}
    """
    from scipy.optimize import brentq
    from scipy.special import expit
    from sklearn.linear_model import LogisticRegression

    y = _checks.binary_labels("y", y)
    logits = _checks.array("logits", logits, ndim=1)
    _checks.same_shape("y", y, "logits", logits)
    negatives, positives = logits[y == 0], logits[y == 1]
    if negatives.max() <= positives.min() or positives.max() <= negatives.min():
        raise ValueError("logits separate the two classes of y (or are constant): no finite calibration slope exists.")
    # The score Σ(σ(z + a) − y) rises in a from below 0 to above 0 within this bracket.
    reach = np.abs(logits).max() + np.log(len(y)) + 1
    intercept = brentq(lambda a: (expit(logits + a) - y).sum(), -reach, reach, xtol=1e-12)
    # Standardised for the solver's sake: the slope of 1e8 z, or of z + 1e4, is as well defined as that of z.
    scale = logits.std()
    standardised = (logits - logits.mean()) / scale
    slope_model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10).fit(standardised[:, None], y)
    return {
        "intercept": float(intercept),
        "slope": float(slope_model.coef_[0, 0] / scale),
        "brier": float(np.mean((expit(logits) - y) ** 2)),
    }
