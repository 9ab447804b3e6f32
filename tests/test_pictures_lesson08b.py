"""The figure of lesson 08b shows the curve and the points that it is given, and the area below the points."""

import numpy as np

from companion.pictures import lesson08b


def test_each_model_has_its_points_and_their_area_beside_the_curves():
    curve = np.array([0, 0, 1]), np.array([0, 1, 1])
    points = {"plain": ([1, 0, 0], [1, 0.5, 0]), "weighted": ([1, 0.5, 0], [1, 1, 0])}
    fig = lesson08b.roc_and_its_points(curve, points, 1.0)
    fig.canvas.draw()
    for axes, (name, (x, y)), area in zip(fig.axes, points.items(), ("0.750", "0.750"), strict=True):
        whole, joined = axes.lines
        np.testing.assert_array_equal(whole.get_xydata(), np.transpose(curve))
        np.testing.assert_array_equal(joined.get_xydata(), np.transpose([x, y]))
        (mark,) = axes.texts
        assert (mark.get_text(), mark.xy) == ("threshold 1/2", (x[1], y[1]))
        assert axes.get_title(loc="left") == name
        assert [text.get_text() for text in axes.get_legend().get_texts()] == [
            "whole curve, area 1.000",
            f"200 thresholds, area {area}",
        ]
