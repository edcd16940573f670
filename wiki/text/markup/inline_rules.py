"""The markup within a block, found by markdown-it-py (CommonMark 0.31.2, GFM) with the rules of this wiki."""

from __future__ import annotations

import re
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin

from wiki.text.markup.parser_functions import end_of_call
from wiki.text.markup.wikilinks import WIKI_LINK

WIKI_TOKEN = "wiki"  # noqa: S105  a type of tokens
"""Type of the tokens of the wiki's own markup; `meta` is what `InlineTreeBuilder` makes an element of."""
NESTING_LIMIT = 100
_WIKI_LINK = re.compile(WIKI_LINK)
_CALL = re.compile(r"(?<![\\{])\{\{(?=\s*[#:]?\w)")
_SWITCH = re.compile(r"__(NOFACTBOX|SHOWFACTBOX)__")
_PICTURE = re.compile(
    r"!\[([^\[\]\n]*)\]\(([^()<>\n\" ]+(?: +[^()<>\n\" ]+)+)(?: +\"([^\"\n]*)\")? *\)",
)
"""A picture whose name holds blanks, which CommonMark does not allow."""
_FOOTNOTE = re.compile(r"\[\^([^\]\s]+)\]")


def inline_parser() -> MarkdownIt:
    """Return a parser of the content of inline tokens."""
    parser = MarkdownIt("commonmark", {"maxNesting": NESTING_LIMIT}).enable("strikethrough")
    parser.use(gfm_autolink_plugin)
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # the sanitizer does it
    rules = parser.inline.ruler
    rules.before("link", "wiki_call", _call)
    rules.before("link", "wiki_link", _wiki_link)
    rules.before("link", "wiki_footnote", _footnote)
    rules.before("emphasis", "wiki_switch", _switch)
    rules.before("image", "wiki_picture", _picture)
    return parser


def _push(state: StateInline, silent: bool, end: int, kind: str, *values: Any) -> bool:
    """Add a token of the wiki that ends at `end`."""
    if end > state.posMax:
        return False
    if not silent:
        state.push(WIKI_TOKEN, "", 0).meta = {"kind": kind, "values": values}
    state.pos = end
    return True


def _wiki_link(state: StateInline, silent: bool) -> bool:
    match = _WIKI_LINK.match(state.src, state.pos) if state.src.startswith("[[", state.pos) else None
    if match is None:
        return False
    trail = match[2] if "|" not in match[1] else ""
    return _push(state, silent, match.end() if trail else match.end(1) + 2, "link", match[1], trail)


def _call(state: StateInline, silent: bool) -> bool:
    if not _CALL.match(state.src, state.pos):
        return False
    end = end_of_call(state.src, state.pos)
    if end is None:
        return _push(state, silent, state.pos + 2, "open call", state.src[state.pos : state.pos + 200])
    return _push(state, silent, end, "call", state.src[state.pos : end])


def _picture(state: StateInline, silent: bool) -> bool:
    match = _PICTURE.match(state.src, state.pos)
    return match is not None and _push(state, silent, match.end(), "picture", match[1], match[2], match[3])


def _switch(state: StateInline, silent: bool) -> bool:
    match = _SWITCH.match(state.src, state.pos)
    return match is not None and _push(state, silent, match.end(), "switch", match[1])


def _footnote(state: StateInline, silent: bool) -> bool:
    match = _FOOTNOTE.match(state.src, state.pos)
    if match is None or match[1] not in state.env["footnotes"]:
        return False
    return _push(state, silent, match.end(), "footnote", match[1])
