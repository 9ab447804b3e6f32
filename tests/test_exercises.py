"""A solution that tells figures prints them."""

import re

import pytest

from tools.course import NOTEBOOKS


@pytest.mark.parametrize("lesson, exercise", [("08a_losses_and_class_weight", 5)])
def test_the_code_of_a_solution_prints_the_figures_that_its_words_tell(lesson, exercise, capsys):
    import numpy as np
    import tensorflow as tf

    text = (NOTEBOOKS / "text" / f"{lesson}.md").read_text(encoding="utf-8")
    solution = text.partition(f"\n**{exercise}.** ")[2].partition("\n</details>")[0]
    code, words = re.search(r"^~~~python\n(.*?)^~~~\n(.*)", solution, re.MULTILINE | re.DOTALL).groups()
    exec(code, {"np": np, "tf": tf})
    figures = [f"{int(figure):,}" for figure in capsys.readouterr().out.split()]
    assert figures and re.findall(r"[\d,]*\d", words)[: len(figures)] == figures
