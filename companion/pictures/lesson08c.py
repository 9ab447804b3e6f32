"""The figures of lesson 08c: two losses of equal values, and what a row's gradient is divided by."""

import numpy as np

from companion import plots


def value_and_gradient(z, curves):
    """Draw two losses of one row whose values agree and whose gradients do not.

    Parameters
    ----------
    z : array_like of float, shape (n,)
        The logits, in order.
    curves : dict of str to pair of arrays
        By the name of each of the two losses its value and its gradient at `z`.

    Returns
    -------
    matplotlib.figure.Figure
        Left: the values, the second dashed upon the first. Right: the gradients, each with its name.
    """
    fig, axes = plots.figure(2)
    looks = ((plots.NEGATIVE, "-", 5), (plots.ACCENT, "--", 2))
    for (name, pair), (colour, style, width) in zip(curves.items(), looks, strict=True):
        for panel, values in zip(axes, pair, strict=True):
            panel.plot(z, values, style, color=colour, linewidth=width, label=name)
    value, gradient = axes
    value.set(title="value, of a positive row", xlabel="logit")
    gradient.set(title="gradient in the logit", xlabel="logit")
    gradient.legend(loc="lower right")
    return fig


def divisors(joined, measured, coefficients):
    """Draw what the gradient of one row is divided by, while rows of either class join its batch.

    Parameters
    ----------
    joined : array_like of int, shape (m,)
        How many rows have joined.
    measured : dict of str to array_like of float, shape (2, m)
        By the name of each loss the divisor, with rows of class 0 and of class 1 joining.
    coefficients : dict of str to array_like of float, shape (3,)
        By the name of each loss the divisor's constant, and what each row of class 0 and of class 1 adds to it.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each loss, of its own scale: the measured points of each class, and the line of its coefficient.
    """
    joined = np.asarray(joined)
    fig, axes = plots.figure(len(measured))
    looks = ((plots.NEGATIVE, 5, 9), (plots.POSITIVE, 2, 5))  # the second can lie upon the first
    for panel, (name, points) in zip(axes, measured.items(), strict=True):
        for label, (values, (colour, width, size)) in enumerate(zip(points, looks, strict=True)):
            slope = coefficients[name][1 + label]
            panel.plot(joined, values[0] + slope * joined, color=colour, linewidth=width)
            words = f"class {label}: +{slope:g} a row"
            panel.plot(joined, values, "o", color=colour, markersize=size, label=words)
        panel.set(title=name, xlabel="rows that have joined", xticks=joined, ylim=(0, 1.45 * np.max(points)))
        panel.legend(loc="upper left")
    axes[0].set_ylabel("divisor of one row's gradient")
    return fig
