"""The facts that decide the parts of a conjunction: one set of them lists the candidates, the others test them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from wiki.ask.language.query_ast import Condition, HasValue, SubqueryValue

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from wiki.facts.models import Fact

FactSet = tuple["QuerySet[Fact]", bool]
"""Facts that decide a condition, and whether they are found by a long list of values."""
COUNT_LIMIT = 500
"""Facts counted at most when looking for the smallest of several conditions."""


def in_all_fact_sets(fact_sets: list[FactSet], choose_list: bool) -> Q:
    """Return a Q for the subjects in all sets of facts; with `choose_list`, the smallest set lists the candidates.

    The other sets are tests of each candidate (`EXISTS`), unless they are small or stand for a long list of values: a
    test would go through the list for each candidate.
    """
    counts = [_count_facts(facts) if choose_list and len(fact_sets) > 1 else 0 for facts, _ in fact_sets]
    listed = counts.index(min(counts)) if choose_list else None
    found = Q()
    for index, (facts, is_long) in enumerate(fact_sets):
        is_small = choose_list and counts[index] < COUNT_LIMIT
        if index == listed or is_small or is_long:
            found &= Q(pk__in=facts.values("subject"))
        else:
            found &= Q(Exists(facts.filter(subject=OuterRef("pk"))))
    return found


def has_long_list(condition: Condition) -> bool:
    """Return whether the values of a condition are the result of another one."""
    return isinstance(condition, HasValue) and (
        len(condition.chain) > 1 or any(isinstance(value, SubqueryValue) for value in condition.values)
    )


def _count_facts(facts: QuerySet[Fact]) -> int:
    return facts.order_by()[:COUNT_LIMIT].count()
