"""The pictures of lesson 05 are drawn once, from made-up arrays, in the course's size; they show these arrays."""

import numpy as np
from figures import drawn

from companion.pictures import lesson05

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 2)), np.arange(12) % 2


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
        low, high = panel.get_xlim()
        assert low <= pair.min() and pair.max() <= high and panel.get_ylim() == (low, high)
    assert [panel.get_title("left") for panel in panels] == ["case (a)", "case (b)"]


def test_fading_draws_mean_curves():
    gaps, angles = RNG.uniform(0.1, 1, size=(2, 20, 5))
    for panel, values in zip(drawn(lesson05.fading(gaps, angles)), (gaps, angles), strict=True):
        np.testing.assert_allclose(panel.lines[0].get_ydata(), values[1:].mean(axis=1))  # step 0 has no logarithm


def test_networks():
    logits = {name: RNG.normal(size=(2, 6, 8)) for name in ("without", "with")}
    shares = {name: RNG.uniform(size=(3, 5)) for name in ("without", "some", "with")}
    grid = np.linspace(-2, 2, 8), np.linspace(-1, 1, 6)
    *maps, last = drawn(lesson05.networks(X, Y, grid, logits, [30, 100, 300], shares))
    assert [panel.get_title("left") for panel in maps] == list(logits)
    for line, values in zip(last.lines, shares.values(), strict=True):
        np.testing.assert_allclose(line.get_ydata(), values.mean(axis=1))
    assert len({round(panel.get_position().height, 3) for panel in (*maps, last)}) == 1


def test_every_rung_of_the_ladder_stands_with_its_mean():
    rules = ("cut at ½", "cut moved", "as many alarms")
    shares = {world: {rule: RNG.uniform(0, 0.1, size=20) for rule in rules} for world in ("real", "drawn")}
    (panel,) = drawn(lesson05.ladder(shares))
    means = [values.mean() for by_rule in shares.values() for values in by_rule.values()]
    np.testing.assert_allclose([bar.get_width() for bar in panel.patches], means)
    assert [text.get_text() for text in panel.texts] == [f"{mean:.3f}" for mean in means]
    assert [label.get_text() for label in panel.get_yticklabels()] == list(rules)
    places = [bar.get_y() for bar in panel.patches]
    assert places[0] < places[3] < places[1], "worlds stand side by side within a rule"
