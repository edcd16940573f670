"""`==marked==` text, as a rule of markdown-it-py: exactly two signs, beside words as for emphasis."""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

_SIGN = "="
_LENGTH = 2


def mark_plugin(parser: MarkdownIt) -> None:
    """Add the rule to a parser that reads strikethrough."""
    parser.inline.ruler.after("strikethrough", "mark", _delimiter)
    parser.inline.ruler2.after("strikethrough", "mark", _pairs)


def _delimiter(state: StateInline, silent: bool) -> bool:
    """Add the signs as text, and as a delimiter that `_pairs` may make an element of."""
    if silent or state.src[state.pos] != _SIGN or state.src[state.pos - 1 : state.pos] == _SIGN:
        return False
    scanned = state.scanDelims(state.pos, True)
    if scanned.length != _LENGTH:
        return False
    state.push("text", "", 0).content = _SIGN * _LENGTH
    token = len(state.tokens) - 1
    state.delimiters.append(Delimiter(ord(_SIGN), 0, token, -1, scanned.can_open, scanned.can_close))
    state.pos += _LENGTH
    return True


def _pairs(state: StateInline) -> None:
    """Make elements of the delimiters that markdown-it has paired, also within links."""
    _make_elements(state, state.delimiters)
    for meta in state.tokens_meta:
        if meta and "delimiters" in meta:
            _make_elements(state, meta["delimiters"])


def _make_elements(state: StateInline, delimiters: Sequence[Delimiter]) -> None:
    for opening in delimiters:
        if opening.marker == ord(_SIGN) and opening.end >= 0:
            first, last = state.tokens[opening.token], state.tokens[delimiters[opening.end].token]
            first.type, first.tag, first.nesting, first.content = "mark_open", "mark", 1, ""
            last.type, last.tag, last.nesting, last.content = "mark_close", "mark", -1, ""
