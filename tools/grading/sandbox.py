"""Where a submission's kernel runs: on Linux without files, network and other processes in sight."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.course import ROOT
from tools.grading import Refusal

SCRIPT = Path(__file__).with_name("sandbox.sh")
# What a kernel gets of the environment. All else may hold the lecturer's keys.
VARIABLES = {"HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "TMPDIR", "TZ", "VIRTUAL_ENV"}
PREFIXES = ("CUDA_VISIBLE", "KERAS_", "LC_", "OMP_", "TF_")
FLAG = "--without-sandbox"


def environment(whole):
    """Return the variables of the environment `whole` that a kernel may see, and those that keep it to one core."""
    kept = {name: value for name, value in whole.items() if name in VARIABLES or name.startswith(PREFIXES)}
    return kept | {"LOKY_MAX_CPU_COUNT": "1", "PYTHON_CPU_COUNT": "1"}


def hidden(*folders):
    """Return what a kernel must not see: the course with its masters and their history, the home folder, `folders`."""
    places = {ROOT, Path.home().resolve(), *(Path(folder).resolve() for folder in folders)}
    # In a worktree of git the history lies elsewhere.
    history = subprocess.run(
        ["git", "-C", ROOT, "rev-parse", "--git-common-dir"], capture_output=True, text=True, errors="replace"
    )
    if history.returncode == 0 and (found := Path(ROOT, history.stdout.strip()).resolve()).is_dir():
        places.add(found)
    return sorted(place for place in places if place != Path("/"))


def shown():
    """Return the folders that a kernel needs, wherever they lie: Python, its packages, and `companion`."""
    places = {sys.prefix, sys.base_prefix, str(ROOT / "companion")}
    python = Path(sys.executable)
    while python.is_symlink():  # each link on the way to the program has to be seen
        python = python.parent / os.readlink(python)
        places.add(str(python.parent))
    return sorted(places)


def command(folder, hidden):
    """Return the start of a command line that lets what follows write in `folder` alone and not see the `hidden`."""
    outer_first = sorted({str(one) for one in hidden}, key=len)
    return ["sh", str(SCRIPT), str(folder), ":".join(outer_first), ":".join(shown())]


def closed(folder):
    """Return a line of Python for a kernel's start, when its sockets are open: it waits until `folder` is read-only."""
    wait = f"while [ -w '{folder}' ]; do sleep 0.05; done"
    return f"__import__('subprocess').run(['timeout', '20', 'sh', '-c', {wait!r}]);"


def check(hidden, package="companion"):
    """Try the sandbox; return what this system cannot keep a submission from, as lines, mostly none.

    Raises
    ------
    Refusal
        If there is no sandbox, or the package cannot be imported in it: nothing is graded without one unasked.
    """
    with tempfile.TemporaryDirectory(prefix="grade-", dir="/tmp") as folder:
        for program in ("pass", f"import {package}"):
            try:
                tried = subprocess.run(
                    [*command(folder, hidden), sys.executable, "-c", program],
                    env=environment(os.environ),
                    capture_output=True,
                    text=True,
                )
            except OSError as error:
                raise Refusal(_without(str(error))) from None
            if tried.returncode:
                why = (tried.stderr.strip().splitlines() or [f"exit status {tried.returncode}"])[-1]
                raise Refusal(_without(why) if program == "pass" else f"In the sandbox {program} fails: {why}")
    return tried.stderr


def _without(why):
    return (
        f"There is no sandbox on this system ({why}). Linux has one with util-linux, unless its administrator forbids "
        f"user namespaces. With {FLAG}, submissions are limited in time, memory, output and processes, but can read "
        "and write your files and use the network: do that only on a machine that holds nothing else."
    )
