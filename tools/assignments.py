"""Make the assignments: ``python -m tools.assignments`` writes the masters from their texts, then the release.

A master is edited as text in ``assignments/text/``. The notebook that is made from it in ``assignments/source/`` is
what nbgrader reads. The release is what students get: nbgrader puts the header first and takes the solutions and the
hidden tests out.
``--class FOLDER`` then hands in for three made-up students: the solutions in each framework, and the release as it is.
``--class LIST.csv`` writes to ``assignments/variants/`` what each student of a list gets where students get different
things (`tools.variants`).
"""

import argparse
import ast
import copy
import os
import re
import sys
from pathlib import Path

import nbformat
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import is_grade, is_solution
from traitlets.config import PyFileConfigLoader

from tools import notebooks, variants
from tools.course import FRAMEWORKS, ROOT
from tools.grading import Refusal
from tools.text import assignment

COURSE = ROOT / "assignments"
TEXTS = COURSE / "text"
SOLUTION = re.compile(r"BEGIN SOLUTION.*?END SOLUTION", re.DOTALL)
MARKER = re.compile(r" *### (?:BEGIN|END) SOLUTION\n?")
HIDDEN = re.compile(r"BEGIN HIDDEN TESTS.*?END HIDDEN TESTS", re.DOTALL)


def names():
    """Return the names of all assignments, in order."""
    return sorted(text.stem for text in TEXTS.glob("[0-9]*.md"))


def source_of(name, folder=COURSE):
    """Return the path of the notebook that is made from the text `name`, the header's included."""
    return folder / "source" / ("header.ipynb" if name == "header" else f"{name}/{name}.ipynb")


def id_of(cell):
    """Return the name by which nbgrader knows a cell, or None."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def is_test(cell):
    """Say whether a cell is graded by running it."""
    return cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)


def choose(source, framework):
    """Return the source of a cell with the header's line, if it is there, choosing a framework."""
    return re.sub('^FRAMEWORK = "pytorch"', f'FRAMEWORK = "{framework}"', source)


def master(name):
    """Return the notebook of the text `name`, in which each test ends its visible part with a line on what passed."""
    notebook = assignment(TEXTS / f"{name}.md")
    for cell in notebook.cells:
        if is_test(cell):
            cell.source = ticked(cell.source, id_of(cell))
    return notebook


def ticked(test, name):
    """Return the source of a test cell with a line after its visible tests that says how many there are."""
    nodes = list(ast.walk(ast.parse(HIDDEN.sub("", test))))
    count = sum(isinstance(node, ast.Assert) for node in nodes)
    count += sum(isinstance(node, ast.Attribute) and node.attr.startswith("assert_") for node in nodes)
    line = f'print("✓ {name.removesuffix("_test")}: {count} of {count} visible tests")'
    before, marker, hidden = test.rpartition("### BEGIN HIDDEN TESTS")
    if not count:
        return test
    if not marker or not hidden.rstrip().endswith("### END HIDDEN TESTS"):
        return f"{test.rstrip()}\n{line}"
    return f"{before.rstrip()}\n{line}\n{marker}{hidden}".rstrip()


def write_masters(folder=COURSE):
    """Write the notebook of every text where nbgrader looks for it, in the course in `folder`."""
    for name in ["header", *names()]:
        path = source_of(name, folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(master(name), path)


def course(folder=COURSE):
    """Return nbgrader's interface to the course in `folder`."""
    # nbgrader calls the command alembic, which lies beside this Python.
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    config = PyFileConfigLoader("nbgrader_config.py", path=str(COURSE)).load_config()
    config.CourseDirectory.root = str(folder)
    config.IncludeHeaderFooter.header = str(folder / "source" / "header.ipynb")
    return NbGraderAPI(CourseDirectory(config=config), config=config)


def release(name, folder=COURSE):
    """Let nbgrader write the release of an assignment, and return its notebook.

    Raises
    ------
    RuntimeError
        If nbgrader refuses; the message ends with its log.
    """
    done = course(folder).generate_assignment(name, force=True)
    if not done["success"]:
        raise RuntimeError(f"nbgrader could not make the release of {name}:\n{done['log']}{done['error'] or ''}")
    path = folder / "release" / name / f"{name}.ipynb"
    notebook = notebooks.read(path)
    if variants.faults(name):
        notebook = of_variant(notebook, name, 0)
        nbformat.write(notebook, path)
    return notebook


def ports(name, variant):
    """Return the broken port of a variant of an assignment, by the name of its cell; mostly there is none."""
    if not variants.faults(name):
        return {}
    cells = {cell for names in variants.faults(name).values() for fault in names.values() for cell in fault}
    chosen = variants.drawn(name, variant).values()
    rights = {id_of(cell): MARKER.sub("", cell.source) for cell in master(name).cells if id_of(cell) in cells}
    return {cell: variants.broken(name, cell, port, chosen) for cell, port in rights.items()}


def of_variant(released, name, variant):
    """Return the release of an assignment with the number and the broken port of a variant."""
    notebook, sources = copy.deepcopy(released), ports(name, variant) | {"variant": f"VARIANT = {variant}"}
    for cell in notebook.cells:
        cell.source = sources.get(id_of(cell), cell.source)
    return notebook


def traces(name, released):
    """Return the lines of solutions and hidden tests of an assignment that its release shows; there should be none."""
    sources = [cell.source for text in ("header", name) for cell in master(text).cells]
    hidden = [part for source in sources for pattern in (SOLUTION, HIDDEN) for part in pattern.findall(source)]
    visible = [HIDDEN.sub("", SOLUTION.sub("", source)) for source in sources] + [*ports(name, 0).values()]
    secret = _lines(hidden) - _lines(visible)
    return sorted(line for line in secret & _lines(cell.source for cell in released.cells) if len(line) > 12)


def _lines(texts):
    return {line.strip() for text in texts for line in text.splitlines()}


def solved(name, framework, folder=COURSE):
    """Return the release of an assignment with the solutions of its master filled in, for one framework."""
    master, notebook = (notebooks.read(folder / step / name / f"{name}.ipynb") for step in ("source", "release"))
    solutions = {id_of(cell): cell.source for cell in master.cells if is_solution(cell)}
    for cell in notebook.cells:
        cell.source = choose(solutions.get(id_of(cell), cell.source), framework)
    return notebook


def hand_in(notebook, student, name, folder):
    """Write a notebook where nbgrader expects a student's submission, and return its path."""
    path = folder / student / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def hand_out(released, name, students, folder=COURSE):
    """Write what each student of a list gets, and the list of who has which variant; return how many have one."""
    given = variants.assigned(name, students, variants.known(folder))
    for student in students:
        hand_in(of_variant(released, name, given[student]), student, name, folder / "variants")
    variants.write(given, folder)
    return len(students)


def main(arguments=None):
    """Write the masters and the release of every assignment; return the exit status."""
    parser = argparse.ArgumentParser(description="Make the assignments.")
    listed = "hand in for made-up students; or write a variant for each student of a table with a column student"
    parser.add_argument("--class", dest="submissions", type=Path, metavar="FOLDER|LIST.csv", help=listed)
    options = parser.parse_args(arguments)

    students = []
    if options.submissions and options.submissions.suffix.lower() == ".csv":
        try:
            students, options.submissions = variants.students(options.submissions), None
        except Refusal as refusal:
            print(refusal, file=sys.stderr)
            return 1
    write_masters()
    for name in names():
        notebook = release(name)
        if found := traces(name, notebook):
            print(f"The release of {name} shows what students must not see: {found[0]!r}", file=sys.stderr)
            return 1
        points = sum(cell.metadata.nbgrader.points for cell in notebook.cells if is_grade(cell))
        print(f"assignments/release/{name}/{name}.ipynb: {points:g} points")
        if students and variants.faults(name):
            print(f"assignments/variants/: {hand_out(notebook, name, students)} students have a variant of it")
        if options.submissions:
            hand_in(notebook, "untouched", name, options.submissions)
            for tag in (framework.tag for framework in FRAMEWORKS):
                hand_in(solved(name, tag), tag, name, options.submissions)
    return 0


if __name__ == "__main__":
    sys.exit(main())
