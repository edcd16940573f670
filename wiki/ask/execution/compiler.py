"""From the tree of a question to a queryset of `Subject`.

A condition on values is a set of facts, used in one of two ways: as a list of subjects (`IN`),
which starts from an index, or as a probe of each candidate (`EXISTS`). Of conditions that hold
together the one with the fewest facts, counted up to a bound, is the list and the others probe;
both databases then do work in proportion to the smallest part. Every subject, and every page
through which a chain looks, passes the reader's gate.
"""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from wiki.ask.execution import improper_values, title_conditions
from wiki.ask.execution.condition_sql import fact_condition, is_like
from wiki.ask.execution.dependencies import ANY
from wiki.ask.execution.fact_scope import FactScope
from wiki.ask.language.condition_parser import CONCEPT, parse_conditions
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
from wiki.facts.datatypes.page_values import Page
from wiki.facts.datatypes.registry import DATATYPES, build_condition
from wiki.facts.models import Fact, Subject
from wiki.facts.value_conditions import EqualTo, FieldsMatch, NotMatching, ValueCondition, WithinDistance
from wiki.facts.values import Context, Declaration
from wiki.pages.array_lookup import column_in
from wiki.text import titles
from wiki.text.titles import TitleProblem

if TYPE_CHECKING:
    from wiki.pages.models import Reader

COUNT_LIMIT = 500
"""Facts counted to find the smallest of several conditions."""
CONCEPTS_SIZE_LIMIT = SIZE_LIMIT * 4
"""Conditions of a question with those of all its concepts."""
QUERY_SUBOBJECT_PREFIX = "_QUERY"
"""How the subobjects begin that questions are: those of `Has query`, not of `Has subobject`."""
RECORD_DATATYPES = ("_rec", "_ref_rec")
"""Datatypes whose values are subjects of their own."""


class QueryCompiler:
    """One question, for one reader, at one moment (None: now)."""

    def __init__(self, question: Query, user: Reader, at: datetime | None = None) -> None:
        self.query = question
        self.scope = FactScope(user, at)
        self.names = self.scope.names
        self.fact_values: set[tuple[str, str]] = set()
        self.sort_values: set[tuple[str, str]] = set()
        """Looks of the order, which matter where a limit cuts."""
        self.namespaces: set[int] = set()
        self.any_change = False
        self.circles: dict[str, WithinDistance] = {}
        """By key of the property: the first circle that the question names."""
        self._ring: list[str] = []
        self._size = 0

    def subjects(self) -> QuerySet[Subject]:
        """The subjects that the question asks for, in no order. Raises AskProblem."""
        return self.scope.subjects().filter(self.compile_condition(self.query.condition))

    # --- Conditions together ----------------------------------------------------------------------
    def compile_condition(
        self, condition: Condition, probing: bool = False, anchored: bool = False, parts: bool = False
    ) -> Q:
        """A condition on `Subject`.

        `probing`: other conditions choose the candidates. `anchored`: another one is on facts, so
        that subobjects may be meant; else a condition that facts do not decide means pages only.
        `parts`: within a record.
        """
        if isinstance(condition, Disjunction):
            return _any_of(
                [self.compile_condition(part, probing, anchored, parts) for part in condition.parts], probing
            )
        if isinstance(condition, Conjunction):
            return self._all_of(condition, probing, anchored, parts)
        self._size += 1
        if self._size > CONCEPTS_SIZE_LIMIT:
            raise AskProblem("ask_size", {"limit": CONCEPTS_SIZE_LIMIT})
        if isinstance(condition, InConcept):
            return self._concept(condition, probing, anchored)
        if isinstance(condition, IsPage):
            return self._pages(condition)
        if isinstance(condition, InNamespace):
            self.namespaces.add(condition.number)
            return Q(page__namespace=condition.number) & _pages_only(anchored)
        if isinstance(condition, InCategory):
            return self._category(condition, probing, anchored)
        return self._value(condition, probing, anchored, parts)

    def _all_of(self, condition: Conjunction, probing: bool, anchored: bool, parts: bool) -> Q:
        flat = list(flatten_conjunction(condition))
        anchored = anchored or any(is_decided_by_facts(part) for part in flat)
        sure = any(is_page_list(part) for part in flat)
        leaves = [(part, self._leaf(part, parts)) for part in flat]
        lists = [facts for _, facts in leaves if facts is not None]
        listing = bool(lists) and not (probing or sure)
        found = _all_said(lists, listing)
        for part, facts in leaves:
            if facts is None:
                found &= self.compile_condition(part, probing or listing or sure, anchored, parts)
        return found

    def _leaf(self, condition: Condition, parts: bool) -> QuerySet[Fact] | None:
        """The facts that decide a condition, where facts of the subject itself do."""
        if isinstance(condition, InCategory) and not condition.negated:
            self._size += 1
            return self._members(condition)
        if isinstance(condition, HasValue) and not any(isinstance(value, NoValue) for value in condition.values):
            if condition.chain and (condition.chain[0].inverse or self._is_structure(condition.chain[0])):
                return None
            self._size += 1
            return self._facts(condition, parts)
        return None

    # --- Values -----------------------------------------------------------------------------------
    def _value(self, condition: HasValue, probing: bool, anchored: bool, parts: bool) -> Q:
        chain = condition.chain
        if chain and chain[0].inverse:
            return self._inverse(condition, anchored)
        if chain and self._is_structure(chain[0]):
            return self._subobjects(condition, anchored)
        none = any(isinstance(value, NoValue) for value in condition.values) and len(chain) == 1
        found = Q()
        if not none or len(condition.values) > 1:
            facts = self._facts(condition, parts)
            found = Q(Exists(facts.filter(subject=OuterRef("pk")))) if probing else Q(pk__in=facts.values("subject"))
        if none:
            any_of = self._facts(HasValue(chain, (AnyValue(),), condition.depth), parts)
            without = ~Q(Exists(any_of.filter(subject=OuterRef("pk")))) & self._pages_alive(anchored)
            found = found | without if len(condition.values) > 1 else without
        return found

    def _facts(self, condition: HasValue, parts: bool) -> QuerySet[Fact]:
        """Facts of the first property of a chain that lead to one of its values."""
        own = Q() if parts else Q(part_of=None)
        if not condition.chain:
            self.any_change = True
            patterns = [value.text for value in condition.values if isinstance(value, Compare)]
            return self.scope.facts().filter(own, reduce(or_, (_wide(one) for one in patterns)))
        step, rest = condition.chain[0], condition.chain[1:]
        declaration = self.names.declaration_named(step.name)
        values: tuple[ValueTest, ...] = condition.values
        if rest:
            values = (SubqueryValue(HasValue(rest, condition.values, condition.depth)),)
        if declaration.key == "_INST":
            return self._members_by_value(values, condition.depth)
        if declaration.key in (improper_values.IMPROPER, improper_values.MESSAGE):
            return self._improper(declaration.key, values)
        rows = self.names.property_rows(declaration.key, condition.depth)
        self.add_subproperty_dependencies(declaration.key, condition.depth)
        tests = [self._fact_test(value, declaration, rows) for value in values if not isinstance(value, NoValue)]
        return self.scope.facts(rows).filter(own, reduce(or_, tests) if tests else Q(pk__in=[]))

    def _fact_test(self, value: ValueTest, declaration: Declaration, rows: dict[int, str]) -> Q:
        keys = {declaration.key, *rows.values()}
        if isinstance(value, Compare):
            test = self._test(value, declaration)
            words = test.values if isinstance(test, EqualTo) else (ANY,)
            self.fact_values.update((key, word) for key in keys for word in words)
            return fact_condition(test, self.scope.field_facts)
        self.fact_values.update((key, ANY) for key in keys)
        if isinstance(value, SubqueryValue):
            return self._joint(value.condition, declaration)
        return Q(pk__isnull=False)  # an empty Q would vanish among alternatives

    def _improper(self, key: str, values: tuple[ValueTest, ...]) -> QuerySet[Fact]:
        rows = improper_values.queried_property_rows(self.scope, key, values)
        self.fact_values.update((one, ANY) for one in (rows or {}).values())
        self.any_change = self.any_change or not rows
        return improper_values.invalid_facts_of(self.scope, rows)

    def add_subproperty_dependencies(self, key: str, depth: int = HIERARCHY_DEPTH) -> None:
        """A new subproperty would change the answer."""
        if depth:
            self.fact_values.update(("_SUBP", word) for word in self.names.property_page_keys(key, depth))

    def _joint(self, condition: Condition, declaration: Declaration) -> Q:
        """Facts whose value, a page or a record, holds a condition."""
        datatype = DATATYPES.get(declaration.datatype)
        if declaration.datatype in RECORD_DATATYPES:
            inner = Subject.objects.filter(self.compile_condition(condition, anchored=True, parts=True))
            return column_in("whole", self.scope.pks(inner))
        if datatype is not None and not isinstance(datatype, Page):
            raise AskProblem("ask_not_page", {"name": declaration.title})
        return column_in(
            "canonical_value",
            self.scope.canonical_values_of(self.scope.subjects().filter(self.compile_condition(condition))),
        )

    def _test(self, value: Compare, declaration: Declaration) -> ValueCondition:
        question = self.query
        context = Context(question.language, declaration, question.page, question.place_title)
        try:
            test = build_condition(value.comparator, value.text, context)
        except InvalidQueryValue as refusal:
            raise AskProblem(refusal.code, refusal.params, at=None if self._ring else value.position) from refusal
        if isinstance(test, WithinDistance):
            self.circles.setdefault(declaration.key, test)
        return self._named(test, declaration)

    def _named(self, test: ValueCondition, declaration: Declaration) -> ValueCondition:
        """The test with the redirects of the pages that it names."""
        if isinstance(test, NotMatching):
            return NotMatching(self._named(test.condition, declaration))
        if isinstance(test, FieldsMatch):
            fields = {field.key: field for field in declaration.fields}
            named = ((key, self._named(one, fields.get(key, declaration))) for key, one in test.conditions)
            return FieldsMatch(tuple(named))
        datatype = DATATYPES.get(declaration.datatype)
        if isinstance(test, EqualTo) and (datatype is None or isinstance(datatype, Page)):
            return EqualTo(self.names.synonyms(test.values))
        return test

    # --- Backwards, and parts of pages ------------------------------------------------------------
    def _inverse(self, condition: HasValue, anchored: bool) -> Q:
        step, rest = condition.chain[0], condition.chain[1:]
        if self._is_structure(step):
            return self._subobjects(condition, anchored)
        declaration = self.names.declaration_named(step.name)
        rows = self.names.property_rows(declaration.key, condition.depth)
        self.fact_values.update((key, ANY) for key in {declaration.key, *rows.values()})
        facts = self.scope.facts(rows).filter(
            Exists(self.scope.readable_pages().filter(pk=OuterRef("page"))), part_of=None
        )
        found = Q(pk__in=[])
        for value in (SubqueryValue(HasValue(rest, condition.values, condition.depth)),) if rest else condition.values:
            if isinstance(value, NoValue):
                found |= ~self.scope.is_named_by(facts) & self._pages_alive(anchored)
                continue
            subjects = self._other_end(value)
            own = facts if subjects is None else facts.filter(column_in("subject", self.scope.pks(subjects)))
            found |= self.scope.is_named_by(own)
        return found

    def _other_end(self, value: ValueTest) -> QuerySet[Subject] | None:
        """The subjects that a value of an inverse property names; None for any."""
        if isinstance(value, Compare):
            return self.scope.subjects().filter(self._pages(IsPage((value,))))
        return (
            self.scope.subjects().filter(self.compile_condition(value.condition))
            if isinstance(value, SubqueryValue)
            else None
        )

    def _is_structure(self, step: ChainLink) -> bool:
        """Whether a step is `Has subobject`, which the table of subjects knows by itself."""
        return self.names.declaration_named(step.name).key == "_SOBJ"

    def _subobjects(self, condition: HasValue, anchored: bool) -> Q:
        """`[[Has subobject::Page#part]]` and `[[-Has subobject::Page]]`."""
        step, rest = condition.chain[0], condition.chain[1:]
        self.fact_values.add(("_SOBJ", ANY))
        live = ~Q(fragment="") & ~Q(fragment__startswith=QUERY_SUBOBJECT_PREFIX) & Q(self.scope.has_facts())
        own_end = live if step.inverse else Q(fragment="")
        found = Q(pk__in=[])
        for value in (SubqueryValue(HasValue(rest, condition.values, condition.depth)),) if rest else condition.values:
            if isinstance(value, NoValue):
                parts = Subject.objects.filter(live, page=OuterRef("page"))
                found |= Q(pk__in=[]) if step.inverse else ~Q(Exists(parts)) & self._pages_alive(anchored)
                continue
            end = Subject.objects.filter(Q(fragment="") if step.inverse else live)
            if isinstance(value, Compare):
                end = end.filter(self._pages(IsPage((value,))))
            elif isinstance(value, SubqueryValue):
                end = end.filter(self.compile_condition(value.condition, anchored=True))
            found |= own_end & Q(page__in=end.values("page"))
        return found

    # --- Categories, concepts, pages --------------------------------------------------------------
    def _category(self, condition: InCategory, probing: bool, anchored: bool) -> Q:
        facts = self._members(condition)
        probe = Q(Exists(facts.filter(subject=OuterRef("pk"))))
        if condition.negated:
            return ~probe & self._pages_alive(anchored)
        return probe if probing else Q(pk__in=facts.values("subject"))

    def _members(self, condition: InCategory) -> QuerySet[Fact]:
        """The facts that put subjects into one of the categories."""
        if not condition.names:
            self.fact_values.add(("_INST", ANY))
            return self.scope.facts(self.names.property_rows("_INST", 0))
        keys, kinds = self.names.categories(condition.names, condition.depth)
        self.fact_values.update(("_INST", key) for key in keys)
        self.fact_values.update(("_SUBC", key) for key in keys if condition.depth)
        self.fact_values.update(("_KIND", key) for key in kinds)
        rows = self.names.property_rows("_INST", 0) | (self.names.property_rows("_KIND", 0) if kinds else {})
        return self.scope.facts(rows).filter(canonical_value__in=sorted(keys | kinds))

    def _members_by_value(self, values: tuple[ValueTest, ...], depth: int) -> QuerySet[Fact]:
        """The facts of `[[Category::A||B]]`: that property, with the subcategories."""
        declaration = self.names.declaration_for_key("_INST")
        rows = self.names.property_rows("_INST", 0)
        found = Q(pk__in=[])
        for value in values:
            if isinstance(value, Compare) and not value.comparator:
                name = titles.split_namespace(value.text)[1]
                found |= Q(pk__in=self._members(InCategory((name,), depth=depth)).values("pk"))
            elif not isinstance(value, NoValue):
                found |= Q(property__in=list(rows)) & self._fact_test(value, declaration, rows)
        return self.scope.facts().filter(found)

    def _concept(self, condition: InConcept, probing: bool, anchored: bool) -> Q:
        try:
            key = titles.key_of(f"{titles.NAMESPACES[CONCEPT].canonical}:{condition.name}")
        except TitleProblem as problem:
            raise AskProblem(problem.code, problem.params) from problem
        key = self.names.resolve_redirect(key)
        self.fact_values.add(("_CONC", ANY))
        if key in self._ring:
            raise AskProblem("ask_concept_ring", {"name": condition.name})
        said = Fact.objects.filter(
            property__key="_CONC",
            removed_in=None,
            subject__fragment="",
            page__in=self.scope.readable_pages().filter(title_key=key),
        )
        text = said.order_by("position").values_list("raw", flat=True).first()
        if text is None:
            raise AskProblem("ask_concept_missing", {"name": condition.name})
        self._ring.append(key)
        try:
            inner = parse_conditions(text)
        except AskProblem as problem:
            raise AskProblem("ask_concept_wrong", {"name": condition.name}) from problem
        found = self.compile_condition(inner, probing, anchored)
        self._ring.pop()
        return found

    def _pages(self, condition: IsPage) -> Q:
        return reduce(or_, (title_conditions.title_condition(self, value) for value in condition.values))

    def _pages_alive(self, anchored: bool) -> Q:
        """Where no fact decides: pages, and subobjects only where another condition finds them."""
        self.any_change = self.any_change or not anchored
        return _pages_only(anchored)


def _pages_only(anchored: bool) -> Q:
    return Q() if anchored else Q(fragment="")


def _all_said(lists: list[QuerySet[Fact]], listing: bool) -> Q:
    """Subjects of which each list of facts says something: the shortest is the list of candidates, if `listing`."""
    first = min(lists, key=_counted) if listing and len(lists) > 1 else lists[0] if listing else None
    probes = (Q(Exists(facts.filter(subject=OuterRef("pk")))) for facts in lists if facts is not first)
    return reduce(and_, probes, Q(pk__in=first.values("subject")) if first is not None else Q())


def _any_of(found: list[Q], probing: bool) -> Q:
    """One of several conditions on `Subject`: where they choose the candidates, a list of subjects from each.

    PostgreSQL answers lists joined by OR by reading every subject.
    """
    if probing or len(found) == 1:
        return reduce(or_, found)
    first, *others = (Subject.objects.filter(one).order_by().values("pk") for one in found)
    return Q(pk__in=first.union(*others, all=True))


def _wide(pattern: str) -> Q:
    return is_like(F("folded_text"), titles.fold(pattern))


def _counted(facts: QuerySet[Fact]) -> int:
    return facts.order_by()[:COUNT_LIMIT].count()
