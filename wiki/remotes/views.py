"""Views that import a page of another site as a mirror, and poll the upstream of a fork."""

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
from wiki.pages.error_middleware import message_for
from wiki.pages.mirror_models import Mirror
from wiki.pages.models import Fork, WikiPage
from wiki.pages.page_urls import address
from wiki.pages.views import manage
from wiki.remotes import mirror_import, mirror_polling


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
    """Import a page of another site; redirect to forking it or, for a fork of a local page, to proposing it."""
    if not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path())
    permissions.require(request.user, permissions.Action.IMPORT)
    initial = {"address": request.GET.get("address", "")[:2000]}
    form = RemotePageForm(initial=initial)
    if request.method == "POST":
        form = RemotePageForm(request.POST, request.FILES)
    status = 200
    if form.is_valid():
        try:
            slow_work.begin(request, "fetch")
            mirror = _import_mirror(form.cleaned_data, request.user)
        except WikiError as error:
            form.add_error("file" if form.cleaned_data["file"] else "address", message_for(error))
            status = error.status
        else:
            return _redirect_to_next_step(request, mirror)
    elif form.is_bound:
        status = 422
    return render(request, "wiki/remotes/import_remote_page.html", {"form": form}, status=status)


def _import_mirror(data: dict[str, Any], by: User) -> Mirror:
    """Import the page of a valid form as a mirror."""
    if data["file"]:
        return mirror_import.import_mirror(cast(BinaryIO, data["file"]), by)
    return mirror_polling.fetch_mirror(data["address"], by)


def _redirect_to_next_step(request: HttpRequest, mirror: Mirror) -> HttpResponseBase:
    """Redirect to the fork form or, when the mirror is a fork of a readable local page, to the proposal form."""
    page = WikiPage.objects.get(pk=mirror.page_id)
    upstream = WikiPage.objects.readable_by(request.user).filter(forks__page=page).first()
    if upstream is None:
        return redirect(address("fork", page.full_title))
    message = gettext("This is a fork of «%(title)s»: propose here what was changed there.")
    messages.info(request, message % {"title": upstream.full_title})
    return redirect(address("propose", page.full_title))


@require_POST
def ask_original(request: HttpRequest, title: str) -> HttpResponseBase:
    """Poll the upstream of a fork on its own site for new versions."""
    page = manage.get_page(request, title, permissions.Action.READ)
    permissions.require(request.user, permissions.Action.EDIT, page)
    response = redirect(address("touch", page.full_title))
    fork = Fork.objects.filter(page=page).first()
    mirror = Mirror.objects.filter(page=fork.upstream_id).select_related("page").first() if fork else None
    if mirror is None:
        messages.info(request, gettext("The original of this page is not on another site."))
        return response
    try:
        slow_work.begin(request, "fetch")
        has_moved = mirror_polling.poll(mirror, cast(User, request.user))
    except WikiError as error:
        messages.warning(request, message_for(error))
        return response
    message = gettext("The original has moved.") if has_moved else gettext("The original has not moved since.")
    messages.success(request, message)
    return response
