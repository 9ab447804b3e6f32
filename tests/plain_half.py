"""A half of the course in NumPy alone, which a worker loads at once, and calls that a worker does not survive."""

import os
import signal
from dataclasses import fields

import numpy as np


def _train(part, steps):
    """Logistic regression by gradient descent, as the `_train` of both frameworks; without momentum and penalty."""
    theta, bias = (array.copy() for array in part.parameters)
    losses = []
    for epoch in part.order:
        for first in range(0, epoch.shape[-1], steps.batch_size):
            rows = epoch[:, first : first + steps.batch_size]
            X, y = part.X[rows], part.y[rows]
            z, w = (X @ theta + bias[:, :, None])[..., 0], part.weights[:, y]
            losses.append((w * np.logaddexp(0, np.where(y, -z, z))).mean(axis=-1))
            pull = w * (1 / (1 + np.exp(-z)) - y) / y.shape[-1]
            theta -= steps.learning_rate * (X.swapaxes(-1, -2) @ pull[..., None])
            bias -= steps.learning_rate * pull.sum(axis=-1, keepdims=True)
    return [theta, bias], np.stack(losses)


def square(part):
    return part**2


def environment(part):
    return dict(os.environ)


def dies(folder, times, part):
    """The square of the part; the first `times` times that it gets part 2, it kills the process that it is in."""
    if part == 2 and tried(folder) < times:
        (folder / f"{tried(folder)}").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return square(part)


def refuses(folder, part):
    """The square of the part; of part 2 an error, and a file that says how often it was asked."""
    if part == 2:
        (folder / f"{tried(folder)}").touch()
        raise ZeroDivisionError("part 2 has no square")
    return square(part)


def tried(folder):
    return len(list(folder.iterdir()))


def equal(one, other):
    """Whether two sweeps are equal to the last bit."""
    arrays = [[*sweep.parameters, *(getattr(sweep, f.name) for f in fields(sweep)[1:])] for sweep in (one, other)]
    return all(np.array_equal(a, b) for a, b in zip(*arrays, strict=True))
