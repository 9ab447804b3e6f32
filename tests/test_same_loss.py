"""`companion.same_loss` names what makes two losses differ: every difference alone, two at once, and none in equal losses."""

import functools
import itertools

import pytest
from ported_losses import PRIOR_LOGS, pytorch, tensorflow

from companion.same_loss import forms, verdict
from companion.same_loss.sides import Side

pytest.importorskip("torch")
pytest.importorskip("tensorflow")

THREE = {"n_classes": 3, "weights": (1.0, 2.0, 5.0)}
TWO = {"n_classes": 2, "weights": (1.0, 9.0)}
ONE = TWO | {"one_logit": True}


@functools.cache
def inferred(make, chosen):
    """Return a side and its form, once for each loss."""
    chosen = {name: list(value) if isinstance(value, tuple) else value for name, value in chosen}
    side = Side(make(**chosen), {pytorch: "PyTorch", tensorflow: "TensorFlow"}[make], chosen["n_classes"])
    return side, forms.infer(side)


def compared(ours, theirs):
    """Return the verdict on PyTorch's loss with the options `ours` and TensorFlow's with `theirs`."""
    both = [inferred(make, tuple(sorted(chosen.items()))) for make, chosen in ((pytorch, ours), (tensorflow, theirs))]
    sides, found = zip(*both, strict=True)
    return verdict.compare(sides, found, declared=(False, False))


# What is changed, and the kind of cause that names it; in a loss that has what it changes.
LOGS = tuple(PRIOR_LOGS)
OF_ANY = [
    ({"divisor": "sum"}, "divisor"),
    ({"divisor": "weights"}, "divisor"),
    ({"divisor": "class"}, "divisor"),
    ({"divisor": "averaged"}, "divisor"),
    ({"divisor": "positives"}, "divisor"),
    ({"divisor": "none"}, "reduction"),
    ({"factor": 2.0}, "factor"),
    ({"factor": 0.01}, "factor"),
    ({"offset": 0.3}, "offset"),
    ({"weights": None}, "weights"),
    ({"smoothing": 0.1}, "smoothing"),
    ({"gamma": 2.0}, "gamma"),
    ({"gamma": 0.5}, "gamma"),
    ({"scale": 0.5}, "scale"),
    ({"scale": 16.0}, "scale"),
    ({"activated": True}, "activation"),
    ({"squared": True}, "family"),
    ({"clipped": 0.02}, "clipping"),
    ({"probabilities": True}, "probabilities"),
    ({"turned": True}, "order"),
    ({"broadcast": True}, "broadcast"),
]
OF_THREE = [
    ({"divisor": "columns"}, "factor"),
    ({"weights": (1.0, 4.0, 25.0)}, "weights"),
    ({"weights": (1.0, 0.5, 0.2)}, "weights"),
    ({"weights": (5.0, 2.0, 1.0)}, "weights"),
    ({"weights": (2.0, 1.0, 5.0)}, "weights"),
    ({"weights": (1.0, 2.0**0.5, 5.0**0.5)}, "weights"),
    ({"weights": (1.0, 2.0, 6.0)}, "weights"),
    ({"weights": (0.0, 2.0, 5.0)}, "ignored class"),
    ({"shift": LOGS}, "shift"),
    ({"margin": (0.1, 0.2, 0.5)}, "margin"),
    ({"columns": True}, "family"),
    ({"wrong_axis": True}, "coupled"),
]
OF_ONE = [
    ({"weights": (1.0, 81.0)}, "weights"),
    ({"weights": (1.0, 1 / 9)}, "weights"),
    ({"weights": (9.0, 1.0)}, "weights"),
    ({"weights": (1.0, 3.0)}, "weights"),
    ({"shift": (0.0, -2.0)}, "shift"),
    ({"kink": True}, "kink"),
]
FOCAL = [
    ({"gamma": 1.0}, "gamma"),
    ({"detached": True}, "detached"),
    ({"inside": True}, "inside"),
    ({"weights": None}, "weights"),
]
SMOOTHED = [
    ({"smoothing": 0.2}, "smoothing"),
    ({"smoothing_on": "terms"}, "smoothing order"),
    ({"weights": None}, "weights"),
]
ADJUSTED = [
    ({"shift": tuple(-value for value in LOGS)}, "shift"),
    ({"shift": tuple(2 * value for value in LOGS)}, "shift"),
    ({"shift": None}, "shift"),
]
SINGLE = [
    *((THREE, *change) for change in OF_ANY + OF_THREE),
    *((ONE, *change) for change in OF_ANY + OF_ONE),
    *((base | {"gamma": 2.0}, *change) for base in (THREE, ONE) for change in FOCAL),
    *((base | {"smoothing": 0.1}, *change) for base in (THREE, ONE) for change in SMOOTHED),
    *((THREE | {"shift": LOGS}, *change) for change in ADJUSTED),
]


def named(value):
    return ",".join(f"{name}={part}" for name, part in value.items()) if isinstance(value, dict) else str(value)


@pytest.mark.parametrize(("base", "change", "kind"), SINGLE, ids=named)
def test_a_difference_is_named_and_nothing_else_is(base, change, kind):
    found = compared(base | change, base)
    assert not found.same
    assert found.kinds == {kind}, str(found)
