"""A parsed text without markup, as searches and excerpts use it."""

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
_CONTENTS = re.compile(r'<ul class="toc-inline">.*?</ul>')
"""The anchor link of a heading, and the contents, added by the parser: authors cannot write these classes."""


def to_plain_text(parsed: Parsed) -> str:
    """Return a text without markup, one line per block: links as labels, pictures as descriptions, no calls."""
    filled = parsed.fill(_without_calls)
    lines = html.unescape(_TAG.sub("", _BLOCK.sub("\n", _ANCHOR.sub("", _CONTENTS.sub("", filled))))).split("\n")
    return "\n".join(line for line in (" ".join(line.split()) for line in lines) if line)


def headings_to_text(parsed: Parsed) -> str:
    """Return the headings of a text, one per line."""
    return "\n".join(entry.title for entry in parsed.toc)


def _without_calls(placeholder: Placeholder) -> str | None:
    """Drop calls and problems; other placeholders remain, with their text as content."""
    return "" if placeholder.kind in ("call", "problem") else None
