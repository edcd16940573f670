"""Two versions of a page compared: words of the text, fields of the page, and who came between.

Costs a bounded time and makes a bounded screen, whatever the texts hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Count
from django.utils.translation import gettext

from wiki.licenses import catalogue
from wiki.pages.models import LANGUAGES, Kind, PageVersion, WikiPage
from wiki.text import titles
from wiki.text.diffing import line_diff
from wiki.text.diffing.line_diff import DiffRow, Span

ROWS = 3_000
"""Rows of a comparison that are shown at most."""
SPANS = 20_000
"""Marked and unmarked pieces of lines that are shown at most; then lines are marked whole."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How a text became another, ready to be shown."""

    rows: list[DiffRow]
    hidden: int
    """Rows left out because the screen would be too long."""
    ends_differ: bool
    """The texts differ in nothing but the line break at their end."""

    @classmethod
    def of(cls, old: str, new: str) -> Difference:
        """Compare two texts."""
        rows = line_diff.compare(old, new)
        same = all(row.kind in ("same", "gap") for row in rows)
        if same:
            return cls([], 0, ends_differ=old != new)
        return cls(list(_lighter(rows[:ROWS])), max(len(rows) - ROWS, 0), ends_differ=False)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of the page that is not the same in two versions, in words."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions, and all in which they differ."""

    old: PageVersion | None
    """None where the newer is compared with nothing: the page before it was made."""
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
        """By how many bytes the newer text is longer."""
        return self.new.size - (self.old.size if self.old else 0)

    @property
    def is_single(self) -> bool:
        """Whether one edit lies between the two: the one that made the newer."""
        return self.new.number - (self.old.number if self.old else 0) == 1


@dataclass(frozen=True, slots=True)
class SkippedVersions:
    """What a comparison passes over."""

    versions: int
    authors: int


def count_skipped(page: WikiPage, old: int, new: int) -> SkippedVersions:
    """The versions of `page` after `old` and before `new`. One query, or none."""
    if new - old <= 1:
        return SkippedVersions(0, 0)
    rows = PageVersion.objects.filter(page=page, number__gt=old, number__lt=new)
    found = rows.aggregate(versions=Count("pk"), authors=Count("author_name", distinct=True))
    return SkippedVersions(found["versions"], found["authors"])


def field_changes(old: PageVersion | None, new: PageVersion) -> list[FieldChange]:
    """The fields in which two versions differ; none where there is no older one."""
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
    """The place that the page lived in, by the title it has today."""
    return version.place.full_title if version.place else gettext("the commons")


def _language(version: PageVersion) -> str:
    """The language of the text, by name."""
    return str(dict(LANGUAGES).get(version.language, version.language))


def _yes_or_no(value: bool) -> str:
    """A truth, in a word."""
    return gettext("yes") if value else gettext("no")


def _kind_names() -> dict[str, str]:
    """The names of kinds by every way in which a text may write them. One query."""
    return {
        titles.fold(written): kind.name
        for kind in Kind.objects.all()
        for written in (kind.key, kind.name_fr, kind.name_en, kind.plural_fr, kind.plural_en)
    }


def _lighter(rows: Sequence[DiffRow]) -> Iterator[DiffRow]:
    """`rows`, with lines marked whole once there are too many pieces."""
    left = SPANS
    for row in rows:
        left -= len(row.old) + len(row.new)
        yield row if left > 0 else _whole(row)


def _whole(row: DiffRow) -> DiffRow:
    """`row` with each side in one piece."""
    return DiffRow(row.kind, row.old_line, row.new_line, _joined(row.old), _joined(row.new), row.skipped)


def _joined(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """The pieces of a line as one, marked if any of them is."""
    if not spans:
        return spans
    return (Span("".join(span.text for span in spans), any(span.marked for span in spans)),)
