"""`fit`, `sweep` and the loops that a practitioner would write: each takes epochs, trains, and returns its steps."""

import keras
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import companion.pytorch
import companion.tensorflow
from companion.data import stratified

LEARNING_RATE = 0.1


def data(n, d, dtype):
    """Draw n rows of d normal features, and labels of which 5 % are positive."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d))
    score = X[:, 0] + rng.normal(size=n)
    return X.astype(dtype), (score > np.quantile(score, 0.95)).astype(np.int64)


def dataloader_loop(X, y, sizes, *, batch_size, pos_weight=1.0):
    """PyTorch's idiom: a `DataLoader` that shuffles, and an optimiser of `torch.optim`."""
    X, y = torch.from_numpy(X), torch.from_numpy(y.astype(X.dtype))
    loader = DataLoader(TensorDataset(X, y), batch_size=batch_size, shuffle=True)
    layers = [layer for pair in zip(sizes, sizes[1:], strict=False) for layer in (nn.Linear(*pair), nn.ReLU())]
    model = nn.Sequential(*layers[:-1]).to(X.dtype)
    loss_of = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(pos_weight, dtype=X.dtype))
    optimiser = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)

    def run(epochs):
        steps = 0
        for _ in range(epochs):
            for rows, targets in loader:
                optimiser.zero_grad()
                loss = loss_of(model(rows).squeeze(1), targets)
                loss.backward()
                optimiser.step()
                steps += 1
        return steps

    return run


def model_fit(X, y, sizes, *, batch_size, pos_weight=None):
    """Keras' idiom: `compile` and `fit` at their defaults, without metrics; it compiles in the first call only."""
    hidden = [keras.layers.Dense(units, activation="relu", dtype=X.dtype.name) for units in sizes[1:-1]]
    output = keras.layers.Dense(sizes[-1], dtype=X.dtype.name)
    model = keras.Sequential([keras.Input((sizes[0],), dtype=X.dtype.name), *hidden, output])
    model.compile(optimizer=keras.optimizers.SGD(LEARNING_RATE), loss=keras.losses.BinaryCrossentropy(from_logits=True))
    class_weight = None if pos_weight is None else {0: 1.0, 1: pos_weight}

    def run(epochs):
        before = int(model.optimizer.iterations)
        model.fit(X, y, batch_size=batch_size, epochs=epochs, class_weight=class_weight, verbose=0)
        return int(model.optimizer.iterations) - before

    return run


def our_fit(half, X, y, sizes, *, batch_size, pos_weight=1.0):
    """The `fit` of one half of the course, with its `weighted_bce`."""

    def run(epochs):
        model = half.mlp(sizes, seed=0, dtype=X.dtype.name)
        history = half.fit(
            model,
            X,
            y,
            lambda logits, targets: half.weighted_bce(logits, targets, pos_weight),
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=LEARNING_RATE,
            seed=0,
        )
        return len(history.loss)

    return run


def our_sweep(half, X, y, sizes, *, batch_size, pos_weights, seeds, **engine):
    """The `sweep` of one half of the course, on an engine if one is named; its steps are those of all models."""

    def run(epochs):
        result = half.sweep(
            stratified(X, y, seeds=range(seeds), val=0, test=0.3),
            pos_weights=pos_weights,
            sizes=sizes,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=LEARNING_RATE,
            **engine,
        )
        return result.loss.size

    return run


HALVES = {
    "PyTorch": (companion.pytorch, dataloader_loop, "a DataLoader loop"),
    "TensorFlow": (companion.tensorflow, model_fit, "model.fit"),
}
