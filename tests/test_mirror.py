"""The two halves hold the same files, names, signatures, defaults and docstring sections, and stand alone."""

import importlib
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import companion
import companion.pytorch
import companion.tensorflow

ROOT = Path(companion.__file__).parent


def public_functions(half):
    """Return the public functions of each file of a half, by file and name."""
    functions = {}
    for path in (ROOT / half).glob("[a-z]*.py"):
        module = importlib.import_module(f"companion.{half}.{path.stem}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                functions[f"{path.stem}.{name}"] = function
    return functions


FUNCTIONS = [public_functions(half) for half in ("pytorch", "tensorflow")]
NAMES = sorted(FUNCTIONS[0].keys() | FUNCTIONS[1].keys())


def differences(first, second):
    """Return what differs between two functions' signatures and docstring sections, examples aside."""
    found = []
    if inspect.signature(first) != inspect.signature(second):
        found.append(f"signatures {inspect.signature(first)} and {inspect.signature(second)}")
    headings = [re.findall(r"^ *(\w+)\n *-+$", inspect.getdoc(function), re.MULTILINE) for function in (first, second)]
    headings = [[heading for heading in each if heading != "Examples"] for each in headings]
    parameters = [
        re.findall(r"^ *([\w, ]+) : ", inspect.getdoc(function), re.MULTILINE) for function in (first, second)
    ]
    if parameters[0] != parameters[1]:
        found.append(f"documented names {parameters[0]} and {parameters[1]}")
    if headings[0] != headings[1]:
        found.append(f"docstring sections {headings[0]} and {headings[1]}")
    return found


def test_both_halves_hold_the_same_files():
    files = [sorted(path.name for path in (ROOT / half).glob("*.py")) for half in ("pytorch", "tensorflow")]
    assert files[0] == files[1]


@pytest.mark.parametrize("name", NAMES)
def test_both_halves_hold_the_same_functions(name):
    assert differences(*(functions[name] for functions in FUNCTIONS)) == []


def test_both_halves_export_the_same_names():
    assert companion.pytorch.__all__ == companion.tensorflow.__all__
    assert {name.partition(".")[2] for name in NAMES} == set(companion.pytorch.__all__)


def test_a_difference_is_found():
    def one(a, b=1):
        """Do.

        Notes
        -----
        Such.
        """

    def other(a, b=2):
        """Do."""

    assert len(differences(one, other)) == 2


@pytest.mark.parametrize(("half", "absent"), [("pytorch", ["tensorflow", "keras"]), ("tensorflow", ["torch"])])
def test_each_half_works_where_the_other_framework_is_absent(half, absent):
    code = f"""
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
import numpy as np
import companion.{half} as half
model = half.mlp((2, 1), seed=0)
history = half.fit(model, np.eye(2), [0, 1], half.weighted_bce, epochs=3, batch_size=2, learning_rate=0.1, seed=0)
print(len(history.loss), half.predict_logits(model, np.eye(2)).shape)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split("\n")[0] == "3 (2,)"


def test_keras_on_another_backend_is_refused_with_the_way_out():
    code = "import companion.tensorflow"
    environment = os.environ | {"KERAS_BACKEND": "torch"}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert result.returncode != 0
    assert "set the environment variable KERAS_BACKEND=tensorflow" in result.stderr
