"""The figures of lesson 06: where a method puts the boundary, and what SMOTE makes."""

import numpy as np

from companion import plots


def boundaries(X, y, lines, intervals):
    """Draw linear boundaries over a sample, and what a method changes on several samples, one panel for each measure.

    Parameters
    ----------
    X : array_like of float, shape (n, 2)
    y : array_like of int, shape (n,)
        Labels 0 and 1.
    lines : dict of str to array_like of float, shape (3,)
        Up to four names, with two slopes and the intercept of the boundary.
    intervals : pandas.DataFrame
        Indexed by the sample and one of three measures, with columns ``mean``, ``low`` and ``high`` of a difference.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there are more than four lines.
    """
    if not 1 <= len(lines) <= len(plots.STYLES):
        raise ValueError(f"lines takes one to four boundaries, got {len(lines)}.")
    fig, (left, *others) = plots.figure(4)
    fig.get_layout_engine().set(wspace=0.06)  # names of rows stand clear of the panel before them
    sample(left, X, y)
    X = np.asarray(X)
    centre, reach = X.mean(axis=0), 2 * np.ptp(X)
    for (name, theta), style in zip(lines.items(), plots.STYLES, strict=False):
        beta, b = np.asarray(theta[:2]), theta[2]
        foot = centre - (centre @ beta + b) / (beta @ beta) * beta  # the point of the line that is nearest to it
        along = np.array([-beta[1], beta[0]]) / np.linalg.norm(beta)
        left.plot(*(foot + np.outer([-reach, reach], along)).T, style, color="black", label=name)
    left.set(xlim=(X[:, 0].min(), X[:, 0].max()), ylim=(X[:, 1].min(), X[:, 1].max()))
    left.set(xlabel="feature 1", ylabel="feature 2")
    fig.legend(loc="outside lower left", ncols=5, fontsize=10, handlelength=2.4)
    names, measures = (intervals.index.unique(level) for level in (0, 1))
    for axes, measure in zip(others, measures, strict=True):
        found = intervals.xs(measure, level=1).loc[names]
        rows = range(len(found))
        axes.hlines(rows, found["low"], found["high"], color=plots.NEUTRAL)
        axes.plot(found["mean"], rows, "o", color=plots.ACCENT, markersize=5)
        axes.axvline(0, color="black", lw=1)
        axes.set(title=measure.replace(" ", "\n"), xlabel="weight − none", ylim=(len(found) - 0.5, -0.5))
        axes.title.set_fontsize(11)
        axes.set_yticks(rows, labels=names if axes is others[0] else [""] * len(found), fontsize=9)
    return fig


def smote(X, y, synthetic, lengths):
    """Draw what SMOTE makes of a sample, and how long it makes the vector of slopes.

    Parameters
    ----------
    X : array_like of float, shape (n, 2)
    y : array_like of int, shape (n,)
        Labels 0 and 1.
    synthetic : array_like of float, shape (m, 2)
        The points that SMOTE adds to class 1.
    lengths : dict of str to array_like of float, shape (S,)
        By data set, ‖β‖ after SMOTE over ‖β‖ under the weight.

    Returns
    -------
    matplotlib.figure.Figure
    """
    fig, (left, right) = plots.figure(2)
    fig.get_layout_engine().set(wspace=0.06)
    X, y, synthetic = np.asarray(X), np.asarray(y), np.asarray(synthetic)
    left.plot(*X[y == 0].T, ".", color=plots.NEGATIVE, markersize=3, alpha=0.5, label="negatives")
    left.plot(*X[y == 1].T, "o", color=plots.POSITIVE, markersize=6, label="positives")
    left.plot(*synthetic.T, ".", color="black", markersize=2, label="made by SMOTE")
    spans = np.quantile(X[y == 1], [0.02, 0.55], axis=0)  # near enough to see the lines between neighbours
    left.set(xlim=spans[:, 0], ylim=spans[:, 1], xlabel="feature 1", ylabel="feature 2", title="a part of the sample")
    left.locator_params(nbins=5)  # short labels leave room for the axis' name
    left.legend(
        loc="upper center", bbox_to_anchor=(0.45, -0.18), ncols=3, fontsize=9, handletextpad=0.2, columnspacing=1
    )
    for row, values in enumerate(lengths.values()):
        right.plot(values, row + np.linspace(-0.2, 0.2, len(values)), ".", color=plots.NEUTRAL)
        right.plot(np.mean(values), row, "D", color=plots.ACCENT)
    right.axvline(1, color="black", lw=1)
    right.set_yticks(range(len(lengths)), labels=list(lengths))
    right.set(xlabel="‖β‖, SMOTE / weight", ylim=(len(lengths) - 0.5, -0.5))
    return fig


def sample(axes, X, y):
    for k, colour, name in ((0, plots.NEGATIVE, "negatives"), (1, plots.POSITIVE, "positives")):
        axes.plot(*np.asarray(X)[np.asarray(y) == k].T, ".", color=colour, markersize=4, label=name)
