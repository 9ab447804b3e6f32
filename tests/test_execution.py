"""A notebook that does not run to its end: what counts as failed, and what a lecturer is told."""

from math import inf

import nbformat
import pytest

from tools.grading.execution import Execution, events
from tools.grading.report import SUSPECT

GIVEN = {"grade": False, "locked": True, "solution": False, "schema_version": 3}
TEST = GIVEN | {"grade": True, "points": 1}
ENDS = "import os\nos._exit(1)"


def cell(name, source, nbgrader=None):
    """Return a cell for code with a name, a student's own where nothing else is said."""
    metadata = {"nbgrader": nbgrader | {"grade_id": name}} if nbgrader else {}
    return nbformat.v4.new_code_cell(source, id=name, metadata=metadata)


@pytest.fixture
def run(monkeypatch):
    """Run cells in a kernel without a sandbox; return which failed, by name, and what is told."""

    def run(*cells, progress=lambda title: None):
        monkeypatch.setattr(Execution, "happened", [])
        monkeypatch.setattr(Execution, "deadline", inf)
        monkeypatch.setattr(Execution, "progress", staticmethod(progress))
        notebook = nbformat.v4.new_notebook(cells=list(cells))
        notebook, _ = Execution(timeout=30, kernel_name="python3").preprocess(notebook, {})
        failed = {one.id: output.ename for one in notebook.cells for output in one.outputs if "ename" in output}
        return failed, Execution.happened

    return run


def test_three_cells_that_end_the_kernel_end_the_run_and_the_rest_counts_as_failed(run):
    failed, told = run(cell("a", ENDS), cell("b", ENDS), cell("c", ENDS), cell("test", "1", TEST))
    assert failed == {"a": "LeftOut", "b": "LeftOut", "c": "LeftOut", "test": "NotRun"}
    ended = [f"{name} ended the kernel, and was left out" for name in "abc"]
    assert [event.text for event in told] == [*ended, "what follows c was not run"]


def test_when_the_time_is_over_the_rest_counts_as_failed(run):
    def progress(title):
        Execution.deadline = 0 if title == "slow" else inf  # the ten minutes are over while it runs

    failed, told = run(cell("first", "1"), cell("slow", "2"), cell("test", "3", TEST), progress=progress)
    assert failed == {"test": "NotRun"}
    assert [event.text for event in told] == ["what follows slow was not run"]


def test_a_kernel_that_answers_no_question_is_told(run):
    mute = "get_ipython().user_expressions = lambda expressions: {}"
    failed, told = run(cell("mute", mute), cell("test", "1", TEST))
    assert failed == {} and told == [(SUSPECT, "the kernel does not answer as a kernel does")]


HOLDERS = {
    "the kernel's do_execute": "k.do_execute = wrapped(k.do_execute)",
    "the kernel's shell_handlers.execute_request": "h = k.shell_handlers\n"
    "h['execute_request'] = wrapped(h['execute_request'])",
    "the kernel's session.send": "k.session.send = wrapped(k.session.send)",
    "IPython's compile.ast_parse": "s.compile.ast_parse = wrapped(s.compile.ast_parse)",
    "IPython's input_transformer_manager.transform_cell": "m = s.input_transformer_manager\n"
    "m.transform_cell = wrapped(m.transform_cell)",
    "IPython's custom_exceptions": "s.set_custom_exc((AssertionError,), lambda *a, **k: None)",
}


def test_what_is_replaced_inside_the_kernel_is_told(run):
    wrap = "s, k = get_ipython(), get_ipython().kernel\ndef wrapped(f):\n    return lambda *a, **b: f(*a, **b)"
    _, told = run(cell("replaces", "\n".join([wrap, *HOLDERS.values()])), cell("test", "1", TEST))
    assert {event.text for event in told} == {f"replaced {name}" for name in HOLDERS}
    assert run(cell("test", "1", TEST)) == ({}, [])


@pytest.mark.parametrize(("nbgrader", "told"), [(GIVEN, ["imports: NameError: x"]), (TEST, []), (None, [])])
def test_any_error_in_a_given_cell_is_told_and_an_ordinary_one_in_a_test_is_not(nbgrader, told):
    failed = cell("imports", "x", nbgrader)
    failed.outputs = [nbformat.v4.new_output("error", ename="NameError", evalue="x", traceback=[])]
    assert [event.text for event in events(failed)] == told
