"""Which submissions share passages that few others have: a table for a person to look at, never a mark.

A passage is a run of words and signs as they stand in what a student wrote, code, comments and answers alike, without
what the release gives. As in MOSS (Schleimer, Wilkerson and Aiken 2003, "Winnowing"), what many wrote counts for
nothing: short functions come out the same when they are right. New names for variables hide a copy.
"""

import csv
import re
from collections import Counter
from itertools import combinations

from nbgrader.utils import is_locked

from tools import assignments, notebooks
from tools.assignments import id_of

WORD = re.compile(r"\w+|[^\w\s]")
SPAN = 8  # words and signs of a passage
MANY = 10  # submissions with a passage, beyond which it counts for nothing
FEWEST = 20  # passages that two must share to be in the table: a line or two of code
SHARE = 0.5  # and the share of the shorter
MASTER = "(the masters)"


def passages(path, without=()):
    """Return the passages in a notebook's cells that a student may write, but for some; none without a notebook."""
    found = set()
    for cell in notebooks.read(path).cells if path.exists() else []:
        if not is_locked(cell) and cell.id != "happened" and id_of(cell) not in without:
            words = WORD.findall(re.sub(r".*(?:BEGIN|END) SOLUTION.*", "", cell.source))
            found |= {tuple(words[start : start + SPAN]) for start in range(len(words) - SPAN + 1)}
    return found


def pairs(own, master):
    """Return who shares much with whom, or with the master: (share, passages, student, other), the most first."""
    counts = Counter(passage for found in own.values() for passage in found)
    rare = {student: {one for one in found if counts[one] <= MANY} for student, found in own.items()}
    compared = [(a, b, rare[a], rare[b]) for a, b in combinations(sorted(own), 2)]
    compared += [(student, MASTER, found, master) for student, found in sorted(own.items())]
    shared = [(len(first & second), min(len(first), len(second)), a, b) for a, b, first, second in compared]
    much = [(both / least, both, a, b) for both, least, a, b in shared if both >= FEWEST and both >= SHARE * least]
    return sorted(much, key=lambda one: (-one[0], -one[1], one[2:]))


def write(root, results):
    """Write ``alike/<assignment>.csv`` for each assignment; return the tables that hold a pair."""
    tables = []
    for name in sorted({result.assignment for result in results}):
        file = f"{name}.ipynb"
        ports = assignments.ports(name, 0)  # which all repair to the same
        given = passages(root / "release" / name / file)
        students = {result.student for result in results if result.assignment == name}
        own = {student: passages(root / "autograded" / student / name / file, ports) - given for student in students}
        table = root / "alike" / f"{name}.csv"
        table.parent.mkdir(exist_ok=True)
        found = pairs(own, passages(root / "source" / name / file, ports) - given)
        with open(table, "w", newline="", encoding="utf-8") as opened:
            writer = csv.writer(opened)
            writer.writerow(["share", "passages", "student", "other"])
            writer.writerows([f"{share:.2f}", both, a, b] for share, both, a, b in found)
        tables += [table] * bool(found)
    return tables
