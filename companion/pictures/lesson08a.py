"""The figure of lesson 08a: what different rules make of one batch."""

from companion import plots


def losses_of_one_batch(losses, where):
    """Draw the losses that several rules give for one batch, the first of them the one that is meant.

    Parameters
    ----------
    losses : dict of str to float
        The loss by each rule, the one that is meant first.
    where : dict of str to str
        Where each rule is met, by its name in `losses`.

    Returns
    -------
    matplotlib.figure.Figure
        A bar for each rule, its loss at its end, and a line at the one that is meant.
    """
    fig, axes = plots.figure()
    meant, *_ = losses.values()
    colours = [plots.NEUTRAL] + [plots.ACCENT] * (len(losses) - 1)
    axes.barh(range(len(losses)), list(losses.values()), height=0.6, color=colours)
    axes.axvline(meant, color=plots.NEUTRAL, linestyle=":")
    for row, (name, loss) in enumerate(losses.items()):
        axes.text(loss + 0.02 * meant, row, f"{loss:.2f}", va="center")
        axes.text(1.2 * max(losses.values()), row, where[name], va="center", color=plots.NEUTRAL)
    axes.set_yticks(range(len(losses)), list(losses))
    axes.invert_yaxis()
    axes.set(xlim=(0, 2 * max(losses.values())), xticks=[0, 1, 2], title="loss of one batch under one set of weights")
    axes.grid(False, axis="y")
    return fig
