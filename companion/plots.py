"""One look for every figure of the course: sizes, palette, the two frameworks' colours, and alt text.

The palette is Okabe and Ito's (2008), whose colours colour-blind readers can tell apart. Importing this module sets
the style of every figure that follows.
"""

import io
from collections.abc import Mapping

import matplotlib.pyplot as plt
import PIL.Image
from matplotlib.figure import Figure

from companion import _checks
from companion._palette import (  # noqa: F401
    ACCENT,
    F1,
    FURTHER,
    NEGATIVE,
    NEUTRAL,
    POSITIVE,
    POSITIVE_DARK,
    PRECISION,
    PYTORCH,
    RECALL,
    TENSORFLOW,
)

# Of lines that one colour has, in this order.
STYLES = ("-", "--", ":", "-.")

_STYLE = {
    "figure.figsize": (9, 3.8),
    "figure.constrained_layout.use": True,
    "savefig.dpi": 100,
    "font.size": 12,
    "axes.titlesize": 13,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "lines.linewidth": 2,
    "legend.frameon": False,
    "legend.fontsize": 11,
}
plt.rcParams.update(_STYLE)


def figure(columns=1, *, share_y=False):
    """Return a figure of the course's one size, 9 × 3.8 inches, with its axes.

    Parameters
    ----------
    columns : int, optional
        Panels side by side.
    share_y : bool, optional
        Whether the panels have one common vertical scale.

    Returns
    -------
    matplotlib.figure.Figure, matplotlib.axes.Axes or numpy.ndarray of Axes

    Raises
    ------
    ValueError, TypeError
        If `columns` is not a whole number of at least 1.

    Examples
    --------
    >>> fig, (left, right) = figure(2)
    >>> fig.get_size_inches().tolist()
    [9.0, 3.8]
    >>> plt.close(fig)
    """
    return plt.subplots(1, _checks.whole("columns", columns, least=1), sharey=share_y)


def log_axis(axes, which, ticks):
    """Make one axis logarithmic, with these ticks and no others.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    which : {"x", "y"}
    ticks : sequence of float, or dict of float to str
        Positive numbers; a dictionary gives their labels, such as ``{0.5: "½", 1: "1"}``.

    Raises
    ------
    ValueError, TypeError
        If `which` is neither axis, or `ticks` are not positive numbers.

    Examples
    --------
    >>> fig, axes = figure()
    >>> log_axis(axes, "x", (0.5, 1, 20))
    >>> [label.get_text() for label in axes.get_xticklabels()]
    ['0.5', '1', '20']
    >>> plt.close(fig)
    """
    _checks.one_of("which", which, ["x", "y"])
    labels = list(ticks.values()) if isinstance(ticks, Mapping) else [f"{tick:g}" for tick in ticks]
    ticks = _checks.array("ticks", list(ticks), ndim=1)
    if (ticks <= 0).any():
        raise ValueError(f"ticks takes positive numbers, got {ticks.min():g}.")
    getattr(axes, f"set_{which}scale")("log")
    axis = getattr(axes, f"{which}axis")
    axis.set_ticks(ticks, labels=labels)
    axis.set_tick_params(which="minor", size=0)
    axis.set_minor_formatter("")


def show(fig, *, alt):
    """Display a figure once, with a description for those who do not see it, and close it.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        The figure.
    alt : str
        What the figure shows, in a sentence or two; stored in the notebook beside the picture.

    Raises
    ------
    TypeError, ValueError
        If `fig` is not a figure, or `alt` is empty.

    Examples
    --------
    >>> fig, axes = figure()
    >>> show(fig, alt="An empty pair of axes.")
    <IPython.core.display.Image object>
    """
    from IPython.display import Image, display

    if not isinstance(fig, Figure):
        raise TypeError(f"fig takes a matplotlib figure, got {type(fig).__name__}.")
    if not isinstance(alt, str):
        raise TypeError(f"alt takes a sentence that says what the figure shows, got {_checks.shown(alt)}.")
    if not alt.strip():
        raise ValueError("alt takes a sentence that says what the figure shows, got nothing.")
    drawn, small = io.BytesIO(), io.BytesIO()
    fig.savefig(drawn, format="png")
    plt.close(fig)
    # Our figures look the same in 256 colours, and take a third of the space.
    PIL.Image.open(drawn).convert("RGB").quantize(256).save(small, format="png", optimize=True)
    display(Image(small.getvalue(), alt=alt))
