"""What a run says: a line for each submission, the table of marks, who lost marks where, and what to look at."""

import csv
import re
import textwrap
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

NOTE, LOOK, SUSPECT, LOST = range(4)  # how much an event asks for a person
MOST = 8  # events of one submission in a line or a table; its log has all


class Event(NamedTuple):
    """What happened to a submission, in a few words, and how much it asks for a person to look."""

    weight: int
    text: str


@dataclass
class Result:
    """What came of one submission: its marks by graded cell, None where they wait for a person, and what happened."""

    student: str
    assignment: str
    marks: dict = field(default_factory=dict)
    outof: dict = field(default_factory=dict)
    seconds: float = 0.0
    happened: list = field(default_factory=list)
    penalty: float = 0.0
    new: bool = True

    @property
    def total(self):
        """The sum of the marks that are there, without what was taken for being late."""
        return max(0, sum(mark for mark in self.marks.values() if mark is not None) - self.penalty)

    @property
    def by_hand(self):
        """The points that a person has still to give or refuse."""
        return sum(self.outof[cell] for cell, mark in self.marks.items() if mark is None)

    @property
    def weight(self):
        """How much this submission asks for a person to look at it."""
        return max((event.weight for event in self.happened), default=NOTE)

    def said(self):
        """Return what happened, the gravest first, as one line."""
        events = [event.text for event in sorted(self.happened, key=lambda event: -event.weight)]
        more = [f"and {len(events) - MOST} more, in its log"] * (len(events) > MOST)
        return "; ".join([short(text) for text in events[:MOST]] + more)

    def line(self):
        """Return what is printed when it is graded."""
        waiting = f", {self.by_hand:g} by hand" if self.by_hand else ""
        marks = f"{self.total:g} of {sum(self.outof.values()):g}{waiting}"
        return f"{self.student:<16} {self.assignment:<38} {marks:<22} {self.seconds:4.0f} s  {self.said()}"


def short(text, most=160):
    """Return a text as one line of at most `most` characters."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text[: 4 * most]).split())
    return line if len(line) <= most else line[: most - 2].rstrip() + " …"


def problem(cell):
    """Return the name of the problem that a graded cell belongs to."""
    return "problem " + re.match(r"p?(\d*)", cell).group(1)


def write_marks(results, path):
    """Write the marks as a table: student, assignment, each problem, total, and what happened."""
    problems = sorted(
        {problem(cell) for result in results for cell in result.marks}, key=lambda text: (len(text), text)
    )
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["student", "assignment", *problems, "late", "total", "out of", "by hand", "what happened"])
        for result in results:
            sums = Counter()
            for cell, mark in result.marks.items():
                sums[problem(cell)] += mark or 0
            row = [f"{sums[one]:g}" if one in sums else "" for one in problems]
            row += [f"{-result.penalty:g}" if result.penalty else ""]
            row += [f"{result.total:g}", f"{sum(result.outof.values()):g}", f"{result.by_hand:g}"]
            writer.writerow([result.student, result.assignment, *row, result.said()])


def summary(results):
    """Yield the lines that say, for each test cell of each assignment, who lost marks on it."""
    for name in sorted({result.assignment for result in results}):
        group = [result for result in results if result.assignment == name]
        outof = next((result.outof for result in group if result.outof), {})
        marked = [result for result in group if result.marks]
        given = [sum(mark or 0 for mark in result.marks.values()) for result in marked]
        pending = sum(result.by_hand > 0 for result in marked)
        mean = f", mean {sum(given) / len(given):.1f}" if given else ""
        waiting = f" without what waits to be marked by hand in {pending}" if pending else ""
        yield f"\n{name}: {len(group)} submissions{mean}{waiting}"
        for cell, most in outof.items():
            marks = {one.student: one.marks[cell] for one in marked}
            lost = [student for student, mark in marks.items() if mark is not None and mark < most]
            by_hand = sum(mark is None for mark in marks.values())
            yield f"  {cell}, {most:g} points: " + "; ".join(
                [f"{len(marks) - len(lost) - by_hand} in full"]
                + [f"{by_hand} to be graded by hand"] * (by_hand > 0)
                + [f"not {', '.join(lost)}"] * (len(lost) > 0)
            )


def look(results):
    """Yield the lines of the list "look at these", the gravest first: what was lost, what is odd, what was put back."""
    titles = {LOST: "without marks", SUSPECT: "may not be what it seems", LOOK: "mended or interrupted"}
    listed = [result for result in results if result.weight > NOTE]
    if listed:
        yield f"\nLook at these ({len(listed)} of {len(results)}):"
    for weight, title in titles.items():
        for result in listed:
            if result.weight == weight:
                texts = [short(event.text) for event in result.happened if event.weight == weight]
                what = textwrap.shorten("; ".join(texts), 300, placeholder=" …")
                yield f"  {title}: {result.student}, {result.assignment}: {what}"
