"""One bibliography: the page is made from the BibTeX file, the keys follow one rule, and every work is cited."""

import re
import unicodedata

import pytest
from pybtex.database import parse_file

from tools import derived
from tools.course import ROOT
from tools.gates.prose import bibliography

ENTRIES = parse_file(derived.REFERENCES).entries
LECTURE = {"king2001", "lin2017", "chawla2002", "he2009"}


def test_the_references_of_the_lecture_are_there():
    assert LECTURE <= set(ENTRIES)


@pytest.mark.parametrize("key", ENTRIES)
def test_a_key_is_the_first_authors_surname_and_the_year(key):
    entry = ENTRIES[key]
    first = entry.persons["author"][0]
    surname = "".join(map(str, first.prelast_names + first.last_names))
    letters = unicodedata.normalize("NFKD", surname.lower())
    assert key == re.sub(r"[^a-z]", "", letters) + entry.fields["year"]


def test_what_was_only_recalled_is_marked_on_the_page(tmp_path):
    source = tmp_path / "sample.bib"
    fields = "author = {Doe, Jane}, title = {On {SMOTE}}, journal = {Journal}, year = {2020}"
    source.write_text(
        f"@article{{doe2020, {fields}, note = {{Recalled, not checked}}}}\n@article{{doe2021, {fields}}}\n"
    )
    recalled, checked = derived.bibliography(source).decode().split("<a id=")[1:]
    assert recalled.startswith('"doe2020"') and "SMOTE" in recalled and "Recalled, not checked" in recalled
    assert "ecalled" not in checked


def test_every_work_is_cited():
    assert bibliography(ROOT) == []


@pytest.mark.parametrize(
    ("place", "text", "cited"),
    [
        ("notebooks/questions.md", "See [Van Doe (2020)](bibliography.md#vandoe2020).", True),
        ("assignments/text/01_a.md", "See [Van Doe (2020)](../bibliography.md#vandoe2020).", True),
        ("companion/theory.py", '"""Van Doe\n    et al., 2020, *On it*."""', True),
        ("companion/theory.py", '"""Doe et al., 2020, and Van Doe et al., 2021."""', False),
        ("notebooks/questions.md", "Van Doe (2020) without a link, and [another](bibliography.md#doe2020).", False),
        ("notebooks/bibliography.md", "Its own page, [linked](bibliography.md#vandoe2020).", False),
    ],
)
def test_a_work_that_nothing_cites_is_refused(place, text, cited, tmp_path):
    source = tmp_path / "notebooks" / "references.bib"
    for path in (source, tmp_path / place):
        path.parent.mkdir(parents=True, exist_ok=True)
    source.write_text("@misc{vandoe2020, author = {Van Doe, Jane}, title = {On it}, year = {2020}}")
    (tmp_path / place).write_text(text)
    assert len(bibliography(tmp_path)) == (not cited)
