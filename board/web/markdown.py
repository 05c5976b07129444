"""Renders a writer's Markdown, which may be hostile, as HTML that a page can take in."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

__all__ = ["MAX_CHARACTERS", "render_markdown"]

MAX_CHARACTERS = 64 << 10
TAGS = {
    *("a", "blockquote", "br", "code", "del", "em", "hr", "li", "ol", "p", "pre", "s", "strong", "ul"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "tbody", "td", "th", "thead", "tr"),
}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "td": {"align"}, "th": {"align"}}
_BOXES = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}
_ALIGN = "text-align:"


def _tick_boxes(state: StateCore) -> None:
    """Write the boxes of a task list as characters: a form's element would have nothing to be sent to."""
    for opened, _, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        box = _BOXES.get(inline.content[:4]) if opened.type == "list_item_open" and inline.type == "inline" else None
        first = inline.children[0] if box and inline.children else None
        if box and first is not None and first.type == "text" and first.content[:4] in _BOXES:
            first.content = box + first.content[4:]


def _align_cells(state: StateCore) -> None:
    """Say how a column is aligned by an attribute of its own: styles are not let through."""
    for token in state.tokens:
        style = token.attrs.pop("style", None) if token.type in ("td_open", "th_open") else None
        if isinstance(style, str) and style.startswith(_ALIGN):
            token.attrs["align"] = style[len(_ALIGN) :]


def _link_image(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """Name an image and where it is, and never fetch it: the request would tell somebody that it was looked at."""
    token = tokens[index]
    alt = renderer.renderInlineAsText(token.children or [], options, env)
    opened = Token("link_open", "a", 1, attrs={"href": token.attrs.get("src", "")})
    text = Token("text", "", 0, content=f"[image{': ' if alt else ''}{alt}]")
    if sum(one.nesting for one in tokens[:index] if one.type.startswith("link_")):  # links do not nest
        return str(renderer.render([text], options, env))
    return str(renderer.render([opened, text, Token("link_close", "a", -1)], options, env))


_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_parser.core.ruler.push("tick_boxes", _tick_boxes)
_parser.core.ruler.push("align_cells", _align_cells)
_parser.add_render_rule("image", _link_image)


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
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


_render_again = lru_cache(maxsize=1024)(_render)  # descriptions are asked for with every change of the tags
