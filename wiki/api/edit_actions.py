"""`action=edit` and `action=delete`: through the one writer, with MediaWiki's parameters."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from wiki.accounts.models import User
from wiki.api import tokens
from wiki.api.api_request import ApiError, ApiRequest
from wiki.api.timestamps import format_timestamp
from wiki.errors import gettext_noop
from wiki.pages import page_lookup, permissions
from wiki.pages.models import PageVersion, WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author, EditSummary

if TYPE_CHECKING:
    from wiki.pages.writing.page_writer import SaveResult

UNSUPPORTED = ("section", "sectiontitle", "undo", "undoafter")


def edit(call: ApiRequest) -> dict[str, Any]:
    """Save a text, or add to one. Where others saved after the named base, both are merged."""
    call.require_post()
    call.require_in_body("token", "text")
    tokens.check(call)
    _refuse_unsupported(call)
    page, title = resolve_page(call)
    permissions.require(call.user, permissions.Action.EDIT if page else permissions.Action.CREATE, page)
    if page is None and call.flag("nocreate"):
        raise ApiError("missingtitle", gettext_noop("The page you specified doesn't exist."))
    if page is not None and call.flag("createonly"):
        raise ApiError("articleexists", gettext_noop("The article you tried to create has been created already."))
    old = page.version if page else 0
    saved = _save(call, page, title)
    return {"edit": _told(call, saved, old)}


def _refuse_unsupported(call: ApiRequest) -> None:
    for name in UNSUPPORTED:
        if call.get(name):
            message = gettext_noop('The "%(name)s" parameter is not supported here: send the whole text.')
            raise ApiError("unsupportedparam", message, name=name)
    whole = [name for name in ("text", "appendtext", "prependtext") if call.flag(name)]
    if not whole:
        raise ApiError(
            "notext", gettext_noop('One of the "text", "appendtext" and "prependtext" parameters must be set.')
        )
    sent = call.get("prependtext") + call.get("appendtext") if "text" not in whole else call.get("text")
    if call.get("md5") and hashlib.md5(sent.encode(), usedforsecurity=False).hexdigest() != call.get("md5").lower():
        raise ApiError("badmd5", gettext_noop("The supplied MD5 hash was incorrect."))


def resolve_page(call: ApiRequest) -> tuple[WikiPage | None, str]:
    """The page that `title` or `pageid` names, if it is there, and its title. Raises ApiProblem, TitleProblem."""
    if call.get("pageid"):
        found = WikiPage.objects.readable_by(call.user).filter(pk=call.number("pageid", 0, 2**31)).first()
        if found is None:
            message = gettext_noop("There is no page with ID %(pageid)s.")
            raise ApiError("nosuchpageid", message, pageid=call.get("pageid")[:20])
        return page_lookup.find(found.full_title, call.user), found.full_title
    title = call.required("title")
    return page_lookup.find(title, call.user), title


def _save(call: ApiRequest, page: WikiPage | None, title: str) -> SaveResult:
    """Hand the text to the writer; additions are tried again when someone was faster."""
    author = Author.of(call.user) if isinstance(call.user, User) else Author()
    note = EditSummary(call.get("summary")[:500], call.flag("minor"), ["api", *(["bot"] if call.flag("bot") else [])])
    if page is None:
        text = call.get("text") or call.get("prependtext") + call.get("appendtext")
        return page_writer.create(title, text, author, language=call.language, note=note)
    if call.flag("text"):
        return page_writer.edit(page, call.get("text"), author, note, base=_base(call, page))
    text = call.get("prependtext") + (page.source.text or "") + call.get("appendtext")
    return page_writer.edit(page, text, author, note, base=page.version)


def _base(call: ApiRequest, page: WikiPage) -> int:
    """The version that the sent text follows: by `baserevid`, by `basetimestamp`, or the current one."""
    versions = PageVersion.objects.filter(page=page)
    if call.get("baserevid"):
        found = versions.filter(pk=call.number("baserevid", 0, 2**31)).first()
        if found is None:
            message = gettext_noop("There is no revision with ID %(revid)s.")
            raise ApiError("nosuchrevid", message, revid=call.get("baserevid")[:20])
        return found.number
    if call.get("basetimestamp"):
        moment = _moment(call.get("basetimestamp")) + timedelta(seconds=1)
        found = versions.filter(claimed_at__lt=moment).order_by("-number").first()
        return found.number if found else page.version
    return page.version


def _moment(raw: str) -> datetime:
    """A timestamp of MediaWiki (ISO 8601, or 14 digits). Raises ApiProblem."""
    try:
        if raw.isdecimal() and len(raw) == 14:
            return datetime.strptime(f"{raw}+0000", "%Y%m%d%H%M%S%z")
        found = parse_datetime(raw)
    except ValueError:
        found = None
    if found is None:
        message = gettext_noop('Invalid value "%(value)s" for timestamp parameter "%(name)s".')
        raise ApiError("badtimestamp", message, value=raw[:40], name="basetimestamp")
    return found if timezone.is_aware(found) else found.replace(tzinfo=UTC)


def _told(call: ApiRequest, saved: SaveResult, old: int) -> dict[str, Any]:
    """What became of an edit, in MediaWiki's words."""
    versions = {
        version.number: version
        for version in PageVersion.objects.filter(page=saved.page, number__in=[old, saved.version])
    }
    told: dict[str, Any] = {
        "result": "Success",
        "pageid": saved.page.pk,
        "title": saved.page.full_title,
        "contentmodel": "markdown",
    }
    if not saved.changed:
        return told | {"nochange": True if call.version == 2 else ""}
    if old == 0:
        told["new"] = True if call.version == 2 else ""
    before, now = versions.get(old), versions[saved.version]
    return told | {
        "oldrevid": before.pk if before else 0,
        "newrevid": now.pk,
        "newtimestamp": format_timestamp(now.claimed_at),
    }


def delete(call: ApiRequest) -> dict[str, Any]:
    """Delete a page: a version without text."""
    call.require_post()
    call.require_in_body("token")
    tokens.check(call)
    page, _ = resolve_page(call)
    if page is None:
        raise ApiError("missingtitle", gettext_noop("The page you specified doesn't exist."))
    permissions.require(call.user, permissions.Action.DELETE, page)
    author = Author.of(call.user) if isinstance(call.user, User) else Author()
    saved = page_writer.delete(page, author, call.get("reason")[:500])
    number = PageVersion.objects.filter(page=saved.page, number=saved.version).values_list("pk", flat=True).first()
    return {"delete": {"title": page.full_title, "reason": call.get("reason")[:500], "logid": number}}
