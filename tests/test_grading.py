"""`make grade`, through nbgrader itself: no submission stops, changes or reads another, and each says what happened."""

import copy
import csv
import os
import re
import socket
import subprocess
import sys

import nbformat
import psutil
import pytest

from tools import assignments, gates, grade
from tools.execute import from_text

COURSE = '''
# Counting

```python nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from companion.weights import class_weights
```

## Problem 1

```python nbgrader={"grade": false, "grade_id": "p1_share", "locked": false, "schema_version": 3, "solution": true, "task": false}
def share(y):
    """Return the share of ones."""
    ### BEGIN SOLUTION
    return np.mean(y)
    ### END SOLUTION
```

```python nbgrader={"grade": true, "grade_id": "p1_share_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
np.testing.assert_allclose(share(np.array([0, 1])), 0.5, err_msg="A half of these are ones.")
### BEGIN HIDDEN TESTS
np.testing.assert_allclose(share(np.array([0, 0, 0, 1])), 0.25, err_msg="A quarter of these are ones.")
### END HIDDEN TESTS
```

## Problem 2

```python nbgrader={"grade": false, "grade_id": "p2_weight", "locked": false, "schema_version": 3, "solution": true, "task": false}
def weight(y):
    """Return n / (2 n_1)."""
    ### BEGIN SOLUTION
    return len(y) / (2 * np.sum(y))
    ### END SOLUTION
```

```python nbgrader={"grade": true, "grade_id": "p2_weight_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
y = np.array([0, 0, 0, 1])
assert np.isclose(weight(y), class_weights(y)[1]), "The weight is the number of rows over twice the number of ones."
### BEGIN HIDDEN TESTS
assert np.isclose(weight(1 - y), 2 / 3), "Count the ones, not the smaller class."
### END HIDDEN TESTS
```

<!-- #region nbgrader={"grade": true, "grade_id": "p3_answer", "locked": false, "points": 1, "schema_version": 3, "solution": true, "task": false} -->
### BEGIN SOLUTION
It depends.
### END SOLUTION
<!-- #endregion -->
'''
RIGHT = {
    "p1_share": "def share(y):\n    return np.mean(y)",
    "p2_weight": "def weight(y):\n    return len(y) / (2 * np.sum(y))",
    "p3_answer": "On the costs.",
}
# What each student hands in: the right solution, but for these cells.
STUDENTS = {
    "right": {},
    "wrong": {"p1_share": "def share(y):\n    return np.sum(y)"},
    "hang": {"p1_share": "while True:\n    pass"},
    "memory": {"p1_share": "everything = [bytearray(2**28) for _ in range(100)]"},
    "dies": {"p1_share": "import os\nos._exit(1)"},
    "prints": {"p1_share": 'print("x" * 100_000_000)\n' + RIGHT["p1_share"]},
    "testing": {"p1_share": "np.testing.assert_allclose = lambda *a, **b: None\ndef share(y):\n    return 7"},
    "companion": {
        "p2_weight": "import companion.weights\nclass_weights = companion.weights.class_weights = lambda y: [1, 1]\n"
        "def weight(y):\n    return 1"
    },
    "writes": {
        "p1_share": "import glob, os\n"
        "for path in glob.glob('FOLDER/**', recursive=True) + ['FOLDER/submitted/right/counting/counting.ipynb',\n"
        "                                                      'FOLDER/course/gradebook.db']:\n"
        "    if not os.path.isdir(path):\n"
        "        open(path, 'w').write('gone')"
    },
    "connects": {"p1_share": "import socket\nsocket.create_connection(('127.0.0.1', PORT), timeout=5)"},
    "forks": {
        "p1_share": "import subprocess, sys\n"
        "for _ in range(200):\n"
        "    subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(987)'])\n"
        "import time; time.sleep(5)"
    },
}


def hand_in(folder, released, student, cells):
    """Write a student's notebook: the release with its cells filled in."""
    notebook = copy.deepcopy(released)
    for cell in notebook.cells:
        cell.source = {**RIGHT, **cells}.get(assignments.id_of(cell), cell.source)
    path = folder / student / "counting" / "counting.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    return path


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Grade one submission of each kind, all in one run; return its output, the table of marks, and where all is."""
    folder = tmp_path_factory.mktemp("grading")
    root, submitted = folder / "course", folder / "submitted"
    (root / "source" / "counting").mkdir(parents=True)
    (folder / "counting.md").write_text(COURSE)
    nbformat.write(from_text(folder / "counting.md"), root / "source" / "counting" / "counting.ipynb")
    nbformat.write(nbformat.v4.new_notebook(), root / "source" / "header.ipynb")
    released = assignments.release("counting", root)

    with socket.create_server(("127.0.0.1", 0)) as server:
        places = {"FOLDER": str(folder), "PORT": str(server.getsockname()[1])}
        for student, cells in STUDENTS.items():
            for word, place in places.items():
                cells = {name: source.replace(word, place) for name, source in cells.items()}
            hand_in(submitted, released, student, cells)
        hand_in(submitted, released, "untouched", {cell: "raise NotImplementedError()" for cell in RIGHT})
        path = hand_in(submitted, released, "files", {})
        for name in ("numpy.py", "companion/__init__.py"):
            (path.parent / name).parent.mkdir(exist_ok=True)
            (path.parent / name).write_text("raise SystemExit\n")
        for student in ("deletes", "edits"):
            path = hand_in(submitted, released, student, {"p1_share": "def share(y):\n    return 0"})
            notebook = nbformat.read(path, as_version=4)
            for cell in list(notebook.cells):
                if student == "deletes" and assignments.id_of(cell) in ("p1_share_test", "p2_weight", "p2_weight_test"):
                    notebook.cells.remove(cell)
                elif assignments.id_of(cell) == "p1_share_test":
                    cell.source = "1000"
                    cell.metadata.nbgrader.update(points=1000, solution=True)
            nbformat.write(notebook, path)
        (submitted / "corrupt" / "counting").mkdir(parents=True)
        (submitted / "corrupt" / "counting" / "counting.ipynb").write_text('{"cells": [')
        (submitted / "absent" / "counting").mkdir(parents=True)
        (submitted / "absent" / "countnig").mkdir()
        before = {path: path.read_bytes() for path in submitted.rglob("*") if path.is_file()}

        command = [
            sys.executable,
            "-m",
            "tools.grade",
            submitted,
            "--course",
            root,
            "--jobs",
            "2",
            "--cell-seconds",
            "4",
        ]
        result = subprocess.run(command, cwd=gates.ROOT, capture_output=True, text=True, timeout=300)
        server.settimeout(0.1)
        with pytest.raises(TimeoutError):  # nobody came
            server.accept()
    assert result.returncode == 0, result.stderr
    with open(root / "marks.csv", encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert before == {path: path.read_bytes() for path in submitted.rglob("*") if path.is_file()}
    return {"output": result.stdout, "rows": rows, "root": root, "boxed": grade.unlimited([])[0]}


def test_debug(graded):
    print(graded["output"])
    assert 0
