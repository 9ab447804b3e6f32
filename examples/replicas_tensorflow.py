"""Train a weighted logistic regression on several processes: the parameters are those of one process, to rounding.

Two machines, or two terminals of one: give each all addresses, and its own index,

    TF_CONFIG='{"cluster": {"worker": ["ADDRESS0:29500", "ADDRESS1:29501"]}, "task": {"type": "worker", "index": 0}}' \
        python examples/replicas_tensorflow.py

and ``"index": 1`` on the other. Without TF_CONFIG there is one process. ``--out file.npy`` stores the parameters. One
device per worker: set CUDA_VISIBLE_DEVICES, and start a worker for each GPU.

Keras 3's `fit` does not run under this strategy (keras#20585), so the loop is written out. Lesson 09 says why the loss
is divided as it is.
"""

import argparse

import keras
import numpy as np
import tensorflow as tf

from companion import data

RATE, EPOCHS = 0.5, 3
BATCH = 256  # rows of all ranks together


def train(strategy, weight):
    """Return the parameters after training on all workers; each worker returns the same."""
    resolver, ranks = strategy.cluster_resolver, strategy.num_replicas_in_sync
    rank, workers = resolver.task_id or 0, len(resolver.cluster_spec().as_dict().get("worker", ["this"]))
    if ranks != workers:
        raise ValueError(
            f"{workers} workers have {ranks} devices, but the rows are dealt to workers: give each worker one device, "
            "by CUDA_VISIBLE_DEVICES."
        )
    part = data.load("hypothyroid")
    X, y = part.X_train, part.y_train[:, None].astype(float)
    w = np.where(y == 1, weight, 1.0)

    with strategy.scope():
        model = keras.Sequential([keras.Input(X.shape[1:]), keras.layers.Dense(1, kernel_initializer="zeros")])
        optimizer = keras.optimizers.SGD(RATE)
        optimizer.build(model.trainable_variables)
    summed = keras.losses.BinaryCrossentropy(from_logits=True, reduction="sum")

    @tf.function
    def step(X, y, w):
        total = tf.distribute.get_replica_context().all_reduce("sum", tf.reduce_sum(w))  # Σw of the whole batch
        with tf.GradientTape() as tape:
            loss = summed(y, model(X), w) / total  # the optimizer adds over the ranks
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)

    for epoch in range(EPOCHS):
        order = np.random.default_rng(epoch).permutation(len(X))  # the same on every rank
        for start in range(0, len(X), BATCH):
            rows = order[start : start + BATCH][rank::ranks]
            strategy.run(step, args=(tf.constant(X[rows]), tf.constant(y[rows]), tf.constant(w[rows])))
    return np.concatenate([np.ravel(value) for value in model.get_weights()])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", help="where to store the parameters, as .npy")
    parser.add_argument("--weight", type=float, default=20.0, help="of the positive class")
    arguments = parser.parse_args()
    keras.config.set_floatx("float64")
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    theta = train(strategy, arguments.weight)
    if not strategy.cluster_resolver.task_id:
        print(f"{strategy.num_replicas_in_sync} ranks: intercept {theta[-1]:.6f}")
        if arguments.out:
            np.save(arguments.out, theta)
