"""The figure of lesson 09: what cutting a batch does to its gradient, and to the weight."""

import numpy as np

from companion import plots


def error_of_cut(gradients, weights, parts):
    """Return how far a batch's gradient is off once it is cut, and each part divided by its own Σw.

    Parameters
    ----------
    gradients : ndarray of float, shape (B, d)
        Gradient of each row's weighted loss.
    weights : ndarray of float, shape (B,)
        The rows' weights.
    parts : int
        Number of parts; a divisor of B.

    Returns
    -------
    float
        Length of the error of the mean of the parts' gradients, relative to the gradient of the whole.
    """
    whole = gradients.sum(axis=0) / weights.sum()
    cut = zip(np.split(gradients, parts), np.split(weights, parts), strict=True)
    mean = np.mean([g.sum(axis=0) / w.sum() for g, w in cut], axis=0)
    return np.linalg.norm(mean - whole) / np.linalg.norm(whole)


def cut(parts, errors, sizes, left, *, weight):
    """Draw how wrong the gradient of a batch is once the batch is cut, and what is left of a weight.

    Parameters
    ----------
    parts : array_like of int, shape (P,)
        Into how many parts each batch is cut.
    errors : array_like of float, shape (batches, P)
        Relative error of the gradient if each part is divided by its own Σw.
    sizes : array_like of int, shape (S,)
        Rows of a part.
    left : array_like of float, shape (S,)
        Effective weight at each size.
    weight : float
        The weight asked for.

    Returns
    -------
    matplotlib.figure.Figure
        Left: mean and range of `errors`, the error 1 − 1/parts of sums that are averaged, and none for sums over the
        divisor of the whole. Right: `left` along `sizes`, from large to small, under `weight`.
    """
    parts, errors = np.asarray(parts), np.asarray(errors)
    fig, (error, amount) = plots.figure(2)

    error.fill_between(parts, errors.min(axis=0), errors.max(axis=0), color=plots.ACCENT, alpha=0.2, linewidth=0)
    error.plot(parts, errors.mean(axis=0), "o-", color=plots.ACCENT, label="own")
    error.plot(parts, 1 - 1 / parts, "s--", color=plots.NEGATIVE, label="averaged")
    error.plot(parts, 0 * parts, color="black", linewidth=3, label="whole")
    above = errors.max() + 0.05
    own = f"each part over its own Σw:\nmean and range of {len(errors)} batches"
    error.text(parts[-1], above, own, color=plots.ACCENT, ha="right")
    averaged = "over the Σw of all,\naveraged: a factor only"
    error.text(parts[0], 1.05, averaged, color=plots.NEGATIVE, va="bottom")
    error.text(parts[-1], -0.04, "over the Σw of all, added", ha="right", va="top")
    error.set(xscale="log", ylim=(-0.2, above + 0.3), xlabel="parts of a batch")
    error.set(title="relative error of the gradient", yticks=np.arange(0, above + 0.1, 0.2))
    error.set_xticks(parts, [str(each) for each in parts])
    error.minorticks_off()

    amount.axhline(weight, color=plots.NEUTRAL, linestyle=":")
    amount.text(max(sizes), weight * 1.02, f"asked: {weight:g}", color=plots.NEUTRAL)
    amount.plot(sizes, left, "o-", color=plots.ACCENT, label="left")
    for size, value in list(zip(sizes, left, strict=True))[::2]:
        beneath = {"xytext": (-8, -17), "textcoords": "offset points", "ha": "center"}
        amount.annotate(f"{value:.1f}", (size, value), **beneath, color=plots.ACCENT)
    amount.set(xscale="log", ylim=(0, weight * 1.1), xlabel="rows of a part", title="what is left of the weight")
    amount.set_xticks(sizes, [str(each) for each in sizes])
    amount.minorticks_off()
    amount.margins(x=0.1)  # room for what is left at both ends
    amount.invert_xaxis()  # more parts, and fewer rows of each, to the right: as on the left
    return fig
