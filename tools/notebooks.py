"""The notebooks and their cells, as every tool reads them."""

import nbformat

from tools.course import FRAMEWORKS, NOTEBOOKS

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
    "rise": {"scroll": True},  # in JupyterLab's slides, to which nothing is fitted
}

BOTH, IGNORE, RAISES = "both", "nbval-ignore-output", "raises-exception"
SIDES = (*(framework.tag for framework in FRAMEWORKS), BOTH)
FOLDED = (BOTH, "check", "picture", "setup")
PROVES = {"claim", "differ", "holds", "assert_parity"}  # of companion.compare


def stored(folder=None):
    """Return the path of every stored notebook, those that only have a text source included."""
    folder = folder or NOTEBOOKS
    names = {path.stem for path in folder.glob("*.ipynb")} | {path.stem for path in folder.glob("text/*.md")}
    return [folder / f"{name}.ipynb" for name in sorted(names)]


def text_of(path):
    """Return the path of the text source of the stored notebook at `path`."""
    return path.parent / "text" / f"{path.stem}.md"


def read(path):
    """Return the stored notebook at `path`."""
    return nbformat.read(path, as_version=4)


def tags(cell):
    """Return the tags of a cell."""
    return cell.metadata.get("tags", [])


def folded(cell):
    """Say whether a cell is folded, behind what was checked, what it imports or how a picture is drawn."""
    return cell.metadata.get("jupyter", {}).get("source_hidden", False)


def side(cell):
    """Return the tag that gives a cell to one framework or to both, or None for a shared cell."""
    return next((tag for tag in tags(cell) if tag in SIDES), None)


def code_cells(notebook):
    """Return the code cells that are not empty as ``(number, cell)``, numbered as Jupyter counts them."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    return list(enumerate(cells, start=1))


def place(number, cell):
    """Name a cell by its number and its first line."""
    return f"cell {number} ({cell.source.strip().splitlines()[0][:60]!r})"
