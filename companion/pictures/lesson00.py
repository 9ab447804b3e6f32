"""The figures of notebook 00: what the course finds, and what a weight did to one model."""

from math import exp

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import norm
from sklearn.metrics import precision_recall_curve

from companion import _checks, plots, theory


def findings():
    """Return the figure of the course's five findings, each in closed form or from a descent on two numbers.

    Returns
    -------
    matplotlib.figure.Figure
        1: two Gaussian classes, weighed by their shares, 0.95 and 0.05. 2: what a weight makes of a probability.
        3: what a weight of 99 amounts to, by the divisor of the loss (`theory.effective_weight`). 4: mean cost against
        the weight (`theory.gaussian_rates`), in units of its least. 5: the boundary of a logistic regression with a
        weight of 99, as it is trained.

    Examples
    --------
    >>> len(findings().axes)
    5
    """
    fig, axes = plt.subplot_mosaic("AABBCC;DDDEEE", figsize=(9, 6))
    for draw, letter in zip((_decision, _threshold, _divisors, _costs, _fading), "ABCDE", strict=True):
        draw(axes[letter])
    for each in axes.values():
        each.title.set_fontsize(11.5)
        each.xaxis.label.set_fontsize(11)
        each.yaxis.label.set_fontsize(11)
        each.tick_params(labelsize=10)
    return fig


def two_models(y, plain, weighted, *, w):
    """Return the figure of two models' precision and recall, and of what three rules find, miss and alarm for nothing.

    Parameters
    ----------
    y : ndarray of int, shape (n,)
        Labels 0 and 1.
    plain, weighted : ndarray of float, shape (n,)
        Log-odds from the model without a weight, and from that with the weight `w`.
    w : float
        The third rule is the model without a weight, cut at 1/(1 + w).

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError, TypeError
        If `y` is not binary, or the shapes differ.

    Examples
    --------
    >>> fig = two_models(np.array([0, 1, 0, 1]), np.array([-2.0, 1.0, 0.5, 2.0]), np.array([-1.0, 2.0, 1.0, 3.0]), w=3)
    >>> fig.axes[0].get_xlabel()
    'recall'
    """
    y = _checks.binary_labels("y", y)
    for name, z in (("plain", plain), ("weighted", weighted)):
        _checks.same_shape("y", y, name, _checks.array(name, z))
    fig, (left, right) = plots.figure(2)
    for z, colour, name in ((plain, plots.NEUTRAL, "no weight"), (weighted, plots.ACCENT, f"weight {w:g}")):
        precision, recall, _ = precision_recall_curve(y, z)
        left.plot(recall, precision, color=colour, drawstyle="steps-post", label=name)
    rules = {
        "no weight,\ncut at ½": (plain > 0, "o", plots.NEUTRAL),
        f"weight {w:g},\ncut at ½": (weighted > 0, "o", plots.ACCENT),
        f"no weight,\ncut at 1/{1 + w:g}": (plain > -np.log(w), "s", plots.NEUTRAL),
    }
    for place, (alarm, marker, colour) in enumerate(rules.values()):
        found, missed, false = (np.sum(which) for which in (alarm & (y == 1), ~alarm & (y == 1), alarm & (y == 0)))
        left.plot(found / y.sum(), found / alarm.sum(), marker, color=colour, markersize=11)
        right.barh(place, found, 0.5, color=plots.POSITIVE)
        right.barh(place, missed, 0.5, left=found, color="white", edgecolor=plots.POSITIVE, hatch="///")
        right.barh(place, false, 0.5, left=found + missed, color=plots.NEGATIVE)
        right.plot(-3, place, marker, color=colour, markersize=11, clip_on=False)
        right.text(0, place - 0.37, f"{found} found, {missed} missed, {false} false alarms")
    left.set(xlabel="recall", ylabel="precision", xlim=(0, 1.03), ylim=(0, 1.05))
    left.legend(loc="lower left")
    right.set(yticks=range(3), yticklabels=rules, ylim=(2.5, -0.75), xlabel="people (hatched: missed)")
    right.set_xlim(left=-6)
    right.tick_params(axis="y", length=0)
    return fig


def _decision(axes):
    x, d, prior = np.linspace(-3, 5, 161), 1.5, 0.05
    axes.fill_between(x, (1 - prior) * norm.pdf(x), color=plots.NEGATIVE, alpha=0.6, lw=0)
    axes.fill_between(x, prior * norm.pdf(x - d), color=plots.POSITIVE, lw=0)
    cuts = {name: d / 2 - np.log(w * prior / (1 - prior)) / d for name, w in (("½", 1), ("⅒", 9))}
    for name, at in cuts.items():
        axes.axvline(at, color=plots.NEUTRAL, ls="--", lw=1.5)
        axes.text(at + 0.1, 0.35, name, color=plots.NEUTRAL)
    axes.set(title="1 · the decision fails", xlabel="score", ylabel="people", yticks=[], xlim=(-3, 5), ylim=(0, 0.4))


def _threshold(axes):
    eta = np.linspace(0, 1, 401)
    for w, colour in ((1, plots.NEUTRAL), (9, plots.POSITIVE), (99, plots.ACCENT)):
        axes.plot(eta, w * eta / (w * eta + 1 - eta), color=colour)
        axes.plot(1 / (1 + w), 0.5, "o", color=colour)
    for w, at in ((1, (0.62, 0.52)), (9, (0.33, 0.7)), (99, (0.08, 1.03))):
        axes.text(*at, f"w = {w}")
    axes.axhline(0.5, color="black", lw=1)
    axes.set(title="2 · the cut moves", xlabel="true probability", ylabel="reported", xlim=(0, 1), ylim=(0, 1.15))
    axes.set_yticks([0, 0.5, 1])


def _divisors(axes):
    sizes = 2 ** np.arange(13)
    axes.axhline(99, color=plots.TENSORFLOW)
    axes.plot(sizes, [theory.effective_weight(0.01, 99, int(B)) for B in sizes], color=plots.PYTORCH)
    axes.text(1.2, 91, "Keras: n", color=plots.TENSORFLOW)
    axes.text(45, 22, "PyTorch: Σw", color=plots.PYTORCH)
    axes.set(title="3 · two divisors", xlabel="batch size", ylabel="what 99 is worth", ylim=(0, 108))
    plots.log_axis(axes, "x", {1: "1", 16: "16", 256: "256", 4096: "4,096"})


def _costs(axes):
    prior, weights = 0.05, np.geomspace(1, 100, 121)
    rates = [theory.gaussian_rates(1.5, prior, w) for w in weights]
    tpr, fpr = (np.array([rate[name] for rate in rates]) for name in ("tpr", "fpr"))
    for r, colour in ((4, plots.NEUTRAL), (50, plots.ACCENT)):
        cost = r * prior * (1 - tpr) + (1 - prior) * fpr
        axes.plot(weights, cost / cost.min(), color=colour)
        axes.plot(r, 1, "o", color=colour)
        axes.text(r, 0.82, f"a miss costs {r}", color=colour, ha="center")
    axes.axvline(19, color="black", ls=":", lw=1.5)
    axes.text(18, 2.15, "n⁻/n⁺", ha="right")
    axes.set(title="4 · the costs name the weight", xlabel="weight w⁺", ylabel="cost / least cost", ylim=(0.7, 2.4))
    plots.log_axis(axes, "x", (1, 4, 19, 50, 100))


def _fading(axes):
    """Two groups, at x = −1 and x = 1; of each, the share `flipped` has the other group's label."""
    w, rate, steps = 99, 0.5, np.unique(np.geomspace(1, 30_000, 60).astype(int))
    for flipped, colour, place, name in (
        (0.1, plots.NEUTRAL, (40, -1.45), "classes overlap"),
        (0.0, plots.ACCENT, (1, -0.4), "classes can be separated"),
    ):
        slope = intercept = 0.0
        boundary = []
        for _ in range(steps[-1]):
            right, left = 1 / (1 + exp(-slope - intercept)), 1 / (1 + exp(slope - intercept))
            pull_right = w * (1 - flipped) * (1 - right) - flipped * right
            pull_left = w * flipped * (1 - left) - (1 - flipped) * left
            slope += rate * (pull_right - pull_left) / (1 + w)
            intercept += rate * (pull_right + pull_left) / (1 + w)
            boundary.append(-intercept / slope)
        axes.plot(steps, np.array(boundary)[steps - 1], color=colour)
        axes.text(*place, name, color=colour)
    axes.axhline(0, color="black", lw=1)
    axes.set(title="5 · it stays, or it fades", xlabel="steps of training", ylabel="boundary at w = 99")
    plots.log_axis(axes, "x", {1: "1", 100: "100", 10_000: "10,000"})
    axes.set(ylim=(-2.6, 0.15))
