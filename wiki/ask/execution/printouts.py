"""Loads the values of printouts: a few database queries for each step of the chains, none for each row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wiki.ask.execution import improper_values
from wiki.ask.execution.results import Column, PageRef
from wiki.ask.execution.subject_lookup import (
    SubjectWithPage,
    find_page_refs,
    find_subjects_by_value,
    iter_slices,
    load_subjects_by_pk,
)
from wiki.ask.execution.value_options import apply_options
from wiki.ask.language.query_ast import ChainLink, Printout
from wiki.facts import special_properties
from wiki.facts.datatypes.page_values import Page
from wiki.facts.datatypes.registry import DATATYPES, RECORD_DATATYPES
from wiki.facts.models import Fact
from wiki.facts.values import Context, Declaration, Value
from wiki.text import titles
from wiki.text.titles import CATEGORY

if TYPE_CHECKING:
    from wiki.ask.execution.compiler import QueryCompiler

SUBJECT_DECLARATION = Declaration("", "", "_wpg")


@dataclass(slots=True)
class _PrintoutState:
    """The evaluation of one printout: the subjects that its chain has reached for each row, and finally the values."""

    printout: Printout
    reached: list[list[SubjectWithPage]]
    values: list[list[Value]]


class PrintoutLoader:
    """Loads the columns of one query and their values for the rows of its result."""

    def __init__(self, compiler: QueryCompiler, language: str) -> None:
        self.compiler, self.scope, self.names = compiler, compiler.scope, compiler.scope.names
        self.language = language
        self.traversed_pages: set[int] = set()
        """Primary keys of the pages that chains passed through."""
        self.fact_values: set[tuple[str, str]] = set()
        self.title_keys: set[str] = set()
        """Title keys of the pages that printed values name."""
        self._parts: dict[int, tuple[tuple[str, Value], ...]] = {}

    def columns(self) -> list[Column]:
        """Return the columns with the declarations of their properties. Raises AskProblem."""
        return [self._column(printout) for printout in self.compiler.query.printouts]

    def _column(self, printout: Printout) -> Column:
        declaration = SUBJECT_DECLARATION
        label = printout.label
        if printout.category is not None:
            declaration = self.names.declaration_for_key("_INST")
            namespace = titles.NAMESPACES[CATEGORY]
            label = (
                label if printout.labelled else printout.category or getattr(namespace, self.language[:2], namespace.en)
            )
            if printout.category:
                declaration = Declaration("", printout.category, "_boo")
        elif printout.chain:
            last = printout.chain[-1]
            declared = self.names.declaration_named(last.name)
            property_label = special_properties.special_property_label(declared.key, self.language) or declared.label(
                self.language
            )
            label = label if printout.labelled else ("-" if last.inverse else "") + property_label
            declaration = Declaration(declared.key, declared.title, "_wpg") if last.inverse else declared
            declaration = self._select_field(declaration, printout)
        return Column(printout, label, declaration, Context(self.language, declaration))

    def _select_field(self, declaration: Declaration, printout: Printout) -> Declaration:
        """Return the declaration of the record field that `+index` selects, else the declaration given."""
        index = field_index(declaration, printout)
        return declaration if index is None else declaration.fields[index]

    # --- Values -----------------------------------------------------------------------------------
    def cells(self, rows: Sequence[SubjectWithPage]) -> list[tuple[tuple[Value, ...], ...]]:
        """Return for each row the values of each column."""
        states = [
            _PrintoutState(printout, [[row] for row in rows], [[] for _ in rows])
            for printout in self.compiler.query.printouts
        ]
        for state in states:
            self._load_without_chain(state, rows)
        for level in range(max((len(state.printout.chain) for state in states), default=0)):
            self._follow_link([state for state in states if len(state.printout.chain) > level], level)
        columns = [
            [apply_options(values, state.printout, self._field_key(state.printout)) for values in state.values]
            for state in states
        ]
        return [tuple(tuple(column[index]) for column in columns) for index in range(len(rows))]

    def _field_key(self, printout: Printout) -> str | None:
        if not printout.chain:
            return None
        declaration = self.names.declaration_named(printout.chain[-1].name)
        index = field_index(declaration, printout)
        return None if index is None else declaration.fields[index].key

    def _load_without_chain(self, state: _PrintoutState, rows: Sequence[SubjectWithPage]) -> None:
        """Set the values of a printout without a chain: the page, its categories, or whether it is in a category."""
        if state.printout.chain:
            return
        name = state.printout.category
        if name is None:
            state.values = [[row.to_value()] for row in rows]
            return
        facts_by_subject = self._facts({row.pk for row in rows}, self.names.property_rows("_INST", 0))
        if not name:
            state.values = [[fact.value() for fact in facts_by_subject[row.pk]] for row in rows]
            return
        keys, kinds = self.names.categories([name], 10)
        if kinds:
            for pk, facts in self._facts({row.pk for row in rows}, self.names.property_rows("_KIND", 0)).items():
                facts_by_subject[pk].extend(facts)
        yes = DATATYPES["_boo"].parse("true", Context("en"))
        state.values = [
            [yes] if any(fact.canonical_value in keys | kinds for fact in facts_by_subject[row.pk]) else []
            for row in rows
        ]

    def _follow_link(self, states: list[_PrintoutState], level: int) -> None:
        """Follow one link of every chain: load the facts of all chains in one query, then the subjects they lead to."""
        forward = [state for state in states if not state.printout.chain[level].inverse]
        rows = {state.printout.chain[level]: self._property_rows(state.printout.chain[level]) for state in states}
        subjects = {item.pk for state in forward for items in state.reached for item in items}
        facts = self._facts(subjects, [pk for state in forward for pk in rows[state.printout.chain[level]]])
        self._load_record_fields([fact for several in facts.values() for fact in several])
        improper = self._improper_values(forward, level)
        continuing = [state for state in forward if len(state.printout.chain) > level + 1]
        for link in {state.printout.chain[level] for state in continuing}:
            self.names.follow(self.names.declaration_named(link.name).key, rows[link])
        facts_to_follow = {
            fact
            for state in continuing
            for items in state.reached
            for item in items
            for fact in facts[item.pk]
            if fact.property_id in rows[state.printout.chain[level]]
        }
        followed = self._named_subjects(facts_to_follow)
        for state in states:
            link = state.printout.chain[level]
            is_last = len(state.printout.chain) == level + 1
            naming = self._naming_subjects(state, level, rows[link]) if link.inverse else {}
            for index, items in enumerate(state.reached):
                subject_facts = [fact for item in items for fact in facts[item.pk] if fact.property_id in rows[link]]
                if link in improper:
                    reached = []
                    state.values[index] = [value for item in items for value in improper[link].get(item.pk, ())]
                elif link.inverse:
                    reached = _unique(other for item in items for other in naming.get(item.pk, ()))
                    state.values[index] = [item.to_value() for item in reached] if is_last else []
                else:
                    reached = _unique(followed[fact.pk] for fact in subject_facts if fact.pk in followed)
                    state.values[index] = [self._value(fact) for fact in subject_facts] if is_last else []
                state.reached[index] = reached
                self.traversed_pages.update(item.page_pk for item in reached if not is_last)

    def _improper_values(self, states: list[_PrintoutState], level: int) -> dict[ChainLink, dict[int, list[Value]]]:
        """Return, for each link that prints improper values, these values by subject primary key."""
        found: dict[ChainLink, dict[int, list[Value]]] = {}
        for state in states:
            link = state.printout.chain[level]
            key = self.names.declaration_named(link.name).key
            if key in (improper_values.IMPROPER, improper_values.MESSAGE) and len(state.printout.chain) == level + 1:
                self.compiler.any_change = True
                subjects = sorted({item.pk for items in state.reached for item in items})
                found[link] = improper_values.improper_values_by_subject(self.scope, key, subjects, self.language)
        return found

    def _property_rows(self, link: ChainLink) -> dict[int, str]:
        key = self.names.declaration_named(link.name).key
        self.compiler.add_subproperty_dependencies(key)
        return self.names.property_rows(key)

    def _facts(self, subjects: Iterable[int], rows: Iterable[int]) -> dict[int, list[Fact]]:
        """Return the usable facts by subject primary key, in text order."""
        found: dict[int, list[Fact]] = defaultdict(list)
        properties = sorted(set(rows))
        if not properties:
            return found
        for chunk in iter_slices(sorted(subjects)):
            facts = self.scope.facts(properties).filter(subject__in=chunk).order_by("position", "pk")
            for fact in self.scope.load_facts(facts):
                found[fact.subject_id].append(fact)
        return found

    def _value(self, fact: Fact) -> Value:
        value = fact.value()
        return replace(value, parts=self._parts.get(fact.pk, ())) if value.datatype in RECORD_DATATYPES else value

    def _load_record_fields(self, facts: list[Fact]) -> None:
        """Load the fields of the facts that are records."""
        records = [fact.pk for fact in facts if fact.datatype in RECORD_DATATYPES and fact.pk not in self._parts]
        found: dict[int, list[tuple[str, Value]]] = defaultdict(list)
        for chunk in iter_slices(records):
            parts = self.scope.facts().filter(part_of__in=chunk).select_related("property__redirects_to")
            for part in self.scope.load_facts(parts.order_by("position", "pk")):
                key = part.property.redirects_to.key if part.property.redirects_to else part.property.key
                found[part.part_of_id or 0].append((key, part.value()))
        self._parts.update({pk: tuple(values) for pk, values in found.items()})

    # --- Following chains -------------------------------------------------------------------------
    def _named_subjects(self, facts: Iterable[Fact]) -> dict[int, SubjectWithPage]:
        """Return what each fact names, by primary key: a record, a readable page, or a subobject of one."""
        record_pks = {fact.pk: fact.whole_id for fact in facts if fact.whole_id}
        values = {fact.pk: fact.canonical_value for fact in facts if not fact.whole_id and fact.canonical_value}
        records = load_subjects_by_pk(self.scope, set(record_pks.values())) if record_pks else {}
        subjects_by_value = find_subjects_by_value(self.scope, set(values.values())) if values else {}
        named = {pk: records[record] for pk, record in record_pks.items() if record in records}
        return named | {pk: subjects_by_value[value] for pk, value in values.items() if value in subjects_by_value}

    def _naming_subjects(
        self, state: _PrintoutState, level: int, rows: dict[int, str]
    ) -> dict[int, list[SubjectWithPage]]:
        """Return, for each subject that the chain has reached, the subjects whose facts name it or a redirect to it."""
        by_value: dict[str, int] = {}
        items = {item.pk: item for reached in state.reached for item in reached}
        for item in items.values():
            by_value[item.key] = item.pk
        pages = [item for item in items.values() if not item.fragment]
        for some in iter_slices([item.key for item in pages]):
            redirects = self.scope.readable_pages().filter(redirect_key__gt="", redirect_key__in=some)
            by_key = {item.key: item.pk for item in pages}
            by_value |= {key: by_key[to] for key, to in redirects.values_list("title_key", "redirect_key")}
        self.fact_values.update((key, value) for key in rows.values() for value in by_value)
        self.names.follow(self.names.declaration_named(state.printout.chain[level].name).key, rows)
        found: dict[int, list[int]] = defaultdict(list)
        for values in iter_slices(sorted(by_value)):
            facts = self.scope.facts(rows).filter(
                self.scope.is_readable(),
                part_of=None,
                **{f"{self.scope.value_column}__in": values},
            )
            for value, subject in facts.values_list(self.scope.value_column, "subject"):
                found[by_value[value]].append(subject)
        others = load_subjects_by_pk(self.scope, {pk for some in found.values() for pk in some})
        return {
            pk: sorted(
                (others[subject_pk] for subject_pk in set(some) if subject_pk in others),
                key=lambda item: (item.sort_title, item.key),
            )
            for pk, some in found.items()
        }

    def pages(self, cells: Iterable[tuple[tuple[Value, ...], ...]]) -> dict[str, PageRef]:
        """Return the pages that the printed values name, where they exist and are readable, by canonical value."""
        named = {key for row in cells for cell in row for value in cell for key in _page_values(value)}
        self.title_keys = {key.partition("#")[0] for key in named}
        return find_page_refs(self.scope, named)


def field_index(declaration: Declaration, printout: Printout) -> int | None:
    """Return the index of the record field that `+index` selects, by number from 1 or by name; None without one."""
    written = printout.options.get("index", "").strip()
    if not written or not declaration.fields:
        return None
    if written.isdecimal() and len(written) < 4:
        return int(written) - 1 if 1 <= int(written) <= len(declaration.fields) else None
    names = [titles.fold(field.title) for field in declaration.fields]
    return names.index(titles.fold(written)) if titles.fold(written) in names else None


def _page_values(value: Value) -> Iterable[str]:
    if value.canonical_value and isinstance(DATATYPES.get(value.datatype), Page):
        yield value.canonical_value
    for _, part in value.parts:
        yield from _page_values(part)


def _unique(items: Iterable[SubjectWithPage]) -> list[SubjectWithPage]:
    return list({item.pk: item for item in items}.values())
