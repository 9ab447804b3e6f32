"""Published numbers, and what is right where a paper or a tutorial is not: each by its own test, its source named.

The closed forms that a function of `companion.theory` is about stand in test_theory.py: the table of two Gaussian
classes, King and Zeng's bias, the focal minimiser, and the effective weight of a batch.
"""

import keras
import numpy as np
import pytest
import torch
from frameworks import BOTH
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline
from imblearn.under_sampling import EditedNearestNeighbours, RandomUnderSampler
from scipy.optimize import minimize_scalar, root
from scipy.special import expit, logit
from scipy.stats import norm
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.tree import DecisionTreeClassifier

from companion import data, evaluate, theory, weights

both_frameworks = pytest.mark.parametrize("framework", BOTH, ids=str)


def gradient(framework, name, z, y, mass, **options):
    """Return the gradient in the logits of Σ mass · loss, with the loss `name` of one framework."""
    loss, mass = getattr(framework.half, name), framework.tensor(mass)
    targets = framework.tensor(y, dtype="int64" if np.ndim(z) == 2 else "float64")

    def total(logits):
        return mass * loss(logits, targets, reduction="none", **options)

    return framework.value_and_gradient(total, framework.tensor(z))[1]


def logistic_optimum(framework, X, y, mass, w, decay=0.0):
    """Return θ at the minimum of the weighted loss, plus decay/2 · |slopes|²; the last column of X is ones."""
    penalty = decay * np.append(np.ones(X.shape[1] - 1), 0.0)

    def slope(theta):
        return X.T @ gradient(framework, "weighted_bce", X @ theta, y, mass, pos_weight=w) + penalty * theta

    def curvature(theta):
        p = expit(X @ theta)
        return X.T @ ((mass * np.where(y == 1, w, 1) * p * (1 - p))[:, None] * X) + np.diag(penalty)

    found = root(slope, np.zeros(X.shape[1]), jac=curvature, tol=1e-12)
    assert found.success
    return found.x


# ------------------------------------------------------------------------------------------- a handbook's first example

# Le Borgne et al., 2022, Reproducible machine learning for credit card fraud detection, chapter 6: area under the ROC
# curve, average precision and balanced accuracy, of five folds. The standard deviations are those that it prints.
BALANCED = {0: 0.05 / 0.95, 1: 1}


def tree(**options):
    return DecisionTreeClassifier(max_depth=5, random_state=0, **options)


HANDBOOK = {
    "tree": (tree(), (0.906, 0.528, 0.786), (0.025, 0.072, 0.046)),
    "tree, weighted": (tree(class_weight=BALANCED), (0.887, 0.471, 0.898), (0.034, 0.059, 0.021)),
    "logistic": (LogisticRegression(), (0.937, 0.535, 0.641), (0.012, 0.065, 0.048)),
    "logistic, weighted": (LogisticRegression(class_weight=BALANCED), (0.937, 0.536, 0.899), (0.012, 0.064, 0.010)),
    "random oversampling": (make_pipeline(RandomOverSampler(random_state=0), tree()), (0.880, 0.456, 0.888), None),
    "SMOTE": (make_pipeline(SMOTE(random_state=0), tree()), (0.913, 0.499, 0.910), None),
    "random undersampling": (make_pipeline(RandomUnderSampler(random_state=0), tree()), (0.913, 0.408, 0.896), None),
    "edited nearest neighbours": (make_pipeline(EditedNearestNeighbours(), tree()), (0.879, 0.474, 0.857), None),
    "SMOTE, then undersampling": (
        make_pipeline(SMOTE(sampling_strategy=0.5, random_state=0), RandomUnderSampler(random_state=0), tree()),
        (0.915, 0.494, 0.912),
        None,
    ),
}


@pytest.mark.parametrize(("model", "means", "deviations"), HANDBOOK.values(), ids=HANDBOOK)
def test_the_fraud_detection_handbook(model, means, deviations):
    X, y = make_classification(
        5000,
        n_features=2,
        n_informative=2,
        n_redundant=0,
        n_clusters_per_class=1,
        weights=[0.95, 0.05],
        class_sep=0.5,
        random_state=0,
    )
    assert np.bincount(y).tolist() == [4730, 270]
    folds, names = (
        StratifiedKFold(5, shuffle=True, random_state=0),
        ("roc_auc", "average_precision", "balanced_accuracy"),
    )
    scores = cross_validate(model, X, y, cv=folds, scoring=names)
    rounded = np.array([scores[f"test_{name}"] for name in names]).round(3)
    assert rounded.mean(axis=1).round(3).tolist() == list(means)
    if deviations:
        assert rounded.std(axis=1, ddof=1).round(3).tolist() == list(deviations)


# ------------------------------------------------------------------------------------------------- two Gaussian classes


@pytest.mark.parametrize("separation", [0.5, 1.5])
def test_the_area_under_the_roc_curve_of_two_gaussian_classes(separation):
    # Φ(d/√2); here from the curve that the rates draw as the weight runs from 0 to infinity.
    rates = [theory.gaussian_rates(separation, 0.3, w) for w in np.exp(np.linspace(-10, 10, 301))]
    area = np.trapezoid([0, *(rate["tpr"] for rate in rates), 1], [0, *(rate["fpr"] for rate in rates), 1])
    assert area == pytest.approx(norm.cdf(separation / np.sqrt(2)), abs=1e-3)


def test_the_weight_that_is_best_for_f1_has_half_of_the_f1_as_its_threshold():
    # Lipton, Elkan and Naryanaswamy, 2014: t* = F1*/2. The inverse frequency, 99, reaches a third of that F1.
    def f1(log_w):
        return theory.gaussian_rates(1.5, 0.01, np.exp(log_w))["f1"]

    best = minimize_scalar(lambda log_w: -f1(log_w), bounds=(0, np.log(99)), method="bounded", options={"xatol": 1e-9})
    assert np.exp(best.x) == pytest.approx(9.7315, abs=5e-5)
    assert -best.fun == pytest.approx(0.186368, abs=5e-7)
    assert theory.threshold_from_weight(np.exp(best.x)) == pytest.approx(-best.fun / 2, abs=1e-8)
    assert f1(np.log(99)) < 0.35 * -best.fun


def test_menons_two_classes_in_closed_form():
    # Menon et al., 2021: means ±(1, 1), covariance I, π = 5 %; their distance is 2√2.
    rates = theory.gaussian_rates(2 * np.sqrt(2), 0.05, 1)
    assert (rates["tpr"], rates["fpr"]) == (pytest.approx(0.645499, abs=5e-7), pytest.approx(0.007040, abs=5e-7))
    assert (1 - rates["tpr"] + rates["fpr"]) / 2 == pytest.approx(0.1807703, abs=5e-8)
    balanced = theory.gaussian_rates(2 * np.sqrt(2), 0.05, 19)
    assert (1 - balanced["tpr"] + balanced["fpr"]) / 2 == pytest.approx(norm.cdf(-np.sqrt(2)), abs=1e-12)
    assert norm.cdf(-np.sqrt(2)) == pytest.approx(0.0786496, abs=5e-8)


@both_frameworks
def test_logit_adjustment_ends_at_menons_balanced_rule(framework):
    # At the log-likelihood ratio, 2(x₁ + x₂), which is the balanced rule, the population's gradient is zero at each x.
    x = np.random.default_rng(0).normal(size=(50, 2))
    density = [np.exp(-((x - mean) ** 2).sum(axis=1) / 2) for mean in (-1, 1)]
    mass = np.concatenate([0.95 * density[0], 0.05 * density[1]])
    z, y = np.tile(np.stack([np.zeros(50), 2 * x.sum(axis=1)], axis=1), (2, 1)), np.repeat([0, 1], 50)
    adjusted = gradient(framework, "logit_adjusted_cross_entropy", z, y, mass, prior=[0.95, 0.05])
    plain = gradient(framework, "weighted_cross_entropy", z, y, mass)
    assert np.abs(adjusted[:50] + adjusted[50:]).max() < 1e-14 < 1e-3 < np.abs(plain[:50] + plain[50:]).max()


@both_frameworks
@pytest.mark.parametrize(
    ("prior", "intercept"), [(0.01, -4.5951), (0.1, -2.1972), (0.3, -0.8473)], ids=["0.01", "0.1", "0.3"]
)
def test_balancing_shifts_the_calibration_intercept_as_van_den_goorbergh_et_al_saw(framework, prior, intercept):
    # van den Goorbergh et al., 2022: calibration intercepts far below 0 after every correction; in theory −log w.
    separation, w = np.sqrt(2) * norm.ppf(0.75), (1 - prior) / prior
    nodes, mass = np.polynomial.hermite_e.hermegauss(40)
    X = np.stack([np.concatenate([nodes, nodes + separation]), np.ones(80)], axis=1)
    y, mass = np.repeat([0, 1], 40), np.concatenate([(1 - prior) * mass, prior * mass]) / mass.sum()
    plain, balanced = (logistic_optimum(framework, X, y, mass, each) for each in (1.0, w))
    assert plain[1] - balanced[1] == pytest.approx(intercept, abs=5e-5)
    assert (plain[0], balanced[0]) == (pytest.approx(separation, abs=1e-6), pytest.approx(separation, abs=1e-6))
    if prior == 0.1:
        briers = [mass @ (expit(X @ theta) - y) ** 2 for theta in (plain, balanced)]
        assert briers == [pytest.approx(0.082, abs=0.002), pytest.approx(0.204, abs=0.002)]


def test_resampling_shifts_the_calibration_like_weighting_and_smote_flattens_it():
    # The same study, in our replicate: three features, an area of .75, π = .1; five samples of 5,000 rows.
    rng, shift = np.random.default_rng(0), np.sqrt(2 / 3) * norm.ppf(0.75)
    samplers = {
        "none": None,
        "over": RandomOverSampler(random_state=0),
        "under": RandomUnderSampler(random_state=0),
        "SMOTE": SMOTE(random_state=0),
    }
    found = {name: [] for name in samplers}
    for _ in range(5):
        y, new_y = (rng.uniform(size=5000) < 0.1 for _ in range(2))
        X, new_X = (rng.normal(size=(len(label), 3)) + shift * label[:, None] for label in (y, new_y))
        for name, sampler in samplers.items():
            Xr, yr = sampler.fit_resample(X, y) if sampler else (X, y)
            z = LogisticRegression(C=np.inf).fit(Xr, yr).decision_function(new_X)
            found[name].append([roc_auc_score(new_y, z), *evaluate.calibration(new_y.astype(int), z).values()])
    mean = {name: np.mean(rows, axis=0) for name, rows in found.items()}
    assert abs(mean["none"][1]) < 0.1 and mean["none"][2] == pytest.approx(1, abs=0.1)
    for name in ("over", "under", "SMOTE"):
        assert mean[name][1] == pytest.approx(-np.log(9), abs=0.12)
        assert mean[name][0] == pytest.approx(mean["none"][0], abs=0.003)
        assert mean[name][3] > 2 * mean["none"][3]
    assert mean["SMOTE"][2] < mean["over"][2] - 0.01


# --------------------------------------------------------------------------------- well specified, or not, or separable

POPULATIONS = {
    "well specified": (np.eye(2), [18.4349] * 3, [0.868224] * 3),
    "mis-specified": (np.array([[2, 1.2], [1.2, 1]]), [15.57, 10.17, -5.42], [0.799068, 0.802436, 0.807735]),
}


@both_frameworks
@pytest.mark.parametrize(("covariance", "angles", "areas"), POPULATIONS.values(), ids=POPULATIONS)
def test_the_populations_of_case_a_and_case_b(framework, covariance, angles, areas):
    # Closed form in case (a), quadrature in case (b): negatives N(0, I), positives N((1.5, .5), Σ₁), π = .01.
    mu, prior = np.array([1.5, 0.5]), 0.01
    nodes, mass = np.polynomial.hermite_e.hermegauss(24)
    grid = np.stack(np.meshgrid(nodes, nodes), axis=-1).reshape(-1, 2)
    mass = np.outer(mass, mass).ravel() / mass.sum() ** 2
    X = np.vstack([grid, mu + grid @ np.linalg.cholesky(covariance).T])
    X, y = np.column_stack([X, np.ones(len(X))]), np.repeat([0, 1], len(grid))
    mass = np.concatenate([(1 - prior) * mass, prior * mass])
    for w, degrees, area in zip((1.0, 10.0, 99.0), angles, areas, strict=True):
        *slopes, b = logistic_optimum(framework, X, y, mass, w)
        assert np.degrees(np.arctan2(slopes[1], slopes[0])) == pytest.approx(degrees, abs=0.006)
        spread = np.sqrt(slopes @ (np.eye(2) + covariance) @ slopes)
        assert norm.cdf(slopes @ mu / spread) == pytest.approx(area, abs=1e-6)
        if covariance[0, 1] == 0:
            assert slopes == pytest.approx([1.5, 0.5], abs=1e-6)
            assert b - np.log(w) == pytest.approx(-5.84512, abs=5e-6)


@both_frameworks
def test_on_separable_data_the_boundaries_of_all_weights_approach_one_another(framework):
    # Soudry et al., 2018; Byrd and Lipton, 2019; Xu et al., 2021. A penalty keeps them apart.
    rng, y = np.random.default_rng(0), np.repeat([0, 1], [45, 5])
    X = np.stack([(2 * y - 1) * (1 + np.abs(rng.normal(size=50))), rng.normal(size=50), np.ones(50)], axis=1)
    mass, at = np.full(50, 1 / 50), {}
    for w in (1.0, 100.0):
        theta = np.zeros(3)
        for step in range(1, 201):
            slope = X.T @ gradient(framework, "weighted_bce", X @ theta, y, mass, pos_weight=w)
            theta -= 0.4 * slope / np.linalg.norm(slope)
            if step in (5, 40, 200):
                at[w, step] = -theta[2] / theta[0]
        penalised = logistic_optimum(framework, X, y, mass, w, decay=0.01)
        at[w, "penalty"] = -penalised[2] / penalised[0]
    apart = {key: at[1.0, key] - at[100.0, key] for key in (5, 40, 200, "penalty")}
    assert apart[5] > 3 * apart[40] > 0 and abs(apart[200]) < 0.3 * apart[40] and apart["penalty"] > 0.5
    assert (np.sign(X @ theta) == 2 * y - 1).all()


# ----------------------------------------------------------------------------------------------------------- focal loss


@both_frameworks
@pytest.mark.parametrize("gamma", [1.0, 2.0, 5.0])
def test_the_focal_minimiser_of_charoenphakdee_et_al_is_where_the_gradient_vanishes(framework, gamma):
    # Charoenphakdee et al., 2021; their Ψ, which recovers η from p, is h(p)/(h(p) + h(1−p)).
    eta = np.array([0.01, 0.05, 0.1, 0.5, 0.9])
    p = theory.focal_minimiser(eta, gamma)
    z, y, mass = np.tile(logit(p), 2), np.repeat([1, 0], 5), np.concatenate([eta, 1 - eta])
    slope = gradient(framework, "focal_loss", z, y, mass, gamma=gamma)
    assert np.abs(slope[:5] + slope[5:]).max() < 1e-12

    def h(p):
        return p / ((1 - p) ** gamma - gamma * (1 - p) ** (gamma - 1) * p * np.log(p))

    assert h(p) / (h(p) + h(1 - p)) == pytest.approx(eta, rel=1e-9)


@both_frameworks
def test_the_papers_alpha_of_a_quarter_moves_the_decision_against_the_rare_class(framework):
    # Lin et al., 2017: α = .25 multiplies the rare, positive class. p = ½ then needs η = ¾.
    for alpha, eta in ((0.25, 0.75), (0.75, 0.25)):
        slope = gradient(framework, "focal_loss", [0.0, 0.0], [1, 0], [eta, 1 - eta], gamma=2.0, alpha=alpha)
        assert slope.sum() == pytest.approx(0, abs=1e-14)


@both_frameworks
def test_a_focal_loss_with_a_detached_modulator_is_a_temperature(framework):
    # clcarwin/focal_loss_pytorch takes (1 − p)^γ as a constant: stationary at logit p = logit η/(γ + 1), not at the
    # minimiser of the focal loss.
    eta, gamma = 0.01, 2.0
    detached, right = expit(logit(eta) / (gamma + 1)), float(theory.focal_minimiser(eta, gamma))
    assert (round(detached, 3), round(right, 4)) == (0.178, 0.1536)
    for p, vanishes in ((detached, True), (right, False)):
        constant = np.array([eta * (1 - p) ** gamma, (1 - eta) * p**gamma])
        slope = gradient(framework, "weighted_bce", np.full(2, logit(p)), [1, 0], constant).sum()
        assert (abs(slope) < 1e-14) == vanishes


@both_frameworks
def test_a_weight_inside_the_cross_entropy_leaks_into_the_modulator(framework):
    # The FocalLoss of kaidic/LDAM-DRW takes p_t = exp(−weighted loss), which is p_t to the power w.
    z, y, w, gamma = np.array([[0.3, -0.2]]), np.array([0]), [3.0, 1.0], 2.0
    logits, targets = framework.tensor(z), framework.tensor(y, dtype="int64")
    weighted = framework.half.weighted_cross_entropy(logits, targets, w, reduction="none")
    loss = float(framework.array(weighted)[0])
    p = expit(0.5)
    assert np.exp(-loss) == pytest.approx(p**3)
    right = framework.half.focal_loss(framework.tensor([0.5]), framework.tensor([1.0]), gamma=gamma, reduction="sum")
    assert (1 - np.exp(-loss)) ** gamma * loss != pytest.approx(3 * float(framework.array(right)), rel=0.5)


# ------------------------------------------------------------------------------------ TensorFlow's and Keras' tutorials

# TensorFlow, Classification on imbalanced data: 492 frauds in 284,807 transactions.
FRAUDS = np.repeat([0, 1], [284_315, 492])


def test_the_constants_of_tensorflows_tutorial():
    prior = FRAUDS.mean()
    entropy = -prior * np.log(prior) - (1 - prior) * np.log1p(-prior)
    assert prior == pytest.approx(0.00172749, abs=5e-9)
    assert logit(prior) == pytest.approx(-6.359359, abs=5e-7)
    assert weights.class_weights(FRAUDS) == pytest.approx([0.5008652, 289.438008], abs=5e-7)
    # It prints 0.01317, for which it rounds the share of the frauds to .0018.
    assert entropy == pytest.approx(0.0127147, abs=5e-8)
    assert -0.0018 * np.log(0.0018) - 0.9982 * np.log(0.9982) == pytest.approx(0.01317, abs=2e-5)


@both_frameworks
@pytest.mark.parametrize(("bias", "published"), [(logit(492 / 284_807), 3.181409), (0.0, np.log(2))], ids=["b0", "0"])
def test_the_tutorials_bias_is_a_bad_start_for_the_weighted_model(framework, bias, published):
    # It starts the weighted model from b₀, where its loss is 3.18; the resampled one starts from 0, where it is log 2.
    logits = np.stack([np.zeros(len(FRAUDS)), np.full(len(FRAUDS), bias)], axis=1)
    loss = framework.half.weighted_cross_entropy(
        framework.tensor(logits), framework.tensor(FRAUDS, dtype="int64"), weights.class_weights(FRAUDS)
    )
    assert float(framework.array(loss)) == pytest.approx(published, abs=5e-7)


def test_a_lower_threshold_misses_fewer_frauds():
    # The tutorial says that it increases "missed transactions". A threshold t is a weight 1/t − 1.
    missed = [1 - theory.gaussian_rates(1.5, 0.0017, 1 / t - 1)["tpr"] for t in (0.5, 0.1, 0.01, 0.001)]
    assert (np.diff(missed) < 0).all()


def first_step(optimizer, scale):
    """Return the first step of an optimiser of either framework, in units of its rate, for a gradient `scale`."""
    if isinstance(optimizer, keras.optimizers.Optimizer):
        variable = keras.Variable([0.0], dtype="float64")
        optimizer.apply([keras.ops.convert_to_tensor([scale], dtype="float64")], [variable])
        return -float(variable.numpy()[0]) * 128
    (parameter,) = optimizer.param_groups[0]["params"]
    parameter.grad = torch.full_like(parameter, scale)
    optimizer.step()
    return -parameter.item() * 128


@pytest.mark.parametrize(
    ("scale", "pytorch", "tensorflow"), [(1.0, 1.0, 1.0), (1e-6, 0.990, 0.240), (1e-8, 0.5, 0.0032)]
)
def test_adam_is_affected_by_the_scale_of_the_weights(scale, pytorch, tensorflow):
    # The tutorial says that Adam "is unaffected by the scaling change". Its ε, which Keras adds before the correction
    # of the moments, is not small beside the gradients of weights such as 1/n_k.
    ours = torch.optim.Adam([torch.zeros(1, dtype=torch.float64, requires_grad=True)], lr=2**-7)
    assert first_step(ours, scale) == pytest.approx(pytorch, rel=0.01)
    assert first_step(keras.optimizers.Adam(2**-7), scale) == pytest.approx(tensorflow, rel=0.02)


@both_frameworks
def test_keras_example_weights_slow_adam_down_unless_its_epsilon_is_tiny(framework):
    # keras.io, Imbalanced classification: credit card fraud detection, weighs by 1/n_k; n/2n_k is the same ratio.
    X, y = data.gaussian_classes(2000, separation=2.0, prior=0.02, seed=0)
    X, counts = np.column_stack([X, np.ones(len(X))]), np.bincount(y)
    losses = []
    for scale, epsilon in ((len(y) / 2, 1e-7), (2e-3, 1e-7), (2e-3, 1e-14)):
        theta, m, v = np.zeros(2), np.zeros(2), np.zeros(2)
        for t in range(1, 41):  # Adam as Keras does it
            slope = X.T @ gradient(framework, "weighted_bce", X @ theta, y, scale / counts[y] / len(y))
            m, v = 0.9 * m + 0.1 * slope, 0.999 * v + 0.001 * slope**2
            theta -= 0.02 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + epsilon)
        z = X @ theta
        losses.append(np.mean(np.logaddexp(0, np.where(y == 1, -z, z)) * (len(y) / 2 / counts)[y]))
    assert losses[0] == pytest.approx(losses[2], rel=1e-3) and losses[1] > 1.05 * losses[0]


def test_the_counts_of_keras_example():
    # 56,961 validation rows, of which 75 frauds; 66 are found, with 441 false alarms.
    y, alarm = np.repeat([1, 0], [75, 56_886]), np.concatenate([np.arange(75) < 66, np.arange(56_886) < 441])
    report = evaluate.binary_report(y, alarm.astype(float))
    assert (round(report["precision"], 3), round(report["recall"], 3)) == (0.130, 0.880)


def test_keras_area_under_the_curve_takes_200_thresholds_and_misses_rare_classes():
    # The tutorial stops early on such a metric. With π = .001 nearly all probabilities lie below the first thresholds;
    # a weight spreads them, so that the "area" rises while the ranking is the same.
    X, y = data.gaussian_classes(100_000, separation=1.5, prior=0.001, seed=0)
    z = 1.5 * X[:, 0] - 1.5**2 / 2 + logit(0.001)
    exact = roc_auc_score(y, z)
    plain, weighted = (float(keras.metrics.AUC(from_logits=False)(y, expit(logits))) for logits in (z, z + np.log(999)))
    assert exact == pytest.approx(norm.cdf(1.5 / np.sqrt(2)), abs=0.03)
    assert plain < exact - 0.1 and weighted == pytest.approx(exact, abs=0.005)


def test_keras_validation_split_takes_the_last_rows_before_it_shuffles():
    # A maintainer says in keras#20946 that it shuffles first.
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones", dtype="float64")])
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse")
    x = np.repeat([1.0, 3.0], [30, 10])[:, None]
    history = model.fit(x, np.zeros_like(x), validation_split=0.25, shuffle=True, epochs=1, verbose=0).history
    assert (history["loss"], history["val_loss"]) == ([pytest.approx(1)], [pytest.approx(9)])
