"""Transclusion: the part of a page that other pages include, its arguments, and single sections."""

from __future__ import annotations

import re
from collections.abc import Mapping

from wiki.text import anchors, passages
from wiki.text.frontmatter import frontmatter_reader

DEPTH_LIMIT = 10
"""Maximum nesting of defaults in defaults (`{{{a|{{{b|…}}}}}}`)."""
_ARGUMENT = re.compile(r"\{\{\{([^{}|]*)(\|[^{}]*)?\}\}\}")
_NOT_INCLUDED = re.compile(r"<noinclude>.*?(?:</noinclude>|\Z)", re.DOTALL | re.IGNORECASE)
_ONLY_INCLUDED = re.compile(r"<onlyinclude>(.*?)(?:</onlyinclude>|\Z)", re.DOTALL | re.IGNORECASE)
_INCLUDE_TAGS = re.compile(r"</?(?:includeonly|noinclude|onlyinclude)>", re.IGNORECASE)
_STASHED = re.compile("\ue000(\\d+)\ue001")
_HASHTAG = re.compile(r" {0,3}#{1,6}[^\s#]")
"""Begins a line of text: a heading has a blank after its signs."""
_HEADING_MARKUP = re.compile(r"^ {0,3}(#{1,6})[ \t]*|[ \t]*#*[ \t]*(?:\{[^}]*\})?[ \t]*\Z")


def transcluded_source(source: str) -> str:
    """Return the part of a template's source that other pages include: no front matter, no `<noinclude>`.

    With `<onlyinclude>` elements, only their content; semantics as in MediaWiki.
    """
    body = frontmatter_reader.parse_front_matter(source).body
    only = _ONLY_INCLUDED.findall(body)
    text = "".join(only) if only else _NOT_INCLUDED.sub("", body)
    return _INCLUDE_TAGS.sub("", text).strip("\n").replace("\ue000", "").replace("\ue001", "")


def substitute_arguments(text: str, arguments: Mapping[str, str]) -> str:
    """Replace `{{{name}}}` and `{{{name|default}}}` in `text`; values of arguments are not parsed for parameters.

    A default also replaces an empty argument. A parameter without argument and default stays as
    written, as in MediaWiki.
    """
    stash: list[str] = []  # finished values, hidden from the pattern behind private-use characters

    def stashed(value: str) -> str:
        stash.append(value)
        return f"\ue000{len(stash) - 1}\ue001"

    def replacement(match: re.Match[str]) -> str:
        name = match[1].strip()
        default = None if match[2] is None else match[2][1:]
        value = arguments.get(name)
        if value or (value is not None and default is None):
            return stashed(value.replace("\ue000", "").replace("\ue001", ""))
        return stashed(match[0]) if default is None else default

    for _ in range(DEPTH_LIMIT):
        text, changed = _ARGUMENT.subn(replacement, text)
        if not changed:
            break
    for _ in range(DEPTH_LIMIT):  # a stashed value may contain earlier ones, never itself
        text, changed = _STASHED.subn(lambda match: stash[int(match[1])], text)
        if not changed:
            break
    return text


def extract_section(text: str, heading: str) -> str | None:
    """Return the text under a heading, up to the next heading of the same or a higher level; None if there is none.

    Headings are compared by their anchors: without case, accents and punctuation.
    """
    anchor = anchors.section_id(heading)
    start, start_level = None, 0
    for block in passages.split_passages(text):
        if block.kind != "heading" or _HASHTAG.match(block.text):
            continue
        level, title = _parse_heading(block.text)
        if start is not None and level <= start_level:
            return text[start : block.start].strip()
        if start is None and anchors.section_id(title) == anchor:
            start, start_level = block.end, level
    return None if start is None else text[start:].strip()


def _parse_heading(source: str) -> tuple[int, str]:
    """Return level (1 to 6) and text of a heading as written."""
    first, _, underline = source.partition("\n")
    if underline:
        return (1 if underline.lstrip().startswith("=") else 2), first
    level = len(source.lstrip()) - len(source.lstrip().lstrip("#"))
    return level, _HEADING_MARKUP.sub("", source)
