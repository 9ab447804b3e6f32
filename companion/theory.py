"""Closed forms of weighted training: what the optimum is before anything has been trained."""

import numpy as np
from scipy.optimize import brentq, nnls
from scipy.special import expit, log_expit, logit, logsumexp
from scipy.stats import binom, hypergeom, norm

from companion import _checks


def threshold_from_weight(w):
    """Return the threshold t = 1/(1+w) on η(x) = P(y=1 | x) that weighting by w and cutting at ½ amounts to.

    Parameters
    ----------
    w : float
        Weight of the positive class, positive.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    ValueError, TypeError
        If `w` is not one positive finite number.

    Notes
    -----
    The weighted minimiser is η_w = wη/(wη + 1 − η), which is above ½ exactly if η > 1/(1+w): Elkan, 2001, *The
    foundations of cost-sensitive learning*.

    Examples
    --------
    >>> threshold_from_weight(99)
    0.01
    """
    return 1 / (1 + _checks.number("w", w, above=0))


def weight_from_costs(cost_fn, cost_fp):
    """Return the cost-optimal weight of the positive class, w⁺ = c_FN / c_FP, for data as in use.

    Parameters
    ----------
    cost_fn, cost_fp : float
        Cost of a missed positive and of a false alarm, in the same unit, both positive.

    Returns
    -------
    float

    Raises
    ------
    ValueError, TypeError
        If a cost is not one positive finite number.

    Notes
    -----
    Elkan, 2001. Correct decisions are taken to cost nothing. The share of the positives does not matter if it is the
    same in training and in use; else the odds in use over the odds in training are a second factor.

    Examples
    --------
    >>> weight_from_costs(cost_fn=500, cost_fp=25)
    20.0
    """
    ratio = _checks.number("cost_fn", cost_fn, above=0) / _checks.number("cost_fp", cost_fp, above=0)
    return _checks.number("cost_fn / cost_fp", ratio, above=0)


def prior_correction(q, w):
    """Return the probability p = q/(q + w(1−q)) that a model trained with weight w should have reported.

    Parameters
    ----------
    q : array_like of float
        Probabilities of the positive class from a model trained with positive weight `w`, each in [0, 1]. Not the
        columns of all classes.
    w : float
        That weight, positive.

    Returns
    -------
    numpy.ndarray of float64, shape of `q`, or a float64 scalar for one

    Raises
    ------
    ValueError, TypeError
        If `q` is empty, holds NaN, or anything outside [0, 1]; if `w` is not one positive finite number.

    Notes
    -----
    The inverse of η_w = wη/(wη + 1 − η): it takes log w off the log-odds. King and Zeng, 2001, *Logistic regression in
    rare events data*, correct a prior in this way. It is exact where the model can represent η; see notebook 05.

    Examples
    --------
    >>> prior_correction([0.0, 0.5, 1.0], w=99).tolist()
    [0.0, 0.01, 1.0]
    """
    q = _checks.probabilities("q", q)
    return q / (q + _checks.number("w", w, above=0) * (1 - q))


def effective_weight(prior, w, batch_size, n=None):
    """Return what w amounts to when every batch is divided by its own Σw: `effective_weights`, for two classes.

    Parameters
    ----------
    prior : float
        π, the share of positives, between 0 and 1.
    w : float
        Weight of a positive relative to a negative, positive.
    batch_size : int
        B, at least 1.
    n : int, optional
        Samples of the data set, nπ of them positive, if its batches are dealt as `fit` deals them: from a permutation,
        the last batch holding what remains. The positives of a batch are then hypergeometric. By default every sample
        is drawn anew, and they are binomial, m ~ Bin(B, π): the limit of many batches.

    Returns
    -------
    float
        The weight under which the loss divided by n would have the same mean: 1 for B = 1, towards `w` as B grows.

    Raises
    ------
    ValueError, TypeError
        If an argument lies outside its range; if nπ is no whole number.

    Notes
    -----
    E[wm/Σw] of a batch's loss goes to the positives, with Σw = B − m + wm, and E[(B − m)/Σw] to the negatives, the
    expectation being a mean over the batches of an epoch. The ratio of the two, for each row of its class, is the
    effective weight: for every model in which the loss of a sample does not depend on the rest of its batch.

    Examples
    --------
    >>> [round(effective_weight(0.01, 99, B), 1) for B in (1, 32, 2048)]
    [1.0, 26.9, 96.6]
    >>> [round(effective_weight(0.01, 99, B, n=1000), 1) for B in (1, 32, 1000)]
    [1.0, 26.6, 99.0]
    """
    prior = _checks.number("prior", prior, above=0, below=1)
    w = _checks.number("w", w, above=0)
    batch_size = _checks.whole("batch_size", batch_size, least=1)
    if n is None:
        batches = [(batch_size, binom.pmf(np.arange(batch_size + 1), batch_size, prior))]
    else:
        n = _checks.whole("n", n, least=batch_size)
        positives = round(n * prior)
        if abs(positives - n * prior) > 1e-6 or not 0 < positives < n:
            raise ValueError(
                f"prior takes a share of n={n} samples, a whole number of them; got {n * prior:g} of them."
            )
        sizes = [batch_size] * (n // batch_size) + [n % batch_size] * (n % batch_size > 0)
        batches = [(size, hypergeom.pmf(np.arange(size + 1), n, positives, size)) for size in sorted(set(sizes))]
        batches = [(size, sizes.count(size) * probability) for size, probability in batches]
    positive = negative = 0.0
    for size, probability in batches:
        m = np.arange(size + 1)
        # The two weights relative to the larger: w m itself would overflow.
        positives, negatives = m * (w / max(w, 1)), (size - m) / max(w, 1)
        total = positives + negatives
        positive, negative = positive + probability @ (positives / total), negative + probability @ (negatives / total)
    return float(positive * (1 - prior) / (negative * prior))


def effective_weights(prior, class_weights, batch_size):
    """Return the weights of K classes that remain when every batch is divided by its own Σw.

    The mean over batches of Σ_i w_i ℓ_i / Σ_i w_i is the mean over all samples of w̃_k ℓ, with these w̃_k: for every
    model in which the loss of a sample does not depend on the rest of its batch.

    Parameters
    ----------
    prior : array_like of float, shape (K,)
        π_k, the share of each class, or n_k, its count: positive, and divided by their sum. A mapping or a Series,
        such as ``y.value_counts()``, is read by its keys 0…K−1, here and in `class_weights`.
    class_weights : array_like of float, shape (K,)
        w_k, positive. A common factor cancels.
    batch_size : int
        B, at least 1. Every sample of a batch is drawn anew, from all. Batches dealt from a permutation come close
        while B is far below n, and leave the whole weights at B = n. For two classes `effective_weight` takes their n.

    Returns
    -------
    numpy.ndarray of float64, shape (K,)
        w̃_k, with Σ_k π_k w̃_k = 1. They are all one for B = 1, and tend to w_k / Σ_j π_j w_j as B grows. In between
        every ratio w̃_k/w̃_j lies between 1 and w_k/w_j.

    Raises
    ------
    ValueError, TypeError
        If `prior` and `class_weights` do not hold as many positive numbers, two at least, or `batch_size` is not a
        whole number of at least 1.

    Notes
    -----
    A sample of class k takes the part w_k/(w_k + S) of its batch's loss, where S is the sum of the other B − 1
    weights, so w̃_k = B w_k E[1/(w_k + S)]. With 1/a = ∫ exp(−as) ds this is
    B w_k ∫ exp(−w_k s) (Σ_j π_j exp(−w_j s))^(B−1) ds over s > 0. The integral is taken over log s, where the
    trapezoidal rule converges exponentially.

    Examples
    --------
    >>> effective_weights([0.99, 0.01], [1, 99], 32).round(3).tolist()
    [0.794, 21.396]
    """
    if hasattr(prior, "keys"):
        prior = _checks.by_class("prior", prior, n_classes=len(prior))
    prior = _checks.array("prior", prior, ndim=1)
    if len(prior) < 2 or (prior <= 0).any():
        raise ValueError(f"prior takes at least two positive numbers, got {_checks.shown(prior.tolist())}.")
    w = _checks.class_vector("class_weights", class_weights, n_classes=len(prior))
    batch_size = _checks.whole("batch_size", batch_size, least=1)
    log_prior = np.log(prior) - np.log(prior.sum())
    w = w / (np.exp(log_prior) @ w)
    step = 0.1
    log_s = np.arange(-45 - np.log(batch_size * w.max()), np.log(800 / w.min()), step)
    one = -np.exp(log_s)[:, None] * w  # log exp(−w_k s), (points, K)
    others = (batch_size - 1) * logsumexp(one + log_prior, axis=1, keepdims=True)
    return batch_size * w * step * np.exp(one + others + log_s[:, None]).sum(axis=0)


def focal_minimiser(eta, gamma, alpha=None):
    """Return the probability p that minimises the expected focal loss when the positive class has probability η.

    Parameters
    ----------
    eta : array_like of float
        η, from 1e-12 to 1 − 1e-12.
    gamma : float
        γ, at least 0; 0 is cross-entropy, whose minimiser is η itself.
    alpha : float, optional
        Weight of the positive class, 1 − α that of the negative, strictly between 0 and 1; by default both are one.

    Returns
    -------
    numpy.ndarray of float64, shape of `eta`, or a float64 scalar for one

    Raises
    ------
    ValueError, TypeError
        If an argument lies outside its range.

    Notes
    -----
    p solves η/(1−η) = h(p)/h(1−p) with h(p) = p / [(1−p)^γ − γ(1−p)^(γ−1) p log p]: Charoenphakdee et al., 2021,
    *On focal loss for class-posterior probability estimation*. α only replaces η by αη/(αη + (1−α)(1−η)).

    Examples
    --------
    >>> focal_minimiser([0.01, 0.5, 0.9], gamma=2).round(6).tolist()
    [0.153624, 0.5, 0.694213]
    """
    gamma = _checks.number("gamma", gamma, least=0)
    eta = _checks.probabilities("eta", eta)
    if (eta < 1e-12).any() or (eta > 1 - 1e-12).any():
        raise ValueError(f"eta takes probabilities from 1e-12 to 1 − 1e-12, got {eta.min():g} to {eta.max():g}.")
    log_odds = logit(eta)
    if alpha is not None:
        log_odds = log_odds + logit(_checks.number("alpha", alpha, above=0, below=1))

    def solve(target):
        if gamma == 0:
            return target
        # The minimiser lies between η and ½, that is between 0 and the log-odds of η.
        low, high = sorted((0.0, target))
        return brentq(lambda z: _focal_odds(z, gamma) - target, low - 1e-9, high + 1e-9, xtol=1e-14)

    return expit(np.vectorize(solve, otypes=[float])(log_odds))


def focal_correction(q, gamma, alpha=None):
    """Return the probability η for which q minimises the expected focal loss.

    Parameters
    ----------
    q : array_like of float
        Probabilities of the positive class from a model trained with the focal loss, strictly between 0 and 1.
    gamma : float
        γ, at least 0; 0 is cross-entropy.
    alpha : float, optional
        Weight of the positive class, 1 − α that of the negative, strictly between 0 and 1; by default both are one.

    Returns
    -------
    numpy.ndarray of float64, shape of `q`, or a float64 scalar for one

    Raises
    ------
    ValueError, TypeError
        If an argument lies outside its range.

    Notes
    -----
    The inverse of `focal_minimiser`, in closed form: η/(1−η) = h(q)/h(1−q), over α/(1−α) where there is an α.
    Charoenphakdee et al., 2021. It is exact of a model that reports the minimiser. One that cannot represent it, or was
    trained too long or too briefly to reach it, can be further off when corrected: refit its logits on other rows.

    Examples
    --------
    >>> focal_correction(focal_minimiser([0.01, 0.5, 0.9], gamma=2), gamma=2).round(12).tolist()
    [0.01, 0.5, 0.9]
    """
    gamma = _checks.number("gamma", gamma, least=0)
    q = _checks.probabilities("q", q)
    if (q <= 0).any() or (q >= 1).any():
        raise ValueError(f"q takes probabilities strictly between 0 and 1, got {q.min():g} to {q.max():g}.")
    log_odds = _focal_odds(logit(q), gamma)
    if alpha is not None:
        log_odds = log_odds - logit(_checks.number("alpha", alpha, above=0, below=1))
    return expit(log_odds)


def _focal_odds(z, gamma):
    """Return log h(p) − log h(1−p), the log-odds of the η whose minimiser is p = σ(z)."""

    def log_h(z):
        # With p = σ(z): log h = log p − γ log(1−p) − log(1 − γ p log p / (1−p)), and p/(1−p) = exp(z).
        within = np.minimum(z, 700)  # beyond, exp overflows, while exp(z) log p is −1 to rounding
        return log_expit(z) - gamma * log_expit(-z) - np.log1p(-gamma * np.exp(within) * log_expit(within))

    return log_h(z) - log_h(-z)


def gaussian_rates(separation, prior, w):
    """Return the rates of the best rule after weighting by w, for two unit-variance Gaussian classes.

    Parameters
    ----------
    separation : float
        Distance d of the two means, in standard deviations, at least 0.01.
    prior : float
        π, the share of positives, between 0 and 1.
    w : float
        Weight of the positive class, positive; the rule predicts 1 where η(x) > 1/(1+w).

    Returns
    -------
    dict of str to float
        ``tpr`` (recall), ``fpr``, ``precision``, ``f1``, all between 0 and 1.

    Raises
    ------
    ValueError, TypeError
        If an argument lies outside its range.

    Notes
    -----
    The log-odds of x are dx − d²/2 + log(π/(1−π)), so the rule is x > d/2 − log(wπ/(1−π))/d.

    Examples
    --------
    >>> {name: round(rate, 4) for name, rate in gaussian_rates(1.5, 0.01, w=99).items()}
    {'tpr': 0.7734, 'fpr': 0.2266, 'precision': 0.0333, 'f1': 0.0639}
    """
    d = _checks.number("separation", separation, least=0.01)
    prior = _checks.number("prior", prior, above=0, below=1)
    w = _checks.number("w", w, above=0)
    cut = d / 2 - np.log(w * prior / (1 - prior)) / d
    tpr, fpr = norm.sf(cut - d), norm.sf(cut)
    hits, alarms = prior * tpr, (1 - prior) * fpr
    # hits/(hits + alarms) on the log scale: far out in the tail both underflow, their ratio does not.
    precision = expit(logit(prior) + norm.logsf(cut - d) - norm.logsf(cut))
    rates = {"tpr": tpr, "fpr": fpr, "precision": precision, "f1": 2 * hits / (prior + hits + alarms)}
    return {name: float(rate) for name, rate in rates.items()}


def gaussian_auc(slopes, mean, covariance):
    """Return the area under the ROC curve of a linear score, for the classes N(0, I) and N(mean, covariance).

    Parameters
    ----------
    slopes : array_like of float, shape (d,) or (m, d)
        β of one score βᵀx, or of several; not zero.
    mean : array_like of float, shape (d,)
        Mean of class 1.
    covariance : array_like of float, shape (d, d)
        Covariance of class 1, positive definite.

    Returns
    -------
    float, or ndarray of float64 of shape (m,)
        Between 0 and 1.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above.

    Notes
    -----
    The difference of the scores of a positive and a negative is normal with mean βᵀμ and variance βᵀ(I + Σ)β, and the
    area is the probability that it is positive.

    Examples
    --------
    >>> gaussian_auc([[1.5, 0.5], [0.0, 1.0]], [1.5, 0.5], [[1.0, 0.0], [0.0, 1.0]]).round(4).tolist()
    [0.8682, 0.6382]
    """
    mean = _checks.array("mean", mean, ndim=1)
    scale = _cholesky(covariance, [(len(mean), len(mean))])
    slopes = _checks.array("slopes", slopes)
    if slopes.shape[-1:] != mean.shape or slopes.ndim > 2:
        raise ValueError(f"slopes takes shape {mean.shape} or (m, {len(mean)}), got {slopes.shape}.")
    if not slopes.any(axis=-1).all():
        raise ValueError("slopes takes scores that vary, got zeros.")
    variance = (slopes**2).sum(axis=-1) + ((slopes @ scale) ** 2).sum(axis=-1)
    return norm.cdf(slopes @ mean / np.sqrt(variance))


def rare_event_bias(n, prior):
    """Return King and Zeng's approximation of the bias of a lone logistic intercept, (π − ½)/(nπ(1−π)).

    Parameters
    ----------
    n : int
        Number of samples.
    prior : float
        π, the share of positives, between 0 and 1.

    Returns
    -------
    float
        Expected estimate minus true intercept, in log-odds; negative for a rare positive class.

    Raises
    ------
    ValueError, TypeError
        If an argument lies outside its range.

    Notes
    -----
    King and Zeng, 2001, for a model with an intercept alone; beside features that are estimated, too, the bias is
    another, and depends on them. Where positives are rare, nπ matters, not π; at ½ none: against the exact bias, over
    the samples that hold both classes, it is right to within 10 % from nπ = 5 on and to within 2 % from 50 on. Below 5
    it fails, since those samples are a selection: at nπ = 2.5 it is 3.2 times the exact one, and at nπ = 1 the exact
    bias is positive.

    Examples
    --------
    >>> round(rare_event_bias(1000, 0.01), 4)
    -0.0495
    """
    n = _checks.whole("n", n, least=1)
    prior = _checks.number("prior", prior, above=0, below=1)
    return (prior - 0.5) / (n * prior * (1 - prior))


def gaussian_population(mean, covariance, *, prior, points=30):
    """Return a whole population of two Gaussian classes as a finite data set: rows, labels and masses.

    Parameters
    ----------
    mean : array_like of float, shape (d,)
        Mean of class 1; class 0 is N(0, I).
    covariance : array_like of float, shape (d, d), or (2, d, d)
        Covariance of class 1, positive definite; or those of class 0 and of class 1.
    prior : float
        π, the share of class 1, between 0 and 1.
    points : int, optional
        Nodes along each axis, from 2 to 100.

    Returns
    -------
    X : ndarray of float64, shape (2 · points**d, d)
    y : ndarray of int64, shape (2 · points**d,)
        Labels 0 and 1.
    mass : ndarray of float64, shape (2 · points**d,)
        What each row weighs in an expectation; all sum to one.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above.

    Notes
    -----
    Gauss–Hermite quadrature in each class: a sum over the nodes is the expectation of any polynomial of degree below
    2 · `points` in each coordinate, exactly, and of the logistic loss nearly so.

    Examples
    --------
    >>> X, y, mass = gaussian_population([1.5, 0.5], [[2.0, 1.2], [1.2, 1.0]], prior=0.01)
    >>> X.shape, round(float(mass[y == 1].sum()), 12), (mass[y == 1] @ X[y == 1] / 0.01).round(12).tolist()
    ((1800, 2), 0.01, [1.5, 0.5])
    """
    mean = _checks.array("mean", mean, ndim=1)
    d = len(mean)
    scales = _cholesky(covariance, [(d, d), (2, d, d)])
    if scales.ndim == 2:
        scales = np.stack([np.eye(d), scales])
    prior = _checks.number("prior", prior, above=0, below=1)
    points = _checks.whole("points", points, least=2)
    if points > 100:
        raise ValueError(f"points takes a whole number from 2 to 100, got {points}.")

    nodes, weights = np.polynomial.hermite_e.hermegauss(points)
    grid = np.stack(np.meshgrid(*[nodes] * d, indexing="ij"), axis=-1).reshape(-1, d)
    mass = np.prod(np.meshgrid(*[weights / weights.sum()] * d, indexing="ij"), axis=0).ravel()
    X = np.concatenate([grid @ scales[0].T, mean + grid @ scales[1].T])
    return X, np.repeat([0, 1], len(grid)), np.concatenate([(1 - prior) * mass, prior * mass])


def max_margin(X, y):
    """Return the shortest vector that keeps every sample at a distance: the direction of the largest margin.

    Parameters
    ----------
    X : array_like of float, shape (n, d)
        Features. A column of ones makes its entry an intercept, which counts towards the length as the slopes do.
    y : array_like of int, shape (n,)
        Labels 0 and 1, both present.

    Returns
    -------
    ndarray of float64, shape (d,)
        θ of the least norm for which (2y − 1) · Xθ ≥ 1 in every row. The margin is 1/‖θ‖.

    Raises
    ------
    ValueError, TypeError
        If no θ separates the classes; if an argument is not as above.

    Notes
    -----
    Least distance programming, solved by non-negative least squares: Lawson and Hanson, *Solving least squares
    problems*, chapter 23. Gradient descent on the logistic loss of separable data, with or without weights, tends to
    this direction.

    Examples
    --------
    >>> max_margin([[-1.0, 1.0], [-3.0, 1.0], [2.0, 1.0]], [0, 0, 1]).round(6).tolist()
    [0.666667, -0.333333]
    """
    _checks.same_rows("X", X, "y", y)
    X = _checks.array("X", X, ndim=2)
    y = _checks.binary_labels("y", y)
    _checks.same_length("X", X, "y", y)
    signed = (2 * y - 1)[:, None] * X
    system, target = np.vstack([signed.T, np.ones(len(y))]), np.append(np.zeros(X.shape[1]), 1.0)
    multipliers, distance = nnls(system, target, maxiter=100 * len(y))
    if distance < 1e-8:  # a convex combination of the signed rows is 0: no plane has all of them on one side
        raise ValueError("X does not separate the classes of y: no margin is the largest.")
    residual = system @ multipliers - target
    return -residual[:-1] / residual[-1]


def _cholesky(covariance, shapes):
    """Return the Cholesky factor of a covariance, or of each of several; its shape must be one of `shapes`."""
    covariance = _checks.array("covariance", covariance)
    if covariance.shape not in shapes:
        raise ValueError(f"covariance takes shape {' or '.join(map(str, shapes))}, got {covariance.shape}.")
    if not np.allclose(covariance, np.swapaxes(covariance, -1, -2)):
        raise ValueError("covariance takes symmetric matrices.")
    try:
        return np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        raise ValueError("covariance takes positive definite matrices.") from None
