"""The figure of lesson 08a shows the losses that it is given."""

import matplotlib.pyplot as plt

from companion.pictures import lesson08a


def test_each_rule_has_a_bar_with_its_loss_and_where_it_is_met():
    losses, where = {"meant": 2.0, "divided": 0.75}, {"meant": "here", "divided": "there"}
    (axes,) = lesson08a.losses_of_one_batch(losses, where).axes
    assert [bar.get_width() for bar in axes.patches] == [2.0, 0.75]
    assert {text.get_text() for text in axes.texts} == {"2.00", "0.75", "here", "there"}
    assert set(axes.lines[0].get_xdata()) == {2.0}
    plt.close("all")
