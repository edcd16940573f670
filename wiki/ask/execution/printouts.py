"""Printouts: the values of each column for each row, in few queries: some for each step of a chain, none for a row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

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
from wiki.facts.datatypes.registry import DATATYPES
from wiki.facts.models import Fact
from wiki.facts.values import Context, Declaration, Value
from wiki.text import titles

if TYPE_CHECKING:
    from wiki.ask.execution.compiler import QueryCompiler

CATEGORY = 14
RECORD_DATATYPES = ("_rec", "_ref_rec")
SUBJECT_DECLARATION = Declaration("", "", "_wpg")


@dataclass(slots=True)
class _Path:
    """One printout on its way: for each row what its chain has reached, and in the end its values."""

    printout: Printout
    reached: list[list[SubjectWithPage]]
    values: list[list[Value]]


class PrintoutLoader:
    """The columns of one question, and their values for the rows of its result."""

    def __init__(self, compiler: QueryCompiler, language: str) -> None:
        self.compiler, self.scope, self.names = compiler, compiler.scope, compiler.scope.names
        self.language = language
        self.traversed_pages: set[int] = set()
        """Pages through which chains went."""
        self.fact_values: set[tuple[str, str]] = set()
        self.title_keys: set[str] = set()
        """Title keys of the pages that values name."""
        self._parts: dict[int, tuple[tuple[str, Value], ...]] = {}

    def columns(self) -> list[Column]:
        """The columns with what their properties declare. Raises AskProblem."""
        return [self._column(printout) for printout in self.compiler.query.printouts]

    def _column(self, printout: Printout) -> Column:
        declaration = SUBJECT_DECLARATION
        label = printout.label
        if printout.category is not None:
            declaration = self.names.declaration_for_key("_INST")
            space = titles.NAMESPACES[CATEGORY]
            label = label if printout.labelled else printout.category or getattr(space, self.language[:2], space.en)
            if printout.category:
                declaration = Declaration("", printout.category, "_boo")
        elif printout.chain:
            last = printout.chain[-1]
            declared = self.names.declaration_named(last.name)
            own = special_properties.special_property_label(declared.key, self.language) or declared.label(
                self.language
            )
            label = label if printout.labelled else ("-" if last.inverse else "") + own
            declaration = Declaration(declared.key, declared.title, "_wpg") if last.inverse else declared
            declaration = self._indexed(declaration, printout)
        return Column(printout, label, declaration, Context(self.language, declaration))

    def _indexed(self, declaration: Declaration, printout: Printout) -> Declaration:
        """With `+index`, the declaration of that field of a record."""
        index = field_index(declaration, printout)
        return declaration if index is None else declaration.fields[index]

    # --- Values -----------------------------------------------------------------------------------
    def cells(self, rows: Sequence[SubjectWithPage]) -> list[tuple[tuple[Value, ...], ...]]:
        """For each row the values of each column."""
        paths = [_Path(one, [[row] for row in rows], [[] for _ in rows]) for one in self.compiler.query.printouts]
        for path in paths:
            self._without_chain(path, rows)
        for level in range(max((len(path.printout.chain) for path in paths), default=0)):
            self._step([path for path in paths if len(path.printout.chain) > level], level)
        columns = [
            [apply_options(values, path.printout, self._index(path.printout)) for values in path.values]
            for path in paths
        ]
        return [tuple(tuple(column[place]) for column in columns) for place in range(len(rows))]

    def _index(self, printout: Printout) -> str | None:
        if not printout.chain:
            return None
        declaration = self.names.declaration_named(printout.chain[-1].name)
        index = field_index(declaration, printout)
        return None if index is None else declaration.fields[index].key

    def _without_chain(self, path: _Path, rows: Sequence[SubjectWithPage]) -> None:
        """The page itself, its categories, or whether it is in one."""
        if path.printout.chain:
            return
        name = path.printout.category
        if name is None:
            path.values = [[row.to_value()] for row in rows]
            return
        own = self._facts({row.pk for row in rows}, self.names.property_rows("_INST", 0))
        if not name:
            path.values = [[fact.value() for fact in own[row.pk]] for row in rows]
            return
        keys, kinds = self.names.categories([name], 10)
        if kinds:
            for pk, facts in self._facts({row.pk for row in rows}, self.names.property_rows("_KIND", 0)).items():
                own[pk].extend(facts)
        yes = DATATYPES["_boo"].parse("true", Context("en"))
        path.values = [
            [yes] if any(fact.canonical_value in keys | kinds for fact in own[row.pk]) else [] for row in rows
        ]

    def _step(self, paths: list[_Path], level: int) -> None:
        """One link of every chain: the facts of all in one query, then where they lead in few."""
        forward = [path for path in paths if not path.printout.chain[level].inverse]
        rows = {path.printout.chain[level]: self._rows(path.printout.chain[level]) for path in paths}
        subjects = {item.pk for path in forward for items in path.reached for item in items}
        facts = self._facts(subjects, [pk for path in forward for pk in rows[path.printout.chain[level]]])
        self._read_parts([fact for some in facts.values() for fact in some])
        wrong = self._improper(forward, level)
        going = [path for path in forward if len(path.printout.chain) > level + 1]
        wanted = {
            fact
            for path in going
            for items in path.reached
            for item in items
            for fact in facts[item.pk]
            if fact.property_id in rows[path.printout.chain[level]]
        }
        leads = self._leads(wanted)
        for path in paths:
            step = path.printout.chain[level]
            last = len(path.printout.chain) == level + 1
            back = self._backwards(path, rows[step]) if step.inverse else {}
            for place, items in enumerate(path.reached):
                own = [fact for item in items for fact in facts[item.pk] if fact.property_id in rows[step]]
                if step in wrong:
                    reached = []
                    path.values[place] = [value for item in items for value in wrong[step].get(item.pk, ())]
                elif step.inverse:
                    reached = _once(other for item in items for other in back.get(item.pk, ()))
                    path.values[place] = [item.to_value() for item in reached] if last else []
                else:
                    reached = _once(leads[fact.pk] for fact in own if fact.pk in leads)
                    path.values[place] = [self._value(fact) for fact in own] if last else []
                path.reached[place] = reached
                self.traversed_pages.update(item.page_pk for item in reached if not last)

    def _improper(self, paths: list[_Path], level: int) -> dict[ChainLink, dict[int, list[Value]]]:
        """For each step that asks which values are wrong, the properties of each subject that has such."""
        found: dict[ChainLink, dict[int, list[Value]]] = {}
        for path in paths:
            step = path.printout.chain[level]
            key = self.names.declaration_named(step.name).key
            if key in (improper_values.IMPROPER, improper_values.MESSAGE) and len(path.printout.chain) == level + 1:
                self.compiler.any_change = True
                subjects = sorted({item.pk for items in path.reached for item in items})
                found[step] = improper_values.improper_values_by_subject(self.scope, key, subjects, self.language)
        return found

    def _rows(self, step: ChainLink) -> dict[int, str]:
        key = self.names.declaration_named(step.name).key
        self.compiler.add_subproperty_dependencies(key)
        return self.names.property_rows(key)

    def _facts(self, subjects: Iterable[int], rows: Iterable[int]) -> dict[int, list[Fact]]:
        """Usable facts by subject, in the order of the text."""
        found: dict[int, list[Fact]] = defaultdict(list)
        properties = sorted(set(rows))
        if not properties:
            return found
        for some in iter_slices(sorted(subjects)):
            for fact in self.scope.facts(properties).filter(subject__in=some).order_by("position", "pk"):
                found[fact.subject_id].append(fact)
        return found

    def _value(self, fact: Fact) -> Value:
        value = fact.value()
        return replace(value, parts=self._parts.get(fact.pk, ())) if value.datatype in RECORD_DATATYPES else value

    def _read_parts(self, facts: list[Fact]) -> None:
        """The fields of those facts that are records."""
        records = [fact.pk for fact in facts if fact.datatype in RECORD_DATATYPES and fact.pk not in self._parts]
        found: dict[int, list[tuple[str, Value]]] = defaultdict(list)
        for some in iter_slices(records):
            parts = self.scope.facts().filter(part_of__in=some).select_related("property__redirects_to")
            for part in parts.order_by("position", "pk"):
                key = part.property.redirects_to.key if part.property.redirects_to else part.property.key
                found[part.part_of_id or 0].append((key, part.value()))
        self._parts.update({pk: tuple(values) for pk, values in found.items()})

    # --- Where chains lead ------------------------------------------------------------------------
    def _leads(self, facts: Iterable[Fact]) -> dict[int, SubjectWithPage]:
        """What each fact names: a record, a page that may be read, or a part of one."""
        wholes = {fact.pk: fact.whole_id for fact in facts if fact.whole_id}
        words = {fact.pk: fact.canonical_value for fact in facts if not fact.whole_id and fact.canonical_value}
        records = load_subjects_by_pk(self.scope, set(wholes.values())) if wholes else {}
        named = find_subjects_by_value(self.scope, set(words.values())) if words else {}
        leads = {pk: records[whole] for pk, whole in wholes.items() if whole in records}
        return leads | {pk: named[word] for pk, word in words.items() if word in named}

    def _backwards(self, path: _Path, rows: dict[int, str]) -> dict[int, list[SubjectWithPage]]:
        """The subjects whose facts name each of the items reached, themselves or by a redirect."""
        by_word: dict[str, int] = {}
        items = {item.pk: item for reached in path.reached for item in reached}
        for item in items.values():
            by_word[item.key] = item.pk
        plain = [item for item in items.values() if not item.fragment]
        for some in iter_slices([item.key for item in plain]):
            redirects = self.scope.readable_pages().filter(redirect_key__gt="", redirect_key__in=some)
            by_key = {item.key: item.pk for item in plain}
            by_word |= {key: by_key[to] for key, to in redirects.values_list("title_key", "redirect_key")}
        self.fact_values.update((key, word) for key in rows.values() for word in by_word)
        found: dict[int, list[int]] = defaultdict(list)
        for words in iter_slices(sorted(by_word)):
            facts = self.scope.facts(rows).filter(
                Exists(self.scope.readable_pages().filter(pk=OuterRef("page"))), canonical_value__in=words, part_of=None
            )
            for word, subject in facts.values_list("canonical_value", "subject"):
                found[by_word[word]].append(subject)
        others = load_subjects_by_pk(self.scope, {pk for some in found.values() for pk in some})
        return {
            pk: sorted(
                (others[one] for one in set(some) if one in others), key=lambda item: (item.title_fold, item.key)
            )
            for pk, some in found.items()
        }

    def pages(self, cells: Iterable[tuple[tuple[Value, ...], ...]]) -> dict[str, PageRef]:
        """The pages that values name, where they exist and may be read."""
        words = {word for row in cells for cell in row for value in cell for word in _pages_in(value)}
        self.title_keys = {word.partition("#")[0] for word in words}
        return find_page_refs(self.scope, words)


def field_index(declaration: Declaration, printout: Printout) -> int | None:
    """Which field of a record `+index` asks for, by number from 1 or by name."""
    written = printout.options.get("index", "").strip()
    if not written or not declaration.fields:
        return None
    if written.isdecimal() and len(written) < 4:
        return int(written) - 1 if 1 <= int(written) <= len(declaration.fields) else None
    names = [titles.fold(field.title) for field in declaration.fields]
    return names.index(titles.fold(written)) if titles.fold(written) in names else None


def _pages_in(value: Value) -> Iterable[str]:
    if value.canonical_value and isinstance(DATATYPES.get(value.datatype), Page):
        yield value.canonical_value
    for _, part in value.parts:
        yield from _pages_in(part)


def _once(items: Iterable[SubjectWithPage]) -> list[SubjectWithPage]:
    return list({item.pk: item for item in items}.values())
