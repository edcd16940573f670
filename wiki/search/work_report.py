"""The report «Background work» in the admin: what failed and is tried again, and the state of the search index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from modelsearch.backends import get_search_backend
from wagtail.admin.menu import MenuItem

from wiki.accounts.models import User
from wiki.pages.task_models import TaskFailure
from wiki.pages.writing import rederivation
from wiki.search.engine.backend import WhooshBackend
from wiki.search.engine.index_directory import IndexDirectory, IndexMissing
from wiki.search.models import OutboxEntry

if TYPE_CHECKING:
    from django.urls import URLPattern

LISTED = 200
"""Failures shown at most."""


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
    """Show failures and the state of the index; on POST, let the failure `retry` (or all) be tried at once."""
    if not cast(User, request.user).is_superuser:
        raise PermissionDenied
    if request.method == "POST":
        failures = TaskFailure.objects.all()
        if (number := request.POST.get("retry", "")).isdecimal():
            failures = failures.filter(pk=int(number[:18]))
        failures.update(next_try_at=timezone.now())
        messages.success(request, gettext("It is tried again within some seconds."))
        return redirect("work_report")
    context = {
        "failures": TaskFailure.objects.order_by("-failed_at")[:LISTED],
        "rederived": rederivation.progress(),
        "indexes": index_states(),
        "waiting": OutboxEntry.objects.count(),
        "oldest": OutboxEntry.objects.order_by("pk").values_list("since", flat=True).first(),
    }
    return render(request, "wiki/search/work_report.html", context)


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
