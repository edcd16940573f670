"""View for uploading a picture or another file: a form for people, JSON for the script of the editor."""

from __future__ import annotations

import os
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts import rate_limits, slow_work
from wiki.accounts.models import User
from wiki.errors import NotAllowed, WikiError, gettext_noop
from wiki.licenses import catalogue
from wiki.pages import file_types, permissions
from wiki.pages.error_middleware import asks_for_json, json_error, message_for
from wiki.pages.media_models import BYTE_LIMIT, File, Picture, clean_file_name, is_name_taken
from wiki.pages.page_urls import address
from wiki.pages.picture_storage import store_media, stored_name, words_of
from wiki.pages.rendering.page_renderer import WIDTHS
from wiki.pages.views.picture_details import PictureDetailsForm
from wiki.text.titles import TitleProblem

PICTURES = "image/jpeg,image/png,image/gif,image/webp,image/heic,image/heif,.heic,.heif"
ACCEPT = ",".join([PICTURES, *file_types.TYPES])
"""What a browser offers when somebody chooses a file to upload."""


class UploadForm(PictureDetailsForm):
    """Form for a picture or another file with author, licence and source."""

    field_order = ("file", "name")

    file = forms.FileField(label=_("File"), widget=forms.ClearableFileInput(attrs={"accept": ACCEPT}))
    name = forms.CharField(
        label=_("File name"),
        max_length=150,
        required=False,
        help_text=_("The name that pages write: ![description](File:name.jpg)"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = gettext(
            "A picture (JPEG, PNG, GIF, WebP, HEIC) of at most 20 MB, or another file of at most "
            "%(limit)s: %(endings)s."
        ) % {
            "limit": filesizeformat(settings.FILE_LIMIT),
            "endings": ", ".join(extension[1:] for extension in file_types.TYPES),
        }

    def clean_file(self) -> UploadedFile[Any]:
        """Return the file, a picture checked for its size before it is read."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if file_types.type_of(file.name or "") is None and (file.size or 0) > BYTE_LIMIT:
            raise ValidationError(_("The picture is larger than 20 MB: make it smaller first."), "too_large")
        return file

    def build_media(self, user: User) -> Picture | File | None:
        """Return the unsaved picture or file; None, with errors in the form, if the file or its name is invalid."""
        data = self.cleaned_data
        said = {field: data[field] for field in ("description", "author", "license", "source")}
        said |= {"title": data["description"], "uploaded_by_user": user}
        try:
            name = clean_file_name(data["name"] or data["file"].name)
            if file_types.type_of(data["file"].name) is not None:
                return build_file(data["file"], name, **said)
            picture = Picture(**said)
            picture.set_content(data["file"].read(), name)
        except ValidationError as error:
            self.add_error("file", error)
            return None
        except TitleProblem as error:
            self.add_error("name", str(error))
            return None
        return picture

    def add_name_error(self, name: str) -> None:
        """Add the error that the name is in use."""
        self.add_error("name", gettext("There is already a file “%(name)s”.") % {"name": name})


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
        if not description and file_types.type_of(data["file"].name) is not None:
            description = os.path.splitext(data["name"])[0]
        data["description"] = description or (gettext("Picture by %(author)s") % {"author": data["author"]})[:255]
        return data


def build_file(content: UploadedFile[Any], name: str, **said: Any) -> File:
    """Return an unsaved file with checked content, under `name` with the ending of the content.

    Raises ValidationError, TitleProblem.
    """
    uploaded = os.path.basename(content.name or "")
    checked = file_types.checked_content(content, uploaded)
    extension = file_types.extension_of(uploaded)
    if file_types.extension_of(name) != extension:
        name = clean_file_name(os.path.splitext(name)[0] + extension)
    file = File(name=name, file=checked, **said)
    file.file.name = name
    file.set_checksums()
    return file


def upload(request: HttpRequest) -> HttpResponseBase:
    """Upload a picture or another file; `?name=` is the file name that a page refers to."""
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
        media = form.build_media(request.user)
        if media is not None and is_name_taken(media.name):
            form.add_name_error(media.name)
        elif media is not None:
            try:
                with transaction.atomic():
                    media.save()
            except IntegrityError:  # another upload with this name at the same time
                form.add_name_error(media.name)
            else:
                messages.success(request, gettext("The file is here."))
                return redirect(address("page", media.file_title))
    return render(request, "wiki/pages/upload.html", {"form": form})


def _count(request: HttpRequest, user: User) -> None:
    """Count an upload against the limits, and begin its slow work. Raises WikiError."""
    rate_limits.limit_edits(user)
    slow_work.begin(request, "picture")


def _answer_script(request: HttpRequest, user: User) -> JsonResponse:
    """Store the picture or file of a request and return what the editor needs of it. Raises WikiError."""
    form = BriefUploadForm(user, request.POST, request.FILES)
    if form.is_valid():
        _count(request, user)
        media = form.build_media(user)
        if media is not None:
            stored, is_new = store_media(media)
            return JsonResponse(_data_of(stored), status=201 if is_new else 200)
    is_large = form.has_error("file", "too_large")
    message = " ".join(str(error) for errors in form.errors.values() for error in errors)
    return json_error(message, 413 if is_large else 422)


def _data_of(media: Picture | File) -> dict[str, Any]:
    data = {
        "name": media.name,
        "title": media.file_title,
        "description": media.description,
        "license": media.license,
        "author": media.author,
    }
    if isinstance(media, File):
        return data | {"url": media.content_url, "size": media.file_size}
    url, width, height = media.sized_copy(WIDTHS[0])
    return data | {"url": url, "width": width, "height": height}
