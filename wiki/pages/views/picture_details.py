"""View by which people correct what they said of a picture that they uploaded: author, licence, source, description."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.errors import NotAllowed, WikiError, gettext_noop
from wiki.pages import permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.media_models import Picture, file_key, license_choices
from wiki.pages.page_urls import address

FIELDS = ("description", "author", "license", "source")


class PictureDetailsForm(forms.Form):
    """Form for description, author, licence and source of a picture."""

    description = forms.CharField(label=_("What it shows"), max_length=255)
    author = forms.CharField(label=_("Who made it"), max_length=255)
    license = forms.ChoiceField(label=_("Licence"), choices=license_choices)
    source = forms.CharField(label=_("Where it comes from"), max_length=1000, required=False)


def may_change_details(user: Any, picture: Picture) -> bool:
    """Whether a user uploaded a picture and may still upload, or is an administrator."""
    if not user.is_authenticated or permissions.Action.UPLOAD not in permissions.allowed_actions(user):
        return False
    return bool(user.is_superuser or picture.uploaded_by_user_id == user.pk)


def picture_details(request: HttpRequest, name: str) -> HttpResponseBase:
    """Change what is said of a picture. Raises Http404, NotAllowed."""
    if not request.user.is_authenticated or not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path())
    permissions.require(request.user, permissions.Action.UPLOAD)
    picture = get_object_or_404(Picture, name=file_key(name))
    if not may_change_details(request.user, picture):
        raise NotAllowed(gettext_noop("Only who added this picture, or an administrator, can change this."))
    form = PictureDetailsForm(request.POST or None, initial={field: getattr(picture, field) for field in FIELDS})
    status = 200
    if form.is_valid():
        try:
            rate_limits.limit_edits(request.user)
        except WikiError as error:
            form.add_error(None, message_for(error))
            status = error.status
        else:
            for field in FIELDS:
                setattr(picture, field, form.cleaned_data[field])
            picture.save()
            messages.success(request, gettext("Saved."))
            return redirect(address("page", picture.file_title))
    return render(request, "wiki/pages/picture_details.html", {"form": form, "picture": picture}, status=status)
