"""One side of a comparison: what the user has becomes one function of NumPy arrays, with its gradient in the logits.

How a loss wants its arguments is a `Reading`. The frameworks themselves stand in `_pytorch` and `_tensorflow`, which
are imported when a loss of theirs is looked at.
"""

import inspect
import warnings
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, log_softmax, softmax

TARGETS_FIRST = ("y_true", "ytrue", "true", "target", "targets", "label", "labels", "y", "gt", "truth", "onehot")
OUTPUTS_FIRST = ("logits", "logit", "input", "inputs", "y_pred", "ypred", "pred", "preds", "output", "outputs", "z")


@dataclass(frozen=True)
class Reading:
    """How a loss takes its two arguments.

    `logits` is "(n,)", "(n, 1)" or "(n, K)"; `targets` "int (n,)", "float (n,)", "int (n, 1)", "float (n, 1)",
    "±1 (n,)", "±1 (n, 1)" or "one-hot (n, K)"; `given` "logits", "probabilities" or "log-probabilities"; `turned` says
    that the order is not that of the framework, and `link` what makes probabilities of logits.
    """

    logits: str
    targets: str
    given: str = "logits"
    turned: bool = False
    precision: str = "float64"
    link: str = "softmax"

    @property
    def columns(self):
        """Whether there is a logit for each class."""
        return self.logits == "(n, K)"

    @property
    def signed(self):
        """Whether the labels are −1 and 1."""
        return self.targets.startswith("±1")

    def as_called(self, turned):
        """Return the reading of one who gives logits and labels of 0 and 1, and turns them only as their names say."""
        return replace(self, given="logits", turned=bool(turned), targets=self.targets.replace("±1", "float"))

    def arguments(self, z, y, n_classes):
        """Return what stands for the logits, what stands for the labels, and the way back for a gradient."""
        x, back = self._given(z)
        shape = {"(n,)": x.shape, "(n, 1)": (len(x), 1), "(n, K)": x.shape}[self.logits]
        if self.targets == "one-hot (n, K)":
            targets = (y[:, None] == np.arange(n_classes)).astype(self.precision)
        else:
            kind, shape_of_targets = self.targets.split(" ", 1)
            targets = (2 * y - 1 if self.signed else y).astype("int64" if kind == "int" else self.precision)
            targets = targets[:, None] if shape_of_targets == "(n, 1)" else targets
        return x.reshape(shape).astype(self.precision), targets, back

    def _given(self, z):
        if self.given == "logits":
            return z, lambda gradient: gradient
        if not self.columns or self.link == "sigmoid":
            p = expit(z)
            return p, lambda gradient: gradient * p * (1 - p)
        p = softmax(z, axis=1)
        if self.given == "probabilities":
            return p, lambda gradient: p * (gradient - (gradient * p).sum(axis=1, keepdims=True))
        return log_softmax(z, axis=1), lambda gradient: gradient - p * gradient.sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class Evaluation:
    """A value, its gradient in the logits with their shape, and the shape in which the loss came."""

    value: float
    gradient: np.ndarray
    shape: tuple


class Side:
    """A loss of one framework.

    Parameters
    ----------
    loss : callable, torch.nn.Module or keras.losses.Loss
    framework : {"PyTorch", "TensorFlow"}
    n_classes : int
    class_weight : dict of int to float, optional
        As `fit` takes it; Keras only.
    sample_weight : callable, optional
        Gives the weights ``(n,)`` of labels ``(n,)``; Keras only.
    """

    def __init__(self, loss, framework, n_classes, *, class_weight=None, sample_weight=None):
        self.loss, self.framework, self.n_classes = loss, framework, n_classes
        self.class_weight, self.sample_weight = class_weight, sample_weight
        if framework == "PyTorch":
            from companion.same_loss import _pytorch as adapter
        else:
            from companion.same_loss import _tensorflow as adapter
        self.adapter = adapter
        self._prepared, self._first = {}, {}

    def __call__(self, reading, z, y, *, graph=False):
        """Return the `Evaluation` at logits `z`, ``(n,)`` or ``(n, K)`` float64, and labels `y`, ``(n,)`` int."""
        logits, targets, back = reading.arguments(z, y, self.n_classes)
        if reading.precision not in self._prepared:
            self._prepared[reading.precision] = self.adapter.prepared(
                self.loss, reading.precision, self.class_weight, self.sample_weight
            )
        options = {"graph": True} if graph else {}
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some readings are meant to be wrong
            value, gradient, shape = self.adapter.evaluate(
                self._prepared[reading.precision],
                logits,
                targets,
                y,
                turned=reading.turned,
                precision=reading.precision,
                **options,
            )
        gradient = back(gradient.astype(np.float64).reshape(z.shape))
        found = Evaluation(float(value), gradient, shape)
        if not graph:
            self._first.setdefault(reading, (z.copy(), y.copy(), found))
        return found

    def changed(self, reading):
        """Whether the first batch that was put to the loss under a reading has another value or gradient by now."""
        if reading not in self._first:
            return False
        z, y, first = self._first[reading]
        again = self(reading, z, y)
        return not np.array_equal([again.value], [first.value], equal_nan=True) or not np.array_equal(
            again.gradient, first.gradient, equal_nan=True
        )

    @property
    def layouts(self):
        """The shapes to try, the likeliest first."""
        columns = [("(n, K)", "int (n,)"), ("(n, K)", "one-hot (n, K)"), ("(n, K)", "int (n, 1)")]
        if self.n_classes > 2:
            return columns
        flat, column = [("(n,)", "float (n,)")], [("(n, 1)", "float (n, 1)")]
        one = flat + column if self.framework == "PyTorch" else column + flat
        return one + columns + [("(n,)", "int (n,)"), ("(n, 1)", "int (n, 1)"), ("(n, 1)", "float (n,)")]

    @property
    def names_say_turned(self):
        """Whether the names of the parameters tell an order other than the framework's; None if they tell nothing."""
        try:
            first, second = list(inspect.signature(self.adapter.called(self.loss)).parameters)[:2]
        except (TypeError, ValueError):
            return None
        first, second = first.lower(), second.lower()
        targets_first = first in TARGETS_FIRST or second in OUTPUTS_FIRST
        outputs_first = first in OUTPUTS_FIRST or second in TARGETS_FIRST
        if targets_first == outputs_first:
            return None
        return targets_first == (self.framework == "PyTorch")

    @property
    def called_turned(self):
        """Whether training hands over the logits and the targets in the other order.

        One's own loop of PyTorch goes by the names of the parameters; `compile` does not look at them.
        """
        return self.framework == "PyTorch" and bool(self.names_say_turned)

    @property
    def from_logits(self):
        """What to write for a loss of Keras that shall take logits; "" if it has no argument `from_logits`."""
        return self.adapter.from_logits(self.loss)

    def entries(self, found, rows):
        """Return how many numbers a row the loss came as; 0 if it is one number in training."""
        return 0.0 if found.shape == () or self.adapter.averages(self.loss) else float(np.prod(found.shape)) / rows
