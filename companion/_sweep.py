"""What the sweeps of both frameworks share: the grid, the parts it is trained in, and what comes back."""

from dataclasses import dataclass
from functools import partial
from importlib import import_module
from os import PathLike

import joblib
import numpy as np

import companion
from companion import _checks, _engine
from companion._models import checked_rows
from companion._training import checked_data, checked_steps, epoch_order
from companion.data import Split
from companion.start import batch_order, initial_weights, layer_sizes

MEMORY = 2**30


@dataclass(frozen=True, eq=False)
class Sweep:
    """What `sweep` returns: W weights × S splits.

    Attributes
    ----------
    parameters : list of numpy.ndarray of float64
        W₁, b₁, W₂, b₂, … of shapes (W, S, fan_in, fan_out) and (W, S, fan_out).
    val, test : numpy.ndarray of float64, shape (W, S, n_part) or (W, S, n_part, K)
        Logits of each split's validation and test part.
    y_val, y_test : numpy.ndarray of int64, shape (S, n_part)
        The labels of those parts; the same for all weights of a split.
    loss : numpy.ndarray of float64, shape (W, S, steps)
        The weighted loss of each batch before its update.
    """

    parameters: list
    val: np.ndarray
    test: np.ndarray
    y_val: np.ndarray
    y_test: np.ndarray
    loss: np.ndarray


@dataclass(frozen=True, eq=False)
class Part:
    """All weights on some of the splits, which are trained at once.

    The training rows of the splits lie end to end in `X`, (S·n, d), and `y`, (S·n,). `order`, (epochs, S, n), holds row
    numbers in the order of training, `weights`, (W, K), the weight of each class, `gamma` that of the focal loss, and
    `parameters` the start of every model, W₁, b₁, … of shapes (W, S, …).
    """

    X: np.ndarray
    y: np.ndarray
    order: np.ndarray
    weights: np.ndarray
    gamma: float
    parameters: list


def run_grid(
    made_by,
    splits,
    *,
    pos_weights,
    class_weights,
    gamma,
    sizes,
    epochs,
    shuffle,
    start,
    memory,
    backend,
    folder,
    **settings,
):
    """Check the arguments, train the grid part by part, and join what comes back.

    `made_by` is the module whose ``_train(part, steps)`` returns the final parameters, (W, S, …), and the losses,
    (steps, W, S), and its framework's version. A model's numbers do not depend on the part that it is trained in.
    """
    weights = _weights(pos_weights, class_weights)
    gamma = _checks.number("gamma", gamma, least=0)
    splits, sizes = _splits_and_sizes(splits, sizes, n_outputs=1 if class_weights is None else weights.shape[1])
    steps = checked_steps(**settings)
    _checks.whole("epochs", epochs, least=1)
    batch_order(len(splits[0].y_train), batch_size=steps.batch_size, epochs=1, seed=splits[0].seed)
    if not isinstance(shuffle, (bool, np.bool_)):
        raise TypeError(f"shuffle takes True or False, got {_checks.shown(shuffle)}.")
    if _checks.one_of("start", start, ["random", "zeros"]) == "zeros" and len(sizes) > 2:
        raise ValueError(f"start='zeros' takes a single layer; a network of sizes={sizes} learns nothing from zeros.")

    if not isinstance(folder, (str, PathLike, type(None))):
        raise TypeError(f"folder takes a path, got {_checks.shown(folder)}.")

    # A model takes its parameters, their gradients and velocities, and the units of a batch; a split takes its rows:
    # NumPy's, the framework's, and those of an epoch in its order.
    of_model = 48 * (sum(a * b for a, b in zip(sizes, sizes[1:], strict=False)) + steps.batch_size * sum(sizes))
    of_split = len(weights) * of_model + 24 * splits[0].X_train.size
    _, n_workers = _engine.parallel(backend)
    at_once = max(2, min(_checks.whole("memory", memory, least=1) // of_split, -(-len(splits) // n_workers)))

    grid = (made_by, weights, gamma, sizes, epochs, shuffle, start, steps)
    kept = joblib.Memory(folder, verbose=0).cache(_kept, ignore=["arrays"])
    keys = [None if folder is None else joblib.hash((companion.__version__, grid, split)) for split in splits]

    def arrays():
        todo = []
        for i, key in enumerate(keys):
            try:
                yield [i], kept(key, None)
            except LookupError:
                todo.append(i)
        parts = [todo[first : first + at_once] for first in range(0, len(todo), at_once)]
        names = [f"splits[{part[0]}] to splits[{part[-1]}]" for part in parts]
        given = [[splits[i] for i in part] for part in parts]
        for number, arrays in _engine.finished(partial(_trained, *grid), given, names, backend):
            for j, i in enumerate(parts[number]):
                kept.call(keys[i], [array[:, j : j + 1] for array in arrays])  # also where a damaged file lies
            yield parts[number], arrays

    *parameters, val, test, loss = _joined(arrays(), len(splits))
    y_val, y_test = (np.stack([getattr(split, name) for split in splits]) for name in ("y_val", "y_test"))
    return Sweep(parameters=parameters, val=val, test=test, y_val=y_val, y_test=y_test, loss=loss)


def _trained(made_by, weights, gamma, sizes, epochs, shuffle, start, steps, splits):
    """Train all weights on some of the splits; return the parameters, the logits of both parts and the losses."""
    n_splits, n = len(splits), len(splits[0].y_train)
    if n_splits == 1:
        splits = [*splits, *splits]  # a stack of one goes another way through the frameworks, to other last bits
    order = np.stack(
        [epoch_order(n, batch_size=steps.batch_size, epochs=epochs, seed=split.seed) for split in splits], axis=1
    )
    if not shuffle:
        order = np.sort(order)
    begin = [np.stack(arrays) for arrays in zip(*(initial_weights(sizes, seed=s.seed) for s in splits), strict=True)]
    if start == "zeros":
        begin = [np.zeros_like(array) for array in begin]
    part = Part(
        X=np.concatenate([split.X_train for split in splits]),
        y=np.concatenate([split.y_train for split in splits]),
        order=order + n * np.arange(len(splits))[:, None],
        weights=weights,
        gamma=gamma,
        parameters=[np.repeat(array[None], len(weights), axis=0) for array in begin],
    )
    module, _ = made_by
    parameters, losses = import_module(module)._train(part, steps)
    logits = [_logits(parameters, np.stack(rows)) for rows in zip(*((s.X_val, s.X_test) for s in splits), strict=True)]
    return [array[:, :n_splits] for array in (*parameters, *logits, np.moveaxis(losses, 0, -1))]


def _kept(key, arrays):
    """Return the arrays of a split; `joblib.Memory` keeps them under the key, which says what they follow from.

    It calls this without arrays where it holds none, or none that can be read.
    """
    if arrays is None:
        raise LookupError(key)
    return arrays


def _joined(found, n_splits):
    """Return the arrays of all splits, (W, S, …), from those of some at a time, with their numbers."""
    joined = []
    for numbers, arrays in found:
        joined = joined or [np.empty((len(array), n_splits, *array.shape[2:])) for array in arrays]
        for whole, array in zip(joined, arrays, strict=True):
            whole[:, numbers] = array
    return joined


def _logits(parameters, X):
    """Return the logits of all models, (W, S, n) or (W, S, n, K), on their split's rows, (S, n, d), by NumPy."""
    hidden = X
    for i, (weight, bias) in enumerate(zip(parameters[::2], parameters[1::2], strict=True)):
        hidden = (np.maximum(hidden, 0) if i else hidden) @ weight + bias[:, :, None]
    return hidden[..., 0] if hidden.shape[-1] == 1 else hidden


def _weights(pos_weights, class_weights):
    """Return the weights of every class, (W, K), from whichever argument was given."""
    if (pos_weights is None) == (class_weights is None):
        raise ValueError("sweep takes either pos_weights, for one output, or class_weights, for several; not both.")
    if class_weights is None:
        name, w = "pos_weights", _checks.array("pos_weights", pos_weights, ndim=1)
        weights = np.stack([np.ones_like(w), w], axis=1)
    else:
        name, weights = "class_weights", _checks.array("class_weights", _rows_by_class(class_weights), ndim=2)
    if (weights <= 0).any():
        raise ValueError(f"{name} takes positive numbers, got {weights.min():g}.")
    return weights


def _rows_by_class(class_weights):
    """Return the weights with the classes of every row, or of all columns, in the order 0…K−1 of their keys."""
    if not isinstance(class_weights, (list, tuple)):
        return _checks.columns_by_class(class_weights)
    return [
        _checks.by_class(f"class_weights[{i}]", row, n_classes=len(row)) if hasattr(row, "keys") else row
        for i, row in enumerate(class_weights)
    ]


def _splits_and_sizes(splits, sizes, n_outputs):
    """Return the splits as a list and the layer sizes as a tuple, if they fit one another and the weights."""
    wanted = "a list of splits, such as data.splits or data.stratified returns"
    if not isinstance(splits, (list, tuple)) or not all(isinstance(split, Split) for split in splits):
        raise TypeError(f"splits takes {wanted}, got {_checks.shown(splits)}.")
    if not splits:
        raise ValueError(f"splits takes {wanted}, got none.")
    if sizes is None:
        sizes = (_checks.array("splits[0].X_train", splits[0].X_train, ndim=2).shape[1], n_outputs)
    sizes = layer_sizes(sizes)
    if sizes[-1] != n_outputs:
        given = "pos_weights goes with one output" if n_outputs == 1 else f"class_weights holds {n_outputs} classes"
        raise ValueError(f"{given}, got sizes that end in {sizes[-1]}.")
    checked = []  # a Dataset holds more than its parts, which no worker needs
    for i, split in enumerate(splits):
        arrays = []
        for part in ("train", "val", "test"):
            X, y = (getattr(split, f"{name}_{part}") for name in "Xy")
            try:
                arrays += checked_data(X, y, sizes) if part == "train" else _unseen(X, y, sizes[0], part)
            except (ValueError, TypeError) as error:
                raise type(error)(f"splits[{i}]: {error}") from error
        checked.append(Split(*arrays, split.seed))
        for name in ("X_train", "X_val", "X_test"):
            got, shape = (getattr(each, name).shape for each in (checked[i], checked[0]))
            if got != shape:
                raise ValueError(f"splits takes parts of one size, got {name} {got} in splits[{i}], not {shape}.")
    return checked, sizes


def _unseen(X, y, n_features, part):
    """Return the arrays of a part that no model is trained on, which may be empty."""
    _checks.same_rows(f"X_{part}", X, f"y_{part}", y)
    _checks.same_length(f"X_{part}", X, f"y_{part}", y)
    if not len(X):
        return np.empty((0, n_features)), np.empty(0, dtype=np.int64)
    return checked_rows(X, n_features), _checks.labels(f"y_{part}", y)
