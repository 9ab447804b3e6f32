"""What both frameworks start from repeats, and has the properties that it is used for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.start import batch_order, initial_weights


def test_initial_weights_are_glorot_uniform_with_zero_biases():
    W1, b1, W2, b2 = initial_weights((300, 200, 4), seed=0)
    assert [array.shape for array in (W1, b1, W2, b2)] == [(300, 200), (200,), (200, 4), (4,)]
    assert all(array.dtype == np.float64 for array in (W1, b1, W2, b2))
    bound = np.sqrt(6 / 500)
    assert np.abs(W1).max() < bound
    assert W1.std() == pytest.approx(bound / np.sqrt(3), rel=0.01)
    assert not b1.any() and not b2.any()


def test_initial_weights_follow_the_seed():
    a, b, other = (initial_weights((3, 2), seed=seed)[0] for seed in (0, 0, 1))
    assert (a == b).all()
    assert (a != other).any()


@given(n=st.integers(1, 60), batch_size=st.integers(1, 60), epochs=st.integers(1, 4), seed=st.integers(0, 9))
def test_every_epoch_is_a_permutation_cut_into_batches(n, batch_size, epochs, seed):
    batch_size = min(batch_size, n)
    order = batch_order(n, batch_size=batch_size, epochs=epochs, seed=seed)
    assert len(order) == epochs
    for epoch in order:
        assert sorted(np.concatenate(epoch)) == list(range(n))
        assert all(len(batch) == batch_size for batch in epoch[:-1])
        assert len(epoch[-1]) == (n % batch_size or batch_size)


def test_batch_order_follows_the_seed_and_changes_from_epoch_to_epoch():
    first, second = batch_order(50, batch_size=50, epochs=2, seed=0)
    again, _ = batch_order(50, batch_size=50, epochs=2, seed=0)
    assert (first[0] == again[0]).all()
    assert (first[0] != second[0]).any()
    assert (first[0] != batch_order(50, batch_size=50, epochs=1, seed=1)[0][0]).any()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: initial_weights((3,), seed=0), ValueError, "sizes takes at least an input and an output size"),
        (lambda: initial_weights(3, seed=0), TypeError, "sizes takes a sequence of whole numbers"),
        (
            lambda: initial_weights((3, 0), seed=0),
            ValueError,
            r"sizes\[1\] takes one whole number of at least 1, got 0",
        ),
        (lambda: initial_weights((3, 1.5), seed=0), TypeError, r"sizes\[1\]"),
        (lambda: initial_weights((3, 1), seed=-1), ValueError, "seed"),
        (lambda: batch_order(0, batch_size=1, epochs=1, seed=0), ValueError, "n takes"),
        (lambda: batch_order(5, batch_size=6, epochs=1, seed=0), ValueError, "batch_size takes at most n=5, got 6"),
        (lambda: batch_order(5, batch_size=2, epochs=0, seed=0), ValueError, "epochs"),
        (lambda: batch_order(5, batch_size=2, epochs=1, seed=None), TypeError, "seed"),
    ],
)
def test_arguments_out_of_range_are_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()
