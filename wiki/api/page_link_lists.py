"""`prop=links|categories|images` and `prop=linkshere|fileusage`: links from and to pages, by the table of links.

A transclusion is a link like any other there. Links lead to the page in the place of the linking page, if it exists.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When

from wiki.api import page_sets
from wiki.api.module_parameters import ModuleParameters, continuation_number
from wiki.api.page_sets import PageSet
from wiki.pages.models import PageLink, WikiPage
from wiki.text import titles

if TYPE_CHECKING:
    from wiki.pages.models import Reader

Answer = tuple[dict[str, dict[str, Any]], dict[str, Any]]
"""Values of pages by title key, and the continuation (empty at the end)."""
Found = tuple[PageSet, dict[str, Any]]
"""Pages that a generator found, and the continuation."""
LINK_WAYS = (PageLink.Way.LINK, PageLink.Way.REDIRECT)
OUTGOING = {
    "links": (LINK_WAYS, "titles"),
    "categories": ((PageLink.Way.CATEGORY,), "categories"),
    "images": ((PageLink.Way.FILE,), "images"),
}
"""The ways of the links of each module, and its parameter that names targets."""
INCOMING = {"linkshere": LINK_WAYS, "fileusage": (PageLink.Way.FILE,)}


def with_targets(links: QuerySet[PageLink], user: Reader) -> QuerySet[Any]:
    """Return the links with `target`: the key of the page that each leads to, in its own place first."""
    in_place = WikiPage.objects.readable_by(user).order_by().filter(title_key=OuterRef("place_key"))
    return links.annotate(target=Case(When(Exists(in_place), then=F("place_key")), default=F("key")))


def links_to(keys: Collection[str], ways: Collection[str], user: Reader) -> QuerySet[Any]:
    """Return the links of readable pages that lead to the pages with `keys`, with `target`."""
    readable = WikiPage.objects.readable_by(user).order_by()
    links = PageLink.objects.filter(Q(key__in=keys) | Q(place_key__in=keys), way__in=ways, page__in=readable)
    return with_targets(links, user).filter(target__in=keys)


def outgoing(parameters: ModuleParameters, found: PageSet) -> Answer:
    """Return the targets of the links of pages, by page. Raises ApiError."""
    if parameters.module == "categories":
        parameters.choices("prop", ())
    rows, more = _outgoing_rows(parameters, found)
    full_titles = _full_titles(parameters.user, {target for _, target in rows})
    keys = {page.pk: page.title_key or "" for page in found.pages}
    values: dict[str, dict[str, Any]] = {}
    for page_id, target in rows:
        row = {"ns": titles.split_namespace(target)[0], "title": full_titles.get(target, target)}
        values.setdefault(keys[page_id], {parameters.module: []})[parameters.module].append(row)
    return values, more


def generate_outgoing(parameters: ModuleParameters, found: PageSet) -> Found:
    """Return the targets of the links of pages, missing pages too. Raises ApiError."""
    rows, more = _outgoing_rows(parameters, found)
    return page_sets.from_keys(parameters.user, [target for _, target in rows]), more


def _outgoing_rows(parameters: ModuleParameters, found: PageSet) -> tuple[list[tuple[int, str]], dict[str, Any]]:
    """Return pairs of page id and target key in order. Raises ApiError."""
    ways, names = OUTGOING[parameters.module]
    of_pages = PageLink.objects.filter(page__in=[page.pk for page in found.pages], way__in=ways)
    links = with_targets(of_pages, parameters.user)
    if parameters.module == "links" and (numbers := parameters.namespaces()) is not None:
        links = links.filter(_target_in(numbers))
    if sent := parameters.request.get_multi(parameters.prefix + names):
        links = links.filter(target__in=[titles.key_of(title) for title in sent])
    descending = parameters.choice("dir", ("ascending", "descending"), "ascending") == "descending"
    if (start := parameters.continuation(2)) is not None:
        page_id, target = continuation_number(start[0]), start[1]
        links = links.filter(
            Q(page__gt=page_id) | Q(Q(page=page_id), Q(target__lte=target) if descending else Q(target__gte=target))
        )
    limit = parameters.limit()
    pairs = links.order_by("page_id", "-target" if descending else "target").values_list("page_id", "target")
    rows = list(pairs.distinct()[: limit + 1])
    more = {f"{parameters.prefix}continue": "{}|{}".format(*rows[limit])} if len(rows) > limit else {}
    return rows[:limit], more


def _target_in(numbers: Collection[int]) -> Q:
    """Return the condition that a target is in one of these namespaces."""
    prefixes = {number: f"{space.canonical}:" for number, space in titles.NAMESPACES.items() if number}
    named = [Q(target__startswith=prefixes[number]) for number in sorted(numbers) if number]
    if 0 in numbers:
        named.append(~reduce(or_, (Q(target__startswith=prefix) for prefix in prefixes.values())))
    return reduce(or_, named, Q(pk__in=[]))


def _full_titles(user: Reader, keys: Collection[str]) -> dict[str, str]:
    readable = WikiPage.objects.readable_by(user).filter(title_key__in=keys)
    return dict(readable.values_list("title_key", "full_title"))


def incoming(parameters: ModuleParameters, found: PageSet) -> Answer:
    """Return the pages that link to pages, by page linked to. Raises ApiError."""
    requested = parameters.choices("prop", ("pageid", "title", "redirect"), "pageid|title|redirect")
    rows, more = _incoming_rows(parameters, found)
    pages = WikiPage.objects.readable_by(parameters.user).in_bulk([page_id for _, page_id in rows])
    values: dict[str, dict[str, Any]] = {}
    for target, page_id in rows:
        if (page := pages.get(page_id)) is None:
            continue
        row = {"pageid": page.pk, "ns": page.namespace, "title": page.full_title}
        row = {
            name: value for name, value in row.items() if name in requested or (name == "ns" and "title" in requested)
        }
        if page.redirect_key and "redirect" in requested:
            row["redirect"] = parameters.request.true
        values.setdefault(target, {parameters.module: []})[parameters.module].append(row)
    return values, more


def generate_incoming(parameters: ModuleParameters, found: PageSet) -> Found:
    """Return the pages that link to pages. Raises ApiError."""
    parameters.choices("prop", ("pageid", "title", "redirect"))
    rows, more = _incoming_rows(parameters, found)
    readable = WikiPage.objects.readable_by(parameters.user)
    return PageSet(list(readable.filter(pk__in=[page_id for _, page_id in rows]).order_by("pk"))), more


def _incoming_rows(parameters: ModuleParameters, found: PageSet) -> tuple[list[tuple[str, int]], dict[str, Any]]:
    """Return pairs of the key linked to and the id of the linking page, in order. Raises ApiError."""
    links = links_to(found.keys, INCOMING[parameters.module], parameters.user)
    if (numbers := parameters.namespaces()) is not None:
        links = links.filter(page__namespace__in=numbers)
    shown = parameters.choices("show", ("redirect", "!redirect"))
    if "redirect" in shown:
        links = links.exclude(page__redirect_key="")
    if "!redirect" in shown:
        links = links.filter(page__redirect_key="")
    if (start := parameters.continuation(2)) is not None:
        page_id = continuation_number(start[1])
        links = links.filter(Q(target__gt=start[0]) | Q(target=start[0], page__gte=page_id))
    limit = parameters.limit()
    pairs = links.order_by("target", "page_id").values_list("target", "page_id")
    rows = list(pairs.distinct()[: limit + 1])
    more = {f"{parameters.prefix}continue": "{}|{}".format(*rows[limit])} if len(rows) > limit else {}
    return rows[:limit], more
