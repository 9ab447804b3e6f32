"""The figure of lesson 09 shows the errors and the weights that it is given, and the factor in closed form."""

import numpy as np
from figures import drawn, line

from companion.pictures import lesson09


def test_errors_and_what_is_left_are_those_given():
    errors = np.array([[0.0, 0.2, 0.5], [0.0, 0.4, 0.9]])
    error, amount = drawn(lesson09.cut([1, 2, 8], errors, [4, 16, 64], [2.0, 5.0, 8.0], weight=10))
    np.testing.assert_allclose(line(error, "own").get_ydata(), [0, 0.3, 0.7])
    np.testing.assert_allclose(line(error, "averaged").get_ydata(), [0, 0.5, 0.875])
    assert set(line(error, "whole").get_ydata()) == {0}
    (band,) = error.collections
    corners = band.get_paths()[0].vertices[:, 1]
    assert corners.min() == 0 and corners.max() == 0.9
    assert line(amount, "left").get_xydata().tolist() == [[4, 2.0], [16, 5.0], [64, 8.0]]
    assert [text.get_text() for text in amount.texts] == ["asked: 10", "2.0", "8.0"]
    assert amount.xaxis_inverted()  # so the parts grow in number to the right on both sides
    frame = amount.get_window_extent()
    for text in amount.texts:
        box = text.get_window_extent()
        assert frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1


def test_the_error_of_a_cut_is_that_of_a_mean_of_ratios():
    gradients, weights = np.array([[1.0], [1.0], [1.0], [6.0]]), np.array([1.0, 1.0, 1.0, 2.0])
    assert lesson09.error_of_cut(gradients, weights, 1) == 0
    np.testing.assert_allclose(lesson09.error_of_cut(gradients, weights, 2), abs((2 / 2 + 7 / 3) / 2 / (9 / 5) - 1))
    np.testing.assert_allclose(lesson09.error_of_cut(gradients, weights, 4), abs((1 + 1 + 1 + 3) / 4 / (9 / 5) - 1))
    assert lesson09.error_of_cut(gradients, np.ones(4), 2) == 0
