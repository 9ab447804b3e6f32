"""The figure of lesson 08b: a ROC curve and the points from which its area is taken."""

import numpy as np

from companion import plots


def roc_and_its_points(curve, points, area):
    """Draw a ROC curve, and for each model the points that a metric joins, with the area below them.

    Parameters
    ----------
    curve : tuple of ndarray
        False positive rate and true positive rate of the whole curve.
    points : dict of str to (array_like, array_like)
        The same two rates at the thresholds of the metric, which rise, by the model's name; two models.
    area : float
        Area under the whole curve.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each model: the curve, the points joined by lines, the first inner one by its name, both areas.
    """
    fig, panels = plots.figure(2, share_y=True)
    for axes, (name, (x, y)) in zip(panels, points.items(), strict=True):
        order = np.argsort(x, kind="stable")
        below = np.trapezoid(np.sort(y), np.asarray(x)[order])
        axes.plot(*curve, color=plots.NEUTRAL, linewidth=4, alpha=0.35, label=f"whole curve, area {area:.3f}")
        axes.plot(
            x, y, "o-", color=plots.ACCENT, markersize=2, linewidth=1.5, label=f"200 thresholds, area {below:.3f}"
        )
        axes.annotate(
            f"threshold 1/{len(x) - 1}", (x[1], y[1]), (0.45, 0.55), arrowprops={"arrowstyle": "->", "shrinkB": 4}
        )
        axes.set(title=name, xlabel="false positive rate", xlim=(-0.02, 1.02), ylim=(0, 1.04))
        axes.legend(loc="lower right")
    panels[0].set_ylabel("true positive rate")
    return fig
