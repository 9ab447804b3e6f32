"""The book, of two lessons and what goes with them, printed by Chromium with the network cut, and read back as text."""

import re
import shutil
import subprocess
import sys

import nbformat
import pytest

from tools import notebooks
from tools.course import FRAMEWORKS, NOTEBOOKS, ROOT
from tools.markdown import headings, links, words

pdf = pytest.importorskip("tools.pdf", reason="the extra `site` is not installed; make test ALL=1 installs it")

LESSONS = ["00_start_here", "04_precision_recall_tradeoff"]
PAGES = [f"notebooks/{name}" for name in (*LESSONS, "quiz", "glossary", "bibliography")]
OMITTED = {"both": (), "tensorflow": ("pytorch", "both")}  # the editions printed here, and what each leaves out
QUOTES = str.maketrans("‘’“”", "''\"\"")
each_edition = pytest.mark.parametrize("edition", OMITTED)


def lean(markdown):
    """A Markdown text without the questions on other lessons, and with the words alone of links to them."""
    first, *others = re.split(r"(?=<a id=.questions-)", markdown)
    markdown = "".join([first, *(part for part in others if re.search("|".join(LESSONS), part))])
    return re.sub(rf"\[([^][]*)\]\((?!{'|'.join(LESSONS)})\w+\.(?:ipynb|md)[^) ]*\)", r"\1", markdown)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site of two lessons."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "docs", source, ignore=shutil.ignore_patterns("api", "same_loss.md"), dirs_exist_ok=True)
    (source / "_static" / "colours.css").touch()
    (source / "extra").mkdir()
    (source / "index.md").write_text("# Two lessons\n\n```{toctree}\n:glob:\n\nnotebooks/*\n```\n", encoding="utf-8")
    for page in PAGES[len(LESSONS) :]:
        path = source / f"{page}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(lean((ROOT / f"{page}.md").read_text(encoding="utf-8")), encoding="utf-8")
    for name in LESSONS:
        notebook = notebooks.read(NOTEBOOKS / f"{name}.ipynb")
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = lean(cell.source)
        for folder in ("notebooks", *(f"editions/{framework.tag}" for framework in FRAMEWORKS)):
            (source / folder).mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, source / folder / f"{name}.ipynb")
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", str(source), str(built)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return built


@pytest.fixture(scope="module")
def books(site):
    """The two editions of the book of two lessons, as readers of their PDF, which know the text of their pages."""
    if pdf.CHROMIUM is None:
        pytest.skip("no Chromium here: no book is printed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "PDF", site / "pdf")
        paths = pdf.write(site, PAGES, {name: pdf.EDITIONS[name] for name in OMITTED})
    found = {name: pdf.PdfReader(path) for name, path in zip(OMITTED, paths, strict=True)}
    for book in found.values():
        book.texts = [plain(page.extract_text()) for page in book.pages]
        book.text = " ".join(book.texts)
    return found


def plain(words):
    """Words in one line, with the quotation marks of a typewriter."""
    return " ".join(re.sub(r"-\n(?=\w)", "-", words.translate(QUOTES)).split())


def cells(edition, kind):
    """The cells of the two lessons that an edition has."""
    every = (cell for name in LESSONS for cell in notebooks.read(NOTEBOOKS / f"{name}.ipynb").cells)
    return [cell for cell in every if cell.cell_type == kind and notebooks.side(cell) not in OMITTED[edition]]


def missing(book, wanted):
    wanted = [plain(words) for words in wanted]
    assert len(wanted) > 5
    return [words for words in wanted if words not in book.text]


@each_edition
def test_every_heading_is_found(edition, books):
    titles = [title for cell in cells(edition, "markdown") for _, title in headings(cell.source)]
    assert missing(books[edition], [part.strip("`") for title in titles for part in title.split("$")[::2]]) == []


@each_edition
def test_every_number_of_the_prose_is_found(edition, books):
    numbers = {
        number for cell in cells(edition, "markdown") for number in re.findall(r"\d[\d.,]*\d|\d", words(cell.source))
    }
    assert missing(books[edition], numbers) == []


@each_edition
def test_every_claim_and_check_is_found_at_the_end_and_nowhere_else(edition, books):
    book = books[edition]
    checks = [cell for cell in cells(edition, "code") if {notebooks.BOTH, "check"} & {*notebooks.tags(cell)}]
    checked = [cell for cell in checks if notebooks.folded(cell)]
    lines = [line for cell in checked for output in cell.outputs for line in output.text.splitlines()]
    assert missing(book, lines) == []
    last = book.texts[-1]
    assert "What was checked" in last and all(plain(line) in last for line in lines)
    assert not [line for line in lines if plain(line) in " ".join(book.texts[:-1])]


@each_edition
def test_every_line_of_code_that_is_not_folded_is_found_and_the_others_are_not(edition, books):
    shown, folded = [], []
    for cell in cells(edition, "code"):
        (folded if notebooks.folded(cell) else shown).extend(cell.source.splitlines())
    assert missing(books[edition], shown) == []
    assert [
        line
        for line in folded
        if line.startswith(("import ", "from ", "compare.", "plots.")) and line in books[edition].text
    ] == []


def test_an_edition_leaves_the_other_framework_out(books):
    for book, seen in (("both", True), ("tensorflow", False)):
        assert ("nn.BCEWithLogitsLoss()" in books[book].text) == seen
        assert "keras.losses.BinaryCrossentropy(from_logits=True)" in books[book].text


@each_edition
def test_the_contents_name_the_pages(edition, books):
    book = books[edition]
    first = next(at for at, text in enumerate(book.texts) if "Contents" in text)
    lines = re.findall(r"^(.*\D) (\d+)$", book.pages[first].extract_text(), re.M)
    assert len(lines) > 20
    assert [(title, page) for title, page in lines if plain(title) not in book.texts[int(page) - 1]] == []


@each_edition
def test_the_outline_has_the_chapters_and_their_sections(edition, books):
    chapters = {
        plain(entry.title): at for at, entry in enumerate(books[edition].outline) if not isinstance(entry, list)
    }
    for name in LESSONS:
        (_, title), *sections = headings((NOTEBOOKS / "text" / f"{name}.md").read_text(encoding="utf-8"))
        below = books[edition].outline[chapters[plain(title)] + 1]
        assert [plain(entry.title) for entry in below if not isinstance(entry, list)] == [
            plain(title) for level, title in sections if level == 2
        ]


@each_edition
def test_links_lead_within_the_book_and_those_to_the_web_stay(edition, books):
    book = books[edition]
    targets = [note.get_object() for page in book.pages for note in page.get("/Annots", [])]
    web = {target["/A"]["/URI"] for target in targets if "/URI" in target.get("/A", {})}
    within = [target["/Dest"] for target in targets if "/Dest" in target]
    assert len(within) > 100 and {*within} <= {*book.named_destinations}
    assert web >= {
        link.target for cell in cells(edition, "markdown") for link in links(cell.source) if "://" in link.target
    }
    assert not [target for target in web if not target.startswith("http")]


@each_edition
def test_a_figure_stands_on_the_page_of_its_caption(edition, books):
    drawn = [page["/Resources"].get("/XObject", {}) for page in books[edition].pages]
    pictures = [sum(part.get_object()["/Subtype"] == "/Image" for part in parts.values()) for parts in drawn]
    captions = [len(re.findall(r"Figure \d\d\.\d", text)) for text in books[edition].texts]
    assert sum(pictures) >= 7 and all(picture <= caption for picture, caption in zip(pictures, captions, strict=True))


def test_solutions_and_answers_stand_at_the_end_one_for_each(books):
    text = books["both"].text
    assert text.index("Solutions to the exercises", 4000) < text.index("Answers to the questions", 4000)
    asked = sum("<summary>Solution" in line for cell in cells("both", "markdown") for line in cell.source.splitlines())
    assert len(re.findall(r"Solution p\. \d+", text)) == asked > 5
    assert len(re.findall(r"Answer p\. \d+", text)) == 5 * len(LESSONS)


def test_a_book_with_something_cut_or_a_link_to_nowhere_is_refused(site, tmp_path, monkeypatch, books):
    page = (site / "notebooks" / "bibliography.html").read_text(encoding="utf-8")
    broken = page.replace("</h1>", "</h1><p style='width: 180mm'>beyond the margin</p><a href='#nowhere'>lost</a>")
    (tmp_path / "bibliography.html").write_text(broken, encoding="utf-8")
    (tmp_path / "_static").symlink_to(site / "_static")
    monkeypatch.setattr(pdf, "PDF", tmp_path / "pdf")
    with pytest.raises(ValueError, match=r"(?s)too wide: beyond the margin.*leads nowhere: .*lost"):
        pdf.write(tmp_path, ["bibliography"], {"both": "both"})


def test_without_chromium_it_says_so(monkeypatch):
    monkeypatch.setattr(pdf, "CHROMIUM", None)
    with pytest.raises(SystemExit, match="Chromium prints the book, and there is none on the PATH: install"):
        pdf.main()
