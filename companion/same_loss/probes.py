"""The batches that are put to a loss, and what each of them separates."""

import itertools
from dataclasses import dataclass, replace

import numpy as np

from companion.same_loss.sides import Reading

PRECISION = {"float64": 2e-5, "float32": 1e-4}
"""The relative error up to which a law fits, a divisor is affine, a gradient is unchanged."""


class NotCompared(ValueError):
    """A loss that cannot be put to the probes: no reading of it works, or it changes between two calls."""


class Raises(NotCompared):
    """A loss that raises, however it is called: it is wrong, or of the other framework."""


class Unsteady(NotCompared):
    """A loss that can be called, and that gives two answers for one batch."""


def batch(reading, n_classes, counts, *, seed, reach=3.0):
    """Return logits uniform in ±`reach` and shuffled labels, `counts` of each class."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat(np.arange(n_classes), counts))
    return rng.uniform(-reach, reach, (len(y), n_classes) if reading.columns else len(y)), y


def read(side, outputs=None):
    """Return the `Reading` under which the loss is a loss: finite, with a gradient that depends on its own row.

    Logits lie on both sides of 0, where probabilities would be refused, clipped or not finite. Several readings can
    work; the framework's own order of the arguments comes before the other, logits before probabilities. A reading
    under which the gradient vanishes at some points of a class and not at others, as where something is clipped, or
    under which rows are mixed, comes after those of the same order; but one of logits first, if the loss has gradients
    where no logit is a probability, and last, if not. One column that mixes rows comes before two
    columns with one-hot targets: there a loss over the batch, such as Keras' dice, can look like one of each row,
    since the probabilities of a row add up to one. One-hot targets come before labels ``(n, 1)``, which may be
    broadcast over the columns. And one column that is flat at some points, such as a hinge, comes before two, where one
    of them is seldom flat.

    Parameters
    ----------
    side : Side
    outputs : {"logits", "probabilities"}, optional
        What the model gives, if the user says so.

    Raises
    ------
    NotCompared
        If nothing works; the message has the first error. And if one column works by broadcasting alone, where the loss
        is of some number of columns.
    """
    errors = []
    found = _read(side, outputs, errors)
    if found is not None and _rounds(side, found):
        found = replace(found, precision="float32")
    if found is not None and found.columns:
        return found
    raised = set(errors)
    if len(raised) == 1 and errors[0]:
        raise Raises(f"{side.framework}'s loss raises, however it is called: {errors[0]}")
    columns = _columns(side)
    if columns not in (None, side.n_classes):
        beyond = (
            f" It takes the label {columns}, too, which has no column, as an ordinal loss does: of that a note tells."
        )
        raise NotCompared(
            f"{side.framework}'s loss takes a logit for each of {columns} classes, not of {side.n_classes}: pass "
            f"n_classes={columns}." + beyond * _takes_beyond(side, columns)
        )
    if found is not None:
        return found
    first = next((f" {told}." for told in sorted(errors) if told.startswith(_BLIND)), "")
    first = first or next((f" The first error was: {error}." for error in errors if error), "")
    raise NotCompared(
        f"{side.framework}'s loss gives no finite gradient that depends on logits and targets, with {side.n_classes} "
        f"classes and logits, probabilities or log-probabilities, in either order of the arguments.{first} "
        "Pass n_classes, or wrap the loss in a function of (logits, targets)."
    )


def _rounds(side, reading):
    """Whether a loss computes in float32 what it is given in float64: its value and gradient are numbers of that."""
    z, y = batch(reading, side.n_classes, 5, seed=7)
    found = side(reading, z, y)
    numbers = np.append(found.gradient, found.value) if reading.given == "logits" else np.array([found.value])
    with np.errstate(over="ignore"):
        return bool(found.value and (numbers == numbers.astype(np.float32)).all())


def _columns(side):
    """Return the number of columns, K if it can be, else 2 to 10, with which the loss takes labels 0, 1…; or None.

    A loss of one column takes none, but for one that takes any number, and so K.
    """
    for k in (side.n_classes, *range(2, 11)):
        for targets in ("int (n,)", "int (n, 1)"):
            reading = Reading("(n, K)", targets, turned=bool(side.names_say_turned))
            z, y = batch(reading, k, 3, seed=4)
            try:
                found = side(reading, z, y)
            except Exception:  # a loss may refuse what it is given in any way it likes
                continue
            if _moves(found, reading):
                return k
    return None


def _takes_beyond(side, columns):
    """Whether a loss has a gradient in rows whose label is one more than the last column's."""
    for targets in ("int (n,)", "int (n, 1)"):
        reading = Reading("(n, K)", targets, turned=bool(side.names_say_turned))
        y = np.repeat(np.arange(columns + 1), 2)
        z = np.random.default_rng(5).uniform(-2, 2, (len(y), columns))
        try:
            found = side(reading, z, y)
        except Exception:  # a loss may refuse what it is given in any way it likes
            continue
        if _moves(found, reading) and found.gradient[y == columns].any():
            return True
    return False


_BLIND = "Its gradient is the same whatever the targets"


def _moves(found, reading):
    """Whether value and gradient are finite, and the gradient is not rounding, as that of a softmax over copies."""
    rounding = 100 * np.finfo(reading.precision).eps * abs(found.value)
    finite = np.isfinite(found.value) and np.isfinite(found.gradient).all()
    return bool(finite and np.abs(found.gradient).max() > rounding)


def _read(side, outputs, errors):
    """Return what `read` does, None if nothing works; notes the error, or "", of each call."""
    told = side.names_say_turned
    orders = (False, True) if told is None else (told, not told)
    found = {}
    for precision in ("float64", "float32"):
        for turned in orders:
            weak, likely = [], []  # under which rows are mixed, or some have no gradient; before any that is backward
            backward = False
            for given in ("logits", "probabilities"):
                mixed = flat = None  # of one column
                hard = None  # of one-hot targets, flat in some rows, such as those that are easy
                for reading in _readings(side, given, turned, precision, outputs):
                    quality = _quality(side, reading, errors)
                    one_hot, broadcast = reading.targets == "one-hot (n, K)", reading.targets == "int (n, 1)"
                    if quality == "good":
                        column = (mixed if one_hot else None) or (flat if reading.columns else None)
                        return _as_column(side, column or (hard if reading.columns and broadcast else None) or reading)
                    if quality == "poor" and one_hot:
                        hard = reading
                    if quality == "mixed" and reading.logits == "(n, 1)":
                        mixed = mixed or reading
                    if quality == "poor" and not reading.columns:
                        flat = flat or reading
                    found.setdefault(quality, reading)
                    backward |= quality == "backward"
                    if quality in ("mixed", "poor"):
                        weak.append(reading)
                        likely += [] if backward else [reading]
                sure = (each for each in likely if given == "logits" and _takes_logits(side, each))
                if (reading := next(sure, None)) is not None:
                    return reading
            if weak:
                return min(weak, key=lambda reading: reading.given == "logits")
        for reading in _readings(side, "log-probabilities", orders[0], precision, outputs):
            if reading.columns and _quality(side, reading, errors) in ("good", "mixed", "poor"):
                return reading
        for quality in ("linear", "backward"):
            if quality in found:
                return found[quality]
    return None


def _as_column(side, reading):
    """Return a reading of one logit a row as ``(n, 1)``, as a layer gives it, if the loss is another there."""
    column = replace(reading, logits="(n, 1)", targets=reading.targets.replace("(n,)", "(n, 1)"))
    if reading.logits != "(n,)" or not goes_by_shape(side, column) or _quality(side, column, []) != "good":
        return reading
    return column


def goes_by_shape(side, column):
    """Whether a loss of logits and targets ``(n, 1)`` is another of ``(n,)``, as where the last axis is summed."""
    if column.logits != "(n, 1)" or not column.targets.endswith("(n, 1)"):
        return False
    z, y = batch(column, side.n_classes, 3, seed=5)
    flat = replace(column, logits="(n,)", targets=column.targets.replace("(n, 1)", "(n,)"))
    try:
        found, other = side(column, z, y), side(flat, z, y)
    except Exception:  # a loss may refuse what it is given in any way it likes
        return False
    tolerance = PRECISION[column.precision]
    same_value = np.isclose(found.value, other.value, rtol=tolerance, atol=0)
    return bool(_moves(other, flat) and not (same_value and close(found.gradient, other.gradient, tolerance)))


def _readings(side, given, turned, precision, outputs):
    """Yield the readings to try, if the user has not declared something else."""
    if outputs is None or given.endswith(outputs):
        for logits, targets in side.layouts:
            yield Reading(logits, targets, given, turned, precision)


def _quality(side, reading, errors):
    k = side.n_classes
    z, y = batch(reading, k, 4 + (np.arange(k) == 0) * 3, seed=0, reach=0.3)
    z = z + np.random.default_rng(1).choice([-0.9, 0.9], z.shape)
    try:
        here = side(reading, z, y)
        moved = -z + 0.3 * np.random.default_rng(2).standard_normal(z.shape)  # a hinge is linear on either side of 1
        moved[0] = z[0]
        there = side(reading, moved, y)
    except Exception as error:  # a loss may refuse what it is given in any way it likes
        message = str(error).strip().partition("\n")[0].rstrip(".")
        errors.append(f"{type(error).__name__}: {message}")
        return "none"
    errors.append("")
    gradient = here.gradient.reshape(len(y), -1)
    changed = there.gradient.reshape(len(y), -1)
    if not _moves(here, reading):
        return "none"
    tolerance = PRECISION[reading.precision]
    if close(side(reading, z, (y + 1) % k).gradient, here.gradient, tolerance):
        errors[-1] = _BLIND + (f"; it comes as an array of shape {here.shape}" if here.shape else "")
        return "none"
    if np.allclose(gradient[1:], changed[1:], rtol=tolerance, atol=0):
        return "none"  # linear in what stands for the logits: these are the targets, or log-probabilities
    if reading.given == "probabilities" and _is_linear(side, reading, z, moved, y):
        return "linear"
    if not close(changed[0], gradient[0], tolerance):
        # rows are mixed: one axis is taken for another, or the batch is one quantity
        return "backward" if reading.given == "logits" and _pushes_up(side, reading, z, y) else "mixed"
    nothing = ~gradient.any(axis=1)
    by_class = [nothing[y == label].mean() for label in range(k)]
    return "good" if set(by_class) <= {0.0, 1.0} else "poor"


def _takes_logits(side, reading):
    """Whether a loss has finite gradients where each logit is below 0 or above 1: one of probabilities clips there.

    So it must be in each class that has any gradient, of rows that are right, or wrong while all others are right.
    """
    k, rng = side.n_classes, np.random.default_rng(8)
    y = np.repeat(np.arange(k), 4)
    alive = np.zeros(k, dtype=bool)
    for label, right in itertools.product(range(k), (True, False)):
        top = np.where((y == label) == right, y, (y + 1) % k)
        if reading.columns:  # of one sign more, lest probabilities be made of them by their sum
            above, below = rng.uniform(1.1, 1.6, (len(y), 1)), rng.uniform(-0.8, -0.2, (len(y), k)) / (k - 1)
            z = np.where(top[:, None] == np.arange(k), above, below)
        else:
            z = np.where(top == 1, 1, -1) * rng.uniform(1.1, 1.6, len(y))
        try:
            found = side(reading, z, y)
        except Exception:  # a loss may refuse what it is given in any way it likes
            return False
        if not np.isfinite(found.value) or not np.isfinite(found.gradient).all():
            return False
        alive[label] |= found.gradient[y == label].any()
    z, y = batch(reading, k, 6, seed=9, reach=0.9)
    gradient = side(reading, z, y).gradient
    return all(alive[label] or not gradient[y == label].any() for label in range(k)) and not _pushes_up(
        side, reading, z, y
    )


def _is_linear(side, reading, z, moved, y):
    """Whether the loss is linear in the probabilities: log-probabilities are likelier meant, or the other argument."""
    raw = replace(reading, given="logits")
    pair = [side(raw, reading.arguments(at, y, side.n_classes)[0].reshape(z.shape), y).gradient for at in (z, moved)]
    return np.allclose(*pair, rtol=PRECISION[reading.precision], atol=0)


def _pushes_up(side, reading, z, y):
    """Whether the loss of one logit raises that of a row of class 0, at negative logits: it wants probabilities."""
    return not reading.columns and bool((side(reading, -np.abs(z), y).gradient[y == 0] < 0).any())


def close(a, b, tolerance):
    """Whether two arrays differ by no more than a share of the largest entry."""
    return bool(np.abs(a - b).max() <= tolerance * max(np.abs(b).max(), np.abs(a).max()))


def frozen(side, reading):
    """Raise `Unsteady` if the first batch of a reading, put to the loss again, gives another answer.

    A count of the calls, as of a warm-up, can change the loss between two probes; then no two of them belong together.
    """
    if side.changed(reading):
        raise Unsteady(
            f"{side.framework}'s loss has a state: its value or gradient of the same batch changed while it was "
            "compared. Freeze its state, such as a count of calls or running means, or compare it before and after."
        )


@dataclass(frozen=True)
class Rows:
    """How the rows of a batch hang together, from one batch and three changes of it.

    `stateful`: the same batch twice gives two answers. `broadcast`: the gradient of a row does not see its own label,
    though it sees how many there are of each. `coupled`: it changes with the logits of other rows. `entries`: how many
    numbers a row the loss comes as, 0 if it is one number in all.
    """

    stateful: bool
    broadcast: bool
    coupled: bool
    entries: float


def rows(side, reading):
    """Return the `Rows` of a loss."""
    tolerance = PRECISION[reading.precision]
    z, y = batch(reading, side.n_classes, 3, seed=3)
    first, again = side(reading, z, y), side(reading, z, y)
    before = first.gradient
    stateful = first.value != again.value or not np.array_equal(before, again.gradient)
    exchanged = np.where(y == 0, 1, np.where(y == 1, 0, y))
    broadcast = close(side(reading, z, exchanged).gradient, before, tolerance)
    broadcast = broadcast and not close(side(reading, z, np.zeros_like(y)).gradient, before, tolerance)
    moved = z + np.random.default_rng(6).standard_normal(z.shape)
    moved[0] = z[0]
    changed = np.abs(side(reading, moved, y).gradient[0] - before[0]).max()
    coupled = not broadcast and changed > tolerance * np.abs(before).max()
    return Rows(stateful, broadcast, bool(coupled), side.entries(first, len(y)))


@dataclass(frozen=True)
class Divisor:
    """What the gradient of a row of class j is divided by, as a function of the counts of the batch.

    `affine` ``(K, 1 + K)``: the divisor of class j is affine[j, 0] + Σ_k affine[j, 1 + k] n_k, or, where `squared`,
    n² over that. Its scale is arbitrary. None: it is no such function.
    """

    affine: np.ndarray | None
    squared: bool = False

    def __call__(self, counts):
        """Return the divisor of each class, ``(K,)``."""
        linear = self.affine[:, 0] + self.affine[:, 1:] @ counts
        return np.sum(counts) ** 2 / linear if self.squared else linear


def divisor(side, reading):
    """Return the `Divisor`: one fixed row of each class is watched while rows of each class join the batch.

    The inverse of a gradient is affine in the counts for n, Σw, the valid rows, the rows of one class, and constant for
    a sum. Where the mean of the weights multiplies the mean of the losses, the gradient times n² is affine.
    """
    k = side.n_classes
    rng = np.random.default_rng(7)
    shape = (k,) if reading.columns else ()
    # A hinge is flat beyond 1.
    first, more = rng.uniform(-0.9, 0.9, (k, *shape)), rng.uniform(-2, 2, (k + 2 + 7, *shape))
    base = np.full(k, 2)
    tables = [base, base + 1] + [base + extra * (np.arange(k) == j) for extra in (3, 6) for j in range(k)]
    gradients = []
    for counts in tables:
        rest = np.repeat(np.arange(k), counts - 1)
        z = np.concatenate([first, np.resize(more, (len(rest), *shape))])
        gradients.append(side(reading, z, np.concatenate([np.arange(k), rest])).gradient[:k].reshape(k, -1))
    gradients = np.stack(gradients)  # (tables, K, entries of a row)
    norm = (gradients[0] ** 2).sum(axis=1)
    seen = norm > 0
    ratio = np.einsum("tjd,jd->tj", gradients, gradients[0]) / np.where(seen, norm, 1)
    tolerance = PRECISION[reading.precision]
    if (
        not seen.any()
        or not close(gradients, ratio[:, :, None] * gradients[0], tolerance)
        or (ratio[:, seen] <= 0).any()
    ):
        return Divisor(None)
    counts = np.array(tables, dtype=float)
    design = np.column_stack([np.ones(len(counts)), counts])
    for squared in (False, True):
        wanted = ratio * counts.sum(axis=1, keepdims=True) ** 2 if squared else 1 / np.where(ratio > 0, ratio, 1)
        affine = np.linalg.lstsq(design, wanted, rcond=None)[0].T
        error = np.abs(design @ affine.T / wanted - 1)[:, seen]
        if error.max() < tolerance:
            affine[np.abs(affine) < 10 * tolerance * np.abs(affine).max(axis=1, keepdims=True)] = 0
            affine[~seen] = affine[np.flatnonzero(seen)[0]]
            return Divisor(affine, squared)
    return Divisor(None)
