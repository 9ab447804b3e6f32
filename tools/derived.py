"""The files that follow from others: ``python -m tools.derived`` writes each anew; a test says whether it is so."""

import base64
import re
import tomllib

from pybtex.backends.markdown import Backend
from pybtex.database import parse_file
from pybtex.style.formatting.unsrt import Style

from tools import notebooks, text
from tools.course import NOTEBOOKS, ROOT

REFERENCES = NOTEBOOKS / "references.bib"
SERIES = NOTEBOOKS / "series.toml"

ENVIRONMENT = """\
# For conda and Binder; written from pyproject.toml by `make derived`, so change that file and not this one.
# pip installs the project's own dependencies, within the bounds of pyproject.toml, at the versions of constraints.txt.
name: {name}
channels:
  - conda-forge
dependencies:
  - python={python}
  - pip
  - pip:
      - -c constraints.txt
      - -e .
"""

BIBLIOGRAPHY = """\
# Bibliography

Written from `references.bib` by `make derived`; change that file and not this one. The entries were compared with other
texts that cite the same work; "Recalled, not checked" marks those that were not. The symbols are in the
[glossary](glossary.md).
"""


def picture():
    """Return the README's picture: the last figure of notebook 00, as PNG bytes."""
    cells = notebooks.read(NOTEBOOKS / "00_start_here.ipynb").cells
    figures = [
        out.data["image/png"] for cell in cells for out in cell.get("outputs", []) if "image/png" in out.get("data", {})
    ]
    return base64.b64decode(figures[-1])


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


def readme():
    """Return the README with the table of the series as the list of notebooks and their titles say it."""
    rows = ["| notebook | section of the lecture | what it settles |", "|---|---|---|"]
    for name, (section, settles) in series().items():
        title = text.title(NOTEBOOKS / "text" / f"{name}.md")
        rows.append(f"| [{title}](notebooks/{name}.ipynb) | {section} | {settles} |")
    before, heading, rest = (ROOT / "README.md").read_text(encoding="utf-8").partition("## The series\n\n")
    _, *after = re.split(r"\n\n", rest, maxsplit=1)
    return "\n\n".join([before + heading + "\n".join(rows), *after]).encode()


def series():
    """Return the list of notebooks: for each name the section of the lecture and what it settles."""
    return tomllib.loads(SERIES.read_text(encoding="utf-8"))


FILES = {
    ROOT / "docs" / "side_by_side.png": picture,
    NOTEBOOKS / "bibliography.md": bibliography,
    ROOT / "environment.yml": environment,
    ROOT / "README.md": readme,
}


if __name__ == "__main__":
    for path, content in FILES.items():
        path.write_bytes(content())
