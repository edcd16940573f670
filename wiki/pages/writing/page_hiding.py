"""Hiding of pages without deleting them, and showing them again.

A hidden page keeps its text, history and title; `read_permissions` says who reads it. Its redirects and its discussion
are hidden with it. Both acts are versions with the same text, which say who did it and when.
"""

from __future__ import annotations

from dataclasses import replace

from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.permissions import Action
from wiki.pages.writing.page_moves import find_talk_pages
from wiki.pages.writing.page_writer import SaveResult, check_write_allowed, retry_while_stale
from wiki.pages.writing.version_store import Author, NewVersion, store

HIDDEN, SHOWN = "hidden", "shown"
"""Tags of the versions."""
REDIRECTS_FOLLOWED = 4
"""Redirects in a row that readers follow at most (`page_lookup.redirect_target`)."""


def hide(page: WikiPage, by: Author, comment: str = "") -> SaveResult:
    """Hide a page, with the redirects to it and its discussion. Raises NotAllowed, RateLimitExceeded, DatabaseBusy."""
    check_write_allowed(by, Action.HIDE, page, comment)

    def attempt() -> SaveResult:
        now = page_lookup.reload_page(page.pk)
        if now.is_hidden or now.is_deleted:
            return SaveResult(now, now.version, changed=False)
        return _write([now, *_pages_about(now)], now.pk, by, comment)

    return retry_while_stale(attempt)


def show(page: WikiPage, by: Author, comment: str = "") -> SaveResult:
    """Show a hidden page again, with all that was hidden with it. Raises what `hide` raises.

    Who may do so is asked for the page itself, also where `page` is one of its redirects, or its discussion.
    """
    check_write_allowed(by, Action.HIDE, page_lookup.reload_page(page.hidden_with_id or page.pk), comment)

    def attempt() -> SaveResult:
        now = page_lookup.reload_page(page.pk)
        if not now.is_hidden:
            return SaveResult(now, now.version, changed=False)
        hidden = WikiPage.objects.filter(hidden_with=now.hidden_with_id).exclude(pk=now.pk)
        return _write([now, *hidden.select_related("source", "place").order_by("pk")], None, by, comment)

    return retry_while_stale(attempt)


def _write(pages: list[WikiPage], hidden_with: int | None, by: Author, comment: str) -> SaveResult:
    """Write a version of each page that changes only by whom it is hidden; the first page is the one that was asked."""
    tags = [SHOWN if hidden_with is None else HIDDEN]
    new_versions = [
        NewVersion(
            page, page.source.text, replace(PageFields.of(page), hidden_with=hidden_with), by, comment, tags=tags
        )
        for page in pages
    ]
    return SaveResult(pages[0], store(new_versions)[0].number, changed=True)


def _pages_about(page: WikiPage) -> list[WikiPage]:
    """Return the redirects to a page, also by other redirects, and the discussions of all these; none is hidden yet."""
    shown = WikiPage.objects.filter(hidden_with=None).exclude(pk=page.pk)
    redirects: dict[str, WikiPage] = {}
    keys = {page.title_key}
    for _ in range(REDIRECTS_FOLLOWED):
        found = shown.filter(redirect_key__in=sorted(filter(None, keys))).select_related("source", "place")
        keys = {redirect.title_key for redirect in found} - redirects.keys()
        redirects |= {redirect.title_key or "": redirect for redirect in found}
    talks = find_talk_pages([page.full_title, *(redirect.full_title for redirect in redirects.values())]).values()
    others = {found.pk: found for found in [*redirects.values(), *talks] if found.pk != page.pk}
    return [found for found in others.values() if not found.is_hidden]
