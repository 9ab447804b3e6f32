"""Sphinx extension: PyTorch and TensorFlow side by side, by the tags of the cells; and lessons for each function.

A notebook is changed as it is read: prose that is tagged becomes a container, figures get their alternative text, and
the title links the three editions and the questions. Then neighbouring runs of the two frameworks become a pair. What a
page shows is chosen in the browser (``frameworks.js``); without it everything stands in sequence, each part under its
framework's name.
"""

import re
from itertools import groupby
from urllib.parse import unquote

import nbformat
from docutils import nodes
from myst_parser.slugs import github_slugify

from tools import notebooks, quiz
from tools.course import FRAMEWORKS, PYTORCH, TENSORFLOW
from tools.uses import uses

LABELS = {framework.tag: framework.name for framework in FRAMEWORKS} | {notebooks.BOTH: "Side by side"}


class pair(nodes.container):
    """A part in PyTorch and the same part in TensorFlow."""


class side(nodes.container):
    """What belongs to one framework, or what compares both."""


def markdown(source):
    """Return a Markdown text with anchors as MyST has them: those set by hand, and those of links to headings."""
    source = re.sub(r'<a id="([^"]+)"></a>', r"(\1)=\n", source)
    link = r"(\]\([^()#\s]*#)((?:[^()\s]|\([^()\s]*\))+)\)"  # headings may hold parentheses
    return re.sub(link, lambda found: f"{found[1]}{github_slugify(unquote(found[2]))})", source)


def prepare(app, docname, content):
    """On reading: give anchors, mark tagged prose, hand on the figures' alternative texts, link the editions."""
    path = app.env.doc2path(docname)
    if path.suffix == ".md":
        content[0] = markdown(content[0])
    if path.suffix != ".ipynb":
        return
    notebook = nbformat.reads(content[0], as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = markdown(cell.source)
            if tag := notebooks.side(cell):
                words = cell.source.removeprefix(f"**{LABELS[tag]}.** ")  # the part's name says so
                cell.source = f"::::::{{container}} tag_{tag}\n{words}\n::::::"
        else:
            cell.metadata |= folded(cell)
        alts = [
            out.metadata["image/png"]["alt"] for out in cell.get("outputs", []) if "image/png" in out.get("data", {})
        ]
        if alts:
            cell.metadata["mystnb"] = cell.metadata.get("mystnb", {}) | {"image": {"alt": " ".join(alts)}}
    links = [f"{{download}}`both frameworks <{path.name}>`"]
    links += [f"{{download}}`{name} <../editions/{tag}/{path.name}>`" for tag, name in list(LABELS.items())[:2]]
    title, _, rest = notebook.cells[0].source.partition("\n")
    said = f"This notebook as a file: {', '.join(links)}."
    if path.stem in quiz.read():
        said += f" [Five questions to check yourself](quiz.md#questions-{path.stem.partition('_')[0]})."
    notebook.cells[0].source = f"{title}\n\n{said}\n{rest}"
    content[0] = nbformat.writes(notebook)


def folded(cell):
    """Return the metadata by which the site folds a cell behind a line that says what is there."""
    tags = notebooks.tags(cell)
    if not notebooks.folded(cell):
        return {}
    if {notebooks.BOTH, "check"} & {*tags}:
        said = "".join(output.get("text", "") for output in cell.outputs).count("\n")
        how, line = "hide-cell", f"checked: {said} statement{'s' if said > 1 else ''}"
    else:
        how, line = "hide-input", "how it is drawn" if "picture" in tags else "imports"
    return {"tags": [*tags, how], "mystnb": {"code_prompt_show": line, "code_prompt_hide": line}}


def tag_of(node):
    """Return the tag that gives a part of a page to one framework or to both, or None."""
    classes = node.get("classes", []) if isinstance(node, nodes.container) else []
    return next((tag for tag in notebooks.SIDES if f"tag_{tag}" in classes), None)


def arrange(app, doctree):
    """Gather each run of equally tagged parts into a side, and each PyTorch side with the TensorFlow side after it."""
    for part in doctree.findall(nodes.container):  # the directive of tagged prose wrote its class with a hyphen
        part["classes"] = [re.sub("^tag-", "tag_", name) for name in part["classes"]]
    for section in list(doctree.findall(nodes.section)):
        arranged = []
        for tag, run in groupby(section.children, key=tag_of):
            parts = list(run)
            if tag is None or (tag == notebooks.BOTH and not any("cell" in part["classes"] for part in parts)):
                arranged += parts
                continue
            name = nodes.paragraph(text=LABELS[tag], classes=["framework-name"])
            box = side("", name, *parts, classes=["framework-side", f"tag_{tag}"], label=LABELS[tag])
            before = arranged[-1] if arranged else None
            if tag == TENSORFLOW.tag and isinstance(before, side) and f"tag_{PYTORCH.tag}" in before["classes"]:
                box = pair("", arranged.pop(), box, classes=["framework-pair"])
            arranged.append(box)
        section.children = []
        section.extend(arranged)
    for quote in doctree.findall(nodes.block_quote):
        if quote.astext().startswith("Correction"):
            quote["classes"].append("correction")


def visit(translator, node):
    """Open the element of a pair or of a side, which has a name for those who do not see it."""
    attributes = {"role": "group", "aria-label": node["label"]} if "label" in node else {}
    translator.body.append(translator.starttag(node, "div", **attributes))


def depart(translator, node):
    """Close it."""
    translator.body.append("</div>\n")


def link_lessons(app, what, name, obj, options, lines):
    """Append to the docstring of each function the lessons that use it."""
    if lessons := uses().get(name) if what == "function" else None:
        links = " · ".join(f":doc:`/notebooks/{lesson}`" for lesson in lessons)
        lines += ["", ".. rubric:: Lessons", "", links]


def setup(app):
    """Connect the above to Sphinx."""
    for kind in (pair, side):
        app.add_node(kind, html=(visit, depart))
    app.connect("source-read", prepare)
    app.connect("doctree-read", arrange)
    app.connect("autodoc-process-docstring", link_lessons, priority=900)  # after numpydoc has rewritten it
    return {"parallel_read_safe": True, "parallel_write_safe": True}
