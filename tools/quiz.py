"""Questions to check oneself: ``notebooks/quiz.toml`` as a page, as a slide and for Moodle.

The file holds a list of questions for each lesson. A question is what it asks (``ask``) and its ``answers``; an answer
is whether it is right, its words, what there is to say to whoever gave it, and the heading that shows it: one of the
same lesson, or of another behind that one's number. ``tolerance`` makes it a question for a number, and ``value`` is an
expression of `companion` that gives the number of the right answer; a test computes it.
"""

import re
import tomllib
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from html import escape

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from tools import notebooks, text
from tools.course import NOTEBOOKS

SOURCE = NOTEBOOKS / "quiz.toml"
CATEGORY = "$course$/top/Weighted losses"

PAGE = """\
# Questions to check yourself

Five for each lesson. Decide first, then open your answer. Every answer says why, and leads to the heading that shows
it. Nothing is counted.

<!-- Written from `quiz.toml` by `make derived`; change that file and not this one. -->
"""


@dataclass(frozen=True)
class Answer:
    """An answer: whether it is right, its words, why, and the link and the name of the heading that shows it."""

    right: bool
    words: str
    why: str
    link: str
    place: str


@dataclass(frozen=True)
class Question:
    """A question: its answers, and for a number how far off it may be and how `companion` computes it."""

    ask: str
    answers: list
    tolerance: float | None = None
    value: str | None = None


def read(source=SOURCE):
    """Return the questions by the name of their lesson."""
    return {
        lesson: [
            Question(**asked | {"answers": [_answer(lesson, *answer) for answer in asked["answers"]]})
            for asked in questions
        ]
        for lesson, questions in tomllib.loads(source.read_text(encoding="utf-8")).items()
    }


def _answer(lesson, right, words, why, heading):
    number = lesson.partition("_")[0]
    if other := re.match(r"(\d\d[a-z]?) (.*)", heading):
        number, heading = other.groups()
        (lesson,) = (path.stem for path in notebooks.stored() if path.stem.startswith(f"{number}_"))
    anchor = re.sub("[`*]", "", heading).replace(" ", "-")
    return Answer(right, words, why, f"{lesson}.ipynb#{anchor}", f"{number}, {heading}")


def _title(lesson):
    return text.title(NOTEBOOKS / "text" / f"{lesson}.md")


# ------------------------------------------------------------------------------------------------------------ the page


def page(source=SOURCE):
    """Return the Markdown page of all questions, which folds by HTML alone; the anchor of a lesson is its number."""
    parts = [PAGE]
    for lesson, questions in read(source).items():
        number = lesson.partition("_")[0]
        parts.append(f'<a id="questions-{number}"></a>\n\n## [{_title(lesson)}]({lesson}.ipynb)\n')
        for at, question in enumerate(questions, start=1):
            parts.append(f"**{at}.** {question.ask}\n")
            parts += _folded(question, f"{number}-{at}")
    return "\n".join(parts).encode()


def _folded(question, name):
    """Return the folded answers; of those of one name a browser keeps one open. A number is compared with all."""
    if question.tolerance is not None:
        compared = "\n\n".join(_said(answer, answer.words) for answer in question.answers)
        return [f"<details><summary>Compare your number</summary>\n\n{compared}\n\n</details>\n"]
    return [
        f'<details name="{name}"><summary>{inline(answer.words)}</summary>\n\n{_said(answer)}\n\n</details>\n'
        for answer in question.answers
    ]


def _said(answer, number=None):
    """Return what the one who gave this answer, or this number, is told, with the link."""
    right, wrong = ("Right.", "Not this one.") if number is None else (f"{number} is right.", f"Not {number}.")
    verdict = f"✓ **{right}**" if answer.right else f"✗ **{wrong}**"
    return f"{verdict} {answer.why} [{answer.place}]({answer.link})"


# ----------------------------------------------------------------------------------------------------------- the slide


def slide(questions):
    """Return the Markdown of the first question with a choice of answers, for the audience and for the speaker."""
    question = next(each for each in questions if each.tolerance is None)
    choices = "\n".join(f"- {answer.words}" for answer in question.answers)
    notes = "\n".join(f"- {'✓' if answer.right else '✗'} {answer.words}: {answer.why}" for answer in question.answers)
    return f"## A question to end with\n\n{question.ask}\n\n{choices}", notes


# ----------------------------------------------------------------------------------------------------------- to Moodle

_MOODLE = MarkdownIt("commonmark").use(
    dollarmath_plugin, renderer=lambda formula, _: rf"\({escape(formula, quote=False)}\)"
)


def inline(source):
    """Return a line of Markdown as HTML."""
    return _MOODLE.renderInline(source)


def moodle(source=SOURCE):
    """Return the questions in Moodle's XML, as an `ElementTree`, with a category for each lesson."""
    quiz = ET.Element("quiz")
    for lesson, questions in read(source).items():
        category = ET.SubElement(ET.SubElement(quiz, "question", type="category"), "category")
        _text(category, f"{CATEGORY}/{_title(lesson).replace('/', '//')}")
        for at, question in enumerate(questions, start=1):
            _asked(quiz, question, name=f"{lesson.partition('_')[0]}, question {at}")
    ET.indent(quiz)
    return ET.ElementTree(quiz)


def _asked(quiz, question, name):
    number = question.tolerance is not None
    asked = ET.SubElement(quiz, "question", type="numerical" if number else "multichoice")
    _text(ET.SubElement(asked, "name"), name)
    _text(ET.SubElement(asked, "questiontext", format="html"), _MOODLE.render(question.ask).strip())
    settings = {"defaultgrade": "1", "penalty": "0.3333333", "hidden": "0"}
    if not number:
        settings |= {"single": "true", "shuffleanswers": "true", "answernumbering": "abc"}
    for setting, value in settings.items():
        ET.SubElement(asked, setting).text = value
    for each in question.answers:
        form = "moodle_auto_format" if number else "html"
        answer = ET.SubElement(asked, "answer", fraction="100" if each.right else "0", format=form)
        _text(answer, each.words if number else inline(each.words))
        if number:
            ET.SubElement(answer, "tolerance").text = str(question.tolerance)
        _text(ET.SubElement(answer, "feedback", format="html"), inline(f"{each.why} ({each.place})"))


def _text(parent, words):
    ET.SubElement(parent, "text").text = words
