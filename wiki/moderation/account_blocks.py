"""Blocking accounts, and undoing what they wrote: what an administrator does against a wave of spam.

Each act is in the log, with its reason, and can be undone: a block by ending it, the undo of edits as a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext

from wiki.accounts.models import User
from wiki.discussions import post_cleanup
from wiki.errors import Refused, gettext_noop
from wiki.history import batch_undo, restore, version_undo
from wiki.history.history_urls import batch_address, contributions_address
from wiki.history.version_undo import UndoReport
from wiki.moderation.models import LogEntry
from wiki.pages import permissions
from wiki.pages.background_tasks import TaskKind, TaskResult, TaskRun
from wiki.pages.models import PageVersion, PageVersionQuerySet
from wiki.pages.writing.page_writer import EditSummary

TASK = "undo of accounts"
RELATED_WITHIN = timedelta(days=30)
"""How much earlier or later an account was registered from the same network to be offered with another one."""
RELATED_LIMIT = 100
"""Accounts that are offered at most."""
NAMED_LIMIT = 20
"""Accounts that a comment names at most."""
LoggedAct = LogEntry.LoggedAct


def block(account: User, by: User, reason: str, until: datetime | None = None) -> None:
    """Block an account, until a time or without an end. Raises NotAllowed, and Refused for an administrator."""
    permissions.require(by, permissions.Action.BLOCK)
    if account.is_superuser:
        raise Refused(gettext_noop("An administrator cannot be blocked: take that role away first."))
    with transaction.atomic():
        User.objects.filter(pk=account.pk).update(is_blocked=True, blocked_until=until, blocked_reason=reason)
        LogEntry.objects.create(act=LoggedAct.BLOCK, by=by, account=account, reason=reason, until=until)


def unblock(account: User, by: User, reason: str) -> None:
    """End the block of an account. Raises NotAllowed."""
    permissions.require(by, permissions.Action.BLOCK)
    with transaction.atomic():
        User.objects.filter(pk=account.pk).update(is_blocked=False, blocked_until=None, blocked_reason="")
        LogEntry.objects.create(act=LoggedAct.UNBLOCK, by=by, account=account, reason=reason)


def find_related(account: User) -> list[User]:
    """Return other accounts that were registered from the same network about the same time, with `edits`. One query."""
    if not account.registered_from:
        return []
    near = (account.date_joined - RELATED_WITHIN, account.date_joined + RELATED_WITHIN)
    same = User.objects.filter(registered_from=account.registered_from, date_joined__range=near, is_superuser=False)
    counted = same.exclude(pk=account.pk).annotate(edits=Count("versions"))
    return list(counted.order_by("-date_joined")[:RELATED_LIMIT])


def versions_of_accounts(accounts: Collection[int], since: datetime | None, user: User) -> PageVersionQuerySet:
    """Return what accounts wrote since a time, or ever, that `user` may read. Imported texts of theirs are none."""
    versions: PageVersionQuerySet = PageVersion.objects.readable_by(user).filter(author__in=accounts, origin_host="")
    return versions.filter(recorded_at__gte=since) if since is not None else versions


def clean_up(
    accounts: Sequence[User], since: datetime | None, by: User, reason: str,
    on_progress: Callable[[int, int], None] | None = None,
) -> UndoReport:  # fmt: skip
    """Undo what accounts wrote since a time, as one batch; pages that they began, and posts, are deleted. Log it.

    Raises NotAllowed, Refused, DatabaseBusy: what was undone so far stays.
    """
    permissions.require(by, permissions.Action.BLOCK)
    names = ", ".join(account.label for account in accounts[:NAMED_LIMIT]) + (" …" if accounts[NAMED_LIMIT:] else "")
    written = gettext("Undid all edits by %(names)s") % {"names": names}
    summary = EditSummary(restore.append_comment(written, reason), tags=["undone"])
    keys = [account.pk for account in accounts]
    report = version_undo.undo_versions(versions_of_accounts(keys, since, by), by, summary, on_progress)
    for account in accounts:
        at = timezone.now()
        with transaction.atomic():
            posts = post_cleanup.remove_posts([account.pk], since, by, at)
            LogEntry.objects.create(
                act=LoggedAct.CLEAN_UP, by=by, account=account, reason=reason, changeset=report.changeset, posts=posts,
                at=at,
            )  # fmt: skip
    return report


def restore_posts(entry: LogEntry, by: User) -> int:
    """Bring back the posts that a clean-up deleted, and log it; return how many. Raises NotAllowed."""
    permissions.require(by, permissions.Action.BLOCK)
    if entry.account is None or entry.act != LoggedAct.CLEAN_UP:
        return 0
    with transaction.atomic():
        count = post_cleanup.restore_posts(entry.account, by, entry.at)
        if count:
            LogEntry.objects.create(act=LoggedAct.RESTORE_POSTS, by=by, account=entry.account)
    return count


def _run_task(run: TaskRun) -> TaskResult:
    """Undo in the background. A second run finds nothing more to undo in the pages of the first one."""
    accounts = list(User.objects.filter(pk__in=run.arguments["accounts"]).order_by("pk"))
    since = run.arguments["since"]
    moment = datetime.fromisoformat(since) if since else None
    report = clean_up(accounts, moment, run.person, run.arguments["reason"], run.report_progress)
    if report.changeset is not None:
        return TaskResult(batch_address(report.changeset.pk), report.message)
    return TaskResult(contributions_address(accounts[0].get_username()) if accounts else "", report.message)


CLEAN_UP_TASK = TaskKind(TASK, gettext_noop("Undo the edits of accounts"), batch_undo.UNDO_LANE, _run_task)
