"""`prop=revisions`: the current revision of pages, the history of one page, or the revisions in `revids`.

Source of the rules: MediaWiki's API documentation (API:Revisions).
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from django.db.models import F, OuterRef, Q, Subquery
from django.utils.html import escape

from wiki.api.api_request import ApiError
from wiki.api.module_parameters import (
    MAX_LIMIT,
    ModuleParameters,
    bad_continuation,
    cannot_use_with,
    continuation_number,
)
from wiki.api.page_sets import PageSet
from wiki.api.timestamps import format_timestamp, parse_timestamp
from wiki.errors import gettext_noop
from wiki.pages.models import PageVersion, PageVersionQuerySet

PROPERTIES = (
    "ids", "flags", "timestamp", "user", "userid", "size", "sha1", "contentmodel", "comment", "parsedcomment",
    "content", "tags", "roles",
)  # fmt: skip
NEEDING_TEXT = {"content", "sha1"}
TEXT_LIMIT = 50
"""Most revisions of one answer that have to read their texts."""
OF_ONE_PAGE = ("limit", "startid", "endid", "start", "end", "user", "excludeuser")
"""Parameters that ask for the history of a single page, as `dir=newer` does."""
UNSUPPORTED = (
    "section", "parse", "expandtemplates", "generatexml", "diffto", "difftotext", "difftotextpst", "contentformat",
)  # fmt: skip
"""Parameters that would change the text of a revision, or add to it."""


def revisions(parameters: ModuleParameters, found: PageSet) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Return revisions of pages by title key, and the continuation. One query for all pages. Raises ApiError."""
    requested = parameters.choices("prop", PROPERTIES, "ids|timestamp|flags|comment|user")
    slots = parameters.choices("slots", ("main", "*"))
    parameters.refuse(*UNSUPPORTED)
    versions = _versions(parameters, found)
    one_page = _asks_for_one_page(parameters)
    if one_page and found.revision_ids is not None:
        message = gettext_noop('The "revids" parameter cannot be used with the parameters that list revisions.')
        raise ApiError("invalidparammix", message)
    if one_page and len(found.keys) > 1:
        message = gettext_noop("The parameters that list revisions can only be used on a single page.")
        raise ApiError("invalidparammix", message)
    most = TEXT_LIMIT if NEEDING_TEXT & set(requested) else MAX_LIMIT
    if one_page:
        selected, more = _history(parameters, versions, most)
    else:
        selected, more = _selected(parameters, versions, found, most)
    keys = {page.pk: page.title_key or "" for page in found.pages}
    values: dict[str, dict[str, Any]] = {}
    for version in selected:
        row = _row(parameters, version, requested, in_slots=bool(slots))
        values.setdefault(keys[version.page_id], {"revisions": []})["revisions"].append(row)
    return values, more


def _versions(parameters: ModuleParameters, found: PageSet) -> PageVersionQuerySet:
    """Return the readable versions of pages with texts, authors, and the ids of the versions before them."""
    previous = PageVersion.objects.filter(page=OuterRef("page"), number=OuterRef("number") - 1).values("pk")[:1]
    readable = PageVersion.objects.readable_by(parameters.user).filter(page__in=[page.pk for page in found.pages])
    versions: PageVersionQuerySet = readable.select_related("stored", "author").annotate(parent_pk=Subquery(previous))
    return versions


def _asks_for_one_page(parameters: ModuleParameters) -> bool:
    asked = [name for name in OF_ONE_PAGE if parameters.flag(name)]
    return parameters.choice("dir", ("older", "newer"), "older") == "newer" or bool(asked)


def _history(
    parameters: ModuleParameters, versions: PageVersionQuerySet, most: int
) -> tuple[list[PageVersion], dict[str, Any]]:
    """Return the versions of one page that the parameters select, and the continuation. Raises ApiError."""
    newer = parameters.get("dir") == "newer"
    found = _between(parameters, versions, newer)
    if user := parameters.get("user"):
        found = found.filter(_written_by(user))
    if user := parameters.get("excludeuser"):
        if parameters.get("user"):
            raise cannot_use_with("rvexcludeuser", "rvuser")
        found = found.exclude(_written_by(user))
    if (start := parameters.continuation(2)) is not None:
        number = _number(versions, continuation_number(start[1]))
        found = found.filter(number__gte=number) if newer else found.filter(number__lte=number)
    limit = parameters.limit(most=most)
    rows = list(found.order_by("number" if newer else "-number")[: limit + 1])
    if len(rows) <= limit:
        return rows, {}
    time = rows[limit].claimed_at.strftime("%Y%m%d%H%M%S")
    return rows[:limit], {"rvcontinue": f"{time}|{rows[limit].pk}"}


def _written_by(user: str) -> Q:
    return Q(author__username=user) | Q(author=None, author_name=user)


def _between(parameters: ModuleParameters, versions: PageVersionQuerySet, newer: bool) -> PageVersionQuerySet:
    """Keep the versions from `start` or `startid` to `end` or `endid`, in the list's direction. Raises ApiError."""
    for name, comparison in (("start", "gte" if newer else "lte"), ("end", "lte" if newer else "gte")):
        if raw := parameters.get(name):
            # Timestamps in answers are whole seconds, which stand for the whole second.
            time = parse_timestamp(raw, parameters.prefix + name).replace(microsecond=0)
            later = Q(claimed_at__gte=time)
            versions = versions.filter(later if comparison == "gte" else Q(claimed_at__lt=time + timedelta(seconds=1)))
        if parameters.get(f"{name}id"):
            revision = parameters.number(f"{name}id", 0, 2**31)
            found = versions.filter(pk=revision).values_list("number", flat=True).first()
            if found is None:
                message = gettext_noop("There is no revision with ID %(revid)s.")
                raise ApiError("nosuchrevid", message, revid=revision)
            versions = versions.filter(**{f"number__{comparison}": found})
    return versions


def _number(versions: PageVersionQuerySet, revision: int) -> int:
    found = versions.filter(pk=revision).values_list("number", flat=True).first()
    if found is None:
        raise bad_continuation()
    return int(found)


def _selected(
    parameters: ModuleParameters, versions: PageVersionQuerySet, found: PageSet, most: int
) -> tuple[list[PageVersion], dict[str, Any]]:
    """Return the revisions in `revids`, or the current ones of pages, at most `most`, and the continuation."""
    if found.revision_ids is not None:
        versions = versions.filter(pk__in=found.revision_ids)
    else:
        versions = versions.filter(number=F("page__version"))
    if (start := parameters.continuation(1)) is not None:
        versions = versions.filter(pk__gte=continuation_number(start[0]))
    rows = list(versions.order_by("pk")[: most + 1])
    return rows[:most], {"rvcontinue": str(rows[most].pk)} if len(rows) > most else {}


def _row(parameters: ModuleParameters, version: PageVersion, requested: list[str], *, in_slots: bool) -> dict[str, Any]:
    """Return a revision with the properties in `rvprop`."""
    result: dict[str, Any] = {}
    if "ids" in requested:
        result |= {"revid": version.pk, "parentid": version.parent_pk or 0}  # type: ignore[attr-defined]
    if "flags" in requested and version.minor:
        result["minor"] = parameters.request.true
    text = (version.text() or "") if NEEDING_TEXT & set(requested) else ""
    values: dict[str, Any] = {
        "user": version.author.get_username() if version.author else version.author_name,
        "userid": version.author_id or 0,
        "timestamp": format_timestamp(version.claimed_at),
        "size": version.size,
        "sha1": hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(),
        "contentmodel": "markdown",
        "comment": version.comment,
        "parsedcomment": escape(version.comment),
        "tags": list(version.tags),
        "roles": ["main"],
    }
    result |= {name: value for name, value in values.items() if name in requested}
    if "content" in requested:
        key = "content" if parameters.request.version == 2 else "*"
        content = {"contentmodel": "markdown", "contentformat": "text/markdown", key: text}
        result |= {"slots": {"main": content}} if in_slots else content
    return result
