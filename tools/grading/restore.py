"""Put the released cells back around a student's work: what was deleted, changed, moved, copied, or lost its name.

A cell of the release is found in a submission by its name; where the name is lost, by its source, by what it defines,
or because it stands between two others that were found. nbgrader then adds the hidden tests. Left to itself it gives
up where a cell was copied, where two neighbours are missing, or metadata.
"""

import ast
import copy
import re
from bisect import bisect_left
from difflib import SequenceMatcher

import nbformat
from nbgrader.utils import is_grade, is_locked, is_solution

from tools import assignments
from tools.assignments import id_of
from tools.grading import Refusal
from tools.grading.report import LOOK, NOTE, Event

RESET = re.compile(r"^([ \t]*)(%reset\b.*)$", re.MULTILINE)
MANY = 4  # so many cells without a name are told of in one event
NEAR = 40  # characters by which a statement may have grown; more is a text of the student's
LONGEST = 20_000  # characters of a text: a thousand words are six thousand
OWN = "own-"  # how the id of a cell begins that has no name
# What right work needs nowhere, and what reads the tests or answers for the values that they compare.
UNUSUAL = re.compile(
    r"__(?:eq|array_function|array_ufunc|code|wrapped|globals|builtins)__|\b_getframe\b|\bcurrentframe\b"
    r"|\bf_(?:back|globals|locals|lineno)\b|\bset(?:trace|profile)\b|\bgc\.get_\w+|\bctypes\b|\bsys\.modules\b|\b_ih\b"
)
STUB = re.compile(r"#? ?YOUR (?:CODE|ANSWER) HERE")


def normal(source):
    """Return a source without what editors change: blanks at the ends of lines and of the whole."""
    return "\n".join(line.rstrip() for line in source.splitlines()).strip()


def defined(source):
    """Return the names that a source binds at its top level; where it cannot be parsed, those of its functions."""
    try:
        body = ast.parse(re.sub(r"^[ \t]*[%!].*$", "", source, flags=re.MULTILINE)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set(re.findall(r"^(?:def|class)\s+(\w+)", source, flags=re.MULTILINE))
    names = set()
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(statement.name)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
        else:
            names |= {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names


def is_answer(cell):
    """Say whether a cell of the release waits for an answer in words."""
    return is_grade(cell) and is_solution(cell) and cell.cell_type == "markdown"


def untouched(source):
    """Say whether a student wrote nothing into a cell that is theirs to fill; many write below the stub."""
    rest = STUB.sub("", source)
    return not rest.strip() or (rest != source and "raise NotImplementedError" in rest)


def framework_of(own):
    """Return the framework that a submission uses, by its own words."""
    text = "\n".join(cell.source for cell in own if cell.name is None or not cell.name.startswith("imports"))
    count = {
        "pytorch": len(re.findall(r"\btorch\.|\bF\.\w|\bnn\.\w", text)),
        "tensorflow": len(re.findall(r"\btf\.|\bkeras\.", text)),
    }
    return max(count, key=count.get)


class Matching:
    """Which of a student's cells stands for which cell of the release.

    Attributes
    ----------
    of : dict
        For the number of a released cell those of the student's cells that stand for it, the one that counts last.
    events : list of Event
    """

    def __init__(self, own, released, master):
        self.own, self.released = own, released
        self.names = {id_of(cell): defined(cell.source) for cell in master if is_solution(cell)}
        self.of, self.taken, self.events = {}, set(), []
        self._by_name()
        lost = [number for number, cell in enumerate(released) if id_of(cell) and number not in self.of]
        self._by_source()
        self._by_likeness()
        self._by_definition()
        self._by_place()
        found = [id_of(released[number]) for number in lost if number in self.of]
        if len(found) >= MANY:
            self.events.append(Event(NOTE, f"{len(found)} cells had lost their names and were found"))
        else:
            self.events += [Event(NOTE, f"{name} had lost its name and was found") for name in found]

    def _take(self, number, *places):
        self.of[number] = list(places)
        self.taken.update(places)

    def _by_name(self):
        for number, cell in enumerate(self.released):
            name = id_of(cell)
            places = [place for place, one in enumerate(self.own) if name and one.name == name]
            if len(places) > 1:
                self.events.append(Event(LOOK, f"{name} is there {len(places)} times"))
                # A copy into which other work was written is that other work.
                places = [place for place in places if not self._is_other(place, number)] or places
                # The last that was worked on counts.
                places.sort(key=lambda place: not untouched(self.own[place].source))
            if places:
                self._take(number, *places)

    def _is_other(self, place, number):
        """Say whether a student's cell holds what belongs into another cell of the release than that of its name."""
        one, name = self.own[place], id_of(self.released[number])
        if one.kind != self.released[number].cell_type:
            return True
        if any(normal(one.source) == normal(cell.source) for at, cell in enumerate(self.released) if at != number):
            return True
        others = set().union(*(names for other, names in self.names.items() if other != name))
        found = defined(one.source) if one.kind == "code" else set()
        return bool(found & others) and not found & self.names.get(name, set())

    def _by_source(self):
        last = -1
        for number, cell in enumerate(self.released):
            if number not in self.of:
                places = [
                    place
                    for place, one in enumerate(self.own)
                    if place not in self.taken
                    and one.kind == cell.cell_type
                    and normal(one.source) == normal(cell.source)
                ]
                if places:
                    self._take(number, min(places, key=lambda place: (place < last, place)))
            last = self.of.get(number, [last])[-1]

    def _by_likeness(self):
        # A statement in which a key was pressed is still the statement, and no answer beside it.
        for number, cell in enumerate(self.released):
            if number not in self.of and not id_of(cell) and cell.cell_type == "markdown":
                for place, one in enumerate(self.own):
                    near = abs(len(one.source) - len(cell.source)) < NEAR and one.kind == "markdown"
                    if not near or place in self.taken:
                        continue
                    alike = SequenceMatcher(None, one.source, cell.source, autojunk=False)
                    if alike.quick_ratio() > 0.8 and alike.ratio() > 0.8:
                        self._take(number, place)
                        break

    def _by_definition(self):
        for number, cell in enumerate(self.released):
            names = self.names.get(id_of(cell)) or (set() if id_of(cell) != "framework" else {"FRAMEWORK"})
            if number in self.of or cell.cell_type != "code" or not names:
                continue
            common = {
                place: len(names & defined(one.source))
                for place, one in enumerate(self.own)
                if place not in self.taken and one.kind == "code"
            }
            if common and max(common.values()):
                self._take(number, max(common, key=lambda place: (common[place], place)))

    def _by_place(self):
        for number, cell in enumerate(self.released if self.of else []):
            if number not in self.of and is_solution(cell) and cell.cell_type == "code":
                places = [place for place in self.gap(number) if self.own[place].kind == "code"]
                if len(places) == 1:
                    self._take(number, *places)

    def gap(self, number):
        """Return the student's own cells between the neighbours of a released cell that were found."""
        before = [self.of[one][-1] for one in self.of if one < number]
        after = [self.of[one][0] for one in self.of if one > number]
        start, stop = max(before, default=-1), min(after, default=len(self.own))
        return [place for place in range(start + 1, stop) if place not in self.taken]


def answer(matching, number):
    """Return the text and the pictures of an answer, the places of the cells they came from, and what happened.

    A student's text counts wherever it stands: in its cell, whatever kind that became, beside it, or, where there is
    none, anywhere else in words of their own.
    """
    own, name = matching.own, id_of(matching.released[number])
    written = [place for place in matching.of.get(number, []) if not untouched(own[place].source)]
    beside = [place for place in matching.gap(number) if own[place].kind != "code" and own[place].source.strip()]
    if not written and not beside:
        beside = [place for place in matching.gap(number) if _is_prose(own[place])]
    if not written and not beside:
        rest = [place for place in range(len(own)) if place not in matching.taken]
        beside = [place for place in rest if own[place].kind != "code" and len(own[place].source.split()) > 4]
    texts, events = [], []
    for place in sorted({*written, *beside}):
        if own[place].source not in texts:
            texts.append(own[place].source)
    if any(own[place].kind != "markdown" for place in written):
        events.append(Event(LOOK, f"{name} was no longer a text cell; its text is kept"))
    if beside:
        events.append(Event(LOOK, f"{name} holds text from {len(beside)} other cell(s)"))
    text = "\n\n".join(texts)
    if len(text) > LONGEST:
        events.append(Event(LOOK, f"{name} has {len(text)} characters, of which {LONGEST} are kept"))
        text = text[:LONGEST]
    pictures = {key: value for place in [*written, *beside] for key, value in own[place].pictures.items()}
    return text, pictures, beside, events


def _is_prose(cell):
    """Say whether a code cell holds words: comments or strings alone, or nothing that is Python."""
    try:
        body = ast.parse(cell.source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return len(cell.source.split()) > 8
    words = all(isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) for one in body)
    return words and len(cell.source.split()) > 8


def _longest_run(numbers):
    """Return the indices of a longest increasing run of `numbers`: the cells that were not moved."""
    tails, ends, before = [], [], []
    for index, number in enumerate(numbers):
        at = bisect_left(tails, number)
        tails[at : at + 1], ends[at : at + 1] = [number], [index]
        before.append(ends[at - 1] if at else None)
    run, index = [], ends[-1] if ends else None
    while index is not None:
        run.append(index)
        index = before[index]
    return set(run)


def restore(own, released, master):
    """Return the notebook to run: a student's cells, and every cell of the release that has a name, in its place.

    Parameters
    ----------
    own : list of reading.Cell
    released : NotebookNode
        What students got.
    master : NotebookNode
        The same with its solutions.

    Returns
    -------
    notebook : NotebookNode
    events : list of Event
        What was put back, kept or found.

    Raises
    ------
    Refusal
        If nothing in it is of this assignment.
    """
    matching = Matching(own, released.cells, master.cells)
    if not any(is_grade(released.cells[number]) or is_solution(released.cells[number]) for number in matching.of):
        raise Refusal("none of its cells is of this assignment")
    events, made, gone = matching.events, {}, set()
    for number, cell in enumerate(released.cells):
        name = id_of(cell)
        if name is None or number not in matching.of and not is_answer(cell):
            continue
        place = matching.of.get(number, [None])[-1]
        if is_answer(cell):
            text, pictures, beside, more = answer(matching, number)
            events += more
            new = copy.deepcopy(cell)
            new.source = text or cell.source
            if pictures:
                new.attachments = pictures
            if place is None and not text:
                continue  # deleted, and nothing written elsewhere
            if place is None:
                place = beside[0]
                matching.of[number] = [place]
            matching.taken.update(beside)
            gone.update(other for other in beside if other != place)
            made[place] = new
            continue
        new, mine = copy.deepcopy(cell), own[place]
        changed = normal(mine.source) != normal(cell.source)
        if is_locked(cell):
            if changed or mine.kind != cell.cell_type:
                events.append(Event(LOOK, f"{name} was edited"))
        else:
            if mine.kind != cell.cell_type:
                events.append(Event(LOOK, f"{name} was no longer a code cell; it is run as one"))
            new.source = mine.source
        made[place] = new
    return _in_order(matching, made, gone), events


def _in_order(matching, made, gone):
    """Return the notebook: the student's order, but for locked cells that were moved, and with what is missing."""
    own, events = matching.own, matching.events
    released = [(number, cell) for number, cell in enumerate(matching.released) if id_of(cell)]
    found = [(number, matching.of[number][-1]) for number, _ in released if number in matching.of]
    stay = {found[index][0] for index in _longest_run([place for _, place in found])}
    after, anchor, moved = {}, -1, set()
    for number, cell in released:
        place = matching.of.get(number, [None])[-1]
        if place is None:
            new = copy.deepcopy(cell)
            if id_of(cell) == "framework":
                new.source = assignments.choose(new.source, framework_of(own))
            events.append(Event(LOOK, f"{id_of(cell)} was deleted"))
            after.setdefault(anchor, []).append(new)
        elif number in stay:
            anchor = place
        elif is_locked(cell):
            events.append(Event(LOOK, f"{id_of(cell)} was moved"))
            after.setdefault(anchor, []).append(made[place])
            moved.add(place)
    cells = list(after.get(-1, []))
    for place, one in enumerate(own):
        if place not in moved and place not in gone:
            cells.append(made[place] if place in made else _own(one, events))
        cells += after.get(place, [])
    for cell in cells:
        if cell.cell_type == "code" and RESET.search(cell.source):
            cell.source = RESET.sub(r"\1pass  # \2 (left out)", cell.source)
            events.append(Event(LOOK, "%reset was left out: it takes the names that later cells need"))
        if cell.cell_type == "code" and not is_locked(cell) and (words := sorted(set(UNUSUAL.findall(cell.source)))):
            events.append(Event(LOOK, f"{id_of(cell) or 'a cell of their own'} uses {', '.join(words)}"))
    notebook = nbformat.v4.new_notebook(cells=cells)
    for fresh, cell in enumerate(cells):
        cell.id = id_of(cell) or f"{OWN}{fresh}"
        if id_of(cell) and not (is_grade(cell) or is_solution(cell) or is_locked(cell)):
            del cell.metadata["nbgrader"]  # a name that nbgrader does not know: it gives up on them
    return notebook


def _own(cell, events):
    """Return a student's own cell as one of a notebook, without a name."""
    if cell.kind == "code":
        if re.search(r"^[ \t]*from[ \t]+\S+[ \t]+import[ \t]+\*", cell.source, flags=re.MULTILINE):
            events.append(Event(NOTE, "a cell of their own imports *"))
        return nbformat.v4.new_code_cell(cell.source)
    if cell.kind == "markdown":
        return nbformat.v4.new_markdown_cell(
            cell.source[:LONGEST], **({"attachments": cell.pictures} if cell.pictures else {})
        )
    return nbformat.v4.new_raw_cell(cell.source)
