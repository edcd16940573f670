"""Undoing a batch: each page goes back as by undoing one edit, merged with later edits, in one new changeset.

What cannot be undone (a text that begins with the batch, words that were changed since) is named and left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from django.db.models import Q
from django.utils.translation import gettext, ngettext

from wiki.accounts.models import User
from wiki.errors import EditConflict, NotAllowed, Refused, gettext_noop
from wiki.history import restore
from wiki.history.history_urls import batch_address
from wiki.pages import permissions
from wiki.pages.background_jobs import Lane
from wiki.pages.background_tasks import TaskKind, TaskResult, TaskRun
from wiki.pages.error_middleware import message_for
from wiki.pages.models import Changeset, PageVersion, PageVersionQuerySet, WikiPage
from wiki.pages.writing.batch_edits import PAGES_LIMIT, PageEdit, edit_pages
from wiki.pages.writing.page_writer import Author, EditSummary, retry_while_stale

TASK = "undo of a batch"
NAMED_LIMIT = 20
"""Pages that a message names at most."""


@dataclass(slots=True)
class UndoReport:
    """What became of a batch that was undone."""

    changeset: Changeset | None = None
    """The new one; None while nothing was undone."""
    undone: int = 0
    left: list[tuple[str, str]] = field(default_factory=list)
    """Full title of each page that stays as it is, and why."""

    @property
    def message(self) -> str:
        """What was done, and which pages were left, in the language of the user."""
        text = ngettext("%(number)d page is undone.", "%(number)d pages are undone.", self.undone)
        parts = [text % {"number": self.undone}] if self.undone else [gettext("Nothing was undone.")]
        if self.left:
            text = ngettext("%(number)d page stays as it is:", "%(number)d pages stay as they are:", len(self.left))
            named = " · ".join(f"{title} ({reason.rstrip('.')})" for title, reason in self.left[:NAMED_LIMIT])
            parts.append(text % {"number": len(self.left)} + f" {named}{' …' if self.left[NAMED_LIMIT:] else ''}")
        return " ".join(parts)


def versions_of_batch(number: int, user: User) -> PageVersionQuerySet:
    """Return the versions of a changeset that `user` may read."""
    versions: PageVersionQuerySet = PageVersion.objects.readable_by(user).filter(changeset_id=number)
    return versions


def pages_of_batch(number: int, user: User) -> list[int]:
    """Return the primary keys of the pages of a changeset that `user` may read, in order."""
    return sorted(set(versions_of_batch(number, user).order_by().values_list("page_id", flat=True)))


def undo_batch(
    changeset: Changeset, user: User, comment: str = "", on_progress: Callable[[int, int], None] | None = None
) -> UndoReport:
    """Undo the edits of a changeset in the pages that `user` may read and edit, PAGES_LIMIT at a time.

    `on_progress` gets the pages that are done, and how many there are. The caller counts against the rate limits.
    Raises Refused, DatabaseBusy: what was undone so far stays.
    """
    report = UndoReport()
    pages = pages_of_batch(changeset.pk, user)
    written = gettext("Undid batch %(number)d: %(act)s") % {
        "number": changeset.pk, "act": changeset.get_act_display(),
    }  # fmt: skip
    summary = EditSummary(restore.append_comment(written, comment), tags=["undone"])
    for start in range(0, len(pages), PAGES_LIMIT):
        chunk = pages[start : start + PAGES_LIMIT]
        retry_while_stale(partial(_undo_in_pages, changeset, chunk, user, summary, report))
        if on_progress is not None:
            on_progress(start + len(chunk), len(pages))
    return report


def _undo_in_pages(
    changeset: Changeset, page_pks: Sequence[int], user: User, summary: EditSummary, report: UndoReport
) -> None:
    """Undo a changeset in some pages, in one transaction. Updates `report` once it is committed."""
    versions = list(versions_of_batch(changeset.pk, user).filter(page__in=page_pks).select_related("stored"))
    before = _versions_before(versions)
    by_page: dict[int, list[PageVersion]] = defaultdict(list)
    for version in sorted(versions, key=lambda one: -one.number):
        by_page[version.page_id].append(version)
    pages = WikiPage.objects.select_related("source", "place").in_bulk(list(by_page))
    edits: list[PageEdit] = []
    left: list[tuple[str, str]] = []
    for pk, of_page in by_page.items():
        page = pages[pk]
        try:
            permissions.require(user, permissions.Action.EDIT, page)
            edits.append(PageEdit(page, _text_without(page, of_page, before)))
        except (Refused, NotAllowed, EditConflict) as error:
            left.append((page.full_title, message_for(error)))
    if edits:
        new = report.changeset or Changeset(act=Changeset.Act.UNDO, by=user, comment=summary.comment)
        edit_pages(edits, Author.of(user), summary, new)
        report.changeset = new
    report.undone += len(edits)
    report.left += left


def _versions_before(versions: Sequence[PageVersion]) -> dict[tuple[int, int], PageVersion]:
    """Return the version before each, with its text, by page and number. One query."""
    wanted = Q()
    for version in versions:
        wanted |= Q(page=version.page_id, number=version.number - 1)
    rows = PageVersion.objects.filter(wanted).select_related("stored") if versions else []
    return {(row.page_id, row.number): row for row in rows}


def _text_without(
    page: WikiPage, versions: Sequence[PageVersion], before: dict[tuple[int, int], PageVersion]
) -> str:  # fmt: skip
    """Return the text of a page without the edits of `versions`, the latest first. Raises Refused, EditConflict."""
    if page.is_deleted:
        raise Refused(gettext_noop("This page is deleted: bring it back first."))
    text = now = page.source.text or ""
    for version in versions:
        merge = restore.undo_merge_of(before.get((page.pk, version.number - 1)), version, text)
        merged = merge.merged_text
        if merged is None:
            raise merge.conflict(page.version)
        text = merged
    if text == now:
        raise Refused(gettext_noop("Nothing of this edit is left in the page: there is nothing to undo."))
    return text


def _run_task(run: TaskRun) -> TaskResult:
    """Undo a batch in the background. A second run finds nothing more to undo in the pages of the first one."""
    changeset = Changeset.objects.get(pk=run.arguments["batch"])
    report = undo_batch(changeset, run.person, run.arguments["comment"], run.report_progress)
    return TaskResult(batch_address((report.changeset or changeset).pk), report.message)


UNDO_TASK = TaskKind(TASK, gettext_noop("Undo a batch"), Lane("batches"), _run_task)
