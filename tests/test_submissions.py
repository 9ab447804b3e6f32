"""A submission as it comes back: from an editor that changes its form, or a hand that changes, moves, deletes cells."""

import copy
import json
import os
import time
import zipfile

import grading
import nbformat
import pytest
from grading import NAME, RIGHT, filled, named

from tools import notebooks
from tools.assignments import id_of
from tools.grading import Refusal, reading, report, submissions, worker
from tools.grading.restore import restore

FILE = f"{NAME}.ipynb"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A course with one assignment, and its release."""
    folder = tmp_path_factory.mktemp("course")
    grading.course(folder)
    return folder


@pytest.fixture(scope="module")
def released(root):
    return notebooks.read(root / "release" / NAME / FILE)


@pytest.fixture(scope="module")
def master(root):
    return notebooks.read(root / "source" / NAME / FILE)


@pytest.fixture
def folder(tmp_path):
    """Where a student's files lie."""
    (tmp_path / "anna" / NAME).mkdir(parents=True)
    return tmp_path / "anna" / NAME


def prepared(root, folder):
    """Return the notebook that is run for what lies in a folder, and what happened, as texts."""
    target = root / "prepared" / "anna" / NAME / FILE
    submission = submissions.Submission("anna", NAME, folder)
    events = worker.prepare(submission, target, root)
    return notebooks.read(target), [event.text for event in events]


def raw(notebook):
    """Return a notebook as the dictionary that its file holds."""
    return json.loads(nbformat.writes(notebook))


def with_cells(change):
    """Return a function that changes each cell of a notebook's dictionary."""

    def whole(content):
        for cell in content["cells"]:
            change(cell)
        return content

    return whole


def without(*keys):
    return with_cells(lambda cell: [cell.pop(key, None) for key in keys])


FORMS = {
    "an extra key": with_cells(lambda cell: cell.update(colab={"base_uri": "x"})),
    "a cell id with a space": with_cells(lambda cell: cell.update(id="a b")),
    "no ids": without("id"),
    "no outputs": without("outputs", "execution_count"),
    "a running cell": with_cells(lambda cell: cell.update(execution_count="*")),
    "papermill's tags": with_cells(lambda cell: cell["metadata"].update(tags=[], papermill={"status": "completed"})),
    "carriage returns": with_cells(
        lambda cell: cell.update(source=[line.rstrip("\n") + "\r\n" for line in cell["source"]])
    ),
    "authors as a string": lambda content: content | {"metadata": content["metadata"] | {"authors": "Anna"}},
    "a newer format": lambda content: content | {"nbformat_minor": 99},
    "no metadata": lambda content: content | {"metadata": {}},
    "names lost": with_cells(lambda cell: cell.update(metadata={"id": "q8"})),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_that_editors_write_costs_nothing_and_nothing_was_edited(root, released, folder, form):
    (folder / FILE).write_text(json.dumps(FORMS[form](raw(filled(released)))), encoding="utf-8")
    notebook, happened = prepared(root, folder)
    nbformat.validate(notebook)
    assert {name: cell.source.strip() for name, cell in named(notebook).items() if name in RIGHT} == RIGHT
    assert list(named(notebook)) == [id_of(cell) for cell in released.cells if id_of(cell) not in (None, "framework")]
    lost = ["6 cells had lost their names and were found", "p3_answer holds text from 1 other cell(s)"]
    assert happened == (lost if form == "names lost" else [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_every_encoding_is_read(encoding):
    text = '{"cells": [{"cell_type": "markdown", "source": "größer"}]}'
    assert reading.cells(reading.decode(text.encode(encoding)))[0].source == "größer"


@pytest.mark.parametrize(
    "name",
    [f"{NAME} (1).ipynb", f"{NAME}_final.ipynb", f"{NAME}.IPYNB", "Untitled.ipynb", f"work/{FILE}", f"work/{FILE}.zip"],
)
def test_the_only_notebook_is_read_whatever_it_is_called(root, released, folder, name):
    (folder / name).parent.mkdir(exist_ok=True)
    if name.endswith(".zip"):
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.writestr("Mac/x.ipynb", nbformat.writes(filled(released)))
            archive.writestr("__MACOSX/Mac/._x.ipynb", "no notebook")
    else:
        nbformat.write(filled(released), folder / name)
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / FILE).write_text("old")
    notebook, happened = prepared(root, folder)
    assert named(notebook)["p1_share"].source == RIGHT["p1_share"]
    assert happened[-1].startswith(f"read from {name}")


REFUSED = {
    "too many cells": ({FILE: '{"cells": [' + ",".join(["{}"] * 3000) + "]}"}, "it has 3000 cells, and more than 2000"),
    "no cells in it": ({FILE: '{"cells": [null, 5, [], {"source": null}, {"source": {}, "metadata": []}]}'}, "none of"),
    "nothing": ({}, "there is no counting.ipynb"),
    "something else": ({"report.pdf": "%PDF"}, "there is no counting.ipynb; there is report.pdf"),
    "an empty file": ({FILE: ""}, "counting.ipynb cannot be graded: it is an empty file"),
    "half a file": ({FILE: '{"cells": ['}, "it is not a notebook, or only a part of one"),
    "half of an old one": ({FILE: '{"worksheets": [5], "nbformat": 3}'}, "it is not a notebook, or only a part of one"),
    "a page": ({FILE: "<!DOCTYPE html>"}, "it is a web page .*download the .ipynb"),
    "a list": ({FILE: "[1]"}, 'it is not a notebook: it has no list "cells"'),
    "brackets": ({FILE: "[" * 100_000}, "RecursionError"),
    "no cell": ({FILE: '{"cells": []}'}, "it is an empty notebook"),
    "two notebooks": ({"a.ipynb": "{}", "b.ipynb": "{}"}, r"several notebooks \(a.ipynb, b.ipynb\): call the one that"),
    "other work": ({FILE: '{"cells": [{"cell_type": "code", "source": "1"}]}'}, "none of its cells is of this assign"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_graded_is_told_with_the_way_out(root, folder, case):
    files, said = REFUSED[case]
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(Refusal, match=said):
        prepared(root, folder)


def test_another_assignment_in_the_wrong_folder_is_named(root, master, folder, tmp_path):
    whole = tmp_path / "course"
    for name, prefix in ((NAME, "p"), ("other", "q")):
        text = nbformat.writes(master).replace('"p', f'"{prefix}').replace("Count", f"Count {prefix}")
        text = text.replace("is the number", f"is {prefix}").replace("Is the weight", f"Is the {prefix}")
        (whole / "source" / name).mkdir(parents=True)
        (whole / "source" / name / f"{name}.ipynb").write_text(text, encoding="utf-8")
        (folder / FILE).write_text(text, encoding="utf-8")
    (whole / "release" / NAME).mkdir(parents=True)
    nbformat.write(master, whole / "release" / NAME / FILE)
    with pytest.raises(Refusal, match="this is other, not counting: put it into a folder other"):
        prepared(whole, folder)


def test_links_and_pipes_are_passed_over_and_told(root, released, folder, tmp_path):
    theirs = tmp_path / "theirs.ipynb"
    nbformat.write(filled(released), theirs)
    (folder / "a.ipynb").symlink_to(theirs)
    os.link(theirs, folder / "b.ipynb")
    os.mkfifo(folder / FILE)
    with pytest.raises(
        Refusal, match=r"there is no counting.ipynb; there is a.ipynb \(a link or no file\), b.ipynb \("
    ):
        prepared(root, folder)
    os.unlink(folder / FILE)
    nbformat.write(filled(released), folder / FILE)
    assert prepared(root, folder)[1] == [
        "passed over a.ipynb, which is a link or no file",
        "passed over b.ipynb, which is a link or no file",
    ]


def test_a_notebook_that_is_left_out_is_one_to_look_at(root, released, folder):
    nbformat.write(released, folder / FILE)
    nbformat.write(filled(released), folder / f"Copy of {FILE}")
    (folder / "data.csv").write_text("1")
    target = root / "prepared" / "anna" / NAME / FILE
    events = worker.prepare(submissions.Submission("anna", NAME, folder), target, root)
    assert events == [(report.LOOK, f"left out the file Copy of {FILE}"), (report.NOTE, "left out the file data.csv")]


def test_a_time_that_cannot_be_read_costs_nothing(root, released, folder):
    nbformat.write(filled(released), folder / FILE)
    (folder / "timestamp.txt").write_text("yesterday, " + "x" * 500)
    assert prepared(root, folder)[1][0].startswith("timestamp.txt holds no time (yesterday, xxx")
    assert not (root / "prepared" / "anna" / NAME / "timestamp.txt").exists()


def restored(released, master, *changes):
    """Return what is made of the right solution after some changes of its cells, and what happened, as texts."""
    notebook = filled(released)
    for change in changes:
        change(notebook.cells)
    notebook, events = restore(reading.cells(json.dumps(notebook)), released, master)
    return notebook, [event.text for event in events]


def place(cells, name):
    return next(number for number, cell in enumerate(cells) if id_of(cell) == name)


def delete(*names):
    def change(cells):
        for name in names:
            del cells[place(cells, name)]

    return change


def edit(name, source=None, **fields):
    def change(cells):
        cell = cells[place(cells, name)]
        cell.source = cell.source if source is None else source
        cell.update(fields)

    return change


def copied(name, source=None):
    def change(cells):
        at = place(cells, name)
        cells.insert(at + 1, copy.deepcopy(cells[at]))
        cells[at].source = cells[at].source if source is None else source

    return change


def add(kind, source, after=None):
    def change(cells):
        new = nbformat.v4.new_markdown_cell(source) if kind == "markdown" else nbformat.v4.new_code_cell(source)
        cells.insert(len(cells) if after is None else place(cells, after) + 1, new)

    return change


def move(name, to=None):
    def change(cells):
        cell = cells.pop(place(cells, name))
        cells.insert(len(cells) if to is None else to, cell)

    return change


ANSWER = "The weight depends on what a miss costs, and on nothing else."
STUB = "YOUR ANSWER HERE"
NAMES = ["imports", "p1_share", "p1_share_test", "p2_weight", "p2_weight_test", "p3_answer"]
CHANGES = {
    "a test copied": ([copied("p1_share_test")], "p1_share_test is there 2 times"),
    "a solution copied, the first untouched": ([copied("p1_share", "# YOUR CODE HERE")], "p1_share is there 2 times"),
    "the imports copied": ([copied("imports")], "imports is there 2 times"),
    "a test edited": ([edit("p1_share_test", "1000")], "p1_share_test was edited"),
    "blanks at the end of a test": ([edit("p2_weight_test", None, source_=1)], ""),
    "two neighbours deleted": (
        [delete("p1_share_test", "imports")],
        "imports was deleted; p1_share_test was deleted",
    ),
    "the framework deleted": ([lambda cells: cells.pop(0)], "framework was deleted"),
    "the imports moved to the end": ([move("imports")], "imports was moved"),
    "a test moved to the front": ([move("p2_weight_test", 0)], "p2_weight_test was moved"),
    "a solution as text": ([lambda cells: turn(cells, "p1_share", "markdown")], "p1_share was no longer a code cell"),
}


def turn(cells, name, kind):
    at = place(cells, name)
    new = nbformat.v4.new_markdown_cell if kind == "markdown" else nbformat.v4.new_code_cell
    cells[at] = new(cells[at].source, metadata=cells[at].metadata)


@pytest.mark.parametrize("case", CHANGES)
def test_the_notebook_that_is_run_is_whole_again(released, master, case):
    changes, said = CHANGES[case]
    notebook, happened = restored(released, master, *changes)
    assert list(named(notebook)) == NAMES
    cells = named(notebook)
    assert {name: cells[name].source for name in RIGHT} == RIGHT
    assert {name: cells[name].source for name in NAMES if name not in RIGHT} == {
        name: cell.source for name, cell in named(released).items() if name in NAMES and name not in RIGHT
    }
    assert "; ".join(happened).startswith(said) if said else not happened
    assert sum(cell.source.startswith("FRAMEWORK =") for cell in notebook.cells) == 1
    assert notebook.cells[0].source.startswith("FRAMEWORK =") or "moved to the front" in case


def test_a_solution_that_was_moved_stays_where_the_student_put_it(released, master):
    notebook, happened = restored(released, master, move("p2_weight", 3))
    assert list(named(notebook)) == ["imports", "p2_weight", *(name for name in NAMES[1:] if name != "p2_weight")]
    assert happened == []


def test_a_deleted_framework_is_guessed_from_the_work(released, master):
    own = "def share(y):\n    return tf.reduce_mean(tf.cast(y, tf.float64))"
    notebook, _ = restored(released, master, lambda cells: cells.pop(0), edit("p1_share", own))
    assert notebook.cells[0].source == 'FRAMEWORK = "tensorflow"'


ANSWERS = {
    "below the untouched cell": [edit("p3_answer", STUB), add("markdown", ANSWER)],
    "in a cell of its own, theirs deleted": [delete("p3_answer"), add("markdown", ANSWER)],
    "above it": [edit("p3_answer", STUB), add("markdown", ANSWER, after="p2_weight_test")],
    "far away": [edit("p3_answer", STUB), add("markdown", ANSWER, after="imports")],
    "in a cell that became code": [edit("p3_answer", ANSWER), lambda cells: turn(cells, "p3_answer", "code")],
    "in a comment": [edit("p3_answer", STUB), add("code", f"# {ANSWER} Of the rest I am not so sure.")],
    "below the question": [
        edit("p3_answer", STUB),
        lambda cells: cells[-2].update(source=f"{cells[-2].source}\n\n{ANSWER}"),
    ],
    "in a copy": [copied("p3_answer", STUB), lambda cells: cells[-1].update(source=ANSWER)],
    "in two cells": [edit("p3_answer", "First."), add("markdown", ANSWER)],
}


@pytest.mark.parametrize("case", ANSWERS)
def test_an_answer_in_words_is_kept_wherever_it_stands_and_told(released, master, case):
    notebook, happened = restored(released, master, *ANSWERS[case])
    answer = named(notebook)["p3_answer"]
    assert ANSWER in answer.source and answer.cell_type == "markdown" and STUB not in answer.source
    assert happened and all("p3_answer" in text for text in happened)


@pytest.mark.parametrize("text", [f"{STUB}\n\n{ANSWER}", f"{ANSWER} {STUB}", f"# {STUB}: {ANSWER}"])
def test_an_answer_beside_the_stub_in_its_own_cell_is_kept(released, master, text):
    notebook, happened = restored(released, master, edit("p3_answer", text))
    assert named(notebook)["p3_answer"].source == text and happened == []


def test_a_worked_copy_that_kept_the_comment_counts_before_an_untouched_one(released, master):
    stub = "def share(y):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    worked = "def share(y):\n    # YOUR CODE HERE\n    return np.mean(y)"
    later = [edit("p1_share", stub), copied("p1_share", worked)]
    assert named(restored(released, master, *later)[0])["p1_share"].source == worked


def test_cells_that_all_bear_one_name_are_told_apart_by_what_they_hold(released, master):
    own = [
        reading.Cell(cell.cell_type, cell.source, "p1_share" if id_of(cell) else None)
        for cell in grading.filled(released).cells
    ]
    notebook, happened = restore(own, released, master)
    sources = {name: cell.source for name, cell in named(notebook).items()}
    assert sources.items() >= RIGHT.items() and list(sources) == NAMES
    assert "p1_share is there 7 times" in [event.text for event in happened]


def test_a_cell_of_blank_lines_takes_no_time(released, master):
    blank = "\n" * 300_000
    lost = [edit("p1_share", blank + RIGHT["p1_share"]), lambda cells: [cell.update(metadata={}) for cell in cells]]
    start = time.monotonic()
    notebook, _ = restored(released, master, *lost, add("code", f"{blank}from math import"))
    assert named(notebook)["p1_share"].source.strip() == RIGHT["p1_share"]
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("typed", [STUB, "", " \n", f"# {STUB}\n"])
def test_no_answer_stays_none(released, master, typed):
    notebook, happened = restored(released, master, edit("p3_answer", typed), add("code", "share([1])"))
    assert named(notebook)["p3_answer"].source == STUB
    assert happened == []


def test_a_statement_in_which_a_key_was_pressed_is_no_answer(released, master):
    changed = [edit("p3_answer", STUB), lambda cells: cells[-2].update(source=f"{cells[-2].source}j")]
    assert named(restored(released, master, *changed)[0])["p3_answer"].source == STUB


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            "class Always:\n    def __eq__(self, other):\n        return True\n    __array_ufunc__ = None",
            "__array_ufunc__, __eq__",
        ),
        ("class_weights.__code__ = (lambda y: [1, 1]).__code__", "__code__"),
        ("import sys\nsys._getframe(1).f_globals['np'] = None", "_getframe, f_globals"),
    ],
)
@pytest.mark.parametrize("own", [True, False])
def test_what_right_work_needs_nowhere_is_told(released, master, code, words, own):
    change = add("code", code, after="imports") if own else edit("p1_share", f"{RIGHT['p1_share']}\n{code}")
    _, happened = restored(released, master, change)
    assert happened == [f"{'a cell of their own' if own else 'p1_share'} uses {words}"]


def test_an_answer_has_an_end(released, master):
    notebook, happened = restored(released, master, edit("p3_answer", "<a " * 1_000_000))
    assert len(named(notebook)["p3_answer"].source) == 20_000
    assert happened == ["p3_answer has 3000000 characters, of which 20000 are kept"]


def test_an_import_of_everything_is_told(released, master):
    _, happened = restored(released, master, add("code", "from math import *", after="imports"))
    assert happened == ["a cell of their own imports *"]


def test_a_reset_of_all_names_is_left_out(released, master):
    notebook, happened = restored(released, master, add("code", "%reset -f", after="imports"))
    assert not any(cell.source.startswith("%reset") for cell in notebook.cells)
    assert happened == ["%reset was left out: it takes the names that later cells need"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("anna", "anna"),
        ("Jörg Müller", "Jörg Müller"),
        ("30 [1]", "30 _1_-3d84"),
        ("<img src=x onerror=alert(1)>", "_img src_x onerror_alert_1__-63b5"),
        ("=1+1", "_1+1-bac9"),
        ("@SUM(A1)", "SUM_A1_-a25e"),
        ("a'b\"c", "a_b_c-d7a8"),
    ],
)
def test_a_student_has_a_name_that_harms_no_pattern_no_page_and_no_table(name, safe):
    assert submissions.called(name) == safe


@pytest.mark.parametrize("name", ["!" * 255, "x" * 255, "é" * 127, "学" * 84 + "!"])
def test_a_name_as_long_as_a_folder_may_have_leaves_room_for_what_is_added(name):
    assert 2 < len(submissions.called(name).encode()) <= 205


def test_two_folders_never_become_one_student(tmp_path):
    for name in ("30 [1]", "30 (1)", "30 _1_", ".anna", "__pycache__"):
        (tmp_path / name / NAME).mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "30 [1]")
    found, left_out = submissions.find(tmp_path, [NAME])
    assert len({one.student for one in found}) == len(found) == 4
    for name in ("30 [1]", "30 (1)"):  # whoever comes later takes nobody's name
        alone, _ = submissions.find(tmp_path, [NAME])
        assert {one.student for one in alone} <= {one.student for one in found}
        (tmp_path / name / NAME).rmdir()
    assert left_out == [".anna, whose name begins with a dot", "link, which is a link"]


def test_a_line_of_the_report_is_short_and_printable():
    said = report.Result("anna", NAME, happened=[report.Event(report.LOOK, "x\x1b[31m\n" * 50_000)] * 20).said()
    assert len(said) < 1500 and said.isprintable() and said.endswith("and 12 more, in its log")


def test_the_list_of_what_to_look_at_begins_with_the_gravest():
    results = [
        report.Result("a", NAME, happened=[report.Event(report.NOTE, "left out a file")]),
        report.Result("b", NAME, happened=[report.Event(report.LOOK, "edited")]),
        report.Result("c", NAME, happened=[report.Event(report.LOST, "no notebook"), report.Event(report.LOOK, "y")]),
        report.Result("d", NAME, happened=[report.Event(report.SUSPECT, "replaced")]),
    ]
    lines = list(report.look(results))
    assert [line.split(": ")[1].split(",")[0] for line in lines[1:]] == ["c", "d", "b"]
    assert "Look at these (3 of 4)" in lines[0]


def test_the_mean_says_what_it_lacks_and_passes_over_who_has_no_marks():
    results = [
        report.Result("a", NAME, {"p1": 2, "p2": None}, {"p1": 2, "p2": 4}),
        report.Result("b", NAME, {"p1": 1, "p2": 3}, {"p1": 2, "p2": 4}),
        report.Result("c", NAME),
    ]
    first = next(iter(report.summary(results)))
    assert first == f"\n{NAME}: 3 submissions, mean 3.0 without what waits to be marked by hand in 1"


@pytest.mark.parametrize(
    "change",
    [
        {"source": "\ud800 lone"},
        {"metadata": {"nbgrader": {"grade_id": ["p1_share"]}}},
        {"metadata": {"nbgrader": {"grade_id": "p1_share_test", "points": -1, "grade": "yes"}}},
        {"cell_type": 'code"><script>'},
        {"attachments": {"x.svg": {"image/svg+xml": "<svg onload=alert(1)>", "image/png": '"><script>'}}},
        {"source": ["a", 1, None]},
    ],
)
def test_whatever_a_cell_holds_the_notebook_can_be_written(root, released, folder, change):
    content = raw(filled(released))
    content["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "x"} | change)
    (folder / FILE).write_text(json.dumps(content), encoding="utf-8")
    notebook, _ = prepared(root, folder)
    nbformat.validate(notebook)
    assert [name for name in named(notebook)] == NAMES
    assert "script" not in json.dumps([cell.get("attachments") for cell in notebook.cells])
