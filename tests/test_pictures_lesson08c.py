"""The figures of lesson 08c show the values, gradients and divisors that they are given."""

import numpy as np
from figures import drawn, line

from companion.pictures import lesson08c


def test_two_losses_have_one_value_and_two_gradients():
    z = np.array([-1.0, 0.0, 2.0])
    curves = {"one": ([3.0, 2.0, 1.0], [-3.0, -2.0, -1.0]), "other": ([3.0, 2.0, 1.0], [-1.0, -1.0, 0.0])}
    for panel, index in zip(drawn(lesson08c.value_and_gradient(z, curves)), (0, 1), strict=True):
        for name, pair in curves.items():
            np.testing.assert_array_equal(line(panel, name).get_xydata(), np.column_stack([z, pair[index]]))


def test_divisors_are_points_and_the_lines_of_their_coefficients():
    joined = np.array([0, 2, 4])
    measured = {"n": [[8, 10, 12], [8, 10, 12]], "Σw": [[40, 42, 44], [40, 58, 76]]}
    coefficients = {"n": [0.0, 1.0, 1.0], "Σw": [0.0, 1.0, 9.0]}
    panels = drawn(lesson08c.divisors(joined, measured, coefficients))
    assert [panel.get_title(loc="left") for panel in panels] == ["n", "Σw"]
    for (name, points), panel in zip(measured.items(), panels, strict=True):
        for label, values in enumerate(points):
            words = f"class {label}: +{coefficients[name][1 + label]:g} a row"
            np.testing.assert_array_equal(line(panel, words).get_ydata(), values)
        lines = [each.get_ydata() for each in panel.lines if each.get_marker() == "None"]
        np.testing.assert_allclose(lines, points)
        assert panel.get_ylim()[0] == 0 and panel.get_ylim()[1] > np.max(points)
    assert [text.get_text() for text in panels[1].get_legend().get_texts()] == [
        "class 0: +1 a row",
        "class 1: +9 a row",
    ]
