"""Front matter: the YAML block at the head of a text, read so that nothing is guessed.

Every scalar stays the string that was written (no dates, no booleans); tags, anchors,
aliases and merge keys are refused; at most 64 KB and three levels deep (design.md
section 3).  `raw + body` is always the text, byte for byte, whatever was wrong.
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
"""What a key can have: a string, several values, or a subobject."""

_OPENING = re.compile(r"\ufeff?---[ \t]*(\r\n|\n|\r)")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r\n|\n|\r|\Z)", re.MULTILINE)
_KEY_LINE = re.compile(r"^[^\s#][^\n]*?:(?:\s|$)|^\{", re.MULTILINE)
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True)
class FrontMatterEntry:
    """One key of the front matter with its value and the line of the text it stands on (from 1)."""

    key: str
    value: FrontMatterValue
    line: int | None = None


@dataclass(frozen=True)
class FrontMatter:
    """A text divided into its front matter and its body.

    `raw` is the block as written, with both `---` lines ("" where there is none); where
    `problems` is not empty the block could not be read, `data` is empty, and `raw` is to be
    shown.  `body_line` is the line of the text (from 1) on which the body begins.
    """

    data: list[FrontMatterEntry]
    raw: str
    body: str
    body_line: int
    problems: list[Problem] = field(default_factory=list)

    def get(self, *names: str) -> list[str]:
        """All plain values of the keys called so (case and accents aside), in source order."""
        wanted = {fold(name) for name in names}
        found: list[str] = []
        for entry in self.data:
            if fold(entry.key) in wanted:
                values = entry.value if isinstance(entry.value, list) else [entry.value]
                found.extend(value for value in values if isinstance(value, str) and value)
        return found


class _BlockError(Exception):
    """The block holds something that front matter may not hold."""

    def __init__(self, code: str, line: int | None = None, **params: str) -> None:
        super().__init__(code)
        self.problem = Problem(code, params, line)


def split_front_matter(text: str) -> tuple[str, str]:
    """A text's front matter as written, with both `---` lines ("" where there is none), and its body."""
    block = _block(text)
    return (text[: block[1]], text[block[1] :]) if block else ("", text)


def _block(text: str) -> tuple[str, int] | None:
    """What stands between the `---` lines, and where the body begins; None where there is no front matter."""
    opening = _OPENING.match(text)
    closing = opening and _CLOSING.search(text, opening.end())
    if not opening or not closing:
        return None
    block = text[opening.end() : closing.start()]
    if block.strip() and not _KEY_LINE.search(block[:FRONT_MATTER_LIMIT]):
        return None  # two rules with prose between them
    return block, closing.end()


def parse_front_matter(text: str) -> FrontMatter:
    """Divide a text into front matter and body.  Never raises; what is wrong is in `problems`."""
    found = _block(text)
    if found is None:
        return FrontMatter([], "", text, 1)
    block, end = found
    raw, body = text[:end], text[end:]
    body_line = len(re.findall(r"\r\n|\n|\r", raw)) + 1
    try:
        return FrontMatter(_read(block), raw, body, body_line)
    except _BlockError as refusal:
        return FrontMatter([], raw, body, body_line, [refusal.problem])


def _read(block: str) -> list[FrontMatterEntry]:
    """The entries of a YAML block; raises _BlockError."""
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
    """Entries of the one mapping that the block must be."""
    entries: list[FrontMatterEntry] = []
    documents = 0
    for event in stream:
        _refuse(event)
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
    """Entries of the outermost mapping; a key given twice adds its values to the first."""
    found: dict[str, FrontMatterEntry] = {}
    for key, value, line in _pairs(stream, depth=1):
        earlier = found.get(fold(key))
        if earlier is None:
            found[fold(key)] = FrontMatterEntry(key, value, line)
        else:
            found[fold(key)] = FrontMatterEntry(earlier.key, _added(earlier.value, value), earlier.line)
    return list(found.values())


def _pairs(stream: Iterator[events.Event], depth: int) -> Iterator[tuple[str, FrontMatterValue, int]]:
    """Keys, values and lines of the mapping that has just begun."""
    for event in stream:
        _refuse(event)
        if isinstance(event, events.MappingEndEvent):
            return
        if not isinstance(event, events.ScalarEvent) or not event.value.strip():
            raise _BlockError("front_matter_key", _line(event))
        if event.value == "<<" and event.implicit[0]:
            raise _BlockError("front_matter_forbidden", _line(event), what="<<")
        yield event.value, _value(next(stream), stream, depth), _line(event)


def _value(event: events.Event, stream: Iterator[events.Event], depth: int) -> FrontMatterValue:
    """The value that begins with `event`."""
    _refuse(event)
    if isinstance(event, events.ScalarEvent):
        return str(event.value)
    if depth >= DEPTH_LIMIT:
        raise _BlockError("front_matter_depth", _line(event), limit=str(DEPTH_LIMIT))
    if isinstance(event, events.MappingStartEvent):
        mapping: dict[str, FrontMatterValue] = {}
        for key, value, _ in _pairs(stream, depth + 1):
            mapping[key] = _added(mapping[key], value) if key in mapping else value
        return mapping
    items: list[FrontMatterValue] = []
    for item in stream:
        if isinstance(item, events.SequenceEndEvent):
            break
        items.append(_value(item, stream, depth + 1))
    return items


def _added(earlier: FrontMatterValue, later: FrontMatterValue) -> FrontMatterValue:
    """Values of a repeated key, equal ones once, in source order."""
    values: list[FrontMatterValue] = list(earlier) if isinstance(earlier, list) else [earlier]
    for value in later if isinstance(later, list) else [later]:
        if value not in values:
            values.append(value)
    return values


def _refuse(event: events.Event) -> None:
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
    """The line of the text on which an event begins; the block itself begins on line 2."""
    mark = event.start_mark
    return int(mark.line) + 2 if mark is not None else 2


@dataclass(frozen=True)
class FrontMatterLines:
    """A block of front matter in pieces that give it again, byte for byte, when its keys are written once each."""

    opening: str
    """The first `---`, and what stands before the first key."""
    keys: dict[str, str]
    """The lines of each key, by its folded name, in order; those of a repeated key together."""
    closing: str


def split_key_lines(raw: str) -> FrontMatterLines | None:
    """The pieces of a block as `divide` gives it; None where its keys have no lines of their own (`{a: 1}`)."""
    found = _block(raw)
    if found is None or found[1] != len(raw):
        return None
    block = found[0]
    start = raw.index(block, 3)
    try:
        marks = _marks(block)
    except (yaml.YAMLError, UnicodeError):
        return None
    if not marks or any(at and block[at - 1] != "\n" for _, at in marks):
        return None
    keys: dict[str, str] = {}
    for (key, at), (_, end) in zip(marks, [*marks[1:], ("", len(block))], strict=True):
        keys[fold(key)] = keys.get(fold(key), "") + block[at:end]
    return FrontMatterLines(raw[: start + marks[0][1]], keys, raw[start + len(block) :])


def _marks(block: str) -> list[tuple[str, int]]:
    """The keys of the outermost mapping of a block, with the character each begins at."""
    found: list[tuple[str, int]] = []
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
                found.append((event.value, event.start_mark.index))
            is_key = not is_key
    return found
