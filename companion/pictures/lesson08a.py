"""The figure of lesson 08a: what different rules make of one batch."""

from companion import plots


def losses_of_one_batch(losses, where, *, right):
    """Draw the losses that several rules give for one batch, each group of them headed by the one that is right.

    Parameters
    ----------
    losses : dict of str to float
        The loss by each rule, the first of them right.
    where : dict of str to str
        Where each rule is met, by its name in `losses`.
    right : sequence of str
        The rules that give what is meant; those that follow one are measured against it.

    Returns
    -------
    matplotlib.figure.Figure
        A bar for each rule, its loss at its end, where it is met below its name, and from each right one a line past
        those that it heads.
    """
    fig, axes = plots.figure()
    names, widest = list(losses), max(losses.values())
    colours = [plots.NEUTRAL if name in right else plots.ACCENT for name in names]
    axes.barh(range(len(names)), list(losses.values()), height=0.6, color=colours)
    heads = [row for row, name in enumerate(names) if name in right]
    for head, after in zip(heads, [*heads[1:], len(names)], strict=True):
        axes.plot([losses[names[head]]] * 2, [head - 0.3, after - 0.7], ":", color=plots.NEUTRAL)
    for row, loss in enumerate(losses.values()):
        axes.text(loss + 0.02 * widest, row, f"{loss:.2f}", va="center")
    axes.set_yticks(range(len(names)), [f"{name}\n({where[name]})" for name in names])
    axes.invert_yaxis()
    axes.set(xlim=(0, 1.1 * widest), xticks=[0, 1, 2], title="loss of one batch under one set of weights (grey: meant)")
    axes.grid(False, axis="y")
    return fig
