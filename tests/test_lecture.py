"""Every heading, formula, table, snippet and claim of the lecture stands in the course: where lecture_map.toml says."""

import tomllib
from functools import cache
from pathlib import Path

import pytest

from tools import notebooks
from tools.course import NOTEBOOKS
from tools.markdown import headings

MAP = Path(__file__).with_name("lecture_map.toml")
ITEMS = tomllib.loads(MAP.read_text(encoding="utf-8"))["item"]
KINDS = {"heading", "formula", "table", "snippet", "claim", "reference"}
TRAINED = {"loss", "gradient", "training"}  # what each framework implements
ABOUT = TRAINED | {"definition", "data", "weights", "metric", "decision"}
PLACES = {"pytorch", "tensorflow", "both", "shared", "prose"}

read = cache(notebooks.read)


def cells_under(notebook, wanted):
    """Return the cells under a heading, with its subheadings, as (place, source); a heading's own text included."""
    found, level = [], None
    for cell in notebook.cells:
        prose = cell.cell_type == "markdown"
        for depth, title in headings(cell.source) if prose else ():
            if title == wanted:
                level = depth
            elif level is not None and depth <= level:
                level = None
        if level is not None:
            found.append(("prose" if prose else notebooks.side(cell) or "shared", cell.source))
    return found


def problems(item, notebook):
    """Return what is wrong with an item of the map, given the notebook that it names."""
    name = f"{item['part']}, {item['kind']} {item['what']!r}"
    places = PLACES & set(item)
    cells = cells_under(notebook, item["heading"])
    if not cells:
        return [f"{name}: there is no heading {item['heading']!r} in {item['notebook']}."]
    found = [] if places else [f"{name}: no cell is named."]
    if item["about"] in TRAINED and not {"pytorch", "tensorflow"} <= places:
        found.append(f"{name} is about {item['about']} and has no cell in each framework.")
    return found + [
        f"{name}: no {place} cell under {item['heading']!r} in {item['notebook']} holds {item[place]!r}."
        for place in sorted(places)
        if not any(place == where and item[place] in source for where, source in cells)
    ]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item['part'][:2]} {item['kind']} {item['what'][:30]}")
def test_an_item_of_the_lecture_is_where_the_map_says(item):
    assert item["kind"] in KINDS and item["about"] in ABOUT
    assert set(item) - PLACES == {"part", "kind", "about", "what", "notebook", "heading"}
    assert problems(item, read(NOTEBOOKS / f"{item['notebook']}.ipynb")) == []


def test_no_item_is_mapped_twice():
    names = [(item["part"], item["kind"], item["what"]) for item in ITEMS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"heading": "Nowhere"}, "there is no heading 'Nowhere'"),
        ({"pytorch": "no_such_name("}, "no pytorch cell under"),
        ({"tensorflow": ITEMS[0]["pytorch"]}, "no tensorflow cell under"),  # it stands in a cell of another tag
        ({"tensorflow": None}, "about training and has no cell in each framework"),
        ({"tensorflow": None, "pytorch": None}, "no cell is named"),
    ],
)
def test_a_wrong_map_is_noticed(change, sentence):
    item = {key: value for key, value in (ITEMS[0] | change).items() if value is not None}
    found = problems(item, read(NOTEBOOKS / f"{item['notebook']}.ipynb"))
    assert any(sentence in problem for problem in found)
