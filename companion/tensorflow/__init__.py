"""The TensorFlow half of the course: losses, models and training, name for name as in `companion.pytorch`."""

import keras

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        f"companion.tensorflow needs Keras on TensorFlow, and this Keras runs on {keras.backend.backend()}; "
        "set the environment variable KERAS_BACKEND=tensorflow before keras is imported."
    )

from companion.tensorflow.losses import (  # noqa: E402
    focal_cross_entropy,
    focal_loss,
    logit_adjusted_cross_entropy,
    weighted_bce,
    weighted_cross_entropy,
)
from companion.tensorflow.models import get_weights, mlp, predict_logits, set_weights  # noqa: E402
from companion.tensorflow.optimum import minimise  # noqa: E402
from companion.tensorflow.sweep import sweep  # noqa: E402
from companion.tensorflow.training import fit  # noqa: E402

__all__ = [
    "fit",
    "focal_cross_entropy",
    "focal_loss",
    "get_weights",
    "logit_adjusted_cross_entropy",
    "minimise",
    "mlp",
    "predict_logits",
    "set_weights",
    "sweep",
    "weighted_bce",
    "weighted_cross_entropy",
]
