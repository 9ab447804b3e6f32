"""The run: grade every submission in a folder that is new, and report on all; see the package's docstring."""

import argparse
import html
import multiprocessing
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import joblib

from tools import assignments, offline, variants
from tools.grading import Refusal, alike, answers, book, report, sandbox, submissions, watch
from tools.grading.report import LOST, Event, Result
from tools.grading.submissions import Record
from tools.grading.worker import Task

BOOK = threading.Lock()  # the gradebook is a file


def grade(task, stop, again=False):
    """Grade one submission unless it was graded as it is; return its result."""
    start, root, submission = time.monotonic(), task.root, task.submission
    record = Record(root, submission)
    before = record.read()
    name = submission.assignment
    state = record.state(root / "source" / name / f"{name}.ipynb", root / "source" / "header.ipynb")
    if variants.faults(name):
        state += f" {variants.known(root).get(submission.student, 0)}"
    if not again and before.get("state") == state:
        with BOOK, book.open_at(root) as gradebook:
            if book.holds(gradebook, submission):  # it may have been deleted since
                return book.result(gradebook, submission, before["seconds"], before["happened"], new=False)
    happened, problem = watch.run(task, stop)
    now = {} if problem else book.answers(root, submission)
    with BOOK, book.open_at(root) as gradebook:
        if problem:
            happened = [Event(LOST, f"{problem}; no marks"), *happened, *book.refuse(gradebook, submission)]
            refused(root, submission, problem)
        else:
            happened = [*happened, *book.settle(gradebook, submission, before.get("answers", {}), now)]
        seconds = time.monotonic() - start
        result = book.result(gradebook, submission, seconds, happened)
    # A process that died may have been killed for want of memory: it is tried again by the next run.
    kept = None if problem and "died" in problem else state
    record.write(state=kept, seconds=seconds, happened=happened, answers=now or before.get("answers", {}))
    return result


def refused(root, submission, problem):
    """Write the page that a student gets in place of feedback, and remove what was graded before."""
    name = submission.assignment
    page = root / "feedback" / submission.student / name / f"{name}.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    text = (
        f'<!DOCTYPE html>\n<meta charset="utf-8">\n<title>{name}</title>\n<p>Not graded: {html.escape(problem)}.</p>\n'
    )
    page.write_text(text, encoding="utf-8", errors="replace")  # a file's name may be in no encoding
    (root / "autograded" / submission.student / name / f"{name}.ipynb").unlink(missing_ok=True)


def safely(task, stop, again):
    """Grade one submission; whatever goes wrong is its result, so that the class gets its table."""
    try:
        return grade(task, stop, again)
    except watch.Stopped:
        raise
    except Exception as error:
        problem = f"it could not be graded ({type(error).__name__}: {error}); no marks"
        return Result(task.submission.student, task.submission.assignment, happened=[Event(LOST, problem)])


def grade_all(folder, root, jobs, cell_seconds=None, again=(), boxed=True):
    """Grade what is new in `folder`, print progress, marks and summary; return the results of all.

    Raises
    ------
    Refusal
        If there is nothing to grade, or no sandbox to grade it in.
    """
    if root == assignments.COURSE:
        assignments.write_masters()
    known = sorted(path.stem for path in root.glob("source/*/*.ipynb") if path.stem == path.parent.name)
    found, left_out = submissions.find(folder, known)
    for what in left_out:
        print(f"Left out: {what}.")
    unknown = sorted(set(again) - {one.student for one in found} - {"all"})
    if unknown:
        raise Refusal(f"There is no student {unknown[0]} in {folder}.")
    hidden = sandbox.hidden(assignments.COURSE, root, folder) if boxed else None
    if boxed:
        print(sandbox.check(hidden), end="")
    for name in sorted({one.assignment for one in found}):
        assignments.release(name, root)
    answers.take(root, found)
    with BOOK, book.open_at(root) as gradebook:  # two of a student's submissions at once would each add the student
        for student in sorted({one.student for one in found}):
            gradebook.update_or_create_student(student)
    results, stop = [], threading.Event()
    with ThreadPoolExecutor(jobs) as pool:
        futures = [
            pool.submit(safely, Task(root, one, hidden, cell_seconds), stop, one.student in again or "all" in again)
            for one in found
        ]
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                results.append(future.result())
                if results[-1].new:
                    print(f"[{done}/{len(futures)}] {results[-1].line()}", flush=True)
        except BaseException:  # Ctrl-C, too: end what runs, and do not begin with what waits
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            print(f"Stopped after {len(results)} of {len(found)}; the same command goes on from there.")
            raise
        finally:
            results.sort(key=lambda result: (result.assignment, result.student))
            report.write_marks(results, root / "marks.csv")
    print(*report.summary(results), *report.look(results), sep="\n")
    pages = answers.write(root, results)
    old = sum(not result.new for result in results)
    if old:
        print(f"\n{old} of {len(results)} had been graded before, and are as they were (--again grades them again).")
    print(f"\nMarks: {root / 'marks.csv'}\nFeedback: {root / 'feedback'}")
    print(*(f"To be marked by hand: {page}" for page in pages), sep="\n")
    print(*(f"Alike, to be looked at: {table}" for table in alike.write(root, results)), sep="\n")
    return results


def main(arguments=None):
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.grading", description="Grade submissions with nbgrader, each in a sandbox."
    )
    parser.add_argument("folder", type=Path, help="holds <student>/<assignment>/<assignment>.ipynb")
    parser.add_argument("--course", type=Path, default=assignments.COURSE, help="where source/ is and the marks go")
    jobs = joblib.cpu_count() + 1  # so that one submission that hangs leaves every core to the others
    parser.add_argument("--jobs", type=int, default=jobs, help="how many at a time (one more than there are cores)")
    parser.add_argument("--cell-seconds", type=int, metavar="S", help="for one cell, instead of the configuration's")
    parser.add_argument("--again", nargs="+", default=[], metavar="STUDENT", help="grade anew; all for everybody")
    parser.add_argument(sandbox.FLAG, dest="boxed", action="store_false", help="run submissions unprotected")
    options = parser.parse_args(arguments)

    for stream in (sys.stdout, sys.stderr):  # names of folders may be in no encoding
        stream.reconfigure(errors="replace")
    os.environ |= offline.CPU | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(name, "1")  # each submission has a core
    multiprocessing.get_context("forkserver").set_forkserver_preload(["tools.grading.worker"])
    try:
        grade_all(
            options.folder,
            options.course.resolve(),
            options.jobs,
            options.cell_seconds,
            options.again,
            options.boxed,
        )
    except (Refusal, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
