"""What lessons 06 and 06a compare: optima that both frameworks confirm, best cuts, and scores by their definition."""

from functools import partial

import numpy as np
import pytest
from frameworks import BOTH
from scipy.special import expit, logit
from sklearn import metrics

from companion import alternatives, data, evaluate, theory

frameworks = pytest.mark.parametrize("framework", BOTH, ids=str)
X, Y = alternatives.gaussians([1.2, 0.6], n=600, positives=60, seed=0)
SPLIT = data.stratified(X, Y, seeds=[0])[0]


@frameworks
@pytest.mark.parametrize("penalty", [0.0, 0.1])
def test_the_logistic_regression_is_that_of_minimise(framework, penalty):
    weights = np.where(Y == 1, 9.0, 1.0)
    minimum = framework.half.minimise(X, Y, sample_weights=weights / weights.mean(), penalty=penalty)
    found = alternatives.logistic(X, Y, 9.0, penalty=penalty)
    np.testing.assert_allclose(found, np.concatenate(minimum.parameters, axis=None), atol=1e-9)


@frameworks
@pytest.mark.parametrize("penalty", [0.0, 0.1])
@pytest.mark.parametrize(("gamma", "weight"), [(2.0, 1.0), (2.0, 9.0), (1.0, 1 / 3), (0.0, 9.0)])
def test_the_focal_regression_is_the_minimum_of_focal_loss(framework, gamma, weight, penalty):
    design, y = framework.tensor(np.column_stack([X, np.ones(len(X))])), framework.tensor(Y)
    alpha = weight / (1 + weight)
    mean = np.where(Y == 1, alpha, 1 - alpha).mean()

    def loss(theta):
        logits = (design @ theta[:, None])[:, 0]
        squares = theta[0] ** 2 + theta[1] ** 2
        return framework.half.focal_loss(logits, y, gamma=gamma, alpha=alpha) / mean + penalty / 2 * squares

    found = framework.half.minimise(loss, np.zeros(3)).parameters
    np.testing.assert_allclose(
        alternatives.focal_logistic(X, Y, weight, gamma=gamma, penalty=penalty), found, atol=1e-6
    )


@pytest.mark.parametrize("regression", [alternatives.logistic, partial(alternatives.focal_logistic, gamma=5.0)])
def test_a_regression_that_does_not_arrive_is_refused(regression):
    with pytest.raises(RuntimeError, match="logistic has not arrived"):
        regression([[0.0], [1.0], [2.0], [3.0]] * np.array([1e12]), [0, 1, 0, 1])


@pytest.mark.parametrize("regression", [alternatives.logistic, partial(alternatives.focal_logistic, gamma=5.0)])
def test_classes_that_a_plane_tells_apart_have_no_optimum_without_a_penalty(regression):
    apart = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]
    with pytest.raises(ValueError, match="X separates the classes of y without an error"):
        regression(*apart)
    assert np.isfinite(regression(*apart, penalty=0.1)).all()


@frameworks
@pytest.mark.parametrize("other", [X[:, 0], np.zeros(len(X))], ids=["repeated", "zero"])
def test_columns_that_tell_nothing_new_change_no_logit(framework, other):
    columns = np.column_stack([X, other])
    W, b = framework.half.minimise(columns, Y).parameters
    found = alternatives.logistic(columns, Y)
    np.testing.assert_allclose(columns @ found[:-1] + found[-1], columns @ W[:, 0] + b, atol=1e-6)
    assert np.isfinite(alternatives.focal_logistic(columns, Y, gamma=2.0)).all()


@pytest.mark.parametrize(("columns", "weight"), [(X * 1e-9, 1.0), (X + 1e9, 1.0), (X, 1e9)])
def test_parameters_at_which_the_gradient_is_not_0_are_refused(columns, weight):
    with pytest.raises(RuntimeError, match="logistic has not arrived: the gradient is .* Standardise the features"):
        alternatives.logistic(columns, Y, weight)


@pytest.mark.parametrize(
    "regression",
    [
        alternatives.logistic,
        partial(alternatives.focal_logistic, gamma=2.0),
        partial(alternatives.smote_lengths, seed=0),
    ],
    ids=["logistic", "focal_logistic", "smote_lengths"],
)
def test_classes_that_are_told_apart_in_part_have_no_optimum_either(regression):
    y = np.arange(40) % 2
    rows = np.column_stack(
        [np.random.default_rng(0).normal(size=40), (np.arange(40) < 6) * y]
    )  # positives alone have it
    with pytest.raises(ValueError, match="X separates the classes of y in part.*Take a penalty above 0"):
        regression(rows, y)


def test_no_cut_is_better_than_the_best():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=80).round(1) + (y := np.arange(80) % 2)  # with ties
    best = metrics.balanced_accuracy_score(y, logits > alternatives.best_cut(y, logits))
    every = [metrics.balanced_accuracy_score(y, logits > cut) for cut in np.append(logits, -np.inf)]
    assert best == pytest.approx(max(every))


def test_of_equally_good_cuts_the_highest_is_taken():
    y, logits = np.array([0, 1, 1, 0, 0, 1]), np.array([1.0, 13.0, 27.0, 31.0, 37.0, 71.0])  # a third at 13 and at 71
    assert alternatives.best_cut(y, logits) == np.nextafter(71, 0)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_cut_lies_below_its_logit_in_their_precision(dtype):
    import torch

    logits = np.array([0, 1], dtype=dtype)
    for values in (logits, torch.tensor(logits)):
        assert (values > alternatives.best_cut([0, 1], values)).tolist() == [False, True]
        assert (values > alternatives.best_cut([1, 0], values)).tolist() == [False, False]
    with pytest.raises(TypeError, match="got bfloat16; take float32"):
        alternatives.best_cut([0, 1], torch.tensor(logits).bfloat16())


def test_scores_are_those_of_scikit_learn():
    theta = alternatives.logistic(SPLIT.X_train, SPLIT.y_train)
    found, z = alternatives.scores(SPLIT, theta), SPLIT.X_test @ theta[:-1] + theta[-1]
    cut = alternatives.best_cut(SPLIT.y_val, SPLIT.X_val @ theta[:-1] + theta[-1])
    assert found == pytest.approx(
        {
            "cut at ½": metrics.balanced_accuracy_score(SPLIT.y_test, z > 0),
            "cut chosen": metrics.balanced_accuracy_score(SPLIT.y_test, z > cut),
            "AUC": metrics.roc_auc_score(SPLIT.y_test, z),
            "average precision": metrics.average_precision_score(SPLIT.y_test, z),
            "cut": cut,
        }
    )


def test_a_shift_of_the_logits_changes_no_decision_at_a_chosen_cut():
    theta = alternatives.logistic(SPLIT.X_train, SPLIT.y_train)
    plain, shifted = (alternatives.scores(SPLIT, theta + [0, 0, b]) for b in (0.0, 3.0))
    assert shifted["cut chosen"] == plain["cut chosen"] and shifted["cut"] == pytest.approx(plain["cut"] + 3)


def test_what_does_not_fit_the_split_is_refused():
    with pytest.raises(ValueError, match="theta takes 2 slopes and an intercept, got 2 numbers"):
        alternatives.scores(SPLIT, [1.0, 0.0])
    with pytest.raises(ValueError, match="z_test"):
        alternatives.score_logits(SPLIT, np.arange(len(SPLIT.y_val)), np.arange(3.0))


@pytest.mark.parametrize(("weight", "gamma"), [(1.0, 0.0), (9.0, 0.0), (1 / 3, 2.0), (9.0, 2.0)])
def test_what_the_loss_added_is_taken_out(weight, gamma):
    theta = alternatives.logistic(SPLIT.X_train, SPLIT.y_train, 9.0)
    q = expit(SPLIT.X_test @ theta[:-1] + theta[-1])
    p = theory.focal_correction(q, gamma, weight / (1 + weight)) if gamma else theory.prior_correction(q, weight)
    w = (SPLIT.y_train == 0).sum() / (SPLIT.y_train == 1).sum()
    assert alternatives.undone(SPLIT, theta, weight, gamma=gamma) == pytest.approx(
        {
            "cut aimed at": metrics.balanced_accuracy_score(SPLIT.y_test, p > theory.threshold_from_weight(w)),
            "brier, undone": metrics.brier_score_loss(SPLIT.y_test, p),
        }
    )


def test_nothing_is_undone_that_does_not_fit():
    theta = np.array([1.0, 0.5, -2.0])
    assert np.isfinite(list(alternatives.undone(SPLIT, 1000 * theta, 9.0, gamma=2.0).values())).all()  # p rounds to 1
    for message, arguments in {
        "theta takes 2 slopes": (theta[:2],),
        "weight": (theta, 0.0),
    }.items():
        with pytest.raises(ValueError, match=message):
            alternatives.undone(SPLIT, *arguments)
    with pytest.raises(ValueError, match="gamma"):
        alternatives.undone(SPLIT, theta, gamma=-1.0)


def test_what_is_no_split_is_refused_by_name():
    for call in (alternatives.scores, alternatives.undone):
        with pytest.raises(TypeError, match="split takes a Split, as companion.data.splits returns them"):
            call((X, Y), np.zeros(3))
    with pytest.raises(TypeError, match="split takes a Split"):
        alternatives.score_logits((X, Y), np.zeros(3), np.zeros(3))


def test_logits_that_separate_the_validation_part_cannot_be_refitted():
    with pytest.raises(ValueError, match="X separates the classes of y") as caught:
        alternatives.focal_scores(SPLIT, SPLIT.y_val - 0.5, np.zeros(len(SPLIT.y_test)), 2.0)
    assert caught.value.__notes__ == ["Here X is the column z_val: no σ(a + bz) fits the validation part best."]


def test_differences_are_those_of_paired_in_the_order_of_the_methods():
    scores = np.random.default_rng(0).normal(size=(2, 3, 5))
    columns = dict(zip(("recall", "AUC"), scores, strict=True))
    table = evaluate.frame(columns, method=["turned", "none", "bent"], split=range(5))
    found = alternatives.differences(table, "none")
    assert list(found.index) == ["turned", "none", "bent"] and list(found) == ["recall", "AUC"]
    gain = scores[1, 2] - scores[1, 1]
    reach = 2.776445 * gain.std(ddof=1) / np.sqrt(5)  # Student's t, four degrees of freedom
    assert found.loc["bent", "AUC"] == f"{gain.mean():+.3f} ± {reach:.3f}"
    with pytest.raises(ValueError, match="baseline"):
        alternatives.differences(table, "nothing")
    with pytest.raises(TypeError, match="the index levels method and split"):
        alternatives.differences(table.rename_axis(["rule", "split"]), "none")


def test_the_weight_is_compared_with_none_at_chosen_cuts():
    (row,) = alternatives.weight_and_choice([SPLIT]).to_dict("records")
    w = (SPLIT.y_train == 0).sum() / (SPLIT.y_train == 1).sum()
    plain = alternatives.logistic(SPLIT.X_train, SPLIT.y_train)
    without = alternatives.scores(SPLIT, plain)
    weighted = alternatives.scores(SPLIT, alternatives.logistic(SPLIT.X_train, SPLIT.y_train, w))
    law = alternatives.scores(SPLIT, plain + [0, 0, np.log(w)])["cut at ½"]
    assert row == pytest.approx(
        {
            "balanced accuracy": weighted["cut chosen"] - without["cut chosen"],
            "AUC": weighted["AUC"] - without["AUC"],
            "average precision": weighted["average precision"] - without["average precision"],
            "choosing": without["cut chosen"] - law,
        }
    )


def test_methods_are_paired_with_the_baseline_by_split():
    splits = data.stratified(X, Y, seeds=[0, 1, 2])
    models = [{"none": np.array([1.0, 0.5, -2.0]), "turned": np.array([0.5, -1.0, 0.0])} for _ in splits]
    found = alternatives.against(splits, models, "none")
    each = {
        name: [alternatives.scores(split, row[name]) for split, row in zip(splits, models, strict=True)]
        for name in models[0]
    }
    for name, scores in each.items():
        for column in ("cut at ½", "cut chosen", "AUC", "average precision"):
            assert found.loc[name, column] == pytest.approx(np.mean([score[column] for score in scores]))
    gain = np.subtract(*([score["cut chosen"] for score in each[name]] for name in ("turned", "none")))
    reach = 4.302653 * gain.std(ddof=1) / np.sqrt(3)  # Student's t, two degrees of freedom
    assert found["difference"].tolist() == ["+0.000 ± 0.000", f"{gain.mean():+.3f} ± {reach:.3f}"]
    with pytest.raises(ValueError, match="baseline"):
        alternatives.against(splits, models, "nothing")


@pytest.mark.parametrize(
    "compare",
    [alternatives.weight_and_choice, lambda splits: alternatives.against(splits, [{"none": np.zeros(3)}] * 2, "none")],
    ids=["weight_and_choice", "against"],
)
def test_splits_of_one_seed_are_not_merged(compare):
    with pytest.raises(ValueError, match="splits takes splits of different seeds.*got seed 0 2 times"):
        compare([SPLIT, data.stratified(X + 1, Y, seeds=[0])[0]])


def test_a_refit_undoes_any_line_and_a_shift_only_the_weight():
    z_val, z = (part[:, 0] + 0.3 for part in (SPLIT.X_val, SPLIT.X_test))
    found = alternatives.recalibrated(SPLIT, z_val, z, 9.0)
    other = alternatives.recalibrated(SPLIT, 5 * z_val - 2, 5 * z - 2, 1.0)
    for part in ("intercept", "slope"):
        assert other[f"{part}, refitted"] == pytest.approx(found[f"{part}, refitted"], abs=1e-6)
        assert found[f"{part}, shifted"] == pytest.approx(evaluate.calibration(SPLIT.y_test, z - np.log(9))[part])


def test_focal_logits_are_scored_as_they_come_corrected_and_refitted():
    theta = alternatives.focal_logistic(SPLIT.X_train, SPLIT.y_train, gamma=2.0)
    z_val, z = (part @ theta[:-1] + theta[-1] for part in (SPLIT.X_val, SPLIT.X_test))
    found = alternatives.focal_scores(SPLIT, z_val, z, 2.0)
    b, a = alternatives.logistic(z_val[:, None], SPLIT.y_val)
    p = theory.focal_correction(expit(z), 2.0)
    for how, logits in {"reported": z, "corrected": logit(p), "refitted": a + b * z}.items():
        measured = evaluate.calibration(SPLIT.y_test, logits)
        assert found[f"slope, {how}"] == pytest.approx(measured["slope"])
        assert found[f"Brier, {how}"] == pytest.approx(measured["brier"])
    assert found["average precision"] == pytest.approx(metrics.average_precision_score(SPLIT.y_test, z))
    p_val = theory.focal_correction(expit(z_val), 2.0)
    assert found["log loss, validation"] == pytest.approx(metrics.log_loss(SPLIT.y_val, p_val))


def test_without_gamma_there_is_nothing_to_correct():
    z_val, z = (500 * part[:, 0] for part in (SPLIT.X_val, SPLIT.X_test))  # where exp(z) overflows, too
    assert max(z_val.max(), z.max()) > 710
    found = alternatives.focal_scores(SPLIT, z_val, z, 0.0)
    assert found["slope, corrected"] == pytest.approx(found["slope, reported"])
    assert found["Brier, corrected"] == pytest.approx(found["Brier, reported"])
    with pytest.raises(ValueError, match="gamma"):
        alternatives.focal_scores(SPLIT, z_val, z, -1.0)


def test_far_out_the_correction_multiplies_logits_by_gamma_plus_one():
    z_val, z = (500 * part[:, 0] for part in (SPLIT.X_val, SPLIT.X_test))
    found = alternatives.focal_scores(SPLIT, z_val, z, 2.0)
    assert found["slope, corrected"] == pytest.approx(found["slope, reported"] / 3, rel=0.05)


def test_smote_lengthens_the_slopes_of_many_dimensions():
    shift = np.full(20, 2 / np.sqrt(20))
    rows = alternatives.gaussians(shift, n=2000, positives=100, seed=0)
    assert alternatives.smote_lengths(*rows, seed=0)[0] > 1.1
    with pytest.raises(ValueError, match="weight"):
        alternatives.logistic(*rows, weight=0.0)


def test_gaussians_stand_where_they_should():
    points, labels = alternatives.gaussians([2.0, 0.0], n=40_000, positives=10_000, seed=0)
    np.testing.assert_allclose([points[labels == k].mean(axis=0) for k in (0, 1)], [[0, 0], [2, 0]], atol=0.05)
    assert labels.sum() == 10_000


@pytest.mark.parametrize("positives", [10, 11])
def test_gaussians_without_a_negative_are_refused(positives):
    with pytest.raises(ValueError, match="positives takes less than n = 10"):
        alternatives.gaussians([1.0], n=10, positives=positives, seed=0)


@pytest.mark.parametrize("short", ["val", "test"])
@pytest.mark.parametrize(
    "of_logits",
    [
        alternatives.score_logits,
        lambda *each: alternatives.recalibrated(*each, 2.0),
        lambda *each: alternatives.focal_scores(*each, 2.0),
    ],
    ids=["score_logits", "recalibrated", "focal_scores"],
)
def test_logits_that_do_not_fit_the_split_are_named(of_logits, short):
    z = {"val": np.linspace(-1, 1, len(SPLIT.y_val)), "test": np.linspace(-1, 1, len(SPLIT.y_test))}
    z[short] = z[short][1:]
    with pytest.raises(ValueError, match=f"z_{short}"):
        of_logits(SPLIT, z["val"], z["test"])
