"""The table of the docs on `companion.same_loss`: which pairs of losses the tests compare, and what it says of them."""

import runpy

from tools.course import ROOT

PAGE = """\
# How far two losses are told apart

Written by `make derived` from `tests/loss_pairs.py`, whose every line the tests `test_same_loss*.py` compare anew;
change that file and not this one. What the tool cannot see, {{doc}}`its docstring <api/shared>` says.

## Equal losses

The verdict on {equal_all} pairs that are one function, written in different ways. A pair can be in several rows.

{equal}

## One difference

PyTorch's loss is changed in one thing, TensorFlow's is not: {single_all} pairs, none of them called the same. "All
named" is said where the cause is named, and nothing else.

{single}

## Two differences

PyTorch's loss is changed in two things: {pairs_all} pairs, none of them called the same. A pair counts in the rows of
both. Called different, but by no known law: {not_named}.

{pairs}
"""


def table(head, rows):
    """Return a table in Markdown; its first column is text, the others are numbers."""
    lines = [head, ("---", *["--:"] * (len(head) - 1)), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def equal_rows(laws):
    """Return the rows on equal pairs: what they are, how many, called the same, and not, which fails a test."""
    ways = [(k, {a, b}) for k, ours, theirs in laws.values() for a in ours.split() for b in theirs.split()]
    kinds = {
        "binary": lambda k, origins: k == 2,
        "three classes": lambda k, origins: k > 2,
        "both in float64": lambda k, origins: "hand32" not in origins,
        "one of them in float32": lambda k, origins: "hand32" in origins,
        "the framework's own on both sides": lambda k, origins: origins == {"own"},
        "companion's on a side": lambda k, origins: "companion" in origins,
        "a formula written out on a side": lambda k, origins: bool({"hand", "hand32"} & origins),
        "**all**": lambda k, origins: True,
    }
    counts = {name: sum(holds(*way) for way in ways) for name, holds in kinds.items()}
    return [(name, count, count, 0) for name, count in counts.items()]


def rows(pairs):
    """Return the rows on pairs that differ: a cause, in how many, and of these, all causes named, some, none."""
    found = {}
    for _, _, kinds, named in pairs:
        share = 1 if kinds == named else 2 if kinds & named else 3
        for row in [*kinds, "**all**"]:
            counts = found.setdefault(row, [0, 0, 0, 0])
            counts[0] += 1
            counts[share] += 1
    return [(row, *found[row]) for row in sorted(found, key=lambda row: (row == "**all**", row))]


def page():
    """Return the page of the docs."""
    lists = runpy.run_path(str(ROOT / "tests" / "loss_pairs.py"))
    equal = equal_rows(lists["EQUAL"])
    head = ("what differs", "pairs", "NOT, all named", "NOT, in part", "NOT, none")
    not_named = ", ".join(" with ".join(sorted(kinds)) for kinds in lists["NOT_NAMED"])
    text = PAGE.format(
        equal=table(("which", "pairs", "THE SAME", "NOT"), equal),
        single=table(head, rows(lists["SINGLE"])),
        pairs=table(head, rows(lists["PAIRS"])),
        equal_all=equal[-1][1],
        single_all=len(lists["SINGLE"]),
        pairs_all=len(lists["PAIRS"]),
        not_named=not_named,
    )
    return text.encode()
