"""Views that list pages: all pages, orphans, wanted pages, categories, links to a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db.models import Count, Exists, F, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from wiki.pages import page_lookup
from wiki.pages.media_models import Picture, file_key, pictures_by_name
from wiki.pages.models import Kind, PageLink, WikiPage, WikiPageQuerySet
from wiki.pages.rendering.link_table import links_to
from wiki.text import titles
from wiki.text.titles import CATEGORY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from wiki.pages.models import Reader

PER_PAGE = 60
PLACES_OFFERED = 2000
THUMBNAIL = "fill-480x270"
DEPTH = 8
"""Maximal depth of the displayed category tree."""


def add_thumbnails(pages: Iterable[WikiPage]) -> list[WikiPage]:
    """Return the pages, each with `thumbnail`: the URL of a small copy of its first picture, or ""."""
    found = list(pages)
    names = {page.pk: page.picture_name.partition(":")[2] for page in found if page.picture_name}
    pictures = pictures_by_name(names.values(), THUMBNAIL) if names else {}
    for page in found:
        picture = pictures.get(file_key(names.get(page.pk, "")))
        page.thumbnail = _thumbnail_url(picture) if picture is not None else ""
    return found


def _thumbnail_url(picture: Picture) -> str:
    """Return the URL of a small copy of a picture; "" if its file is gone, or the copy cannot be stored."""
    try:
        return str(picture.get_rendition(THUMBNAIL).url)
    except OSError:
        return ""


def place_titles(user: Reader) -> QuerySet[WikiPage, str]:
    """Return full titles of places to suggest in forms, at most PLACES_OFFERED."""
    places = WikiPage.objects.readable_by(user).filter(is_place=True).order_by("title_fold")
    found: QuerySet[WikiPage, str] = places.values_list("full_title", flat=True)[:PLACES_OFFERED]
    return found


def pages_with_title_words(text: str, user: Reader) -> WikiPageQuerySet:
    """Return the readable pages whose title contains every word of `text`, without regard to case and accents."""
    found: WikiPageQuerySet = WikiPage.objects.readable_by(user).select_related("kind", "place")
    for word in titles.fold(text)[:200].split()[:10]:
        found = found.filter(title_fold__contains=word)
    return found


def pages_linking_to(key: str, user: Reader) -> WikiPageQuerySet:
    """Return the readable pages that link to the page with `key`."""
    found: WikiPageQuerySet = (
        WikiPage.objects.readable_by(user)
        .filter(pk__in=links_to(key).values("page_id"))
        .select_related("kind", "place")
        .order_by("title_fold", "pk")
    )
    return found


def _page(request: HttpRequest, pages: WikiPageQuerySet, size: int = PER_PAGE) -> Any:
    """Return the page of a list that is selected by `?p=`."""
    return Paginator(pages, size).get_page(request.GET.get("p"))


@require_safe
def all_pages(request: HttpRequest) -> HttpResponse:
    """List all pages, filtered by kind, place and words of the title."""
    kind = Kind.objects.filter(key=request.GET.get("kind", "")[:40]).first()
    place = _place(request)
    query = request.GET.get("q", "")[:200]
    found = pages_with_title_words(query, request.user).order_by("title_fold", "pk")
    if kind is not None or not query:
        found = found.filter(redirect_key="")
    if kind is not None:
        found = found.filter(kind=kind, namespace=0)
    if place is not None:
        found = found.filter(place=place)
    pages = _page(request, found)
    as_cards = kind is not None
    if as_cards:
        pages.object_list = add_thumbnails(pages.object_list)
    context = {
        "pages": pages,
        "kinds": Kind.objects.all(),
        "kind": kind,
        "place": place,
        "query": query,
        "total": pages.paginator.count,
        "as_cards": as_cards,
    }
    return render(request, "wiki/pages/all_pages.html", context)


def _place(request: HttpRequest) -> WikiPage | None:
    """Return the place selected by `?place=`, None without it. Raises Http404 if there is no such place."""
    if not (name := request.GET.get("place", "")):
        return None
    try:
        place = page_lookup.find(name, request.user)
    except titles.TitleProblem as problem:
        raise Http404(str(problem)) from problem
    if place is None or not place.is_place:
        raise Http404(name)
    return place


@require_safe
def orphans(request: HttpRequest) -> HttpResponse:
    """List the pages that no other page links to."""
    linked = PageLink.objects.filter(Q(key=OuterRef("title_key")) | Q(place_key=OuterRef("title_key")))
    linked = linked.filter(page__hidden_with=None).exclude(page=OuterRef("pk"))
    found = (
        WikiPage.objects.readable_by(request.user)
        .articles()
        .filter(~Exists(linked), is_place=False)
        .select_related("kind", "place")
        .order_by("title_fold", "pk")
    )
    return render(request, "wiki/pages/orphans.html", {"pages": _page(request, found)})


@require_safe
def wanted_pages(request: HttpRequest) -> HttpResponse:
    """List the titles of missing pages that other pages link to, the most linked first."""
    at_root = WikiPage.objects.filter(title_key=OuterRef("key"), hidden_with=None)
    in_place = WikiPage.objects.filter(title_key=OuterRef("place_key"), hidden_with=None)
    readable = WikiPage.objects.readable_by(request.user)
    missing = (
        PageLink.objects.filter(way=PageLink.Way.LINK, page__in=readable)
        .filter(~Exists(at_root), ~Exists(in_place))
        .values(title=F("key"))
        .annotate(count=Count("page", distinct=True))
        .order_by("-count", "title")
    )
    pages = Paginator(missing, PER_PAGE).get_page(request.GET.get("p"))
    return render(request, "wiki/pages/wanted.html", {"pages": pages})


@require_safe
def categories(request: HttpRequest) -> HttpResponse:
    """Show the tree of categories that have members or a page."""
    readable = WikiPage.objects.readable_by(request.user)
    rows = PageLink.objects.filter(way=PageLink.Way.CATEGORY, page__in=readable)
    counts = dict(rows.exclude(page__namespace=CATEGORY).values_list("key").annotate(Count("page")))
    parents = rows.filter(page__namespace=CATEGORY).values_list("key", "page__title_key")
    written = set(readable.filter(namespace=CATEGORY).values_list("title_key", flat=True))
    children: dict[str, set[str]] = {}
    for parent, child in parents:
        children.setdefault(parent, set()).add(child or "")
    known = set(counts) | written | set(children)
    subcategories = {child for group in children.values() for child in group}

    def node(key: str, path: frozenset[str]) -> dict[str, Any]:
        below = sorted(children.get(key, set()) - path) if len(path) < DEPTH else []
        return {
            "title": key,
            "name": key.partition(":")[2],
            "count": counts.get(key, 0),
            "exists": key in written,
            "children": [node(child, path | {child}) for child in below],
        }

    roots = sorted(known - subcategories, key=titles.fold) or sorted(known, key=titles.fold)
    tree = [node(key, frozenset({key})) for key in roots]
    return render(request, "wiki/pages/categories.html", {"tree": tree})


@require_safe
def links_to_view(request: HttpRequest, title: str) -> HttpResponse:
    """List the pages that link to a title, whether or not it has a page."""
    try:
        full_title = titles.clean_title(title)
        key = titles.key_of(full_title)
    except titles.TitleProblem as problem:
        raise Http404(str(problem)) from problem
    context = {
        "full_title": full_title,
        "target": page_lookup.find(full_title, request.user),
        "pages": _page(request, pages_linking_to(key, request.user)),
    }
    return render(request, "wiki/pages/links_to.html", context)
