"""The figures of notebooks 02a and 02b: what a weight asks for, what it costs, and what training makes of it."""

import numpy as np

from companion import plots

SHADES = (plots.ACCENT, plots.NEUTRAL, plots.FURTHER, "black")


def reported(eta, probabilities):
    """Draw the probability that a weighted model reports against the true one, and the same in log-odds.

    Parameters
    ----------
    eta : array_like of float, shape (m,)
        True probabilities, above 0 and below 1.
    probabilities : dict of float to array_like, shape (m,)
        What is reported for them, by the weight of the positives; at most four weights.

    Returns
    -------
    matplotlib.figure.Figure
        A dot marks where a curve reaches ½: there the threshold lies.
    """
    eta = np.asarray(eta, dtype=float)
    fig, (left, right) = plots.figure(2)
    for (w, p), colour in zip(probabilities.items(), SHADES, strict=False):
        p = np.asarray(p, dtype=float)
        left.plot(eta, p, color=colour, label=_weight(w))
        left.plot(1 / (1 + w), 0.5, "o", color=colour)
        right.plot(np.log(eta / (1 - eta)), np.log(p / (1 - p)), color=colour)
    left.axhline(0.5, color="black", lw=1, ls=":")
    right.axhline(0, color="black", lw=1, ls=":")
    left.set(xlabel="true probability η", ylabel="reported probability", xlim=(0, 1), ylim=(0, 1))
    right.set(xlabel="true log-odds", ylabel="reported log-odds", xlim=(-6, 6), ylim=(-6, 6))
    left.legend(loc="lower right")
    return fig


def loss_and_slope(z, losses, slopes):
    """Draw the weighted loss of a positive and of a negative sample against the logit, and its slope.

    Parameters
    ----------
    z : array_like of float, shape (m,)
        Logits.
    losses, slopes : dict of str to array_like, shape (m,)
        The loss and its derivative by the name of the curve: "y = 0" first, then positives by their weight.

    Returns
    -------
    matplotlib.figure.Figure
    """
    fig, panels = plots.figure(2)
    colours = (plots.NEGATIVE, *("#F5CE85", plots.POSITIVE, plots.POSITIVE_DARK)[-(len(losses) - 1) :])
    for axes, curves, name in zip(panels, (losses, slopes), ("loss of one sample", "slope of the loss"), strict=True):
        for (label, values), colour in zip(curves.items(), colours, strict=True):
            axes.plot(z, values, color=colour, label=label)
        axes.axvline(0, color="black", lw=1, ls=":")
        axes.set(xlabel="logit z", ylabel=name, xlim=(min(z), max(z)))
    panels[0].set_ylim(0, 25)
    panels[0].legend(loc="upper right")
    return fig


def price(separations, ratios, bounds, simulated, simulated_share):
    """Draw how much a weight raises the variance of a slope, against the distance of two Gaussian classes.

    Parameters
    ----------
    separations : array_like of float, shape (m,)
        Distances of the two means, in standard deviations.
    ratios : dict of float to array_like, shape (m,)
        Variance with the weight over that without one, by the share of the positives; three shares.
    bounds : dict of float to float
        Kish's factor, by the same shares.
    simulated : dict of float to float
        Measured ratios, by the distance.
    simulated_share : float
        The share of the positives in the simulation.

    Returns
    -------
    matplotlib.figure.Figure
    """
    fig, axes = plots.figure()
    end = max(separations)
    for (share, values), colour in zip(ratios.items(), SHADES, strict=False):
        axes.plot(separations, values, color=colour)
        axes.text(end * 1.01, values[-1], f"π = {share:g}", color=colour, va="center")
        axes.axhline(bounds[share], color=colour, ls="--", lw=1.2)
        axes.text(0, bounds[share] * 1.05, f"Kish's factor, π = {share:g}", color=colour)
        if share == simulated_share:
            axes.plot(*zip(*simulated.items(), strict=True), "o", color=colour, label="simulated")
    plots.log_axis(axes, "y", {1: "1", 2: "2", 5: "5", 10: "10", 20: "20"})
    axes.set(xlabel="distance of the two classes", ylabel="variance ratio of the slope", ylim=(0.95, 36))
    axes.set_xlim(-0.1, end * 1.12)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0.8))
    return fig


def recall_and_precision(points):
    """Draw the recall and precision of several rules, a dot for each split, and each rule's mean.

    Parameters
    ----------
    points : dict of str to DataFrame with columns "recall" and "precision"
        The splits of each rule, in the same order; three rules. The splits of the first two are joined by lines.

    Returns
    -------
    matplotlib.figure.Figure
    """
    fig, axes = plots.figure()
    first, second = (table[["recall", "precision"]].to_numpy() for table in list(points.values())[:2])
    for pair in zip(first, second, strict=True):
        axes.plot(*np.transpose(pair), color=plots.NEUTRAL, lw=0.7, alpha=0.4)
    colours = (plots.NEUTRAL, plots.FURTHER, plots.ACCENT)
    for (name, table), colour, marker in zip(points.items(), colours, "osD", strict=False):
        axes.plot(table["recall"], table["precision"], marker, color=colour, alpha=0.35, markersize=5, lw=0)
        axes.plot(table["recall"].mean(), table["precision"].mean(), marker, color=colour, markersize=11, label=name)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0.5, 1.02), ylim=(0.3, 1.02))
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig


def saturation(z, slopes):
    """Draw the slope that a wrong negative sample gives, by how its loss was written.

    Parameters
    ----------
    z : array_like of float, shape (m,)
        Logits of a sample that is negative.
    slopes : dict of str to dict of str to array_like, shape (m,)
        By framework, the derivative of each way to write the loss, three ways in one order: the first from logits, the
        second of probabilities, which gets the framework's colour, the third by hand. NaN is left out.

    Returns
    -------
    matplotlib.figure.Figure
    """
    fig, axes = plots.figure()
    colours = {"PyTorch": plots.PYTORCH, "TensorFlow": plots.TENSORFLOW}
    right, _, by_hand = next(iter(slopes.values())).items()
    axes.plot(z, right[1], color="black", lw=4, alpha=0.3, label=right[0])
    last = np.flatnonzero(np.isfinite(by_hand[1]))[-1]
    axes.plot(z[last], by_hand[1][last], "kX", markersize=9, label=f"{by_hand[0]}: NaN from here on")
    for framework, ways in slopes.items():
        name, values = list(ways.items())[1]
        axes.plot(z, values, color=colours[framework], label=name)
    axes.set(xlabel="logit z of a negative", ylabel="slope of its loss", ylim=(-0.05, 1.1))
    axes.legend(loc="lower left")
    return fig


def stopping(histories):
    """Draw two losses of the validation part by epoch, weighted and unweighted; a colour for each framework.

    Parameters
    ----------
    histories : dict of str to dict of str to list of float
        By framework, each validation loss by its name, after each epoch; two losses.

    Returns
    -------
    matplotlib.figure.Figure
        A dot marks the lowest value of each curve.
    """
    colours = {"PyTorch": plots.PYTORCH, "TensorFlow": plots.TENSORFLOW}
    fig, panels = plots.figure(2)
    for framework, losses in histories.items():
        for axes, (name, values) in zip(panels, losses.items(), strict=True):
            best = int(np.argmin(values))
            axes.plot(range(1, len(values) + 1), values, color=colours[framework], label=framework)
            axes.plot(best + 1, values[best], "o", color=colours[framework])
            axes.set(xlabel="epoch", ylabel=f"validation loss, {name}")
    panels[0].legend(loc="upper right")
    return fig


def _weight(w):
    return "w⁺ = ¼" if w == 0.25 else f"w⁺ = {w:g}"
