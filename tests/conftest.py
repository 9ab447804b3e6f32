"""What holds for every test: no connection leaves this machine, and every run draws the same examples."""

import math
import os
import sys
import tempfile
from pathlib import Path

import hypothesis
import pytest
import running

import companion  # noqa: F401  before any framework: see its docstring
from tools import offline
from tools.execute import KERNELS

offline.guard()
os.environ.update(offline.CPU)
# Two notebooks run at once on two cores: with a thread each, neither waits for the other.
for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(name, "1")

# Their tests wait for other processes, for up to minutes; then come the notebooks, and last what is done in seconds.
FIRST = ("test_assignments_", "test_editions_", "test_grading", "test_setup", "test_site", "test_slides")
os.environ["JUPYTER_PATH"] = str(KERNELS.parent)  # nbval knows the preloaded kernel by its name

hypothesis.settings.register_profile("course", deadline=None, derandomize=True)
hypothesis.settings.load_profile("course")


def pytest_configure(config):
    """Give the run one folder for its preloaded kernels, which the workers share, and time for the first of them."""
    config.option.nbval_kernel_startup_timeout = 300  # the option makes a string of it
    if "PRELOADED" not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="kernels-")
        config.add_cleanup(folder.cleanup)
        os.environ["PRELOADED"] = folder.name
        running.prepare(Path(folder.name))


def pytest_collection_modifyitems(items):
    """Begin with the files that take long, so that at the end no worker has nothing to do beside one of them."""

    def cost(item):
        if item.path.suffix == ".ipynb":
            return item.path.stat().st_size
        return math.inf if item.path.name.startswith(FIRST) else 0

    items.sort(key=cost, reverse=True)


@pytest.fixture(autouse=True)
def closed():
    """Leave no figure open behind a test."""
    yield
    if plt := sys.modules.get("matplotlib.pyplot"):
        plt.close("all")
