"""`Has improper value for`: the facts that cannot be used as they are written, asked for and printed by property."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Q, QuerySet

from wiki.ask.finding import pieces
from wiki.ask.ground import Ground
from wiki.ask.tree import AnyValue, Compare, ValueTest
from wiki.facts.datatypes.registry import DATATYPES
from wiki.facts.models import Fact
from wiki.facts.values import Context, Value

IMPROPER = "_ERRP"
"""SMW's key of the property."""


def facts_wrong(ground: Ground) -> QuerySet[Fact]:
    """What was said at the moment of the question and is no usable value."""
    return ground.facts_even_wrong().filter(problem__isnull=False, part_of=None)


def rows_asked(ground: Ground, values: Iterable[ValueTest]) -> dict[int, str] | None:
    """Rows and keys of the properties that `[[Has improper value for::P]]` names; None for `+`, which is any."""
    rows: dict[int, str] = {}
    for value in values:
        if isinstance(value, AnyValue):
            return None
        if isinstance(value, Compare) and not value.comparator:
            rows |= ground.words.rows(ground.words.declaration(value.text).key, 0)
    return rows


def improper(ground: Ground, rows: dict[int, str] | None) -> QuerySet[Fact]:
    """The wrong facts of those rows, or of any."""
    return facts_wrong(ground).filter(Q() if rows is None else Q(property__in=sorted(rows)))


def improper_of(ground: Ground, subjects: Sequence[int], language: str) -> dict[int, list[Value]]:
    """For each subject the properties of its wrong facts, each once, in the order of the text."""
    found: dict[int, dict[str, Value]] = defaultdict(dict)
    datatype, context = DATATYPES["_wpp"], Context(language)
    for some in pieces(subjects):
        facts = facts_wrong(ground).filter(subject__in=some).select_related("property__leads_to")
        for fact in facts.order_by("position", "pk"):
            named = fact.property.leads_to or fact.property
            if named.key not in found[fact.subject_id]:
                found[fact.subject_id][named.key] = datatype.parse(named.title, context)
    return {subject: list(values.values()) for subject, values in found.items()}
