"""What a student runs before handing in: `precheck()` of the header, on right work and on what costs marks."""

import copy

import grading
import nbformat
import pytest
from grading import RIGHT, filled
from nbclient import NotebookClient

from tools import assignments

SOURCE = grading.named(assignments.master("header"))["precheck"].source


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    return grading.course(tmp_path_factory.mktemp("course"))


@pytest.fixture
def precheck(tmp_path, monkeypatch):
    """The function, in a folder of its own, as a notebook has it."""
    monkeypatch.chdir(tmp_path)
    for name in ("JPY_SESSION_NAME", "PRECHECK", "NBGRADER_EXECUTION"):
        monkeypatch.delenv(name, raising=False)
    namespace = {}
    exec(SOURCE, namespace)
    return namespace["precheck"]


def test_right_work_can_be_handed_in(precheck, released, tmp_path, capsys):
    nbformat.write(filled(released), tmp_path / "counting.ipynb")
    precheck()
    assert capsys.readouterr().out == (
        "counting.ipynb: 2 test cells pass when it is run from top to bottom.\n- Nothing else was found: hand it in.\n"
    )


def test_in_a_notebook_it_tells_of_names_copies_answers_and_the_order(released, tmp_path):
    notebook = filled(
        released, {"p3_answer": "YOUR ANSWER HERE", "p1_share": "def share(y):\n    return total(y) / len(y)"}
    )
    notebook.cells.append(copy.deepcopy(grading.named(notebook)["p2_weight"]))
    notebook.cells[-1].id = "copy"
    notebook.cells.insert(3, nbformat.v4.new_code_cell("helper = late"))
    notebook.cells.append(nbformat.v4.new_code_cell("late = 1\ndef total(y):\n    return np.sum(y)"))
    notebook.cells.append(nbformat.v4.new_code_cell(f"{SOURCE}\n\nprecheck('counting (1).ipynb')"))
    nbformat.write(notebook, tmp_path / "counting (1).ipynb")
    last = nbformat.v4.new_notebook(cells=[notebook.cells[-1]])
    NotebookClient(last, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    said = "".join(output.text for output in last.cells[0].outputs).splitlines()
    assert said == [
        "counting (1).ipynb: 1 test cells pass when it is run from top to bottom.",
        "- The file is called counting (1).ipynb: give it back the name under which you got it.",
        "- p2_weight is there 2 times: delete the copies.",
        "- p3_answer is not answered, or its line YOUR … HERE still stands.",
        "- From top to bottom, the cell that begins with 'helper = late' fails: NameError: name 'late' is not defined",
        "- From top to bottom, p1_share_test fails: NameError: name 'total' is not defined",
    ]


@pytest.mark.parametrize("name", ["PRECHECK", "NBGRADER_EXECUTION"])
def test_it_does_nothing_while_the_notebook_is_checked_or_graded(precheck, name, monkeypatch, capsys):
    monkeypatch.setenv(name, "1")
    precheck("nowhere.ipynb")
    assert capsys.readouterr().out == ""


def test_it_asks_for_the_file_where_it_cannot_know_it(precheck, tmp_path, released):
    for name in ("a.ipynb", "b.ipynb"):
        nbformat.write(filled(released, RIGHT), tmp_path / name)
    with pytest.raises(FileNotFoundError, match='precheck."its name.ipynb".'):
        precheck()
    with pytest.raises(FileNotFoundError, match='precheck."its name.ipynb".'):
        precheck("c.ipynb")
