"""Places out of the data set «Tiers lieux 2019», and its changes merged into them ever after.

A row is known again by data set and ID (`Origin`), whatever its page is called by now. A row that
says what it said makes no version; a changed row is merged three ways with what people wrote since:
the base is the source's own last text, not the page's.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from django.db import connection

from wiki.errors import EditConflict, TitleTaken, gettext_noop
from wiki.exchange import place_rows, place_texts
from wiki.exchange.models import Origin
from wiki.exchange.place_rows import PlaceRow
from wiki.pages import saving
from wiki.pages.derivers import Fields
from wiki.pages.models import Batch, PageVersion, WikiPage
from wiki.pages.storing import Author, Draft, Stale, patiently, store
from wiki.text import merge, titles

SOURCE = "CGET, Tiers lieux 2019"
SOURCE_URL = "https://github.com/anct-carto/mission_coworking"
AUTHOR = Author(None, SOURCE, "github.com")
LICENSE = "etalab-2.0"
IMPORTED, MERGED = "import", "merged"
"""Tags of the versions made here: they tell the source's own texts from merged ones."""
CHUNK = 100
"""Pages per transaction: about half a second, for which other writers wait."""
ATTEMPTS = 5
Tell = Callable[[int, int], None]
"""Hears how many more rows are done, of how many."""


@dataclass(slots=True)
class PlacesReport:
    """What an import did, or (when trying) would do. Lists hold full titles."""

    rows: int = 0
    added: int = 0
    updated: int = 0
    merged: int = 0
    unchanged: int = 0
    clashes: list[str] = field(default_factory=list)
    """Pages left as they are: source and people changed the same words."""
    deleted: list[str] = field(default_factory=list)
    """Pages that people deleted here: they stay deleted."""
    gone: int = 0
    """Places known from before that the file does not name any more: their pages stay."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A row whose page we made before."""

    row: PlaceRow
    origin: Origin


def import_places(path: Path, *, trying: bool = False, tell: Tell = lambda done, total: None) -> PlacesReport:
    """Bring the pages of places up to date with the file; `tell` hears how far it is.

    With `trying`, nothing is written. Raises ImportProblem before anything is written when the file
    is not in order; Busy when the database stays locked (what is done by then is kept, and the
    next run goes on from there).
    """
    rows = place_rows.read(path)
    report = PlacesReport(rows=len(rows))
    origins = {origin.identifier: origin for origin in Origin.objects.filter(source=SOURCE).select_related("page")}
    report.gone = len(origins.keys() - {row.id for row in rows})
    fresh, changed = [], []
    for row in rows:
        origin = origins.get(row.id)
        if origin is None:
            fresh.append(row)
        elif origin.page.is_deleted:
            report.deleted.append(origin.page.full_title)
        elif origin.digest == digest(row):
            report.unchanged += 1
        else:
            changed.append(_Known(row, origin))
    tell(len(rows) - len(fresh) - len(changed), len(rows))
    if trying:
        report.added, report.updated = len(fresh), len(changed)
        return report
    if fresh or changed:
        batch = Batch.objects.create(act=Batch.Act.IMPORT, comment=SOURCE)
        _add(fresh, _namesakes(rows), batch, report, tell)
        _update(changed, batch, report, tell)
        _settle(batch)
    return report


def digest(row: PlaceRow) -> str:
    """What tells a changed row from an unchanged one: the checksum of all that follows from it."""
    return hashlib.sha256(place_texts.text_of(row).encode()).hexdigest()


def _settle(batch: Batch) -> None:
    """Drop a batch in which nothing was written; let the database look at its new rows.

    Without ANALYZE, SQLite picks a bad index after many inserts.
    """
    if not batch.versions.exists():
        batch.delete()
        return
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


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
        endings = place_texts.suffixes(row)[place_texts.first_level(row, namesakes) :]
        wanted = [(row.name, ending) for ending in endings]
        wanted += [(row.name, f" ({row.id})"), ("Tiers-lieu", f" ({SOURCE}, {row.id})")]
        for name, ending in wanted:
            try:
                title = place_texts.title_of(name, ending)
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
    batch: Batch,
    report: PlacesReport,
    tell: Tell,
) -> None:
    """Make the pages of new rows, some at a time, each with its origin in one transaction."""
    for start in range(0, len(rows), CHUNK):
        some = rows[start : start + CHUNK]
        for attempt in range(ATTEMPTS):
            try:
                patiently(partial(_add_some, some, namesakes, batch))
                break
            except TitleTaken:  # someone made a page of that title meanwhile: look again
                if attempt == ATTEMPTS - 1:
                    raise
        report.added += len(some)
        tell(len(some), report.rows)


def _add_some(rows: Sequence[PlaceRow], namesakes: dict[str, list[PlaceRow]], batch: Batch) -> None:
    """Write the pages of `rows` and their origins. Inside a transaction."""
    free = _FreeTitles()
    drafts = []
    for row in rows:
        title = free.take(row, namesakes[titles.fold(row.name)])
        fields = Fields(0, None, title, True, LICENSE, "fr")
        text = place_texts.text_of(row, title)
        drafts.append(Draft(WikiPage(), text, fields, AUTHOR, tags=[IMPORTED, "created"]))
    store(drafts, batch)
    Origin.objects.bulk_create(
        [
            Origin(page=draft.page, source=SOURCE, identifier=row.id, url=SOURCE_URL, version=1, digest=digest(row))
            for draft, row in zip(drafts, rows, strict=True)
        ]
    )


# ---------------------------------------------------------------- places that are known


def _update(known: Sequence[_Known], batch: Batch, report: PlacesReport, tell: Tell) -> None:
    """Bring what the source changed into the pages: as it is, or merged with people's changes."""
    for start in range(0, len(known), CHUNK):
        some = known[start : start + CHUNK]
        try:
            touched = patiently(partial(_update_untouched, some, batch))
        except Stale:  # someone edited one of them just now: one by one, then
            touched = some
        report.updated += len(some) - len(touched)
        for item in touched:
            _merge(item, report)
        tell(len(some), report.rows)


def _update_untouched(known: Sequence[_Known], batch: Batch) -> Sequence[_Known]:
    """Write the new texts of pages that still say what the source last said; return the others."""
    pages = WikiPage.objects.select_related("place").in_bulk([item.origin.page_id for item in known])
    ours = PageVersion.objects.filter(page__in=pages, author_name=SOURCE).order_by("number")
    last = {version.page_id: version for version in ours if IMPORTED in version.tags}
    drafts, untouched, rest = [], [], []
    for item in known:
        page, version = pages[item.origin.page_id], last.get(item.origin.page_id)
        if version is None or MERGED in version.tags or version.sha256 != page.sha256:
            rest.append(item)
            continue
        text = place_texts.text_of(item.row, version.title)
        drafts.append(Draft(page, text, Fields.of(page), AUTHOR, tags=[IMPORTED]))
        untouched.append(item)
    for written, item in zip(store(drafts, batch) if drafts else [], untouched, strict=True):
        _remember(item, written.number)
    return rest


def _remember(item: _Known, number: int) -> None:
    """Note that version `number` holds what the source says now."""
    item.origin.version, item.origin.digest = number, digest(item.row)
    item.origin.save(update_fields=["version", "digest"])


def _merge(item: _Known, report: PlacesReport) -> None:
    """Merge a changed row into a page that people changed; leave the page where they clash."""
    if patiently(partial(_merged, item)):
        report.merged += 1
    else:
        report.clashes.append(item.origin.page.full_title)


def _merged(item: _Known) -> bool:
    """Whether row and page could be merged, which is done then. Inside a transaction."""
    page = WikiPage.objects.select_related("source").get(pk=item.origin.page_id)
    base, title = _said_before(page)
    merged = merge.merge(base, place_texts.text_of(item.row, title), page.source.text or "")
    if merged.text is None:
        return False
    try:
        note = saving.Note(tags=(IMPORTED, MERGED))
        saved = saving.edit(page, merged.text, AUTHOR, note, base=page.version)
    except EditConflict:  # someone changed these words since we looked
        return False
    _remember(item, saved.version)
    return True


def _said_before(page: WikiPage) -> tuple[str, str]:
    """What the source said at the last import, and the title that the page then had.

    Where that was merged with people's changes, no version holds it alone: it is the last pure
    text, with the changes of each merged import since then applied to it in turn.
    """
    text, title, before = "", "", ""
    for version in page.versions.select_related("stored").order_by("number"):
        now = version.text() or ""
        if IMPORTED in version.tags and version.author_name == SOURCE:
            title = version.title
            text = now if MERGED not in version.tags else (merge.merge(before, text, now).text or text)
        before = now
    return text, title
