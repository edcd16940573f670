"""Where a source text names other pages, and the same text with some of these names exchanged.

Found are `[[Title|label]]`, `[[Property::Title]]`, `[label](Title)` and whole values of the front matter; not what
stands in code or in calls. All else stays as it is, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import yaml
from yaml import events

from wiki.text import titles
from wiki.text.frontmatter.frontmatter_reader import parse_front_matter, split_front_matter
from wiki.text.frontmatter.frontmatter_writer import dump_yaml
from wiki.text.markup.parser_functions import end_of_call
from wiki.text.markup.wikilinks import WIKI_LINK, page_from_relative_url
from wiki.text.passages import split_passages

_LINK = re.compile(WIKI_LINK)
_ADDRESS = re.compile(r"(?<!\\)\]\(([^()\s<>]{1,500})\)")
_CODE = re.compile(r"(?<![\\`])(`+)(?!`)[^\n]*?(?<!`)\1(?!`)")
_CALL = re.compile(r"(?<!\\)\{\{(?=\s*#?\w)")
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

ReferenceKind = Literal["link", "address", "fact"]


@dataclass(frozen=True, slots=True)
class TitleReference:
    """A place in a text that names a page (or may: a fact's value is a title only if its property says so)."""

    kind: ReferenceKind
    title: str
    """What is written, without the section."""
    section: str
    label: str
    """What readers see; "" where that is the title."""
    property: str
    """Of a fact."""
    start: int
    end: int
    trail: str = ""
    """Small letters that follow a link and belong to its label."""


def find_title_references(text: str) -> Iterator[TitleReference]:
    """The mentions of pages in a text, in order. Never raises."""
    if "[[" not in text and "](" not in text and not text.startswith(("---", "\ufeff---")):
        return
    raw = split_front_matter(text)[0]
    yield from _in_front(raw)
    silent = sorted(_silent(text, len(raw)))
    found = [*_links(text, len(raw)), *_addresses(text, len(raw))]
    at = 0
    for mention in sorted(found, key=lambda one: one.start):
        while at < len(silent) and silent[at][1] <= mention.start:
            at += 1
        if at == len(silent) or mention.end <= silent[at][0]:
            yield mention


def _silent(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Where nothing is a link: code, and calls."""
    for block in split_passages(text):
        if block.kind == "code":
            yield block.start, block.end
    for code in _CODE.finditer(text, start):
        yield code.span()
    for call in _CALL.finditer(text, start):
        if (end := end_of_call(text, call.start())) is not None:
            yield call.start(), end


def _links(text: str, start: int) -> Iterator[TitleReference]:
    for match in _LINK.finditer(text, start):
        first, bar, label = match[1].partition("|")
        property, colons, value = first.partition("::")
        trail = "" if bar else match[2]
        end = match.end() - len(match[2]) + len(trail)
        if colons:
            yield TitleReference("fact", value.strip(), "", label.strip(), property.strip(), match.start(), end, trail)
        else:
            title, _, section = first.strip().removeprefix(":").partition("#")
            yield TitleReference("link", title.strip(), section.strip(), label.strip(), "", match.start(), end, trail)


def _addresses(text: str, start: int) -> Iterator[TitleReference]:
    for match in _ADDRESS.finditer(text, start):
        if (named := page_from_relative_url(match[1])) is not None:
            yield TitleReference("address", *named, "", "", match.start(1), match.end(1))


def _in_front(raw: str) -> Iterator[TitleReference]:
    """The values of the front matter."""
    if not raw or parse_front_matter(raw).problems:
        return
    start = raw.index("\n") + 1
    opened: list[_Open] = []
    for event in yaml.parse(raw[start : raw.rstrip().rindex("\n") + 1], Loader=_LOADER):
        if isinstance(event, events.CollectionEndEvent):
            opened.pop()
        elif isinstance(event, events.CollectionStartEvent):
            key = opened[-1].value_of() if opened else ""
            opened.append(_Open(isinstance(event, events.MappingStartEvent), key))
        elif isinstance(event, events.ScalarEvent) and event.start_mark and event.end_mark and opened:
            if opened[-1].wants_key():
                opened[-1].key = event.value
                continue
            span = start + event.start_mark.index, start + event.end_mark.index
            said = event.value.strip().removeprefix("[[").removesuffix("]]")
            yield TitleReference("fact", said, "", "", opened[-1].value_of(), *span)


@dataclass(slots=True)
class _Open:
    """A collection of the front matter that is being read."""

    is_mapping: bool
    key: str
    """The key whose value comes next, or of which a list is the value."""
    has_key: bool = False

    def wants_key(self) -> bool:
        """Whether what comes next is a key; it is one then."""
        self.has_key = self.is_mapping and not self.has_key
        return self.has_key

    def value_of(self) -> str:
        """The key of the value that comes next, which is no longer waited for."""
        self.has_key = False
        return self.key


def replace_titles(text: str, found: Iterable[TitleReference], new: Callable[[TitleReference], str | None]) -> str:
    """`text` with each of its mentions `found` naming what `new` says (a full title); None leaves it as it is.

    A link keeps the words that readers see, save where it showed a full title: then it shows the new one.
    """
    pieces, at = [], 0
    for mention in found:
        title = new(mention)
        if title is not None and title != mention.title:
            pieces += [text[at : mention.start], _written(text, mention, title)]
            at = mention.end
    return "".join([*pieces, text[at:]])


def _written(text: str, mention: TitleReference, title: str) -> str:
    """A mention with another title."""
    if mention.kind == "address":
        return titles.quote_title(title) + (f"#{mention.section}" if mention.section else "")
    if not text.startswith("[[", mention.start):
        value = f"[[{title}]]" if "[[" in text[mention.start : mention.end] else title
        if any(sign in value for sign in ",[]{}"):  # they would divide a list in a line
            return "'" + value.replace("'", "''") + "'"
        return dump_yaml({"x": value}).removeprefix("x: ").removesuffix("\n")
    label = mention.label
    if not label and mention.kind == "link" and (":" not in mention.title or mention.trail):
        label = mention.title + mention.trail
    target = f"{mention.property}::{title}" if mention.kind == "fact" else title
    return f"[[{target}{'#' + mention.section if mention.section else ''}{'|' + label if label else ''}]]"
