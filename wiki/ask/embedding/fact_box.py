"""The facts of one page as they are shown: in its fact box, and where they are written in its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from wiki.ask.execution.fact_scope import FactScope
from wiki.ask.execution.results import QueryResult
from wiki.ask.execution.subject_lookup import find_page_refs
from wiki.ask.formats.cells import PAGE, Cells, join_html, with_label
from wiki.ask.language.query_ast import Conjunction, Query
from wiki.ask.language.query_errors import message_for
from wiki.facts import fact_columns, special_properties
from wiki.facts.models import Fact
from wiki.facts.property_declarations import declarations_for
from wiki.facts.special_properties import SPECIAL, key_of_property
from wiki.facts.value_problems import problem
from wiki.facts.values import Context, Declaration, Value
from wiki.pages.page_urls import address
from wiki.pages.writing.derived_data import VersionState
from wiki.text.markup.parser_functions import substitute_page_name_variables
from wiki.text.titles import TitleProblem, key_of

if TYPE_CHECKING:
    from wiki.pages.deferred_content import DeferredSlots, FactBox
    from wiki.pages.models import Reader

SHOWN_ELSEWHERE = frozenset(("_INST", "_SUBC", "_SKEY", "_DTITLE", "_CONC"))
"""Special properties with a place of their own on the screen."""
VALUES_LIMIT = 50
"""Values of one property that a fact box shows."""


@dataclass(frozen=True, slots=True)
class PageFact:
    """One fact: the subobject that has it ("" for the page), its property, its value."""

    fragment: str
    key: str
    value: Value

    @property
    def is_shown_elsewhere(self) -> bool:
        """Whether it has another place on the screen, or is the wiki's own to say."""
        known = SPECIAL.get(self.key)
        if self.key == "_KIND":
            return self.value.problem is None
        return known is not None and (known.automatic or self.key in SHOWN_ELSEWHERE)


@dataclass(slots=True)
class PageFacts:
    """The facts of a text with all that is needed to show them."""

    slots: DeferredSlots
    facts: list[PageFact]
    declarations: dict[str, Declaration]
    cells: Cells
    title_key: str
    by_fragment: dict[str, list[PageFact]] = field(default_factory=dict)
    """Facts of subobjects, by fragment."""
    duplicates: dict[tuple[str, str], str] = field(default_factory=dict)
    """Values of unique properties that another page has too: its title by property key and word."""

    @classmethod
    def load(cls, what: DeferredSlots, user: Reader) -> PageFacts:
        """Read the facts of a page from their table, or those that a text states. Few queries."""
        read = _stored(what) if what.page is not None else _stated(what)
        facts = [one for one in read if not one.is_shown_elsewhere]
        declared = declarations_for({one.key for one in facts})
        words = {word for one in facts for word in _pages_in(one.value)}
        ground = FactScope(user)
        pages = find_page_refs(ground, words)
        result = QueryResult(Query(Conjunction(()), language=what.ui_language), pages=pages, language=what.ui_language)
        key = key_of(what.full_title) if what.full_title else ""
        nested: dict[str, list[PageFact]] = {}
        for one in facts:
            nested.setdefault(one.fragment, []).append(one)
        doubles = _doubles(facts, declared, ground, what)
        return cls(what, facts, declared, Cells(result), key, nested, doubles)

    # --- What it depends on
    @property
    def title_keys(self) -> set[str]:
        """Title keys of the pages that values name or could name."""
        words = {word for one in self.facts for word in _pages_in(one.value)}
        near = {value.place_key for one in self.facts for value in _all(one.value) if value.place_key}
        return {word.partition("#")[0] for word in words | near}

    @property
    def unique_values(self) -> set[tuple[str, str]]:
        """Property keys and words of the values that no other page may have."""
        return {(one.key, one.value.canonical_value) for one in self.facts if self.declarations[one.key].unique}

    @property
    def page_pks(self) -> set[int]:
        """Numbers of the pages whose titles are shown."""
        return {found.page_pk for found in self.cells.result.pages.values() if found.page_pk}

    # --- In the box
    def box_rows(self) -> FactBox:
        """Labels and values of the page's own facts, in the order of the text; safe HTML."""
        rows: dict[str, list[str]] = {}
        for one in self.by_fragment.get("", ()):
            rows.setdefault(one.key, []).append(self.value_html(one))
        return [(self.label_html(key), values[:VALUES_LIMIT]) for key, values in rows.items()]

    def label_html(self, key: str) -> SafeString:
        """The name of a property, linked to its page."""
        declaration = self.declarations[key]
        words = special_properties.special_property_label(key, self.slots.ui_language) or declaration.label(
            self.slots.ui_language
        )
        return format_html('<a href="{}">{}</a>', address("property", declaration.title), words)

    def value_html(self, one: PageFact, label: str = "") -> SafeString:
        """One value as HTML; what is wrong with it is said in place; a subobject by what it says."""
        if one.value.problem is not None:
            return format_html(
                '<span class="problem" role="note"><code>{}</code> {}</span>',
                one.value.raw, message_for(one.value.problem),
            )  # fmt: skip
        if other := self.duplicates.get((one.key, one.value.canonical_value)):
            return self._double(one, other)
        page, _, fragment = one.value.canonical_value.partition("#")
        if fragment and page == self.title_key and not one.fragment and fragment in self.by_fragment:
            return self._inner(fragment)
        if label:
            return self._labelled(one.value, label)
        return self.cells.value_html(one.value, self._context(one.key))

    def _double(self, one: PageFact, other: str) -> SafeString:
        """A value that another page has too, though the property is unique."""
        name = self.declarations[one.key].label(self.slots.ui_language)
        words = message_for(problem("value_not_unique", one.value.raw, page=other, property=name))
        shown = self.cells.value_html(one.value, self._context(one.key))
        return format_html('{} <span class="problem" role="note">{}</span>', shown, words)

    def _context(self, key: str) -> Context:
        return Context(self.slots.ui_language, self.declarations[key], self.slots.full_title, self.slots.place_title)

    def _labelled(self, value: Value, label: str) -> SafeString:
        """A value under other words: a link where it is a page that exists."""
        found = self.cells.result.pages.get(value.canonical_value) if value.datatype == PAGE else None
        return format_html('<a href="{}">{}</a>', found.url, label) if found and found.url else escape(label)

    def _inner(self, fragment: str) -> SafeString:
        """What a subobject says, in a line."""
        words = []
        for one in self.by_fragment[fragment]:
            name = special_properties.special_property_label(one.key, self.slots.ui_language)
            name = name or self.declarations[one.key].label(self.slots.ui_language)
            words.append(with_label(escape(name), self.value_html(one)))
        return join_html(" · ", words)

    # --- In the text
    def annotation_html(self, name: str, raw: str, label: str) -> SafeString:
        """What stands where `[[name::raw|label]]` was written."""
        try:
            key = key_of_property(name)
        except TitleProblem:
            return escape(label or raw)
        if raw.startswith("@@@"):
            return format_html('<a href="{}">{}</a>', address("property", name), label or name)
        for one in self.by_fragment.get("", ()):
            if one.key == key and one.value.raw == raw:
                return self.value_html(one, label)
        return escape(label or raw)


def _stored(what: DeferredSlots) -> Iterable[PageFact]:
    """The facts alive of a page, with the fields of those that are records."""
    found = list(
        Fact.objects.filter(page=what.page, removed_in=None)
        .select_related("subject", "property__redirects_to")
        .order_by("position", "pk")
    )
    parts: dict[int, list[tuple[str, Value]]] = {}
    for fact in found:
        if fact.part_of_id:
            parts.setdefault(fact.part_of_id, []).append((_key(fact), fact.value()))
    for fact in found:
        if not fact.part_of_id:
            value = replace(fact.value(), parts=tuple(parts.get(fact.pk, ())))
            yield PageFact(fact.subject.fragment, _key(fact), value)


def _key(fact: Fact) -> str:
    return fact.property.redirects_to.key if fact.property.redirects_to else fact.property.key


def _stated(what: DeferredSlots) -> list[PageFact]:
    """What a text states that is not the current one of a page, read by today's declarations."""
    said = []
    for one in what.statements:
        try:
            said.append(
                (
                    one.fragment,
                    key_of_property(one.property),
                    substitute_page_name_variables(one.value, what.full_title),
                )
            )
        except TitleProblem:
            continue
    declared = declarations_for({key for _, key, _ in said})
    is_place = what.place_title == what.full_title
    step = VersionState("", what.full_title, is_place, what.language, "", None, bool(what.place_title) and not is_place)
    read = [(fragment, key, fact_columns.parse_value(raw, step, declared[key])) for fragment, key, raw in said]
    existing = fact_columns.existing_place_keys(value for _, _, value in read)
    return [
        PageFact(
            fragment,
            declared[key].key,
            replace(value, canonical_value=value.place_key) if value.place_key in existing else value,
        )
        for fragment, key, value in read
    ]


def _doubles(
    facts: Sequence[PageFact], declared: dict[str, Declaration], ground: FactScope, what: DeferredSlots
) -> dict[tuple[str, str], str]:
    """The values of unique properties that other pages have too. No query where no property is unique."""
    words = {one.value.canonical_value for one in facts if declared[one.key].unique and one.value.is_usable}
    if not words:
        return {}
    rows = {pk: key for key in declared if declared[key].unique for pk in ground.names.property_rows(key, 0)}
    others = ground.facts(rows).filter(
        Exists(ground.readable_pages().filter(pk=OuterRef("page"))),
        canonical_value__in=sorted(words)[:VALUES_LIMIT],
        part_of=None,
    )
    if what.page is not None:
        others = others.exclude(page=what.page)
    found = others.order_by("-added_at").values_list("property", "canonical_value", "page__full_title")[:VALUES_LIMIT]
    return {(rows[pk], word): title for pk, word, title in found}


def _all(value: Value) -> Sequence[Value]:
    return (value, *(part for _, part in value.parts))


def _pages_in(value: Value) -> set[str]:
    return {
        one.canonical_value
        for one in _all(value)
        if one.canonical_value and one.datatype in (PAGE, "_wpp", "_wpc", "_wpu")
    }
