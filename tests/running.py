"""Run a notebook's edition where the other framework cannot be imported, for the tests of the two editions."""

import copy
import os

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tools import notebooks
from tools.course import NOTEBOOKS, OTHER
from tools.editions import edition
from tools.execute import TIMEOUT, kernel_manager

__all__ = ["CellExecutionError", "check", "hide"]


def texts(notebook):
    """Return the text that each cell writes; a cell whose output no test compares is left out."""
    return [
        [out.get("text") or out.data["text/plain"] for out in cell.outputs if out.output_type != "error"]
        for _, cell in notebooks.code_cells(notebook)
        if notebooks.IGNORE not in notebooks.tags(cell)
    ]


def hide(names, folder):
    """Write modules into `folder` that cannot be imported, to stand before those of the same names."""
    for name in names:
        (folder / f"{name}.py").write_text(f"raise ModuleNotFoundError('No module named {name}', name='{name}')\n")


def check(path, framework, folder, monkeypatch, *, hidden=None):
    """Execute the edition of the notebook at `path` without the other framework; its text is what is stored."""
    hide(hidden or OTHER[framework].modules, folder)
    # Before the installed packages, for the kernel and for every process that it starts.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), os.environ["PYTHONPATH"]]))
    stored = edition(path, framework)
    fresh = copy.deepcopy(stored)
    client = NotebookClient(fresh, km=kernel_manager(), timeout=TIMEOUT, coalesce_streams=True)
    client.execute(cwd=str(NOTEBOOKS))
    assert texts(fresh) == texts(stored)
