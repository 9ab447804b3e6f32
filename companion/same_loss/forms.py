"""The canonical form of a loss, inferred from probes and then confirmed on batches that it has not seen."""

import contextlib
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import expit

from companion.same_loss import fit, probes
from companion.same_loss.laws import Law
from companion.same_loss.sides import Reading


@dataclass
class Form:
    """What one loss is.

    The loss of a batch is the sum over its rows of weight × law, divided as `divided_by` says, plus `offset`.

    Attributes
    ----------
    framework : str
    n_classes : int
    reading : Reading
        The shapes, the order of the arguments, logits or probabilities, and the precision of the probes.
    law : Law or None
        None: the loss follows no law that is known here.
    coefficients : numpy.ndarray, shape (K, T)
        The terms of the law that a row of each class has; its scale is that of `divisor`.
    divisor : probes.Divisor
    divided_by : str
        "samples", "weights", "sum", "class" (the rows of the same class), "valid" (those whose class has a weight),
        "averaged" (the mean of the weights times the mean of the losses), "others" (the samples, each class times the
        share of the others in the batch), "classes" (the rows of `counted`), or "unknown".
    counted : tuple of int
    weights : numpy.ndarray, shape (K,) or (K, K)
        Of the classes; with one sigmoid a column, that of column c in a row of class k. Where the sum of the weights
        divides, they are scaled so that the first is one; otherwise a common factor is part of them.
    factor : float
        What multiplies the whole where the sum of the weights divides; elsewhere one.
    smoothing : float
        ε of targets (1 − ε)·one-hot + ε/K.
    smoothing_on : str
        Whether a weight multiplies the loss of the "samples", smoothed, or each of its "terms".
    offset : float
        A constant that the value holds.
    entries : float
        How many numbers a sample the loss comes as; 0 if it comes as one number, reduced.
    value_fits : bool
        Whether the gradient is the derivative of the value.
    broadcast, coupled : bool
        Whether every row meets every label; whether rows depend on each other's logits.
    overlap : numpy.ndarray, shape (3,), or None
        α, β and s, if the loss is 1 − (TP + s) / (TP + α FP + β FN + s) of the whole batch: Tversky; dice if α = β = ½.
    by_shape : bool
        Whether PyTorch's loss is another where the logits are ``(n,)``; it is looked at where they are ``(n, 1)``.
    kink : bool
        Whether the gradient at z = 0 is not that of its surroundings.
    clipped : float
        The probability below which, or above one minus which, the gradient is zero; 0 if nowhere in ``|z| ≤ 6``.
    left_out : bool
        Whether such rows are left out: where all are right by a wide margin, the loss is 0.
    graph_differs : bool
        Whether a graph computes something else than eager TensorFlow.
    ignored : str
        What rows of the label asked for do: "" (not asked), "skipped", "counted" (in the divisor), "used", "refused".
    confirmed : bool
        Whether the form predicted the value and the gradient of fresh batches.
    notes : list of str
        What happens outside the domain of the comparison.
    """

    framework: str
    n_classes: int
    reading: Reading
    law: Law | None = None
    coefficients: np.ndarray | None = None
    divisor: probes.Divisor = probes.Divisor(None)
    divided_by: str = "unknown"
    counted: tuple = ()
    weights: np.ndarray | None = None
    factor: float = 1.0
    smoothing: float = 0.0
    smoothing_on: str = "samples"
    offset: float = 0.0
    entries: float = 0.0
    value_fits: bool = True
    broadcast: bool = False
    coupled: bool = False
    overlap: np.ndarray | None = None
    by_shape: bool = False
    kink: bool = False
    clipped: float = 0.0
    left_out: bool = False
    graph_differs: bool = False
    ignored: str = ""
    confirmed: bool = False
    notes: list = field(default_factory=list)

    @property
    def reduced(self):
        """Whether the loss comes as one number."""
        return self.entries == 0

    def predict(self, z, y):
        """Return the value and the gradient that the form gives."""
        divisors = self.divisor(np.bincount(y, minlength=self.n_classes))[y]
        values, gradients = self.law.terms(z)
        chosen = self.coefficients[y] / divisors[:, None]
        value = (chosen * values).sum()
        gradient = np.einsum("nt,nt...->n...", chosen, gradients)
        if not self.reduced:
            value = value / (self.entries * len(y))
        return value + self.offset, gradient


def infer(side, *, outputs=None, ignored=None):
    """Return the `Form` of a loss.

    Parameters
    ----------
    side : Side
    outputs : {"logits", "probabilities"}, optional
        What the model gives, if that is declared.
    ignored : int, optional
        A label outside 0…K−1 that means "leave this row out".

    Raises
    ------
    probes.NotCompared
        If there is no way to call the loss, or if two calls differ.
    """
    reading = probes.read(side, outputs)
    form = _of_reading(side, reading, ignored)
    if not reading.columns and not _moves_negatives(side, reading):  # as where y · z is meant for labels of −1 and 1
        shape = reading.targets.partition(" ")[2]
        with contextlib.suppress(Exception):  # a loss may refuse such labels in any way it likes
            signed = _of_reading(side, replace(reading, targets=f"±1 {shape}"), ignored)
            known = signed.confirmed and signed.weights is not None and signed.divided_by != "unknown"
            return signed if known and (signed.weights > 0).all() else form
    return form


def _moves_negatives(side, reading):
    """Whether any row of class 0 has a gradient."""
    z, y = probes.batch(reading, side.n_classes, 6, seed=20)
    return bool(side(reading, z, y).gradient[y == 0].any())


def _of_reading(side, reading, ignored):
    """Return the `Form` of a loss that takes its arguments as `reading` says."""
    rows = probes.rows(side, reading)
    if rows.stateful:
        raise probes.Unsteady(
            f"{side.framework}'s loss gives two answers for one batch: it has a state, or draws numbers. Freeze its "
            "state, such as a running count; fix the seed inside the loss, or take the randomness out."
        )
    form = Form(side.framework, side.n_classes, reading)
    form.broadcast, form.entries = rows.broadcast, rows.entries
    form.by_shape = side.framework == "PyTorch" and probes.goes_by_shape(side, reading)
    form.coupled = not form.broadcast and (rows.coupled or _mixed_where_rare(side, reading))
    if not form.broadcast and not form.coupled:
        form.divisor = probes.divisor(side, reading)
    if form.divisor.affine is not None:
        form = _with_law(side, form)
    if form.law is not None:
        form.clipped = max(form.clipped, _clip(side, form))
        form.left_out = form.clipped > 0 and _worth_nothing(side, reading)
        _name(form)
        _check_value(side, form)
        _confirm(side, form)
    if form.coupled and not reading.columns:
        form.overlap = _overlap(side, reading)
    form.kink = not form.broadcast and not form.coupled and _kink(side, reading)
    if side.framework == "TensorFlow":
        form.graph_differs = _graph_differs(side, reading)
    if ignored is not None:
        form.ignored = _ignored(side, reading, ignored)
    form.notes += _tails(side, reading)
    probes.frozen(side, reading)
    return form


def _mixed_where_rare(side, reading):
    """Whether rows depend on each other's logits where a class has one row: there a loss may leave some others out."""
    for label in (0, side.n_classes - 1):
        counts = np.where(np.arange(side.n_classes) == label, 1, 12)
        z, y = probes.batch(reading, side.n_classes, counts, seed=64)
        moved = z + np.random.default_rng(65).standard_normal(z.shape)
        moved[::2] = z[::2]
        before, after = (side(reading, at, y).gradient[::2] for at in (z, moved))
        if not probes.close(after, before, probes.PRECISION[reading.precision]):
            return True
    return False


def _with_law(side, form):
    """Return the form with the law that its gradients follow, under the link that lets one be found."""
    links = ("softmax", "sigmoid") if form.reading.columns and form.reading.given == "probabilities" else ("softmax",)
    k = side.n_classes
    for link in links:
        reading = replace(form.reading, link=link)
        z, y = probes.batch(reading, k, 14 if k <= 4 else 8, seed=21)
        gradient = side(reading, z, y).gradient
        gradient = gradient * form.divisor(np.bincount(y, minlength=k))[y].reshape(-1, *[1] * (z.ndim - 1))
        rows = gradient.reshape(len(y), -1)
        alive = rows.any(axis=1)
        keep = alive | np.isin(y, [j for j in range(k) if not alive[y == j].any()])
        family = "sigmoid" if z.ndim == 2 and _columns_apart(side, reading) else "softmax"
        found = fit.fitted(z[keep], y[keep], gradient[keep], family, k, probes.PRECISION[reading.precision])
        if found is not None:
            form.law, form.coefficients = found
            form.reading = reading
            predicted = np.einsum("nt,nt...->n...", form.coefficients[y], form.law.terms(z)[1])
            gone = ~keep & _wrong(rows, predicted.reshape(len(y), -1), y, probes.PRECISION[reading.precision])
            if gone.any():
                form.clipped = float(_rest(form.law, z[gone], y[gone]).max())
            break
    return form


def _overlap(side, reading):
    """Return α, β and s of a Tversky loss over the batch, None if it is none: they are linear in L / (1 − L)."""
    design, wanted = [], []
    for n in range(2, 10):
        z, y = probes.batch(reading, side.n_classes, (n, 11 - n), seed=80 + n)
        p = expit(z)
        value = side(reading, z, y).value
        if not 0 < value < 1:
            return None
        odds = value / (1 - value)  # (α FP + β FN) / (TP + s)
        design.append([p[y == 0].sum(), (1 - p[y == 1]).sum(), -odds])
        wanted.append(odds * p[y == 1].sum())
    found = np.linalg.lstsq(design, wanted, rcond=None)[0]
    return found if np.allclose(design @ found, wanted, rtol=probes.PRECISION[reading.precision]) else None


def _columns_apart(side, reading):
    """Whether the gradient in one logit of a row sees no other logit of it."""
    z, y = probes.batch(reading, side.n_classes, 3, seed=22)
    moved = z + np.random.default_rng(23).standard_normal(z.shape)
    moved[:, 0] = z[:, 0]
    before, after = side(reading, z, y).gradient[:, 0], side(reading, moved, y).gradient[:, 0]
    return probes.close(before, after, probes.PRECISION[reading.precision])


def _rest(law, z, y):
    """Return what a clip looks at in each row: the lesser of p and 1 − p, of its class, or of the largest column."""
    plain = Law(law.family, scale=law.scale, shift=law.shift, margin=law.margin, activated=law.activated)
    p = np.exp(-plain.terms(z)[0])
    one_a_column = z.ndim == 2 and p.shape[1] > z.shape[1]
    p = p[:, 1::2] if one_a_column else p[np.arange(len(y)), y][:, None]
    return np.minimum(p, 1 - p).max(axis=1)


def _clip(side, form):
    """Return the probability below which, or above one minus which, the gradient is zero in the domain; or 0.

    Rows of two classes, wrong and right, go from logits of 0 to the edge of the domain. The step in which the gradient
    vanishes, and should not, is divided three times.
    """
    k, reading = side.n_classes, form.reading
    others = probes.batch(reading, k, 2, seed=45)  # lest a class have no row
    labels = np.array([0, k - 1, 0, k - 1])
    own = labels[:, None] == np.arange(k) if reading.columns else labels == 1
    edge = np.where(own.T, [-6, -6, 6, 6], [6, 6, -6, -6]).T

    def rows(which, steps):
        z = edge[which, None] * steps.reshape(*steps.shape, *[1] * (edge.ndim - 1))
        z = np.concatenate([z.reshape(-1, *edge.shape[1:]), others[0]])
        y = np.concatenate([np.repeat(labels[which], steps.shape[1]), others[1]])
        return z, y, side(reading, z, y).gradient.reshape(len(y), -1)

    steps = np.tile(np.linspace(0, 1, 13), (4, 1))
    z, y, gradient = rows(np.arange(4), steps)
    expected = form.predict(z, y)[1].reshape(len(y), -1)
    gone = _wrong(gradient, expected, y, 10 * probes.PRECISION[reading.precision]) & ~gradient.any(axis=1)
    gone = gone[: steps.size].reshape(steps.shape)
    gone[:, 0] = False  # at z = 0 it is a kink
    which = np.flatnonzero(gone.any(axis=1))
    if not len(which):
        return 0.0
    steps, gone = steps[which], gone[which]
    for _ in range(3):
        after = np.arange(len(which)), gone.argmax(axis=1)
        steps = np.linspace(steps[after[0], after[1] - 1], steps[after], 25, axis=1)
        gone = ~rows(which, steps)[2][: steps.size].any(axis=1).reshape(steps.shape)
        gone[:, 0] = False
    first = steps[np.arange(len(which)), gone.argmax(axis=1)]
    return float(_rest(form.law, rows(which, first[:, None])[0][: len(which)], labels[which]).max())


def _worth_nothing(side, reading):
    """Whether a batch of rows that are right by a wide margin has a loss of 0."""
    y = np.repeat(np.arange(side.n_classes), 2)
    own = y[:, None] == np.arange(side.n_classes) if reading.columns else y == 1
    return side(reading, np.where(own, 6.0, -6.0), y).value == 0


def _name(form):
    """Name the linear parts: smoothing, weights, divisor, factor."""
    tolerance = 100 * probes.PRECISION[form.reading.precision]
    found = (
        _columns_named(form, tolerance) if form.coefficients.shape[1] > form.n_classes else _rows_named(form, tolerance)
    )
    if found is None:
        form.divided_by = _plain_divisor(form.divisor, tolerance)
        return
    weights, form.smoothing, form.smoothing_on = found
    inside = np.asarray(form.law.inside)
    weights = weights * inside if inside.size == len(weights) else weights
    per_class = weights if weights.ndim == 1 else None
    affine, k = form.divisor.affine, form.n_classes
    constant, slopes = affine[:, 0], affine[:, 1:]
    alive = weights.reshape(k, -1).any(axis=1)
    largest = np.abs(slopes).max(axis=1)
    if form.divisor.squared:
        shapes = slopes / largest[:, None]
        if not constant.any() and np.allclose(shapes, shapes[0], rtol=tolerance):
            first = np.flatnonzero(slopes[0])[0]
            form.divided_by = "averaged"
            form.weights = slopes[0] / slopes[0, first] * weights * slopes[:, first]
        elif not constant.any() and np.allclose(shapes, 1 - np.eye(k), rtol=tolerance):
            form.divided_by, form.weights = "others", _over(weights, 1 / largest)
        else:
            form.weights = weights
    elif not slopes.any():
        form.divided_by, form.weights = "sum", _over(weights, constant)
    elif constant.any():
        form.weights = weights
    elif np.allclose(slopes, np.diag(np.diag(slopes))):
        form.divided_by, form.weights = "class", _over(weights, np.diag(slopes))
    elif not np.allclose(slopes / largest[:, None], (slopes / largest[:, None])[0], rtol=tolerance):
        form.weights = weights
    else:
        shape = slopes[0] / largest[0]
        weights = _over(weights, largest)
        if np.allclose(shape, 1, rtol=tolerance):
            form.divided_by, form.weights = "samples", weights
        elif np.allclose(shape, alive, rtol=tolerance) and not alive.all():
            form.divided_by, form.weights = "valid", weights
        elif per_class is not None and np.allclose(weights / weights.max(), shape, rtol=tolerance):
            first = shape[shape > 0][0]
            form.divided_by, form.weights = "weights", shape / first
            form.factor = float(weights.max() / shape.max())
        elif np.isin(shape.round(6), [0.0, 1.0]).all():
            form.divided_by, form.weights = "classes", weights
            form.counted = tuple(int(j) for j in np.flatnonzero(shape > 0.5))
        else:
            form.weights = weights


def _plain_divisor(divisor, tolerance):
    """Return "samples", "sum" or "unknown": what can be said of a divisor where no weights are known."""
    constant, slopes = divisor.affine[:, 0], divisor.affine[:, 1:]
    if divisor.squared or not slopes.any():
        return "unknown" if divisor.squared else "sum"
    equal = not constant.any() and np.allclose(slopes, slopes[:, :1], rtol=tolerance)
    return "samples" if equal else "unknown"


def _over(weights, divisors):
    return weights / divisors.reshape(-1, *[1] * (weights.ndim - 1))


def _rows_named(form, tolerance):
    """Return weights ``(K,)``, ε and what it is on, of coefficients ``(K, K)``; None if they are something else."""
    b, k = form.coefficients, form.n_classes
    diagonal = np.diag(b)
    off = b[~np.eye(k, dtype=bool)]
    if np.abs(off).max() <= tolerance * 1e-1 * np.abs(diagonal).max():
        return diagonal, 0.0, "samples"
    if (diagonal <= 0).any() or (b < 0).any():
        return None
    with np.errstate(all="ignore"):
        pairs = np.sqrt(b * b.T / np.outer(diagonal, diagonal))  # ε/K over 1 − ε + ε/K, whatever the weights
    share = pairs[~np.eye(k, dtype=bool)]
    if not np.allclose(share, share[0], rtol=tolerance):
        return None
    share = share[0]
    epsilon = float(k * share / (1 + (k - 1) * share))
    expected = {
        "samples": np.where(np.eye(k, dtype=bool), 1.0, share) * diagonal[:, None],
        "terms": np.where(np.eye(k, dtype=bool), 1.0, share) * diagonal[None, :],
    }
    for where, matrix in expected.items():
        if np.allclose(b, matrix, rtol=tolerance, atol=tolerance * b.max()):
            return diagonal / (1 - epsilon + epsilon / k), epsilon, where
    return None


def _columns_named(form, tolerance):
    """Return weights ``(K, K)`` of column c in a row of class k, ε and what it is on; None as above."""
    k = form.n_classes
    b = form.coefficients.reshape(k, k, 2)
    own = np.eye(k, dtype=int)
    main = np.take_along_axis(b, own[:, :, None], axis=2)[:, :, 0]
    minor = np.take_along_axis(b, 1 - own[:, :, None], axis=2)[:, :, 0]
    if np.abs(minor).max() <= tolerance * 1e-1 * np.abs(main).max():
        return main, 0.0, "samples"
    if (main <= 0).any() or (minor < 0).any():
        return None
    other = np.array([[main[(row + 1) % k if row == c else c, c] for c in range(k)] for row in range(k)])
    for where, reference in {"samples": main, "terms": other}.items():
        share = minor / reference
        if np.allclose(share, share[0, 0], rtol=tolerance):
            epsilon = float(2 * share[0, 0] / (1 + share[0, 0]))
            return main / (1 - epsilon / 2), epsilon, where
    return None


def _check_value(side, form):
    """Compare values with what the gradients say; find a constant."""
    differences, clipped = [], False
    for seed, n in ((30, 2), (31, 5), (32, 11)):
        z, y = probes.batch(form.reading, side.n_classes, n, seed=seed, reach=2.0)
        form_value = form.predict(z, y)[0]
        value = side(form.reading, z, y).value
        clipped |= bool((_rest(form.law, z, y) <= form.clipped).any())
        differences.append((value - form_value, max(abs(value), abs(form_value))))
    difference, scale = np.array(differences).T
    tolerance = 10 * probes.PRECISION[form.reading.precision]
    if (np.abs(difference) <= tolerance * scale).all():
        return
    if np.ptp(difference) <= tolerance * scale.max():
        form.offset = float(difference.mean())
    else:
        form.value_fits = clipped  # the values, too, are those of the clipped probability


def _confirm(side, form):
    """Predict fresh batches, up to |z| = 6; where gradients vanish that should not, the loss clips."""
    k, reading = side.n_classes, form.reading
    rng = np.random.default_rng(40)
    form.confirmed = True
    for seed, reach in enumerate((1.0, 2.0, 3.0, 6.0, 6.0)):
        largest = max(2, 150 // k) if seed == 4 else 8
        counts = rng.integers(1, largest + 1, k)
        z, y = probes.batch(reading, k, counts, seed=50 + seed, reach=reach)
        value, gradient = form.predict(z, y)
        found = side(reading, z, y)
        tolerance = 10 * probes.PRECISION[reading.precision]
        rows, expected = found.gradient.reshape(len(y), -1), gradient.reshape(len(y), -1)
        wrong = _wrong(rows, expected, y, tolerance)
        gone = wrong & ~rows.any(axis=1)
        if gone.any():
            form.clipped = max(form.clipped, float(_rest(form.law, z[gone], y[gone]).max()))
        value_wrong = abs(found.value - value) > tolerance * max(abs(value), abs(found.value))
        if (wrong & ~gone).any() or (form.value_fits and not form.clipped and value_wrong):
            form.confirmed = False


def _wrong(found, expected, y, tolerance):
    """Return which rows of gradients differ, relative to the largest entry that is expected in their class."""
    largest = np.array([np.abs(expected[y == k]).max(initial=0.0) for k in range(y.max() + 1)])
    floor = 1e-12 * largest.max()  # below which a softmax minus one is rounding, as where logits are multiplied by 30
    largest = np.where(largest > 0, np.maximum(largest, floor), largest.max())[y]
    return np.abs(found - expected).max(axis=1) > tolerance * largest


def _kink(side, reading):
    """Whether the gradient at exactly z = 0 lies apart from those beside it.

    In each batch one row has a logit of 0, no two rows and no two columns are alike: where a loss picks the largest of
    some, it shall pick the same ones.
    """
    z, y = probes.batch(reading, side.n_classes, 3, seed=60)
    for label in (0, 1):
        here = (int(np.flatnonzero(y == label)[0]), *([0] if reading.columns else []))
        found = []
        for value in (0.0, 1e-3, -1e-3):
            moved = z.copy()
            moved[here] = value
            found.append(side(reading, moved, y).gradient[here[0]])
        if not np.isfinite(found).all():
            return True
        at, above, below = found
        beside = (above + below) / 2
        if np.abs(at - beside).max() > 1e-3 * np.abs(beside).max():
            return True
    return False


def _graph_differs(side, reading):
    z, y = probes.batch(reading, side.n_classes, 4, seed=62)
    eager = side(reading, z, y)
    try:
        graph = side(reading, z, y, graph=True)
    except Exception:  # a loss may refuse a graph in any way it likes
        return True
    tolerance = 10 * probes.PRECISION[reading.precision]
    value_differs = abs(eager.value - graph.value) > tolerance * abs(eager.value)
    return value_differs or not probes.close(eager.gradient, graph.gradient, tolerance)


def _ignored(side, reading, label):
    """Return what rows with the label `label` do."""
    z, y = probes.batch(reading, side.n_classes, 3, seed=63)
    marked = y.copy()
    marked[:2] = label
    try:
        whole, found = side(reading, z[2:], y[2:]), side(reading, z, marked)
    except Exception:  # refused in any way it likes
        return "refused"
    tolerance = probes.PRECISION[reading.precision]
    if not np.isfinite(found.gradient).all() or found.gradient[:2].any():
        return "used"
    return "skipped" if probes.close(found.gradient[2:], whole.gradient, tolerance) else "counted"


def _tails(side, reading):
    """Return sentences on what happens at large logits, where losses of equal form part."""
    k = side.n_classes
    reach = np.repeat([8.0, 12.0, 18.0, 40.0, 90.0], 2 * k)
    y = np.tile(np.arange(k), 10)
    wrong = np.arange(k) == (y[:, None] + 1) % k
    z = np.where(wrong, reach[:, None], 0.0) if reading.columns else np.where(y == 1, -reach, reach)
    found = side(reading, z, y)
    gradient = found.gradient.reshape(len(y), -1)
    for level in np.unique(reach):
        at = gradient[reach == level]
        if not np.isfinite(at).all():
            return [f"its value or gradient is not finite where a logit is wrong by {level:g}"]
        if reading.given == "logits" and not gradient[reach >= level].any():
            return [f"its gradient is 0 where a logit is wrong by {level:g}: it saturates"]
    return []
