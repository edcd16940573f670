"""The updater of title periods: which titles and redirects a page had, from which version to which.

Most edits change neither; they are recognized by the columns of the page, without a query.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wiki.history.models import TitlePeriod
from wiki.pages.writing import parsed_versions
from wiki.pages.writing.derived_data import Inputs, MonotonicTimes, ParsedVersion, VersionState
from wiki.text import titles

ROWS = 500
"""Rows per query or insert."""
SNAPSHOT_FIELDS = (
    "page_id", "added_in", "removed_in", "added_at", "removed_at", "namespace", "full_title", "title_key", "title",
    "display_title", "title_fold", "is_place", "place_key", "redirect_key",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TitleState:
    """What the title of a page was in one version; the names are those of the columns of `TitlePeriod`."""

    full_title: str
    has_place_prefix: bool
    is_place: bool
    display_title: str
    redirect_key: str

    def columns(self) -> dict[str, Any]:
        """Return the columns of the title."""
        namespace, title = titles.split_namespace(self.full_title)
        place, _, rest = title.partition(":") if self.has_place_prefix else ("", "", title)
        return {
            "namespace": namespace,
            "full_title": self.full_title,
            "title_key": titles.key_of(self.full_title),
            "title": rest,
            "display_title": self.display_title,
            "title_fold": titles.fold(self.display_title or rest)[:255],
            "is_place": self.is_place,
            "place_key": titles.key_of(place) if place else "",
            "redirect_key": self.redirect_key,
        }


@dataclass(frozen=True, slots=True)
class _TitleStep:
    """The title in one version (None if the page is deleted in it), and the claimed time of the version."""

    state: TitleState | None
    date: datetime | None


class TitlePeriodUpdater:
    """Maintains the rows of `TitlePeriod`."""

    name = "titles"
    revision = 2
    requires = ()
    provides = None

    def prepare(self, versions: Sequence[ParsedVersion]) -> list[list[_TitleStep]]:
        """Return the titles in the new versions of each page; an empty list for a page without new versions."""
        return [_steps(version.steps) for version in versions]

    def write(
        self, versions: Sequence[ParsedVersion], prepared: Sequence[list[_TitleStep]],
        moment: datetime | None, inputs: Inputs,
    ) -> None:  # fmt: skip
        """Insert and end periods. The periods of pages that are rebuilt from the first version are replaced."""
        pages = [(version, steps) for version, steps in zip(versions, prepared, strict=True) if steps]
        if moment is None:
            _delete_periods([version.page.pk for version, _ in pages if not version.follows])
        changed = [(version, steps) for version, steps in pages if not _is_unchanged(version, steps)]
        current = _current_periods([version.page.pk for version, _ in changed if version.follows])
        new: list[TitlePeriod] = []
        for version, steps in changed:
            ended, added = _continue(version, steps, current.get(version.page.pk), moment)
            if ended is not None:
                ended.save(update_fields=["removed_in", "removed_at"])
            new += added
        TitlePeriod.objects.bulk_create(new, batch_size=ROWS)

    def snapshot(self) -> list[tuple[Any, ...]]:
        """Return all periods."""
        rows = TitlePeriod.objects.values_list(*SNAPSHOT_FIELDS)
        return sorted(tuple(map(str, row)) for row in rows.iterator(chunk_size=2000))


def _steps(versions: Iterable[VersionState]) -> list[_TitleStep]:
    """Return the title in each version."""
    found: list[_TitleStep] = []
    text, display_title, redirect_key = None, "", ""
    for version in versions:
        if version.text is None:
            found.append(_TitleStep(None, version.date))
            continue
        if version.text != text:
            text = version.text
            display_title, redirect_key = parsed_versions.display_title_and_redirect(text)
        state = TitleState(version.full_title, version.has_place_prefix, version.is_place, display_title, redirect_key)
        found.append(_TitleStep(state, version.date))
    return found


def _is_unchanged(version: ParsedVersion, steps: Sequence[_TitleStep]) -> bool:
    """Whether no new version changes the title of a stored page."""
    page = version.page
    if not version.follows or page.title_key is None:
        return False
    before = (page.full_title, page.place_id is not None, page.is_place, page.display_title, page.redirect_key)
    return all(step.state is not None and step.state == TitleState(*before) for step in steps)


def _continue(
    version: ParsedVersion, steps: Sequence[_TitleStep], period: TitlePeriod | None, moment: datetime | None
) -> tuple[TitlePeriod | None, list[TitlePeriod]]:
    """Return the stored period, if it ends in the new versions, and the periods that begin in them."""
    times, stored, ended = MonotonicTimes(version.since, moment), period, None
    columns = {name: getattr(period, name) for name in _COLUMNS} if period else None
    new: list[TitlePeriod] = []
    for number, step in enumerate(steps, start=version.follows + 1):
        at = times.next(step.date)
        stated = None if step.state is None else step.state.columns()
        if stated == columns:
            continue
        if period is not None:
            period.removed_in, period.removed_at = number, at
            ended = stored if period is stored else ended
        columns, period = stated, None
        if stated is not None:
            period = TitlePeriod(page_id=version.page.pk, added_in=number, added_at=at, **stated)
            new.append(period)
    return ended, new


_COLUMNS = SNAPSHOT_FIELDS[5:]
"""The columns of the title."""


def _current_periods(pages: Sequence[int]) -> dict[int, TitlePeriod]:
    """Return the current periods of some pages, by page."""
    found: dict[int, TitlePeriod] = {}
    for start in range(0, len(pages), ROWS):
        rows = TitlePeriod.objects.filter(page__in=pages[start : start + ROWS], removed_in=None)
        found |= {row.page_id: row for row in rows}
    return found


def _delete_periods(pages: Sequence[int]) -> None:
    for start in range(0, len(pages), ROWS):
        TitlePeriod.objects.filter(page__in=pages[start : start + ROWS]).delete()
