"""The gates: what must hold for every stored notebook. Each takes a path and returns the problems it sees.

A gate is a function of the path of an ``.ipynb`` that returns sentences, none where all is well.
``python -m tools.gates`` runs all of them on every notebook.
"""

import ast
import re
import sys
from pathlib import Path
from urllib.parse import unquote

import jupytext
import nbformat

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
    "rise": {"scroll": True},  # in JupyterLab's slides, to which nothing is fitted
}

PYTORCH, TENSORFLOW, BOTH, IGNORE, RAISES = "pytorch", "tensorflow", "both", "nbval-ignore-output", "raises-exception"
SIDES = (PYTORCH, TENSORFLOW, BOTH)
TAGS = {*SIDES, IGNORE, RAISES, "hide-input"}
UNPAIRED = {"After this notebook you can", "Before you start", "Key points", "Exercises", "References"}

# What a cell of each side may neither import nor name, and whose names it may use. `None` is a shared, untagged cell.
IMPORTS = {PYTORCH: ("torch", "companion.pytorch"), TENSORFLOW: ("tensorflow", "keras", "companion.tensorflow")}
SUFFIX = {PYTORCH: "_pt", TENSORFLOW: "_tf"}
SEES = {PYTORCH: {None, PYTORCH}, TENSORFLOW: {None, TENSORFLOW}, None: {None}, BOTH: {None, *SIDES}}

MAX_KILOBYTES, MAX_LINES = 500, 25


def stored(folder=None):
    """Return the path of every stored notebook, those that only have a text source included."""
    folder = folder or NOTEBOOKS
    names = {path.stem for path in folder.glob("*.ipynb")} | {path.stem for path in folder.glob("text/*.md")}
    return [folder / f"{name}.ipynb" for name in sorted(names)]


def text_of(path):
    """Return the path of the text source of the stored notebook at `path`."""
    return path.parent / "text" / f"{path.stem}.md"


def read(path):
    """Return the stored notebook at `path`."""
    return nbformat.read(path, as_version=4)


def tags(cell):
    """Return the tags of a cell."""
    return cell.metadata.get("tags", [])


def side(cell):
    """Return the tag that gives a cell to one framework or to both, or None for a shared cell."""
    return next((tag for tag in tags(cell) if tag in SIDES), None)


def code_cells(notebook):
    """Return the code cells that are not empty as ``(number, cell)``, numbered as Jupyter counts them."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    return list(enumerate(cells, start=1))


def place(number, cell):
    """Name a cell by its number and its first line."""
    return f"cell {number} ({cell.source.strip().splitlines()[0][:60]!r})"


def pair(path):
    """The text source and the stored notebook hold the same cells, types, sources, tags and slide types."""
    text = text_of(path)
    if not text.exists():
        return [f"{path.name} has no text source text/{text.name}."]
    if not path.exists():
        return [f"text/{text.name} has no stored notebook: run make notebooks."]
    ours, theirs = (
        [(cell.cell_type, cell.source, tags(cell), cell.metadata.get("slideshow")) for cell in notebook.cells]
        for notebook in (jupytext.read(text), read(path))
    )
    if ours == theirs:
        return []
    first = next((n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    return [f"text/{text.name} and {path.name} differ from cell {first} on (counted from 0): run make notebooks."]


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


def headings(source):
    """Return the headings of a Markdown text as ``(level, title)``; code is passed over."""
    source = re.sub(r"^(```|~~~).*?^\1", "", source, flags=re.DOTALL | re.MULTILINE)
    found = re.findall(r"^(#{1,6}) +(.+?) *#*$", source, flags=re.MULTILINE)
    return [(len(marks), title) for marks, title in found]


def tagged(path):
    """Every section shows PyTorch, then TensorFlow, then both; known tags only, and no cell leans on the other half."""
    notebook = read(path)
    return _sections(notebook) + _tags(notebook) + _independence(notebook)


def _sections(notebook):
    """The order of the sides under each heading, and a full round in each section."""
    blocks = [("the title", "", "")]  # section, heading, and its sides by their first letters
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for level, title in headings(cell.source):
                if level == 2:
                    blocks.append((title, title, ""))
                elif level > 2:
                    blocks.append((blocks[-1][0], title, ""))
        elif side(cell):
            section, heading, letters = blocks[-1]
            blocks[-1] = (section, heading, letters + side(cell)[0])

    problems, complete = [], {}
    for section, heading, letters in blocks:
        alone = section in UNPAIRED or section == "the title"
        if not re.fullmatch("(p+t+b*)*" if alone else "(p+t+b+)*", letters):
            order = ", ".join({"p": PYTORCH, "t": TENSORFLOW, "b": BOTH}[letter] for letter in letters)
            problems.append(f"Under {heading!r} the cells are {order}; the order is pytorch, tensorflow, both.")
        complete[section] = complete.get(section, False) or alone or bool(letters)
    problems += [
        f"The section {section!r} has no pytorch, tensorflow and both cell."
        for section in complete
        if not complete[section]
    ]
    return problems


def _tags(notebook):
    """Known tags only, one side a cell, and ignored output only for versions and times."""
    problems = []
    for number, cell in code_cells(notebook):
        unknown = sorted(set(tags(cell)) - TAGS)
        if unknown:
            problems.append(f"{place(number, cell)} has the unknown tag {', '.join(unknown)}.")
        if len(set(tags(cell)) & set(SIDES)) > 1:
            problems.append(f"{place(number, cell)} has more than one of the tags {', '.join(SIDES)}.")
        if IGNORE in tags(cell) and not re.search(r"version|second|perf_counter", cell.source):
            problems.append(f"{place(number, cell)} is tagged {IGNORE} but prints neither versions nor seconds.")
    return problems


def _independence(notebook):
    """With the cells of one framework and the side-by-side cells removed, the notebook still runs."""
    problems, cells, bound = [], [], {}
    for number, cell in code_cells(notebook):
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:
            problems.append(f"{place(number, cell)} is not plain Python.")
            continue
        cells.append((number, cell, tree))
        for name in _binds(tree):
            bound.setdefault(name, set()).add(side(cell))

    for number, cell, tree in cells:
        own, used = side(cell), _uses(tree)
        if own == BOTH:
            continue
        for other in {PYTORCH, TENSORFLOW} - {own}:
            foreign = [name for name in _imports(tree) if f"{name}.".startswith(tuple(f"{m}." for m in IMPORTS[other]))]
            foreign += [name for name in used if name.endswith(SUFFIX[other])]
            if foreign:
                problems.append(f"{place(number, cell)} is {own or 'shared'} but uses {', '.join(sorted(foreign))}.")
        unseen = [name for name in used - _binds(tree) if name in bound and not bound[name] & SEES[own]]
        if unseen:
            problems.append(
                f"{place(number, cell)} is {own or 'shared'} but needs {', '.join(sorted(unseen))}, "
                "which only cells of another tag assign."
            )
    return problems


def _imports(tree):
    """The modules, and the names in them, that a piece of code imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _uses(tree):
    """The names that a piece of code reads or assigns."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _binds(tree):
    """The names that a piece of code assigns, defines or imports."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name.partition(".")[0])
    return names


def size(path):
    """A notebook stays small, a cell short, and no line ends in a semicolon."""
    kilobytes = path.stat().st_size / 1000
    problems = [f"{kilobytes:.0f} kB is more than {MAX_KILOBYTES} kB."] if kilobytes > MAX_KILOBYTES else []
    for number, cell in code_cells(read(path)):
        lines = [line.rstrip() for line in cell.source.splitlines() if line.strip()]
        if len(lines) > MAX_LINES:
            problems.append(f"{place(number, cell)} has {len(lines)} lines, more than {MAX_LINES}.")
        if any(line.endswith(";") for line in lines):
            problems.append(f"{place(number, cell)} has a line that ends in a semicolon.")
    return problems


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


def links(path):
    """Every internal link of a notebook, or of a Markdown file, leads to a file and a heading that exist."""
    source = re.sub(r"\$\$.*?\$\$|\$[^$\n]*\$", "", _without_code(_markdown(path)), flags=re.DOTALL)
    targets = re.findall(r"\]\(<?([^)\s>]+)>?(?: +\"[^\"]*\")?\)|(?:src|href)=\"([^\"]+)\"", source)
    problems = []
    for target in (unquote(link or attribute) for link, attribute in targets):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = path.parent / name if name else path
        if not file.exists():
            problems.append(f"{path.name} links to {target}, and there is no such file.")
        elif anchor and anchor not in _anchors(_markdown(file)):
            problems.append(f"{path.name} links to {target}, and there is no such heading.")
    return problems


def _markdown(path):
    """The Markdown of a notebook or of a Markdown file; nothing of any other file."""
    if path.suffix == ".ipynb":
        return "\n\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    return path.read_text(encoding="utf-8") if path.suffix == ".md" else ""


def _anchors(source):
    """The anchors of a Markdown text: as JupyterLab makes them, as GitHub makes them, and those set by hand."""
    titles = [title.replace("`", "").replace("*", "") for _, title in headings(source)]
    lab = {title.replace(" ", "-") for title in titles}
    github = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    return lab | github | set(re.findall(r"\bid=\"([^\"]+)\"", source))


CITED = re.compile(r"\[([^\]]+)\]\(bibliography\.md#([^)\s]+)\)")
UNLINKED = re.compile(r"[A-Z][\w'’-]*\.?(?: et al\.| and [A-Z][\w'’-]+)?(?:, | \(|, \()(?:19|20)\d\d\b")


def citations(path):
    """Every citation links to the bibliography, and the text and its References cite the same works."""
    source = re.sub(r"\s+", " ", _without_code(_markdown(path)))
    body, _, references = source.partition("## References")
    cited, listed = ({key for _, key in CITED.findall(part)} for part in (body, references))
    known = _anchors(_markdown(path.parent / "bibliography.md"))

    problems = [f"{key} is not in the bibliography." for key in sorted((cited | listed) - known)]
    problems += [f"{key} is cited but not among the references." for key in sorted(cited - listed)]
    problems += [f"{key} is among the references but not cited." for key in sorted(listed - cited)]
    for label, key in CITED.findall(source):
        name, year = re.match(r"(\D*)(\d*)", key).groups()
        if not re.sub(r"[\W\d]", "", label.lower()).startswith(name) or year not in label:
            problems.append(f"{label!r} is the text of the link to {key}; it takes the first author and the year.")
    problems += [
        f"{found!r} looks like a citation and is no link to the bibliography."
        for found in UNLINKED.findall(re.sub(r"\[[^\]]*\]\([^)]*\)", "", source))
    ]
    return problems


GREEK = set(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi "
    "varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell nabla".split()
)
FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$]+?)\$", flags=re.DOTALL)
TOKEN = re.compile(r"\\math(?:cal|bb|rm)\{\w+\}|\\[a-zA-Z]+|[A-Z]{2,}|[a-zA-Z]")


def symbols(path):
    """Every symbol in the notebook's formulas stands in the first column of a table of the glossary."""
    rows = re.findall(r"^\|([^|\n]*)\|", _markdown(path.parent / "glossary.md"), flags=re.MULTILINE)
    missing = _symbols(_markdown(path)) - _symbols("\n".join(rows))
    return [f"The symbol {symbol} is not in the glossary." for symbol in sorted(missing)]


def _symbols(source):
    """The symbols in the formulas of a Markdown text, without their subscripts.

    A symbol is a Latin, Greek or calligraphic letter, or several capitals, such as TP. Words set as text and macros
    that name an operation, such as a fraction or a logarithm, are none.
    """
    found = set()
    for formula in map("".join, FORMULA.findall(_without_code(source))):
        formula = re.sub(r"\\(?:text|operatorname|begin|end)\{[^}]*\}", "", formula)
        while (shorter := re.sub(r"_(?:\{[^{}]*\}|\\[a-zA-Z]+|\w)", "", formula)) != formula:  # from the inside
            formula = shorter
        found |= {token for token in TOKEN.findall(formula) if token[0] != "\\" or "{" in token or token[1:] in GREEK}
    return found


def _without_code(source):
    """A Markdown text without its code, in fences or in the line."""
    return re.sub(r"^(```|~~~).*?^\1|`[^`\n]*`", "", source, flags=re.DOTALL | re.MULTILINE)


def kernelspec(path):
    """One kernel for all, and no other trace of the machine that executed the notebook."""
    metadata = read(path).metadata
    return [] if metadata == METADATA else [f"{path.name} has the metadata {dict(metadata)}; run make notebooks."]


GATES = [pair, executed, tagged, size, figures, links, citations, symbols, kernelspec]


def main():
    """Run every gate on every stored notebook, and the links of the other pages; return the exit status."""
    pages = [ROOT / "README.md", *sorted(NOTEBOOKS.glob("*.md"))]
    problems = [f"{page.stem}: {problem}" for page in pages for problem in links(page)]
    for path in stored():
        for gate in GATES if path.exists() else [pair]:
            problems += [f"{path.stem}, {gate.__name__}: {problem}" for problem in gate(path)]
    print("\n".join(problems) or "Every gate is passed.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
