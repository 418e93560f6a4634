"""Markdown to HTML: the one place of the project that marks text as safe.

HTML in the source is not let through; what Markdown makes goes through an allow-list all the same.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup
from mdit_py_plugins.anchors import anchors_plugin

TAGS = {
    *("p", "br", "hr", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "pre"),
    *("strong", "em", "s", "code", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "title"}, "h2": {"id"}, "h3": {"id"}, "h4": {"id"}, "ol": {"start"}}

_markdown = (
    MarkdownIt("commonmark", {"html": False, "linkify": True, "typographer": False})
    .enable(["table", "strikethrough", "linkify"])
    .use(anchors_plugin, min_level=2, max_level=3, permalink=False)
)


@dataclass(frozen=True)
class Heading:
    """An entry of the page's table of contents."""

    level: int
    anchor: str
    text: str


def render(source: str) -> Markup:
    """Return `source` as safe HTML. A heading of the first level becomes one of the second: the page has its own."""
    html = _markdown.render(re.sub(r"^#(?=\s)", "##", source, flags=re.MULTILINE))
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
    )
    return Markup(clean)  # noqa: S704 - cleaned by the allow-list one line above


def plain_text(source: str) -> str:
    """Return the words of `source` as a reader sees them, on one line."""
    words = nh3.clean(_markdown.render(source), tags=set())
    return " ".join(Markup(words).unescape().split())  # noqa: S704 - unescaped at once, and text from here on


def headings(source: str) -> list[Heading]:
    """Return the headings of `source` for a table of contents."""
    tokens = _markdown.parse(re.sub(r"^#(?=\s)", "##", source, flags=re.MULTILINE))
    found = []
    for token, inside in pairwise(tokens):
        if token.type == "heading_open" and token.tag in ("h2", "h3"):
            found.append(Heading(int(token.tag[1]), str(token.attrGet("id") or ""), inside.content))
    return found
