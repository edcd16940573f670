"""Edits of several pages in one transaction and one changeset: a table that was edited, a batch that is undone.

An edit may also delete a page, or bring a deleted one back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wiki.accounts.models import User
from wiki.errors import Refused, gettext_noop
from wiki.pages import permissions
from wiki.pages.models import Changeset, PageVersion, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing.page_writer import COMMENT_LIMIT, EditSummary, check_still_empty, check_text
from wiki.pages.writing.version_store import Author, NewVersion, store

PAGES_LIMIT = 100
"""Pages in one transaction at most: on SQLite it keeps other writers waiting for some tenths of a second."""


@dataclass(frozen=True, slots=True)
class PageEdit:
    """The new text of a page that was just loaded with source and place; None deletes the page.

    A text for a deleted page brings it back: the caller has checked that its title is free.
    """

    page: WikiPage
    text: str | None
    tags: Sequence[str] = ()
    action: permissions.Action = permissions.Action.EDIT
    """What the user has to be allowed to do to the page."""


def edit_pages(edits: Sequence[PageEdit], by: Author, summary: EditSummary, changeset: Changeset) -> list[PageVersion]:
    """Write the texts of at most PAGES_LIMIT pages, all or none, as versions of a changeset; return the versions.

    The changeset is saved with them if it is new. The caller counts the batch against the rate limits. Raises
    StaleVersion if one of the pages has changed since it was loaded, NotAllowed, Refused, DatabaseBusy.
    """
    if len(summary.comment) > COMMENT_LIMIT:
        raise Refused(
            gettext_noop("The comment has %(size)d characters: please say it in %(limit)d at most."),
            size=len(summary.comment),
            limit=COMMENT_LIMIT,
        )
    if len(edits) > PAGES_LIMIT:
        raise Refused(gettext_noop("At most %(limit)d pages can be changed at once."), limit=PAGES_LIMIT)
    for edit in edits:
        if isinstance(by.user, User):
            permissions.require(by.user, edit.action, edit.page)
    new_versions = []
    for edit in edits:
        text = None if edit.text is None else check_text(edit.text)
        fields, tags = PageFields.of(edit.page), [*summary.tags, *edit.tags]
        new_versions.append(NewVersion(edit.page, text, fields, by, summary.comment, summary.minor, tags))

    def check_places(_: list[PageVersion]) -> None:
        for edit in edits:
            if edit.text is None:
                check_still_empty(edit.page, None)

    return store(new_versions, changeset, on_written=check_places)
