"""Conditions on the titles of pages: `[[A||~B*||>M]]`, `[[Help:~F*]]`, `[[Page#part]]`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from django.db.models import F, Q, Value
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
    """What is needed of the one who compiles."""

    query: Query
    any_change: bool
    names: NameResolver
    scope: FactScope


def title_condition(compiler: ConditionCompiler, value: Compare) -> Q:
    """The condition on `Subject` that its page is called so. Raises AskProblem."""
    comparator, text, where = _divided(compiler, value)
    question = compiler.query
    context = Context(question.language, PAGE_DECLARATION, question.page, question.place_title)
    try:
        test = build_condition(comparator, text, context)
    except InvalidQueryValue as refusal:
        raise AskProblem(refusal.code, refusal.params, at=value.position) from refusal
    if not isinstance(test, EqualTo):
        compiler.any_change = True
    return where & subject_matches(compiler, test)


def subject_matches(compiler: ConditionCompiler, test: ValueCondition) -> Q:
    """The condition that a test of a page value holds of the subject itself."""
    if isinstance(test, NotMatching):
        return ~subject_matches(compiler, test.condition) & Q(fragment="")
    if isinstance(test, EqualTo):
        found = Q(pk__in=[])
        for word in compiler.names.synonyms(test.values):
            key, _, fragment = word.partition("#")
            one = Q(page__title_key=key, fragment=fragment)
            if fragment:
                compiler.names.subobjects.add(word)
            found |= one & Q(compiler.scope.has_facts()) if fragment else one
        return found
    if isinstance(test, MatchesWildcard):
        return is_like(BytewiseCollation(F("page__title_fold")), test.pattern) & Q(fragment="")
    if isinstance(test, InRange):
        return _between(test) & Q(fragment="")
    raise TypeError(test)


def _between(test: InRange) -> Q:
    found, title = Q(), BytewiseCollation(F("page__title_fold"))
    if test.low is not None:
        found &= Q((GreaterThan if test.low_open else GreaterThanOrEqual)(title, Value(test.low)))
    if test.high is not None:
        found &= Q((LessThan if test.high_open else LessThanOrEqual)(title, Value(test.high)))
    return found


def _divided(compiler: ConditionCompiler, value: Compare) -> tuple[str, str, Q]:
    """Comparator, text, and the namespace or place that stands before either (`Help:~F*`, `~Help:F*`)."""
    prefix, colon, rest = value.text.removeprefix(":").partition(":")
    inner, words = split_comparator(rest)
    comparator = value.comparator or inner
    if not colon or not comparator:
        return value.comparator, value.text, Q()
    number = titles.namespace_number(prefix)
    if comparator == "!":
        return comparator, f"{prefix}:{words}" if not value.comparator else value.text, Q()
    if number is not None:
        return comparator, rest.strip() if value.comparator else words, Q(page__namespace=number)
    place = _place(compiler, prefix)
    if place is None:
        return value.comparator, value.text, Q()
    return comparator, rest.strip() if value.comparator else words, Q(page__place=place)


def _place(compiler: ConditionCompiler, title: str) -> int | None:
    try:
        key = titles.key_of(title)
    except TitleProblem:
        return None
    compiler.names.title_keys.add(key)
    found: int | None = (
        compiler.scope.readable_pages().filter(is_place=True, title_key=key).values_list("pk", flat=True).first()
    )
    return found
