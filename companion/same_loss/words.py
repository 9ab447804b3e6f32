"""What a verdict and a form say, in sentences; and where the course explains it."""

import html

import numpy as np
from scipy.optimize import brentq

from companion import theory

_A = "08a_losses_and_class_weight"
_INDEX = "08_where_the_frameworks_differ"
LINKS = {
    "divisor": (_A, "The loss: divisors"),
    "smoothing": (_A, "Label smoothing with class weights"),
    "smoothing order": (_A, "Label smoothing with class weights"),
    "ignored class": (_A, "An ignored index"),
    "ignored label": (_A, "An ignored index"),
    "broadcast": (_A, "A hand-written loss that loses an axis"),
    "gamma": ("06a_focal_loss", "Focal Loss"),
    "detached": ("08c_compare_your_own", "A focal loss from a repository"),
    "coupled": (_A, "Classes on another axis"),
    "clipping": ("02b_training_with_a_weight", "Numerical stability"),
    "order": (_A, "The loss: what it is given"),
    "weights": (_A, "class_weight"),
    "kink": ("02a_weighted_binary_cross_entropy", "At exactly zero"),
    "activation": ("02b_training_with_a_weight", "Numerical stability"),
    "probabilities": ("02b_training_with_a_weight", "Two common slips"),
    "family": ("06_alternatives", "Does it pay?"),
    "inside": ("06a_focal_loss", "The formula, put right"),
    "poly": ("06a_focal_loss", "Focal Loss"),
    "probability margin": ("06a_focal_loss", "Focal Loss"),
    "scale": ("06_alternatives", "What the list leaves out: logit adjustment"),
    "shift": ("06_alternatives", "What the list leaves out: logit adjustment"),
    "margin": ("06_alternatives", "What the list leaves out: logit adjustment"),
    "labels": (_A, "Types of targets"),
    "reduction": (_A, "The loss: divisors"),
    "factor": (_A, "The loss: divisors"),
    "overlap": (_INDEX, "The numbers differ"),
    "offset": (_INDEX, "The numbers differ"),
    "gradient": (_INDEX, "The numbers differ"),
    "some batches": (_INDEX, "The numbers differ"),
    "graph": (_INDEX, "It raises: Keras"),
    "law": (_INDEX, "The numbers differ"),
    "unknown": (_INDEX, "The numbers differ"),
}
"""The notebook, and the heading in it, on each kind of cause that has one."""


def link(kind):
    """Return where the course explains a kind of cause, or ""."""
    if kind not in LINKS:
        return ""
    notebook, heading = LINKS[kind]
    return f"notebooks/{notebook}.ipynb, “{heading}”"


def _anchor(kind):
    """Return the same as a link of HTML, from a notebook of the course."""
    notebook, heading = LINKS[kind]
    target = html.escape(f"{notebook}.ipynb#{heading.replace(' ', '-')}")
    return f'See <a href="{target}">{html.escape(link(kind))}</a>.'


_DIVISORS = {
    "samples": "by the number of samples",
    "weights": "by the sum of the weights in the batch",
    "sum": "by nothing: it is a sum",
    "class": "each class by its own number of samples",
    "valid": "by the number of samples that are not left out",
    "averaged": "twice: it multiplies the mean of the weights by the mean of the losses",
    "others": "by the number of samples, each class times the share of the others in the batch",
    "classes": "by the number of samples of the classes {counted}",
    "unknown": "in a way that has no name here",
}
_DIVIDE = {
    "samples": "sum(w[y] * loss) / len(y)",
    "weights": "sum(w[y] * loss) / sum(w[y])",
    "sum": "sum(w[y] * loss)",
    "class": "the mean of w[y] * loss within each class, summed",
    "valid": "sum(w[y] * loss) / the number of rows that count",
    "averaged": "mean(w[y]) * mean(loss)",
    "others": "sum(w[y] * (1 - share[y]) * loss) / len(y), with share the shares of the classes in the batch",
    "classes": "sum(w[y] * loss) / the number of rows of the classes {counted} (on both sides max(1, number), lest a "
    "batch have none)",
    "unknown": "the other's divisor",
}


def cause(kind, forms, *values):
    """Return the sentence and the mending line of one cause."""
    return _CAUSES[kind](*forms, *values)


def unnamed(forms):
    """Return the cause that stands where a difference has no name here."""
    from companion.same_loss.verdict import Cause

    unknown = [form.framework for form in forms if not form.confirmed]
    why = f" ({' and '.join(unknown)} fits no form that is known here)" if unknown else ""
    return Cause(
        "unknown",
        f"Values or gradients differ, and the cause has no name here{why}.",
        "look at the example: compute it by hand on both sides",
    )


def gradients_alone(ratios):
    """Return the sentence and the mending line on two losses whose values are equal and whose gradients are not."""
    silent = _where(ratios)[0] if (ratios.by_class == 0).any() else ""
    return (
        f"The values are equal, the gradients are not: one side detaches a factor (stop_gradient, .detach()).{silent}",
        "take detach() or stop_gradient off the factor; or put it on the same factor of the other side",
    )


def silent(who):
    """Return the sentence and the mending line on sides without a gradient wherever the two gradients differ."""
    who = " and ".join(who)
    return (
        f"{who}'s gradient is 0 in the rows where the two differ, and their values are equal: a probability is clipped "
        "there, or the loss saturates.",
        f"{who}: compute from logits, or clip at 1e-7",
    )


def logits_too():
    """Return the sentence and the mending line on two losses that are equal of probabilities, and not of logits."""
    return (
        "The two are equal where both are given probabilities, and differ where both are given logits.",
        'if the models end in a softmax or sigmoid, say so with outputs="probabilities"; else look at the example',
    )


def where(found, odd):
    """Return what the odd ones among the batches compared have in common, and no other; "" if nothing is seen."""
    return _common(found, odd)[0]


def _some_batches(p, t, found, odd):
    """Return the sentence and the mending line on two losses that differ in the odd ones of the batches alone."""
    text, mend = _common(found, odd)
    one_sided = [each.finite for each, is_odd in zip(found, odd, strict=True) if is_odd and not all(each.finite)]
    endless = [form.framework for side, form in enumerate((p, t)) if not all(finite[side] for finite in one_sided)]
    told = f" Not finite there: {', '.join(endless)}." if endless else ""
    return f"They agree in {(~odd).sum()} of {len(odd)} batches, and differ {text}.{told}", mend


def _common(found, odd):
    """Return where the odd ones among the batches lie, and what to do there; two empty strings if nothing is seen."""
    if odd.all() or not odd.any():
        return "", ""
    n_classes = max(len(each.counts) for each in found)
    counts = np.array([np.bincount(each.y, minlength=n_classes) for each in found])
    total = counts.sum(axis=1)
    measures = [(counts[:, k], f" of class {k}") for k in range(n_classes)]
    measures += [(total - counts[:, k], f" but of class {k}") for k in range(n_classes) if n_classes > 2]
    measures += [(counts.min(axis=1), " of some class"), (total, "")]
    limits = [(measure[odd].max(), of) for measure, of in measures if measure[odd].max() < measure[~odd].min()]
    if limits:
        numbers = {0: "no row", 1: "at most one row"}
        text = ", or ".join(numbers.get(most, f"at most {most} rows") + of for most, of in limits[:2])
        mend = "treat such a batch alike on both sides: max(1, count), say, where a count divides"
        return f"where a batch has {text}", mend
    share = np.maximum(counts, 1) / total[:, None]
    for k in range(n_classes) if 2 * odd.sum() < len(odd) else ():  # else one would better say what they share
        if share[odd, k].max() < share[~odd, k].min():
            return f"where class {k} has at most {share[odd, k].max():.2g} of the rows", (
                "bound, clamp or round what is counted in the batch alike on both sides"
            )
    told = {each.told for each, is_odd in zip(found, odd, strict=True) if is_odd}
    if len(told) == 1 and (only := told.pop()):
        return only
    reach = np.array([each.reach for each in found])
    if not reach[odd].any() and reach[~odd].all():
        return "where every logit is 0, so that all rows of a class tie", (
            "nothing, if logits never tie: of equal losses each framework takes others first; or break ties alike"
        )
    if reach[odd].min() > reach[~odd].max() > 0:
        return f"where logits lie beyond ±{reach[~odd].max():g}", "compute from logits, without a clip, on both sides"
    return "", ""


def _divisor(p, t, factor):
    sentence = f"PyTorch divides {_divides(p)}, TensorFlow {_divides(t)}"
    for form in (p, t):
        weights = form.weights
        if form.divided_by == "weights" and weights.ndim == 1 and (weights > 0).all() and np.ptp(weights) > 0:
            share, nominal, acts = _effective(weights, 32)
            sentence += (
                f"; at a batch of 32 and a share of {share:.3g}, where these weights balance the classes, a weight of "
                f"{nominal:.4g} then acts as {acts:.3g} in {form.framework}"
            )
    in_tensorflow, in_pytorch = _as_in(p, t, factor), _as_in(t, p, 1 / factor)
    return sentence + ".", f"compute {in_tensorflow} in TensorFlow, too{_in_keras(p)}; or {in_pytorch} in PyTorch"


def _as_in(form, other, factor):
    """Return how a form divides; with the weights, if a factor is told, or the other's divisor hides their scale."""
    needed = form.divided_by != "weights" and (other.divided_by == "weights" or factor != 1)
    return _divide(form) + f" with w = {_numbers(_handed(form, factor), 7)}" * needed


def _handed(form, factor):
    """Return the weights of a form, as the other side takes them beside a factor that is told."""
    return form.weights if form.divided_by == "weights" else form.weights * factor


def _in_keras(form):
    """Return what a loss of Keras with class_weight takes for the divisor of a form, if it has a name there."""
    return ' (a Keras loss with class_weight: reduction="mean_with_sample_weight")' * (form.divided_by == "weights")


def _divides(form):
    return _DIVISORS[form.divided_by].format(counted=list(form.counted))


def _divide(form):
    return _DIVIDE[form.divided_by].format(counted=list(form.counted))


def _effective(weights, batch_size):
    """Return the share at which the largest weight balances its class, that weight, and what Σw leaves of it."""
    shares = 1 / weights / (1 / weights).sum()
    left = theory.effective_weights(shares, weights, batch_size)
    rare, common = int(np.argmax(weights)), int(np.argmin(weights))
    return shares[rare], weights[rare] / weights[common], left[rare] / left[common]


def _order(p, t, form):
    logits, targets = ("logits", "targets") if form.framework == "PyTorch" else ("y_pred", "y_true")
    first, second = (logits, targets) if form.framework == "PyTorch" else (targets, logits)
    caller = "it is called with" if form.framework == "PyTorch" else "`compile`, whatever their names, hands it"
    return (
        f"{form.framework}'s loss takes ({second}, {first}), in this order; {caller} ({first}, {second}).",
        f"change {form.framework}'s side: lambda {first}, {second}: loss({second}, {first})",
    )


def _labels(p, t):
    form = p if p.reading.signed else t
    arguments, call = ("z, y", "z, 2 * y - 1") if form.framework == "PyTorch" else ("y, z", "2 * y - 1, z")
    return (
        f"{form.framework}'s loss is one of labels −1 and 1; with 0 and 1, rows of class 0 have no gradient.",
        f"{form.framework}: lambda {arguments}: loss({call})",
    )


def _probabilities(p, t, from_logits):
    takes = {form.framework: form.reading.given for form in (p, t)}
    sentence = f"PyTorch's loss takes {takes['PyTorch']}, TensorFlow's {takes['TensorFlow']}"
    if takes["TensorFlow"] == "probabilities":
        link = "softmax" if t.reading.columns and t.reading.link == "softmax" else "sigmoid"
        mend = from_logits or f"lambda y, z: loss(y, keras.ops.{link}(z))"
        return (
            sentence + "; given logits it clips them, and most of its gradients are 0.",
            f"TensorFlow: {mend}; or, if the model ends in a softmax or sigmoid, say so with "
            'outputs={"PyTorch": "logits", "TensorFlow": "probabilities"}',
        )
    if takes["PyTorch"] == "probabilities":
        return (
            sentence + ".",
            "PyTorch: BCEWithLogitsLoss or CrossEntropyLoss, which take logits; or, if the model ends in a sigmoid, "
            'say so with outputs={"PyTorch": "probabilities", "TensorFlow": "logits"}',
        )
    return sentence + ".", "PyTorch: loss(log_softmax(z, dim=1), y)"


def _weights(p, t, kind, factor):
    a, b = _told_apart(p.weights, t.weights)
    if "others" in (p.divided_by, t.divided_by) and kind.startswith("missing"):
        kind = "other"  # equal ones are weights, too, where the shares of the batch multiply them
    told = {
        "missing in TensorFlow": f"TensorFlow has no class weights; PyTorch has {a}",
        "missing in PyTorch": f"PyTorch has no class weights; TensorFlow has {b}",
        "twice in TensorFlow": f"TensorFlow applies the weights twice: {b} is the square of {a}",
        "twice in PyTorch": f"PyTorch applies the weights twice: {a} is the square of {b}",
        "inverted": f"the weights of one side are the inverse of the other's: PyTorch {a}, TensorFlow {b}",
        "order": f"the same weights go to other classes: PyTorch {a}, TensorFlow {b}",
        "root in TensorFlow": f"TensorFlow's weights {b} are the square roots of PyTorch's {a}",
        "root in PyTorch": f"PyTorch's weights {a} are the square roots of TensorFlow's {b}",
        "other": f"the class weights differ: PyTorch {a}, TensorFlow {b}",
    }[kind]
    alphas = [_alpha(form) for form in (p, t)]
    if any(alphas):
        told += "".join(
            f"; {form.framework}'s are α = {alpha:.4g} for class 1 and 1 − α for class 0"
            for form, alpha in zip((p, t), alphas, strict=True)
            if alpha
        )
    a, b = (_numbers(_handed(*each), 7) for each in ((p, factor), (t, 1 / factor)))
    in_tensorflow, in_pytorch = _divided_alike(p, t, factor), _divided_alike(t, p, 1 / factor)
    beside = "; the factor below comes beside them" * (factor != 1)
    columns = ", where the sum over the columns is divided by n" * (p.weights.ndim == 2)
    return (
        told[0].upper() + told[1:] + ".",
        f"give TensorFlow the weights {a}{in_tensorflow}{in_tensorflow and _in_keras(p)}, or PyTorch {b}"
        f"{in_pytorch}{columns}{beside}",
    )


def _divided_alike(form, other, factor):
    """Return how to divide with the weights of a form on the other side, where equal ones have told nothing of it.

    PyTorch's loss of several columns, given weights, divides by their sum.
    """
    by_sum = form.divided_by == "weights"
    equal, equal_there = (np.ptp(each.weights) <= 1e-4 * each.weights.max() for each in (form, other))
    own = other.framework == "PyTorch" and _softmax(other) and equal_there
    hides = other.divided_by == "weights" and (equal or equal_there) or own
    told = not equal_there if by_sum else not hides or np.allclose(_handed(form, factor), 1)
    return "" if told else f", divided as {_divide(form)}"


def _alpha(form):
    weights = form.weights
    is_alpha = np.any(form.law.gamma) and weights.shape == (2,) and abs(weights.sum() - 1) < 1e-6 and np.ptp(weights)
    return weights[1] if is_alpha else None


_SMOOTHED = {
    ("PyTorch", True): "cross_entropy(z, y, label_smoothing={0}, reduction='none')",
    ("PyTorch", False): "binary_cross_entropy_with_logits(z, y * (1 - {0}) + {0} / 2, reduction='none')",
    ("TensorFlow", True): "categorical_crossentropy(one_hot(y, K), z, from_logits=True, label_smoothing={0})",
    ("TensorFlow", False): "binary_crossentropy(y, z, from_logits=True, label_smoothing={0})",
}
"""The smoothed loss of each sample, by framework and whether there is a logit for each class."""


def _smoothing_order(p, t):
    on = {"samples": "the smoothed loss of each sample", "terms": "each term of the smoothed sum"}
    form = p if p.smoothing_on == "terms" else t
    loss = _SMOOTHED[form.framework, form.reading.columns].format(f"{form.smoothing:.4g}")
    return (
        f"PyTorch's weights multiply {on[p.smoothing_on]}, TensorFlow's {on[t.smoothing_on]}.",
        f"smooth without weights, then multiply: {form.framework}: {_divide(form)}, with loss = {loss}",
    )


def _factor(p, t, factor):
    columns = p.n_classes if p.law.family == "sigmoid" else None
    hint = ""
    if columns and abs(factor * columns - 1) < 1e-4:
        hint = f": it divides by n·{columns}, PyTorch by n"
    elif columns and abs(factor / columns - 1) < 1e-4:
        hint = f": PyTorch divides by n·{columns}, TensorFlow by n"
    averages = [form.weights.mean() if np.ptp(form.weights) > 1e-6 else np.nan for form in (p, t)]
    if sum(np.isclose(averages, 1, rtol=1e-4)) == 1 and np.isfinite(averages).all():
        hint = f": its weights average {averages[1]:.4g}, PyTorch's {averages[0]:.4g} (normalised on one side alone?)"
    return f"TensorFlow's loss is {factor:.6g} times PyTorch's{hint}.", f"PyTorch: {factor:.6g} * loss(z, y)"


def _pair(text, attribute, mend):
    """Return what tells of a number that differs."""

    def tell(p, t):
        a, b = (np.round(attribute(form), 6) for form in (p, t))
        one, other = _told_apart(a, b)
        return f"{text}: PyTorch {one}, TensorFlow {other}.", mend.format(_numbers(a, 7), _numbers(b, 7))

    return tell


def _scaled(text, attribute, mend, written):
    """Return what tells of a vector that differs, and stands after the scale of the logits: what it is before it, too.

    `written` is how one writes it before the scale s.
    """

    def tell(p, t):
        sentence, line = _pair(text, attribute, mend)(p, t)
        if all(abs(form.law.scale - 1) < 1e-6 for form in (p, t)):
            return sentence, line
        a, b = (np.round(np.asarray(attribute(form)) / form.law.scale, 8) for form in (p, t))
        one, other = _told_apart(a, b)
        return (
            f"{sentence[:-1]}; these stand after the scale s of the logits. Before it, as in {written}: PyTorch {one}, "
            f"TensorFlow {other}.",
            f"{line}, after the scale; or before it, as in {written}: {mend.format(_numbers(a, 7), _numbers(b, 7))}",
        )

    return tell


def _which(text, attribute, mend):
    """Return what tells of something that one side does."""

    def tell(p, t):
        who = " and ".join(form.framework for form in (p, t) if attribute(form))
        return f"{who}'s {text}.", mend.format(who)

    return tell


def _clipping(p, t):
    who = [form for form in (p, t) if form.clipped]
    if all(form.left_out for form in who):
        told = " and ".join(
            f"{form.framework}'s loss and gradient are 0 in rows whose class has a probability above "
            f"{1 - form.clipped:.3g}: they are left out"
            for form in who
        )
        return f"{told}.", "leave the same rows out on both sides, or none"
    told = " and ".join(
        f"{form.framework}'s gradient is 0 where a probability is clipped, at {form.clipped:.3g}" for form in who
    )
    return f"{told}.", f"{' and '.join(form.framework for form in who)}: compute from logits, or clip at 1e-7"


def _reduction(p, t):
    loose = [form for form in (p, t) if not form.reduced]
    who = " and ".join(f"{form.framework}'s loss is {_entries(form)}" for form in loose)
    return (
        f"{who}: the value that is shown is the mean, the gradient is that of the sum.",
        f"{' and '.join(form.framework for form in loose)}: reduction='mean' (Keras: 'sum_over_batch_size')",
    )


def _entries(form):
    return "one number a sample" if form.entries == 1 else f"{form.entries:g} numbers a sample"


def _kink(p, t):
    form = p if p.kink else t
    whys = ["a hand-written max or abs"]
    line = "softplus(z) - z * y"
    if form.framework == "TensorFlow":
        whys.append("tf.nn.weighted_cross_entropy_with_logits, whose formula has two kinks there")
        line = "w[1] * y * tf.nn.softplus(-z) + w[0] * (1 - y) * tf.nn.softplus(z)"
    if not form.confirmed:
        whys.append("a loss that wants probabilities and gets logits (from_logits=False)")
    return (
        f"{form.framework}'s gradient at z = 0 is not that beside it: {', or '.join(whys)}.",
        f"{form.framework}: {line}, or the framework's own cross-entropy from logits",
    )


def _family(p, t):
    names = [law(form) + " of the softmax" * _softmax(form) for form in (p, t)]
    return f"PyTorch's loss: {names[0]}; TensorFlow's: {names[1]}.", "take the same loss on both sides"


def _softmax(form):
    """Whether a form is one of the softmax over several columns, which its name does not say."""
    return form.reading.columns and form.law.family == "softmax" and not any(form.law.kind)


def _ignored_class(p, t):
    who = [form for form in (p, t) if not form.weights.all()]
    labels = [int(k) for form in who for k in np.flatnonzero(form.weights.reshape(form.n_classes, -1).sum(axis=1) == 0)]
    return (
        f"{who[0].framework} leaves out the rows of class {labels}, the other does not.",
        "PyTorch: ignore_index, and reduction='sum' over max(1, the rows that count), as its mean of none is NaN; "
        "Keras: ignore_class",
    )


def _ignored_label(p, t):
    does = {
        "skipped": "leaves them out",
        "counted": "leaves them out of the sum, not of the divisor",
        "used": "uses them, or gives NaN",
        "refused": "refuses them",
    }
    return (
        f"Of rows with the label to ignore, PyTorch {does[p.ignored]}, TensorFlow {does[t.ignored]}.",
        "PyTorch: ignore_index; Keras: ignore_class; or take the rows out before the loss",
    )


def _law(p, t, ratios):
    who = " and ".join(form.framework for form in (p, t) if form.law is None and not form.broadcast)
    where, mend = _where(ratios)
    return (
        f"The loss of {who} fits no form that is known here; it is compared by value and gradient alone.{where}",
        mend,
    )


def _some_rows(found):
    """Return in which rows two gradients differ, where these are the fewer of each class."""
    odd, p = found.differ, found.p
    least, most = p[odd].min(), p[odd].max()
    apart = not ((least <= p[~odd]) & (p[~odd] <= most)).any()
    where = f" Their class has a probability between {least:.2g} and {most:.2g} there, and in no other row." * apart
    return f" The gradients differ in {odd.sum()} of {len(odd)} rows, and are equal in the others.{where}"


def _where(found):
    """Return what the `Ratios` of two gradients tell of losses without a name, and what to do."""
    ratios = found.by_class
    by_class = ratios.mean(axis=0)
    steady = np.isclose(*ratios, rtol=1e-3)
    share = np.array([found.differ[found.labels == k].mean() for k in range(len(by_class))])
    equal = share == 0
    unnamed = "look at the example: compute it by hand on both sides"
    if equal.all():
        return (
            " In the rows that were compared their gradients are equal, in other batches they, or values, differ.",
            unnamed,
        )
    if (by_class == 0).any():
        return f" TensorFlow has no gradient in rows of class {np.flatnonzero(by_class == 0).tolist()}.", unnamed
    if steady.all() and np.allclose(by_class, by_class[0], rtol=1e-3):
        told = f" TensorFlow's gradient is {by_class[0]:.6g} times PyTorch's, in every row: a factor."
        return told, f"PyTorch: {by_class[0]:.6g} * loss(z, y)"
    if steady.all():
        told = f" In rows of each class, TensorFlow's gradient is {_numbers(by_class)} times PyTorch's: class weights."
        return told, f"multiply PyTorch's losses by {_numbers(by_class)}, by class, or divide TensorFlow's by them"
    if np.allclose(ratios, ratios[:, :1], rtol=1e-3):
        return (
            " Their rows are alike, up to a number that changes with the batch: a divisor, or a function of the whole.",
            "divide by the same number",
        )
    if np.isfinite(ratios).all():
        told = f" TensorFlow's gradient is {_numbers(ratios[0])} times PyTorch's in rows of each class of one batch,"
        return (
            f"{told} {_numbers(ratios[1])} times in another: what multiplies a class changes with the batch.",
            unnamed,
        )
    if share.max() < 0.5:
        return _some_rows(found), unnamed
    told = ""
    if equal.any():
        same, other = np.flatnonzero(equal).tolist(), np.flatnonzero(~equal).tolist()
        told = f" Rows of class {same} agree, those of class {other} do not: look at what is done to these."
    return told, unnamed


NAMES = {"p_margin": "probability margin"}
"""The kind of cause that tells of a parameter of a law, where it is not the parameter's own name."""

_CAUSES = {
    "some batches": _some_batches,
    "order": _order,
    "labels": _labels,
    "probabilities": _probabilities,
    "broadcast": _which(
        "loss joins every row with every label: (n,) meets (n, 1) and becomes (n, n)",
        lambda form: form.broadcast,
        "{}: give logits and targets one shape, as in z.reshape(-1), y.reshape(-1)",
    ),
    "coupled": _which(
        "loss mixes the rows of a batch: a row's gradient changes with the logits of others",
        lambda form: form.coupled,
        "{}: if this is not meant, an axis is taken for another: softmax over dim=1, not 0",
    ),
    "reduction": _reduction,
    "graph": _which(
        "loss gives something else in tf.function than eagerly, or fails there",
        lambda form: form.graph_differs,
        "{}: no Python `if`, float() or NumPy on tensors inside the loss; tf.where and tf.cond instead",
    ),
    "ignored label": _ignored_label,
    "kink": _kink,
    "law": _law,
    "family": _family,
    "activation": _which(
        "loss applies softmax or sigmoid a second time, to probabilities",
        lambda form: form.law.activated,
        "{}: give the loss the logits themselves",
    ),
    "gamma": _pair(
        "The focal γ differs", lambda form: form.law.gamma, "set gamma={0} in TensorFlow, or {1} in PyTorch"
    ),
    "detached": _which(
        "focal factor (1 − p)^γ is a constant for the gradient",
        lambda form: form.law.detached,
        "{}: take detach() or stop_gradient off the factor",
    ),
    "inside": _which(
        "weight stands inside the focal factor: p is exp(−weight · cross-entropy) there",
        lambda form: np.ptp(form.law.inside) > 1e-6 or abs(form.law.inside[0] - 1) > 1e-6,
        "{}: take p from the cross-entropy without weights, and multiply by the weight last",
    ),
    "poly": _pair(
        "PolyLoss' ε differs, which multiplies (1 − p)^(γ + 1)",
        lambda form: form.law.poly,
        "set ε = {0} in TensorFlow, or {1} in PyTorch",
    ),
    "probability margin": _pair(
        "Another margin is taken off the probability in rows of class 0, p to max(p − margin, 0)",
        lambda form: form.law.p_margin,
        "take the margin (`clip` of the asymmetric loss) {0} in TensorFlow, or {1} in PyTorch",
    ),
    "overlap": _pair(
        "α, β and s differ in 1 − (TP + s) / (TP + α FP + β FN + s) of the batch (Tversky; dice has α = β = 0.5)",
        lambda form: form.overlap,
        "take [α, β, s] = {0} in TensorFlow, or {1} in PyTorch",
    ),
    "scale": _pair(
        "The logits are multiplied by another number (a temperature)",
        lambda form: form.law.scale,
        "multiply the logits (with what is added to them) by {0} in TensorFlow, or by {1} in PyTorch",
    ),
    "shift": _scaled(
        "Another vector is added to the logits (logit adjustment: its sign, τ, counts or shares)",
        lambda form: np.asarray(form.law.shift) - form.law.shift[0],
        "add {0} to the logits in TensorFlow, or {1} in PyTorch",
        "s · (z + vector)",
    ),
    "margin": _scaled(
        "Another margin is taken off the logit of the true class",
        lambda form: form.law.margin,
        "take the margins {0} in TensorFlow, or {1} in PyTorch",
        "s · (z − margin)",
    ),
    "smoothing": _pair(
        "Label smoothing differs", lambda form: form.smoothing, "label_smoothing={0} in TensorFlow, or {1} in PyTorch"
    ),
    "smoothing order": _smoothing_order,
    "ignored class": _ignored_class,
    "divisor": _divisor,
    "weights": _weights,
    "factor": _factor,
    "offset": _pair(
        "The value holds another constant",
        lambda form: form.offset,
        "it changes no gradient: subtract {0} from PyTorch's value, {1} from TensorFlow's",
    ),
    "gradient": _which(
        "gradient is not the derivative of its value",
        lambda form: not form.value_fits,
        "{}: look for detach(), stop_gradient, a custom gradient, or a round trip through NumPy",
    ),
    "clipping": _clipping,
}


def _numbers(values, digits=4):
    """Return numbers as text."""
    values = np.asarray(values, dtype=float) + 0.0  # no −0
    if values.ndim == 0:
        return f"{values:.{digits}g}"
    if values.ndim == 1 and len(values) == 1:
        return f"{values[0]:.{digits}g}"
    return "[" + ", ".join(_numbers(part, digits) for part in values) + "]"


def _told_apart(a, b):
    """Return two lists of numbers as text, in four digits or in as many as tell them apart."""
    pairs = [(_numbers(a, digits), _numbers(b, digits)) for digits in (4, 5, 6, 7)]
    return next((pair for pair in pairs if pair[0] != pair[1]), pairs[0])


def law(form):
    """Return the law of a form in words."""
    if form.broadcast:
        return "every row with every label"
    if form.overlap is not None:
        alpha, beta, smooth = np.round(form.overlap, 6)
        return f"a Tversky loss over the batch, α = {alpha:.4g}, β = {beta:.4g}, s = {smooth:.4g}" + (
            " (dice)" if alpha == beta == 0.5 else ""
        )
    if form.law is None:
        return "a law that is not known here" + (", over the batch" if form.coupled else "")
    found = form.law
    name = "cross-entropy"
    if found.squared or found.linear:
        name = ("squared" if found.squared else "absolute") + " error of probabilities"
    if found.hinge:
        name = "squared hinge loss" if found.squared else "hinge loss"
    if found.family == "sigmoid":
        name = "binary " + name + " of each column"
    if np.any(found.gamma):
        name = "focal loss" + " of each column" * (found.family == "sigmoid")
        name += f", γ = {_numbers(np.round(found.gamma, 6))}" + (", its factor detached" if found.detached else "")
        name += ", the weight inside the factor" if np.ptp(found.inside) > 1e-6 else ""
    if found.poly:
        name += f", plus {found.poly:.4g} · (1 − p)" + ("^(γ + 1)" if np.any(found.gamma) else "")
    if found.p_margin:
        name += f", p of class 0 less {found.p_margin:.4g}"
    if found.activated:
        name += " of logits that are probabilities already"
    if abs(found.scale - 1) > 1e-6:
        name += f" of {found.scale:.4g}·z"
    moves = {"logits shifted by": np.asarray(found.shift) - found.shift[0], "margins": np.asarray(found.margin)}
    for move, values in moves.items():
        if np.any(np.abs(values) > 1e-6):
            name += f", {move} {_numbers(values)}"
            scaled = f" after the scale, {_numbers(values / found.scale)} before it"
            name += scaled * (abs(found.scale - 1) > 1e-6)
    return name


def form(form):
    """Return a form as one line."""
    reading = form.reading
    parts = [f"[{reading.logits}, {reading.targets}; {reading.given}] {law(form)}"]
    if form.weights is not None:
        cancels = " (a common factor cancels)" * (form.divided_by == "weights")
        parts.append(f"weights {_numbers(form.weights)}{cancels}")
    elif form.law is not None and not form.broadcast:
        parts.append("its terms weighed in a way that has no name here")
    if form.smoothing > 1e-6:
        parts.append(f"smoothing {form.smoothing:.4g} on {form.smoothing_on}")
    if not form.reduced:
        parts.append(f"not reduced, {_entries(form)}")
    elif form.law is not None:
        parts.append(f"divided {_divides(form)}")
    if abs(form.factor - 1) > 1e-6:
        parts.append(f"times {form.factor:.4g}")
    if abs(form.offset) > 1e-6:
        parts.append(f"plus {form.offset:.4g}")
    for holds, text in (
        (form.by_shape, "another loss where its logits are (n,)"),
        (form.kink, "its gradient at z = 0 is not that beside it"),
        (form.clipped > 0, f"clipped at a probability of {form.clipped:.3g}"),
        (form.graph_differs, "a graph computes something else"),
        (not form.value_fits, "its gradient is not the derivative of its value"),
        (not form.confirmed and form.law is not None, "not confirmed on fresh batches"),
    ):
        if holds:
            parts.append(text)
    return "; ".join(parts)


def minimiser(form, eta):
    """Return the logit z₁ − z₀ at which the expected gradient is zero, class 1 having probability `eta`; or None."""
    if form.law is None or form.n_classes != 2 or form.coefficients.shape[1] > 2:
        return None

    def slope(s):
        z = np.full(2, s)
        z = np.stack([0 * z, z], axis=1) if form.reading.columns else z
        terms = form.law.terms(z)[1]
        terms = terms[..., 1] if form.reading.columns else terms
        of_class = (_whole_coefficients(form, eta) * terms).sum(axis=1)
        return (1 - eta) * of_class[0] + eta * of_class[1]

    ends = slope(-30.0), slope(30.0)
    return brentq(slope, -30, 30) if ends[0] < 0 < ends[1] else None


def _whole_coefficients(form, eta):
    """Return the coefficients of the terms over the divisor of a large batch whose share of class 1 is `eta`."""
    return form.coefficients / form.divisor(1e6 * np.array([1 - eta, eta]))[:, None]


def _by_the_batch(form):
    """Whether the weight of a class over that of the other comes from the shares of the batch."""
    one, other = (form.divisor(1e6 * np.array(shares)) for shares in ((0.9, 0.1), (0.2, 0.8)))
    return not np.isclose(one[0] / one[1], other[0] / other[1], rtol=1e-3)


def threshold(form):
    """Return the probability η of class 1 above which the minimiser is positive; None if there is none."""
    if minimiser(form, 0.5) is None:
        return None
    try:
        return float(brentq(lambda eta: minimiser(form, eta), 1e-4, 1 - 1e-4))
    except (TypeError, ValueError):
        return None


def description(form_, *, batches=(8, 32, 256)):
    """Return what one loss is, in a few lines."""
    lines = [f"{form_.framework}: {form(form_)}"]
    found = [(eta, minimiser(form_, eta)) for eta in (0.01, 0.1, 0.5)]
    if all(s is not None for _, s in found):
        at = ", ".join(f"η = {eta:g}: p = {1 / (1 + np.exp(-s)):.4g}" for eta, s in found)
        by_the_batch = _by_the_batch(form_)
        cut = None if by_the_batch else threshold(form_)
        large = ", in large batches" if form_.divided_by not in ("samples", "sum") else ""
        large += " whose share of class 1 is η, as its weights come from the batch's counts" * by_the_batch
        lines.append(f"Its minimiser{large}, where class 1 has probability η: {at}.")
        if cut is not None:
            lines.append(f"Cutting at z = 0 then decides for class 1 above η = {cut:.4g}.")
    weights = form_.weights
    if form_.divided_by == "weights" and weights.ndim == 1 and (weights > 0).all() and np.ptp(weights) > 0:
        acts = ", ".join(f"{_effective(weights, size)[2]:.3g} at B = {size}" for size in batches)
        share, nominal, _ = _effective(weights, 32)
        lines.append(
            f"At a share of {share:.3g}, where these weights balance the classes, a weight of {nominal:.4g} acts as "
            f"{acts}."
        )
    lines += [f"Outside |z| ≤ 6: {note}." for note in form_.notes]
    return "\n".join(lines)


def verdict(found):
    """Return a verdict as a few lines."""
    if found.same:
        within = "to rounding" if found.difference < 1e-12 else f"within {found.difference:.1g}"
        lines = [f"THE SAME, value and gradient, {within} over {found.domain}."]
    else:
        lines = ["NOT THE SAME."]
        for item in found.causes:
            lines += [f"- {item.sentence}", f"  To make them equal: {item.mend}."]
            if where := link(item.kind):
                lines.append(f"  See {where}.")
        if found.example:
            lines.append(_example(found.example))
    known = [each for each in found.forms if each.law is not None or not found.same]
    lines += [f"{each.framework:<10} {form(each)}" for each in known]
    lines += [f"Note: {note}." for note in found.notes]
    if not found.same:
        lines.append(f"Compared over {found.domain}.")
    return "\n".join(lines)


def _example(example):
    v, w = example.values
    given = ", both called in the order of their framework and given z" if example.as_called else ""
    z, y = _rows(example.logits), _rows(example.targets)
    text = f"Smallest example{given}: z = {z}, y = {y}: "
    if not np.isclose(v, w, rtol=1e-6, atol=0):
        return text + f"{v:.6g} and {w:.6g}."
    g, h = (_rows(gradient, 4) for gradient in example.gradients)
    return text + f"both {v:.6g}, with gradients {g} and {h}."


def _rows(values, digits=6):
    """Return the rows of a list as Python has them, at most three, in at most so many digits."""
    shown = str(_rounded(values[:3], digits))
    return shown if len(values) <= 3 else f"{shown[:-1]}, … {len(values) - 3} more rows]"


def _rounded(values, digits):
    if isinstance(values, list):
        return [_rounded(value, digits) for value in values]
    return values if isinstance(values, int) else float(f"{values:.{digits}g}")


def description_html(form_):
    """Return what one loss is, for a notebook."""
    return _paragraph(description(form_).splitlines())


def _paragraph(lines):
    """Return lines for a notebook of the course; one that says where to look is a link."""
    links = {f"  See {link(kind)}.": kind for kind in LINKS}
    return "<p>" + "<br>".join(_anchor(links[line]) if line in links else html.escape(line) for line in lines) + "</p>"


def verdict_html(found):
    """Return a verdict for a notebook: its sentences, and the two forms in a table that marks what differs."""
    rows = []
    for title, take in _ROWS:
        cells = [take(each) for each in found.forms]
        mark = ' style="font-weight: bold"' if cells[0] != cells[1] else ""
        rows.append(
            f"<tr{mark}><td>{title}</td>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
        )
    lines = [line for line in verdict(found).splitlines() if not line.startswith(("PyTorch  ", "TensorFlow "))]
    header = "<tr><th></th><th>PyTorch</th><th>TensorFlow</th></tr>"
    return f'{_paragraph(lines)}<table class="dataframe">{header}{"".join(rows)}</table>'


_ROWS = [
    ("law", law),
    ("given", lambda form: form.reading.given),
    ("logits, targets", lambda form: f"{form.reading.logits}, {form.reading.targets}"),
    ("weights", lambda form: "?" if form.weights is None else _numbers(form.weights)),
    ("divided", _divides),
    ("smoothing", lambda form: f"{form.smoothing:.4g}" + (f" on {form.smoothing_on}" if form.smoothing > 1e-6 else "")),
    ("factor, constant", lambda form: f"{form.factor:.4g}, {form.offset:.4g}"),
    ("gradient at 0", lambda form: "not that beside it" if form.kink else "that beside it"),
]
