"""Undoing a batch: each page goes back as by undoing one edit, merged with later edits, in one new changeset."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext

from wiki.accounts.models import User
from wiki.errors import gettext_noop
from wiki.history import restore, version_undo
from wiki.history.history_urls import batch_address
from wiki.history.version_undo import UndoReport
from wiki.pages.background_jobs import Lane
from wiki.pages.background_tasks import TaskKind, TaskResult, TaskRun
from wiki.pages.models import Changeset, PageVersion, PageVersionQuerySet
from wiki.pages.writing.page_writer import EditSummary

TASK = "undo of a batch"
UNDO_LANE = Lane("batches")


def versions_of_batch(number: int, user: User) -> PageVersionQuerySet:
    """Return the versions of a changeset that `user` may read."""
    versions: PageVersionQuerySet = PageVersion.objects.readable_by(user).filter(changeset_id=number)
    return versions


def undo_batch(
    changeset: Changeset, user: User, comment: str = "", on_progress: Callable[[int, int], None] | None = None
) -> UndoReport:
    """Undo the edits of a changeset in the pages that `user` may read and edit, as `version_undo` says."""
    written = gettext("Undid batch %(number)d: %(act)s") % {
        "number": changeset.pk, "act": changeset.get_act_display(),
    }  # fmt: skip
    summary = EditSummary(restore.append_comment(written, comment), tags=["undone"])
    return version_undo.undo_versions(versions_of_batch(changeset.pk, user), user, summary, on_progress)


def _run_task(run: TaskRun) -> TaskResult:
    """Undo a batch in the background. A second run finds nothing more to undo in the pages of the first one."""
    changeset = Changeset.objects.get(pk=run.arguments["batch"])
    report = undo_batch(changeset, run.person, run.arguments["comment"], run.report_progress)
    return TaskResult(batch_address((report.changeset or changeset).pk), report.message)


UNDO_TASK = TaskKind(TASK, gettext_noop("Undo a batch"), UNDO_LANE, _run_task)
