"""`minimise` arrives where scikit-learn and SciPy arrive, in both frameworks, and says so when there is no minimum."""

import numpy as np
import pytest
import tensorflow as tf
import torch
from frameworks import BOTH
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

from companion import _optimum
from companion.compare import agreed
from companion.data import load, stratified

frameworks = pytest.mark.parametrize("framework", BOTH, ids=str)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 4)) * [1.0, 3.0, 0.2, 1.0]
SCORE = X[:, 0] + 0.5 * X[:, 1] + RNG.logistic(size=300)
BINARY, CLASSES = (SCORE > 1.5).astype(int), np.digitize(SCORE, [0.5, 2.5])
OF_ROWS = RNG.uniform(0, 3, size=300)


def loss_and_gradient(vector, y, weights, penalty):
    """The loss of K-class regression and its gradient by hand, for SciPy."""
    W, b = vector[:-3].reshape(4, 3), vector[-3:]
    log_p = log_softmax(X @ W + b, axis=1)
    pull = weights[:, None] * (np.exp(log_p) - np.eye(3)[y]) / len(y)
    value = -(weights * log_p[np.arange(len(y)), y]).mean() + penalty / 2 * (W**2).sum()
    return value, np.append((X.T @ pull + penalty * W).ravel(), pull.sum(axis=0))


@frameworks
@pytest.mark.parametrize("y", [BINARY, CLASSES], ids=["binary", "classes"])
def test_the_hessian_of_a_regression_is_the_slope_of_its_gradient(framework, y):
    options = {"pos_weight": None, "class_weights": None, "sample_weights": OF_ROWS, "penalty": 0.01}
    regression = _optimum._regression(X, y, **options)
    slope_at, hessian_at = framework.half.optimum._of_regression(regression)
    theta = RNG.normal(size=regression.start.size)
    moved = [[slope_at(theta + sign * 1e-6 * e)[1] for sign in (1, -1)] for e in np.eye(len(theta))]
    numerical = [(ahead - behind) / 2e-6 for ahead, behind in moved]
    np.testing.assert_allclose(hessian_at(theta), numerical, rtol=0, atol=1e-8)


@frameworks
@pytest.mark.parametrize("penalty", [0.0, 0.01])
@pytest.mark.parametrize(
    ("y", "weights", "of_rows"),
    [
        (BINARY, {}, np.ones(300)),
        (BINARY, {"pos_weight": 7.0}, np.where(BINARY == 1, 7.0, 1.0)),
        (BINARY, {"class_weights": [0.5, 4.0]}, np.where(BINARY == 1, 4.0, 0.5)),
        (BINARY, {"sample_weights": OF_ROWS}, OF_ROWS),
        (CLASSES, {}, np.ones(300)),
        (CLASSES, {"class_weights": [0.2, 1.0, 5.0]}, np.array([0.2, 1.0, 5.0])[CLASSES]),
        (CLASSES, {"sample_weights": OF_ROWS}, OF_ROWS),
    ],
)
def test_the_optimum_is_that_of_scikit_learn(framework, y, weights, of_rows, penalty):
    found = framework.half.minimise(X, y, penalty=penalty, **weights)
    C = 1 / (penalty * 300) if penalty else np.inf
    theirs = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-14).fit(X, y, of_rows)
    W, b = found.parameters
    assert W.shape == (4, len(theirs.coef_)) and b.shape == (len(theirs.coef_),)
    # Of three classes all logits may be shifted alike: scikit-learn's sum to zero there, as ours do.
    np.testing.assert_allclose(W.T, theirs.coef_, rtol=0, atol=1e-9)
    shift = b.mean() - theirs.intercept_.mean() if b.size > 1 else 0.0
    np.testing.assert_allclose(b - shift, theirs.intercept_, rtol=0, atol=1e-9)
    assert found.gradient_norm < 1e-13 and found.steps < 20


@frameworks
@pytest.mark.parametrize("penalty", [0.0, 0.1])
def test_three_classes_arrive_where_scipy_arrives(framework, penalty):
    weights = np.array([0.2, 1.0, 5.0])[CLASSES]
    found = framework.half.minimise(X, CLASSES, class_weights=[0.2, 1.0, 5.0], penalty=penalty)
    vector = np.concatenate([part.ravel() for part in found.parameters])
    value, gradient = loss_and_gradient(vector, CLASSES, weights, penalty)
    assert found.value == pytest.approx(value, abs=1e-14) and np.abs(gradient).max() < 1e-14
    theirs = minimize(
        loss_and_gradient, np.zeros(15), (CLASSES, weights, penalty), jac=True, method="BFGS", options={"gtol": 1e-12}
    )
    np.testing.assert_allclose(vector, theirs.x, rtol=0, atol=1e-7)  # BFGS stops where rounding hides a descent


@frameworks
@pytest.mark.parametrize("name", ["hypothyroid", "abalone", "page-blocks"])
def test_real_sets_with_columns_that_repeat_others_arrive(framework, name):
    data = load(name)
    found = framework.half.minimise(data.X_train, data.y_train, penalty=1e-4)
    assert found.gradient_norm < 1e-12 and found.steps < 40
    model = framework.half.mlp((data.X_train.shape[1], found.parameters[1].size), seed=0)
    framework.half.set_weights(model, found.parameters)
    W, b = found.parameters
    logits = data.X_test @ W + b
    np.testing.assert_allclose(framework.half.predict_logits(model, data.X_test), logits.squeeze(), rtol=0, atol=1e-10)


def test_both_frameworks_arrive_at_the_same_place():
    for y, weights in ((BINARY, {"pos_weight": 99.0}), (CLASSES, {"class_weights": [1.0, 2.0, 3.0]})):
        found = {name: each.half.minimise(X, y, **weights).parameters for name, each in zip(("PyTorch", "TensorFlow"), BOTH)}  # fmt: skip  # noqa: B905,E501
        agreed(found, atol=1e-11)


@frameworks
def test_it_is_where_many_steps_of_a_sweep_lead(framework):
    (split,) = stratified(X[:, [0, 3]], BINARY, seeds=[0])
    found = framework.half.minimise(split.X_train, split.y_train, pos_weight=3.0, penalty=0.01)
    swept = framework.half.sweep(
        [split], pos_weights=[3.0], epochs=3000, batch_size=180, learning_rate=1.0, weight_decay=0.01
    )
    agreed({"PyTorch": found.parameters, "TensorFlow": [array[0, 0] for array in swept.parameters]}, atol=1e-9)


@frameworks
def test_of_many_minima_it_is_the_smallest(framework):
    repeated = np.hstack([X, X[:, :1]])
    W, b = framework.half.minimise(repeated, BINARY).parameters
    alone, _ = framework.half.minimise(X, BINARY).parameters
    np.testing.assert_allclose(W[[0, 4], 0], alone[0, 0] / 2, rtol=0, atol=1e-10)
    W, b = framework.half.minimise(X, CLASSES).parameters
    np.testing.assert_allclose(np.vstack([W, b]).sum(axis=1), 0, rtol=0, atol=1e-12)


def summed(framework, values):
    return values.sum() if framework.half is BOTH[0].half else tf.reduce_sum(values)


@frameworks
def test_a_loss_of_one_s_own_is_minimised(framework):
    exp = torch.exp if framework.half is BOTH[0].half else tf.exp
    found = framework.half.minimise(lambda v: summed(framework, exp(v) - 3.0 * v), [0.0, 4.0])
    np.testing.assert_allclose(found.parameters, np.log(3.0), rtol=0, atol=1e-14)
    assert found.value == pytest.approx(2 * (3 - 3 * np.log(3.0)), abs=1e-13)


@frameworks
@pytest.mark.parametrize(
    ("loss", "error", "message"),
    [
        (lambda v: v**4 - v**2, ValueError, "not convex: after 0 steps it has the curvature -2"),
        (lambda v: v**4 / 12 - 2 * v**2 + (v - 2) ** 3, ValueError, "not convex"),
        (lambda v: 3 * v, ValueError, "no curvature at the start"),
        (lambda v: v * 0.0 + float("nan"), ValueError, "NaN or infinite after 0 steps"),
    ],
)
def test_a_loss_without_a_minimum_is_refused(framework, loss, error, message):
    with pytest.raises(error, match=message):
        framework.half.minimise(lambda v: summed(framework, loss(v)), [0.0])


@frameworks
def test_a_loss_that_falls_where_it_is_flat_is_refused(framework):
    with pytest.raises(ValueError, match="it has no minimum along it"):
        framework.half.minimise(lambda v: (v[0] - 1.0) ** 2 + 1e-3 * v[1], [0.0, 0.0])


@frameworks
def test_what_is_flat_everywhere_stays_where_it_starts(framework):
    found = framework.half.minimise(lambda v: (v[0] + v[1] - 2.0) ** 2 + 0.0 * v[2], [0.0, 0.0, 5.0])
    np.testing.assert_allclose(found.parameters, [1.0, 1.0, 5.0], rtol=0, atol=1e-14)


@frameworks
def test_a_loss_that_is_none_is_refused(framework):
    for loss, error, message in (
        (lambda v: v, ValueError, r"returns one number, got shape \(2,\)"),
        (lambda v: 1.0, TypeError, "returns a tensor, got 1.0"),
        (framework.as_float32, TypeError, "keeps the model's dtype"),
    ):
        with pytest.raises(error, match=message):
            framework.half.minimise(loss, [0.0, 1.0])


SEPARABLE = np.array([0, 0, 0, 1, 1])


@frameworks
def test_classes_that_can_be_separated_have_no_minimum_without_a_penalty(framework):
    x = np.array([[0.0], [1.0], [2.0], [3.0], [4.0]])
    with pytest.raises(ValueError, match="X separates the classes of y.*Take a penalty above 0"):
        framework.half.minimise(x, SEPARABLE)
    with pytest.raises(ValueError, match="X separates the classes of y"):
        framework.half.minimise(x, [0, 1, 1, 2, 2])
    assert framework.half.minimise(x, SEPARABLE, penalty=1e-6).gradient_norm < 1e-12


@frameworks
def test_classes_that_can_be_separated_in_part_have_none_either(framework):
    x = np.array([[0.0], [1.0], [2.0], [2.0], [3.0], [4.0]])  # both classes at 2, so there is an error left
    with pytest.raises(ValueError, match="curvature vanishes in some direction.*separated in part: take a penalty"):
        framework.half.minimise(x, [0, 0, 0, 1, 1, 1])
    one_apart = np.concatenate([X, X[:20] + [100.0, 0, 0, 0]])
    with pytest.raises(ValueError, match="vanishes|separates"):
        framework.half.minimise(one_apart, np.append(BINARY, np.full(20, 2)))


@frameworks
@pytest.mark.parametrize("n_classes", [2, 10])
def test_the_rounding_of_many_rows_is_no_curvature(framework, n_classes):
    n = 30_000 if n_classes > 2 else 400_000
    x, groups = np.random.default_rng(0).normal(size=(n, 1)), np.arange(n) % 5
    features = x if n_classes > 2 else np.hstack([x, np.eye(5)[groups]])  # flat: all logits, or a group of each row
    found = framework.half.minimise(features, np.arange(n) % n_classes, penalty=0.1 if n_classes > 2 else 0.0)
    assert found.gradient_norm < 1e-12


@frameworks
@pytest.mark.parametrize(
    "features",
    [X * 1e-9, X * [1.0, 1e-9, 1, 1], X * [1e-8, 1, 1, 1], X * [1, 1, 1, 1e7], X + [1e5, 0, 0, 0], X * 1e7 + 1.6e9],
)
def test_columns_of_too_different_scales_are_refused_with_the_way_out(framework, features):
    for y in (BINARY, CLASSES):
        with pytest.raises(ValueError, match="The scales of the features differ too much: standardise them"):
            framework.half.minimise(features, y)


@frameworks
def test_scales_that_float64_can_tell_apart_are_taken(framework):
    alone, _ = framework.half.minimise(X, BINARY).parameters
    for scale in (1e-6, 1e5):
        W, _ = framework.half.minimise(X * [1, scale, 1, 1], BINARY).parameters
        np.testing.assert_allclose(W[:, 0] * [1, scale, 1, 1], alone[:, 0], rtol=0, atol=1e-9)
    assert framework.half.minimise(X * [1, 1e-9, 1, 0], BINARY, penalty=0.1).gradient_norm < 1e-12


@frameworks
def test_too_few_steps_are_said(framework):
    with pytest.raises(RuntimeError, match="has not arrived after 1 steps: the gradient's norm is"):
        framework.half.minimise(X, BINARY, max_steps=1)


@frameworks
@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((X, BINARY), {"pos_weight": 0}, ValueError, "pos_weight"),
        (
            (X, BINARY),
            {"pos_weight": 2.0, "class_weights": [1, 2]},
            ValueError,
            "one kind of weights, got pos_weight and",
        ),
        ((X, CLASSES), {"pos_weight": 2.0}, ValueError, "pos_weight goes with two classes, y holds 3"),
        ((X, CLASSES), {"class_weights": [1.0, 2.0]}, ValueError, "one number for each of the 3 classes"),
        ((X, BINARY), {"sample_weights": np.ones(3)}, ValueError, "sample_weights and y take the same number"),
        ((X, BINARY), {"sample_weights": -np.ones(300)}, ValueError, "sample_weights takes numbers of at least 0"),
        ((X, BINARY), {"sample_weights": 1.0 * BINARY}, ValueError, "one above 0 in each class"),
        ((X, BINARY), {"penalty": -1}, ValueError, "penalty"),
        ((X, BINARY), {"max_steps": 0}, ValueError, "max_steps"),
        ((X, BINARY[1:]), {}, ValueError, "X and y take the same number"),
        ((X[:, 0], BINARY), {}, ValueError, "X takes a 2-dimensional"),
        ((X, np.zeros(300)), {}, ValueError, "y holds a single class"),
        ((abs, [[1.0]]), {}, ValueError, "start takes a 1-dimensional"),
        ((abs, [1.0]), {"penalty": 1.0}, ValueError, "penalty goes with X and y"),
        ((abs, [1.0]), {"sample_weights": np.ones(3)}, ValueError, "sample_weights goes with X and y"),
    ],
)
def test_bad_input_is_refused_by_name(framework, arguments, options, error, message):
    with pytest.raises(error, match=message):
        framework.half.minimise(*arguments, **options)


def test_newton_on_a_quadratic_takes_one_step():
    A, c = np.diag([1.0, 1e4]), np.array([1.0, 2.0])
    found = _optimum.newton(
        lambda v: ((v - c) @ A @ (v - c) / 2, A @ (v - c)),
        lambda v: A,
        np.zeros(2),
        max_steps=3,
    )
    np.testing.assert_allclose(found.parameters, c, rtol=0, atol=1e-15)


def test_a_wrong_gradient_is_noticed():
    with pytest.raises(RuntimeError, match="its gradient may be wrong"):
        _optimum.newton(lambda v: (v @ v, -2 * v), lambda v: 2 * np.eye(2), np.ones(2), max_steps=3)


def test_close_to_the_minimum_the_hessian_is_kept():
    asked = []
    found = _optimum.newton(
        lambda v: (np.cosh(v).sum(), np.sinh(v)),
        lambda v: asked.append(v) or np.diag(np.cosh(v)),
        np.array([1.0, -2.0]),
        max_steps=20,
    )
    assert len(asked) < found.steps
    np.testing.assert_allclose(found.parameters, 0, rtol=0, atol=1e-15)
