"""The figures of lesson 07a: which weight is the cheapest, in closed form, and what rules cost under each penalty."""

import numpy as np

from companion import plots, theory


def cheapest(*, separation=1.5, prior=0.01):
    """Draw what weights cost in use, cut at ½, for two Gaussian classes known exactly.

    Parameters
    ----------
    separation : float, optional
        Distance of the two classes, in standard deviations.
    prior : float, optional
        π, the share of positives in use.

    Returns
    -------
    matplotlib.figure.Figure
        Along the weight, the cost for three pairs of cost ratio and share in training, each over its own least; a dot
        marks the ratio of costs times the odds in use over those in training.
    """
    fig, axes = plots.figure()
    w = np.geomspace(0.05, 2000, 400)
    cases = (
        (20, prior, plots.NEGATIVE, "-", "r = 20", (6, 1.3)),
        (200, prior, plots.PRECISION, "-", "r = 200", (0.06, 3.38)),
        (20, 0.5, plots.NEGATIVE, "--", "r = 20, half of the\ntraining rows positive", (0.06, 2.0)),
    )
    for ratio, trained, colour, line, name, place in cases:
        best = ratio * prior / (1 - prior) * (1 - trained) / trained
        cost, least = (_cost(separation, prior, trained, ratio, each) for each in (w, [best]))
        axes.plot(w, cost / least[0], line, color=colour)
        axes.plot(best, 1, "o", color=colour, markersize=8)
        axes.text(*place, name, color=colour, fontsize=11)
    plots.log_axis(axes, "x", (0.1, 1, 10, 100, 1000))
    axes.set(xlim=(0.05, 2000), ylim=(0.9, 3.7), xlabel="weight $w^+$", ylabel="cost, over its own least")
    axes.set_title(f"in use {100 * prior:g} % positive")
    return fig


def _cost(separation, prior, trained, ratio, w):
    """Return the mean cost in use of the best rules, for the share `trained`, under the weights `w`."""
    rates = [theory.gaussian_rates(separation, trained, float(each)) for each in w]
    return np.array([ratio * prior * (1 - rate["tpr"]) + (1 - prior) * rate["fpr"] for rate in rates])


def costs(penalties, validation, test, names, *, everybody):
    """Draw the mean costs of rules along the penalty.

    Parameters
    ----------
    penalties : array_like of float, shape (P,)
    validation, test : array_like of float, shape (2, P, S)
        The costs of two rules on each split's validation and test rows.
    names : sequence of str, length 2
        The rules.
    everybody : float
        The cost of an alarm for everybody.

    Returns
    -------
    matplotlib.figure.Figure
        Means over the splits: solid on validation rows, dashed on test rows; dotted, everybody. At the bottom, how
        many splits' validation rows choose this penalty for the rule.
    """
    fig, axes = plots.figure()
    for k, (name, colour) in enumerate(zip(names, (plots.NEUTRAL, plots.ACCENT), strict=True)):
        axes.plot(penalties, np.mean(validation[k], axis=1), "o-", color=colour, label=name)
        axes.plot(penalties, np.mean(test[k], axis=1), "--", color=colour)
        counts = np.bincount(np.argmin(validation[k], axis=0), minlength=len(penalties))
        for penalty, count in zip(penalties, counts, strict=True):
            axes.text(
                penalty,
                0.12 - 0.09 * k,
                count,
                transform=axes.get_xaxis_transform(),
                color=colour,
                ha="center",
                fontsize=11,
            )
    axes.plot([], [], "--", color=plots.NEUTRAL, label="on test rows")
    axes.text(0.045, 0.205, "splits that choose this λ:", transform=axes.transAxes, color=plots.NEUTRAL, fontsize=11)
    axes.axhline(everybody, linestyle=":", color=plots.NEUTRAL)
    axes.text(min(penalties), everybody * 0.94, "everybody", color=plots.NEUTRAL, va="top", fontsize=11)
    plots.log_axis(axes, "x", penalties)
    plots.log_axis(axes, "y", (10, 20, 50, 100))
    axes.set(ylim=(5, 110), xlabel="penalty λ", ylabel="cost of 100 people, in tests")
    axes.legend(loc="upper left", bbox_to_anchor=(0, 0.86), frameon=False, fontsize=11)
    return fig
