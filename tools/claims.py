"""What the notebooks of a run claimed and checked: read from the files of `companion.compare`, and one table."""

import json
import textwrap
from importlib import metadata

from tools.course import BUILD, FRAMEWORKS

FOLDER = BUILD / "claims"


def file_of(path):
    """Return the file to which the notebook at `path` writes its rows, one line of JSON each."""
    return FOLDER / f"{path.stem}.jsonl"


def versions():
    """Return the versions of the frameworks of this environment, as a piece of a file's name."""
    found = {name: metadata.version(name) for name in ("torch", "tensorflow", "keras")}
    return "_".join(f"{name}-{version}" for name, version in found.items())


def collect(paths):
    """Return the rows of the notebooks at `paths`, each with the notebook's name, and write them to two files.

    One is that of the last run; the other has the versions in its name, so that runs with others can be compared.
    """
    rows = [
        {"notebook": path.stem, **json.loads(line)}
        for path in paths
        if file_of(path).exists()
        for line in file_of(path).read_text(encoding="utf-8").splitlines()
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    for name in ("claims.jsonl", f"claims_{versions()}.jsonl"):
        (BUILD / name).write_text(lines, encoding="utf-8")
    return rows


def kept(row):
    """Say whether a row is as it says: a check holds, two frameworks agree, or differ, by as much as that."""
    if "at_least" in row:
        return row["difference"] >= row["at_least"]
    return "check" in row or row["difference"] <= row["atol"]


def verdict(row):
    """Say in a few words what came out."""
    if "check" in row:
        return "holds"
    if "at_least" in row:
        return f"{'differ' if kept(row) else 'NO'}, by {row['at_least']:g} or more"
    return f"{'yes' if kept(row) else 'NO'}, to {row['atol']:.0e}"


def figures(row):
    """Return what each framework gave: its figure, how many values of an array, or a tick."""
    if "check" in row:
        return ("✓",) * len(FRAMEWORKS)
    if "values" in row:
        return (f"{row['values']:,} values",) * len(FRAMEWORKS)
    return tuple(f"{row[framework.tag]:.4g}" for framework in FRAMEWORKS)


def table(rows):
    """Write the rows as a table, and a closing line that counts them and names the largest difference."""
    cells = [("notebook", "what", *(framework.name for framework in FRAMEWORKS), "agree")]
    for row in rows:
        what = textwrap.shorten(row.get("claim") or row["check"], 72, placeholder=" …")
        cells.append((row["notebook"].partition("_")[0], what, *figures(row), verdict(row)))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    cells.insert(1, tuple("-" * width for width in widths))
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    parities = [row for row in rows if "atol" in row]
    closing = f"{len(parities)} claims"
    if parities:
        largest = max(parities, key=lambda row: row["difference"])
        closing += f"; the largest difference is {largest['difference']:.1e} ({largest['notebook']})"
    for key, what in (("at_least", "places where the two differ by default"), ("check", "checks")):
        if count := sum(key in row for row in rows):
            closing += f"; {count} {what}"
    return "\n".join([*lines, "", f"{closing}."])
