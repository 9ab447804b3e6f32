"""One bibliography: the page is made from the BibTeX file, and the keys follow one rule."""

import re
import unicodedata

import pytest
from pybtex.database import parse_file

from tools import derived

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
