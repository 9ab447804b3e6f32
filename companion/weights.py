"""Class weights from class counts, and what they cost in effective sample size.

The weights of every scheme are scaled so that the sample average of the weights is one, Σ_k π_k w_k = 1. Then the
weighted loss of a batch has the size of the unweighted one, and a learning rate that suits one suits the other.
"""

import numpy as np

from companion import _checks

_SCHEMES = {
    "inverse-frequency": lambda n_k, beta: 1 / n_k,
    "inverse-square-root": lambda n_k, beta: 1 / np.sqrt(n_k),
    # -expm1(n log β) is 1 − βⁿ without the cancellation that sets in when βⁿ is close to one.
    "effective-number": lambda n_k, beta: (1 - beta) / -np.expm1(n_k * np.log(beta)),
}


def pos_weight(y):
    """Return w⁺ = n⁻ / n⁺, the weight that gives both classes the same total weight.

    Parameters
    ----------
    y : array_like of int, shape (n,)
        Labels 0 (negative) and 1 (positive), both present.

    Returns
    -------
    float
        Negatives for each positive. Balanced data give 1.

    Raises
    ------
    ValueError, TypeError
        If `y` is empty, ragged or not one-dimensional, holds anything but 0 and 1, or holds one class only.

    Notes
    -----
    Section 2 of the lecture. It is the cost-optimal weight only if a missed positive costs n⁻/n⁺ false alarms:
    see `companion.theory.weight_from_costs`.

    Examples
    --------
    >>> pos_weight([0, 0, 0, 1])
    3.0
    """
    negatives, positives = _checks.counts("y", y, n_classes=2)
    return float(negatives / positives)


def class_weights(y, *, n_classes=None, scheme="inverse-frequency", beta=0.999):
    """Return one weight for each class, scaled so that Σ_k π_k w_k = 1.

    Parameters
    ----------
    y : array_like of int, shape (n,)
        Labels 0…K−1, each of which has at least one sample.
    n_classes : int, optional
        K. If given, a class without a sample is refused also when it is the last one.
    scheme : {"inverse-frequency", "inverse-square-root", "effective-number"}
        ``inverse-frequency``: w_k ∝ 1/n_k, which is w_k = n/(K n_k).
        ``inverse-square-root``: w_k ∝ 1/√n_k, half way to it on a log scale.
        ``effective-number``: w_k ∝ (1 − β)/(1 − β^n_k).
    beta : float, optional
        β of ``effective-number``, 0 < β < 1. Near 0 all weights are one, near 1 they are the inverse frequencies.

    Returns
    -------
    numpy.ndarray of float64, shape (K,)

    Raises
    ------
    ValueError, TypeError
        If `y` is empty or ragged, holds anything but whole numbers from 0 on, or a class has no sample; if `scheme`
        is unknown or `beta` lies outside (0, 1).

    Notes
    -----
    n/(K n_k) is the formula of section 3 of the lecture, and scikit-learn's ``"balanced"``. Its plain mean
    (1/K)Σ_k w_k is at least one, not one; its mean over samples is one. Effective numbers: Cui et al., 2019,
    *Class-balanced loss based on effective number of samples*.

    Examples
    --------
    >>> class_weights([0, 0, 0, 1]).round(4).tolist()
    [0.6667, 2.0]
    >>> class_weights([0, 0, 0, 1], scheme="inverse-square-root").round(4).tolist()
    [0.8453, 1.4641]
    """
    raw_weights = _SCHEMES[_checks.one_of("scheme", scheme, _SCHEMES)]
    beta = _checks.number("beta", beta, above=0, below=1)
    n_k = _checks.counts("y", y, n_classes=n_classes)
    raw = raw_weights(n_k, beta)
    return raw * (n_k.sum() / (n_k @ raw))


def effective_sample_size(y, weights):
    """Return Kish's effective sample size (Σ_i w_i)² / Σ_i w_i² when every sample carries its class weight.

    An average over n samples weighted by w has the variance of a plain average over this many samples.

    Parameters
    ----------
    y : array_like of int, shape (n,)
        Labels 0…K−1, each of which has at least one sample.
    weights : array_like of float, shape (K,)
        One positive weight for each class; their common scale does not matter.

    Returns
    -------
    float
        Between 1 and n; n when all weights are equal.

    Raises
    ------
    ValueError, TypeError
        As for `class_weights`; also if `weights` does not hold one positive finite number for each class.

    Notes
    -----
    Kish, 1965, *Survey Sampling*. For inverse frequencies and two classes it is 4 π(1−π) n; for K classes it is K
    times the harmonic mean of the counts.

    Examples
    --------
    >>> effective_sample_size([0] * 99 + [1], [1.0, 99.0])
    3.96
    """
    n_k = _checks.counts("y", y)
    weights = _checks.class_vector("weights", weights, n_classes=len(n_k))
    weights = weights / weights.max()
    return float((n_k @ weights) ** 2 / (n_k @ weights**2))
