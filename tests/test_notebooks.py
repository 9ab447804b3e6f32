"""Every gate on every notebook; `make test` also runs each of them with nbval."""

import pytest

from tools import gates, picture

NOTEBOOKS = gates.stored()


def test_the_first_notebooks_are_there():
    assert {"00", "01", "02"} <= {path.name[:2] for path in NOTEBOOKS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("gate", gates.GATES, ids=lambda gate: gate.__name__)
def test_gate(gate, path):
    assert gate(path) == []


@pytest.mark.parametrize(
    "path", [gates.ROOT / "README.md", *sorted(gates.NOTEBOOKS.glob("*.md"))], ids=lambda path: path.name
)
def test_links_of_the_pages(path):
    assert gates.links(path) == []


def test_every_notebook_is_run(request):
    if not request.config.option.nbval:
        pytest.skip("without --nbval no notebook is run; make test gives it")
    assert {item.path for item in request.session.items if item.path.suffix == ".ipynb"} == set(NOTEBOOKS)


def test_the_picture_of_the_readme_is_the_notebooks():
    assert picture.PICTURE.read_bytes() == picture.picture()
