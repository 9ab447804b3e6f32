"""How nbgrader runs this course; `nbgrader` reads it in this folder, and `make assignments` and `make grade` do too."""

from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbgrader.converters import Autograde
from nbgrader.preprocessors import Execute

c = get_config()  # noqa: F821  (nbgrader gives it)

c.CourseDirectory.course_id = "weighted-losses"
c.IncludeHeaderFooter.header = "source/header.ipynb"

# A submission that lacks a test cell gets it back, in its place.
c.OverwriteCells.add_missing_cells = True

# One cell of a master takes a second or two. A cell that hangs is interrupted, and the next one runs.
c.Execute.timeout = 60
c.Execute.iopub_timeout = 60  # for the rest of a cell's output: on a busy machine the default loses the submission
c.LimitOutput.max_lines = 200

# What a student wrote must not run in the browser of whoever marks it. `make grade` has stricter steps of its own;
# these are for nbgrader's own command.
c.SanitizeHTML.enabled = True
STEPS = Autograde.autograde_preprocessors.default()
c.Autograde.autograde_preprocessors = [
    one for step in STEPS for one in ((step, SanitizeHTML) if step is Execute else (step,))
]
