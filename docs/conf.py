"""Configuration of the site, which `make site` builds from docs/ and notebooks/, laid together in build/site-source."""

import sys
import tomllib
from pathlib import Path

import companion
from tools.course import ROOT
from tools.site import MATHJAX

HERE = Path(__file__).parent
sys.path.append(str(HERE / "_extensions"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = "Weighted losses for imbalanced classification"
author = "the authors of the course"
copyright = "the authors. Code: MIT. Text and figures: CC BY 4.0"
release = companion.__version__
extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.githubpages",
    "sphinx.ext.mathjax",
    "side_by_side",
]
exclude_patterns = ["editions", "extra", "README.md"]

# The stored notebooks as they are: what the site shows is what the tests compared with a fresh run.
nb_execution_mode = "off"
nb_output_stderr = "error"
myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_heading_anchors = 4

default_role = "py:obj"
autodoc_typehints = "none"
autosummary_generate = False  # numpydoc loads it; the pages of docs/api are written by hand
numpydoc_show_class_members = False

mathjax_path = MATHJAX.name
mathjax3_config = {"options": {"enableMenu": False}}

html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["_static", str(MATHJAX)]
html_extra_path = ["extra"]
html_css_files = ["colours.css", "frameworks.css"]
html_js_files = [("frameworks.js", {"priority": 100})]
templates_path = ["_templates"]
html_show_search_summary = False  # a summary is fetched, which no browser does from disk
html_copy_source = False
html_use_index = False
html_domain_indices = False
html_context = {"default_mode": "auto"}  # light or dark, as the reader's machine has it
html_theme_options = {
    "article_header_start": ["toggle-primary-sidebar.html", "framework-choice.html"],
    "home_page_in_toc": True,
    "navbar_persistent": [],  # the search is in the sidebar
    "use_fullscreen_button": False,
    "use_download_button": False,  # each lesson links its three editions
    "path_to_docs": "",
}
# Where the course has a public address, each lesson opens there in JupyterLab (on Binder) and in Colab.
if repository := PROJECT.get("urls", {}).get("Repository"):
    html_theme_options |= {
        "repository_url": repository,
        "repository_branch": "main",
        "use_repository_button": True,
        "launch_buttons": {
            "binderhub_url": "https://mybinder.org",
            "colab_url": "https://colab.research.google.com",
            "notebook_interface": "jupyterlab",
        },
    }
