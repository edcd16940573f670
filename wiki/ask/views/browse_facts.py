"""Browse view: the facts of a page and its subobjects, and those of other pages that name it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from wiki.ask import property_usage
from wiki.ask.execution import runner
from wiki.ask.execution.fact_scope import FactScope
from wiki.ask.execution.results import PageRef
from wiki.ask.execution.subject_lookup import load_subjects_by_pk
from wiki.ask.formats.cells import PAGE, Cells
from wiki.ask.language.query_ast import Conjunction, Query
from wiki.ask.language.query_errors import AskProblem, message_for
from wiki.facts.datatypes import registry
from wiki.facts.datatypes.page_values import Page
from wiki.facts.models import Fact, Property
from wiki.facts.values import Context
from wiki.facts.values import Value as FactValue
from wiki.history.page_access import number_from
from wiki.pages import page_lookup
from wiki.pages.models import PageVersion, WikiPage
from wiki.pages.page_urls import address
from wiki.text import titles
from wiki.text.titles import TitleProblem

if TYPE_CHECKING:
    from wiki.pages.models import Reader

FACTS_PER_PAGE, INCOMING_PER_PAGE, PAGES_PER_PROPERTY = 200, 20, 10
"""Facts on one screen; properties by which pages name this one; pages of each of these properties."""
SUBJECTS_LIMIT = 3 * PAGES_PER_PROPERTY
"""Facts loaded for each of these properties: some belong to redirects, or to the same subject."""


@dataclass(slots=True)
class DisplayedValue:
    """One value as shown."""

    html: SafeString
    problem: str = ""
    note: str = ""
    search_text: str = ""


@dataclass(slots=True)
class PropertyFacts:
    """A property with its values."""

    key: str
    title: str
    label: str
    datatype: str
    values: list[DisplayedValue] = field(default_factory=list)


@dataclass(slots=True)
class SubjectFacts:
    """A page or a subobject of it, with its facts."""

    fragment: str
    properties: list[PropertyFacts] = field(default_factory=list)


@dataclass(slots=True)
class IncomingProperty:
    """The pages that name a page by one property."""

    title: str
    label: str
    pages: list[PageRef]
    has_more: bool


@require_safe
def browse(request: HttpRequest, title: str) -> HttpResponse:
    """Show the facts of a page, and those that name it. A missing page that nobody names is a 404."""
    title_part, _, fragment = title.partition("#")
    try:
        full_title = titles.clean_title(title_part)
        page = page_lookup.find(full_title, request.user)
    except TitleProblem as problem:
        raise Http404(str(problem)) from problem
    language = (get_language() or "fr")[:2]
    moment = _parse_moment(request, page, language)
    context: dict[str, Any] = {"full_title": full_title, "page": page, "fragment": fragment, **moment.context}
    if page is not None:
        context |= _own_facts(request, page, moment.facts, language)
    if not moment.is_past:
        context |= _incoming_facts(request, full_title, language)
    status = 200 if page is not None or context.get("incoming") else 404
    return render(request, "wiki/ask/browse.html", context, status=status)


@dataclass(slots=True)
class _FactsAsOf:
    """The moment of the facts shown, as a filter and as template context."""

    facts: Q = field(default_factory=lambda: Q(removed_in=None))
    context: dict[str, Any] = field(default_factory=dict)

    @property
    def is_past(self) -> bool:
        """Whether past facts are shown."""
        return bool(self.context.get("as_of") or self.context.get("version"))


def _parse_moment(request: HttpRequest, page: WikiPage | None, language: str) -> _FactsAsOf:
    """Parse the parameter `version` or `at`. An invalid date is ignored, with a message; a missing version is a 404."""
    number = number_from(request.GET.get("version"), 0)
    if page is not None and number:
        if not PageVersion.objects.readable_by(request.user).filter(page=page, number=number).exists():
            raise Http404(gettext("There is no such version."))
        valid_in_version = Q(added_in__lte=number) & (Q(removed_in=None) | Q(removed_in__gt=number))
        return _FactsAsOf(valid_in_version, {"version": number})
    given = request.GET.get("at", "")
    try:
        at = runner.parse_moment(Query(Conjunction(()), as_of=given, language=language))
    except AskProblem as problem:
        return _FactsAsOf(context={"given_date": given, "date_problem": message_for(problem)})
    if at is None:
        return _FactsAsOf()
    return _FactsAsOf(_valid_at(at), {"given_date": given, "as_of": at})


def _valid_at(at: datetime) -> Q:
    return Q(added_at__lte=at) & (Q(removed_at=None) | Q(removed_at__gt=at))


# --- Facts of the page ----------------------------------------------------------------------------
def _own_facts(request: HttpRequest, page: WikiPage, validity: Q, language: str) -> dict[str, Any]:
    """Return the template context of one screen of the page's facts, by subobject and property."""
    start = number_from(request.GET.get("from"), 0)
    rows = property_usage.current_facts(request.user, validity).filter(page=page, part_of=None)
    rows = rows.select_related("subject", "property__redirects_to")
    rows = rows.order_by("subject__fragment", "property__title", "property", "position", "pk")
    found = list(rows[start : start + FACTS_PER_PAGE + 1])
    next_offset = start + FACTS_PER_PAGE if len(found) > FACTS_PER_PAGE else 0
    subjects = _group_facts(found[:FACTS_PER_PAGE], request.user, page, language)
    return {"subjects": subjects, "next_offset": next_offset, "start": start}


def _group_facts(facts: list[Fact], user: Reader, page: WikiPage, language: str) -> list[SubjectFacts]:
    """Group facts by subobject and property, with a fixed number of queries."""
    values = property_usage.load_values(facts)
    cells = Cells(property_usage.result_without_rows(property_usage.find_named_pages(values.values(), user), language))
    declarations = property_usage.get_declarations({_main_property(fact.property).key for fact in facts})
    found: dict[str, dict[str, PropertyFacts]] = {}
    for fact in facts:
        main_property = _main_property(fact.property)
        declaration = declarations[main_property.key]
        by_property = found.setdefault(fact.subject.fragment, {})
        if main_property.key not in by_property:
            label = property_usage.property_label(declaration, language)
            by_property[main_property.key] = PropertyFacts(
                main_property.key,
                declaration.title,
                label,
                property_usage.property_datatype_name(declaration.datatype, language),
            )
        context = Context(language, declaration, page.full_title, _place_title(page))
        by_property[main_property.key].values.append(display_value(values[fact.pk], context, cells))
    subjects = [SubjectFacts(fragment, list(by_property.values())) for fragment, by_property in found.items()]
    for subject in subjects:
        subject.properties.sort(key=lambda line: (line.key.startswith("_"), titles.fold(line.label)))
    return subjects


def _main_property(row: Property) -> Property:
    return row.redirects_to or row


def _place_title(page: WikiPage) -> str:
    """Return the full title of the place in which titles are looked up first."""
    if page.is_place:
        return page.full_title
    return page.place.full_title if page.place else ""


def display_value(value: FactValue, context: Context, cells: Cells) -> DisplayedValue:
    """Prepare a value for the screen, with its problem, and a note where it is ambiguous."""
    if value.problem is not None:
        return DisplayedValue(escape(value.raw), problem=message_for(value.problem), search_text=value.raw)
    text = cells.value_text(value, context)
    note = ""
    if value.note == "ambiguous":
        note = gettext("“%(written)s” can be read in two ways. Here it means %(meant)s.") % {
            "written": value.raw[:60], "meant": text,
        }  # fmt: skip
    return DisplayedValue(_linked(value, context, cells), note=note, search_text=text)


def _linked(value: FactValue, context: Context, cells: Cells) -> SafeString:
    """Return the value, linked where possible: categories, properties, users and page kinds too."""
    text = cells.value_text(value, context)
    title_key, separator, fragment = value.canonical_value.partition("#")
    if value.datatype == "_kind":
        return format_html('<a href="{}?kind={}">{}</a>', reverse("all_pages"), value.canonical_value, text)
    if value.datatype == PAGE and separator and context.page and title_key == titles.key_of(context.page):
        return format_html('<a href="#{}">#{}</a>', fragment, fragment)
    if value.datatype == "_wpc":
        return format_html(
            '<a href="{}">{}</a>', address("page", value.canonical_value), titles.split_namespace(text)[1]
        )
    if value.datatype != PAGE and isinstance(registry.DATATYPES.get(value.datatype), Page):
        return format_html('<a href="{}">{}</a>', address("page", value.canonical_value), text)
    return cells.value_html(value, context)


# --- Facts that name the page ---------------------------------------------------------------------
def _incoming_facts(request: HttpRequest, full_title: str, language: str) -> dict[str, Any]:
    """Return the template context of the properties by which pages name this one, with some of these pages."""
    user = request.user
    key = titles.key_of(full_title)
    redirects = WikiPage.objects.readable_by(user).filter(redirect_key=key)
    values = [key, *redirects.values_list("title_key", flat=True)[:50]]
    start = number_from(request.GET.get("incoming"), 0)
    facts = property_usage.current_facts(user).filter(canonical_value__in=values, datatype="_wpg")
    naming_facts = facts.filter(property=OuterRef("pk")).order_by("subject")
    rows = Property.objects.filter(Exists(naming_facts)).annotate(
        gathered=property_usage.SubqueryAggregate(naming_facts.values("subject_id")[:SUBJECTS_LIMIT])
    )
    found = list(rows.order_by("title", "pk")[start : start + INCOMING_PER_PAGE + 1])
    shown_rows = found[:INCOMING_PER_PAGE]
    subjects = {row.pk: list(dict.fromkeys(map(int, row.gathered.split(",")))) for row in shown_rows}
    scope = FactScope(user)
    items = load_subjects_by_pk(scope, {subject for subject_pks in subjects.values() for subject in subject_pks})
    declarations = property_usage.get_declarations([row.key for row in shown_rows])
    incoming = []
    for row in shown_rows:
        declaration, subject_pks = declarations[row.key], subjects.get(row.pk, [])
        pages = [items[pk].to_page_ref() for pk in subject_pks[:PAGES_PER_PROPERTY] if pk in items]
        label = property_usage.property_label(declaration, language)
        if pages:
            has_more = len(subject_pks) > PAGES_PER_PROPERTY
            incoming.append(IncomingProperty(declaration.title, label, pages, has_more))
    return {
        "incoming": incoming,
        "next_incoming": start + INCOMING_PER_PAGE if len(found) > INCOMING_PER_PAGE else 0,
    }
