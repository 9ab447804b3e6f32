"""The figures of lesson 07 show closed forms and the arrays that they are given."""

import numpy as np
import pytest

from companion import theory
from companion.pictures import lesson07


def test_the_summary_is_what_theory_says():
    fig = lesson07.summary(separation=1.5, prior=0.01)
    fig.canvas.draw()
    (axes,) = fig.axes
    reported, corrected, alarms = (line.get_xydata() for line in axes.lines)
    assert reported[0, 1] == pytest.approx(10, rel=0.02) and (np.diff(reported[:, 1]) > 0).all()
    np.testing.assert_allclose(corrected[:, 1], 10, rtol=1e-6)  # the prior correction, whatever the weight
    for w, found in alarms[::50]:
        rates = theory.gaussian_rates(1.5, 0.01, w)
        assert found == pytest.approx(1000 * (0.01 * rates["tpr"] + 0.99 * rates["fpr"]))


def test_an_arrow_leads_from_without_weights_to_with_them():
    before, after = np.array([[0.9, 0.4], [0.8, 0.7]]), np.array([[0.8, 0.9], [0.95, 0.3]])
    fig = lesson07.trades(before, after, ["common", "rare"], [0.5, 9.0])
    fig.canvas.draw()
    (axes,) = fig.axes
    arrows = [(text.xyann, text.xy) for text in axes.texts if not text.get_text()]
    np.testing.assert_array_equal(arrows, np.stack([before.T, after.T], axis=1))
    assert [text.get_text() for text in axes.texts if text.get_text()] == ["common,\nweight 0.5", "rare,\nweight 9"]


@pytest.mark.parametrize("counts", [(20, 180), (20, 60, 180)])
def test_the_excess_stands_along_the_fraction_for_each_count(counts):
    fractions = (0.5, 0.1, 0.01, 0.001)
    excess = np.random.default_rng(0).random((len(counts), 4, 20)) / 10 + 0.02
    fig = lesson07.count_and_fraction(counts, fractions, excess)
    fig.canvas.draw()
    (axes,) = fig.axes
    lines = [each.lines[0].get_xydata() for each in axes.containers]
    for line, values in zip(lines, excess, strict=True):
        np.testing.assert_allclose(line, np.stack([fractions, values.mean(axis=1)], axis=1))
    assert [text.get_text() for text in axes.texts] == [f"n⁺ = {count}" for count in counts]


def test_the_dotted_law_runs_through_an_excess_that_follows_it():
    counts, fractions = (20, 60), (0.5, 0.1, 0.01)
    law = np.array([[1 / n + pi / (1 - pi) / n for pi in fractions] for n in counts])
    excess = 3 * law[..., None] * [0.5, 1.5]
    (axes,) = lesson07.count_and_fraction(counts, fractions, excess).axes
    dotted = [line.get_ydata() for line in axes.lines if line.get_linestyle() == ":"]
    np.testing.assert_allclose(dotted, 3 * law)
