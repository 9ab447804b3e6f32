"""Print the course as a book for each edition: ``python -m tools.pdf`` builds the site, then fills ``build/pdf/``.

The pages of the site become the chapters of one page, which ``book/book.js`` arranges, ``book/book.css`` styles and
Chromium prints. It tells a page no page numbers; so each edition is printed twice, and the second time the numbers that
the links led to stand beside them.
"""

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup
from playwright.sync_api import sync_playwright
from pypdf import PdfReader

from companion import __version__
from tools import notebooks, offline, site, text
from tools.course import BUILD, FRAMEWORKS, css

PDF = BUILD / "pdf"
BOOK = Path(__file__).parent / "book"
CHROMIUM = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
NO_CHROMIUM = (
    "Chromium prints the book, and there is none on the PATH: install chromium or google-chrome, then try again."
)
EDITIONS = {"both": "In PyTorch and in TensorFlow"} | {each.tag: f"In {each.name}" for each in FRAMEWORKS}
LESSONS = [f"notebooks/{path.stem}" for path in notebooks.stored()]
PAGES = ["index", *LESSONS, *(f"notebooks/{name}" for name in ("questions", "quiz", "glossary", "bibliography"))]
PRINT = {"prefer_css_page_size": True, "print_background": True}
MATHJAX = site.MATHJAX.with_name("tex-chtml-full.js")  # its formulas are text, which a reader finds and copies
# Faces that packages of the extra `site` bring, so that the book looks alike on every machine.
FONTS = Path(find_spec("matplotlib").origin).parent / "mpl-data" / "fonts" / "ttf"


def chapter(folder, page, pages):
    """Return a page of the site in `folder` as HTML of a chapter: no part asks for a screen, links stay in the book.

    The chapter's id is the name of its page, and those of its parts begin with it. What is linked and is in none of
    `pages` is left as words.
    """
    path = folder / f"{page}.html"
    article = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").select_one("article.bd-article > section")
    for part in article.select("script, style, .headerlink, p:has(a.download), figure > :not(img)"):
        part.decompose()
    for words in article.select("p"):
        if words.get_text().startswith(("Previous: ", "Next: ", text.RUNS)):
            words.decompose()
    del article["id"]
    for part in article.select("[id]"):
        part["id"] = f"{path.stem}/{part['id']}"
    for image in article.select("img:not([src^='data:'])"):
        image["src"] = (path.parent / image["src"]).resolve().as_uri()
    for link in article.select("a[href]:not([href*=':'])"):
        target, _, anchor = unquote(link["href"]).partition("#")
        target = os.path.relpath(path.parent / target, folder).removesuffix(".html") if target else page
        if target in pages:
            link["href"] = "#" + "/".join(filter(None, [target.rpartition("/")[2], anchor]))
        else:
            link.unwrap()
    return f'<section class="chapter" id="{path.stem}">{article.decode_contents()}</section>'


def write(folder=site.SITE, pages=PAGES, editions=EDITIONS):
    """Write the book of these pages of the site in `folder`, once for each of these editions; return their paths."""
    shutil.rmtree(PDF, ignore_errors=True)
    PDF.mkdir(parents=True)
    (PDF / "colours.css").write_text(css(), encoding="utf-8")
    page = (BOOK / "book.html").read_text(encoding="utf-8")
    for name, value in {
        "BOOK": BOOK.as_uri(),
        "SITE": folder.as_uri(),
        "MATHJAX": MATHJAX.as_uri(),
        "FONTS": FONTS.as_uri(),
        "VERSION": __version__,
        "CHAPTERS": "\n".join(chapter(folder, each, pages) for each in pages),
    }.items():
        page = page.replace(f"{{{name}}}", value)
    source = PDF / "book.html"
    source.write_text(page, encoding="utf-8")
    with sync_playwright() as started, started.chromium.launch(executable_path=CHROMIUM) as browser:
        tab = browser.new_page(offline=True)
        tab.emulate_media(media="print")
        tab.goto(source.as_uri())
        tab.evaluate("arrange()")
        return [printed(tab, edition, name) for edition, name in editions.items()]


def printed(tab, edition, name):
    """Print an edition of the book in `tab`, with the numbers of the pages that links lead to; return its path."""
    path = PDF / f"weighted-losses-{edition}.pdf"
    tab.evaluate("([edition, name]) => choose(edition, name)", [edition, name])
    if faults := tab.evaluate("faults()"):
        raise ValueError("The book cannot be printed as it is:\n" + "\n".join(faults[:10]))
    tab.pdf(path=path, **PRINT)
    tab.evaluate("pages => fill(pages)", places(path))
    tab.pdf(path=path, **PRINT, outline=True, tagged=True)
    return path


def places(path):
    """Return the number of the page of each anchor that a link in the PDF at `path` leads to."""
    reader = PdfReader(path)
    return {
        name.removeprefix("/"): reader.get_destination_page_number(place) + 1
        for name, place in reader.named_destinations.items()
    }


def main():
    """Build the site, print the books, and say where they are; or say what is missing."""
    if CHROMIUM is None:
        sys.exit(NO_CHROMIUM)
    offline.settle()
    if site.build():
        sys.exit("The book is printed from the site, and the site could not be built.")
    for path in write():
        print(f"build/pdf/{path.name}: {len(PdfReader(path).pages)} pages")


if __name__ == "__main__":
    main()
