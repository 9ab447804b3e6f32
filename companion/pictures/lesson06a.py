"""The figures of lesson 06a: which probability the focal loss asks for, and what longer training makes of a network."""

import numpy as np

from companion import _checks, plots, theory

STYLES = ("-", "--", ":", "-.")


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
        if len(values) > len(STYLES):
            raise ValueError(f"{argument} takes up to four numbers, got {len(values)}.")
    fig, (left, right) = plots.figure(2, share_y=True)
    eta = np.linspace(0.001, 0.999, 333)
    for value, style in zip(gammas, STYLES, strict=False):
        left.plot(eta, theory.focal_minimiser(eta, value), style, color=plots.NEUTRAL, label=f"γ = {value:g}")
    for value, style in zip(alphas, STYLES, strict=False):
        line = theory.focal_minimiser(eta, gamma, value)
        right.plot(eta, line, style, color=plots.ACCENT, label=f"γ = {gamma:g}, α = {value:g}")
        right.plot(1 - value, 0.5, "o", color=plots.ACCENT)
    for axes, title in ((left, "without α"), (right, "with α")):
        axes.axhline(0.5, color="black", lw=1)
        axes.set(xlabel="true probability η", xlim=(0, 1), ylim=(0, 1), title=title)
        axes.legend(loc="upper left")
    left.set_ylabel("best p of the focal loss")
    return fig
