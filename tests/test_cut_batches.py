"""What lesson 09 says of Keras' accumulated gradients, and of two replicas on one machine, without showing it."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch

from companion.ranks import Ranks

X, Y = np.array([[1.0], [2.0], [3.0], [4.0], [5.0]]), np.zeros((5, 1))


def moved(rows, *, epochs=1, fits=1):
    """Return by how much the kernel moves, on `rows` in micro-batches of one, two of which make a step of rate one."""
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones", dtype="float64")
    model = keras.Sequential([keras.Input((1,), dtype="float64"), layer])
    loss = keras.losses.MeanAbsoluteError(dtype="float64")  # its gradient is the feature
    model.compile(keras.optimizers.SGD(1.0, gradient_accumulation_steps=2), loss, jit_compile=False)
    for _ in range(fits):
        model.fit(X[:rows], Y[:rows], batch_size=1, shuffle=False, epochs=epochs, verbose=0)
    return 1 - layer.kernel.numpy().item()


def test_a_step_uses_the_mean_of_its_micro_batches():
    assert moved(2) == pytest.approx((1 + 2) / 2)


def test_micro_batches_left_over_wait_for_the_next_epoch_or_the_next_fit():
    assert moved(1) == 0
    assert moved(1, epochs=2) == pytest.approx((1 + 1) / 2)
    assert moved(1, fits=2) == pytest.approx((1 + 1) / 2)


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


def fit_on_two_workers():
    """Return the error that Keras' `fit` raises under `MultiWorkerMirroredStrategy`."""
    import keras
    import numpy as np
    import tensorflow as tf

    with tf.distribute.MultiWorkerMirroredStrategy().scope():
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
    try:
        model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    except ValueError as error:
        return str(error)


def scaled_steps_on_two_workers():
    """Return by worker whether Keras' scaler is through with a step: without a heavy row, and with one on worker 1."""
    import threading

    import keras
    import tensorflow as tf

    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    with strategy.scope():
        layer = keras.layers.Dense(1, dtype="mixed_float16")
        layer.build((None, 3))
        scaler = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())
        scaler.build(layer.trainable_weights)
    loss = keras.losses.BinaryCrossentropy(True, dtype="float32")

    @tf.function
    def step(weight):
        with tf.GradientTape() as tape:
            scaled = scaler.scale_loss(loss(tf.ones((4, 1)), layer(tf.ones((4, 3))), weight * tf.ones((4, 1))))
        scaler.apply(tape.gradient(scaled, layer.trainable_weights))

    strategy.run(step, (tf.constant(1.0),))
    heavy = tf.constant(1e4 if strategy.cluster_resolver.task_id == 1 else 1.0)
    waits = threading.Thread(target=strategy.run, args=(step, (heavy,)), daemon=True)
    waits.start()
    waits.join(20)  # the step before took far less
    return waits.is_alive()


def test_under_several_workers_keras_fit_raises_and_a_worker_whose_scaler_skips_leaves_the_other_waiting():
    with Ranks(2, timeout=400) as workers:
        assert all("convert" in error for error in workers.run(fit_on_two_workers))
        assert workers.run(scaled_steps_on_two_workers) == [True, False]


def test_a_graph_divides_by_padded_rows_and_shapes_are_dynamic_in_pytorch_only():

    from torch._dynamo.testing import CompileCounterWithBackend

    counter, traced = CompileCounterWithBackend("aot_eager"), []

    @torch.compile(backend=counter)
    def pytorch(w, per_row):
        return (w * per_row).sum() / len(w), (w * per_row).sum() / w.sum()

    @tf.function(jit_compile=True)
    def tensorflow(w, per_row):
        traced.append(len(w))
        total = tf.reduce_sum(w * per_row)
        return total / len(w), total / tf.reduce_sum(w)

    rng = np.random.default_rng(0)
    w, per_row = rng.uniform(1, 20, 256), rng.normal(size=256)
    short = [np.append(each, np.zeros(64)) for each in (w, per_row)]
    for graph, tensor in ((pytorch, torch.tensor), (tensorflow, tf.constant)):
        found = [np.array(graph(*map(tensor, rows)), dtype=float) for rows in (short, (w, per_row))]
        np.testing.assert_allclose(found[0] / found[1], [256 / 320, 1])
        for rows in (100, 77, 200):
            graph(tensor(w[:rows]), tensor(per_row[:rows]))
    assert counter.frame_count == 2
    assert traced == [320, 256, 100, 77, 200]
