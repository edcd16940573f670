"""The report «Background work» in the admin: tasks of people, what failed, and the state of the search index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from modelsearch.backends import get_search_backend
from wagtail.admin.menu import MenuItem

from wiki.accounts.models import User
from wiki.pages.background_tasks import TaskUnderWay, retry
from wiki.pages.error_middleware import message_for
from wiki.pages.task_models import BackgroundTask, TaskFailure
from wiki.pages.writing import rederivation
from wiki.search.engine.backend import WhooshBackend
from wiki.search.engine.index_directory import IndexDirectory, IndexMissing
from wiki.search.models import OutboxEntry

if TYPE_CHECKING:
    from django.urls import URLPattern

LISTED = 200
"""Failures, and tasks, shown at most."""


@dataclass(frozen=True, slots=True)
class IndexState:
    """The state of one search index, for administrators."""

    name: str
    built_at: datetime | None
    """None while there is no index."""
    damage: str
    """Recorded damage; "" if there is none."""


class WorkReportMenuItem(MenuItem):
    """The report in the admin's menu, for superusers."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Whether the user may see the report."""
        return cast(User, request.user).is_superuser


def menu_item() -> WorkReportMenuItem:
    """Return the entry of the reports menu."""
    return WorkReportMenuItem(gettext_lazy("Background work"), reverse("work_report"), icon_name="cogs", order=900)


def urls() -> list[URLPattern]:
    """Return the URLs below that of the admin."""
    return [path("work/", work_report, name="work_report")]


def work_report(request: HttpRequest) -> HttpResponse:
    """Show tasks, failures and the state of the index.

    On POST, let the task `task` be run again, or the failure `retry` (or all) be tried at once.
    """
    if not cast(User, request.user).is_superuser:
        raise PermissionDenied
    if request.method == "POST" and (number := request.POST.get("task", "")).isdecimal():
        return _retry_task(request, int(number[:18]))
    if request.method == "POST":
        failures = TaskFailure.objects.all()
        if (number := request.POST.get("retry", "")).isdecimal():
            failures = failures.filter(pk=int(number[:18]))
        failures.update(next_try_at=timezone.now())
        messages.success(request, gettext("It is tried again within some seconds."))
        return redirect("work_report")
    context = {
        "tasks": _listed_tasks(),
        "failures": TaskFailure.objects.order_by("-failed_at")[:LISTED],
        "rederived": rederivation.progress(),
        "indexes": index_states(),
        "waiting": OutboxEntry.objects.count(),
        "oldest": OutboxEntry.objects.order_by("pk").values_list("since", flat=True).first(),
    }
    return render(request, "wiki/search/work_report.html", context)


def _listed_tasks() -> list[BackgroundTask]:
    """Return the tasks that have not ended, and those that failed by a fault, last ones first."""
    listed = Q(state__in=BackgroundTask.UNFINISHED) | Q(state=BackgroundTask.TaskState.FAILED) & ~Q(error="")
    return list(BackgroundTask.objects.filter(listed).select_related("person").order_by("-pk")[:LISTED])


def _retry_task(request: HttpRequest, number: int) -> HttpResponse:
    """Let a failed task be run again; redirect to the report."""
    task = BackgroundTask.objects.filter(pk=number).first()
    try:
        if task is not None and retry(task):
            messages.success(request, gettext("It is tried again within some seconds."))
    except TaskUnderWay as error:
        messages.error(request, message_for(error))
    return redirect("work_report")


def index_states() -> list[IndexState]:
    """Return the state of each index on this machine; none where another search engine holds them."""
    backend = get_search_backend()
    indexes = backend.all_indexes() if isinstance(backend, WhooshBackend) else []
    return [IndexState(str(index), _built_at(index.directory), index.directory.damage) for index in indexes]


def _built_at(directory: IndexDirectory) -> datetime | None:
    """Return the time at which the build in use was begun, which its name holds in nanoseconds."""
    try:
        name = directory.build.name
    except IndexMissing:
        return None
    return datetime.fromtimestamp(int(name.rpartition("-")[2]) / 1e9, tz=UTC)
