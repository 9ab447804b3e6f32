"""Every block of code in the questions runs after the names, and prints what stands below it and the answer says."""

import re
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO

import pytest

from tools.course import NOTEBOOKS
from tools.markdown import tokens

PAGE = NOTEBOOKS / "questions.md"


@dataclass
class Answer:
    """A question, the words of its answer, its blocks of code, and what each of them is said to print."""

    question: str
    words: str = ""
    blocks: list[list[str]] = field(default_factory=list)


def read(source):
    """Return the names that all blocks take, as code, and the answers that have code.

    An answer goes from its question, in bold, to the next one. A fence marked python is a block, one marked text what
    the block above it prints.
    """
    answers, asked = [Answer("")], False
    for token in tokens(source):
        if token.type == "strong_open":
            answers.append(Answer(""))
        asked = (asked or token.type == "strong_open") and token.type != "strong_close"
        if asked:
            answers[-1].question += token.content
        elif token.type == "fence" and token.info == "python":
            answers[-1].blocks.append([token.content, ""])
        elif token.type == "fence":
            answers[-1].blocks[-1][1] += token.content
        elif token.type == "text":
            answers[-1].words += f" {token.content}"
    (names, _), *rest = answers[0].blocks
    assert not rest, "before the first question stands one block, the names"
    return names, [answer for answer in answers[1:] if answer.blocks]


def faults(names, answer):
    """Return how what an answer's blocks print differs from what stands below them, and from its sentences.

    A sentence may say a number that has decimals only if a block prints it, or takes it."""
    found, printed = [], ""
    for code, told in answer.blocks:
        namespace, out = {}, StringIO()
        exec(names, namespace)
        with redirect_stdout(out):
            exec(code, namespace)
        printed += out.getvalue()
        if out.getvalue() != told:
            found.append(f"It prints\n{out.getvalue()}and below it stands\n{told}")
    shown = printed + "".join(code for code, _ in answer.blocks)
    said, known = (re.findall(r"\d+\.\d+", part) for part in (answer.words, shown))
    return found + [f"It says {number}, which no block of it prints." for number in said if number not in known]


NAMES, ANSWERS = read(PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.question)
def test_the_code_of_an_answer_runs_and_prints_what_is_said(answer):
    assert faults(NAMES, answer) == []


SAMPLE = """\
Names:

```python
x = 1.5
```

**Twice?** It is {said}.

```python
print(2 * x)
```

```text
{told}
```
"""


@pytest.mark.parametrize(
    ("said", "told", "faulty"), [("3.0", "3.0", 0), ("3.1", "3.0", 1), ("3.0", "3.1", 1), ("half of 6.0", "2.9", 2)]
)
def test_a_wrong_number_is_found_below_a_block_and_in_a_sentence(said, told, faulty):
    names, [answer] = read(SAMPLE.format(said=said, told=told))
    assert len(faults(names, answer)) == faulty


def test_a_block_takes_no_name_from_another():
    names, [answer] = read(SAMPLE.format(said="3.0", told="3.0") + "\n```python\ny = x\n```\n\n```python\ny\n```\n")
    with pytest.raises(NameError, match="'y'"):
        faults(names, answer)
