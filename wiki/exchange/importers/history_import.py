"""Import of a work with its history: every version of every file, under its original author and date.

A file is identified by work and path (`Origin`), so an import can be repeated: versions imported before are not written
again; newer versions are added, with a three-way merge when people edited the page on this wiki. Authors are names,
never accounts; `origin_number` is the number of a version in the history of its file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wiki.errors import ImportProblem, TitleTaken, gettext_noop
from wiki.exchange.import_tools import IMPORTED, MERGED, finish_import
from wiki.exchange.importers import history_jsonl, image_folder
from wiki.exchange.importers.history_jsonl import HistoryEntry
from wiki.exchange.models import Origin
from wiki.licenses import catalogue
from wiki.pages import page_lookup
from wiki.pages.media_models import Picture
from wiki.pages.models import Changeset, PageLink, PageVersion, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing.parsed_versions import ProgressCallback, no_progress
from wiki.pages.writing.version_store import Author, NewVersion, StaleVersion, full_title, store
from wiki.text import titles
from wiki.text.merging import line_merge
from wiki.text.normalization import sha256_of

CHUNK = 200
"""Versions per transaction."""


@dataclass(frozen=True, slots=True)
class HistoryImportOptions:
    """Options of the import of a work."""

    license: str = catalogue.DEFAULT
    place: str = ""
    """Full title of the place of the new pages; empty for the root level."""
    work: str = ""
    """Name of the work; empty: the heading of its README, else the name of the file."""
    source: str = ""
    """Source of the work (a host or a web address), shown with its authors; empty: the name of the file."""
    media: Path | None = None
    language: str = "fr"


@dataclass(slots=True)
class HistoryReport:
    """Result of an import. Lists hold full titles, or paths when there is no page."""

    work: str = ""
    entries: int = 0
    pages: int = 0
    versions: int = 0
    unchanged: int = 0
    conflicts: list[str] = field(default_factory=list)
    """Pages not updated because of a merge conflict: the work and local edits changed the same words."""
    deleted: list[str] = field(default_factory=list)
    rewritten: list[str] = field(default_factory=list)
    """Files whose versions imported before were changed in the file: their history was rewritten."""
    media: image_folder.MediaReport = field(default_factory=image_folder.MediaReport)
    missing_pictures: list[str] = field(default_factory=list)
    """Names of pictures that pages of the work show and that do not exist on this wiki."""


@dataclass(slots=True)
class _File:
    """The history of one file, and the state of its page."""

    path: str
    entries: list[HistoryEntry]
    page: WikiPage | None = None
    known: int = 0
    """Number of entries imported so far."""
    before: str | None = None
    """Text of the last imported entry: the base of merges."""
    current: str | None = None
    """Current text of the page."""
    renamed_from: str = ""


@dataclass(slots=True)
class _Import:
    """State of one run: the source, the files by path, and the report."""

    source: str
    host: str
    url: str
    new_fields: dict[str, PageFields]
    """Fields of the pages of new files, by path."""
    files: dict[str, _File]
    changeset: Changeset
    report: HistoryReport


def import_history(
    file: Path, options: HistoryImportOptions, on_progress: ProgressCallback = no_progress
) -> HistoryReport:
    """Import the work whose history is in `file` (see `history_jsonl`).

    Raises ImportProblem (invalid file, place or folder of pictures) and LicenseConflict before versions are written.
    Raises DatabaseBusy when the database stays locked, and ImportProblem when a page is edited at the same time: chunks
    written so far stay, and the next run continues after them.
    """
    entries = history_jsonl.read_history(file)
    license_id = catalogue.require_free_license(options.license)
    place = _find_place(options.place)
    first, latest = history_jsonl.titles_of_work(entries, file.stem)
    report = HistoryReport(work=options.work or latest, entries=len(entries))
    source = f"history:{options.work or first}"[:255]
    if options.media is not None:
        names = ", ".join(dict.fromkeys(entry.author for entry in entries))
        credit = image_folder.ImageCredit(f"{names} ({report.work})", license_id, options.source or report.work)
        report.media = image_folder.import_images(options.media, credit)
    files = _files_to_import(entries, source, report)
    new = [
        path for path in history_jsonl.paths_by_title_priority(entries) if path in files and files[path].page is None
    ]
    fields = {
        path: PageFields(0, place, title, False, license_id, options.language)
        for path, title in _choose_titles(new, report.work, place).items()
    }
    changeset = Changeset.objects.create(act=Changeset.Act.IMPORT, comment=report.work)
    run = _Import(source, *_host_and_url(options.source or file.name), fields, files, changeset, report)
    on_progress(report.unchanged, report.entries)
    for chunk in _plan_chunks(run):
        before = sum(item.known for item in files.values())
        _write_chunk(run, chunk)
        on_progress(sum(item.known for item in files.values()) - before, report.entries)
    finish_import(changeset)
    report.missing_pictures = _find_missing_pictures(source)
    return report


def _host_and_url(source: str) -> tuple[str, str]:
    """Return the host name stored with versions, and the URL ("" when `source` is none)."""
    url = source if source.startswith(("http://", "https://")) and len(source) <= 2000 else ""
    name = source.partition("//")[2].partition("/")[0] if url else source
    return re.sub(r"[\s\x00-\x1f<>\"/\\]+", "-", name).strip("-")[:255] or "?", url


def _find_place(title: str) -> WikiPage | None:
    """Return the place called `title`; None for an empty title. Raises ImportProblem when there is none."""
    if not title:
        return None
    place = page_lookup.find_by_key(titles.key_of(title))
    if place is None or not place.is_place:
        raise ImportProblem(gettext_noop("There is no place “%(title)s”: create it first."), title=title)
    return place


def _find_missing_pictures(source: str) -> list[str]:
    """Return the names of pictures that pages of the work show and that are not uploaded."""
    keys = PageLink.objects.filter(way=PageLink.Way.FILE, page__origin__source=source).values_list("key", flat=True)
    names = {key.partition(":")[2] for key in keys}
    return sorted(names - set(Picture.objects.filter(name__in=names).values_list("name", flat=True)))


# ---------------------------------------------------------------- comparison with earlier imports


def _files_to_import(entries: Sequence[HistoryEntry], source: str, report: HistoryReport) -> dict[str, _File]:
    """Return the files with new entries, by path; a renamed file comes after the file that it was renamed from."""
    renames = history_jsonl.find_renames(entries)
    files: dict[str, _File] = {}
    for entry in entries:
        files.setdefault(entry.path, _File(entry.path, [])).entries.append(entry)
    origins = Origin.objects.filter(source=source, identifier__in=files).select_related("page__place", "page__source")
    for origin in origins:
        files[origin.identifier].page = origin.page
    for path in list(files):
        files[path].renamed_from = renames.get(path, "")
        if not _has_new_entries(files[path], report):
            del files[path]
    return dict(sorted(files.items(), key=lambda item: _rename_depth(item[0], renames)))


def _rename_depth(path: str, renames: dict[str, str]) -> int:
    """Return how often a file was renamed before it got this path."""
    depth, seen = 0, {path}
    while (path := renames.get(path, path)) not in seen:
        seen.add(path)
        depth += 1
    return depth


def _has_new_entries(item: _File, report: HistoryReport) -> bool:
    """Compare a file with its page; return whether there are entries to write. Updates `item` and `report`."""
    if item.page is None:
        return True
    imported = {version.origin_number or 0: version for version in _imported_versions(item.page)}
    item.known = max(imported, default=0)
    known_entries = item.entries[: item.known]
    item.before = known_entries[-1].text if known_entries else None
    item.current = item.page.source.text
    report.unchanged += len(known_entries)
    unmerged = {number: version for number, version in imported.items() if MERGED not in version.tags}
    is_unchanged = all(
        unmerged[n].sha256 == sha256_of(entry.text) for n, entry in enumerate(known_entries, start=1) if n in unmerged
    )
    if not is_unchanged or len(known_entries) < item.known:
        report.rewritten.append(item.path)
        return False
    if len(item.entries) == item.known:
        return False
    if item.page.is_deleted and item.before is not None:
        report.deleted.append(item.page.full_title)
        return False
    return True


def _imported_versions(page: WikiPage) -> list[PageVersion]:
    """Return the versions of a page that were imported from the work."""
    versions = page.versions.filter(origin_number__isnull=False).order_by("number")
    return [version for version in versions if IMPORTED in version.tags]


def _choose_titles(paths: Sequence[str], work: str, place: WikiPage | None) -> dict[str, str]:
    """Choose a free title for each new file, from its candidates in order. Raises TitleTaken when all are taken."""
    taken = set(WikiPage.objects.filter(title_key__isnull=False).values_list("title_key", flat=True))
    chosen: dict[str, str] = {}
    for path in paths:
        for candidate in [*history_jsonl.title_candidates(path, work), f"{work} {len(chosen)}"]:
            try:
                title = history_jsonl.make_title(candidate)
                key = titles.key_of(full_title(PageFields(0, place, title, False, "", "")))
            except titles.TitleProblem:
                continue
            if key not in taken:
                taken.add(key)
                chosen[path] = title
                break
        else:
            raise TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=path)
    return chosen


# ---------------------------------------------------------------- writing


def _plan_chunks(run: _Import) -> Iterator[list[tuple[_File, int]]]:
    """Yield chunks of at most CHUNK versions, as (file, number of versions).

    A renamed file begins a new chunk, since its first version refers to the stored version of the old file.
    """
    chunk: list[tuple[_File, int]] = []
    size = 0
    for item in run.files.values():
        remaining = len(item.entries) - item.known
        if chunk and item.renamed_from:
            yield chunk
            chunk, size = [], 0
        while remaining:
            count = min(remaining, CHUNK - size)
            chunk.append((item, count))
            size, remaining = size + count, remaining - count
            if size == CHUNK:
                yield chunk
                chunk, size = [], 0
    if chunk:
        yield chunk


def _write_chunk(run: _Import, chunk: Sequence[tuple[_File, int]]) -> None:
    """Write a chunk in one transaction, with the origins of its pages."""
    versions_to_write: list[NewVersion] = []
    for item, count in chunk:
        versions_to_write += _next_versions(run, item, count)
    if not versions_to_write:
        return
    new = {id(item.page): item for item, _ in chunk if item.page is not None and item.page.pk is None}

    def save_origins(versions: Sequence[PageVersion]) -> None:
        latest = {id(version.page): version for version in versions}
        for key, version in latest.items():
            if key in new:
                Origin.objects.create(
                    page=version.page, source=run.source, identifier=new[key].path, url=run.url,
                    version=version.number,
                )  # fmt: skip
            else:
                Origin.objects.filter(page=version.page).update(version=version.number)

    try:
        store(versions_to_write, run.changeset, on_written=save_origins)
    except StaleVersion as error:
        raise ImportProblem(
            gettext_noop("Someone is editing a page of this work just now. Run the import again.")
        ) from error
    run.report.pages += len(new)
    run.report.versions += len(versions_to_write)


def _next_versions(run: _Import, item: _File, count: int) -> list[NewVersion]:
    """Return the next `count` versions of a file; fewer when a merge conflict ends the import of this file."""
    if item.page is None:
        item.page = WikiPage()
    fields = run.new_fields[item.path] if item.page.pk is None else PageFields.of(item.page)
    versions = []
    for entry in item.entries[item.known : item.known + count]:
        if not _advance(item, entry):
            run.report.conflicts.append(item.page.full_title)
            item.known = len(item.entries)
            break
        item.known += 1
        tags = [IMPORTED] if item.current == entry.text else [IMPORTED, MERGED]
        author = Author(None, entry.author, run.host)
        versions.append(
            NewVersion(
                item.page, item.current, fields, author, entry.comment, tags=tags, claimed_at=entry.date,
                origin_number=item.known, merge_parent=_version_renamed_from(run, item) if item.known == 1 else None,
            )
        )  # fmt: skip
    return versions


def _advance(item: _File, entry: HistoryEntry) -> bool:
    """Advance the text of the page to `entry`, by a three-way merge when needed; return False on a conflict."""
    if item.current == item.before:
        item.before = item.current = entry.text
        return True
    if entry.text is None or item.before is None or item.current is None:
        return False
    merged = line_merge.merge(item.before, entry.text, item.current).text
    if merged is None:
        return False
    item.before, item.current = entry.text, merged
    return True


def _version_renamed_from(run: _Import, item: _File) -> PageVersion | None:
    """Return the last version of the file that this file was renamed from, or None."""
    if not item.renamed_from:
        return None
    versions = PageVersion.objects.filter(
        page__origin__source=run.source, page__origin__identifier=item.renamed_from, is_deletion=False
    )
    return versions.order_by("-number").first()
