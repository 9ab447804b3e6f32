"""The figures of lesson 05: three cases of what a weight does, and how to see each."""

import numpy as np
from sklearn.linear_model import LogisticRegression

from companion import plots, theory

STYLES = ("-", "--", ":")
COLOURS = (plots.NEUTRAL, plots.ACCENT, plots.PRECISION)  # the last as a third colour: no precision is drawn here
MEAN, ROUND, LONG = np.array([1.5, 0.5]), np.eye(2), np.array([[2.0, 1.2], [1.2, 1.0]])


def three_cases():
    """Draw the three cases: boundaries that are shifted, that turn, and that come together with training.

    Returns
    -------
    matplotlib.figure.Figure
        (a) and (b): classes N(0, I) and N((1.5, 0.5), Σ) at 1.5 standard deviations, one case in 100 positive, and the
        best linear boundaries for the weights 1, 10 and 99. (c): 90 negatives and 10 positives that a line
        separates, and the boundaries of the weights 1 and 100 after 10 and after 1,000 normalised gradient steps.
    """
    fig, axes = plots.figure(3)
    for panel, covariance, title in zip(axes, (ROUND, LONG), ("(a) shifted", "(b) turned"), strict=False):
        X, y, mass = theory.gaussian_population(MEAN, covariance, prior=0.01)
        ellipse(panel, np.zeros(2), ROUND, plots.NEGATIVE)
        ellipse(panel, MEAN, covariance, plots.POSITIVE)
        for w in (1, 10, 99):
            model = LogisticRegression(C=np.inf, tol=1e-10, solver="newton-cholesky")
            model.fit(X, y, len(y) * mass * np.where(y == 1, w, 1))
            line = boundary(panel, [*model.coef_[0], model.intercept_[0]], plots.NEUTRAL)
            panel.annotate(f"{w}", (line[0][-1], 3.9), ha="center", va="bottom", fontsize=11)
        square(panel, (-2.5, 5.5), (-4, 4.6), title)
    X, y = separable(0)
    ones = np.column_stack([X, np.ones(len(y))])
    samples(axes[2], X, y)
    for w, style in ((1, "-"), (100, "--")):
        theta, path = np.zeros(3), []
        for _ in range(1000):
            margins = (2 * y - 1) * (ones @ theta)
            pull = ones.T @ (np.where(y == 1, w, 1) * (2 * y - 1) / (1 + np.exp(margins)))
            path.append(theta := theta + 0.1 * pull / np.linalg.norm(pull))
        for step, width in ((10, 1), (1000, 2.5)):
            boundary(axes[2], path[step - 1], plots.NEUTRAL, linestyle=style, linewidth=width)
    square(axes[2], (-4, 4), (-4, 4.6), "(c) fading")
    return fig


def paths_and_landscape(paths, intercepts, losses):
    """Draw paths of (b, β) in training, and losses along the intercept.

    Parameters
    ----------
    paths : dict of (float, str) to array_like of float, shape (steps, 2)
        For a weight and the name of a run, the intercept and the slope before each step.
    intercepts : array_like of float, shape (m,)
        Values of b.
    losses : dict of str to array_like of float, shape (m,)
        The loss there, by the weights' names.

    Returns
    -------
    matplotlib.figure.Figure
    """
    fig, (left, right) = plots.figure(2)
    runs = list(dict.fromkeys(run for _, run in paths))
    colours = dict(zip(dict.fromkeys(w for w, _ in paths), (plots.NEUTRAL, plots.ACCENT), strict=True))
    for (w, run), path in paths.items():
        b, beta = np.transpose(path)
        left.plot(b, beta, STYLES[runs.index(run)], color=colours[w], linewidth=1.5)
        left.plot(b[-1], beta[-1], "o", color="black")
    for w, colour in colours.items():
        left.plot([], [], color=colour, label=f"w = {w:g}")
    for style, run in zip(STYLES, runs, strict=False):
        left.plot([], [], style, color="black", linewidth=1.5, label=run)
    left.set(xlabel="intercept b", ylabel="slope β", title="paths of training")
    left.legend(fontsize=10)
    for style, (name, loss) in zip(("-", "-", "--"), losses.items(), strict=True):
        colour = plots.NEUTRAL if name == "1, 1" else plots.ACCENT
        right.plot(intercepts, loss, style, color=colour, label=name)
        right.plot(intercepts[np.argmin(loss)], np.min(loss), "o", color=colour)
    right.set(xlabel="intercept b, at the slope 1.5", ylabel="loss", ylim=(0, 4), title="the loss along the intercept")
    right.legend(title="weights", fontsize=10, title_fontsize=10)
    return fig


def corrected_log_odds(pairs, w):
    """Draw corrected log-odds of a weighted model against those of the model without a weight, for two cases.

    Parameters
    ----------
    pairs : dict of str to pair of array_like of float, shape (n,)
        By the case, the log-odds of some places without a weight, and those with one, its logarithm taken off.
    w : float
        The weight.

    Returns
    -------
    matplotlib.figure.Figure
    """
    fig, panels = plots.figure(2)
    values = np.concatenate([np.ravel(pair) for pair in pairs.values()])
    limits = np.floor(values.min()), np.ceil(values.max())
    for panel, (case, pair) in zip(panels, pairs.items(), strict=True):
        panel.plot(*pair, ".", color=plots.ACCENT, markersize=5)
        panel.plot(limits, limits, color="black", linewidth=1)
        square(panel, limits, limits, f"case ({case})")
        panel.set(xlabel="log-odds without a weight", ylabel=f"log-odds of w = {w:g}, minus log w")
    return fig


def fading(gaps, angles):
    """Draw how the effect of a weight on separable samples fades as training goes on.

    Parameters
    ----------
    gaps, angles : array_like of float, shape (steps, S)
        By step and sample: how far the boundaries of two weights lie apart, and the angle, in degrees, of the larger
        weight's parameters to the largest margin.

    Returns
    -------
    matplotlib.figure.Figure
    """
    fig, (left, right) = plots.figure(2)
    for panel, values, title in ((left, gaps, "distance of the boundaries"), (right, angles, "degrees to the margin")):
        band(panel, np.arange(len(values)), np.asarray(values), plots.NEUTRAL)
        panel.set(xlabel="step", title=title)
        plots.log_axis(panel, "x", {1: "1", 10: "10", 100: "100", 1000: "1,000"})
    plots.log_axis(left, "y", {0.03: "0.03", 0.1: "0.1", 0.3: "0.3", 1: "1"})
    plots.log_axis(right, "y", {1: "1", 3: "3", 10: "10", 30: "30"})
    return fig


def networks(X, y, places, logits, epochs, disagreement):
    """Draw the boundaries of two networks, and how often they disagree as training goes on.

    Parameters
    ----------
    X : array_like of float, shape (n, 2)
    y : array_like of int, shape (n,)
        Labels 0 and 1.
    places : array_like of float, shape (m,), shape (k,)
        The grid: values of the first and of the second feature.
    logits : dict of str to array_like of float, shape (2, k, m)
        By a name, the two networks' logits on the grid.
    epochs : array_like of int, shape (E,)
    disagreement : dict of str to array_like of float, shape (E, S)
        By the kind of training, three at most, the share of new points on which the two decide differently.

    Returns
    -------
    matplotlib.figure.Figure
    """
    fig, panels = plots.figure(len(logits) + 1)
    *maps, last = panels
    for panel, (name, pair) in zip(maps, logits.items(), strict=True):
        samples(panel, X, y)
        for style, each in zip(STYLES, pair, strict=False):
            panel.contour(*places, each, levels=[0], colors=[plots.NEUTRAL], linestyles=[style], linewidths=[2])
        square(panel, (places[0][0], places[0][-1]), (places[1][0], places[1][-1]), name)
    for colour, (name, values) in zip(COLOURS, disagreement.items(), strict=False):
        band(last, epochs, np.asarray(values), colour, name)
    last.set(ylim=(0, None), xlabel="epoch", title="decided differently")
    last.set_box_aspect(np.ptp(places[1]) / np.ptp(places[0]))  # as high as the maps
    plots.log_axis(last, "x", epochs)
    last.minorticks_off()
    fig.legend(
        *last.get_legend_handles_labels(), loc="outside lower right", ncols=len(disagreement), title="weight decay"
    )
    return fig


def ladder(shares):
    """Draw how much two models differ by several rules, a dot for each split and a bar for their mean.

    Parameters
    ----------
    shares : dict of str to dict of str to array_like of float, shape (S,)
        By the name of the world, three at most, and in it by the rule: the share of rows decided differently.

    Returns
    -------
    matplotlib.figure.Figure
    """
    fig, panel = plots.figure()
    rules, height = list(next(iter(shares.values()))), 0.8 / len(shares)
    for i, (colour, (world, by_rule)) in enumerate(zip(COLOURS, shares.items(), strict=False)):
        for j, rule in enumerate(rules):
            values, place = np.asarray(by_rule[rule]), j - 0.4 + (i + 0.5) * height
            panel.barh(place, values.mean(), 0.9 * height, color=colour, alpha=0.35, label=world if j == 0 else None)
            spread = np.linspace(-0.3, 0.3, len(values)) * height
            panel.plot(values, place + spread, ".", color=colour, markersize=5)
            panel.text(values.max() + 0.001, place, f"{values.mean():.3f}", va="center", fontsize=11)
    panel.set_yticks(range(len(rules)), labels=rules)
    largest = max(np.max(values) for by_rule in shares.values() for values in by_rule.values())
    panel.set(xlabel="share of test rows decided differently", xlim=(0, 1.08 * largest), ylim=(len(rules) - 0.5, -0.5))
    panel.legend(loc="lower right")
    return fig


def separable(seed, negatives=90, positives=10):
    """Draw a sample that the line x₁ = 0 separates: rows (n, 2) and labels."""
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1], [negatives, positives])
    first, second = rng.normal(size=(2, len(y)))
    return np.stack([(2 * y - 1) * (1 + np.abs(first)), second + y], axis=1), y


def band(panel, x, values, colour, name=None):
    """Draw mean and standard deviation over the last axis along x, from x = 1 on."""
    x = np.asarray(x)
    mean, std, kept = values.mean(axis=1), values.std(axis=1), x >= 1
    panel.plot(x[kept], mean[kept], color=colour, label=name)
    panel.fill_between(x[kept], (mean - std)[kept], (mean + std)[kept], color=colour, alpha=0.2, linewidth=0)


def boundary(panel, theta, colour, **style):
    """Draw the line θ₁x₁ + θ₂x₂ + θ₃ = 0 from x₂ = −4 to 4, and return its two ends."""
    b1, b2, b = theta
    x2 = np.array([-4.0, 3.8])
    x1 = -(b2 * x2 + b) / b1
    panel.plot(x1, x2, color=colour, **style)
    return x1, x2


def ellipse(panel, centre, covariance, colour):
    turn = np.linspace(0, 2 * np.pi, 100)
    circle = 1.5 * np.linalg.cholesky(covariance) @ np.stack([np.cos(turn), np.sin(turn)])
    panel.plot(*(np.asarray(centre)[:, None] + circle), color=colour)


def samples(panel, X, y):
    for k, colour in ((0, plots.NEGATIVE), (1, plots.POSITIVE)):
        panel.plot(*np.asarray(X)[np.asarray(y) == k].T, ".", color=colour, markersize=6)


def square(panel, x, y, title):
    """Give a panel equal scales on both axes, these limits, and a title."""
    panel.set(xlim=x, ylim=y, title=title, aspect="equal")
