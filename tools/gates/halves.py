"""The gate of the halves: no cell leans on the other framework. Ruff reads each edition as one file of Python."""

import json
import subprocess
import sys

from tools.course import FRAMEWORKS
from tools.notebooks import code_cells, place, read, side


def independent(path):
    """Each framework's cells run without the other's and the comparisons, and the shared cells without either's."""
    cells = code_cells(read(path))
    problems = []
    for own in (None, *FRAMEWORKS):
        seen = {None, own and own.tag}
        kept = [(number, cell) for number, cell in cells if side(cell) in seen]
        banned = [module for one in FRAMEWORKS if one is not own for module in (*one.modules, one.half)]
        for line, message in undefined_or_banned("\n".join(cell.source for _, cell in kept) + "\n", banned):
            number, cell = cell_at(kept, line)
            if side(cell) or own is None:  # of a shared cell it was said among the shared ones
                problems.append(f"{place(number, cell)} belongs to {own.name if own else 'all'}, and {message}")
    return problems


def undefined_or_banned(code, banned):
    """Return the lines that use a name before it is there, or import a banned module, each with what ruff says."""
    reasons = ", ".join(f'"{module}" = {{msg = "it is not its own"}}' for module in banned)
    options = [
        "--isolated",
        "--no-cache",
        "--select=F821,TID251",
        "--output-format=json",
        "--stdin-filename=edition.py",
    ]
    options += ["--config", f"lint.flake8-tidy-imports.banned-api = {{{reasons}}}"]
    command = [sys.executable, "-m", "ruff", "check", *options, "-"]
    result = subprocess.run(command, input=code, capture_output=True, text=True)
    if result.returncode > 1:
        raise RuntimeError(f"ruff could not read the edition: {result.stderr}")
    return [(found["location"]["row"], found["message"]) for found in json.loads(result.stdout)]


def cell_at(cells, line):
    """Return the cell, with its number, that holds a line of the joined code."""
    for number, cell in cells:
        line -= len(cell.source.split("\n"))
        if line < 1:
            return number, cell
    return cells[-1]
