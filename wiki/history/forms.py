"""Forms that filter lists of versions. They are read from the query string; invalid values are ignored."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.db.models import Exists, OuterRef, Q, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from wiki.history.tag_labels import TAGS
from wiki.pages.models import Changeset, Kind, PageVersionQuerySet
from wiki.text import titles

DAYS = (1, 3, 7, 14, 30, 90, 365)
AUTHORS = {
    "accounts": Q(author__isnull=False),
    "imported": Q(origin_host__gt=""),
    "others": Q(author__isnull=True, origin_host=""),
}
"""Filters of authors: accounts here, imported authors, or neither (a command, a deleted account)."""


class HistoryFilter(forms.Form):
    """Filters the history of one page."""

    by = forms.CharField(label=_("Author"), required=False, max_length=255)
    tag = forms.ChoiceField(label=_("Mark"), required=False)
    who = forms.ChoiceField(
        label=_("Written by"),
        required=False,
        choices=[
            ("", _("everyone")),
            ("accounts", _("accounts here")),
            ("imported", _("imported authors")),
            ("others", _("without an account")),
        ],
    )
    no_minor = forms.BooleanField(label=_("Hide minor edits"), required=False)

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data, auto_id="filter-%s")
        self.set_choices()
        self.is_valid()

    def set_choices(self) -> None:
        """Set the choices of the fields."""
        choice_field(self, "tag").choices = [("", _("all")), *TAGS.items()]

    @property
    def is_used(self) -> bool:
        """Whether any filter is set."""
        return any(self.cleaned_data.values())

    def narrow(self, versions: PageVersionQuerySet) -> PageVersionQuerySet:
        """Return the `versions` that match the filters."""
        data = self.cleaned_data
        if name := data.get("by"):
            versions = versions.filter(Q(author_name=name) | Q(author__username=name))
        if who := data.get("who"):
            versions = versions.filter(AUTHORS[who])
        if data.get("no_minor"):
            versions = versions.filter(minor=False)
        return with_tag(versions, data["tag"]) if data.get("tag") else versions


class ChangesFilter(HistoryFilter):
    """Filters the changes of many pages."""

    kind = forms.ChoiceField(label=_("Kind"), required=False)
    namespace = forms.TypedChoiceField(label=_("Namespace"), required=False, coerce=int, empty_value=None)
    days = forms.TypedChoiceField(label=_("Since"), required=False, coerce=int, empty_value=None)
    batch = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)

    field_order = ("kind", "days", "namespace", "who", "by", "tag", "no_minor")

    def set_choices(self) -> None:
        """Set the choices of the fields. One query, for the kinds."""
        super().set_choices()
        choice_field(self, "kind").choices = [("", _("all")), *_kinds()]
        choice_field(self, "namespace").choices = [("", _("all")), *_namespaces()]
        choice_field(self, "days").choices = [("", _("always")), *((days, _period_label(days)) for days in DAYS)]

    def narrow(self, versions: PageVersionQuerySet) -> PageVersionQuerySet:
        """Return the `versions` that match the filters, except for `since`."""
        versions, data = super().narrow(versions), self.cleaned_data
        if kind := data.get("kind"):
            versions = versions.filter(page__kind__key=kind)
        if (namespace := data.get("namespace")) is not None:
            versions = versions.filter(page__namespace=namespace)
        if changeset := data.get("batch"):
            versions = versions.filter(changeset_id=changeset)
        return versions

    @property
    def since(self) -> datetime.datetime | None:
        """The start of the period; None for no limit."""
        days = self.cleaned_data.get("days") or 0
        return timezone.now() - datetime.timedelta(days=days) if days else None

    @property
    def changeset_id(self) -> int | None:
        """Primary key of the changeset to which the list is restricted, or None."""
        return self.cleaned_data.get("batch")

    def get_changeset(self, versions: PageVersionQuerySet) -> Changeset | None:
        """Return the changeset to which the list is restricted, with its user, if one of `versions` belongs to it."""
        if self.changeset_id is None:
            return None
        is_shown = Exists(versions.filter(changeset=OuterRef("pk")).order_by())
        return Changeset.objects.filter(is_shown, pk=self.changeset_id).select_related("by").first()


def choice_field(form: forms.Form, name: str) -> forms.ChoiceField:
    """Return a field of the form, typed as a choice field."""
    return cast(forms.ChoiceField, form.fields[name])


def with_tag(versions: PageVersionQuerySet, tag: str) -> PageVersionQuerySet:
    """Return the versions with `tag`. It searches the JSON as text, which works on both databases."""
    return versions.annotate(tags_text=Cast("tags", TextField())).filter(tags_text__contains=json.dumps(tag))


def _kinds() -> list[tuple[str, str]]:
    """Return the kinds of page, by key and name."""
    return [(kind.key, kind.name) for kind in Kind.objects.all()]


def _namespaces() -> list[tuple[int, str]]:
    """Return the namespaces, by number and name in the reader's language."""
    french = (get_language() or "fr").startswith("fr")
    named = [(space.number, space.fr if french else space.en) for space in titles.NAMESPACES.values() if space.number]
    return [(0, gettext("Pages")), *named]


def _period_label(days: int) -> str:
    """Return the label of a period of days."""
    if days == 1:
        return gettext("the last 24 hours")
    return gettext("the last %(days)d days") % {"days": days}
