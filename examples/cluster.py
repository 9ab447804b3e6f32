"""Train 10,000 models on a Dask cluster: ``python examples/cluster.py tcp://127.0.0.1:8786``.

Before that, each in a terminal of its own (on several machines, the address of the scheduler's):

    dask scheduler --host 127.0.0.1
    dask worker tcp://127.0.0.1:8786 --nthreads 1
    dask worker tcp://127.0.0.1:8786 --nthreads 1

The workers have the same versions of the course, of its extra `cluster` and of one framework. Kill a worker on the way,
or this program: what a worker was at is trained again, and what was done is taken from ``build/cluster``.
"""

import argparse
import importlib
import time

import joblib
import numpy as np
from distributed import Client

from companion.data import gaussian_classes, stratified
from companion.evaluate import frame, rates, spread

WEIGHTS = np.geomspace(0.5, 99, 20).round(2)


def main():
    """Run the command line: train the grid, and print how recall answers to the weight."""
    parser = argparse.ArgumentParser(description="Train 10,000 models on a Dask cluster.")
    parser.add_argument("scheduler", help="its address, as dask scheduler prints it")
    parser.add_argument("--framework", choices=["pytorch", "tensorflow"], default="pytorch")
    parser.add_argument("--splits", type=int, default=500, help="20 models each")
    options = parser.parse_args()

    half = importlib.import_module(f"companion.{options.framework}")
    X, y = gaussian_classes(2000, separation=2.0, prior=0.05, seed=0)
    splits = stratified(X, y, seeds=range(options.splits))
    start = time.perf_counter()
    with Client(options.scheduler), joblib.parallel_config(backend="dask", verbose=10):
        result = half.sweep(
            splits,
            pos_weights=WEIGHTS,
            epochs=20,
            batch_size=100,
            learning_rate=0.5,
            memory=5_000_000,  # 23 splits at once: what a worker loses when it dies
            folder="build/cluster",
        )
    models, seconds = result.loss[..., 0].size, time.perf_counter() - start
    print(f"{models:,} models of {result.loss.shape[-1]} steps in {seconds:.0f} s")
    table = frame(rates(result.y_test, result.test > 0), w=WEIGHTS, split=range(len(splits)))
    print(spread(table[["recall"]]).to_string())


if __name__ == "__main__":
    main()
