"""The figures of lesson 03 show the arrays and the closed forms that they are given."""

import numpy as np

from companion import theory
from companion.pictures import lesson03


def test_what_is_left_of_a_weight_is_the_closed_form():
    fig = lesson03.asked_and_left([0.9, 0.08, 0.02], [[0, 0], [2, 0], [0, 2]], [1, 5, 3], prior=0.02, weight=49)
    fig.canvas.draw()
    curve = next(line for line in fig.axes[1].lines if len(line.get_xdata()) > 20)
    sizes, found = curve.get_data()
    assert found.tolist() == [theory.effective_weight(0.02, 49, int(B)) for B in sizes]
    asked = next(line for line in fig.axes[1].lines if line.get_linestyle() == ":")
    assert set(asked.get_ydata()) == {49}


def test_recall_stands_left_and_precision_right():
    models = {"before": np.array([[0.9, 0.1], [0.8, np.nan]]), "after": np.array([[0.7, 0.6], [0.95, 0.2]])}
    fig = lesson03.recall_and_precision(models, ["common", "rare"], [1200, 7])
    fig.canvas.draw()
    for axes, row in zip(fig.axes, (0, 1), strict=True):
        for line, values in zip(axes.lines, models.values(), strict=True):
            np.testing.assert_array_equal(line.get_ydata(), values[row])
        assert [label.get_text() for label in axes.get_xticklabels()] == ["common\n1,200", "rare\n7"]
