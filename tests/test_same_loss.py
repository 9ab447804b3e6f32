"""`companion.same_loss` names what makes two losses differ: every difference alone, and every two at once."""

import dataclasses
import functools

import pytest
from loss_pairs import ONE, PAIRS, SINGLE, THREE
from ported_losses import pytorch, tensorflow

from companion.same_loss import __main__, forms, same_loss, verdict, words
from companion.same_loss.sides import Side

torch = pytest.importorskip("torch")
pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")


class Remembered(Side):
    """A side that computes each batch once: the same reference meets many losses."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.known = {}

    def __call__(self, reading, z, y, *, graph=False):
        key = reading, z.tobytes(), z.shape, y.tobytes(), graph
        if key not in self.known:
            self.known[key] = super().__call__(reading, z, y, graph=graph)
        return self.known[key]


@functools.cache
def inferred(make, chosen):
    """Return a side and its form, once for each loss."""
    chosen = {name: list(value) if isinstance(value, tuple) else value for name, value in chosen}
    framework = {pytorch: "PyTorch", tensorflow: "TensorFlow"}[make]
    side = Remembered(make(**chosen), framework, chosen["n_classes"])
    return side, forms.infer(side)


def compared(ours, theirs):
    """Return the verdict on PyTorch's loss with the options `ours` and TensorFlow's with `theirs`."""
    both = [inferred(make, tuple(sorted(chosen.items()))) for make, chosen in ((pytorch, ours), (tensorflow, theirs))]
    sides, found = zip(*both, strict=True)
    return verdict.compare(sides, found, declared=(False, False))


def named(value):
    if isinstance(value, set):
        return "+".join(sorted(value))
    return ",".join(f"{name}={part}" for name, part in value.items()) if isinstance(value, dict) else str(value)


def test_there_are_many_single_differences_and_more_pairs():
    assert len(SINGLE) >= 100 and len(PAIRS) >= 170


@pytest.mark.parametrize(("base", "change", "kinds", "told"), SINGLE + PAIRS, ids=named)
def test_differences_are_named_and_nothing_else_is_but_for_what_the_lists_except(base, change, kinds, told):
    found = compared(base | change, base)
    assert not found.same
    assert found.kinds == told, str(found)
    assert told != {"law"} or found.example is not None


# What is printed can be done.

SIGMOID_IN_KERAS = {"PyTorch": "logits", "TensorFlow": "probabilities"}


def dice(z, y, smooth=1e-7):
    p, y = torch.sigmoid(z), y.to(z.dtype)
    return 1 - (2 * (p * y).sum() + smooth) / (p.sum() + y.sum() + smooth)


def test_dice_by_hand_is_that_of_keras():
    found = same_loss(dice, keras.losses.Dice(), outputs=SIGMOID_IN_KERAS)
    assert found.same, str(found)


@pytest.mark.parametrize(
    "loss", [keras.losses.Dice(), keras.losses.Tversky(alpha=0.5, beta=0.5)], ids=["dice", "tversky"]
)
def test_a_loss_over_the_batch_gets_neither_a_name_of_another_law_nor_an_argument_that_it_lacks(loss):
    found = same_loss(dice, loss)
    assert found.kinds == {"probabilities"}, str(found)
    assert str(found).count("over the batch, α = 0.5, β = 0.5, s = 0 (dice)") == 2
    assert "cross-entropy" not in str(found) and "from_logits" not in str(found)
    assert "lambda y, z: loss(y, keras.ops.sigmoid(z))" in found.causes[0].mend
    assert same_loss(dice, lambda y, z: loss(y, keras.ops.sigmoid(z))).same


def test_from_logits_is_offered_where_keras_has_it():
    found = same_loss(torch.nn.BCEWithLogitsLoss(), keras.losses.BinaryCrossentropy())
    assert found.kinds == {"probabilities"} and "from_logits=True" in found.causes[0].mend


@pytest.mark.parametrize(
    "loss", ["binary_crossentropy", "bce", keras.losses.binary_crossentropy], ids=["name", "alias", "function"]
)
@pytest.mark.parametrize("outputs", [None, "logits"])
def test_a_loss_by_name_that_gets_logits_is_offered_the_class_that_takes_them(loss, outputs):
    (cause,) = same_loss(torch.nn.BCEWithLogitsLoss(), loss, outputs=outputs).causes
    assert cause.kind == "probabilities"
    line = cause.mend.removeprefix("TensorFlow: ").partition(";")[0]
    assert line == "keras.losses.BinaryCrossentropy(from_logits=True)"
    assert same_loss(torch.nn.BCEWithLogitsLoss(), eval(line), outputs=outputs).same


def test_two_losses_that_are_said_to_get_logits_and_do_are_taken_at_their_word():
    assert same_loss(dice, dice_of_keras, outputs="logits").same


def generalised(powers, times=(1, 1)):
    """The generalised cross-entropy (1 − p^q) / q, with a power and a weight for each class; in PyTorch."""

    def loss(z, y):
        p = torch.sigmoid(z)
        negative, positive = times[0] * (1 - (1 - p) ** powers[0]), times[1] * (1 - p ** powers[1])
        return (y * positive / powers[1] + (1 - y) * negative / powers[0]).mean()

    return loss


def generalised_of_keras(y, z):
    p = keras.ops.sigmoid(z)
    return keras.ops.mean((y * (1 - p**0.7) + (1 - y) * (1 - (1 - p) ** 0.7)) / 0.7)


@pytest.mark.parametrize(
    ("ours", "told"),
    [
        (generalised((0.5, 0.7)), "Rows of class [1] agree, those of class [0] do not"),
        (generalised((0.7, 0.7), times=(2, 2)), "0.5 times PyTorch's, in every row: a factor."),
        (generalised((0.7, 0.7), times=(1, 4)), "[1, 0.25] times PyTorch's: class weights."),
        (lambda z, y: len(y) * generalised((0.7, 0.7))(z, y), "a number that changes with the batch"),
    ],
    ids=["power", "factor", "weights", "divisor"],
)
def test_of_a_law_without_a_name_it_is_told_where_the_rows_differ(ours, told):
    found = same_loss(ours, generalised_of_keras)
    assert found.kinds == {"law"}
    assert told in str(found)


def test_margins_and_a_large_scale_are_compared_where_the_gradients_vanish():
    margins = {"n_classes": 3, "scale": 30.0, "margin": (6.0, 11.0, 15.0)}
    weighted = margins | {"weights": (1.0, 2.0, 5.0)}
    assert compared(weighted | {"divisor": "weights"}, weighted).kinds == {"divisor"}
    assert compared(margins | {"scale": 1.0, "margin": (0.2, 11 / 30, 0.5)}, margins).kinds == {"scale"}


def test_weights_that_one_side_normalises_are_told():
    found = compared(THREE | {"weights": (0.375, 0.75, 1.875)}, THREE)
    assert found.kinds == {"factor"}
    assert "its weights average 2.667, PyTorch's 1 (normalised on one side alone?)" in str(found)


@pytest.mark.parametrize("divisor", ["samples", "weights", "sum"])
def test_the_line_on_weights_and_smoothing_makes_the_losses_equal(divisor):
    on_samples = THREE | {"smoothing": 0.1, "divisor": divisor}
    (cause,) = compared(on_samples | {"smoothing_on": "terms"}, on_samples).causes
    line, loss = cause.mend.partition("PyTorch: ")[2].split(", with loss = ")
    w = torch.tensor(THREE["weights"])

    def mended(z, y):
        names = {"w": w, "y": y, "z": z, "cross_entropy": torch.nn.functional.cross_entropy}
        return eval(line, names | {"loss": eval(loss, names)})

    assert same_loss(mended, tensorflow(**on_samples | {"weights": list(THREE["weights"])}), n_classes=3).same


def test_no_exponent_is_left_of_a_gamma_of_zero():
    one_sided = Side(pytorch(**ONE | {"weights": [1.0, 9.0]}), "PyTorch", 2)
    form = forms.infer(one_sided)
    form.law = dataclasses.replace(form.law, gamma=(3.171e-16, 4.0))
    assert "γ = [0, 4]" in words.law(form)


def test_the_command_line_takes_what_each_side_gives(monkeypatch, capsys):
    found = {"here:ours": torch.nn.BCEWithLogitsLoss(), "here:theirs": keras.losses.BinaryCrossentropy()}
    monkeypatch.setattr(__main__, "_named", found.get)
    assert __main__.main([*found]) == 1
    assert __main__.main([*found, "--outputs", "PyTorch=logits,TensorFlow=probabilities"]) == 0
    assert __main__.main([*found, "--outputs", "PyTorch=odds"]) == 2
    assert "odds" in capsys.readouterr().err


@pytest.mark.parametrize("off", [torch.no_grad, torch.inference_mode])
def test_losses_are_compared_where_gradients_are_switched_off(off):
    with off():
        assert same_loss(torch.nn.BCEWithLogitsLoss(), keras.losses.BinaryCrossentropy(from_logits=True)).same


def test_a_key_that_class_weight_lacks_is_noted():
    ours = torch.nn.BCEWithLogitsLoss(pos_weight=torch.tensor(20.0))
    theirs = keras.losses.BinaryCrossentropy(from_logits=True)
    assert "class_weight has no key 0" in str(same_loss(ours, theirs, class_weight={1: 20.0}))
    assert "class_weight has no key" not in str(same_loss(ours, theirs, class_weight={0: 1.0, 1: 20.0}))


def test_what_is_not_declared_has_an_example_of_the_losses_as_they_are_called():
    example = same_loss(torch.nn.BCEWithLogitsLoss(), keras.losses.BinaryCrossentropy()).example
    assert example.as_called
    keras_value = float(keras.losses.BinaryCrossentropy(dtype="float64")([example.targets], [example.logits]))
    assert example.values[1] == pytest.approx(keras_value)
    assert example.values[0] != pytest.approx(keras_value)


def test_of_equal_losses_nothing_is_said_that_is_not_known():
    found = same_loss(dice, dice_of_keras)
    assert found.same and "known" not in str(found) and "no name" not in str(found)


def dice_of_keras(y, z):
    return keras.losses.dice(y, keras.ops.sigmoid(z))


def test_keras_own_reduction_is_named_where_the_sum_of_the_weights_divides():
    ours, theirs = torch.nn.CrossEntropyLoss(weight=torch.tensor([1.0, 9.0])), {"from_logits": True}
    loss, w = keras.losses.SparseCategoricalCrossentropy, {0: 1.0, 1: 9.0}
    (cause,) = same_loss(ours, loss(**theirs), class_weight=w).causes
    assert 'reduction="mean_with_sample_weight"' in cause.mend
    assert same_loss(ours, loss(**theirs, reduction="mean_with_sample_weight"), class_weight=w).same


def swapped(a, b):
    return torch.nn.functional.binary_cross_entropy_with_logits(b, a)


@pytest.mark.parametrize(
    ("loss", "kind"),
    [(swapped, "order"), (torch.nn.SoftMarginLoss(), "labels"), (lambda z, y: torch.relu(1 - z * y).mean(), "labels")],
    ids=["order", "soft margin", "hinge"],
)
def test_the_line_on_the_order_and_on_the_labels_says_which_side_to_change_and_how(loss, kind):
    theirs = keras.losses.Hinge() if "lambda" in repr(loss) else keras.losses.BinaryCrossentropy(from_logits=True)
    found = same_loss(loss, theirs)
    (cause,) = found.causes
    assert cause.kind == kind and cause.sentence.startswith("PyTorch's loss")
    assert found.example.as_called
    side, _, line = cause.mend.partition(": ")
    assert "PyTorch" in side
    assert same_loss(eval(line, {"loss": loss}), theirs).same


class LogitsFirst(keras.losses.Loss):
    """A loss of Keras in the order of PyTorch."""

    def call(self, logits, targets):
        return keras.losses.binary_crossentropy(targets, logits, from_logits=True)


@pytest.mark.parametrize(
    "loss",
    [LogitsFirst(), lambda logits, targets: keras.losses.binary_crossentropy(targets, logits, from_logits=True)],
    ids=["Loss", "function"],
)
def test_names_in_the_order_of_pytorch_do_not_turn_what_compile_hands_over(loss):
    found = same_loss(torch.nn.BCEWithLogitsLoss(), loss)
    (cause,) = found.causes
    assert cause.kind == "order" and "`compile`, whatever their names, hands it (y_true, y_pred)" in cause.sentence
    assert found.example.as_called
    line = cause.mend.removeprefix("change TensorFlow's side: ")
    assert same_loss(torch.nn.BCEWithLogitsLoss(), eval(line, {"loss": loss})).same


def test_losses_given_in_the_other_order_are_told_so():
    with pytest.raises(
        TypeError, match=r"pytorch takes a loss of PyTorch, got .*same_loss\(pytorch_loss, keras_loss\)"
    ):
        same_loss(keras.losses.Hinge(), torch.nn.SoftMarginLoss())
