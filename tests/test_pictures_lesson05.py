"""The pictures of lesson 05 are drawn once, from made-up arrays, in the course's size; they show these arrays."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from companion.pictures import lesson05

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 2)), np.arange(12) % 2


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def drawn(fig):
    """Draw a figure, as `plots.show` will, and return its axes."""
    fig.canvas.draw()
    assert fig.get_size_inches().tolist() == [9.0, 3.8]
    return np.array(fig.axes)


def slope(line):
    (x0, x1), (y0, y1) = line.get_data()
    return (x1 - x0) / (y1 - y0)


def test_three_cases_are_parallel_turned_and_fading():
    shifted, turned, fading = drawn(lesson05.three_cases())
    boundaries = [[line for line in panel.lines if len(line.get_xdata()) == 2] for panel in (shifted, turned)]
    np.testing.assert_allclose([slope(line) for line in boundaries[0]], -0.5 / 1.5, atol=1e-6)
    assert np.ptp([slope(line) for line in boundaries[1]]) > 0.3
    early, late, early_heavy, late_heavy = [line.get_xdata().mean() for line in fading.lines[2:]]
    assert abs(late - late_heavy) < 0.1 * abs(early - early_heavy)
    assert all(panel.get_aspect() == 1 for panel in (shifted, turned, fading))


def test_paths_end_in_dots_and_losses_in_their_minima():
    paths = {(w, run): RNG.normal(size=(5, 2)) for w in (1.0, 9.0) for run in "ab"}
    losses = {name: RNG.random(7) for name in ("1, 1", "1, 9", "n/(2 n_k)")}
    left, right = drawn(lesson05.paths_and_landscape(paths, np.arange(7.0), losses))
    dots = [line.get_xydata()[0] for line in left.lines if line.get_marker() == "o"]
    np.testing.assert_array_equal(dots, [path[-1] for path in paths.values()])
    minima = [line.get_xydata()[0] for line in right.lines if line.get_marker() == "o"]
    np.testing.assert_array_equal(minima, [(loss.argmin(), loss.min()) for loss in losses.values()])


def test_corrected_log_odds():
    pairs = {case: RNG.normal(size=(2, 30)) for case in "ab"}
    panels = drawn(lesson05.corrected_log_odds(pairs, w=99))
    for panel, pair in zip(panels, pairs.values(), strict=True):
        np.testing.assert_array_equal(panel.lines[0].get_data(), pair)
    assert [panel.get_title("left") for panel in panels] == ["case (a)", "case (b)"]


def test_fading_draws_boundaries_and_mean_curves():
    curves = {name: RNG.uniform(0.1, 1, size=(20, 5)) for name in ("plain", "normalised")}
    theta = {step: [[1.0, 0.1, 0.0], [1.0, 0.2, 0.3]] for step in (10, 1000)}
    left, middle, right = drawn(lesson05.fading(X, Y, theta, [1.0, 0.0, 0.0], curves, curves))
    assert left.get_title("left") == "thin: step 10\nthick: step 1,000"
    for panel in (middle, right):
        for line, values in zip(panel.lines, curves.values(), strict=True):
            np.testing.assert_allclose(line.get_ydata(), values[1:].mean(axis=1))  # step 0 has no logarithm


def test_networks():
    logits = {name: RNG.normal(size=(2, 6, 8)) for name in ("without", "with")}
    shares = {name: RNG.uniform(size=(3, 5)) for name in logits}
    grid = np.linspace(-2, 2, 8), np.linspace(-1, 1, 6)
    *maps, last = drawn(lesson05.networks(X, Y, grid, logits, [30, 100, 300], shares))
    assert [panel.get_title("left") for panel in maps] == list(logits)
    for line, values in zip(last.lines, shares.values(), strict=True):
        np.testing.assert_allclose(line.get_ydata(), values.mean(axis=1))


def test_gains_stand_with_their_means():
    gaps = {"early": RNG.normal(size=20) + 1, "late": RNG.normal(size=20)}
    (panel,) = drawn(lesson05.gained(gaps))
    widths = [bar.get_width() for bar in panel.patches]
    np.testing.assert_allclose(widths, [values.mean() for values in gaps.values()])
    labels = [label.get_text() for label in panel.get_yticklabels()]
    assert labels == [f"{name}\nmean {values.mean():.3f}" for name, values in gaps.items()]
