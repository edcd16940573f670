"""View for uploading a picture: a form for people, JSON for the script of the editor."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts import rate_limits, slow_work
from wiki.accounts.models import User
from wiki.errors import NotAllowed, WikiError, gettext_noop
from wiki.licenses import catalogue
from wiki.pages import permissions
from wiki.pages.error_middleware import asks_for_json, json_error, message_for
from wiki.pages.media_models import BYTE_LIMIT, Picture, clean_file_name
from wiki.pages.page_urls import address
from wiki.pages.picture_storage import store_picture, stored_name, words_of
from wiki.pages.rendering.page_renderer import WIDTHS
from wiki.pages.views.picture_details import PictureDetailsForm
from wiki.text.titles import TitleProblem


class UploadForm(PictureDetailsForm):
    """Form for a picture with author, licence and source."""

    field_order = ("file", "name")

    file = forms.FileField(
        label=_("Picture"),
        help_text=_("JPEG, PNG, GIF, WebP or HEIC, at most 20 MB."),
        widget=forms.ClearableFileInput(
            attrs={"accept": "image/jpeg,image/png,image/gif,image/webp,image/heic,image/heif,.heic,.heif"}
        ),
    )
    name = forms.CharField(
        label=_("File name"),
        max_length=150,
        required=False,
        help_text=_("The name that pages write: ![description](File:name.jpg)"),
    )

    def clean_file(self) -> UploadedFile[Any]:
        """Return the file, checked for its size before it is read."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > BYTE_LIMIT:
            raise ValidationError(_("The picture is larger than 20 MB: make it smaller first."), "too_large")
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
        return picture

    def add_name_error(self, name: str) -> None:
        """Add the error that the name is in use."""
        self.add_error("name", gettext("There is already a picture “%(name)s”.") % {"name": name})


class BriefUploadForm(UploadForm):
    """The form with only its file required, as the editor sends it."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        for name in ("description", "author", "license"):
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        """Return the data with what was left out: author, licence, name and description."""
        data = self.cleaned_data
        if "file" not in data:
            return data
        data["author"] = data.get("author") or self.user.label
        data["license"] = data.get("license") or catalogue.DEFAULT
        data["name"] = stored_name(data.get("name") or data["file"].name)
        description = data.get("description") or words_of(data["name"])
        data["description"] = description or (gettext("Picture by %(author)s") % {"author": data["author"]})[:255]
        return data


def upload(request: HttpRequest) -> HttpResponseBase:
    """Upload a picture; `?name=` is the file name that a page refers to."""
    is_for_script = request.method == "POST" and asks_for_json(request)
    if not request.user.is_authenticated or not isinstance(request.user, User):
        if is_for_script:
            raise NotAllowed(gettext_noop("You are not signed in any more: sign in in another tab, then try again."))
        return redirect_to_login(request.get_full_path())
    permissions.require(request.user, permissions.Action.UPLOAD)
    if is_for_script:
        return _answer_script(request, request.user)
    initial = {"name": request.GET.get("name", ""), "author": request.user.label}
    form = UploadForm(request.POST or None, request.FILES or None, initial=initial)
    if form.is_valid():
        try:
            _count(request, request.user)
        except WikiError as error:
            form.add_error(None, message_for(error))
            return render(request, "wiki/pages/upload.html", {"form": form}, status=error.status)
        picture = form.build_picture(request.user)
        if picture is not None and Picture.objects.filter(name=picture.name).exists():
            form.add_name_error(picture.name)
        elif picture is not None:
            try:
                picture.save()
            except IntegrityError:  # another upload with this name at the same time
                form.add_name_error(picture.name)
            else:
                messages.success(request, gettext("The picture is here."))
                return redirect(address("page", picture.file_title))
    return render(request, "wiki/pages/upload.html", {"form": form})


def _count(request: HttpRequest, user: User) -> None:
    """Count an upload against the limits, and begin its slow work. Raises WikiError."""
    rate_limits.limit_edits(user)
    slow_work.begin(request, "picture")


def _answer_script(request: HttpRequest, user: User) -> JsonResponse:
    """Store the picture of a request and return what the editor needs of it. Raises WikiError."""
    form = BriefUploadForm(user, request.POST, request.FILES)
    if form.is_valid():
        _count(request, user)
        picture = form.build_picture(user)
        if picture is not None:
            stored, is_new = store_picture(picture)
            return JsonResponse(_data_of(stored), status=201 if is_new else 200)
    is_large = form.has_error("file", "too_large")
    message = " ".join(str(error) for errors in form.errors.values() for error in errors)
    return json_error(message, 413 if is_large else 422)


def _data_of(picture: Picture) -> dict[str, Any]:
    url, width, height = picture.sized_copy(WIDTHS[0])
    return {
        "name": picture.name,
        "title": picture.file_title,
        "description": picture.description,
        "license": picture.license,
        "author": picture.author,
        "url": url,
        "width": width,
        "height": height,
    }
