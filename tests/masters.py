"""What the test cells of the assignments say to right work, to wrong work and to none, without nbgrader.

Each problem stands on the header, on the cells before Problem 1, and on its own cells, so each run executes just these;
what comes before a student's first cell is executed once for all runs of a problem. ``python tests/masters.py FRAMEWORK
[NAME …]`` runs the masters, the untouched release, and the wrong and right solutions of ``tests/solutions/``, in one
process, and prints what was said as JSON; test_assignments_pytorch.py and test_assignments_tensorflow.py judge it.
"""

import contextlib
import copy
import functools
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import warnings
from pathlib import Path
from types import ModuleType

import nbformat
from nbgrader.preprocessors import ClearSolutions
from nbgrader.utils import is_solution
from running import hide

from tools import assignments
from tools.assignments import id_of, is_test
from tools.course import FRAMEWORKS, OTHER, ROOT

SOLUTIONS = Path(__file__).parent / "solutions"


def cells_of(name):
    """Return the code cells of the master `name`, each with the number of its problem; 0 is the header and set-up."""
    found, problem = [], 0
    for text in ("header", name):
        for cell in assignments.master(text).cells:
            if heading := re.match(r"## Problem (\d+)", cell.source):
                problem = int(heading.group(1))
            if cell.cell_type == "code":
                found.append((problem, cell))
    return found


def run(cells, namespace, framework, replaced=None, judged=None):
    """Execute cells; return what each of the test cells says: None, or the error or the output on stderr.

    Nothing is run after the last of the tests that are `judged`, by default all. The grader takes no marks for a word
    on stderr, but a master, or a right solution, should write none.
    """
    judged = {id_of(cell) for cell in cells if is_test(cell)} if judged is None else {*judged}
    said = {}
    for cell in cells:
        if judged <= said.keys():
            break
        source = assignments.choose((replaced or {}).get(id_of(cell), cell.source), framework)
        stderr, error = io.StringIO(), None
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(stderr), warnings.catch_warnings():
            warnings.simplefilter("always")
            try:
                exec(compile(source, id_of(cell) or "cell", "exec"), namespace)
            except Exception as caught:  # as in a notebook, the next cell runs all the same
                error = f"{type(caught).__name__}: {caught}"
        if is_test(cell):
            said[id_of(cell)] = error or stderr.getvalue() or None
    return said


class Start:
    """What a problem stands on: the set-up, and what is given before a student's first cell, executed once."""

    def __init__(self, cells, framework):
        self.namespace = {"__name__": "__main__"}
        for cell in cells:
            source = assignments.choose(cell.source, framework)
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(source, id_of(cell) or "cell", "exec"), self.namespace)
        self.kept = dict(self.namespace)

    def again(self):
        """Return the namespace as it was, whatever was changed in it since, arrays in place included.

        It is the same dictionary each time, in which the functions that it holds look up their names.
        """
        shared = [self.kept["__builtins__"], *(one for one in self.kept.values() if isinstance(one, ModuleType))]
        self.namespace.clear()
        self.namespace.update(copy.deepcopy(self.kept, {id(one): one for one in shared}))
        return self.namespace


def cleared(cells):
    """Return the cells with their solutions taken out as nbgrader does it, and the hidden tests left in."""
    notebook, _ = ClearSolutions().preprocess(nbformat.v4.new_notebook(cells=copy.deepcopy(cells)), {})
    return notebook.cells


def titles(entries):
    """Return a readable name for each solution, for the report of the tests."""
    return [f"{name[:2]} {entry.get('mistake') or entry['differently']}" for name, entry in entries]


def solutions(kind, framework):
    """Return the wrong or the right solutions that run in a framework, as ``(assignment, entry)``."""
    return [
        (name, entry)
        for name in assignments.names()
        for entry in tomllib.loads((SOLUTIONS / f"{name}.toml").read_text(encoding="utf-8")).get(kind, [])
        if entry.get("framework", framework) == framework
    ]


def report(name, framework):
    """Return what the test cells of an assignment say to the master, to the release, and to each solution's code."""
    cells, found = cells_of(name), {"master": {}, "release": {}}
    for problem in sorted({number for number, cell in cells if is_test(cell)}):  # the others are answered in words
        wanted = [cell for number, cell in cells if number in (0, problem)]
        first = next(place for place, cell in enumerate(wanted) if is_solution(cell))
        start, own = Start(wanted[:first], framework), wanted[first:]
        for kind, version in (("master", own), ("release", cleared(own))):
            found[kind] |= run(version, start.again(), framework)
        names = {id_of(cell) for cell in own}
        for kind, judged in (("wrong", "loses"), ("right", "keeps")):
            for whose, entry in solutions(kind, framework):
                if whose == name and entry["cell"] in names:
                    replaced = {entry["cell"]: entry["code"]}
                    found[entry["code"]] = run(own, start.again(), framework, replaced, entry[judged])
    return found


@functools.cache
def said(framework):
    """Return the reports of all assignments, from a process where the other framework cannot be imported."""
    with tempfile.TemporaryDirectory() as folder:
        hide(next(OTHER[one].modules for one in FRAMEWORKS if one.tag == framework), Path(folder))
        paths = [folder, str(ROOT), str(Path(__file__).parent), os.environ["PYTHONPATH"]]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
        result = subprocess.run([sys.executable, __file__, framework], env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-3000:]
    return json.loads(result.stdout)


def check_marks(framework, name):
    """The master gets every mark of an assignment, and the untouched release none."""
    lost = {cell: words for cell, words in said(framework)[name]["master"].items() if words}
    assert not lost, lost
    release = said(framework)[name]["release"]
    assert release and all(release.values()), release


def check_wrong(framework, name, entry):
    """A mistake loses the marks of the cells meant for it, and is told why in a sentence."""
    words = said(framework)[name][entry["code"]]
    for cell in entry["loses"]:
        assert words[cell], f"{cell} did not notice"
        if not entry.get("crash"):
            assert words[cell].startswith("AssertionError: ") and len(words[cell].split()) > 4, words[cell]


def check_right(framework, name, entry):
    """A right solution keeps its marks, however it is written."""
    words = said(framework)[name][entry["code"]]
    lost = {cell: words[cell] for cell in entry["keeps"] if words[cell]}
    assert not lost, lost


if __name__ == "__main__":
    framework, *chosen = sys.argv[1:]
    print(json.dumps({name: report(name, framework) for name in chosen or assignments.names()}))
