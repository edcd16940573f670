"""`action=query`: tokens, who I am, what this site is, pages with their current text, and searches."""

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
"""The version whose API this is like: clients choose their calls by it."""
RIGHTS = {"edit": "edit", "create": "createpage", "upload": "upload", "delete": "delete", "move": "move"}


def query(call: ApiRequest) -> dict[str, Any]:
    """All that `meta`, `prop` and `list` ask for, in one answer."""
    found: dict[str, Any] = {}
    going_on: dict[str, Any] = {}
    for name in call.get_multi("meta"):
        if name not in META_MODULES:
            _warn_unknown("meta", name)
        found |= META_MODULES[name](call)
    if call.get("titles") or call.get("pageids") or call.get("revids"):
        found |= _pages(call)
    for name in call.get_multi("list"):
        if name not in LIST_MODULES:
            _warn_unknown("list", name)
        told, more = LIST_MODULES[name](call)
        found |= told
        going_on |= more
    answer: dict[str, Any] = {"batchcomplete": True if call.version == 2 else ""}
    return answer | ({"continue": going_on} if going_on else {}) | {"query": found}


def _warn_unknown(name: str, value: str) -> None:
    message = gettext_noop('Unrecognized value for parameter "%(name)s": %(value)s.')
    raise ApiError("badvalue", message, name=name, value=value[:60])


def _tokens(call: ApiRequest) -> dict[str, Any]:
    kinds = call.get_multi("type", "csrf")
    for kind in kinds:
        if kind not in tokens.KINDS and kind != "*":
            _warn_unknown("type", kind)
    wanted = tokens.KINDS if "*" in kinds else kinds
    return {"tokens": {f"{kind}token": tokens.token(call.http_request, kind) for kind in wanted}}


def _userinfo(call: ApiRequest) -> dict[str, Any]:
    user, wanted = call.user, call.get_multi("uiprop")
    told: dict[str, Any] = {"id": user.pk or 0, "name": user.get_username() or "anonymous"}
    if not user.is_authenticated:
        told["anon"] = True if call.version == 2 else ""
    looks_after = user.is_authenticated and Stewardship.objects.filter(user=user).exists()
    may = permissions.allowed_actions(user) | (permissions.STEWARDS if looks_after else set())
    if "groups" in wanted:
        told["groups"] = ["*", *(["user"] if user.is_authenticated else []), *(["sysop"] if user.is_superuser else [])]
    if "rights" in wanted:
        told["rights"] = ["read", *(name for action, name in RIGHTS.items() if action in may),
                          *(["writeapi"] if "edit" in may else [])]  # fmt: skip
    if "blockinfo" in wanted and getattr(user, "is_blocked", False):
        told |= {"blockedby": settings.SITE_NAME, "blockreason": user.blocked_reason, "blockexpiry": "infinite"}  # type: ignore[union-attr]
    return {"userinfo": told}


def _siteinfo(call: ApiRequest) -> dict[str, Any]:
    wanted = call.get_multi("siprop", "general")
    known: dict[str, Callable[[ApiRequest], Any]] = {
        "general": _general,
        "namespaces": _namespaces,
        "namespacealiases": _aliases,
        "statistics": _statistics,
        "rightsinfo": _rightsinfo,
    }
    return {name: known[name](call) for name in wanted if name in known}


def _general(call: ApiRequest) -> dict[str, Any]:
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
        "writeapi": True if call.version == 2 else "",
        "time": now(),
        "timezone": settings.TIME_ZONE,
        "maxarticlesize": 1_000_000,
    }


def _namespaces(call: ApiRequest) -> dict[str, Any]:
    told = {}
    for space in titles.NAMESPACES.values():
        name = space.fr if call.language == "fr" else space.en
        row: dict[str, Any] = {"id": space.number, "case": "first-letter"}
        row |= {"name": name} if call.version == 2 else {"*": name}
        if space.canonical:
            row["canonical"] = space.canonical
        if space.number == 0:
            row["content"] = True if call.version == 2 else ""
        told[str(space.number)] = row
    return told


def _aliases(call: ApiRequest) -> list[dict[str, Any]]:
    key = "alias" if call.version == 2 else "*"
    return [
        {"id": space.number, key: name}
        for space in titles.NAMESPACES.values()
        for name in dict.fromkeys((space.canonical, space.fr, space.en, *space.aliases))
        if name
    ]


def _statistics(call: ApiRequest) -> dict[str, Any]:
    readable = WikiPage.objects.readable_by(call.user)
    return {
        "pages": readable.count(),
        "articles": readable.articles().count(),
        "edits": PageVersion.objects.readable_by(call.user).count(),
    }


def _rightsinfo(call: ApiRequest) -> dict[str, Any]:
    license = catalogue.licenses_in(catalogue.DEFAULT)[0]
    return {"url": license.deed_url, "text": str(license.name)}


LIST_MODULES = {"search": search_list.search}
META_MODULES = {"tokens": _tokens, "userinfo": _userinfo, "siteinfo": _siteinfo}


def _pages(call: ApiRequest) -> dict[str, Any]:
    """The named pages with `prop=info|revisions`; what is not there is said, not left out."""
    wanted = call.get_multi("titles")
    keys: dict[str, str] = {}
    normalized: list[dict[str, str]] = []
    rows: list[dict[str, Any]] = []
    for title in wanted:
        try:
            keys[titles.key_of(title)] = title
        except titles.TitleProblem as problem:
            rows.append(
                {"title": title[:300], "invalidreason": str(problem), "invalid": True if call.version == 2 else ""}
            )
    found = list(_readable(call, keys))
    here = {page.title_key: page for page in found}
    for key, title in keys.items():
        page = here.get(key)
        full = page.full_title if page else titles.clean_title(title)
        if full != title:
            normalized.append({"from": title, "to": full})
        if page is None:
            number = titles.split_namespace(key)[0]
            rows.append({"ns": number, "title": full, "missing": True if call.version == 2 else ""})
    props = call.get_multi("prop")
    texts = _revisions(call, found) if "revisions" in props else {}
    for page in found:
        row: dict[str, Any] = {"pageid": page.pk, "ns": page.namespace, "title": page.full_title}
        rows.append(row | (_info(page, call) if "info" in props else {}) | texts.get(page.pk, {}))
    told: dict[str, Any] = {"normalized": normalized} if normalized else {}
    return told | {"pages": rows if call.version == 2 else _by_id(rows)}


def _readable(call: ApiRequest, keys: Iterable[str]) -> Iterable[WikiPage]:
    """The pages asked for by title, number, or number of a revision."""
    readable = WikiPage.objects.readable_by(call.user).select_related("source").order_by("pk")
    pks = [int(pk) for pk in call.get_multi("pageids") if pk.isdecimal() and len(pk) < 12]
    numbers = [int(pk) for pk in call.get_multi("revids") if pk.isdecimal() and len(pk) < 12]
    if numbers:
        pks += PageVersion.objects.readable_by(call.user).filter(pk__in=numbers).values_list("page_id", flat=True)
    found: Iterable[WikiPage] = readable.filter(pk__in=pks) if pks else readable.filter(title_key__in=list(keys))
    return found


def _by_id(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Pages as format version 1 has them: by number, those without one by -1, -2, …"""
    told, missing = {}, 0
    for row in rows:
        if "pageid" not in row:
            missing -= 1
        told[str(row.get("pageid", missing))] = row
    return told


def _info(page: WikiPage, call: ApiRequest) -> dict[str, Any]:
    last = page.versions.filter(number=page.version).values_list("pk", flat=True).first()
    told: dict[str, Any] = {
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
        told["redirect"] = True if call.version == 2 else ""
    if page.version == 1:
        told["new"] = True if call.version == 2 else ""
    return told


def _revisions(call: ApiRequest, pages: list[WikiPage]) -> dict[int, dict[str, Any]]:
    """The current revision of each page, or those of `revids`; of one page the last `rvlimit`."""
    versions = PageVersion.objects.readable_by(call.user).filter(page__in=pages).select_related("stored", "author")
    numbers = [int(pk) for pk in call.get_multi("revids") if pk.isdecimal() and len(pk) < 12]
    if numbers:
        chosen = list(versions.filter(pk__in=numbers))
    elif call.get("rvlimit") and len(pages) == 1:
        chosen = list(versions.order_by("-number")[: call.number("rvlimit", 1, 50, 1)])
    else:
        heads = {page.pk: page.version for page in pages}
        chosen = [one for one in versions.filter(number__in=set(heads.values())) if heads[one.page_id] == one.number]
    told: dict[int, dict[str, Any]] = {}
    for version in chosen:
        told.setdefault(version.page_id, {"revisions": []})["revisions"].append(_revision(call, version))
    return told


def _revision(call: ApiRequest, version: PageVersion) -> dict[str, Any]:
    """One revision with what `rvprop` asks for."""
    wanted = call.get_multi("rvprop", "ids|timestamp|flags|comment|user")
    told: dict[str, Any] = {}
    if "ids" in wanted:
        before = PageVersion.objects.filter(page_id=version.page_id, number=version.number - 1)
        told |= {"revid": version.pk, "parentid": before.values_list("pk", flat=True).first() or 0}
    if "flags" in wanted and version.minor:
        told["minor"] = True if call.version == 2 else ""
    if "user" in wanted:
        told["user"] = version.author.get_username() if version.author else version.author_name
    for name, value in (
        ("timestamp", format_timestamp(version.claimed_at)),
        ("size", version.size),
        ("comment", version.comment),
    ):
        if name in wanted:
            told[name] = value
    if "tags" in wanted:
        told["tags"] = list(version.tags)
    if "content" in wanted:
        told |= _content(call, version)
    return told


def _content(call: ApiRequest, version: PageVersion) -> dict[str, Any]:
    """The text, in a slot where slots are asked for."""
    key = "content" if call.version == 2 else "*"
    text = {"contentmodel": "markdown", "contentformat": "text/markdown", key: version.text() or ""}
    return {"slots": {"main": text}} if call.get("rvslots") else text
