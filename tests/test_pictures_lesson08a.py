"""The figure of lesson 08a shows the losses that it is given."""

from companion.pictures import lesson08a


def test_each_rule_has_a_bar_with_its_loss_and_where_it_is_met_and_each_group_the_line_of_its_head():
    losses = {"meant": 2.0, "divided": 0.75, "smoothed": 1.5, "by term": 1.25}
    where = {"meant": "here", "divided": "there", "smoothed": "one", "by term": "other"}
    (axes,) = lesson08a.losses_of_one_batch(losses, where, right=("meant", "smoothed")).axes
    assert [bar.get_width() for bar in axes.patches] == list(losses.values())
    assert [text.get_text() for text in axes.texts] == ["2.00", "0.75", "1.50", "1.25"]
    rows = [text.get_text() for text in axes.get_yticklabels()]
    assert rows == ["meant\n(here)", "divided\n(there)", "smoothed\n(one)", "by term\n(other)"]
    assert [set(line.get_xdata()) for line in axes.lines] == [{2.0}, {1.5}]
    first, second = (line.get_ydata() for line in axes.lines)
    assert first[0] < 0 and 1 < first[1] < second[0] < 2 and 3 < second[1]
    meant, divided, smoothed, by_term = (bar.get_facecolor() for bar in axes.patches)
    assert meant == smoothed != divided == by_term
