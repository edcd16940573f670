"""The markup within a block, found by markdown-it-py (CommonMark 0.31.2, GFM) with the rules of this wiki."""

from __future__ import annotations

import re
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference, unescapeAll
from markdown_it.helpers import parseLinkLabel
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin

from wiki.text.markup.block_rules import NESTING_LIMIT
from wiki.text.markup.mark_rule import mark_plugin
from wiki.text.markup.parser_functions import CALL, end_of_call
from wiki.text.markup.wikilinks import WIKI_LINK

WIKI_TOKEN = "wiki"  # noqa: S105  a type of tokens
"""Type of the tokens of the wiki's own markup; `meta` is what `InlineTreeBuilder` makes an element of."""
_WIKI_LINK = re.compile(WIKI_LINK)
_CALL = re.compile(CALL)
_SWITCH = re.compile(r"__(NOFACTBOX|SHOWFACTBOX)__")
_DESTINATION = re.compile(
    r"\([ ]*((?:[^()\\\n<>\"]|\\.|\([^()\n]*\))+?)(?:[ ]+\"((?:[^\"\\\n]|\\.)*)\")?[ ]*\)",
)
"""Where a link or picture leads, with brackets and blanks in it, and its title in quotes."""
_TITLE = re.compile(r"^\S+ +(?:'.*'|\(.*\))\s*\Z", re.DOTALL)
"""A destination without blanks, and a title as CommonMark allows it too."""
_SCHEME = re.compile(r"(?<![^\W_])https?\Z", re.IGNORECASE)
_NO_DOMAIN = re.compile(r"://(?:[\s!-/:-@\[-^`{-~]|\Z)")
_WITHIN_WORD = re.compile(r"(?<=[^\W_])_+(?=[^\W_])")
_ADDRESS = re.compile(r"https?://[^\s<>\u00a0\u202f«»“”|{}]+", re.IGNORECASE)
_AFTER_ADDRESS = "?!.,:*_~'’\"]»”"
_GFM_BEFORE_ADDRESS = " \t\n*_~("
_BEFORE_ADDRESS = "\u00a0\u202f\u2009'’\"«“[‹–—-=:;/"
"""Characters before an address that GFM does not know: French typography has no-break spaces, quotes and elisions."""
_FOOTNOTE = re.compile(r"\[\^([^\]\s]+)\]")


def inline_parser() -> MarkdownIt:
    """Return a parser of the content of inline tokens."""
    parser = MarkdownIt("commonmark", {"maxNesting": NESTING_LIMIT})
    parser.use(gfm_autolink_plugin)
    parser.use(mark_plugin)
    parser.use(dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False, double_inline=True)
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # the sanitizer does it
    rules = parser.inline.ruler
    rules.before("link", "wiki_call", _call)
    rules.before("link", "wiki_link", _wiki_link)
    rules.before("link", "wiki_embed", _embed)
    rules.before("link", "wiki_footnote", _footnote)
    rules.before("emphasis", "wiki_switch", _switch)
    rules.before("emphasis", "wiki_underscore", _underscore)
    rules.before("link", "wiki_link_with_blanks", _with_blanks)
    rules.before("gfm_autolink_www", "wiki_address", _address)
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


def _embed(state: StateInline, silent: bool) -> bool:
    """Read `![[picture.jpg|300]]` and `![[Page]]`, as in Obsidian."""
    match = _WIKI_LINK.match(state.src, state.pos + 1) if state.src.startswith("![[", state.pos) else None
    return match is not None and _push(state, silent, match.end(1) + 2, "embed", match[1])


def _call(state: StateInline, silent: bool) -> bool:
    if not _CALL.match(state.src, state.pos):
        return False
    end = end_of_call(state.src, state.pos)
    if end is None:
        return _push(state, silent, state.pos + 2, "open call", state.src[state.pos : state.pos + 200])
    return _push(state, silent, end, "call", state.src[state.pos : end])


def _with_blanks(state: StateInline, silent: bool) -> bool:
    """Read `[label](Page with blanks)` and `![label](File:name (1).jpg "title")`, which CommonMark does not allow."""
    is_picture = state.src.startswith("![", state.pos)
    if not is_picture and not state.src.startswith("[", state.pos):
        return False
    start = state.pos + 1 + is_picture
    label_end = parseLinkLabel(state, start - 1, not is_picture)
    match = _DESTINATION.match(state.src, label_end + 1, state.posMax) if label_end >= 0 else None
    if match is None or " " not in match[1].strip() or _TITLE.search(match[1]):
        return False
    if normalizeReference(state.src[start:label_end]) in state.env.get("references", {}):
        return False
    if not silent:
        target, title = unescapeAll(match[1].strip()), unescapeAll(match[2] or "")
        if is_picture:
            label = unescapeAll(" ".join(state.src[start:label_end].split()))
            state.push(WIKI_TOKEN, "", 0).meta = {"kind": "picture", "values": (label, target, title)}
        else:
            _push_link(state, start, label_end, target, title)
    state.pos = match.end()
    return True


def _push_link(state: StateInline, start: int, end: int, target: str, title: str) -> None:
    """Add the tokens of a link whose label is `src[start:end]`."""
    attributes: dict[str, str | int | float] = {"href": target}
    state.push("link_open", "a", 1).attrs = {**attributes, "title": title} if title else attributes
    rest, state.pos, state.posMax = state.posMax, start, end
    state.linkLevel += 1
    state.md.inline.tokenize(state)
    state.linkLevel -= 1
    state.push("link_close", "a", -1)
    state.posMax = rest


def _address(state: StateInline, silent: bool) -> bool:
    """Read an address where GFM's rule expects none: after other characters, with a scheme in capitals.

    What is before the colon is pending.
    """
    scheme = _SCHEME.search(state.pending[-6:]) if state.src[state.pos] == ":" and not state.linkLevel else None
    if scheme is None:
        return False
    if not silent and _NO_DOMAIN.match(state.src, state.pos, state.posMax):
        return _as_text(state, ":")
    start = state.pos - len(scheme[0])
    before = state.src[start - 1] if start else "\n"
    is_expected = before in _BEFORE_ADDRESS or (before in _GFM_BEFORE_ADDRESS and not scheme[0].islower())
    match = _ADDRESS.match(state.src, start, state.posMax) if is_expected else None
    if match is None:
        return False
    url = match[0].rstrip(_AFTER_ADDRESS)
    while url.endswith(")") and url.count(")") > url.count("("):
        url = url[:-1].rstrip(_AFTER_ADDRESS)
    if len(url) <= len(scheme[0]) + 3:
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[0])]
        state.push("link_open", "a", 1).attrs = {"href": state.md.normalizeLink(url)}
        state.push("text", "", 0).content = url
        state.push("link_close", "a", -1)
    state.pos = start + len(url)
    return True


def _underscore(state: StateInline, silent: bool) -> bool:
    """Read underscores within a word as text, which they always are: an e-mail address with some stays in one piece."""
    match = None if silent else _WITHIN_WORD.match(state.src, state.pos, state.posMax)
    return match is not None and _as_text(state, match[0])


def _as_text(state: StateInline, signs: str) -> bool:
    state.pending += signs
    state.pos += len(signs)
    return True


def _switch(state: StateInline, silent: bool) -> bool:
    match = _SWITCH.match(state.src, state.pos)
    return match is not None and _push(state, silent, match.end(), "switch", match[1])


def _footnote(state: StateInline, silent: bool) -> bool:
    match = _FOOTNOTE.match(state.src, state.pos)
    if match is None or match[1] not in state.env["footnotes"]:
        return False
    return _push(state, silent, match.end(), "footnote", match[1])
