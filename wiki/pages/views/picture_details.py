"""View by which people correct what they said of what they uploaded: author, licence, source, description."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.errors import WikiError
from wiki.pages import media_permissions, permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.media_models import File, Picture, file_key, license_choices, media_by_name
from wiki.pages.page_urls import address

FIELDS = ("description", "author", "license", "source")


class PictureDetailsForm(forms.Form):
    """Form for description, author, licence and source of a picture or file."""

    description = forms.CharField(label=_("What it shows"), max_length=255)
    author = forms.CharField(label=_("Who made it"), max_length=255)
    license = forms.ChoiceField(label=_("Licence"), choices=license_choices)
    source = forms.CharField(label=_("Where it comes from"), max_length=1000, required=False)


def get_changeable(user: User, name: str) -> Picture | File:
    """Return the picture or file with this name, if the user may change it. Raises Http404, NotAllowed."""
    permissions.require(user, permissions.Action.CHANGE_FILE)
    media = media_by_name([name]).get(file_key(name))
    if media is None:
        raise Http404(name)
    media_permissions.require_change(user, media)
    return media


def picture_details(request: HttpRequest, name: str) -> HttpResponseBase:
    """Change what is said of a picture or file. Raises Http404, NotAllowed."""
    if not request.user.is_authenticated or not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path())
    picture = get_changeable(request.user, name)
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
