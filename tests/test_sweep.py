"""Every model of a sweep is the one that `fit` gives alone, in both frameworks, however the grid is cut."""

import numpy as np
import pytest
from frameworks import BOTH, PyTorch, TensorFlow
from sklearn.model_selection import train_test_split

frameworks = pytest.mark.parametrize("framework", BOTH, ids=str)
SETTINGS = {"epochs": 3, "batch_size": 32, "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.01}
GRIDS = {
    "logistic": {"pos_weights": [0.5, 1.0, 7.0], "sizes": (4, 1)},
    "network": {"pos_weights": [1.0, 20.0], "sizes": (4, 8, 5, 1)},
    "classes": {"class_weights": [[1.0, 1.0, 1.0], [0.4, 1.0, 3.0]], "sizes": (4, 6, 3)},
}


def data(grid):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4))
    score = X[:, 0] + 0.5 * X[:, 1] ** 2 + rng.normal(size=300)
    return X, np.digitize(score, [1.0, 2.5]) if "class_weights" in GRIDS[grid] else (score > 1.5).astype(int)


@frameworks
@pytest.mark.parametrize("grid", GRIDS)
def test_each_model_is_the_one_that_fit_gives_alone(framework, grid):
    X, y = data(grid)
    half, options = framework.half, GRIDS[grid]
    result = half.sweep(X, y, seeds=[3, 5], **options, **SETTINGS)
    weights = options.get("pos_weights", options.get("class_weights"))
    for i, w in enumerate(weights):
        for j, seed in enumerate([3, 5]):
            rows, test = train_test_split(np.arange(300), test_size=0.3, stratify=y, random_state=seed)
            loss = (
                (lambda z, t, w=w: half.weighted_bce(z, t, w))
                if "pos_weights" in options
                else (lambda z, t, w=w: half.weighted_cross_entropy(z, t, w))
            )
            model = half.mlp(options["sizes"], seed=seed)
            history = half.fit(model, X[rows], y[rows], loss, seed=seed, **SETTINGS)
            np.testing.assert_allclose(result.loss[i, j], history.loss, rtol=0, atol=1e-10)
            np.testing.assert_allclose(result.logits[i, j], half.predict_logits(model, X[test]), rtol=0, atol=1e-10)
            for stacked, alone in zip(result.parameters, half.get_weights(model), strict=True):
                np.testing.assert_allclose(stacked[i, j], alone, rtol=0, atol=1e-10)
            assert (result.labels[j] == y[test]).all() and (result.test_rows[j] == test).all()


@pytest.mark.parametrize("grid", GRIDS)
def test_both_frameworks_give_the_same_grid(grid):
    X, y = data(grid)
    a, b = (half.sweep(X, y, seeds=range(4), **GRIDS[grid], **SETTINGS) for half in (PyTorch().half, TensorFlow().half))
    np.testing.assert_allclose(a.loss, b.loss, rtol=0, atol=1e-10)
    np.testing.assert_allclose(a.logits, b.logits, rtol=0, atol=1e-10)


@frameworks
@pytest.mark.parametrize("memory", [1, 60_000])
def test_a_grid_in_chunks_gives_the_same_result(framework, memory):
    X, y = data("network")
    sweep = framework.half.sweep
    whole = sweep(X, y, seeds=range(3), **GRIDS["network"], **SETTINGS)
    chunks = sweep(X, y, seeds=range(3), memory=memory, **GRIDS["network"], **SETTINGS)
    np.testing.assert_allclose(whole.logits, chunks.logits, rtol=0, atol=1e-12)
    np.testing.assert_allclose(whole.loss, chunks.loss, rtol=0, atol=1e-12)


@frameworks
def test_chunks_print_nothing_where_there_is_no_terminal(framework, capfd):
    X, y = data("logistic")
    framework.half.sweep(X, y, seeds=range(2), memory=1, **GRIDS["logistic"], **SETTINGS)
    assert "chunk" not in "".join(capfd.readouterr())


@frameworks
def test_seeds_draw_other_splits_and_weights_share_them(framework):
    X, y = data("logistic")
    result = framework.half.sweep(X, y, seeds=[0, 1], **GRIDS["logistic"], **SETTINGS)
    assert set(result.test_rows[0]) != set(result.test_rows[1])
    assert (result.labels.sum(axis=1) == result.labels[0].sum()).all()  # stratified
    assert (np.diff(result.logits[:, 0], axis=0) != 0).any()


@frameworks
@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"pos_weights": None}, ValueError, "either pos_weights, for one output, or class_weights"),
        ({"class_weights": [[1, 1]]}, ValueError, "not both"),
        ({"sizes": (4, 3)}, ValueError, "pos_weights goes with one output"),
        ({"pos_weights": None, "class_weights": [[1.0, 2.0]]}, ValueError, "class_weights goes with several outputs"),
        ({"pos_weights": [1.0, 0.0]}, ValueError, "pos_weights takes positive numbers, got 0"),
        ({"pos_weights": []}, ValueError, "pos_weights is empty"),
        ({"seeds": []}, ValueError, "seeds takes different whole numbers, at least one"),
        ({"seeds": [1, 1]}, ValueError, "seeds takes different whole numbers"),
        ({"seeds": 3}, TypeError, "seeds takes a sequence of whole numbers"),
        ({"test_fraction": 1.0}, ValueError, "test_fraction"),
        ({"test_fraction": 0.001}, ValueError, "test_fraction=0.001 of 300 samples leaves no room"),
        ({"seeds": [2**32]}, ValueError, "seeds takes numbers below"),
        ({"memory": 0}, ValueError, "memory"),
        ({"learning_rate": -1}, ValueError, "learning_rate"),
        ({"sizes": (5, 1)}, ValueError, "X takes 5 columns"),
    ],
)
def test_bad_input_is_refused_by_name(framework, changes, error, message):
    X, y = data("logistic")
    arguments = {"seeds": [0], **GRIDS["logistic"], **SETTINGS} | changes
    with pytest.raises(error, match=message):
        framework.half.sweep(X, y, **arguments)


@frameworks
def test_a_model_that_diverges_is_reported(framework):
    X, y = data("network")
    settings = SETTINGS | {"learning_rate": 1e6, "epochs": 20}
    with pytest.raises(FloatingPointError, match="the training diverged"):
        framework.half.sweep(X, y, seeds=[0], **GRIDS["network"], **settings)
