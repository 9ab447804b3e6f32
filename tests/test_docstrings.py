"""What a docstring says of the notebooks that use a function is so."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

import companion
from tools import gates
from tools.uses import uses

ROOT = Path(companion.__file__).parent
FILES = [path.relative_to(ROOT) for path in sorted(ROOT.rglob("[a-z]*.py"))]
HALVES = ("pytorch", "tensorflow")


def public_functions():
    """Return every public function with the name by which a notebook calls it: ``companion.pytorch.fit``."""
    for path in FILES:
        module = importlib.import_module(".".join(["companion", *path.with_suffix("").parts]))
        place = f"companion.{path.parts[0]}" if path.parts[0] in HALVES else module.__name__
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                yield f"{place}.{name}", function


FUNCTIONS = dict(public_functions())


def said(function):
    """Return the notebooks that a docstring names, as "00" or "08a"; None where it speaks of them in general."""
    sentence = re.search(r"Used in (notebooks? [^.]*)\.", " ".join(inspect.getdoc(function).split()))
    return set(re.findall(r"\d\d[a-z]?", sentence[1])) if sentence else None


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_notebooks_that_a_docstring_names_are_those_that_use_the_function(name):
    # A mirror has one docstring for both halves: what either framework's cells use counts.
    twins = {name.replace(f".{half}.", f".{twin}.") for half in HALVES for twin in HALVES}
    used = {stem.partition("_")[0] for twin in twins for stem in uses().get(twin, [])}
    named = said(FUNCTIONS[name])
    assert named is None or named == used


def test_every_notebook_is_known_by_its_number():
    assert all(re.fullmatch(r"\d\d[a-z]?", path.stem.partition("_")[0]) for path in gates.stored())


def test_the_sentence_is_read():
    def function():
        """Do. Used in notebooks 01, 08a
        and 08b.
        """

    assert said(function) == {"01", "08a", "08b"}
    function.__doc__ = "Used in every notebook that draws."
    assert said(function) is None
