"""Read what a student handed in: one notebook, from whatever file it came in, as plain cells.

Of each cell its kind, its source and its name (nbgrader's ``grade_id``) are kept, and of a text the pictures in it.
Everything else is made anew, so what Colab, papermill, an editor or a student wrote into it cannot matter.
"""

import codecs
import json
import os
import re
import stat
import zipfile
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import nbformat

from tools.grading import Refusal

LIMIT = 100 * 2**20  # bytes of a notebook
CELLS = 2000
PASSED_OVER = ("__MACOSX",)  # beside what begins with a dot
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
PICTURES = ("image/png", "image/jpeg")


@dataclass
class Cell:
    """One cell that a student handed in."""

    kind: str  # code, markdown or raw
    source: str
    name: str | None = None
    pictures: dict = field(default_factory=dict)


def listed(folder):
    """Return the files in `folder`, and what is no file of its own (a link, a pipe), as sorted relative paths."""
    files, others = [], []
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        if not stat.S_ISDIR(status.st_mode):
            own = stat.S_ISREG(status.st_mode) and status.st_nlink == 1
            (files if own else others).append(path.relative_to(folder).as_posix())
    return files, others


def notebooks(folder, files):
    """Return the notebooks among the `files` of a folder, those in zip archives included, as pairs (file, member)."""
    found = []
    for file in files:
        if _passed_over(file):
            continue
        if file.lower().endswith(".ipynb"):
            found.append((file, None))
        elif file.lower().endswith(".zip"):
            try:
                with zipfile.ZipFile(folder / file) as archive:
                    inside = archive.namelist()
            except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
                continue
            found += [(file, one) for one in inside if one.lower().endswith(".ipynb") and not _passed_over(one)]
    return found


def _passed_over(path):
    return any(part.startswith(".") or part in PASSED_OVER for part in PurePosixPath(path).parts)


def choose(name, found):
    """Return which of the notebooks `found` is meant by the assignment `name`.

    Raises
    ------
    Refusal
        If there is none, or several of which none has the right name.
    """

    def stem(one):
        return PurePosixPath(one[1] or one[0]).name.lower().removesuffix(".ipynb")

    exact = [one for one in found if stem(one) == name.lower()]
    near = [one for one in found if stem(one).startswith(name.lower())]
    for group in ([one for one in exact if one == (f"{name}.ipynb", None)], exact, found, near):
        if len(group) == 1:
            return group[0]
    if found:
        several = ", ".join("/".join(filter(None, one)) for one in found[:5])
        raise Refusal(f"there are several notebooks ({several}): call the one that counts {name}.ipynb")
    raise Refusal(f"there is no {name}.ipynb")


def content(folder, file, member=None):
    """Return the bytes of a file in a folder, or of a member of the archive that it is.

    Raises
    ------
    Refusal
        If it is too large or cannot be read.
    """
    try:
        with os.fdopen(os.open(folder / file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as opened:
            if member is None:
                data = opened.read(LIMIT + 1)
            else:
                with zipfile.ZipFile(opened) as archive, archive.open(member) as inside:
                    data = inside.read(LIMIT + 1)
    except Exception as error:  # whatever an archive holds: a password, a broken sum
        raise Refusal(f"{member or file} cannot be read ({error})") from None
    if len(data) > LIMIT:
        raise Refusal(f"{member or file} has more than {LIMIT // 2**20} MB: clear its outputs and save it")
    return data


def decode(data):
    """Return the text of a file, whatever it begins with and however it is encoded."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if b"\0" in data[:2]:
        return data.decode("utf-16-be" if data[:1] == b"\0" else "utf-16-le", errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def cells(text):
    """Return the cells of a notebook.

    Raises
    ------
    Refusal
        If the text is no notebook; the message says what it is instead.
    """
    if not text.strip():
        raise Refusal("it is an empty file")
    try:
        whole = json.loads(text)
        if isinstance(whole, dict) and "worksheets" in whole:  # before 2015
            whole = nbformat.reads(text, as_version=4)
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError, nbformat.ValidationError) as error:
        what = "a web page" if text.lstrip()[:1] == "<" else "not a notebook, or only a part of one"
        raise Refusal(f"it is {what} ({type(error).__name__}: {error}): download the .ipynb and hand it in") from None
    found = whole.get("cells") if isinstance(whole, dict) else None
    if not isinstance(found, list):
        raise Refusal('it is not a notebook: it has no list "cells"')
    if len(found) > CELLS:
        raise Refusal(f"it has {len(found)} cells, and more than {CELLS} are not run")
    own = [_cell(one) for one in found if isinstance(one, dict)]
    if not any(one.source.strip() for one in own):
        raise Refusal("it is an empty notebook")
    return own


def _cell(raw):
    kind = raw.get("cell_type")
    source = raw.get("source", "")
    source = "".join(map(str, source)) if isinstance(source, list) else str(source)
    metadata = raw.get("metadata")
    ours = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = ours.get("grade_id") if isinstance(ours, dict) else None
    return Cell(
        kind if kind in ("code", "markdown") else "raw",
        source.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode("utf-8"),
        name if isinstance(name, str) and name else None,
        _pictures(raw.get("attachments")),
    )


def _pictures(attachments):
    """Return the pictures of a text cell that are really pictures."""
    kept = {}
    for name, kinds in (attachments if isinstance(attachments, dict) else {}).items():
        for kind, data in (kinds if isinstance(kinds, dict) else {}).items():
            if kind in PICTURES and isinstance(data, str) and BASE64.fullmatch(data):
                kept[name] = {kind: data}
    return kept
