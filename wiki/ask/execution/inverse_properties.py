"""Compiles conditions on inverse properties: `[[-P::A]]`, the pages that A names by P."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from django.db.models import Q, QuerySet

from wiki.ask.execution.dependencies import ANY
from wiki.ask.language.query_ast import (
    AnyValue,
    Compare,
    Condition,
    HasValue,
    IsPage,
    NoValue,
    SubqueryValue,
    ValueTest,
)
from wiki.facts.models import Fact, Subject
from wiki.pages.array_lookup import column_in

if TYPE_CHECKING:
    from wiki.ask.execution.fact_scope import FactScope
    from wiki.ask.execution.name_resolution import NameResolver


class SubjectCompiler(Protocol):
    """The attributes of `QueryCompiler` that this module uses."""

    names: NameResolver
    scope: FactScope
    fact_values: set[tuple[str, str]]

    def matching_subjects(self, condition: Condition) -> QuerySet[Subject]:
        """Return the subjects that satisfy a condition, unordered. Raises AskProblem."""
        ...

    def title_conditions(self, condition: IsPage) -> Q:
        """Compile a condition on titles to a Q on `Subject`. Raises AskProblem."""
        ...

    def exclude_subobjects(self, subobjects_allowed: bool) -> Q:
        """Restrict a condition that no fact decides to pages, unless another condition allows subobjects."""
        ...


def inverse_condition(compiler: SubjectCompiler, condition: HasValue, subobjects_allowed: bool) -> Q:
    """Return the Q on `Subject` for a condition whose chain begins with an inverse property. Raises AskProblem."""
    found = Q(pk__in=[])
    for value in inverse_values(condition):
        if isinstance(value, NoValue):
            unnamed = ~compiler.scope.is_named_by(naming_facts(compiler, condition, AnyValue()))
            found |= unnamed & compiler.exclude_subobjects(subobjects_allowed)
        else:
            found |= compiler.scope.is_named_by(naming_facts(compiler, condition, value))
    return found


def inverse_values(condition: HasValue) -> tuple[ValueTest, ...]:
    """Return the tests of the subjects that name a page by an inverse property; the rest of a chain is one."""
    rest = condition.chain[1:]
    return (SubqueryValue(HasValue(rest, condition.values, condition.depth)),) if rest else condition.values


def naming_facts(compiler: SubjectCompiler, condition: HasValue, value: ValueTest) -> QuerySet[Fact]:
    """Return the facts that name pages by an inverse property, of the subjects that satisfy the test."""
    declaration = compiler.names.declaration_named(condition.chain[0].name)
    rows = compiler.names.property_rows(declaration.key, condition.depth)
    compiler.fact_values.update((key, ANY) for key in {declaration.key, *rows.values()})
    compiler.names.follow(declaration.key, rows)
    facts = compiler.scope.facts(rows).filter(compiler.scope.is_readable(), part_of=None)
    subjects = _naming_subjects(compiler, value)
    return facts if subjects is None else facts.filter(column_in("subject", compiler.scope.pks(subjects)))


def _naming_subjects(compiler: SubjectCompiler, value: ValueTest) -> QuerySet[Subject] | None:
    """Return the subjects that satisfy a test; None for any."""
    if isinstance(value, Compare):
        return compiler.scope.subjects().filter(compiler.title_conditions(IsPage((value,))))
    return compiler.matching_subjects(value.condition) if isinstance(value, SubqueryValue) else None
