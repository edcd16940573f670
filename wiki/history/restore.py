"""Going back: restoring a version, and undoing one edit in the middle.

Both are new edits through the one writer: history only ever grows. Only texts go back; title,
place, licence and language are fields, each changed by its own act.
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
COMMENT_LIMIT = 500
DEFAULT_COMMENTS: Mapping[RestoreAction, str] = {
    "restore": gettext_noop("Restored version %(number)d, by %(author)s"),
    "undo": gettext_noop("Undid version %(number)d, by %(author)s"),
}


@dataclass(frozen=True, slots=True)
class UndoMerge:
    """One edit that is to be undone: the texts after and before it, and how it stands now."""

    version: PageVersion
    after: str
    before: str
    now: str

    @property
    def merged_text(self) -> str | None:
        """The current text without that edit; None where later edits changed the same words."""
        return document_merge.merge_documents(self.after, self.before, self.now).text

    def conflict(self, number: int) -> EditConflict:
        """The three texts for a person to settle; `number` is the current version."""
        return EditConflict(self.after, self.before, self.now, number)


def restore(page: WikiPage, number: int, by: Author, comment: str = "", base: int | None = None) -> SaveResult:
    """Make the text of version `number` the text of `page` again, as a new version that says so.

    `base` is the version that the person saw as current: what others wrote since is merged in.
    Raises PageVersion.DoesNotExist, NotAllowed, Refused, EditConflict, Busy.
    """
    version = get_restorable_version(page, number)
    note = EditSummary(append_comment(default_comment("restore", version), comment), tags=["restored"])
    return page_writer.edit(page, version.text() or "", by, note, base)


def get_restorable_version(page: WikiPage, number: int) -> PageVersion:
    """Version `number` of `page`, if its text can be restored.

    Raises PageVersion.DoesNotExist, and Refused when it has none or the page is deleted.
    """
    _refuse_deleted(page)
    version: PageVersion = page.versions.select_related("stored").get(number=number)
    if version.is_deletion:
        raise Refused(gettext_noop("Version %(number)d has no text: the page was deleted."), number=number)
    return version


def undo(page: WikiPage, number: int, by: Author, comment: str = "") -> SaveResult:
    """Take what version `number` changed out of the current text, as a new version that says so.

    A three-way merge: from the text after that edit, one way leads to the text before it, the
    other to the text of now. Raises EditConflict where later edits changed the same words
    (nothing is written), PageVersion.DoesNotExist, NotAllowed, Refused, Busy.
    """
    undoing = get_undo_merge(page, number)
    note = EditSummary(append_comment(default_comment("undo", undoing.version), comment), tags=["undone"])
    return page_writer.edit(page, undoing.before, by, note, base=number)


def get_undo_merge(page: WikiPage, number: int) -> UndoMerge:
    """The edit that made version `number`, with its texts.

    Raises PageVersion.DoesNotExist, and Refused where there is no edit of a text to undo.
    """
    _refuse_deleted(page)
    rows = page.versions.select_related("stored").filter(number__in=(number - 1, number))
    found = {row.number: row for row in rows}
    if number not in found:
        raise PageVersion.DoesNotExist
    before, after = found.get(number - 1), found[number]
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
    return UndoMerge(after, *texts, page.source.text or "")


def _refuse_deleted(page: WikiPage) -> None:
    """A deleted page comes back whole, by its own act."""
    if page.is_deleted:
        raise Refused(gettext_noop("This page is deleted: bring it back first."))


def default_comment(act: RestoreAction, version: PageVersion) -> str:
    """What the wiki says in the comment of the new version, in the language of whoever acts."""
    words = {"number": version.number, "author": version.author_name}
    return (gettext(DEFAULT_COMMENTS[act]) % words)[:COMMENT_LIMIT]


def append_comment(said: str, comment: str) -> str:
    """What the wiki says of the act, then what the person says, within the limit of comments."""
    own = comment.strip()
    return (f"{said} · {own}" if own else said)[:COMMENT_LIMIT]


def propose_resolution(conflict: EditConflict) -> str:
    """The current text, changed in all that does not clash; where it clashes, as it stands now."""
    joined = document_merge.merge_documents(conflict.base, conflict.mine, conflict.theirs)
    return joined.resolved([clash.theirs for clash in joined.conflicts])
