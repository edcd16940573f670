"""`action=edit` and `action=delete`, with MediaWiki's parameters; pages are written by the page writer."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from wiki.accounts.models import User
from wiki.api import tokens
from wiki.api.api_request import ApiError, ApiRequest
from wiki.api.timestamps import format_timestamp, parse_timestamp
from wiki.errors import TitleTaken, gettext_noop
from wiki.licenses import catalogue
from wiki.pages import page_lookup, permissions
from wiki.pages.models import PageVersion, WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author, EditSummary

if TYPE_CHECKING:
    from wiki.pages.writing.page_writer import SaveResult

UNSUPPORTED = ("section", "sectiontitle", "undo", "undoafter")
COMMENT_LIMIT = 500
"""Longest comment of a version, in characters."""


def edit(request: ApiRequest) -> dict[str, Any]:
    """Save a text, or add text to a page. If the page changed since the given base revision, the changes are merged."""
    request.require_post()
    request.require_in_body("token", "text")
    tokens.check(request)
    _check_parameters(request)
    page, title = resolve_page(request)
    permissions.require(request.user, permissions.Action.EDIT if page else permissions.Action.CREATE, page)
    no_create, create_only = request.flag("nocreate"), request.flag("createonly")
    if page is None and no_create:
        raise ApiError("missingtitle", gettext_noop("The page you specified doesn't exist."))
    if page is not None and create_only:
        raise ApiError("articleexists", gettext_noop("The article you tried to create has been created already."))
    try:
        saved = _save(request, page, title)
    except TitleTaken:
        # Somebody has just created the page: text is added to theirs.
        page = None if create_only or request.flag("text") else page_lookup.find(title, request.user)
        if page is None:
            raise
        saved = _save(request, page, title)
    return {"edit": _edit_response(request, saved, saved.version - 1 if page else 0)}


def _check_parameters(request: ApiRequest) -> None:
    for name in UNSUPPORTED:
        if request.get(name):
            message = gettext_noop('The "%(name)s" parameter is not supported here: send the whole text.')
            raise ApiError("unsupportedparam", message, name=name)
    present = [name for name in ("text", "appendtext", "prependtext") if request.flag(name)]
    if not present:
        raise ApiError(
            "notext", gettext_noop('One of the "text", "appendtext" and "prependtext" parameters must be set.')
        )
    text = request.get("prependtext") + request.get("appendtext") if "text" not in present else request.get("text")
    if (
        request.get("md5")
        and hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() != request.get("md5").lower()
    ):
        raise ApiError("badmd5", gettext_noop("The supplied MD5 hash was incorrect."))


def resolve_page(request: ApiRequest) -> tuple[WikiPage | None, str]:
    """Return the page that `title` or `pageid` names (None if missing) and its title. Raises ApiError, TitleProblem."""
    if request.get("pageid"):
        found = WikiPage.objects.readable_by(request.user).filter(pk=request.number("pageid", 0, 2**31)).first()
        if found is None:
            message = gettext_noop("There is no page with ID %(pageid)s.")
            raise ApiError("nosuchpageid", message, pageid=request.get("pageid")[:20])
        return page_lookup.find(found.full_title, request.user), found.full_title
    title = request.required("title")
    return page_lookup.find(title, request.user), title


def _save(request: ApiRequest, page: WikiPage | None, title: str) -> SaveResult:
    """Save the text by the page writer, or add it to the text that the page has at the moment of the write."""
    author = Author.of(request.user) if isinstance(request.user, User) else Author()
    tags = ["api", *(["bot"] if request.flag("bot") else [])]
    summary = EditSummary(request.get("summary"), request.flag("minor"), tags)
    license = request.get("license")
    if page is None:
        text = request.get("text") or request.get("prependtext") + request.get("appendtext")
        license = license or catalogue.DEFAULT
        return page_writer.create(title, text, author, license=license, language=request.language, summary=summary)
    if license and license != page.license and catalogue.normalize(license) != page.license:
        message = gettext_noop('The "license" parameter is for new pages: this one is under %(license)s.')
        raise ApiError("unsupportedparam", message, license=page.license)
    if request.flag("text"):
        return page_writer.edit(page, request.get("text"), author, summary, base=_base(request, page))
    before, after = request.get("prependtext"), request.get("appendtext")
    return page_writer.add_text(page, author, summary, before=before, after=after)


def _base(request: ApiRequest, page: WikiPage) -> int:
    """Return the number of the base: by `baserevid`, by `basetimestamp`, or the current one; may raise ApiError."""
    versions = PageVersion.objects.filter(page=page)
    if request.get("baserevid"):
        found = versions.filter(pk=request.number("baserevid", 0, 2**31)).first()
        if found is None:
            message = gettext_noop("There is no revision with ID %(revid)s.")
            raise ApiError("nosuchrevid", message, revid=request.get("baserevid")[:20])
        return found.number
    if request.get("basetimestamp"):
        time = parse_timestamp(request.get("basetimestamp"), "basetimestamp") + timedelta(seconds=1)
        found = versions.filter(claimed_at__lt=time).order_by("-number").first()
        return found.number if found else page.version
    return page.version


def _edit_response(request: ApiRequest, saved: SaveResult, old: int) -> dict[str, Any]:
    """Return the outcome of an edit in MediaWiki's format; `old` is the previous version number (0: new page)."""
    versions = {
        version.number: version
        for version in PageVersion.objects.filter(page=saved.page, number__in=[old, saved.version])
    }
    response: dict[str, Any] = {
        "result": "Success",
        "pageid": saved.page.pk,
        "title": saved.page.full_title,
        "contentmodel": "markdown",
    }
    if not saved.changed:
        return response | {"nochange": request.true}
    if old == 0:
        response["new"] = request.true
    previous, current = versions.get(old), versions[saved.version]
    return response | {
        "oldrevid": previous.pk if previous else 0,
        "newrevid": current.pk,
        "newtimestamp": format_timestamp(current.claimed_at),
    }


def delete(request: ApiRequest) -> dict[str, Any]:
    """Delete a page: write a version without text."""
    request.require_post()
    request.require_in_body("token")
    tokens.check(request)
    page, _ = resolve_page(request)
    if page is None:
        raise ApiError("missingtitle", gettext_noop("The page you specified doesn't exist."))
    permissions.require(request.user, permissions.Action.DELETE, page)
    author = Author.of(request.user) if isinstance(request.user, User) else Author()
    saved = page_writer.delete(page, author, request.get("reason"))
    number = PageVersion.objects.filter(page=saved.page, number=saved.version).values_list("pk", flat=True).first()
    return {"delete": {"title": page.full_title, "reason": request.get("reason"), "logid": number}}
