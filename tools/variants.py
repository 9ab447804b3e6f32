"""A variant for each student: a few faults, drawn by its number, in the right port of an assignment.

An assignment has variants if there is a table of faults beside its text, ``text/<assignment>.toml``: by part, what each
fault replaces in the right port of a solution cell, and by what. A variant has one fault of each part. Which variant a
student has stands in the course's ``variants.csv``; who is not in it has variant 0.
"""

import csv
import io
import random
import tomllib
from collections import Counter
from itertools import count
from math import prod

from tools.course import ROOT
from tools.grading import Refusal
from tools.grading.reading import decode
from tools.grading.submissions import plain

TEXTS = ROOT / "assignments" / "text"
LIST = "variants.csv"


def faults(name):
    """Return the table of faults of an assignment, part → fault → cell → pairs (right, wrong); mostly empty."""
    path = TEXTS / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def drawn(name, variant):
    """Return the faults of a variant, part → fault, as the hidden tests draw them."""
    return {part: random.Random(f"{variant} {part}").choice(list(names)) for part, names in faults(name).items()}


def broken(name, cell, port, chosen):
    """Return the right port of a cell with the `chosen` faults put in.

    Raises
    ------
    ValueError
        If what a fault replaces is not there once: the port and the table no longer fit.
    """
    for names in faults(name).values():
        for fault in names.keys() & {*chosen}:
            for right, wrong in names[fault][cell]:
                if port.count(right) != 1:
                    raise ValueError(f"{fault!r} replaces {right!r}, which is {port.count(right)} times in {cell}.")
                port = port.replace(right, wrong)
    return port


def students(path):
    """Return the students of a list: the column ``student`` of a table with commas, semicolons or tabs.

    Raises
    ------
    Refusal
        If it cannot be read, has no such column, holds nobody, somebody twice, or what is not the name of a folder.
    """
    try:
        text = decode(path.read_bytes())
    except OSError as error:
        raise Refusal(f"{path} cannot be read ({error.strerror}).") from None
    delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    if "student" not in (table.fieldnames or []):
        columns = ", ".join(table.fieldnames or []) or "none"
        raise Refusal(f"{path} needs a column student, with the names of the students' folders; it has: {columns}.")
    found = [(row["student"] or "").strip() for row in table]
    if not found:
        raise Refusal(f"{path} holds no student.")
    for name in found:
        if plain(name) != name:
            raise Refusal(f"{path} holds {name!r}; a folder's name takes letters, digits, blanks and _ . @ + -.")
    twice = [name for name in found if Counter(map(str.casefold, found))[name.casefold()] > 1]
    if twice:
        raise Refusal(f"{path} holds {twice[0]} more than once.")
    return found


def assigned(name, found, known):
    """Return the variant of each student, those of the `known` as they were, all others new while there are any."""
    variants, taken = dict(known), {tuple(drawn(name, number).values()) for number in [0, *known.values()]}
    total = prod(map(len, faults(name).values()))
    for student in found:
        if student not in variants:
            numbers = count(max(variants.values(), default=0) + 1)
            variants[student] = next(
                number for number in numbers if tuple(drawn(name, number).values()) not in taken or len(taken) == total
            )
            taken.add(tuple(drawn(name, variants[student]).values()))
    return variants


def known(root):
    """Return the variants that the course in a folder has given out, by student; empty where there is no list."""
    path = root / LIST
    if not path.exists():
        return {}
    with open(path, newline="", encoding="utf-8") as file:
        return {row["student"]: int(row["variant"]) for row in csv.DictReader(file)}


def write(variants, root):
    """Write the list of who has which variant."""
    with open(root / LIST, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("student", "variant"), *variants.items()])
