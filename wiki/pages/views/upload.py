"""View for uploading a picture."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts import rate_limits, slow_work
from wiki.accounts.models import User
from wiki.errors import WikiError
from wiki.pages import permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.media_models import BYTE_LIMIT, Picture, clean_file_name, license_choices
from wiki.pages.page_urls import address
from wiki.text.titles import TitleProblem


class UploadForm(forms.Form):
    """Form for a picture with author, licence and source."""

    file = forms.FileField(
        label=_("Picture"),
        help_text=_("JPEG, PNG, GIF or WebP, at most 20 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,image/gif,image/webp"}),
    )
    name = forms.CharField(
        label=_("File name"),
        max_length=150,
        required=False,
        help_text=_("The name that pages write: ![description](File:name.jpg)"),
    )
    description = forms.CharField(label=_("What it shows"), max_length=255)
    author = forms.CharField(label=_("Who made it"), max_length=255)
    license = forms.ChoiceField(label=_("Licence"), choices=license_choices)
    source = forms.CharField(label=_("Where it comes from"), max_length=1000, required=False)

    def clean_file(self) -> UploadedFile[Any]:
        """Return the file, checked for its size before it is read."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > BYTE_LIMIT:
            raise ValidationError(_("The picture is larger than 20 MB: make it smaller first."))
        return file

    def build_picture(self, user: User) -> Picture | None:
        """Return the unsaved picture; None, with errors in the form, if the file or its name is invalid."""
        data = self.cleaned_data
        picture = Picture(
            title=data["description"], description=data["description"], author=data["author"],
            license=data["license"], source=data["source"], uploaded_by_user=user,
        )  # fmt: skip
        try:
            picture.set_content(data["file"].read(), clean_file_name(data["name"] or data["file"].name))
        except ValidationError as error:
            self.add_error("file", error)
            return None
        except TitleProblem as error:
            self.add_error("name", str(error))
            return None
        if Picture.objects.filter(name=picture.name).exists():
            self.add_name_error(picture.name)
            return None
        return picture

    def add_name_error(self, name: str) -> None:
        """Add the error that the name is in use."""
        self.add_error("name", gettext("There is already a picture “%(name)s”.") % {"name": name})


def upload(request: HttpRequest) -> HttpResponseBase:
    """Upload a picture; `?name=` is the file name that a page refers to."""
    if not request.user.is_authenticated or not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path())
    permissions.require(request.user, permissions.Action.UPLOAD)
    initial = {"name": request.GET.get("name", ""), "author": request.user.label}
    form = UploadForm(request.POST or None, request.FILES or None, initial=initial)
    if form.is_valid():
        try:
            rate_limits.limit_edits(request.user)
            slow_work.begin(request, "picture")
        except WikiError as error:
            form.add_error(None, message_for(error))
            return render(request, "wiki/pages/upload.html", {"form": form}, status=error.status)
        picture = form.build_picture(request.user)
        if picture is not None:
            try:
                picture.save()
            except IntegrityError:  # another upload with this name at the same time
                form.add_name_error(picture.name)
            else:
                messages.success(request, gettext("The picture is here."))
                return redirect(address("page", picture.file_title))
    return render(request, "wiki/pages/upload.html", {"form": form})
