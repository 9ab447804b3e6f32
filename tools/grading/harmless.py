"""What is kept of an executed notebook: nothing that runs when formgrader, feedback or JupyterLab shows it.

A student decides every field of an output: the kernel that sends it is theirs. So each output is made anew from text
and pictures that are checked, and HTML in texts is escaped by nbconvert's SanitizeHTML.
"""

import re

import nbformat
from nbconvert.preprocessors.sanitize import SanitizeHTML

from tools.assignments import is_test
from tools.grading.reading import BASE64, PICTURES
from tools.grading.report import SUSPECT, Event

TAG = re.compile(r"<(?=[A-Za-z/!?])")  # where a browser sees the beginning of a tag; `a < b` is none
LINK = re.compile(r"javascript\s*:|\\href|\\require", re.IGNORECASE)  # MathJax makes links, too
KEPT = ("text/plain", *PICTURES)


class Harmless(SanitizeHTML):
    """SanitizeHTML for texts that hold a tag, and outputs made anew."""

    enabled = True

    def preprocess(self, nb, resources):
        """Return the notebook with every output made anew and every text escaped."""
        nb.metadata = nbformat.from_dict({"kernelspec": nb.metadata.kernelspec, "language_info": {"name": "python"}})
        self.tags, self.attributes = [], {}
        statements = resources["statements"]
        for number, cell in enumerate(nb.cells):
            if cell.cell_type == "code":
                cell.outputs = [output(one) for one in cell.outputs]
                cell.execution_count = number + 1
            elif cell.source not in statements:
                cell.source = text(cell.source, self.sanitize_html_tags)
        return nb, resources


def text(source, escape):
    """Return a text in Markdown that holds no HTML and no link to a script, and every word of it."""
    # An escape of whole tags alone would lose what follows a comment, or a tag, that is not closed.
    return LINK.sub("…", escape(TAG.sub("&lt;", source)) if TAG.search(source) else source)


def output(raw):
    """Return an output made anew: its text, its pictures, and no word of its metadata."""
    kind = raw.get("output_type")
    if kind == "stream":
        return nbformat.v4.new_output("stream", name="stdout", text=_string(raw.get("text")))
    if kind == "error":
        lines = raw.get("traceback")
        lines = [_string(line) for line in lines] if isinstance(lines, list) else []
        return nbformat.v4.new_output(
            "error", ename=_string(raw.get("ename")), evalue=_string(raw.get("evalue")), traceback=lines
        )
    data = raw.get("data")
    data = {key: _string(data[key]) for key in KEPT if key in data} if isinstance(data, dict) else {}
    data = {key: value for key, value in data.items() if key == "text/plain" or BASE64.fullmatch(value)}
    return nbformat.v4.new_output("display_data", data=data or {"text/plain": "(an output that is not shown)"})


def _string(value):
    value = "".join(map(str, value)) if isinstance(value, list) else str("" if value is None else value)
    return value.encode("utf-8", "replace").decode("utf-8")


def results(notebook):
    """Yield an event for each test cell that has a result, which no released test has: nbgrader takes it for marks."""
    for cell in notebook.cells:
        if is_test(cell):
            if any(one.output_type == "execute_result" for one in cell.outputs):
                yield Event(SUSPECT, f"{cell.metadata.nbgrader.grade_id} has a result, which a test has not")
