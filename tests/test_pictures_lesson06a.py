"""The figures of lesson 06a show what theory says the focal loss asks for, and the means that they are given."""

import numpy as np
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
