"""Write the series for one framework: ``python -m tools.editions`` fills ``build/pytorch/`` and ``build/tensorflow/``.

An edition is every stored notebook, with its outputs, without what is tagged for the other framework and without what
compares the two.
"""

import shutil

import nbformat
from nbconvert.preprocessors import TagRemovePreprocessor

from tools import gates
from tools.execute import BUILD

NAMES = {gates.PYTORCH: "PyTorch", gates.TENSORFLOW: "TensorFlow"}
OTHER = {gates.PYTORCH: gates.TENSORFLOW, gates.TENSORFLOW: gates.PYTORCH}


def edition(path, framework):
    """Return the notebook at `path` as it is for one framework, its cells numbered afresh and the title saying so."""
    remove = TagRemovePreprocessor(remove_cell_tags={OTHER[framework], gates.BOTH})
    notebook, _ = remove.preprocess(gates.read(path), {})
    for number, cell in gates.code_cells(notebook):
        cell.execution_count = number
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = number
    title, _, rest = notebook.cells[0].source.partition("\n")
    note = f"*The {NAMES[framework]} edition: the {NAMES[OTHER[framework]]} cells and the comparisons are left out.*"
    notebook.cells[0].source = f"{title}\n\n{note}\n{rest}"
    return notebook


def write(framework, folder):
    """Write the series for one framework into `folder`, with the pages that it links to; replace what is there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in gates.stored():
        nbformat.write(edition(path, framework), folder / path.name)
    for page in gates.NOTEBOOKS.glob("*.md"):
        shutil.copy(page, folder)


if __name__ == "__main__":
    for name in NAMES:
        write(name, BUILD / name)
        print(f"build/{name}: {len(gates.stored())} notebooks")
