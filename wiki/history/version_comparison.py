"""Compares two versions of a page: words of the text, fields of the page, and the versions in between."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count
from django.utils.translation import gettext

from wiki.licenses import catalogue
from wiki.pages.models import LANGUAGES, Kind, PageVersion, WikiPage
from wiki.text import titles
from wiki.text.diffing.text_difference import Difference


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of the page with different values in two versions, as texts."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions, and all their differences."""

    old: PageVersion | None
    """None if the newer version is compared with the time before the page existed."""
    new: PageVersion
    text: Difference
    fields: list[FieldChange]

    @classmethod
    def of(cls, old: PageVersion | None, new: PageVersion) -> Comparison:
        """Compare two versions whose texts are loaded."""
        before = (old.text() if old else "") or ""
        return cls(old, new, Difference.of(before, new.text() or ""), field_changes(old, new))

    @property
    def size_change(self) -> int:
        """How many bytes the newer text is longer."""
        return self.new.size - (self.old.size if self.old else 0)

    @property
    def is_single(self) -> bool:
        """Whether the newer version is one edit after the older."""
        return self.new.number - (self.old.number if self.old else 0) == 1


@dataclass(frozen=True, slots=True)
class SkippedVersions:
    """Counts of the versions between two compared ones, and of their authors."""

    versions: int
    authors: int


def count_skipped(page: WikiPage, old: int, new: int) -> SkippedVersions:
    """Count the versions of `page` after `old` and before `new`. One query, or none."""
    if new - old <= 1:
        return SkippedVersions(0, 0)
    rows = PageVersion.objects.filter(page=page, number__gt=old, number__lt=new)
    found = rows.aggregate(versions=Count("pk"), authors=Count("author_name", distinct=True))
    return SkippedVersions(found["versions"], found["authors"])


def field_changes(old: PageVersion | None, new: PageVersion) -> list[FieldChange]:
    """Return the fields in which two versions differ; none if there is no older version."""
    if old is None:
        return []
    pairs = [
        (gettext("Title"), old.title, new.title),
        (gettext("Place"), _place(old), _place(new)),
        (gettext("Licence"), catalogue.license_name(old.license), catalogue.license_name(new.license)),
        (gettext("Language of the text"), _language(old), _language(new)),
        (gettext("Is a place"), _yes_or_no(old.is_place), _yes_or_no(new.is_place)),
        (gettext("Deleted"), _yes_or_no(old.is_deletion), _yes_or_no(new.is_deletion)),
    ]
    if old.kind_key != new.kind_key:
        names = _kind_names()
        pairs.insert(
            2,
            (
                gettext("Kind"),
                names.get(old.kind_key, old.kind_key),
                names.get(new.kind_key, new.kind_key),
            ),
        )
    return [FieldChange(name, before, after) for name, before, after in pairs if before != after]


def _place(version: PageVersion) -> str:
    """Return the current title of the place that the page was in."""
    return version.place.full_title if version.place else gettext("the commons")


def _language(version: PageVersion) -> str:
    """Return the name of the language of the text."""
    return str(dict(LANGUAGES).get(version.language, version.language))


def _yes_or_no(value: bool) -> str:
    """Return "yes" or "no" in the reader's language."""
    return gettext("yes") if value else gettext("no")


def _kind_names() -> dict[str, str]:
    """Return the names of kinds by each folded name that a text may use. One query."""
    return {
        titles.fold(written): kind.name
        for kind in Kind.objects.all()
        for written in (kind.key, kind.name_fr, kind.name_en, kind.plural_fr, kind.plural_en)
    }
