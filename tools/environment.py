"""Write ``environment.yml`` (conda, Binder) from ``pyproject.toml``: ``python -m tools.environment``."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

TEMPLATE = """\
# For conda and Binder; written from pyproject.toml by `make environment`, so change that file and not this one.
# pip installs the project's own dependencies, within the bounds of pyproject.toml, at the versions of constraints.txt.
name: {name}
channels:
  - conda-forge
dependencies:
  - python={python}
  - pip
  - pip:
      - -c constraints.txt
      - -e .
"""


def environment():
    """Return the text of ``environment.yml``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lowest = re.search(r">=(\d+\.\d+)", project["requires-python"]).group(1)
    return TEMPLATE.format(name=project["name"], python=lowest)


if __name__ == "__main__":
    (ROOT / "environment.yml").write_text(environment(), encoding="utf-8")
