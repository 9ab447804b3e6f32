"""Write the series for one framework: ``python -m tools.editions`` fills ``build/pytorch/`` and ``build/tensorflow/``.

An edition is every stored notebook, with its outputs, without what is tagged for the other framework and without what
compares the two.
"""

import shutil

import nbformat
from nbconvert.preprocessors import TagRemovePreprocessor

from tools import notebooks
from tools.course import BUILD, FRAMEWORKS, NOTEBOOKS, OTHER


def edition(path, framework):
    """Return the notebook at `path` as it is for one framework, its cells numbered afresh and the title saying so."""
    other = OTHER[framework]
    remove = TagRemovePreprocessor(remove_cell_tags={other.tag, notebooks.BOTH})
    notebook, _ = remove.preprocess(notebooks.read(path), {})
    for number, cell in notebooks.code_cells(notebook):
        cell.execution_count = number
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = number
    title, _, rest = notebook.cells[0].source.partition("\n")
    note = f"*The {framework.name} edition: the {other.name} cells and the comparisons are left out.*"
    notebook.cells[0].source = f"{title}\n\n{note}\n{rest}"
    return notebook


def write(framework, folder):
    """Write the series for one framework into `folder`, with the pages that it links to; replace what is there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in notebooks.stored():
        nbformat.write(edition(path, framework), folder / path.name)
    for page in NOTEBOOKS.glob("*.md"):
        shutil.copy(page, folder)
    shutil.copytree(NOTEBOOKS / "explorables", folder / "explorables")


if __name__ == "__main__":
    for framework in FRAMEWORKS:
        write(framework, BUILD / framework.tag)
        print(f"build/{framework.tag}: {len(notebooks.stored())} notebooks")
