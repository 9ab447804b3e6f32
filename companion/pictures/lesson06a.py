"""The figures of lesson 06a: which probability the focal loss asks for, and what longer training makes of a network."""

import numpy as np

from companion import _checks, plots, theory

COLOURS = (plots.NEUTRAL, plots.ACCENT, plots.FURTHER)


def minimisers(gammas, alphas, *, gamma=2.0):
    """Draw the probability that the focal loss asks for against the true one: for some γ, and for some α.

    Parameters
    ----------
    gammas : sequence of float
        Up to four γ, without α.
    alphas : sequence of float
        Up to four α, at one γ.
    gamma : float, optional
        That γ.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError, TypeError
        If there are more than four of either, or one lies outside its range.
    """
    for argument, values in (("gammas", gammas), ("alphas", alphas)):
        _checks.array(argument, list(values), ndim=1)
        if len(values) > len(plots.STYLES):
            raise ValueError(f"{argument} takes up to four numbers, got {len(values)}.")
    fig, (left, right) = plots.figure(2, share_y=True)
    eta = np.linspace(0.001, 0.999, 333)
    for value, style in zip(gammas, plots.STYLES, strict=False):
        left.plot(eta, theory.focal_minimiser(eta, value), style, color=plots.NEUTRAL, label=f"γ = {value:g}")
    for value, style in zip(alphas, plots.STYLES, strict=False):
        line = theory.focal_minimiser(eta, gamma, value)
        right.plot(eta, line, style, color=plots.ACCENT, label=f"γ = {gamma:g}, α = {value:g}")
        right.plot(1 - value, 0.5, "o", color=plots.ACCENT)
    right.plot([0, 1], [0, 1], color=plots.NEUTRAL, lw=1, label="p = η")
    for axes, title in ((left, "without α"), (right, "with α")):
        axes.axhline(0.5, color="black", lw=1)
        axes.set(xlabel="true probability η", xlim=(0, 1), ylim=(0, 1), title=title)
        axes.legend(loc="upper left")
    left.set_ylabel("best p of the focal loss")
    return fig


def longer(means, decayed):
    """Draw what longer training makes of the calibration slope and of the Brier score, for some γ.

    Parameters
    ----------
    means : pandas.DataFrame
        Indexed by γ, up to three of them, and by the number of epochs, with the columns ``slope, reported``,
        ``Brier, reported`` and ``Brier, refitted``.
    decayed : pandas.DataFrame
        The same columns, indexed by γ: with weight decay, after the largest number of epochs.

    Returns
    -------
    matplotlib.figure.Figure
        Left the slope, on a logarithmic axis; right the Brier score, dashed and hollow where it is that of refitted
        logits. Squares, beside the last points, are those with decay.

    Raises
    ------
    ValueError
        If there are more than three γ.
    """
    gammas = means.index.unique(0)
    if len(gammas) > len(COLOURS):
        raise ValueError(f"means takes up to three γ, got {len(gammas)}.")
    fig, (left, right) = plots.figure(2)
    beside = 1.15 * means.index.unique(1).max()
    for gamma, colour in zip(gammas, COLOURS, strict=False):
        found = means.loc[gamma]
        left.plot(found["slope, reported"], "o-", color=colour, label=f"γ = {gamma:g}")
        right.plot(found["Brier, reported"], "o-", color=colour, label=f"γ = {gamma:g}")
        right.plot(found["Brier, refitted"], "o--", color=colour, mfc="white")
        left.plot(beside, decayed.loc[gamma, "slope, reported"], "s", color=colour, ms=9)
        right.plot(beside, decayed.loc[gamma, "Brier, reported"], "s", color=colour, ms=9)
        right.plot(beside, decayed.loc[gamma, "Brier, refitted"], "s", color=colour, ms=9, mfc="white")
    left.plot([], [], "s", color=plots.NEUTRAL, ms=9, label="with decay")
    right.plot([], [], "o--", color=plots.NEUTRAL, mfc="white", label="refitted")
    left.axhline(1, color="black", lw=1)
    for axes in (left, right):
        plots.log_axis(axes, "x", means.index.unique(1))
        axes.set_xlabel("epochs")
    plots.log_axis(left, "y", (0.3, 0.5, 1, 2, 3))
    left.set(title="calibration slope", ylabel="above 1: too timid")
    right.set(title="Brier score")
    for axes in (left, right):
        axes.legend(loc="best")
    return fig
