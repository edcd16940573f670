"""Compiles the syntax tree of a query to a queryset of `Subject`.

A condition on values is a set of facts, used in one of two ways: as a list of subjects (`IN`),
which starts from an index, or as a test of each candidate (`EXISTS`). In a conjunction, the
condition with the fewest facts, counted up to a limit, becomes the list and the others become
tests; both databases then do work in proportion to the smallest part. Every subject, and every
page that a chain passes through, is subject to the permission filter.
"""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from wiki.ask.execution import improper_values, inverse_properties, monolingual_parts, title_conditions
from wiki.ask.execution.condition_sql import fact_condition, is_like
from wiki.ask.execution.dependencies import ANY
from wiki.ask.execution.fact_scope import FactScope
from wiki.ask.execution.fact_sets import has_long_list, in_all_fact_sets
from wiki.ask.language.condition_parser import parse_conditions
from wiki.ask.language.query_ast import (
    HIERARCHY_DEPTH,
    SIZE_LIMIT,
    AnyValue,
    ChainLink,
    Compare,
    Condition,
    Conjunction,
    Disjunction,
    HasValue,
    InCategory,
    InConcept,
    InNamespace,
    IsPage,
    NoValue,
    Query,
    SubqueryValue,
    ValueTest,
    flatten_conjunction,
    is_decided_by_facts,
    is_page_list,
)
from wiki.ask.language.query_errors import AskProblem
from wiki.facts.datatypes.base import InvalidQueryValue
from wiki.facts.datatypes.monolingual import MonolingualText
from wiki.facts.datatypes.page_values import Page
from wiki.facts.datatypes.registry import DATATYPES, RECORD_DATATYPES, build_condition
from wiki.facts.datatypes.relative_dates import names_relative_date
from wiki.facts.models import Fact, Subject
from wiki.facts.value_conditions import EqualTo, FieldsMatch, NotMatching, ValueCondition, WithinDistance
from wiki.facts.values import Context, Declaration
from wiki.pages.array_lookup import column_in
from wiki.text import titles
from wiki.text.titles import CONCEPT, TitleProblem

if TYPE_CHECKING:
    from wiki.pages.models import Reader

CONCEPTS_SIZE_LIMIT = SIZE_LIMIT * 4
"""Conditions of a query, those of its concepts included."""
QUERY_SUBOBJECT_PREFIX = "_QUERY"
"""Prefix of the fragments of subobjects that stand for queries: values of `Has query`, not of `Has subobject`."""


class QueryCompiler:
    """Compiles one query for one user, at one moment (None: now)."""

    def __init__(self, query: Query, user: Reader, at: datetime | None = None) -> None:
        self.query = query
        self.scope = FactScope(user, at)
        self.names = self.scope.names
        self.fact_values: set[tuple[str, str]] = set()
        self.sort_values: set[tuple[str, str]] = set()
        """Dependencies of the sort order: they only matter where a limit truncates the result."""
        self.namespaces: set[int] = set()
        self.any_change = at is not None
        """At a moment, what is deleted, or restored, now is in the result or not, whatever its facts are now."""
        self.circles: dict[str, WithinDistance] = {}
        """The first circle in the conditions, by property key."""
        self._concept_stack: list[str] = []
        self._condition_count = 0

    def subjects(self) -> QuerySet[Subject]:
        """Return the subjects that match the query, unordered. Raises AskProblem."""
        return self.matching_subjects(self.query.condition)

    def matching_subjects(self, condition: Condition) -> QuerySet[Subject]:
        """Return the subjects that satisfy a condition, unordered. Raises AskProblem."""
        return self.scope.subjects().filter(self.compile_condition(condition))

    # --- Any condition ----------------------------------------------------------------------------
    def compile_condition(
        self, condition: Condition, as_test: bool = False, subobjects_allowed: bool = False, in_record: bool = False
    ) -> Q:
        """Compile a condition to a Q on `Subject`. Raises AskProblem.

        `as_test`: other conditions choose the candidates, so this one is a test of each (`EXISTS`).
        `subobjects_allowed`: another condition is decided by facts, so subobjects may match; without
        one, a condition that facts do not decide matches pages only.
        `in_record`: the condition is about the fields of a record.
        """
        if isinstance(condition, Disjunction):
            parts = [self.compile_condition(part, as_test, subobjects_allowed, in_record) for part in condition.parts]
            return _disjunction(parts, as_test)
        if isinstance(condition, Conjunction):
            return self._conjunction(condition, as_test, subobjects_allowed, in_record)
        self._count_condition()
        if isinstance(condition, InConcept):
            return self._concept_condition(condition, as_test, subobjects_allowed)
        if isinstance(condition, IsPage):
            return self.title_conditions(condition)
        if isinstance(condition, InNamespace):
            self.namespaces.add(condition.number)
            return self.scope.page_is(namespace=condition.number) & _pages_only(subobjects_allowed)
        if isinstance(condition, InCategory):
            return self._category_condition(condition, as_test, subobjects_allowed)
        return self._value_condition(condition, as_test, subobjects_allowed, in_record)

    def _conjunction(self, condition: Conjunction, as_test: bool, subobjects_allowed: bool, in_record: bool) -> Q:
        conditions = list(flatten_conjunction(condition))
        subobjects_allowed = subobjects_allowed or any(is_decided_by_facts(part) for part in conditions)
        has_page_list = any(is_page_list(part) for part in conditions)
        with_facts = [(part, self._deciding_facts(part, in_record)) for part in conditions]
        fact_sets = [(facts, has_long_list(part)) for part, facts in with_facts if facts is not None]
        choose_list = bool(fact_sets) and not (as_test or has_page_list)
        found = in_all_fact_sets(fact_sets, choose_list)
        for part, facts in with_facts:
            if facts is None:
                found &= self.compile_condition(
                    part, as_test or choose_list or has_page_list, subobjects_allowed, in_record
                )
        return found

    def _count_condition(self) -> None:
        """Count one more condition of the query or of its concepts. Raises AskProblem if they are too many."""
        self._condition_count += 1
        if self._condition_count > CONCEPTS_SIZE_LIMIT:
            raise AskProblem("ask_size", {"limit": CONCEPTS_SIZE_LIMIT})

    def _deciding_facts(self, condition: Condition, in_record: bool) -> QuerySet[Fact] | None:
        """Return the facts that decide a condition, or None where facts of the subject itself do not decide it."""
        if isinstance(condition, InCategory) and not condition.negated:
            self._count_condition()
            return self._category_facts(condition)
        if isinstance(condition, HasValue) and not any(isinstance(value, NoValue) for value in condition.values):
            if condition.chain and (condition.chain[0].inverse or self.is_has_subobject(condition.chain[0])):
                return None
            self._count_condition()
            return self._facts(condition, in_record)
        return None

    # --- Values -----------------------------------------------------------------------------------
    def _value_condition(self, condition: HasValue, as_test: bool, subobjects_allowed: bool, in_record: bool) -> Q:
        chain = condition.chain
        if chain and chain[0].inverse and not self.is_has_subobject(chain[0]):
            return inverse_properties.inverse_condition(self, condition, subobjects_allowed)
        if chain and self.is_has_subobject(chain[0]):
            return self._subobject_condition(condition, subobjects_allowed)
        has_no_value = any(isinstance(value, NoValue) for value in condition.values) and len(chain) == 1
        found = Q()
        if not has_no_value or len(condition.values) > 1:
            facts = self._facts(condition, in_record)
            is_test = as_test and not has_long_list(condition)
            found = Q(Exists(facts.filter(subject=OuterRef("pk")))) if is_test else Q(pk__in=facts.values("subject"))
        if has_no_value:
            any_value = self._facts(HasValue(chain, (AnyValue(),), condition.depth), in_record)
            without = ~Q(Exists(any_value.filter(subject=OuterRef("pk"))))
            without &= self.exclude_subobjects(subobjects_allowed)
            found = found | without if len(condition.values) > 1 else without
        return found

    def _facts(self, condition: HasValue, in_record: bool) -> QuerySet[Fact]:
        """Return the facts of the first property of a chain that lead to one of the values of the condition."""
        not_in_record = Q() if in_record else Q(part_of=None)
        if not condition.chain:
            self.any_change = True
            patterns = [titles.fold(value.text) for value in condition.values if isinstance(value, Compare)]
            matches = (is_like(F("folded_text"), pattern) for pattern in patterns)
            return self.scope.facts().filter(not_in_record, reduce(or_, matches))
        link, rest = condition.chain[0], condition.chain[1:]
        declaration = self.names.declaration_named(link.name)
        values: tuple[ValueTest, ...] = condition.values
        if rest:
            values = (SubqueryValue(HasValue(rest, condition.values, condition.depth)),)
        if declaration.key == "_INST":
            return self._category_facts_by_value(values, condition.depth)
        if declaration.key in (improper_values.IMPROPER, improper_values.MESSAGE):
            return self._improper_facts(declaration.key, values)
        rows = self.names.property_rows(declaration.key, condition.depth)
        self.add_subproperty_dependencies(declaration.key, condition.depth)
        if any(isinstance(value, SubqueryValue) for value in values):
            self.names.follow(declaration.key, rows)
        conditions = [self._fact_test(value, declaration, rows) for value in values if not isinstance(value, NoValue)]
        return self.scope.facts(rows).filter(not_in_record, reduce(or_, conditions) if conditions else Q(pk__in=[]))

    def _fact_test(self, value: ValueTest, declaration: Declaration, rows: dict[int, str]) -> Q:
        keys = {declaration.key, *rows.values()}
        if isinstance(value, Compare):
            condition = self._parse_test(value, declaration)
            values = condition.values if isinstance(condition, EqualTo) else (ANY,)
            self.fact_values.update((key, canonical_value) for key in keys for canonical_value in values)
            return fact_condition(condition, self.scope.field_facts, self._value_column(declaration))
        self.fact_values.update((key, ANY) for key in keys)
        if isinstance(value, SubqueryValue):
            return self._subquery_condition(value.condition, declaration)
        return Q(pk__isnull=False)  # an empty Q would vanish among alternatives

    def _value_column(self, declaration: Declaration) -> str:
        """Return the column with the canonical values of a property; other values than pages are always the same."""
        can_differ = _names_pages(declaration) or declaration.datatype in RECORD_DATATYPES
        return self.scope.value_column if can_differ else "canonical_value"

    def _improper_facts(self, key: str, values: tuple[ValueTest, ...]) -> QuerySet[Fact]:
        rows = improper_values.queried_property_rows(self.scope, key, values)
        self.fact_values.update((property_key, ANY) for property_key in (rows or {}).values())
        self.any_change = self.any_change or not rows
        return improper_values.invalid_facts_of(self.scope, rows)

    def add_subproperty_dependencies(self, key: str, depth: int = HIERARCHY_DEPTH) -> None:
        """Depend on the subproperties of a property: a new one would change the result."""
        if depth:
            self.fact_values.update(("_SUBP", title_key) for title_key in self.names.property_page_keys(key, depth))

    def _subquery_condition(self, condition: Condition, declaration: Declaration) -> Q:
        """Return a Q on `Fact`: the value, a page, a record or a monolingual text, satisfies a condition."""
        datatype = DATATYPES.get(declaration.datatype)
        if declaration.datatype in RECORD_DATATYPES:
            inner = Subject.objects.filter(self.compile_condition(condition, subobjects_allowed=True, in_record=True))
            return column_in("whole", self.scope.pks(inner))
        if declaration.datatype == MonolingualText.id:
            return monolingual_parts.parts_condition(condition, declaration, self.scope.field_facts)
        if datatype is not None and not isinstance(datatype, Page):
            raise AskProblem("ask_not_page", {"name": declaration.title})
        return column_in(self.scope.value_column, self.scope.canonical_values_of(self.matching_subjects(condition)))

    def _parse_test(self, value: Compare, declaration: Declaration) -> ValueCondition:
        query = self.query
        query.names_today = query.names_today or names_relative_date(value.text)
        context = Context(query.language, declaration, query.page, query.place_title)
        try:
            condition = build_condition(value.comparator, value.text, context)
        except InvalidQueryValue as error:
            position = None if self._concept_stack else value.position
            raise AskProblem(error.code, error.params, at=position) from error
        if isinstance(condition, WithinDistance):
            self.circles.setdefault(declaration.key, condition)
        return self._with_redirects(condition, declaration)

    def _with_redirects(self, condition: ValueCondition, declaration: Declaration) -> ValueCondition:
        """Expand page values in the condition to include titles that redirect to them."""
        if isinstance(condition, NotMatching):
            return NotMatching(self._with_redirects(condition.condition, declaration))
        if isinstance(condition, FieldsMatch):
            fields = {field.key: field for field in declaration.fields}
            own = condition.conditions
            return FieldsMatch(tuple((key, self._with_redirects(c, fields.get(key, declaration))) for key, c in own))
        if isinstance(condition, EqualTo) and _names_pages(declaration):
            return EqualTo(self.names.synonyms(condition.values))
        return condition

    # --- Subobjects ------------------------------------------------------------------------------
    def is_has_subobject(self, link: ChainLink) -> bool:
        """Whether a property is `Has subobject`, which has no facts: it is computed from the table of subjects."""
        return self.names.declaration_named(link.name).key == "_SOBJ"

    def _subobject_condition(self, condition: HasValue, subobjects_allowed: bool) -> Q:
        """Compile `[[Has subobject::Page#part]]` and `[[-Has subobject::Page]]`."""
        link, rest = condition.chain[0], condition.chain[1:]
        self.fact_values.add(("_SOBJ", ANY))
        is_subobject = ~Q(fragment="") & ~Q(fragment__startswith=QUERY_SUBOBJECT_PREFIX) & Q(self.scope.has_facts())
        is_candidate = is_subobject if link.inverse else Q(fragment="")
        found = Q(pk__in=[])
        for value in (SubqueryValue(HasValue(rest, condition.values, condition.depth)),) if rest else condition.values:
            if isinstance(value, NoValue):
                subobjects = Subject.objects.filter(is_subobject, page=OuterRef("page"))
                found |= (
                    Q(pk__in=[])
                    if link.inverse
                    else ~Q(Exists(subobjects)) & self.exclude_subobjects(subobjects_allowed)
                )
                continue
            others = Subject.objects.filter(Q(fragment="") if link.inverse else is_subobject)
            if isinstance(value, Compare):
                others = others.filter(self.title_conditions(IsPage((value,))))
            elif isinstance(value, SubqueryValue):
                others = others.filter(self.compile_condition(value.condition, subobjects_allowed=True))
            found |= is_candidate & Q(page__in=others.values("page"))
        return found

    # --- Categories, concepts, pages --------------------------------------------------------------
    def _category_condition(self, condition: InCategory, as_test: bool, subobjects_allowed: bool) -> Q:
        facts = self._category_facts(condition)
        is_member = Q(Exists(facts.filter(subject=OuterRef("pk"))))
        if condition.negated:
            return ~is_member & self.exclude_subobjects(subobjects_allowed)
        return is_member if as_test else Q(pk__in=facts.values("subject"))

    def _category_facts(self, condition: InCategory) -> QuerySet[Fact]:
        """Return the facts that put subjects into one of the categories."""
        if not condition.names:
            self.fact_values.add(("_INST", ANY))
            return self.scope.facts(self.names.property_rows("_INST", 0))
        keys, kinds = self.names.categories(condition.names, condition.depth)
        self.fact_values.update(("_INST", key) for key in keys)
        self.fact_values.update(("_SUBC", key) for key in keys if condition.depth)
        self.fact_values.update(("_KIND", key) for key in kinds)
        rows = self.names.property_rows("_INST", 0) | (self.names.property_rows("_KIND", 0) if kinds else {})
        return self.scope.facts(rows).filter(canonical_value__in=sorted(keys | kinds))

    def _category_facts_by_value(self, values: tuple[ValueTest, ...], depth: int) -> QuerySet[Fact]:
        """Return the facts for a condition on the property Category, `[[Category::A||B]]`, subcategories included."""
        declaration = self.names.declaration_for_key("_INST")
        rows = self.names.property_rows("_INST", 0)
        found = Q(pk__in=[])
        for value in values:
            if isinstance(value, Compare) and not value.comparator:
                name = titles.split_namespace(value.text)[1]
                found |= Q(pk__in=self._category_facts(InCategory((name,), depth=depth)).values("pk"))
            elif not isinstance(value, NoValue):
                found |= Q(property__in=list(rows)) & self._fact_test(value, declaration, rows)
        return self.scope.facts().filter(found)

    def _concept_condition(self, condition: InConcept, as_test: bool, subobjects_allowed: bool) -> Q:
        try:
            key = titles.key_of(f"{titles.NAMESPACES[CONCEPT].canonical}:{condition.name}")
        except TitleProblem as problem:
            raise AskProblem(problem.code, problem.params) from problem
        key = self.names.resolve_redirect(key)
        self.fact_values.add(("_CONC", ANY))
        if key in self._concept_stack:
            raise AskProblem("ask_concept_ring", {"name": condition.name})
        definitions = self.scope.facts_including_invalid().filter(
            self.scope.is_readable(title_key=key), property__key="_CONC", subject__fragment=""
        )
        text = definitions.order_by("position").values_list("raw", flat=True).first()
        if text is None:
            raise AskProblem("ask_concept_missing", {"name": condition.name})
        self._concept_stack.append(key)
        try:
            condition_of_concept = parse_conditions(text)
        except AskProblem as problem:
            raise AskProblem("ask_concept_wrong", {"name": condition.name}) from problem
        found = self.compile_condition(condition_of_concept, as_test, subobjects_allowed)
        self._concept_stack.pop()
        return found

    def title_conditions(self, condition: IsPage) -> Q:
        """Compile a condition on titles to a Q on `Subject`. Raises AskProblem."""
        return reduce(or_, (title_conditions.title_condition(self, value) for value in condition.values))

    def exclude_subobjects(self, subobjects_allowed: bool) -> Q:
        """Restrict a condition that no fact decides to pages, unless another condition allows subobjects."""
        self.any_change = self.any_change or not subobjects_allowed
        return _pages_only(subobjects_allowed)


def _names_pages(declaration: Declaration) -> bool:
    """Whether the values of a property may be pages."""
    datatype = DATATYPES.get(declaration.datatype)
    return datatype is None or isinstance(datatype, Page)


def _pages_only(subobjects_allowed: bool) -> Q:
    return Q() if subobjects_allowed else Q(fragment="")


def _disjunction(found: list[Q], as_test: bool) -> Q:
    """Join conditions on `Subject` by OR; where they choose the candidates, by a UNION of subject lists.

    PostgreSQL evaluates subject lists joined by OR by scanning all subjects.
    """
    if as_test or len(found) == 1:
        return reduce(or_, found)
    first, *others = (Subject.objects.filter(one).order_by().values("pk") for one in found)
    return Q(pk__in=first.union(*others, all=True))
