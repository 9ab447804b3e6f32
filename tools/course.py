"""The course as its tools know it: where things lie, and the two frameworks."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
BUILD = ROOT / "build"


@dataclass(frozen=True)
class Framework:
    """A framework: the tag of its cells, its name, its modules, and the ending of its names where a pair is short."""

    tag: str
    name: str
    modules: tuple
    suffix: str

    @property
    def half(self):
        """The half of the package that is written in it."""
        return f"companion.{self.tag}"


PYTORCH = Framework("pytorch", "PyTorch", ("torch",), "_pt")
TENSORFLOW = Framework("tensorflow", "TensorFlow", ("tensorflow", "keras"), "_tf")
FRAMEWORKS = (PYTORCH, TENSORFLOW)
OTHER = {PYTORCH: TENSORFLOW, TENSORFLOW: PYTORCH}
