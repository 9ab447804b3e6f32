"""Every notebook's TensorFlow edition runs where PyTorch cannot be imported; and what `make editions` writes."""

import editions
import pytest

from tools import gates
from tools.editions import write


@pytest.mark.parametrize("path", gates.stored(), ids=lambda path: path.stem)
def test_the_tensorflow_edition(path, tmp_path, monkeypatch):
    editions.check(path, gates.TENSORFLOW, tmp_path, monkeypatch)


@pytest.mark.parametrize("framework", ["pytorch", "tensorflow"])
def test_what_is_written(framework, tmp_path):
    write(framework, tmp_path / framework)
    for stored in gates.stored():
        path = tmp_path / framework / stored.name
        for gate in (gates.executed, gates.size, gates.figures, gates.links, gates.kernelspec):
            assert gate(path) == []
        assert {gates.side(cell) for cell in gates.read(path).cells} == {None, framework}


def test_the_other_framework_is_really_missing(tmp_path, monkeypatch):
    notebook = gates.stored()[0]
    with pytest.raises(editions.CellExecutionError, match="No module named keras"):
        editions.check(notebook, gates.TENSORFLOW, tmp_path, monkeypatch, hidden=["keras"])
