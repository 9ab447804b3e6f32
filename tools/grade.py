"""Grade submissions with nbgrader: ``python -m tools.grade FOLDER``, or ``make grade SUBMISSIONS=FOLDER``.

The folder is laid out as nbgrader has it: ``<student>/<assignment>/<assignment>.ipynb``. Each submission is graded in a
process of its own, on as many cores as there are; nbgrader restores the test cells, runs the notebook, keeps the marks
in its gradebook and writes the feedback. What is added here: the notebook's kernel runs in tools/sandbox.sh; a
submission that takes too long, too much memory or too many processes is killed; and what happened is reported.
"""

import argparse
import contextlib
import copy
import csv
import html
import json
import multiprocessing
import os
import re
import resource
import subprocess
import sys
import tempfile
import textwrap
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import joblib
import nbformat
import psutil
from nbgrader.converters import Autograde
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade, is_locked
from traitlets.config import Config

from tools import assignments, notebooks, offline
from tools.course import ROOT

SECONDS = 600  # for a whole submission; nbgrader_config.py limits a cell
MEMORY = 4 * 2**30  # bytes, of one process and of all processes of a submission
PROCESSES = 64
CHARACTERS = 1_000_000  # that one cell may print
FILE = 2**28  # bytes of one file
SANDBOX = ROOT / "tools" / "sandbox.sh"
CUT = "… this cell printed more than a million characters; the rest is left out …\n"
STEPS = Autograde.autograde_preprocessors.default()  # what nbgrader does when it grades a notebook
ORDINARY = {"AssertionError", "NotImplementedError", "NameError", "KeyboardInterrupt"}  # how wrong work fails a test
# Run after the last cell of a submission. Who wants to can fool it; it finds what is replaced without malice.
LOOK = """
import sys
for name, module in sorted(sys.modules.items()):
    if name in ("builtins", "math", "numpy", "numpy.testing") or name.split(".")[0] == "companion":
        if getattr(module, "__spec__", None) is None:
            print(name)
        else:
            print(*(f"{name}.{key}" for key, value in vars(module).items()
                    if getattr(value, "__module__", None) == "__main__"), sep="\\n")
"""


class Refusal(Exception):
    """A submission that cannot be graded, or a folder without any; the message says why."""


@dataclass
class Result:
    """What came of one submission: its marks by graded cell, None where they wait for a person, and what happened."""

    student: str
    assignment: str
    marks: dict
    outof: dict
    seconds: float
    happened: list

    @property
    def total(self):
        """The sum of the marks that are there."""
        return sum(mark for mark in self.marks.values() if mark is not None)

    @property
    def by_hand(self):
        """The points that a person has still to give or refuse."""
        return sum(self.outof[cell] for cell, mark in self.marks.items() if mark is None)

    def line(self):
        """Return what is printed when it is graded."""
        waiting = f", {self.by_hand:g} by hand" if self.by_hand else ""
        marks = f"{self.total:g} of {sum(self.outof.values()):g}{waiting}"
        return f"{self.student:<16} {self.assignment:<38} {marks:<22} {self.seconds:4.0f} s  {'; '.join(self.happened)}"


class GuardedExecute(Execute):
    """nbgrader's execution of a notebook, which also limits what a cell prints and notes what happens."""

    happened = []  # of the one submission of this process

    def preprocess(self, nb, resources):
        """Execute a notebook, then look for replaced functions."""
        self.printed = Counter()
        nb.cells.append(nbformat.v4.new_code_cell(LOOK))
        nb, resources = super().preprocess(nb, resources)
        replaced = "".join(output.get("text", "") for output in nb.cells.pop().outputs).split()
        self.happened += [event for cell in nb.cells if cell.cell_type == "code" for event in events(cell)]
        self.happened += [f"replaced {name}" for name in replaced]
        return nb, resources

    def output(self, outs, msg, display_id, cell_index):
        """Keep an output, unless its cell has printed too much."""
        before = self.printed[cell_index]
        self.printed[cell_index] += len(str(msg["content"]))
        if self.printed[cell_index] <= CHARACTERS:
            return super().output(outs, msg, display_id, cell_index)
        if before <= CHARACTERS:
            outs.append(nbformat.v4.new_output("stream", name="stdout", text=CUT))
        return None


def events(cell):
    """Yield what a lecturer should know about an executed cell, beyond right and wrong."""
    name = assignments.id_of(cell) or f"a cell of their own ({textwrap.shorten(cell.source, 40, placeholder=' …')})"
    failed = False
    for output in cell.outputs:
        if output.output_type == "error":
            failed = True
            if output.ename == "CellTimeoutError":
                yield f"{name} took too long and was interrupted"
            elif output.ename not in ORDINARY:
                yield f"{name}: {textwrap.shorten(f'{output.ename}: {output.evalue}', 120, placeholder=' …')}"
        elif CUT in output.get("text", ""):
            yield f"{name} printed more than a million characters"
        elif output.get("name") == "stderr" and is_grade(cell) and not failed:
            yield f"{name}: a warning took its marks"


def restore(notebook, released):
    """Put every cell of the release back that was deleted or changed but may not be; return what was put back.

    nbgrader then adds the hidden tests. Left to itself it gives up where two neighbours are missing, or metadata.
    """
    happened, place = [], 0
    for cell in released.cells:
        name = assignments.id_of(cell)
        if name is None:
            continue
        found = [index for index, own in enumerate(notebook.cells) if assignments.id_of(own) == name]
        if not found:
            happened.append(f"{name} was deleted")
            notebook.cells.insert(place, copy.deepcopy(cell))
        else:
            place = found[-1]  # nbgrader also takes the last, where there are copies
            own = notebook.cells[place]
            changed = own.source != cell.source or own.metadata.get("tags") != cell.metadata.get("tags")
            if is_locked(cell) and changed or own.cell_type != cell.cell_type:
                happened.append(f"{name} was edited")
            if is_locked(cell) or own.cell_type != cell.cell_type:
                notebook.cells[place] = copy.deepcopy(cell)  # whole: a tag can keep a cell from being run
            own.metadata.nbgrader = copy.deepcopy(cell.metadata.nbgrader)
        place += 1
    return happened


def prepare(submission, target, released):
    """Write the notebook of a submission, restored and without other files, to `target`; return what happened."""
    path = submission / target.name
    files = sorted(str(file.relative_to(submission)) for file in submission.rglob("*") if not file.is_dir())
    others = [file for file in files if file not in (path.name, "timestamp.txt")]
    happened = [f"left out the file {file}" for file in others[:5]] + ["left out more files"] * (len(others) > 5)
    if path.name not in files:
        raise Refusal("; ".join([f"there is no {path.name}", *happened]))
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # whatever is in the file
        raise Refusal(f"{path.name} is not a notebook ({type(error).__name__})") from None
    happened += restore(notebook, released)
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)
    if "timestamp.txt" in files:  # nbgrader's collector writes it, for late submissions
        (target.parent / "timestamp.txt").write_bytes((submission / "timestamp.txt").read_bytes())
    return happened


def sandboxed(folder, hidden):
    """Return the start of a command line that lets what follows write in `folder` alone and not see the `hidden`."""
    inner_first = sorted({str(one) for one in hidden}, key=len, reverse=True)
    shown = [sys.base_prefix, sys.prefix, str(ROOT / "companion")]
    return ["sh", str(SANDBOX), str(folder), ":".join(inner_first), ":".join(shown)]


def unlimited(hidden):
    """Return whether there is a sandbox, and a sentence on what this system cannot limit, or nothing."""
    with tempfile.TemporaryDirectory(prefix="grade-", dir="/tmp") as folder, contextlib.suppress(OSError):
        run = subprocess.run(
            [*sandboxed(folder, hidden), sys.executable, "-c", "import companion"], capture_output=True, text=True
        )
        if run.returncode == 0:
            return True, run.stderr
    return False, (
        "This system gives no user namespaces (Linux does, unless its administrator forbids it): submissions are "
        "limited in time, memory, output and processes, but can read and write your files and use the network.\n"
    )


def grade(root, submission, name, student, folder, hidden, cell_seconds, sender):
    """Grade one submission, in a process of its own, and send what happened and, where it failed, why."""
    for limit, value in ((resource.RLIMIT_DATA, MEMORY), (resource.RLIMIT_FSIZE, FILE), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError):  # the user's limit is lower already
            resource.setrlimit(limit, (value, value))
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    # A kernel may write where its sockets are, but not where nbgrader looks for its description, or for templates.
    description, sockets = Path(folder, "kernels", "python3"), Path(folder, "sockets")
    sockets.mkdir()
    kernel = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": ([] if hidden is None else sandboxed(sockets, hidden)) + kernel, "display_name": "Python 3"}
    # Interrupted by message, as signals do not get in. With this variable ipykernel leaves file descriptors alone:
    # what TensorFlow's C++ logs would be a word on stderr, for which nbgrader takes marks.
    spec |= {"language": "python", "interrupt_mode": "message", "env": {"PYTEST_CURRENT_TEST": "tools.grade"}}
    description.mkdir(parents=True)
    (description / "kernel.json").write_text(json.dumps(spec))
    os.environ["JUPYTER_PATH"] = folder

    happened, problem = GuardedExecute.happened, None
    try:
        released = notebooks.read(root / "release" / name / f"{name}.ipynb")
        happened += prepare(submission, root / "prepared" / student / name / f"{name}.ipynb", released)
        course = assignments.course(root)
        course.coursedir.submitted_directory = "prepared"
        config = Config()
        config.KernelManager.transport = "ipc"  # a sandbox has no loopback
        config.KernelManager.connection_file = str(sockets / "kernel.json")
        config.Autograde.autograde_preprocessors = [GuardedExecute if one is Execute else one for one in STEPS]
        if cell_seconds:
            config.Execute.timeout = cell_seconds
        course.update_config(config)
        done = course.autograde(name, student)
        if done["success"]:
            course.generate_feedback(name, student)
        else:
            problem = reason(done.get("log", "") + (done.get("error") or ""))
    except Refusal as refusal:
        problem = str(refusal)
    except Exception as error:
        problem = f"it could not be graded ({type(error).__name__}: {error})"
    sender.send((happened, problem))


def reason(log):
    """Say why nbgrader gave up, from its log."""
    if "DeadKernelError" in log or "Kernel died" in log:
        return "its kernel died"
    errors = re.findall(r"^(\S*(?:Error|Exception)\b.*)", log, flags=re.MULTILINE)
    return f"nbgrader gave up ({textwrap.shorten(errors[0], 120, placeholder=' …')})" if errors else "nbgrader gave up"


def watch(process, receiver):
    """Wait for the process that grades a submission and return what it sends; end it where it exceeds a limit."""
    start, problem, family = time.monotonic(), None, psutil.Process(process.pid)
    while problem is None and process.is_alive() and not receiver.poll(0.5):
        memory, tree = 0, family.children(recursive=True)
        for member in tree:
            with contextlib.suppress(psutil.Error):
                memory += member.memory_info().rss
        if len(tree) > PROCESSES:
            problem = f"it started more than {PROCESSES} processes"
        elif memory > MEMORY:
            problem = f"it took more than {MEMORY / 2**30:g} GB"
        elif time.monotonic() - start > SECONDS:
            problem = f"it took more than {SECONDS} s"
    try:
        return receiver.recv() if problem is None else ([], problem)
    except EOFError:
        return [], "the process that graded it died"
    finally:
        end(family)
        process.join()


def end(family):
    """Kill a process and all that it started, stopped first so that nothing is started meanwhile."""
    stopped = set()
    with contextlib.suppress(psutil.Error):
        while more := {family, *family.children(recursive=True)} - stopped:
            for member in more:
                with contextlib.suppress(psutil.Error):
                    member.suspend()
            stopped |= more
    for member in stopped:
        with contextlib.suppress(psutil.Error):
            member.kill()


def run(root, submission, name, student, hidden, cell_seconds=None):
    """Grade one submission from start to end; return its result."""
    start = time.monotonic()
    context = multiprocessing.get_context("forkserver")
    receiver, sender = context.Pipe(duplex=False)
    with tempfile.TemporaryDirectory(prefix="grade-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        process = context.Process(
            target=grade, args=(root, submission, name, student, folder, hidden, cell_seconds, sender)
        )
        process.start()
        sender.close()
        happened, problem = watch(process, receiver)
    if problem:
        happened = [f"{problem}; no marks", *happened]
        page = root / "feedback" / student / name / f"{name}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"<!DOCTYPE html>\n<title>{name}</title>\n<p>Not graded: {html.escape(problem)}.</p>\n")
    with assignments.course(root).gradebook as gradebook:
        gradebook.update_or_create_student(student)
        graded = gradebook.update_or_create_submission(name, student)
        grades = [one for notebook in graded.notebooks for one in notebook.grades]
        if problem:
            for one in grades:
                one.auto_score, one.needs_manual_grade = 0, False
            gradebook.db.commit()
        waiting = {one.name for one in grades if one.needs_manual_grade and one.manual_score is None}
        marks = {one.name: None if one.name in waiting else one.score for one in grades}
        outof = {one.name: one.max_score for one in grades}
    return Result(student, name, marks, outof, time.monotonic() - start, happened)


def write_marks(results, path):
    """Write the marks as a table: student, assignment, each problem, total, and what happened."""

    def problem(cell):
        return "problem " + re.match(r"p?(\d*)", cell).group(1)

    problems = sorted(
        {problem(cell) for result in results for cell in result.marks}, key=lambda text: (len(text), text)
    )
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["student", "assignment", *problems, "total", "out of", "by hand", "what happened"])
        for result in results:
            sums = Counter()
            for cell, mark in result.marks.items():
                sums[problem(cell)] += mark or 0
            row = [f"{sums[one]:g}" if one in sums else "" for one in problems]
            row += [f"{result.total:g}", f"{sum(result.outof.values()):g}", f"{result.by_hand:g}"]
            writer.writerow([result.student, result.assignment, *row, "; ".join(result.happened)])


def summary(results):
    """Yield the lines that say, for each test cell of each assignment, who lost marks on it."""
    for name in sorted({result.assignment for result in results}):
        group = [result for result in results if result.assignment == name]
        yield f"\n{name}: {len(group)} submissions, mean {sum(one.total for one in group) / len(group):.1f}"
        for cell, most in group[0].outof.items():
            marks = {one.student: one.marks[cell] for one in group}
            lost = [student for student, mark in marks.items() if mark is not None and mark < most]
            waiting = sum(mark is None for mark in marks.values())
            yield f"  {cell}, {most:g} points: " + "; ".join(
                [f"{len(marks) - len(lost) - waiting} in full"]
                + [f"{waiting} to be graded by hand"] * (waiting > 0)
                + [f"not {', '.join(lost)}"] * (len(lost) > 0)
            )


def find(folder, known):
    """Return all submissions as (student, assignment, folder), and the names of assignments that are not known.

    Raises
    ------
    Refusal
        If there is no such folder, or nothing in it to grade.
    """
    if not folder.is_dir():
        raise Refusal(f"There is no folder {folder}.")
    found = sorted(path for path in folder.glob("[!.]*/[!.]*") if path.is_dir())
    layout = "Submissions lie in <folder>/<student>/<assignment>/<assignment>.ipynb."
    if not found:
        raise Refusal(f"There is no submission in {folder}. {layout}")
    submissions = [(path.parent.name, path.name, path.resolve()) for path in found if path.name in known]
    if not submissions:
        raise Refusal(f"There is no assignment {found[0].name}; there are: {', '.join(known) or 'none'}. {layout}")
    return submissions, sorted({path.name for path in found} - set(known))


def grade_all(folder, root, jobs, cell_seconds=None):
    """Grade every submission in `folder`, print progress, marks and summary; return the results."""
    if root == assignments.COURSE:
        assignments.write_masters()
    known = sorted(path.stem for path in root.glob("source/*/*.ipynb") if path.stem == path.parent.name)
    submissions, unknown = find(folder, known)
    for name in unknown:
        print(f"Left out: there is no assignment {name}.")
    for name in sorted({name for _, name, _ in submissions}):
        assignments.release(name, root)
    hidden = [assignments.COURSE, ROOT / "tests", root, folder.resolve()]
    boxed, missing = unlimited(hidden)
    print(missing, end="")
    results = []
    with ThreadPoolExecutor(jobs) as pool:
        futures = [
            pool.submit(run, root, path, name, student, hidden if boxed else None, cell_seconds)
            for student, name, path in submissions
        ]
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                results.append(future.result())
                print(f"[{done}/{len(futures)}] {results[-1].line()}", flush=True)
        except BaseException:  # Ctrl-C, too: do not begin with those that wait
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    results.sort(key=lambda result: (result.assignment, result.student))
    write_marks(results, root / "marks.csv")
    print(*summary(results), sep="\n")
    print(f"\nMarks: {root / 'marks.csv'}\nFeedback: {root / 'feedback'}")
    return results


def main(arguments=None):
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Grade submissions with nbgrader, each in a sandbox.")
    parser.add_argument("folder", type=Path, help="holds <student>/<assignment>/<assignment>.ipynb")
    parser.add_argument("--course", type=Path, default=assignments.COURSE, help="where source/ is and the marks go")
    parser.add_argument("--jobs", type=int, default=joblib.cpu_count(), help="how many at a time (all cores)")
    parser.add_argument("--cell-seconds", type=int, metavar="S", help="for one cell, instead of the configuration's")
    options = parser.parse_args(arguments)

    os.environ |= offline.CPU | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(name, "1")  # each submission has a core
    multiprocessing.get_context("forkserver").set_forkserver_preload(["tools.assignments"])
    try:
        grade_all(options.folder, options.course.resolve(), options.jobs, options.cell_seconds)
    except (Refusal, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
