"""The facets of a directory as they are shown: values with counts, the most frequent first."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from django.http import QueryDict

from wiki.directory.directory_query import DirectoryQuery, query_string
from wiki.directory.directory_results import DirectoryResults, value_ids
from wiki.directory.facet_fields import FacetField
from wiki.text import titles

SHOWN = 8
"""Values of a facet that are shown at once."""
MORE = 40
"""Values that are shown after a click; others are typed."""


@dataclass(frozen=True, slots=True)
class ValueOption:
    """A value of a facet."""

    value: str
    """What stands in the address."""
    label: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class DirectoryFacet:
    """A facet with the values that can be chosen."""

    name: str
    label: str
    options: list[ValueOption]
    more: list[ValueOption]
    has_others: bool
    """Whether there are still more values, which can be typed."""

    @property
    def is_chosen(self) -> bool:
        """Whether one of its values is chosen."""
        return any(option.is_chosen for option in (*self.options, *self.more))


@dataclass(frozen=True, slots=True)
class ChosenCondition:
    """A condition of the query, with the query string without it."""

    label: str
    query: str


def list_facets(results: DirectoryResults, query: DirectoryQuery, language: str) -> list[DirectoryFacet]:
    """Return the facets that would narrow the results, and those in which something is chosen."""
    found = []
    for number, facet in enumerate(results.table.fields.facets):
        options = _options(results, number, facet, language)
        unknown = _unknown_values(results, number, facet, query)
        options = [*unknown, *options]
        if options and (unknown or results.chosen[number] or any(one.count < len(results.found) for one in options)):
            shown = max(SHOWN, sum(option.is_chosen for option in options))
            found.append(
                DirectoryFacet(
                    facet.name, facet.label(language), options[:shown], options[shown : shown + MORE],
                    has_others=len(options) > shown + MORE,
                )
            )  # fmt: skip
    return found


def _options(results: DirectoryResults, number: int, facet: FacetField, language: str) -> list[ValueOption]:
    """Return the values that some page has: chosen ones first, then the most frequent ones."""
    known = results.table.values[number]
    counted = [
        (value not in results.chosen[number], -count, value)
        for value, count in enumerate(results.counts[number])
        if count or value in results.chosen[number]
    ]
    first = heapq.nsmallest(2 * (SHOWN + MORE), counted, key=lambda one: (*one[:2], known.keys[one[2]]))
    return [
        ValueOption(known.labels[value], facet.value_label(known.labels[value], language), -count, not is_other)
        for is_other, count, value in first
    ]


def _unknown_values(
    results: DirectoryResults, number: int, facet: FacetField, query: DirectoryQuery
) -> list[ValueOption]:
    """Return the chosen values that no page has."""
    return [
        ValueOption(value, value, 0, is_chosen=True)
        for value in query.values.get(facet.name, ())
        if not value_ids(results.table, number, value)
    ]


def list_chosen(
    results: DirectoryResults, query: DirectoryQuery, data: QueryDict, facets: list[DirectoryFacet], language: str
) -> list[ChosenCondition]:
    """Return all chosen values and ranges, each with the address without it."""
    chosen = []
    for facet in facets:
        for option in (*facet.options, *facet.more):
            if option.is_chosen:
                given = [value for value in query.values[facet.name] if titles.fold(value) == titles.fold(option.value)]
                without = query_string(data, {facet.name: given[0] if given else None})
                chosen.append(ChosenCondition(f"{facet.label}: {option.label}", without))
    for one in results.table.fields.ranges:
        if one.name in query.ranges:
            without = query_string(data, {f"{one.name}-min": None, f"{one.name}-max": None})
            least, greatest = (_number_text(number) for number in query.ranges[one.name])
            chosen.append(ChosenCondition(f"{one.label(language)}: {least}–{greatest}", without))
    return chosen


def _number_text(number: float | None) -> str:
    return "…" if number is None else f"{number:g}"
