"""The pictures of lesson 06 are drawn once, from made-up arrays, in the course's size; they show these arrays."""

import numpy as np
import pandas as pd
import pytest
from figures import drawn, line

from companion.pictures import lesson06

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 2)), np.arange(40) % 2


def test_boundaries_are_where_the_score_is_zero_and_each_sample_has_its_row():
    rows = pd.MultiIndex.from_product([["toy", "other"], ["accuracy", "AUC", "precision"]])
    mean = np.array([0.1, 0.5, -0.2, 0.3, 0.6, -0.4])
    intervals = pd.DataFrame({"mean": mean, "low": mean - 0.1, "high": mean + 0.1}, index=rows)
    lines = {"weight": (1.0, 2.0, -0.5), "level": (0.0, 2.0, -0.5)}
    left, *panels = drawn(lesson06.boundaries(X, Y, lines, intervals))
    for name, (b1, b2, b) in lines.items():
        x1, x2 = line(left, name).get_data()
        np.testing.assert_allclose(b1 * x1 + b2 * x2 + b, 0, atol=1e-12)
    assert [label.get_text() for label in panels[0].get_yticklabels()] == ["toy", "other"]
    for axes, wanted in zip(panels, ([0.1, 0.3], [0.5, 0.6], [-0.2, -0.4]), strict=True):
        (means,) = (each for each in axes.lines if each.get_marker() == "o")
        np.testing.assert_array_equal(means.get_xdata(), wanted)
        ends = np.array([segment[:, 0] for segment in axes.collections[0].get_segments()])
        np.testing.assert_allclose(ends, np.add.outer(wanted, [-0.1, 0.1]))
    with pytest.raises(ValueError, match="lines takes one to four boundaries, got 5"):
        lesson06.boundaries(X, Y, dict.fromkeys("abcde", (1.0, 2.0, 0.0)), intervals)


def test_smote_shows_the_new_points_and_the_mean_length_of_each_set():
    left, right = drawn(lesson06.smote(X, Y, X[:3] + 1, {"one": [0.9, 1.1], "other": [1.2, 1.4]}))
    np.testing.assert_array_equal(line(left, "made by SMOTE").get_xydata(), X[:3] + 1)
    means = [each.get_xdata()[0] for each in right.lines if each.get_marker() == "D"]
    np.testing.assert_allclose(means, [1.0, 1.3])
