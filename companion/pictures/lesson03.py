"""The figures of lesson 03: what weights ask for, what a batch leaves of one, and recall and precision by class."""

import numpy as np

from companion import plots, theory

CLASSES = (plots.NEGATIVE, plots.POSITIVE, "#CC79A7")


def asked_and_left(shares, means, class_weights, *, prior, weight):
    """Draw what three weights ask for, and what is left of one weight when each batch is divided by its own Σw.

    Parameters
    ----------
    shares : array_like of float, shape (3,)
        Shares of three Gaussian classes with unit covariance.
    means : array_like of float, shape (3, 2)
        Their means.
    class_weights : array_like of float, shape (3,)
        Their weights.
    prior, weight : float
        Share and weight of the rare one of two classes, for the panel on the right.

    Returns
    -------
    matplotlib.figure.Figure
        Left: where the largest w_k η_k changes, with the weights as regions and without them as dashed lines. Right:
        `companion.theory.effective_weight` along the batch size.
    """
    shares, means, w = (np.asarray(values, dtype=float) for values in (shares, means, class_weights))
    fig, (left, right) = plots.figure(2)

    x, y = np.meshgrid(np.linspace(-3.5, 4.5, 400), np.linspace(-3, 4, 400))
    scores = [x * a + y * b - (a * a + b * b) / 2 + np.log(share) for (a, b), share in zip(means, shares, strict=True)]
    weighted = np.argmax([score + np.log(each) for score, each in zip(scores, w, strict=True)], axis=0)
    left.contourf(x, y, weighted, levels=[-0.5, 0.5, 1.5, 2.5], colors=CLASSES, alpha=0.3)
    for k, score in enumerate(scores):
        others = np.max([other for j, other in enumerate(scores) if j != k], axis=0)
        left.contour(x, y, score - others, levels=[0], colors="black", linestyles="dashed", linewidths=1.2)
    rng = np.random.default_rng(0)
    labels = rng.choice(3, 600, p=shares)
    points = means[labels] + rng.normal(size=(600, 2))
    for k, marker in enumerate("o^s"):
        left.plot(*points[labels == k].T, marker, color=CLASSES[k], markersize=4, markeredgecolor="white", mew=0.4)
    for k, (place, ha) in enumerate((((-3.3, -2.7), "left"), ((4.4, 1.3), "right"), ((-3.3, 3.4), "left"))):
        left.text(*place, f"{100 * shares[k]:g} %, weight {w[k]:g}", ha=ha, fontsize=11)
    left.set(xlim=(-3.5, 4.5), ylim=(-3, 4), title="what weights ask for", xticks=[], yticks=[])

    sizes = np.unique(np.geomspace(1, 4096, 60).round().astype(int))
    right.axhline(weight, color=plots.NEUTRAL, linestyle=":")
    right.text(1.1, weight - 2, f"divided by n: {weight:g}", color=plots.NEUTRAL, va="top")
    right.plot(sizes, [theory.effective_weight(prior, weight, int(B)) for B in sizes], color=plots.ACCENT)
    for B in (1, 32, 256):
        found = theory.effective_weight(prior, weight, B)
        right.plot(B, found, "o", color=plots.ACCENT)
        place = (8, -4) if B > 1 else (6, 8)
        right.annotate(f"{found:.0f}", (B, found), xytext=place, textcoords="offset points", color=plots.ACCENT)
    right.text(45, 22, "each batch divided\nby its own Σw", color=plots.ACCENT, va="top")
    right.set(
        xscale="log",
        xlim=(0.9, 4600),
        ylim=(0, 108),
        xlabel="batch size B",
        title=f"what a batch leaves of a weight of {weight:g}",
    )
    right.set_xticks([1, 8, 32, 256, 2048], ["1", "8", "32", "256", "2,048"])
    right.minorticks_off()
    right.set_ylabel(f"effective weight, π = {prior:g}")
    return fig


def recall_and_precision(models, names, counts):
    """Draw recall and precision of every class, for several models.

    Parameters
    ----------
    models : dict of str to ndarray of float, shape (2, K)
        Recall and precision of each class, by the model's name; two models. NaN is not drawn.
    names : sequence of str, length K
        The classes.
    counts : array_like of int, shape (K,)
        Rows of each class, written below its name.

    Returns
    -------
    matplotlib.figure.Figure
        Recall on the left, precision on the right.
    """
    fig, panels = plots.figure(2, share_y=True)
    at = np.arange(len(names))
    labels = [f"{name}\n{count:,}" for name, count in zip(names, counts, strict=True)]
    looks = (("o", plots.NEUTRAL), ("s", plots.ACCENT))
    for axes, row, title in zip(panels, (0, 1), ("recall", "precision"), strict=True):
        (before, after) = (values[row] for values in models.values())
        axes.vlines(at, before, after, color=plots.NEUTRAL, linewidth=1, alpha=0.5)
        for (name, values), (marker, colour) in zip(models.items(), looks, strict=True):
            axes.plot(at, values[row], marker, color=colour, markersize=8, label=name)
        axes.set_xticks(at, labels)
        axes.set(title=title, ylim=(-0.04, 1.04), xlim=(-0.5, len(names) - 0.5), xlabel="class, and its training rows")
        axes.grid(False, axis="x")
    panels[0].set_ylabel("share")
    fig.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return fig
