"""The gates: what must hold for every stored notebook.

A gate is a function of the path of an ``.ipynb`` that returns sentences, none where all is well. ``python -m
tools.gates`` runs all of them on every notebook.
"""

from tools.gates.cells import executed, figures, kernelspec, pair, proof, size, tagged, twins
from tools.gates.halves import independent
from tools.gates.prose import citations, folds, links, symbols

GATES = [pair, executed, tagged, independent, proof, twins, size, figures, links, citations, symbols, folds, kernelspec]
