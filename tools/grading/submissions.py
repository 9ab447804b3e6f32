"""Which submissions there are in a folder, what nbgrader may call their students, and which of them are new."""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from tools.grading import Refusal, reading
from tools.grading.report import Event

LONGEST = 200  # bytes of a name; a file system takes 255
LAYOUT = "Submissions lie in <folder>/<student>/<assignment>/<assignment>.ipynb."


@dataclass(frozen=True)
class Submission:
    """One folder that a student handed in, and the name by which nbgrader knows the student."""

    student: str
    assignment: str
    folder: Path


def plain(name):
    """Return a name with an underscore for whatever is a sign to a path, a pattern, a table or a page."""
    return re.sub(r"[^\w .@+-]", "_", name).strip(" .@+-") or "_"


def called(name):
    """Return by what name nbgrader knows the student of a folder: the plain one, and never the same for two folders."""
    short = plain(name).encode()[:LONGEST].decode(errors="ignore")
    return name if short == name else f"{short}-{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:4]}"


def find(folder, known):
    """Return all submissions, and sentences on what is left out.

    Raises
    ------
    Refusal
        If there is no such folder, or nothing in it to grade.
    """
    if not folder.is_dir():
        raise Refusal(f"There is no folder {folder}.")
    found = sorted(path for path in folder.glob("*/*") if path.is_dir() and not path.is_symlink())
    hidden = {path.name for path in folder.iterdir() if path.name.startswith(".") and path.is_dir()}
    left_out = [f"{name}, whose name begins with a dot" for name in sorted(hidden)]
    left_out += [f"{path.name}, which is a link" for path in folder.iterdir() if path.is_symlink()]
    found = [path for path in found if path.parent.name not in hidden and not path.parent.is_symlink()]
    found = [path for path in found if not path.name.startswith(".")]
    if not found:
        raise Refusal(f"There is no submission in {folder}. {LAYOUT}")
    if not any(path.name in known for path in found):
        raise Refusal(f"There is no assignment {found[0].name}; there are: {', '.join(known) or 'none'}. {LAYOUT}")
    left_out += [f"there is no assignment {name}" for name in sorted({path.name for path in found} - set(known))]
    return [
        Submission(called(one.parent.name), one.name, one.resolve()) for one in found if one.name in known
    ], left_out


class Record:
    """What is known of a submission that was graded: for what files, and what happened.

    It is written when all else of the submission is, so what was interrupted has none, or an old one.
    """

    def __init__(self, root, submission):
        self.path = root / "records" / submission.student / f"{submission.assignment}.json"
        self.submission = submission

    def read(self):
        """Return the record as a dictionary, empty where there is none."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            found["happened"] = [Event(*event) for event in found["happened"]]
            return found
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def write(self, **content):
        """Write the record."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        half = self.path.with_suffix(".half")
        half.write_text(json.dumps(content), encoding="utf-8")
        half.replace(self.path)

    def state(self, *masters):
        """Return what a submission and the masters hold, as one word: where it changes, it is graded again."""
        digest = hashlib.sha256()
        for master in masters:
            digest.update(master.read_bytes())
        files, others = reading.listed(self.submission.folder)
        for file in [*files, *others]:
            path, status = self.submission.folder / file, (self.submission.folder / file).lstat()
            digest.update(f"{file}\n{status.st_size}\n".encode("utf-8", "surrogateescape"))
            read = file.lower().endswith((".ipynb", ".zip", ".txt"))  # data that lie beside them are not
            if read and file in files and status.st_size <= reading.LIMIT:
                digest.update(path.read_bytes())
        return digest.hexdigest()
