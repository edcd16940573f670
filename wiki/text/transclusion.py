"""Texts that go into other texts: what of a page does, filled with arguments, or one section of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from wiki.text import anchors, passages
from wiki.text.frontmatter import frontmatter_reader

DEPTH_LIMIT = 10
"""How deep a default may stand within a default."""
_ARGUMENT = re.compile(r"\{\{\{([^{}|]*)(\|[^{}]*)?\}\}\}")
_NOT_INCLUDED = re.compile(r"<noinclude>.*?(?:</noinclude>|\Z)", re.DOTALL | re.IGNORECASE)
_ONLY = re.compile(r"<onlyinclude>(.*?)(?:</onlyinclude>|\Z)", re.DOTALL | re.IGNORECASE)
_MARKS = re.compile(r"</?(?:includeonly|noinclude|onlyinclude)>", re.IGNORECASE)
_KEPT = re.compile("\ue000(\\d+)\ue001")
_MARKUP = re.compile(r"^ {0,3}(#{1,6})[ \t]*|[ \t]*#*[ \t]*(?:\{[^}]*\})?[ \t]*\Z")


def transcluded_source(source: str) -> str:
    """What of a template's source goes into other pages, as in MediaWiki; its front matter does not."""
    body = frontmatter_reader.parse_front_matter(source).body
    only = _ONLY.findall(body)
    text = "".join(only) if only else _NOT_INCLUDED.sub("", body)
    return _MARKS.sub("", text).strip("\n").replace("\ue000", "").replace("\ue001", "")


def substitute_arguments(text: str, arguments: Mapping[str, str]) -> str:
    """`text` with `{{{name}}}` and `{{{name|default}}}` replaced; what arguments say is never read again.

    A default stands for an empty argument too. One that is not there and has no default stays as it is
    written, as in MediaWiki.
    """
    kept: list[str] = []

    def keep(words: str) -> str:
        kept.append(words)
        return f"\ue000{len(kept) - 1}\ue001"

    def argument(match: re.Match[str]) -> str:
        name = match[1].strip()
        default = None if match[2] is None else match[2][1:]
        words = arguments.get(name)
        if words or (words is not None and default is None):
            return keep(words.replace("\ue000", "").replace("\ue001", ""))
        return keep(match[0]) if default is None else default

    for _ in range(DEPTH_LIMIT):
        text, changed = _ARGUMENT.subn(argument, text)
        if not changed:
            break
    for _ in range(DEPTH_LIMIT):  # what is kept may hold what was kept before, never itself
        text, changed = _KEPT.subn(lambda match: kept[int(match[1])], text)
        if not changed:
            break
    return text


def extract_section(text: str, heading: str) -> str | None:
    """What stands under that heading, up to the next of the same level or above; None where there is no such one.

    Headings are told apart as their addresses are: without case, accents and signs.
    """
    wanted = anchors.section_id(heading)
    begun, level = None, 0
    for block in passages.split_passages(text):
        if block.kind != "heading":
            continue
        here, words = _heading(block.text)
        if begun is not None and here <= level:
            return text[begun : block.start].strip()
        if begun is None and anchors.section_id(words) == wanted:
            begun, level = block.end, here
    return None if begun is None else text[begun:].strip()


def _heading(source: str) -> tuple[int, str]:
    """Level and words of a heading as written."""
    first, _, underline = source.partition("\n")
    if underline:
        return (1 if underline.lstrip().startswith("=") else 2), first
    signs = len(source.lstrip()) - len(source.lstrip().lstrip("#"))
    return signs, _MARKUP.sub("", source)
