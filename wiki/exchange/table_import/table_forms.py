"""The forms of table imports: the file, the mapping of its columns, and what is decided on the preview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts.models import User
from wiki.errors import WikiError
from wiki.exchange.archive.format_spec import MB
from wiki.exchange.table_import.import_fields import (
    BODY,
    FIELD,
    IDENTIFIER,
    LATITUDE,
    LONGITUDE,
    TITLE,
    FieldSet,
    Target,
)
from wiki.exchange.table_import.table_reader import FILE_LIMIT
from wiki.forms.form_lookup import built_in_texts, form_title
from wiki.licenses import catalogue
from wiki.pages import page_lookup
from wiki.pages.error_middleware import message_for
from wiki.pages.models import LANGUAGES, Kind, WikiPage
from wiki.text import titles

OPEN_DATA_LICENSE = "etalab-2.0"
ACCEPTED = ".csv,.tsv,.txt,.xlsx,.ods,text/csv"


def kind_choices() -> list[tuple[str, str]]:
    """Return the kinds that have fields. Two queries."""
    kinds = list(Kind.objects.all())
    keys = {titles.key_or_empty(form_title(kind.key)): kind.key for kind in kinds}
    pages = WikiPage.objects.filter(title_key__in=list(keys)).order_by().values_list("title_key", flat=True)
    with_page = {keys[str(key)] for key in pages}
    return [(kind.key, kind.plural) for kind in kinds if kind.key in with_page or kind.key in built_in_texts()]


def license_choices() -> list[catalogue.LicenseChoice]:
    """Return the licences of pages, and the one that French open data has."""
    return catalogue.choices_for_text(OPEN_DATA_LICENSE)


class TableUploadForm(forms.Form):
    """A file with a table, and what its pages are."""

    file = forms.FileField(
        label=_("Table"),
        help_text=_("CSV, XLSX or ODS. Its first row names the columns; each further row is a page."),
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPTED}),
    )
    kind = forms.ChoiceField(label=_("Kind of page"))
    place = forms.CharField(
        label=_("Place"), max_length=255, required=False,
        help_text=_("Where new pages are to live. Empty: in none, or where their title says."),
        widget=forms.TextInput(attrs={"list": "places", "autocomplete": "off"}),
    )  # fmt: skip
    license = forms.ChoiceField(
        label=_("Licence"), choices=license_choices, help_text=_("Of new pages: that of the table.")
    )
    language = forms.ChoiceField(label=_("Language of the text"), choices=LANGUAGES)
    encoding = forms.ChoiceField(
        label=_("Encoding of a CSV file"), required=False,
        choices=[("", _("find out")), ("utf-8", "UTF-8"), ("windows-1252", "Windows-1252"), ("utf-16", "UTF-16")],
    )  # fmt: skip
    separator = forms.ChoiceField(
        label=_("Separator of a CSV file"), required=False,
        choices=[("", _("find out")), (";", ";"), (",", ","), ("\\t", _("tab")), ("|", "|")],
    )  # fmt: skip

    def __init__(self, user: User, data: Any, files: Any, initial: Mapping[str, str]) -> None:
        own = {"license": catalogue.DEFAULT, "language": (get_language() or "fr")[:2], "kind": "place"}
        super().__init__(data, files, initial={**own, **initial})
        self.user = user
        self.kinds = kind_choices()
        self.fields["kind"].choices = self.kinds  # type: ignore[attr-defined]  # as Django documents it

    def clean_file(self) -> UploadedFile[Any]:
        """Refuse a file that is too large, before it is read."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > FILE_LIMIT:
            raise ValidationError(gettext("The file is larger than %(limit)d MB.") % {"limit": FILE_LIMIT // MB})
        return file

    def clean_place(self) -> WikiPage | None:
        """Return the place with the title; None for none."""
        title = self.cleaned_data["place"].strip()
        try:
            return page_lookup.get_place(title, self.user) if title else None
        except WikiError as error:
            raise ValidationError(message_for(error)) from error

    def clean(self) -> dict[str, Any]:
        """Refuse a place for places, which are in none."""
        data = super().clean() or self.cleaned_data
        if data.get("kind") == "place" and data.get("place") is not None:
            self.add_error("place", gettext("Places are in no other place: leave this empty."))
        return data


class ColumnsForm(forms.Form):
    """What each column is mapped to, and the name of the data set."""

    source = forms.CharField(
        label=_("Name of the data set"), max_length=200,
        help_text=_("By this name, rows are known again when the table is imported another time."),
    )  # fmt: skip

    def __init__(self, columns: Sequence[str], fields: FieldSet, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.columns = columns
        choices = self._choices(fields)
        for number, column in enumerate(columns):
            self.fields[f"column_{number}"] = forms.ChoiceField(label=column, choices=choices, required=False)

    @staticmethod
    def _choices(fields: FieldSet) -> list[tuple[str, Any]]:
        """Return the targets in groups."""
        language = (get_language() or "fr")[:2]
        of_page = [
            (TITLE, gettext("Title of the page")),
            (IDENTIFIER, gettext("Identifier")),
            (BODY, gettext("Text of the page")),
        ]
        of_fields = []
        for key, one in fields.fields.items():
            label = one.field.label(language)
            of_fields.append((str(Target(FIELD, key)), label))
            if one.is_point:
                of_fields.append((str(Target(LATITUDE, key)), gettext("%(field)s: latitude") % {"field": label}))
                of_fields.append((str(Target(LONGITUDE, key)), gettext("%(field)s: longitude") % {"field": label}))
        return [("", gettext("do not import")), (gettext("Page"), of_page), (gettext("Fields"), of_fields)]

    @property
    def column_fields(self) -> list[forms.BoundField]:
        """The menus of the columns, in order."""
        return [self[f"column_{number}"] for number in range(len(self.columns))]

    @property
    def mapping(self) -> list[str]:
        """The target of each column."""
        return [self.cleaned_data.get(f"column_{number}", "") for number in range(len(self.columns))]

    def clean(self) -> dict[str, Any]:
        """Refuse a mapping without a title, or with two columns for one field."""
        data = super().clean() or self.cleaned_data
        mapping = self.mapping
        if TITLE not in mapping:
            self.add_error(None, gettext("Choose the column with the titles of the pages."))
        for number, text in enumerate(mapping):
            if not text:
                continue
            first = mapping.index(text)
            target = Target.parse(text)
            if first != number:
                message = gettext("The column “%(column)s” is mapped to this already.")
                self.add_error(f"column_{number}", message % {"column": self.columns[first]})
            elif target is not None and target.name in (LATITUDE, LONGITUDE):
                self._check_half(number, target, mapping)
        return data

    def _check_half(self, number: int, target: Target, mapping: Sequence[str]) -> None:
        """Refuse a latitude without longitude, and the reverse, and a point that has a column of its own too."""
        other = LONGITUDE if target.name == LATITUDE else LATITUDE
        if str(Target(other, target.key)) not in mapping:
            self.add_error(f"column_{number}", gettext("Latitude and longitude need a column each."))
        elif str(Target(FIELD, target.key)) in mapping:
            self.add_error(f"column_{number}", gettext("The whole point has a column already."))


class ImportOptionsForm(forms.Form):
    """What is decided on the preview."""

    bad = forms.ChoiceField(
        label=_("Rows with bad cells"), widget=forms.RadioSelect,
        choices=[("", _("import them without these cells")), ("out", _("leave these rows out"))], required=False,
    )  # fmt: skip
    questioned = forms.ChoiceField(
        label=_("Values that are not plausible"), widget=forms.RadioSelect,
        choices=[("", _("import them as they are")), ("out", _("leave these values out"))], required=False,
    )  # fmt: skip
    different = forms.ChoiceField(
        label=_("Where page and table say something else"), widget=forms.RadioSelect,
        choices=[("", _("keep what the page says")), ("table", _("write what the table says"))], required=False,
    )  # fmt: skip

    @property
    def options(self) -> dict[str, bool]:
        """The fields of `row_plans.ImportOptions`."""
        data = self.cleaned_data
        return {
            "leaves_out_bad_rows": data["bad"] == "out",
            "leaves_out_questioned": data["questioned"] == "out",
            "takes_table": data["different"] == "table",
        }

    @staticmethod
    def initial_of(options: dict[str, bool]) -> dict[str, str]:
        """Return what the form shows for options."""
        return {
            "bad": "out" if options.get("leaves_out_bad_rows") else "",
            "questioned": "out" if options.get("leaves_out_questioned") else "",
            "different": "table" if options.get("takes_table") else "",
        }
