"""How nbgrader runs this course; `nbgrader` reads it in this folder, and `make assignments` and `make grade` do too."""

c = get_config()  # noqa: F821  (nbgrader gives it)

c.CourseDirectory.course_id = "weighted-losses"
c.IncludeHeaderFooter.header = "source/header.ipynb"

# A submission that lacks a test cell gets it back, in its place.
c.OverwriteCells.add_missing_cells = True

# One cell of a master takes a second or two. A cell that hangs is interrupted, and the next one runs.
c.Execute.timeout = 60
c.Execute.iopub_timeout = 60  # for the rest of a cell's output: on a busy machine the default loses the submission
c.LimitOutput.max_lines = 200
