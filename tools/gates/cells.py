"""Gates on cells: their pair in the text, their outputs, their tags, what they prove and repeat, their size."""

import ast
import re

from tools import text
from tools.course import FRAMEWORKS
from tools.markdown import headings
from tools.notebooks import (
    BOTH,
    FOLDED,
    IGNORE,
    METADATA,
    PROVES,
    RAISES,
    SIDES,
    code_cells,
    place,
    read,
    side,
    tags,
    text_of,
)

TAGS = {*SIDES, *FOLDED, IGNORE, RAISES}
VERDICT = {"same_loss"}  # which shows how two losses differ, and so proves it
MAX_KILOBYTES, MAX_LINES, MAX_COLUMNS, MAX_TWIN = 500, 25, 80, 3


def pair(path):
    """The stored notebook holds the cells that its text says."""
    if not text_of(path).exists():
        return [f"{path.name} has no text source text/{path.stem}.md."]
    if not path.exists():
        return [f"text/{path.stem}.md has no stored notebook: run make notebooks."]
    ours, theirs = (
        [(cell.cell_type, cell.source, cell.metadata) for cell in notebook.cells]
        for notebook in (text.source(path), read(path))
    )
    if ours == theirs:
        return []
    first = next((n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    return [f"text/{path.stem}.md and {path.name} differ from cell {first} on (counted from 0): run make notebooks."]


def executed(path):
    """Every code cell was executed, in order from 1, without an error and without a word on stderr."""
    problems = []
    for number, cell in code_cells(read(path)):
        if cell.execution_count != number:
            problems.append(f"{place(number, cell)} has the execution count {cell.execution_count}.")
        for output in cell.outputs:
            if output.output_type == "error" and RAISES not in tags(cell):
                problems.append(f"{place(number, cell)} ends in {output.ename}: {output.evalue}")
            if output.output_type == "stream" and output.name == "stderr":
                problems.append(f"{place(number, cell)} writes to stderr: {output.text.strip()}")
    return problems


def tagged(path):
    """PyTorch comes first and TensorFlow after it; tags are known; only versions and seconds are not compared."""
    notebook = read(path)
    blocks = [("the title", "")]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            blocks += [(title, "") for _, title in headings(cell.source)]
        elif side(cell):
            heading, letters = blocks[-1]
            blocks[-1] = heading, letters + side(cell)[0]
    names = {one.tag[0]: one.name for one in FRAMEWORKS} | {"b": BOTH}
    problems = [
        f"Under {heading!r} the cells are {', '.join(map(names.get, letters))}; PyTorch's is followed by TensorFlow's."
        for heading, letters in blocks
        if not re.fullmatch("(b*(p+t+)?)*", letters)
    ]
    for number, cell in code_cells(notebook):
        if unknown := sorted({*tags(cell)} - TAGS):
            problems.append(f"{place(number, cell)} has the unknown tag {', '.join(unknown)}.")
        if len({*tags(cell)} & {*SIDES}) > 1:
            problems.append(f"{place(number, cell)} has more than one of the tags {', '.join(SIDES)}.")
        if IGNORE in tags(cell) and not re.search(r"version|second|perf_counter", cell.source):
            problems.append(f"{place(number, cell)} is tagged {IGNORE} but prints neither versions nor seconds.")
    return problems


def proof(path):
    """What is proved stands in check cells and both cells, which hold nothing else but verdicts; no cell asserts."""
    problems = []
    for number, cell in code_cells(read(path)):
        nodes = list(ast.walk(ast.parse(cell.source)))
        called = {
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            for node in nodes
            if isinstance(node, ast.Call)
        }
        proves = {"check", BOTH} & {*tags(cell)}
        if any(isinstance(node, ast.Assert) for node in nodes):
            problems.append(f"{place(number, cell)} asserts; write compare.holds(sentence, condition) in a check cell.")
        if PROVES & called and not proves:
            problems.append(f"{place(number, cell)} proves something and is neither a check nor a both cell.")
        if proves and not (PROVES | VERDICT) & called:
            problems.append(f"{place(number, cell)} is a {proves.pop()} cell and proves nothing.")
    return problems


def size(path):
    """A notebook stays small, a cell short, a framework's code narrow, and no line ends in a semicolon."""
    kilobytes, notebook = path.stat().st_size / 1000, read(path)
    problems = [f"{kilobytes:.0f} kB is more than {MAX_KILOBYTES} kB."] if kilobytes > MAX_KILOBYTES else []
    for number, cell in code_cells(notebook):
        lines = written(cell)
        if len(lines) > MAX_LINES:
            problems.append(f"{place(number, cell)} has {len(lines)} lines, more than {MAX_LINES}.")
        if any(line.endswith(";") for line in lines):
            problems.append(f"{place(number, cell)} has a line that ends in a semicolon.")
        widest = max(map(len, lines))
        if side(cell) not in (None, BOTH) and widest > MAX_COLUMNS:
            problems.append(f"{place(number, cell)} has {widest} columns, and two stand side by side in {MAX_COLUMNS}.")
    return problems


def twins(path):
    """No cell of more than three lines is its neighbour of the other framework once more, but for the names."""
    problems, before = [], {}
    for number, cell in code_cells(read(path)):
        own = side(cell)
        if own in (None, BOTH):
            before = {}
            continue
        code = unnamed(cell.source)
        if before.get(code, own) != own and len(written(cell)) > MAX_TWIN:
            problems.append(f"{place(number, cell)} repeats the other framework's; write it once, over `halves`.")
        before[code] = own
    return problems


def unnamed(source):
    """Return code without its layout, its comments and what its names say of a framework."""
    return re.sub(r"(?i)pytorch|tensorflow|(?<![a-z])(?:pt|tf)(?![a-z])", "", ast.unparse(ast.parse(source)))


def written(cell):
    """Return the lines of a cell that are not empty."""
    return [line.rstrip() for line in cell.source.splitlines() if line.strip()]


def figures(path):
    """Every figure is a PNG with a text for those who cannot see it."""
    problems = []
    for number, cell in code_cells(read(path)):
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/svg+xml" in data:
                problems.append(f"{place(number, cell)} shows an SVG; figures are PNG.")
            if "image/png" in data and not output.metadata.get("image/png", {}).get("alt", "").strip():
                problems.append(f"{place(number, cell)} shows a figure without alt text.")
    return problems


def kernelspec(path):
    """One kernel for all, and no other trace of the machine that executed the notebook."""
    metadata = read(path).metadata
    return [] if metadata == METADATA else [f"{path.name} has the metadata {dict(metadata)}; run make notebooks."]
