"""`action=query&meta=…`: tokens, information about the user and about the site."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from django.conf import settings

from wiki.accounts.models import User
from wiki.api import tokens
from wiki.api.api_request import ApiRequest
from wiki.api.timestamps import format_timestamp, now
from wiki.licenses import catalogue
from wiki.pages import permissions
from wiki.pages.models import PageVersion, Stewardship, WikiPage
from wiki.text import titles

if TYPE_CHECKING:
    from wiki.pages.models import Reader

GENERATOR = "MediaWiki 1.43.0"
"""The MediaWiki version whose API this one follows; clients adapt their requests to it."""
RIGHTS = {
    "edit": "edit", "create": "createpage", "upload": "upload", "delete": "delete", "move": "move",
    "undelete": "undelete", "protect": "protect",
}  # fmt: skip
"""MediaWiki's names of rights, by action."""


def _tokens(request: ApiRequest) -> dict[str, Any]:
    kinds = request.choices("type", (*tokens.KINDS, "*"), "csrf", "tokens")
    requested = tokens.KINDS if "*" in kinds else kinds
    return {"tokens": {f"{kind}token": tokens.token(request.http_request, kind) for kind in requested}}


def _userinfo(request: ApiRequest) -> dict[str, Any]:
    user = request.user
    # Nobody has messages here, so that `hasmsg` is always answered by its absence.
    requested = request.choices("uiprop", ("groups", "rights", "blockinfo", "hasmsg"), "", "userinfo")
    result: dict[str, Any] = {"id": user.pk or 0, "name": user.get_username() or "anonymous"}
    if not user.is_authenticated:
        result["anon"] = request.true
    if "groups" in requested:
        result["groups"] = [
            "*",
            *(["user"] if user.is_authenticated else []),
            *(["sysop"] if user.is_superuser else []),
        ]
    if "rights" in requested:
        result["rights"] = _rights(user)
    if "blockinfo" in requested and isinstance(user, User) and user.is_blocked_now:
        until = format_timestamp(user.blocked_until) if user.blocked_until else "infinite"
        result |= {"blockedby": settings.SITE_NAME, "blockreason": user.blocked_reason, "blockexpiry": until}
    return {"userinfo": result}


def _rights(user: Reader) -> list[str]:
    """Return MediaWiki's names of what the user may do to some page at least: a steward, to those of a place."""
    allowed = set(permissions.allowed_actions(user))
    places = WikiPage.objects.readable_by(user).order_by().filter(is_place=True)
    if isinstance(user, User) and permissions.Action.EDIT in allowed:
        is_steward = Stewardship.objects.filter(user=user, place__in=places).exists()
        allowed |= permissions.STEWARDS if is_steward else frozenset()
    return _right_names(allowed)


def _right_names(allowed: Collection[str]) -> list[str]:
    writing = ["writeapi"] if "edit" in allowed else []
    return ["read", *(name for action, name in RIGHTS.items() if action in allowed), *writing]


def _siteinfo(request: ApiRequest) -> dict[str, Any]:
    known: dict[str, Callable[[ApiRequest], Any]] = {
        "general": _general,
        "namespaces": _namespaces,
        "namespacealiases": _aliases,
        "statistics": _statistics,
        "rightsinfo": _rightsinfo,
        "usergroups": _user_groups,
    }
    return {name: known[name](request) for name in request.choices("siprop", known, "general", "siteinfo")}


def _user_groups(request: ApiRequest) -> list[dict[str, Any]]:
    """Return the groups of `userinfo` with their rights; the stewards of a place are none."""
    accounts = permissions.ANYONE | permissions.ACCOUNTS
    rights = {"*": permissions.ANYONE, "user": accounts, "sysop": accounts | permissions.STEWARDS}
    return [{"name": name, "rights": _right_names(actions)} for name, actions in rights.items()]


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
        "writeapi": request.true,
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
            row["content"] = request.true
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


META_MODULES: dict[str, Callable[[ApiRequest], dict[str, Any]]] = {
    "tokens": _tokens,
    "userinfo": _userinfo,
    "siteinfo": _siteinfo,
}
