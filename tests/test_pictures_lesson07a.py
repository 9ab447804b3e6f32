"""The figures of lesson 07a show what theory says of costs, and the costs that they are given."""

import numpy as np
import pytest

from companion.pictures import lesson07a


def test_each_cost_is_least_at_the_ratio_times_the_odds_in_use_over_those_in_training():
    fig = lesson07a.cheapest(separation=1.5, prior=0.01)
    fig.canvas.draw()
    (axes,) = fig.axes
    curves = [line.get_xydata() for line in axes.lines if len(line.get_xdata()) > 1]
    dots = [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 1]
    np.testing.assert_allclose(dots, [20, 200, 20 / 99])
    for curve, dot in zip(curves, dots, strict=True):
        assert curve[curve[:, 1].argmin(), 0] == pytest.approx(dot, rel=0.03)
        assert curve[:, 1].min() >= 1


def test_costs_are_means_over_the_splits():
    validation, test = np.random.default_rng(0).uniform(6, 90, size=(2, 2, 3, 7))
    (axes,) = lesson07a.costs([0.01, 0.1, 1.0], validation, test, ["cut", "weight"], everybody=95.0).axes
    lines = [line.get_ydata() for line in axes.lines if len(line.get_ydata())]  # one stands in the legend alone
    cut_val, cut_test, weight_val, weight_test, everybody = lines
    np.testing.assert_allclose([cut_val, weight_val], validation.mean(axis=2))
    np.testing.assert_allclose([cut_test, weight_test], test.mean(axis=2))
    assert set(everybody) == {95.0}
    counts = [int(text.get_text()) for text in axes.texts if text.get_text().isdigit()]
    chosen = [[(rule.argmin(axis=0) == k).sum() for k in range(3)] for rule in validation]
    np.testing.assert_array_equal(np.reshape(counts, (2, 3)), chosen)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["cut", "weight", "on test rows"]
