"""The scripts for several machines, tried on the loopback: two processes give the parameters of one."""

import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.special import expit

from companion import data
from companion.ranks import ALONE, free_ports, group
from tools.course import ROOT

WEIGHT = 19.73  # no float32: a weight that passed through one is off by 1e-8
TIMEOUT = 400  # seconds; a busy machine takes a minute to import a framework


def started(commands, environments):
    """Start commands at once and wait until all have ended well; return what each printed."""
    processes = [
        subprocess.Popen(
            [sys.executable, *map(str, command)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ
            | ALONE
            | {"PYTHONPATH": os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(ROOT)])}
            | own,
        )
        for command, own in zip(commands, environments, strict=True)
    ]
    try:
        ended = [process.communicate(timeout=TIMEOUT) for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0] * len(processes), [err[-2000:] for _, err in ended]
    return [out for out, _ in ended]


@pytest.fixture(scope="module")
def by_hand():
    """The parameters after the same steps of one process, from the closed form of the gradient."""
    part = data.load("hypothyroid")
    X, y = np.c_[part.X_train, np.ones(len(part.X_train))], part.y_train
    w, theta = np.where(y == 1, WEIGHT, 1.0), np.zeros(X.shape[1])
    for epoch in range(3):
        order = np.random.default_rng(epoch).permutation(len(X))
        for start in range(0, len(X), 256):
            rows = order[start : start + 256]
            theta -= 0.5 * (w[rows] * (expit(X[rows] @ theta) - y[rows])) @ X[rows] / w[rows].sum()
    return theta


def test_two_machines_of_torchrun_train_what_one_process_trains(tmp_path, by_hand):
    (port,) = free_ports(1)
    script = [ROOT / "examples" / "replicas_pytorch.py", "--out", tmp_path / "theta.npy", f"--weight={WEIGHT}"]
    where = ["--nnodes=2", "--nproc-per-node=1", "--master-addr=127.0.0.1", f"--master-port={port}"]
    commands = [["-m", "torch.distributed.run", *where, f"--node-rank={node}", *script] for node in (0, 1)]
    kept_here = {name: value for name, value in group(0, [0, 0]).items() if name == "GLOO_SOCKET_IFNAME"}
    said = started(commands, [kept_here, kept_here])
    assert said[0].startswith("2 ranks: intercept ") and said[1] == ""
    np.testing.assert_allclose(np.load(tmp_path / "theta.npy"), by_hand, rtol=0, atol=1e-12)


def test_two_workers_of_tensorflow_train_what_one_process_trains(tmp_path, by_hand):
    ports = free_ports(3)
    command = [ROOT / "examples" / "replicas_tensorflow.py", "--out", tmp_path / "theta.npy", f"--weight={WEIGHT}"]
    said = started([command, command], [{"TF_CONFIG": group(rank, ports)["TF_CONFIG"]} for rank in (0, 1)])
    assert said[0].startswith("2 ranks: intercept ") and said[1] == ""
    np.testing.assert_allclose(np.load(tmp_path / "theta.npy"), by_hand, rtol=0, atol=1e-12)
