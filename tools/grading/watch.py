"""Watch the process that grades a submission: what takes too much is ended, and what happened is told."""

import contextlib
import multiprocessing
import os
import tempfile
import time

import psutil

from tools.grading.execution import SECONDS
from tools.grading.report import LOOK, Event
from tools.grading.worker import MEMORY, grade

PROCESSES = max(64, 2 * (os.cpu_count() or 1))
GRACE = 120  # seconds beyond a submission's own limit, in which it should come to its end by itself


class Stopped(Exception):
    """The run was stopped before this submission was graded."""


def run(task, stop):
    """Grade one submission; return what happened and, where it failed, why.

    Raises
    ------
    Stopped
        If the event `stop` was set.
    """
    context = multiprocessing.get_context("forkserver")
    receiver, sender = context.Pipe(duplex=False)
    with receiver, tempfile.TemporaryDirectory(prefix="grade-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        process = context.Process(target=grade, args=(task, folder, sender))
        process.start()
        sender.close()
        return watch(process, receiver, stop)


def watch(process, receiver, stop):
    """Wait for the process that grades a submission and return what it sends; end what exceeds a limit.

    A kernel that takes too much memory or too many processes is ended, and the process goes on without the cell that it
    was at. The process itself is ended where it does not come to an end.
    """
    start, at, excesses = time.monotonic(), "its beginning", []
    try:
        while True:
            if receiver.poll(0.5):
                kind, *content = receiver.recv()
                if kind == "done":
                    events, problem = content
                    return [*excesses, *events], problem
                (at,) = content
            elif not process.is_alive() and not receiver.poll():
                return excesses, f"the process that graded it died at {at}"
            if stop.is_set():
                raise Stopped
            if time.monotonic() - start > SECONDS + GRACE:
                return excesses, f"it took more than {SECONDS} s, and was ended at {at}"
            if excess := excess_of(descendants(process.pid)):
                excesses.append(Event(LOOK, f"{at}: it {excess}"))
                end(process.pid, itself=False)
    except EOFError:
        return excesses, f"the process that graded it died at {at}"
    finally:
        end(process.pid)
        process.join()


def descendants(pid):
    """Return all processes that a process started, and those started; none where it is gone."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).children(recursive=True)
    return []


def excess_of(family):
    """Return which limit a family of processes exceeds, in words, or None."""
    if len(family) > PROCESSES:
        return f"started more than {PROCESSES} processes"
    # Pages that processes share are counted once for each by rss, and in parts by pss, which takes longer to find out.
    if _memory(family, "rss") > MEMORY and _memory(family, "pss") > MEMORY:
        return f"took more than {MEMORY / 2**30:g} GB"
    return None


def _memory(family, kind):
    total = 0
    for member in family:
        with contextlib.suppress(psutil.Error):
            total += getattr(member.memory_info() if kind == "rss" else member.memory_full_info(), kind, 0)
    return total


def end(pid, itself=True):
    """Kill all that a process started, and the process; stopped first, so that nothing is started meanwhile."""
    try:
        first = {psutil.Process(pid)} if itself else set()
    except psutil.Error:
        return
    stopped = set()
    while more := (first | set(descendants(pid))) - stopped:
        for member in more:
            with contextlib.suppress(psutil.Error):
                member.suspend()
        stopped |= more
    for member in stopped:
        with contextlib.suppress(psutil.Error):
            member.kill()
