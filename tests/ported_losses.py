"""One loss in both frameworks, with every difference that `companion.same_loss` names as an argument.

The two halves are written apart, in each framework's own functions, so that equal arguments make equal losses.
"""


def options(
    n_classes=3,
    *,
    one_logit=False,
    weights=None,
    divisor="samples",
    least=0.0,
    factor=1.0,
    offset=0.0,
    smoothing=0.0,
    smoothing_on="samples",
    gamma=0.0,
    detached=False,
    inside=False,
    poly=0.0,
    p_margin=0.0,
    scale=1.0,
    shift=None,
    margin=None,
    activated=False,
    squared=False,
    hinge=False,
    signed=False,
    overlap=None,
    columns=False,
    clipped=0.0,
    kink=False,
    probabilities=False,
    turned=False,
    broadcast=False,
    wrong_axis=False,
):
    """Return the arguments as a dictionary, the defaults filled in: plain cross-entropy, averaged."""
    return dict(locals())


class Port:
    """The loss of logits ``(n, K)``, or ``(n,)`` with `one_logit`, and labels; `o` holds a framework's functions."""

    def __init__(self, o, chosen):
        self.o, self.c = o, chosen
        self.weights = chosen["weights"] or [1.0] * chosen["n_classes"]

    def __call__(self, first, second):
        return self.loss(second, first) if self.c["turned"] else self.loss(first, second)

    def loss(self, z, y):
        o, c = self.o, self.c
        k = c["n_classes"]
        z = o.reshape(z, [-1]) if c["one_logit"] else z
        if c["probabilities"]:
            z = o.logit(z) if c["one_logit"] else o.log(z)
        y = o.reshape(y, [-1])
        if c["hinge"] or c["overlap"]:
            return c["factor"] * (self.hinge if c["hinge"] else self.overlap)(z, o.cast(y, z))
        y = o.one_hot(y, k, z)
        if c["broadcast"]:
            return o.mean(self.pairs(z, y))
        w = o.constant(self.weights, z)
        rows = o.sum(w * y, 1)
        losses = self.rows(z, y, w, rows)
        total = o.sum(losses, 0)
        n = o.sum(o.sum(y, 1), 0)
        if c["divisor"] == "none":
            return losses
        if c["divisor"] == "averaged":
            losses = self.rows(z, y, 0 * w + 1, 0 * rows + 1)
            return c["factor"] * o.sum(losses, 0) / n * o.sum(rows, 0) / n + c["offset"]
        if c["divisor"] == "class":
            return c["factor"] * o.sum(losses / o.sum(y * o.sum(y, 0), 1), 0) + c["offset"]
        if c["divisor"] == "positives":
            return c["factor"] * total / o.clip(o.sum(y, 0)[1], c["least"], float("inf")) + c["offset"]
        by = {"samples": n, "sum": 1.0, "weights": o.sum(rows, 0), "columns": n * k}[c["divisor"]]
        return c["factor"] * total / by + c["offset"]

    def hinge(self, z, y):
        losses = self.o.relu(1 - (y if self.c["signed"] else 2 * y - 1) * z)
        return self.o.mean(losses * losses if self.c["squared"] else losses)

    def overlap(self, z, y):
        alpha, beta, s = self.c["overlap"]
        p = self.o.exp(self.o.log_sigmoid(z))
        hit, false, missed = (self.o.sum(part, 0) for part in (p * y, p * (1 - y), (1 - p) * y))
        return 1 - (hit + s) / (hit + alpha * false + beta * missed + s)

    def rows(self, z, y, w, rows):
        o, c = self.o, self.c
        k = c["n_classes"]
        if c["kink"]:  # one logit alone
            losses = o.relu(z) - z * y[:, 1] + o.log(1 + o.exp(-o.abs(z)))
            return rows * losses
        u = self.logits(z, y)
        if c["columns"]:
            losses = -(y * o.log_sigmoid(u) + (1 - y) * o.log_sigmoid(-u))
            return rows * o.sum(losses, 1)
        log_p = o.log_softmax(u, 0 if c["wrong_axis"] else 1)
        p = o.exp(log_p)
        if c["squared"]:
            return rows * o.sum((p - y) * (p - y), 1)
        if c["p_margin"]:
            p = o.clip(p + o.constant([c["p_margin"], 0.0], z), 0.0, 1.0)
            log_p = o.log(p)
        if c["clipped"]:
            log_p = o.log(o.clip(p, c["clipped"], 1 - c["clipped"]))
        targets = (1 - c["smoothing"]) * y + c["smoothing"] / k
        if c["inside"]:
            losses = rows * -o.sum(targets * log_p, 1)
            return (1 - o.exp(-losses)) ** c["gamma"] * losses
        terms = -targets * log_p
        if c["gamma"]:
            rest = o.stop(1 - p) if c["detached"] else 1 - p
            terms = terms * rest ** o.constant(c["gamma"], z)
        if c["poly"]:
            terms = terms + c["poly"] * targets * (1 - p) ** (c["gamma"] + 1)
        if c["smoothing_on"] == "terms":
            return o.sum(w * terms, 1)
        return rows * o.sum(terms, 1)

    def logits(self, z, y):
        o, c = self.o, self.c
        if c["activated"]:
            z = o.exp(o.log_sigmoid(z)) if c["one_logit"] or c["columns"] else o.exp(o.log_softmax(z, 1))
        u = o.stack([0 * z, z]) if c["one_logit"] else z
        u = c["scale"] * u
        u = u + o.constant(c["shift"], z) if c["shift"] else u
        return u - y * o.constant(c["margin"], z) if c["margin"] else u

    def pairs(self, z, y):
        o = self.o
        log_p = o.log_softmax(o.stack([0 * z, z]) if self.c["one_logit"] else z, 1)
        return -o.matmul(log_p, o.transpose(y))


def pytorch(**chosen):
    """Return the loss in PyTorch, of ``(logits, targets)``."""
    import torch
    import torch.nn.functional as F

    class Functions:
        reshape, log, exp, abs, relu = torch.reshape, torch.log, torch.exp, torch.abs, torch.relu
        mean, matmul = torch.mean, torch.matmul
        log_sigmoid, clip, log_softmax, sum = F.logsigmoid, torch.clamp, torch.log_softmax, torch.sum
        logit = torch.logit

        def one_hot(y, k, like):
            return F.one_hot(y.long(), k).to(like.dtype)

        def cast(y, like):
            return y.to(like.dtype)

        def constant(values, like):
            return torch.tensor(values, dtype=like.dtype)

        def stack(parts):
            return torch.stack(parts, dim=1)

        def stop(x):
            return x.detach()

        def transpose(x):
            return x.T

    port = Port(Functions, options(**chosen))
    return lambda a, b: port(a, b)


def tensorflow(**chosen):
    """Return the loss in TensorFlow, of ``(y_true, y_pred)``."""
    import tensorflow as tf

    class Functions:
        reshape, log, exp, abs, relu = tf.reshape, tf.math.log, tf.exp, tf.abs, tf.nn.relu
        mean, matmul = tf.reduce_mean, tf.matmul
        log_sigmoid, clip, sum = tf.math.log_sigmoid, tf.clip_by_value, tf.reduce_sum
        stop, transpose = tf.stop_gradient, tf.transpose

        def logit(p):
            return tf.math.log(p) - tf.math.log1p(-p)

        def log_softmax(z, axis):
            return tf.nn.log_softmax(z, axis=axis)

        def one_hot(y, k, like):
            return tf.one_hot(tf.cast(y, tf.int32), k, dtype=like.dtype)

        def cast(y, like):
            return tf.cast(y, like.dtype)

        def constant(values, like):
            return tf.constant(values, dtype=like.dtype)

        def stack(parts):
            return tf.stack(parts, axis=1)

    port = Port(Functions, options(**chosen))
    return lambda a, b: port(b, a)
