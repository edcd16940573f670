"""Shows the facts of one page: in its fact box, and where they are annotated in its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, override

from wiki.ask.embedding.expiring_line import ExpiringLine
from wiki.ask.embedding.hours_in_words import hours_in_words
from wiki.ask.embedding.next_date_line import next_date_line
from wiki.ask.embedding.opening_line import opening_line
from wiki.ask.execution.fact_scope import FactScope
from wiki.ask.execution.results import QueryResult
from wiki.ask.execution.subject_lookup import find_page_refs
from wiki.ask.formats.cells import PAGE, Cells, join_html, with_label
from wiki.ask.language.query_ast import Conjunction, Query
from wiki.ask.language.query_errors import message_for
from wiki.facts import fact_columns, fact_sources, special_properties
from wiki.facts.datatypes.opening_hours import OPENING_HOURS
from wiki.facts.datatypes.recurring_dates import RECURRING_DATE
from wiki.facts.datatypes.separators import divide_values
from wiki.facts.fact_sources import FactSource
from wiki.facts.models import Fact
from wiki.facts.property_declarations import declarations_for
from wiki.facts.special_properties import SPECIAL, key_of_property
from wiki.facts.value_problems import problem
from wiki.facts.values import Context, Declaration, Value
from wiki.forms.fact_layout import FactLayout, layout_of
from wiki.pages.deferred_content import FactBoxRow
from wiki.pages.page_urls import address
from wiki.pages.writing.derived_data import VersionState
from wiki.text.markup.parser_functions import substitute_page_name_variables
from wiki.text.titles import TitleProblem, key_of

if TYPE_CHECKING:
    from wiki.pages.deferred_content import DeferredSlots, FactBox
    from wiki.pages.models import Reader

SHOWN_ELSEWHERE = frozenset(("_INST", "_SUBC", "_SKEY", "_DTITLE", "_CONC"))
"""Special properties that the page shows in other parts of its layout."""
VALUES_LIMIT = 50
"""Values of one property that a fact box shows at most."""
SECTIONS_FROM = 8
"""Facts from which a box has the titles of the form's sections."""
RECURRING_LIMIT = 50
"""Recurring dates of a page whose next date is looked for at most."""


@dataclass(frozen=True, slots=True)
class PageFact:
    """One fact: its subobject ("" for the page itself), its property key and its value."""

    fragment: str
    key: str
    value: Value

    @property
    def is_shown_elsewhere(self) -> bool:
        """Whether the page shows the fact elsewhere, or the wiki itself states it."""
        known = SPECIAL.get(self.key)
        if self.key == "_KIND":
            return self.value.problem is None
        return known is not None and (known.automatic or self.key in SHOWN_ELSEWHERE)


@dataclass
class PageFacts:
    """The facts of a text, with all that is needed to show them."""

    slots: DeferredSlots
    facts: list[PageFact]
    declarations: dict[str, Declaration]
    cells: Cells
    title_key: str
    by_fragment: dict[str, list[PageFact]] = field(default_factory=dict)
    """All facts by fragment; "" for those of the page itself."""
    detailed: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Fragments of the subobjects that have a value, by property key and raw value: they give its details."""
    duplicates: dict[tuple[str, str], str] = field(default_factory=dict)
    """Values of unique properties that another page has too: its title by property key and canonical value."""
    layout: FactLayout = field(default_factory=FactLayout)
    """The order and the labels that the form of the page's kind gives."""
    expiring_lines: dict[str, ExpiringLine] = field(default_factory=dict)
    """Whether the place is open now, or when something happens next, by property key; set by `box_rows`."""

    @classmethod
    def load(cls, slots: DeferredSlots, user: Reader) -> PageFacts:
        """Load the facts of a page from the database, or parse those that a text states. A few database queries."""
        loaded = _load_facts(slots) if slots.page is not None else _parse_statements(slots)
        facts = [fact for fact in loaded if not fact.is_shown_elsewhere]
        declarations = declarations_for({fact.key for fact in facts})
        values = {value for fact in facts for value in _page_values(fact.value)}
        scope = FactScope(user)
        pages = find_page_refs(scope, values)
        result = QueryResult(
            Query(Conjunction(()), language=slots.ui_language), pages=pages, language=slots.ui_language
        )
        title_key = key_of(slots.full_title) if slots.full_title else ""
        by_fragment: dict[str, list[PageFact]] = {}
        for fact in facts:
            by_fragment.setdefault(fact.fragment, []).append(fact)
        detailed: dict[tuple[str, str], list[str]] = {}
        for fact in facts:
            if fact.fragment:
                detailed.setdefault((fact.key, fact.value.raw), []).append(fact.fragment)
        duplicates = _find_duplicates(facts, declarations, scope, slots)
        layout = layout_of(slots.page, user) if facts else FactLayout()
        return cls(slots, facts, declarations, Cells(result), title_key, by_fragment, detailed, duplicates, layout)

    @cached_property
    def sources(self) -> dict[str, FactSource]:
        """The sources of single facts, by the fragment that states them."""
        subobjects = {
            fragment: [(fact.key, fact.value.raw) for fact in facts] for fragment, facts in self.by_fragment.items()
        }
        return fact_sources.sources_in(subobjects)

    # --- Dependencies
    @property
    def title_keys(self) -> set[str]:
        """Title keys of the pages that values name, or would name if they existed."""
        values = {value for fact in self.facts for value in _page_values(fact.value)}
        place_keys = {value.place_key for fact in self.facts for value in _with_parts(fact.value) if value.place_key}
        return {value.partition("#")[0] for value in values | place_keys}

    @property
    def unique_values(self) -> set[tuple[str, str]]:
        """Property keys and canonical values of unique properties, which no other page may have."""
        return {(fact.key, fact.value.canonical_value) for fact in self.facts if self.declarations[fact.key].unique}

    @property
    def page_pks(self) -> set[int]:
        """Primary keys of the pages whose titles are shown."""
        return {found.page_pk for found in self.cells.result.pages.values() if found.page_pk}

    # --- In the fact box
    def box_rows(self) -> FactBox:
        """Return labels and values of the page's own facts, as safe HTML: in the order of the form, then the text.

        A label without values is the title of a section.
        """
        rows: dict[str, list[str]] = {}
        for fact in self.by_fragment.get("", ()):
            rows.setdefault(fact.key, []).append(self._value_with_details(fact))
        self.expiring_lines = self._expiring_lines()
        for key, line in self.expiring_lines.items():
            rows[key] = [*rows[key][: VALUES_LIMIT - 1], line.html]
        self._add_sources(rows)
        ordered = sorted(rows.items(), key=lambda row: self.layout.position(row[0]))
        box: FactBox = []
        headings = self._section_headings([key for key, _ in ordered])
        for key, values in ordered:
            box += [FactBoxRow(headings[key], [])] if key in headings else []
            box.append(FactBoxRow(self.label_html(key), values[:VALUES_LIMIT], key))
        return box

    def _add_sources(self, rows: dict[str, list[str]]) -> None:
        """Add sources below the values of the facts that they name; what says so needs no row of its own."""
        shown: set[str] = set()
        for fragment, source in self.sources.items():
            sourced = rows.keys() & source.keys
            with override(self.slots.ui_language):
                line = format_html('<small class="fact-source">{}</small>', source.html)
            for key in sourced:
                rows[key] = [*rows[key][: VALUES_LIMIT - 1], line]
            shown |= {f"{self.title_key}#{fragment}"} if sourced == source.keys else set()
        for key in {fact.key for fact in self.by_fragment.get("", ()) if fact.value.canonical_value in shown}:
            others = [fact for fact in self.by_fragment[""] if fact.key == key]
            others = [fact for fact in others if fact.value.canonical_value not in shown]
            rows[key] = [self.value_html(fact) for fact in others]
            if not others:
                del rows[key]

    def _section_headings(self, keys: Sequence[str]) -> dict[str, SafeString]:
        """Return the titles of sections by the property that they stand before; none for a short box."""
        language = self.slots.ui_language
        titles = [self.layout.section(key, language) for key in keys]
        if len(keys) < SECTIONS_FROM or len(set(titles)) < 2:
            return {}
        with override(language):
            others = gettext("Other facts")
        return {
            key: escape(title or others)
            for key, title, before in zip(keys, titles, ["", *titles], strict=False)
            if key == keys[0] or title != before
        }

    def _expiring_lines(self) -> dict[str, ExpiringLine]:
        """Return the lines below opening hours and recurring dates of the current text, by property key."""
        hours: dict[str, list[str]] = {}
        recurring: dict[str, list[str]] = {}
        own = [fact for fact in self.by_fragment.get("", ()) if self.slots.page is not None and fact.value.is_usable]
        for fact in own:
            if fact.value.datatype == OPENING_HOURS:
                hours.setdefault(fact.key, []).append(fact.value.raw)
        # Looking for the next date of a hostile rule takes milliseconds, and a page may have thousands of them.
        for fact in [fact for fact in own if fact.value.datatype == RECURRING_DATE][:RECURRING_LIMIT]:
            recurring.setdefault(fact.key, []).append(fact.value.canonical_value)
        now = timezone.now()
        lines = {key: opening_line(values, now) for key, values in hours.items()}
        lines |= {key: next_date_line(values, now) for key, values in recurring.items()}
        return {key: line for key, line in lines.items() if line is not None}

    def label_html(self, key: str) -> SafeString:
        """Return the label of a property, linked to its page."""
        declaration = self.declarations[key]
        language = self.slots.ui_language
        label = (
            special_properties.special_property_label(key, language)
            or declaration.labels.get(language)
            or self.layout.label(key, language)
            or declaration.title
        )
        return format_html('<a href="{}">{}</a>', address("property", declaration.title), label)

    def value_html(self, fact: PageFact, label: str = "") -> SafeString:
        """Return one value as HTML: with its problem if it has one, and a subobject as a line of its facts."""
        if fact.value.problem is not None:
            return format_html(
                '<span class="problem" role="note"><code>{}</code> {}</span>',
                fact.value.raw, message_for(fact.value.problem),
            )  # fmt: skip
        if other_page := self.duplicates.get((fact.key, fact.value.canonical_value)):
            return self._duplicate(fact, other_page)
        page, _, fragment = fact.value.canonical_value.partition("#")
        if fragment and page == self.title_key and not fact.fragment and fragment in self.by_fragment:
            return self._subobject_facts(fragment)
        if label:
            return self._with_label(fact.value, label)
        if fact.value.datatype == OPENING_HOURS and (rules := hours_in_words(fact.value.raw, self.slots.ui_language)):
            return join_html(mark_safe("<br>"), map(escape, rules))
        namespace, _, name = fact.value.canonical_value.partition(":")
        if name and namespace == "File" and self.layout.is_picture(fact.key):
            source = reverse("thumbnail", args=[name])
            return format_html(
                '<a href="{}"><img class="fact-picture" src="{}" alt="{}" loading="lazy"></a>',
                address("page", f"File:{name}"), source, name,
            )  # fmt: skip
        return self.cells.value_html(fact.value, self._context(fact.key))

    def _value_with_details(self, fact: PageFact) -> SafeString:
        """Return one value as HTML, with the facts of the subobjects that have it too: its details."""
        fragments = self.detailed.get((fact.key, fact.value.raw), ()) if self.layout.has_details(fact.key) else ()
        lines = [
            format_html(' <span class="fact-details">{}</span>', self._subobject_facts(fragment, without=fact.key))
            for fragment in fragments
            if any(other.key != fact.key for other in self.by_fragment[fragment])
        ]
        return join_html("", [self.value_html(fact), *lines])

    def _duplicate(self, fact: PageFact, other_page: str) -> SafeString:
        """Return a value with the problem that another page has it too, though the property is unique."""
        name = self.declarations[fact.key].label(self.slots.ui_language)
        problem_text = message_for(problem("value_not_unique", fact.value.raw, page=other_page, property=name))
        value_html = self.cells.value_html(fact.value, self._context(fact.key))
        return format_html('{} <span class="problem" role="note">{}</span>', value_html, problem_text)

    def _context(self, key: str) -> Context:
        return Context(self.slots.ui_language, self.declarations[key], self.slots.full_title, self.slots.place_title)

    def _with_label(self, value: Value, label: str) -> SafeString:
        """Return a value under another label: a link where it is an existing page."""
        page = self.cells.result.pages.get(value.canonical_value) if value.datatype == PAGE else None
        return format_html('<a href="{}">{}</a>', page.url, label) if page and page.url else escape(label)

    def _subobject_facts(self, fragment: str, without: str = "") -> SafeString:
        """Return the facts of a subobject in one line; those of one property may be left out."""
        facts = []
        for fact in self.by_fragment[fragment]:
            if fact.key == without:
                continue
            name = special_properties.special_property_label(fact.key, self.slots.ui_language)
            name = name or self.declarations[fact.key].label(self.slots.ui_language)
            facts.append(with_label(escape(name), self.value_html(fact)))
        return join_html(" · ", facts)

    # --- In the text
    def annotation_html(self, name: str, raw: str, label: str) -> SafeString:
        """Return the HTML in place of the annotation `[[name::raw|label]]`."""
        try:
            key = key_of_property(name)
        except TitleProblem:
            return escape(label or raw)
        if raw.startswith("@@@"):
            return format_html('<a href="{}">{}</a>', address("property", name), label or name)
        facts = {fact.value.raw: fact for fact in reversed(self.by_fragment.get("", [])) if fact.key == key}
        values = divide_values(raw, self.declarations[key].separator) if key in self.declarations else [raw]
        found = [facts[value] for value in values if value in facts]
        if not found or (label and len(found) > 1):
            return escape(label or raw)
        return join_html(", ", [self.value_html(fact, label) for fact in found])


def _load_facts(slots: DeferredSlots) -> Iterable[PageFact]:
    """Load the current facts of a page; values of records have their fields."""
    facts = list(
        Fact.objects.filter(page=slots.page, removed_in=None)
        .select_related("subject", "property__redirects_to")
        .order_by("position", "pk")
    )
    parts: dict[int, list[tuple[str, Value]]] = {}
    for fact in facts:
        if fact.part_of_id:
            parts.setdefault(fact.part_of_id, []).append((_property_key(fact), fact.value()))
    for fact in facts:
        if not fact.part_of_id:
            value = replace(fact.value(), parts=tuple(parts.get(fact.pk, ())))
            yield PageFact(fact.subject.fragment, _property_key(fact), value)


def _property_key(fact: Fact) -> str:
    return fact.property.redirects_to.key if fact.property.redirects_to else fact.property.key


def _parse_statements(slots: DeferredSlots) -> list[PageFact]:
    """Parse the statements of a text that is not the current version of a page, by current declarations."""
    statements = []
    for statement in slots.statements:
        try:
            value = substitute_page_name_variables(statement.value, slots.full_title)
            statements.append((statement.fragment, key_of_property(statement.property), value))
        except TitleProblem:
            continue
    declarations = declarations_for({key for _, key, _ in statements})
    is_place = slots.place_title == slots.full_title
    version = VersionState(
        "", slots.full_title, is_place, slots.language, "", None, bool(slots.place_title) and not is_place
    )
    parsed = [
        (fragment, key, fact_columns.parse_value(raw, version, declarations[key]))
        for fragment, key, text in statements
        for raw in divide_values(text, declarations[key].separator)
    ]
    existing = fact_columns.existing_place_keys(value for _, _, value in parsed)
    return [
        PageFact(
            fragment, declarations[key].key,
            replace(value, canonical_value=value.place_key) if value.place_key in existing else value,
        )
        for fragment, key, value in parsed
    ]  # fmt: skip


def _find_duplicates(
    facts: Sequence[PageFact], declarations: dict[str, Declaration], scope: FactScope, slots: DeferredSlots
) -> dict[tuple[str, str], str]:
    """Find values of unique properties that other pages have too. No query where no property is unique."""
    values = {fact.value.canonical_value for fact in facts if declarations[fact.key].unique and fact.value.is_usable}
    if not values:
        return {}
    rows = {pk: key for key in declarations if declarations[key].unique for pk in scope.names.property_rows(key, 0)}
    others = scope.facts(rows).filter(
        Exists(scope.readable_pages().filter(pk=OuterRef("page"))),
        canonical_value__in=sorted(values)[:VALUES_LIMIT],
        part_of=None,
    )
    if slots.page is not None:
        others = others.exclude(page=slots.page)
    found = others.order_by("-added_at").values_list("property", "canonical_value", "page__full_title")[:VALUES_LIMIT]
    return {(rows[pk], value): title for pk, value, title in found}


def _with_parts(value: Value) -> Sequence[Value]:
    return (value, *(part for _, part in value.parts))


def _page_values(value: Value) -> set[str]:
    return {
        part.canonical_value
        for part in _with_parts(value)
        if part.canonical_value and part.datatype in (PAGE, "_wpp", "_wpc", "_wpu")
    }
