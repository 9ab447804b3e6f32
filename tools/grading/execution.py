"""Run a submission's notebook: what it prints is limited, what it replaces is put back, what ends it is left out."""

import ast
import copy
import re
import time
from collections import Counter

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade, is_locked
from traitlets import default

from tools.assignments import is_test
from tools.grading.report import LOOK, SUSPECT, Event, short
from tools.grading.restore import OWN

SECONDS = 600  # for a whole submission; nbgrader_config.py limits a cell
CHARACTERS = 1_000_000  # that one cell may print
PATIENCE = 5  # times the limit of a cell, for the cells that the course gives
ATTEMPTS = 3  # a cell that ends the kernel is left out of the next
CUT = "… this cell printed more than a million characters; the rest is left out …\n"
ORDINARY = {"AssertionError", "NotImplementedError", "NameError", "KeyboardInterrupt"}  # how wrong work fails a test
CHECKED = ("builtins", "math", "numpy", "numpy.testing")  # what the tests rely on, beside companion

# Run in the kernel, beside the cells. Who wants to can fool it; it finds what is replaced without malice.
KEEP = """
import sys as _sys
_kept = vars(_sys.modules.setdefault("_kept", type(_sys)("_kept")))
_kept.update({{_name: globals()[_name] for _name in {names!r} if _name in globals()}})
for _name in {checked!r}:
    __import__(_name)
for _name, _module in list(_sys.modules.items()):
    if _name in {checked!r} or _name.split(".")[0] == "companion":
        _kept.setdefault(f"vars {{_name}}", dict(vars(_module)))
"""
PUT_BACK = """
import sys as _sys
_kept = vars(_sys.modules.get("_kept", type(_sys)("_kept")))
_changed = [_name for _name in {names!r} if _name in _kept and globals().get(_name) is not _kept[_name]]
globals().update({{_name: _kept[_name] for _name in _changed}})
"""
REPLACED = """
def _replaced():
    import sys
    kept = vars(sys.modules.get("_kept", sys))
    def own(value):
        return "__main__" in (getattr(value, "__module__", None), getattr(type(value), "__module__", None))
    for name, module in sorted(sys.modules.items()):
        if name in CHECKED or name.split(".")[0] == "companion":
            if getattr(module, "__spec__", None) is None:
                yield name
            else:
                before = kept.get(f"vars {name}", {}) | {"input": None}  # which a kernel replaces itself
                yield from (
                    f"{name}.{key}" for key, value in vars(module).items()
                    if own(value) or callable(before.get(key)) and before[key] is not value
                )
    shell = get_ipython()
    for label, whole in {"IPython": shell, "the kernel": shell.kernel}.items():
        for key, part in (vars(whole) | whole._trait_values).items():
            if key in ("user_module", "kernel", "parent", "shell"):  # a student's own names, and each other
                continue
            if own(part):
                yield f"{label}'s {key}"
            inside = part if key.endswith("_handlers") else getattr(part, "__dict__", {})
            if isinstance(inside, dict):
                yield from (f"{label}'s {key}.{name}" for name, value in inside.items() if own(value))
    for key in ("ast_transformers", "input_transformers_post", "custom_exceptions"):
        if getattr(shell, key):
            yield f"IPython's {key}"
    for key in ("cleanup_transforms", "line_transforms", "token_transformers"):
        if any(map(own, getattr(shell.input_transformer_manager, key))):
            yield f"IPython's {key}"
    for key, callbacks in shell.events.callbacks.items():
        if any(map(own, callbacks)):
            yield f"IPython's {key}"
    for kind in type(shell).__mro__:
        if any(own(value) for value in vars(kind).values()):
            yield f"IPython's {kind.__name__}"
    hooks = {"displayhook": shell.display_trap.hook}  # of sys while a cell runs
    hooks |= {key: getattr(sys, key) for key in ("excepthook", "stdout", "stderr")}
    yield from (f"sys.{key}" for key, value in hooks.items() if own(value))
    if sys.gettrace() or sys.getprofile():
        yield "sys.settrace"
""".replace("CHECKED", repr(CHECKED))


def helpers(source):
    """Return the functions, classes and modules that a cell of the release defines, which later cells build on."""
    tree = ast.parse(source)
    names = {statement.name for statement in tree.body if isinstance(statement, ast.FunctionDef | ast.ClassDef)}
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
    return sorted(names - {"*"})


class Execution(Execute):
    """nbgrader's execution of a notebook, for work by somebody else.

    A cell that does not end, even when it is interrupted, or that ends the kernel, is left out, and the others are run
    again without it. Where time runs out, the cells that are left count as failed.
    """

    happened = []  # of the one submission of this process
    progress = staticmethod(lambda cell: None)  # called with the name of each cell before it is run
    deadline = float("inf")

    @default("timeout_func")
    def _timeout_func(self):
        # What the course itself brings, the import of a framework above all, is slow on a busy machine and never hangs.
        return lambda cell: self.timeout * (PATIENCE if is_locked(cell) and not is_grade(cell) else 1)

    def preprocess(self, nb, resources):
        """Execute a notebook."""
        out, whole = {}, nb
        for attempt in range(1, ATTEMPTS + 1):
            nb = copy.deepcopy(whole)
            self.printed, self.left_out, self.at, self.over, self.protected = Counter(), out, None, False, []
            try:
                nb, resources = super().preprocess(nb, resources)
                self.at = self.at if self.over else None
            except DeadKernelError:
                out[self.at] = "ended the kernel"
            except CellTimeoutError:
                out[self.at] = "took too long and could not be interrupted"
            except Exception as error:  # as where a cell sends what no kernel would
                if self.at is None:
                    raise
                out[self.at] = f"broke off the run ({type(error).__name__})"
            if self.at is None or attempt == ATTEMPTS or time.monotonic() > self.deadline:
                break
        first = len(nb.cells) if self.at is None else self.at + 1
        for cell in nb.cells[first:]:
            _fail(cell, "NotRun", "The notebook was ended before this cell.")
        for place, why in sorted(out.items(), key=lambda item: item[0] or 0):
            if place is not None:
                self.happened.append(Event(LOOK, f"{title(whole.cells[place])} {why}, and was left out"))
                _fail(nb.cells[place], "LeftOut", f"This cell {why}.")
        if first < len(nb.cells):
            self.happened.append(Event(LOOK, f"what follows {title(nb.cells[first - 1])} was not run"))
        self.happened += [event for cell in nb.cells if cell.cell_type == "code" for event in events(cell)]
        return nb, resources

    def preprocess_cell(self, cell, resources, index):
        """Execute one cell, unless it is left out or the time is over."""
        if cell.cell_type != "code" or index in self.left_out:
            return cell, resources
        if time.monotonic() > self.deadline:
            self.over = True
            _fail(cell, "NotRun", "The notebook took too long.")
            return cell, resources
        self.at = index
        self.progress(title(cell))
        test = is_test(cell)
        if test and self.protected:
            self._put_back(cell)
        cell, resources = super().preprocess_cell(cell, resources, index)
        if is_locked(cell) and not test:
            names = helpers(cell.source)
            self.protected += names
            self._ask(KEEP.format(names=names, checked=CHECKED))
        if index == max(place for place, one in enumerate(self.nb.cells) if one.cell_type == "code"):
            found = self._ask(REPLACED, "'\\n'.join(sorted(set(_replaced())))")
            if found is None:
                self.happened.append(Event(SUSPECT, "the kernel does not answer as a kernel does"))
            self.happened += [Event(SUSPECT, f"replaced {name}") for name in (found or "").split("\n") if name]
        return cell, resources

    def _put_back(self, cell):
        changed = self._ask(PUT_BACK.format(names=self.protected), "' '.join(_changed)") or ""
        for name in changed.split():
            event = Event(LOOK, f"their own {name} was replaced by the course's before {title(cell)}")
            if not any(f"their own {name} " in one.text for one in self.happened):
                self.happened.append(event)

    def _ask(self, code, expression="''"):
        """Run code in the kernel beside the cells, and return the value of an expression, a string, or None."""
        message = self.kc.execute(code, silent=True, store_history=False, user_expressions={"value": expression})
        reply = self.wait_for_reply(message)
        content = reply["content"] if reply else {}
        value = (content.get("user_expressions") or {}).get("value") or {}
        try:
            return str(ast.literal_eval(value["data"]["text/plain"]))[:10_000]
        except (KeyError, TypeError, ValueError, SyntaxError):
            return None

    def _has_room(self, place):
        """Say whether a cell, and the notebook, may print more."""
        return self.printed[place] <= CHARACTERS and self.printed.total() <= 10 * CHARACTERS

    def on_cell_executed(self, **kwargs):
        """Keep an error that was not shown, and end the run where a cell asked the kernel to end."""
        super().on_cell_executed(**kwargs)
        payload = kwargs["execute_reply"]["content"].get("payload") or []
        if any(isinstance(one, dict) and one.get("source") == "ask_exit" for one in payload):
            raise DeadKernelError("exit() was called")

    def output(self, outs, msg, display_id, cell_index):
        """Keep an output, unless its cell has printed too much."""
        room = self._has_room(cell_index)
        self.printed[cell_index] += len(str(msg["content"]))
        if self._has_room(cell_index):
            return super().output(outs, msg, display_id, cell_index)
        if room:
            outs.append(nbformat.v4.new_output("stream", name="stdout", text=CUT))
        return None


def title(cell):
    """Return the name of a cell, or, for a student's own, its beginning."""
    return f"a cell of their own ({short(cell.source, 40)})" if cell.id.startswith(OWN) else cell.id


def _fail(cell, error, why):
    """Leave a cell with an error as its output, so that a test in it gives no marks."""
    if cell.cell_type == "code":
        cell.outputs = [nbformat.v4.new_output("error", ename=error, evalue=why, traceback=[f"{error}: {why}"])]


def events(cell):
    """Yield what a lecturer should know about an executed cell, beyond right and wrong."""
    given = is_locked(cell) and not is_grade(cell)
    for output in cell.outputs:
        if output.output_type == "error" and output.ename not in ("LeftOut", "NotRun"):
            if output.ename == "CellTimeoutError":
                yield Event(LOOK, f"{title(cell)} took too long and was interrupted")
            elif given or output.ename not in ORDINARY:
                said = re.sub(r"\x1b\[[0-9;]*m", "", f"{output.ename}: {output.evalue}")
                yield Event(LOOK, f"{title(cell)}: {short(said, 120)}")
        elif CUT in output.get("text", ""):
            yield Event(LOOK, f"{title(cell)} printed more than a million characters")
