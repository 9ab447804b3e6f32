"""What lesson 09 says of Keras' accumulated gradients, and of two replicas on one machine, without showing it."""

import keras
import numpy as np
import pytest

from companion.ranks import Ranks

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


def on_two_devices(heavy):
    """Return what Keras does on two logical CPUs: its scaler, with a heavy row on one, and its accumulation."""
    import keras
    import numpy as np
    import tensorflow as tf

    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])

    def model(optimizer, dtype):
        with strategy.scope():
            layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros", dtype=dtype)
            built = keras.Sequential([keras.Input((3,)), layer])
            built.compile(optimizer(), keras.losses.BinaryCrossentropy(True, dtype="float32"))
        return built

    X, y = np.ones((32, 3), np.float32), (np.arange(32) == heavy).astype(np.float32)[:, None]
    fit = {"sample_weight": np.where(y[:, 0] == 1, 2000.0, 1.0), "batch_size": 32, "shuffle": False, "verbose": 0}
    half = model(lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD()), "mixed_float16")
    half.fit(X, y, **fit)
    try:
        model(lambda: keras.optimizers.SGD(gradient_accumulation_steps=2), "float32").fit(X, y, **fit)
        raised = ""
    except RuntimeError as error:
        raised = str(error)
    return half.get_weights()[0].ravel().tolist(), float(half.optimizer.dynamic_scale.numpy()), raised


@pytest.mark.parametrize(("heavy", "kernel", "scale"), [(0, 0, 2**14), (31, np.inf, 2**15)])
def test_keras_scaler_looks_at_the_first_replica_and_its_accumulation_raises(heavy, kernel, scale):
    with Ranks(1, timeout=400) as process:  # of its own, since devices are configured once
        ((found, scaled, raised),) = process.run(on_two_devices, heavy=heavy)
    assert found == [kernel] * 3
    assert scaled == scale
    assert "merge_call" in raised
