"""Autocompletion as JSON: names of properties, kinds and categories, pages, communes, and values of a property."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.db.models.lookups import GreaterThanOrEqual, LessThan
from django.http import HttpRequest, JsonResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from wiki.accounts import rate_limits
from wiki.ask import property_usage
from wiki.ask.execution.collation_functions import FoldedTextPrefix
from wiki.ask.execution.condition_sql import LAST_CHARACTER
from wiki.ask.execution.timeouts import statement_timeout
from wiki.ask.formats.cells import Cells
from wiki.ask.language.query_errors import AskProblem
from wiki.ask.views.property_index import list_properties
from wiki.facts import property_declarations
from wiki.facts.models import FOLDED_PREFIX, Fact
from wiki.facts.values import Context
from wiki.geography.communes import find_communes
from wiki.pages.models import Kind, WikiPage
from wiki.text import titles
from wiki.text.titles import TitleProblem

if TYPE_CHECKING:
    from wiki.pages.models import Reader

SUGGESTIONS_LIMIT, FACTS_LIMIT = 10, 300
"""Suggestions in one response; facts among which values of a property are searched."""
LATEST_FACTS = 5_000
"""Number of latest facts whose values are searched for words inside them."""
SECONDS = 0.5
Suggestion = dict[str, str]


@require_safe
def complete(request: HttpRequest) -> JsonResponse:
    """Return suggestions for `q`, of the type `kind`; `property` for values. An empty list after a timeout."""
    rate_limits.limit_completions(request)
    suggest = SUGGESTERS.get(request.GET.get("kind", ""))
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    language = (get_language() or "fr")[:2]
    found: list[Suggestion] = []
    if suggest is not None:
        try:
            with statement_timeout(SECONDS):
                found = suggest(request.user, text, language, request.GET.get("property", "")[:300])[:SUGGESTIONS_LIMIT]
        except (AskProblem, TitleProblem):
            found = []
    response = JsonResponse({"suggestions": found})
    response["X-Robots-Tag"] = "noindex"
    return response


def _sort_suggestions(found: Iterable[Suggestion], text: str) -> list[Suggestion]:
    """Sort suggestions that begin with the words before others, without duplicates."""
    start = titles.fold(text)
    unique = {suggestion["value"]: suggestion for suggestion in found}
    return sorted(unique.values(), key=lambda suggestion: not titles.fold(suggestion["value"]).startswith(start))


def _suggest_properties(user: Reader, text: str, language: str, property_name: str = "") -> list[Suggestion]:
    """Suggest properties that are used or declared, by the names used in queries; a label is a note."""
    found = []
    for item in list_properties(property_usage.properties(user), language, text):
        label = "" if item.label == item.name else item.label
        found.append({"value": item.name, "note": " · ".join(filter(None, [label, item.datatype]))})
    return _sort_suggestions(found, text)


def _suggest_categories(user: Reader, text: str, language: str, property_name: str = "") -> list[Suggestion]:
    """Suggest page kinds, then categories that pages are in."""
    start = titles.fold(text)
    kinds = [kind.name for kind in Kind.objects.all() if start in titles.fold(" ".join(_kind_names(kind)))]
    categories = [
        suggestion["value"].partition(":")[2] for suggestion in _suggest_values(user, text, language, "_INST")
    ]
    return [{"value": name, "note": ""} for name in dict.fromkeys([*kinds, *categories]) if name]


def _kind_names(kind: Kind) -> tuple[str, ...]:
    return kind.name_fr, kind.name_en, kind.plural_fr, kind.plural_en


def _suggest_pages(user: Reader, text: str, language: str, property_name: str = "") -> list[Suggestion]:
    """Suggest pages by the beginning of their titles, then by words in them."""
    rows: QuerySet[WikiPage] = WikiPage.objects.readable_by(user).order_by("title_fold", "pk")
    fold = titles.fold(text)
    found = list(rows.filter(title_fold__startswith=fold).values_list("full_title", flat=True)[:SUGGESTIONS_LIMIT])
    if len(found) < SUGGESTIONS_LIMIT and len(fold) > 2:
        for word in fold.split()[:5]:
            rows = rows.filter(title_fold__contains=word)
        found += rows.values_list("full_title", flat=True)[:SUGGESTIONS_LIMIT]
    return [{"value": title, "note": ""} for title in dict.fromkeys(found)]


def _suggest_values(user: Reader, text: str, language: str, property_name: str) -> list[Suggestion]:
    """Suggest values of a property: those that begin with the words, then those that contain them.

    Raises TitleProblem.
    """
    key, _ = property_usage.find_property(property_name)
    declaration = property_usage.get_declarations([key])[key]
    facts = property_usage.current_facts(user).filter(
        property__in=property_declarations.property_and_synonym_ids(key), problem__isnull=True
    )
    start = titles.fold(text)
    found = _first_values(_facts_beginning(facts, start[:FOLDED_PREFIX]))
    if len(found) < SUGGESTIONS_LIMIT and start:
        latest = facts.order_by("-pk").values("pk")[:LATEST_FACTS]
        found |= _first_values(Fact.objects.filter(pk__in=latest, folded_text__contains=start).order_by("-pk"))
    cells, context = Cells(property_usage.result_without_rows({}, language)), Context(language, declaration)
    texts = (cells.value_text(fact.value(), context) for fact in found.values())
    return _sort_suggestions(
        ({"value": value, "note": ""} for value in texts if len(value) <= 200 and "\n" not in value), text
    )


def _suggest_communes(user: Reader, text: str, language: str, property_name: str = "") -> list[Suggestion]:
    """Suggest communes by the beginning of their names, with the number of the département."""
    found = find_communes(text, SUGGESTIONS_LIMIT)
    return [{"value": f"{commune.name} ({commune.department_code})", "note": commune.department} for commune in found]


def _facts_beginning(facts: QuerySet[Fact], start: str) -> QuerySet[Fact]:
    """Return the facts whose folded text begins with `start`, in order, by the index."""
    if not start:
        return facts.order_by(FoldedTextPrefix(), "subject")
    lower, upper = GreaterThanOrEqual(FoldedTextPrefix(), start), LessThan(FoldedTextPrefix(), start + LAST_CHARACTER)
    return facts.filter(lower, upper).order_by(FoldedTextPrefix(), "subject")


def _first_values(facts: QuerySet[Fact]) -> dict[tuple[str, str], Fact]:
    """Return the facts with the first different values."""
    found: dict[tuple[str, str], Fact] = {}
    for fact in facts[:FACTS_LIMIT]:
        found.setdefault((fact.datatype, fact.canonical_value), fact)
        if len(found) == SUGGESTIONS_LIMIT:
            break
    return found


SUGGESTERS: Mapping[str, Callable[[Reader, str, str, str], list[Suggestion]]] = {
    "property": _suggest_properties,
    "category": _suggest_categories,
    "page": _suggest_pages,
    "value": _suggest_values,
    "commune": _suggest_communes,
}
