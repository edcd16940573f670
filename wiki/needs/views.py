"""The screens of needs, offers and practices, and of what a place has of what a practice needs."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from wiki.accounts import rate_limits
from wiki.errors import WikiError
from wiki.needs.assembling import assemble
from wiki.needs.place_exchange import entry_of
from wiki.needs.stated_needs import NeedStatement, StatedNeeds, StatingPage
from wiki.needs.statement_cache import current_needs
from wiki.pages import page_lookup, permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.models import WikiPage
from wiki.pages.views import manage, page_lists
from wiki.text.titles import fold

NEEDS, OFFERS, PRACTICES = "needs", "offers", "practices"
FREE, PAID = "free", "paid"
"""What is asked for by `?price=`."""
PER_PAGE = 24
TEXT_LIMIT = 200
NEAR_KILOMETRES, FARTHEST_KILOMETRES = 50.0, 20_000.0
_NUMBER = re.compile(r"\d{1,6}(?:[.,]\d{1,6})?")


@dataclass(frozen=True, slots=True)
class PracticeEntry:
    """A practice in the list, with what it requires."""

    page: StatingPage
    texts: list[str]


@require_safe
def needs(request: HttpRequest) -> HttpResponse:
    """List needs with who offers it (`?of=offers`: offers with who needs it; `?of=practices`: what these require)."""
    of = request.GET.get("of", NEEDS)
    of = of if of in (NEEDS, OFFERS, PRACTICES) else NEEDS
    text = _text(request, "q")
    is_answered = of != PRACTICES and request.GET.get("answered") == "yes"
    price = request.GET.get("price", "") if of != PRACTICES else ""
    price = price if price in (FREE, PAID) else ""
    if text or is_answered:
        rate_limits.limit_searches(request)
    problems: list[str] = []
    place = _place(request, problems)
    stated = current_needs()
    entries: Paginator[NeedStatement] | Paginator[PracticeEntry]
    if of == PRACTICES:
        entries = Paginator(_practices(stated, text), PER_PAGE)
    else:
        statements = stated.needs if of == NEEDS else stated.offers
        found = stated.narrowed(statements, text, place.pk if place is not None else None)
        found = [one for one in found if _has_price(one, price)] if price else found
        entries = Paginator([one for one in found if stated.has_counterpart(one)] if is_answered else found, PER_PAGE)
    pages = entries.get_page(request.GET.get("p"))
    listed = [entry_of(stated, one) if isinstance(one, NeedStatement) else one for one in pages.object_list]
    context = {
        "of": of, "text": text, "is_answered": is_answered, "price": price,
        "prices": [("", gettext("Any price")), (FREE, gettext("free")), (PAID, gettext("for a price"))],
        "place": place, "place_text": _text(request, "place"), "problems": problems,
        "pages": pages, "entries": listed, "total": entries.count, "places": page_lists.place_titles(request.user),
        "tabs": [(NEEDS, gettext("Needs")), (OFFERS, gettext("Offers")), (PRACTICES, gettext("For a practice"))],
    }  # fmt: skip
    return render(request, "wiki/needs/needs.html", context)


@require_safe
def assemble_page(request: HttpRequest, title: str) -> HttpResponse:
    """Show what a practice (or a project) needs, and who has it: `?place=` itself, its neighbours, or nobody near."""
    page = manage.get_page(request, title, permissions.Action.READ)
    problems: list[str] = []
    place = _place(request, problems)
    within = read_within(request.GET, problems)
    stated = current_needs()
    point = stated.points.get(place.pk) if place is not None else None
    required = assemble(stated, page.pk, place.pk if place is not None else None, point, within)
    context = {
        "page": page, "allowed_actions": permissions.allowed_actions(request.user, page), "problems": problems,
        "place": place, "place_text": _text(request, "place"), "places": page_lists.place_titles(request.user),
        "within": within, "within_text": _text(request, "within"), "has_point": point is not None,
        "here": [one for one in required if one.here],
        "near": [one for one in required if one.near and not one.here],
        "lacking": [one for one in required if not one.near and not one.here],
        "total": len(required),
    }  # fmt: skip
    return render(request, "wiki/needs/assemble.html", context)


def _has_price(statement: NeedStatement, price: str) -> bool:
    """Return whether a statement says that it is free, or names a price; most say nothing of it."""
    is_free = statement.details.is_free
    return is_free if price == FREE else bool(statement.details.price) and not is_free


def _text(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\x00", " ")[:TEXT_LIMIT].strip()


def _place(request: HttpRequest, problems: list[str]) -> WikiPage | None:
    """Return the place that a request names; adds a problem if there is none of that name."""
    title = _text(request, "place")
    try:
        return page_lookup.get_place(title, request.user) if title else None
    except WikiError as error:
        places = WikiPage.objects.readable_by(request.user).filter(is_place=True, title_fold=fold(title))
        similar: list[WikiPage] = list(places.order_by("pk")[:2])
        if len(similar) == 1:  # typed in other cases, or without accents
            return similar[0]
        problems.append(message_for(error))
        return None


def read_within(query: QueryDict, problems: list[str]) -> float:
    """Return the kilometres that a request names, else those that are usual; adds a problem for what is no distance."""
    text = query.get("within", "").replace("\x00", " ")[:TEXT_LIMIT].strip()
    if not text:
        return NEAR_KILOMETRES
    kilometres = float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else 0.0
    if 0 < kilometres <= FARTHEST_KILOMETRES:
        return kilometres
    problems.append(gettext("“%(text)s” is no distance in kilometres.") % {"text": text})
    return NEAR_KILOMETRES


def _practices(stated: StatedNeeds, text: str) -> list[PracticeEntry]:
    """Return the pages that require something, by title: all, or those of which a requirement is about some words."""
    chosen = {one.page.pk for one in stated.narrowed(stated.requirements, text, None)}
    by_page: dict[int, list[NeedStatement]] = defaultdict(list)
    for one in stated.requirements:
        if one.page.pk in chosen:
            by_page[one.page.pk].append(one)
    entries = (PracticeEntry(found[0].page, [one.text for one in found]) for found in by_page.values())
    return sorted(entries, key=lambda entry: (fold(entry.page.title), entry.page.pk))
