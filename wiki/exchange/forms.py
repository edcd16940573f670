"""The form for importing an archive."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.exchange.archive.format_spec import LIMITS, MB


class ImportForm(forms.Form):
    """An archive file, with the place and title of the new page."""

    file = forms.FileField(
        label=_("Archive"),
        help_text=_("A zip file that a Movilab wiki exported."),
        widget=forms.ClearableFileInput(attrs={"accept": ".zip,application/zip"}),
    )
    place = forms.CharField(
        label=_("Place"),
        max_length=255,
        required=False,
        help_text=_("Where the page is to live. Empty: where it lived, under the title that it had."),
        widget=forms.TextInput(attrs={"list": "places", "autocomplete": "off"}),
    )
    title = forms.CharField(
        label=_("Title"),
        max_length=255,
        required=False,
        help_text=_("Only if the page is to be called otherwise here."),
    )

    def clean_file(self) -> UploadedFile[Any]:
        """Refuse an archive that is too large, before it is read."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > LIMITS.zip_bytes:
            raise ValidationError(
                gettext("The archive is larger than %(limit)d MB.") % {"limit": LIMITS.zip_bytes // MB}
            )
        return file
