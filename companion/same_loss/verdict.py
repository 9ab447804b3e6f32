"""From two forms to a verdict: whether the losses are the same, and if not, each cause in a sentence."""

import itertools
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from companion.same_loss import probes, words
from companion.same_loss.laws import Law

_NEAR = {"float64": 1e-5, "float32": 2e-4}
"""Relative differences below which two losses are the same, ``|z| ≤ 3``; ten times that up to ``|z| = 6``."""


@dataclass(frozen=True)
class Cause:
    """Why two losses differ: its kind, a word; a sentence; the line that makes them equal.

    The kinds are those of how the loss is called: "order" (of the arguments), "probabilities" (or logits), "broadcast",
    "coupled" (rows), "labels" (−1 and 1), "reduction" (missing), "graph" (or eager), "ignored label"; of its law:
    "family", "activation" (twice), "gamma", "detached", "inside" (the weight, in the focal factor), "poly" (PolyLoss),
    "probability margin" (of the asymmetric loss), "scale", "shift" (of the logits), "margin", "smoothing",
    "smoothing order" (with weights), "overlap" (α, β of Tversky), "clipping", "kink" (at z = 0), "law" (not known
    here); of what multiplies it: "ignored class", "divisor", "weights", "factor", "offset"; "gradient" (not that of
    the value); "some batches", where alone they differ; and "unknown".
    """

    kind: str
    sentence: str
    mend: str


@dataclass(frozen=True)
class Example:
    """A smallest batch on which two losses differ, with the values and gradients of both, PyTorch first.

    `as_called` says that both were given the logits, in their framework's order, whatever they seem to want.
    """

    logits: list
    targets: list
    values: tuple
    gradients: tuple
    as_called: bool = False


@dataclass
class Verdict:
    """Whether two losses are one function, and why not.

    Attributes
    ----------
    same : bool
        Decided by how each is called, and by values and gradients on fresh batches within `domain`.
    causes : list of Cause
        Empty if they are the same; one of the kind "unknown" if a difference has no name here.
    example : Example or None
    difference : float
        The largest difference of a value or a gradient, relative to the largest of its batch.
    domain : str
        Over which batches the losses were compared.
    forms : tuple of Form
        PyTorch's and TensorFlow's.
    notes : list of str
        What differs and does no harm within the domain; and where neither side is finite.
    """

    same: bool
    causes: list
    example: Example | None
    difference: float
    domain: str
    forms: tuple
    notes: list = field(default_factory=list)

    @property
    def kinds(self):
        """The kinds of the causes, a set."""
        return {cause.kind for cause in self.causes}

    def __str__(self):
        return words.verdict(self)

    __repr__ = __str__

    def _repr_html_(self):
        return words.verdict_html(self)


def compare(sides, forms, *, declared):
    """Return the `Verdict` on two sides and their forms, PyTorch first.

    Parameters
    ----------
    sides : tuple of Side
    forms : tuple of Form
    declared : tuple of bool
        For each side, whether the user has said what the model gives.

    Raises
    ------
    NotCompared
        If a loss changed while it was compared.
    """
    found, left_out, tolerance = _by_value(sides, forms)
    for side, form in zip(sides, forms, strict=True):
        probes.frozen(side, form.reading)
    causes = _causes(sides, forms, declared)
    apart = np.array([each.apart > 1 for each in found])
    reach = np.array([each.reach for each in found])
    if not apart[: len(_REACHES)].any():
        kept = _BEFORE | ({"clipping"} if apart.any() and reach[apart].min() > 3 else set())
        causes = [cause for cause in causes if cause.kind in kept]
    if "kink" in {cause.kind for cause in causes} and not apart[reach > 0].any():
        causes = [cause for cause in causes if cause.kind != "law"]  # the kink tells all
    if apart.any() and {cause.kind for cause in causes} <= _BEFORE | {"law"}:
        causes = _unnamed(sides, found, apart, forms, causes)
    example = None if causes or any(declared) else _example_of_logits(sides, forms, tolerance)
    if example:
        causes = [Cause("probabilities", *words.logits_too())]
    same = not causes
    example = _example(sides, forms, tolerance) if apart.any() else example
    if apart.any() and example is None:
        small = min((each for each in found if each.apart > 1), key=lambda each: len(each.y))
        example = _shown(sides, forms, small.z, small.y)
    if example is None and {"order", "labels", "probabilities"} & {cause.kind for cause in causes}:
        example = _example_as_called(sides, forms, tolerance)
    largest = max(each.apart for each in found) * tolerance
    notes = _notes(sides, forms)
    nowhere = np.array([not any(each.finite) for each in found])
    if nowhere.any():
        notes.append(f"neither side is finite {words.where(found, nowhere) or 'in some of the batches'}")
    if small := sorted({len(each.y) for each in left_out}):
        refusing = [forms[i].framework for i in (0, 1) if not all(each.finite[i] for each in left_out)]
        rows = " and ".join("one row" if size == 1 else "two" for size in small)
        notes.append(f"batches of {rows} are left out where {' and '.join(refusing)} refuses them or is not finite")
    return Verdict(same, causes, example, largest, _domain(found, forms), forms, notes)


_BEFORE = {"order", "labels", "probabilities", "graph", "ignored label"}
"""The kinds of causes that the comparison of values has taken out of the way."""

_REACHES = (0.0, 1.0, 2.0, 3.0, 3.0, 6.0, 6.0)
"""The largest logits of the ordinary batches, in each of which every class has rows."""


def _unnamed(sides, found, apart, forms, causes):
    """Return the causes, of which none but "law" tells why values differ, with what can be said all the same."""
    if not any(each.values_apart for each in found) and any(
        each.reach for each, odd in zip(found, apart, strict=True) if odd
    ):
        ratios = _ratios(sides, forms)
        who = _without_gradient(sides, forms, found, apart) if (ratios.by_class != 0).all() else []
        told = Cause("clipping", *words.silent(who)) if who else Cause("gradient", *words.gradients_alone(ratios))
        return [cause for cause in causes if cause.kind != "law"] + [told]
    if words.where(found, apart):
        told = Cause("some batches", *words.cause("some batches", forms, found, apart))
        return [cause for cause in causes if cause.kind != "law"] + [told]
    return causes if "law" in {cause.kind for cause in causes} else [*causes, words.unnamed(forms)]


def _without_gradient(sides, forms, found, apart):
    """Return the names of the sides whose gradient is zero wherever the two differ; none if rows are mixed."""
    silent = [not any(form.coupled for form in forms)] * 2
    for each in itertools.compress(found, apart):
        gradients = [gradient.reshape(len(each.y), -1) for _, gradient in _both(sides, forms, each.z, each.y)]
        differ = np.abs(gradients[0] - gradients[1]).max(axis=1) > 1e-4 * np.abs(gradients).max()
        silent = [so_far and not own[differ].any() for so_far, own in zip(silent, gradients, strict=True)]
    return [form.framework for form, is_silent in zip(forms, silent, strict=True) if is_silent]


@dataclass(frozen=True)
class Compared:
    """A batch, the reach of its logits, how far two losses are apart over what is allowed, and which is finite.

    `told` holds what it is made for and what to do where it alone differs, nothing where its counts tell it;
    `values_apart`, whether their values differ, and not the gradients alone.
    """

    z: np.ndarray
    y: np.ndarray
    reach: float
    apart: float
    finite: tuple
    values_apart: bool
    told: tuple = ()

    @property
    def counts(self):
        """The rows of each class, as far as there are any."""
        return np.bincount(self.y)


def _batches(k, one_logit, *, of_two=False):
    """Yield logits, labels, reach and what is told of batches: ordinary ones first, then those that are not.

    In these a class has one row, none, all, or 31 and 127 for each of another; every row is right, or wrong; there are
    one row, or two; and where one logit meets two, the two are any.
    """

    def made(rng, counts, reach):
        y = rng.permutation(np.repeat(np.arange(k), counts))
        return rng.uniform(-reach, reach, len(y) if one_logit else (len(y), k)), y, reach, ()

    def decided(rng, right):
        y = rng.permutation(np.repeat(np.arange(k), 3))
        own = (y == 1) if one_logit else y[:, None] == np.arange(k)
        z = rng.uniform(3, 6, own.shape)
        z[0] = 6  # the edge of the domain, where the most is clipped
        z = z * np.where(own == right, 1, -1)
        told = f"where every row is {'right' if right else 'wrong'} by a wide margin"
        return z, y, 6.0, (told, "treat such a batch alike on both sides: a floor, a threshold, a number of rows")

    rng = np.random.default_rng(70)
    for number, reach in enumerate(_REACHES):
        yield made(rng, rng.integers(1, (max(2, 150 // k) if number == 6 else 9) + 1, k), reach)
    for own, other in ((1, 5), (0, 5), (5, 0))[: 2 if k == 2 else 3]:  # of two classes, one alone lacks the other
        for label in range(k):
            yield made(rng, np.where(np.arange(k) == label, own, other), 2.0)
    for common, label in itertools.product((31, 127), (0, k - 1)):
        yield made(rng, np.where(np.arange(k) == label, common, 1), 2.0)
    yield from (decided(rng, right) for right in (True, False))
    for few in ({0}, {k - 1}, {0, k - 1}):
        yield made(rng, np.isin(np.arange(k), list(few)).astype(int), 2.0)
    yield made(rng, 2 * (np.arange(k) == 0), 2.0)
    if of_two:
        y = np.array([0, 1])
        told = "where one number is added to both logits of a row"
        yield rng.uniform(1, 2, (2, 2)), y, 2.0, (told, "let the loss of two logits see their difference alone")


def _by_value(sides, forms):
    """Return what was `Compared`, the small batches that were left out, and the relative difference that is allowed.

    A batch of one row or two is left out if one side alone refuses it or is not finite there.
    """
    precision = _precision(forms)
    tolerance, found, left_out = _NEAR[precision], [], []
    typical = (0.0, 0.0)
    batches = _batches(forms[0].n_classes, _one_logit(forms), of_two=len({form.reading.columns for form in forms}) == 2)
    for number, (z, y, reach, told) in enumerate(batches):
        ordinary = number < len(_REACHES)
        both = _both(sides, forms, z, y)
        apart, finite = _difference(both, y, precision, typical, in_all=not ordinary)
        if ordinary and all(finite):
            typical = tuple(map(max, typical, _size(both)))
        apart = np.inf if ordinary and not any(finite) else apart  # nothing is known of such a batch
        allowed = tolerance * (10 if reach > 3 else 1)
        values_apart = not np.isclose(both[0][0], both[1][0], rtol=allowed, atol=0)
        small = not ordinary and len(y) < 3 and any(finite) and not all(finite)
        (left_out if small else found).append(Compared(z, y, reach, apart / allowed, finite, values_apart, told))
    return found, left_out, tolerance


def _one_logit(forms):
    return not all(form.reading.columns for form in forms)


def _precision(forms):
    """Return the lower of the precisions in which two losses are computed."""
    return "float32" if "float32" in {form.reading.precision for form in forms} else "float64"


def _domain(found, forms):
    """Return over what was compared, in words."""
    sizes = [len(each.y) for each in found]
    counts = [each.counts[each.counts > 0] for each in found]
    ratio = max(rows.max() / rows.min() for rows in counts)
    of_logits = any(form.reading.given == "logits" for form in forms)
    what = "logits" if of_logits else "probabilities, those of logits"
    return (
        f"{len(sizes)} batches of {min(sizes)} to {max(sizes)} rows, one hard label a row 0…{forms[0].n_classes - 1}, "
        f"some without a class, others with up to {ratio:.0f} rows of one for each of another, {what} within ±6 and at "
        f"0, {_precision(forms)}"
    )


def _both(sides, forms, z, y):
    """Return the values and gradients of both sides; the latter in z₁ − z₀, if z is ``(n,)``.

    There two logits are 0 and z; of z ``(n, 2)`` a side of one logit gets the difference. Where a side refuses the
    batch, in any way it likes, its numbers are NaN.
    """
    found = []
    for side, form in zip(sides, forms, strict=True):
        try:
            if z.ndim == 1 and form.reading.columns:
                at = side(form.reading, np.stack([0 * z, z], axis=1), y)
                found.append((at.value, at.gradient[:, 1]))
            elif z.ndim == 2 and not form.reading.columns:
                at = side(form.reading, z[:, 1] - z[:, 0], y)
                found.append((at.value, np.stack([-at.gradient, at.gradient], axis=1)))
            else:
                at = side(form.reading, z, y)
                found.append((at.value, at.gradient))
        except Exception:
            found.append((np.nan, np.full(z.shape, np.nan)))
    return found


_FLOOR = {"float64": 1e-8, "float32": 1e-3}
"""The share of what is typical, or of the largest gradient of a batch, below which numbers are rounding."""


def _size(both):
    """Return the largest value, and the largest gradient of a row times the rows, of either side."""
    return max(abs(value) for value, _ in both), max(np.abs(gradient).max() * len(gradient) for _, gradient in both)


def _difference(both, y, precision, typical=(0.0, 0.0), *, in_all=False):
    """Return the largest relative difference of the values, and of the gradients of one class; and which are finite.

    `typical` is the `_size` of values and gradients of ordinary batches. The difference is infinite where one side
    alone is finite, and 0 where neither is. With `in_all` that of gradients is relative to the value of a row, if that
    is larger: without positives the gradient of a dice is that of its ε.
    """
    (v, g), (w, h) = both
    finite = tuple(bool(np.isfinite(value) and np.isfinite(gradient).all()) for value, gradient in both)
    if not all(finite):
        return (np.inf if any(finite) else 0.0), finite
    floor, (value_floor, gradient_floor) = _FLOOR[precision], _FLOOR[precision] * np.array(typical)
    difference = abs(v - w) / max(abs(v), abs(w), value_floor, 1e-300)
    floors = (gradient_floor / len(y), floor * max(np.abs(g).max(), np.abs(h).max()))
    for label in np.unique(y):
        a, b = g[y == label], h[y == label]
        largest = max(np.abs(a).max(), np.abs(b).max(), in_all * max(abs(v), abs(w)) / len(y), *floors)
        if largest > 1e-12:
            difference = max(difference, np.abs(a - b).max() / largest)
    return float(difference), finite


def _example(sides, forms, tolerance):
    """Return the smallest batch that shows the difference: one row, two, then three; round logits.

    One on which a side is not finite is taken only if there is no other.
    """
    k, odd = forms[0].n_classes, None
    for rows in (1, 2, 3):
        for labels in itertools.product(range(min(k, 3)), repeat=rows):
            for level in (0.0, 1.0, -2.0):
                y = np.array(labels)
                z = np.where(np.arange(k) == k - 1, level, 0.0) * np.ones((rows, 1))
                z = np.full(rows, level) if _one_logit(forms) else z
                apart, _ = _difference(_both(sides, forms, z, y), y, _precision(forms))
                if 1e3 * tolerance < apart < np.inf:
                    return _shown(sides, forms, z, y)
                odd = (z, y) if apart == np.inf and odd is None else odd
    return odd and _shown(sides, forms, *odd)


def _example_as_called(sides, forms, tolerance):
    """Return the smallest batch where what is declared of neither side parts them, or None if one refuses it."""
    called = [
        replace(form, reading=form.reading.as_called(side.called_turned))
        for side, form in zip(sides, forms, strict=True)
    ]
    found = _example(sides, called, tolerance)
    return found and replace(found, as_called=True)


def _example_of_logits(sides, forms, tolerance):
    """Return a batch of logits below 0 and above 1 that parts two losses of probabilities; None if one is none there.

    Two losses that are equal of probabilities are not known to be meant for them, if both have a gradient there.
    """
    if any(form.reading.given != "probabilities" for form in forms):
        return None
    as_logits = [replace(form, reading=replace(form.reading, given="logits")) for form in forms]
    reading = next((form.reading for form in as_logits if not form.reading.columns), as_logits[0].reading)
    z, y = probes.batch(reading, forms[0].n_classes, 2, seed=73, reach=1.0)
    z = z + np.where(z > 0, 1.0, -1.0)
    both = _both(sides, as_logits, z, y)
    apart, finite = _difference(both, y, _precision(forms))
    alive = all(gradient.any() for _, gradient in both)
    return _shown(sides, as_logits, z, y) if all(finite) and alive and apart > 1e3 * tolerance else None


def _shown(sides, forms, z, y):
    (v, g), (w, h) = _both(sides, forms, z, y)
    return Example(z.tolist(), y.tolist(), (v, w), (g.tolist(), h.tolist()))


def _near(a, b, rtol=1e-4, atol=1e-6):
    """Whether numbers of two forms are equal; those of losses in float32 are known to fewer digits."""
    return np.shape(a) == np.shape(b) and bool(np.allclose(a, b, rtol=rtol, atol=atol))


def _causes(sides, forms, declared):
    """Return every difference of two forms, in the order in which one would mend them."""
    p, t = forms
    near = partial(_near, rtol=2e-3 if "float32" in (p.reading.precision, t.reading.precision) else 1e-4)
    causes = []

    def cause(kind, *values):
        causes.append(Cause(kind, *words.cause(kind, forms, *values)))

    for side, form in zip(sides, forms, strict=True):
        if form.reading.turned and not side.called_turned:
            cause("order", form)
    if p.reading.given != t.reading.given and not all(declared):
        cause("probabilities", sides[1].from_logits)
    if p.reading.signed != t.reading.signed:
        cause("labels")
    for name in ("broadcast", "coupled"):
        if getattr(p, name) != getattr(t, name):
            cause(name)
    if p.entries != t.entries:
        cause("reduction")
    if p.graph_differs or t.graph_differs:
        cause("graph")
    if p.ignored != t.ignored:
        cause("ignored label")
    if p.kink != t.kink:
        cause("kink")
    unnamed = any(form.law is None or form.weights is None or form.divided_by == "unknown" for form in forms)
    if unnamed or not (p.confirmed and t.confirmed):
        mixed = p.coupled != t.coupled or p.broadcast != t.broadcast
        if p.overlap is not None and t.overlap is not None:
            if not near(p.overlap, t.overlap):
                cause("overlap")
        elif not mixed and any(form.law is None for form in forms):
            cause("law", _ratios(sides, forms))
        return causes
    _law_causes(p, t, cause, near)
    _linear_causes(p, t, cause, near)
    if not near(p.offset, t.offset, atol=1e-4):
        cause("offset")
    if p.value_fits != t.value_fits:
        cause("gradient")
    seen = 0.0 if p.reading.columns == t.reading.columns else np.exp(-6)  # what one logit reaches, and two exceed
    if not near(*(max(form.clipped, seen) for form in forms), rtol=1e-2, atol=0):
        cause("clipping")
    return causes


@dataclass(frozen=True)
class Ratios:
    """TensorFlow's gradients over PyTorch's.

    `by_class` ``(2, K)``: in two batches, by class; NaN where rows disagree. Of each row of both, `labels` holds the
    class, `p` its probability, and `differ` whether the gradients are not equal.
    """

    by_class: np.ndarray
    labels: np.ndarray
    p: np.ndarray
    differ: np.ndarray


def _ratios(sides, forms):
    """Return the `Ratios`, of so many rows of each class that one of them alone is not taken for its class."""
    k, one_logit = forms[0].n_classes, _one_logit(forms)
    rng = np.random.default_rng(71)
    rows = max(4, 600 // k + 1)
    by_class, parts = np.full((2, k), np.nan), []
    for number, counts in enumerate((np.full(k, rows), rows + rows // 4 * np.arange(k))):
        y = np.repeat(np.arange(k), counts)
        z = rng.uniform(-3, 3, len(y) if one_logit else (len(y), k))
        (_, g), (_, h) = _both(sides, forms, z, y)
        p = np.exp(-Law().terms(z)[0])[np.arange(len(y)), y]
        for label in range(k):
            own = y == label
            a, b = g[own].reshape(counts[label], -1), h[own].reshape(counts[label], -1)
            if a.any() and np.isfinite([a, b]).all():
                ratio = (a * b).sum() / (a * a).sum()
                if np.abs(b - ratio * a).max() <= 1e-4 * np.abs(b).max():
                    by_class[number, label] = ratio
            parts.append((y[own], p[own], ~(np.abs(b - a).max(axis=1) <= 1e-4 * np.abs(b).max())))
    return Ratios(by_class, *map(np.concatenate, zip(*parts, strict=True)))


def _law_causes(p, t, cause, near):
    a, b = p.law, t.law
    one_logit = p.reading.columns != t.reading.columns
    if a.kind != b.kind or (a.family != b.family and not one_logit):
        cause("family")
    if a.activated != b.activated:
        cause("activation")
    if not near(*np.broadcast_arrays(a.gamma, b.gamma)):
        cause("gamma")
    elif a.detached != b.detached and np.any(a.gamma):
        cause("detached")
    elif np.any(a.gamma) and not near(*np.broadcast_arrays(a.inside, b.inside)):
        cause("inside")
    if np.any(a.gamma) and np.any(b.gamma) and not near(a.gamma, b.gamma) and a.detached != b.detached:
        cause("detached")
    for name in ("poly", "p_margin", "scale"):
        if not near(getattr(a, name), getattr(b, name)):
            cause(words.NAMES.get(name, name))
    for name in ("shift", "margin"):
        one, other = (np.asarray(getattr(law, name)) for law in (a, b))
        one, other = np.broadcast_arrays(*(map(_centred, (one, other)) if name == "shift" else (one, other)))
        scaled_last = one.any() and near(one / a.scale, other / b.scale)  # s · (z − margin): the scale says it all
        if not near(one, other) and not scaled_last:
            cause(name)
    if not near(p.smoothing, t.smoothing):
        cause("smoothing")
    elif (
        p.smoothing > 1e-6
        and p.smoothing_on != t.smoothing_on
        and not (_uniform(p.weights, near) and _uniform(t.weights, near))
    ):
        cause("smoothing order")


def _centred(shift):
    return np.asarray(shift) - shift[0]


def _uniform(weights, near=_near):
    return near(weights, np.full_like(weights, weights.flat[0]))


def _linear_causes(p, t, cause, near):
    """Name what differs in divisor, weights and factor; the lines on the first two go with the factor that is told."""
    dropped = [form.weights.ndim == 1 and not form.weights.all() for form in (p, t)]
    if dropped[0] != dropped[1]:
        cause("ignored class")
        return
    uniform = [_uniform(form.weights[form.weights != 0], near) for form in (p, t)]
    divisors = []
    for form, equal in zip((p, t), uniform, strict=True):
        divisors.append("samples" if equal and form.divided_by == "weights" else form.divided_by)
    one_is_equal = uniform[0] != uniform[1] and set(divisors) == {"samples", "weights"}
    reduced = p.reduced and t.reduced
    if p.weights.shape != t.weights.shape:
        a, b = (form.weights if form.weights.ndim == 1 else np.diag(form.weights) for form in (p, t))
    else:
        a, b = p.weights, t.weights
    keep = (a != 0) & (b != 0)
    a, b = a[keep], b[keep]
    hidden = [divisor == "weights" for divisor in divisors]  # whose common factor cancels
    kind, left = relation(a, b, any(hidden), near)
    if p.weights.ndim == t.weights.ndim == 2 and not near(left, 1.0):  # it may be a mean over the columns, too
        of_mean = relation(p.n_classes * a, p.n_classes * b, any(hidden), near)
        kind, left = of_mean if near(of_mean[1], 1.0) else (kind, left)
    factor = t.factor / p.factor * (1.0 if any(hidden) else left)  # else the weights that are printed hold what is left
    one_family = (p.law.family, p.law.kind) == (t.law.family, t.law.kind)
    if not reduced or near(factor, 1.0) or not (one_family or p.reading.columns != t.reading.columns):
        factor = 1.0
    if reduced and not one_is_equal and (divisors[0] != divisors[1] or p.counted != t.counted):
        cause("divisor", factor)
    if kind:
        cause("weights", kind, factor)
    if factor != 1.0:
        cause("factor", factor)


def relation(a, b, hidden=False, near=_near):
    """Return how the weights `b` come from `a`, a word, and the factor that is left; "" if they are equal up to it.

    Of several relations the one that leaves no factor is taken; where a divisor hides the common factor of the weights,
    the first.
    """
    equal_a, equal_b = _uniform(a, near), _uniform(b, near)
    candidates = [("", b / a)]
    if equal_b and not equal_a:
        candidates.append(("missing in TensorFlow", b))
    elif equal_a and not equal_b:
        candidates.append(("missing in PyTorch", 1 / a))
    elif not equal_a:
        for order in itertools.permutations(range(len(a))) if a.ndim == 1 and len(a) <= 6 else ():
            candidates.append(("order", b[list(order)] / a))
        candidates += [
            ("twice in TensorFlow", b / a**2),
            ("twice in PyTorch", b**2 / a),
            ("inverted", a * b),
            ("root in TensorFlow", b / np.sqrt(a)),
            ("root in PyTorch", np.sqrt(b) / a),
        ]
    fits = [(kind, float(ratio.flat[0])) for kind, ratio in candidates if _uniform(ratio, near)]
    if not fits:
        return "other", 1.0
    if fits[0][0] == "" or hidden:
        return fits[0]
    return next((fit for fit in fits if near(fit[1], 1.0)), fits[0])


def _on_a_label_without_a_column(sides, forms):
    """Return a note on the label K, if both sides take it, as an ordinal loss does, or one without a background."""
    if not all(form.reading.columns and form.reading.targets.startswith("int") for form in forms):
        return []
    k = forms[0].n_classes
    y = np.repeat(np.arange(k + 1), 2)
    both = _both(sides, forms, np.random.default_rng(72).uniform(-2, 2, (len(y), k)), y)
    apart, finite = _difference(both, y, _precision(forms))
    if not all(finite) or not all(gradient[y == k].any() for _, gradient in both):
        return []
    told = "agree" if apart <= _NEAR[_precision(forms)] else "differ"
    return [f"both take a label {k}, which has no column, as in ordinal losses: there they {told}"]


def _notes(sides, forms):
    p, t = forms
    notes = []
    if p.reading.columns != t.reading.columns:
        one, two = (p, t) if t.reading.columns else (t, p)
        notes.append(f"{one.framework} takes one logit a sample, {two.framework} two: compared as functions of z₁ − z₀")
    if missing := sorted(set(range(t.n_classes)) - set(sides[1].class_weight or range(t.n_classes))):
        notes.append(f"class_weight has no key {', '.join(map(str, missing))}: with arrays, Keras takes 1 for it")
    notes += _on_a_label_without_a_column(sides, forms)
    notes += [
        f"{form.framework}'s loss of logits (n,) is another; they are (n, 1) here, as a layer of one unit gives them"
        for form in forms
        if form.by_shape
    ]
    if p.reading.given != t.reading.given:
        notes.append(f"PyTorch's loss is given {p.reading.given}, TensorFlow's {t.reading.given}")
    kinds = [form.reading.targets.split(" ")[0] for form in forms]
    if kinds[0] != kinds[1] and "one-hot" in kinds:
        notes.append(f"PyTorch takes targets {p.reading.targets}, TensorFlow {t.reading.targets}")
    notes += [f"{form.framework}: {note}" for form in forms for note in form.notes]
    return notes
