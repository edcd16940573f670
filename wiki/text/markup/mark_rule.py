"""`==marked==` and `~~struck~~` or `~struck~` text, as a rule of markdown-it-py.

There are exactly as many signs, beside words as for emphasis. markdown-it's own rule of struck text pairs `~` with
`~~`: a text in `~~` with a `~` in it would not be struck.
"""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

_ELEMENTS = {"==": "mark", "~~": "s", "~": "s"}
_MARKERS = {int.from_bytes(signs.encode()): element for signs, element in _ELEMENTS.items()}
"""Elements by the number that stands for their signs in a `Delimiter`: markdown-it pairs equal numbers."""


def mark_plugin(parser: MarkdownIt) -> None:
    """Add the rule to a parser."""
    parser.inline.ruler.after("strikethrough", "mark", _delimiter)
    parser.inline.ruler2.after("strikethrough", "mark", _pairs)


def _delimiter(state: StateInline, silent: bool) -> bool:
    """Add the signs as text, and as a delimiter that `_pairs` may make an element of; more signs than that are text."""
    if silent or state.src[state.pos] not in "=~":
        return False
    scanned = state.scanDelims(state.pos, True)
    signs = state.src[state.pos] * scanned.length
    state.pos += scanned.length
    if signs not in _ELEMENTS:
        state.pending += signs
        return True
    state.push("text", "", 0).content = signs
    marker, token = int.from_bytes(signs.encode()), len(state.tokens) - 1
    state.delimiters.append(Delimiter(marker, 0, token, -1, scanned.can_open, scanned.can_close))
    return True


def _pairs(state: StateInline) -> None:
    """Make elements of the delimiters that markdown-it has paired, also within links."""
    _make_elements(state, state.delimiters)
    for meta in state.tokens_meta:
        if meta and "delimiters" in meta:
            _make_elements(state, meta["delimiters"])


def _make_elements(state: StateInline, delimiters: Sequence[Delimiter]) -> None:
    for opening in delimiters:
        if (element := _MARKERS.get(opening.marker)) and opening.end >= 0:
            first, last = state.tokens[opening.token], state.tokens[delimiters[opening.end].token]
            first.type, first.tag, first.nesting, first.content = f"{element}_open", element, 1, ""
            last.type, last.tag, last.nesting, last.content = f"{element}_close", element, -1, ""
