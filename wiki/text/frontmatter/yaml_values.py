"""Reading YAML as values of front matter.

Every scalar is the string as written (no dates, no booleans); tags, anchors, aliases and merge keys are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import yaml
from yaml import events

from wiki.text.problems import Problem

DEPTH_LIMIT = 3
"""Levels of a block: its keys are the first."""
YAML_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

FrontMatterValue = str | list["FrontMatterValue"] | dict[str, "FrontMatterValue"]
"""The value of a key: a string, a list of values, or a mapping (a subobject)."""


class YamlRefused(Exception):
    """The text is no YAML of the allowed kind; carries the problem."""

    def __init__(self, code: str, line: int | None = None, **params: str) -> None:
        super().__init__(code)
        self.problem = Problem(code, params, line)


def load_mapping(text: str) -> dict[str, FrontMatterValue]:
    """Return the mapping that a text is in YAML; values of a repeated key are joined. Raises YamlRefused."""
    value = _load(text, 0)
    if not isinstance(value, dict):
        raise YamlRefused("front_matter_key")
    return value


def load_value(text: str) -> FrontMatterValue:
    """Return the value of a key that a text is in YAML. Raises YamlRefused."""
    return _load(text, 1)


def _load(text: str, depth: int) -> FrontMatterValue:
    value: FrontMatterValue = ""
    documents = 0
    try:
        stream = iter(yaml.parse(text, Loader=YAML_LOADER))
        for event in stream:
            if isinstance(event, events.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise YamlRefused("front_matter_forbidden", _line(event), what="---")
            elif isinstance(event, events.NodeEvent):
                value = _value(event, stream, depth)
    except (yaml.YAMLError, UnicodeError, StopIteration) as error:
        mark = getattr(error, "problem_mark", None)
        raise YamlRefused("front_matter_yaml", mark.line + 1 if mark is not None else None) from error
    return value


def _value(event: events.Event, stream: Iterator[events.Event], depth: int) -> FrontMatterValue:
    """Return the value that begins with `event`; read its further events from `stream`."""
    _check_allowed(event)
    if isinstance(event, events.ScalarEvent):
        return str(event.value)
    if depth >= DEPTH_LIMIT:
        raise YamlRefused("front_matter_depth", _line(event), limit=str(DEPTH_LIMIT))
    if isinstance(event, events.MappingStartEvent):
        mapping: dict[str, list[FrontMatterValue]] = {}
        for key, value in _pairs(stream, depth + 1):
            mapping.setdefault(key, []).append(value)
        return {key: joined(values) for key, values in mapping.items()}
    items: list[FrontMatterValue] = []
    for item in stream:
        if isinstance(item, events.SequenceEndEvent):
            break
        items.append(_value(item, stream, depth + 1))
    return items


def _pairs(stream: Iterator[events.Event], depth: int) -> Iterator[tuple[str, FrontMatterValue]]:
    """Yield keys and values of the mapping whose start event was just read."""
    for event in stream:
        _check_allowed(event)
        if isinstance(event, events.MappingEndEvent):
            return
        if not isinstance(event, events.ScalarEvent) or not event.value.strip():
            raise YamlRefused("front_matter_key", _line(event))
        if event.value == "<<" and event.implicit[0]:
            raise YamlRefused("front_matter_forbidden", _line(event), what="<<")
        yield event.value, _value(next(stream), stream, depth)


def joined(values: Sequence[FrontMatterValue]) -> FrontMatterValue:
    """Return the values of all entries of one key: a single one as it is, several in source order, equal ones once."""
    if len(values) == 1:
        return values[0]
    found: dict[str, FrontMatterValue] = {}
    for value in values:
        for item in value if isinstance(value, list) else [value]:
            found.setdefault(item if isinstance(item, str) else f"\0{item!r}", item)
    return list(found.values())


def _check_allowed(event: events.Event) -> None:
    """Raise YamlRefused for aliases, anchors and tags."""
    if isinstance(event, events.AliasEvent):
        raise YamlRefused("front_matter_forbidden", _line(event), what=f"*{event.anchor}")
    anchor = getattr(event, "anchor", None)
    if anchor is not None:
        raise YamlRefused("front_matter_forbidden", _line(event), what=f"&{anchor}")
    tag = getattr(event, "tag", None)
    if tag is not None:
        raise YamlRefused("front_matter_forbidden", _line(event), what=str(tag))


def _line(event: events.Event) -> int:
    """Return the line on which an event begins (from 1)."""
    mark = event.start_mark
    return int(mark.line) + 1 if mark is not None else 1
