"""One small adapter for each framework, so that a test reads the same for both."""

from dataclasses import dataclass
from types import ModuleType

import numpy as np
import tensorflow as tf
import torch

import companion.pytorch
import companion.tensorflow


@dataclass(frozen=True)
class PyTorch:
    half: ModuleType = companion.pytorch

    @staticmethod
    def tensor(values, dtype="float64"):
        return torch.tensor(np.asarray(values), dtype=getattr(torch, dtype))

    @staticmethod
    def array(tensor):
        return tensor.detach().numpy()

    @staticmethod
    def graph(function):
        # The checks of Python arguments stay in Python; the tensors between them are compiled.
        return torch.compile(function, backend="aot_eager")

    @staticmethod
    def as_float32(logits):
        """The sum of the logits, in another dtype than theirs."""
        return logits.sum().float()

    @staticmethod
    def value_and_gradient(function, logits):
        logits = logits.clone().requires_grad_()
        value = function(logits)
        (gradient,) = torch.autograd.grad(value.sum(), logits)
        return value.detach().numpy(), gradient.numpy()

    def __str__(self):
        return "pytorch"


@dataclass(frozen=True)
class TensorFlow:
    half: ModuleType = companion.tensorflow

    @staticmethod
    def tensor(values, dtype="float64"):
        return tf.constant(np.asarray(values).astype(dtype))

    @staticmethod
    def array(tensor):
        return tensor.numpy()

    @staticmethod
    def graph(function):
        return tf.function(function, autograph=False)

    @staticmethod
    def as_float32(logits):
        """The sum of the logits, in another dtype than theirs."""
        return tf.cast(tf.reduce_sum(logits), tf.float32)

    @staticmethod
    def value_and_gradient(function, logits):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = function(logits)
        return value.numpy(), tape.gradient(value, logits).numpy()

    def __str__(self):
        return "tensorflow"


BOTH = [PyTorch(), TensorFlow()]
