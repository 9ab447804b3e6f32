"""Make the slides: ``python -m tools.slides`` writes a reveal.js deck of every notebook into ``build/slides/``.

The cells' slide types, which `tools.text` derives, say what is on a slide, what the speaker alone sees, and what is
left to the notebook. A shared cell shows its picture or table alone. PyTorch and TensorFlow stand side by side. Each
deck ends with a question.
"""

import copy
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbconvert.exporters import SlidesExporter

from tools import notebooks, quiz, text
from tools.course import BUILD, FRAMEWORKS, css
from tools.site import MATHJAX

SLIDES = BUILD / "slides"
DECK = Path(__file__).parent / "deck"
REVEAL = Path(find_spec("sphinx_revealjs").origin).parent / "_static" / "revealjs"
TYPES = {"slide", "subslide", "fragment", "notes", "skip"}


def slide_type(cell):
    """Return the slide type of a cell; None continues the slide before it."""
    return cell.metadata.get("slideshow", {}).get("slide_type")


def shown(notebook):
    """Return a notebook of the cells that a deck has, with what the template needs to know in their metadata."""
    cells = [copy.deepcopy(cell) for cell in notebook.cells if slide_type(cell) != "skip"]
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = _links(cell.source)
        elif notebooks.side(cell):
            continue  # a framework's code stands above what it shows
        elif pictures := [output for output in cell.outputs if {"image/png", "text/html"} & {*output.get("data", {})}]:
            cell.outputs, cell.metadata.figure = pictures, True
    for one, other in zip(cells, cells[1:], strict=False):
        if (notebooks.side(one), notebooks.side(other)) == tuple(
            framework.tag for framework in FRAMEWORKS
        ) and not slide_type(other):
            one.metadata.pair_start, other.metadata.pair_end = True, True
    return nbformat.v4.new_notebook(cells=cells, metadata=notebook.metadata)


def closing(lesson):
    """Return the cells of a lesson's last slide: a question, and for the speaker what each answer is told.

    A lesson that has no questions yet has no such slide.
    """
    questions = quiz.read().get(lesson)
    if not questions:
        return []
    return [
        nbformat.v4.new_markdown_cell(source, metadata={"slideshow": {"slide_type": kind}})
        for kind, source in zip(("slide", "notes"), quiz.slide(questions), strict=True)
    ]


def _links(source):
    """Let links to a notebook lead to its deck, and take out links to pages that a deck does not have."""
    source = re.sub(r"\]\((\w+)\.ipynb[^)]*\)", r"](\1.html)", source)
    return re.sub(r"\[([^]]+)\]\(\w+\.md[^)]*\)", r"\1", source)


def exporter():
    """Return nbconvert's exporter of slides with the course's template."""
    return SlidesExporter(
        template_name="deck",
        extra_template_basedirs=[str(DECK.parent)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )


def write():
    """Write a deck of every stored notebook, what the decks share, and a page that lists them."""
    shutil.rmtree(SLIDES, ignore_errors=True)
    shared = SLIDES / "shared"
    shutil.copytree(REVEAL / "dist", shared / "dist", ignore=shutil.ignore_patterns("*.map", "theme", "*.esm.js"))
    shutil.copytree(REVEAL / "plugin" / "notes", shared / "notes")
    for file in (MATHJAX, DECK / "deck.css", DECK / "deck.js"):
        shutil.copy(file, shared)
    (shared / "colours.css").write_text(css(), encoding="utf-8")
    convert, entries = exporter(), []
    for path in notebooks.stored():
        title = text.title(notebooks.text_of(path))
        deck = shown(notebooks.read(path))
        deck.cells += closing(path.stem)
        html, _ = convert.from_notebook_node(deck, {"metadata": {"name": title}})
        (SLIDES / f"{path.stem}.html").write_text(html, encoding="utf-8")
        slides = sum(slide_type(cell) in ("slide", "subslide") for cell in deck.cells)
        entries.append(f'<li><a href="{path.stem}.html">{title}</a>, {slides} slides</li>')
    page = (DECK / "list.html").read_text(encoding="utf-8").replace("ENTRIES", "\n".join(entries))
    (SLIDES / "index.html").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    write()
    print(f"The slides are in build/slides: open {SLIDES / 'index.html'}")
