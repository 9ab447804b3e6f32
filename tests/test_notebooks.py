"""Every gate on every notebook; `make test` also runs each of them with nbval."""

import re

import pytest

from tools import derived, gates, notebooks
from tools.course import NOTEBOOKS, ROOT

PATHS = notebooks.stored()


def test_every_section_of_the_lecture_has_a_notebook_and_the_list_names_them_all():
    assert {f"0{section}" for section in range(1, 8)} <= {path.name[:2] for path in PATHS}
    assert list(derived.series()) == [path.stem for path in PATHS]
    assert all(re.fullmatch(r"\d\d[a-z]?", path.stem.partition("_")[0]) for path in PATHS)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
@pytest.mark.parametrize("gate", gates.GATES, ids=lambda gate: gate.__name__)
def test_gate(gate, path):
    assert gate(path) == []


@pytest.mark.parametrize("path", [*ROOT.glob("*.md"), *sorted(NOTEBOOKS.glob("*.md"))], ids=lambda path: path.name)
def test_links_of_the_pages(path):
    assert gates.links(path) == []


def test_every_notebook_is_run(request):
    if not request.config.option.nbval:
        pytest.skip("without --nbval no notebook is run; make test gives it")
    assert {item.path for item in request.session.items if item.path.suffix == ".ipynb"} == set(PATHS)


@pytest.mark.parametrize("path", derived.FILES, ids=lambda path: path.name)
def test_a_derived_file_is_current(path):
    assert path.read_bytes() == derived.FILES[path](), "run make derived"
