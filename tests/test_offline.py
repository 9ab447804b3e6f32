"""No test and no notebook reaches beyond this machine."""

import http.server
import os
import socket
import subprocess
import sys
import threading

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tools.notebooks import METADATA

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
        new_code_cell("print('as stored')", outputs=[new_output("stream", text="as stored\n")]),
        new_code_cell("print('fresh')", outputs=[new_output("stream", text="doctored\n")]),
        new_code_cell(CONNECT.format(host="192.0.2.1", port=80)),
    ]
    for number, cell in enumerate(cells, start=1):
        cell.execution_count = number
    path = tmp_path / "sample.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata=METADATA), path)
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
