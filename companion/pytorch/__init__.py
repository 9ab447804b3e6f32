"""The PyTorch half of the course: losses, models and training, name for name as in `companion.tensorflow`."""

from companion.pytorch.losses import (
    focal_cross_entropy,
    focal_loss,
    logit_adjusted_cross_entropy,
    weighted_bce,
    weighted_cross_entropy,
)
from companion.pytorch.models import get_weights, mlp, predict_logits, set_weights
from companion.pytorch.optimum import minimise
from companion.pytorch.sweep import sweep
from companion.pytorch.training import fit

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
