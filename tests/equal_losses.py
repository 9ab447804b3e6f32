"""Losses that are one function, several ways in each framework: what `companion.same_loss` must call the same."""

import keras
import tensorflow as tf
import torch
import torch.nn.functional as F
from loss_pairs import PRIOR_LOGS
from ported_losses import pytorch, tensorflow
from torch import nn

import companion.pytorch as pt
import companion.tensorflow as tfl

SPARSE = keras.losses.SparseCategoricalCrossentropy
CATEGORICAL = keras.losses.CategoricalCrossentropy
BINARY = keras.losses.BinaryCrossentropy
W = [1.0, 2.0, 5.0]
W32 = torch.tensor(W)
BY_CLASS = {"class_weight": {0: 1.0, 1: 2.0, 2: 5.0}}
FOCAL = {"gamma": 2.0, "weights": [0.75, 0.25], "n_classes": 2, "one_logit": True}
PRIOR = [0.7, 0.2, 0.1]


def weigh(labels):
    return [W[label] for label in labels]


def one_hot_nll(logits, targets):
    return -(F.one_hot(targets, logits.shape[1]) * torch.log_softmax(logits, 1)).sum() / len(targets)


def focal_by_hand(logits, targets):
    cost = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    alpha = torch.where(targets == 1, 0.25, 0.75)
    return (alpha * (1 - torch.exp(-cost)) ** 2 * cost).mean()


def focal_of_float32(y_true, y_pred):
    y = tf.cast(y_true, tf.float32)
    p = tf.sigmoid(y_pred)
    p = y * p + (1 - y) * (1 - p)
    return tf.reduce_mean(-(0.25 * y + 0.75 * (1 - y)) * (1 - p) ** 2 * tf.math.log(p + 1e-8))


def plain_of_float32(y_true, y_pred):
    return -tf.reduce_sum(tf.cast(y_true, tf.float32) * tf.nn.log_softmax(y_pred), axis=-1)


def soft_dice(logits, targets, smooth=1.0):
    p = torch.sigmoid(logits).reshape(-1)
    return 1 - (2 * (p * targets.reshape(-1)).sum() + smooth) / (p.sum() + targets.sum() + smooth)


def soft_dice_of_keras(y_true, y_pred):
    p = keras.ops.sigmoid(y_pred)
    overlap = keras.ops.sum(p * y_true)
    return 1 - (2 * overlap + 1) / (keras.ops.sum(p) + keras.ops.sum(y_true) + 1)


def poly_focal(logits, targets):
    cost = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    rest = 1 - torch.exp(-cost)
    return (rest**2 * cost + 0.5 * rest**3).mean()


def poly_focal_of_keras(y_true, y_pred):
    cost = keras.ops.binary_crossentropy(y_true, y_pred, from_logits=True)
    rest = 1 - keras.ops.exp(-cost)
    return keras.ops.mean(rest**2 * cost + 0.5 * rest**3)


class Asymmetric(nn.Module):
    """The asymmetric loss of several labels, its factor without gradient, as its authors have it."""

    def __init__(self, negative=4, positive=1, clip=0.05):
        super().__init__()
        self.negative, self.positive, self.clip = negative, positive, clip

    def forward(self, x, y):
        p = torch.sigmoid(x)
        rest = (1 - p + self.clip).clamp(max=1)
        logs = y * torch.log(p.clamp(min=1e-8)) + (1 - y) * torch.log(rest.clamp(min=1e-8))
        with torch.no_grad():
            power = self.positive * y + self.negative * (1 - y)
            factor = (1 - p * y - rest * (1 - y)) ** power
        return -(logs * factor).sum()


def asymmetric_of_keras(clip, stop=tf.stop_gradient):
    def loss(y_true, y_pred):
        p = tf.sigmoid(y_pred)
        rest = tf.minimum(1 - p + clip, 1)
        logs = y_true * tf.math.log(tf.maximum(p, 1e-8)) + (1 - y_true) * tf.math.log(tf.maximum(rest, 1e-8))
        factor = stop((1 - p) * y_true + (1 - rest) ** 4 * (1 - y_true))
        return -tf.reduce_sum(logs * factor)

    return loss


def generalised(logits, targets):
    cost = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return ((1 - torch.exp(-0.7 * cost)) / 0.7).mean()


def generalised_of_keras(y_true, y_pred):
    cost = keras.ops.binary_crossentropy(y_true, y_pred, from_logits=True)
    return keras.ops.mean((1 - keras.ops.exp(-0.7 * cost)) / 0.7)


def hinge(z, y):
    return torch.relu(1 - (2 * y - 1) * z).mean()


def tversky(z, y):
    """What α multiplies are the false positives; Keras' α, though its page says the same, multiplies the other."""
    p = torch.sigmoid(z)
    hit = (p * y).sum()
    return 1 - hit / (hit + 0.3 * (p * (1 - y)).sum() + 0.7 * ((1 - p) * y).sum() + 1e-7)


def over_positives(least):
    """Return cross-entropy over the number of positives of the batch, or `least`."""
    return lambda z, y: F.binary_cross_entropy_with_logits(z, y, reduction="sum") / y.sum().clamp(min=least)


def over_positives_of_keras(least):
    def loss(y_true, y_pred):
        cost = keras.ops.binary_crossentropy(y_true, y_pred, from_logits=True)
        return keras.ops.sum(cost) / keras.ops.maximum(keras.ops.sum(y_true), least)

    return loss


ASYMMETRIC = {"n_classes": 2, "one_logit": True, "gamma": [4.0, 1.0], "p_margin": 0.05, "detached": True} | {
    "divisor": "sum"
}
POLY_FOCAL = {"n_classes": 2, "one_logit": True, "gamma": 2.0, "poly": 0.5}
HINGE = {"n_classes": 2, "one_logit": True, "hinge": True}
OVER_POSITIVES = {"n_classes": 2, "one_logit": True, "divisor": "positives", "least": 1.0}
OVERLAP = {"n_classes": 2, "one_logit": True, "overlap": (0.3, 0.7, 1e-7)}


# Of each law: the number of classes, PyTorch's ways, TensorFlow's, each with the options of its side.
LAWS = {
    "cross-entropy": (
        3,
        [nn.CrossEntropyLoss(), lambda z, y: F.nll_loss(torch.log_softmax(z, 1), y), one_hot_nll, pytorch()]
        + [pt.weighted_cross_entropy, nn.NLLLoss()],
        [(SPARSE(from_logits=True), {}), (CATEGORICAL(from_logits=True), {}), (tensorflow(), {})]
        + [(lambda y, z: tfl.weighted_cross_entropy(z, y), {}), (plain_of_float32, {})],
    ),
    "weighted, over n": (
        3,
        [lambda z, y: (W32[y] * F.cross_entropy(z, y, reduction="none")).mean(), pytorch(weights=W)]
        + [lambda z, y: F.cross_entropy(z, y, weight=W32, reduction="sum") / len(y)]
        + [lambda logits, targets: pt.weighted_cross_entropy(logits, targets, W)],
        [(SPARSE(from_logits=True), BY_CLASS), (CATEGORICAL(from_logits=True), BY_CLASS)]
        + [(SPARSE(from_logits=True), {"sample_weight": weigh}), (tensorflow(weights=W), {})],
    ),
    "weighted, over the weights": (
        3,
        [nn.CrossEntropyLoss(weight=W32), nn.CrossEntropyLoss(weight=4 * W32), pytorch(weights=W, divisor="weights")]
        + [lambda logits, targets: pt.weighted_cross_entropy(logits, targets, W, normaliser="weights")],
        [(SPARSE(from_logits=True, reduction="mean_with_sample_weight"), BY_CLASS)]
        + [(tensorflow(weights=[2.0, 4.0, 10.0], divisor="weights"), {})]
        + [(lambda y, z: tfl.weighted_cross_entropy(z, y, W, normaliser="weights"), {})],
    ),
    "binary, weighted": (
        2,
        [nn.BCEWithLogitsLoss(pos_weight=torch.tensor(9.0)), pytorch(n_classes=2, one_logit=True, weights=[1.0, 9.0])]
        + [lambda logits, targets: pt.weighted_bce(logits, targets, 9.0), pytorch(n_classes=2, weights=[1.0, 9.0])],
        [(BINARY(from_logits=True), {"class_weight": {0: 1.0, 1: 9.0}})]
        + [(tensorflow(n_classes=2, one_logit=True, weights=[1.0, 9.0]), {})]
        + [(lambda y, z: tfl.weighted_bce(z, y, 9.0), {})]
        + [(SPARSE(from_logits=True), {"class_weight": {0: 1.0, 1: 9.0}})],
    ),
    "focal": (
        2,
        [focal_by_hand, pytorch(**FOCAL), lambda logits, targets: pt.focal_loss(logits, targets, alpha=0.25)],
        [(keras.losses.BinaryFocalCrossentropy(from_logits=True, apply_class_balancing=True), {})]
        + [(tensorflow(**FOCAL), {}), (focal_of_float32, {})],
    ),
    "focal, several classes": (
        3,
        [lambda logits, targets: pt.focal_cross_entropy(logits, targets, [0.25] * 3)]
        + [pytorch(gamma=2.0, weights=[0.25] * 3)],
        [(keras.losses.CategoricalFocalCrossentropy(from_logits=True), {})]
        + [(tensorflow(gamma=2.0, weights=[0.25] * 3), {})],
    ),
    "smoothed": (
        3,
        [nn.CrossEntropyLoss(label_smoothing=0.1), pytorch(smoothing=0.1)],
        [(CATEGORICAL(from_logits=True, label_smoothing=0.1), {}), (tensorflow(smoothing=0.1), {})],
    ),
    "logits adjusted": (
        3,
        [pytorch(shift=PRIOR_LOGS), lambda z, y: F.cross_entropy(z + torch.tensor([700.0, 200.0, 100.0]).log(), y)]
        + [lambda logits, targets: pt.logit_adjusted_cross_entropy(logits, targets, PRIOR)],
        [(tensorflow(shift=PRIOR_LOGS), {})] + [(lambda y, z: tfl.logit_adjusted_cross_entropy(z, y, PRIOR), {})],
    ),
    "one sigmoid a column": (
        3,
        [nn.BCEWithLogitsLoss(), pytorch(columns=True, divisor="columns")],
        [(BINARY(from_logits=True), {}), (tensorflow(columns=True, divisor="columns"), {})],
    ),
    "of probabilities": (
        2,
        [nn.BCELoss(), pytorch(n_classes=2, one_logit=True, probabilities=True)],
        [(BINARY(), {}), ("binary_crossentropy", {})],
    ),
    "a sum": (
        3,
        [nn.CrossEntropyLoss(reduction="sum"), pytorch(divisor="sum")],
        [(SPARSE(from_logits=True, reduction="sum"), {}), (tensorflow(divisor="sum"), {})],
    ),
    "PolyLoss": (
        2,
        [poly_focal, pytorch(**POLY_FOCAL)],
        [(poly_focal_of_keras, {}), (tensorflow(**POLY_FOCAL), {})],
    ),
    "asymmetric": (
        2,
        [Asymmetric(), pytorch(**ASYMMETRIC)],
        [(asymmetric_of_keras(0.05), {}), (tensorflow(**ASYMMETRIC), {})],
    ),
    "hinge": (2, [hinge, pytorch(**HINGE)], [(keras.losses.Hinge(), {}), (tensorflow(**HINGE), {})]),
    "Tversky": (
        2,
        [tversky, pytorch(**OVERLAP)],
        [(keras.losses.Tversky(alpha=0.7, beta=0.3), {}), (tensorflow(**OVERLAP), {})],
    ),
    "dice with a constant": (2, [soft_dice], [(soft_dice_of_keras, {})]),
    "over the positives": (
        2,
        [over_positives(1.0), pytorch(**OVER_POSITIVES)],
        [(over_positives_of_keras(1.0), {}), (tensorflow(**OVER_POSITIVES), {})],
    ),
    "no law that is known": (2, [generalised], [(generalised_of_keras, {})]),
}
