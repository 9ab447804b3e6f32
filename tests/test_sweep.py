"""Every model of a sweep is the one that `fit` gives on its split alone, in both frameworks, in however many parts."""

from dataclasses import replace
from functools import cache

import joblib
import numpy as np
import pytest
from frameworks import BOTH
from plain_half import equal

import companion._sweep
from companion.compare import agreed
from companion.data import splits, stratified

frameworks = pytest.mark.parametrize("framework", BOTH, ids=str)
SETTINGS = {"epochs": 3, "batch_size": 32, "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.01}
GRIDS = {
    "logistic": {"pos_weights": [0.5, 1.0, 7.0]},
    "softmax": {"class_weights": [[1.0, 1.0, 1.0], [0.4, 1.0, 3.0]]},
    "network": {"pos_weights": [1.0, 20.0], "sizes": (4, 8, 5, 1)},
    "classes": {"class_weights": [[1.0, 1.0, 1.0], [0.4, 1.0, 3.0]], "sizes": (4, 6, 3)},
    "focal": {"pos_weights": [1.0, 20.0], "gamma": 2.0, "sizes": (4, 8, 1)},
    "focal, classes": {"class_weights": [[1.0, 1.0, 1.0], [0.4, 1.0, 3.0]], "gamma": 0.5},
}


def drawn(grid, seeds, **shares):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4))
    score = X[:, 0] + 0.5 * X[:, 1] ** 2 + rng.normal(size=300)
    y = np.digitize(score, [1.0, 2.5]) if "class_weights" in GRIDS[grid] else (score > 1.5).astype(int)
    return stratified(X, y, seeds=seeds, **shares)


@cache
def swept(framework, grid):
    """The sweep of a grid over two splits; TensorFlow compiles for seconds, so each is run once for all tests."""
    return framework.half.sweep(drawn(grid, [3, 5]), **GRIDS[grid], **SETTINGS)


def by_one_loop(split, sizes, loss_of, *, epochs, batch_size, learning_rate, momentum):
    """A plain loop over one model from zeros, on the rows as they lie, with gradients by hand."""
    theta, bias = np.zeros(sizes[0]), 0.0
    velocity = np.zeros(sizes[0] + 1)
    for _ in range(epochs):
        for first in range(0, len(split.y_train), batch_size):
            X, y = split.X_train[first : first + batch_size], split.y_train[first : first + batch_size]
            pull = loss_of(y) * (1 / (1 + np.exp(-(X @ theta + bias))) - y) / len(y)
            velocity = momentum * velocity + np.append(pull @ X, pull.sum())
            theta, bias = theta - learning_rate * velocity[:-1], bias - learning_rate * velocity[-1]
    return split.X_test @ theta + bias


@frameworks
@pytest.mark.parametrize("grid", GRIDS)
def test_each_model_is_the_one_that_fit_gives_alone(framework, grid):
    half, options = framework.half, GRIDS[grid]
    two, result = drawn(grid, [3, 5]), swept(framework, grid)
    binary = "pos_weights" in options
    outputs, gamma = 1 if binary else 3, options.get("gamma", 0.0)
    for i, w in enumerate(options["pos_weights" if binary else "class_weights"]):
        for j, split in enumerate(two):
            model = half.mlp(options.get("sizes", (4, outputs)), seed=split.seed)

            def loss(z, t, w=w):
                if not binary:
                    focal = half.focal_cross_entropy(z, t, w, gamma=gamma)
                    return focal if gamma else half.weighted_cross_entropy(z, t, w)
                if gamma:  # the weight w is α = w/(1 + w), and then all is divided by 1 + w
                    return (1 + w) * half.focal_loss(z, t, gamma=gamma, alpha=w / (1 + w))
                return half.weighted_bce(z, t, w)

            history = half.fit(model, split.X_train, split.y_train, loss, seed=split.seed, **SETTINGS)
            np.testing.assert_allclose(result.loss[i, j], history.loss, rtol=0, atol=1e-10)
            for logits, X in ((result.val, split.X_val), (result.test, split.X_test)):
                np.testing.assert_allclose(logits[i, j], half.predict_logits(model, X), rtol=0, atol=1e-10)
            for stacked, alone in zip(result.parameters, half.get_weights(model), strict=True):
                np.testing.assert_allclose(stacked[i, j], alone, rtol=0, atol=1e-10)
            assert (result.y_val[j] == split.y_val).all() and (result.y_test[j] == split.y_test).all()


@frameworks
def test_from_zeros_and_in_order_it_is_a_plain_loop(framework):
    two = drawn("logistic", [3, 5])
    settings = {"epochs": 4, "batch_size": 50, "learning_rate": 0.25, "momentum": 0.875}
    result = framework.half.sweep(two, pos_weights=[1.0, 7.0], shuffle=False, start="zeros", **settings)
    for i, w in enumerate((1.0, 7.0)):
        for j, split in enumerate(two):
            expected = by_one_loop(split, (4, 1), lambda y, w=w: np.where(y == 1, w, 1.0), **settings)
            np.testing.assert_allclose(result.test[i, j], expected, rtol=0, atol=1e-12)


@frameworks
def test_a_data_set_is_swept_as_it_was_prepared(framework):
    two = splits("wine-quality", seeds=[0, 1])
    result = framework.half.sweep(two, class_weights=np.ones((1, 7)), epochs=1, batch_size=1000, learning_rate=0.5)
    assert result.val.shape == result.test.shape == (1, 2, 980, 7)
    theta, bias = result.parameters
    np.testing.assert_allclose(result.test[0, 1], two[1].X_test @ theta[0, 1] + bias[0, 1], rtol=0, atol=1e-12)


@pytest.mark.parametrize("grid", GRIDS)
def test_both_frameworks_give_the_same_grid(grid):
    found = {name: swept(framework, grid) for name, framework in zip(("PyTorch", "TensorFlow"), BOTH, strict=True)}
    assert agreed(found) is found["PyTorch"]


@frameworks
def test_a_grid_in_parts_gives_the_same_result(framework, monkeypatch):
    five, trained, seen = drawn("network", range(5)), companion._sweep._trained, []
    monkeypatch.setattr(companion._sweep, "_trained", lambda *args: seen.append(args) or trained(*args))
    found = {}
    for memory, parts in ((2**30, 1), (243_000, 2), (1, 3)):
        found[parts] = framework.half.sweep(five, memory=memory, **GRIDS["network"], **SETTINGS)
        assert len(seen) == parts
        seen.clear()
    for parts in (2, 3):
        assert equal(found[1], found[parts])


@frameworks
def test_in_workers_a_grid_is_the_same_to_the_last_bit(framework):
    with joblib.parallel_config(backend="loky", n_jobs=2):
        in_workers = framework.half.sweep(drawn("network", [3, 5, 7]), **GRIDS["network"], **SETTINGS)
    assert equal(in_workers, framework.half.sweep(drawn("network", [3, 5, 7]), **GRIDS["network"], **SETTINGS))


@frameworks
def test_without_a_validation_part_there_are_no_logits_of_one(framework):
    two = drawn("logistic", [0, 1], val=0, test=0.3)
    result = framework.half.sweep(two, **GRIDS["logistic"], **SETTINGS)
    assert result.val.shape == (3, 2, 0) and result.y_val.shape == (2, 0) and result.test.shape == (3, 2, 90)


@frameworks
@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"pos_weights": None}, ValueError, "either pos_weights, for one output, or class_weights"),
        ({"class_weights": [[1, 1]]}, ValueError, "not both"),
        ({"sizes": (4, 3)}, ValueError, "pos_weights goes with one output, got sizes that end in 3"),
        ({"pos_weights": None, "class_weights": [[1.0, 2.0]], "sizes": (4, 1)}, ValueError, "class_weights holds 2"),
        ({"pos_weights": [1.0, 0.0]}, ValueError, "pos_weights takes positive numbers, got 0"),
        ({"pos_weights": []}, ValueError, "pos_weights is empty"),
        ({"gamma": -1.0}, ValueError, "gamma takes"),
        ({"memory": 0}, ValueError, "memory"),
        ({"learning_rate": -1}, ValueError, "learning_rate"),
        ({"batch_size": 181}, ValueError, "batch_size takes at most n=180"),
        ({"sizes": (5, 1)}, ValueError, r"splits\[0\]: X takes 5 columns"),
        ({"shuffle": 1}, TypeError, "shuffle takes True or False, got 1"),
        ({"start": "ones"}, ValueError, "start='ones' is not known"),
        ({"start": "zeros", "sizes": (4, 3, 1)}, ValueError, "start='zeros' takes a single layer"),
    ],
)
def test_bad_input_is_refused_by_name(framework, changes, error, message):
    with pytest.raises(error, match=message):
        framework.half.sweep(drawn("logistic", [0]), **{**GRIDS["logistic"], **SETTINGS} | changes)


@frameworks
def test_splits_that_do_not_fit_are_refused_by_number(framework):
    one, two = drawn("logistic", [0, 1])
    for wrong, error, message in (
        (one, TypeError, "splits takes a list of splits, such as data.splits or data.stratified returns, got Split"),
        ([one.X_train], TypeError, "splits takes a list of splits"),
        ([], ValueError, "splits takes a list of splits, .* got none"),
        ([one, *drawn("logistic", [1], val=0.1)], ValueError, r"X_train \(210, 4\) in splits\[1\], not \(180, 4\)"),
        ([one, replace(two, y_train=two.y_train * 0)], ValueError, r"splits\[1\]: y has no sample of class 1|single"),
        ([replace(one, X_test=one.X_test * np.nan)], ValueError, r"splits\[0\]: X holds NaN"),
        ([replace(one, y_val=one.y_val[1:])], ValueError, r"splits\[0\]: X_val and y_val take the same number"),
    ):
        with pytest.raises(error, match=message):
            framework.half.sweep(wrong, **GRIDS["logistic"], **SETTINGS)


@frameworks
def test_a_model_that_diverges_is_reported(framework):
    settings = SETTINGS | {"learning_rate": 1e6, "epochs": 20}
    with pytest.raises(FloatingPointError, match="the training diverged"):
        framework.half.sweep(drawn("network", [0]), **GRIDS["network"], **settings)
