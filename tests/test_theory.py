"""Closed forms against simulation, numerical optimisation and published numbers."""

from itertools import product

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import binom, norm

from companion.start import batch_order
from companion.theory import (
    effective_weight,
    effective_weights,
    focal_correction,
    focal_minimiser,
    gaussian_auc,
    gaussian_population,
    gaussian_rates,
    max_margin,
    prior_correction,
    rare_event_bias,
    threshold_from_weight,
    weight_from_costs,
)

probability = st.floats(0.001, 0.999)
positive = st.floats(0.01, 1000)


@given(eta=probability, w=positive)
def test_weighting_and_cutting_at_one_half_is_cutting_at_the_threshold(eta, w):
    weighted = w * eta / (w * eta + 1 - eta)
    if abs(weighted - 0.5) > 1e-9:
        assert (weighted > 0.5) == (eta > threshold_from_weight(w))


@given(eta=probability, cost_fn=positive, cost_fp=positive)
def test_the_weight_from_costs_decides_for_the_cheaper_side(eta, cost_fn, cost_fp):
    threshold = threshold_from_weight(weight_from_costs(cost_fn, cost_fp))
    if abs(eta - threshold) > 1e-9:
        alarm_is_cheaper = (1 - eta) * cost_fp < eta * cost_fn
        assert alarm_is_cheaper == (eta > threshold)


@given(eta=probability, w=positive)
def test_prior_correction_undoes_the_weight(eta, w):
    assert prior_correction([w * eta / (w * eta + 1 - eta)], w)[0] == pytest.approx(eta, rel=1e-11)


@pytest.mark.parametrize(
    ("batch_size", "published"),
    [(8, 7.7), (16, 14.8), (32, 26.9), (64, 44.9), (128, 64.9), (256, 80.4), (512, 89.5), (2048, 96.6)],
)
def test_effective_weight_of_a_batch_normalised_mean(batch_size, published):
    assert round(effective_weight(0.01, 99, batch_size), 1) == published


@given(prior=st.floats(0.01, 0.5), w=st.floats(0.1, 100), batch_size=st.integers(1, 200))
def test_effective_weight_makes_the_expected_gradient_vanish(prior, w, batch_size):
    # The mean over batches of the self-normalised gradient p − wm/(B − m + wm) is zero at the p that it implies.
    effective = effective_weight(prior, w, batch_size)
    p = effective * prior / (effective * prior + 1 - prior)
    m = np.arange(batch_size + 1)
    gradient = binom.pmf(m, batch_size, prior) @ (p - w * m / (batch_size - m + w * m))
    assert gradient == pytest.approx(0, abs=1e-10)
    assert min(1, w) - 1e-9 <= effective <= max(1, w) + 1e-9


@pytest.mark.parametrize("batch_size", [32, 128, 1000])
def test_effective_weight_of_batches_dealt_from_a_permutation(batch_size):
    # Exact, by the mean over the batches of many epochs of a set of 1,000 with 10 positives, as `fit` deals them.
    n, w, y = 1000, 99.0, np.arange(1000) < 10
    order = batch_order(n, batch_size=batch_size, epochs=1500, seed=0)
    m = np.array([(y[rows].sum(), len(rows)) for epoch in order for rows in epoch], dtype=float)
    p = np.mean(w * m[:, 0] / (m[:, 1] - m[:, 0] + w * m[:, 0]))
    expected = p / (1 - p) * 0.99 / 0.01
    assert effective_weight(0.01, w, batch_size, n=n) == pytest.approx(expected, rel=0.02)
    assert effective_weight(0.01, w, n, n=n) == pytest.approx(w)


def test_effective_weight_of_a_large_set_is_that_of_independent_draws():
    assert effective_weight(0.01, 99, 32, n=3_200_000) == pytest.approx(effective_weight(0.01, 99, 32), rel=1e-4)


@given(prior=st.floats(0.001, 0.999), w=st.floats(0.001, 1000), batch_size=st.integers(1, 500))
def test_with_two_classes_the_effective_weights_are_in_the_ratio_of_the_effective_weight(prior, w, batch_size):
    negative, positive = effective_weights([1 - prior, prior], [1.0, w], batch_size)
    assert positive / negative == pytest.approx(effective_weight(prior, w, batch_size), rel=1e-9)


@pytest.mark.parametrize("batch_size", [1, 2, 4])
def test_the_mean_of_all_batches_divided_by_their_sums_is_one_weighted_mean(batch_size):
    # Every batch that can be drawn, with its probability. Nine samples with any losses: no constant model is needed.
    prior, w = np.array([0.6, 0.3, 0.1]), np.array([0.5, 2.0, 9.0])
    labels, losses = np.repeat([0, 1, 2], 3), np.random.default_rng(0).exponential(size=9)
    chance = prior[labels] / 3
    batches = np.array(list(product(range(9), repeat=batch_size)))
    weight = w[labels[batches]]
    mean = chance[batches].prod(axis=1) @ ((weight * losses[batches]).sum(axis=1) / weight.sum(axis=1))
    assert (chance * effective_weights(prior, w, batch_size)[labels]) @ losses == pytest.approx(mean, rel=1e-12)


@given(
    prior=st.lists(st.floats(0.01, 1), min_size=2, max_size=6),
    spread=st.floats(0, 3),
    batch_size=st.integers(1, 3000),
    factor=st.floats(0.01, 100),
)
def test_effective_weights_have_mean_one_and_lie_between_none_and_all(prior, spread, batch_size, factor):
    prior, w = np.array(prior) / sum(prior), np.logspace(-spread, spread, len(prior))
    found = effective_weights(prior, w, batch_size)
    assert prior @ found == pytest.approx(1, rel=1e-10)
    assert effective_weights(100 * prior, factor * w, batch_size) == pytest.approx(found, rel=1e-9)
    asked, left = np.diff(np.log(w)), np.diff(np.log(found))
    assert (left >= -1e-9).all() and (left <= asked + 1e-9).all()


def test_effective_weights_are_one_for_single_samples_and_the_weights_for_very_large_batches():
    assert effective_weights([0.7, 0.29, 0.01], [1, 5, 70], 1) == pytest.approx(1, rel=1e-12)
    w = np.array([0.476, 1.149, 33.33])
    assert effective_weights([0.7, 0.29, 0.01], w, 10**7) == pytest.approx(w / ([0.7, 0.29, 0.01] @ w), rel=1e-4)


@pytest.mark.parametrize("batch_size", [4, 16])
def test_small_batches_dealt_from_a_permutation_leave_nearly_the_effective_weights(batch_size):
    n_k, w = np.array([200, 80, 20]), np.array([0.5, 1.25, 5.0])  # inverse frequency, n = 300
    dealt = np.random.default_rng(0).multivariate_hypergeometric(n_k, batch_size, size=50_000)
    left = (dealt * w / (dealt @ w)[:, None]).mean(axis=0) * 300 / n_k
    assert left == pytest.approx(effective_weights(n_k, w, batch_size), rel=0.04)


@pytest.mark.parametrize(("prior", "w", "batch_size"), [(1 - 1e-12, 1e4, 64), (0.999, 1e12, 64), (0.5, 1e300, 60)])
def test_effective_weight_keeps_its_digits_where_nearly_every_sample_is_positive(prior, w, batch_size):
    with mpmath.workdps(400):
        m, weight = mpmath.mpf(prior), mpmath.mpf(w)
        chances = [mpmath.binomial(batch_size, k) * m**k * (1 - m) ** (batch_size - k) for k in range(batch_size + 1)]
        positive = sum(chance * weight * k / (batch_size - k + weight * k) for k, chance in enumerate(chances))
        exact = positive * (1 - m) / ((1 - positive) * m)
    assert effective_weight(prior, w, batch_size) == pytest.approx(float(exact), rel=1e-9)


def test_effective_weight_is_one_for_single_samples():
    assert effective_weight(0.2, 50, 1) == pytest.approx(1)


@pytest.mark.parametrize(
    ("eta", "gamma", "published"),
    [
        (0.01, 2, 0.153624),
        (0.05, 2, 0.250211),
        (0.1, 2, 0.305787),
        (0.9, 2, 0.694213),
        (0.01, 1, 0.073036),
        (0.01, 5, 0.304652),
    ],
)
def test_focal_minimiser_gives_the_known_table(eta, gamma, published):
    assert focal_minimiser(eta, gamma) == pytest.approx(published, abs=5e-7)


@given(eta=st.floats(0.01, 0.99), gamma=st.floats(0, 5), alpha=st.one_of(st.none(), st.floats(0.1, 0.9)))
def test_focal_minimiser_is_where_the_expected_loss_is_least(eta, gamma, alpha):
    weight = (1, 1) if alpha is None else (alpha, 1 - alpha)

    def expected_loss(p):
        return -weight[0] * eta * (1 - p) ** gamma * np.log(p) - weight[1] * (1 - eta) * p**gamma * np.log(1 - p)

    found = minimize_scalar(expected_loss, bounds=(1e-6, 1 - 1e-6), method="bounded", options={"xatol": 1e-10}).x
    assert float(focal_minimiser(eta, gamma, alpha)) == pytest.approx(found, abs=1e-5)


@pytest.mark.parametrize("alpha", [None, 0.25, 0.9])
@pytest.mark.parametrize("gamma", [0, 0.5, 2, 5])
def test_focal_correction_undoes_the_minimiser(gamma, alpha):
    eta = np.array([0.001, 0.1, 0.5, 0.9, 0.999])
    np.testing.assert_allclose(focal_correction(focal_minimiser(eta, gamma, alpha), gamma, alpha), eta, rtol=1e-9)


@pytest.mark.parametrize("q", [0.0, 1.0, [0.5, 1.5]])
def test_focal_correction_refuses_what_no_model_reports(q):
    with pytest.raises(ValueError, match="q takes"):
        focal_correction(q, 2)


@given(eta=probability)
def test_focal_minimiser_without_focus_is_the_probability_and_is_symmetric(eta):
    assert float(focal_minimiser(eta, 0)) == pytest.approx(eta, rel=1e-12)
    assert float(focal_minimiser(eta, 2) + focal_minimiser(1 - eta, 2)) == pytest.approx(1, abs=1e-9)


def test_gaussian_rates_give_the_known_table():
    table = {
        1: (0.0103, 0.6040, 0.0204),
        10: (0.2182, 0.1626, 0.1863),
        20: (0.3759, 0.0987, 0.1564),
        99: (0.7734, 0.0333, 0.0639),
    }
    for w, row in table.items():
        rates = gaussian_rates(1.5, 0.01, w)
        assert tuple(round(rates[name], 4) for name in ("tpr", "precision", "f1")) == row


def test_inverse_frequency_puts_the_gaussian_threshold_at_the_midpoint():
    rates = gaussian_rates(1.5, 0.01, 99)
    assert rates["tpr"] == pytest.approx(norm.cdf(0.75), rel=1e-12)
    assert rates["tpr"] == pytest.approx(1 - rates["fpr"], rel=1e-12)


def test_the_best_accuracy_for_rare_overlapping_classes_is_that_of_predicting_none():
    rates = gaussian_rates(1.0, 0.01, 1)
    accuracy = 0.01 * rates["tpr"] + 0.99 * (1 - rates["fpr"])
    assert accuracy == pytest.approx(0.99, abs=1e-6)
    assert rates["tpr"] == pytest.approx(0.000021, abs=5e-7)


def test_gaussian_rates_agree_with_a_simulation():
    rng = np.random.default_rng(0)
    n, d, prior, w = 2_000_000, 1.2, 0.1, 4.0
    y = rng.random(n) < prior
    x = rng.normal(size=n) + d * y
    log_odds = d * x - d**2 / 2 + np.log(prior / (1 - prior))
    predicted = log_odds > np.log(threshold_from_weight(w) / (1 - threshold_from_weight(w)))
    rates = gaussian_rates(d, prior, w)
    assert rates["tpr"] == pytest.approx(predicted[y].mean(), abs=0.005)
    assert rates["fpr"] == pytest.approx(predicted[~y].mean(), abs=0.002)
    assert rates["precision"] == pytest.approx(y[predicted].mean(), abs=0.005)


def test_the_precision_survives_where_the_rates_underflow():
    rates = gaussian_rates(0.1, 1e-6, 1.0)
    assert rates["tpr"] == 0.0
    assert rates["precision"] >= threshold_from_weight(1.0) and rates["f1"] == 0


def exact_bias(n, prior):
    """E[logit of m/n] − logit π of an intercept-only model, m ~ Bin(n, π), over 0 < m < n."""
    m = np.arange(1, n)
    weights = binom.pmf(m, n, prior)
    return weights @ np.log(m / (n - m)) / weights.sum() - np.log(prior / (1 - prior))


@pytest.mark.parametrize("n", [1000, 10_000])
def test_rare_event_bias_holds_where_its_docstring_says_so(n):
    ratio = {
        positives: rare_event_bias(n, positives / n) / exact_bias(n, positives / n) for positives in (2.5, 5, 10, 50)
    }
    assert all(abs(ratio[positives] - 1) < 0.1 for positives in (5, 10)) and abs(ratio[50] - 1) < 0.02
    assert ratio[2.5] == pytest.approx(3.2, abs=0.05)
    assert rare_event_bias(n, 1 / n) < 0 < exact_bias(n, 1 / n)


def test_rare_event_bias_is_near_the_exact_one():
    n, prior = 1000, 0.01
    exact = exact_bias(n, prior)
    assert round(rare_event_bias(n, prior), 4) == -0.0495
    assert exact == pytest.approx(-0.0545, abs=5e-5)
    assert rare_event_bias(n, prior) == pytest.approx(exact, rel=0.1)


SHAPES = (np.array([[2.0, 1.2], [1.2, 1.0]]), np.array([[1.0, -0.3], [-0.3, 4.0]]))


@pytest.mark.parametrize("covariance", [SHAPES[0], np.stack(SHAPES)])
def test_a_population_has_the_moments_of_its_gaussians(covariance):
    mean, prior = np.array([1.5, -0.5]), 0.03
    X, y, mass = gaussian_population(mean, covariance, prior=prior, points=12)
    pair = (np.eye(2), covariance) if covariance.ndim == 2 else covariance
    for k, (share, centre, spread) in enumerate(zip((1 - prior, prior), (np.zeros(2), mean), pair, strict=True)):
        rows, m = X[y == k], mass[y == k] / share
        assert m.sum() == pytest.approx(1)
        np.testing.assert_allclose(m @ rows, centre, atol=1e-12)
        np.testing.assert_allclose((rows - centre).T @ (m[:, None] * (rows - centre)), spread, atol=1e-12)
        # The fourth moment of a Gaussian is three times the square of its variance.
        np.testing.assert_allclose(m @ (rows - centre) ** 4, 3 * np.diag(spread) ** 2, rtol=1e-11)


def separable(seed, n=30):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3 // 2
    return np.column_stack([(2 * y - 1) * (0.5 + rng.exponential(size=n)), rng.normal(size=(n, 2)), np.ones(n)]), y


def test_the_auc_of_a_linear_score_is_that_of_a_large_sample():
    mean, covariance = [1.5, 0.5], [[2.0, 1.2], [1.2, 1.0]]
    rng, slopes = np.random.default_rng(0), np.array([[1.5, 0.5], [-0.2, 1.0]])
    negatives = rng.normal(size=(200_000, 2))
    positives = rng.multivariate_normal(mean, covariance, size=200_000)
    for beta, auc in zip(slopes, gaussian_auc(slopes, mean, covariance), strict=True):
        assert abs(np.mean(positives @ beta > negatives @ beta) - auc) < 4 * 0.5 / np.sqrt(200_000)
        assert gaussian_auc(-3 * beta, mean, covariance) == pytest.approx(1 - auc, abs=1e-14)


@pytest.mark.parametrize("seed", range(5))
def test_the_largest_margin_is_that_of_a_support_vector_machine(seed):
    from sklearn.svm import LinearSVC

    X, y = separable(seed)
    theta = max_margin(X, y)
    margins = (2 * y - 1) * (X @ theta)
    assert margins.min() == pytest.approx(1, abs=1e-9)
    machine = LinearSVC(C=1e4, loss="hinge", fit_intercept=False, dual=True, tol=1e-8, max_iter=10**6).fit(X, y)
    np.testing.assert_allclose(theta, machine.coef_[0], rtol=1e-3, atol=1e-3)


def test_the_largest_margin_is_a_mixture_of_the_nearest_samples():
    X, y = separable(7)
    theta = max_margin(X, y)
    signed = (2 * y - 1)[:, None] * X
    nearest = signed[signed @ theta < 1 + 1e-9]
    mixture, *_ = np.linalg.lstsq(nearest.T, theta, rcond=None)
    np.testing.assert_allclose(nearest.T @ mixture, theta, atol=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: threshold_from_weight(0), "w takes one finite number above 0"),
        (lambda: weight_from_costs(-1, 1), "cost_fn"),
        (lambda: weight_from_costs(1, np.inf), "cost_fp"),
        (lambda: prior_correction([0.5, 1.5], 2), r"q takes probabilities in \[0, 1\], got 0.5 to 1.5"),
        (lambda: prior_correction([0.5], 0), "w takes"),
        (lambda: prior_correction([], 2), "q is empty"),
        (
            lambda: prior_correction([[0.5, 0.5], [0.1, 0.9]], 9),
            r"rows that sum to 1 .*take the column of the positive",
        ),
        (lambda: focal_minimiser([[0.5, 0.5], [0.1, 0.9]], 2), "rows that sum to 1"),
        (lambda: effective_weight(0.01, 2, 8, n=250), "prior takes a share of n=250 samples.*got 2.5 of them"),
        (lambda: effective_weight(0.01, 2, 800, n=100), "n takes one whole number of at least 800"),
        (lambda: effective_weight(0, 2, 8), "prior takes one finite number above 0 and below 1"),
        (lambda: effective_weight(0.1, 2, 0), "batch_size takes one whole number of at least 1"),
        (lambda: effective_weights([1.0], [1.0], 8), "prior takes at least two positive numbers"),
        (lambda: effective_weights([0.0, 1.0], [1.0, 2.0], 8), "prior takes at least two positive numbers"),
        (lambda: effective_weights([0.5, 0.5], [1.0, 2.0, 3.0], 8), "class_weights takes one number for each of the 2"),
        (lambda: effective_weights([0.5, 0.5], [1.0, 2.0], 0), "batch_size takes one whole number of at least 1"),
        (lambda: focal_minimiser([0.0], 2), "eta takes probabilities from 1e-12 to 1"),
        (lambda: focal_minimiser(0.5, -1), "gamma"),
        (lambda: focal_minimiser(0.5, 2, 1.0), "alpha"),
        (lambda: gaussian_rates(0, 0.1, 1), "separation"),
        (lambda: gaussian_rates(1, 1.0, 1), "prior"),
        (lambda: rare_event_bias(0, 0.1), "n takes"),
        (lambda: gaussian_auc([1.0], [1, 0], np.eye(2)), r"slopes takes shape \(2,\) or \(m, 2\), got \(1,\)"),
        (lambda: gaussian_auc([[1.0, 0], [0, 0]], [1, 0], np.eye(2)), "slopes takes scores that vary"),
        (lambda: gaussian_auc([1.0, 0], [1, 0], [[1.0]]), r"covariance takes shape \(2, 2\), got \(1, 1\)"),
        (lambda: gaussian_auc([1.0], [1], [[-1.0]]), "covariance takes positive definite"),
        (lambda: gaussian_population([1, 0], [[1.0]], prior=0.1), r"covariance takes shape \(2, 2\) or \(2, 2, 2\)"),
        (lambda: gaussian_population([1], [[-1.0]], prior=0.1), "covariance takes positive definite"),
        (lambda: gaussian_population([1, 0], [[1, 0.5], [0, 1]], prior=0.1), "covariance takes symmetric"),
        (lambda: gaussian_population([1], [[1.0]], prior=0.0), "prior"),
        (lambda: gaussian_population([1], [[1.0]], prior=0.1, points=101), "points takes a whole number from 2 to 100"),
        (lambda: max_margin([[1.0], [2.0]], [0, 1, 1]), "X and y take the same number of samples"),
        (lambda: max_margin([[0.0, 1], [1, 1], [2, 1]], [0, 1, 0]), "X does not separate the classes of y"),
    ],
)
def test_arguments_out_of_range_are_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_other_types_are_refused_by_name():
    with pytest.raises(TypeError, match="w takes one finite number above 0, got '3'"):
        threshold_from_weight("3")
    with pytest.raises(TypeError, match="batch_size takes one whole number"):
        effective_weight(0.1, 2, 8.0)
