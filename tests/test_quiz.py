"""Questions to check oneself: one right answer each, numbers as `companion` computes them, all of them in Moodle."""

import re
import xml.etree.ElementTree as ET

import pytest
from scipy.optimize import minimize_scalar

from companion import theory, weights
from tools import gates, notebooks, quiz
from tools.course import NOTEBOOKS

QUESTIONS = quiz.read()
EACH = [(lesson, at, question) for lesson, asked in QUESTIONS.items() for at, question in enumerate(asked, start=1)]
NUMBER = re.compile(r"-?\d[\d.]*")


def each(cases):
    return pytest.mark.parametrize("question", [q for *_, q in cases], ids=[f"{n[:3]}{at}" for n, at, _ in cases])


def right(question):
    (answer,) = (answer for answer in question.answers if answer.right)
    return answer


def is_number(words):
    """Whether an answer is a number, perhaps after "About" and before a clause."""
    return re.match(r"(About )?-?\d[\d.]*($|,|:)", words) is not None


def test_every_lesson_has_five_questions():
    assert {path.stem: 5 for path in notebooks.stored()} == {lesson: len(asked) for lesson, asked in QUESTIONS.items()}


@each(EACH)
def test_a_question_has_one_right_answer_and_others(question):
    assert sum(answer.right for answer in question.answers) == 1
    assert 3 <= len(question.answers) <= 4
    assert len({answer.words for answer in question.answers}) == len(question.answers)
    assert all(len(answer.why) > 10 for answer in question.answers)
    assert not any("$" in answer.words for answer in question.answers), "what is folded stands in HTML"


@each([case for case in EACH if is_number(right(case[2]).words)])
def test_a_number_is_what_companion_computes(question):
    stated = NUMBER.search(right(question).words)[0]
    digits = len(stated.partition(".")[2])
    computed = eval(question.value, vars(theory) | vars(weights) | {"minimize_scalar": minimize_scalar})
    assert round(float(computed), digits) == float(stated)


@each([case for case in EACH if case[2].tolerance is not None])
def test_a_wrong_number_is_not_taken_for_the_right_one(question):
    numbers = [float(answer.words) for answer in question.answers]
    wanted = float(right(question).words)
    assert all(abs(number - wanted) > 2 * question.tolerance for number in numbers if number != wanted)


def test_every_answer_links_a_heading_that_exists():
    page = (NOTEBOOKS / "quiz.md").read_text(encoding="utf-8")
    assert all(f"({answer.link})" in page for *_, question in EACH for answer in question.answers)
    assert gates.links(NOTEBOOKS / "quiz.md") == []


SAMPLE = """
[[04_precision_recall_tradeoff]]
ask = "Is $a < b$?"
answers = [
    [true, "`yes`", "Since $a & b$.", "{heading}"],
    [false, "no", "It is.", "02a From the costs"],
]
"""


def sample(tmp_path, heading="Three applications"):
    source = tmp_path / "quiz.toml"
    source.write_text(SAMPLE.replace("{heading}", heading))
    return source


def test_a_link_to_no_heading_is_found(tmp_path):
    for file in ("04_precision_recall_tradeoff.ipynb", "02a_weighted_binary_cross_entropy.ipynb"):
        (tmp_path / file).symlink_to(NOTEBOOKS / file)
    page = tmp_path / "quiz.md"
    page.write_bytes(quiz.page(sample(tmp_path)))
    assert gates.links(page) == []
    page.write_bytes(quiz.page(sample(tmp_path, "Three appliances")))
    assert ["no such heading" in problem for problem in gates.links(page)] == [True]


def test_an_answer_links_its_lesson_or_another(tmp_path):
    ((question,),) = quiz.read(sample(tmp_path)).values()
    assert [(answer.link, answer.place) for answer in question.answers] == [
        ("04_precision_recall_tradeoff.ipynb#Three-applications", "04, Three applications"),
        ("02a_weighted_binary_cross_entropy.ipynb#From-the-costs", "02a, From the costs"),
    ]


def test_moodle_gets_html_with_its_own_marks_of_formulas(tmp_path):
    quiz.moodle(sample(tmp_path)).write(file := tmp_path / "quiz.xml", encoding="utf-8")
    asked = ET.parse(file).find("question[@type='multichoice']")
    assert asked.findtext("questiontext/text") == r'<p>Is <span class="math inline">\(a &lt; b\)</span>?</p>'
    assert [answer.findtext("text") for answer in asked.iter("answer")] == ["<code>yes</code>", "no"]
    assert r"\(a &amp; b\)" in asked.findtext("answer/feedback/text")


def test_moodle_gets_every_question_under_its_lesson(tmp_path):
    quiz.moodle().write(file := tmp_path / "quiz.xml", encoding="utf-8", xml_declaration=True)
    found, lesson = {}, None
    for question in ET.parse(file).getroot():
        if question.get("type") == "category":
            lesson = question.findtext("category/text").rpartition("/")[2]
            continue
        answers = question.findall("answer")
        assert [answer.get("fraction") for answer in answers].count("100") == 1
        assert all(answer.findtext("feedback/text") for answer in answers)
        numerical = question.get("type") == "numerical"
        assert numerical == all(float(answer.findtext("tolerance") or 0) > 0 for answer in answers)
        assert "$" not in "".join(question.itertext())
        found.setdefault(lesson, []).append((question.get("type"), len(answers)))
    assert list(found.values()) == [
        [("multichoice" if q.tolerance is None else "numerical", len(q.answers)) for q in asked]
        for asked in QUESTIONS.values()
    ]
