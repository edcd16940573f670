"""Views by which people replace, restore and rename pictures and other files that they may change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from wiki.accounts import rate_limits, slow_work
from wiki.accounts.models import User
from wiki.errors import NotAllowed, WikiError, gettext_noop
from wiki.pages import file_types
from wiki.pages.error_middleware import message_for
from wiki.pages.media_models import BYTE_LIMIT, File, Picture, license_choices
from wiki.pages.page_urls import address
from wiki.pages.views.picture_details import get_changeable
from wiki.pages.writing import media_changes
from wiki.pages.writing.version_store import Author


class ReplaceFileForm(forms.Form):
    """Form for the new content of a picture or file, and what is said of it."""

    file = forms.FileField(label=_("File"))
    author = forms.CharField(label=_("Who made it"), max_length=255)
    license = forms.ChoiceField(label=_("Licence"), choices=license_choices)
    source = forms.CharField(label=_("Where it comes from"), max_length=1000, required=False)
    comment = forms.CharField(label=_("What changed"), max_length=255, required=False)

    def clean_file(self) -> Any:
        """Return the file, a picture checked for its size before it is read."""
        file = self.cleaned_data["file"]
        if file_types.type_of(file.name) is None and file.size > BYTE_LIMIT:
            raise ValidationError(_("The picture is larger than 20 MB: make it smaller first."), "too_large")
        return file


class RenameFileForm(forms.Form):
    """Form for another name of a picture or file."""

    name = forms.CharField(label=_("File name"), max_length=150)
    comment = forms.CharField(label=_("Why"), max_length=255, required=False)


def replace_file(request: HttpRequest, name: str) -> HttpResponseBase:
    """Replace the content of a picture or file by a new version. Raises Http404, NotAllowed."""
    if not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path())
    user, media = request.user, get_changeable(request.user, name)
    initial = {"author": media.author, "license": media.license, "source": media.source}
    form = ReplaceFileForm(request.POST or None, request.FILES or None, initial=initial)

    def act() -> HttpResponseBase:
        data = form.cleaned_data
        slow_work.begin(request, "picture")
        said = {field: data[field] for field in ("author", "license", "source")}
        media_changes.replace_content(media, data["file"], user, data["comment"], **said)
        messages.success(request, gettext("The new version is here."))
        return redirect(address("page", media.file_title))

    return _answer(request, user, media, form, "wiki/pages/replace_file.html", act)


def rename_file(request: HttpRequest, name: str) -> HttpResponseBase:
    """Rename a picture or file, with the texts of the pages that name it. Raises Http404, NotAllowed."""
    if not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path())
    user, media = request.user, get_changeable(request.user, name)
    form = RenameFileForm(request.POST or None, initial={"name": media.name})

    def act() -> HttpResponseBase:
        count = media_changes.rename(media, form.cleaned_data["name"], Author.of(user), form.cleaned_data["comment"])
        message = ngettext("Renamed; %(count)d page follows.", "Renamed; %(count)d pages follow.", count)
        messages.success(request, message % {"count": count})
        return redirect(address("page", media.file_title))

    return _answer(request, user, media, form, "wiki/pages/rename_file.html", act)


@require_POST
def restore_file(request: HttpRequest, number: int, name: str) -> HttpResponseBase:
    """Make an old version of a picture or file the current one again. Raises Http404, WikiError."""
    if not isinstance(request.user, User):
        raise NotAllowed(gettext_noop("Sign in first: reading is open, writing asks for an account."))
    media = get_changeable(request.user, name)
    rate_limits.limit_edits(request.user)
    try:
        media_changes.restore_version(media, number, request.user)
    except ValidationError as error:  # the same content
        messages.info(request, " ".join(error.messages))
    else:
        messages.success(request, gettext("The version is current again."))
    return redirect(address("page", media.file_title))


def _answer(
    request: HttpRequest, user: User, media: Picture | File, form: forms.Form, template: str,
    act: Callable[[], HttpResponseBase],
) -> HttpResponseBase:  # fmt: skip
    """Return what `act` does with a valid form; else, or if it is refused, the form with its errors."""
    status = 200
    if form.is_valid():
        try:
            rate_limits.limit_edits(user)
            return act()
        except ValidationError as error:
            form.add_error("file", error)
        except WikiError as error:
            form.add_error(None, message_for(error))
            status = error.status
    return render(request, template, {"form": form, "file": media}, status=status)
