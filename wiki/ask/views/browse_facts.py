"""Browse: all that is known of a page: what it says, what its parts say, and what other pages say of it."""

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
from wiki.facts.values import Value as Said
from wiki.history.page_access import number_from
from wiki.pages import page_lookup
from wiki.pages.models import PageVersion, WikiPage
from wiki.pages.page_urls import address
from wiki.text import titles
from wiki.text.titles import TitleProblem

if TYPE_CHECKING:
    from wiki.pages.models import Reader

FACTS_PER_PAGE, INCOMING_PER_PAGE, PAGES_PER_PROPERTY = 200, 20, 10
"""Facts on one screen; properties by which pages name this one; pages of each of these."""
SUBJECTS_LIMIT = 3 * PAGES_PER_PROPERTY
"""Facts that are read of each of these properties: some are of redirects, or of one subject."""


@dataclass(slots=True)
class DisplayedValue:
    """One value as it stands on the screen."""

    html: SafeString
    problem: str = ""
    note: str = ""
    search_text: str = ""


@dataclass(slots=True)
class PropertyFacts:
    """A property with what is said by it."""

    key: str
    title: str
    label: str
    datatype: str
    values: list[DisplayedValue] = field(default_factory=list)


@dataclass(slots=True)
class SubjectFacts:
    """A page or a part of it, with its facts."""

    fragment: str
    lines: list[PropertyFacts] = field(default_factory=list)


@dataclass(slots=True)
class IncomingProperty:
    """The pages that name a page by one property."""

    title: str
    label: str
    pages: list[PageRef]
    has_more: bool


@require_safe
def browse(request: HttpRequest, title: str) -> HttpResponse:
    """The facts of a page, and those that name it. One that nobody wrote may still be named: 404 where it is not."""
    written, _, fragment = title.partition("#")
    try:
        full_title = titles.clean_title(written)
        page = page_lookup.find(full_title, request.user)
    except TitleProblem as problem:
        raise Http404(str(problem)) from problem
    language = (get_language() or "fr")[:2]
    moment = _moment(request, page, language)
    context: dict[str, Any] = {"full_title": full_title, "page": page, "fragment": fragment, **moment.words}
    if page is not None:
        context |= _own(request, page, moment.facts, language)
    if not moment.is_past:
        context |= _others(request, full_title, language)
    status = 200 if page is not None or context.get("incoming") else 404
    return render(request, "wiki/ask/browse.html", context, status=status)


@dataclass(slots=True)
class _FactsAsOf:
    """Which facts are looked at, and how the screen says so."""

    facts: Q = field(default_factory=lambda: Q(removed_in=None))
    words: dict[str, Any] = field(default_factory=dict)

    @property
    def is_past(self) -> bool:
        """Whether other facts than today's are looked at."""
        return bool(self.words.get("at") or self.words.get("version"))


def _moment(request: HttpRequest, page: WikiPage | None, language: str) -> _FactsAsOf:
    """The version that `version` names, or the day that `at` does. One that cannot be read is passed over, and said."""
    number = number_from(request.GET.get("version"), 0)
    if page is not None and number:
        if not PageVersion.objects.readable_by(request.user).filter(page=page, number=number).exists():
            raise Http404(gettext("There is no such version."))
        alive = Q(added_in__lte=number) & (Q(removed_in=None) | Q(removed_in__gt=number))
        return _FactsAsOf(alive, {"version": number})
    written = request.GET.get("at", "")
    try:
        at = runner.parse_moment(Query(Conjunction(()), as_of=written, language=language))
    except AskProblem as problem:
        return _FactsAsOf(words={"written": written, "wrong": message_for(problem)})
    if at is None:
        return _FactsAsOf()
    return _FactsAsOf(_at(at), {"written": written, "at": at})


def _at(at: datetime) -> Q:
    return Q(added_at__lte=at) & (Q(removed_at=None) | Q(removed_at__gt=at))


# --- What the page says ---------------------------------------------------------------------------
def _own(request: HttpRequest, page: WikiPage, alive: Q, language: str) -> dict[str, Any]:
    """A screenful of the page's facts, by part and property."""
    start = number_from(request.GET.get("from"), 0)
    rows = property_usage.current_facts(request.user, alive).filter(page=page, part_of=None)
    rows = rows.select_related("subject", "property__redirects_to")
    rows = rows.order_by("subject__fragment", "property__title", "property", "position", "pk")
    found = list(rows[start : start + FACTS_PER_PAGE + 1])
    following = start + FACTS_PER_PAGE if len(found) > FACTS_PER_PAGE else 0
    parts = _parts(found[:FACTS_PER_PAGE], request.user, page, language)
    return {"parts": parts, "following": following, "start": start}


def _parts(facts: list[Fact], user: Reader, page: WikiPage, language: str) -> list[SubjectFacts]:
    """The facts as parts and lines; queries for all of them together."""
    values = property_usage.load_values(facts)
    cells = Cells(property_usage.result_without_rows(property_usage.find_named_pages(values.values(), user), language))
    declared = property_usage.get_declarations({_main(fact.property).key for fact in facts})
    found: dict[str, dict[str, PropertyFacts]] = {}
    for fact in facts:
        own = _main(fact.property)
        declaration = declared[own.key]
        lines = found.setdefault(fact.subject.fragment, {})
        if own.key not in lines:
            label = property_usage.property_label(declaration, language)
            lines[own.key] = PropertyFacts(
                own.key, declaration.title, label, property_usage.property_datatype_name(declaration.datatype, language)
            )
        context = Context(language, declaration, page.full_title, _home(page))
        lines[own.key].values.append(display_value(values[fact.pk], context, cells))
    parts = [SubjectFacts(fragment, list(lines.values())) for fragment, lines in found.items()]
    for part in parts:
        part.lines.sort(key=lambda line: (line.key.startswith("_"), titles.fold(line.label)))
    return parts


def _main(row: Property) -> Property:
    return row.redirects_to or row


def _home(page: WikiPage) -> str:
    """The place whose pages titles mean first."""
    if page.is_place:
        return page.full_title
    return page.place.full_title if page.place else ""


def display_value(value: Said, context: Context, cells: Cells) -> DisplayedValue:
    """A value as it stands on a screen, with what is wrong with it and whether it could be read otherwise."""
    if value.problem is not None:
        return DisplayedValue(escape(value.raw), problem=message_for(value.problem), search_text=value.raw)
    words = cells.value_text(value, context)
    note = ""
    if value.note == "ambiguous":
        note = gettext("“%(written)s” can be read in two ways. Here it means %(meant)s.") % {
            "written": value.raw[:60], "meant": words,
        }  # fmt: skip
    return DisplayedValue(_linked(value, context, cells), note=note, search_text=words)


def _linked(value: Said, context: Context, cells: Cells) -> SafeString:
    """The value with a link where it leads somewhere: categories, properties, people and kinds of page too."""
    words = cells.value_text(value, context)
    head, mark, fragment = value.canonical_value.partition("#")
    if value.datatype == "_kind":
        return format_html('<a href="{}?kind={}">{}</a>', reverse("all_pages"), value.canonical_value, words)
    if value.datatype == PAGE and mark and context.page and head == titles.key_of(context.page):
        return format_html('<a href="#{}">#{}</a>', fragment, fragment)
    if value.datatype == "_wpc":
        return format_html(
            '<a href="{}">{}</a>', address("page", value.canonical_value), titles.split_namespace(words)[1]
        )
    if value.datatype != PAGE and isinstance(registry.DATATYPES.get(value.datatype), Page):
        return format_html('<a href="{}">{}</a>', address("page", value.canonical_value), words)
    return cells.value_html(value, context)


# --- What names the page --------------------------------------------------------------------------
def _others(request: HttpRequest, full_title: str, language: str) -> dict[str, Any]:
    """The properties by which pages name this one, some of these pages for each."""
    user = request.user
    key = titles.key_of(full_title)
    words = [key, *WikiPage.objects.readable_by(user).filter(redirect_key=key).values_list("title_key", flat=True)[:50]]
    start = number_from(request.GET.get("incoming"), 0)
    naming = property_usage.current_facts(user).filter(canonical_value__in=words, datatype="_wpg")
    own = naming.filter(property=OuterRef("pk")).order_by("subject")
    rows = Property.objects.filter(Exists(own)).annotate(
        gathered=property_usage.SubqueryAggregate(own.values("subject_id")[:SUBJECTS_LIMIT])
    )
    found = list(rows.order_by("title", "pk")[start : start + INCOMING_PER_PAGE + 1])
    some = found[:INCOMING_PER_PAGE]
    subjects = {row.pk: list(dict.fromkeys(map(int, row.gathered.split(",")))) for row in some}
    ground = FactScope(user)
    items = load_subjects_by_pk(ground, {subject for several in subjects.values() for subject in several})
    declared = property_usage.get_declarations([row.key for row in some])
    incoming = []
    for row in some:
        declaration, several = declared[row.key], subjects.get(row.pk, [])
        pages = [items[pk].to_page_ref() for pk in several[:PAGES_PER_PROPERTY] if pk in items]
        label = property_usage.property_label(declaration, language)
        incoming += (
            [IncomingProperty(declaration.title, label, pages, len(several) > PAGES_PER_PROPERTY)] if pages else []
        )
    return {
        "incoming": incoming,
        "incoming_following": start + INCOMING_PER_PAGE if len(found) > INCOMING_PER_PAGE else 0,
    }
