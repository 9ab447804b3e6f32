"""Each gate passes a right notebook and refuses one that is broken in the way it is there for."""

import copy
import http.server
import json
import os
import socket
import subprocess
import sys
import threading

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import execute, gates

PNG = {"image/png": "iVBORw0KGgo="}
KING = "[King and Zeng (2001)](bibliography.md#king2001)"
BIBLIOGRAPHY = '<a id="king2001"></a>King and Zeng.\n\n<a id="lin2017"></a>Lin.\n'
GLOSSARY = "| symbol | what it is |\n|---|---|\n| $E$, $x$, $y_i$ | $c$ |\n| $n$, $w^\\gamma$, $p$, $TP$ | |\n"


def code(source, *tags, outputs=()):
    metadata = {"tags": list(tags)} if tags else {}
    return new_code_cell(source, metadata=metadata, outputs=list(outputs))


def figure(metadata, data=PNG):
    return new_output("display_data", data=data, metadata=metadata)


def right():
    """A notebook that every gate passes."""
    return [
        new_markdown_cell(
            "# Title\n\nSee [the idea](#The-idea), [again](#the-idea) and [itself](sample.ipynb#Exercises)."
        ),
        new_markdown_cell("## Before you start"),
        code("import numpy as np\nx = np.ones(3)"),
        code("import torch\nprint(torch.__version__)", "pytorch", "nbval-ignore-output"),
        code("import tensorflow as tf\nprint(tf.__version__)", "tensorflow", "nbval-ignore-output"),
        new_markdown_cell("## The idea"),
        code("mean_pt = torch.tensor(x).mean()", "pytorch"),
        code("mean_tf = tf.reduce_mean(x)", "tensorflow"),
        code("assert float(mean_pt) == float(mean_tf)", "both"),
        new_markdown_cell(
            "### A figure\n\n`[not](a-link.md)`, $E[x](y)$ and [a page](https://example.org), and "
            "$$\\frac{1}{n} \\sum_{i=1}^n w_{y_i}^\\gamma \\log p_i \\quad \\text{for all } TP$$ of "
            "[King\nand Zeng (2001)](bibliography.md#king2001)."
        ),
        code("x", outputs=[figure({"image/png": {"alt": "a flat line"}})]),
        code("x['a']", "raises-exception", outputs=[new_output("error", ename="IndexError", evalue="a", traceback=[])]),
        new_markdown_cell(
            f"## Exercises\n\n~~~python\n## no heading\n~~~\n\n## References\n\n- {KING}. *Rare events*."
        ),
    ]


@pytest.fixture
def write(tmp_path):
    """Store cells as an executed notebook, with its text beside it, and return the path of the notebook."""

    def write(cells, **metadata):
        notebook = new_notebook(cells=copy.deepcopy(cells), metadata=gates.METADATA | metadata)
        for number, cell in gates.code_cells(notebook):
            cell.execution_count = number
        path = tmp_path / "sample.ipynb"
        nbformat.write(notebook, path)
        (tmp_path / "bibliography.md").write_text(BIBLIOGRAPHY)
        (tmp_path / "glossary.md").write_text(GLOSSARY)
        (tmp_path / "text").mkdir(exist_ok=True)
        execute.jupytext.write(notebook, gates.text_of(path), fmt="md")
        return path

    return write


@pytest.mark.parametrize("gate", gates.GATES, ids=lambda gate: gate.__name__)
def test_a_right_notebook_passes(gate, write):
    assert gate(write(right())) == []


def changed(index, **changes):
    """The right notebook with one cell changed."""
    cells = right()
    for name, value in changes.items():
        cells[index][name] = value
    return cells


def without(index):
    return [cell for number, cell in enumerate(right()) if number != index]


def with_output(output):
    return changed(2, outputs=[output])


BROKEN = {
    "error": (gates.executed, with_output(new_output("error", ename="E", evalue="oh", traceback=[])), "ends in E: oh"),
    "stderr": (gates.executed, with_output(new_output("stream", name="stderr", text="careful")), "stderr: careful"),
    "no both": (gates.tagged, without(8), "'The idea' the cells are pytorch, tensorflow;"),
    "no tensorflow": (gates.tagged, without(7), "the cells are pytorch, both"),
    "wrong order": (gates.tagged, [*right()[:6], *right()[8:5:-1]], "are both, tensorflow, pytorch"),
    "a bare section": (gates.tagged, [*right(), new_markdown_cell("## More")], "'More' has no pytorch"),
    "split round": (gates.tagged, [*right()[:7], new_markdown_cell("### Then"), *right()[7:]], "are tensorflow, both"),
    "unknown tag": (gates.tagged, changed(2, metadata={"tags": ["nbval-skip"]}), "unknown tag nbval-skip"),
    "two sides": (gates.tagged, changed(8, metadata={"tags": ["pytorch", "both"]}), "more than one of the tags"),
    "ignored output": (gates.tagged, changed(2, metadata={"tags": ["nbval-ignore-output"]}), "neither versions"),
    "magic": (gates.tagged, changed(2, source="%time"), "not plain Python"),
    "shared imports": (gates.tagged, changed(2, source="import torch.nn\nx = 1"), "shared but uses torch.nn"),
    "other import": (gates.tagged, changed(6, source="from companion import tensorflow"), "uses companion.tensorflow"),
    "other keras": (gates.tagged, changed(6, source="from keras.losses import Loss"), "uses keras.losses.Loss"),
    "other name": (gates.tagged, changed(7, source="mean_tf = mean_pt"), "tensorflow but uses mean_pt"),
    "other alias": (gates.tagged, changed(6, source="mean_pt = tf.ones(1)"), "pytorch but needs tf"),
    "shared alias": (gates.tagged, changed(10, source="torch.ones(1)"), "shared but needs torch"),
    "needs both": (
        gates.tagged,
        [*changed(8, source="gap = float(mean_pt - mean_tf)"), code("gap")],
        "shared but needs gap",
    ),
    "long cell": (gates.size, changed(2, source="x = 1\n\n" * 26), "has 26 lines"),
    "large": (gates.size, with_output(new_output("stream", text="x" * 500_001)), "more than 500 kB"),
    "semicolon": (gates.size, changed(2, source="x = 1; y = 2\nx;"), "semicolon"),
    "no alt text": (gates.figures, with_output(figure({})), "without alt text"),
    "empty alt text": (gates.figures, with_output(figure({"image/png": {"alt": " "}})), "without alt text"),
    "svg": (gates.figures, with_output(figure({}, {"image/svg+xml": "<svg/>"})), "SVG"),
    "no file": (gates.links, changed(0, source="[next](03_none.ipynb)"), "03_none.ipynb, and there is no such file"),
    "no image": (gates.links, changed(0, source='<img src="none.png">'), "none.png, and there is no such file"),
    "no heading": (gates.links, changed(0, source="[that](sample.ipynb#nothing)"), "no such heading"),
    "unknown work": (
        gates.citations,
        changed(0, source="[Cox (1958)](bibliography.md#cox1958)"),
        "cox1958 is not in the",
    ),
    "not listed": (
        gates.citations,
        changed(0, source="[Lin et al. (2017)](bibliography.md#lin2017)"),
        "lin2017 is cited but not among",
    ),
    "not cited": (gates.citations, without(9), "king2001 is among the references but not cited"),
    "wrong text": (gates.citations, changed(0, source=KING.replace("King and ", "")), "'Zeng (2001)' is the text"),
    "wrong year": (gates.citations, changed(0, source=KING.replace("(2001)", "(2002)")), "'King and Zeng (2002)' is"),
    "no link": (gates.citations, changed(0, source="As (van den Berg\net al., 2022) say"), "'Berg et al., 2022' looks"),
    "no link, name first": (
        gates.citations,
        changed(0, source="King and Zeng (2001) say"),
        "'King and Zeng (2001' looks",
    ),
    "old reference": (
        gates.citations,
        [*right(), new_markdown_cell("- Lin, T.-Y. (2017). Focal.")],
        "'Y. (2017' looks",
    ),
    "unknown letter": (gates.symbols, changed(0, source="let $c_k > 0$"), "symbol c is not"),
    "unknown Greek letter": (gates.symbols, changed(0, source="$$y^{\\delta}$$"), "symbol \\delta is not"),
    "unknown macro letter": (gates.symbols, changed(0, source="$\\mathcal{L}_w$"), "symbol \\mathcal{L} is not"),
    "unknown capitals": (gates.symbols, changed(0, source="$\\frac{FN}{n}$"), "symbol FN is not"),
}


@pytest.mark.parametrize(("gate", "cells", "sentence"), BROKEN.values(), ids=BROKEN)
def test_a_broken_notebook_does_not(gate, cells, sentence, write):
    assert any(sentence in problem for problem in gate(write(cells)))


def test_another_kernel_is_refused(write):
    path = write(right(), kernelspec={"display_name": "mine", "language": "python", "name": "my-env"})
    assert "my-env" in gates.kernelspec(path)[0]


def test_cells_out_of_order_or_not_executed_are_refused(write):
    path = write(right())
    notebook = gates.read(path)
    notebook.cells[2].execution_count, notebook.cells[3].execution_count = None, 7
    nbformat.write(notebook, path)
    assert [problem.rpartition("count ")[2] for problem in gates.executed(path)] == ["None.", "7."]


@pytest.mark.parametrize("change", ["source", "tags", "slide", "type", "missing"])
def test_a_text_that_differs_is_refused(change, write):
    path = write(right())
    cells = right()
    if change == "source":
        cells[6].source += "  # changed"
    elif change == "tags":
        cells[6].metadata.tags = ["both"]
    elif change == "slide":
        cells[6].metadata.slideshow = {"slide_type": "notes"}
    elif change == "type":
        cells[2] = new_markdown_cell(cells[2].source)
    else:
        del cells[-1]
    kept = {"jupytext": {"cell_metadata_filter": "tags,slideshow,-all"}}
    execute.jupytext.write(new_notebook(cells=cells, metadata=kept), gates.text_of(path), fmt="md")
    first = {"source": 6, "tags": 6, "slide": 6, "type": 2, "missing": 12}[change]
    assert f"differ from cell {first} on" in gates.pair(path)[0]


def test_half_a_pair_is_refused_and_still_listed(write):
    path = write(right())
    path.unlink()
    assert "no stored notebook" in gates.pair(path)[0]
    assert gates.stored(path.parent) == [path]
    path = write(right())
    gates.text_of(path).unlink()
    assert "no text source" in gates.pair(path)[0]


def test_the_source_has_the_same_ids_each_time_even_of_equal_cells(write):
    path = write([*right(), code("x"), code("x")])
    first, second = ([cell.id for cell in execute.source(path).cells] for _ in range(2))
    assert first == second
    assert len(set(first)) == len(first)


def test_the_table_of_claims():
    claim = {
        "notebook": "01_two",
        "claim": "recall",
        "pytorch": 2 / 3,
        "tensorflow": 2 / 3,
        "atol": 1e-12,
        "difference": 0,
    }
    lines = execute.table([claim, claim | {"claim": "precision", "difference": 2e-3}]).splitlines()
    assert lines[2].split() == ["01", "recall", "0.6667", "0.6667", "yes,", "to", "1e-12"]
    assert lines[3].split()[-3] == "NO,"
    assert lines[-1] == "2 claims; the largest difference is 2.0e-03 (01_two)."


def test_the_table_holds_the_differences_too():
    trap = {"notebook": "08a_x", "claim": "rate", "pytorch": 1, "tensorflow": 2, "at_least": 0.5, "difference": 1}
    lines = execute.table([trap, trap | {"difference": 0.1}]).splitlines()
    assert lines[2].split()[1:] == ["rate", "1", "2", "differ,", "by", "0.5", "or", "more"]
    assert lines[3].split()[4:] == ["NO,", "by", "0.5", "or", "more"]
    assert lines[-1] == "0 claims; 2 places where the two differ by default."
    assert [execute.holds(each) for each in (trap, trap | {"difference": 0.1})] == [True, False]


CONNECT = "import socket; socket.create_connection(({host!r}, {port}), timeout=5)"


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org", "2001:db8::1"])
def test_no_connection_leaves_this_machine(host):
    with pytest.raises(ConnectionRefusedError, match="No network"):
        socket.create_connection((host, 80), timeout=5)


def test_nor_does_one_from_a_process_started_here():
    command = [sys.executable, "-c", CONNECT.format(host="192.0.2.1", port=80)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert "No network: tests and notebooks run offline, and '192.0.2.1' is not this machine." in result.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_connections_within_this_machine_work(host):
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with socket.create_connection((host, server.server_port), timeout=5) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert connection.recv(4) == b"HTTP"
        thread.join()


def test_nbval_compares_stored_outputs_and_its_kernels_have_no_network(tmp_path):
    cells = [
        code("print('as stored')", outputs=[new_output("stream", text="as stored\n")]),
        code("print('fresh')", outputs=[new_output("stream", text="doctored\n")]),
        code(CONNECT.format(host="192.0.2.1", port=80)),
    ]
    for number, cell in enumerate(cells, start=1):
        cell.execution_count = number
    path = tmp_path / "sample.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata=gates.METADATA), path)
    options = ["-p", "no:cacheprovider", "--rootdir", tmp_path, "--nbval", "--nbval-current-env", "--color=no"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *map(str, options), str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
        env=environment,
    )
    assert "2 failed, 1 passed" in result.stdout
    assert "doctored" in result.stdout
    assert "No network" in result.stdout


def test_a_failing_cell_is_named(tmp_path, monkeypatch, capsys):
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "01_sample.md").write_text(
        "# Title\n\n```python\nx = 1\n```\n\n```python\n# half\nx / 0\n```\n"
    )
    monkeypatch.setattr(gates, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(execute, "BUILD", tmp_path / "build")
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "kept")
    assert execute.main(["--store"]) == 1
    assert capsys.readouterr().err == "01_sample, cell 2 ('# half'): ZeroDivisionError: division by zero\n"
    assert not (tmp_path / "01_sample.ipynb").exists()


def test_claims_are_lines_of_json(tmp_path, monkeypatch, capsys):
    from companion.compare import claim

    monkeypatch.setenv("COMPANION_CLAIMS", str(tmp_path / "claims.jsonl"))
    claim("recall", {"PyTorch": 0.5, "TensorFlow": 0.5}, atol=1e-12)
    record = json.loads((tmp_path / "claims.jsonl").read_text())
    assert "recall" in execute.table([{"notebook": "01_two", **record}])
