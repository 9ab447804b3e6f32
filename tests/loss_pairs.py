"""The pairs of losses that the tests of `companion.same_loss` compare, and what it must say of each.

Loads no framework: `tools.confusion` counts these lists in a table of the docs. The tests hold each line of them.
"""

import itertools
import math

PRIOR_LOGS = [math.log(share) for share in (0.7, 0.2, 0.1)]

# Of each law of `equal_losses.LAWS` the number of classes, and where PyTorch's losses and TensorFlow's come from: the
# framework's "own", "companion", the "port" of `ported_losses`, written by "hand"; "hand32" computes in float32.
EQUAL = {
    "cross-entropy": (3, "own hand hand port companion own", "own own port companion hand32"),
    "weighted, over n": (3, "hand port hand companion", "own own own port"),
    "weighted, over the weights": (3, "own own port companion", "own port companion"),
    "binary, weighted": (2, "own port companion port", "own port companion own"),
    "focal": (2, "hand port companion", "own port hand32"),
    "focal, several classes": (3, "companion port", "own port"),
    "smoothed": (3, "own port", "own port"),
    "logits adjusted": (3, "port hand companion", "port companion"),
    "one sigmoid a column": (3, "own port", "own port"),
    "of probabilities": (2, "own port", "own own"),
    "a sum": (3, "own port", "own port"),
    "PolyLoss": (2, "hand port", "hand port"),
    "asymmetric": (2, "hand port", "hand port"),
    "hinge": (2, "hand port", "own port"),
    "Tversky": (2, "hand port", "own port"),
    "dice with a constant": (2, "hand", "hand"),
    "over the positives": (2, "hand port", "hand port"),
    "no law that is known": (2, "hand", "hand"),
}

# What is changed, and the kind of cause that names it; in a loss that has what it changes.
THREE = {"n_classes": 3, "weights": (1.0, 2.0, 5.0)}
TWO = {"n_classes": 2, "weights": (1.0, 9.0)}
ONE = TWO | {"one_logit": True}
PLAIN = {"n_classes": 2, "one_logit": True}
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
    ({"poly": 1.0}, "poly"),
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
    ({"weights": (0.0, 9.0)}, "ignored class"),
    ({"shift": (0.0, -2.0)}, "shift"),
    ({"kink": True}, "kink"),
]
FOCAL = [
    ({"gamma": 1.0}, "gamma"),
    ({"detached": True}, "detached"),
    ({"inside": True}, "inside"),
    ({"weights": None}, "weights"),
    ({"poly": 0.7}, "poly"),
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
POLY = [({"poly": 2.0}, "poly"), ({"gamma": 1.0}, "gamma"), ({"weights": None}, "weights")]
ASYMMETRIC = [
    ({"p_margin": 0.1}, "probability margin"),
    ({"p_margin": 0.0}, "probability margin"),
    ({"gamma": (3.0, 1.0)}, "gamma"),
    ({"detached": True}, "detached"),
    ({"weights": (1.0, 4.0)}, "weights"),
    ({"divisor": "sum"}, "divisor"),
]
HINGE = [({"signed": True}, "labels"), ({"squared": True}, "family"), ({"hinge": False}, "family")]
OVERLAP = [
    ({"overlap": (0.7, 0.3, 1.0)}, "overlap"),
    ({"overlap": (0.5, 0.5, 1.0)}, "overlap"),
    ({"overlap": (0.3, 0.7, 1e-6)}, "overlap"),
]
OVER_POSITIVES = [({"least": least}, "some batches") for least in (0.0, 2.0, 4.0)]
_CHANGED = [
    *((THREE, *change) for change in OF_ANY + OF_THREE),
    *((ONE, *change) for change in OF_ANY + OF_ONE),
    *((base | {"gamma": 2.0}, *change) for base in (THREE, ONE) for change in FOCAL),
    *((base | {"smoothing": 0.1}, *change) for base in (THREE, ONE) for change in SMOOTHED),
    *((THREE | {"shift": LOGS}, *change) for change in ADJUSTED),
    *((base | {"poly": 1.0}, *change) for base in (THREE, ONE) for change in POLY),
    *((PLAIN | {"gamma": (4.0, 1.0), "p_margin": 0.05}, *change) for change in ASYMMETRIC),
    *((PLAIN | {"hinge": True}, *change) for change in HINGE),
    *((PLAIN | {"overlap": (0.3, 0.7, 1.0)}, *change) for change in OVERLAP),
    *((ONE | {"divisor": "positives", "least": 1.0}, *change) for change in OVER_POSITIVES),
]
SINGLE = [(base, change, {kind}, {kind}) for base, change, kind in _CHANGED]

OF_BOTH = [
    ({"divisor": "sum"}, "divisor"),
    ({"divisor": "weights"}, "divisor"),
    ({"divisor": "class"}, "divisor"),
    ({"divisor": "none"}, "reduction"),
    ({"factor": 2.0}, "factor"),
    ({"offset": 0.3}, "offset"),
    ({"smoothing": 0.1}, "smoothing"),
    ({"gamma": 2.0}, "gamma"),
    ({"scale": 0.5}, "scale"),
    ({"activated": True}, "activation"),
    ({"probabilities": True}, "probabilities"),
    ({"turned": True}, "order"),
]
WEIGHTS_OF_THREE = [({"weights": (1.0, 4.0, 25.0)}, "weights"), ({"weights": (5.0, 2.0, 1.0)}, "weights")]
MOVED = [({"shift": LOGS}, "shift"), ({"margin": (0.1, 0.2, 0.5)}, "margin")]
# The port that is not reduced has neither a factor nor a constant: with them it is one difference, not two.
ONE_DIFFERENCE = [{"reduction", kind} for kind in ("factor", "divisor", "offset")]
NOT_NAMED = [{"smoothing", "margin"}]


def pairs(base, changes):
    """Yield the base, every two changes of different arguments, their kinds, and the kinds that are said."""
    for (one, kind), (other, other_kind) in itertools.combinations(changes, 2):
        kinds = {kind, other_kind}
        if not set(one) & set(other) and kinds not in ONE_DIFFERENCE:
            yield base, one | other, kinds, {"law"} if kinds in NOT_NAMED else kinds


PAIRS = [
    *pairs(THREE, OF_BOTH + WEIGHTS_OF_THREE + MOVED),
    *pairs(ONE, [*OF_BOTH[1:], ({"weights": (9.0, 1.0)}, "weights")]),
    *pairs(PLAIN, [({"poly": 1.0}, "poly"), ({"gamma": 2.0}, "gamma"), ({"factor": 2.0}, "factor")]),
    *pairs(
        PLAIN | {"gamma": (4.0, 1.0)},
        [({"p_margin": 0.05}, "probability margin"), ({"gamma": (2.0, 0.5)}, "gamma"), ({"factor": 2.0}, "factor")],
    ),
]
