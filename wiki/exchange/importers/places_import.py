"""Places out of the data set «Tiers lieux 2019», and its changes merged into them ever after.

A row is known again by data set and ID (`Origin`), whatever its page is called by now. A row that
says what it said makes no version; a changed row is merged three ways with what people wrote since:
the base is the source's own last text, not the page's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wiki.errors import EditConflict, TitleTaken, gettext_noop
from wiki.exchange.importers import place_pages, places_csv
from wiki.exchange.importers.import_tools import IMPORTED, MERGED, finish_import
from wiki.exchange.importers.places_csv import PlaceRow
from wiki.exchange.models import Origin
from wiki.pages.models import Changeset, PageVersion, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing import page_writer
from wiki.pages.writing.parsed_versions import Tell, silent
from wiki.pages.writing.version_store import Author, NewVersion, StaleVersion, sha256_of, store
from wiki.text import titles
from wiki.text.merging import line_merge

SOURCE = "CGET, Tiers lieux 2019"
SOURCE_URL = "https://github.com/anct-carto/mission_coworking"
AUTHOR = Author(None, SOURCE, "github.com")
LICENSE = "etalab-2.0"
CHUNK = 100
"""Pages per transaction: other writers wait for a tenth of a second."""
ATTEMPTS = 5


@dataclass(slots=True)
class PlacesReport:
    """What an import did, or (when trying) would do. Lists hold full titles."""

    rows: int = 0
    added: int = 0
    updated: int = 0
    merged: int = 0
    unchanged: int = 0
    conflicts: list[str] = field(default_factory=list)
    """Pages left as they are: source and people changed the same words."""
    deleted: list[str] = field(default_factory=list)
    """Pages that people deleted here: they stay deleted."""
    not_in_file: int = 0
    """Places known from before that the file does not name any more: their pages stay."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A row whose page we made before."""

    row: PlaceRow
    origin: Origin
    said: PageVersion
    """The version in which the source last spoke."""

    @property
    def text(self) -> str:
        """What the source says now, under the title that the page had when it last spoke."""
        return place_pages.text_of(self.row, self.said.title)

    @property
    def is_unchanged(self) -> bool:
        """Whether the row says what it said."""
        if MERGED in self.said.tags:
            return self.text == _pure_text(self.origin.page)
        return sha256_of(self.text) == self.said.sha256


def import_places(path: Path, *, trying: bool = False, tell: Tell = silent) -> PlacesReport:
    """Bring the pages of places up to date with the file; `tell` hears how far it is.

    With `trying`, nothing is written. Raises ImportProblem before anything is written when the file
    is not in order; Busy when the database stays locked (what is done by then is kept, and the
    next run goes on from there).
    """
    rows = places_csv.parse_csv(path)
    report = PlacesReport(rows=len(rows))
    known = _known(rows)
    report.not_in_file = Origin.objects.filter(source=SOURCE).count() - len(known)
    fresh, changed = [row for row in rows if row.id not in known], []
    for item in known.values():
        if item.origin.page.is_deleted:
            report.deleted.append(item.origin.page.full_title)
        elif item.is_unchanged:
            report.unchanged += 1
        else:
            changed.append(item)
    tell(len(rows) - len(fresh) - len(changed), len(rows))
    if trying:
        report.added, report.updated = len(fresh), len(changed)
        return report
    if fresh or changed:
        changeset = Changeset.objects.create(act=Changeset.Act.IMPORT, comment=SOURCE)
        _add(fresh, _namesakes(rows), changeset, report, tell)
        _update(changed, changeset, report, tell)
        finish_import(changeset)
    return report


def _known(rows: Sequence[PlaceRow]) -> dict[str, _Known]:
    """The rows whose pages we made before, by ID."""
    versions = PageVersion.objects.filter(author_name=SOURCE, page__origin__source=SOURCE).order_by("number")
    said = {version.page_id: version for version in versions if IMPORTED in version.tags}
    origins = {
        origin.identifier: origin
        for origin in Origin.objects.filter(source=SOURCE).select_related("page")
        if origin.page_id in said
    }
    return {row.id: _Known(row, origins[row.id], said[origins[row.id].page_id]) for row in rows if row.id in origins}


# ---------------------------------------------------------------- places that are new here


def _namesakes(rows: Sequence[PlaceRow]) -> dict[str, list[PlaceRow]]:
    """Rows by the name that readers would take for the same."""
    found: dict[str, list[PlaceRow]] = defaultdict(list)
    for row in rows:
        found[titles.fold(row.name)].append(row)
    return found


class _FreeTitles:
    """Titles that a new place can have: not in use, no namespace, no prefix of other pages."""

    def __init__(self) -> None:
        keys = WikiPage.objects.filter(title_key__isnull=False).values_list("title_key", flat=True)
        self.keys: set[str] = set(keys)
        self.prefixes = {key.partition(":")[0] for key in self.keys if ":" in key}

    def take(self, row: PlaceRow, namesakes: Sequence[PlaceRow]) -> str:
        """The best free title for `row`, taken from now on."""
        endings = place_pages.suffixes(row)[place_pages.first_unshared_suffix(row, namesakes) :]
        wanted = [(row.name, ending) for ending in endings]
        wanted += [(row.name, f" ({row.id})"), ("Tiers-lieu", f" ({SOURCE}, {row.id})")]
        for name, ending in wanted:
            try:
                title = place_pages.title_of(name, ending)
                key = titles.key_of(title)
            except titles.TitleProblem:
                continue
            if key not in self.keys and key not in self.prefixes and titles.namespace_number(title) is None:
                self.keys.add(key)
                return title
        raise TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=row.name)


def _add(
    rows: Sequence[PlaceRow],
    namesakes: dict[str, list[PlaceRow]],
    changeset: Changeset,
    report: PlacesReport,
    tell: Tell,
) -> None:
    """Make the pages of new rows, some at a time, each with its origin in one transaction."""
    for start in range(0, len(rows), CHUNK):
        some = rows[start : start + CHUNK]
        for attempt in range(ATTEMPTS):
            try:
                _add_some(some, namesakes, changeset)
                break
            except TitleTaken:  # someone made a page of that title meanwhile: look again
                if attempt == ATTEMPTS - 1:
                    raise
        report.added += len(some)
        tell(len(some), report.rows)


def _add_some(rows: Sequence[PlaceRow], namesakes: dict[str, list[PlaceRow]], changeset: Changeset) -> None:
    """Write the pages of `rows` and their origins in one transaction. Raises TitleTaken."""
    free = _FreeTitles()
    drafts = []
    for row in rows:
        title = free.take(row, namesakes[titles.fold(row.name)])
        fields = PageFields(0, None, title, True, LICENSE, "fr")
        text = place_pages.text_of(row, title)
        drafts.append(NewVersion(WikiPage(), text, fields, AUTHOR, tags=[IMPORTED, "created"]))

    def note_origins(versions: Sequence[PageVersion]) -> None:
        Origin.objects.bulk_create(
            Origin(page=version.page, source=SOURCE, identifier=row.id, url=SOURCE_URL, version=version.number)
            for version, row in zip(versions, rows, strict=True)
        )

    store(drafts, changeset, also=note_origins)


# ---------------------------------------------------------------- places that are known


def _update(known: Sequence[_Known], changeset: Changeset, report: PlacesReport, tell: Tell) -> None:
    """Bring what the source changed into the pages: as it is, or merged with people's changes."""
    for start in range(0, len(known), CHUNK):
        some = known[start : start + CHUNK]
        try:
            touched = _update_untouched(some, changeset)
        except StaleVersion:  # someone edited one of them just now: one by one, then
            touched = some
        report.updated += len(some) - len(touched)
        for item in touched:
            _merge(item, report)
        tell(len(some), report.rows)


def _update_untouched(known: Sequence[_Known], changeset: Changeset) -> Sequence[_Known]:
    """Write the new texts of pages that still say what the source last said; return the others.

    Raises Stale, and writes nothing, when someone edits one of them meanwhile.
    """
    pages = WikiPage.objects.select_related("place").in_bulk([item.origin.page_id for item in known])
    drafts, untouched, rest = [], [], []
    for item in known:
        page = pages[item.origin.page_id]
        if MERGED in item.said.tags or item.said.sha256 != page.sha256:
            rest.append(item)
            continue
        drafts.append(NewVersion(page, item.text, PageFields.of(page), AUTHOR, tags=[IMPORTED]))
        untouched.append(item)

    def note_versions(versions: Sequence[PageVersion]) -> None:
        for version, item in zip(versions, untouched, strict=True):
            _remember(item, version.number)

    if drafts:
        store(drafts, changeset, also=note_versions)
    return rest


def _remember(item: _Known, number: int) -> None:
    """Note that version `number` holds what the source says now."""
    Origin.objects.filter(pk=item.origin.pk).update(version=number)


def _merge(item: _Known, report: PlacesReport) -> None:
    """Merge a changed row into a page that people changed; leave the page where they clash."""
    if _merged(item):
        report.merged += 1
    else:
        report.conflicts.append(item.origin.page.full_title)


def _merged(item: _Known) -> bool:
    """Whether row and page could be merged, which is done then."""
    page = WikiPage.objects.select_related("source").get(pk=item.origin.page_id)
    merged = line_merge.merge(_pure_text(page), item.text, page.source.text or "")
    if merged.text is None:
        return False
    try:
        note = page_writer.EditSummary(tags=(IMPORTED, MERGED))
        saved = page_writer.edit(page, merged.text, AUTHOR, note, base=page.version)
    except EditConflict:  # someone changed these words since we looked
        return False
    _remember(item, saved.version)
    return True


def _pure_text(page: WikiPage) -> str:
    """What the source alone said at the last import.

    Where that was merged with people's changes, no version holds it: it is the last pure text,
    with the changes of each merged import since then applied to it in turn.
    """
    text, before = "", ""
    for version in page.versions.select_related("stored").order_by("number"):
        now = version.text() or ""
        if IMPORTED in version.tags and version.author_name == SOURCE:
            text = now if MERGED not in version.tags else (line_merge.merge(before, text, now).text or text)
        before = now
    return text
