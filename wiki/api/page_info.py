"""`prop=info`: language, current revision, length and addresses of pages, and what the user may do to them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import F

from wiki.api.module_parameters import ModuleParameters
from wiki.api.page_sets import PageSet
from wiki.api.timestamps import format_timestamp
from wiki.pages import permissions
from wiki.pages.models import PageVersion, WikiPage
from wiki.pages.page_urls import address
from wiki.pages.protection import ProtectionLevel, level_of, strictest_level

INFO = ("protection", "url", "displaytitle", "readable")
"""Values of `inprop`. Most of what they name is in every answer."""


def info(parameters: ModuleParameters, found: PageSet) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Return the information about pages by title key; it never continues. Raises ApiError.

    One query, and with `intestactions` one more for each page.
    """
    requested = parameters.choices("prop", INFO)
    tested = parameters.request.get_multi(parameters.prefix + "testactions")
    latest = PageVersion.objects.readable_by(parameters.user).filter(
        page__in=[page.pk for page in found.pages], number=F("page__version")
    )
    revisions = dict(latest.values_list("page_id", "pk"))
    values = {}
    for page in found.pages:
        row = _row(page, revisions.get(page.pk))
        row |= {name: parameters.request.true for name, is_so in _flags(page).items() if is_so}
        if "url" in requested:
            row["editurl"] = settings.BASE_ADDRESS + address("edit", page.full_title)
            row["canonicalurl"] = row["fullurl"]
        if "readable" in requested:
            row["readable"] = parameters.request.true
        if tested:
            row["actions"] = _tested_actions(parameters, page, tested)
        values[page.title_key or ""] = row
    return values, {}


def _row(page: WikiPage, revision: int | None) -> dict[str, Any]:
    return {
        "contentmodel": "markdown",
        "pagelanguage": page.language,
        "touched": format_timestamp(page.edited_at),
        "lastrevid": revision,
        "length": page.size,
        "protection": _protection(page),
        "restrictiontypes": ["edit", "move"],
        "fullurl": settings.BASE_ADDRESS + page.get_absolute_url(),
        "displaytitle": page.shown_title,
    }


def _protection(page: WikiPage) -> list[dict[str, str]]:
    """Return who may edit and move the page, as MediaWiki says it; a place protects its pages («cascade» there)."""
    level = strictest_level(page)
    holder = page if level_of(page) == level else page.place
    if not level or holder is None:
        return []
    expiry = format_timestamp(holder.protected_until) if holder.protected_until else "infinity"
    name = "sysop" if level == ProtectionLevel.ADMINISTRATORS else "steward"
    source = {} if holder is page else {"source": holder.full_title}
    return [{"type": kind, "level": name, "expiry": expiry, **source} for kind in ("edit", "move")]


def _flags(page: WikiPage) -> dict[str, bool]:
    return {"redirect": bool(page.redirect_key), "new": page.version == 1}


def _tested_actions(parameters: ModuleParameters, page: WikiPage, tested: list[str]) -> dict[str, Any]:
    """Return which of the actions the user may do to the page; in format version 1, the others are left out."""
    allowed = permissions.allowed_actions(parameters.user, page)
    if parameters.request.version == 2:
        return {name: name in allowed for name in tested}
    return {name: "" for name in tested if name in allowed}
