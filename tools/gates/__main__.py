"""Run every gate on every stored notebook, the links of the other pages, and the bibliography."""

import sys

from tools import notebooks
from tools.course import NOTEBOOKS, ROOT
from tools.gates import GATES, links, pair
from tools.gates.prose import bibliography

problems = [
    f"{page.stem}: {problem}"
    for page in [*ROOT.glob("*.md"), *sorted(NOTEBOOKS.glob("*.md"))]
    for problem in links(page)
]
problems += [f"references.bib: {problem}" for problem in bibliography(ROOT)]
for path in notebooks.stored():
    for gate in GATES if path.exists() else [pair]:
        problems += [f"{path.stem}, {gate.__name__}: {problem}" for problem in gate(path)]
print("\n".join(problems) or "Every gate is passed.")
sys.exit(bool(problems))
