"""What both frameworks start from: the same initial weights and the same order of the batches, drawn by NumPy.

The random numbers of PyTorch and of TensorFlow never agree, whatever the seed. So neither draws any here.
"""

import numpy as np

from companion import _checks


def initial_weights(sizes, *, seed):
    """Return the initial weights of a fully connected network: Glorot-uniform matrices and zero biases.

    Parameters
    ----------
    sizes : sequence of int
        Units in each layer, input first. ``(d, 1)`` is logistic regression on d features.
    seed : int
        The same seed gives the same weights.

    Returns
    -------
    list of numpy.ndarray of float64
        W₁, b₁, W₂, b₂, … with W of shape (fan_in, fan_out) and b of shape (fan_out,): the layout of Keras. The
        weight of a `torch.nn.Linear` is the transpose of W.

    Raises
    ------
    ValueError, TypeError
        If `sizes` holds fewer than two numbers, or any that is not a whole number above 0; if `seed` is negative.

    Notes
    -----
    Entries of W are drawn from U(−a, a) with a = √(6/(fan_in + fan_out)): Glorot and Bengio, 2010. It is the
    default of Keras; PyTorch's own default draws both W and b from U(±1/√fan_in).

    Examples
    --------
    >>> [array.shape for array in initial_weights((20, 32, 1), seed=0)]
    [(20, 32), (32,), (32, 1), (1,)]
    """
    sizes = layer_sizes(sizes)
    rng = np.random.default_rng(_checks.whole("seed", seed))
    arrays = []
    for fan_in, fan_out in zip(sizes[:-1], sizes[1:], strict=True):
        bound = np.sqrt(6 / (fan_in + fan_out))
        arrays += [rng.uniform(-bound, bound, size=(fan_in, fan_out)), np.zeros(fan_out)]
    return arrays


def batch_order(n, *, batch_size, epochs, seed):
    """Return the samples of every step, one permutation of 0…n−1 for each epoch.

    Parameters
    ----------
    n : int
        Number of samples.
    batch_size : int
        Samples in a step; at most `n`. The last batch of an epoch holds what remains, ``n % batch_size`` samples,
        if that is not zero.
    epochs : int
        Number of passes through the data.
    seed : int
        The same seed gives the same order.

    Returns
    -------
    list of list of numpy.ndarray of int64
        ``order[epoch][step]`` holds the indices of one batch.

    Raises
    ------
    ValueError, TypeError
        If an argument is not a whole number in its range.

    Examples
    --------
    >>> order = batch_order(5, batch_size=2, epochs=3, seed=0)
    >>> [[len(batch) for batch in epoch] for epoch in order]
    [[2, 2, 1], [2, 2, 1], [2, 2, 1]]
    """
    n = _checks.whole("n", n, least=1)
    batch_size = _checks.whole("batch_size", batch_size, least=1)
    epochs = _checks.whole("epochs", epochs, least=1)
    rng = np.random.default_rng(_checks.whole("seed", seed))
    if batch_size > n:
        raise ValueError(f"batch_size takes at most n={n}, got {batch_size}.")
    cuts = np.arange(batch_size, n, batch_size)
    return [np.split(rng.permutation(n), cuts) for _ in range(epochs)]


def layer_sizes(sizes):
    """Return `sizes` as a tuple of ints if it can be the layers of a network."""
    try:
        sizes = tuple(sizes)
    except TypeError as error:
        raise TypeError(f"sizes takes a sequence of whole numbers such as (20, 32, 1), got {sizes!r}.") from error
    if len(sizes) < 2:
        raise ValueError(f"sizes takes at least an input and an output size, got {sizes}.")
    return tuple(_checks.whole(f"sizes[{i}]", size, least=1) for i, size in enumerate(sizes))
