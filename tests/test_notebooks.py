"""Every gate on every notebook; `make test` also runs each of them with nbval."""

import re

import pytest

from tools import gates, picture

NOTEBOOKS, README = gates.stored(), gates.ROOT / "README.md"


def test_every_section_of_the_lecture_has_a_notebook_and_the_readme_maps_them_all():
    assert {f"0{section}" for section in range(1, 8)} <= {path.name[:2] for path in NOTEBOOKS}
    rows = re.findall(r"^\| \[[^]]+\]\(notebooks/([^)]+)\)", README.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert rows == [path.name for path in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("gate", gates.GATES, ids=lambda gate: gate.__name__)
def test_gate(gate, path):
    assert gate(path) == []


@pytest.mark.parametrize("path", [README, *sorted(gates.NOTEBOOKS.glob("*.md"))], ids=lambda path: path.name)
def test_links_of_the_pages(path):
    assert gates.links(path) == []


def test_every_notebook_is_run(request):
    if not request.config.option.nbval:
        pytest.skip("without --nbval no notebook is run; make test gives it")
    assert {item.path for item in request.session.items if item.path.suffix == ".ipynb"} == set(NOTEBOOKS)


def test_the_picture_of_the_readme_is_the_notebooks():
    assert picture.PICTURE.read_bytes() == picture.picture()
