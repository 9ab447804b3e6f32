"""What `minimise` of both frameworks shares: the checks, Newton's steps on NumPy arrays, and what comes back."""

from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import ThreadpoolController

from companion import _checks
from companion._models import checked_rows

FLAT = 1e-13  # curvatures below this share of the largest are none: float64 cannot tell them from 0
CLOSE = 1e-8  # a decrement below this share of the value is close to the minimum
SEPARATED = (
    "X separates the classes of y without an error: the loss falls towards 0 as the parameters grow, and has no "
    "minimum. Take a penalty above 0."
)
SCALES = "The scales of the features differ too much: standardise them."
SLANTED = (
    "The loss is not flat everywhere in a direction in which it is flat at the start; it has no minimum along it, or "
    "another start is needed."
)
# NumPy's threads wait busily, as PyTorch's do: in turn on the same cores they made Newton's steps 8 times slower.
NUMPY = ThreadpoolController().select(user_api="blas")


@dataclass(frozen=True, eq=False)
class Optimum:
    """What `minimise` returns.

    Attributes
    ----------
    parameters : list of numpy.ndarray of float64, or numpy.ndarray of float64, shape (p,)
        Of a logistic regression W, b of shapes (d, 1), (1,), or (d, K), (K,): the layout of `get_weights`. Of a loss
        of one's own its argument.
    value : float
        The loss there.
    gradient_norm : float
        The Euclidean norm of its gradient there.
    steps : int
        The steps that it took.
    """

    parameters: list
    value: float
    gradient_norm: float
    steps: int


@dataclass(frozen=True, eq=False)
class Regression:
    """A checked logistic regression: one output for two classes, K for more. `weights`, (n,), are those of the rows."""

    X: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    penalty: float
    outputs: int

    @property
    def design(self):
        """The features and a column of ones, (n, d + 1)."""
        return np.column_stack([self.X, np.ones(len(self.X))])

    @property
    def penalties(self):
        """The penalty on each entry of the vector of parameters: none on b."""
        return np.repeat(np.append(np.full(self.X.shape[1], self.penalty), 0.0), self.outputs)

    @property
    def start(self):
        return np.zeros((self.X.shape[1] + 1) * self.outputs)

    def split(self, theta):
        """Return the parameters W, (d, outputs), and b, (outputs,), from the vector that holds them."""
        return [theta[: -self.outputs].reshape(-1, self.outputs), theta[-self.outputs :]]

    def refuse_scales(self):
        """Refuse columns so far apart that float64 takes the curvature of one for none beside another's."""
        design, share = self.design, 1 / max(2, self.outputs)
        curvature = share * (1 - share) * (self.weights @ design**2) / len(design)  # at the start, of each column alone
        curvature += self.penalties[:: self.outputs]
        held = (design[self.weights > 0] != 0).any(axis=0)
        if curvature[held].min() < FLAT * curvature.max():
            raise ValueError(SCALES)

    def refuse_separated(self, theta):
        """Refuse data that these parameters separate: a multiple of them has a smaller loss, without end."""
        W, b = self.split(theta)
        z = self.X @ W + b
        if self.outputs == 1:
            z = np.concatenate([-z, z], axis=1)
        own = z[np.arange(len(z)), self.y]
        z[np.arange(len(z)), self.y] = -np.inf
        if not self.penalty and (own > z.max(axis=1))[self.weights > 0].all():
            raise ValueError(SEPARATED)


def _regression(X, y, *, pos_weight, class_weights, sample_weights, penalty):
    """Return the `Regression` of these arguments, or refuse what is none."""
    _checks.same_rows("X", X, "y", y)
    _checks.same_rows("sample_weights", sample_weights, "y", y)
    X = _checks.array("X", X, ndim=2)
    X, y = checked_rows(X, X.shape[1]), _checks.labels("y", y)
    _checks.same_length("X", X, "y", y)
    n_classes = len(_checks.counts("y", y))
    given = {"pos_weight": pos_weight, "class_weights": class_weights, "sample_weights": sample_weights}
    given = [name for name, value in given.items() if value is not None]
    if len(given) > 1:
        raise ValueError(f"minimise takes one kind of weights, got {' and '.join(given)}; multiply them yourself.")
    weights = np.ones(len(y))
    if pos_weight is not None:
        if n_classes != 2:
            raise ValueError(f"pos_weight goes with two classes, y holds {n_classes}; take class_weights.")
        weights = np.where(y == 1, _checks.number("pos_weight", pos_weight, above=0), 1.0)
    elif class_weights is not None:
        weights = _checks.class_vector("class_weights", class_weights, n_classes=n_classes)[y]
    elif sample_weights is not None:
        weights = _checks.array("sample_weights", sample_weights, ndim=1)
        _checks.same_length("sample_weights", weights, "y", y)
        if weights.min() < 0 or np.bincount(y, weights).min() == 0:
            raise ValueError("sample_weights takes numbers of at least 0, with one above 0 in each class of y.")
    penalty = _checks.number("penalty", penalty, least=0)
    return Regression(X, y, weights, penalty, outputs=1 if n_classes == 2 else n_classes)


def _own_start(start, **others):
    """Return the start of a loss of one's own as a float64 vector; it takes none of the other arguments."""
    for name, value in others.items():
        if value is not None and np.any(value):
            raise ValueError(f"{name} goes with X and y; a loss of your own holds its own weights and penalty.")
    return np.array(_checks.array("start", start, ndim=1))


def solve(problem, target, functions_of_loss, functions_of_regression, *, penalty, max_steps, **weights):
    """Return the `Optimum` of either problem; each framework hands in how it differentiates a loss and a regression."""
    if callable(problem):
        start = _own_start(target, penalty=penalty, **weights)
        return newton(*functions_of_loss(problem, start), start, max_steps=max_steps)
    regression = _regression(problem, target, penalty=penalty, **weights)
    regression.refuse_scales()
    functions = functions_of_regression(regression)
    # What all rows leave flat is flat everywhere: a slope there is the rounding of large numbers.
    found = newton(
        *functions, regression.start, max_steps=max_steps, refuse=regression.refuse_separated, slanted=SCALES
    )
    return replace(found, parameters=regression.split(found.parameters))


@NUMPY.wrap(limits=1)
def newton(slope_at, hessian_at, start, *, max_steps, refuse=lambda theta: None, slanted=SLANTED):
    """Return the minimum of a convex function as an `Optimum` with a vector of parameters.

    Parameters
    ----------
    slope_at : callable
        Takes a vector, float64 of shape (p,), and returns the value and the gradient, (p,), there.
    hessian_at : callable
        The same, and returns the Hessian, (p, p).
    start : numpy.ndarray of float64, shape (p,)
    max_steps : int
    refuse : callable, optional
        Takes the vector after each step, and raises where it shows that there is no minimum.
    slanted : str, optional
        What is said of a slope in a direction without curvature.

    Notes
    -----
    Directions in which the function is flat at the start (columns that repeat others; what all classes share) are left
    alone: among many minima that is the one nearest to the start. A step is halved until the function falls enough
    (Armijo's rule). The end is where Newton's decrement, gᵀH⁻¹g, is below 1e-20 of the value, so that the distance to
    the minimum is rounding alone. Close to it, where a step takes off four digits of the decrement, its Hessian stays.
    A function that only falls ever more slowly, as for data that can be separated in part, ends in curvatures that
    vanish, and is refused.
    """
    theta, span, decrement, close = start, None, np.inf, False
    max_steps = _checks.whole("max_steps", max_steps, least=1)
    value, gradient = slope_at(theta)
    worst = max(1.0, abs(value))
    for step in range(max_steps + 1):
        if not close:
            hessian = hessian_at(theta)
        if not (np.isfinite(value) and np.isfinite(gradient).all() and np.isfinite(hessian).all()):
            raise ValueError(f"The loss or a derivative of it is NaN or infinite after {step} steps.")
        if span is None:
            span = curved(hessian)
        outside = gradient - span @ (span.T @ gradient)
        if np.linalg.norm(outside) > 1e-9 * max(1.0, np.linalg.norm(gradient)):
            raise ValueError(slanted)
        if not close:
            curvature, axes = np.linalg.eigh(span.T @ hessian @ span)
            _check_curvature(curvature, step)
        slope = axes.T @ (span.T @ gradient)
        last, decrement = decrement, float(slope @ (slope / curvature))
        close = decrement <= min(CLOSE * abs(value), 1e-4 * last)
        direction = -span @ (axes @ (slope / curvature))
        if decrement <= 1e-20 * abs(value) + 1e-28 * worst:
            theta = theta + direction
            value, gradient = slope_at(theta)
            return Optimum(theta, float(value), float(np.linalg.norm(gradient)), step + 1)
        length, before = 1.0, value
        while True:
            value, gradient = slope_at(theta + length * direction)
            if value <= before - 1e-4 * length * decrement + 1e-15 * abs(before):
                break
            length /= 2
            if length < 1e-10:
                raise RuntimeError(f"No step makes the loss smaller after {step} steps: its gradient may be wrong.")
        theta = theta + length * direction
        refuse(theta)
    raise RuntimeError(
        f"minimise has not arrived after {max_steps} steps: the gradient's norm is {np.linalg.norm(gradient):.3g}. "
        "Standardise the features, take a penalty, or a larger max_steps."
    )


def curved(hessian):
    """Return an orthonormal basis, (p, r), of the directions in which the function is curved."""
    curvature, axes = np.linalg.eigh(hessian)
    largest = np.abs(curvature).max()
    if largest == 0:
        raise ValueError("The loss has no curvature at the start: it is linear there, or constant.")
    _refuse_concave(curvature, 0)
    return axes[:, curvature > FLAT * largest]


def _check_curvature(curvature, step):
    _refuse_concave(curvature, step)
    if curvature[0] < FLAT * curvature[-1]:
        raise ValueError(
            f"The curvature vanishes in some direction after {step} steps. Either the loss falls along it without a "
            "minimum, as where the classes can be separated in part: take a penalty. Or the scales of the features "
            "differ too much: standardise them."
        )


def _refuse_concave(curvature, step):
    if curvature[0] < -1e-9 * np.abs(curvature).max():
        raise ValueError(
            f"The loss is not convex: after {step} steps it has the curvature {curvature[0]:.3g} in some direction. "
            "minimise takes convex losses; train other models with fit."
        )
