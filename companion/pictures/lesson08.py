"""The figure of lesson 08: what each careless decision of a port does to it."""

import numpy as np

from companion import plots


def careless(changes):
    """Draw a dot for each seed: how far the logits of a port moved, its recall and its false alarms; and the medians.

    Parameters
    ----------
    changes : pandas.DataFrame
        Rows known by ``port`` and ``split``, the first port being the one to which the others are compared, and which
        is not drawn; columns "distance of logits", positive but for that port, "change of recall" and "change of
        alarms", a count.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each column. The port "another batch order" is grey.
    """
    fig, panels = plots.figure(3, share_y=True)
    ports = list(dict.fromkeys(changes.index.get_level_values("port")))[1:]
    for place, port in enumerate(ports):
        rows = changes.xs(port, level="port")
        height = place + np.linspace(-0.3, 0.3, len(rows))
        kind = ("chance", plots.NEUTRAL) if port == "another batch order" else ("a decision", plots.TENSORFLOW)
        for panel, column in zip(panels, changes, strict=True):
            panel.plot(rows[column], height, ".", color=kind[1], label=kind[0])
            panel.plot(
                [rows[column].median()] * 2,
                [place - 0.35, place + 0.35],
                color=plots.ACCENT,
                linewidth=2.5,
                label="median of 20 seeds",
            )
    left, middle, right = panels
    left.set_yticks(range(len(ports)), labels=ports)
    left.set(ylim=(len(ports) - 0.5, -0.5), xlabel="mean distance\n(logarithmic)", title="the logits")
    plots.log_axis(left, "x", {0.001: "0.001", 0.1: "0.1", 10: "10"})
    middle.set_xscale("symlog", linthresh=0.1)
    middle.set_xticks([-1, -0.1, 0, 0.1], labels=["−1", "−0.1", "0", "0.1"])
    middle.set(xlabel="change on the test part\n(log. beyond ±0.1)", xlim=(-1.5, 0.2), title="recall")
    right.set_xscale("symlog", linthresh=10)
    right.set_xticks([-10, 0, 10, 100], labels=["−10", "0", "10", "100"])
    right.set(xlabel="change of their number\n(log. beyond ±10)", xlim=(-50, 1000), title="false alarms")
    for panel in (middle, right):
        panel.axvline(0, color="black", linewidth=1)
    key = dict(zip(*left.get_legend_handles_labels()[::-1], strict=True))
    fig.legend(key.values(), key, loc="outside lower right", ncols=len(key))
    return fig
