"""Views that let a page of another site be imported as a mirror, and the upstream of a fork be polled."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from wiki.accounts import slow_work
from wiki.accounts.models import User
from wiki.errors import WikiError
from wiki.exchange.archive.format_spec import LIMITS, MB
from wiki.history.noindex import noindex
from wiki.pages import permissions
from wiki.pages.background_tasks import TaskUnderWay
from wiki.pages.error_middleware import message_for
from wiki.pages.mirror_models import Mirror
from wiki.pages.models import Fork
from wiki.pages.page_urls import address
from wiki.pages.views import manage
from wiki.remotes import fetch_tasks, mirror_import


class RemotePageForm(forms.Form):
    """A page of another site: its URL, or its archive as a file."""

    address = forms.CharField(
        label=_("Address of the page"),
        max_length=2000,
        required=False,
        help_text=_("As your browser shows it, on another Movilab wiki or on a Federated Wiki."),
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
    )
    file = forms.FileField(
        label=_("…or its archive"),
        required=False,
        help_text=_("A zip file that a Movilab wiki exported. A newer archive of the same page adds what is new."),
        widget=forms.ClearableFileInput(attrs={"accept": ".zip,application/zip"}),
    )

    def clean(self) -> dict[str, Any]:
        """Require exactly one of URL and file; refuse a file that is too large."""
        data = super().clean() or {}
        if bool(data.get("address")) == bool(data.get("file")):
            self.add_error("address", gettext("Give an address, or a file: one of the two."))
        elif data.get("file") and data["file"].size > LIMITS.zip_bytes:
            message = gettext("The archive is larger than %(limit)d MB.") % {"limit": LIMITS.zip_bytes // MB}
            self.add_error("file", message)
        return data


@noindex
def import_remote_page(request: HttpRequest) -> HttpResponseBase:
    """Import a page of another site; redirect to forking it or, for a fork of a local page, to proposing it.

    A site is asked by the worker: then the redirect is to the page of the task, which leads on.
    """
    if not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path())
    permissions.require(request.user, permissions.Action.IMPORT)
    initial = {"address": request.GET.get("address", "")[:2000]}
    form = RemotePageForm(initial=initial)
    if request.method == "POST":
        form = RemotePageForm(request.POST, request.FILES)
    status, unfinished = 200, None
    if form.is_valid():
        try:
            if form.cleaned_data["file"]:
                return _import_file(request, form.cleaned_data["file"], request.user)
            task = fetch_tasks.enqueue_import(form.cleaned_data["address"], request.user)
        except WikiError as error:
            form.add_error("file" if form.cleaned_data["file"] else "address", message_for(error))
            status = error.status
            unfinished = error.task if isinstance(error, TaskUnderWay) else None
        else:
            return redirect("task", number=task.pk)
    elif form.is_bound:
        status = 422
    context = {"form": form, "unfinished": unfinished}
    return render(request, "wiki/remotes/import_remote_page.html", context, status=status)


def _import_file(request: HttpRequest, file: BinaryIO, by: User) -> HttpResponseBase:
    """Import an archive as a mirror; redirect to the next step. Raises what `import_mirror` raises, and ServerBusy."""
    slow_work.begin(request, "import")
    result = fetch_tasks.next_step(mirror_import.import_mirror(file, by), by)
    if result.message:
        messages.success(request, result.message)
    return redirect(result.address)


@require_POST
def ask_original(request: HttpRequest, title: str) -> HttpResponseBase:
    """Let the worker ask the site of a fork's upstream for new versions; redirect to the page of that task."""
    page = manage.get_page(request, title, permissions.Action.READ)
    permissions.require(request.user, permissions.Action.EDIT, page)
    fork = Fork.objects.filter(page=page).first()
    mirror = Mirror.objects.filter(page=fork.upstream_id).first() if fork else None
    if mirror is None:
        messages.info(request, gettext("The original of this page is not on another site."))
        return redirect(address("touch", page.full_title))
    try:
        task = fetch_tasks.enqueue_poll(mirror, page, cast(User, request.user))
    except WikiError as error:
        messages.warning(request, message_for(error))
        unfinished = error.task if isinstance(error, TaskUnderWay) else None
        if unfinished is not None:
            return redirect("task", number=unfinished.pk)
        return redirect(address("touch", page.full_title))
    return redirect("task", number=task.pk)
