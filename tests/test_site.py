"""The site as a browser shows it, opened from disk with the network cut."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import browser
import pytest

from companion import explorables
from tools import notebooks
from tools.course import BUILD, NOTEBOOKS, ROOT

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the extra `site` is not installed")

SITE = BUILD / "site"
LESSONS = {path.stem.partition("_")[0]: f"notebooks/{path.stem}.html" for path in notebooks.stored()}
API = ["api/shared.html", "api/pytorch.html", "api/tensorflow.html"]
OTHERS = ["index.html", *API, "same_loss.html", "search.html"]
FIRST, LESSON_01, LESSON_03, LESSON_04 = (LESSONS[number] for number in ("00", "01", "03", "04"))
SLIDERS = [LESSON_03, LESSON_04, LESSONS["06a"]]
QUIZ = "notebooks/quiz.html"
WIDE, NARROW = 1600, 800
SCROLLBAR = 17  # of a desktop's browser; the one of the tests has none


@pytest.fixture(scope="module")
def site():
    """The site, built afresh with every warning an error."""
    result = subprocess.run([sys.executable, "-m", "tools.site"], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return SITE


@pytest.fixture(scope="module")
def chromium():
    with browser.launched() as chromium:
        yield chromium


@pytest.fixture
def visit(chromium, site):
    """A function that opens a page of the site in a new reader's browser, and what went wrong in it so far."""
    trouble = []

    def visit(page, *, width=WIDE, **options):
        tab = browser.new_tab(chromium, trouble, viewport={"width": width, "height": 900}, **options)
        tab.goto(address(page), wait_until="load")
        return tab

    yield SimpleNamespace(page=visit, trouble=trouble)
    browser.close(chromium)


def address(page):
    return f"{SITE.as_uri()}/{page}"


def shown(tab):
    """Which frameworks' code a page shows."""
    tags = ("pytorch", "tensorflow", "both")
    return {tag for tag in tags if tab.locator(f".cell.tag_{tag}").first.is_visible()}


def choose(tab, name):
    tab.locator(".framework-choice").get_by_text(name, exact=True).click()


def typeset(tab):
    """Wait for MathJax; return the number of formulas on the page."""
    tab.wait_for_function("window.MathJax?.startup?.promise !== undefined")
    tab.evaluate("MathJax.startup.promise")
    return tab.locator("mjx-container").count()


def test_the_site_has_every_notebook(site):
    found = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert found >= {*LESSONS.values(), *OTHERS}
    assert {path.stem for path in NOTEBOOKS.glob("*.md")} <= {path.stem for path in site.glob("notebooks/*.html")}


@pytest.mark.parametrize("page", [*LESSONS.values(), *OTHERS])
def test_a_page_loads_from_disk(page, visit):
    tab = visit.page(page)
    if page in LESSONS.values():
        assert typeset(tab) == tab.locator("span.math, div.math").count() > 0
        assert tab.locator("mjx-merror, [data-mjx-error]").count() == 0
        broken = "[...document.images].filter(i => !i.naturalWidth || !i.alt).map(i => i.src.slice(0, 80))"
        assert tab.evaluate(broken) == []
    for width in (WIDE, NARROW, 400):
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert visit.trouble == []


def test_other_pages_of_the_notebooks_load(visit, site):
    for path in sorted(NOTEBOOKS.glob("*.md")):
        visit.page(f"notebooks/{path.stem}.html")
    assert visit.trouble == []


def test_the_choice_by_mouse_holds_across_pages_and_reloads(visit):
    tab = visit.page(FIRST)
    assert shown(tab) == {"pytorch", "tensorflow", "both"}
    for name in ("TensorFlow", "PyTorch"):
        choose(tab, name)
        assert shown(tab) == {name.lower()}
        assert tab.url == f"{address(FIRST)}?framework={name.lower()}"
    tab.reload()
    assert shown(tab) == {"pytorch"}
    tab.goto(address(LESSON_01))
    assert shown(tab) == {"pytorch"}
    assert tab.url == f"{address(LESSON_01)}?framework=pytorch"
    choose(tab, "Both")
    assert shown(tab) == {"pytorch", "tensorflow", "both"}
    assert visit.trouble == []


def test_a_link_carries_the_choice(visit):
    assert shown(visit.page(f"{FIRST}?framework=tensorflow")) == {"tensorflow"}
    assert shown(visit.page(f"{FIRST}?framework=abacus")) == {"pytorch", "tensorflow", "both"}


def test_prose_of_one_framework_comes_and_goes_with_it(visit):
    prose = "The snippet does not say whether the model puts out logits"
    for framework, seen in (("pytorch", False), ("tensorflow", True), ("both", True)):
        tab = visit.page(f"notebooks/02b_training_with_a_weight.html?framework={framework}")
        assert tab.get_by_text(prose).first.is_visible() is seen
    assert tab.locator(".framework-pair", has_text=prose).count() == 1
    compared = visit.page(f"{LESSON_04}?framework=pytorch").get_by_text("In your own work, shuffle")
    assert compared.count() == 1 and not compared.is_visible()


def test_the_choice_by_keyboard(visit):
    tab = visit.page(FIRST)
    chosen = tab.get_by_role("radio", name="Both")
    chosen.focus()
    tab.keyboard.press("ArrowLeft")
    assert shown(tab) == {"tensorflow"}
    tab.keyboard.press("ArrowLeft")
    assert shown(tab) == {"pytorch"}
    assert tab.get_by_role("radio", name="PyTorch").is_checked()


def test_a_wide_screen_shows_two_columns(visit):
    pairs = visit.page(FIRST).locator(".framework-pair")
    assert pairs.count() >= 2
    left, right = (pairs.first.locator(f":scope > .tag_{tag}").bounding_box() for tag in ("pytorch", "tensorflow"))
    assert left["y"] == right["y"] and left["x"] + left["width"] < right["x"]
    assert min(left["width"], right["width"]) > 450
    assert not pairs.first.get_by_role("tablist").is_visible()


def cut(tab):
    """The parts of two columns that a reader would have to scroll sideways: their width, and what they hold."""
    return tab.locator(".framework-pair .cell_input pre").evaluate_all(
        "parts => parts.filter(part => part.scrollWidth > part.clientWidth)"
        ".map(part => [part.clientWidth, part.scrollWidth, part.innerText])"
    )


@pytest.mark.parametrize("lesson", LESSONS.values())
def test_no_line_of_code_is_cut_in_two_columns(lesson, visit):
    tab = visit.page(lesson)
    for width in (1280 - SCROLLBAR, 1440 - SCROLLBAR, WIDE):
        tab.set_viewport_size({"width": width, "height": 900})
        assert not tab.locator(".framework-pair").first.get_by_role("tablist").is_visible()
        assert cut(tab) == []


def test_a_line_that_is_too_long_is_noticed(visit):
    tab = visit.page(FIRST)
    tab.locator(".framework-pair .cell_input pre").first.evaluate("part => part.append('x'.repeat(85))")
    assert len(cut(tab)) == 1


def test_where_the_columns_take_the_sidebars_room_its_button_brings_it_back(visit):
    tab = visit.page(FIRST, width=1280)
    sidebar = tab.locator(".bd-sidebar-primary")
    assert not sidebar.is_visible()
    tab.locator(".primary-toggle").click()
    assert sidebar.is_visible() and sidebar.bounding_box()["x"] >= 0
    choose(tab, "PyTorch")
    tab.reload()
    assert sidebar.is_visible()


def test_the_home_page_shows_the_findings(visit):
    tab = visit.page("index.html")
    assert tab.locator("img[src*=findings]").evaluate("image => image.naturalWidth") > 600
    findings = tab.locator("section#five-findings li")
    assert findings.count() == 5
    assert all("notebooks/" in finding.get_by_role("link").get_attribute("href") for finding in findings.all())


def test_a_narrow_screen_shows_tabs(visit):
    pair = visit.page(FIRST, width=NARROW).locator(".framework-pair").first
    pytorch, tensorflow = (pair.locator(f":scope > .tag_{tag}") for tag in ("pytorch", "tensorflow"))
    assert pytorch.is_visible() and not tensorflow.is_visible()
    pair.get_by_role("tab", name="TensorFlow").click()
    assert tensorflow.is_visible() and not pytorch.is_visible()
    pair.page.keyboard.press("ArrowLeft")
    assert pytorch.is_visible() and not tensorflow.is_visible()
    assert pair.get_by_role("tabpanel", name="PyTorch").is_visible()
    choose(pair.page, "TensorFlow")
    assert tensorflow.is_visible() and not pair.get_by_role("tablist").is_visible()


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_without_scripts_everything_stands_in_sequence(visit, width):
    tab = visit.page(FIRST, width=width, java_script_enabled=False)
    assert not tab.locator(".framework-choice").is_visible()
    tops = [box.bounding_box() for box in tab.locator(".cell.tag_pytorch, .cell.tag_tensorflow, .cell.tag_both").all()]
    assert len(tops) > 5
    assert all(above["y"] + above["height"] <= below["y"] for above, below in zip(tops, tops[1:], strict=False))
    assert tab.locator(".framework-name").first.is_visible()


@pytest.mark.parametrize("page", SLIDERS)
def test_sliders_change_the_picture_of_a_lesson(page, visit):
    tab = visit.page(page)
    (figure,) = tab.locator("figure.explorable").all()
    for slider in figure.get_by_role("slider").all():
        said, dot = figure.locator("output").inner_text(), figure.locator(".here").get_attribute("d")
        slider.focus()
        tab.keyboard.press("ArrowRight")
        assert figure.locator("output").inner_text() != said and figure.locator(".here").get_attribute("d") != dot
    for width in (WIDE, NARROW, 400):
        tab.set_viewport_size({"width": width, "height": 900})
        box = figure.bounding_box()
        assert box["x"] + box["width"] <= width and figure.locator("svg").bounding_box()["width"] <= box["width"]
    assert visit.trouble == []  # before axe fetches what no browser gives from disk
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        assert violations(tab, "figure.explorable") == []


def test_the_list_of_pictures_with_sliders_leads_to_each(visit):
    tab = visit.page("index.html")
    tab.get_by_role("link", name="pictures with sliders").first.click()
    for explorable in (make() for make in explorables.ALL):
        tab.get_by_role("link", name=explorable.title).click()
        assert tab.get_by_role("slider").count() == 3 and str(explorable) in tab.locator("output").inner_text()
        tab.go_back()
    assert visit.trouble == []


def test_what_is_proved_or_drawn_is_folded_behind_a_line_that_says_so(visit):
    tab = visit.page(LESSON_04)
    check = tab.locator(".cell.tag_check").first
    line = check.locator("summary")
    assert re.fullmatch(r"checked: \d+ statements?", line.inner_text().strip())
    assert not check.locator(".cell_input").is_visible() and not check.locator(".cell_output").is_visible()
    assert line.bounding_box()["height"] < 30
    line.click()
    assert check.get_by_text("✓").first.is_visible()
    picture = tab.locator(".cell.tag_picture", has=tab.locator("img")).first
    assert picture.locator("img").bounding_box()["y"] < picture.locator("summary").bounding_box()["y"]
    assert not picture.locator(".cell_input").is_visible()


def test_a_question_is_answered_by_keyboard_and_without_scripts(visit):
    tab = visit.page(f"{QUIZ}#questions-03", java_script_enabled=False)
    first, second, third = (tab.locator(f"details[name='03-1'] >> nth={at}") for at in range(3))
    assert not first.get_by_text("Not this one.").is_visible()
    first.locator("summary").focus()
    tab.keyboard.press("Enter")
    assert first.get_by_text("Not this one.").is_visible()
    tab.keyboard.press("Tab")  # to the link in what it is told
    assert first.locator("a:focus").get_attribute("href") == f"{LESSON_03.partition('/')[2]}#two-divisors"
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    assert second.get_by_text("Right.").is_visible()
    assert not third.locator("p").first.is_visible()


def test_a_lesson_leads_to_its_questions_and_moodle_gets_all(visit, site):
    tab = visit.page(LESSON_03)
    tab.get_by_role("link", name="Five questions to check yourself").click()
    assert tab.url.startswith(address(QUIZ)) and tab.url.endswith("#questions-03")
    (link,) = visit.page("index.html").locator("a.download[href$='quiz.xml']").all()
    questions = ET.parse(site / link.get_attribute("href")).findall("question")
    assert len(questions) == 6 * len(LESSONS)  # a category and five questions each


def violations(tab, part=None):
    """What axe-core finds against WCAG 2.1, levels A and AA, contrast and labels among it, in a page or in a part."""
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
    # The theme fades its colours in; half-way between two colours contrast means nothing.
    tab.evaluate("Promise.all(document.getAnimations().map(animation => animation.finished.catch(() => {})))")
    found = axe.Axe().run(tab, context=part, options=rules).response["violations"]
    return [(each["id"], len(each["nodes"]), each["nodes"][0]["html"][:200]) for each in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", ["index.html", FIRST, "api/pytorch.html", QUIZ])
def test_no_violation_by_axe(page, scheme, visit):
    assert violations(visit.page(page, color_scheme=scheme)) == []


def test_no_violation_by_axe_in_tabs(visit):
    assert violations(visit.page(FIRST, width=NARROW), "main") == []


def test_the_search_finds(visit):
    tab = visit.page("search.html?q=calibration")
    tab.locator("#search-results li a").first.wait_for()
    links = tab.locator("#search-results li a").evaluate_all("links => links.map(link => link.href)")
    assert any("04_precision_recall_tradeoff" in link for link in links)
    assert visit.trouble == []


def test_a_function_links_the_lessons_that_use_it(visit):
    tab = visit.page("api/shared.html")
    entry = tab.locator("dl.function", has=tab.locator("[id='companion.weights.effective_sample_size']"))
    assert entry.get_by_role("link", name="02a · Weighted binary cross-entropy").count() == 1


def test_each_lesson_downloads_in_three_editions(visit, site):
    tab = visit.page(FIRST)
    name = FIRST.rpartition("/")[2].replace(".html", ".ipynb")
    links = tab.locator("a.download").evaluate_all("links => links.map(link => decodeURI(link.pathname))")
    both, pytorch, tensorflow = (notebooks.read(link) for link in links)
    assert both == notebooks.read(NOTEBOOKS / name)
    assert {notebooks.side(cell) for cell in pytorch.cells} == {None, "pytorch"}
    assert {notebooks.side(cell) for cell in tensorflow.cells} == {None, "tensorflow"}
