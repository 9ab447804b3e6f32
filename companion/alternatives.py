"""What lessons 06 and 06a compare: models at their optimum, cut where unseen rows say, and scored on other rows."""

import warnings

import numpy as np
from scipy.special import expit, log_expit, logit

from companion import _checks, evaluate, theory, weights
from companion._optimum import SEPARATED, curved
from companion.data import Split


def logistic(X, y, weight=1.0, *, penalty=0.0):
    """Return the logistic regression that minimises the weighted cross-entropy.

    Parameters
    ----------
    X : array_like of float, shape (n, d)
    y : array_like of int, shape (n,)
        Labels 0 and 1, both present.
    weight : float, optional
        How often a positive counts.
    penalty : float, optional
        λ, at least 0: adds λ/2 times the square of the slopes to the weighted mean of the losses.

    Returns
    -------
    numpy.ndarray of float64, shape (d + 1,)
        The slopes and, last, the intercept.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above. Without a penalty, if a plane tells the classes apart, all or some of their
        rows: there is no minimum.
    RuntimeError
        If the minimum is not reached.

    Notes
    -----
    scikit-learn's Newton steps: the optimum that `companion.pytorch.minimise` and `companion.tensorflow.minimise`
    find, for lessons that fit hundreds. As there, the penalty leaves the intercept alone. Where columns repeat others
    there are many optima, and this one may be another than theirs; the logits are the same.

    Examples
    --------
    >>> X, y = [[0.0], [1.0], [0.0], [1.0]], [0, 0, 1, 1]
    >>> (logistic(X, y, weight=3.0) / np.log(3)).round(6).tolist()
    [0.0, 1.0]
    """
    from sklearn.linear_model import LogisticRegression

    X, y, weight = _rows(X, y, weight)
    counted, penalty = np.where(y == 1, weight, 1.0), _checks.number("penalty", penalty, least=0)
    C = 1 / (penalty * counted.sum()) if penalty else np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a singular Hessian, as of columns that repeat others: the gradient counts
        model = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-10).fit(X, y, counted)
    theta = np.append(model.coef_[0], model.intercept_)
    _check_optimum(theta, X, y, counted / counted.sum(), penalty)
    return theta


def focal_logistic(X, y, weight=1.0, *, gamma, penalty=0.0):
    """Return the logistic regression that minimises the focal loss.

    Parameters
    ----------
    X : array_like of float, shape (n, d)
    y : array_like of int, shape (n,)
        Labels 0 and 1, both present.
    weight : float, optional
        α/(1 − α): how often a positive counts.
    gamma : float
        γ, at least 0.
    penalty : float, optional
        λ, at least 0: adds λ/2 times the square of the slopes to the weighted mean of the losses.

    Returns
    -------
    numpy.ndarray of float64, shape (d + 1,)
        The slopes and, last, the intercept.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above, or `logistic` has no minimum to start from.
    RuntimeError
        If the minimum is not reached.

    Notes
    -----
    Quasi-Newton steps (BFGS) from the optimum and the curvature of the cross-entropy, with the derivative in s = ±z,
    γ (1 − p)^γ p log p − (1 − p)^(γ+1), p = σ(s). The focal loss is not convex everywhere: this is the minimum near
    that start.

    Examples
    --------
    >>> X, y = [[0.0], [1.0], [0.0], [1.0]], [0, 0, 1, 1]
    >>> bool(np.abs(focal_logistic(X, y, gamma=2.0)).max() < 1e-6)
    True
    """
    from scipy.optimize import minimize

    X, y, weight = _rows(X, y, weight)
    gamma = _checks.number("gamma", gamma, least=0)
    design, sign = np.column_stack([X, np.ones(len(X))]), 2 * y - 1
    shares = np.where(y == 1, weight, 1.0)
    shares /= shares.sum()
    start = logistic(X, y, weight, penalty=penalty)
    held = np.append(np.full(len(start) - 1, penalty), 0.0)

    def loss(theta):
        s = sign * (design @ theta)
        p, log_p, rest = expit(s), log_expit(s), expit(-s)
        slope = shares * (gamma * rest**gamma * p * log_p - rest ** (gamma + 1))
        value = held @ theta**2 / 2 - (shares * rest**gamma * log_p).sum()
        return value, design.T @ (sign * slope) + held * theta

    p = expit(design @ start)  # and the curvature of the cross-entropy there
    curvature = (design.T * (shares * p * (1 - p))) @ design + np.diag(held + 1e-12)
    inverse = np.linalg.inv(curvature)
    options = {"gtol": 1e-9, "hess_inv0": (inverse + inverse.T) / 2}  # SciPy asks for symmetry to the last digit
    found = minimize(loss, start, jac=True, method="BFGS", options=options)
    if not np.linalg.norm(found.jac) < 1e-7:  # BFGS also stops where rounding lets it see no descent
        raise RuntimeError(f"focal_logistic has not arrived: {found.message} Standardise the features.")
    return found.x


def best_cut(y, logits):
    """Return the cut of logits that has the best balanced accuracy on these rows.

    Parameters
    ----------
    y : array_like of int, shape (n,)
        Labels 0 and 1, both present.
    logits : array_like of float, shape (n,)

    Returns
    -------
    float
        The alarm is raised where ``logits > cut``. Of cuts that are equally good, the highest: the next number below
        a logit, in float32 or float16 if the logits are. If no cut is better than none, no logit is above it.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above.

    Examples
    --------
    >>> y, logits = np.array([0, 0, 1, 0, 1]), np.array([-2.0, -1.0, 0.0, 0.5, 1.0])
    >>> (logits > best_cut(y, logits)).tolist()
    [False, False, True, True, True]
    """
    _checks.same_rows("y", y, "logits", logits)
    dtype = str(getattr(logits, "dtype", "")).lower()  # in a wider one, the next number below would be rounded back
    if "bfloat16" in dtype:
        raise TypeError("logits takes float16, float32 or float64, got bfloat16; take float32 of them.")
    y, logits = _checks.binary_labels("y", y), _checks.array("logits", logits, ndim=1)
    _checks.same_shape("y", y, "logits", logits)
    gains = np.where(y == 1, (y == 0).sum(), -(y == 1).sum())  # of an alarm: whole numbers, which tie exactly
    down, place = np.unique(-logits, return_inverse=True)
    gains = np.append(0.0, np.cumsum(np.bincount(place, gains)))  # of no alarm, and of all from the highest logit down
    best = np.append(np.inf, -down)[np.argmax(gains)]
    kind = next((kind for kind in (np.float32, np.float16) if kind.__name__ in dtype), np.float64)
    return float(np.nextafter(kind(best), kind(-np.inf)))


def scores(split, theta):
    """Return how a linear model decides and ranks the test part of a split.

    Parameters
    ----------
    split : companion.data.Split
    theta : array_like of float, shape (d + 1,)
        The slopes and, last, the intercept.

    Returns
    -------
    dict of str to float
        ``cut at ½`` and ``cut chosen``: balanced accuracy with the logits cut at 0, and at the `best_cut` of the
        validation part. ``AUC`` and ``average precision``, of the ranking. ``cut``: the logit that was chosen.

    Raises
    ------
    ValueError, TypeError
        If `theta` does not fit the split's features.

    Examples
    --------
    >>> from companion import data
    >>> X, y = data.gaussian_classes(500, separation=2.0, prior=0.2, seed=0)
    >>> split = data.stratified(X, y, seeds=[0])[0]
    >>> found = scores(split, logistic(split.X_train, split.y_train))
    >>> {name: round(value, 2) for name, value in found.items()}
    {'cut at ½': 0.7, 'cut chosen': 0.79, 'AUC': 0.91, 'average precision': 0.77, 'cut': -1.65}
    """
    theta = _parameters(split, theta)
    return score_logits(split, *(X @ theta[:-1] + theta[-1] for X in (split.X_val, split.X_test)))


def score_logits(split, z_val, z_test):
    """Return the `scores` of any model, from its logits.

    Parameters
    ----------
    split : companion.data.Split
    z_val, z_test : array_like of float, shapes (n_val,), (n_test,)
        The logits of the validation part and of the test part.

    Returns
    -------
    dict of str to float
        As `scores` does.

    Raises
    ------
    ValueError, TypeError
        If the shapes do not fit the split.
    """
    from sklearn import metrics

    z_val, z_test = _logits(split, z_val, z_test)
    cut = best_cut(split.y_val, z_val)
    return {
        "cut at ½": _balanced_accuracy(split.y_test, z_test > 0),
        "cut chosen": _balanced_accuracy(split.y_test, z_test > cut),
        "AUC": float(metrics.auc(*metrics.roc_curve(split.y_test, z_test)[:2])),
        "average precision": float(metrics.average_precision_score(split.y_test, z_test)),
        "cut": cut,
    }


def undone(split, theta, weight=1.0, *, gamma=0.0):
    """Return how a linear model does on the test part, once what its loss added to the logits is taken out.

    Parameters
    ----------
    split : companion.data.Split
    theta : array_like of float, shape (d + 1,)
        The slopes and, last, the intercept.
    weight : float, optional
        With which the model was trained: how often a positive counted.
    gamma : float, optional
        γ of the focal loss with which it was trained, at least 0; 0 is cross-entropy.

    Returns
    -------
    dict of str to float
        ``cut aimed at``: balanced accuracy with the alarm where the probability is above 1/(1 + w), w = n⁻/n⁺ of the
        training part, at which the best prediction has the best balanced accuracy. ``brier, undone``: the mean of
        (p − y)².

    Raises
    ------
    ValueError, TypeError
        If `theta` does not fit the split's features, or an argument is not as above.

    Notes
    -----
    `theory.focal_correction` with α = weight/(1 + weight), which without γ is `theory.prior_correction`, of the logits.

    Examples
    --------
    >>> from companion import data
    >>> X, y = data.gaussian_classes(500, separation=2.0, prior=0.2, seed=0)
    >>> split = data.stratified(X, y, seeds=[0])[0]
    >>> theta = logistic(split.X_train, split.y_train)
    >>> {name: round(value, 2) for name, value in undone(split, theta + [0, np.log(4)], 4.0).items()}
    {'cut aimed at': 0.79, 'brier, undone': 0.09}
    """
    theta = _parameters(split, theta)
    weight, gamma = _checks.number("weight", weight, above=0), _checks.number("gamma", gamma, least=0)
    logits = theory._focal_odds(split.X_test @ theta[:-1] + theta[-1], gamma) - np.log(weight)
    aim = -np.log(weights.pos_weight(split.y_train))
    return {
        "cut aimed at": _balanced_accuracy(split.y_test, logits > aim),
        "brier, undone": float(np.mean((expit(logits) - split.y_test) ** 2)),
    }


def differences(table, baseline):
    """Return how methods differ from one of them, paired by split, as text.

    Parameters
    ----------
    table : pandas.DataFrame of float
        Its index has the levels ``method`` and ``split``; two methods and two splits at least.
    baseline : str
        Which method the others are compared with.

    Returns
    -------
    pandas.DataFrame of str
        ``"mean ± half of the 95 % interval"``, for the methods in their order and the columns of `table`.

    Raises
    ------
    ValueError, TypeError
        If `table` has other levels, `baseline` is no method, or `evaluate.paired` refuses the table.

    Examples
    --------
    >>> recall = evaluate.frame({"recall": [[0.5, 0.5], [0.6, 0.7]]}, method=["none", "weight"], split=range(2))
    >>> differences(recall, "none")["recall"].tolist()
    ['+0.000 ± 0.000', '+0.150 ± 0.635']
    """
    import pandas as pd

    if not isinstance(table, pd.DataFrame) or list(table.index.names) != ["method", "split"]:
        raise TypeError(
            "table takes a pandas.DataFrame with the index levels method and split, as evaluate.frame makes it."
        )
    _checks.one_of("baseline", baseline, table.index.unique("method"))

    def text(column):
        gain = evaluate.paired(column, column.loc[baseline])
        reach = (gain["high"] - gain["low"]) / 2
        return gain["mean"].map("{:+.3f}".format) + reach.map(" ± {:.3f}".format)

    return pd.DataFrame({name: text(table[name]) for name in table}).loc[table.index.unique("method")]


def against(splits, models, baseline):
    """Return the mean scores of methods, and how they differ from one of them, paired by split.

    Parameters
    ----------
    splits : list of companion.data.Split
        Two at least, of different seeds.
    models : list of dict of str to array_like of float, shape (d + 1,)
        For each split, the slopes and the intercept by method; the same methods for each.
    baseline : str
        Which method the others are compared with.

    Returns
    -------
    pandas.DataFrame
        A row for each method, in their order: means of the `scores` ``cut at ½``, ``cut chosen``, ``AUC`` and
        ``average precision``; ``difference``, the `differences` of ``cut chosen``.

    Raises
    ------
    ValueError, TypeError
        If the lists differ in length, a seed is repeated, `baseline` is no method, or a model does not fit its split.

    Examples
    --------
    >>> from companion import data
    >>> X, y = data.gaussian_classes(500, separation=2.0, prior=0.2, seed=0)
    >>> splits = data.stratified(X, y, seeds=[0, 1])
    >>> models = [{"none": [1.0, 0.0], "shifted": [1.0, 3.0], "upside down": [-1.0, 0.0]} for split in splits]
    >>> against(splits, models, "none")["difference"].tolist()
    ['+0.000 ± 0.000', '+0.000 ± 0.000', '-0.347 ± 0.754']
    """
    import pandas as pd

    splits = _different(splits)
    _checks.same_length("splits", splits, "models", models)
    _checks.one_of("baseline", baseline, models[0])
    rows = {
        (method, split.seed): scores(split, theta)
        for split, each in zip(splits, models, strict=True)
        for method, theta in each.items()
    }
    found = pd.DataFrame(rows).T.rename_axis(["method", "split"])
    table = found.groupby("method", sort=False).mean()[["cut at ½", "cut chosen", "AUC", "average precision"]]
    table.insert(2, "difference", differences(found[["cut chosen"]], baseline)["cut chosen"])
    return table


def weight_and_choice(splits):
    """Return what the weight n⁻/n⁺ changes, and what choosing the cut does, on each split.

    Parameters
    ----------
    splits : list of companion.data.Split
        Of different seeds.

    Returns
    -------
    pandas.DataFrame of float
        A row for each split, known by its seed. ``balanced accuracy``, ``AUC`` and ``average precision``: with the
        weight minus without, the first at the cuts that the validation part chose. ``choosing``: the balanced accuracy
        without the weight at the chosen cut minus that at p = 1/(1 + w).

    Raises
    ------
    ValueError, TypeError
        If `splits` is not as above, or `logistic` finds no minimum.

    Examples
    --------
    >>> from companion import data
    >>> X, y = data.gaussian_classes(500, separation=2.0, prior=0.2, seed=0)
    >>> weight_and_choice(data.stratified(X, y, seeds=[0, 1])).shape
    (2, 4)
    """
    import pandas as pd

    rows = {}
    for split in _different(splits):
        w, (X, y) = weights.pos_weight(split.y_train), (split.X_train, split.y_train)
        plain = logistic(X, y)
        without, with_weight = scores(split, plain), scores(split, logistic(X, y, w))
        alarms = split.X_test @ plain[:-1] + plain[-1] > logit(theory.threshold_from_weight(w))
        rows[split.seed] = {
            "balanced accuracy": with_weight["cut chosen"] - without["cut chosen"],
            "AUC": with_weight["AUC"] - without["AUC"],
            "average precision": with_weight["average precision"] - without["average precision"],
            "choosing": without["cut chosen"] - _balanced_accuracy(split.y_test, alarms),
        }
    return pd.DataFrame(rows).T.rename_axis("split")


def recalibrated(split, z_val, z_test, weight):
    """Return how calibrated logits are after log w is taken off, and after a fit on the validation part.

    Parameters
    ----------
    split : companion.data.Split
    z_val, z_test : array_like of float, shapes (n_val,), (n_test,)
        The logits of the validation part and of the test part.
    weight : float
        With which the model was trained.

    Returns
    -------
    dict of str to float
        ``intercept`` and ``slope`` of `evaluate.calibration` on the test part, ``shifted`` by −log w, and
        ``refitted``: a + bz instead of z, where σ(a + bz) is fitted to the validation part (Platt scaling).

    Raises
    ------
    ValueError, TypeError
        If the shapes do not fit the split, or logits separate the classes.

    Examples
    --------
    >>> from companion import data
    >>> X, y = data.gaussian_classes(5000, separation=2.0, prior=0.2, seed=0)
    >>> split = data.stratified(X, y, seeds=[0])[0]
    >>> slope, intercept = logistic(split.X_train, split.y_train, 4.0)
    >>> z_val, z_test = (X[:, 0] * slope + intercept for X in (split.X_val, split.X_test))
    >>> found = recalibrated(split, z_val, z_test, 4.0)
    >>> {name: round(value, 1) for name, value in found.items()}
    {'intercept, shifted': 0.1, 'slope, shifted': 1.0, 'intercept, refitted': 0.0, 'slope, refitted': 1.1}
    """
    z_val, z_test = _logits(split, z_val, z_test)
    shifted = z_test - np.log(_checks.number("weight", weight, above=0))
    found = {"shifted": shifted, "refitted": _refitted(split, z_val, z_test)}
    return {
        f"{part}, {how}": evaluate.calibration(split.y_test, logits)[part]
        for how, logits in found.items()
        for part in ("intercept", "slope")
    }


def focal_scores(split, z_val, z_test, gamma):
    """Return how logits of a focal loss without α rank, and how calibrated they are: reported, corrected and refitted.

    Parameters
    ----------
    split : companion.data.Split
    z_val, z_test : array_like of float, shapes (n_val,), (n_test,)
        The logits of the validation part and of the test part.
    gamma : float
        γ, at least 0, with which the model was trained.

    Returns
    -------
    dict of str to float
        ``average precision`` on the test part; ``slope`` and ``Brier`` of `evaluate.calibration` there, ``reported``,
        ``corrected`` by `theory.focal_correction`, and ``refitted``: a + bz instead of z, where σ(a + bz) is fitted to
        the validation part; ``log loss, validation``, of the corrected ones, by which to choose a penalty or decay.

    Raises
    ------
    ValueError, TypeError
        If the shapes do not fit the split, or logits separate the classes.

    Examples
    --------
    >>> from companion import data
    >>> X, y = data.gaussian_classes(5000, separation=2.0, prior=0.2, seed=0)
    >>> split = data.stratified(X, y, seeds=[0])[0]
    >>> slope, intercept = focal_logistic(split.X_train, split.y_train, gamma=2.0)
    >>> z_val, z_test = (X[:, 0] * slope + intercept for X in (split.X_val, split.X_test))
    >>> found = focal_scores(split, z_val, z_test, 2.0)
    >>> [round(found[f"slope, {how}"], 1) for how in ("reported", "corrected", "refitted")]
    [2.6, 1.0, 1.1]
    """
    from sklearn import metrics

    gamma = _checks.number("gamma", gamma, least=0)
    z_val, z_test = _logits(split, z_val, z_test)
    logits = {
        "reported": z_test,
        "corrected": theory._focal_odds(z_test, gamma),
        "refitted": _refitted(split, z_val, z_test),
    }
    found = {"average precision": float(metrics.average_precision_score(split.y_test, z_test))}
    for how, z in logits.items():
        measured = evaluate.calibration(split.y_test, z)
        found |= {f"slope, {how}": measured["slope"], f"Brier, {how}": measured["brier"]}
    toward_label = (2 * split.y_val - 1) * theory._focal_odds(z_val, gamma)
    return found | {"log loss, validation": float(-log_expit(toward_label).mean())}


def smote_lengths(X, y, *, seed, penalties=(0.0,)):
    """Return how much longer or shorter SMOTE makes the vector of slopes than the weight n⁻/n⁺ does.

    Parameters
    ----------
    X : array_like of float, shape (n, d)
    y : array_like of int, shape (n,)
        Labels 0 and 1, both present.
    seed : int
        Of SMOTE's draws, from 0 on.
    penalties : sequence of float, optional
        λ of λ/2·‖β‖², relative to the mean loss, in which both classes have the same total weight; 0 is none.

    Returns
    -------
    list of float
        ‖β‖ with SMOTE over ‖β‖ with the weight, for each penalty.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above, `logistic` finds no minimum, or the rare class has fewer than six rows: SMOTE
        draws among five neighbours.

    Examples
    --------
    >>> X, y = gaussians([1.0, 0.0], n=500, positives=50, seed=0)
    >>> [round(length, 1) for length in smote_lengths(X, y, seed=0, penalties=(0.0, 0.1))]
    [1.1, 1.0]
    """
    from imblearn.over_sampling import SMOTE

    X, y, _ = _rows(X, y, 1.0)
    made = SMOTE(random_state=_checks.whole("seed", seed)).fit_resample(X, y)
    runs = (*made, 1.0), (X, y, weights.pos_weight(y))
    found = [[np.linalg.norm(logistic(*run, penalty=penalty)[:-1]) for run in runs] for penalty in penalties]
    return [float(smote / weighted) for smote, weighted in found]


def gaussians(shift, *, n, positives, seed):
    """Return two Gaussian classes of equal covariance, whose η a logistic regression can represent.

    Parameters
    ----------
    shift : array_like of float, shape (d,)
        The mean of the positives; that of the negatives is 0, and both covariances are the identity.
    n, positives : int
        Rows, and how many of them are positive.
    seed : int
        Seed of ``numpy.random.default_rng``, from 0 on.

    Returns
    -------
    X : numpy.ndarray of float64, shape (n, d)
    y : numpy.ndarray of int64, shape (n,)
        The positives stand last.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above, or `positives` leaves no negative.

    Examples
    --------
    >>> X, y = gaussians([1.0, 0.5], n=100, positives=5, seed=0)
    >>> X.shape, int(y.sum())
    ((100, 2), 5)
    """
    shift = _checks.array("shift", shift, ndim=1)
    n, positives = _checks.whole("n", n, least=2), _checks.whole("positives", positives, least=1)
    if positives >= n:
        raise ValueError(f"positives takes less than n = {n}, got {positives}.")
    y = (np.arange(n) >= n - positives).astype(int)
    rng = np.random.default_rng(_checks.whole("seed", seed))
    return rng.normal(size=(n, len(shift))) + y[:, None] * shift, y


def _rows(X, y, weight):
    _checks.same_rows("X", X, "y", y)
    X, y = _checks.array("X", X, ndim=2), _checks.binary_labels("y", y)
    _checks.same_length("X", X, "y", y)
    return X, y, _checks.number("weight", weight, above=0)


def _check_optimum(theta, X, y, shares, penalty):
    """Refuse parameters at which the loss has no minimum: its gradient is not 0, or its curvature vanishes.

    Columns are brought to −1…1, so that neither their units nor their origins count.
    """
    from scipy.linalg import eigh

    low, high = X.min(axis=0) / 2, X.max(axis=0) / 2
    reach = np.where(high > low, high - low, 1.0)
    design = np.column_stack([(X - (high + low)) / reach, np.ones(len(X))])
    logits = X @ theta[:-1] + theta[-1]
    if not penalty and ((logits > 0) == y).all():
        raise ValueError(SEPARATED)
    p, base = expit(logits), shares @ y
    gradient = np.abs(design.T @ (shares * (p - y)) + np.append(penalty * theta[:-1] / reach, 0.0)).max()
    if not gradient < 1e-6 * base * (1 - base):
        raise RuntimeError(
            f"logistic has not arrived: the gradient is {gradient:.2g} instead of 0. Standardise the features, or take "
            "a less extreme weight."
        )
    if not penalty:  # the curvature is compared with that of the intercept alone, in the directions in which it has any
        here, start = ((design.T * shares * slope) @ design for slope in (p * (1 - p), base * (1 - base)))
        span = curved(start)
        if eigh(span.T @ here @ span, span.T @ start @ span, eigvals_only=True)[0] < 1e-8:
            raise ValueError(
                "X separates the classes of y in part: in some direction the loss falls ever more slowly as the "
                "parameters grow, and has no minimum. Take a penalty above 0."
            )


def _parameters(split, theta):
    _check_split(split)
    theta = _checks.array("theta", theta, ndim=1)
    if len(theta) != split.X_test.shape[1] + 1:
        raise ValueError(f"theta takes {split.X_test.shape[1]} slopes and an intercept, got {len(theta)} numbers.")
    return theta


def _logits(split, z_val, z_test):
    """Return the logits of the validation and of the test part as arrays that fit the split."""
    _check_split(split)
    z_val, z_test = _checks.array("z_val", z_val, ndim=1), _checks.array("z_test", z_test, ndim=1)
    _checks.same_shape("y_val", split.y_val, "z_val", z_val)
    _checks.same_shape("y_test", split.y_test, "z_test", z_test)
    return z_val, z_test


def _different(splits):
    """Return splits as a list, or refuse some that share a seed: rows are known by it."""
    splits = list(splits)
    for split in splits:
        _check_split(split)
    seeds = [split.seed for split in splits]
    if repeated := [seed for seed in seeds if seeds.count(seed) > 1]:
        raise ValueError(
            f"splits takes splits of different seeds, by which their rows are known; got seed {repeated[0]} "
            f"{seeds.count(repeated[0])} times. Take each data set by itself."
        )
    return splits


def _check_split(split):
    if not isinstance(split, Split):
        raise TypeError(f"split takes a Split, as companion.data.splits returns them; got {_checks.shown(split)}.")


def _refitted(split, z_val, z_test):
    """Return a + bz of the test part, where σ(a + bz) is fitted to the validation part (Platt scaling)."""
    try:
        b, a = logistic(z_val[:, None], split.y_val)
    except ValueError as error:
        error.add_note("Here X is the column z_val: no σ(a + bz) fits the validation part best.")
        raise
    return a + b * z_test


def _balanced_accuracy(y, alarms):
    """Return the mean of both recalls; scikit-learn's checks would take most of the time here."""
    return float(alarms[y == 1].mean() + 1 - alarms[y == 0].mean()) / 2
