"""The laws that a loss of one sample can follow: values and gradients of their terms in the logits, in NumPy.

A loss of a sample with label y is Σ_k B[y, k] t_k(z): t_k is what the law gives if k were the label, and the matrix B
holds all that enters linearly, the class weights and the smoothed targets.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit


@dataclass(frozen=True)
class Law:
    """What is not linear: t_k = m_k C_k with C_k = −w_k log p_k and m_k = (1 − exp(−C_k))^γ, p of s·x + b − margin.

    `family` is "softmax" (of one logit: of (0, z)) or "sigmoid", one binary loss a column. `gamma` holds one number, or
    one for the negative and one for the positive class. `activated` says that x is softmax(z) or σ(z), not z.
    `detached` takes the factor m as a constant. `squared` replaces C by Σ (p − target)², `linear` by 1 − p, `hinge` by
    max(0, 1 − t), t the logit of the label's class over the other, or, with `squared`, by its square. `p_margin` is
    taken off the probability of positives in rows of the negative class, down to 0: the asymmetric loss of Ridnik et
    al. (2021). `poly` times (1 − exp(−C_k))^(γ + 1) is added: PolyLoss of Leng et al. (2022).
    """

    family: str = "softmax"
    gamma: tuple = (0.0,)
    detached: bool = False
    scale: float = 1.0
    shift: tuple = (0.0,)
    margin: tuple = (0.0,)
    inside: tuple = (1.0,)
    activated: bool = False
    squared: bool = False
    linear: bool = False
    hinge: bool = False
    p_margin: float = 0.0
    poly: float = 0.0

    @property
    def kind(self):
        """What the law is of: cross-entropies, squared or absolute errors, a hinge."""
        return self.squared, self.linear, self.hinge

    def terms(self, z):
        """Return the values ``(n, T)`` of the terms, and their gradients ``(n, T)`` + the axes of a row of `z`.

        T is the number of classes; with one sigmoid a column it is twice that: for column c the negative term at 2c,
        the positive one at 2c + 1.
        """
        if self.family == "sigmoid" and z.ndim == 2:
            return self._columns(z)
        x, back = self._input(z)
        u = self.scale * (np.stack([np.zeros_like(x), x], axis=1) if z.ndim == 1 else x)
        u = u + np.asarray(self.shift)
        log_p, toward = _toward(u, np.asarray(self.margin))
        if self.hinge:
            values, to_u = _hinge(u, self.squared)
        elif self.squared:
            values, to_u = _squared(np.exp(_log_softmax(u)))
        else:
            values, slope = self._factor(log_p)
            to_u = slope[:, :, None] * toward
        gradients = self.scale * (to_u[:, :, 1] if z.ndim == 1 else to_u)
        return values, back(gradients)

    def _columns(self, z):
        x, back = self._input(z)
        u = self.scale * x + np.asarray(self.shift)
        signs = np.array([-1.0, 1.0])
        v = u[:, :, None] * signs  # (n, K, 2)
        if self.squared:
            p = expit(v)
            values, slopes = (1 - p) ** 2, -2 * (1 - p) ** 2 * p
        else:
            values, slopes = self._factor(log_expit(v))
            slopes = slopes * expit(-v)
        n, k = u.shape
        gradients = np.zeros((n, k, 2, k))
        gradients[:, np.arange(k), :, np.arange(k)] = np.moveaxis(slopes * signs * self.scale, 1, 0)
        return values.reshape(n, -1), back(gradients.reshape(n, 2 * k, k))

    def _factor(self, log_p):
        """Return the terms and their derivatives in log p; the last axis is that of the classes, the negative first."""
        gamma, w = np.asarray(self.gamma), np.asarray(self.inside)
        if self.linear:
            return -np.expm1(log_p), -np.exp(log_p)
        if self.p_margin:
            p = np.exp(log_p)
            raised = p + self.p_margin * (np.arange(p.shape[-1]) == 0)
            log_p, w = np.log(np.minimum(raised, 1)), w * np.where(raised < 1, p / raised, 0)
            cost = np.maximum(-log_p, 1e-300)
        else:
            cost = np.maximum(-w * log_p, 1e-300)
        rest = -np.expm1(-cost)  # 1 − exp(−C), which is 1 − p
        factor = rest**gamma
        values, slope = factor * cost, factor
        if gamma.any() and not self.detached:
            slope = factor + gamma * rest ** (gamma - 1) * np.exp(-cost) * cost
        if self.poly:
            values = values + self.poly * rest * factor
            slope = slope + self.poly * (gamma + 1) * factor * np.exp(-cost)
        return values, -w * slope

    def _input(self, z):
        """Return x, and what takes gradients in x, whose second axis is that of the terms, back to z."""
        if not self.activated:
            return z, lambda gradient: gradient
        if z.ndim == 1 or self.family == "sigmoid":
            x = expit(z)
            return x, lambda gradient: gradient * (x * (1 - x))[:, None]
        x = np.exp(_log_softmax(z))
        return x, lambda gradient: x[:, None] * (gradient - (gradient * x[:, None]).sum(axis=-1, keepdims=True))


def _log_softmax(u):
    """Return log p, of the last axis; SciPy's takes several times as long on the few rows of a probe."""
    return u - np.logaddexp.reduce(u, axis=-1, keepdims=True)


def _toward(u, margin):
    """Return log p_k, with the margin taken off the logit of k, and its gradient in u, ``(n, k, j)``."""
    k = u.shape[1]
    if not margin.any():
        log_p = _log_softmax(u)
        return log_p, np.eye(k) - np.exp(log_p)[:, None]
    others = np.where(np.eye(k, dtype=bool), -np.inf, u[:, None])
    total = np.logaddexp.reduce(others, axis=2)
    toward = u - margin - total
    slope = np.eye(k) - np.exp(others - total[:, :, None])
    return log_expit(toward), expit(-toward)[:, :, None] * slope


def _hinge(u, squared):
    """Return max(0, 1 − t_k), or its square, t = ±(u₁ − u₀) for the two classes, and its gradient in the logits."""
    signs = np.array([-1.0, 1.0])
    rest = np.maximum(1 - (u[:, 1] - u[:, 0])[:, None] * signs, 0)
    slope = -2 * rest if squared else -np.sign(rest)
    return (rest**2 if squared else rest), slope[:, :, None] * np.outer(signs, signs)


def _squared(p):
    """Return Σ_j (p_j − [j = k])² for each k, and its gradient in the logits."""
    k = p.shape[1]
    error = p[:, None] - np.eye(k)  # (n, k, j)
    inner = (error * p[:, None]).sum(axis=2, keepdims=True)
    return (error**2).sum(axis=2), 2 * p[:, None] * (error - inner)
