"""Pictures with sliders: each a function that returns one, for a notebook's cell or as a page that works from disk."""

import numpy as np
from scipy.stats import norm

from companion import theory
from companion._palette import ACCENT, NEGATIVE, NEUTRAL, POSITIVE, POSITIVE_DARK
from companion.explorables._figure import Axis, Explorable, Panel, Slider

__all__ = ["ALL", "cut", "effective_weight", "focal"]

_DASHED = f"stroke='{NEUTRAL}' stroke-dasharray='5 5'"
_LINE = f"stroke='{ACCENT}' stroke-width='3'"
_DOT = "stroke='#222222' stroke-width='11'"
_RIGHT = "text-anchor='end'"


def effective_weight():
    """Return what a weight amounts to, along the batch size, when every batch is divided by its own sum of weights.

    Returns
    -------
    Explorable
        Sliders set π, w and B; the curve is `companion.theory.effective_weight`.

    Examples
    --------
    >>> print(effective_weight())
    With π = 0.01 and w = 99, in batches of 32, each divided by its own sum of weights, the weight amounts to 26.9.
    """

    def draw(prior, w, size):
        sizes = np.round(2 ** (np.arange(49) / 4)).astype(int)
        left = theory.effective_weight(prior, w, size)
        return {
            "asked": [[1, w], [4096, w]],
            "left": [[each, theory.effective_weight(prior, w, int(each))] for each in sizes],
            "here": [[size, left]],
            "said": f"With π = {prior} and w = {w}, in batches of {size:,}, each divided by its own sum of weights, "
            f"the weight amounts to {float(f'{left:.3g}'):g}.",
        }

    return Explorable(
        name="effective_weight",
        title="What a batch leaves of a weight",
        sliders=(
            Slider("Share of the positives", "π", (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5), 0.01),
            Slider("Weight of a positive", "w", (1, 2, 4, 9, 19, 49, 99, 199, 499, 999), 99),
            Slider("Rows in a batch", "B", tuple(2**k for k in range(13)), 32),
        ),
        panels=(
            Panel(
                Axis(1, 4096, 56, 445, log=True),
                Axis(1, 1000, 260, 15, log=True),
                {"asked": _DASHED, "left": _LINE, "here": _DOT},
                label="rows in a batch, B",
                x_ticks=(1, 8, 32, 256, 2048),
                y_ticks=(1, 10, 100, 1000),
                notes=(
                    (1.2, 600, "dashed: the weight w that was asked for", ""),
                    (1.2, 380, "curve: what is left of it", "fill='#00664B'"),
                ),
            ),
        ),
        height=305,
        draw=draw,
    )


def cut():
    """Return two classes along a score, a cut that a weight moves, and what its errors cost.

    Returns
    -------
    Explorable
        Sliders set the weight w⁺, r, which is the cost of a miss in false alarms, and the share π of the positives.
        Negatives follow N(0, 1), positives N(2, 1). Counts are expected ones, of 1,000 cases, in closed form. Costs
        are drawn as parts of those of the cheaper of two rules: no alarm at all, or one for everybody.

    Examples
    --------
    >>> print(cut())  # doctest: +NORMALIZE_WHITESPACE
    w⁺ = 1 raises the alarm where P(y = 1 | score) > 0.5.
    Of 1,000 cases: TN 884, FP 16, FN 54, TP 46; recall 0.46, precision 0.74.
    If a miss costs as much as r = 9 false alarms, that is 501 in all; the least, 286, is at w⁺ = r.
    """

    def draw(w, r, prior):
        grid = np.linspace(-3.2, 5.2, 85)
        heights = {
            "negatives": lambda x: (1 - prior) * norm.pdf(x),
            "positives": lambda x: prior * norm.pdf(x - 2),
        }

        def cut_of(weight):  # where the weighted log-odds are 0
            return 1 - np.log(weight * prior / (1 - prior)) / 2

        def cost(cut):
            return 1000 * (r * prior * norm.cdf(cut - 2) + (1 - prior) * norm.sf(cut))

        def area(height, start):
            x = np.concatenate([[start], grid[grid > start]])
            return [(start, 0), *zip(x, height(x), strict=True), (grid[-1], 0)]

        here, best, unit = cut_of(w), cut_of(r), 1000 * min(r * prior, 1 - prior)
        rates = theory.gaussian_rates(2.0, prior, w)
        tp, fp = 1000 * prior * rates["tpr"], 1000 * (1 - prior) * rates["fpr"]
        least = ", the least." if w == r else f"; the least, {cost(best):.0f}, is at w⁺ = r."
        return {
            "false_alarms": area(heights["negatives"], here),
            "found": area(heights["positives"], here),
            **{name: np.column_stack([grid, height(grid)]) for name, height in heights.items()},
            "boundary": [[here, 0], [here, 0.42]],
            "costs": [(x, cost(x) / unit) for x in grid if cost(x) / unit < 2],
            "cheapest": [[best, 0], [best, 2]],
            "here": [[here, min(cost(here) / unit, 2)]],
            "said": f"w⁺ = {w:g} raises the alarm where P(y = 1 | score) > {theory.threshold_from_weight(w):.3g}. "
            f"Of 1,000 cases: TN {1000 * (1 - prior) - fp:.0f}, FP {fp:.0f}, FN {1000 * prior - tp:.0f}, TP {tp:.0f}; "
            f"recall {rates['tpr']:.2f}, precision {rates['precision']:.2f}. "
            f"If a miss costs as much as r = {r:g} false alarms, that is {cost(here):.0f} in all{least}",
        }

    stops = (1 / 4, 1 / 2, 1, 2, 4, 9, 20, 40, 81, 160)
    score = Axis(-3.2, 5.2, 40, 445)
    return Explorable(
        name="cut",
        title="Threshold, weight and cost on the curves of two classes",
        sliders=(
            Slider("Weight of the positives", "w⁺", stops, 1),
            Slider("Cost of a miss, in false alarms", "r", stops, 9),
            Slider("Share of the positives", "π", (0.02, 0.05, 0.1, 0.2, 0.3, 0.5), 0.1),
        ),
        panels=(
            Panel(
                score,
                Axis(0, 0.42, 160, 10),
                {
                    "false_alarms": f"fill='{NEGATIVE}' fill-opacity='0.6'",
                    "found": f"fill='{POSITIVE}' fill-opacity='0.6'",
                    "negatives": f"stroke='{NEGATIVE}' stroke-width='2'",
                    "positives": f"stroke='{POSITIVE}' stroke-width='2'",
                    "boundary": "stroke='#222222' stroke-width='2'",
                },
                notes=(
                    (-3, 0.37, "negatives", "fill='#1F6F9C'"),
                    (5.2, 0.37, "positives", f"fill='{POSITIVE_DARK}' {_RIGHT}"),
                    (5.2, 0.31, "filled: alarms", _RIGHT),
                ),
            ),
            Panel(
                score,
                Axis(0, 2, 300, 180),
                {"costs": _LINE, "cheapest": _DASHED, "here": _DOT},
                label="score",
                x_ticks=(-2, 0, 2, 4),
                y_ticks=(0, 1, 2),
                notes=(
                    (-3, 1.7, "cost of the cut", "fill='#00664B'"),
                    (5.2, 1.7, "dashed: w⁺ = r", _RIGHT),
                    (5.2, 1.15, "1: nobody or all, the cheaper", _RIGHT),
                ),
                fixed=([[-3.2, 1], [5.2, 1]],),
            ),
        ),
        height=345,
        draw=draw,
    )


def focal():
    """Return the probability at which the focal loss is least, along η = P(y = 1 | x), for each γ and α.

    Returns
    -------
    Explorable
        Sliders set γ, α and η; the curve is `companion.theory.focal_correction`, the dot
        `companion.theory.focal_minimiser`. α = 0.5 weights no class.

    Examples
    --------
    >>> print(focal())
    γ = 2, α = 0.25: where η = 0.1, the loss is least at p = 0.227. That is above ½ where η is above 0.75.
    """

    def draw(gamma, alpha, eta):
        grid = np.append((1 + 8 * np.arange(125)) / 1000, 0.999)
        p, change = float(theory.focal_minimiser(eta, gamma, alpha)), 1 - alpha
        return {
            "least": np.column_stack([theory.focal_correction(grid, gamma, alpha), grid]),
            "change": [[change, 0], [change, 0.5]],
            "here": [[eta, p]],
            "said": f"γ = {gamma}, α = {alpha}: where η = {eta}, the loss is least at p = {p:.3f}. "
            f"That is above ½ where η is above {change:.2g}.",
        }

    return Explorable(
        name="focal",
        title="What the focal loss asks for",
        sliders=(
            Slider("Focusing", "γ", (0, 0.5, 1, 2, 3, 5), 2),
            Slider("Weight of the positives", "α", (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99), 0.25),
            Slider("True probability", "η", (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99), 0.1),
        ),
        panels=(
            Panel(
                Axis(0, 1, 56, 445),
                Axis(0, 1, 270, 15),
                {"least": _LINE, "change": _DASHED, "here": _DOT},
                label="true probability η",
                x_ticks=(0, 0.25, 0.5, 0.75, 1),
                y_ticks=(0, 0.5, 1),
                notes=((0.02, 0.93, "probability p at which the loss is least", "fill='#00664B'"),),
                fixed=([[0, 0], [1, 1]], [[0, 0.5], [1, 0.5]]),
            ),
        ),
        height=325,
        draw=draw,
    )


ALL = (effective_weight, cut, focal)
