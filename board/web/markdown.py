"""Renders a writer's Markdown, which may be hostile, as HTML that a page can take in."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

__all__ = ["render_markdown"]

MAX_CHARACTERS = 64 << 10
TAGS = {
    *("a", "blockquote", "br", "code", "del", "em", "hr", "li", "ol", "p", "pre", "s", "strong", "ul"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "tbody", "td", "th", "thead", "tr"),
}
_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def render_markdown(text: str) -> str:
    """Render Markdown: HTML in it stays text; of what comes out only plain elements, and links to the web, are kept."""
    if not text:
        return ""
    return _render_again(text) if len(text) <= 1000 else _render(text[:MAX_CHARACTERS])


def _render(text: str) -> str:
    html = _parser.render(text.encode("utf-8", "replace").decode())
    return nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


_render_again = lru_cache(maxsize=1024)(_render)  # descriptions are asked for with every change of the tags
