"""The assignments in TensorFlow, where PyTorch cannot be imported: right work, wrong work and none."""

import masters
import pytest

from tools.assignments import names

FRAMEWORK = "tensorflow"
WRONG, RIGHT = (masters.solutions(kind, FRAMEWORK) for kind in ("wrong", "right"))


@pytest.mark.parametrize("name", names())
def test_the_master_gets_full_marks_and_the_untouched_release_none(name):
    masters.check_marks(FRAMEWORK, name)


@pytest.mark.parametrize(("name", "entry"), WRONG, ids=masters.titles(WRONG))
def test_a_mistake_loses_marks_and_is_told_why(name, entry):
    masters.check_wrong(FRAMEWORK, name, entry)


@pytest.mark.parametrize(("name", "entry"), RIGHT, ids=masters.titles(RIGHT))
def test_a_right_solution_written_differently_keeps_its_marks(name, entry):
    masters.check_right(FRAMEWORK, name, entry)
