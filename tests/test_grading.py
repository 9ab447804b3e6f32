"""`make grade`, through nbgrader itself: no submission stops, changes or reads another, and each says what happened."""

import contextlib
import csv
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace

import grading
import nbformat
import psutil
import pytest
from grading import NAME, RIGHT
from nbgrader.api import MissingEntry
from nbgrader.plugins import CsvExportPlugin
from nbgrader.preprocessors import AssignLatePenalties

from benchmarks import misfits
from benchmarks.misfits import CELLS, SCRIPT
from tools import assignments, notebooks
from tools.course import ROOT
from tools.grading import Refusal, answers, book, sandbox, watch, worker
from tools.grading.__main__ import grade_all, main
from tools.grading.report import SUSPECT
from tools.grading.submissions import Submission

MARK = f"started-by-the-test-{os.getpid()}"
SECRET = "the-lecturers-key"
# What each student hands in: the right solution, but for these cells.
STUDENTS = {
    "right": {},
    "wrong": {"p1_share": "def share(y):\n    return np.sum(y)"},
    "hang": {"p1_share": CELLS["hangs"]},
    "stubborn": {"p1_share": CELLS["hangs-on"]},
    "memory": {"p1_share": CELLS["memory"]},
    "dies": {"p1_share": CELLS["dies"], "p2_weight": CELLS["exits"]},
    "prints": {
        "p1_share": f"{CELLS['prints']}\n{RIGHT['p1_share']}",
        "p2_weight": "import sys, warnings\ndef weight(y):\n    warnings.warn('Careful!')\n"
        "    print('y' * 50_000, file=sys.stderr)\n    return len(y) / (2 * np.sum(y))",
    },
    "tricks": {
        "p1_share": CELLS["tricks"] + "\ndef share(y):\n    return 7",
        "p2_weight": "import companion.weights\nclass_weights = companion.weights.class_weights = lambda y: [1, 1]\n"
        "def weight(y):\n    return 1",
    },
    "borrows": {  # of which nothing is of the student's making
        "p1_share": CELLS["borrows"] + "\ndef share(y):\n    return 7",
        "p2_weight": "import builtins, functools\nbuiltins.compile = functools.partial(compile, optimize=1)\n"
        "def weight(y):\n    return -1",
    },
    "disk": {
        "p1_share": CELLS["writes"],
        "p2_weight": f"{CELLS['prints-beside']}\n{RIGHT['p2_weight']}",
    },
    "spies": {
        "p1_share": "import os, subprocess\nfound = [path for path in ('ROOT/assignments', 'ROOT/.git', 'ROOT/tests',"
        " 'FOLDER/course') if os.path.isdir(path) and os.listdir(path)]\n"
        "found += [one for one in os.listdir('HOME') if one not in 'SHOWN']\n"
        "found += [key for key, value in os.environ.items() if 'SECRET' in value]\n"
        "found += [disk for disk in os.listdir('/dev') if disk not in "
        "('null', 'zero', 'full', 'random', 'urandom', 'shm', 'fd', 'pts', 'ptmx')]\n"
        "raise RuntimeError(f'it sees {sorted(found)}')",
        "p2_weight": "import glob, os, socket\ngot = set()\ndef overwrite(path):\n    with open(path, 'w') as file:\n"
        "        file.write('gone')\ndef connect(port):\n    socket.create_connection(('127.0.0.1', port), timeout=5)\n"
        "def attempt(function, argument):\n    try:\n        got.add(function(argument))\n"
        "    except OSError as error:\n        got.add(error.strerror)\n"
        "for path in glob.glob('FOLDER/**', recursive=True) + ['FOLDER/submitted/right/counting/counting.ipynb',\n"
        "                                                      'FOLDER/course/gradebook.db']:\n"
        "    if not os.path.isdir(path):\n        attempt(overwrite, path)\nattempt(connect, PORT)\n"
        "raise RuntimeError(f'it gets {sorted(got, key=str)}')",
    },
    "forks": {"p1_share": CELLS["forks"]},
    "script": {
        "p1_share": CELLS["shows"],
        "p3_answer": f"On the costs. {SCRIPT}\n\n[here](javascript:document.title='taken')\n\n`{SCRIPT}`\n\n${SCRIPT}$",
    },
}
FILES, SAFE = "<img src=x onerror=alert(1)>", "_img src_x onerror_alert_1__-63b5"  # a student's name, and in the course
DUE, STUB = "2026-03-01 12:00:00 UTC", "YOUR ANSWER HERE"


def has_sandbox():
    """Say whether this system has one."""
    try:
        sandbox.check([])
    except Refusal:
        return False
    return True


def hand_in(folder, released, student, cells):
    """Write a student's notebook: the release with its cells filled in."""
    return assignments.hand_in(grading.filled(released, cells), student, NAME, folder)


def run(submitted, root, boxed, *options):
    """Run the command on a folder; return what it printed."""
    command = [
        sys.executable,
        "-m",
        "tools.grading",
        submitted,
        "--course",
        root,
        "--jobs",
        "2",
        "--cell-seconds",
        "10",
    ]
    command += options if boxed else [*options, sandbox.FLAG]
    environment = os.environ | {"LECTURER": SECRET}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900)
    assert result.returncode == 0, result.stderr
    assert "Warning" not in result.stderr
    return result.stdout


def table(root):
    """Return the rows of the table of marks by student."""
    with open(root / "marks.csv", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A course that is made once, and its release."""
    root = tmp_path_factory.mktemp("made")
    return root, grading.course(root)


@pytest.fixture
def released(made, tmp_path):
    """The release of a course in tmp_path, which is the test's own."""
    shutil.copytree(made[0], tmp_path / "course")
    return made[1]


@pytest.fixture(scope="module")
def graded(tmp_path_factory, made):
    """Grade one submission of each kind, all in one run; return its output, the table of marks, and where all is."""
    folder = tmp_path_factory.mktemp("grading")
    root, submitted = folder / "course", folder / "submitted"
    boxed = has_sandbox()
    released = made[1]
    shutil.copytree(made[0], root)

    with socket.create_server(("127.0.0.1", 0)) as server:
        places = {"FOLDER": str(folder), "PORT": str(server.getsockname()[1]), "MARK": MARK, "SECRET": SECRET}
        home = Path.home().resolve()
        shown = [Path(one) for one in sandbox.shown()]  # Python may lie in there
        places |= {"ROOT": str(ROOT), "HOME": str(home)}
        places |= {"SHOWN": " ".join(one.relative_to(home).parts[0] for one in shown if home in one.parents)}
        for student, cells in STUDENTS.items():
            if student == "spies" and not boxed:
                continue
            for word, place in places.items():
                cells = {name: source.replace(word, place) for name, source in cells.items()}
            hand_in(submitted, released, student, cells)
        path = hand_in(submitted, released, FILES, {})
        misfits.shadow(path)
        (path.parent / "timestamp.txt").write_text("2026-03-02 12:00:00 UTC")
        path = hand_in(submitted, released, "elsewhere", {"p1_share": STUDENTS["wrong"]["p1_share"], "p3_answer": STUB})
        notebook = notebooks.read(path)
        notebook.cells.insert(2, nbformat.v4.new_markdown_cell("It depends on what a miss costs."))
        nbformat.write(notebook, path)
        for kind, cells in (("edits", {"p1_share": "def share(y):\n    return 0"}), ("half", {}), ("absent", {})):
            misfits.KINDS[kind](hand_in(submitted, released, kind, cells))
        (submitted / "absent" / "countnig").mkdir()
        before = {path: path.read_bytes() for path in submitted.rglob("*") if path.is_file()}
        with book.open_at(root) as gradebook:
            gradebook.update_or_create_assignment(NAME, duedate=DUE)

        output = run(submitted, root, boxed)
        server.settimeout(0.1)
        with pytest.raises(TimeoutError):  # nobody came
            server.accept()
    assert before == {path: path.read_bytes() for path in submitted.rglob("*") if path.is_file()}
    return {"output": output, "rows": table(root), "root": root, "boxed": boxed, "submitted": submitted}


FULL = {"problem 1": "2", "problem 2": "3", "problem 3": "0", "total": "5", "out of": "6", "by hand": "1"}
SECOND_ALONE = FULL | {"problem 1": "0", "total": "3"}  # what happens in Problem 1 costs nothing in Problem 2
NOTHING = {"total": "0", "out of": "6", "by hand": "0"}


@pytest.mark.parametrize(
    ("student", "marks", "happened"),
    [
        ("right", FULL, ""),
        ("wrong", SECOND_ALONE, ""),
        ("hang", SECOND_ALONE, "p1_share took too long and was interrupted"),
        ("stubborn", SECOND_ALONE, "p1_share took too long and could not be interrupted, and was left out"),
        ("memory", SECOND_ALONE, "p1_share: MemoryError"),
        ("dies", NOTHING | {"by hand": "1"}, "p1_share ended the kernel, and was left out; p2_weight ended the kernel"),
        ("prints", FULL, "p1_share printed more than a million characters"),
        (
            "edits",
            NOTHING | {"by hand": "1"},
            "p1_share_test was edited; p2_weight was deleted; p2_weight_test was del",
        ),
        (
            SAFE,
            FULL,
            "left out the file companion/__init__.py; left out the file numpy.py; handed in 1 day, 0:00:00",
        ),
        (
            "forks",
            SECOND_ALONE,
            f"p1_share: it started more than {watch.PROCESSES} processes; p1_share ended the kernel",
        ),
        ("half", NOTHING, "counting.ipynb cannot be graded: it is not a notebook, or only a part of one"),
        ("absent", NOTHING, "there is no counting.ipynb; no marks"),
        ("script", SECOND_ALONE, "p1_share: <script>"),
        ("elsewhere", SECOND_ALONE, "p3_answer holds text from 1 other cell(s)"),
    ],
)
def test_a_submission_gets_its_marks_and_the_report_says_what_happened(graded, student, marks, happened):
    row = graded["rows"][student]
    assert {column: row[column] for column in marks} == marks
    assert row["what happened"].startswith(happened) if happened else row["what happened"] == ""
    assert re.search(
        rf"^\[\d+/\d+\] {student} .* s  {re.escape(row['what happened'])}$", graded["output"], re.MULTILINE
    )


def test_a_sandbox_keeps_a_submission_from_files_keys_disks_and_network(graded):
    if not graded["boxed"]:
        pytest.skip("this system gives no user namespaces")
    row = graded["rows"]["spies"]
    assert {column: row[column] for column in NOTHING} == NOTHING | {"by hand": "1"}
    assert row["what happened"] == (
        "p1_share: RuntimeError: it sees []; "
        "p2_weight: RuntimeError: it gets ['Network is unreachable', 'No such file or directory', "
        "'Read-only file system']"
    )


@pytest.mark.parametrize(
    "what",
    [
        "replaced numpy.testing.assert_allclose",
        "replaced companion.weights.class_weights",
        "replaced IPython's ast_transformers",
        "replaced IPython's input_transformers_post",
        "replaced IPython's run_code",
        "replaced sys.displayhook",
        "their own class_weights was replaced by the course's before p2_weight_test",
    ],
)
def test_plain_tricks_are_told(graded, what):
    log = (graded["root"] / "logs" / "tricks" / f"{NAME}.log").read_text(encoding="utf-8")
    assert f"\n{what}" in f"\n{log}"
    assert "  may not be what it seems: tricks, counting: " in graded["output"]


@pytest.mark.parametrize("what", ["numpy.testing.assert_allclose", "builtins.compile"])
def test_what_is_replaced_by_a_part_of_a_library_is_told_too(graded, what):
    assert f"replaced {what}" in graded["rows"]["borrows"]["what happened"]


def test_a_submission_cannot_fill_the_disk(graded):
    if not graded["boxed"]:
        pytest.skip("this system gives no user namespaces")
    row = graded["rows"]["disk"]
    assert {column: row[column] for column in SECOND_ALONE} == SECOND_ALONE  # IPython's `!` works
    assert row["what happened"].startswith("p1_share: OSError: [Errno 30] Read-only file system")
    assert (graded["root"] / "logs" / "disk" / f"{NAME}.log").stat().st_size < 2 * worker.LOG


def test_nothing_that_a_submission_started_is_left(graded):
    assert not [process for process in psutil.process_iter(["cmdline"]) if MARK in (process.info["cmdline"] or [])]


def test_each_student_gets_feedback_and_the_gradebook_has_the_marks(graded):
    for student in graded["rows"]:
        page = (graded["root"] / "feedback" / student / NAME / f"{NAME}.html").read_text(encoding="utf-8")
        assert f"<title>{NAME}</title>" in page
        assert len(page) < 2_000_000
    wrong = (graded["root"] / "feedback" / "wrong" / NAME / f"{NAME}.html").read_text(encoding="utf-8")
    assert "A half of these are ones." in wrong and "✓ p2_weight: 1 of 1 visible tests" in wrong
    assert re.search(r'<a href="#p1_share_test">p1_share_test</a> \(Score: 0.0 / 2.0\)', wrong)
    hang = (graded["root"] / "feedback" / "hang" / NAME / f"{NAME}.html").read_text(encoding="utf-8")
    assert "- p1_share took too long and was interrupted" in hang
    with book.open_at(graded["root"]) as gradebook:
        for student, row in graded["rows"].items():
            assert gradebook.find_submission(NAME, student).score == float(row["total"])


def test_the_summary_says_who_failed_where(graded):
    summary = graded["output"].partition(f"\n{NAME}: {len(graded['rows'])} submissions, mean ")[2]
    assert re.search(r"^  p1_share_test, 2 points: 5 in full; not .*\bhang, .*\bwrong$", summary, re.MULTILINE)
    assert re.search(r"^  p3_answer, 1 points: 0 in full; \d+ to be graded by hand", summary, re.MULTILINE)
    assert "Left out: there is no assignment countnig." in graded["output"]
    listed = summary.partition("\nLook at these (")[2].splitlines()[1:]
    assert [line.split(":")[0] for line in listed[:3]] == ["  without marks"] * 2 + ["  may not be what it seems"]


def test_nothing_that_a_student_wrote_runs_in_a_browser(graded, tmp_path):
    browser = pytest.importorskip("browser", reason="the extra `site` is not installed; make test ALL=1 installs it")
    root = graded["root"]
    shown = [root / "feedback" / student / NAME / f"{NAME}.html" for student in ("script", SAFE)]
    shown.append(root / "answers" / NAME / "p3_answer.html")
    unsafe = tmp_path / "unsafe.html"
    unsafe.write_text(f"<title>quiet</title>{SCRIPT}", encoding="utf-8")
    with browser.launched() as started:
        titles = {}
        for path in [unsafe, *shown]:
            tab = started.new_context(offline=True).new_page()
            tab.goto(path.as_uri(), wait_until="domcontentloaded")
            for link in tab.locator("a", has_text="here").all():
                link.click(force=True, timeout=2000, no_wait_after=True)
            tab.wait_for_timeout(200)
            titles[path] = tab.title()
    assert titles.pop(unsafe) == "taken over"  # the browser would
    assert not [path for path, title in titles.items() if title in ("taken", "taken over")]


@contextmanager
def served(root, folder):
    """The lecturer's Jupyter server with nbgrader's formgrader, in the folder of a course; yields an open browser."""
    browser = pytest.importorskip("browser", reason="the extra `site` is not installed; make test ALL=1 installs it")
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--IdentityProvider.token=own"]
    command += [f"--ServerApp.port={address.partition(':')[2]}", f"--ServerApp.root_dir={root}"]
    places = {f"JUPYTER_{one}_DIR": str(folder / one) for one in ("CONFIG", "DATA", "RUNTIME")}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with browser.launched() as started, subprocess.Popen(command, cwd=root, env=os.environ | places, **quiet) as server:
        try:
            for _ in range(600):
                with contextlib.suppress(OSError), socket.create_connection(address.split(":"), timeout=1):
                    break
                time.sleep(0.1)
            context = started.new_context(base_url=f"http://{address}")
            context.route(lambda url: address not in url, lambda route: route.abort())
            tab = context.new_page()
            tab.goto("/login?token=own")
            yield tab
        finally:
            server.terminate()


def test_nothing_that_a_student_wrote_reaches_the_lecturers_server_through_formgrader(graded, tmp_path):
    root, raw = tmp_path / "course", "<img src=x onerror=\"document.title='taken over'\">"
    shutil.copytree(graded["root"], root)
    shutil.copy(assignments.COURSE / "nbgrader_config.py", root)
    (root / "submitted" / raw / NAME).mkdir(parents=True)  # as a platform may call somebody
    unsafe = root / "autograded" / "right" / NAME / f"{NAME}.ipynb"
    notebook = notebooks.read(unsafe)
    grading.named(notebook)["p3_answer"].source = SCRIPT
    nbformat.write(notebook, unsafe)
    with book.open_at(root) as gradebook:
        ids = {one: gradebook.find_submission_notebook(NAME, NAME, one).id for one in ("right", "script", SAFE)}
    pages = [f"submissions/{ids[one]}/" for one in ("script", SAFE)]
    pages += [f"manage_submissions/{NAME}", "manage_students", f"gradebook/{NAME}/{NAME}"]
    with served(root, tmp_path) as tab:
        tab.goto(f"/formgrader/submissions/{ids['right']}/")
        tab.wait_for_timeout(500)
        assert tab.title() == "taken over" and (root / "taken.txt").exists()  # formgrader alone would
        (root / "taken.txt").unlink()
        for page in pages:
            tab.goto(f"/formgrader/{page}", wait_until="networkidle")
            tab.wait_for_timeout(200)
            assert tab.title() in (NAME, "nbgrader formgrade") and not (root / "taken.txt").exists()
            if page.startswith("manage_submissions"):
                assert raw in tab.inner_text("body")


def test_extensions_penalties_and_the_export_are_as_the_guide_says(graded, tmp_path, monkeypatch):
    root, guide = graded["root"], (assignments.COURSE / "README.md").read_text(encoding="utf-8")
    granted = re.search(r"```python\n(.*?grant_extension.*?)```", guide, re.DOTALL)[1]
    granted = granted.replace("02_weighted_binary_cross_entropy", NAME).replace("Berg_Anna_aberg_301", SAFE)
    config = assignments.course(root).config
    exec(re.search(r"`(c\.LateSubmissionPlugin.*?)`", guide)[1], {"c": config})
    late = Submission(SAFE, NAME, root)
    with book.open_at(root) as gradebook:
        place = {"student": SAFE, "assignment": NAME, "notebook": NAME, "db_url": gradebook.db.bind.url}
        AssignLatePenalties(config=config).preprocess(nbformat.v4.new_notebook(), {"nbgrader": place})
        assert book.result(gradebook, late).penalty == float(FULL["total"]) and book.result(gradebook, late).total == 0
        CsvExportPlugin(to=str(tmp_path / "grades.csv")).export(gradebook)
        with open(tmp_path / "grades.csv", encoding="utf-8") as file:
            exported = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
        assert exported == {one: book.result(gradebook, Submission(one, NAME, root)).total for one in graded["rows"]}

    monkeypatch.chdir(root)
    exec(granted, {})
    with book.open_at(root) as gradebook:
        assert book.result(gradebook, late).happened == []  # no longer late
        AssignLatePenalties(config=config).preprocess(nbformat.v4.new_notebook(), {"nbgrader": place})
        assert book.result(gradebook, late).total == float(FULL["total"])
        gradebook.update_or_create_assignment(NAME, duedate=DUE)
        gradebook.grant_extension(NAME, SAFE)


def test_answers_are_marked_on_one_page_without_names_and_graded_again_only_where_they_change(graded, tmp_path):
    root, submitted = graded["root"], graded["submitted"]
    page = (root / "answers" / NAME / "p3_answer.html").read_text(encoding="utf-8")
    assert "It depends on the costs." in page and "1: the costs." in page and page.count("<section>") > 5
    assert not any(student in page for student in ("right", "wrong", "hang"))
    sheet = root / "answers" / NAME / "p3_answer.csv"
    with open(sheet, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for student in ("right", SAFE):
            if row["answer"] == answers.key(student, RIGHT["p3_answer"]):
                row |= {"mark": "0,5", "comment": "Which costs?"}
    with open(sheet, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, answers.COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    with book.open_at(root) as gradebook:  # as a script in the lecturer's browser would
        gradebook.find_grade("p1_share_test", NAME, NAME, "wrong").manual_score = 2
        gradebook.db.commit()

    output = run(submitted, root, graded["boxed"])
    count = len(graded["rows"])
    assert f"{count} of {count} had been graded before" in output and "\n[" not in output
    again = table(root)
    assert again["right"]["total"] == again[SAFE]["total"] == "5.5" and again["right"]["by hand"] == "0"
    assert again["wrong"]["what happened"] == "p1_share_test has 2 by hand, where the tests gave 0"
    kept = ("right", SAFE, "wrong")
    assert all(again[one] == row for one, row in graded["rows"].items() if one not in kept)

    path = submitted / "right" / NAME / f"{NAME}.ipynb"
    notebook = notebooks.read(path)
    grading.named(notebook)["p3_answer"].source = "On nothing."
    nbformat.write(notebook, path)
    (submitted / FILES / NAME / f"{NAME}.ipynb").write_text("")
    output = run(submitted, root, graded["boxed"])
    assert f"{count - 2} of {count} had been graded before" in output
    changed = table(root)
    assert changed["right"]["by hand"] == "1" and changed["right"]["total"] == "5"
    assert changed["right"]["what happened"] == "p3_answer was changed after it had got 0.5 by hand"
    assert changed[SAFE]["total"] == "0" and changed[SAFE]["by hand"] == "0"
    assert "p3_answer had 0.5 by hand, which no longer counts" in changed[SAFE]["what happened"]


def test_late_work_has_its_penalty_in_the_table(graded):
    root = graded["root"]
    with book.open_at(root) as gradebook:
        submission = Submission("prints", NAME, root)
        (notebook,) = gradebook.find_submission(NAME, "prints").notebooks
        notebook.late_submission_penalty = 4
        gradebook.db.commit()
        result = book.result(gradebook, submission)
        notebook.late_submission_penalty = None
        gradebook.db.commit()
    assert (result.total, result.penalty) == (1, 4)


def test_marks_on_a_test_by_hand_and_extra_credit_are_told(graded):
    root = graded["root"]
    with book.open_at(root) as gradebook:
        gradebook.find_grade("p2_weight_test", NAME, NAME, "prints").extra_credit = 9
        gradebook.db.commit()
        happened = book.result(gradebook, Submission("prints", NAME, root)).happened
    assert [tuple(event) for event in happened] == [(SUSPECT, "p2_weight_test has 9 of extra credit")]


@pytest.mark.parametrize(
    ("mark", "said"), [("2", "2 is not between 0 and 1"), ("-1", "-1 is not between 0 and 1"), ("good", "'good'")]
)
def test_a_mark_that_cannot_be_is_refused_with_its_place(mark, said, graded):
    sheet = graded["root"] / "answers" / NAME / "p3_answer.csv"
    before = sheet.read_text(encoding="utf-8")
    answer = answers.key("wrong", RIGHT["p3_answer"])
    sheet.write_text(f"answer;mark;out of;comment\n{answer};{mark};1;\n", encoding="utf-8")
    try:
        with pytest.raises(Refusal, match=f"p3_answer.csv, row {answer}: .*{said}"):
            answers.take(graded["root"], [Submission("wrong", NAME, graded["root"])])
    finally:
        sheet.write_text(before, encoding="utf-8")


def test_a_run_that_is_interrupted_leaves_its_table_and_goes_on_from_there(tmp_path, released):
    for number in range(5):
        path = tmp_path / "submitted" / f"s{number}" / NAME / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text("")
    boxed = has_sandbox()
    command = [sys.executable, "-m", "tools.grading", tmp_path / "submitted", "--course", tmp_path / "course"]
    command += ["--jobs", "1", *([] if boxed else [sandbox.FLAG])]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    listen = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # even where the tests themselves do not
    with subprocess.Popen(command, cwd=ROOT, preexec_fn=listen, **pipes) as process:
        first = next(line for line in process.stdout if line.startswith("["))
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=60)
    assert first.startswith("[1/5] ") and process.returncode == 130 and "Traceback" not in errors
    assert re.search(r"Stopped after \d of 5; the same command goes on from there.", rest)
    done = len(table(tmp_path / "course"))
    assert 1 <= done < 5
    output = run(tmp_path / "submitted", tmp_path / "course", boxed)
    assert done <= int(re.search(r"^(\d) of 5 had been graded before", output, re.MULTILINE)[1]) < 5
    assert len(table(tmp_path / "course")) == 5


def test_the_gradebook_has_all_students_before_their_submissions_are_graded_side_by_side(
    tmp_path, released, monkeypatch
):
    # Two submissions of one student at once would each add the student, and one of them fail.
    root, known = tmp_path / "course", []
    for student in ("anna", "ben"):
        hand_in(tmp_path / "submitted", released, student, {})

    def look(task, stop):
        with book.open_at(root) as gradebook:
            known.append({student.id for student in gradebook.students})
        return [], "only looked at"

    monkeypatch.setattr(watch, "run", look)
    grade_all(tmp_path / "submitted", root, jobs=2, boxed=False)
    assert known == [{"anna", "ben"}] * 2


@pytest.fixture
def pair(tmp_path, released, monkeypatch):
    """A course with two submissions: the command, and the students that its runs came to, none of them truly run."""
    came = []
    for student in ("anna", "ben"):
        hand_in(tmp_path / "submitted", released, student, {})
    monkeypatch.setattr(assignments, "release", lambda name, root: released)
    monkeypatch.setattr(watch, "run", lambda task, stop: (came.append(task.submission.student), ([], "unseen"))[1])
    return partial(main_of, tmp_path), came


def main_of(folder, *options):
    """Run the command on a folder, in this process."""
    return main([str(folder / "submitted"), "--course", str(folder / "course"), sandbox.FLAG, *options])


def test_only_what_is_new_or_named_is_graded(pair, capsys):
    command, came = pair
    for again, graded_again in (
        ([], ["anna", "ben"]),
        ([], []),
        (["ben"], ["ben"]),
        (["all"], ["anna", "ben"]),
    ):
        came.clear()
        assert command(*(["--again", *again] if again else [])) == 0
        assert sorted(came) == graded_again
    assert command("--again", "ben", "cleo") == 1 and sorted(came) == ["anna", "ben"]
    assert capsys.readouterr().err.startswith("There is no student cleo in ")


def test_an_error_that_nobody_foresaw_is_one_submissions_result_and_the_table_has_all(pair, tmp_path, monkeypatch):
    command, came = pair

    def fail(task, stop):
        came.append(task.submission.student)
        if task.submission.student == "ben":
            raise ZeroDivisionError("unforeseen")
        return [], "unseen"

    monkeypatch.setattr(watch, "run", fail)
    assert command() == 0
    assert {student: row["what happened"] for student, row in table(tmp_path / "course").items()} == {
        "anna": "unseen; no marks",
        "ben": "it could not be graded (ZeroDivisionError: unforeseen); no marks",
    }
    came.clear()
    assert command() == 0 and came == ["ben"]  # tried again


class Gone:
    """A process of psutil that ends whenever it is asked for something."""

    def __init__(self, pid):
        raise psutil.NoSuchProcess(pid)


def send(sender, wait):
    """Send a result, after a while."""
    time.sleep(wait)
    sender.send(("at", "p1"))
    sender.send(("done", [], None))


@pytest.mark.parametrize("broken", [True, False])
def test_a_process_that_ends_while_it_is_looked_at_is_no_error(monkeypatch, broken):
    if broken:
        monkeypatch.setattr(watch.psutil, "Process", Gone)
    receiver, sender = get_context("spawn").Pipe(duplex=False)
    process = threading.Thread(target=send, args=(sender, 1.2))
    process.pid = 2**30
    process.start()
    assert watch.watch(process, receiver, threading.Event()) == ([], None)


def test_a_process_that_dies_is_told_with_the_cell_that_it_was_at():
    receiver, sender = get_context("spawn").Pipe(duplex=False)
    sender.send(("at", "p2_weight"))
    sender.close()
    process = threading.Thread(target=bool)
    process.pid = 2**30
    process.start()
    assert watch.watch(process, receiver, threading.Event()) == ([], "the process that graded it died at p2_weight")


def test_names_in_no_encoding_are_told_and_stop_nobody(tmp_path, released):
    folder = os.fsencode(tmp_path / "submitted")
    for path in (b"J\xf6rg/counting", b"J\xf6rg/\xdcbung"):  # as some archives leave them
        os.makedirs(os.path.join(folder, path))
    with open(os.path.join(folder, b"J\xf6rg/counting/L\xf6sung.pdf"), "w"):
        pass
    command = [sys.executable, "-m", "tools.grading", tmp_path / "submitted", "--course", tmp_path / "course"]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}
    result = subprocess.run([*command, sandbox.FLAG], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "Left out: there is no assignment ?bung." in result.stdout
    ((student, row),) = table(tmp_path / "course").items()
    assert row["what happened"] == "there is no counting.ipynb; there is L sung.pdf; no marks"
    page = tmp_path / "course" / "feedback" / student / NAME / f"{NAME}.html"
    assert "there is no counting.ipynb" in page.read_text(encoding="utf-8")


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
    assert main([str(tmp_path / "submitted"), "--course", str(tmp_path / "course")]) == 1
    assert capsys.readouterr().err.startswith(said)


def test_a_sandbox_shows_the_package_where_the_course_is_hidden(tmp_path):
    if not has_sandbox():
        pytest.skip("this system gives no user namespaces")
    program = f"import os, companion; print(os.listdir({str(ROOT)!r}))"
    command = [*sandbox.command(tmp_path, [ROOT]), sys.executable, "-c", program]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "companion" in result.stdout and "assignments" not in result.stdout


def test_a_course_in_a_home_folder_is_hidden_with_it_and_cannot_be_written(tmp_path, monkeypatch):
    if not has_sandbox():
        pytest.skip("this system gives no user namespaces")
    home, course, venv = tmp_path / "home", tmp_path / "home" / "my course", tmp_path / "home" / "my course" / ".venv"
    venv.mkdir(parents=True)
    (course / "master").touch()
    needed = sandbox.shown()
    monkeypatch.setattr(sandbox, "shown", lambda: [*needed, str(venv)])
    assert sandbox.check([ROOT, course, home]) == ""
    program = f"import os; print([(os.listdir(one), os.access(one, os.W_OK)) for one in {[str(home), str(course)]}])"
    folder = tmp_path / "sockets"
    folder.mkdir()
    command = [*sandbox.command(folder, [home, course]), sys.executable, "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == "[(['my course'], False), (['.venv'], False)]\n" and not result.stderr


def test_a_kernel_gets_a_short_list_of_variables():
    kept = sandbox.environment({"PATH": "/bin", "AWS_SECRET": "x", "GITHUB_TOKEN": "x", "OMP_NUM_THREADS": "1"})
    assert set(kept) == {"PATH", "OMP_NUM_THREADS", "LOKY_MAX_CPU_COUNT", "PYTHON_CPU_COUNT"}


def test_without_a_sandbox_nothing_is_graded_unasked(monkeypatch):
    monkeypatch.setattr(sandbox, "SCRIPT", "/nowhere")
    with pytest.raises(Refusal, match="no sandbox on this system .*--without-sandbox.* can read and write your files"):
        sandbox.check([])


def test_what_fails_in_the_sandbox_is_told_as_it_is():
    if not has_sandbox():
        pytest.skip("this system gives no user namespaces")
    with pytest.raises(Refusal, match="In the sandbox import companion_that_is_not_there fails: ModuleNotFoundError"):
        sandbox.check([ROOT], "companion_that_is_not_there")


def test_a_record_counts_only_while_the_gradebook_knows_the_submission():
    def find_submission(assignment, student):
        if (assignment, student) != ("one", "anna"):
            raise MissingEntry(student)
        return object()

    gradebook = SimpleNamespace(find_submission=find_submission)
    found = [book.holds(gradebook, SimpleNamespace(assignment="one", student=name)) for name in ("anna", "ben")]
    assert found == [True, False]
