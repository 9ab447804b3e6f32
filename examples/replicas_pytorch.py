"""Train a weighted logistic regression on several processes: the parameters are those of one process, to rounding.

Two processes on this machine:

    torchrun --standalone --nproc-per-node=2 examples/replicas_pytorch.py

Two machines: on the first, whose address is ADDRESS, and then on the other with --node-rank=1,

    torchrun --nnodes=2 --node-rank=0 --nproc-per-node=1 --master-addr=ADDRESS --master-port=29500 \
        examples/replicas_pytorch.py

``--out file.npy`` stores the parameters. With GPUs, take "nccl" for "gloo", and move model and rows to
``cuda:LOCAL_RANK``. Lesson 09 says why the loss is divided as it is.
"""

import argparse
import contextlib

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from companion import data

RATE, EPOCHS = 0.5, 3
BATCH, MICRO = 256, 2  # rows of all ranks together; micro-batches of each rank


def train(weight):
    """Return the parameters after training on all ranks; each rank returns the same."""
    rank, ranks = dist.get_rank(), dist.get_world_size()
    part = data.load("hypothyroid")
    X, y = torch.tensor(part.X_train), torch.tensor(part.y_train[:, None], dtype=torch.float64)
    w = 1 + (weight - 1) * y

    model = nn.Linear(X.shape[1], 1, dtype=X.dtype)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    replica = DistributedDataParallel(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)

    for epoch in range(EPOCHS):
        order = np.random.default_rng(epoch).permutation(len(X))  # the same on every rank
        for start in range(0, len(X), BATCH):
            rows = order[start : start + BATCH][rank::ranks]
            total = w[rows].sum()
            dist.all_reduce(total)  # Σw of the whole batch
            optimizer.zero_grad()
            for k, own in enumerate(np.array_split(rows, MICRO)):
                with replica.no_sync() if k + 1 < MICRO else contextlib.nullcontext():
                    loss = F.binary_cross_entropy_with_logits(replica(X[own]), y[own], w[own], reduction="sum")
                    (loss / total * ranks).backward()  # DDP averages over the ranks
            optimizer.step()
    return torch.cat([model.weight[0], model.bias]).detach().numpy()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", help="where to store the parameters, as .npy")
    parser.add_argument("--weight", type=float, default=20.0, help="of the positive class")
    arguments = parser.parse_args()
    dist.init_process_group("gloo")
    theta = train(arguments.weight)
    if dist.get_rank() == 0:
        print(f"{dist.get_world_size()} ranks: intercept {theta[-1]:.6f}")
        if arguments.out:
            np.save(arguments.out, theta)
    dist.destroy_process_group()
