"""`Has improper value for` and `Processing error message`: properties of facts whose values are invalid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Q, QuerySet
from django.utils import translation

from wiki.ask.execution.fact_scope import FactScope
from wiki.ask.execution.subject_lookup import iter_slices
from wiki.ask.language.query_ast import AnyValue, Compare, ValueTest
from wiki.ask.language.query_errors import message_for
from wiki.facts.datatypes.registry import DATATYPES
from wiki.facts.models import Fact
from wiki.facts.values import Context, Value

IMPROPER, MESSAGE = "_ERRP", "_ERRT"
"""SMW's keys of the two properties."""


def invalid_facts(scope: FactScope) -> QuerySet[Fact]:
    """Return the facts at the moment of the query whose values are not usable, record fields excluded."""
    return scope.facts_including_invalid().filter(problem__isnull=False, part_of=None)


def queried_property_rows(scope: FactScope, key: str, values: Iterable[ValueTest]) -> dict[int, str] | None:
    """Return primary keys and keys of the properties that `[[Has improper value for::P]]` names; None for `+`, any.

    Messages can only be queried by `+`.
    """
    rows: dict[int, str] = {}
    for value in values:
        if isinstance(value, AnyValue):
            return None
        if isinstance(value, Compare) and not value.comparator and key == IMPROPER:
            rows |= scope.names.property_rows(scope.names.declaration_named(value.text).key, 0)
    return rows


def invalid_facts_of(scope: FactScope, rows: dict[int, str] | None) -> QuerySet[Fact]:
    """Return the invalid facts of the properties with the given primary keys (None: of any property)."""
    return invalid_facts(scope).filter(Q() if rows is None else Q(property__in=sorted(rows)))


def improper_values_by_subject(
    scope: FactScope, key: str, subjects: Sequence[int], language: str
) -> dict[int, list[Value]]:
    """Return for each subject its properties with invalid values, or their messages; each once, in text order."""
    found: dict[int, dict[str, Value]] = defaultdict(dict)
    datatype, context = DATATYPES["_wpp" if key == IMPROPER else "_txt"], Context(language)
    for chunk in iter_slices(subjects):
        facts = invalid_facts(scope).filter(subject__in=chunk).select_related("property__redirects_to")
        for fact in facts.order_by("position", "pk"):
            text = _property_title(fact) if key == IMPROPER else _message(fact, language)
            found[fact.subject_id].setdefault(text, datatype.parse(text, context))
    return {subject: list(values.values()) for subject, values in found.items()}


def _property_title(fact: Fact) -> str:
    """Return the current title of a fact's property."""
    return (fact.property.redirects_to or fact.property).title


def _message(fact: Fact, language: str) -> str:
    """Return the error message of a fact's value."""
    problem = fact.value().problem
    with translation.override(language):
        return message_for(problem) if problem else ""
