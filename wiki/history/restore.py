"""Restoring a version, and undoing one edit in the middle.

Both are new edits by the page writer: history only grows. Only the text is restored; title, place, licence and language
are fields that have their own actions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext

from wiki.errors import EditConflict, Refused, gettext_noop
from wiki.pages.models import PageVersion, WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author, EditSummary, SaveResult
from wiki.text.merging import document_merge

RestoreAction = Literal["restore", "undo"]
DEFAULT_COMMENTS: Mapping[RestoreAction, str] = {
    "restore": gettext_noop("Restored version %(number)d, by %(author)s"),
    "undo": gettext_noop("Undid version %(number)d, by %(author)s"),
}
"""Edit summaries by action."""


@dataclass(frozen=True, slots=True)
class UndoMerge:
    """An edit to undo: the texts after and before it, and the current text."""

    version: PageVersion
    after: str
    before: str
    now: str

    @property
    def merged_text(self) -> str | None:
        """The current text without that edit; None where later edits changed the same words."""
        return document_merge.merge_documents(self.after, self.before, self.now).text

    def conflict(self, number: int) -> EditConflict:
        """Return the conflict for the user to resolve; `number` is the current version."""
        return EditConflict(self.after, self.before, self.now, number, self.version.number)


def restore(page: WikiPage, number: int, by: Author, comment: str = "", base: int | None = None) -> SaveResult:
    """Restore the text of version `number` of `page`, as a new version.

    `base` is the version that the user saw as current: later edits are merged in. Raises PageVersion.DoesNotExist,
    NotAllowed, Refused, EditConflict, DatabaseBusy.
    """
    version = get_restorable_version(page, number)
    summary = EditSummary(append_comment(default_comment("restore", version), comment), tags=["restored"])
    return page_writer.edit(page, version.text() or "", by, summary, base)


def get_restorable_version(page: WikiPage, number: int) -> PageVersion:
    """Return version `number` of `page`, if its text can be restored.

    Raises PageVersion.DoesNotExist, and Refused if it has no text or the page is deleted.
    """
    _refuse_deleted(page)
    version: PageVersion = page.versions.select_related("stored").get(number=number)
    if version.is_deletion:
        raise Refused(gettext_noop("Version %(number)d has no text: the page was deleted."), number=number)
    return version


def undo(page: WikiPage, number: int, by: Author, comment: str = "") -> SaveResult:
    """Undo the edit of version `number` in the current text, as a new version.

    A three-way merge: its base is the text after that edit, its sides are the text before the edit and the current
    text. Raises EditConflict where later edits changed the same words (then nothing is written),
    PageVersion.DoesNotExist, NotAllowed, Refused, DatabaseBusy.
    """
    merge = get_undo_merge(page, number)
    summary = EditSummary(append_comment(default_comment("undo", merge.version), comment), tags=["undone"])
    return page_writer.edit(page, merge.before, by, summary, base=number)


def get_undo_merge(page: WikiPage, number: int) -> UndoMerge:
    """Return the edit of version `number`, with its texts.

    Raises PageVersion.DoesNotExist, and Refused if that version is no edit of a text.
    """
    _refuse_deleted(page)
    rows = page.versions.select_related("stored").filter(number__in=(number - 1, number))
    versions = {row.number: row for row in rows}
    if number not in versions:
        raise PageVersion.DoesNotExist
    return undo_merge_of(versions.get(number - 1), versions[number], page.source.text or "")


def undo_merge_of(before: PageVersion | None, after: PageVersion, now: str) -> UndoMerge:
    """Return the edit between two versions, whose texts are loaded, with the current text. Raises Refused."""
    number = after.number
    if before is None or before.is_deletion:
        raise Refused(
            gettext_noop("Version %(number)d is where the text begins: delete the page instead."),
            number=number,
        )
    if after.is_deletion:
        raise Refused(gettext_noop("Version %(number)d has no text: the page was deleted."), number=number)
    texts = after.text() or "", before.text() or ""
    if texts[0] == texts[1]:
        raise Refused(gettext_noop("Version %(number)d did not change the text."), number=number)
    return UndoMerge(after, *texts, now)


def _refuse_deleted(page: WikiPage) -> None:
    """Raise Refused for a deleted page: undeleting it is a separate action."""
    if page.is_deleted:
        raise Refused(gettext_noop("This page is deleted: bring it back first."))


def default_comment(action: RestoreAction, version: PageVersion) -> str:
    """Return the edit summary of the new version, in the language of the user."""
    params = {"number": version.number, "author": version.author_name}
    return gettext(DEFAULT_COMMENTS[action]) % params


def append_comment(default: str, comment: str) -> str:
    """Return the default comment with the user's comment after it."""
    typed = comment.strip()
    return f"{default} · {typed}" if typed else default
