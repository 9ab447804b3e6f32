"""From text to notebook: what a fence's words, a paragraph's first words and the headings say, written nowhere twice.

A lesson is Markdown. Behind ``python`` a fence names what its cell is (`WORDS`): ``PyTorch``, ``TensorFlow``, ``both``
(the two agree; open, if it ends in what it shows, as a verdict does), ``check`` (a sentence holds), ``picture``,
``setup``, ``versions`` (its output is not compared), ``raises``; no word: shared work.
A paragraph that begins with **PyTorch.**, **TensorFlow.** or **Side by side.** belongs there. From this follow the
cells' tags, what is folded, their ids, the links to the neighbours, the slides:

- a heading starts a slide; one of the third level stands below the slide before it;
- headings, boxes, displayed formulas, lists, tables and paragraphs of one short line are seen, other prose is the
  speaker's;
- of the code the two frameworks' is seen, and what a cell for both shows; of pictures, and of shared cells that end in
  an expression, the output;
- nothing is, from the exercises on.

An exception is a word of `PLACES` on the fence, or before a block of prose as a comment: ``<!-- seen -->``.

An assignment's cells name themselves for nbgrader: ``given="…"``, ``choice="…"``, ``solution="…"``, ``test="…"
points=2``; a written answer begins with the comment ``<!-- answer="…" points=4 -->``.
"""

import ast
import hashlib
import re
from collections import Counter

import jupytext
import nbformat

from tools.course import FRAMEWORKS
from tools.markdown import headings
from tools.notebooks import BOTH, FOLDED, IGNORE, METADATA, PROVES, RAISES, text_of

WORDS = {framework.name: framework.tag for framework in FRAMEWORKS}
FIRST = {f"**{name}.**": tag for name, tag in WORDS.items()} | {"**Side by side.**": BOTH}
WORDS |= {word: word for word in FOLDED} | {"versions": IGNORE, "raises": RAISES}
# What an exception says: a new slide, one below, seen on the slide that is there, for the speaker, or left out.
PLACES = {"slide": "slide", "below": "subslide", "seen": None, "notes": "notes", "skip": "skip"}
UNSEEN = ("Before you start", "Exercises", "References")
SHORT = 90  # characters of a paragraph that is seen on a slide

RUNS = "It runs in less than a minute, without a network and without a GPU."
NBGRADER = {
    "given": {"grade": False, "locked": True, "solution": False},
    "choice": {"grade": False, "locked": False, "solution": False},  # the student's, and no solution
    "solution": {"grade": False, "locked": False, "solution": True},
    "test": {"grade": True, "locked": True, "solution": False},
    "answer": {"grade": True, "locked": False, "solution": True, "cell_type": "markdown"},
}
NAMED = re.compile(r'(\w+)="(\w+)"|(\w+)=(\d+)')


def source(path):
    """Return the notebook that the text of the stored notebook at `path` says, not executed."""
    return lesson(text_of(path))


def lesson(text):
    """Return the notebook that the lesson in the file `text` says."""
    slides, cells = Slides(), []
    for cell in jupytext.read(text).cells:
        cells += [code(cell, slides)] if cell.cell_type == "code" else prose(cell.source, slides)
    cells.insert(1, markdown(neighbours(text), "skip"))
    return finished(cells)


def assignment(text):
    """Return the notebook of the assignment in the file `text`, with the metadata that nbgrader reads."""
    cells = []
    for cell in jupytext.read(text).cells:
        if cell.cell_type == "code":
            cells.append(graded(cell, cell.metadata))
            continue
        before, *answers = re.split(r"^(<!-- answer=.* -->\n.*?END SOLUTION[^\n]*)$", cell.source, flags=re.M | re.S)
        cells += [nbformat.v4.new_markdown_cell(part.strip()) for part in [before] if part.strip()]
        for answer, after in zip(answers[::2], answers[1::2], strict=True):
            label, _, answer = answer.partition("\n")
            named = {name or number: value or int(count) for name, value, number, count in NAMED.findall(label)}
            cells.append(graded(nbformat.v4.new_markdown_cell(answer), named))
            cells += [nbformat.v4.new_markdown_cell(after.strip())] if after.strip() else []
    return finished(cells)


def graded(cell, named):
    """Return a cell of an assignment with nbgrader's metadata, if it has a name for it."""
    metadata = {}
    for kind in NBGRADER.keys() & named.keys():
        metadata = NBGRADER[kind] | {"grade_id": named[kind], "schema_version": 3, "task": False}
        metadata |= {"points": named["points"]} if metadata["grade"] else {}
    cell.metadata = nbformat.from_dict({"nbgrader": metadata} if metadata else {})
    return cell


def finished(cells):
    """Return a notebook of cells, each with an id that follows from what it holds: one text gives one notebook."""
    seen = Counter()
    for cell in cells:
        content = f"{cell.cell_type}\n{cell.source}"
        cell.id = hashlib.sha256(f"{content}\n{seen[content]}".encode()).hexdigest()[:8]
        seen[content] += 1
    return nbformat.v4.new_notebook(cells=cells, metadata=nbformat.from_dict(METADATA))


def title(text):
    """Return the title of the lesson in the file `text`."""
    return headings(text.read_text(encoding="utf-8"))[0][1]


def neighbours(text):
    """Return the links to the lessons before and after the one in the file `text`."""
    series = sorted(text.parent.glob("*.md"))
    at = series.index(text)
    links = [
        f"{word}: [{title(other)}]({other.stem}.ipynb)"
        for word, others in (("Previous", series[:at][-1:]), ("Next", series[at + 1 :][:1]))
        for other in others
    ]
    return "\n\n".join([" · ".join(links), RUNS] if links else [RUNS])


class Slides:
    """Where the next cell of a lesson stands: what the slide so far holds, and whether there are slides at all."""

    def __init__(self):
        self.over, self.holds = False, "much"

    def place(self, kind, tags=(), exception=None):
        """Return the slide type of a cell of a kind: heading 1 to 6, formula, block, prose, code or hidden."""
        if exception is not None:
            if exception not in ("notes", "skip"):  # what is not on the slide takes no room there
                self.holds = "much"
            return PLACES[exception]
        if isinstance(kind, int):
            self.holds = "heading"
            return "skip" if self.over else "slide" if kind < 3 else "subslide"
        if self.over or kind == "hidden":
            return "skip"
        if kind == "prose":
            return "notes"
        if kind in ("formula", "block"):
            self.holds = "formula" if kind == "formula" and self.holds != "much" else "much"
            return None
        # Code joins a slide that holds a heading alone; beside a formula there is room for a pair, not for a picture.
        room = self.holds == "heading" or self.holds == "formula" and "picture" not in tags
        self.holds = "much"
        return None if room or FRAMEWORKS[1].tag in tags else "subslide"


def code(cell, slides):
    """Return a code cell with its tags, its source folded or not, and its place on the slides."""
    words = [word for word in cell.metadata if word not in (*PLACES, "lines_to_next_cell")]  # jupytext's own
    unknown = [word for word in words if word not in WORDS]
    if unknown:
        raise ValueError(f"A fence says python {unknown[0]}; the words are {', '.join([*WORDS, *PLACES])}.")
    tags = sorted((WORDS[word] for word in words), key=list(WORDS.values()).index)
    framework, showing = any(framework.tag in tags for framework in FRAMEWORKS), shows(cell.source)
    hidden = bool({*FOLDED} & {*tags}) and not (tags == [BOTH] and showing)
    seen = "picture" in tags or "setup" not in tags and (framework or not hidden and showing)
    exception = next((word for word in cell.metadata if word in PLACES), None)
    metadata = {"tags": tags} if tags else {}
    if hidden:
        metadata["jupyter"] = {"source_hidden": True}
    return placed(
        nbformat.v4.new_code_cell(cell.source, metadata=metadata),
        slides.place("code" if seen else "hidden", tags, exception),
    )


def shows(source):
    """Say whether a cell ends in an expression whose value is shown: a table, or a picture."""
    try:
        *_, last = ast.parse(source).body
    except SyntaxError:  # which its execution reports
        return False
    silent = ("print(", *(f"compare.{name}(" for name in PROVES))
    return isinstance(last, ast.Expr) and not ast.unparse(last).startswith(silent)


def prose(source, slides):
    """Return the cells of a piece of Markdown: one for each heading with what is seen below it, one for each side's
    words, one for the speaker's words between."""
    cells = []
    for block in blocks(source):
        comment = re.match(r"<!-- (\w+) -->\n", block)
        exception = comment and comment[1]
        block = block[comment.end() :] if comment else block
        heading = re.match(r"(#+) +(.+)", block)
        if heading:
            slides.over = heading[2] in UNSEEN
        place = slides.place(len(heading[1]) if heading else kind_of(block), exception=exception)
        tag = next((tag for words, tag in FIRST.items() if block.startswith(words)), None)
        last = cells[-1] if cells else None
        joins = last and not heading and not tag and not last.metadata.get("tags")
        type_before = last and last.metadata.get("slideshow", {}).get("slide_type")
        if joins and (place == type_before or place is None and type_before in ("slide", "subslide")):
            last.source += f"\n\n{block}"
        else:
            cells.append(markdown(block, place, tag))
    return cells


def kind_of(block):
    """Return what a block of Markdown is to a slide: a displayed formula, a box, list or table, or prose."""
    if block.startswith("$$"):
        return "formula"
    return "block" if re.match(r">|- |\d+\. |\|", block) or len(block) <= SHORT and block.count("\n") == 0 else "prose"


def blocks(source):
    """Return what blank lines separate in Markdown; a formula, a fence and a solution stay in one piece."""
    found, held = [], ""
    for part in filter(None, re.split(r"\n{2,}", source.strip())):
        held = f"{held}\n\n{part}" if held else part
        if held.count("$$") % 2 or held.count("~~~") % 2 or held.count("<details") > held.count("</details"):
            continue
        found.append(held)
        held = ""
    return found + [held] * bool(held)


def markdown(source, place, tag=None):
    """Return a Markdown cell with its place on the slides and the tag of its side."""
    return placed(nbformat.v4.new_markdown_cell(source, metadata={"tags": [tag]} if tag else {}), place)


def placed(cell, place):
    """Return a cell with its slide type; None stays on the slide before it."""
    if place:
        cell.metadata["slideshow"] = {"slide_type": place}
    return cell
