"""What the sweeps of both frameworks share: the grid, its splits, its chunks, and what comes back."""

import sys
from dataclasses import dataclass

import numpy as np

from companion import _checks
from companion._training import checked_data, checked_steps, epoch_order
from companion.start import initial_weights, layer_sizes

MEMORY = 2**30


@dataclass(frozen=True, eq=False)
class Sweep:
    """What `sweep` returns: W weights × S seeds.

    Attributes
    ----------
    parameters : list of numpy.ndarray of float64
        W₁, b₁, W₂, b₂, … of shapes (W, S, fan_in, fan_out) and (W, S, fan_out).
    logits : numpy.ndarray of float64, shape (W, S, n_test) or (W, S, n_test, K)
        On each seed's test rows.
    labels : numpy.ndarray of int64, shape (S, n_test)
        The labels of those rows; the same for all weights of a seed.
    test_rows : numpy.ndarray of int64, shape (S, n_test)
        Which rows of ``X`` they are.
    loss : numpy.ndarray of float64, shape (W, S, steps)
        The weighted loss of each batch before its update.
    """

    parameters: list
    logits: np.ndarray
    labels: np.ndarray
    test_rows: np.ndarray
    loss: np.ndarray


@dataclass(frozen=True, eq=False)
class Chunk:
    """A part of the grid that is trained at once: some weights × some seeds."""

    weights: np.ndarray
    order: np.ndarray
    parameters: list


def run_grid(train, X, y, *, pos_weights, class_weights, seeds, sizes, epochs, test_fraction, memory, **settings):
    """Check the arguments, call ``train(chunk, X, y, steps)`` on every chunk of the grid, and join what comes back.

    `train` returns the final parameters and the losses, (steps, S, W), of a chunk.
    """
    sizes = layer_sizes(sizes)
    weights = _weights(pos_weights, class_weights, sizes[-1])
    X, y = checked_data(X, y, sizes)
    seeds = _seeds(seeds)
    memory = _checks.whole("memory", memory, least=1)
    steps = checked_steps(**settings)
    train_rows, test_rows = _splits(y, seeds, _checks.number("test_fraction", test_fraction, above=0, below=1))

    bytes_of_model = 8 * (
        6 * sum(a * b for a, b in zip(sizes, sizes[1:], strict=False)) + 6 * steps.batch_size * sum(sizes)
    )
    models = max(1, memory // bytes_of_model)
    at_once = max(1, models // len(weights)), min(len(weights), models)
    results = [[None] * len(weights) for _ in seeds]
    parts = [
        (range(s, min(s + at_once[0], len(seeds))), range(w, min(w + at_once[1], len(weights))))
        for s in range(0, len(seeds), at_once[0])
        for w in range(0, len(weights), at_once[1])
    ]
    for done, (some_seeds, some_weights) in enumerate(parts):
        if len(parts) > 1 and sys.stderr.isatty():  # never so in a notebook: progress stays out of stored outputs
            end = "\n" if done + 1 == len(parts) else ""
            print(f"\rsweep: chunk {done + 1} of {len(parts)}", end=end, file=sys.stderr, flush=True)
        order = [
            rows[epoch_order(len(rows), batch_size=steps.batch_size, epochs=epochs, seed=seeds[s])]
            for s, rows in ((s, train_rows[s]) for s in some_seeds)
        ]
        start = [initial_weights(sizes, seed=seeds[s]) for s in some_seeds]
        chunk = Chunk(
            weights=weights[some_weights.start : some_weights.stop],
            order=np.stack(order, axis=1),
            parameters=[
                np.repeat(np.stack(arrays)[:, None], len(some_weights), axis=1) for arrays in zip(*start, strict=True)
            ],
        )
        parameters, losses = train(chunk, X, y, steps)
        for i, s in enumerate(some_seeds):
            for j, w in enumerate(some_weights):
                own = [array[i, j] for array in parameters]
                results[s][w] = own, _logits(own, X[test_rows[s]]), losses[:, i, j]
    return _joined(results, y[test_rows], test_rows)


def _weights(pos_weights, class_weights, n_outputs):
    """Return the weights of every class, (W, K), from whichever argument was given."""
    if (pos_weights is None) == (class_weights is None):
        raise ValueError("sweep takes either pos_weights, for one output, or class_weights, for several; not both.")
    if class_weights is None:
        if n_outputs != 1:
            raise ValueError(
                f"pos_weights goes with one output, got sizes that end in {n_outputs}; take class_weights."
            )
        w = _checks.array("pos_weights", pos_weights, ndim=1)
        weights = np.stack([np.ones_like(w), w], axis=1)
    else:
        if n_outputs == 1:
            raise ValueError("class_weights goes with several outputs, got sizes that end in 1; take pos_weights.")
        weights = _checks.array("class_weights", class_weights, ndim=2)
        if weights.shape[1] != n_outputs:
            raise ValueError(f"class_weights takes shape (W, {n_outputs}), got {weights.shape}.")
    if (weights <= 0).any():
        name = "pos_weights" if class_weights is None else "class_weights"
        raise ValueError(f"{name} takes positive numbers, got {weights.min():g}.")
    return weights


def _seeds(seeds):
    """Return the seeds as a list of different whole numbers."""
    try:
        seeds = [_checks.whole(f"seeds[{i}]", seed) for i, seed in enumerate(seeds)]
    except TypeError as error:
        raise TypeError(f"seeds takes a sequence of whole numbers such as range(20); {error}") from None
    if seeds and max(seeds) >= 2**32:
        raise ValueError(f"seeds takes numbers below 2**32, got {max(seeds)}.")
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds takes different whole numbers, at least one, got {seeds}.")
    return seeds


def _splits(y, seeds, test_fraction):
    """Return the training and the test rows of each seed, (S, n_train) and (S, n_test), stratified by class."""
    from sklearn.model_selection import train_test_split

    n_classes, n_test = len(np.unique(y)), int(np.ceil(test_fraction * len(y)))
    if min(n_test, len(y) - n_test) < n_classes or np.bincount(y).min() < 2:
        raise ValueError(
            f"test_fraction={test_fraction} of {len(y)} samples leaves no room for each of the {n_classes} classes "
            "in both parts; each class needs two samples."
        )
    pairs = [train_test_split(np.arange(len(y)), test_size=test_fraction, stratify=y, random_state=s) for s in seeds]
    train_rows, test_rows = (np.stack(rows) for rows in zip(*pairs, strict=True))
    return train_rows, test_rows


def _logits(parameters, X):
    """Return the logits of one model, (n, K), by NumPy."""
    hidden = X @ parameters[0] + parameters[1]
    for weight, bias in zip(parameters[2::2], parameters[3::2], strict=True):
        hidden = np.maximum(hidden, 0) @ weight + bias
    return hidden


def _joined(results, labels, test_rows):
    """Return the `Sweep` of all models from ``results[seed][weight]``: parameters, logits, losses."""
    n_parameters = len(results[0][0][0])

    def grid(of_model):
        return np.array([[of_model(of_seed[w]) for of_seed in results] for w in range(len(results[0]))])

    logits = grid(lambda model: model[1])
    return Sweep(
        parameters=[grid(lambda model, i=i: model[0][i]) for i in range(n_parameters)],
        logits=logits[..., 0] if logits.shape[-1] == 1 else logits,
        labels=labels,
        test_rows=test_rows,
        loss=grid(lambda model: model[2]),
    )
