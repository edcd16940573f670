"""`action=query`: tokens, user and site information, pages with their revisions, and searches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings

from wiki.api import search_list, tokens
from wiki.api.api_request import ApiError, ApiRequest
from wiki.api.timestamps import format_timestamp, now
from wiki.errors import gettext_noop
from wiki.licenses import catalogue
from wiki.pages import permissions
from wiki.pages.models import PageVersion, Stewardship, WikiPage
from wiki.text import titles

GENERATOR = "MediaWiki 1.43.0"
"""The MediaWiki version whose API this one follows; clients adapt their requests to it."""
RIGHTS = {"edit": "edit", "create": "createpage", "upload": "upload", "delete": "delete", "move": "move"}


def query(request: ApiRequest) -> dict[str, Any]:
    """Return the results of all modules that `meta`, `prop` and `list` name. Raises ApiError."""
    results: dict[str, Any] = {}
    continuation: dict[str, Any] = {}
    for name in request.get_multi("meta"):
        if name not in META_MODULES:
            _raise_unknown("meta", name)
        results |= META_MODULES[name](request)
    if request.get("titles") or request.get("pageids") or request.get("revids"):
        results |= _pages(request)
    for name in request.get_multi("list"):
        if name not in LIST_MODULES:
            _raise_unknown("list", name)
        result, more = LIST_MODULES[name](request)
        results |= result
        continuation |= more
    response: dict[str, Any] = {"batchcomplete": True if request.version == 2 else ""}
    return response | ({"continue": continuation} if continuation else {}) | {"query": results}


def _raise_unknown(name: str, value: str) -> None:
    message = gettext_noop('Unrecognized value for parameter "%(name)s": %(value)s.')
    raise ApiError("badvalue", message, name=name, value=value[:60])


def _tokens(request: ApiRequest) -> dict[str, Any]:
    kinds = request.get_multi("type", "csrf")
    for kind in kinds:
        if kind not in tokens.KINDS and kind != "*":
            _raise_unknown("type", kind)
    requested = tokens.KINDS if "*" in kinds else kinds
    return {"tokens": {f"{kind}token": tokens.token(request.http_request, kind) for kind in requested}}


def _userinfo(request: ApiRequest) -> dict[str, Any]:
    user, requested = request.user, request.get_multi("uiprop")
    result: dict[str, Any] = {"id": user.pk or 0, "name": user.get_username() or "anonymous"}
    if not user.is_authenticated:
        result["anon"] = True if request.version == 2 else ""
    is_steward = user.is_authenticated and Stewardship.objects.filter(user=user).exists()
    allowed = permissions.allowed_actions(user) | (permissions.STEWARDS if is_steward else set())
    if "groups" in requested:
        result["groups"] = [
            "*",
            *(["user"] if user.is_authenticated else []),
            *(["sysop"] if user.is_superuser else []),
        ]
    if "rights" in requested:
        result["rights"] = ["read", *(name for action, name in RIGHTS.items() if action in allowed),
                          *(["writeapi"] if "edit" in allowed else [])]  # fmt: skip
    if "blockinfo" in requested and getattr(user, "is_blocked", False):
        result |= {"blockedby": settings.SITE_NAME, "blockreason": user.blocked_reason, "blockexpiry": "infinite"}  # type: ignore[union-attr]
    return {"userinfo": result}


def _siteinfo(request: ApiRequest) -> dict[str, Any]:
    requested = request.get_multi("siprop", "general")
    known: dict[str, Callable[[ApiRequest], Any]] = {
        "general": _general,
        "namespaces": _namespaces,
        "namespacealiases": _aliases,
        "statistics": _statistics,
        "rightsinfo": _rightsinfo,
    }
    return {name: known[name](request) for name in requested if name in known}


def _general(request: ApiRequest) -> dict[str, Any]:
    license = catalogue.licenses_in(catalogue.DEFAULT)[0]
    return {
        "mainpage": settings.SITE_NAME,
        "base": f"{settings.BASE_ADDRESS}/",
        "sitename": settings.SITE_NAME,
        "generator": GENERATOR,
        "case": "first-letter",
        "lang": settings.LANGUAGE_CODE,
        "server": settings.BASE_ADDRESS,
        "servername": settings.HOST,
        "articlepath": "/wiki/$1",
        "scriptpath": "",
        "script": "/api.php",
        "rights": str(license.name),
        "rightsurl": license.deed_url,
        "writeapi": True if request.version == 2 else "",
        "time": now(),
        "timezone": settings.TIME_ZONE,
        "maxarticlesize": 1_000_000,
    }


def _namespaces(request: ApiRequest) -> dict[str, Any]:
    result = {}
    for space in titles.NAMESPACES.values():
        name = space.fr if request.language == "fr" else space.en
        row: dict[str, Any] = {"id": space.number, "case": "first-letter"}
        row |= {"name": name} if request.version == 2 else {"*": name}
        if space.canonical:
            row["canonical"] = space.canonical
        if space.number == 0:
            row["content"] = True if request.version == 2 else ""
        result[str(space.number)] = row
    return result


def _aliases(request: ApiRequest) -> list[dict[str, Any]]:
    key = "alias" if request.version == 2 else "*"
    return [
        {"id": space.number, key: name}
        for space in titles.NAMESPACES.values()
        for name in dict.fromkeys((space.canonical, space.fr, space.en, *space.aliases))
        if name
    ]


def _statistics(request: ApiRequest) -> dict[str, Any]:
    readable = WikiPage.objects.readable_by(request.user)
    return {
        "pages": readable.count(),
        "articles": readable.articles().count(),
        "edits": PageVersion.objects.readable_by(request.user).count(),
    }


def _rightsinfo(request: ApiRequest) -> dict[str, Any]:
    license = catalogue.licenses_in(catalogue.DEFAULT)[0]
    return {"url": license.deed_url, "text": str(license.name)}


LIST_MODULES = {"search": search_list.search}
META_MODULES = {"tokens": _tokens, "userinfo": _userinfo, "siteinfo": _siteinfo}


def _pages(request: ApiRequest) -> dict[str, Any]:
    """Return the requested pages with `prop=info|revisions`; missing pages and invalid titles are reported as such."""
    requested = request.get_multi("titles")
    keys: dict[str, str] = {}
    normalized: list[dict[str, str]] = []
    rows: list[dict[str, Any]] = []
    for title in requested:
        try:
            keys[titles.key_of(title)] = title
        except titles.TitleProblem as problem:
            rows.append(
                {"title": title[:300], "invalidreason": str(problem), "invalid": True if request.version == 2 else ""}
            )
    results = list(_readable(request, keys))
    pages_by_key = {page.title_key: page for page in results}
    for key, title in keys.items():
        page = pages_by_key.get(key)
        full_title = page.full_title if page else titles.clean_title(title)
        if full_title != title:
            normalized.append({"from": title, "to": full_title})
        if page is None:
            number = titles.split_namespace(key)[0]
            rows.append({"ns": number, "title": full_title, "missing": True if request.version == 2 else ""})
    props = request.get_multi("prop")
    texts = _revisions(request, results) if "revisions" in props else {}
    for page in results:
        row: dict[str, Any] = {"pageid": page.pk, "ns": page.namespace, "title": page.full_title}
        rows.append(row | (_info(page, request) if "info" in props else {}) | texts.get(page.pk, {}))
    result: dict[str, Any] = {"normalized": normalized} if normalized else {}
    return result | {"pages": rows if request.version == 2 else _by_id(rows)}


def _readable(request: ApiRequest, keys: Iterable[str]) -> Iterable[WikiPage]:
    """Return the readable pages requested by page id or revision id, else by title key."""
    readable = WikiPage.objects.readable_by(request.user).select_related("source").order_by("pk")
    pks = [int(pk) for pk in request.get_multi("pageids") if pk.isdecimal() and len(pk) < 12]
    numbers = [int(pk) for pk in request.get_multi("revids") if pk.isdecimal() and len(pk) < 12]
    if numbers:
        pks += PageVersion.objects.readable_by(request.user).filter(pk__in=numbers).values_list("page_id", flat=True)
    results: Iterable[WikiPage] = readable.filter(pk__in=pks) if pks else readable.filter(title_key__in=list(keys))
    return results


def _by_id(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return pages in format version 1: by page id, missing ones by negative numbers from -1 on."""
    result, missing = {}, 0
    for row in rows:
        if "pageid" not in row:
            missing -= 1
        result[str(row.get("pageid", missing))] = row
    return result


def _info(page: WikiPage, request: ApiRequest) -> dict[str, Any]:
    last = page.versions.filter(number=page.version).values_list("pk", flat=True).first()
    result: dict[str, Any] = {
        "contentmodel": "markdown",
        "pagelanguage": page.language,
        "touched": format_timestamp(page.edited_at),
        "lastrevid": last,
        "length": page.size,
        "protection": [],
        "restrictiontypes": [],
        "fullurl": settings.BASE_ADDRESS + page.get_absolute_url(),
        "displaytitle": page.shown_title,
    }
    if page.redirect_key:
        result["redirect"] = True if request.version == 2 else ""
    if page.version == 1:
        result["new"] = True if request.version == 2 else ""
    return result


def _revisions(request: ApiRequest, pages: list[WikiPage]) -> dict[int, dict[str, Any]]:
    """Return the revisions in `revids`, or the last `rvlimit` of a single page, or the current one of each page."""
    versions = PageVersion.objects.readable_by(request.user).filter(page__in=pages).select_related("stored", "author")
    numbers = [int(pk) for pk in request.get_multi("revids") if pk.isdecimal() and len(pk) < 12]
    if numbers:
        selected = list(versions.filter(pk__in=numbers))
    elif request.get("rvlimit") and len(pages) == 1:
        selected = list(versions.order_by("-number")[: request.number("rvlimit", 1, 50, 1)])
    else:
        latest = {page.pk: page.version for page in pages}
        selected = [
            version
            for version in versions.filter(number__in=set(latest.values()))
            if latest[version.page_id] == version.number
        ]
    result: dict[int, dict[str, Any]] = {}
    for version in selected:
        result.setdefault(version.page_id, {"revisions": []})["revisions"].append(_revision(request, version))
    return result


def _revision(request: ApiRequest, version: PageVersion) -> dict[str, Any]:
    """Return a revision with the properties in `rvprop`."""
    requested = request.get_multi("rvprop", "ids|timestamp|flags|comment|user")
    result: dict[str, Any] = {}
    if "ids" in requested:
        previous = PageVersion.objects.filter(page_id=version.page_id, number=version.number - 1)
        result |= {"revid": version.pk, "parentid": previous.values_list("pk", flat=True).first() or 0}
    if "flags" in requested and version.minor:
        result["minor"] = True if request.version == 2 else ""
    if "user" in requested:
        result["user"] = version.author.get_username() if version.author else version.author_name
    for name, value in (
        ("timestamp", format_timestamp(version.claimed_at)),
        ("size", version.size),
        ("comment", version.comment),
    ):
        if name in requested:
            result[name] = value
    if "tags" in requested:
        result["tags"] = list(version.tags)
    if "content" in requested:
        result |= _content(request, version)
    return result


def _content(request: ApiRequest, version: PageVersion) -> dict[str, Any]:
    """Return the text of a revision, in the slot `main` if `rvslots` is given."""
    key = "content" if request.version == 2 else "*"
    text = {"contentmodel": "markdown", "contentformat": "text/markdown", key: version.text() or ""}
    return {"slots": {"main": text}} if request.get("rvslots") else text
