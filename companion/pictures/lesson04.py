"""The figures of lesson 04: what a weight does to the rates, what it costs, and what it does to probabilities."""

import numpy as np
from scipy.special import expit, logit

from companion import _checks, plots

WEIGHTS = {0.125: "⅛", 0.5: "½", 1: "1", 2: "2", 4: "4", 8: "8", 20: "20", 64: "64"}


def rates_along_weight(weighted, moved):
    """Draw recall, precision and F1 along the weight, and precision against recall.

    Parameters
    ----------
    weighted, moved : pandas.DataFrame
        A row for each weight w and split, with the columns ``recall``, ``precision`` and ``F1``: of models with the
        weight, cut at ½; and of the model without one, cut at 1/(1 + w).

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If a table lacks the level ``w`` or one of the columns.
    """
    for argument, table in (("weighted", weighted), ("moved", moved)):
        _check_table(argument, table, "w", ("recall", "precision", "F1"))
    fig, (left, right) = plots.figure(2)
    groups = weighted.groupby(level="w")
    mean, std = groups.mean(), groups.std(ddof=0)
    for name, colour in {"recall": plots.RECALL, "precision": plots.PRECISION, "F1": plots.F1}.items():
        left.plot(mean.index, mean[name], "o-", color=colour, markersize=4, label=name)
        low, high = mean[name] - std[name], (mean[name] + std[name]).clip(upper=1)
        left.fill_between(mean.index, low, high, color=colour, alpha=0.13, lw=0)
    plots.log_axis(left, "x", WEIGHTS)
    left.set(xlabel="weight of the positives, w⁺", ylabel="share (mean ± std)", ylim=(0, 1.02))
    left.legend(loc="lower right")
    line = moved.groupby(level="w").mean()
    right.plot(line["recall"], line["precision"], color=plots.NEUTRAL, label="no weight, cut at 1/(1 + w)")
    right.plot(mean["recall"], mean["precision"], "o", color=plots.ACCENT, label="weight w, cut at ½")
    for w in mean.index.intersection((0.125, 1, 4, 20, 64)):
        beside = (-16, -14) if w >= 20 else (6, 5)  # where the line leaves room
        right.annotate(WEIGHTS[w], mean.loc[w, ["recall", "precision"]], xytext=beside, textcoords="offset points")
    right.set(xlabel="recall", ylabel="precision", xlim=(0.3, 1.06), ylim=(0, 1.02))
    right.legend(loc="lower left")
    return fig


def hump(x, eta, recall, precision, *, cuts=(3, 2, 1, 0)):
    """Draw a score whose highest values are not the surest positives: precision and recall rise together.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Scores, which are cuts as well; they fall.
    eta : array_like of float, shape (n,)
        P(y = 1 | x).
    recall, precision : array_like of float, shape (n,)
        Of alarms above each cut.
    cuts : sequence of float, optional
        Those that are marked.

    Returns
    -------
    matplotlib.figure.Figure
        On the left P(y = 1 | x) and the precision along the cut, which cross where the precision is highest; on the
        right precision against recall.

    Raises
    ------
    ValueError, TypeError
        If the arrays have different lengths, or `x` does not fall.
    """
    x, eta, recall, precision = (
        _checks.array(name, values, ndim=1)
        for name, values in (("x", x), ("eta", eta), ("recall", recall), ("precision", precision))
    )
    for name, values in (("eta", eta), ("recall", recall), ("precision", precision)):
        _checks.same_length("x", x, name, values)
    if (np.diff(x) >= 0).any():
        raise ValueError("x takes scores that fall.")
    top = precision.argmax()
    fig, (left, right) = plots.figure(2, share_y=True)
    left.plot(x, eta, "--", color=plots.NEUTRAL, label="P(y = 1 | x) at the cut")
    for part, colour, label in (
        (slice(None, top + 1), plots.ACCENT, "both rise"),
        (slice(top, None), plots.POSITIVE, "a trade-off"),
    ):
        left.plot(x[part], precision[part], color=colour, label=f"precision: {label}")
        right.plot(recall[part], precision[part], color=colour, label=label)
    left.plot([x[top], x[top]], [0, precision[top]], ":", color=plots.NEUTRAL, lw=1)
    left.set(xlabel="cut on the score x", ylabel="share", ylim=(0, 1.45 * eta.max()))
    left.legend(loc="upper left")
    for cut in cuts:
        at = np.abs(x - cut).argmin()
        right.plot(recall[at], precision[at], "o", color=plots.NEUTRAL)
        place = (9, -12) if at < top else (-14, 9) if precision[at] > 0.95 * precision[top] else (-52, -10)
        right.annotate(f"x > {cut:g}", (recall[at], precision[at]), xytext=place, textcoords="offset points")
    right.set(xlabel="recall", ylabel="precision")
    right.yaxis.set_tick_params(labelleft=True)
    return fig


def costs_of_rules(relative, *, balance):
    """Draw the cost of up to seven rules along the ratio of costs, relative to one of them.

    Parameters
    ----------
    relative : pandas.DataFrame
        A row for each ratio r of costs and a column for each rule; nobody and everybody first, the rule that the
        others are measured by fifth.
    balance : float
        The r at which inverse frequency is right, n⁻/n⁺; a line marks it.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError, TypeError
        If `relative` is no table of one to seven columns, or `balance` is not above 0.
    """
    balance = _checks.number("balance", balance, above=0)
    styles = [":", ":", "--", "-.", "-", "o-", "x:"]
    colours = [plots.NEGATIVE, plots.POSITIVE, plots.NEUTRAL, plots.NEUTRAL, plots.ACCENT, "black", "black"]
    if np.ndim(relative) != 2 or not 1 <= relative.shape[1] <= len(styles):
        raise ValueError(f"relative takes a table of 1 to {len(styles)} rules, got shape {np.shape(relative)}.")
    fig, axes = plots.figure()
    for (rule, values), style, colour in zip(relative.items(), styles, colours, strict=False):
        axes.plot(values.index, values, style, color=colour, label=rule)
    axes.axvline(balance, color="black", lw=1)
    axes.annotate("r = n⁻/n⁺", (balance, 21), xytext=(-5, 0), textcoords="offset points", ha="right", va="center")
    plots.log_axis(axes, "x", WEIGHTS)
    plots.log_axis(axes, "y", {0.5: "½", 1: "1", 2: "2", 5: "5", 10: "10", 20: "20"})
    axes.set(ylim=(0.6, 25), xlabel="r: false alarms that a miss costs", ylabel="cost / cost of weight r")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig


def f1_along_threshold(cuts, exact, measured, *, name):
    """Draw F1 along the threshold: in closed form for some shares of positives, and as measured.

    Parameters
    ----------
    cuts : array_like of float, shape (n,)
        Thresholds on the probability.
    exact : dict of float to array_like of float, shape (n,)
        The share π of the positives, and F1 of the best score in closed form.
    measured : array_like of float, shape (n,)
        F1 of a trained model.
    name : str
        What was measured.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError, TypeError
        If the arrays have different lengths.
    """
    cuts, measured = _checks.array("cuts", cuts, ndim=1), _checks.array("measured", measured, ndim=1)
    exact = {prior: _checks.array(f"exact[{prior}]", f1, ndim=1) for prior, f1 in exact.items()}
    _checks.same_length("cuts", cuts, "measured", measured)
    for prior, f1 in exact.items():
        _checks.same_length("cuts", cuts, f"exact[{prior}]", f1)
    fig, axes = plots.figure()
    for prior, f1 in exact.items():
        top = f1.argmax()
        axes.plot(cuts, f1, "o-", color=plots.NEUTRAL, markevery=[top])
        axes.annotate(f"π = {prior}", (cuts[top], f1[top]), xytext=(20, 7), textcoords="offset points")
    axes.plot(cuts, measured, color=plots.ACCENT)
    at = np.abs(cuts - 0.6).argmin()
    axes.annotate(name, (cuts[at], measured[at]), xytext=(0, -30), textcoords="offset points", color=plots.ACCENT)
    axes.plot([0, 0.5], [0, 1], "--", color="black")
    axes.text(0.51, 0.95, "F1 = 2t")
    axes.set(xlabel="threshold t", ylabel="F1", xlim=(0, 1), ylim=(0, 1))
    return fig


def reliability(y, curves, *, shift, positives="positives"):
    """Draw what happened against what was predicted: as probabilities, and as log-odds.

    Parameters
    ----------
    y : array_like of int
        Labels 0 and 1, of any shape.
    curves : dict of str to array_like of float, of the shape of `y`
        Up to three names and logits. A bin is drawn where it holds at least five positives and five negatives.
    shift : float
        The dotted line is the diagonal moved by this much log-odds, downwards.
    positives : str, optional
        What the positives are, for the axes.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError, TypeError
        If shapes differ, `y` is not binary, or there are more than three curves.
    """
    y = np.asarray(y)
    _checks.binary_labels("y", y.ravel())
    colours = (plots.NEUTRAL, plots.POSITIVE, plots.ACCENT)
    if not 1 <= len(curves) <= len(colours):
        raise ValueError(f"curves takes one to three models, got {len(curves)}.")
    fig, (left, right) = plots.figure(2)
    for (name, z), colour, marker in zip(curves.items(), colours, "osD", strict=False):
        z = _checks.array(f"curves[{name!r}]", z)
        _checks.same_shape("y", y, f"curves[{name!r}]", z)
        for axes, value, edges, link in (
            (left, expit(z), np.linspace(0, 1, 11), lambda share: share),
            (right, z, np.arange(-9.0, 10.0), logit),
        ):
            which = np.digitize(value.ravel(), edges[1:-1])
            size, hit, total = (np.bincount(which, v, len(edges) - 1) for v in (None, y.ravel(), value.ravel()))
            kept = np.minimum(hit, size - hit) >= 5
            axes.plot(total[kept] / size[kept], link(hit[kept] / size[kept]), color=colour, marker=marker, label=name)
    left.plot([0, 1], [0, 1], color="black", lw=1)
    right.plot([-6, 6], [-6, 6], color="black", lw=1)
    right.plot([-6, 8 + shift], [-6 - shift, 8], ":", color="black", lw=1)
    right.annotate("moved by log w", (4.2, 4.2 - shift), xytext=(8, -16), textcoords="offset points", fontsize=11)
    left.set(xlabel="predicted probability", ylabel=f"share of {positives}")
    right.set(xlabel="predicted log-odds", ylabel="log-odds of the share", xlim=(-6, 8), ylim=(-6, 4.5))
    left.legend()
    return fig


def _check_table(argument, table, level, columns):
    missing = [name for name in columns if name not in table]
    if missing or level not in table.index.names:
        raise ValueError(
            f"{argument} takes a table with the columns {', '.join(columns)} and a level {level!r} of its index, got "
            f"{', '.join(map(str, table))} and {list(table.index.names)}."
        )
