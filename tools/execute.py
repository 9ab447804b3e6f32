"""Execute the text notebooks: into the stored ones, or afresh into ``build/`` with the table of claims.

``python -m tools.execute --store`` executes the texts that differ from their stored notebook, ``--store --all`` all of
them, ``--store NAME …`` those named; ``python -m tools.execute --course`` executes all and writes only to ``build/``.
"""

import argparse
import hashlib
import json
import os
import shutil
import sys
import textwrap
import time
from collections import Counter

import jupytext
import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from tools import gates, offline

BUILD = gates.ROOT / "build"
TIMEOUT = 120  # seconds for one cell


class Failure(Exception):
    """A notebook that did not run as it should; the message says where and why."""


def source(path):
    """Read the text source of the notebook at `path`, with the metadata and the cell ids that it is stored with."""
    return from_text(gates.text_of(path))


def from_text(text):
    """Read a text notebook. A cell's id is derived from what it holds: the same text gives the same notebook."""
    notebook = jupytext.read(text)
    notebook.metadata = nbformat.from_dict(gates.METADATA)
    seen = Counter()
    for cell in notebook.cells:
        content = f"{cell.cell_type}\n{cell.source}"
        cell.id = hashlib.sha256(f"{content}\n{seen[content]}".encode()).hexdigest()[:8]
        seen[content] += 1
    return notebook


def kernel_manager():
    """Return the manager of a kernel of this environment, whatever kernels the user has installed."""
    return AsyncKernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))


def execute(path, target):
    """Execute the text source of the notebook at `path` and write it, with its outputs, to `target`."""
    notebook, started = source(path), []
    client = NotebookClient(
        notebook,
        km=kernel_manager(),
        timeout=TIMEOUT,
        record_timing=False,
        coalesce_streams=True,
        on_cell_execute=lambda cell, cell_index: started.append(cell),
    )
    (BUILD / "logs").mkdir(parents=True, exist_ok=True)
    try:
        with open(BUILD / "logs" / f"{path.stem}.log", "w", encoding="utf-8") as log:
            client.execute(cwd=str(gates.NOTEBOOKS), stderr=log)
    except CellExecutionError as error:
        raise Failure(f"{gates.place(len(started), started[-1])}: {error.ename}: {error.evalue}") from None
    except CellTimeoutError:
        raise Failure(f"{gates.place(len(started), started[-1])}: takes more than {TIMEOUT} s.") from None
    except (DeadKernelError, RuntimeError) as error:
        where = gates.place(len(started), started[-1]) if started else "before the first cell"
        raise Failure(f"{where}: the kernel died ({error}); its log is build/logs/{path.stem}.log.") from None

    notebook.metadata = nbformat.from_dict(gates.METADATA)
    for _, cell in gates.code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "error":  # expected; a traceback would name folders of this machine
                output.traceback = [f"{output.ename}: {output.evalue}"]
    written = BUILD / f"{path.stem}.ipynb"
    nbformat.write(notebook, written)
    if problems := gates.executed(written):
        raise Failure(problems[0])
    if target != written:
        shutil.copyfile(written, target)


def timed(path, target):
    """Execute one notebook and print its progress line."""
    print(f"{path.stem:<40}", end="", flush=True)
    start = time.perf_counter()
    try:
        execute(path, target)
    except Failure as failure:
        print(f"{time.perf_counter() - start:6.1f} s  failed", flush=True)
        raise Failure(f"{path.stem}, {failure}") from None
    print(f"{time.perf_counter() - start:6.1f} s  ok", flush=True)


def store(names, everything):
    """Execute the texts named, all, or those that differ from their stored notebook, into the stored notebooks."""
    paths = [path for path in gates.stored() if gates.text_of(path).exists()]
    known = {path.stem: path for path in paths}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Failure(f"There is no notebooks/text/{unknown[0]}.md; there are: {', '.join(known) or 'none'}.")
    if names:
        paths = [known[name] for name in names]
    elif not everything:
        paths = [path for path in paths if gates.pair(path)]
    for path in paths:
        timed(path, path)
    if not paths:
        print("Every stored notebook holds the cells of its text; ALL=1 executes them all the same.")


def course():
    """Execute every notebook afresh into ``build/`` and print the table of claims."""
    paths = gates.stored()
    if not paths:
        raise Failure("There is no notebook in notebooks/.")
    shutil.rmtree(BUILD / "claims", ignore_errors=True)
    (BUILD / "claims").mkdir(parents=True)
    claims = []
    for path in paths:
        record = BUILD / "claims" / f"{path.stem}.jsonl"
        os.environ["COMPANION_CLAIMS"] = str(record)
        timed(path, BUILD / path.name)
        lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
        claims += [{"notebook": path.stem, **json.loads(line)} for line in lines]
    (BUILD / "claims.jsonl").write_text("".join(json.dumps(claim) + "\n" for claim in claims), encoding="utf-8")
    if not claims:
        raise Failure("No notebook makes a claim (companion.compare.claim).")
    print("\n" + table(claims))
    if not all(holds(claim) for claim in claims):
        raise Failure("Not every claim holds.")


def holds(claim):
    """Say whether the two frameworks agree to a claim's tolerance, or differ by as much as it says."""
    if "at_least" in claim:
        return claim["difference"] >= claim["at_least"]
    return claim["difference"] <= claim["atol"]


def verdict(claim):
    """Say in a few words whether the two frameworks agree, and whether they should."""
    if "at_least" in claim:
        return f"{'differ' if holds(claim) else 'NO'}, by {claim['at_least']:g} or more"
    return f"{'yes' if holds(claim) else 'NO'}, to {claim['atol']:.0e}"


def table(claims):
    """Write the claims as a table, one row each, and a closing line with the largest difference."""
    rows = [("notebook", "claim", "PyTorch", "TensorFlow", "agree")]
    for claim in claims:
        rows.append(
            (
                claim["notebook"].partition("_")[0],
                textwrap.shorten(claim["claim"], 72, placeholder=" …"),
                f"{claim['pytorch']:.4g}",
                f"{claim['tensorflow']:.4g}",
                verdict(claim),
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, tuple("-" * width for width in widths))
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    parities, traps = ([claim for claim in claims if ("at_least" in claim) is trap] for trap in (False, True))
    closing = f"{len(parities)} claims"
    if parities:
        largest = max(parities, key=lambda claim: claim["difference"])
        closing += f"; the largest difference is {largest['difference']:.1e} ({largest['notebook']})"
    if traps:
        closing += f"; {len(traps)} places where the two differ by default"
    return "\n".join([*lines, "", f"{closing}."])


def main(arguments=None):
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Execute the text notebooks.")
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--store", nargs="*", metavar="NAME", help="into notebooks/: those that changed, or those named")
    mode.add_argument("--course", action="store_true", help="afresh into build/, then print the table of claims")
    parser.add_argument("--all", action="store_true", help="with --store: all of them")
    options = parser.parse_args(arguments)

    offline.guard()
    # ipykernel then leaves file descriptors alone, as under nbval: TensorFlow's C++ log stays out of the notebooks.
    os.environ["PYTEST_CURRENT_TEST"] = "tools.execute"
    os.environ.update(offline.CPU)
    try:
        course() if options.course else store(options.store, options.all)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
