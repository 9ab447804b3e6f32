"""Take in the archive of a learning platform, and fill marks into the platform's own table.

``python -m tools.grading.archives ARCHIVE ASSIGNMENT`` sorts what students handed in at Moodle, Canvas or ILIAS into
``assignments/submitted/``. ``python -m tools.grading.archives --marks TABLE ASSIGNMENT`` fills the marks into the table
that the platform gives out: Moodle's grading worksheet, Canvas's gradebook, the status file of ILIAS's plugin
ExerciseStatusFile. A student's folder ends with the number by which the platform knows them, so no list is needed.
"""

import argparse
import csv
import io
import re
import shutil
import sys
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tools import assignments
from tools.grading import Refusal, book
from tools.grading.reading import LIMIT, decode
from tools.grading.submissions import Record, Submission, plain

# How a path in an archive says who handed in which file. The group `who` ends with the platform's number.
LAYOUTS = {
    # Berg, Anna_12345_assignsubmission_file/x.ipynb, one file a folder or, without folders, …_file_x.ipynb
    "Moodle": re.compile(r"(?:.*/)?(?P<who>[^/]+_\d+)_assignsubmission_file_?/?(?P<file>[^/].*)"),
    # berganna_LATE_4711_815_x.ipynb: the person's number, then that of the submission
    "Canvas": re.compile(r"(?:.*/)?(?P<name>[^/_]+)(?P<late>_LATE)?_(?P<number>\d+)_\d+_(?P<file>[^/]+)"),
    # 02/Submissions/Team 7/Berg_Anna_aberg_301/x.ipynb
    "ILIAS": re.compile(
        r"(?:(?!Team \d+/)[^/]*/)*(?:Team (?P<team>\d+)/[^/]+|(?P<who>[^/]+_[^/]+_[^/]*_\d+))/(?P<file>[^/]+)"
    ),
}
MARK = {"Grade", "Bewertung", "Note", "Punkte", "Calificación", "Valutazione", "mark"}  # columns of marks


@dataclass
class Layout:
    """How the table of a platform names its columns: the person, the mark, and the most there is to get."""

    platform: str
    person: int
    mark: int
    most: float | None = None
    update: int | None = None


def who(platform, match):
    """Return the folder of the student, or the team, that a path in an archive names."""
    if platform == "Canvas":
        return f"{match['name']}_{match['number']}"
    return f"Team_{match['team']}" if platform == "ILIAS" and match["team"] else match["who"]


def recognise(paths):
    """Return the platform that an archive with these paths comes from.

    Raises
    ------
    Refusal
        If it is none that is known.
    """
    found = Counter({name: sum(bool(layout.fullmatch(path)) for path in paths) for name, layout in LAYOUTS.items()})
    if any("_assignsubmission_" in path for path in paths):
        return "Moodle"
    name, count = max(found.items(), key=lambda item: item[1])
    if not count:
        first = ", ".join(paths[:2]) or "nothing"
        raise Refusal(f"This archive ({first}) is not laid out as one of {', '.join(LAYOUTS)}.")
    return name


def take_in(archive, assignment, folder):
    """Sort an archive into ``folder/<student>/<assignment>/``; return the platform, the files by student, and the rest.

    What was there of the same student and assignment is replaced.

    Raises
    ------
    Refusal
        If the archive cannot be read or is of no known platform.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = {one.filename.replace("\\", "/"): one for one in opened.infolist() if not one.is_dir()}
            platform = recognise(list(members))
            done, left_out = {}, []
            for path, member in members.items():
                match = LAYOUTS[platform].fullmatch(path)
                name = PurePosixPath(match["file"]).name if match else ""
                if not name or name.startswith(".") or "__MACOSX" in path or member.file_size > LIMIT:
                    left_out.append(path)
                    continue
                student = plain(who(platform, match))
                target = folder / student / assignment
                if student not in done:
                    shutil.rmtree(target, ignore_errors=True)
                    target.mkdir(parents=True)
                    done[student] = []
                try:
                    with opened.open(member) as source, open(target / name, "wb") as file:
                        shutil.copyfileobj(source, file)
                    done[student].append(name)
                except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
                    left_out.append(f"{path}, which cannot be read: {error}")  # one file, and not the class
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise Refusal(f"{archive} cannot be read: {error}") from None
    return platform, done, left_out


def table_of(rows, assignment, column=None):
    """Return how a platform's table is laid out, from its first rows.

    Raises
    ------
    Refusal
        If its columns are of no platform, or none or several are for this assignment.
    """
    titles = rows[0] if rows else []
    if {"usr_id", "mark"} <= set(titles) or {"team_id", "mark"} <= set(titles):
        person = titles.index("usr_id" if "usr_id" in titles else "team_id")
        return Layout("ILIAS", person, titles.index("mark"), update=titles.index("update"))
    if {"Student", "ID", "Section"} <= set(titles):
        number = re.match(r"\d+", assignment).group() if re.match(r"\d+", assignment) else assignment
        fits = [one for one in titles if re.search(r" \(\d+\)$", one) and number in one.rsplit(" (", 1)[0]]
        mark = _only(titles, [column] if column else fits)
        most = next((row[mark] for row in rows[1:3] if row[0].strip() == "Points Possible"), None)
        return Layout("Canvas", titles.index("ID"), mark, _number(most))
    if len(rows) > 1 and re.search(r"\d$", rows[1][0]):
        mark = _only(titles, [column] if column else [one for one in titles if one in MARK])
        most = _number(rows[1][mark + 1]) if mark + 1 < len(titles) else None
        return Layout("Moodle", 0, mark, most)
    raise Refusal(f"A table with the columns {', '.join(titles[:6]) or '(none)'} is of no known platform.")


def _only(titles, fits):
    if len(fits) != 1 or fits[0] not in titles:
        raise Refusal(f"Name the column of the marks with --column; the columns are: {', '.join(titles)}.")
    return titles.index(fits[0])


def _number(text):
    try:
        return float(str(text).replace(",", "."))
    except ValueError:
        return None


def fill(text, assignment, results, column=None):
    """Return a platform's table with the marks filled in, and sentences on what is not.

    Parameters
    ----------
    text : str
        The table as the platform gives it out.
    assignment : str
    results : dict
        ``report.Result`` by the platform's number for a person or a team.
    column : str, optional
        Its column of marks, where that is not clear.

    Raises
    ------
    Refusal
        If the table is of no known platform, or counts other points.
    """
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    layout = table_of(rows, assignment, column)
    outof = max((sum(one.outof.values()) for one in results.values()), default=None)
    if None not in (layout.most, outof) and layout.most != outof:
        raise Refusal(f"{layout.platform} counts {layout.most:g} points and the assignment {outof:g}: set that there.")
    said, filled = [], set()
    for row in rows[1:]:
        number = re.search(r"(\d+)\s*$", row[layout.person]) if len(row) > layout.mark else None
        result = results.get(number.group(1)) if number else None
        if result is None:
            continue
        filled.add(number.group(1))
        if result.by_hand:
            said.append(f"{result.student} is left empty: {result.by_hand:g} points wait to be marked by hand.")
            continue
        row[layout.mark] = f"{result.total:g}"
        if layout.update is not None:
            row[layout.update] = "1"
    said += [f"{one.student} is not in the table." for key, one in sorted(results.items()) if key not in filled]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n" if "\r\n" in text else "\n").writerows(rows)
    return out.getvalue(), said


def graded(root, assignment):
    """Return the marks of everybody whose folder ends with a platform's number, by that number."""
    results = {}
    with book.open_at(root) as gradebook:
        for one in gradebook.assignment_submissions(assignment):
            submission = Submission(one.student.id, assignment, root)
            number = re.search(r"_(\d+)$", submission.student)
            if number and Record(root, submission).read():
                results[number.group(1)] = book.result(gradebook, submission)
    return results


def main(arguments=None):
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.grading.archives",
        description="Take in the archive of Moodle, Canvas or ILIAS, or fill marks into the platform's own table.",
    )
    parser.add_argument("file", type=Path, help="the archive, or with --marks the table")
    parser.add_argument("assignment", help="as 02_weighted_binary_cross_entropy")
    parser.add_argument("--marks", action="store_true", help="fill in marks, into a table beside the platform's")
    parser.add_argument("--column", help="the table's column of marks, where that is not clear")
    parser.add_argument("--course", type=Path, default=assignments.COURSE, help="where submitted/ and the marks are")
    options = parser.parse_args(arguments)
    try:
        known = sorted({path.stem for path in options.course.glob("source/*/*.ipynb")} | set(assignments.names()))
        if options.assignment not in known:
            raise Refusal(f"There is no assignment {options.assignment}; there are: {', '.join(known)}.")
        if options.marks:
            raw = options.file.read_bytes()
            text, said = fill(
                decode(raw), options.assignment, graded(options.course, options.assignment), options.column
            )
            target = options.file.with_name(f"{options.file.stem}-marked{options.file.suffix}")
            target.write_bytes((b"\xef\xbb\xbf" if raw.startswith(b"\xef\xbb\xbf") else b"") + text.encode())
            print(*said, f"Marks: {target}", sep="\n")
        else:
            folder = options.course / "submitted"
            platform, done, left_out = take_in(options.file, options.assignment, folder)
            print(*(f"Left out: {path}" for path in left_out), sep="\n", end="\n" if left_out else "")
            print(f"From {platform}: {len(done)} submissions in {folder}")
    except (Refusal, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
