"""Misspelt names in a query: properties without any fact and kinds that do not exist, with the likely names instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wiki.ask.execution.compiler import QueryCompiler
from wiki.ask.language.query_ast import Compare, Condition, Conjunction, Disjunction, HasValue, Query, SubqueryValue
from wiki.ask.property_usage import used_properties
from wiki.facts.datatypes import kind_names
from wiki.facts.models import Property
from wiki.facts.special_properties import SPECIAL, key_of_property, special_property_label
from wiki.text.edit_distance import edit_distance
from wiki.text.titles import TitleProblem, fold

if TYPE_CHECKING:
    from wiki.pages.models import Reader

MAX_DISTANCE, MAX_DISTANCE_OF_SHORT = 2, 1
"""Letters by which a misspelt name differs; short names of other meaning differ by two."""
SHORT_NAME = 5
"""Letters from which a name is not short."""
CANDIDATES_LIMIT = 5_000
"""Properties that are compared, the first by title."""


@dataclass(frozen=True, slots=True)
class NameSuggestion:
    """A name in a query that nothing has, and the likely name."""

    written: str
    is_kind: bool
    """Whether it is the name of a kind, else of a property."""
    name: str = ""
    """The likely name; "" if there is none."""
    question: str = ""
    """The text of the conditions with that name."""


def suggest_names(query: Query, user: Reader, language: str) -> list[NameSuggestion]:
    """Return the names in the conditions of a query that no page states now, each once."""
    conditions = list(_value_conditions(query.condition))
    suggestions = []
    unused = _names_without_facts({link.name for found in conditions for link in found.chain}, query, user)
    if unused:
        names = [title or key for key, title in used_properties(user).order_by("title").values_list("key", "title")
                 .exclude(key__startswith="_")[:CANDIDATES_LIMIT]]  # fmt: skip
        names += [special_property_label(key, language) for key in SPECIAL]
        for written in unused:
            name = nearest_name(written, names)
            suggestions.append(NameSuggestion(written, False, name, _with_property(query.source, written, name)))
    kinds = kind_names.NAMES.keys_by_name()
    for written in dict.fromkeys(
        text for found in conditions for text in _named_kinds(found) if fold(text) not in kinds
    ):
        key = kinds.get(nearest_name(written, kinds), "")
        name = kind_names.NAMES.name_of(key, language) if key else ""
        suggestions.append(NameSuggestion(written, True, name, _with_kind(query.source, written, name)))
    return suggestions


def nearest_name(written: str, names: Iterable[str]) -> str:
    """Return the name that differs least from what was written, case and accents aside; "" if all differ much."""
    folded = fold(written)
    limit = MAX_DISTANCE if len(folded) >= SHORT_NAME else MAX_DISTANCE_OF_SHORT
    distances = ((edit_distance(folded, fold(name)), name) for name in names)
    return min((item for item in distances if item[0] <= limit), default=(0, ""))[1]


def _value_conditions(condition: Condition) -> Iterator[HasValue]:
    """Iterate over the conditions on properties, those of subqueries included."""
    if isinstance(condition, Conjunction | Disjunction):
        for part in condition.parts:
            yield from _value_conditions(part)
    elif isinstance(condition, HasValue):
        yield condition
        for value in condition.values:
            if isinstance(value, SubqueryValue):
                yield from _value_conditions(value.condition)


def _named_kinds(condition: HasValue) -> list[str]:
    """Return the names of kinds that a condition compares with."""
    if not condition.chain or _property_key(condition.chain[-1].name) != "_KIND":
        return []
    return [value.text for value in condition.values if isinstance(value, Compare) and value.comparator in ("", "!")]


def _property_key(name: str) -> str:
    """Return the key of a property; "" for an invalid name."""
    try:
        return key_of_property(name)
    except TitleProblem:
        return ""


def _names_without_facts(names: set[str], query: Query, user: Reader) -> list[str]:
    """Return the names of properties that neither have facts, under any synonym, nor subproperties with facts."""
    keys = {name: _property_key(name) for name in sorted(names)}
    keys = {name: key for name, key in keys.items() if key and key not in SPECIAL}
    if not keys:
        return []
    rows = Property.objects.filter(key__in=keys.values(), redirects_to__isnull=False)
    redirects = dict(rows.values_list("key", "redirects_to__key"))
    keys = {name: redirects.get(key, key) for name, key in keys.items()}
    used = set(used_properties(user).filter(key__in=keys.values()).values_list("key", flat=True))
    unused = {name: key for name, key in keys.items() if key not in used}
    if not unused:
        return []
    compiler = QueryCompiler(query, user)
    subproperties = {name: set(compiler.names.property_rows(key)) for name, key in unused.items()}
    pks = set().union(*subproperties.values())
    used_pks = set(used_properties(user).filter(pk__in=pks).values_list("pk", flat=True)) if pks else set()
    return [name for name in unused if not used_pks & subproperties[name]]


def _with_property(source: str, written: str, name: str) -> str:
    """Return the conditions with another name of a property."""
    pattern = rf"(\[\[|\.)(\s*-?\s*){re.escape(written)}(?=\s*(?:\.|::))"
    return re.sub(pattern, lambda match: match[1] + match[2] + name, source) if name else ""


def _with_kind(source: str, written: str, name: str) -> str:
    """Return the conditions with another name of a kind."""
    pattern = rf"((?:::|\|\|)\s*!?\s*){re.escape(written)}(?=\s*(?:\]\]|\|))"
    return re.sub(pattern, lambda match: match[1] + name, source) if name else ""
