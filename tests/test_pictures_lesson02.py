"""The figures of notebooks 02a and 02b draw what they are given."""

import numpy as np
import pandas as pd
import pytest

from companion import plots
from companion.pictures import lesson02

ETA = np.linspace(0.01, 0.99, 5)


def lines(axes):
    """The lines of a panel as (x, y)."""
    return [np.array(line.get_data()) for line in axes.lines]


def test_a_dot_marks_the_threshold_of_each_weight():
    left, right = lesson02.reported(ETA, {1: ETA, 4: 4 * ETA / (4 * ETA + 1 - ETA)}).axes
    dots = [line[:, 0].tolist() for line in lines(left) if line.shape == (2, 1)]
    assert dots == [[0.5, 0.5], [0.2, 0.5]]
    above = lines(right)[1][1] - lines(right)[0][1]
    assert np.allclose(above, np.log(4))


def test_loss_and_slope_have_a_panel_each():
    z = np.linspace(-1, 1, 3)
    losses, slopes = {"y = 0": z + 1, "y = 1, w⁺ = 1": 1 - z}, {"y = 0": z * 0 + 1, "y = 1, w⁺ = 1": z * 0 - 1}
    left, right = lesson02.loss_and_slope(z, losses, slopes).axes
    assert lines(left)[1][1].tolist() == [2, 1, 0] and lines(right)[1][1].tolist() == [-1, -1, -1]
    assert [text.get_text() for text in left.get_legend().get_texts()] == list(losses)


def test_the_price_stands_beside_its_bound_and_what_was_simulated():
    ratios = {0.1: [1.0, 1.5], 0.05: [1.0, 2.0]}
    (axes,) = lesson02.price([0.1, 2.0], ratios, {0.1: 2.78, 0.05: 5.26}, {1.2: 1.4}, 0.05).axes
    drawn = [line.tolist() for line in lines(axes)]
    assert [[1.2], [1.4]] in drawn and sum(line[1] == [5.26, 5.26] for line in drawn) == 1


def test_every_rule_has_its_splits_and_their_mean():
    table = pd.DataFrame({"recall": [0.6, 0.8], "precision": [0.9, 0.7]})
    (axes,) = lesson02.recall_and_precision({"a": table, "b": table / 2, "c": table / 4}).axes
    means = [line.ravel().tolist() for line in lines(axes) if line.shape == (2, 1)]
    assert np.allclose(means, [[0.7, 0.8], [0.35, 0.4], [0.175, 0.2]])


@pytest.mark.parametrize("frameworks", [("PyTorch",), ("TensorFlow",), ("PyTorch", "TensorFlow")])
def test_the_pictures_of_two_frameworks_hold_in_an_edition_of_one(frameworks):
    ways = {"from logits": [1, 1], "of p": [1, 0], "by hand": [1, np.nan]}
    (axes,) = lesson02.saturation([1, 20], dict.fromkeys(frameworks, ways)).axes
    colours = {"PyTorch": plots.PYTORCH, "TensorFlow": plots.TENSORFLOW}
    assert [line.get_color() for line in axes.lines[2:]] == [colours[name] for name in frameworks]
    assert lines(axes)[1][:, 0].tolist() == [1, 1]  # by hand, the last slope that is a number

    left, right = lesson02.stopping(dict.fromkeys(frameworks, {"weighted": [3, 1, 2], "unweighted": [3, 2, 1]})).axes
    assert [lines(panel)[1].ravel().tolist() for panel in (left, right)] == [[2, 1], [3, 1]]
