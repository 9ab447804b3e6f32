"""Which law the gradients of a loss follow: the simplest that fits, its linear part by projection."""

from dataclasses import replace

import numpy as np
from scipy.optimize import least_squares

from companion.same_loss.laws import Law

_STARTS = {
    "gamma": (1.5,),
    "gammas": ((2.0, 1.0), (1.0, 3.0)),
    "scale": (0.7, 5.0),
    "shift": (0.0,),
    "margin": (0.1,),
    "inside": (1.0, 4.0),
    "p_margin": (0.05,),
    "poly": (1.0,),
}
_LARGEST_POLY = 1e4  # beyond it the law is (1 − p)^(γ + 1) alone, whose ε and weights have no bound
_NEVER_NEGATIVE = ("gamma", "gammas", "scale", "inside", "p_margin")
_SCALAR = ("scale", "p_margin", "poly")


def ladder(family, n_classes):
    """Yield ``(law, names of its free parameters, whether targets are smoothed)``, the simplest first."""
    plain, detached = Law(family), Law(family, detached=True)
    active, squared = Law(family, activated=True), Law(family, squared=True)
    linear = Law(family, linear=True)
    yield from [(plain, (), False), (plain, ("gamma",), False), (detached, ("gamma",), False)]
    if n_classes == 2 and family == "softmax":
        yield Law(hinge=True), (), False
        yield Law(hinge=True, squared=True), (), False
    yield from [
        (active, (), False),
        (squared, (), False),
        (linear, (), False),
        (replace(squared, activated=True), (), False),
    ]
    yield from [(plain, (), True), (plain, ("scale",), False), (plain, ("shift",), False)]
    for law in (plain, detached):
        yield law, ("gamma",), True
        yield law, ("gamma", "shift"), False
        yield law, ("gamma", "scale"), False
    yield from [(plain, ("poly",), False), (plain, ("gamma", "poly"), False)]
    yield from [(plain, ("scale", "shift"), False), (plain, ("scale",), True), (plain, ("shift",), True)]
    yield from [(active, (), True), (active, ("gamma",), False), (active, ("scale",), False)]
    yield from [(active, ("shift",), False), (replace(detached, activated=True), ("gamma",), False)]
    yield active, ("gamma",), True
    if n_classes == 2 or family == "sigmoid":
        yield plain, ("gammas",), False
        yield detached, ("gammas",), False
        yield plain, ("gammas", "p_margin"), False
        yield detached, ("gammas", "p_margin"), False
    if family == "softmax":
        yield plain, ("margin",), False
        yield plain, ("scale", "margin"), False
        yield plain, ("gamma", "margin"), False
        yield plain, ("gamma", "inside"), False
        yield detached, ("gamma", "inside"), False
        yield active, ("margin",), False
        yield active, ("gamma", "inside"), False
        yield plain, ("gamma", "scale", "shift"), False
        yield plain, ("scale", "shift"), True
        if n_classes > 2:
            yield plain, ("shift", "margin"), False


def fitted(z, y, gradient, family, n_classes, tolerance):
    """Return the `Law` and the matrix of its terms, ``(K, T)``, that give these gradients; None if no law does.

    Parameters
    ----------
    z : numpy.ndarray, shape (n,) or (n, K)
    y : numpy.ndarray of int, shape (n,)
    gradient : numpy.ndarray, the shape of z
        Of the sum over the samples, whatever the batch is divided by.
    family : {"softmax", "sigmoid"}
    n_classes : int
    tolerance : float
        Largest residual, relative to the largest gradient of the class.
    """
    target = gradient.reshape(len(y), -1)
    largest = np.array([np.abs(target[y == k]).max(initial=0.0) for k in range(n_classes)])
    scale = np.where(largest > 0, largest, largest.max())[y][:, None]
    for law, names, smoothed in ladder(family, n_classes):

        def terms(law, smoothed=smoothed):
            return _projected(law, z, y, target, scale, n_classes, smoothed)

        for candidate in _solved(law, names, n_classes, z, terms):
            coefficients, residual = terms(candidate)
            if np.abs(residual).max() < tolerance and abs(candidate.poly) < _LARGEST_POLY:
                return candidate, coefficients
    return None


def _solved(law, names, n_classes, z, terms):
    """Yield the law with its free parameters at the best values found, from each start."""
    if not names:
        yield law
        return
    one_logit = z.ndim == 1
    sizes = dict.fromkeys(_STARTS, 1) | {"gammas": 2, "inside": n_classes}
    sizes["margin"] = 1 if one_logit else n_classes
    sizes["shift"] = 1 if one_logit else n_classes - (law.family == "softmax")

    def made(x):
        values, at = {}, 0
        for name in names:
            part = x[at : at + sizes[name]]
            at += sizes[name]
            part = tuple((np.abs(part) if name in _NEVER_NEGATIVE else part).tolist())
            if name in ("shift", "margin") and len(part) < n_classes and law.family == "softmax":
                part = (0.0, *part)  # of shifts the first is arbitrary; one logit has but one of either
            values[name.removesuffix("s")] = part[0] if name in _SCALAR else part
        return replace(law, **values)

    def residual(x):
        return np.nan_to_num(terms(made(x))[1].ravel(), nan=1e3, posinf=1e3, neginf=-1e3)

    for number in range(max(len(_STARTS[name]) for name in names)):
        starts = [_STARTS[name][min(number, len(_STARTS[name]) - 1)] for name in names]
        x = np.concatenate([np.broadcast_to(start, sizes[name]) for name, start in zip(names, starts, strict=True)])
        with np.errstate(all="ignore"):
            # A law that fits takes its residual down to rounding, step by step; one that stalls before does not fit.
            found = least_squares(
                residual, x, method="lm", xtol=1e-10, ftol=1e-6, gtol=1e-14, max_nfev=25 * (len(x) + 1)
            )
        yield made(found.x)


def _projected(law, z, y, target, scale, n_classes, smoothed):
    """Return the coefficients ``(K, T)`` that come closest, and what is left, relative to `scale`."""
    with np.errstate(all="ignore"):
        _, gradients = law.terms(z)
    gradients = gradients.reshape(len(y), gradients.shape[1], -1) / scale[:, :, None]
    wanted = target / scale
    coefficients = np.zeros((n_classes, gradients.shape[1]))
    if not np.isfinite(gradients).all():
        return coefficients, np.full_like(target, np.nan)
    columns = gradients.shape[1] > n_classes
    if not smoothed and not columns:  # one number a class: no system to solve
        own = gradients[np.arange(len(y)), y]
        norm = np.bincount(y, (own**2).sum(axis=1), n_classes)
        found = np.bincount(y, (own * wanted).sum(axis=1), n_classes) / np.where(norm > 0, norm, 1)
        coefficients[np.arange(n_classes), np.arange(n_classes)] = found
        return coefficients, wanted - found[y][:, None] * own
    residual = np.empty_like(target)
    for k in range(n_classes):
        rows = np.flatnonzero(y == k)
        use = np.arange(gradients.shape[1])
        if not smoothed:
            use = 2 * np.arange(n_classes) + (np.arange(n_classes) == k)
        design = np.moveaxis(gradients[rows][:, use], 1, 2).reshape(-1, len(use))
        coefficients[k, use] = np.linalg.lstsq(design, wanted[rows].ravel(), rcond=None)[0]
        residual[rows] = wanted[rows] - (design @ coefficients[k, use]).reshape(len(rows), -1)
    return coefficients, residual
