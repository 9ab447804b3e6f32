"""The picture of lesson 08 shows each seed of each port, in the course's size."""

import numpy as np

from companion import evaluate
from companion.pictures import lesson08

RNG = np.random.default_rng(0)
PORTS = ["the careful port", "one", "another batch order"]
CHANGES = evaluate.frame(
    {
        "distance of logits": np.concatenate([np.zeros((1, 5)), RNG.uniform(0.001, 1, (2, 5))]),
        "change of recall": RNG.normal(size=(3, 5)),
        "change of alarms": RNG.integers(-20, 200, size=(3, 5)),
    },
    port=PORTS,
    split=range(5),
)


def test_careless_draws_a_dot_for_each_seed_and_their_median():
    fig = lesson08.careless(CHANGES)
    fig.canvas.draw()
    assert fig.get_size_inches().tolist() == [9.0, 3.8]
    for panel, column in zip(fig.axes, CHANGES, strict=True):
        dots = [line.get_xdata() for line in panel.lines if line.get_marker() == "."]
        np.testing.assert_array_equal(dots, [CHANGES.loc[port, column] for port in PORTS[1:]])
        bars = [line.get_xdata() for line in panel.lines if line.get_color() == "#009E73"]
        np.testing.assert_allclose(np.mean(bars, axis=1), [CHANGES.loc[port, column].median() for port in PORTS[1:]])
    assert [label.get_text() for label in fig.axes[0].get_yticklabels()] == PORTS[1:]
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["a decision", "median of 20 seeds", "chance"]
