"""Each picture is drawn once, from made-up arrays, in the course's size; what it shows are these arrays."""

import numpy as np
import pandas as pd
import pytest
from figures import drawn, line

from companion import plots
from companion.evaluate import frame
from companion.pictures import lesson00, lesson01, lesson04

WEIGHTS, RNG = (0.125, 1, 20, 64), np.random.default_rng(0)
RATES = {name: RNG.random((4, 5)) for name in ("recall", "precision", "F1")}
WEIGHTED = frame(RATES, w=WEIGHTS, split=range(5))
FALLING = np.linspace(4, -1, 11)
CUTS = np.linspace(0.1, 0.9, 9)
LOGITS = RNG.normal(size=(3, 400)) - 1
LABELS = (RNG.random((3, 400)) < 1 / (1 + np.exp(-LOGITS))).astype(int)


def test_the_five_findings_are_what_theory_says():
    decision, threshold, divisors, costs, fading = drawn(lesson00.findings(), height=6.0)
    half, tenth = sorted((each.get_xdata()[0] for each in decision.lines), reverse=True)
    assert 0.95 * np.exp(-(half**2) / 2) == pytest.approx(0.05 * np.exp(-((half - 1.5) ** 2) / 2))  # as many of either
    assert half - tenth == pytest.approx(np.log(9) / 1.5)
    crossings = [each.get_xydata()[0].tolist() for each in threshold.lines if len(each.get_xdata()) == 1]
    assert crossings == [[0.5, 0.5], [0.1, 0.5], [0.01, 0.5]]
    amounts = divisors.lines[1].get_ydata()
    assert amounts[0] == pytest.approx(1) and (np.diff(amounts) > 0).all() and amounts[-1] < 99
    cheapest = [each.get_xdata()[each.get_ydata().argmin()] for each in costs.lines if len(each.get_xdata()) > 2]
    np.testing.assert_allclose(cheapest, [4, 50], rtol=0.03)
    stays, fades = (each.get_ydata() for each in fading.lines[:2])
    assert (
        stays[-1] == pytest.approx(-np.log(99) / np.log(9), rel=1e-3) and (np.diff(fades) > 0).all() and fades[-1] < 0
    )


def test_two_models():
    y, z = np.array([0, 0, 0, 1, 1]), np.array([-4.0, -1.0, 1.0, -0.5, 2.0])
    left, right = drawn(lesson00.two_models(y, z, z + 3, w=3))
    assert [text.get_text() for text in right.texts] == [
        "1 found, 1 missed, 1 false alarms",
        "2 found, 0 missed, 2 false alarms",
        "2 found, 0 missed, 2 false alarms",  # a cut at 1/4 adds what is above −log 3
    ]
    np.testing.assert_allclose(left.lines[2].get_xydata(), [[0.5, 0.5]])
    with pytest.raises(ValueError, match="weighted"):
        lesson00.two_models(y, z, z[1:], w=3)


def test_a_rare_class_lies_beneath_the_common_one():
    left, right = drawn(lesson01.rare_beneath_common())
    assert left.lines[0].get_xdata()[0] == 0.5 and right.lines[0].get_xdata()[0] == pytest.approx(0.5 + np.log(19))
    assert "finds 346" in left.texts[0].get_text() and "finds 0.36" in right.texts[0].get_text()


def test_class_losses_and_the_gradient_pulls():
    path, dots = np.linspace(0.7, 0.1, 17), {1: np.array([0.5, 0.7]), 16: np.array([0.1, 0.3])}
    (axes,) = drawn(lesson01.class_losses({"others": path, "all": path + 1}, {"others": dots}, {"strokes": 3.0}))
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), path)
    left, right = drawn(lesson01.gradient_pulls({"others": path + 1, "strokes": path}, dots, 0.05))
    np.testing.assert_array_equal(line(left, "strokes, up").get_ydata(), path)
    np.testing.assert_allclose(right.lines[0].get_ydata(), path / (2 * path + 1))
    means = [each.get_ydata()[0] for each in right.lines if each.get_marker() == "o"]
    np.testing.assert_allclose(means, [0.6, 0.2])


def test_people_by_probability():
    p, ill = np.array([0.1, 0.1, 0.3, 0.3]), np.array([False, False, False, True])
    (axes,) = drawn(lesson01.people_by_probability(p, ill, {"½": 0.5}, splits=2))
    healthy, sick = (patch.get_data().values for patch in axes.patches)
    assert healthy.sum() == 1.5 and healthy.max() == 1 and sick.sum() == 0.5
    (axes,) = drawn(lesson01.people_by_probability(p, ill, {"⅕": 0.2}, splits=2))
    assert "0.5 strokes,\n0.5 others" in axes.texts[0].get_text()
    with pytest.raises(ValueError, match="p"):
        lesson01.people_by_probability(p + 1, ill, {}, splits=2)


def test_rates_along_the_weight():
    left, right = drawn(lesson04.rates_along_weight(WEIGHTED, WEIGHTED.iloc[::-1]))
    for name, colour in (("recall", plots.RECALL), ("precision", plots.PRECISION), ("F1", plots.F1)):
        np.testing.assert_allclose(line(left, name).get_ydata(), RATES[name].mean(axis=1))
        assert line(left, name).get_color() == colour
    assert {text.get_text() for text in right.texts} == {"⅛", "1", "20", "64"}
    with pytest.raises(ValueError, match="moved takes a table with the columns recall, precision, F1"):
        lesson04.rates_along_weight(WEIGHTED, WEIGHTED[["recall"]])
    with pytest.raises(ValueError, match="weighted takes a table .* a level 'w'"):
        lesson04.rates_along_weight(WEIGHTED.droplevel("w"), WEIGHTED)


def test_a_hump():
    precision = np.sin(np.linspace(0.2, 2.5, 11)) / 5
    _, right = drawn(lesson04.hump(FALLING, precision, np.linspace(0, 1, 11), precision))
    rising, falling = line(right, "both rise").get_ydata(), line(right, "a trade-off").get_ydata()
    assert (np.diff(rising) > 0).all() and (np.diff(falling) < 0).all() and rising[-1] == falling[0]
    with pytest.raises(ValueError, match="x takes scores that fall"):
        lesson04.hump(FALLING[::-1], precision, precision, precision)
    with pytest.raises(ValueError, match="x and recall take the same number"):
        lesson04.hump(FALLING, precision, precision[1:], precision)


def test_costs_of_rules():
    relative = pd.DataFrame(RNG.uniform(1, 5, (4, 7)), index=WEIGHTS, columns=list("abcdefg"))
    (axes,) = drawn(lesson04.costs_of_rules(relative, balance=20))
    for rule in relative:
        np.testing.assert_array_equal(line(axes, rule).get_ydata(), relative[rule])
    assert [(text.get_text(), text.xy[0]) for text in axes.texts] == [("r = n⁻/n⁺", 20)]
    with pytest.raises(ValueError, match=r"table of 1 to 7 rules, got shape \(4, 8\)"):
        lesson04.costs_of_rules(relative.assign(h=1), balance=20)
    with pytest.raises(ValueError, match="balance takes"):
        lesson04.costs_of_rules(relative, balance=0)


def test_f1_along_the_threshold():
    (axes,) = drawn(lesson04.f1_along_threshold(CUTS, {0.5: CUTS, 0.1: CUTS**2}, CUTS / 2, name="hypothyroid"))
    assert {"π = 0.5", "π = 0.1", "hypothyroid", "F1 = 2t"} == {text.get_text() for text in axes.texts}
    with pytest.raises(ValueError, match=r"cuts and exact\[0.5\] take the same number"):
        lesson04.f1_along_threshold(CUTS, {0.5: CUTS[1:]}, CUTS, name="hypothyroid")


def test_reliability_of_true_probabilities_lies_on_the_diagonal():
    left, right = drawn(
        lesson04.reliability(LABELS, {"true": LOGITS, "weighted": LOGITS + 3}, shift=3, positives="ill")
    )
    mean, share = line(left, "true").get_data()
    assert len(mean) >= 5 and np.abs(mean - share).max() < 0.1
    assert (line(right, "weighted").get_xdata() > line(right, "weighted").get_ydata() + 2).all()
    assert left.get_ylabel() == "share of ill"
    with pytest.raises(ValueError, match="curves takes one to three models, got 4"):
        lesson04.reliability(LABELS, dict.fromkeys("abcd", LOGITS), shift=0)
    with pytest.raises(ValueError, match=r"y and curves\['a'\] take the same shape"):
        lesson04.reliability(LABELS, {"a": LOGITS[0]}, shift=0)
