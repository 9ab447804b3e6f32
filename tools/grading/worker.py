"""Grade one submission, in a process of its own."""

import contextlib
import copy
import json
import os
import re
import resource
import sys
import threading
import time
from dataclasses import dataclass
from multiprocessing import parent_process
from pathlib import Path

import nbformat
from nbgrader.converters import Autograde
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade, is_solution, parse_utc
from traitlets.config import Config

from tools import assignments, notebooks, variants
from tools.assignments import id_of
from tools.grading import Refusal, harmless, reading, sandbox
from tools.grading.execution import SECONDS, Execution
from tools.grading.report import LOOK, NOTE, Event, short
from tools.grading.restore import restore
from tools.grading.submissions import Submission

MEMORY = 4 * 2**30  # bytes, of one process and of all processes of a submission
FILE = 2**28  # bytes of one file
LOG = 2**20  # bytes that are kept of what a submission wrote past its notebook
STEPS = Autograde.autograde_preprocessors.default()  # what nbgrader does when it grades a notebook
STAMP = "timestamp.txt"  # nbgrader's collector writes it, for late submissions


@dataclass(frozen=True)
class Task:
    """A submission, and how it is to be graded; `hidden` is None without a sandbox."""

    root: Path
    submission: Submission
    hidden: list | None
    cell_seconds: int | None = None


class Graded(Execution):
    """The execution of a notebook, and what is kept of it: no result of a test cell but its error, and no script."""

    def preprocess(self, nb, resources):
        """Execute a notebook and make it harmless."""
        statements = {cell.source for cell in self.released.cells}
        nb, resources = super().preprocess(nb, resources)
        self.happened += harmless.results(nb)
        nb, _ = harmless.Harmless().preprocess(nb, {"statements": statements})
        if self.happened:  # where the lecturer and the student see it
            lines = [f"- {short(event.text)}".replace("`", "'") for event in self.happened]
            said = "\n".join(["What happened when this was graded:", "", "```", *lines, "```"])
            nb.cells.insert(0, nbformat.v4.new_markdown_cell(harmless.TAG.sub("< ", said), id="happened"))
        return nb, resources


def prepare(submission, target, root):
    """Write the notebook of a submission, restored and without other files, to `target`; return what happened.

    Raises
    ------
    Refusal
        If there is no notebook in it, or not one of this assignment.
    """
    name, folder = submission.assignment, submission.folder
    files, others = reading.listed(folder)
    events = [Event(NOTE, f"passed over {file}, which is a link or no file") for file in others[:5]]
    try:
        found = reading.notebooks(folder, files)
        file, member = reading.choose(name, found)
    except Refusal as refusal:
        there = ", ".join([*files, *(f"{one} (a link or no file)" for one in others)][:5])
        raise Refusal(f"{refusal}; there is {there}" if there and not found else str(refusal)) from None
    left = [one for one in files if one not in (file, STAMP)]
    others_found = {one for one, _ in found}  # notebooks, of which one may be what was meant
    left.sort(key=lambda one: one not in others_found)
    events += [Event(LOOK if one in others_found else NOTE, f"left out the file {one}") for one in left[:5]]
    events += [Event(NOTE, "left out more files")] * (len(left) > 5)
    if (file, member) != (f"{name}.ipynb", None):
        events.append(Event(NOTE, f"read from {'/'.join(filter(None, (file, member)))}"))
    try:
        own = reading.cells(reading.decode(reading.content(folder, file, member)))
    except Refusal as refusal:
        raise Refusal(f"{file} cannot be graded: {refusal}") from None
    master, released = (notebooks.read(root / step / name / f"{name}.ipynb") for step in ("source", "release"))
    if other := which(own, name, root):
        raise Refusal(f"this is {other}, not {name}: put it into a folder {other}")
    notebook, more = restore(own, released, master)
    if variants.faults(name):
        more += settle_variant(notebook, submission.student, variants.known(root))
    notebook.metadata = copy.deepcopy(released.metadata)
    target.parent.mkdir(parents=True, exist_ok=True)
    for old in target.parent.iterdir():
        old.unlink()
    nbformat.write(notebook, target)
    if STAMP in files:
        stamp = reading.decode(reading.content(folder, STAMP)).strip()
        try:
            parse_utc(stamp)
            (target.parent / STAMP).write_text(stamp, encoding="utf-8")
        except Exception:  # dateutil raises many kinds
            events.append(Event(NOTE, f"{STAMP} holds no time ({short(stamp, 40)})"))
    return events + more


def settle_variant(notebook, student, known):
    """Put the variant that a student was given into a notebook; return what happened.

    Parameters
    ----------
    known : dict
        Variants by student; empty where nobody was given one, so that all have 0.
    """
    (cell,) = (cell for cell in notebook.cells if cell.id == "variant")
    variant, said = known.get(student, 0), cell.source.strip()
    cell.source = f"VARIANT = {variant}"
    events = []
    if known and student not in known:
        events.append(Event(LOOK, f"{student} is not in {variants.LIST}, and was graded as variant 0"))
    if said != cell.source:
        events.append(Event(LOOK, f"holds {short(said, 40)}, and was graded as variant {variant}"))
    return events


def which(own, name, root):
    """Return the name of another assignment whose cells these are rather than those of `name`, or None."""
    names = {cell.name for cell in own if cell.name}
    texts = {cell.source.strip() for cell in own}

    def common(path):
        cells = [cell for cell in notebooks.read(path).cells if is_grade(cell) or is_solution(cell) or not id_of(cell)]
        return sum(id_of(cell) in names or cell.source.strip() in texts for cell in cells)

    counts = {path.stem: common(path) for path in root.glob("source/*/*.ipynb")}
    best = max(counts, key=lambda one: (counts[one], one == name))
    return best if counts[best] > counts.get(name, 0) else None


def grade(task, folder, sender):
    """Grade a submission and send what happened and, where it failed, why.

    On the way it sends the title of each cell that it comes to: ``("at", title)``;
    at the end ``("done", events, why)``.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()
    for limit, value in ((resource.RLIMIT_DATA, MEMORY), (resource.RLIMIT_FSIZE, FILE), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError):  # the user's limit is lower already
            resource.setrlimit(limit, (value, value))
    name, student = task.submission.assignment, task.submission.student
    log = task.root / "logs" / student / f"{name}.log"
    happened, problem, said = Graded.happened, None, ""
    Graded.progress = staticmethod(lambda cell: sender.send(("at", cell)))
    Graded.deadline = time.monotonic() + SECONDS
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        _quiet(log)
        config = _kernel(task, Path(folder))
        happened += prepare(task.submission, task.root / "prepared" / student / name / f"{name}.ipynb", task.root)
        Graded.released = notebooks.read(task.root / "release" / name / f"{name}.ipynb")
        course = assignments.course(task.root)
        course.coursedir.submitted_directory = "prepared"
        config.Autograde.autograde_preprocessors = [Graded if one is Execute else one for one in STEPS]
        course.update_config(config)
        done = course.autograde(name, student)
        said = done.get("log", "") + (done.get("error") or "")
        if done["success"]:
            course.generate_feedback(name, student)
            _name_cells(task.root / "feedback" / student / name / f"{name}.html")
        else:
            problem = reason(said)
    except Refusal as refusal:
        problem = str(refusal)
    except Exception as error:
        problem = f"it could not be graded ({type(error).__name__}: {error})"
    with contextlib.suppress(OSError):
        os.truncate(log, min(LOG, log.stat().st_size))
    with contextlib.suppress(OSError), open(log, "a", encoding="utf-8", errors="replace") as file:
        file.write("".join(f"{event.text}\n" for event in happened) + (f"{problem}\n" if problem else "") + said)
    sender.send(("done", happened, problem))


def _end_with_parent():
    parent_process().join()
    os._exit(1)


def _quiet(log):
    """Let all that this process and its kernel print go to a log."""
    with open(log, "wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)


def _kernel(task, folder):
    """Describe the kernel for this process, and return the configuration that uses it."""
    # A kernel may write where its sockets are, but not where nbgrader looks for its description, or for templates.
    description, sockets = folder / "kernels" / "python3", folder / "sockets"
    sockets.mkdir()
    start = [] if task.hidden is None else sandbox.command(sockets, task.hidden)
    closed = [] if task.hidden is None else [f"--IPKernelApp.exec_lines={sandbox.closed(sockets)}"]
    # Interrupted by message, as signals do not get in. With this variable ipykernel leaves file descriptors alone:
    # what TensorFlow's C++ logs goes to the log of the submission.
    spec = {
        "argv": [*start, sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", *closed],
        "display_name": "Python 3",
        "language": "python",
        "interrupt_mode": "message",
        "env": {"PYTEST_CURRENT_TEST": "tools.grading"},
    }
    description.mkdir(parents=True)
    (description / "kernel.json").write_text(json.dumps(spec))
    kept = sandbox.environment(os.environ)
    os.environ.clear()
    os.environ.update(kept | {"JUPYTER_PATH": str(folder)})
    config = Config()
    config.KernelManager.transport = "ipc"  # a sandbox has no loopback
    config.KernelManager.connection_file = str(sockets / "kernel.json")
    if task.cell_seconds:
        config.Execute.timeout, config.Execute.iopub_timeout = task.cell_seconds, 2 * task.cell_seconds
    return config


def _name_cells(page):
    """Call each test in the contents of a page of feedback by the name of its cell, not "Test cell"."""
    whole = page.read_text(encoding="utf-8")
    page.write_text(re.sub(r'(<li><a href="#([\w-]+)">)[\w ]+(</a> \(Score)', r"\1\2\3", whole), encoding="utf-8")


def reason(log):
    """Say why nbgrader gave up, from its log."""
    errors = re.findall(r"^ *(\S*(?:Error|Exception): .*)", log, flags=re.MULTILINE)
    errors = [error for error in errors if "NbGraderException" not in error]
    return f"nbgrader gave up ({short(errors[-1], 120)})" if errors else "nbgrader gave up"
