"""`make grade`, through nbgrader itself: no submission stops, changes or reads another, and each says what happened."""

import copy
import csv
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import nbformat
import psutil
import pytest

from tools import assignments, grade
from tools.course import ROOT
from tools.text import assignment

COURSE = Path(__file__).with_name("counting.md")  # an assignment without a framework, which costs no import
RIGHT = {
    "p1_share": "def share(y):\n    return np.mean(y)",
    "p2_weight": "def weight(y):\n    return len(y) / (2 * np.sum(y))",
    "p3_answer": "On the costs.",
}
MARK = f"started-by-the-test-{os.getpid()}"
# What each student hands in: the right solution, but for these cells.
STUDENTS = {
    "right": {},
    "wrong": {"p1_share": "def share(y):\n    return np.sum(y)"},
    "hang": {"p1_share": "while True:\n    pass"},
    "memory": {"p1_share": "everything = [np.zeros(2**27) for _ in range(100)]  # a gigabyte each"},
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
        "    subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(99)', 'MARK'])\n"
        "import time; time.sleep(5)"
    },
}


def hand_in(folder, released, student, cells):
    """Write a student's notebook: the release with its cells filled in."""
    notebook = copy.deepcopy(released)
    for cell in notebook.cells:
        cell.source = {**RIGHT, **cells}.get(assignments.id_of(cell), cell.source)
    return assignments.hand_in(notebook, student, "counting", folder)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Grade one submission of each kind, all in one run; return its output, the table of marks, and where all is."""
    folder = tmp_path_factory.mktemp("grading")
    root, submitted = folder / "course", folder / "submitted"
    boxed = grade.unlimited([])[0]
    (root / "source" / "counting").mkdir(parents=True)
    nbformat.write(assignment(COURSE), root / "source" / "counting" / "counting.ipynb")
    nbformat.write(nbformat.v4.new_notebook(), root / "source" / "header.ipynb")
    released = assignments.release("counting", root)

    with socket.create_server(("127.0.0.1", 0)) as server:
        places = {"FOLDER": str(folder), "PORT": str(server.getsockname()[1]), "MARK": MARK}
        for student, cells in STUDENTS.items():
            if student in ("writes", "connects") and not boxed:
                continue
            for word, place in places.items():
                cells = {name: source.replace(word, place) for name, source in cells.items()}
            hand_in(submitted, released, student, cells)
        hand_in(submitted, released, "untouched", {cell: "raise NotImplementedError()" for cell in RIGHT})
        path = hand_in(submitted, released, "files", {})
        for name in ("numpy.py", "companion/__init__.py"):
            (path.parent / name).parent.mkdir(exist_ok=True)
            (path.parent / name).write_text("raise SystemExit\n")
        for student in ("deletes", "edits", "skips"):
            path = hand_in(submitted, released, student, {"p1_share": "def share(y):\n    return 0"})
            notebook = nbformat.read(path, as_version=4)
            for cell in list(notebook.cells):
                if student == "deletes" and assignments.id_of(cell) in ("p1_share_test", "p2_weight", "p2_weight_test"):
                    notebook.cells.remove(cell)
                elif student == "skips" and assignments.id_of(cell) == "p1_share_test":
                    cell.metadata.tags = ["skip-execution"]
                elif student == "edits" and assignments.id_of(cell) == "p1_share_test":
                    cell.source = "1000"
                    cell.metadata.nbgrader.update(points=1000, solution=True)
            nbformat.write(notebook, path)
        (submitted / "corrupt" / "counting").mkdir(parents=True)
        (submitted / "corrupt" / "counting" / "counting.ipynb").write_text('{"cells": [')
        (submitted / "absent" / "counting").mkdir(parents=True)
        (submitted / "absent" / "countnig").mkdir()
        before = {path: path.read_bytes() for path in submitted.rglob("*") if path.is_file()}

        options = ["--course", root, "--jobs", "2", "--cell-seconds", "10"]  # a busy machine needs some for an import
        command = [sys.executable, "-m", "tools.grade", submitted, *options]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
        server.settimeout(0.1)
        with pytest.raises(TimeoutError):  # nobody came
            server.accept()
    assert result.returncode == 0, result.stderr
    with open(root / "marks.csv", encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert before == {path: path.read_bytes() for path in submitted.rglob("*") if path.is_file()}
    return {"output": result.stdout, "rows": rows, "root": root, "boxed": boxed}


FULL = {"problem 1": "2", "problem 2": "3", "problem 3": "0", "total": "5", "out of": "6", "by hand": "1"}
SECOND_ALONE = FULL | {"problem 1": "0", "total": "3"}  # what happens in Problem 1 costs nothing in Problem 2
NOTHING = {"total": "0", "out of": "6", "by hand": "0"}


@pytest.mark.parametrize(
    ("student", "marks", "happened"),
    [
        ("right", FULL, ""),
        ("wrong", SECOND_ALONE, ""),
        ("untouched", NOTHING | {"by hand": "1"}, ""),
        ("hang", SECOND_ALONE, "p1_share took too long and was interrupted"),
        ("memory", SECOND_ALONE, "p1_share: MemoryError"),
        ("dies", NOTHING, "its kernel died; no marks"),
        ("prints", FULL, "p1_share printed more than a million characters"),
        (
            "deletes",
            NOTHING | {"by hand": "1"},
            "p1_share_test was deleted; p2_weight was deleted; p2_weight_test was deleted",
        ),
        ("edits", SECOND_ALONE, "p1_share_test was edited"),
        ("skips", SECOND_ALONE, "p1_share_test was edited"),
        ("testing", FULL, "replaced numpy.testing.assert_allclose"),
        ("companion", {"problem 1": "2"}, "replaced companion.weights.class_weights"),
        ("files", FULL, "left out the file companion/__init__.py; left out the file numpy.py"),
        ("forks", NOTHING, "it started more than 64 processes; no marks"),
        ("corrupt", NOTHING, "counting.ipynb is not a notebook (NotJSONError); no marks"),
        ("absent", NOTHING, "there is no counting.ipynb; no marks"),
    ],
)
def test_a_submission_gets_its_marks_and_the_report_says_what_happened(graded, student, marks, happened):
    row = graded["rows"][student]
    assert {column: row[column] for column in marks} == marks
    assert row["what happened"].startswith(happened) if happened else row["what happened"] == ""
    assert re.search(
        rf"^\[\d+/\d+\] {student} .* s  {re.escape(row['what happened'])}$", graded["output"], re.MULTILINE
    )


@pytest.mark.parametrize(
    ("student", "happened"),
    [
        ("writes", "p1_share: FileNotFoundError: [Errno 2] No such file or directory: "),  # it does not even see them
        ("connects", "p1_share: OSError: [Errno 101] Network is unreachable"),
    ],
)
def test_a_sandbox_keeps_a_submission_from_files_and_network(graded, student, happened):
    if not graded["boxed"]:
        pytest.skip("this system gives no user namespaces")
    test_a_submission_gets_its_marks_and_the_report_says_what_happened(graded, student, SECOND_ALONE, happened)


def test_nothing_that_a_submission_started_is_left(graded):
    assert not [process for process in psutil.process_iter(["cmdline"]) if MARK in (process.info["cmdline"] or [])]


def test_each_student_gets_feedback_and_the_gradebook_has_the_marks(graded):
    for student in graded["rows"]:
        page = (graded["root"] / "feedback" / student / "counting" / "counting.html").read_text(encoding="utf-8")
        assert "<title>counting</title>" in page
        assert len(page) < 2_000_000
    assert "A half of these are ones." in (graded["root"] / "feedback/wrong/counting/counting.html").read_text()
    with assignments.course(graded["root"]).gradebook as gradebook:
        for student, row in graded["rows"].items():
            assert gradebook.find_submission("counting", student).score == float(row["total"])


def test_the_summary_says_who_failed_where(graded):
    summary = graded["output"].partition(f"\ncounting: {len(graded['rows'])} submissions, mean ")[2]
    assert re.search(r"^  p1_share_test, 2 points: 5 in full; not .*\bhang, .*\bwrong$", summary, re.MULTILINE)
    assert re.search(r"^  p3_answer, 1 points: 0 in full; 14 to be graded by hand", summary, re.MULTILINE)
    assert "Left out: there is no assignment countnig." in graded["output"]


@pytest.mark.parametrize(
    ("folders", "said"),
    [
        ([], "There is no folder "),
        ([""], "There is no submission in "),
        (["anna/99_unknown"], "There is no assignment 99_unknown; there are: "),
    ],
)
def test_a_folder_without_submissions_gets_a_sentence(folders, said, tmp_path, capsys):
    for folder in folders:
        (tmp_path / "submitted" / folder).mkdir(parents=True)
    (tmp_path / "course" / "source").mkdir(parents=True)
    assert grade.main([str(tmp_path / "submitted"), "--course", str(tmp_path / "course")]) == 1
    assert capsys.readouterr().err.startswith(said)


def test_a_sandbox_shows_the_package_where_the_course_is_hidden(tmp_path):
    if not grade.unlimited([])[0]:
        pytest.skip("this system gives no user namespaces")
    program = f"import os, companion; print(os.listdir({str(ROOT)!r}))"
    command = [*grade.sandboxed(tmp_path, [ROOT]), sys.executable, "-c", program]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "companion" in result.stdout and "assignments" not in result.stdout


def test_a_system_without_namespaces_is_told_in_one_line(monkeypatch):
    monkeypatch.setattr(grade, "SANDBOX", "/nowhere")
    boxed, said = grade.unlimited([])
    assert not boxed
    assert said.count("\n") == 1 and "can read and write your files and use the network" in said
