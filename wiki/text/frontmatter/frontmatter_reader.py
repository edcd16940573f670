"""Reading front matter: the YAML block at the beginning of a text.

Every scalar is the string as written (no dates, no booleans); tags, anchors, aliases and merge keys
are refused; at most 64 KB and three levels deep.  `raw + body` is always the
whole text, byte for byte, also if the block is invalid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml
from yaml import events

from wiki.text.problems import Problem
from wiki.text.titles import fold

FRONT_MATTER_LIMIT = 64 * 1024
DEPTH_LIMIT = 3

FrontMatterValue = str | list["FrontMatterValue"] | dict[str, "FrontMatterValue"]
"""The value of a key: a string, a list of values, or a mapping (a subobject)."""

_OPENING = re.compile(r"\ufeff?---[ \t]*(\r\n|\n|\r)")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r\n|\n|\r|\Z)", re.MULTILINE)
_KEY_LINE = re.compile(r"^[^\s#][^\n]*?:(?:\s|$)|^\{", re.MULTILINE)
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True)
class FrontMatterEntry:
    """One key of the front matter with its value and its line in the text (from 1)."""

    key: str
    value: FrontMatterValue
    line: int | None = None


@dataclass(frozen=True)
class FrontMatter:
    """A text split into front matter and body.

    `raw` is the block as written, with both `---` lines ("" if there is none).  If `problems` is not
    empty, the block is invalid, `data` is empty, and `raw` has to be shown.  `body_line` is the line
    of the text (from 1) on which the body begins.
    """

    data: list[FrontMatterEntry]
    raw: str
    body: str
    body_line: int
    problems: list[Problem] = field(default_factory=list)

    def get(self, *names: str) -> list[str]:
        """Return all non-empty string values of the keys with these names (any case or accents), in source order."""
        folded_names = {fold(name) for name in names}
        strings: list[str] = []
        for entry in self.data:
            if fold(entry.key) in folded_names:
                values = entry.value if isinstance(entry.value, list) else [entry.value]
                strings.extend(value for value in values if isinstance(value, str) and value)
        return strings


class _BlockError(Exception):
    """The block is no valid front matter; carries the problem."""

    def __init__(self, code: str, line: int | None = None, **params: str) -> None:
        super().__init__(code)
        self.problem = Problem(code, params, line)


def split_front_matter(text: str) -> tuple[str, str]:
    """Return the front matter as written, with both `---` lines ("" if there is none), and the body."""
    block = _find_block(text)
    return (text[: block[1]], text[block[1] :]) if block else ("", text)


def _find_block(text: str) -> tuple[str, int] | None:
    """Return the YAML between the `---` lines and the index where the body begins; None without front matter."""
    opening = _OPENING.match(text)
    closing = opening and _CLOSING.search(text, opening.end())
    if not opening or not closing:
        return None
    block = text[opening.end() : closing.start()]
    if block.strip() and not _KEY_LINE.search(block[:FRONT_MATTER_LIMIT]):
        return None  # two horizontal rules with prose between them
    return block, closing.end()


def parse_front_matter(text: str) -> FrontMatter:
    """Split a text into front matter and body, and parse the front matter.  Never raises; errors are in `problems`."""
    found = _find_block(text)
    if found is None:
        return FrontMatter([], "", text, 1)
    block, end = found
    raw, body = text[:end], text[end:]
    body_line = len(re.findall(r"\r\n|\n|\r", raw)) + 1
    try:
        return FrontMatter(_parse_block(block), raw, body, body_line)
    except _BlockError as error:
        return FrontMatter([], raw, body, body_line, [error.problem])


def _parse_block(block: str) -> list[FrontMatterEntry]:
    """Return the entries of a YAML block; raise _BlockError."""
    if len(block.encode("utf-8", "replace")) > FRONT_MATTER_LIMIT:
        raise _BlockError("front_matter_size", limit=str(FRONT_MATTER_LIMIT))
    try:
        stream = iter(yaml.parse(block, Loader=_LOADER))
        return _document(stream)
    except (yaml.YAMLError, UnicodeError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = str(getattr(error, "problem", None) or "a character that YAML cannot hold")
        raise _BlockError("front_matter_yaml", mark.line + 2 if mark is not None else None, reason=reason) from error


def _document(stream: Iterator[events.Event]) -> list[FrontMatterEntry]:
    """Return the entries of the single mapping of the block; raise _BlockError for other documents."""
    entries: list[FrontMatterEntry] = []
    documents = 0
    for event in stream:
        _check_allowed(event)
        if isinstance(event, events.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _BlockError("front_matter_forbidden", _line(event), what="---")
        elif isinstance(event, events.MappingStartEvent):
            entries = _entries(stream)
        elif isinstance(event, events.SequenceStartEvent) or (isinstance(event, events.ScalarEvent) and event.value):
            raise _BlockError("front_matter_key", _line(event))
    return entries


def _entries(stream: Iterator[events.Event]) -> list[FrontMatterEntry]:
    """Return the entries of the top-level mapping; values of a repeated key are added to its first entry."""
    entries: dict[str, FrontMatterEntry] = {}
    for key, value, line in _pairs(stream, depth=1):
        earlier = entries.get(fold(key))
        if earlier is None:
            entries[fold(key)] = FrontMatterEntry(key, value, line)
        else:
            entries[fold(key)] = FrontMatterEntry(earlier.key, _combined(earlier.value, value), earlier.line)
    return list(entries.values())


def _pairs(stream: Iterator[events.Event], depth: int) -> Iterator[tuple[str, FrontMatterValue, int]]:
    """Yield keys, values and lines of the mapping whose start event was just read."""
    for event in stream:
        _check_allowed(event)
        if isinstance(event, events.MappingEndEvent):
            return
        if not isinstance(event, events.ScalarEvent) or not event.value.strip():
            raise _BlockError("front_matter_key", _line(event))
        if event.value == "<<" and event.implicit[0]:
            raise _BlockError("front_matter_forbidden", _line(event), what="<<")
        yield event.value, _value(next(stream), stream, depth), _line(event)


def _value(event: events.Event, stream: Iterator[events.Event], depth: int) -> FrontMatterValue:
    """Return the value that begins with `event`; read its further events from `stream`."""
    _check_allowed(event)
    if isinstance(event, events.ScalarEvent):
        return str(event.value)
    if depth >= DEPTH_LIMIT:
        raise _BlockError("front_matter_depth", _line(event), limit=str(DEPTH_LIMIT))
    if isinstance(event, events.MappingStartEvent):
        mapping: dict[str, FrontMatterValue] = {}
        for key, value, _ in _pairs(stream, depth + 1):
            mapping[key] = _combined(mapping[key], value) if key in mapping else value
        return mapping
    items: list[FrontMatterValue] = []
    for item in stream:
        if isinstance(item, events.SequenceEndEvent):
            break
        items.append(_value(item, stream, depth + 1))
    return items


def _combined(earlier: FrontMatterValue, later: FrontMatterValue) -> FrontMatterValue:
    """Return the values of a repeated key in source order, equal ones once."""
    values: list[FrontMatterValue] = list(earlier) if isinstance(earlier, list) else [earlier]
    for value in later if isinstance(later, list) else [later]:
        if value not in values:
            values.append(value)
    return values


def _check_allowed(event: events.Event) -> None:
    """Raise _BlockError on aliases, anchors and tags."""
    if isinstance(event, events.AliasEvent):
        raise _BlockError("front_matter_forbidden", _line(event), what=f"*{event.anchor}")
    anchor = getattr(event, "anchor", None)
    if anchor is not None:
        raise _BlockError("front_matter_forbidden", _line(event), what=f"&{anchor}")
    tag = getattr(event, "tag", None)
    if tag is not None:
        raise _BlockError("front_matter_forbidden", _line(event), what=str(tag))


def _line(event: events.Event) -> int:
    """Return the line of the text on which an event begins; the block begins on line 2."""
    mark = event.start_mark
    return int(mark.line) + 2 if mark is not None else 2


@dataclass(frozen=True)
class FrontMatterLines:
    """A block of front matter in pieces; if no key is repeated, joining them gives the block byte for byte."""

    opening: str
    """The opening `---` line and everything before the first key."""
    keys: dict[str, str]
    """The lines of each key, by its folded name, in order; those of a repeated key together."""
    closing: str


def split_key_lines(raw: str) -> FrontMatterLines | None:
    """Split `raw` (as `split_front_matter` returns it) by keys; None if keys have no lines of their own (`{a: 1}`)."""
    found = _find_block(raw)
    if found is None or found[1] != len(raw):
        return None
    block = found[0]
    start = raw.index(block, 3)
    try:
        positions = _key_positions(block)
    except (yaml.YAMLError, UnicodeError):
        return None
    if not positions or any(at and block[at - 1] != "\n" for _, at in positions):
        return None
    keys: dict[str, str] = {}
    for (key, at), (_, end) in zip(positions, [*positions[1:], ("", len(block))], strict=True):
        keys[fold(key)] = keys.get(fold(key), "") + block[at:end]
    return FrontMatterLines(raw[: start + positions[0][1]], keys, raw[start + len(block) :])


def _key_positions(block: str) -> list[tuple[str, int]]:
    """Return the keys of the top-level mapping of a block, with the index of their first character."""
    positions: list[tuple[str, int]] = []
    depth, is_key = 0, False
    for event in yaml.parse(block, Loader=_LOADER):
        if isinstance(event, events.CollectionEndEvent):
            depth -= 1
            is_key = depth == 1
        elif isinstance(event, events.CollectionStartEvent):
            depth += 1
            is_key = depth == 1
        elif isinstance(event, events.ScalarEvent) and depth == 1:
            if is_key and event.start_mark is not None:
                positions.append((event.value, event.start_mark.index))
            is_key = not is_key
    return positions
