"""Write ``notebooks/bibliography.md`` from ``references.bib``: ``python -m tools.bibliography``."""

from pybtex.backends.markdown import Backend
from pybtex.database import parse_file
from pybtex.style.formatting.unsrt import Style

from tools.gates import NOTEBOOKS

SOURCE = NOTEBOOKS / "references.bib"
PAGE = NOTEBOOKS / "bibliography.md"

HEAD = """\
# Bibliography

Written from `references.bib` by `python -m tools.bibliography`; change that file and not this one. The entries were
compared with other texts that cite the same work; "Recalled, not checked" marks those that were not. The symbols are in
the [glossary](glossary.md).
"""


def bibliography(source=SOURCE):
    """Return the Markdown page of a BibTeX file: one paragraph an entry, sorted by key, which is its anchor."""
    database, backend = parse_file(source), Backend()
    entries = sorted(Style().format_bibliography(database), key=lambda entry: entry.key)
    paragraphs = [f'<a id="{entry.key}"></a>{entry.text.render(backend)}\n' for entry in entries]
    return "\n".join([HEAD, *paragraphs])


if __name__ == "__main__":
    PAGE.write_text(bibliography(), encoding="utf-8")
