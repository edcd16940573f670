"""`list=allpages|backlinks|imageusage|categorymembers`: pages by title, by links, by category."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.db.models.functions import Left

from wiki.api import page_link_lists
from wiki.api.api_request import ApiError
from wiki.api.module_parameters import ModuleParameters, continuation_number
from wiki.api.page_sets import PageSet
from wiki.errors import gettext_noop
from wiki.pages.models import PageLink, WikiPage, WikiPageQuerySet
from wiki.text import titles
from wiki.text.titles import CATEGORY, FILE

Pages = tuple[list[WikiPage], dict[str, Any]]
"""Pages in the order of the list, and the continuation (empty at the end)."""
DIRECTIONS = {"ascending": False, "descending": True, "asc": False, "desc": True, "newer": False, "older": True}
MEMBER_PROPERTIES = ("ids", "title", "type")
MEMBER_TYPES = {"page": ~Q(namespace__in=[CATEGORY, FILE]), "subcat": Q(namespace=CATEGORY), "file": Q(namespace=FILE)}


def rows(parameters: ModuleParameters) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the pages of a list, and the continuation. Raises ApiError, TitleProblem."""
    listed, more = LISTS[parameters.module](parameters)
    requested = ["ids", "title", *(["redirect"] if parameters.module in LINK_LISTS else [])]
    if parameters.module == "categorymembers":
        requested = parameters.choices("prop", MEMBER_PROPERTIES, "ids|title")
    return {parameters.module: [_row(parameters, page, requested) for page in listed]}, more


def _row(parameters: ModuleParameters, page: WikiPage, requested: list[str]) -> dict[str, Any]:
    row: dict[str, Any] = {"pageid": page.pk} if "ids" in requested else {}
    if "title" in requested:
        row |= {"ns": page.namespace, "title": page.full_title}
    if "type" in requested:
        row["type"] = {CATEGORY: "subcat", FILE: "file"}.get(page.namespace, "page")
    if "redirect" in requested and page.redirect_key:
        row["redirect"] = parameters.request.true
    return row


def generate(parameters: ModuleParameters, named: PageSet) -> tuple[PageSet, dict[str, Any]]:
    """Return the pages of a list for other modules, and the continuation. Raises ApiError, TitleProblem."""
    listed, more = LISTS[parameters.module](parameters)
    if parameters.module == "categorymembers":
        parameters.choices("prop", MEMBER_PROPERTIES)
    return PageSet(listed), more


def _all_pages(parameters: ModuleParameters) -> Pages:
    """Return pages of one namespace by title."""
    numbers = parameters.namespaces("0")
    if numbers is None or len(numbers) != 1:
        message = gettext_noop('The "%(name)s" parameter must have one value.')
        raise ApiError("badvalue", message, name=parameters.prefix + "namespace")
    (namespace,) = numbers
    found = WikiPage.objects.readable_by(parameters.user).filter(namespace=namespace)
    found = _with_redirects(parameters, found)
    # Pages have no links to other languages.
    parameters.choice("filterlanglinks", ("all", "withoutlanglinks"), "all")
    for name, lookup in (("minsize", "size__gte"), ("maxsize", "size__lte")):
        if parameters.get(name):
            found = found.filter(**{lookup: parameters.number(name, 0, 2**31)})
    descending = DIRECTIONS[parameters.choice("dir", ("ascending", "descending"), "ascending")]
    later, earlier = ("lte", "gte") if descending else ("gte", "lte")
    for name, comparison in (("from", later), ("to", earlier)):
        if value := parameters.get(name):
            found = found.filter(**{f"title_key__{comparison}": _key(namespace, value)})
    if value := parameters.get("prefix"):
        prefix = _key(namespace, value)
        # SQLite's LIKE ignores case; the comparison of the first letters does not.
        found = found.annotate(beginning=Left("title_key", len(prefix))).filter(beginning=prefix)
    if (start := parameters.continuation(1)) is not None:
        found = found.filter(**{f"title_key__{later}": start[0]})
    return _cut(
        parameters, found.order_by("-title_key" if descending else "title_key"), lambda page: page.title_key or ""
    )


def _key(namespace: int, value: str) -> str:
    return titles.key_of(titles.build_full_title(namespace, None, value))


def _with_redirects(parameters: ModuleParameters, found: WikiPageQuerySet) -> WikiPageQuerySet:
    """Keep the pages that `filterredir` asks for. Raises ApiError."""
    kept = parameters.choice("filterredir", ("all", "redirects", "nonredirects"), "all")
    if kept == "all":
        return found
    redirects = Q(redirect_key__gt="")
    filtered: WikiPageQuerySet = found.filter(redirects if kept == "redirects" else ~redirects)
    return filtered


def _linking_pages(parameters: ModuleParameters) -> Pages:
    """Return the pages that link to a page, or show a file, by page id."""
    parameters.refuse("redirect")
    key, _ = parameters.title_key()
    links = page_link_lists.links_to([key], LINK_LISTS[parameters.module], parameters.user)
    found = WikiPage.objects.readable_by(parameters.user).filter(pk__in=links.values("page_id"))
    if (numbers := parameters.namespaces()) is not None:
        found = found.filter(namespace__in=numbers)
    found = _with_redirects(parameters, found)
    descending = DIRECTIONS[parameters.choice("dir", ("ascending", "descending"), "ascending")]
    if (start := parameters.continuation(1)) is not None:
        pk = continuation_number(start[0])
        found = found.filter(pk__lte=pk) if descending else found.filter(pk__gte=pk)
    return _cut(parameters, found.order_by("-pk" if descending else "pk"), lambda page: str(page.pk))


def _category_members(parameters: ModuleParameters) -> Pages:
    """Return the pages in a category, in the order of its own page."""
    key, title = parameters.title_key()
    if titles.split_namespace(key)[0] != CATEGORY:
        message = gettext_noop('"%(title)s" is not a category.')
        raise ApiError("invalidcategory", message, title=title[:100])
    parameters.choice("sort", ("sortkey",), "sortkey")
    links = PageLink.objects.filter(way=PageLink.Way.CATEGORY, key=key)
    found = WikiPage.objects.readable_by(parameters.user).filter(pk__in=links.values("page_id"))
    if (numbers := parameters.namespaces()) is not None:
        found = found.filter(namespace__in=numbers)
    kinds = Q(pk__in=[])
    for name in parameters.choices("type", MEMBER_TYPES, "|".join(MEMBER_TYPES)):
        kinds |= MEMBER_TYPES[name]
    found = found.filter(kinds)
    descending = DIRECTIONS[parameters.choice("dir", DIRECTIONS, "ascending")]
    if (start := parameters.continuation(2)) is not None:
        fold, pk = start[0], continuation_number(start[1])
        comparison = "lt" if descending else "gt"
        following = Q(title_fold=fold, **{f"pk__{comparison}e": pk})
        found = found.filter(Q(**{f"title_fold__{comparison}": fold}) | following)
    ordered = found.order_by(*(("-title_fold", "-pk") if descending else ("title_fold", "pk")))
    return _cut(parameters, ordered, lambda page: f"{page.title_fold}|{page.pk}")


def _cut(parameters: ModuleParameters, found: WikiPageQuerySet, position: Callable[[WikiPage], str]) -> Pages:
    """Return as many pages as `limit` says, and the `position` of the next one as continuation."""
    limit = parameters.limit()
    listed = list(found[: limit + 1])
    more = {f"{parameters.prefix}continue": position(listed[limit])} if len(listed) > limit else {}
    return listed[:limit], more


LINK_LISTS = {"backlinks": page_link_lists.LINK_WAYS, "imageusage": (PageLink.Way.FILE,)}
LISTS: dict[str, Callable[[ModuleParameters], Pages]] = {
    "allpages": _all_pages,
    "backlinks": _linking_pages,
    "imageusage": _linking_pages,
    "categorymembers": _category_members,
}
