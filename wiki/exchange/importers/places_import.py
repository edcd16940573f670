"""Import of places from the data set «Tiers lieux 2019»; repeated imports update the pages.

A row is identified by data set and ID (`Origin`), whatever the current title of its page. An unchanged row makes no
version. A changed row is merged three ways with edits made since the last import; the base of the merge is the text of
the source at the last import, not the text of the page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.contrib.auth.models import AnonymousUser

from wiki.errors import EditConflict, TitleTaken, gettext_noop
from wiki.exchange.import_tools import IMPORTED, MERGED, finish_import
from wiki.exchange.importers import place_pages, places_csv
from wiki.exchange.importers.places_csv import PlaceRow
from wiki.exchange.models import Origin
from wiki.forms.form_lookup import form_of_kind
from wiki.forms.missing_properties import create_missing_properties
from wiki.pages.models import Changeset, PageVersion, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing import page_writer
from wiki.pages.writing.parsed_versions import ProgressCallback, no_progress
from wiki.pages.writing.version_store import Author, NewVersion, StaleVersion, store
from wiki.text import titles
from wiki.text.merging import line_merge
from wiki.text.normalization import sha256_of

SOURCE = "CGET, Tiers lieux 2019"
SOURCE_URL = "https://github.com/anct-carto/mission_coworking"
AUTHOR = Author(None, SOURCE, "github.com")
LICENSE = "etalab-2.0"
CHUNK = 100
"""Pages per transaction: it blocks other writers for about a tenth of a second."""
ATTEMPTS = 5


@dataclass(slots=True)
class PlacesReport:
    """Result of an import, or what a dry run would do. Lists hold full titles."""

    rows: int = 0
    added: int = 0
    updated: int = 0
    merged: int = 0
    unchanged: int = 0
    conflicts: list[str] = field(default_factory=list)
    """Pages not updated because of a merge conflict: the source and local edits changed the same words."""
    deleted: list[str] = field(default_factory=list)
    """Pages that were deleted on this wiki: they stay deleted."""
    not_in_file: int = 0
    """Number of places imported before that are no longer in the file: their pages stay."""


@dataclass(frozen=True, slots=True)
class _KnownPlace:
    """A row whose page was created by an earlier import."""

    row: PlaceRow
    origin: Origin
    imported: PageVersion
    """The version written by the last import that changed the page."""

    @property
    def text(self) -> str:
        """Text of the row now, for the title that the page had at the last import."""
        return place_pages.text_of(self.row, self.imported.title)

    @property
    def is_unchanged(self) -> bool:
        """Whether the text of the row is that of the last import."""
        if MERGED in self.imported.tags:
            return self.text == _source_text(self.origin.page)
        return sha256_of(self.text) == self.imported.sha256


def import_places(path: Path, *, dry_run: bool = False, on_progress: ProgressCallback = no_progress) -> PlacesReport:
    """Create and update the pages of places from the file; report progress to `on_progress`.

    With `dry_run` (a dry run), nothing is written. Raises ImportProblem before anything is written when the file is
    invalid; DatabaseBusy when the database stays locked: chunks written so far stay, the next run continues after them.
    """
    rows = places_csv.parse_csv(path)
    report = PlacesReport(rows=len(rows))
    known = _find_known(rows)
    report.not_in_file = Origin.objects.filter(source=SOURCE).count() - len(known)
    added, changed = [row for row in rows if row.id not in known], []
    for item in known.values():
        if item.origin.page.is_deleted:
            report.deleted.append(item.origin.page.full_title)
        elif item.is_unchanged:
            report.unchanged += 1
        else:
            changed.append(item)
    on_progress(len(rows) - len(added) - len(changed), len(rows))
    if dry_run:
        report.added, report.updated = len(added), len(changed)
        return report
    if added or changed:
        _declare_properties()
        changeset = Changeset.objects.create(act=Changeset.Act.IMPORT, comment=SOURCE)
        _add_pages(added, _namesakes(rows), changeset, report, on_progress)
        _update_pages(changed, changeset, report, on_progress)
        finish_import(changeset)
    return report


def _declare_properties() -> None:
    """Write pages for properties of places that have none: without them coordinates and numbers are texts."""
    source = form_of_kind("place", AnonymousUser())
    if source is not None:
        create_missing_properties(source.definition.fields, AUTHOR, "fr")


def _find_known(rows: Sequence[PlaceRow]) -> dict[str, _KnownPlace]:
    """Return the rows whose pages were created by earlier imports, by ID."""
    versions = PageVersion.objects.filter(author_name=SOURCE, page__origin__source=SOURCE).order_by("number")
    imported = {version.page_id: version for version in versions if IMPORTED in version.tags}
    origins = {
        origin.identifier: origin
        for origin in Origin.objects.filter(source=SOURCE).select_related("page")
        if origin.page_id in imported
    }
    return {
        row.id: _KnownPlace(row, origins[row.id], imported[origins[row.id].page_id])
        for row in rows
        if row.id in origins
    }


# ---------------------------------------------------------------- new places


def _namesakes(rows: Sequence[PlaceRow]) -> dict[str, list[PlaceRow]]:
    """Group rows by case-folded name."""
    by_name: dict[str, list[PlaceRow]] = defaultdict(list)
    for row in rows:
        by_name[titles.fold(row.name)].append(row)
    return by_name


class _TitleAllocator:
    """Allocates titles for new places: not in use, no namespace, no prefix of other pages."""

    def __init__(self) -> None:
        keys = WikiPage.objects.filter(title_key__isnull=False).values_list("title_key", flat=True)
        self.keys: set[str] = set(keys)
        self.prefixes = {key.partition(":")[0] for key in self.keys if ":" in key}

    def allocate(self, row: PlaceRow, namesakes: Sequence[PlaceRow]) -> str:
        """Return the best free title for `row` and mark it as used. Raises TitleTaken."""
        endings = place_pages.suffixes(row)[place_pages.first_unshared_suffix(row, namesakes) :]
        candidates = [(row.name, ending) for ending in endings]
        candidates += [(row.name, f" ({row.id})"), ("Tiers-lieu", f" ({SOURCE}, {row.id})")]
        for name, ending in candidates:
            try:
                title = place_pages.title_of(name, ending)
                key = titles.key_of(title)
            except titles.TitleProblem:
                continue
            if key not in self.keys and key not in self.prefixes and titles.namespace_number(title) is None:
                self.keys.add(key)
                return title
        raise TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=row.name)


def _add_pages(
    rows: Sequence[PlaceRow],
    namesakes: dict[str, list[PlaceRow]],
    changeset: Changeset,
    report: PlacesReport,
    on_progress: ProgressCallback,
) -> None:
    """Create the pages and origins of new rows, CHUNK at a time; retry a chunk when a title is taken meanwhile."""
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        for attempt in range(ATTEMPTS):
            try:
                _add_chunk(chunk, namesakes, changeset)
                break
            except TitleTaken:  # someone created a page of this title meanwhile: choose titles again
                if attempt == ATTEMPTS - 1:
                    raise
        report.added += len(chunk)
        on_progress(len(chunk), report.rows)


def _add_chunk(rows: Sequence[PlaceRow], namesakes: dict[str, list[PlaceRow]], changeset: Changeset) -> None:
    """Write the pages of `rows` and their origins in one transaction. Raises TitleTaken."""
    titles_in_use = _TitleAllocator()
    versions_to_write = []
    for row in rows:
        title = titles_in_use.allocate(row, namesakes[titles.fold(row.name)])
        fields = PageFields(0, None, title, True, LICENSE, "fr")
        text = place_pages.text_of(row, title)
        versions_to_write.append(NewVersion(WikiPage(), text, fields, AUTHOR, tags=[IMPORTED, "created"]))

    def save_origins(versions: Sequence[PageVersion]) -> None:
        Origin.objects.bulk_create(
            Origin(page=version.page, source=SOURCE, identifier=row.id, url=SOURCE_URL, version=version.number)
            for version, row in zip(versions, rows, strict=True)
        )

    store(versions_to_write, changeset, on_written=save_origins)


# ---------------------------------------------------------------- known places


def _update_pages(
    known: Sequence[_KnownPlace], changeset: Changeset, report: PlacesReport, on_progress: ProgressCallback
) -> None:
    """Update the pages of changed rows: replace the text, or merge it with local edits."""
    for start in range(0, len(known), CHUNK):
        chunk = known[start : start + CHUNK]
        try:
            edited = _update_untouched(chunk, changeset)
        except StaleVersion:  # someone edited one of these pages meanwhile: merge them one by one
            edited = chunk
        report.updated += len(chunk) - len(edited)
        for item in edited:
            _merge_and_report(item, report)
        on_progress(len(chunk), report.rows)


def _update_untouched(known: Sequence[_KnownPlace], changeset: Changeset) -> Sequence[_KnownPlace]:
    """Write the new texts of pages not edited since the last import, in one transaction; return the other pages.

    Raises StaleVersion, and writes nothing, when one of the pages is edited meanwhile.
    """
    pages = WikiPage.objects.select_related("place").in_bulk([item.origin.page_id for item in known])
    versions_to_write, untouched, edited = [], [], []
    for item in known:
        page = pages[item.origin.page_id]
        if MERGED in item.imported.tags or item.imported.sha256 != page.sha256:
            edited.append(item)
            continue
        versions_to_write.append(NewVersion(page, item.text, PageFields.of(page), AUTHOR, tags=[IMPORTED]))
        untouched.append(item)

    def save_versions(versions: Sequence[PageVersion]) -> None:
        for version, item in zip(versions, untouched, strict=True):
            _set_origin_version(item, version.number)

    if versions_to_write:
        store(versions_to_write, changeset, on_written=save_versions)
    return edited


def _set_origin_version(item: _KnownPlace, number: int) -> None:
    """Store that version `number` holds the current text of the source."""
    Origin.objects.filter(pk=item.origin.pk).update(version=number)


def _merge_and_report(item: _KnownPlace, report: PlacesReport) -> None:
    """Merge a changed row into an edited page; on a conflict, leave the page unchanged. Updates `report`."""
    if _try_merge(item):
        report.merged += 1
    else:
        report.conflicts.append(item.origin.page.full_title)


def _try_merge(item: _KnownPlace) -> bool:
    """Merge row and page, and write the result; return False on a conflict."""
    page = WikiPage.objects.select_related("source").get(pk=item.origin.page_id)
    merged = line_merge.merge(_source_text(page), item.text, page.source.text or "")
    if merged.text is None:
        return False
    try:
        note = page_writer.EditSummary(tags=(IMPORTED, MERGED))
        saved = page_writer.edit(page, merged.text, AUTHOR, note, base=page.version)
    except EditConflict:  # the same words were changed since the page was loaded
        return False
    _set_origin_version(item, saved.version)
    return True


def _source_text(page: WikiPage) -> str:
    """Return the text of the source at the last import, without local edits.

    After a merged import no version holds that text. It is rebuilt from the last unmerged import by applying the
    changes of each merged import since then.
    """
    text, before = "", ""
    for version in page.versions.select_related("stored").order_by("number"):
        now = version.text() or ""
        if IMPORTED in version.tags and version.author_name == SOURCE:
            text = now if MERGED not in version.tags else (line_merge.merge(before, text, now).text or text)
        before = now
    return text
