"""Markdown, read by markdown-it-py: its headings, links, formulas and words."""

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

_PARSER = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, double_inline=True)


@dataclass(frozen=True)
class Link:
    """A link or an image: where it leads, and its words in one line."""

    target: str
    words: str


def tokens(source):
    """Return the tokens of a Markdown text in their order, those within a line or a paragraph included."""
    return [part for token in _PARSER.parse(source) for part in ([token] if token.children is None else token.children)]


def headings(source):
    """Return the headings as ``(level, title)``."""
    parsed = _PARSER.parse(source)
    return [
        (int(token.tag[1]), parsed[at + 1].content) for at, token in enumerate(parsed) if token.type == "heading_open"
    ]


def links(source):
    """Return the links and images, those written as HTML included."""
    found, opened, words = [], None, ""
    for token in tokens(source):
        if token.type == "link_open":
            opened, words = token.attrs["href"], ""
        elif token.type == "link_close":
            found.append(Link(opened, words))
            opened = None
        elif token.type == "image":
            found.append(Link(token.attrs["src"], token.content))
        elif token.type in ("html_inline", "html_block"):
            found += [Link(target, "") for target in re.findall(r"(?:src|href)=\"([^\"]+)\"", token.content)]
        elif opened is not None:
            words += _words(token)
    return found


def words(source):
    """Return the words that stand in no link, no formula and no code, in one line."""
    found, inside = "", False
    for token in tokens(source):
        inside = (inside or token.type == "link_open") and token.type != "link_close"
        found += "" if inside else _words(token)
    return found


def _words(token):
    """Return the words of a token; a line's end, and what is left out, as a space."""
    return token.content if token.type == "text" else " "


def formulas(source):
    """Return the formulas, within lines and displayed."""
    return [token.content for token in tokens(source) if token.type.startswith("math_")]


def anchors(source):
    """Return the anchors: those of headings as JupyterLab and as GitHub make them, and those set by hand."""
    titles = [title.replace("`", "").replace("*", "") for _, title in headings(source)]
    lab = {title.replace(" ", "-") for title in titles}
    github = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    return lab | github | set(re.findall(r"\bid=\"([^\"]+)\"", source))
