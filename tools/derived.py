"""The files that follow from others: ``python -m tools.derived`` writes each anew; a test says whether it is so."""

import base64
import re
import tomllib

from pybtex.backends.markdown import Backend
from pybtex.database import parse_file
from pybtex.style.formatting.unsrt import Style

from companion import explorables
from tools import confusion, notebooks, quiz, text
from tools.course import NOTEBOOKS, ROOT

REFERENCES = NOTEBOOKS / "references.bib"
SERIES = NOTEBOOKS / "series.toml"
EXPLORABLES = [explorable() for explorable in explorables.ALL]
START = NOTEBOOKS / "00_start_here.ipynb"
PICTURE = NOTEBOOKS / "findings.png"

ENVIRONMENT = """\
# For conda and Binder; written from pyproject.toml by `make derived`, so change that file and not this one.
# pip installs the project's own dependencies, within the bounds of pyproject.toml, at the versions of constraints.txt.
# It needs the rest of the course's folder beside it.
name: {name}
channels:
  - conda-forge
dependencies:
  - python={python}
  - pip
  - pip:
      - -c constraints.txt
      - -e .[pytorch,tensorflow]
"""

BIBLIOGRAPHY = """\
# Bibliography

Written from `references.bib` by `make derived`; change that file and not this one. The entries were compared with other
texts that cite the same work; "Recalled, not checked" marks those that were not. The symbols are in the
[glossary](glossary.md).
"""


def first_picture():
    """Return the output of notebook 00 that is its first figure, the findings."""
    cells = notebooks.read(START).cells
    return next(out for cell in cells for out in cell.get("outputs", []) if "image/png" in out.get("data", {}))


def picture():
    """Return the README's picture as PNG bytes."""
    return base64.b64decode(first_picture()["data"]["image/png"])


def bibliography(source=REFERENCES):
    """Return the Markdown page of a BibTeX file: one paragraph an entry, sorted by key, which is its anchor."""
    backend = Backend()
    entries = sorted(Style().format_bibliography(parse_file(source)), key=lambda entry: entry.key)
    paragraphs = [f'<a id="{entry.key}"></a>{entry.text.render(backend)}\n' for entry in entries]
    return "\n".join([BIBLIOGRAPHY, *paragraphs]).encode()


def environment():
    """Return the file that conda and Binder read."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lowest = re.search(r">=(\d+\.\d+)", project["requires-python"]).group(1)
    return ENVIRONMENT.format(name=project["name"], python=lowest).encode()


def findings():
    """Return the README's picture and its five findings: those of notebook 00, its links as the README needs them."""
    alt = first_picture()["metadata"]["image/png"]["alt"]
    sentences = re.search(r"^1\. .*?(?=\n\n)", notebooks.text_of(START).read_text(encoding="utf-8"), re.M | re.S)[0]
    return f"![{alt}](notebooks/{PICTURE.name})\n\n" + re.sub(r"\]\((?=\w+\.ipynb)", "](notebooks/", sentences)


def table():
    """Return the README's table of the series, as the list of notebooks and their titles say it."""
    rows = ["| notebook | section of the lecture | what it settles |", "|---|---|---|"]
    for name, (section, settles) in series().items():
        title = text.title(NOTEBOOKS / "text" / f"{name}.md")
        rows.append(f"| [{title}](notebooks/{name}.ipynb) | {section} | {settles} |")
    return "\n".join(rows)


def readme():
    """Return the README with the two sections that follow from the notebooks; the others are written by hand."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    for heading, content in (("Five findings", findings()), ("The series", table())):
        before, heading, rest = page.partition(f"## {heading}\n\n")
        page = before + heading + content + "\n\n" + rest[rest.index("## ") :]
    return page.encode()


def series():
    """Return the list of notebooks: for each name the section of the lecture and what it settles."""
    return tomllib.loads(SERIES.read_text(encoding="utf-8"))


FILES = {
    PICTURE: picture,
    NOTEBOOKS / "bibliography.md": bibliography,
    NOTEBOOKS / "quiz.md": quiz.page,
    ROOT / "docs" / "same_loss.md": confusion.page,
    ROOT / "environment.yml": environment,
    ROOT / "README.md": readme,
} | {NOTEBOOKS / "explorables" / f"{each.name}.html": each.page for each in EXPLORABLES}


if __name__ == "__main__":
    for path, content in FILES.items():
        path.write_bytes(content())
