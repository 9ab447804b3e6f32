"""Every notebook's PyTorch edition runs where TensorFlow and Keras cannot be imported (the other file: the reverse)."""

import editions
import pytest

from tools import gates


@pytest.mark.parametrize("path", gates.stored(), ids=lambda path: path.stem)
def test_the_pytorch_edition(path, tmp_path, monkeypatch):
    editions.check(path, gates.PYTORCH, tmp_path, monkeypatch)
