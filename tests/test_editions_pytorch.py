"""Every notebook's PyTorch edition runs where TensorFlow and Keras cannot be imported (the other file: the reverse)."""

import pytest
import running

from tools import notebooks
from tools.course import PYTORCH


@pytest.mark.parametrize("path", notebooks.stored(), ids=lambda path: path.stem)
def test_the_pytorch_edition(path, monkeypatch):
    running.check(path, PYTORCH, monkeypatch)


def test_the_other_framework_is_really_missing(monkeypatch):
    running.check_missing(PYTORCH, monkeypatch)
