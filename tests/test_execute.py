"""Notebooks are executed from their texts, failures are named, and what was claimed becomes one table."""

import psutil
import pytest

from companion.compare import claim, holds
from tools import claims, execute, notebooks

CLAIM = {
    "notebook": "01_two",
    "claim": "recall",
    "pytorch": 2 / 3,
    "tensorflow": 2 / 3,
    "atol": 1e-12,
    "difference": 0,
}
TRAP = {"notebook": "08a_x", "claim": "rate", "pytorch": 1, "tensorflow": 2, "at_least": 0.5, "difference": 1}


def test_the_table_of_claims():
    lines = claims.table([CLAIM, CLAIM | {"claim": "precision", "difference": 2e-3}]).splitlines()
    assert lines[2].split() == ["01", "recall", "0.6667", "0.6667", "yes,", "to", "1e-12"]
    assert lines[3].split()[-3] == "NO,"
    assert lines[-1] == "2 claims; the largest difference is 2.0e-03 (01_two)."


def test_the_table_holds_the_differences_too():
    lines = claims.table([TRAP, TRAP | {"difference": 0.1}]).splitlines()
    assert lines[2].split()[1:] == ["rate", "1", "2", "differ,", "by", "0.5", "or", "more"]
    assert lines[3].split()[4:] == ["NO,", "by", "0.5", "or", "more"]
    assert lines[-1] == "0 claims; 2 places where the two differ by default."
    assert [claims.kept(each) for each in (TRAP, TRAP | {"difference": 0.1})] == [True, False]


def test_what_the_package_records_is_what_the_table_reads(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(claims, "BUILD", tmp_path)
    monkeypatch.setattr(claims, "FOLDER", tmp_path)
    path = tmp_path / "04_sample.ipynb"
    monkeypatch.setenv("COMPANION_CLAIMS", str(claims.file_of(path)))
    claim("recall", {"PyTorch": 0.5, "TensorFlow": 0.5})
    claim("logits", {"PyTorch": [1.0, 2.0], "TensorFlow": [1.0, 2.0]})
    holds("recall is a half", True)
    rows = claims.collect([path, tmp_path / "05_without.ipynb"])
    assert all(map(claims.kept, rows))
    lines = claims.table(rows).splitlines()
    assert [line.split()[1] for line in lines[2:5]] == ["recall", "logits", "recall"]
    assert "2 values" in lines[3] and "✓" in lines[4]
    assert lines[-1] == "2 claims; the largest difference is 0.0e+00 (04_sample); 1 checks."
    last = (tmp_path / "claims.jsonl").read_text()
    assert len(last.splitlines()) == 3
    (by_versions,) = tmp_path.glob("claims_torch-*_tensorflow-*_keras-*.jsonl")
    assert by_versions.read_text() == last


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A function that writes texts into a course of its own."""

    def write(**texts):
        (tmp_path / "text").mkdir()
        for name, cells in texts.items():
            fences = "".join(f"\n```python\n{cell}\n```\n" for cell in cells)
            (tmp_path / "text" / f"{name}.md").write_text(f"# {name}\n{fences}")
        return tmp_path

    for module in (execute, notebooks):
        monkeypatch.setattr(module, "NOTEBOOKS", tmp_path)
    for module in (execute, claims):
        monkeypatch.setattr(module, "BUILD", tmp_path / "build")
    monkeypatch.setattr(claims, "FOLDER", tmp_path / "build" / "claims")
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "kept")
    return write


def test_a_failing_cell_is_named_and_its_kernel_is_shut_down(course, capsys):
    folder, before = course(sample_01=["x = 1", "# half\nx / 0"]), {*psutil.Process().children()}
    assert execute.main(["--store"]) == 1
    assert capsys.readouterr().err == "sample_01, cell 2 ('# half'): ZeroDivisionError: division by zero\n"
    assert not (folder / "sample_01.ipynb").exists()
    assert not {*psutil.Process().children()} - before


def test_a_course_runs_them_all_and_shows_what_they_claimed(course, capsys):
    agree = "from companion.compare import claim, holds\nclaim('one', {'PyTorch': 1, 'TensorFlow': 1})"
    folder = course(
        a=[agree], b=[f"{agree}\nholds('two', True)"], c=["import os\nprint(os.environ['OMP_NUM_THREADS'])"]
    )
    assert execute.main(["--course"]) == 0
    said = capsys.readouterr().out
    assert [said.count(f"{name} ") >= 1 for name in "abc"] == [True] * 3
    assert said.endswith("2 claims; the largest difference is 0.0e+00 (a); 1 checks.\n")
    assert not list(folder.glob("*.ipynb")) and len(list((folder / "build").glob("*.ipynb"))) == 3


def test_a_course_ends_with_its_first_failure_and_leaves_no_kernel(course, capsys):
    course(a=["x / 0"], b=["import time\ntime.sleep(60)"])
    assert execute.main(["--course"]) == 1
    assert "a, cell 1 ('x / 0'): NameError" in capsys.readouterr().err


def test_a_kernel_ends_with_its_notebook(course, monkeypatch):
    managers, made = [], execute.kernel_manager
    monkeypatch.setattr(execute, "kernel_manager", lambda name: managers.append(made(name)) or managers[-1])
    course(a=["x = 1"])
    assert execute.main(["--store"]) == 0
    assert [manager.has_kernel for manager in managers] == [False]


def test_an_unknown_name_is_refused(course, capsys):
    course(a=["1"])
    assert execute.main(["--store", "b"]) == 1
    assert capsys.readouterr().err == "There is no notebooks/text/b.md; there are: a.\n"
