"""`fit` and `sweep` as those write them who tune their code by hand, and the least that any `fit` has to do.

Each takes epochs, trains, and returns its steps and the last loss. All start from `companion.start.initial_weights`,
but scikit-learn from its own.
"""

from warnings import catch_warnings, simplefilter

import keras
import numpy as np
import torch
from sklearn.neural_network import MLPClassifier
from torch.nn.functional import binary_cross_entropy_with_logits

import companion.pytorch
import companion.tensorflow
from benchmarks.training import LEARNING_RATE
from companion.start import initial_weights

RNG = np.random.default_rng(0)


def slices(X, y, sizes, *, batch_size, compiled=False):
    """PyTorch: the rows of an epoch gathered at once, and slices of them; `compiled`, the loss by `torch.compile`."""
    model = companion.pytorch.mlp(sizes, seed=0, dtype=X.dtype.name)
    X, y = torch.from_numpy(X), torch.from_numpy(y.astype(X.dtype))
    optimiser = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)

    def loss_of(rows, targets):
        return binary_cross_entropy_with_logits(model(rows).squeeze(1), targets)

    if compiled:
        loss_of = torch.compile(loss_of, dynamic=False)  # once more for the last batch, which is smaller

    def run(epochs):
        steps = 0
        for _ in range(epochs):
            order = torch.randperm(len(X))
            for rows, targets in zip(X[order].split(batch_size), y[order].split(batch_size), strict=True):
                optimiser.zero_grad()
                loss = loss_of(rows, targets)
                loss.backward()
                optimiser.step()
                steps += 1
        return steps, loss.item()

    return run


def by_hand(xp, X, y, sizes, *, batch_size):
    """`xp` is NumPy, or PyTorch without autograd: slices of the rows of an epoch, and the gradient written out."""
    arrays = [xp.asarray(array.astype(X.dtype)) for array in initial_weights(sizes, seed=0)]
    layers = list(zip(arrays[::2], arrays[1::2], strict=True))
    X, y = xp.asarray(X), xp.asarray(y.astype(X.dtype)[:, None])

    def step(rows, targets):
        units = [rows]
        for weight, bias in layers[:-1]:
            units.append(xp.clip(units[-1] @ weight + bias, 0, None))
        weight, bias = layers[-1]
        z = units[-1] @ weight + bias
        loss = (xp.clip(z, 0, None) - targets * z + xp.log1p(xp.exp(-abs(z)))).mean()
        slope = (1 / (1 + xp.exp(-z)) - targets) / len(z)
        for (weight, bias), below in zip(layers[::-1], units[::-1], strict=True):
            of_weight, of_bias = below.T @ slope, slope.sum(0)
            if below is not rows:
                slope = slope @ weight.T * (below > 0)
            weight -= LEARNING_RATE * of_weight
            bias -= LEARNING_RATE * of_bias
        return loss

    def run(epochs):
        steps = 0
        for _ in range(epochs):
            order = xp.asarray(RNG.permutation(len(X)))
            rows, targets = X[order], y[order]
            for first in range(0, len(X), batch_size):
                loss = step(rows[first : first + batch_size], targets[first : first + batch_size])
                steps += 1
        return steps, float(loss)

    return run


def keras_jit(X, y, sizes, *, batch_size):
    """Keras: `model.fit` with XLA, and 64 steps for each call of its graph."""
    model = companion.tensorflow.mlp(sizes, seed=0, dtype=X.dtype.name)
    loss = keras.losses.BinaryCrossentropy(from_logits=True, dtype=X.dtype.name)  # float32 otherwise
    model.compile(keras.optimizers.SGD(LEARNING_RATE), loss=loss, jit_compile=True, steps_per_execution=64)

    def run(epochs):
        before = int(model.optimizer.iterations)
        history = model.fit(X, y, batch_size=batch_size, epochs=epochs, verbose=0)
        return int(model.optimizer.iterations) - before, history.history["loss"][-1]

    return run


def scikit_learn(X, y, sizes, *, batch_size):
    """scikit-learn's network: the same steps, from weights of its own."""

    def run(epochs):
        model = MLPClassifier(
            sizes[1:-1], solver="sgd", alpha=0, batch_size=batch_size, learning_rate_init=LEARNING_RATE, momentum=0,
            max_iter=epochs, n_iter_no_change=epochs, random_state=0,
        )  # fmt: skip
        with catch_warnings():
            simplefilter("ignore")  # that it has not converged
            model.fit(X, y)
        return model.n_iter_ * -(-len(X) // batch_size), model.loss_

    return run


def limit(X, y, sizes, *, batch_size):
    """NumPy: what any training on these batches does. It gathers the rows, multiplies, passes once over the units.

    Neither a loss nor an update: the "gradients" are of the right shapes, and of no use.
    """
    weights = [array.astype(X.dtype) for array in initial_weights(sizes, seed=0)[::2]]
    rows, gradients = np.empty_like(X), [np.empty_like(weight) for weight in weights]
    units = [np.empty((batch_size, weight.shape[1]), X.dtype) for weight in weights]

    def run(epochs):
        steps = 0
        for _ in range(epochs):
            np.take(X, RNG.permutation(len(X)), axis=0, out=rows, mode="clip")
            for first in range(0, len(X), batch_size):
                layers = [rows[first : first + batch_size], *units]
                layers = [layer[: len(layers[0])] for layer in layers]
                for below, weight, above in zip(layers, weights, layers[1:], strict=False):
                    np.maximum(np.matmul(below, weight, out=above), 0, out=above)
                for i in range(len(weights) - 1, -1, -1):
                    np.matmul(layers[i].T, layers[i + 1], out=gradients[i])
                    if i:
                        np.matmul(layers[i + 1], weights[i].T, out=layers[i])
                steps += 1
        return steps, None

    return run


def grid(splits, pos_weights, *, batch_size):
    """NumPy: logistic models of all weights on all splits; for each split one product serves all weights."""
    X, y = np.stack([split.X_train for split in splits]), np.stack([split.y_train for split in splits])
    starts = [initial_weights((X.shape[-1], 1), seed=split.seed) for split in splits]
    theta = np.repeat(np.stack([weight for weight, _ in starts]), len(pos_weights), axis=-1)  # (S, d, W)
    bias = np.zeros((len(splits), 1, len(pos_weights)))
    number = np.arange(len(splits))[:, None]

    def run(epochs):
        steps = 0
        for _ in range(epochs):
            order = RNG.permuted(np.broadcast_to(np.arange(y.shape[1]), y.shape), axis=1)
            for first in range(0, y.shape[1], batch_size):
                batch = order[:, first : first + batch_size]
                rows, positive = X[number, batch], y[number, batch][..., None] == 1
                weight, sign = np.where(positive, pos_weights, 1.0), np.where(positive, -1.0, 1.0)
                z = sign * (rows @ theta + bias)
                tail = np.exp(-abs(z))
                loss = (weight * (np.maximum(z, 0) + np.log1p(tail))).mean(axis=1)
                slope = sign * weight * np.where(z > 0, 1, tail) / (1 + tail) / batch.shape[1]
                theta[...] -= LEARNING_RATE * (rows.swapaxes(1, 2) @ slope)
                bias[...] -= LEARNING_RATE * slope.sum(axis=1, keepdims=True)
                steps += loss.size
        return steps, loss.T

    return run
