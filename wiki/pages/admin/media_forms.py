"""Pictures and files in Wagtail's admin: cleaned and named before they are stored.

Wagtail keeps an upload aside, as it came, when some other field of its form is wrong, and turns it
into a picture later. A picture that was not cleaned could show where it was taken; so here every
mistake refuses the file itself, and nothing is kept aside.
"""

from __future__ import annotations

import os
import struct
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from wagtail.documents.forms import BaseDocumentForm
from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import BaseImageForm

from wiki.pages.media_models import File, LicensedFile, Picture, clean_file_name, clean_picture
from wiki.text.titles import TitleProblem

FILE_LIMIT = 50_000_000


def unused_file_name(model: type[LicensedFile], wanted: str) -> str:
    """`wanted` as a file name, with a number before its ending when it is taken. Raises TitleProblem."""
    name = clean_file_name(wanted)
    stem, ending = os.path.splitext(name)
    stem = stem[:150]
    candidate, number = stem + ending, 1
    while model._default_manager.filter(name=candidate).exists():
        number += 1
        candidate = f"{stem}-{number}{ending}"
    return candidate


class NamedFileFormMixin:
    """What the forms of pictures and files share; mixed into Wagtail's."""

    instance: Any
    cleaned_data: dict[str, Any]
    errors: Any
    fields: Any
    model: type[LicensedFile]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "license" in self.fields:  # the form for many files at once asks for it only afterwards
            self.fields["license"].required = False

    def clean_license(self) -> str:
        """The licence, or the one that the file has already, or the wiki's own."""
        return str(self.cleaned_data.get("license") or self.instance.license)

    def clean_name(self) -> str:
        """The name as pages write it, unless another file has it; empty: made from the file's own."""
        given = str(self.cleaned_data.get("name") or "").strip()
        if not given:
            return str(self.instance.name or "")
        try:
            name = clean_file_name(given)
        except TitleProblem as error:
            raise ValidationError(_("This name cannot be used: it holds signs that titles cannot hold.")) from error
        if self.model._default_manager.filter(name=name).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Another file has this name already."))
        return name

    def clean(self) -> Any:
        """Name a new file that nobody named; refuse the file when anything else is wrong."""
        cleaned = super().clean()  # type: ignore[misc]  # of the form that this is mixed into
        file = self.cleaned_data.get("file")
        if file is not None and not self.cleaned_data.get("name") and "name" not in self.errors:
            try:
                self.cleaned_data["name"] = self.instance.name = unused_file_name(self.model, self.stored_name(file))
            except TitleProblem:
                self.add_error("file", _("This file needs another name: rename it, then choose it again."))
        if file is not None and self.instance.pk is None and self.errors and "file" not in self.errors:
            self.add_error("file", _("The file was not kept. Mend the rest, then choose it again."))
        return cleaned

    def stored_name(self, file: Any) -> str:
        """The name that `file` is stored under."""
        return str(os.path.basename(file.name))

    def add_error(self, field: str | None, error: Any) -> None:
        """Django's own."""
        super().add_error(field, error)  # type: ignore[misc]  # of the form that this is mixed into


class PictureField(WagtailImageField):
    """Wagtail's, which lets some of Pillow's many errors through on a picture that was cut off."""

    def to_python(self, data: Any) -> Any:
        """The upload. Raises ValidationError whatever Pillow raises."""
        try:
            return super().to_python(data)
        except (OSError, ValueError, SyntaxError, struct.error) as error:
            raise ValidationError(_("This is not a picture that we can read: it may be damaged.")) from error


class PictureForm(NamedFileFormMixin, BaseImageForm):
    """A picture: decoded before it is taken, so that what Pillow refuses is a sentence, not a crash."""

    model = Picture

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "file" in self.fields:
            given = self.fields["file"]
            self.fields["file"] = PictureField(label=given.label, required=given.required, widget=given.widget)

    def clean_file(self) -> Any:
        """The file, if it is a picture that can be encoded again."""
        file = self.cleaned_data["file"]
        if file is not None and not getattr(file, "_committed", False):
            file.seek(0)
            _bytes, self.ending = clean_picture(file.read())
            file.seek(0)
            name = str(self.instance.name or "")
            if self.instance.pk and not self.stored_name(file).lower().endswith(os.path.splitext(name)[1].lower()):
                raise ValidationError(
                    _("Pages know this picture as “%(name)s”: replace it with one of the same format.") % {"name": name}
                )
        return file

    def stored_name(self, file: Any) -> str:
        """The name with the ending of its true format."""
        stem, given = os.path.splitext(os.path.basename(file.name))
        ending = getattr(self, "ending", given)
        return f"{stem}{given if given.lower() == '.jpeg' and ending == '.jpg' else ending}"


class FileForm(NamedFileFormMixin, BaseDocumentForm):
    """A document, of a kind and size that the wiki takes."""

    model = File

    def clean_file(self) -> Any:
        """The file, unless it is too large. Wagtail checks its ending."""
        file = self.cleaned_data["file"]
        if file is not None and file.size > FILE_LIMIT:
            raise ValidationError(_("The file is larger than 50 MB: make it smaller first."))
        return file
