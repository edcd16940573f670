"""Title references in a source text, and replacing some of the titles, as after a page move.

References are `[[Title|label]]`, `[[Property::Title]]`, `[label](Title)`, whole values of the front matter, and in
calls `{{Title|…}}`, `{{#set: Property=Title}}`, `{{#show: Title|…}}` and the conditions of queries. Code is skipped.
The rest of the text stays byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from wiki.text import titles
from wiki.text.frontmatter.frontmatter_reader import split_front_matter
from wiki.text.frontmatter.frontmatter_writer import dump_yaml
from wiki.text.frontmatter.value_spans import value_spans
from wiki.text.markup.parser_functions import CALL, call_name, end_of_call
from wiki.text.markup.wikilinks import WIKI_LINK, page_from_relative_url
from wiki.text.passages import split_passages

_LINK = re.compile(WIKI_LINK)
_LINK_URL = re.compile(r"(?<!\\)\]\(([^()\s<>]{1,500})\)")
_CODE = re.compile(r"(?<![\\`])(`+)(?!`)[^\n]*?(?<!`)\1(?!`)")
_CALL = re.compile(CALL)
_TRANSCLUDED_TITLE = re.compile(r"\{\{\s*:?\s*([^|{}\[\]<>#\s][^|{}\[\]<>#]*)")
_CONDITION = re.compile(r"\[\[\s*:?([^\[\]|]*)((?:\|\|[^\[\]|]*)*)(?:\|[^\[\]]*)?\]\]")
_CONDITION_VALUE = re.compile(r"[^|]+")
_ARGUMENT = re.compile(r"[|:]\s*([^|=\[\]{}<>#:]{1,250}?)\s*=\s*([^|=\[\]{}\n]{1,250}?)\s*(?=\||\}\})")
_SHOWN_TITLE = re.compile(r"\{\{\s*#\w+\s*:\s*:?\s*([^|{}\[\]<>#\s][^|{}\[\]<>#]*)")
_QUERIES, _STATEMENTS, _SHOWING = {"#ask", "#concept", "#show"}, {"#set", "#subobject"}, {"#show"}

ReferenceKind = Literal["link", "address", "fact", "call", "condition", "argument"]
"""`call` is the title of a transclusion, or one that a parser function shows; `condition` is a title in a query (with a
property, where it is a value); `argument` is a value that a parser function states."""


@dataclass(frozen=True, slots=True)
class TitleReference:
    """A span of a text that names a page; whether the value of a fact is a title depends on the property."""

    kind: ReferenceKind
    title: str
    """The title as written, without the section."""
    section: str
    label: str
    """The visible label; "" if that is the title."""
    property: str
    """The name of the property of a fact, else ""."""
    start: int
    end: int
    trail: str = ""
    """Lower-case letters after a link, which belong to its label (MediaWiki: link trail)."""
    is_bare: bool = False
    """Whether the span of a fact holds only the title, between `[[` and `]]`."""


def find_title_references(text: str) -> Iterator[TitleReference]:
    """Yield the title references of a text in order. Never raises."""
    if not any(mark in text for mark in ("[[", "](", "{{")) and not text.startswith(("---", "\ufeff---")):
        return
    raw = split_front_matter(text)[0]
    yield from _in_front_matter(raw)
    code, calls = list(_code_spans(text, len(raw))), list(_call_spans(text, len(raw)))
    functions = [(start, end) for start, end in calls if _function_name(text, start)]
    links = _outside([*_links(text, len(raw)), *_relative_urls(text, len(raw))], [*code, *functions])
    in_calls = _outside([reference for start, end in calls for reference in _in_call(text, start, end)], code)
    last_end = 0
    for reference in sorted([*links, *in_calls], key=lambda reference: (reference.start, reference.end)):
        if reference.start >= last_end:
            yield reference
            last_end = reference.end


def _outside(references: Iterable[TitleReference], skipped: list[tuple[int, int]]) -> Iterator[TitleReference]:
    """Yield the references, sorted, that do not begin or end within one of the spans."""
    skipped.sort()
    index, last_end = 0, 0  # of the first skipped span that ends after the reference begins; the largest end before it
    for reference in sorted(references, key=lambda reference: reference.start):
        while index < len(skipped) and skipped[index][0] <= reference.start:
            last_end = max(last_end, skipped[index][1])
            index += 1
        if reference.start >= last_end and (index == len(skipped) or reference.end <= skipped[index][0]):
            yield reference


def _code_spans(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of the spans of code, in which nothing is a reference."""
    for block in split_passages(text):
        if block.kind == "code":
            yield block.start, block.end
    for code in _CODE.finditer(text, start):
        yield code.span()


def _call_spans(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of the calls, inner ones too."""
    for call in _CALL.finditer(text, start):
        if (end := end_of_call(text, call.start())) is not None:
            yield call.start(), end


def _function_name(text: str, start: int) -> str:
    """Return the folded name of the parser function that is called at `start`; "" for a transclusion."""
    name = titles.fold(call_name(text[start : start + 100] + "}}") or "")
    return name if name.startswith("#") else ""


def _in_call(text: str, start: int, end: int) -> Iterator[TitleReference]:
    """Yield the references of one call, without those of inner calls."""
    name = _function_name(text, start)
    if not name or name in _SHOWING:
        title = (_SHOWN_TITLE if name else _TRANSCLUDED_TITLE).match(text, start, end - 2)
        if title is not None:
            yield _span_reference("call", title[1].rstrip(), "", title.start(1))
    if name in _QUERIES:
        for condition in _CONDITION.finditer(text, start, end):
            yield from _in_condition(condition)
    if name in _STATEMENTS:
        for argument in _ARGUMENT.finditer(text, start, end):
            yield _span_reference("argument", argument[2], argument[1].strip(), argument.start(2))


def _in_condition(condition: re.Match[str]) -> Iterator[TitleReference]:
    """Yield the titles of `[[Title||Title]]` and `[[Chain::Title||Title]]`.

    Values with a comparator other than `!` are no titles.
    """
    chain, colons, value = condition[1].partition("::")
    property = chain.rpartition(".")[2].strip() if colons else ""
    start = condition.start(1) + (len(chain) + len(colons) if colons else 0)
    for one in _CONDITION_VALUE.finditer((value if colons else chain) + condition[2]):
        written = one[0].strip().removeprefix("!").removeprefix(":").strip()
        if written and written[0] not in "<>≤≥~+!":
            title = written.partition("#")[0].rstrip()
            yield _span_reference("condition", title, property, start + one.start() + one[0].index(written))


def _span_reference(kind: ReferenceKind, title: str, property: str, start: int) -> TitleReference:
    """Return a reference whose span holds only the title."""
    return TitleReference(kind, title, "", "", property, start, start + len(title))


def _links(text: str, start: int) -> Iterator[TitleReference]:
    for match in _LINK.finditer(text, start):
        first, bar, label = match[1].partition("|")
        first = first.removesuffix("\\") if bar else first  # in a table cell, a bar may be escaped
        property, colons, value = first.partition("::")
        trail = "" if bar else match[2]
        end = match.end() - len(match[2]) + len(trail)
        if colons:
            yield TitleReference("fact", value.strip(), "", label.strip(), property.strip(), match.start(), end, trail)
        else:
            title, _, section = first.strip().partition("#")
            if titles.is_relative(title):
                continue  # it says nothing of where its page is
            title = title.removeprefix(":")
            yield TitleReference("link", title.strip(), section.strip(), label.strip(), "", match.start(), end, trail)


def _relative_urls(text: str, start: int) -> Iterator[TitleReference]:
    for match in _LINK_URL.finditer(text, start):
        if (title_and_section := page_from_relative_url(match[1])) is not None:
            yield TitleReference("address", *title_and_section, "", "", match.start(1), match.end(1))


def _in_front_matter(text: str) -> Iterator[TitleReference]:
    """Yield every scalar value of the front matter, without `[[` and `]]`."""
    for value in value_spans(text):
        title = value.text.strip().removeprefix("[[").removesuffix("]]")
        yield TitleReference("fact", title, "", "", value.key, value.start, value.end, is_bare=value.is_link_target)


def replace_titles(text: str, references: Iterable[TitleReference], new: Callable[[TitleReference], str | None]) -> str:
    """Return `text` with other titles in its `references` (in order): `new` gives a full title, or None for no change.

    The visible label of a link stays; only a link without label that showed a full title shows the new one.
    """
    pieces, at = [], 0
    for reference in references:
        title = new(reference)
        if title is not None and title != reference.title:
            pieces += [text[at : reference.start], _rewrite(text, reference, title)]
            at = reference.end
    return "".join([*pieces, text[at:]])


def _rewrite(text: str, reference: TitleReference, title: str) -> str:
    """Return the source of a reference with another title."""
    if reference.is_bare:
        quote = text[: reference.start].rpartition("[[")[0][-1:]  # of a link in quotes
        return {'"': title.replace('"', '\\"'), "'": title.replace("'", "''")}.get(quote, title)
    if reference.kind in ("call", "condition", "argument"):
        return title
    if reference.kind == "address":
        return titles.quote_title(title) + (f"#{reference.section}" if reference.section else "")
    if not text.startswith("[[", reference.start):
        value = f"[[{title}]]" if "[[" in text[reference.start : reference.end] else title
        if any(character in value for character in ",[]{}"):  # would be syntax in a flow list
            return "'" + value.replace("'", "''") + "'"
        return dump_yaml({"x": value}).removeprefix("x: ").removesuffix("\n")
    label = reference.label
    if not label and reference.kind == "link" and (":" not in reference.title or reference.trail):
        label = reference.title + reference.trail
    target = f"{reference.property}::{title}" if reference.kind == "fact" else title
    bar = "\\|" if "\\|" in text[reference.start : reference.end] else "|"
    return f"[[{target}{'#' + reference.section if reference.section else ''}{bar + label if label else ''}]]"
