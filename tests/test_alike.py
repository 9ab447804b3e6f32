"""Who shares passages: copies are found; what many wrote, or the release gives, counts for nothing."""

import copy
import csv
import tomllib

import grading
import nbformat
import pytest
from grading import NAME
from masters import SOLUTIONS, cleared

from tools import assignments
from tools.assignments import id_of
from tools.grading import alike
from tools.grading.report import Result

OWN = """def share(y):
    # a mean of zeros and ones is the share of the ones
    ones = [label for label in y if label == 1]
    return len(ones) / len(y)"""
OTHER = """def share(y):
    total = 0
    for value in y:
        total += int(value)  # labels are 0 or 1
    return total / np.size(y)"""
STUB = "def share(y):\n    # YOUR CODE HERE\n    raise NotImplementedError()"


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A course, and its release."""
    root = tmp_path_factory.mktemp("course")
    return root, grading.course(root)


def table(released, sources):
    """Return the rows of the table for a class, given what each student wrote into p1_share."""
    root, release = released
    for student, source in sources.items():
        notebook = grading.filled(release, {"p1_share": source, "p3_answer": "", "p2_weight": ""})
        assignments.hand_in(notebook, student, NAME, root / "autograded")
    tables = alike.write(root, [Result(student, NAME) for student in sources])
    with open(root / "alike" / f"{NAME}.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tables == ([root / "alike" / f"{NAME}.csv"] if rows else [])
    return rows


def test_a_copy_is_found_however_its_blanks_stand(released):
    spaced = OWN.replace("    ", "        ").replace("\n", "\n\n")
    rows = table(released, {"anna": OWN, "ben": spaced, "cleo": OTHER, "dora": STUB})
    assert [(row["student"], row["other"], row["share"]) for row in rows] == [("anna", "ben", "1.00")]


def test_a_part_of_a_copy_is_found_by_the_shorter(released):
    (row,) = table(released, {"anna": OWN, "ben": f"{OWN}\n\n{OTHER.replace('share', 'other')}"})
    assert float(row["share"]) > 0.9


def test_what_many_wrote_counts_for_nothing(released):
    assert table(released, {f"s{number}": OWN for number in range(alike.MANY + 1)}) == []
    assert table(released, {f"s{number}": OWN for number in range(alike.MANY)})


def test_who_wrote_nothing_shares_nothing(released):
    assert table(released, {"anna": STUB, "ben": STUB, "absent": ""}) == []


def test_who_copies_the_master_is_told_even_where_many_do(tmp_path):
    root = tmp_path
    release = grading.course(root)
    master = grading.master()
    grading.named(master)["p1_share"].source = f"### BEGIN SOLUTION\n{OWN}\n### END SOLUTION"
    nbformat.write(master, root / "source" / NAME / f"{NAME}.ipynb")
    rows = table((root, release), {f"s{number:02}": OWN for number in range(alike.MANY + 5)} | {"other": OTHER})
    assert {row["other"] for row in rows} == {alike.MASTER} and len(rows) == alike.MANY + 5


@pytest.mark.parametrize("name", assignments.names())
def test_solutions_written_differently_stay_far_below_the_share_that_is_told(name, tmp_path):
    right = tomllib.loads((SOLUTIONS / f"{name}.toml").read_text(encoding="utf-8")).get("right", [])
    code = {entry["cell"]: entry["code"] for entry in right}
    master = assignments.master(name)
    master.cells = [cell for cell in master.cells if id_of(cell) in code]
    different = copy.deepcopy(master)
    for cell in different.cells:
        cell.source = code[id_of(cell)]
    found = {}
    for kind, cells in (("given", cleared(master.cells)), ("master", master.cells), ("own", different.cells)):
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / kind)
        found[kind] = alike.passages(tmp_path / kind)
    own, theirs = found["own"] - found["given"], found["master"] - found["given"]
    assert len(own) > 100 and len(own & theirs) < alike.SHARE / 2 * min(len(own), len(theirs))
