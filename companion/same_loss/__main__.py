"""``python -m companion.same_loss mine:pt_loss mine:keras_loss``: status 0 the same, 1 not, 2 not compared."""

import argparse
import importlib
import json
import os
import re
import sys

from companion._quiet import quiet
from companion.same_loss import NotCompared, describe, same_loss

OPTION = r"n_classes=(\d+)"  # in a message: on the command line it is written otherwise


def main(arguments=None):
    """Compare the losses that the arguments name, or describe the one, print the verdict, return the status."""
    parser = argparse.ArgumentParser(prog="python -m companion.same_loss", description="Are two losses one function?")
    parser.epilog = "Weights of samples come from a function: call companion.same_loss.same_loss with sample_weight."
    parser.add_argument("losses", nargs="+", metavar="module:name", help="PyTorch's loss, then Keras'; or one alone")
    parser.add_argument("--n-classes", type=int, default=2)
    parser.add_argument(
        "--outputs",
        type=_outputs,
        help="logits or probabilities, what both models give; or PyTorch=logits,TensorFlow=probabilities",
    )
    parser.add_argument("--class-weight", type=_weights, help='as fit takes it, in JSON: {"0": 1, "1": 99}')
    parser.add_argument("--ignored", type=int, help="a label that leaves its row out, such as -100")
    options = vars(parser.parse_args(arguments))
    names = options.pop("losses")
    if len(names) > 2:
        parser.error("one loss, or two")
    sys.path.insert(0, os.getcwd())
    try:
        with quiet():
            found = [_named(name) for name in names]
        answer = same_loss(*found, **options) if len(found) == 2 else describe(found[0], **options)
    except (NotCompared, ImportError, AttributeError, TypeError, ValueError) as error:
        print("NOT COMPARED:", re.sub(OPTION, r"--n-classes \1", str(error)), file=sys.stderr)
        return 2
    print(answer)
    return 0 if len(found) == 1 or answer.same else 1


def _outputs(text):
    """Return ``PyTorch=logits,TensorFlow=probabilities`` as a dict, one word as it is."""
    return dict(part.split("=", 1) for part in text.split(",")) if "=" in text else text


def _weights(text):
    """Return a dict in JSON as one of numbers; what is none, as it is."""
    found = json.loads(text)
    return {int(key): float(value) for key, value in found.items()} if isinstance(found, dict) else found


def _named(name):
    """Return what ``module:name`` names; raises an ImportError, whatever the module raises."""
    module, separator, attribute = name.partition(":")
    if not separator:
        raise ValueError(f"a loss is named module:name, got {name!r}.")
    try:
        found = importlib.import_module(module)
    except (Exception, SystemExit) as error:  # a file can raise anything, and end the program
        told = str(error).strip().partition("\n")[0]
        raise ImportError(f"{module} cannot be imported: {type(error).__name__}: {told}") from error
    return getattr(found, attribute)


if __name__ == "__main__":
    sys.exit(main())
