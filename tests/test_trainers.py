"""What lesson 09's table says of three trainers: what becomes of micro-batches' own means, and the line that mends it.

The weekly run installs the extra; there this file is named, so that pytest fails if it is skipped.
"""

import numpy as np
import pytest
from test_examples import started

from companion.ranks import free_ports, group
from tools.course import ROOT

for module in ("accelerate", "lightning", "transformers"):
    pytest.importorskip(module, reason="the extra trainers is not installed: the weekly run has it")


@pytest.fixture(scope="module")
def gradients():
    """The gradient over the count of all valid labels, and those of four micro-batches over their own weights."""
    from examples.trainers import WEIGHTS, sequences

    w, summed, divisors, count = WEIGHTS.numpy(), [], [], 0
    for row in sequences():
        X, labels = (row[name].numpy() for name in ("X", "labels"))
        X, labels = np.c_[X, np.ones(len(X))][labels >= 0], labels[labels >= 0]
        summed.append((w[labels, None] * (1 / 3 - np.eye(3)[labels])).T @ X)  # at parameters of zero
        divisors.append(w[labels].sum())
        count += len(labels)
    return sum(summed) / count, [G / D for G, D in zip(summed, divisors, strict=True)]


@pytest.mark.parametrize("ranks", [1, 2])
def test_trainers_average_or_add_own_means_and_follow_the_whole_batch_when_mended(ranks, gradients):
    whole, parts = gradients
    script = [ROOT / "examples" / "trainers.py"]
    if ranks > 1:
        where = ["--nnodes=1", f"--nproc-per-node={ranks}", "--master-addr=127.0.0.1"]
        script = ["-m", "torch.distributed.run", *where, f"--master-port={free_ports(1)[0]}", *script]
    kept_here = {name: value for name, value in group(0, [0, 0]).items() if name == "GLOO_SOCKET_IFNAME"}
    (said,) = started([script], [kept_here])
    found = {name: words.split() for name, _, words in (line.partition(": ") for line in said.splitlines())}
    own = {"Trainer": sum(parts), "Accelerate": sum(parts) / 4, "Lightning": sum(parts) / 4}
    assert found.keys() == own.keys()
    for name, (_, _, means, _, mended) in found.items():
        assert float(means.rstrip(",")) == pytest.approx(np.abs(own[name] - whole).max(), abs=1e-12)
        assert float(mended) < 1e-12
