"""A solution that tells figures prints them."""

import re
import subprocess
import sys

import pytest

from tools.course import NOTEBOOKS


@pytest.mark.parametrize("lesson, exercise", [("08a_losses_and_class_weight", 5)])
def test_the_code_of_a_solution_prints_the_figures_that_its_words_tell(lesson, exercise):
    text = (NOTEBOOKS / "text" / f"{lesson}.md").read_text(encoding="utf-8")
    solution = text.partition(f"\n**{exercise}.** ")[2].partition("\n</details>")[0]
    code, words = re.search(r"^~~~python\n(.*?)^~~~\n(.*)", solution, re.MULTILINE | re.DOTALL).groups()
    # In a process of its own: it sets a seed, which would reach the tests after it.
    code = f"import numpy as np\nimport tensorflow as tf\n{code}"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr[-2000:]
    figures = [f"{int(figure):,}" for figure in run.stdout.split()]
    assert figures and re.findall(r"[\d,]*\d", words)[: len(figures)] == figures
