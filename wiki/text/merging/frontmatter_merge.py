"""Three-way merge of front matter: the facts of each property as a set, their lines kept as they were written.

A value that one side took away is gone, one that a side added is there. Where both sides replaced the same value, each
by another, the property clashes; a record (a nested mapping) is then joined property by property itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wiki.text.frontmatter.frontmatter_reader import (
    FrontMatter,
    FrontMatterLines,
    FrontMatterValue,
    parse_front_matter,
    split_key_lines,
)
from wiki.text.frontmatter.frontmatter_writer import dump_yaml
from wiki.text.merging.conflicts import MergeConflict, MergePiece, merge_lines
from wiki.text.titles import fold

ValueSet = dict[str, FrontMatterValue]
"""The values of a property, by the form in which they are compared, in order."""


@dataclass(frozen=True, slots=True)
class _Property:
    """What one text says of a property: its name and values, and the lines that say it."""

    name: str
    values: ValueSet
    lines: str


@dataclass(frozen=True, slots=True)
class _Front:
    """The front matter of one text."""

    raw: str
    properties: dict[str, _Property]
    opening: str
    closing: str

    @classmethod
    def of(cls, front: FrontMatter) -> _Front:
        """What `front` says; a block whose keys have no lines of their own is written anew."""
        written = split_key_lines(front.raw) or FrontMatterLines("---\n", {}, "---\n")
        properties = {
            fold(entry.key): _Property(
                entry.key,
                _set_of(entry.value),
                written.keys.get(fold(entry.key)) or dump_yaml({entry.key: entry.value}),
            )
            for entry in front.data
        }
        return cls(front.raw, properties, written.opening, written.closing)

    def lines(self, key: str) -> str:
        """The lines of a property; "" where there is none."""
        return self.properties[key].lines if key in self.properties else ""

    def values(self, key: str) -> ValueSet:
        """The values of a property."""
        return self.properties[key].values if key in self.properties else {}


def merge_front_matter(base: str, mine: str, theirs: str) -> list[MergePiece]:
    """The pieces of a merge of three blocks of front matter ("" for none), in order. Never raises.

    Blocks that cannot be read are merged as text.
    """
    if mine in (theirs, base) or theirs == base:
        return [theirs if mine == base else mine]
    read = [parse_front_matter(raw) for raw in (base, mine, theirs)]
    if any(front.problems or front.body for front in read):
        return list(merge_lines(base, mine, theirs))
    fronts = _Front.of(read[0]), _Front.of(read[1]), _Front.of(read[2])
    wanted = _wanted(*fronts)
    by_lines = list(merge_lines(base, mine, theirs))
    if _says(by_lines, wanted):
        return by_lines
    pieces = _assembled(*fronts, wanted)
    if any(isinstance(piece, MergeConflict) for piece in pieces) or _says(pieces, wanted):
        return pieces
    return [MergeConflict(base, mine, theirs, mine + theirs)]


def _wanted(base: _Front, mine: _Front, theirs: _Front) -> dict[str, ValueSet | None]:
    """The values that each property shall have; None where it clashes."""
    keys = dict.fromkeys([*_in_order(list(mine.properties), list(theirs.properties)), *base.properties])
    return {key: merge_sets(base.values(key), mine.values(key), theirs.values(key)) for key in keys}


def _in_order(mine: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """My keys, and theirs each after the one that it follows there."""
    order = list(mine)
    at = 0
    for key in theirs:
        if key in order:
            at = order.index(key) + 1
        else:
            order.insert(at, key)
            at += 1
    return order


def merge_sets(base: ValueSet, mine: ValueSet, theirs: ValueSet) -> ValueSet | None:
    """The merge of three sets, mine first; None where both sides replaced a value, each by another."""
    lost = [key for key in base if key not in mine], [key for key in base if key not in theirs]
    new = [key for key in mine if key not in base], [key for key in theirs if key not in base]
    joined = {key: value for key, value in mine.items() if key not in lost[1]}
    joined |= {key: theirs[key] for key in new[1]}
    fought = [key for key in lost[0] if key in lost[1]]
    if not fought or set(new[0]) <= set(new[1]) or set(new[1]) <= set(new[0]):
        return joined
    if len(fought) == len(new[0]) == len(new[1]) == 1:
        record = _records_joined(base[fought[0]], mine[new[0][0]], theirs[new[1][0]])
        if record is not None:
            at = new[0][0]
            del joined[new[1][0]]
            return {**{key: value for key, value in joined.items() if key != at}, _form(record): record}
    return None


def _records_joined(
    base: FrontMatterValue, mine: FrontMatterValue, theirs: FrontMatterValue
) -> FrontMatterValue | None:
    """Three forms of one record joined property by property; None where they are none, or clash."""
    if not (isinstance(base, dict) and isinstance(mine, dict) and isinstance(theirs, dict)):
        return None
    record: dict[str, FrontMatterValue] = {}
    for key in dict.fromkeys([*_in_order(list(mine), list(theirs)), *base]):
        values = merge_sets(*(_set_of(one[key]) if key in one else {} for one in (base, mine, theirs)))
        if values is None:
            return None
        if values:
            record[key] = _value_of(values)
    return record or None


def _assembled(base: _Front, mine: _Front, theirs: _Front, wanted: Mapping[str, ValueSet | None]) -> list[MergePiece]:
    """The block, of lines that were written on either side wherever they say what they shall."""
    lines = [_lines(key, values, base, mine, theirs) for key, values in wanted.items()]
    frame = mine if mine.raw else theirs
    if not any(lines):
        return [frame.opening + frame.closing] if "#" in frame.opening else []
    return [frame.opening, *lines, frame.closing]


def _lines(key: str, values: ValueSet | None, base: _Front, mine: _Front, theirs: _Front) -> MergePiece:
    """What says the values of one property."""
    own, other, before = mine.lines(key), theirs.lines(key), base.lines(key)
    named = mine.properties.get(key) or theirs.properties.get(key) or base.properties[key]
    if values is None:
        every = {**mine.values(key), **theirs.values(key)}
        lost = {one for one in base.values(key) if one not in mine.values(key) or one not in theirs.values(key)}
        both = {one: value for one, value in every.items() if one not in lost}
        return MergeConflict(before, own, other, dump_yaml({named.name: _value_of(both)}), named.name)
    for lines, said in ((other, theirs), (own, mine)) if own == before else ((own, mine), (other, theirs)):
        if said.values(key).keys() == values.keys():
            return lines
    return dump_yaml({named.name: _value_of(values)}) if values else ""


def _says(pieces: Iterable[MergePiece], wanted: Mapping[str, ValueSet | None]) -> bool:
    """Whether pieces have joined to a block that says what it shall, and nothing else."""
    text = ""
    for piece in pieces:
        if isinstance(piece, MergeConflict):
            return False
        text += piece
    front = parse_front_matter(text)
    said = {fold(entry.key): _set_of(entry.value).keys() for entry in front.data}
    shall = {key: values.keys() for key, values in wanted.items() if values}
    return not front.problems and not front.body and {key: one for key, one in said.items() if one} == shall


def _set_of(value: FrontMatterValue) -> ValueSet:
    """The values of a key; lists in lists are flat, and what is empty states nothing."""
    found: ValueSet = {}
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, list):
            found |= _set_of(one)
        elif isinstance(one, dict):
            found[_form(one)] = one
        elif one.strip():
            found.setdefault(_form(one), one)
    return found


def _form(value: FrontMatterValue) -> str:
    """A value as it is compared."""
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _value_of(values: ValueSet) -> FrontMatterValue:
    """A set as a value of a key: alone, or in a list."""
    return next(iter(values.values())) if len(values) == 1 else list(values.values())
