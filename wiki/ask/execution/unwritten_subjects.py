"""Subjects of a result whose pages are not written: pages that facts name, and targets of redirects.

They have no rows, so they are found beside the compiled query: by inverse properties (`[[-P::A]]`), and by titles that
redirect to them. As in SMW, they are in the result like written pages. Other conditions need facts, which they lack.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef
from django.utils import timezone

from wiki.ask.execution.collation_functions import TitleCollation
from wiki.ask.execution.fact_scope import INTERMEDIATE_LIMIT
from wiki.ask.execution.inverse_properties import inverse_values, naming_facts
from wiki.ask.execution.subject_lookup import SubjectWithPage
from wiki.ask.language.query_ast import (
    Compare,
    Condition,
    Conjunction,
    Disjunction,
    HasValue,
    InNamespace,
    IsPage,
    NoValue,
    flatten_conjunction,
)
from wiki.facts.datatypes.page_values import Page
from wiki.facts.datatypes.registry import DATATYPES
from wiki.text import titles
from wiki.text.titles import TitleProblem

if TYPE_CHECKING:
    from wiki.ask.execution.compiler import QueryCompiler

PAGE_DATATYPES = sorted(id_ for id_, datatype in DATATYPES.items() if isinstance(datatype, Page))


def find_unwritten(compiler: QueryCompiler) -> list[SubjectWithPage]:
    """Return the matching subjects without a page, in the order of their titles. Raises AskProblem."""
    keys = _matching_keys(compiler, compiler.query.condition)
    return sorted(
        (_subject(number, key) for number, key in enumerate(sorted(keys), 1)), key=lambda item: item.sort_title
    )


def merge_unwritten(
    compiler: QueryCompiler, written: list[SubjectWithPage], unwritten: list[SubjectWithPage]
) -> list[SubjectWithPage]:
    """Return both in the order of the query: by title, or those without a page last, as they have no values."""
    sort = compiler.query.sort
    merged = [*written, *unwritten]
    if not unwritten or compiler.query.random or any(one.chain for one in sort):
        return merged
    merged.sort(key=lambda item: (item.title_key, item.fragment))
    merged.sort(key=lambda item: item.sort_title, reverse=bool(sort) and sort[0].descending)
    return merged


def _subject(number: int, key: str) -> SubjectWithPage:
    """Return the subject of a page that is not written. No row has its primary key, which is negative."""
    namespace, title = titles.split_namespace(key)
    return SubjectWithPage(-number, 0, "", key, key, titles.fold(title), title, namespace, "", "", timezone.now())


def _matching_keys(compiler: QueryCompiler, condition: Condition) -> set[str]:
    """Return the title keys of the pages without text that match a condition."""
    if isinstance(condition, Disjunction):
        return reduce(or_, (_matching_keys(compiler, part) for part in condition.parts), set())
    if isinstance(condition, Conjunction):
        parts = list(flatten_conjunction(condition))
        spaces = {part.number for part in parts if isinstance(part, InNamespace)}
        naming = [part for part in parts if not isinstance(part, InNamespace)]
        if not naming or not all(_can_match(part) for part in naming):
            return set()
        keys = reduce(and_, (_matching_keys(compiler, part) for part in naming))
        return {key for key in keys if all(titles.split_namespace(key)[0] == number for number in spaces)}
    if isinstance(condition, IsPage):
        return _redirect_targets(compiler, condition)
    return _named_keys(compiler, condition) if isinstance(condition, HasValue) and _can_match(condition) else set()


def _can_match(condition: Condition) -> bool:
    """Return whether a page without text can match a condition at all; checked before the database is asked."""
    if isinstance(condition, HasValue):
        return bool(condition.chain) and condition.chain[0].inverse
    return isinstance(condition, IsPage | Conjunction | Disjunction)


def _named_keys(compiler: QueryCompiler, condition: HasValue) -> set[str]:
    """Return the pages without text that the facts of an inverse property name, directly or by a redirect."""
    found: set[str] = set()
    if compiler.is_has_subobject(condition.chain[0]):
        return found
    column = compiler.scope.value_column
    is_written = compiler.scope.readable_pages().filter(title_key=TitleCollation(OuterRef(column)))
    for value in inverse_values(condition):
        if isinstance(value, NoValue):
            continue
        facts = naming_facts(compiler, condition, value).filter(datatype__in=PAGE_DATATYPES).order_by()
        named = facts.exclude(canonical_value__contains="#").exclude(canonical_value="")
        red = named.filter(~Exists(is_written)).values_list(column, flat=True).distinct()
        found.update(red[:INTERMEDIATE_LIMIT])
        redirects = compiler.scope.readable_pages().filter(
            title_key__in=named.values(key=TitleCollation(column)), redirect_key__gt=""
        )
        found.update(_unwritten_targets(compiler, redirects.values_list("redirect_key", flat=True)))
    return found


def _redirect_targets(compiler: QueryCompiler, condition: IsPage) -> set[str]:
    """Return the pages without text that the titles of a condition redirect to."""
    keys = set[str]()
    for value in condition.values:
        if isinstance(value, Compare) and not value.comparator and "#" not in value.text:
            keys.update(_title_keys(value.text.strip().removeprefix(":"), compiler.query.place_title))
    redirects = compiler.scope.readable_pages().filter(title_key__in=keys, redirect_key__gt="")
    return set(_unwritten_targets(compiler, redirects.values_list("redirect_key", flat=True))) if keys else set()


def _title_keys(title: str, place_title: str) -> Iterable[str]:
    """Yield the keys that a title may stand for: at the root, and within the place."""
    for full_title in (title, f"{place_title}:{title}" if place_title else ""):
        try:
            yield titles.key_of(full_title)
        except TitleProblem:
            continue


def _unwritten_targets(compiler: QueryCompiler, redirect_keys: Iterable[str]) -> set[str]:
    """Return the targets of redirects that are not written."""
    keys = set(redirect_keys)
    written = compiler.scope.readable_pages().filter(title_key__in=keys)
    return keys - set(written.values_list("title_key", flat=True)) if keys else keys
