"""Pictures with sliders: well formed, seen before a script runs, moved by keyboard, their numbers those of Python."""

import json
import random
from html.parser import HTMLParser
from itertools import product
from xml.etree import ElementTree

import browser
import numpy as np
import pytest
from scipy.stats import norm

from companion import explorables, theory
from companion.explorables._figure import source
from tools.course import NOTEBOOKS

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the extra `site` is not installed")

EACH = pytest.mark.parametrize("explorable", [make() for make in explorables.ALL], ids=lambda each: each.name)
CUT = explorables.cut()


@EACH
def test_the_html_and_its_picture_are_well_formed(explorable):
    html, open_tags = explorable._repr_html_(), []

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attrs):
            open_tags.append(tag)

        def handle_endtag(self, tag):
            assert open_tags.pop() == tag

        def handle_startendtag(self, tag, attrs):
            assert "id" not in dict(attrs)

    Parser().feed(html)
    assert open_tags == [] and html == explorable._repr_html_()
    root = ElementTree.fromstring(explorable.picture())
    assert not [node for node in root.iter() if node.get("id")]
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "").replace("http%3A//www.w3.org/2000/svg", "")


def test_the_lowest_cost_is_where_the_weight_is_the_ratio_of_the_costs():
    weights, costs, priors = (slider.stops for slider in CUT.sliders)
    for r, prior in product(costs, priors):
        heights = {w: CUT.draw(w, r, prior)["here"][0][1] for w in weights}
        assert min(heights, key=heights.get) == r
        curve = np.array(CUT.draw(1, r, prior)["costs"])
        assert curve[:, 1].min() >= heights[r] - 1e-12


# ------------------------------------------------------------------------------------------------------ in a browser


@pytest.fixture(scope="module")
def chromium():
    with browser.launched() as chromium:
        yield chromium


@pytest.fixture
def visit(chromium):
    """A function that opens an explorable's stored file from disk; nothing may go wrong in it."""
    trouble = []

    def visit(explorable, *, width=800, **options):
        tab = browser.new_tab(chromium, trouble, viewport={"width": width, "height": 900}, **options)
        tab.goto((NOTEBOOKS / "explorables" / f"{explorable.name}.html").as_uri())
        return tab

    yield visit
    browser.close(chromium)
    assert trouble == []


def computed(tab, name, expression):
    """Return what an expression is beside the functions of one of the scripts."""
    return tab.evaluate(f"() => {{ {source(f'{name}.js')}; return {expression}; }}")


@EACH
def test_the_script_computes_what_python_computes(explorable, visit):
    stops = list(product(*(slider.stops for slider in explorable.sliders)))
    some = [tuple(slider.start for slider in explorable.sliders), *random.Random(0).sample(stops, 20)]
    drawn = computed(visit(explorable), explorable.name, f"{json.dumps(some)}.map(values => draw(...values))")
    for values, theirs in zip(some, drawn, strict=True):
        ours = explorable.draw(*values)
        assert theirs.pop("said") == ours.pop("said"), values
        assert theirs.keys() == ours.keys() == {name for panel in explorable.panels for name in panel.parts}
        for part, points in ours.items():
            np.testing.assert_allclose(theirs[part], points, rtol=1e-9, atol=1e-12, err_msg=f"{part} at {values}")


def test_the_effective_weight_is_that_of_companion(visit):
    points = list(product((1e-4, 0.01, 0.3, 0.9), (0.1, 1, 99, 1e4), (1, 7, 32, 5000)))
    found = computed(
        visit(explorables.effective_weight()), "effective_weight", f"{points_in(points)}effectiveWeight(...p))"
    )
    expected = [theory.effective_weight(*point) for point in points]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_the_focal_minimiser_and_its_correction_are_those_of_companion(visit):
    points = list(product((1e-6, 0.01, 0.4, 0.5, 0.99), (0, 0.5, 2, 5), (0.01, 0.25, 0.5, 0.9)))
    tab = visit(explorables.focal())
    for name, function in (("focalMinimiser", theory.focal_minimiser), ("focalCorrection", theory.focal_correction)):
        found = computed(tab, "focal", f"{points_in(points)}{name}(...p))")
        np.testing.assert_allclose(found, [function(*point) for point in points], rtol=1e-9, atol=1e-15)


def test_the_tail_of_the_normal_distribution_is_scipys(visit):
    x = np.linspace(-8, 8, 161)
    found = computed(visit(CUT), "cut", f"{json.dumps(x.tolist())}.map(above)")
    np.testing.assert_allclose(found, norm.sf(x), rtol=1e-12)


def points_in(points):
    return f"{json.dumps(points)}.map(p => "


@EACH
def test_a_picture_and_a_sentence_stand_there_without_scripts(explorable, visit):
    tab = visit(explorable, java_script_enabled=False)
    image = tab.get_by_role("img", name=str(explorable))
    assert image.bounding_box()["width"] > 500
    assert tab.locator("output").inner_text() == str(explorable)
    assert all(slider.is_disabled() for slider in tab.get_by_role("slider").all())


@EACH
def test_the_script_begins_with_the_picture_that_stood_there(explorable, visit):
    tab = visit(explorable)
    still = ElementTree.fromstring(explorable.picture())
    for path in still.iter("{http://www.w3.org/2000/svg}path"):
        if name := path.get("class"):
            numbers = [
                np.array(d[1:-2].replace("L", ",").split(","), dtype=float)
                for d in (path.get("d"), tab.locator(f"path.{name}").get_attribute("d"))
            ]
            np.testing.assert_allclose(*numbers, atol=0.11)
    assert tab.locator("output").inner_text() == str(explorable)


@EACH
def test_the_keyboard_moves_every_slider_and_words_say_where(explorable, visit):
    tab = visit(explorable)
    said, values = tab.locator("output[aria-live=polite]"), [slider.start for slider in explorable.sliders]
    for at, slider in enumerate(explorable.sliders):
        tab.keyboard.press("Tab")
        focused = tab.locator("input:focus")
        assert focused.evaluate("input => getComputedStyle(input).outlineStyle") == "solid"
        assert tab.get_by_role("slider", name=slider.label).evaluate("input => input === document.activeElement")
        for key, step in (("ArrowRight", 1), ("ArrowRight", 1), ("ArrowLeft", -1)):
            tab.keyboard.press(key)
            values[at] = slider.stops[slider.stops.index(values[at]) + step]
            ours = explorable.draw(*values)
            assert said.inner_text() == ours["said"]
            assert tab.locator("svg").get_attribute("aria-label") == ours["said"]
            shown = slider.shown[slider.stops.index(values[at])]
            assert focused.get_attribute("aria-valuetext") == f"{slider.symbol} = {shown}"
            x, y = map(float, tab.locator("path.here").get_attribute("d")[1:-2].split(","))
            (dot,), (panel,) = ours["here"], [panel for panel in explorable.panels if "here" in panel.parts]
            assert abs(x - panel.x.at(dot[0])) < 0.06 and abs(y - panel.y.at(dot[1])) < 0.06


@pytest.mark.parametrize("width", [400, 800, 1400])
@EACH
def test_nothing_overflows(explorable, width, visit):
    tab = visit(explorable, width=width)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    figure, svg = tab.locator("figure").bounding_box(), tab.locator("svg")
    for part in [*tab.locator("figure :is(label, input, span, svg, output)").all()]:
        box = part.bounding_box()
        assert figure["x"] <= box["x"] and box["x"] + box["width"] <= figure["x"] + figure["width"]
    frame = svg.bounding_box()
    for text in svg.locator("text").all():
        box = text.bounding_box()
        assert frame["x"] <= box["x"] and box["x"] + box["width"] <= frame["x"] + frame["width"]
        assert frame["y"] <= box["y"] and box["y"] + box["height"] <= frame["y"] + frame["height"]
    assert svg.locator("text").first.evaluate("text => 14 * text.getScreenCTM().a") > 11  # pixels


@pytest.mark.parametrize("scheme", ["light", "dark"])
@EACH
def test_no_violation_by_axe(explorable, scheme, visit):
    results = axe.Axe().run(visit(explorable, color_scheme=scheme))
    assert results.response["violations"] == []
