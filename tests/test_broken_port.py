"""Assignment 08: each fault moves the run, only its repair brings it back, and each student has their own faults."""

import csv
import functools

import keras
import masters
import numpy as np
import pytest

from tools import assignments, variants
from tools.assignments import id_of
from tools.course import FRAMEWORKS
from tools.grading import Refusal, alike, worker
from tools.grading.report import Result
from tools.grading.submissions import Submission

NAME = "08_broken_port"
PARITY, MOVES = 1e-10, 1e-8  # what a right port keeps to, and what every fault goes beyond
TAGS = [framework.tag for framework in FRAMEWORKS]
FAULTS = [(part, fault) for part, names in variants.faults(NAME).items() for fault in names]
CELLS = {id_of(cell): cell for _, cell in masters.cells_of(NAME) if id_of(cell)}
PARTS = list(variants.faults(NAME))
TESTS = [f"p3_{part}_test" for part in [*PARTS, "run"]]
# Repairs that look right: what stands in the right port, and what is written there instead.
WRONG = [
    ("pytorch", "start", "torch.tensor(W.T)", "torch.tensor(W.T).float()"),
    ("pytorch", "start", "torch.tensor(W.T)", "torch.tensor(W).view(W.shape[::-1])"),
    ("tensorflow", "start", "layer.set_weights([W, b])", "layer.set_weights([W.round(6), b])"),
    ("pytorch", "batches", "for order in orders:", "for order in orders[:1] * settings.epochs:"),
    ("tensorflow", "batches", "rows.batch(settings.batch_size)", "rows.batch(settings.batch_size + 1)"),
    ("tensorflow", "batches", "tensor(X[order])", "tensor(X[np.random.default_rng(0).permutation(order)])"),
    ("pytorch", "loss", "(weights * each).mean()", "(weights / weights.mean() * each).mean()"),
    ("pytorch", "loss", "(settings.w - 1) * y", "(settings.w - 1) * (y > 0.5) * targets"),
    ("tensorflow", "loss", "tf.reduce_mean(weights * each)", "tf.reduce_mean(weights[:, None] * each)"),
    ("pytorch", "loss", "(settings.w - 1) * y", "(torch.tensor(settings.w) - 1) * y"),
    ("tensorflow", "loss", "(settings.w - 1) * y", "(tf.cast(settings.w, tf.float64) - 1) * y"),
    ("pytorch", "step", "eps=2**-100", "eps=1e-12"),
    ("pytorch", "step", "settings.clip / norm", "settings.clip / (norm + 1e-6)"),
    ("pytorch", "step", "lr=settings.rate", "lr=2**-6"),
    ("tensorflow", "step", "epsilon=2**-100", "epsilon=1e-12"),
    ("tensorflow", "step", 'var_names=["bias"]', 'var_names=["kernel"]'),
    ("tensorflow", "step", "weight_decay=settings.decay", "weight_decay=settings.decay / 2"),
    ("pytorch", "scores", "logits[y == 1, 0] > 0", "torch.sigmoid(logits[y == 1, 0]) > 1 / (1 + settings.w)"),
    ("tensorflow", "scores", "logits[:, 0][y == 1] > 0", "tf.sigmoid(logits[:, 0])[y == 1] > 0.51"),
]


@functools.cache
def right(framework):
    """Return the right port of a framework: its cell in the master, without the marks of a solution."""
    return assignments.MARKER.sub("", CELLS[f"p3_{framework}"].source)


def port(framework, faults):
    """Return the port of a framework with some faults."""
    return variants.broken(NAME, f"p3_{framework}", right(framework), faults)


@pytest.fixture(scope="module")
def start():
    """What the ports stand on, once for each framework; Keras' floats are then as they were.

    The first layer of a process fixes what all later ones compute in, so that `set_floatx` alone does not reach them.
    """
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    given = [cell for problem, cell in masters.cells_of(NAME) if not problem or id_of(cell) == "p3_train"]
    yield {framework: masters.Start(given, framework) for framework in TAGS}
    keras.config.set_floatx(before[0])
    keras.config.set_dtype_policy(before[1])


@pytest.fixture(scope="module")
def run(start):
    """A function that runs a port, and the original, and returns their logs."""

    @functools.cache
    def logs(framework, faults, n=50, n_new=250, **changes):
        namespace = start[framework].again()
        exec(compile(port(framework, faults), "port", "exec"), namespace)
        rows = (*namespace["table"](n, 1), *namespace["table"](n_new, 2))
        settings = namespace["settings"](**changes)
        return namespace["train"](*rows, settings), namespace["original"](*rows, settings)

    return logs


def apart(logs):
    """Return the largest difference of two logs."""
    ours, theirs = (
        [*log["initial weights"], np.array(log["losses"]), *log["final weights"], np.array([*log["scores"].values()])]
        for log in logs
    )
    if [np.shape(one) for one in ours] != [np.shape(one) for one in theirs]:
        return np.inf
    return max(abs(a - b).max() for a, b in zip(ours, theirs, strict=True))


def said(start, framework, source, tests):
    """Return what some tests of Problem 3 say to a port: None, or an error."""
    cells = [CELLS[f"p3_{framework}"], *(CELLS[test] for test in tests)]
    return masters.run(cells, start[framework].again(), framework, {f"p3_{framework}": source})


def solved(*names):
    """Return what solution cells of the master define."""
    namespace = {"np": np}
    for name in names:
        exec(CELLS[name].source, namespace)
    return namespace


# The faults


def test_the_names_are_those_of_the_notebook_in_their_order():
    listed = solved("faults")["FAULTS"]
    assert {part: list(names) for part, names in variants.faults(NAME).items()} == listed
    assert all(
        set(cells) == {f"p3_{tag}" for tag in TAGS}
        for names in variants.faults(NAME).values()
        for cells in names.values()
    )
    assert len(FAULTS) >= 20


@pytest.mark.parametrize("framework", TAGS)
def test_the_right_port_agrees_with_the_original(framework, run):
    for changes in ({}, {"seed": 5, "hidden": 3}, {"w": 0.25, "batch_size": 50}):
        assert apart(run(framework, (), **changes)) <= PARITY / 100


@pytest.mark.parametrize(("part", "fault"), FAULTS, ids=[fault for _, fault in FAULTS])
@pytest.mark.parametrize("framework", TAGS)
def test_each_fault_alone_moves_the_run_and_loses_its_mark(framework, part, fault, run, start):
    assert apart(run(framework, (fault,))) > MOVES
    words = said(start, framework, port(framework, [fault]), [f"p3_{part}_test"])
    assert words[f"p3_{part}_test"].startswith("AssertionError: ")


@pytest.mark.parametrize("variant", range(30))
@pytest.mark.parametrize("framework", TAGS)
def test_a_variant_moves_the_run_until_its_last_fault_is_repaired(framework, variant, run):
    faults = tuple(variants.drawn(NAME, variant).values())
    assert len(faults) == 5 and apart(run(framework, faults, n=30, n_new=70, epochs=1)) > MOVES
    assert all(apart(run(framework, (left,))) > MOVES for left in faults)
    assert port(framework, faults) != port(framework, ()) == right(framework)


@pytest.mark.parametrize("framework", TAGS)
def test_marks_are_for_each_part(framework, start):
    faults = variants.drawn(NAME, 1)
    untouched = said(start, framework, port(framework, faults.values()), TESTS)
    assert all(words.startswith("AssertionError: ") for words in untouched.values())
    left = said(start, framework, port(framework, [faults["loss"]]), TESTS)
    assert [test for test, words in left.items() if words] == ["p3_loss_test", "p3_run_test"]


@pytest.mark.parametrize(("framework", "part", "line", "repair"), WRONG, ids=[repair for *_, repair in WRONG])
def test_a_wrong_repair_does_not_pass(framework, part, line, repair, start):
    assert right(framework).count(line) == 1
    words = said(start, framework, right(framework).replace(line, repair), [f"p3_{part}_test", "p3_run_test"])
    assert words[f"p3_{part}_test"]
    assert words["p3_run_test"]


def test_logits_of_any_size_are_asked_for(start):
    clipped = right("tensorflow").replace(
        "(targets, logits[:, 0])", "(targets, tf.clip_by_value(logits[:, 0], -30, 30))"
    )
    assert said(start, "tensorflow", clipped, ["p3_loss_test"])["p3_loss_test"]


def test_a_table_that_does_not_fit_the_port_is_refused():
    with pytest.raises(ValueError, match="'last short batch dropped' replaces .*, which is 0 times in p3_pytorch"):
        variants.broken(NAME, "p3_pytorch", "pass", ["last short batch dropped"])


# What the solutions of the other problems say is measured


@pytest.mark.parametrize("framework", TAGS)
def test_faults_are_first_seen_where_the_solution_says(framework, run):
    namespace = solved("p1_parted", "p2_first_seen")
    for fault, place in namespace["first_seen"].items():
        name, where = namespace["parted"](*run(framework, (fault,)), PARITY)
        if name == "losses":
            name = f"loss {where}" if where < 2 else "a later loss"
        assert name == place, fault


RUNS = {
    "w = 1": {"w": 1.0},
    "smoothing = 0": {"smoothing": 0.0},
    "epochs = 1": {"epochs": 1},
    "the batch size divides the numbers of rows": {"n": 40, "n_new": 60},
    "clip = 1e9": {"clip": 1e9},
    "decay = 0": {"decay": 0.0},
}


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("framework", TAGS)
def test_runs_are_blind_to_the_faults_that_the_solution_names(framework, name, run):
    changes = {"n": 30, "n_new": 70} | RUNS[name]
    silent = solved("p5_silent")["silent"][name]
    found = {
        fault: apart(run(framework, (fault,), **changes))
        for _, fault in FAULTS
        if framework == "pytorch" or fault in silent
    }
    assert {fault for fault, difference in found.items() if difference <= PARITY} == silent


# The names


def marks(variant, found):
    """Return which parts of Problem 4 a set of names gets."""
    namespace = solved("faults", "p4_given") | {"VARIANT": variant, "found": found}
    words = masters.run([CELLS[f"p4_{part}_test"] for part in PARTS], namespace, "pytorch")
    return [part for part in PARTS if not words[f"p4_{part}_test"]]


@pytest.mark.parametrize("variant", range(30))
def test_the_exact_names_pass_and_one_too_few_or_too_many_does_not(variant):
    faults = variants.drawn(NAME, variant)
    named = set(faults.values())
    assert marks(variant, named) == PARTS
    for part, fault in faults.items():
        others = [one for one in PARTS if one != part]
        extra = next(name for name in variants.faults(NAME)[part] if name != fault)
        assert marks(variant, named - {fault}) == marks(variant, named | {extra}) == others
        assert marks(variant, named - {fault} | {extra}) == others
    assert marks(variant, {name for _, name in FAULTS}) == marks(variant, named | {"no such fault"}) == []


def test_the_master_names_the_faults_of_variant_0():
    assert solved("p4_found")["found"] == set(variants.drawn(NAME, 0).values())


# Who gets which


STUDENTS = [f"student {number}" for number in range(30)]


def test_no_two_of_a_class_get_the_same_faults_nor_those_of_the_release():
    given = variants.assigned(NAME, STUDENTS, {})
    assert list(given) == STUDENTS
    sets = {tuple(variants.drawn(NAME, number).values()) for number in [0, *given.values()]}
    assert len(sets) == 31


def test_a_later_list_leaves_to_everybody_what_they_have():
    first = variants.assigned(NAME, STUDENTS[5:], {})
    second = variants.assigned(NAME, STUDENTS[:25], first)
    assert second.items() >= first.items() and set(second) == set(STUDENTS)
    assert len({tuple(variants.drawn(NAME, number).values()) for number in second.values()}) == 30


def test_a_class_with_more_students_than_variants_is_served(monkeypatch):
    few = {"start": {"a": {}, "b": {}}, "loss": {"c": {}, "d": {}}}
    monkeypatch.setattr(variants, "faults", lambda name: few)
    assert len(set(variants.assigned(NAME, STUDENTS, {}).values())) == 30


@pytest.mark.parametrize(
    "text", ["student\nanna\nben b\n", "﻿name;student\nA;anna\nB;ben b\n", "student\tid\r\nanna\t1\r\nben b\t2"]
)
def test_a_list_is_read_as_spreadsheets_write_it(text, tmp_path):
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    assert variants.students(tmp_path / "list.csv") == ["anna", "ben b"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,mail\nanna,a\n", "needs a column student, .*; it has: name, mail"),
        ("", "needs a column student, .*; it has: none"),
        ("student\n", "holds no student"),
        ("student\nanna\nben\nAnna\n", "holds anna more than once"),
        ("student\n../anna\n", "holds '../anna'; a folder's name takes letters"),
        ("student,id\nanna,1\n,2\n", "holds ''; a folder's name takes letters"),
        (None, "cannot be read"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused(text, words, tmp_path, capsys):
    path = tmp_path / "list.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(Refusal, match=words):
        variants.students(path)
    assert assignments.main(["--class", str(path)]) == 1
    assert capsys.readouterr().err.startswith(str(path))


# The way of a notebook: out to a student, and back


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with the assignment, handed out to a class, and its release."""
    root = tmp_path_factory.mktemp("course")
    assignments.write_masters(root)
    released = assignments.release(NAME, root)
    assert assignments.hand_out(released, NAME, STUDENTS, root) == 30
    return root, released


def handed_out(root, student):
    """Return the notebook that a student got."""
    return assignments.notebooks.read(root / "variants" / student / NAME / f"{NAME}.ipynb")


def sources(notebook):
    return {id_of(cell): cell.source for cell in notebook.cells if id_of(cell)}


def test_each_gets_a_broken_port_and_beyond_that_what_all_get(course):
    root, released = course
    given = variants.known(root)
    assert list(given) == STUDENTS
    own = {"variant", *(f"p3_{framework}" for framework in TAGS)}
    for student in STUDENTS:
        notebook, variant = handed_out(root, student), given[student]
        cells = sources(notebook)
        assert cells["variant"] == f"VARIANT = {variant}"
        for framework in TAGS:
            assert cells[f"p3_{framework}"] == port(framework, variants.drawn(NAME, variant).values())
        for cell, other in zip(notebook.cells, released.cells, strict=True):
            assert cell.source == other.source or id_of(cell) in own
    assert not any(f'"{fault}"' in sources(released)["p4_found"] for _, fault in FAULTS)


def graded(course, student, change=lambda notebook: None):
    """Return the number that a student's notebook is graded by, its cells, and what happened."""
    root, _ = course
    notebook = handed_out(root, STUDENTS[3])
    change(notebook)
    path = assignments.hand_in(notebook, student, NAME, root / "submitted")
    target = root / "prepared" / student / NAME / f"{NAME}.ipynb"
    events = worker.prepare(Submission(student, NAME, path.parent), target, root)
    cells = {cell.id: cell.source for cell in assignments.notebooks.read(target).cells}
    return cells, [event.text for event in events]


def test_a_notebook_is_graded_by_the_list(course):
    given = variants.known(course[0])
    mine, another = given[STUDENTS[3]], given[STUDENTS[4]]
    cells, events = graded(course, STUDENTS[3])
    assert cells["variant"] == f"VARIANT = {mine}" and events == []
    cells, events = graded(course, STUDENTS[4])
    assert cells["variant"] == f"VARIANT = {another}"
    assert events == [f"holds VARIANT = {mine}, and was graded as variant {another}"]
    cells, events = graded(course, "a stranger")
    assert cells["variant"] == "VARIANT = 0"
    assert events[0] == "a stranger is not in variants.csv, and was graded as variant 0"


def test_without_its_number_or_its_names_it_is_graded_all_the_same(course):
    def without_number(notebook):
        notebook.cells = [cell for cell in notebook.cells if id_of(cell) != "variant"]

    def without_names(notebook):
        for cell in notebook.cells:
            cell.metadata.pop("nbgrader", None)

    mine = variants.known(course[0])[STUDENTS[3]]
    whole, _ = graded(course, STUDENTS[3])
    for change in (without_number, without_names):
        cells, _ = graded(course, STUDENTS[3], change)
        assert cells["variant"] == f"VARIANT = {mine}"
        assert [cells[f"p3_{tag}"] for tag in TAGS] == [whole[f"p3_{tag}"] for tag in TAGS]


def test_without_a_list_everybody_has_the_release(course, tmp_path):
    assert variants.known(tmp_path) == {}
    (cell,) = (cell for cell in course[1].cells if id_of(cell) == "variant")
    cell.id = "variant"
    assert worker.settle_variant(course[1], "anna", {}) == [] and cell.source == "VARIANT = 0"


def test_ports_that_were_repaired_alike_are_no_copies(course):
    root, _ = course
    for student in STUDENTS[:3]:
        notebook = handed_out(root, student)
        for cell in notebook.cells:
            if id_of(cell) in ("p3_pytorch", "p3_tensorflow"):
                cell.source = right(id_of(cell).removeprefix("p3_"))
        assignments.hand_in(notebook, student, NAME, root / "autograded")
    assert alike.write(root, [Result(student, NAME) for student in STUDENTS[:3]]) == []


def test_the_list_is_a_table(course):
    with open(course[0] / "variants.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {"student": "student 0", "variant": "1"}
