"""Three-way merge of front matter: the values of each property as a set, source lines preserved where possible.

A value that one side removed is removed, one that a side added is added. If both sides replaced the same value by
different ones, the property is in conflict; a record (a nested mapping) is then merged property by property first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wiki.text.frontmatter.frontmatter_entries import FrontMatterKeys
from wiki.text.frontmatter.frontmatter_reader import (
    FrontMatter,
    parse_front_matter,
    split_by_key,
)
from wiki.text.frontmatter.frontmatter_writer import dump_yaml
from wiki.text.frontmatter.yaml_values import FrontMatterValue
from wiki.text.merging.conflicts import MergeConflict, MergePiece, merge_lines
from wiki.text.titles import fold

ValueSet = dict[str, FrontMatterValue]
"""The values of a property in order, by the string used to compare them (see `_comparison_key`)."""


@dataclass(frozen=True, slots=True)
class _Property:
    """A property in one text: its name and values, and the source lines that state them."""

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
        """Return the properties of `front`; keys without lines of their own get new lines."""
        written = split_by_key(front.raw) or FrontMatterKeys("---\n", {}, "---\n")
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
        """Return the source lines of a property; "" if the text does not have it."""
        return self.properties[key].lines if key in self.properties else ""

    def values(self, key: str) -> ValueSet:
        """Return the values of a property; none if the text does not have it."""
        return self.properties[key].values if key in self.properties else {}


def merge_front_matter(base: str, mine: str, theirs: str) -> list[MergePiece]:
    """Merge three blocks of front matter ("" for none) into pieces, in order. Never raises.

    If a block is invalid, the blocks are merged by lines as texts. A merge by lines is also the result
    if it gives the merged values, since it preserves comments and layout.
    """
    if mine in (theirs, base) or theirs == base:
        return [theirs if mine == base else mine]
    parsed = [parse_front_matter(raw) for raw in (base, mine, theirs)]
    if any(front.problems or front.body for front in parsed):
        return list(merge_lines(base, mine, theirs))
    fronts = _Front.of(parsed[0]), _Front.of(parsed[1]), _Front.of(parsed[2])
    merged = _merge_values(*fronts)
    by_lines = list(merge_lines(base, mine, theirs))
    if _has_values(by_lines, merged):
        return by_lines
    pieces = _assemble(*fronts, merged)
    if any(isinstance(piece, MergeConflict) for piece in pieces) or _has_values(pieces, merged):
        return pieces
    return [MergeConflict(base, mine, theirs, mine + theirs)]


def _merge_values(base: _Front, mine: _Front, theirs: _Front) -> dict[str, ValueSet | None]:
    """Return the merged values of each property, by its folded name; None for a conflict."""
    keys = dict.fromkeys([*_merge_order(list(mine.properties), list(theirs.properties)), *base.properties])
    return {key: merge_sets(base.values(key), mine.values(key), theirs.values(key)) for key in keys}


def _merge_order(mine: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """Return my keys with their new keys inserted, each after the key that precedes it in theirs."""
    order = list(mine)
    index = 0
    for key in theirs:
        if key in order:
            index = order.index(key) + 1
        else:
            order.insert(index, key)
            index += 1
    return order


def merge_sets(base: ValueSet, mine: ValueSet, theirs: ValueSet) -> ValueSet | None:
    """Merge three sets, my values first; return None if both sides replaced a value by different ones."""
    removed = [key for key in base if key not in mine], [key for key in base if key not in theirs]
    added = [key for key in mine if key not in base], [key for key in theirs if key not in base]
    merged = {key: value for key, value in mine.items() if key not in removed[1]}
    merged |= {key: theirs[key] for key in added[1]}
    removed_by_both = [key for key in removed[0] if key in removed[1]]
    if not removed_by_both or set(added[0]) <= set(added[1]) or set(added[1]) <= set(added[0]):
        return merged
    if len(removed_by_both) == len(added[0]) == len(added[1]) == 1:
        record = _merge_records(base[removed_by_both[0]], mine[added[0][0]], theirs[added[1][0]])
        if record is not None:
            del merged[added[1][0]]
            others = {key: value for key, value in merged.items() if key != added[0][0]}
            return {**others, _comparison_key(record): record}
    return None


def _merge_records(base: FrontMatterValue, mine: FrontMatterValue, theirs: FrontMatterValue) -> FrontMatterValue | None:
    """Merge three versions of a record property by property; return None if one is no record, or for a conflict."""
    if not (isinstance(base, dict) and isinstance(mine, dict) and isinstance(theirs, dict)):
        return None
    record: dict[str, FrontMatterValue] = {}
    for key in dict.fromkeys([*_merge_order(list(mine), list(theirs)), *base]):
        values = merge_sets(*(_set_of(side[key]) if key in side else {} for side in (base, mine, theirs)))
        if values is None:
            return None
        if values:
            record[key] = _value_of(values)
    return record or None


def _assemble(base: _Front, mine: _Front, theirs: _Front, merged: Mapping[str, ValueSet | None]) -> list[MergePiece]:
    """Return the pieces of a block with the merged values, each property with the lines of one side if possible."""
    lines = [_lines(key, values, base, mine, theirs) for key, values in merged.items()]
    frame = mine if mine.raw else theirs
    if not any(lines):  # comments alone are no front matter: they become a conflict, so that none is lost
        return [frame.opening + frame.closing] if "#" in frame.opening else []
    return [frame.opening, *lines, frame.closing]


def _lines(key: str, values: ValueSet | None, base: _Front, mine: _Front, theirs: _Front) -> MergePiece:
    """Return the lines that state the values of one property, or a conflict if `values` is None.

    Lines of the side that changed them are used if they state exactly the values; else new lines are written.
    """
    my_lines, their_lines, base_lines = mine.lines(key), theirs.lines(key), base.lines(key)
    name = (mine.properties.get(key) or theirs.properties.get(key) or base.properties[key]).name
    my_values, their_values = mine.values(key), theirs.values(key)
    if values is None:
        removed = {form for form in base.values(key) if form not in my_values or form not in their_values}
        combined = {form: value for form, value in {**my_values, **their_values}.items() if form not in removed}
        return MergeConflict(base_lines, my_lines, their_lines, dump_yaml({name: _value_of(combined)}), name)
    sides = [(my_lines, my_values), (their_lines, their_values)]
    for lines, stated in reversed(sides) if my_lines == base_lines else sides:
        if stated.keys() == values.keys():
            return lines
    return dump_yaml({name: _value_of(values)}) if values else ""


def _has_values(pieces: Iterable[MergePiece], merged: Mapping[str, ValueSet | None]) -> bool:
    """Return whether the pieces have no conflict and form a block with exactly the merged values."""
    text = ""
    for piece in pieces:
        if isinstance(piece, MergeConflict):
            return False
        text += piece
    front = parse_front_matter(text)
    stated = {fold(entry.key): _set_of(entry.value).keys() for entry in front.data}
    expected = {key: values.keys() for key, values in merged.items() if values}
    return not front.problems and not front.body and {key: keys for key, keys in stated.items() if keys} == expected


def _set_of(value: FrontMatterValue) -> ValueSet:
    """Return the values of a key as a set; nested lists are flattened, empty strings dropped."""
    values: ValueSet = {}
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, list):
            values |= _set_of(item)
        elif isinstance(item, dict):
            values[_comparison_key(item)] = item
        elif item.strip():
            values.setdefault(_comparison_key(item), item)
    return values


def _comparison_key(value: FrontMatterValue) -> str:
    """Return the string by which a value is compared: a stripped string, or JSON."""
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _value_of(values: ValueSet) -> FrontMatterValue:
    """Return a set as the value of a key: a single value, or a list."""
    return next(iter(values.values())) if len(values) == 1 else list(values.values())
