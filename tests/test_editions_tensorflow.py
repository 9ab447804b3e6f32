"""Every notebook's TensorFlow edition runs where PyTorch cannot be imported; and what `make editions` writes."""

import pytest
import running

from tools import gates, notebooks
from tools.course import FRAMEWORKS, TENSORFLOW
from tools.editions import write


@pytest.mark.parametrize("path", notebooks.stored(), ids=lambda path: path.stem)
def test_the_tensorflow_edition(path, monkeypatch):
    running.check(path, TENSORFLOW, monkeypatch)


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda framework: framework.tag)
def test_what_is_written(framework, tmp_path):
    write(framework, tmp_path)
    for stored in notebooks.stored():
        path = tmp_path / stored.name
        for gate in (gates.executed, gates.size, gates.figures, gates.links, gates.kernelspec):
            assert gate(path) == []
        assert {notebooks.side(cell) for cell in notebooks.read(path).cells} == {None, framework.tag}


def test_the_other_framework_is_really_missing(monkeypatch):
    running.check_missing(TENSORFLOW, monkeypatch)
