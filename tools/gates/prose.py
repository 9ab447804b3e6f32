"""Gates on prose: links lead somewhere, citations and symbols are listed, what is folded is whole."""

import re
from functools import cache
from urllib.parse import unquote

from pybtex.database import parse_file

from tools.markdown import anchors, formulas, words
from tools.markdown import links as links_in
from tools.notebooks import read


def markdown(path):
    """Return the Markdown of a notebook or of a Markdown file; nothing of any other file."""
    if path.suffix == ".ipynb":
        return "\n\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    return path.read_text(encoding="utf-8") if path.suffix == ".md" else ""


def links(path):
    """Every internal link of a notebook, or of a Markdown file, leads to a file and a heading that exist."""
    problems, known = [], cache(lambda file: anchors(markdown(file)))  # many links lead to one notebook
    for target in (unquote(link.target) for link in links_in(markdown(path))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = path.parent / name if name else path
        if not file.exists():
            problems.append(f"{path.name} links to {target}, and there is no such file.")
        elif anchor and anchor not in known(file):
            problems.append(f"{path.name} links to {target}, and there is no such heading.")
    return problems


def folds(path):
    """What a Markdown cell folds away ends in the same cell: two empty lines in it would end the cell before."""
    return [
        f"{path.name} has a cell with {opened} times <details> and {closed} times </details>: {cell.source[:40]!r}."
        for cell in read(path).cells
        if cell.cell_type == "markdown"
        if (opened := cell.source.count("<details>")) != (closed := cell.source.count("</details>"))
    ]


UNLINKED = re.compile(r"[A-Z][\w'’-]*\.?(?: et al\.| and [A-Z][\w'’-]+)?(?:, | \(|, \()(?:19|20)\d\d\b")


def citations(path):
    """Every citation links to the bibliography, and the text and its References cite the same works."""
    body, _, references = markdown(path).partition("\n## References")
    found = [
        [link for link in links_in(part) if link.target.startswith("bibliography.md#")] for part in (body, references)
    ]
    cited, listed = ({link.target.partition("#")[2] for link in part} for part in found)
    known = anchors(markdown(path.parent / "bibliography.md"))

    problems = [f"{key} is not in the bibliography." for key in sorted((cited | listed) - known)]
    problems += [f"{key} is cited but not among the references." for key in sorted(cited - listed)]
    problems += [f"{key} is among the references but not cited." for key in sorted(listed - cited)]
    for link in (link for part in found for link in part):
        key = link.target.partition("#")[2]
        name, year = re.match(r"(\D*)(\d*)", key).groups()
        if not re.sub(r"[\W\d]", "", link.words.lower()).startswith(name) or year not in link.words:
            problems.append(f"{link.words!r} is the text of the link to {key}; it takes the first author and the year.")
    problems += [
        f"{found!r} looks like a citation and is no link to the bibliography."
        for found in UNLINKED.findall(re.sub(r"\s+", " ", words(markdown(path))))
    ]
    return problems


def bibliography(root):
    """Every work of the bibliography is cited: a page links to it, or a module names its first author and its year."""
    notebooks = root / "notebooks"
    pages = {
        *root.glob("*.md"),
        *notebooks.glob("*.md"),
        *notebooks.glob("*.ipynb"),
        *root.glob("assignments/text/*.md"),
    }
    linked = {
        link.target.partition("#")[2]
        for page in pages - {notebooks / "bibliography.md"}
        for link in links_in(markdown(page))
    }
    code = " ".join(path.read_text(encoding="utf-8") for path in root.glob("companion/**/*.py"))
    problems = []
    for key, entry in parse_file(notebooks / "references.bib").entries.items():
        first = entry.persons["author"][0]
        surname = " ".join(map(str, first.prelast_names + first.last_names))
        named = re.search(rf"\b{surname}\b[^;:*]{{0,60}}\b{entry.fields['year']}\b", re.sub(r"\s+", " ", code))
        if key not in linked and not named:
            problems.append(f"Nothing cites {key}: cite it where it belongs, or take it out of references.bib.")
    return problems


GREEK = set(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi "
    "varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell nabla".split()
)
TOKEN = re.compile(r"\\math(?:cal|bb|rm)\{\w+\}|\\[a-zA-Z]+|[A-Z]{2,}|[a-zA-Z]")


def symbols(path):
    """Every symbol in the notebook's formulas stands in the first column of a table of the glossary."""
    rows = re.findall(r"^\|([^|\n]*)\|", markdown(path.parent / "glossary.md"), flags=re.MULTILINE)
    missing = symbols_in(markdown(path)) - symbols_in("\n".join(rows))
    return [f"The symbol {symbol} is not in the glossary." for symbol in sorted(missing)]


def symbols_in(source):
    """Return the symbols in the formulas of a Markdown text, without their subscripts.

    A symbol is a Latin, Greek or calligraphic letter, or several capitals, such as TP. Words set as text and macros
    that name an operation, such as a fraction or a logarithm, are none.
    """
    found = set()
    for formula in formulas(source):
        formula = re.sub(r"\\(?:text|operatorname|begin|end)\{[^}]*\}", "", formula)
        while (shorter := re.sub(r"_(?:\{[^{}]*\}|\\[a-zA-Z]+|\w)", "", formula)) != formula:  # from the inside
            formula = shorter
        found |= {token for token in TOKEN.findall(formula) if token[0] != "\\" or "{" in token or token[1:] in GREEK}
    return found
