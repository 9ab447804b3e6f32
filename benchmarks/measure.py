"""How a ratio is measured, how it is written down, and on what machine."""

import os
import platform
import subprocess
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

ROUNDS = 6  # five that count, after one that does not


@dataclass(frozen=True)
class Row:
    """One row of the table.

    Attributes
    ----------
    what : str
        What was measured.
    ours : float
        Seconds.
    idiom : float, optional
        Seconds of the idiom that it is compared with.
    at_least : float, optional
        The ratio idiom/ours to reach.
    under : float, optional
        The seconds to stay under, where there is no idiom.
    work : object, optional
        What each side did: the training steps, or the result.
    loop : float, optional
        What `loop` gave right after it: rows of different days are compared by it.
    """

    what: str
    ours: float
    idiom: float | None = None
    at_least: float | None = None
    under: float | None = None
    work: object = None
    loop: float | None = None

    HEAD = ("what", "ours (s)", "idiom (s)", "ratio", "target", "met", "loop (s)")
    LEFT = 1  # the columns of words, set to the left

    @property
    def ratio(self):
        """Seconds of the idiom for each of ours, or None where there is no idiom."""
        return None if self.idiom is None else self.idiom / self.ours

    @property
    def met(self):
        """Whether the target is met, or None where there is none."""
        if self.at_least is not None:
            return self.ratio >= self.at_least
        return None if self.under is None else self.ours < self.under

    def cells(self):
        """Return what the table shows: what, ours, idiom, ratio, target, met, loop."""
        target = "–" if self.under is None else f"< {self.under:g} s"
        return (
            self.what,
            f"{self.ours:.3g}",
            "–" if self.idiom is None else f"{self.idiom:.3g}",
            "–" if self.ratio is None else f"{self.ratio:.1f}",
            target if self.at_least is None else f"≥ {self.at_least:g}",
            {None: "–", True: "yes", False: "no"}[self.met],
            "–" if self.loop is None else f"{self.loop:.2f}",
        )


@dataclass(frozen=True)
class Peer:
    """One row of the second table: an epoch of ours and of a peer, each in seconds of the wall and of the CPU.

    Attributes
    ----------
    what, peer : str
        What was measured, and against what.
    ours, theirs : array_like of float, shape (2,)
        Seconds of the wall and of the CPU.
    work : object, optional
        What each side did.
    loop : float, optional
        As for `Row`.
    """

    what: str
    peer: str
    ours: np.ndarray
    theirs: np.ndarray
    work: object = None
    loop: float | None = None

    HEAD = ("what", "against", "ours: wall (ms)", "CPU", "theirs: wall", "CPU", "CPU ratio", "loop (s)")
    LEFT = 2

    def cells(self):
        """Return what the table shows; the ratio is ours/theirs: how many times the peer's CPU seconds `fit` takes."""
        return (
            self.what,
            self.peer,
            *(f"{1000 * seconds:.3g}" for seconds in (*self.ours, *self.theirs)),
            f"{self.ours[1] / self.theirs[1]:.2f}",
            "–" if self.loop is None else f"{self.loop:.2f}",
        )


def clocks():
    """Return the seconds of the wall's clock and of the CPU's, of all threads."""
    return np.array([time.perf_counter(), time.process_time()])


def timed(function, *arguments, clock=time.perf_counter):
    """Call the function; return its seconds, by this clock, and its result."""
    start = clock()
    result = function(*arguments)
    return clock() - start, result


def loop():
    """Return the CPU seconds of one fixed loop of Python, which says how fast this machine is at the moment."""
    start, total = time.process_time(), 0
    for number in range(5_000_000):
        total += number * number
    return time.process_time() - start


def alternate(*sides, rounds=ROUNDS):
    """Run the sides in turn, `rounds` times; the first round does not count, unless it is the only one.

    Parameters
    ----------
    sides : callables
        Each returns its seconds and what it did; the second must be the same for all.
    rounds : int, optional

    Returns
    -------
    seconds : list of float, or of ndarray
        The median of each side, and of each of its clocks.
    work : object
        What each of them did.
    """
    results = [[side() for side in sides] for _ in range(rounds)]
    works = [work for turn in results for _, work in turn]
    if any(work != works[0] for work in works):
        raise AssertionError(f"The sides did not do the same work: {works}.")
    counted = results[1:] or results
    return [np.median([seconds for seconds, _ in side], axis=0) for side in zip(*counted, strict=True)], works[0]


def epochs_alone(run, *, more, times=1, clock=time.perf_counter):
    """Return a side that trains for 1 and for 1 + `more` epochs, and takes what an epoch adds, `times` over.

    The difference leaves out what is paid once for a training, by either side: checks, conversions, tracing, compiling.

    Parameters
    ----------
    run : callable
        Takes the number of epochs, trains, and returns the number of steps.
    more : int
    times : int, optional
    clock : callable, optional
        Returns seconds: a number, or an array of several clocks'.

    Returns
    -------
    callable
        Returns seconds and training steps, both extrapolated from one epoch to `times`.
    """

    def side():
        (first, few), (second, many) = (timed(run, epochs, clock=clock) for epochs in (1, 1 + more))
        return (second - first) / more * times, (many - few) // more * times

    return side


def table(rows):
    """Write rows of one kind as a Markdown table."""
    left = rows[0].LEFT
    cells = [rows[0].HEAD, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    cells.insert(1, ["-" * width if i < left else "-" * (width - 1) + ":" for i, width in enumerate(widths)])
    aligned = (
        [
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        for line in cells
    )
    return "\n".join(f"| {' | '.join(line)} |" for line in aligned)


def machine():
    """Describe this machine and the versions in words, without its name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("numpy", "scikit-learn", "torch", "tensorflow", "keras")
    )
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB of memory, {_system()} ({platform.machine()}), "
        f"Python {platform.python_version()}, {versions}."
    )


def _processor():
    """Return the processor's model as Linux or macOS names it, or else its architecture."""
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        names = [line.partition(":")[2].strip() for line in cpus.read_text().splitlines() if "model name" in line]
        return names[0] if names else platform.machine()
    command = ["sysctl", "-n", "machdep.cpu.brand_string"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _system():
    """Return the name and version of the operating system."""
    if platform.system() == "Darwin":
        return f"macOS {platform.mac_ver()[0]}"
    return platform.freedesktop_os_release()["PRETTY_NAME"]
