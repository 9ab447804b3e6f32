"""The assignments as a set: how many, what each holds, and that the release gives nothing away."""

import ast
import re

import masters
import pytest
from nbgrader.utils import is_grade, is_solution

from tools import assignments

HEADING = re.compile(r"## Problem (\d): .+ \((\d+) points?, about \d+ minutes\)")


def cells_of(name):
    """Return the cells of a master without its header."""
    return assignments.master(name).cells


def test_there_is_one_for_each_section_and_one_on_porting():
    assert [name[:3] for name in assignments.names()] == [f"0{number}_" for number in range(1, 9)]


@pytest.mark.parametrize(("kind", "least"), [("wrong", 40), ("right", 12)])
def test_there_are_enough_solutions_to_judge_the_tests_by(kind, least):
    found = [masters.solutions(kind, framework) for framework in ("pytorch", "tensorflow")]
    assert len({(name, entry["cell"], entry["code"]) for entries in found for name, entry in entries}) >= least


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A copy of the course, so that the tests leave no release and no gradebook behind."""
    folder = tmp_path_factory.mktemp("course")
    assignments.write_masters(folder)
    return folder


@pytest.mark.parametrize("name", assignments.names())
def test_the_release_gives_nothing_away(name, course):
    released = assignments.release(name, course)
    assert assignments.traces(name, released) == []
    text = "\n".join(cell.source for cell in released.cells)
    assert "YOUR CODE HERE" in text and "YOUR ANSWER HERE" in text
    assert not re.search("SOLUTION|HIDDEN|MARK SCHEME", text)
    assert not any(cell.get("outputs") for cell in released.cells)


@pytest.mark.parametrize("name", assignments.names())
def test_five_to_eight_problems_are_worth_what_they_say(name):
    said, worth = {}, {}
    for cell in cells_of(name):
        if cell.source.startswith("## Problem"):
            number, points = HEADING.match(cell.source).groups()
            said[int(number)] = int(points)
        if is_grade(cell):
            number = int(re.match(r"p(\d)_", assignments.id_of(cell)).group(1))
            worth[number] = worth.get(number, 0) + cell.metadata.nbgrader.points
    assert said == worth
    assert list(said) == list(range(1, len(said) + 1)) and 5 <= len(said) <= 8


@pytest.mark.parametrize("name", assignments.names())
def test_every_test_says_what_is_wrong_and_has_hidden_inputs(name):
    tests = [cell.source for cell in cells_of(name) if assignments.is_test(cell)]
    assert tests and all(assignments.HIDDEN.search(test) for test in tests)
    bare = [
        ast.unparse(node)
        for test in tests
        for node in ast.walk(ast.parse(test))
        if isinstance(node, ast.Assert) and node.msg is None
    ]
    assert not bare


@pytest.mark.parametrize("name", ["header", *assignments.names()])
def test_no_cell_that_is_given_shows_the_value_of_its_last_line(name):
    # A student would take it for a result, and nbgrader takes that of a test for its marks.
    given = [cell.source for cell in cells_of(name) if cell.cell_type == "code" and not is_solution(cell)]
    lasts = [ast.parse(text).body[-1] for source in given for text in (source, assignments.HIDDEN.sub("", source))]
    values = [ast.unparse(last) for last in lasts if isinstance(last, ast.Expr)]
    assert given and not [value for value in values if not re.match(r"(print|check_\w+)\(", value)]
