"""The pages of a place by layer, those first that others forked most, by a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce, RowNumber

from wiki.facts.models import Fact
from wiki.network import place_properties
from wiki.network.place_layers import DOCUMENTATION, LAYER_BY_KIND, PEOPLE
from wiki.pages.models import Fork, WikiPage
from wiki.pages.views import page_lists

if TYPE_CHECKING:
    from wiki.pages.models import Reader

PER_LAYER = 8
"""Pages of a layer that the page of a place lists."""
TAKEN = 4
"""Pages that it offers for taking, as cards."""
NAMING_LIMIT = 500
"""Pages outside a place that are looked at because they say that they belong to it."""
SKILLS_SHOWN = 4
NOTHING_TO_TAKE = ("person", "organisation", "event", "service")
"""Kinds of page that one meets or visits rather than takes."""


@dataclass(slots=True)
class PlacePages:
    """The pages of a place."""

    listed: dict[str, list[WikiPage]] = field(default_factory=dict)
    """The first pages of each layer, by its id; those of people have `skills`."""
    counts: dict[str, int] = field(default_factory=dict)
    """Number of pages of each layer, by its id."""
    taken: list[WikiPage] = field(default_factory=list)
    """What can be taken from here, most forked first, with `thumbnail` and `fork_count`."""


def find_place_pages(place: WikiPage, user: Reader, rows: Mapping[int, str]) -> PlacePages:
    """Return the pages of a place: those in it, and those elsewhere that say that they belong to it. Six queries.

    `rows` are the property rows of `place_properties.IN_PLACE` and SKILLS.
    """
    found = PlacePages()
    for page in _ranked_pages(place, user, _naming_pages(place, user, rows)):
        page.skills = []
        found.counts[page.layer] = page.layer_count
        if page.layer_rank <= PER_LAYER:
            found.listed.setdefault(page.layer, []).append(page)
        if page.taken_rank <= TAKEN and page.is_taken:
            found.taken.append(page)
    found.taken.sort(key=lambda page: page.taken_rank)
    page_lists.add_thumbnails([place, *found.taken])
    _add_skills(found.listed.get(PEOPLE.id, []), rows)
    return found


def fork_count(user: Reader) -> Coalesce:
    """Return the expression of the number of forks of a page that `user` may read."""
    forks = Fork.objects.filter(upstream=OuterRef("pk"), page__in=WikiPage.objects.readable_by(user)).order_by()
    counted = forks.values("upstream").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _naming_pages(place: WikiPage, user: Reader, rows: Mapping[int, str]) -> list[int]:
    """Return the primary keys of pages with a fact that names the place, or a redirect to it. Two queries."""
    properties = [pk for pk, key in rows.items() if key in place_properties.IN_PLACE]
    redirects = WikiPage.objects.readable_by(user).filter(redirect_key=place.title_key).order_by()
    keys = [place.title_key, *redirects.values_list("title_key", flat=True)[:NAMING_LIMIT]]
    facts = Fact.objects.filter(
        property__in=properties, canonical_value__in=keys, removed_in=None, problem__isnull=True, subject__fragment=""
    )
    return list(facts.values_list("page_id", flat=True).distinct()[:NAMING_LIMIT])


def _ranked_pages(place: WikiPage, user: Reader, naming: list[int]) -> QuerySet[Any]:
    """Return the first pages of each layer and the first to take, with their ranks and the counts of the layers."""
    layers = [When(kind__key=kind, then=Value(layer)) for kind, layer in LAYER_BY_KIND.items()]
    is_taken = Case(When(kind__key__in=NOTHING_TO_TAKE, then=Value(0)), default=Value(1))
    order = (F("fork_count").desc(), F("title_fold").asc(), F("pk").asc())
    newest = (F("fork_count").desc(), F("edited_at").desc(), F("pk").asc())
    pages = (
        WikiPage.objects.readable_by(user)
        .articles()
        .filter(Q(place=place) | Q(pk__in=naming), is_place=False)
        .annotate(
            layer=Case(*layers, default=Value(DOCUMENTATION.id), output_field=CharField()),
            is_taken=is_taken,
            fork_count=fork_count(user),
        )
        .annotate(
            layer_rank=Window(RowNumber(), partition_by=F("layer"), order_by=order),
            layer_count=Window(Count("pk"), partition_by=F("layer")),
            taken_rank=Window(RowNumber(), partition_by=F("is_taken"), order_by=newest),
        )
    )
    chosen = pages.filter(Q(layer_rank__lte=PER_LAYER) | Q(taken_rank__lte=TAKEN))
    found: QuerySet[Any] = chosen.select_related("kind", "place").order_by("layer_rank")
    return found


def _add_skills(people: Iterable[WikiPage], rows: Mapping[int, str]) -> None:
    """Set `skills` of people: what their pages say that they can do, and do here. One query."""
    by_page: dict[int, Any] = {page.pk: page for page in people}
    properties = [pk for pk, key in rows.items() if key in place_properties.SKILLS]
    if not by_page or not properties:
        return
    facts = Fact.objects.filter(
        page__in=list(by_page), property__in=properties, removed_in=None, subject__fragment="", part_of=None
    )
    for page, raw in facts.order_by("position", "pk").values_list("page_id", "raw"):
        if len(by_page[page].skills) < SKILLS_SHOWN:
            by_page[page].skills.append(raw)
