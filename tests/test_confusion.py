"""The table of what `companion.same_loss` tells apart counts each pair where it belongs."""

from tools import confusion


def test_a_pair_counts_in_the_row_of_each_cause_by_what_is_named():
    pairs = [
        ({}, {}, {"a", "b"}, {"a", "b"}),
        ({}, {}, {"a", "c"}, {"a"}),
        ({}, {}, {"a", "c"}, {"law"}),
    ]
    assert confusion.rows(pairs) == [("a", 3, 1, 1, 1), ("b", 1, 1, 0, 0), ("c", 2, 0, 1, 1), ("**all**", 3, 1, 1, 1)]


def test_equal_pairs_are_counted_by_where_their_losses_come_from():
    laws = {"one": (2, "own hand", "own hand32"), "other": (3, "companion", "own")}
    counts = {name: count for name, count, same, apart in confusion.equal_rows(laws) if count == same and apart == 0}
    assert counts == {
        "binary": 4,
        "three classes": 1,
        "both in float64": 3,
        "one of them in float32": 2,
        "the framework's own on both sides": 1,
        "companion's on a side": 1,
        "a formula written out on a side": 3,
        "**all**": 5,
    }
