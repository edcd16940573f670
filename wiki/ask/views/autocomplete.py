"""What can be typed next: names of properties, kinds and categories, pages, and values of a property, as JSON."""

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
from wiki.pages.models import Kind, WikiPage
from wiki.text import titles
from wiki.text.titles import TitleProblem

if TYPE_CHECKING:
    from wiki.pages.models import Reader

SUGGESTIONS_LIMIT, FACTS_LIMIT = 10, 300
"""Suggestions of one answer; facts among which the values of a property are looked for."""
LATEST_FACTS = 5_000
"""Facts, the latest ones, in which words are looked for within values."""
SECONDS = 0.5
PER_MINUTE = 300
Suggestion = dict[str, str]


@require_safe
def complete(request: HttpRequest) -> JsonResponse:
    """Suggestions for `q`, of the kind that `kind` names; `property` for values. None rather than late ones."""
    rate_limits.count_against_limit(f"complete:{rate_limits.address_hash(request)}", PER_MINUTE, rate_limits.MINUTE)
    ask = SUGGESTERS.get(request.GET.get("kind", ""))
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    language = (get_language() or "fr")[:2]
    found: list[Suggestion] = []
    if ask is not None:
        try:
            with statement_timeout(SECONDS):
                found = ask(request.user, words, language, request.GET.get("property", "")[:300])[:SUGGESTIONS_LIMIT]
        except (AskProblem, TitleProblem):
            found = []
    answer = JsonResponse({"suggestions": found})
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _best(found: Iterable[Suggestion], words: str) -> list[Suggestion]:
    """What begins with the words before what only holds them; each once."""
    start = titles.fold(words)
    once = {one["value"]: one for one in found}
    return sorted(once.values(), key=lambda one: not titles.fold(one["value"]).startswith(start))


def _properties(user: Reader, words: str, language: str, of: str = "") -> list[Suggestion]:
    """Properties that are used or declared, by the names that questions know; a label is told beside."""
    found = []
    for line in list_properties(property_usage.properties(user), language, words):
        label = "" if line.label == line.name else line.label
        found.append({"value": line.name, "note": " · ".join(filter(None, [label, line.datatype]))})
    return _best(found, words)


def _categories(user: Reader, words: str, language: str, of: str = "") -> list[Suggestion]:
    """Kinds of page, then categories that pages stand in."""
    start = titles.fold(words)
    kinds = [kind.name for kind in Kind.objects.all() if start in titles.fold(" ".join(_names(kind)))]
    named = [one["value"].partition(":")[2] for one in _values(user, words, language, "_INST")]
    return [{"value": name, "note": ""} for name in dict.fromkeys([*kinds, *named]) if name]


def _names(kind: Kind) -> tuple[str, ...]:
    return kind.name_fr, kind.name_en, kind.plural_fr, kind.plural_en


def _pages(user: Reader, words: str, language: str, of: str = "") -> list[Suggestion]:
    """Pages by the beginning of their titles, then by words in them."""
    rows: QuerySet[WikiPage] = WikiPage.objects.readable_by(user).order_by("title_fold", "pk")
    fold = titles.fold(words)
    found = list(rows.filter(title_fold__startswith=fold).values_list("full_title", flat=True)[:SUGGESTIONS_LIMIT])
    if len(found) < SUGGESTIONS_LIMIT and len(fold) > 2:
        for word in fold.split()[:5]:
            rows = rows.filter(title_fold__contains=word)
        found += rows.values_list("full_title", flat=True)[:SUGGESTIONS_LIMIT]
    return [{"value": title, "note": ""} for title in dict.fromkeys(found)]


def _values(user: Reader, words: str, language: str, of: str) -> list[Suggestion]:
    """Values of a property: those that begin with the words, then those that hold them. Raises TitleProblem."""
    key, _ = property_usage.find_property(of)
    declaration = property_usage.get_declarations([key])[key]
    facts = property_usage.current_facts(user).filter(
        property__in=property_declarations.property_and_synonym_ids(key), problem__isnull=True
    )
    start = titles.fold(words)
    found = _some(_beginning(facts, start[:FOLDED_PREFIX]))
    if len(found) < SUGGESTIONS_LIMIT and start:
        latest = facts.order_by("-pk").values("pk")[:LATEST_FACTS]
        found |= _some(Fact.objects.filter(pk__in=latest, fold__contains=start).order_by("-pk"))
    cells, context = Cells(property_usage.result_without_rows({}, language)), Context(language, declaration)
    shown = (cells.value_text(fact.value(), context) for fact in found.values())
    return _best(({"value": value, "note": ""} for value in shown if len(value) <= 200 and "\n" not in value), words)


def _beginning(facts: QuerySet[Fact], start: str) -> QuerySet[Fact]:
    """Facts whose words begin so, in their order; by the index."""
    if not start:
        return facts.order_by(FoldedTextPrefix(), "subject")
    lower, upper = GreaterThanOrEqual(FoldedTextPrefix(), start), LessThan(FoldedTextPrefix(), start + LAST_CHARACTER)
    return facts.filter(lower, upper).order_by(FoldedTextPrefix(), "subject")


def _some(facts: QuerySet[Fact]) -> dict[tuple[str, str], Fact]:
    """The first values of some facts, each once."""
    found: dict[tuple[str, str], Fact] = {}
    for fact in facts[:FACTS_LIMIT]:
        found.setdefault((fact.datatype, fact.canonical_value), fact)
        if len(found) == SUGGESTIONS_LIMIT:
            break
    return found


SUGGESTERS: Mapping[str, Callable[[Reader, str, str, str], list[Suggestion]]] = {
    "property": _properties,
    "category": _categories,
    "page": _pages,
    "value": _values,
}
