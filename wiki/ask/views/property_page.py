"""View of one property: its declaration, its usage, values, pages, and invalid values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from wiki.ask import property_usage
from wiki.ask.execution.fact_scope import FactScope
from wiki.ask.execution.sorting import COMPARED_BY_NUMBER
from wiki.ask.execution.subject_lookup import load_subjects_by_pk
from wiki.ask.execution.timeouts import statement_timeout
from wiki.ask.formats.cells import Cells
from wiki.ask.language.query_errors import AskProblem, message_for
from wiki.ask.views import value_charts
from wiki.ask.views.browse_facts import DisplayedValue, display_value
from wiki.ask.views.value_charts import ValueCount
from wiki.facts import property_declarations
from wiki.facts.datatypes import registry
from wiki.facts.datatypes.allowed_values import pattern_problem
from wiki.facts.datatypes.numbers import show_number
from wiki.facts.models import Fact, Property
from wiki.facts.values import Context, Declaration
from wiki.history.page_access import number_from
from wiki.text.titles import TitleProblem

if TYPE_CHECKING:
    from wiki.ask.execution.results import PageRef
    from wiki.pages.models import Reader

SAMPLE, VALUES, ROWS, INVALID_LIMIT = 5_000, 50, 50, 10
"""Facts whose values are counted; values, pages and invalid values on one screen."""


@dataclass(slots=True)
class PageWithValue:
    """A page with one value of the property."""

    subject: PageRef
    value: DisplayedValue
    pk: int


@require_safe
def property_screen(request: HttpRequest, title: str) -> HttpResponse:
    """Show a property; the status is 404 where no page uses it and none describes it."""
    try:
        key, row = property_usage.find_property(title)
    except TitleProblem as problem:
        raise Http404(str(problem)) from problem
    language = (get_language() or "fr")[:2]
    known = row is not None and property_usage.properties(request.user).filter(pk=row.pk).exists()
    declaration = property_usage.get_declarations([key])[key]
    context: dict[str, Any] = {
        "declaration": declaration,
        "label": property_usage.property_label(declaration, language),
        "is_special": key.startswith("_"),
        "row": row if known else None,
        "has_page": row is not None and bool(property_usage.keys_with_page([row], request.user)),
        "datatype": property_usage.property_datatype_name(declaration.datatype, language),
        "is_user_type": declaration.datatype in {kind.id for kind in registry.USER_TYPES},
        "about": declaration.descriptions.get(language, ""),
        "declaration_rows": declaration_rows(declaration, language),
        "pattern_problem": _pattern_problem(declaration),
    }
    if row is not None and known:
        context |= _usage_context(request, row, declaration, language)
    return render(request, "wiki/ask/property.html", context, status=200 if known else 404)


def _pattern_problem(declaration: Declaration) -> str:
    """Return why the declared pattern cannot be used, so that all values are allowed; "" for none or a valid one."""
    problem = pattern_problem(declaration.pattern) if declaration.pattern else None
    return message_for(problem) if problem is not None else ""


def declaration_rows(declaration: Declaration, language: str) -> list[tuple[str, list[str]]]:
    """Return the declaration without its datatype and links, as labels with texts."""
    units = [
        f"{unit.names[0]} ({', '.join(unit.names[1:])})" if unit.names[1:] else unit.names[0]
        for unit in declaration.units
        if unit.names
    ]
    factors = [f"1 {declaration.units[0].names[0]} = {show_number(unit.factor, language)} {unit.names[0]}"
               for unit in declaration.units[1:] if unit.names and declaration.units[0].names]  # fmt: skip
    rows = [
        (gettext("Allowed values"), list(declaration.allowed)),
        (gettext("Pattern of its values"), [declaration.pattern] if declaration.pattern else []),
        (gettext("Units"), [*units[:1], *factors]),
        (gettext("Shown in"), list(declaration.display_units)),
        (gettext("Decimals shown"), [str(declaration.precision)] if declaration.precision is not None else []),
        (gettext("Unique"), [gettext("No two pages have the same value.")] if declaration.unique else []),
        (gettext("Several values are separated by"), [declaration.separator] if declaration.separator else []),
        (gettext("Called"), [f"{text} ({code})" for code, text in sorted(declaration.labels.items())]),
    ]
    return [(label, texts) for label, texts in rows if texts]


def _usage_context(request: HttpRequest, row: Property, declaration: Declaration, language: str) -> dict[str, Any]:
    """Return the template context of the property's usage: counts, values, pages, invalid values."""
    group = property_declarations.property_and_synonym_ids(row.key)
    facts = property_usage.current_facts(request.user).filter(property__in=group)
    usable = facts.filter(problem__isnull=True)
    uses = property_usage.count_uses([row], request.user)[row.pk]
    context: dict[str, Any] = {
        "uses": uses,
        "has_more": uses > property_usage.USES_LIMIT,
        "other_names": list(row.other_names.order_by("title").values_list("title", flat=True)[:20]),
    }
    try:
        with statement_timeout():
            context |= _values_context(usable, declaration, language)
            context |= _pages_context(request, usable, declaration, language)
            invalid = list(facts.filter(problem__isnull=False).order_by("-pk")[: INVALID_LIMIT + 1])
    except AskProblem:
        return context | {"is_slow": True}
    cells = Cells(property_usage.result_without_rows({}, language))
    context["invalid_values"] = pages_with_values(
        invalid[:INVALID_LIMIT], request.user, {row.pk: declaration for row in _rows(group)}, cells
    )
    return context | {"has_more_invalid": len(invalid) > INVALID_LIMIT}


def _rows(group: list[int]) -> QuerySet[Property]:
    return Property.objects.filter(pk__in=group)


def _values_context(usable: QuerySet[Fact], declaration: Declaration, language: str) -> dict[str, Any]:
    """Count the values of the latest facts for the template context, with their chart."""
    counts: dict[tuple[str, str], list[int]] = {}
    numbers = []
    sample = list(usable.order_by("-pk").values_list("pk", "datatype", "canonical_value", "number")[:SAMPLE])
    for pk, datatype, canonical_value, number in sample:
        counts.setdefault((datatype, canonical_value), []).append(pk)
        if number is not None:
            numbers.append(number)
    most_frequent = sorted(counts.values(), key=lambda pks: -len(pks))[:VALUES]
    facts = Fact.objects.in_bulk([pks[0] for pks in most_frequent])
    values = property_usage.load_values(facts.values())
    context = Context(language, declaration)
    cells = Cells(property_usage.result_without_rows({}, language))
    counted = [ValueCount(cells.value_text(values[pks[0]], context), len(pks)) for pks in most_frequent]
    chart = value_charts.chart(counted, numbers, declaration.datatype, declaration.title, language)
    return {
        "values": counted,
        "has_more_values": len(counts) > VALUES,
        "is_sample": len(sample) == SAMPLE,
        "chart": chart,
    }


def _pages_context(
    request: HttpRequest, usable: QuerySet[Fact], declaration: Declaration, language: str
) -> dict[str, Any]:
    """Return one screen of pages in the order of values; `after` is the primary key of the last fact shown."""
    column = "number" if declaration.datatype in COMPARED_BY_NUMBER else "canonical_value"
    last = usable.filter(pk=number_from(request.GET.get("after"), 0)).values_list(column, "subject", "pk").first()
    rows = usable.order_by(column, "subject", "pk")
    if last is not None and last[0] is not None:
        value, subject, pk = last
        later = Q(**{f"{column}__gt": value}) | Q(**{column: value, "subject__gt": subject})
        rows = rows.filter(later | Q(**{column: value, "subject": subject, "pk__gt": pk}), **{f"{column}__gte": value})
    found = list(rows[: ROWS + 1])
    values = property_usage.load_values(found[:ROWS])
    pages = property_usage.find_named_pages(values.values(), request.user)
    cells = Cells(property_usage.result_without_rows(pages, language))
    declarations = dict.fromkeys({fact.property_id for fact in found}, declaration)
    shown_pages = pages_with_values(found[:ROWS], request.user, declarations, cells)
    return {
        "lines": shown_pages,
        "next_after": found[ROWS - 1].pk if len(found) > ROWS else 0,
        "is_continued": last is not None,
    }


def pages_with_values(
    facts: list[Fact], user: Reader, declarations: dict[int, Declaration], cells: Cells
) -> list[PageWithValue]:
    """Return facts with their subjects, where these are readable. A fixed number of queries."""
    values = property_usage.load_values(facts)
    items = load_subjects_by_pk(FactScope(user), {fact.subject_id for fact in facts})
    language = cells.result.language
    found = []
    for fact in facts:
        item = items.get(fact.subject_id)
        if item is not None:
            context = Context(language, declarations[fact.property_id], item.full_title)
            found.append(PageWithValue(item.to_page_ref(), display_value(values[fact.pk], context, cells), fact.pk))
    return found
