"""The figures of notebook 01: a rare class beneath a common one, and how training and decisions treat it."""

import numpy as np
from scipy.special import logit
from scipy.stats import norm

from companion import _checks, plots


def rare_beneath_common(*, separation=1.0, priors=(0.5, 0.05), people=1000):
    """Return the figure of two Gaussian classes, each as high as it is large, and of the most accurate rule.

    Parameters
    ----------
    separation : float
        Distance of the two means, in standard deviations.
    priors : sequence of float, length 2
        Share of the positives in each panel.
    people : int
        How many the areas add up to.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> [axes.get_title("left") for axes in rare_beneath_common().axes]
    ['500 of 1,000 are ill', '50 of 1,000 are ill']
    """
    fig, panels = plots.figure(2, share_y=True)
    x = np.linspace(-3.5, 5.5, 361)
    for axes, prior in zip(panels, priors, strict=True):
        healthy, ill = people * (1 - prior) * norm.pdf(x), people * prior * norm.pdf(x - separation)
        axes.fill_between(x, healthy, color=plots.NEGATIVE, alpha=0.55, lw=0, label="healthy")
        axes.fill_between(x, ill, color=plots.POSITIVE, alpha=0.75, lw=0, label="ill")
        cut = separation / 2 - np.log(prior / (1 - prior)) / separation
        found = people * prior * norm.sf(cut - separation)
        shown = f"{found:.0f}" if found >= 1 else f"{found:.2g}"
        axes.axvline(cut, color=plots.NEUTRAL, ls="--", lw=1.5)
        axes.text(cut + 0.12, 330, f"alarm →\nfinds {shown}\nof {people * prior:g}", color=plots.NEUTRAL)
        axes.set(title=f"{people * prior:g} of {people:,} are ill", xlabel="score", ylim=(0, 410), xlim=(-3.5, 5.5))
    panels[0].set_ylabel("people per unit of score")
    panels[0].legend(loc="upper left")
    return fig


def class_losses(path, dots, constant):
    """Return the figure of each class's mean loss along training.

    Parameters
    ----------
    path : dict of str to ndarray of float, shape (steps + 1,)
        Mean loss of one model, before each step and after the last, of "strokes", "others" and "all".
    dots : dict of str to dict of int to ndarray of float, shape (S,)
        Mean losses on S splits, by class and by the number of steps.
    constant : dict of str to float
        Each class's mean loss under the best constant model.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> one = {"strokes": np.ones(5), "others": np.ones(5), "all": np.ones(5)}
    >>> fig = class_losses(one, {"strokes": {1: np.ones(3)}}, {"strokes": 3.0, "others": 0.05})
    >>> fig.axes[0].get_xlabel()
    'step of gradient descent'
    """
    fig, axes = plots.figure()
    colours = {"strokes": plots.POSITIVE, "others": plots.NEGATIVE, "all": plots.NEUTRAL}
    for name, line in path.items():
        _from_zero(axes, line, "--" if name == "all" else "-", color=colours[name])
        label, above = ("all: the risk", 0.07) if name == "all" else (name, 0.0)
        axes.text(len(line) * 1.08, line[-1] + above, label, va="center")
    for name, by_step in dots.items():
        _whiskers(axes, by_step, colours[name])
    for name, level in constant.items():
        axes.axhline(level, color=colours[name], ls=":", lw=1.5)
    axes.text(0.55, constant["strokes"], "strokes, if everybody is told π", va="bottom", color=plots.POSITIVE_DARK)
    axes.set(xlabel="step of gradient descent", ylabel="mean loss", ylim=(0, 3.3))
    return fig


def gradient_pulls(pulls, shares, prior):
    """Return the figure of the two classes' pulls on the intercept along training, and of the positives' share of them.

    Parameters
    ----------
    pulls : dict of str to ndarray of float, shape (steps + 1,)
        Sizes of the pulls of "strokes" and "others" in one model, before each step and after the last.
    shares : dict of int to ndarray of float, shape (S,)
        The strokes' share of the two pulls on S splits, by the number of steps.
    prior : float
        The positives' share of the samples.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> fig = gradient_pulls({"strokes": np.full(5, 0.1), "others": np.full(5, 0.3)}, {1: np.full(3, 0.3)}, 0.05)
    >>> [axes.get_title("left") for axes in fig.axes]
    ['the two pulls on b', "the strokes' share of them"]
    """
    fig, (left, right) = plots.figure(2)
    for name, colour in (("others", plots.NEGATIVE), ("strokes", plots.POSITIVE)):
        _from_zero(left, pulls[name], color=colour, label=f"{name}, {'down' if name == 'others' else 'up'}")
    left.set(title="the two pulls on b", ylim=(0, None))
    left.legend(loc="upper right")
    _from_zero(right, pulls["strokes"] / (pulls["strokes"] + pulls["others"]), color=plots.ACCENT)
    _whiskers(right, shares, plots.ACCENT)
    for level, name in ((0.5, "equal"), (prior, "share of the people, π")):
        right.axhline(level, color=plots.NEUTRAL, ls=":", lw=1.5)
        right.text(256, level + 0.012, name, color=plots.NEUTRAL, ha="right")
    right.set(title="the strokes' share of them", ylim=(0, 0.58))
    for axes in (left, right):
        axes.set_xlabel("step of gradient descent")
    return fig


def people_by_probability(p, ill, cuts, *, splits):
    """Return the figure of how many people of each class get which probability, on a scale of log-odds.

    Beside each cut stands how many of either class lie to its right.

    Parameters
    ----------
    p : ndarray of float, shape (n,)
        Predicted probabilities, of the test parts of all splits.
    ill : ndarray of bool, shape (n,)
    cuts : dict of str to float
        Thresholds to mark, by name.
    splits : int
        How many splits `p` joins: counts are divided by it.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError, TypeError
        If `p` holds anything outside [0, 1], or its shape is not that of `ill`.

    Examples
    --------
    >>> fig = people_by_probability(np.array([0.1, 0.2]), np.array([False, True]), {"½": 0.5}, splits=1)
    >>> fig.axes[0].get_ylabel()
    'people, of a test part'
    """
    p, ill = _checks.probabilities("p", p, ndim=1), np.asarray(ill)
    _checks.same_shape("p", p, "ill", ill)
    fig, axes = plots.figure()
    edges = np.linspace(-10, 1, 45)
    for which, colour, name in ((~ill, plots.NEGATIVE, "no stroke"), (ill, plots.POSITIVE, "stroke")):
        counts = np.histogram(logit(p[which]), edges)[0] / splits
        axes.stairs(counts, edges, fill=True, color=colour, alpha=0.55 if name == "no stroke" else 0.9, label=name)
    for name, cut in cuts.items():
        axes.axvline(logit(cut), color=plots.NEUTRAL, ls="--", lw=1.5)
        strokes, others = (np.sum(p[which] > cut) / splits for which in (ill, ~ill))
        text = f"{name} →\n{strokes:.3g} strokes,\n{others:.3g} others"
        axes.text(logit(cut) + 0.06, 60, text, color=plots.NEUTRAL, va="center")
    ticks = (0.0001, 0.001, 0.01, 0.1, 0.5)
    axes.set_xticks(logit(ticks), labels=["0.0001", "0.001", "0.01", "0.1", "½"])
    axes.set(xlabel="predicted probability of a stroke", ylabel="people, of a test part", xlim=(-10, 2), ylim=(0, 75))
    axes.legend(loc="upper left")
    return fig


def _from_zero(axes, line, style="-", **options):
    """Draw a line over the steps 0, 1, 2, …, on a logarithmic axis on which step 0 stands at ½."""
    axes.plot(np.r_[0.5, np.arange(1, len(line))], line, style, **options)
    plots.log_axis(axes, "x", {0.5: "0"} | {step: f"{step}" for step in (1, 4, 16, 64, 256)})
    axes.set_xlim(0.5, 700)


def _whiskers(axes, by_step, colour):
    """Draw the mean of each array of a dictionary as a dot, from its least to its largest value."""
    for step, values in by_step.items():
        axes.plot([step, step], [values.min(), values.max()], color="black", lw=1.5)
        axes.plot(step, values.mean(), "o", color=colour, markeredgecolor="black", markersize=6)
