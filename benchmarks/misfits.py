"""Submissions that nobody wants to grade: the tests of grading look at each, and the class that is timed mixes them.

Each is made of right work that was handed in: somebody wrote something else into a cell, or did something to the file.
"""

from functools import partial

import nbformat
from nbgrader.utils import is_solution

from tools import notebooks
from tools.assignments import is_test

# Shown in the lecturer's own Jupyter, it would write a file there, with the rights that the page has.
ATTACK = (
    "document.title='taken over';fetch('/api/contents/taken.txt',{method:'PUT',"
    "headers:{'X-XSRFToken':document.cookie.split('_xsrf=')[1].split(';')[0]},"
    "body:JSON.stringify({type:'file',format:'text',content:''})})"
)
SCRIPT = f'<script>{ATTACK}</script><img src=x onerror="{ATTACK}">'

# What is written into a cell for code.
CELLS = {
    "hangs": "while True:\n    pass",
    "hangs-on": "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass",
    "memory": "import numpy\neverything = [numpy.zeros(2**27) for _ in range(100)]  # a gigabyte each",
    "dies": "import os\nos._exit(1)",
    "exits": "exit()",
    "prints": 'print("x" * 20_000_000)',
    "prints-beside": "import os\nos.write(1, b'x' * 20_000_000)\n!true",
    "writes": "import os\nfrom ipykernel.connect import get_connection_file\n"
    "open(os.path.join(os.path.dirname(get_connection_file()), 'x'), 'w')",
    "forks": "import subprocess, sys, time\nfor _ in range(max(200, 3 * __import__('os').cpu_count())):\n"
    "    subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(99)', 'MARK'])\ntime.sleep(5)",
    "tricks": "import numpy.testing\nnumpy.testing.assert_allclose = lambda *a, **b: None\n"
    "class Trick(__import__('ast').NodeTransformer):\n    pass\n"
    "shell = get_ipython()\nshell.ast_transformers.append(Trick())\n"
    "shell.input_transformers_post.append(lambda lines: ['1000\\n'] if 'half' in str(lines) else lines)\n"
    "run_code = type(shell).run_code\nshell.run_code = lambda *a, **b: run_code(shell, *a, **b)\n"
    "shell.display_trap.hook = lambda value: None",
    "borrows": "import unittest.mock, numpy.testing\nnumpy.testing.assert_allclose = unittest.mock.Mock()",
    "shows": f"""
from IPython.display import publish_display_data
attack = {SCRIPT!r}
for kind in ("text/html", "text/markdown", "text/latex", "image/svg+xml", "application/javascript", "image/png",
             "text/plain", "application/vnd.jupyter.widget-view+json"):
    publish_display_data({{kind: attack, "text/plain": attack}}, {{kind: {{"width": '"' + ">" + attack}}}})
print(attack)
kernel = get_ipython().kernel
kernel.send_response(kernel.iopub_socket, "stream", {{"name": '"' + ">" + attack, "text": attack}})
raise type(attack.replace(" ", ""), (Exception,), {{}})(attack)
""",
}


def fill(source, path):
    """Write a source into the first cell that is the student's."""
    notebook = notebooks.read(path)
    next(cell for cell in notebook.cells if is_solution(cell)).source = source
    nbformat.write(notebook, path)


def edit(path):
    """Give the first test a thousand points, tell nbgrader not to run it, and delete all cells for code below it."""
    notebook = notebooks.read(path)
    at, test = next((at, cell) for at, cell in enumerate(notebook.cells) if is_test(cell))
    test.source, test.metadata.tags = "1000", ["skip-execution"]
    test.metadata.nbgrader.update(points=1000, solution=True)
    notebook.cells = [cell for place, cell in enumerate(notebook.cells) if place <= at or cell.cell_type != "code"]
    nbformat.write(notebook, path)


def shadow(path):
    """Lay modules beside the notebook that stand before those that it imports."""
    for name in ("numpy.py", "companion/__init__.py"):
        (path.parent / name).parent.mkdir(exist_ok=True)
        (path.parent / name).write_text("raise SystemExit\n")


# What is done to the file of right work, given its path.
KINDS = {name: partial(fill, source) for name, source in CELLS.items()} | {
    "edits": edit,
    "shadows": shadow,
    "half": lambda path: path.write_text('{"cells": ['),
    "absent": lambda path: path.unlink(),
}
