"""What the tests of grading share: an assignment without a framework, which costs no import, and hands to fill it."""

import copy
from pathlib import Path

import nbformat

from tools import assignments
from tools.text import assignment

NAME = "counting"
TEXT = Path(__file__).with_name(f"{NAME}.md")
RIGHT = {
    "p1_share": "def share(y):\n    return np.mean(y)",
    "p2_weight": "def weight(y):\n    return len(y) / (2 * np.sum(y))",
    "p3_answer": "On the costs.",
}
CHOICE = {"grade_id": "framework", "grade": False, "solution": False, "locked": False, "schema_version": 3}


def header():
    """Return the cells that open the assignment, as the true header's first does."""
    return [nbformat.v4.new_code_cell('FRAMEWORK = "pytorch"', metadata={"nbgrader": CHOICE})]


def master():
    """Return the assignment with its solutions, and with the lines that say what passed."""
    notebook = assignment(TEXT)
    for cell in notebook.cells:
        if assignments.is_test(cell):
            cell.source = assignments.ticked(cell.source, assignments.id_of(cell))
    return notebook


def course(root):
    """Write the course with this one assignment into a folder, and return its release."""
    (root / "source" / NAME).mkdir(parents=True)
    nbformat.write(master(), root / "source" / NAME / f"{NAME}.ipynb")
    nbformat.write(nbformat.v4.new_notebook(cells=header()), root / "source" / "header.ipynb")
    return assignments.release(NAME, root)


def filled(released, cells=RIGHT):
    """Return the release with a student's cells filled in."""
    notebook = copy.deepcopy(released)
    for cell in notebook.cells:
        cell.source = {**RIGHT, **cells}.get(assignments.id_of(cell), cell.source)
    return notebook


def named(notebook):
    """Return the cells of a notebook that have a name, by it."""
    return {assignments.id_of(cell): cell for cell in notebook.cells if assignments.id_of(cell)}
