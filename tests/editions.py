"""What the tests of the two editions share: run one where the other framework cannot be imported."""

import os

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from tools import editions, gates

MODULES = {gates.PYTORCH: ["torch"], gates.TENSORFLOW: ["tensorflow", "keras"]}


def text_outputs(notebook):
    """Return what each cell of a notebook writes as text, cells tagged to be ignored left out."""
    return [
        [out.get("text") or out.data.get("text/plain") for out in cell.outputs if "image/png" not in out.get("data", {})]
        for _, cell in gates.code_cells(notebook)
        if gates.IGNORE not in gates.tags(cell)
    ]


def check(path, framework, folder, monkeypatch):
    """Write the edition of one notebook, execute it without the other framework, and compare its text outputs."""
    for name in MODULES[editions.OTHER[framework]]:
        (folder / f"{name}.py").write_text(f"raise ModuleNotFoundError('No module named {name}', name='{name}')\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", ""), str(gates.ROOT)]))
    stored = editions.edition(path, framework)
    fresh = nbformat.from_dict(stored.copy())
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    NotebookClient(fresh, km=manager, timeout=120, coalesce_streams=True).execute(cwd=str(folder))
    assert text_outputs(fresh) == text_outputs(stored)
    return fresh
