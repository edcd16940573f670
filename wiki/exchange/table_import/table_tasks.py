"""Background tasks of tables: the check whose result is the preview, and the import."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from wiki.accounts.models import User
from wiki.errors import Refused, gettext_noop
from wiki.exchange.models import TableImport
from wiki.exchange.table_import.table_check import check_table
from wiki.exchange.table_import.table_writer import import_table
from wiki.pages import background_tasks
from wiki.pages.background_jobs import Lane
from wiki.pages.background_tasks import TaskKind, TaskResult, TaskRun
from wiki.pages.task_models import BackgroundTask
from wiki.pages.writing.lock_retry import retry_while_locked

TABLES = Lane("tables")
KEEP = timedelta(days=2)
"""How long a table is kept after it was uploaded, and the report after the import."""


def enqueue_check(pending: TableImport, person: User) -> BackgroundTask:
    """Enqueue the check of a table. Raises what `background_tasks.enqueue` raises."""
    return background_tasks.enqueue(
        TABLE_CHECK.name, person, {"import": pending.pk}, reverse("table_columns", args=[pending.pk])
    )


def enqueue_import(pending: TableImport, person: User) -> BackgroundTask:
    """Enqueue the import of a table. Raises what `background_tasks.enqueue` raises."""
    return background_tasks.enqueue(
        TABLE_IMPORT.name, person, {"import": pending.pk}, reverse("table_preview", args=[pending.pk])
    )


def pending_of(person: User, number: int) -> TableImport | None:
    """Return an import that a person uploaded and that has not expired; None if there is none."""
    found = TableImport.objects.filter(pk=number, person=person, expires_at__gt=timezone.now())
    return found.select_related("place", "changeset").first()


def _pending(run: TaskRun) -> TableImport:
    found = pending_of(run.person, run.arguments["import"])
    if found is None:
        raise Refused(gettext_noop("This table is no longer here: please upload it again."))
    return found


def _check(run: TaskRun) -> TaskResult:
    pending = _pending(run)
    check_table(pending, run.person, run.report_progress)
    return TaskResult(reverse("table_preview", args=[pending.pk]))


def _import(run: TaskRun) -> TaskResult:
    pending = _pending(run)
    if pending.state != TableImport.TableState.DONE:
        import_table(pending, run.person, run.report_progress)
    return TaskResult(reverse("table_report", args=[pending.pk]))


def delete_expired() -> None:
    """Delete the tables, and reports, that have expired. For the job that cleans up."""
    expired = TableImport.objects.filter(expires_at__lt=timezone.now())
    if expired.exists():
        retry_while_locked(expired.delete)


TABLE_CHECK = TaskKind("check of a table", gettext_noop("The table is checked"), TABLES, _check)
TABLE_IMPORT = TaskKind("import of a table", gettext_noop("The table is imported"), TABLES, _import)
