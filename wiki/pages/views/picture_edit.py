"""View by which people crop and turn a picture that they may change: by numbers, or by dragging with a script."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts import rate_limits, slow_work
from wiki.accounts.models import User
from wiki.errors import WikiError
from wiki.pages.error_middleware import message_for
from wiki.pages.media_models import Picture
from wiki.pages.page_urls import address
from wiki.pages.picture_editing import Box, Turn
from wiki.pages.rendering.page_renderer import WIDTHS
from wiki.pages.views.picture_details import get_changeable
from wiki.pages.writing import media_changes


class EditPictureForm(forms.Form):
    """Form for the part of a picture that stays, and for turning it."""

    turn = forms.ChoiceField(
        label=_("Turn"), required=False, widget=forms.RadioSelect,
        choices=[
            ("", _("Not at all")), ("left", _("To the left")), ("right", _("To the right")), ("half", _("Upside down")),
        ],
    )  # fmt: skip
    left = forms.IntegerField(label=_("Left edge"), min_value=0)
    top = forms.IntegerField(label=_("Upper edge"), min_value=0)
    width = forms.IntegerField(label=_("Width"), min_value=1)
    height = forms.IntegerField(label=_("Height"), min_value=1)

    def __init__(self, picture: Picture, data: Any) -> None:
        whole = {"left": 0, "top": 0, "width": picture.width, "height": picture.height, "turn": ""}
        super().__init__(data, initial=whole)
        self.picture = picture

    def clean(self) -> dict[str, Any]:
        """Return the data, checked: the part lies within the picture, and something changes."""
        data = self.cleaned_data
        if self.errors:
            return data
        if data["left"] + data["width"] > self.picture.width or data["top"] + data["height"] > self.picture.height:
            raise ValidationError(_("This part is not within the picture."))
        if self.box() is None and not data["turn"]:
            raise ValidationError(_("Nothing was cropped or turned."))
        return data

    def box(self) -> Box | None:
        """Return the part that stays; None for the whole picture."""
        data = self.cleaned_data
        box = (data["left"], data["top"], data["left"] + data["width"], data["top"] + data["height"])
        return None if box == (0, 0, self.picture.width, self.picture.height) else box


def edit_picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """Crop and turn a picture, as a new version. Raises Http404, NotAllowed."""
    if not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path())
    picture = get_changeable(request.user, name)
    if not isinstance(picture, Picture):
        raise Http404(name)
    form = EditPictureForm(picture, request.POST or None)
    status = 200
    if form.is_valid():
        try:
            rate_limits.limit_edits(request.user)
            slow_work.begin(request, "picture")
            turn = cast(Turn, form.cleaned_data["turn"])
            media_changes.edit_picture(picture, form.box(), turn, request.user)
            messages.success(request, gettext("The new version is here."))
            return redirect(address("page", picture.file_title))
        except ValidationError as error:
            form.add_error(None, error)
        except WikiError as error:
            form.add_error(None, message_for(error))
            status = error.status
    url, width, height = picture.sized_copy(WIDTHS[1])
    context = {"form": form, "picture": picture, "url": url, "width": width, "height": height}
    return render(request, "wiki/pages/picture_edit.html", context, status=status)
