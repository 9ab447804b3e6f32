"""Labelled and masked arrays wherever two of them meet: rows and classes by their labels, or a refusal."""

import numpy as np
import pandas as pd
import pytest
from frameworks import BOTH

from companion import _sweep, alternatives, compare, data, evaluate, theory

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 2))
Y = (X[:, 0] + RNG.normal(size=40) > 0).astype(int)
SORTED = np.argsort(Y, kind="stable")
SEPARATED = np.arange(40) > 20

CALLS = {
    "calibrations": lambda X, y: evaluate.calibrations(y, X[0]),
    "rates": lambda X, y: evaluate.rates(y, X[0] > 0),
    "best_cut": lambda X, y: alternatives.best_cut(y, X[0]),
    "logistic": lambda X, y: alternatives.logistic(X, y, 2.0),
    "focal_logistic": lambda X, y: alternatives.focal_logistic(X, y, gamma=1.0),
    "smote_lengths": lambda X, y: alternatives.smote_lengths(X, y, seed=0),
    "max_margin": lambda X, y: theory.max_margin(X * 0 + 2 * SEPARATED[X.index, None] - 1, y * 0 + SEPARATED[y.index]),
    "stratified": lambda X, y: [part.y_test for part in data.stratified(X, y, seeds=[0])],
}  # fmt: skip
CALLS |= {
    f"minimise, {framework}": lambda X, y, half=framework.half: half.minimise(X, y).parameters for framework in BOTH
}


@pytest.mark.parametrize("name", CALLS)
def test_rows_in_another_order_than_their_labels_are_refused_and_equal_orders_taken(name):
    table, labels = pd.DataFrame(X), pd.Series(Y)
    with pytest.raises(ValueError, match="take the same samples in the same order.*align them"):
        CALLS[name](table, labels.iloc[SORTED])
    assert CALLS[name](table.iloc[SORTED], labels.iloc[SORTED]) is not None


@pytest.mark.parametrize("framework", BOTH, ids=str)
def test_sample_weights_belong_to_rows_by_their_index(framework):
    w = pd.Series(np.arange(40) + 1.0)
    with pytest.raises(ValueError, match="sample_weights and y take the same samples"):
        framework.half.minimise(pd.DataFrame(X), pd.Series(Y), sample_weights=w[::-1])
    assert framework.half.minimise(X, pd.Series(Y), sample_weights=w).steps > 1


def test_tables_of_both_frameworks_are_compared_row_by_row():
    first = pd.Series([1.0, 2.0], index=["recall", "precision"])
    with pytest.raises(ValueError, match="two different indices"):
        compare.assert_parity(first, pd.Series([1.0, 2.0], index=["precision", "recall"]), atol=1e-9)
    compare.assert_parity(first, first.copy(), atol=1e-9)
    by_framework = {"PyTorch": first.to_frame().T, "TensorFlow": pd.DataFrame({"precision": [1.0], "recall": [2.0]})}
    with pytest.raises(ValueError, match=r"take the same columns.*got \['recall', 'precision'\] and \['precision'"):
        compare.agreed({name: table.reset_index(drop=True) for name, table in by_framework.items()})


@pytest.mark.parametrize("models", [["first", "second"], [0, 1]])
def test_models_in_the_rows_of_a_table_have_their_samples_in_its_columns(models):
    y = pd.Series(Y, index=[f"sample {i}" for i in range(40)])
    logits = pd.DataFrame(X.T, index=models, columns=y.index)
    assert (evaluate.calibrations(y, logits)["slope"] == evaluate.calibrations(Y, X.T)["slope"]).all()
    assert (evaluate.rates(y, logits > 0)["alarms"] == (X > 0).sum(axis=0)).all()
    for call in (evaluate.calibrations, lambda y, z: evaluate.rates(y, z > 0)):
        with pytest.raises(ValueError, match="take the same samples in the same order"):
            call(y, logits.iloc[:, SORTED])


@pytest.mark.parametrize(
    "call",
    [
        lambda masked: evaluate.rates(masked, X[:, 0] > 0),
        lambda masked: evaluate.rates(Y, np.ma.array(X[:, 0] > 0, mask=masked.mask)),
        lambda masked: evaluate.frame({"TP": masked}, split=range(40)),
        lambda masked: compare.assert_parity(Y, masked, atol=1e-9),
        lambda masked: compare.agreed({"PyTorch": {"y": masked}, "TensorFlow": {"y": Y}}),
        lambda masked: compare.holds("all are positive", masked > 0),
    ],
)
def test_a_mask_is_not_read_through(call):
    with pytest.raises(ValueError, match="is a masked array with [0-9]+ masked entries"):
        call(np.ma.masked_equal(Y, 0))


def test_a_column_of_a_frame_holds_the_values_of_an_axis_in_its_order():
    first = pd.Series([3, 4], index=[20, 1])
    with pytest.raises(
        ValueError, match=r"The axis w has \[1, 20\]; column 'TP' holds them in another order, \[20, 1\]"
    ):
        evaluate.frame({"TP": first}, w=[1, 20])
    with pytest.raises(ValueError, match="The axis split has"):
        evaluate.frame({"TP": pd.DataFrame([[3, 4]], columns=[1, 0])}, w=[7], split=[0, 1])
    assert evaluate.frame({"TP": first}, w=[20, 1]).loc[20, "TP"] == 3
    assert evaluate.frame({"TP": pd.Series([3, 4])}, w=[20, 1]).loc[20, "TP"] == 3


def test_shares_and_weights_of_classes_meet_by_their_keys():
    # 70 of class 2, 20 of class 0, 10 of class 1: value_counts() comes in that order.
    counts, weights = pd.Series([70, 20, 10], index=[2, 0, 1]), {0: 1.0, 1: 5.0, 2: 0.5}
    expected = theory.effective_weights([20, 10, 70], [1.0, 5.0, 0.5], 32)
    for prior in (counts, dict(counts), counts / 100):
        np.testing.assert_allclose(theory.effective_weights(prior, weights, 32), expected)
    with pytest.raises(ValueError, match="prior takes the keys 0…2"):
        theory.effective_weights({"a": 1, "b": 2, "c": 3}, weights, 32)


@pytest.mark.parametrize("names", [[1, 0], ["1", "0"], [1.0, 0.0], [True, False]])
def test_columns_are_the_classes_that_they_are_named_by(names):
    logits = pd.DataFrame(X[:, ::-1], columns=names)
    assert evaluate.multiclass_report(Y, logits)["accuracy"] == np.mean((X[:, 1] > X[:, 0]) == Y)
    splits = data.stratified(X, Y, seeds=[0])
    options = {"epochs": 1, "batch_size": 8, "learning_rate": 0.1}
    for framework in BOTH:
        by_name = framework.half.sweep(splits, class_weights=pd.DataFrame([[9.0, 1.0]], columns=names), **options)
        assert (by_name.loss == framework.half.sweep(splits, class_weights=[[1.0, 9.0]], **options).loss).all()


@pytest.mark.parametrize("keys", [[1, 0], [1.0, 0.0], [True, False]])
@pytest.mark.parametrize("rows", [list, pd.DataFrame, lambda rows: [dict(row) for row in rows]])
def test_weights_of_a_sweep_are_read_by_their_keys_in_every_row(keys, rows):
    w = pd.Series([9.0, 1.0], index=keys)
    assert (_sweep._weights(None, rows([w, w[::-1] * 2])) == [[1.0, 9.0], [2.0, 18.0]]).all()
    with pytest.raises(ValueError, match=r"class_weights\[1\] takes the keys 0…1"):
        _sweep._weights(None, [w, {"no": 1.0, "yes": 9.0}])


@pytest.mark.parametrize("kind", ["requires_grad", "bfloat16"])
def test_decisions_may_meet_labels_of_a_tensor(kind):
    import torch

    y = torch.tensor(Y, dtype=torch.bfloat16, requires_grad=kind == "requires_grad")
    assert evaluate.rates(y, X[:, 0] > 0) == evaluate.rates(Y, X[:, 0] > 0)
    assert evaluate.frame({"y": y}, split=range(40))["y"].tolist() == Y.tolist()
    compare.claim("labels", {"PyTorch": y, "TensorFlow": Y})
    assert compare.side_by_side({"PyTorch": {"y": y[0]}, "TensorFlow": {"y": float(Y[0])}}).nunique(axis=1).item() == 1


@pytest.mark.parametrize(("w", "expected"), [(1e308, 2.0**32 - 1), (1e-308, 1 / (2.0**32 - 1))])
def test_an_effective_weight_that_is_out_of_all_proportion_is_finite(w, expected):
    # P(no positive) = 2⁻³² of the batches are all that is left to the other class.
    assert theory.effective_weight(0.5, w, 32) == pytest.approx(expected)
