"""Take the README's picture out of notebook 00, so that it is always one that a notebook made.

``python -m tools.picture`` writes ``docs/side_by_side.png``; `make notebooks` calls it.
"""

import base64

from tools import gates

PICTURE = gates.ROOT / "docs" / "side_by_side.png"


def picture():
    """Return the last figure of notebook 00, as PNG bytes."""
    cells = gates.read(gates.NOTEBOOKS / "00_start_here.ipynb").cells
    figures = [
        out.data["image/png"] for cell in cells for out in cell.get("outputs", []) if "image/png" in out.get("data", {})
    ]
    return base64.b64decode(figures[-1])


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_bytes(picture())
