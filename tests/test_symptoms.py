"""The index of notebook 08: each row's symptom is what these versions show, and the line in the row mends it.

`symptoms.toml` holds a small program for each row. It is run with the mistake, and then with the line that stands in
the notebook in its place; and so on every other input that a case names.
"""

import re
import textwrap
import tomllib
import warnings
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import sklearn
import tensorflow as tf
import torch
import torch.nn.functional as F
from torch import nn

from tools.course import NOTEBOOKS

TEXT = (NOTEBOOKS / "text" / "08_where_the_frameworks_differ.md").read_text(encoding="utf-8")
INDEX = TEXT.partition("\n## Index from symptom to fix\n")[2].partition("\n## ")[0]
SPECIFICATION = tomllib.loads(Path(__file__).with_name("symptoms.toml").read_text(encoding="utf-8"))
CASES = [
    case | {"before": before}
    for case in SPECIFICATION["case"]
    for before in (case.get("before", ""), *case.get("also", []))
]
LIBRARIES = {"scikit-learn": sklearn, "torch": torch, "TensorFlow": tf, "Keras": keras}
VERSIONS = ", ".join(f"{name} {library.__version__}" for name, library in LIBRARIES.items())
CODE = re.compile(r"(`+)(.+?)\1(?!`)")


def code(cell):
    """Return the pieces of code in a cell of the table."""
    return [piece.strip() for _, piece in CODE.findall(cell)]


def rows():
    """Return the rows of the index that hold a line of code: symptom, cause, line, link."""
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in INDEX.splitlines() if line.startswith("| ")]
    cells = [row for row in cells if len(row) == 4]
    named = [SimpleNamespace(symptom=c[0].strip(), cause=c[1], lines=code(c[2]), link=c[3]) for c in cells]
    return [row for row in named if row.lines]


ROWS = rows()
ELSEWHERE = re.compile("Not run here|not run")  # how a row says that no test shows it


def row_of(case):
    found = [row for row in ROWS if case["symptom"] in row.symptom]
    assert len(found) == 1, f"{len(found)} rows of the index hold {case['symptom']!r}"
    return found[0]


def binary():
    """Return a compiled logistic regression on two features, of no learning rate, that starts at zero."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.0), keras.losses.BinaryCrossentropy(from_logits=True), jit_compile=False)
    return model


def three(*shape):
    """Return a compiled softmax regression of three classes on two features, alike, at each place of a map."""
    model = keras.Sequential([keras.Input((*shape, 2)), keras.layers.Dense(3, kernel_initializer="zeros")])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.0), loss, jit_compile=False)
    return model


def first_loss(model, X, y, **options):
    return model.fit(X, y, verbose=0, **options).history["loss"][0]


def first_of(model, X, y, **options):
    """Return what a step of one's own returned first, whatever its name."""
    return next(iter(model.fit(X, y, verbose=0, **options).history.values()))[0]


def run(case, line, folder):
    """Run a case with a line at its place, which may write to `folder`, and say whether what should hold does."""
    names = {"np": np, "torch": torch, "nn": nn, "F": F, "keras": keras, "tf": tf, "LINE": line, "folder": folder}
    names |= {"binary": binary, "three": three, "first_loss": first_loss, "first_of": first_of}
    middle = textwrap.indent(line, " " * case.get("indent", 0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec("\n".join([case.get("before", ""), middle, case.get("after", "")]), names)
        return eval(case.get("holds", "True"), names)


@pytest.mark.parametrize("case", CASES, ids=[case["symptom"] for case in CASES])
def test_the_row_has_the_symptom_and_its_line_mends_it(case, tmp_path):
    row = row_of(case)
    try:
        right, said = run(case, case.get("wrong", ""), tmp_path), None
    except Exception as error:
        right, said = False, " ".join(str(error).split())
    advice = f"(seen on {SPECIFICATION['seen']}; here {VERSIONS}). {case.get('mended', 'Correct the index.')}"
    assert not right, f"The mistake does no harm any more {advice}"
    words = code(row.symptom)[case.get("text", 0)] if said else ""
    pieces = [piece for piece in re.split("…", " ".join(words.split())) if piece.strip()]
    assert all(piece.strip() in said for piece in pieces), f"The error says {said!r} {advice}"
    assert bool(said) == ("holds" not in case), f"It raises {said!r} {advice}"
    assert run(case, row.lines[case.get("line", 0)], tmp_path), f"The line in the row does not mend it {advice}"


def test_every_row_is_run():
    tested = {row_of(case).symptom for case in CASES}
    assert {row.symptom for row in ROWS if not ELSEWHERE.search(row.cause)} == tested


def test_a_mended_trap_is_reported_by_name_with_the_versions_and_what_to_write(tmp_path):
    case = next(case for case in CASES if case["symptom"] == "changes nothing; text keys")
    harmless = case | {"before": "class_weight = {0: 1.0, 1: 20.0}"}  # what Keras 3.16 will make of the text keys
    with pytest.raises(
        AssertionError, match=r"no harm any more \(seen on .*Keras 3\.15\.1; here .*\)\. Keras 3\.16 reads"
    ):
        test_the_row_has_the_symptom_and_its_line_mends_it(harmless, tmp_path)


def test_the_checklists_name_the_layers_defaults_that_differ():
    assert (nn.LeakyReLU().negative_slope, keras.layers.LeakyReLU().negative_slope) == (0.01, 0.3)
    assert (nn.LayerNorm(1).eps, keras.layers.LayerNormalization().epsilon) == (1e-5, 1e-3)
    lists = TEXT.partition("\n## Index from symptom to fix\n")[0]
    for mend in ("`epsilon=1e-5`; `negative_slope=0.01`", "`eps=1e-3`; `negative_slope=0.3`"):
        assert mend in lists
