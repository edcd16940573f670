"""`Has improper value for` and `Processing error message`: facts that cannot be used as they are written."""

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


def invalid_facts(ground: FactScope) -> QuerySet[Fact]:
    """What was said at the moment of the question and is no usable value."""
    return ground.facts_including_invalid().filter(problem__isnull=False, part_of=None)


def queried_property_rows(ground: FactScope, key: str, values: Iterable[ValueTest]) -> dict[int, str] | None:
    """Rows and keys of the properties that `[[Has improper value for::P]]` names; None for `+`, which is any.

    Messages can only be asked for by `+`.
    """
    rows: dict[int, str] = {}
    for value in values:
        if isinstance(value, AnyValue):
            return None
        if isinstance(value, Compare) and not value.comparator and key == IMPROPER:
            rows |= ground.names.property_rows(ground.names.declaration_named(value.text).key, 0)
    return rows


def invalid_facts_of(ground: FactScope, rows: dict[int, str] | None) -> QuerySet[Fact]:
    """The wrong facts of those rows, or of any."""
    return invalid_facts(ground).filter(Q() if rows is None else Q(property__in=sorted(rows)))


def improper_values_by_subject(
    ground: FactScope, key: str, subjects: Sequence[int], language: str
) -> dict[int, list[Value]]:
    """For each subject the properties of its wrong facts, or what is said of these; each once, as in the text."""
    found: dict[int, dict[str, Value]] = defaultdict(dict)
    datatype, context = DATATYPES["_wpp" if key == IMPROPER else "_txt"], Context(language)
    for some in iter_slices(subjects):
        facts = invalid_facts(ground).filter(subject__in=some).select_related("property__redirects_to")
        for fact in facts.order_by("position", "pk"):
            said = _property(fact) if key == IMPROPER else _message(fact, language)
            found[fact.subject_id].setdefault(said, datatype.parse(said, context))
    return {subject: list(values.values()) for subject, values in found.items()}


def _property(fact: Fact) -> str:
    """The property of a fact, as its page is called now."""
    return (fact.property.redirects_to or fact.property).title


def _message(fact: Fact, language: str) -> str:
    """What is wrong with a fact, and how to mend it."""
    problem = fact.value().problem
    with translation.override(language):
        return message_for(problem) if problem else ""
