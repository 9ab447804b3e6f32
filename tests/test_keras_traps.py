"""Whose trap is it, Keras' or TensorFlow's? Notebook 08's table holds those that are not on both backends."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.course import NOTEBOOKS

SCRIPT = Path(__file__).with_name("keras_traps.py")
TEXT = (NOTEBOOKS / "text" / "08_where_the_frameworks_differ.md").read_text(encoding="utf-8")
TABLE = TEXT.partition("\n## Keras' trap or TensorFlow's?\n")[2].partition("\n## ")[0]
ROWS = [[cell.strip() for cell in row.split("|")[1:-1]] for row in re.findall(r"^\|.*\|$", TABLE, re.MULTILINE)[2:]]


@pytest.mark.parametrize("column, backend", [(1, "tensorflow"), (2, "torch")])
def test_each_trap_is_on_the_backends_that_the_table_says(column, backend):
    environment = os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    found = subprocess.run(
        [sys.executable, SCRIPT], env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert found.returncode == 0, found.stderr[-2000:]
    shown = json.loads(found.stdout.splitlines()[-1])
    assert len(shown) == 26 and all(row[1] != row[2] for row in ROWS)
    in_table = {row[0]: row[column] for row in ROWS}
    assert {name: in_table.get(name, "yes") for name in shown} == {
        name: "yes" if there else "no" for name, there in shown.items()
    }
    assert set(in_table) <= set(shown)
