"""Each gate passes a right notebook and refuses one that is broken in the way it is there for."""

import copy
import re

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_output

from tools import gates, notebooks, text

PNG = {"image/png": "iVBORw0KGgo="}
KING = "[King and Zeng (2001)](bibliography.md#king2001)"
BIBLIOGRAPHY = '<a id="king2001"></a>King and Zeng.\n\n<a id="lin2017"></a>Lin.\n'
GLOSSARY = "| symbol | what it is |\n|---|---|\n| $E$, $x$, $y_i$ | $c$ |\n| $n$, $w^\\gamma$, $p$, $TP$ | |\n"

RIGHT = f"""\
# Title

See [the idea](#The-idea), [again](#the-idea) and [itself](sample.ipynb#Exercises).

```python setup
import numpy as np

from companion.compare import claim, holds
```

```python PyTorch setup
import torch
```

```python TensorFlow setup
import tensorflow as tf
```

```python versions
print("numpy version", np.__version__)
```

## The idea

```python
x = np.ones(3)
mean = {{}}
```

```python PyTorch
mean["PyTorch"] = torch.tensor(x).mean()
x_pt = torch.ones(1)
```

```python TensorFlow
mean["TensorFlow"] = tf.reduce_mean(x)
x_tf = tf.ones(1)
```

```python both
claim("the mean", mean)
```

### A figure

`[not](a-link.md)`, $E[x](y)$ and [a page](https://example.org), and
$$\\frac{{1}}{{n}} \\sum_{{i=1}}^n w_{{y_i}}^\\gamma \\log p_i \\quad \\text{{for all }} TP$$
of [King
and Zeng (2001)](bibliography.md#king2001).

```python picture
x
```

```python check
holds("x is one", x == 1)
```

```python raises
x["a"]
```

## Exercises

~~~python
## no heading
~~~

## References

- {KING}. *Rare events*.
"""
FIGURE = new_output("display_data", data=PNG, metadata={"image/png": {"alt": "a flat line"}})
ERROR = new_output("error", ename="IndexError", evalue="a", traceback=[])


@pytest.fixture
def write(tmp_path):
    """Write a text and its notebook, as if executed, and return the notebook's path; outputs by the cell's source."""

    def write(source=RIGHT, *, outputs=(), change=lambda notebook: None, **metadata):
        path = tmp_path / "sample.ipynb"
        (tmp_path / "text").mkdir(exist_ok=True)
        notebooks.text_of(path).write_text(source)
        (tmp_path / "bibliography.md").write_text(BIBLIOGRAPHY)
        (tmp_path / "glossary.md").write_text(GLOSSARY)
        notebook = text.source(path)
        notebook.metadata |= metadata
        for number, cell in notebooks.code_cells(notebook):
            cell.execution_count = number
            cell.outputs = copy.deepcopy(
                dict(outputs).get(cell.source, {"x": [FIGURE], 'x["a"]': [ERROR]}.get(cell.source, []))
            )
        change(notebook)
        nbformat.write(notebook, path)
        return path

    return write


@pytest.mark.parametrize("gate", gates.GATES, ids=lambda gate: gate.__name__)
def test_a_right_notebook_passes(gate, write):
    assert gate(write()) == []


def instead(old, new):
    """The right text with a part replaced."""
    assert old in RIGHT
    return RIGHT.replace(old, new)


PYTORCH = re.search(r"```python PyTorch\n.*?```\n\n", RIGHT, re.DOTALL)[0]
TENSORFLOW = re.search(r"```python TensorFlow\n.*?```\n\n", RIGHT, re.DOTALL)[0]
TITLE = "See [the idea]"
SHARED = "x = np.ones(3)"
OF_PYTORCH, OF_TENSORFLOW = "x_pt = torch.ones(1)", "x_tf = tf.ones(1)"
FOUR = 'mean["PyTorch"] = [\n    x.mean(),\n    x.std(),  # NumPy\n]'


def alike(code, *, comment=""):
    """The right text whose pair of cells is the same code, in each framework's name."""
    other = code.replace("PyTorch", "TensorFlow") + comment
    pair = f"```python PyTorch\n{code}\n```\n\n```python TensorFlow\n{other}\n```\n\n"
    return instead(PYTORCH + TENSORFLOW, pair)


BROKEN = {
    "no tensorflow": (gates.tagged, instead(TENSORFLOW, ""), "'The idea' the cells are PyTorch, both;"),
    "wrong order": (gates.tagged, instead(PYTORCH + TENSORFLOW, TENSORFLOW + PYTORCH), "are TensorFlow, PyTorch, both"),
    "split": (gates.tagged, instead(TENSORFLOW, f"### Then\n\n{TENSORFLOW}"), "'Then' the cells are TensorFlow, both"),
    "two sides": (gates.tagged, instead("python both", "python PyTorch both"), "more than one of the tags"),
    "ignored output": (
        gates.tagged,
        instead('print("numpy version", np.__version__)', "print(np)"),
        "neither versions nor seconds",
    ),
    "magic": (gates.independent, instead(SHARED, "%time"), "belongs to all, and "),
    "shared imports": (gates.independent, instead(SHARED, f"import torch.nn\n{SHARED}"), "`torch` is banned"),
    "other import": (
        gates.independent,
        instead(OF_PYTORCH, "from companion import tensorflow"),
        "PyTorch, and `companion.tensorflow` is banned",
    ),
    "other keras": (gates.independent, instead(OF_PYTORCH, "from keras.losses import Loss"), "`keras` is banned"),
    "other name": (gates.independent, instead(OF_TENSORFLOW, "x_tf = x_pt"), "TensorFlow, and Undefined name `x_pt`"),
    "other alias": (gates.independent, instead(OF_PYTORCH, "x_pt = tf.ones(1)"), "PyTorch, and Undefined name `tf`"),
    "shared alias": (gates.independent, instead(SHARED, "x = torch.ones(1)"), "all, and Undefined name `torch`"),
    "needs both": (gates.independent, instead("```python picture\nx", "```python picture\nx_pt"), "name `x_pt`"),
    "asserted": (gates.proof, instead(SHARED, f"{SHARED}\nassert x[0] == 1"), "asserts; write compare.holds"),
    "proved elsewhere": (gates.proof, instead("python check", "python"), "is neither a check nor a both cell"),
    "proves nothing": (gates.proof, instead('holds("x is one", x == 1)', "x == 1"), "a check cell and proves nothing"),
    "compares nothing": (gates.proof, instead('claim("the mean", mean)', "x"), "a both cell and proves nothing"),
    "twins": (gates.twins, alike(FOUR), "repeats the other framework's; write it once"),
    "twins in other words": (gates.twins, alike(FOUR, comment="  # and again"), "repeats the other framework's"),
    "long cell": (gates.size, instead(SHARED, "x = 1\n\n" * 26), "has 27 lines"),
    "wide cell": (
        gates.size,
        instead(OF_PYTORCH, f"{OF_PYTORCH}  # {'x' * 80}"),
        "columns, and two stand side by side",
    ),
    "semicolon": (gates.size, instead(SHARED, f"{SHARED};"), "semicolon"),
    "no file": (gates.links, instead(TITLE, "[next](03_none.ipynb)"), "03_none.ipynb, and there is no such file"),
    "no image": (gates.links, instead(TITLE, '<img src="none.png">'), "none.png, and there is no such file"),
    "no heading": (gates.links, instead(TITLE, "[that](sample.ipynb#nothing)"), "no such heading"),
    "unknown work": (gates.citations, instead(TITLE, "[Cox (1958)](bibliography.md#cox1958)"), "cox1958 is not in the"),
    "not listed": (
        gates.citations,
        instead(TITLE, "[Lin et al. (2017)](bibliography.md#lin2017)"),
        "lin2017 is cited but not among",
    ),
    "not cited": (
        gates.citations,
        instead("[King\nand Zeng (2001)](bibliography.md#king2001)", "them"),
        "king2001 is among the references but not cited",
    ),
    "wrong text": (gates.citations, instead(TITLE, KING.replace("King and ", "")), "'Zeng (2001)' is the text"),
    "wrong year": (gates.citations, instead(TITLE, KING.replace("(2001)", "(2002)")), "'King and Zeng (2002)' is"),
    "no link": (gates.citations, instead(TITLE, "As (van den Berg\net al., 2022) say"), "'Berg et al., 2022' looks"),
    "no link, name first": (gates.citations, instead(TITLE, "King and Zeng (2001) say"), "'King and Zeng (2001' looks"),
    "old reference": (gates.citations, f"{RIGHT}- Lin, T.-Y. (2017). Focal.\n", "'Y. (2017' looks"),
    "unknown letter": (gates.symbols, instead(TITLE, "let $c_k > 0$"), "symbol c is not"),
    "unknown Greek letter": (gates.symbols, instead(TITLE, "$$y^{\\delta}$$"), "symbol \\delta is not"),
    "unknown macro letter": (gates.symbols, instead(TITLE, "$\\mathcal{L}_w$"), "symbol \\mathcal{L} is not"),
    "cut solution": (
        gates.folds,
        instead(TITLE, f"<details>\n\n~~~python\nx = 1\n\n\ny = x\n~~~\n\n</details>\n\n{TITLE}"),
        "1 times <details> and 0 times </details>",
    ),
    "unknown capitals": (gates.symbols, instead(TITLE, "$\\frac{FN}{n}$"), "symbol FN is not"),
}


@pytest.mark.parametrize(("gate", "source", "sentence"), BROKEN.values(), ids=BROKEN)
def test_a_broken_text_does_not(gate, source, sentence, write):
    assert any(sentence in problem for problem in gate(write(source)))


def test_a_pair_of_three_lines_may_be_alike(write):
    assert gates.twins(write(alike(FOUR.replace("    x.std(),  # NumPy\n", "")))) == []


def figure(metadata, data=PNG):
    return new_output("display_data", data=data, metadata=metadata)


OUTPUTS = {
    "error": (gates.executed, new_output("error", ename="E", evalue="oh", traceback=[]), "ends in E: oh"),
    "stderr": (gates.executed, new_output("stream", name="stderr", text="careful"), "stderr: careful"),
    "large": (gates.size, new_output("stream", text="x" * 500_001), "more than 500 kB"),
    "no alt text": (gates.figures, figure({}), "without alt text"),
    "empty alt text": (gates.figures, figure({"image/png": {"alt": " "}}), "without alt text"),
    "svg": (gates.figures, figure({}, {"image/svg+xml": "<svg/>"}), "SVG"),
}


@pytest.mark.parametrize(("gate", "output", "sentence"), OUTPUTS.values(), ids=OUTPUTS)
def test_a_broken_output_does_not(gate, output, sentence, write):
    assert any(sentence in problem for problem in gate(write(outputs={"x": [output]})))


def test_a_cell_for_both_may_show_a_verdict(write):
    assert gates.proof(write(instead('claim("the mean", mean)', "same_loss(x_pt, x_tf)"))) == []


def test_another_kernel_is_refused(write):
    path = write(kernelspec={"display_name": "mine", "language": "python", "name": "my-env"})
    assert "my-env" in gates.kernelspec(path)[0]


def test_cells_out_of_order_or_not_executed_are_refused(write):
    def change(notebook):
        (_, first), (_, second), *_ = notebooks.code_cells(notebook)
        first.execution_count, second.execution_count = None, 7

    found = gates.executed(write(change=change))
    assert [problem.rpartition("count ")[2] for problem in found] == ["None.", "7."]


CHANGES = {
    "source": lambda cell: cell.update(source=f"{cell.source}  # changed"),
    "tags": lambda cell: cell.metadata.update(tags=["both"]),
    "slide": lambda cell: cell.metadata.update(slideshow={"slide_type": "notes"}),
    "folding": lambda cell: cell.metadata.update(jupyter={"source_hidden": False}),
    "unknown": lambda cell: cell.metadata.update(tags=["nbval-skip"]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_notebook_that_differs_from_its_text_is_refused(change, write):
    assert "differ from cell 8 on" in gates.pair(write(change=lambda notebook: change(notebook.cells[8])))[0]


def test_a_missing_cell_and_one_of_another_type_are_refused(write):
    assert "differ from cell 8 on" in gates.pair(write(change=lambda notebook: notebook.cells.pop(8)))[0]

    def retyped(notebook):
        notebook.cells[8] = new_markdown_cell(notebook.cells[8].source)

    assert "differ from cell 8 on" in gates.pair(write(change=retyped))[0]


def test_an_unknown_tag_is_refused(write):
    path = write(change=lambda notebook: CHANGES["unknown"](notebook.cells[8]))
    assert "has the unknown tag nbval-skip" in gates.tagged(path)[-1]


def test_half_a_pair_is_refused_and_still_listed(write):
    path = write()
    path.unlink()
    assert "no stored notebook" in gates.pair(path)[0]
    assert notebooks.stored(path.parent) == [path]
    path = write()
    notebooks.text_of(path).unlink()
    assert "no text source" in gates.pair(path)[0]
