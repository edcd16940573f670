"""The screens of table imports: upload, mapping of columns, preview, report. Only who uploaded a table sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from pathlib import PurePath

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from wiki.accounts import rate_limits, slow_work
from wiki.accounts.models import User
from wiki.accounts.rate_limits import HOUR, RateLimit
from wiki.errors import WikiError, gettext_noop
from wiki.exchange.models import TableImport
from wiki.exchange.table_import import table_tasks
from wiki.exchange.table_import.column_memory import first_mapping, remember
from wiki.exchange.table_import.import_fields import FieldSet
from wiki.exchange.table_import.row_plans import RowPlan, load_plans
from wiki.exchange.table_import.table_check import counts_of
from wiki.exchange.table_import.table_content import Table
from wiki.exchange.table_import.table_forms import ColumnsForm, ImportOptionsForm, TableUploadForm
from wiki.exchange.table_import.table_reader import read_table
from wiki.exchange.table_import.table_rows import RemarkKind
from wiki.pages import permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.models import PageVersion
from wiki.pages.task_models import BackgroundTask
from wiki.pages.views import page_lists

UPLOADS = RateLimit(
    30, HOUR, gettext_noop("You uploaded %(count)d tables within an hour. Please go on a little later.")
)
PENDING_LIMIT = 10
"""Tables of one person that are kept at once."""
EXAMPLES = 3
"""Cells of a column that the mapping shows."""
PER_PAGE = 50
GROUPS_LIMIT = 20
LISTED_LIMIT = 1_000
"""Rows, and cells, that a report lists."""
SHOWN_CHARACTERS = 60
View = Callable[..., HttpResponseBase]
OwnView = Callable[[HttpRequest, User, TableImport], HttpResponseBase]


@dataclass(slots=True)
class RemarkGroup:
    """Remarks of one kind on equal cells of one column."""

    kind: str
    column: str
    value: str
    text: str
    count: int = 0
    numbers: list[int] = field(default_factory=list)


def for_owner(view: OwnView) -> View:
    """Return a view of a table that its owner alone sees, while they may import. Raises Http404, NotAllowed."""

    @never_cache
    @wraps(view)
    def checked(request: HttpRequest, number: int) -> HttpResponseBase:
        user = request.user
        if not user.is_authenticated or not isinstance(user, User):
            return redirect_to_login(request.get_full_path())
        pending = table_tasks.pending_of(user, number) if number < 2**63 else None
        if pending is None:
            raise Http404(gettext("This table is no longer here: please upload it again."))
        permissions.require(user, permissions.Action.IMPORT)
        return view(request, user, pending)

    return checked


def import_table(request: HttpRequest) -> HttpResponseBase:
    """Upload a table: the form, and on POST the table is read and kept for its mapping."""
    user = request.user
    if not user.is_authenticated or not isinstance(user, User):
        return redirect_to_login(request.get_full_path())
    permissions.require(user, permissions.Action.IMPORT)
    initial = {name: request.GET[name] for name in ("kind", "place") if name in request.GET}
    form = TableUploadForm(user, request.POST or None, request.FILES or None, initial)
    status = 200
    if form.is_valid():
        try:
            pending = _receive(request, user, form)
        except WikiError as error:
            form.add_error("file", message_for(error))
            status = error.status
        else:
            return redirect("table_columns", number=pending.pk)
    elif request.method == "POST":
        status = 422
    waiting = TableImport.objects.filter(person=user, expires_at__gt=timezone.now()).order_by("-pk")
    context = {
        "form": form, "places": page_lists.place_titles(user), "kinds": form.kinds,
        "waiting": waiting.defer("content", "preview")[:PENDING_LIMIT],
    }  # fmt: skip
    return render(request, "wiki/exchange/import_table.html", context, status=status)


def _receive(request: HttpRequest, user: User, form: TableUploadForm) -> TableImport:
    """Read an uploaded table and store it. Raises WikiError."""
    data = form.cleaned_data
    rate_limits.count_request(f"table:{user.pk}", UPLOADS)
    slow_work.begin(request, "import")
    file: UploadedFile[bytes] = data["file"]
    if file.file is None:
        raise Http404
    table = read_table(file.file, data["encoding"], data["separator"].replace("\\t", "\t"))
    fields = FieldSet(data["kind"], user)
    mapping, source = first_mapping(table.columns, fields, user)
    now = timezone.now()
    old = TableImport.objects.filter(person=user).order_by("-pk").values_list("pk", flat=True)
    TableImport.objects.filter(pk__in=list(old[PENDING_LIMIT - 1 :])).delete()
    name = PurePath(file.name or "").name[:200]
    return TableImport.objects.create(
        person=user, kind_key=data["kind"], place=data["place"], license=data["license"], language=data["language"],
        file_name=name, content=table.dumped(), mapping=mapping, source=source or PurePath(name).stem[:200],
        created_at=now, expires_at=now + table_tasks.KEEP,
    )  # fmt: skip


@for_owner
def columns(request: HttpRequest, user: User, pending: TableImport) -> HttpResponseBase:
    """Map the columns of a table to fields; on POST, enqueue the check whose result is the preview."""
    if pending.content is None:
        return redirect("table_report", number=pending.pk)
    table = Table.loaded(bytes(pending.content))
    fields = FieldSet(pending.kind_key, user)
    initial: dict[str, str] = {f"column_{number}": target for number, target in enumerate(pending.mapping)}
    form = ColumnsForm(table.columns, fields, request.POST or None, initial={**initial, "source": pending.source})
    status = 200
    if "discard" in request.POST:
        return _discard(request, pending)
    if form.is_valid():
        pending.mapping, pending.source = form.mapping, form.cleaned_data["source"].strip()
        pending.save(update_fields=["mapping", "source"])
        remember(table.columns, pending.mapping, pending.kind_key, pending.source, user)
        try:
            return redirect("task", number=table_tasks.enqueue_check(pending, user).pk)
        except WikiError as error:
            form.add_error(None, message_for(error))
            status = error.status
    elif request.method == "POST":
        status = 422
    examples = [
        [cell for row in table.rows if (cell := row.cells[number])][:EXAMPLES] for number in range(len(table.columns))
    ]
    context = {
        "form": form, "pending": pending, "table": table, "rows": len(table.rows),
        "columns": list(zip(form.column_fields, [_shortened(cells) for cells in examples], strict=True)),
    }  # fmt: skip
    return render(request, "wiki/exchange/table_columns.html", context, status=status)


def _shortened(cells: Sequence[str]) -> str:
    """Return some cells for reading."""
    return " · ".join(cell[:SHOWN_CHARACTERS] + "…" * (len(cell) > SHOWN_CHARACTERS) for cell in cells)


def _discard(request: HttpRequest, pending: TableImport) -> HttpResponse:
    pending.delete()
    messages.success(request, gettext("The table was deleted here. Nothing was imported."))
    return redirect("import_table")


@for_owner
def preview(request: HttpRequest, user: User, pending: TableImport) -> HttpResponseBase:
    """Show what would be done with each row; on POST, check again with other choices, or import."""
    if pending.content is None:
        return redirect("table_report", number=pending.pk)
    if pending.preview is None:
        return redirect("table_columns", number=pending.pk)
    if "discard" in request.POST:
        return _discard(request, pending)
    initial = ImportOptionsForm.initial_of(pending.options)
    form, status = ImportOptionsForm(request.POST or None, initial=initial), 200
    if form.is_valid():
        pending.options = form.options
        pending.save(update_fields=["options"])
        enqueue = table_tasks.enqueue_import if "import" in request.POST else table_tasks.enqueue_check
        try:
            return redirect("task", number=enqueue(pending, user).pk)
        except WikiError as error:
            form.add_error(None, message_for(error))
            status = error.status
    plans = load_plans(bytes(pending.preview))
    counts = counts_of(plans)
    show = request.GET.get("show", "")
    listed = [plan for plan in plans if not show or show in _marks(plan)]
    context = {
        "form": form, "pending": pending, "counts": counts, "total": len(plans), "show": show,
        "groups": _groups(plans), "pages": Paginator(listed, PER_PAGE).get_page(request.GET.get("p")),
        "to_write": counts["create"] + counts["change"], "filters": _filters(counts, len(plans)),
    }  # fmt: skip
    return render(request, "wiki/exchange/table_preview.html", context, status=status)


def _marks(plan: RowPlan) -> set[str]:
    return {plan.action.value, *(remark.kind.value for remark in plan.remarks)}


def _filters(counts: dict[str, int], total: int) -> list[tuple[str, str, int]]:
    """Return what the list of rows can be restricted to, with the number of rows of each."""
    labels = {
        "create": gettext("new pages"), "change": gettext("changed pages"), "keep": gettext("unchanged"),
        "refuse": gettext("refused"), "bad": gettext("with bad cells"), "question": gettext("with questions"),
        "difference": gettext("page says something else"), "note": gettext("with notes"),
    }  # fmt: skip
    return [("", gettext("all rows"), total)] + [(key, label, counts[key]) for key, label in labels.items()]


def _groups(plans: Sequence[RowPlan]) -> list[RemarkGroup]:
    """Return the most frequent remarks, and the numbers of the first rows of each."""
    groups: dict[tuple[str, str, str, str], RemarkGroup] = {}
    for plan in plans:
        for remark in plan.remarks:
            if remark.kind == RemarkKind.DIFFERENCE:
                continue
            key = (remark.kind.value, remark.column, remark.value, remark.text)
            group = groups.setdefault(key, RemarkGroup(*key))
            group.count += 1
            if len(group.numbers) < EXAMPLES:
                group.numbers.append(plan.number)
    found = sorted((group for group in groups.values() if group.count > 1), key=lambda group: -group.count)
    return found[:GROUPS_LIMIT]


@require_safe
@for_owner
def report(request: HttpRequest, user: User, pending: TableImport) -> HttpResponseBase:
    """Show what an import did, with links to the pages."""
    versions = PageVersion.objects.none()
    if pending.changeset_id:
        versions = PageVersion.objects.readable_by(user).filter(changeset=pending.changeset_id)
    versions = versions.select_related("page").order_by("pk")
    unfinished = BackgroundTask.objects.filter(
        person=user, kind=table_tasks.TABLE_IMPORT.name, state__in=BackgroundTask.UNFINISHED
    )
    refused, cells = pending.report.get("refused", []), pending.report.get("cells", [])
    context = {
        "pending": pending, "report": pending.report, "is_done": pending.state == TableImport.TableState.DONE,
        "task": unfinished.first() if pending.content is not None else None,
        "pages": Paginator(versions, PER_PAGE).get_page(request.GET.get("p")),
        "refused": refused[:LISTED_LIMIT], "cells": cells[:LISTED_LIMIT],
        "more_refused": len(refused[LISTED_LIMIT:]), "more_cells": len(cells[LISTED_LIMIT:]),
    }  # fmt: skip
    return render(request, "wiki/exchange/table_report.html", context)
