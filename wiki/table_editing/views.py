"""Views of edited tables: the result of a query, or a directory, with its cells as inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.ask.language.query_errors import AskProblem
from wiki.errors import WikiError
from wiki.forms.views import csrf_failure as form_csrf_failure
from wiki.history.history_urls import batch_address
from wiki.history.noindex import noindex
from wiki.pages import comment_suggestions, permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.models import Kind, PageVersion
from wiki.pages.views import edit
from wiki.pages.writing.page_writer import EditSummary
from wiki.table_editing import table_sources
from wiki.table_editing.editable_table import EditableTable, open_table, sent_table
from wiki.table_editing.table_columns import COLUMNS_LIMIT
from wiki.table_editing.table_saving import declare_properties, save_table
from wiki.table_editing.table_sources import TableSource, language_of_reader


class TableForm(forms.Form):
    """What is said of all versions of a saved table."""

    comment = comment_suggestions.CommentField()
    minor = forms.BooleanField(label=_("This is a minor edit"), required=False)


@dataclass(frozen=True, slots=True)
class _TableScreen:
    """A table of a request: how its source is loaded, and where one goes back to."""

    request: HttpRequest
    load: Callable[[], TableSource]
    back: str
    title: str
    kinds: tuple[str, ...] = ()


@noindex
def edit_query(request: HttpRequest) -> HttpResponseBase:
    """Edit the result of the query in the URL, which has the parameters of the Ask page."""
    if not request.GET.get("q", "").strip():
        return redirect("ask")
    return _answer(_query_screen(request))


@noindex
def edit_directory(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Edit the pages of a directory that answer its URL parameters."""
    return _answer(_directory_screen(request, get_object_or_404(Kind, key=kind[:40])))


def _query_screen(request: HttpRequest) -> _TableScreen:
    return _TableScreen(
        request, lambda: table_sources.load_query(request), table_sources.query_back(request),
        request.GET.get("q", "").strip(),
    )  # fmt: skip


def _directory_screen(request: HttpRequest, kind: Kind) -> _TableScreen:
    back = table_sources.directory_back(request, kind)
    return _TableScreen(request, lambda: table_sources.load_directory(request, kind), back, kind.plural, (kind.key,))


def _answer(screen: _TableScreen) -> HttpResponseBase:
    """Show a table, or what becomes of what was entered in it."""
    request = screen.request
    if request.method == "POST":
        return _save(screen)
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    permissions.require(request.user, permissions.Action.EDIT)
    source = screen.load()
    table = open_table(source.rows, source.columns, screen.kinds, request.user, language_of_reader())
    return _render(screen, table, TableForm(), source)


def _save(screen: _TableScreen) -> HttpResponseBase:
    """Save what was entered and show the table anew; or show it again with all that was entered, and what is wrong."""
    request, user = screen.request, screen.request.user
    table = _sent(screen)
    form = TableForm(request.POST)
    if "add" in request.POST:
        form = TableForm(initial={name: request.POST.get(name, "") for name in ("comment", "minor")})
        return _render(screen, table, form)
    if not isinstance(user, User):
        signed_in = edit.sign_in_with_form(request, form)
        if signed_in is None:
            return _render(screen, table, form, status=403, must_sign_in=True)
        user, table = signed_in, _sent(screen)
    if not form.is_valid() or table.is_wrong:
        return _render(screen, table, form, status=422)
    try:
        permissions.require(user, permissions.Action.EDIT)
        if table.changed_cells:
            rate_limits.limit_batches(user)
            if (error := declare_properties(table, user, language_of_reader())) is not None:
                messages.warning(request, message_for(error))
        summary = EditSummary(form.cleaned_data["comment"], form.cleaned_data["minor"])
        versions = save_table(table, user, summary)
    except WikiError as error:
        form.add_error(None, message_for(error))
        return _render(screen, table, form, status=error.status)
    if versions is None:
        return _render(screen, table, form, status=409)
    _say_saved(request, versions)
    return redirect(request.get_full_path())


def _sent(screen: _TableScreen) -> EditableTable:
    """Return the table that a form sent, with the column that it asks for."""
    data = screen.request.POST.copy()
    added = data.get("further", "").strip()
    if "add" in data and added and len(data.getlist("column")) < COLUMNS_LIMIT:
        data.appendlist("column", f"+{added}")
    return sent_table(data, screen.kinds, screen.request.user, language_of_reader())


def _say_saved(request: HttpRequest, versions: list[PageVersion]) -> None:
    """Say how many pages were changed, with the way to undo it."""
    if not versions:
        messages.info(request, gettext("Nothing was changed, so no version was made."))
        return
    number = versions[0].changeset_id or 0
    text = ngettext("%(number)d page is saved.", "%(number)d pages are saved.", len(versions))
    said = [text % {"number": len(versions)}]
    if any("merged" in version.tags for version in versions):
        said.append(gettext("Merged with what was changed meanwhile."))
    messages.success(request, format_html(
        '{} <a href="{}">{}</a> · <a href="{}">{}</a>', " ".join(said),
        batch_address(number), gettext("See the changes"),
        reverse("undo_batch", args=[number]), gettext("Undo this batch"),
    ))  # fmt: skip


def _render(
    screen: _TableScreen,
    table: EditableTable,
    form: forms.Form,
    source: TableSource | None = None,
    *,
    status: int = 200,
    must_sign_in: bool = False,
) -> HttpResponse:
    """Render a table. Where it was sent, its source is loaded for what stands beside the cells, if that works."""
    if source is None:
        try:
            source = screen.load()
        except (AskProblem, WikiError):
            source = TableSource(screen.title, screen.back)
        table.show(source.rows, source.columns)
    context = {
        "table": table, "form": form, "source": source, "title": screen.title, "must_sign_in": must_sign_in,
        "comments": comment_suggestions.own_comments(screen.request.user),
        "is_sent": screen.request.method == "POST",
    }  # fmt: skip
    return render(screen.request, "wiki/table_editing/table.html", context, status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Handle a POST with an invalid CSRF token: show what was typed again, in the table where it was typed."""
    match = request.resolver_match
    name = match.url_name if match is not None else ""
    if match is None or name not in ("ask_edit", "directory_edit"):
        return form_csrf_failure(request, reason)
    if name == "ask_edit":
        screen = _query_screen(request)
    else:
        screen = _directory_screen(request, get_object_or_404(Kind, key=match.kwargs["kind"][:40]))
    form = TableForm(request.POST)
    must_sign_in = edit.add_session_error(request, form)
    return _render(screen, _sent(screen), form, status=403, must_sign_in=must_sign_in)
