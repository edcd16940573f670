"""Forms of pictures and files in Wagtail's admin, which check and name uploads before they are stored.

If another field of its form is invalid, Wagtail stores the upload unchanged, to turn it into a picture later. Such a
file could still contain the location of the picture. These forms therefore report every error as an error of the file,
so that nothing is stored.
"""

from __future__ import annotations

import contextlib
import os
import struct
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.documents.forms import BaseDocumentForm
from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import BaseImageForm

from wiki.pages import file_types
from wiki.pages.media_models import File, LicensedFile, Picture, clean_file_name, clean_picture, unused_file_name
from wiki.pages.media_version_models import keep_current
from wiki.text.titles import TitleProblem


class NamedFileFormMixin:
    """Common part of the forms of pictures and files, mixed into Wagtail's forms."""

    instance: Any
    cleaned_data: dict[str, Any]
    errors: Any
    fields: Any
    model: type[LicensedFile]
    user: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.user = kwargs.get("user")
        super().__init__(*args, **kwargs)
        if "license" in self.fields:  # the form for multiple uploads has this field in its second step only
            self.fields["license"].required = False

    def clean_license(self) -> str:
        """Return the chosen licence, or else the current one of the file (for a new file, the default)."""
        return str(self.cleaned_data.get("license") or self.instance.license)

    def clean_name(self) -> str:
        """Return the normalised name, checked to be valid and unused; if empty, the current name of the file."""
        name_input = str(self.cleaned_data.get("name") or "").strip()
        if not name_input:
            return str(self.instance.name or "")
        try:
            name = clean_file_name(name_input)
        except TitleProblem as error:
            raise ValidationError(_("This name cannot be used: it holds signs that titles cannot hold.")) from error
        if self.model._default_manager.filter(name=name).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Another file has this name already."))
        return name

    def clean(self) -> Any:
        """Name a new file that has no name yet; add an error to the file if another field is invalid."""
        cleaned = super().clean()  # type: ignore[misc]  # of the form that this is mixed into
        file = self.cleaned_data.get("file")
        if file is not None and not self.cleaned_data.get("name") and "name" not in self.errors:
            try:
                self.cleaned_data["name"] = self.instance.name = unused_file_name(self.stored_name(file))
            except TitleProblem:
                self.add_error("file", _("This file needs another name: rename it, then choose it again."))
        if file is not None and self.instance.pk is None and self.errors and "file" not in self.errors:
            self.add_error("file", _("The file was not kept. Mend the rest, then choose it again."))
        return cleaned

    def save(self, commit: bool = True) -> Any:
        """Save; of content that is replaced, keep a copy as an old version, since Wagtail deletes its file."""
        file = self.cleaned_data.get("file")
        if self.instance.pk and file is not None and not getattr(file, "_committed", False):
            stored: Any = self.model._default_manager.get(pk=self.instance.pk)
            with contextlib.suppress(FileNotFoundError):
                keep_current(stored, is_copied=True)
            self.instance.content_by, self.instance.content_at = self.user, timezone.now()
            self.instance.content_comment = ""
        return super().save(commit=commit)  # type: ignore[misc]  # of the form that this is mixed into

    def stored_name(self, file: Any) -> str:
        """Return the name for storing `file`."""
        return str(os.path.basename(file.name))

    def add_error(self, field: str | None, error: Any) -> None:
        """Call Django's method; declared here for its type."""
        super().add_error(field, error)  # type: ignore[misc]  # of the form that this is mixed into


class PictureField(WagtailImageField):
    """Image field that also handles the exceptions of Pillow for truncated files that Wagtail does not catch."""

    def to_python(self, data: Any) -> Any:
        """Return the upload. Raises ValidationError for every exception that Pillow raises."""
        try:
            return super().to_python(data)
        except (OSError, ValueError, SyntaxError, struct.error) as error:
            raise ValidationError(_("This is not a picture that we can read: it may be damaged.")) from error


class PictureForm(NamedFileFormMixin, BaseImageForm):
    """Form of a picture, which is decoded during validation so that its errors are shown in the form."""

    model = Picture

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "file" in self.fields:
            field = self.fields["file"]
            self.fields["file"] = PictureField(label=field.label, required=field.required, widget=field.widget)

    def clean_file(self) -> Any:
        """Return the file, checked to be a picture that can be re-encoded, in the format of the picture it replaces."""
        file = self.cleaned_data["file"]
        if file is not None and not getattr(file, "_committed", False):
            file.seek(0)
            _bytes, self.extension = clean_picture(file.read())
            file.seek(0)
            name = str(self.instance.name or "")
            if self.instance.pk and not self.stored_name(file).lower().endswith(os.path.splitext(name)[1].lower()):
                raise ValidationError(
                    _("Pages know this picture as “%(name)s”: replace it with one of the same format.") % {"name": name}
                )
        return file

    def stored_name(self, file: Any) -> str:
        """Return the name of `file` with the extension of its actual format."""
        stem, current = os.path.splitext(os.path.basename(file.name))
        extension = getattr(self, "extension", current)
        return f"{stem}{current if current.lower() == '.jpeg' and extension == '.jpg' else extension}"


class FileForm(NamedFileFormMixin, BaseDocumentForm):
    """Form of a file that is no picture."""

    model = File

    def clean_file(self) -> Any:
        """Return the file, checked for its size and content; Wagtail checks its extension."""
        file = self.cleaned_data["file"]
        if file is None or getattr(file, "_committed", False):
            return file
        if file_types.type_of(file.name) is not None:
            return file_types.checked_content(file, os.path.basename(file.name))
        if file.size > settings.FILE_LIMIT:
            limit = filesizeformat(settings.FILE_LIMIT)
            raise ValidationError(_("The file is larger than %(limit)s: make it smaller first.") % {"limit": limit})
        return file

    def clean(self) -> Any:
        """Check that the name, by which pages and the wiki know what it is, has the ending of the content."""
        cleaned = super().clean()
        file = self.cleaned_data.get("file") or self.instance.file
        name = self.cleaned_data.get("name") or str(self.instance.name or "")
        if file and name and file_types.extension_of(name) != file_types.extension_of(str(file.name)):
            self.add_error(
                "file",
                _("Its name has to end in %(ending)s, as the content does.")
                % {"ending": file_types.extension_of(str(file.name))},
            )
        return cleaned
