"""A parsed text as its readers' words, without markup: what is searched and quoted."""

from __future__ import annotations

import html
import re

from wiki.text.markup.markdown_parser import Parsed
from wiki.text.markup.placeholders import Placeholder

_BLOCKS = (
    "address|article|aside|blockquote|br|caption|dd|details|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hr|li|"
    "main|nav|ol|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
_BLOCK = re.compile(rf"</?(?:{_BLOCKS})(?=[\s>/])[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_ANCHOR = re.compile(r'<a class="anchor"[^>]*>#</a>')
"""The sign that leads to a heading: no word of the author's, who can write no class."""


def to_plain_text(parsed: Parsed) -> str:
    """The words of a text, a block a line; links as their labels, pictures as their descriptions, calls as nothing."""
    bare = parsed.fill(_without_calls)
    lines = html.unescape(_TAG.sub("", _BLOCK.sub("\n", _ANCHOR.sub("", bare)))).split("\n")
    return "\n".join(line for line in (" ".join(line.split()) for line in lines) if line)


def headings_to_text(parsed: Parsed) -> str:
    """The headings, one a line."""
    return "\n".join(entry.title for entry in parsed.toc)


def _without_calls(placeholder: Placeholder) -> str | None:
    return "" if placeholder.kind in ("call", "problem") else None
