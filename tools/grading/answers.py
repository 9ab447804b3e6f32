"""Marking by hand: one page a question, with every answer, the model answer and the marking scheme, and no names.

Beside each page ``answers/<assignment>/<cell>.html`` lies a table ``<cell>.csv`` with a row for each answer. A mark
that is written into it is entered into the gradebook by the next run. A row belongs to a text: where the text has
changed, the row is a new one, without a mark.
"""

import csv
import html
import re

from nbconvert.filters import markdown2html_mistune as rendered
from nbgrader.utils import is_grade

from tools import notebooks
from tools.assignments import id_of
from tools.grading import Refusal, book
from tools.grading.reading import PICTURES

COLUMNS = ["answer", "mark", "out of", "comment"]
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<style>body {{ font: 1rem/1.5 sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }}
section {{ border-top: 1px solid #888; }} aside {{ background: #eef; padding: .1rem 1rem; }} img {{ max-width: 100%; }}
.text {{ white-space: pre-wrap; overflow-wrap: anywhere; }}</style></head><body>
<h1>{title}</h1><p>{count} answers, {points:g} points. Write the marks into {table}, then run make grade again.</p>
<aside>{model}</aside>
{answers}
</body></html>
"""


def shown(text, pictures=None):
    """Return a student's text as HTML, letter by letter, and its pictures."""
    body = f'<p class="text">{html.escape(text)}</p>'
    for kinds in (pictures or {}).values():
        for kind, data in kinds.items():
            if kind in PICTURES:
                body += f'<img alt="a picture of this answer" src="data:{kind};base64,{html.escape("".join(data))}">'
    return body


def questions(root, name):
    """Return the cells of a master that are marked by hand, by name: solution and marking scheme."""
    cells = notebooks.read(root / "source" / name / f"{name}.ipynb").cells
    return {id_of(cell): cell for cell in cells if is_grade(cell) and cell.cell_type == "markdown"}


def handed_in(root, student, name):
    """Return the cells of a graded submission that are marked by hand, by name."""
    path = root / "autograded" / student / name / f"{name}.ipynb"
    cells = notebooks.read(path).cells if path.exists() else []
    return {id_of(cell): cell for cell in cells if cell.cell_type == "markdown" and id_of(cell)}


def key(student, source):
    """Return the word by which an answer is known: it says no name, and changes with the text."""
    return book.digest(f"{student}\n{source}")[:8]


def write(root, results):
    """Write the pages and the tables of all questions that are marked by hand; return the pages with open answers."""
    pages = []
    for name in sorted({result.assignment for result in results}):
        group = [result for result in results if result.assignment == name]
        texts = {result.student: handed_in(root, result.student, name) for result in group}
        for cell, question in questions(root, name).items():
            points = question.metadata.nbgrader.points
            rows = {
                key(result.student, texts[result.student][cell].source): texts[result.student][cell]
                for result in group
                if cell in texts[result.student] and (result.marks.get(cell) is None or _marked(root, result, cell))
            }
            if not rows:
                continue
            page = root / "answers" / name / f"{cell}.html"
            page.parent.mkdir(parents=True, exist_ok=True)
            table = page.with_suffix(".csv")
            old = {row["answer"]: row for row in _rows(table)}
            with open(table, "w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
                writer.writeheader()
                for answer in sorted(rows):
                    writer.writerow({"answer": answer, "out of": f"{points:g}"} | old.get(answer, {}))
            sections = [
                f"<section><h2>{answer}</h2>{shown(one.source, one.get('attachments'))}</section>"
                for answer, one in sorted(rows.items())
            ]
            model = rendered(re.sub(r".*(?:BEGIN|END) SOLUTION.*\n?", "", question.source))
            text = PAGE.format(
                title=html.escape(f"{name}, {cell}"),
                count=len(rows),
                points=points,
                table=table.name,
                model=model,
                answers="\n".join(sections),
            )
            page.write_text(text, encoding="utf-8")
            if any(result.marks.get(cell) is None for result in group if cell in result.marks):
                pages.append(page)
    return pages


def _marked(root, result, cell):
    """Say whether a person gave the mark of an answer, which then stays on the page."""
    table = root / "answers" / result.assignment / f"{cell}.csv"
    source = handed_in(root, result.student, result.assignment)[cell].source
    return any(row["answer"] == key(result.student, source) for row in _rows(table))


def _rows(table):
    if not table.exists():
        return []
    with open(table, newline="", encoding="utf-8-sig") as file:
        text = file.read()
    dialect = ";" if text.count(";") > text.count(",") else ","  # as some spreadsheets save it
    return [row for row in csv.DictReader(text.splitlines(), delimiter=dialect) if row.get("answer")]


def take(root, submissions):
    """Enter the marks that were written into the tables.

    Raises
    ------
    Refusal
        If a mark is no number or is not between 0 and the points of its question.
    """
    for table in sorted((root / "answers").glob("*/*.csv")):
        name, cell = table.parent.name, table.stem
        rows = {row["answer"]: row for row in _rows(table) if (row.get("mark") or "").strip()}
        if not rows:
            continue
        with book.open_at(root) as gradebook:
            for submission in submissions:
                answer = handed_in(root, submission.student, name).get(cell) if submission.assignment == name else None
                row = rows.get(key(submission.student, answer.source)) if answer else None
                if row:
                    try:
                        mark = float(row["mark"].replace(",", "."))
                        book.give(gradebook, submission, cell, mark, (row.get("comment") or "").strip())
                    except ValueError as error:
                        raise Refusal(f"{table}, row {row['answer']}: {error}.") from None
