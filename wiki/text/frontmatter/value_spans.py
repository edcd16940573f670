"""Where the values of front matter stand in a text, for rewriting them in place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import yaml
from yaml import events

from wiki.text.frontmatter import entry_values
from wiki.text.frontmatter.entry_values import ValueForm
from wiki.text.frontmatter.frontmatter_entries import BLANKS, LINE, FrontMatterLines, LineKind, split_entries
from wiki.text.frontmatter.frontmatter_reader import FRONT_MATTER_LIMIT, find_block
from wiki.text.frontmatter.yaml_values import YAML_LOADER


@dataclass(frozen=True, slots=True)
class ValueSpan:
    """A string in the front matter of a text: a value, or one of several in a list or mapping."""

    key: str
    text: str
    """The value; with `[[` and `]]` if the span holds them."""
    start: int
    end: int
    is_link_target: bool = False
    """Whether the span is what stands between `[[` and `]]`."""


def value_spans(text: str) -> Iterator[ValueSpan]:
    """Yield the values of the front matter of a text in order; those that are read as lines of text are left out."""
    found = find_block(text)
    if found is None or len(text[found.start : found.end].encode("utf-8", "replace")) > FRONT_MATTER_LIMIT:
        return
    block, at = text[found.start : found.end], found.start
    if block.lstrip().startswith("{"):
        yield from _in_yaml(block, at, "")
        return
    for entry in split_entries(block):
        if entry.kind == LineKind.KEY:
            yield from _in_entry(entry, at)
        at += len(entry.lines)


def _in_entry(entry: FrontMatterLines, at: int) -> Iterator[ValueSpan]:
    form, written = entry_values.form_of(entry)
    start = at + len(entry.head)
    if form == ValueForm.YAML_LINES:
        source = entry_values.yaml_source(entry)
        for span in _in_yaml(source, at + len(entry.lines) - len(source), ""):
            yield replace(span, key=entry.key) if span.key == entry_values.YAML_KEY else span
    elif form == ValueForm.ITEMS:
        yield from _in_items(entry, at)
    else:
        yield from _in_line(form, written, start, entry.key)


def _in_line(form: ValueForm, written: str, start: int, key: str) -> Iterator[ValueSpan]:
    """Yield the values of one line, whose text `written` begins at `start`."""
    if form == ValueForm.YAML_VALUE:
        yield from _in_yaml(written, start, key)
    elif form == ValueForm.LINKS:
        yield from _in_links(written, start, key)
    elif form == ValueForm.PLAIN and written:
        yield ValueSpan(key, written, start, start + len(written))


def _in_items(entry: FrontMatterLines, at: int) -> Iterator[ValueSpan]:
    """Yield the values of a list that is no YAML, line by line."""
    for line in LINE.findall(entry.lines):
        item = line.strip()
        if item.startswith("-"):
            written = item[1:].strip(BLANKS)
            start = at + line.index(item) + item.index(written, 1)
            yield from _in_line(*entry_values.form_of_line(written), start, entry.key)
        at += len(line)


def _in_links(written: str, start: int, key: str) -> Iterator[ValueSpan]:
    """Yield the titles in links, without their sections."""
    for target in entry_values.LINK_TARGET.finditer(written):
        title = target[1].partition("#")[0].rstrip()
        begin = start + target.start(1)
        yield ValueSpan(key, title, begin, begin + len(title), is_link_target=True)


def _in_yaml(source: str, at: int, key: str) -> Iterator[ValueSpan]:
    """Yield the scalars of a YAML text that begins at `at`; those without a key of their own are values of `key`."""
    opened: list[_OpenCollection] = [_OpenCollection(False, key)]
    try:
        for event in yaml.parse(source, Loader=YAML_LOADER):
            if isinstance(event, events.CollectionEndEvent):
                opened.pop()
            elif isinstance(event, events.CollectionStartEvent):
                opened.append(_OpenCollection(isinstance(event, events.MappingStartEvent), opened[-1].take_key()))
            elif isinstance(event, events.ScalarEvent) and event.start_mark and event.end_mark:
                if opened[-1].begins_key():
                    opened[-1].key = event.value
                    continue
                own_key, begin, end = opened[-1].take_key(), event.start_mark.index, event.end_mark.index
                if event.style in ("|", ">"):  # a text of several lines, whose lines cannot be exchanged alone
                    continue
                if entry_values.LINKS.fullmatch(event.value.strip(BLANKS)):
                    yield from _in_links(source[begin:end], at + begin, own_key)
                else:
                    yield ValueSpan(own_key, event.value, at + begin, at + end)
    except (yaml.YAMLError, UnicodeError):
        return


@dataclass(slots=True)
class _OpenCollection:
    """A mapping or list of the front matter whose end event has not come yet."""

    is_mapping: bool
    key: str
    """The key whose value comes next; for a list, the key whose value is the list."""
    has_key: bool = False

    def begins_key(self) -> bool:
        """Return whether the next scalar is a key of this mapping, and record that it is read."""
        self.has_key = self.is_mapping and not self.has_key
        return self.has_key

    def take_key(self) -> str:
        """Return the key of the next value, and record that the value is read."""
        self.has_key = False
        return self.key
