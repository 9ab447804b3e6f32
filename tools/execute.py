"""Execute the text notebooks: into the stored ones, or afresh into ``build/`` with the table of claims.

``python -m tools.execute --store`` executes the texts that differ from their stored notebook, ``--store --all`` all of
them, ``--store NAME …`` those named; ``python -m tools.execute --course`` executes all and writes only to ``build/``.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from tools import claims, gates, notebooks, offline, text
from tools.course import BUILD, NOTEBOOKS

TIMEOUT = 120  # seconds for one cell
KERNELS = Path(__file__).parent / "kernels"
THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


class Failure(Exception):
    """A notebook that did not run as it should; the message says where and why."""


def kernel_manager(name):
    """Return the manager of a kernel of this environment, whatever kernels the user has installed."""
    return AsyncKernelManager(kernel_name=name, kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(KERNELS)]))


async def execute(path, target, kernel="python3", **environment):
    """Execute the text source of the notebook at `path` and write it, with its outputs, to `target`."""
    notebook, started = text.source(path), []
    client = NotebookClient(
        notebook,
        km=kernel_manager(kernel),
        timeout=TIMEOUT,
        startup_timeout=TIMEOUT,
        record_timing=False,
        coalesce_streams=True,
        on_cell_execute=lambda cell, cell_index: started.append(cell),
    )
    (BUILD / "logs").mkdir(parents=True, exist_ok=True)
    try:
        with open(BUILD / "logs" / f"{path.stem}.log", "w", encoding="utf-8") as log:
            where = {"cwd": str(NOTEBOOKS), "stderr": log, "env": os.environ | environment}
            await client.async_execute(cleanup_kc=True, **where)  # nbclient keeps the kernel of a manager it is given
    except CellExecutionError as error:
        raise Failure(f"{notebooks.place(len(started), started[-1])}: {error.ename}: {error.evalue}") from None
    except CellTimeoutError:
        raise Failure(f"{notebooks.place(len(started), started[-1])}: takes more than {TIMEOUT} s.") from None
    except (DeadKernelError, RuntimeError) as error:
        where = notebooks.place(len(started), started[-1]) if started else "before the first cell"
        raise Failure(f"{where}: the kernel died ({error}); its log is build/logs/{path.stem}.log.") from None

    notebook.metadata = nbformat.from_dict(notebooks.METADATA)
    for _, cell in notebooks.code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "error":  # expected; a traceback would name folders of this machine
                output.traceback = [f"{output.ename}: {output.evalue}"]
    written = BUILD / f"{path.stem}.ipynb"
    nbformat.write(notebook, written)
    if problems := gates.executed(written):
        raise Failure(problems[0])
    if target != written:
        shutil.copyfile(written, target)


async def timed(path, target, **options):
    """Execute one notebook and print its progress line."""
    start = time.perf_counter()
    try:
        await execute(path, target, **options)
    except Failure as failure:
        print(f"{path.stem:<40}{time.perf_counter() - start:6.1f} s  failed", flush=True)
        raise Failure(f"{path.stem}, {failure}") from None
    print(f"{path.stem:<40}{time.perf_counter() - start:6.1f} s  ok", flush=True)


def store(names, everything):
    """Execute the texts named, all, or those that differ from their stored notebook, into the stored notebooks."""
    paths = [path for path in notebooks.stored() if notebooks.text_of(path).exists()]
    known = {path.stem: path for path in paths}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Failure(f"There is no notebooks/text/{unknown[0]}.md; there are: {', '.join(known) or 'none'}.")
    if names:
        paths = [known[name] for name in names]
    elif not everything:
        paths = [path for path in paths if gates.pair(path)]
    for path in paths:  # one thread each, as in a course and in the tests: beside other work two wait for one another
        asyncio.run(timed(path, path, **dict.fromkeys(THREADS, "1")))
    if not paths:
        print("Every stored notebook holds the cells of its text; ALL=1 executes them all the same.")


def course():
    """Execute every notebook afresh into ``build/`` and print the table of claims."""
    paths = notebooks.stored()
    if not paths:
        raise Failure("There is no notebook in notebooks/.")
    shutil.rmtree(claims.FOLDER, ignore_errors=True)
    claims.FOLDER.mkdir(parents=True)
    asyncio.run(at_once(paths))
    rows = claims.collect(paths)
    if not rows:
        raise Failure("No notebook makes a claim (companion.compare.claim).")
    print("\n" + claims.table(rows))
    if not all(map(claims.kept, rows)):
        raise Failure("Not every claim holds.")


async def at_once(paths):
    """Execute the notebooks at `paths` into ``build/``, two at once where there are two cores, the longest first."""
    cores = os.cpu_count()
    jobs = min(2, cores)
    free = asyncio.Semaphore(jobs)
    # Two kernels with all cores' threads each slow one another up to ten times.
    threads = dict.fromkeys(THREADS, str(cores // jobs))

    async def one(path, **environment):
        async with free:
            environment |= threads | {"COMPANION_CLAIMS": str(claims.file_of(path))}
            await timed(path, BUILD / path.name, kernel="preloaded", **environment)

    longest_first = sorted(paths, key=lambda path: -notebooks.text_of(path).stat().st_size)
    with tempfile.TemporaryDirectory() as folder:  # of the process that has imported the frameworks for all kernels
        tasks = [asyncio.create_task(one(path, PRELOADED=folder)) for path in longest_first]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)  # their kernels are shut down


def main(arguments=None):
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Execute the text notebooks.")
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--store", nargs="*", metavar="NAME", help="into notebooks/: those that changed, or those named")
    mode.add_argument("--course", action="store_true", help="afresh into build/, then print the table of claims")
    parser.add_argument("--all", action="store_true", help="with --store: all of them")
    options = parser.parse_args(arguments)

    offline.settle()
    try:
        course() if options.course else store(options.store, options.all)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. What was stored before is as it was.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
