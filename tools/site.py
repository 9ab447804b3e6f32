"""Build the site from the stored notebooks: ``python -m tools.site`` writes ``build/site/``, which works from disk."""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from sphinx.cmd.build import main as sphinx

from companion._quiet import quiet
from tools import editions, offline, quiz
from tools.course import BUILD, FRAMEWORKS, NOTEBOOKS, ROOT, css

SOURCE, SITE = BUILD / "site-source", BUILD / "site"
# MathJax in one file, which needs no other: it works from disk, without a network.
MATHJAX = Path(find_spec("mathjax").origin).parent / "static" / "mathjax" / "es5" / "tex-svg-full.js"


def stage():
    """Lay the pages and the notebooks side by side, as the repository has them, and what there is to download."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(ROOT / "docs", SOURCE, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "README.md", SOURCE)
    (SOURCE / "_static" / "colours.css").write_text(css(), encoding="utf-8")
    shutil.copytree(NOTEBOOKS, SOURCE / "notebooks", ignore=shutil.ignore_patterns("text", ".ipynb_checkpoints"))
    shutil.copytree(NOTEBOOKS / "explorables", SOURCE / "extra" / "notebooks" / "explorables")  # as they are
    for framework in FRAMEWORKS:
        editions.write(framework, SOURCE / "editions" / framework.tag)
    quiz.moodle().write(SOURCE / "editions" / "quiz.xml", encoding="utf-8", xml_declaration=True)


def build():
    """Build the site afresh, every warning an error; return the exit status."""
    stage()
    shutil.rmtree(SITE, ignore_errors=True)
    arguments = ["--fail-on-warning", "--fresh-env", "--quiet", "--doctree-dir", str(BUILD / "site-doctrees")]
    with quiet():  # the page of companion.tensorflow loads TensorFlow
        return sphinx([*arguments, str(SOURCE), str(SITE)])


if __name__ == "__main__":
    offline.settle()
    status = build()
    if status == 0:
        print(f"The site is in build/site: open {SITE / 'index.html'}")
    sys.exit(status)
