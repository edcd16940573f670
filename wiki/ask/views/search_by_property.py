"""Views of facts across the wiki: search by property, concepts, invalid values."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db.models import F, Q, QuerySet
from django.db.models.lookups import GreaterThanOrEqual, LessThan
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from wiki.accounts import rate_limits
from wiki.ask import property_usage
from wiki.ask.execution import runner
from wiki.ask.execution.collation_functions import FoldedTextPrefix
from wiki.ask.execution.compiler import QueryCompiler
from wiki.ask.execution.timeouts import TIMEOUT_SECONDS, statement_timeout
from wiki.ask.formats.cells import Cells
from wiki.ask.language import query_errors
from wiki.ask.language.query_ast import AnyValue, ChainLink, Compare, HasValue, InConcept, Printout, Query, Sort
from wiki.ask.language.query_errors import AskProblem
from wiki.ask.views.property_page import PageWithValue, pages_with_values
from wiki.errors import gettext_noop
from wiki.facts import property_declarations
from wiki.facts.datatypes import registry
from wiki.facts.models import FOLDED_PREFIX, Fact
from wiki.facts.values import Context, Declaration
from wiki.history.page_access import number_from
from wiki.pages.models import RenderedPage, WikiPage
from wiki.text import titles
from wiki.text.titles import CONCEPT, TitleProblem

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from wiki.ask.execution.results import PageRef
    from wiki.pages.models import Reader

ROWS, NEARBY_LIMIT, CONCEPTS = 50, 10, 20
LATEST_PAGES = 300
"""Number of pages, the last changed ones, whose problems are listed."""
PER_MINUTE = 120
"""Searches per minute from one client address."""
COMPARATORS = (
    ("", gettext_noop("is")),
    ("in", gettext_noop("contains")),
    (">", gettext_noop("is at least")),
    ("<", gettext_noop("is at most")),
    ("!", gettext_noop("is something else than")),
    ("~", gettext_noop("looks like (* and ?)")),
)
"""Comparators of the search, with their names on the screen."""
MAX_OFFSET = 10_000


def _language() -> str:
    return (get_language() or "fr")[:2]


# --- Search by property ---------------------------------------------------------------------------
@dataclass(slots=True)
class PropertyMatch:
    """A page in the results, with its values of the property."""

    subject: PageRef
    values: list[SafeString]


@require_safe
def search_by_property(request: HttpRequest) -> HttpResponse:
    """Find the pages that have a property, or a value of it; with nearby values where there are few results."""
    name, value = request.GET.get("property", "").strip()[:300], request.GET.get("value", "").strip()[:1000]
    given = request.GET.get("comparator", "")
    comparator = given if given in dict(COMPARATORS) else ""
    context: dict[str, Any] = {"name": name, "value": value, "comparator": comparator, "comparators": COMPARATORS}
    status = 200
    if name:
        rate_limits.count_against_limit(f"facts:{rate_limits.address_hash(request)}", PER_MINUTE, rate_limits.MINUTE)
        try:
            context |= _result_context(request, name, comparator, value)
        except (AskProblem, TitleProblem) as problem:
            context["problem"], status = query_errors.message_for(problem), 422
    return render(request, "wiki/ask/search_by_property.html", context, status=status)


def _result_context(request: HttpRequest, name: str, comparator: str, value: str) -> dict[str, Any]:
    """Return the template context of the results. Raises AskProblem, TitleProblem."""
    language, user = _language(), request.user
    key, _ = property_usage.find_property(name)
    declaration = property_usage.get_declarations([key])[key]
    start = min(number_from(request.GET.get("from"), 0), MAX_OFFSET)
    chain = (ChainLink(declaration.title),)
    compare = Compare("~", f"*{value}*") if comparator == "in" else Compare(comparator, value)
    query = Query(HasValue(chain, (compare if value else AnyValue(),)), language=language, limit=ROWS)
    query.printouts, query.offset = [Printout(chain, "")], start
    query.sort = [] if declaration.datatype == "_geo" else [Sort(chain)]
    result = runner.run(query, user, language)
    if result.problems:
        raise AskProblem(result.problems[0].code, result.problems[0].params)
    cells = Cells(result)
    matches = [PropertyMatch(row.subject, cells.html(row, 0)) for row in result.rows]
    context: dict[str, Any] = {
        "label": property_usage.property_label(declaration, language),
        "declaration": declaration,
        "matches": matches,
        "next_offset": start + ROWS if result.has_more else 0,
        "start": start,
    }
    if value and not comparator and not start and len(matches) < NEARBY_LIMIT:
        context["nearby_pages"] = _nearby_pages(user, key, declaration, value, language)
    return context


def _nearby_pages(user: Reader, key: str, declaration: Declaration, text: str, language: str) -> list[PageWithValue]:
    """Return the pages with the values before and after: nearest numbers and dates, or texts in their order."""
    value = registry.parse(text, Context(language, declaration))
    usable = property_usage.current_facts(user).filter(
        property__in=property_declarations.property_and_synonym_ids(key), problem__isnull=True
    )
    if value.problem is not None:
        return []
    if value.number is not None:
        after, before = Q(number__gt=value.number), Q(number__lt=value.number)
        found = _facts_on_both_sides(usable, after, before, "number")
    elif value.folded_text:
        start, column = value.folded_text[:FOLDED_PREFIX], FoldedTextPrefix()
        after, before = Q(GreaterThanOrEqual(column, start)), Q(LessThan(column, start))
        found = _facts_on_both_sides(
            usable.exclude(canonical_value=value.canonical_value).annotate(start=column), after, before, "start"
        )
    else:
        return []
    pages = property_usage.find_named_pages(property_usage.load_values(found).values(), user)
    cells = Cells(property_usage.result_without_rows(pages, language))
    return pages_with_values(found, user, {fact.property_id: declaration for fact in found}, cells)


def _facts_on_both_sides(facts: QuerySet[Fact], after: Q, before: Q, column: str) -> list[Fact]:
    """Return the facts on both sides of a value, in order."""
    earlier = list(facts.filter(before).order_by(F(column).desc(), "subject")[:NEARBY_LIMIT])
    return [*reversed(earlier), *facts.filter(after).order_by(F(column).asc(), "subject")[:NEARBY_LIMIT]]


# --- Concepts -------------------------------------------------------------------------------------
@dataclass(slots=True)
class Concept:
    """A concept with the number of its pages; None where they were not counted."""

    page: WikiPage
    name: str
    count: int | None = None
    problem: str = ""

    @property
    def has_more(self) -> bool:
        """Whether there are more pages than were counted."""
        return self.count is not None and self.count > property_usage.USES_LIMIT


@require_safe
def concepts(request: HttpRequest) -> HttpResponse:
    """List the concepts: queries with a name, as pages of the namespace Concept."""
    rows = WikiPage.objects.readable_by(request.user).filter(namespace=CONCEPT, redirect_key="")
    pages = Paginator(rows.order_by("title_fold", "pk"), CONCEPTS).get_page(request.GET.get("p"))
    deadline = time.monotonic() + TIMEOUT_SECONDS
    counted = [_count_pages(page, request.user, deadline) for page in pages.object_list]
    pages.object_list = counted
    return render(request, "wiki/ask/concepts.html", {"pages": pages})


def _count_pages(page: WikiPage, user: Reader, deadline: float) -> Concept:
    """Count the pages of a concept, if there is time left."""
    concept = Concept(page, titles.split_namespace(page.full_title)[1])
    seconds_left = deadline - time.monotonic()
    if seconds_left <= 0:
        return concept
    try:
        with statement_timeout(seconds_left):
            subjects = QueryCompiler(Query(InConcept(concept.name)), user, None).subjects()
            concept.count = subjects[: property_usage.USES_LIMIT + 1].count()
    except AskProblem as problem:
        concept.problem = "" if problem.code == "ask_too_slow" else query_errors.message_for(problem)
    return concept


# --- Invalid values -------------------------------------------------------------------------------
@dataclass(slots=True)
class InvalidValue:
    """An invalid value, with its property."""

    line: PageWithValue
    title: str
    label: str


def _pages_with_problems(user: Reader, language: str) -> list[tuple[WikiPage, list[dict[str, Any]]]]:
    """Return those of the last changed pages whose text has problems, with these problems. Two queries."""
    latest = {page.pk: page for page in WikiPage.objects.readable_by(user).order_by("-edited_at", "-pk")[:LATEST_PAGES]}
    rows = RenderedPage.objects.filter(page__in=list(latest), ui_language=language).exclude(problems=[])
    by_page = {pk: found for pk, found in rows.values_list("page", "problems") if found}
    return [(page, by_page[pk]) for pk, page in latest.items() if pk in by_page]


@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    """List the values that could not be parsed or are not allowed, latest first; of one property if named."""
    language, user = _language(), request.user
    rows = (
        property_usage.current_facts(user)
        .filter(problem__isnull=False, part_of=None)
        .select_related("property__redirects_to")
    )
    context: dict[str, Any] = {}
    if name := request.GET.get("property", "").strip()[:300]:
        try:
            key, _ = property_usage.find_property(name)
        except TitleProblem:
            key, rows = name, rows.none()
        rows = rows.filter(property__in=property_declarations.property_and_synonym_ids(key))
        context["name"] = name
    if before := number_from(request.GET.get("before"), 0):
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: ROWS + 1])
    keys = {fact.property_id: (fact.property.redirects_to or fact.property).key for fact in found}
    declarations = property_usage.get_declarations(set(keys.values()))
    by_property = {pk: declarations[key] for pk, key in keys.items()}
    lines = pages_with_values(found[:ROWS], user, by_property, Cells(property_usage.result_without_rows({}, language)))
    declaration_of = {fact.pk: by_property[fact.property_id] for fact in found}
    context["invalid_values"] = [
        InvalidValue(
            line, declaration_of[line.pk].title, property_usage.property_label(declaration_of[line.pk], language)
        )
        for line in lines
    ]
    context |= {"next_before": found[ROWS - 1].pk if len(found) > ROWS else 0, "is_continued": bool(before)}
    if not before and not name:
        context["pages_with_problems"] = _pages_with_problems(user, language)
    return render(request, "wiki/ask/problems.html", context)
