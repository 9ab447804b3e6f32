"""The figures of lesson 07: what a weight does in closed form, what weights trade, and count against fraction."""

import numpy as np
from scipy.special import expit
from scipy.stats import norm

from companion import plots, theory


def summary(*, separation=1.5, prior=0.01):
    """Draw what a weight does to numbers and alarms, for two Gaussian classes known exactly.

    Parameters
    ----------
    separation : float, optional
        Distance of the two classes, in standard deviations.
    prior : float, optional
        π, the share of positives.

    Returns
    -------
    matplotlib.figure.Figure
        Along the weight, per 1,000 cases: positives expected by the weighted probabilities, as they are and corrected,
        and alarms at ½.
    """
    fig, axes = plots.figure()
    w = np.geomspace(1, 1000, 300)
    x = np.linspace(-9, 9 + separation, 4001)
    density = (1 - prior) * norm.pdf(x) + prior * norm.pdf(x - separation)
    log_odds = separation * x - separation**2 / 2 + np.log(prior / (1 - prior))
    reported = expit(log_odds + np.log(w)[:, None])
    expected = 1000 * (reported * density).sum(axis=1) * (x[1] - x[0])
    put_right = reported / (reported + w[:, None] * (1 - reported))  # the prior correction
    corrected = 1000 * (put_right * density).sum(axis=1) * (x[1] - x[0])

    axes.plot(w, expected, color=plots.NEUTRAL)
    axes.plot(w, corrected, color=plots.ACCENT)
    axes.plot(w, [1000 * _alarms(separation, prior, each) for each in w], color=plots.POSITIVE)
    plots.log_axis(axes, "x", (1, 10, 100, 1000))
    plots.log_axis(axes, "y", (0.1, 1, 10, 100, 1000))
    axes.set(xlim=(1, 1000), ylim=(0.03, 1500), xlabel="weight $w^+$", title=f"1,000 cases, {1000 * prior:g} positive")
    axes.text(1.15, 130, "positives expected,\nas reported", color=plots.NEUTRAL, va="bottom", fontsize=11)
    axes.text(950, 7.5, "the same, corrected", color=plots.ACCENT, va="top", ha="right", fontsize=11)
    axes.text(4, 0.25, "alarms, cut at ½", color=plots.POSITIVE, va="top", fontsize=11)
    return fig


def _alarms(separation, prior, w):
    """Return the share of the cases in which the best rule under the weight raises an alarm."""
    rates = theory.gaussian_rates(separation, prior, w)
    return prior * rates["tpr"] + (1 - prior) * rates["fpr"]


def trades(before, after, names, weights):
    """Draw how recall and precision of each class move.

    Parameters
    ----------
    before, after : array_like of float, shape (2, K)
        Recall and precision of each class without weights, and with them.
    names : sequence of str, length K
        The classes.
    weights : array_like of float, shape (K,)
        Their weights. Classes with a weight above one are orange, the others blue.

    Returns
    -------
    matplotlib.figure.Figure
        An arrow for each class, from without weights to with them, and its weight under the name.
    """
    fig, axes = plots.figure()
    for k, name in enumerate(names):
        colour = plots.POSITIVE if weights[k] > 1 else plots.NEGATIVE
        start, end = (np.array([values[0][k], values[1][k]]) for values in (before, after))
        axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2.2, "shrinkA": 0})
        axes.plot(*start, "o", color=colour, markerfacecolor="white", markersize=7)
        ahead = end[0] >= start[0]
        side = {"ha": "left" if ahead else "right", "va": "center", "textcoords": "offset points"}
        axes.annotate(f"{name},\nweight {weights[k]:.3g}", end, xytext=(6 if ahead else -6, 0), fontsize=11, **side)
    lowest = np.floor(10 * np.nanmin([before[0], after[0]])) / 10
    axes.set(xlim=(lowest, 1.1), ylim=(0, 1.08), xlabel="recall", ylabel="precision")
    axes.set_xticks(np.arange(lowest, 1.05, 0.1))
    return fig


def count_and_fraction(counts, fractions, excess):
    """Draw the error above the best possible one along the fraction of the rare class, for each count.

    Parameters
    ----------
    counts : sequence of int, length C
        Positives of a sample, three at most.
    fractions : sequence of float, length F
        Their shares, falling.
    excess : array_like of float, shape (C, F, S)
        The balanced error above the best one of each sample, in percentage points.

    Returns
    -------
    matplotlib.figure.Figure
        A line for each count. Means with their standard errors; dotted, c·(1/n⁺ + 1/n⁻) with one c, the geometric
        mean of what each point asks for.
    """
    mean, error = np.mean(excess, axis=2), np.std(excess, axis=2, ddof=1) / np.sqrt(np.shape(excess)[2])
    law = 1 / np.outer(counts, 1 - np.asarray(fractions))  # 1/n⁺ + 1/n⁻, as n⁻ = n⁺(1 − π)/π
    law *= np.exp(np.mean(np.log(mean / law)))
    fig, axes = plots.figure()
    for i, count in enumerate(counts):
        axes.plot(fractions, law[i], ":", color=plots.NEUTRAL)
        colour = (plots.NEUTRAL, plots.ACCENT, plots.PRECISION)[i]
        axes.errorbar(fractions, mean[i], error[i], fmt=f"{'os^'[i]}-", color=colour, capsize=3)
        axes.text(0.8 * min(fractions), mean[i, -1], f"n⁺ = {count}", va="center", color=colour)
    plots.log_axis(axes, "x", fractions)
    plots.log_axis(axes, "y", (0.01, 0.03, 0.1, 0.3))
    axes.set(xlim=(1.3 * max(fractions), 0.3 * min(fractions)), xlabel="fraction π of the positives, falling")
    axes.set(ylabel="balanced error above\nthe best, in points")
    return fig
