"""Grade submissions with nbgrader: ``python -m tools.grading FOLDER``, or ``make grade SUBMISSIONS=FOLDER``.

The folder is laid out as nbgrader has it: ``<student>/<assignment>/<assignment>.ipynb``. Each submission is graded in a
process of its own, one more at a time than there are cores; nbgrader restores the hidden tests, runs the notebook,
keeps the marks in its gradebook and writes the feedback. Each file here is one role:

- ``archives``: from and to Moodle, Canvas and ILIAS;
- ``submissions``: which submissions there are, and which of them are new;
- ``reading``: a notebook from whatever file was handed in;
- ``restore``: the released cells put back around a student's work;
- ``worker``: the process that grades one submission, ``execution`` its notebook, ``harmless`` what is kept of it;
- ``sandbox``: where its kernel runs;
- ``watch``: what ends a submission that takes too much;
- ``book``: marks in nbgrader's gradebook;
- ``answers``: one page a question, for marking by hand;
- ``alike``: who shares passages that few others have;
- ``report``: the lines, tables and lists of a run;
- ``__main__``: the run itself.
"""


class Refusal(Exception):
    """A submission that cannot be graded, or a command that cannot be obeyed; the message says why and what to do."""
