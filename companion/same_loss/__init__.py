"""Is my Keras loss the function that my PyTorch loss is? Two losses by value and gradient, and what makes them differ.

Each loss is put to batches that separate what can differ: the divisor, the weights, logits or probabilities, the focal
parameters, and so on. From the answers its canonical form is inferred, alone, and then confirmed on batches that it has
not seen; the verdict compares the forms. How each is to be called (the order, logits or probabilities, in a graph, a
label that is ignored) is compared first; whether the two are the same beyond that is decided by values and gradients,
whatever the forms. The frameworks are imported when a loss of theirs is looked at. On the command line::

    python -m companion.same_loss mine:pt_loss mine:keras_loss

What it cannot see: soft targets; several labels a row; logits beyond ±6, but for the notes; batches of other sizes than
the verdict prints; one logit for more than two labels, as of cumulative links, which is taken for one a label; a
threshold of the classes' ratio between 5, 31 and 127, or beyond, and of a class that is neither the first nor the last,
beyond 5; what changes after more calls than it makes, or draws numbers seldom (a loss whose answer to one batch changes
meanwhile is refused); labels beyond the columns, but for a note; relative differences below 1e-5, or 1e-4 where ``|z|``
is above 3, and twenty times that in float32; where a batch lacks a class or has one row of it, gradients that differ by
less than that share of the value of a row; half precision and devices; targets of more than one axis; a common factor
of the weights where their sum divides. And what is no loss: the optimiser, the data, the model. Two differences that
multiply to one number, such as two factors, are named as one; so are two that meet in one place, such as a factor and a
missing reduction. Of a law that is not known here it names no parameter: among them a power of the probability (the
generalised cross-entropy), a sum of two laws (cross-entropy and dice; PolyLoss is known), a hinge over several classes,
smoothing with a margin, and every loss that mixes rows, but for dice and Tversky's of one logit. Whether its rows
differ by a factor, in one class or by a divisor is said all the same, where it is seen. Whether a loss takes logits or
probabilities is read from its gradients where no logit is a probability; one of the hardest rows that mixes them in
few batches, and is declared what it is not, can get another cause. Rows that are left out are told from a clip where
such a batch is worth 0, and only if the rows of a batch do not depend on each other.
"""

import importlib.util
from collections.abc import Mapping

from companion import _checks
from companion.same_loss import forms, verdict, words
from companion.same_loss.probes import NotCompared, Raises, Unsteady, read
from companion.same_loss.sides import Side

__all__ = ["Description", "NotCompared", "assert_same_loss", "describe", "same_loss"]

_FRAMEWORKS = ("PyTorch", "TensorFlow")


def same_loss(pytorch, tensorflow, *, n_classes=2, outputs=None, class_weight=None, sample_weight=None, ignored=None):
    """Return whether two losses are one function, and what makes them differ.

    Parameters
    ----------
    pytorch : callable or torch.nn.Module
        Of ``(logits, targets)``, or in the order that the names of its parameters tell.
    tensorflow : callable, keras.losses.Loss or str
        Of ``(y_true, y_pred)``, as `compile` takes it. `compile` does not look at names: a function of ``(logits,
        targets)`` is compared as such, and its order is a cause.
    n_classes : int, optional
        K, at least 2. With 2, one logit a sample is tried first, then two.
    outputs : {"logits", "probabilities"}, or a dict of it by framework, optional
        What the models give. If it is not said and the losses take different things, that is a cause.
    class_weight : dict of int to float, optional
        What TensorFlow's side gets in `fit`, beside the loss.
    sample_weight : callable, optional
        The same, from labels ``(n,)`` to weights ``(n,)``.
    ignored : int, optional
        A label outside 0…K−1 that means "leave this row out", such as −100.

    Returns
    -------
    companion.same_loss.verdict.Verdict
        With ``.same``, ``.causes`` (each a ``.kind``, a ``.sentence`` and a line that ``.mend`` holds), ``.example``,
        ``.difference``, ``.domain`` and ``.forms``. It prints as a few sentences.

    Raises
    ------
    NotCompared
        If a loss cannot be called, or gives two answers for one batch; a ValueError.
    ValueError, TypeError
        If an argument is not as above.

    Notes
    -----
    PyTorch's constants and casts in float32 are lifted to float64, a Keras loss is put under float64; where that is
    refused, both are compared in float32.

    Examples
    --------
    >>> import keras, torch
    >>> w = torch.tensor([1.0, 99.0])
    >>> same_loss(
    ...     torch.nn.CrossEntropyLoss(weight=w),
    ...     keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    ...     class_weight={0: 1.0, 1: 99.0},
    ... ).kinds
    {'divisor'}
    """
    n_classes = _checks.whole("n_classes", n_classes, least=2)
    given = _outputs(outputs)
    sides = (
        _side("pytorch", pytorch, "PyTorch", n_classes),
        _side("tensorflow", tensorflow, "TensorFlow", n_classes, class_weight, sample_weight),
    )
    found = [_inferred(side, said, ignored) for side, said in zip(sides, given, strict=True)]
    declared = [said is not None for said in given]
    wanted = [_as_wanted(*each, ignored) for each in zip(sides, found, given, strict=True)]
    as_said = verdict.compare(sides, tuple(found), declared=tuple(declared))
    if not as_said.same and wanted.count(None) == 1:
        which = 1 - wanted.index(None)
        found[which], declared[which] = wanted[which], False
        return verdict.compare(sides, tuple(found), declared=tuple(declared))
    return as_said


def _inferred(side, said, ignored):
    """Return the form of a loss; of one that is not compared, find out whether it is one of the other framework."""
    try:
        return forms.infer(side, outputs=said, ignored=ignored)
    except Unsteady:
        raise
    except NotCompared as error:
        other = _FRAMEWORKS[1 - _FRAMEWORKS.index(side.framework)]
        try:
            read(Side(side.loss, other, side.n_classes), said)
        except Exception:
            raise error from None
        raise NotCompared(
            f"{side.framework}'s loss looks like one of {other}, where it can be called; PyTorch's comes first: "
            f"same_loss(pytorch_loss, keras_loss). {error}"
        ) from None


def _as_wanted(side, form, said, ignored):
    """Return the form of a loss that is said to get logits and wants probabilities; None of any other loss."""
    if said != "logits" or form.confirmed or read(side).given != "probabilities":
        return None
    wanted = forms.infer(side, ignored=ignored)
    return wanted if wanted.reading.given == "probabilities" and (wanted.confirmed or wanted.coupled) else None


def assert_same_loss(pytorch, tensorflow, **options):
    """Raise an AssertionError with the verdict unless two losses are one function; for tests.

    Parameters
    ----------
    pytorch, tensorflow, **options
        Those of `same_loss`.

    Raises
    ------
    AssertionError
        If they differ.
    """
    found = same_loss(pytorch, tensorflow, **options)
    if not found.same:
        raise AssertionError(str(found))


class Description(forms.Form):
    """A canonical form that prints itself: the law, the minimiser, the threshold, the effective weight."""

    def __str__(self):
        return words.description(self)

    __repr__ = __str__

    def _repr_html_(self):
        return words.description_html(self)


def describe(loss, *, n_classes=2, framework=None, outputs=None, class_weight=None, sample_weight=None, ignored=None):
    """Return the canonical form of one loss: its law, weights, divisor, smoothing, and what it is minimised by.

    Parameters
    ----------
    loss : callable, torch.nn.Module, keras.losses.Loss or str
    n_classes : int, optional
        K, at least 2.
    framework : {"PyTorch", "TensorFlow"}, optional
        By default that of the module or the Loss; a plain function is tried with those that are installed.
    outputs, class_weight, sample_weight, ignored
        As in `same_loss`, for one side.

    Returns
    -------
    Description
        A `companion.same_loss.forms.Form`, whose attributes are the parts, and which prints as a few sentences.

    Raises
    ------
    NotCompared
        If the loss cannot be called, or gives two answers for one batch.
    ValueError, TypeError
        If an argument is not as above.

    Notes
    -----
    The form is that of one hard label a row. What the loss does with soft targets, or with several labels a row, is not
    looked at.

    Examples
    --------
    >>> import torch
    >>> describe(torch.nn.BCEWithLogitsLoss(pos_weight=torch.tensor(9.0)))
    PyTorch: [(n,), float (n,); logits] cross-entropy; weights [1, 9]; divided by the number of samples
    Its minimiser, where class 1 has probability η: η = 0.01: p = 0.08333, η = 0.1: p = 0.5, η = 0.5: p = 0.9.
    Cutting at z = 0 then decides for class 1 above η = 0.1.
    """
    n_classes = _checks.whole("n_classes", n_classes, least=2)
    if outputs is not None:
        _checks.one_of("outputs", outputs, ("logits", "probabilities"))
    names = [_checks.one_of("framework", framework, _FRAMEWORKS)] if framework else _frameworks_of(loss)
    errors = []
    for name in names:
        try:
            side = _side("loss", loss, name, n_classes, class_weight, sample_weight)
            return Description(**vars(forms.infer(side, outputs=outputs, ignored=ignored)))
        except (NotCompared, ImportError) as error:  # a framework can be there, and broken
            errors.append(error)
    raise min(reversed(errors), key=_tells_less)


def _tells_less(error):
    """Return how little an error tells of a loss: that it raises may be for want of the other framework."""
    kinds = [Unsteady, NotCompared, Raises]
    return kinds.index(type(error)) if type(error) in kinds else len(kinds)


def _frameworks_of(loss):
    """Return the frameworks to try."""
    if origin := _origin(loss):
        return [origin]
    packages = dict(zip(_FRAMEWORKS, ("torch", "tensorflow"), strict=True))
    found = [name for name, package in packages.items() if _installed(package)]
    if not found:
        raise ImportError("describe needs PyTorch or TensorFlow, and finds neither: pip install torch or tensorflow.")
    return found


def _origin(loss):
    """Return the framework of a module, a Loss or a name; None of a function."""
    origins = {kind.__module__.split(".")[0] for kind in type(loss).__mro__}
    if isinstance(loss, str) or origins & {"keras", "tensorflow"}:
        return "TensorFlow"
    return "PyTorch" if "torch" in origins else None


def _installed(package):
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):  # what a finder refuses, or is marked as absent in sys.modules
        return False


def _side(argument, loss, framework, n_classes, class_weight=None, sample_weight=None):
    if not callable(loss) and not (framework == "TensorFlow" and isinstance(loss, str)):
        raise TypeError(f"{argument} takes a loss, a callable of two arguments, got {_checks.shown(loss)}.")
    if isinstance(loss, type):
        raise TypeError(f"{argument} takes a loss, got the class {loss.__name__}; make one: {loss.__name__}().")
    if _origin(loss) not in (framework, None):
        raise TypeError(
            f"{argument} takes a loss of {framework}, got {_checks.shown(loss)} of {_origin(loss)}; PyTorch's comes "
            "first: same_loss(pytorch_loss, keras_loss)."
        )
    if class_weight is not None and sample_weight is not None:
        raise ValueError("class_weight and sample_weight were both given; `fit` takes one of them.")
    if class_weight is not None and not isinstance(class_weight, Mapping):
        raise TypeError(f"class_weight takes a dict of class to weight, got {_checks.shown(class_weight)}.")
    if sample_weight is not None and not callable(sample_weight):
        raise TypeError(f"sample_weight takes a function of the labels, got {_checks.shown(sample_weight)}.")
    return Side(loss, framework, n_classes, class_weight=class_weight, sample_weight=sample_weight)


def _outputs(outputs):
    """Return what PyTorch's and what TensorFlow's model gives, None where it is not said."""
    allowed = ("logits", "probabilities")
    if outputs is None or isinstance(outputs, str):
        if outputs is not None:
            _checks.one_of("outputs", outputs, allowed)
        return outputs, outputs
    if not isinstance(outputs, Mapping) or not set(outputs) <= set(_FRAMEWORKS):
        raise TypeError(
            'outputs takes "logits", "probabilities", or a dict of it by "PyTorch" and "TensorFlow", got '
            f"{_checks.shown(outputs)}."
        )
    for said in outputs.values():
        _checks.one_of("outputs", said, allowed)
    return tuple(outputs.get(name) for name in _FRAMEWORKS)
