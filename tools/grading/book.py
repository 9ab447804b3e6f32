"""Marks in nbgrader's gradebook: what the tests gave, what a person gave, and what no longer holds."""

import hashlib
import warnings
from datetime import timedelta
from functools import cache

from nbgrader.api import Gradebook, MissingEntry
from sqlalchemy.exc import SAWarning

from tools import assignments, notebooks
from tools.assignments import id_of
from tools.grading.report import LOOK, NOTE, SUSPECT, Event, Result


def open_at(root):
    """Return the gradebook of the course in a folder, to be used in a ``with``."""
    warnings.simplefilter("ignore", SAWarning)  # about nbgrader's own tables
    return Gradebook(*_place(root))


@cache
def _place(root):
    course = assignments.course(root).coursedir
    return course.db_url, course.course_id


def answers(root, submission):
    """Return the digest of each answer in words that was graded, by the name of its cell."""
    path = root / "autograded" / submission.student / submission.assignment / f"{submission.assignment}.ipynb"
    if not path.exists():
        return {}
    cells = [cell for cell in notebooks.read(path).cells if cell.metadata.get("nbgrader", {}).get("grade")]
    return {id_of(cell): digest(cell.source) for cell in cells if cell.cell_type == "markdown"}


def digest(text):
    """Return a short word that changes with a text."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def holds(gradebook, submission):
    """Say whether the gradebook knows of a submission."""
    try:
        return bool(gradebook.find_submission(submission.assignment, submission.student))
    except MissingEntry:
        return False


def refuse(gradebook, submission):
    """Take all marks of a submission that could not be graded; return what a person had given before."""
    graded = _of(gradebook, submission)
    events = []
    for one in _grades(graded):
        if one.manual_score is not None or one.extra_credit:
            events.append(Event(LOOK, f"{one.name} had {one.score:g} by hand, which no longer counts"))
        one.auto_score, one.manual_score, one.extra_credit, one.needs_manual_grade = 0, None, None, False
    for notebook in graded.notebooks:
        notebook.late_submission_penalty = None
    gradebook.db.commit()
    return events


def settle(gradebook, submission, before, now):
    """Ask again for marks by hand whose answer has changed since; return what a person should know of the marks.

    Parameters
    ----------
    before, now : dict
        What `answers` returned when the marks may have been given, and what it returns now.
    """
    events = []
    for one in _grades(_of(gradebook, submission)):
        changed = one.name in before and before[one.name] != now.get(one.name)
        if one.manual_score is not None and one.name in now:
            one.needs_manual_grade = changed
            if changed:
                events.append(Event(LOOK, f"{one.name} was changed after it had got {one.manual_score:g} by hand"))
    gradebook.db.commit()
    return events


def result(gradebook, submission, seconds=0.0, happened=(), new=True):
    """Return the marks of a submission as the gradebook has them."""
    graded = _of(gradebook, submission)
    grades = list(_grades(graded))
    events = list(happened)
    for one in grades:
        # By hand, or by a script that ran in the lecturer's browser.
        if one.auto_score is not None and one.manual_score is not None:
            tests = f"where the tests gave {one.auto_score:g}"
            events.append(Event(SUSPECT, f"{one.name} has {one.manual_score:g} by hand, {tests}"))
        if one.extra_credit:
            events.append(Event(SUSPECT, f"{one.name} has {one.extra_credit:g} of extra credit"))
    if graded.total_seconds_late > 0:
        late = timedelta(seconds=round(graded.total_seconds_late))
        events.append(Event(NOTE, f"handed in {late} late"))
    waiting = {one.name for one in grades if one.needs_manual_grade}
    return Result(
        submission.student,
        submission.assignment,
        {one.name: None if one.name in waiting else one.score for one in grades},
        {one.name: one.max_score for one in grades},
        seconds,
        events,
        sum(notebook.late_submission_penalty or 0 for notebook in graded.notebooks),
        new,
    )


def give(gradebook, submission, cell, mark, comment=None):
    """Enter a mark by hand, and a comment.

    Raises
    ------
    ValueError
        If there is no such cell, or the mark is not between 0 and its points.
    """
    try:
        grade = gradebook.find_grade(cell, submission.assignment, submission.assignment, submission.student)
        note = gradebook.find_comment(cell, submission.assignment, submission.assignment, submission.student)
    except MissingEntry:
        raise ValueError(f"{submission.student} has no {cell} in {submission.assignment}") from None
    if not 0 <= mark <= grade.max_score:
        raise ValueError(f"{cell} of {submission.student}: {mark:g} is not between 0 and {grade.max_score:g}")
    grade.manual_score, grade.needs_manual_grade = mark, False
    if comment:
        note.manual_comment = comment
    gradebook.db.commit()


def _of(gradebook, submission):
    gradebook.update_or_create_student(submission.student)
    return gradebook.update_or_create_submission(submission.assignment, submission.student)


def _grades(graded):
    return (one for notebook in graded.notebooks for one in notebook.grades)
