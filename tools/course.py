"""The course as its tools know it: where things lie, and the two frameworks."""

from dataclasses import dataclass
from pathlib import Path

from companion import _palette

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
BUILD = ROOT / "build"


@dataclass(frozen=True)
class Framework:
    """A framework: the tag of its cells, its name, its modules, the ending of its names in short pairs, its colour."""

    tag: str
    name: str
    modules: tuple
    suffix: str
    colour: str

    @property
    def half(self):
        """The half of the package that is written in it."""
        return f"companion.{self.tag}"


PYTORCH = Framework("pytorch", "PyTorch", ("torch",), "_pt", _palette.PYTORCH)
TENSORFLOW = Framework("tensorflow", "TensorFlow", ("tensorflow", "keras"), "_tf", _palette.TENSORFLOW)
FRAMEWORKS = (PYTORCH, TENSORFLOW)
OTHER = {PYTORCH: TENSORFLOW, TENSORFLOW: PYTORCH}


def css():
    """Return the colours of the course as CSS, for the site and the slides."""
    colours = {framework.tag: framework.colour for framework in FRAMEWORKS} | {"compare": _palette.ACCENT}
    return f":root {{ {' '.join(f'--{name}: {colour};' for name, colour in colours.items())} }}\n"
