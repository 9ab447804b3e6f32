"""What lesson 09 says of Keras' accumulated gradients without showing it."""

import keras
import numpy as np
import pytest

X, Y = np.array([[1.0], [2.0], [3.0], [4.0], [5.0]]), np.zeros((5, 1))


def moved(rows, *, epochs=1):
    """Return by how much the kernel moves, on `rows` in micro-batches of one, two of which make a step of rate one."""
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones", dtype="float64")
    model = keras.Sequential([keras.Input((1,), dtype="float64"), layer])
    loss = keras.losses.MeanAbsoluteError(dtype="float64")  # its gradient is the feature
    model.compile(keras.optimizers.SGD(1.0, gradient_accumulation_steps=2), loss, jit_compile=False)
    model.fit(X[:rows], Y[:rows], batch_size=1, shuffle=False, epochs=epochs, verbose=0)
    return 1 - layer.kernel.numpy().item()


def test_a_step_uses_the_mean_of_its_micro_batches():
    assert moved(2) == pytest.approx((1 + 2) / 2)


def test_micro_batches_left_over_wait_for_the_next_epoch_and_are_lost_after_the_last():
    assert moved(1) == 0
    assert moved(1, epochs=2) == pytest.approx((1 + 1) / 2)
