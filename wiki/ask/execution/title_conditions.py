"""Compiles conditions on the titles of pages: `[[A||~B*||>M]]`, `[[Help:~F*]]`, `[[Page#part]]`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from django.db.models import Q, Value
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual

from wiki.ask.execution.collation_functions import BytewiseCollation
from wiki.ask.execution.condition_sql import is_like
from wiki.ask.language.query_ast import Compare, Query
from wiki.ask.language.query_errors import AskProblem
from wiki.facts.datatypes.base import InvalidQueryValue, split_comparator
from wiki.facts.datatypes.registry import build_condition
from wiki.facts.value_conditions import EqualTo, InRange, MatchesWildcard, NotMatching, ValueCondition
from wiki.facts.values import Context, Declaration
from wiki.text import titles
from wiki.text.titles import TitleProblem

if TYPE_CHECKING:
    from wiki.ask.execution.fact_scope import FactScope
    from wiki.ask.execution.name_resolution import NameResolver

PAGE_DECLARATION = Declaration("", "", "_wpg")


class ConditionCompiler(Protocol):
    """The attributes of `QueryCompiler` that this module uses."""

    query: Query
    any_change: bool
    names: NameResolver
    scope: FactScope


def title_condition(compiler: ConditionCompiler, value: Compare) -> Q:
    """Return the Q on `Subject` for one condition on its title. Raises AskProblem."""
    comparator, text, in_namespace = _split_title_condition(compiler, value)
    query = compiler.query
    context = Context(query.language, PAGE_DECLARATION, query.page, query.place_title)
    try:
        condition = build_condition(comparator, text, context)
    except InvalidQueryValue as error:
        raise AskProblem(error.code, error.params, at=value.position) from error
    if not isinstance(condition, EqualTo):
        compiler.any_change = True
    return in_namespace & subject_matches(compiler, condition)


def subject_matches(compiler: ConditionCompiler, test: ValueCondition) -> Q:
    """Return the Q on `Subject`: the subject, as a page value, satisfies the value condition."""
    if isinstance(test, NotMatching):
        return ~subject_matches(compiler, test.condition) & Q(fragment="")
    if isinstance(test, EqualTo):
        found = Q(pk__in=[])
        for value in compiler.names.synonyms(test.values):
            key, _, fragment = value.partition("#")
            subject = compiler.scope.page_is(title_key=key) & Q(fragment=fragment)
            if fragment:
                compiler.names.subobjects.add(value)
            found |= subject & Q(compiler.scope.has_facts()) if fragment else subject
        return found
    if isinstance(test, MatchesWildcard):
        return is_like(BytewiseCollation(compiler.scope.page_column("title_fold")), test.pattern) & Q(fragment="")
    if isinstance(test, InRange):
        return _range_condition(test, compiler.scope.sort_title()) & Q(fragment="")
    raise TypeError(test)


def _range_condition(test: InRange, title: BytewiseCollation) -> Q:
    found = Q()
    if test.low is not None:
        found &= Q((GreaterThan if test.low_open else GreaterThanOrEqual)(title, Value(test.low)))
    if test.high is not None:
        found &= Q((LessThan if test.high_open else LessThanOrEqual)(title, Value(test.high)))
    return found


def _split_title_condition(compiler: ConditionCompiler, value: Compare) -> tuple[str, str, Q]:
    """Split a title condition into comparator, text, and a Q for its namespace or place (`Help:~F*`, `~Help:F*`)."""
    prefix, colon, after_colon = value.text.removeprefix(":").partition(":")
    inner_comparator, inner_text = split_comparator(after_colon)
    comparator = value.comparator or inner_comparator
    if not colon or not comparator:
        return value.comparator, value.text, Q()
    number = titles.namespace_number(prefix)
    if comparator == "!":
        return comparator, f"{prefix}:{inner_text}" if not value.comparator else value.text, Q()
    text = after_colon.strip() if value.comparator else inner_text
    if number is not None:
        return comparator, text, compiler.scope.page_is(namespace=number)
    in_place = _in_place(compiler, prefix)
    return (value.comparator, value.text, Q()) if in_place is None else (comparator, text, in_place)


def _in_place(compiler: ConditionCompiler, title: str) -> Q | None:
    """Return the Q on `Subject` for the pages in a place; None if there is no place with this title."""
    try:
        key = titles.key_of(title)
    except TitleProblem:
        return None
    compiler.names.title_keys.add(key)
    return compiler.scope.in_place(key)
