"""Run a notebook's edition where the other framework cannot be imported, for the tests of the two editions."""

import copy
import os
from pathlib import Path

import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

from tools import notebooks, offline
from tools.course import FRAMEWORKS, NOTEBOOKS, OTHER
from tools.editions import edition
from tools.execute import TIMEOUT

GUARD = os.path.join(offline.FOLDER, "sitecustomize.py")
NOT_INSTALLED = """
from importlib.metadata import MetadataPathFinder

found = MetadataPathFinder.find_distributions
MetadataPathFinder.find_distributions = lambda *args, **options: (
    one for one in found(*args, **options) if one.name not in {names}
)

# Python loads one `sitecustomize`, the first: this one stands before that which refuses connections.
import runpy

runpy.run_path({guard!r})
"""


def texts(notebook):
    """Return the text that each cell writes; a cell whose output no test compares is left out."""
    return [
        [out.get("text") or out.data["text/plain"] for out in cell.outputs if out.output_type != "error"]
        for _, cell in notebooks.code_cells(notebook)
        if notebooks.IGNORE not in notebooks.tags(cell)
    ]


def hide(names, folder):
    """Write modules into `folder` that cannot be imported, to stand before those of the same names.

    Python loads `sitecustomize` when it starts: it hides the packages, too, so that they seem not installed.
    """
    for name in names:
        (folder / f"{name}.py").write_text(f"raise ModuleNotFoundError('No module named {name}', name='{name}')\n")
    (folder / "sitecustomize.py").write_text(NOT_INSTALLED.format(names=set(names), guard=GUARD))


def prepare(folder):
    """Make in `folder` the folder of each framework's preloaded kernels, which do not find the other framework."""
    for framework in FRAMEWORKS:
        (folder / framework.tag).mkdir()
        hide(OTHER[framework].modules, folder / framework.tag)


def execute(notebook, framework, monkeypatch):
    """Execute a notebook in a kernel that does not find the other framework."""
    folder = Path(os.environ["PRELOADED"], framework.tag)
    options = {"timeout": TIMEOUT, "startup_timeout": TIMEOUT, "coalesce_streams": True}
    with monkeypatch.context() as changed:
        changed.setenv("PRELOADED", str(folder))
        # Before the installed packages, for the kernel and for every process that it starts.
        changed.setenv("PYTHONPATH", os.pathsep.join([str(folder), os.environ["PYTHONPATH"]]))
        NotebookClient(notebook, kernel_name="preloaded", **options).execute(cwd=str(NOTEBOOKS))


def check(path, framework, monkeypatch):
    """Execute the edition of the notebook at `path` without the other framework; its text is what is stored."""
    stored = edition(path, framework)
    fresh = copy.deepcopy(stored)
    execute(fresh, framework, monkeypatch)
    assert texts(fresh) == texts(stored)


def check_missing(framework, monkeypatch):
    """An edition that used the other framework would fail; its own framework is there, and nothing else is imported."""
    cells = [f"import {module}" for module in framework.modules]
    cells += ["import sys\nassert not [name for name in sys.modules if name.startswith('companion.')]"]
    execute(new_notebook(cells=[new_code_cell(cell) for cell in cells]), framework, monkeypatch)
    with pytest.raises(CellExecutionError, match="No network: tests and notebooks run offline"):
        asked = "import socket\nsocket.create_connection(('192.0.2.1', 80))"
        execute(new_notebook(cells=[new_code_cell(asked)]), framework, monkeypatch)
    for module in OTHER[framework].modules:
        with pytest.raises(CellExecutionError, match=f"No module named {module}"):
            execute(new_notebook(cells=[new_code_cell(f"import {module}")]), framework, monkeypatch)
        with pytest.raises(CellExecutionError, match="PackageNotFoundError"):
            asked = f"from importlib.metadata import version\nversion({module!r})"
            execute(new_notebook(cells=[new_code_cell(asked)]), framework, monkeypatch)
