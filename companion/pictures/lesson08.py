"""The figure of lesson 08: what each careless decision of a port does to it."""

import numpy as np

from companion import plots


def careless(changes):
    """Draw a dot for each seed: how far the logits of a port moved, and its recall.

    Parameters
    ----------
    changes : pandas.DataFrame
        Rows known by ``port`` and ``split``, the first port being the one to which the others are compared, and which
        is not drawn; columns "distance of logits", positive but for that port, and "change of recall".

    Returns
    -------
    matplotlib.figure.Figure
    """
    fig, (left, right) = plots.figure(2, share_y=True)
    ports = list(dict.fromkeys(changes.index.get_level_values("port")))[1:]
    for place, port in enumerate(ports):
        rows = changes.xs(port, level="port")
        height = place + np.linspace(-0.3, 0.3, len(rows))
        chance = port == "another batch order"
        for panel, column in ((left, "distance of logits"), (right, "change of recall")):
            panel.plot(rows[column], height, ".", color=plots.NEUTRAL if chance else plots.TENSORFLOW)
            panel.plot([rows[column].mean()] * 2, [place - 0.35, place + 0.35], color=plots.ACCENT, linewidth=2.5)
    left.set_yticks(range(len(ports)), labels=ports)
    left.set(
        ylim=(len(ports) - 0.5, -0.5),
        xlabel="mean distance of the logits (logarithmic)",
        title="distance from the twin",
    )
    plots.log_axis(left, "x", (0.0001, 0.001, 0.01, 0.1, 1, 10))
    right.axvline(0, color="black", linewidth=1)
    right.set(xlabel="change of the test recall", title="20 seeds, and their mean")
    return fig
