"""From text to notebook: every rule of the grammar, each on the smallest text that shows it."""

import tomllib

import jupytext
import pytest

from tools import notebooks, text
from tools.course import NOTEBOOKS, ROOT
from tools.notebooks import side, tags

FILTER = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["jupytext"][
    "cell_metadata_filter"
]
TEXTS = [*(NOTEBOOKS / "text").glob("*.md"), *(ROOT / "assignments" / "text").glob("*.md")]


@pytest.fixture
def lesson(tmp_path):
    """A function that compiles a text, and returns the cells below its title and the links to its neighbours."""

    def compile(source, *, start="# 01 · Title\n\n"):
        path = tmp_path / "01_sample.md"
        path.write_text(start + source)
        return text.lesson(path).cells[2:]

    return compile


def place(cell):
    return cell.metadata.get("slideshow", {}).get("slide_type")


def fence(words, code="x = 1"):
    return f"```python{words}\n{code}\n```\n\n"


@pytest.mark.parametrize(
    ("words", "found", "folded"),
    [
        ("", [], False),
        (" PyTorch", ["pytorch"], False),
        (" TensorFlow", ["tensorflow"], False),
        (" both", ["both"], True),
        (" check", ["check"], True),
        (" picture", ["picture"], True),
        (" setup", ["setup"], True),
        (" PyTorch setup", ["pytorch", "setup"], True),
        (" versions", ["nbval-ignore-output"], False),
        (" PyTorch raises", ["pytorch", "raises-exception"], False),
        (" slide", [], False),
    ],
)
def test_the_words_on_a_fence_become_tags_and_fold_what_is_no_lesson(words, found, folded, lesson):
    (cell,) = lesson(fence(words))
    assert (tags(cell), cell.metadata.get("jupyter", {}).get("source_hidden", False)) == (found, folded)


def test_a_word_that_is_none_is_refused(lesson):
    with pytest.raises(ValueError, match="A fence says python pytorch; the words are PyTorch, TensorFlow, both"):
        lesson(fence(" pytorch"))


def test_a_paragraph_belongs_to_the_side_that_its_first_words_name(lesson):
    cells = lesson("## One\n\n**PyTorch.** Two.\n\n**TensorFlow.** Three.\n\n**Side by side.** Four.\n\nFive.")
    assert [side(cell) for cell in cells] == [None, "pytorch", "tensorflow", "both", None]
    assert [cell.source for cell in cells][::4] == ["## One", "Five."]


LONG = "A paragraph of prose that is more than one short line, and so for the speaker and the reader, not for a slide."
PAIR = fence(" PyTorch") + fence(" TensorFlow")


@pytest.mark.parametrize(
    ("source", "places"),
    [
        ("## One\n\n### Two\n\n", ["slide", "subslide"]),
        (f"## One\n\n{LONG}", ["slide", "notes"]),
        ("## One\n\nA short line.", ["slide"]),
        ("## One\n\n> **Correction.** So.", ["slide"]),
        (f"## One\n\n{LONG}\n\n$$x$$\n\n{LONG}\n\n- a\n- b", ["slide", "notes", None, "notes", None]),
        ("## One\n\n" + PAIR, ["slide", None, None]),
        (f"## One\n\n{LONG}\n\n$$x$$\n\n" + PAIR, ["slide", "notes", None, None, None]),
        ("## One\n\n- a\n\n" + PAIR, ["slide", "subslide", None]),
        ("## One\n\n" + PAIR + PAIR, ["slide", None, None, "subslide", None]),
        ("## One\n\n$$x$$\n\n" + fence(" picture"), ["slide", "subslide"]),
        ("## One\n\n" + fence(" picture"), ["slide", None]),
        ("## One\n\n" + fence("") + fence("", "x"), ["slide", "skip", None]),
        ("## One\n\n" + fence("", "print(1)") + fence("", "y = 1\nx"), ["slide", "skip", None]),
        ("## One\n\n" + fence(" both") + fence(" check") + fence(" PyTorch setup"), ["slide", "skip", "skip", "skip"]),
        (f"## Exercises\n\n{LONG}\n\n" + PAIR, ["skip", "skip", "skip"]),
        ("## Exercises\n\n- a\n\n## Key points\n\n- b", ["skip", "slide"]),
        ("## One\n\n" + fence(" slide") + fence(" PyTorch skip"), ["slide", "slide", "skip"]),
        ("## One\n\n" + fence(" PyTorch skip") + fence(" picture"), ["slide", "skip", None]),
        (f"## One\n\n<!-- seen -->\n{LONG}\n\n<!-- skip -->\n> A box.", ["slide", "skip"]),
    ],
)
def test_slides_follow_from_headings_and_from_what_a_cell_is(source, places, lesson):
    assert [place(cell) for cell in lesson(source)] == places


@pytest.mark.parametrize(
    ("code", "folded", "where"),
    [
        ("compare.same_loss(a, b)", False, None),
        ("found = compare.same_loss(a, b)\nfound", False, None),
        ('compare.claim("a", b)', True, "skip"),
        ('compare.holds("a", compare.same_loss(a, b).same)', True, "skip"),
    ],
)
def test_a_cell_for_both_that_ends_in_what_it_shows_is_open_and_on_its_slide(code, folded, where, lesson):
    cell = lesson("## One\n\n" + fence(" both", code))[1]
    assert notebooks.folded(cell) == folded and place(cell) == where


def test_an_exceptions_comment_is_not_part_of_the_cell(lesson):
    (cell,) = lesson(f"<!-- notes -->\n## One\n\n{LONG}")
    assert cell.source == f"## One\n\n{LONG}"


def test_formulas_code_and_solutions_stay_in_one_piece(lesson):
    solution = "<details><summary>Solution</summary>\n\n~~~python\n# no heading\n\nx = 1\n~~~\n\nSo.\n\n</details>"
    (cell,) = lesson(f"## Exercises\n\n{solution}")
    assert cell.source == f"## Exercises\n\n{solution}"
    assert [place(each) for each in lesson("## One\n\n$$x\n\ny$$")] == ["slide"]


def test_each_lesson_links_its_neighbours(tmp_path):
    for number in (1, 2, 3):
        (tmp_path / f"0{number}_x.md").write_text(f"# 0{number} · Title\n")
    second = [text.lesson(tmp_path / f"0{number}_x.md").cells[1].source for number in (1, 2, 3)]
    assert second[0] == f"Next: [02 · Title](02_x.ipynb)\n\n{text.RUNS}"
    assert second[1].startswith("Previous: [01 · Title](01_x.ipynb) · Next: [03 · Title](03_x.ipynb)\n")
    assert "Next" not in second[2]


def test_the_same_text_gives_the_same_ids_even_of_equal_cells(lesson):
    source = fence("") * 3
    first, second = ([cell.id for cell in lesson(source)] for _ in range(2))
    assert first == second and len({*first}) == 3


def test_an_assignment_names_its_cells_for_nbgrader(tmp_path):
    path = tmp_path / "01_x.md"
    path.write_text(
        '## Problem\n\n```python given="p1_data"\nx\n```\n\n```python solution="p1"\ny\n```\n\n'
        '```python test="p1_test" points=2\nassert y\n```\n\nWhy?\n\n'
        '<!-- answer="p2_answer" points=4 -->\n<!-- BEGIN SOLUTION -->\nSo.\n<!-- END SOLUTION -->\n\nThe end.\n'
    )
    cells = text.assignment(path).cells
    graded = [cell.metadata.get("nbgrader") for cell in cells]
    common = {"schema_version": 3, "task": False}
    assert graded == [
        None,
        {"grade": False, "grade_id": "p1_data", "locked": True, "solution": False} | common,
        {"grade": False, "grade_id": "p1", "locked": False, "solution": True} | common,
        {"grade": True, "grade_id": "p1_test", "locked": True, "solution": False, "points": 2} | common,
        None,
        {"grade": True, "grade_id": "p2_answer", "locked": False, "solution": True, "points": 4}
        | common
        | {"cell_type": "markdown"},
        None,
    ]
    assert cells[5].source == "<!-- BEGIN SOLUTION -->\nSo.\n<!-- END SOLUTION -->" and cells[6].source == "The end."


def test_jupytext_keeps_the_words_of_the_grammar():
    words = [*text.WORDS, *text.PLACES, *text.NBGRADER, "points"]
    assert sorted([*words, "-all"]) == sorted(FILTER.split(","))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.parent.name} {path.stem}")
def test_a_text_saved_by_jupytext_says_the_same(path, tmp_path):
    notebook = jupytext.read(path)  # as JupyterLab and VS Code open it
    notebook.metadata["jupytext"] = {"cell_metadata_filter": FILTER, "notebook_metadata_filter": "-all"}
    compiled = text.lesson if path.parent.parent == NOTEBOOKS else text.assignment
    for other in path.parent.glob("*.md"):
        (tmp_path / other.name).write_text(other.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / path.name).write_text(jupytext.writes(notebook, fmt="md"), encoding="utf-8")
    assert compiled(tmp_path / path.name) == compiled(path)
