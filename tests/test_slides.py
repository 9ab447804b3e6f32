"""The decks as a browser shows them, opened from disk with the network cut; and their slide types, without one."""

import browser
import pytest

from tools import notebooks
from tools.markdown import headings

slides = pytest.importorskip("tools.slides", reason="the extra `site` is not installed; make test ALL=1 installs it")

PATHS = notebooks.stored()
LOOK = """() => {
  const slide = Reveal.getCurrentSlide(), frame = document.querySelector(".slides").getBoundingClientRect();
  const seen = [...slide.querySelectorAll(":scope > :not(aside)")].filter(part => part.offsetHeight);
  const box = part => part.getBoundingClientRect();
  return {
    empty: !seen.length,
    heading: Boolean(slide.querySelector(":scope > :not(aside) :is(h1, h2, h3), :scope > .running")?.innerText.trim()),
    below: Math.max(...seen.map(part => box(part).bottom)) - frame.bottom,
    beside: Math.max(...seen.flatMap(part => [part, ...part.querySelectorAll("mjx-container, img, table, pre")])
      .map(part => box(part).right)) - frame.right,
    cut: [...slide.querySelectorAll("pre")].filter(code => code.scrollWidth > code.clientWidth).length,
    small: [...slide.querySelectorAll("pre")].filter(code => parseFloat(getComputedStyle(code).fontSize) < 14).length,
    errors: slide.querySelectorAll("mjx-merror, [data-mjx-error]").length,
    dollars: slide.innerText.includes("$$"),
  };
}"""
GOOD = {"empty": False, "heading": True, "cut": 0, "small": 0, "errors": 0, "dollars": False}


def types(path):
    return [slides.slide_type(cell) for cell in notebooks.read(path).cells]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_deck_is_a_lecture_with_notes(path):
    found = types(path)
    assert found[0] == "slide" and set(found) - {None} <= slides.TYPES
    assert 15 <= found.count("slide") + found.count("subslide") <= 25
    assert found.count("notes") >= 5
    assert "## Key points" in next(
        cell.source for cell in reversed(slides.shown(notebooks.read(path)).cells) if slides.slide_type(cell) == "slide"
    )


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_slide_holds_one_heading(path):
    for cell in slides.shown(notebooks.read(path)).cells:
        if cell.cell_type == "markdown" and slides.slide_type(cell) in ("slide", "subslide"):
            assert len(headings(cell.source)) <= 1, cell.source


def test_links_lead_to_decks_or_are_plain_text():
    source = "[02](02_x.ipynb#A-heading), [Elkan (2001)](bibliography.md#elkan2001), [site](https://example.org)"
    assert slides._links(source) == "[02](02_x.html), Elkan (2001), [site](https://example.org)"


@pytest.fixture(scope="module")
def chromium():
    with browser.launched() as chromium:
        slides.write()
        yield chromium


@pytest.fixture
def opened(chromium):
    """A function that opens a deck with the network cut, and what went wrong in it so far."""
    trouble = []

    def open_deck(page):
        tab = browser.new_tab(chromium, trouble, viewport={"width": 1280, "height": 720})
        tab.goto(f"{slides.SLIDES.as_uri()}/{page}")
        tab.wait_for_function("window.Reveal?.isReady()")
        return tab

    yield open_deck, trouble
    browser.close(chromium)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_deck_steps_to_its_end_and_nothing_overflows(path, opened):
    open_deck, trouble = opened
    tab = open_deck(f"{path.stem}.html")
    found = types(path)
    assert tab.evaluate("Reveal.getTotalSlides()") == found.count("slide") + found.count("subslide") + 1  # a question
    assert tab.evaluate("[...document.images].filter(image => !image.naturalWidth || !image.alt).length") == 0
    number = 0
    while True:
        number += 1
        look = tab.evaluate(LOOK)
        assert look.pop("below") <= 1 and look.pop("beside") <= 1, f"slide {number} overflows"
        assert look == GOOD, f"slide {number}"
        if tab.evaluate("Reveal.isLastSlide()"):
            break
        tab.keyboard.press("Space")
    assert number >= tab.evaluate("Reveal.getTotalSlides()")
    assert trouble == []


@pytest.mark.parametrize("framework", ["pytorch", "tensorflow"])
def test_the_address_chooses_a_framework(framework, opened):
    open_deck, trouble = opened
    tab = open_deck(f"{PATHS[2].stem}.html?framework={framework}")
    other = {"pytorch": "tensorflow", "tensorflow": "pytorch"}[framework]
    counts = {name: tab.locator(f".slides .celltag_{name}").count() for name in (framework, other)}
    assert all(counts.values())
    hidden = f"[...document.querySelectorAll('.celltag_{other}')].every(c => getComputedStyle(c).display === 'none')"
    assert tab.evaluate(hidden)
    assert tab.evaluate("Reveal.getTotalSlides()") >= 12
    assert trouble == []


def test_the_speaker_sees_the_notes(opened):
    open_deck, _ = opened
    tab = open_deck(f"{PATHS[1].stem}.html")
    assert tab.locator("aside.notes").count() == types(PATHS[1]).count("notes") + 1
    assert not tab.locator("aside.notes").first.is_visible()


def test_the_list_of_decks_leads_to_each(opened):
    open_deck, trouble = opened
    tab = open_deck(f"{PATHS[0].stem}.html")
    tab.goto(f"{slides.SLIDES.as_uri()}/index.html")
    links = tab.locator("li a")
    assert links.count() == len(PATHS)
    assert {links.nth(i).get_attribute("href") for i in range(len(PATHS))} == {f"{path.stem}.html" for path in PATHS}
    found = types(PATHS[0])
    number = found.count("slide") + found.count("subslide") + 1  # the question
    assert tab.locator("li").first.inner_text().endswith(f", {number} slides")
    assert trouble == []
