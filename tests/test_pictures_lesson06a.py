"""The figures of lesson 06a show what theory says the focal loss asks for, and the means that they are given."""

import numpy as np
import pandas as pd
import pytest
from figures import drawn, line

from companion.pictures import lesson06a


def test_minimisers_meet_at_a_half_without_an_alpha_and_move_with_one():
    left, right = drawn(lesson06a.minimisers((0, 2), (0.25, 0.75)))
    eta, p = line(left, "γ = 2").get_data()
    assert p[len(p) // 2] == pytest.approx(0.5) and (p[eta < 0.49] > eta[eta < 0.49]).all()
    eta, p = line(right, "γ = 2, α = 0.25").get_data()
    assert np.interp(0.75, eta, p) == pytest.approx(0.5, abs=1e-3)
    with pytest.raises(ValueError, match="gammas takes up to four numbers, got 5"):
        lesson06a.minimisers(range(5), (0.5,))


def test_longer_training_shows_the_means_it_is_given():
    index = pd.MultiIndex.from_product([[0, 2], [25, 100, 400]])
    columns = ["slope, reported", "Brier, reported", "Brier, refitted"]
    means = pd.DataFrame(np.random.default_rng(0).uniform(0.2, 2, size=(6, 3)), index, columns)
    decayed = pd.DataFrame(np.random.default_rng(1).uniform(0.2, 2, size=(2, 3)), [0, 2], columns)
    left, right = drawn(lesson06a.longer(means, decayed))
    np.testing.assert_array_equal(line(left, "γ = 2").get_xydata(), means.loc[2, "slope, reported"].reset_index())
    np.testing.assert_array_equal(line(right, "γ = 0").get_ydata(), means.loc[0, "Brier, reported"])
    dashed = [each.get_ydata() for each in right.lines if each.get_linestyle() == "--" and len(each.get_ydata())]
    np.testing.assert_array_equal(dashed, means["Brier, refitted"].unstack())
    for axes, shown in ((left, ["slope, reported"]), (right, ["Brier, reported", "Brier, refitted"])):
        squares = [each.get_xydata() for each in axes.lines if each.get_marker() == "s" and len(each.get_xdata())]
        beside = 1.15 * 400  # the last points
        np.testing.assert_allclose(np.concatenate(squares), [[beside, value] for value in decayed[shown].stack()])
    with pytest.raises(ValueError, match="means takes up to three γ, got 4"):
        lesson06a.longer(pd.DataFrame(1.0, pd.MultiIndex.from_product([range(4), [25]]), columns), decayed)
