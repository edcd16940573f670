"""What people may narrow lists of versions by: forms read from addresses; odd values are ignored."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.db.models import Q, TextField
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
"""Who wrote: an account here, someone elsewhere, or a command or an account that is gone."""


class HistoryFilter(forms.Form):
    """Narrows the history of one page."""

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
        """Fill the choices with what there is."""
        choice_field(self, "tag").choices = [("", _("all")), *TAGS.items()]

    @property
    def is_used(self) -> bool:
        """Whether anything is narrowed."""
        return any(self.cleaned_data.values())

    def narrow(self, versions: PageVersionQuerySet) -> PageVersionQuerySet:
        """Those of `versions` that are wanted."""
        wanted = self.cleaned_data
        if name := wanted.get("by"):
            versions = versions.filter(Q(author_name=name) | Q(author__username=name))
        if who := wanted.get("who"):
            versions = versions.filter(AUTHORS[who])
        if wanted.get("no_minor"):
            versions = versions.filter(minor=False)
        return with_tag(versions, wanted["tag"]) if wanted.get("tag") else versions


class ChangesFilter(HistoryFilter):
    """Narrows the changes of many pages."""

    kind = forms.ChoiceField(label=_("Kind"), required=False)
    namespace = forms.TypedChoiceField(label=_("Namespace"), required=False, coerce=int, empty_value=None)
    days = forms.TypedChoiceField(label=_("Since"), required=False, coerce=int, empty_value=None)
    batch = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)

    field_order = ("kind", "days", "namespace", "who", "by", "tag", "no_minor")

    def set_choices(self) -> None:
        """Fill the choices with what there is. One query, for the kinds."""
        super().set_choices()
        choice_field(self, "kind").choices = [("", _("all")), *_kinds()]
        choice_field(self, "namespace").choices = [("", _("all")), *_namespaces()]
        choice_field(self, "days").choices = [("", _("always")), *((days, _since(days)) for days in DAYS)]

    def narrow(self, versions: PageVersionQuerySet) -> PageVersionQuerySet:
        """Those of `versions` that are wanted, whenever they were made."""
        versions, wanted = super().narrow(versions), self.cleaned_data
        if kind := wanted.get("kind"):
            versions = versions.filter(page__kind__key=kind)
        if (namespace := wanted.get("namespace")) is not None:
            versions = versions.filter(page__namespace=namespace)
        if changeset := wanted.get("batch"):
            versions = versions.filter(changeset_id=changeset)
        return versions

    @property
    def since(self) -> datetime.datetime | None:
        """Only what happened after this; None for no limit."""
        days = self.cleaned_data.get("days") or 0
        return timezone.now() - datetime.timedelta(days=days) if days else None

    @property
    def changeset_id(self) -> int | None:
        """The one act whose versions are listed, if one is."""
        return self.cleaned_data.get("batch")

    def get_changeset(self) -> Changeset | None:
        """That act, with the person behind it."""
        if self.changeset_id is None:
            return None
        return Changeset.objects.filter(pk=self.changeset_id).select_related("by").first()


def choice_field(form: forms.Form, name: str) -> forms.ChoiceField:
    """The field of that name, which is a choice."""
    return cast(forms.ChoiceField, form.fields[name])


def with_tag(versions: PageVersionQuerySet, tag: str) -> PageVersionQuerySet:
    """Versions that carry `tag`. Both databases can look into the JSON as a text."""
    return versions.annotate(tags_text=Cast("tags", TextField())).filter(tags_text__contains=json.dumps(tag))


def _kinds() -> list[tuple[str, str]]:
    """The kinds of page, by name."""
    return [(kind.key, kind.name) for kind in Kind.objects.all()]


def _namespaces() -> list[tuple[int, str]]:
    """The namespaces, in the reader's language."""
    french = (get_language() or "fr").startswith("fr")
    named = [(space.number, space.fr if french else space.en) for space in titles.NAMESPACES.values() if space.number]
    return [(0, gettext("Pages")), *named]


def _since(days: int) -> str:
    """The last so many days, in words."""
    if days == 1:
        return gettext("the last 24 hours")
    return gettext("the last %(days)d days") % {"days": days}
