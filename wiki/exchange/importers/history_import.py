"""A work with its true history: every version of every file, under its author and date.

A file is known again by work and path (`Origin`): what came before is not written twice, and what
the work has gained since is added, merged three ways where people edited the page here. Authors
are names from elsewhere, never accounts; `origin_number` counts a file's versions in the work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wiki.errors import ImportProblem, TitleTaken, gettext_noop
from wiki.exchange.importers import history_jsonl, image_folder
from wiki.exchange.importers.history_jsonl import HistoryEntry
from wiki.exchange.importers.import_tools import IMPORTED, MERGED, finish_import
from wiki.exchange.models import Origin
from wiki.licenses import catalogue
from wiki.pages import page_lookup
from wiki.pages.media_models import Picture
from wiki.pages.models import Changeset, PageLink, PageVersion, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing.parsed_versions import Tell, silent
from wiki.pages.writing.version_store import Author, NewVersion, StaleVersion, full_title, sha256_of, store
from wiki.text import titles
from wiki.text.merging import line_merge

CHUNK = 200
"""Versions per transaction."""


@dataclass(frozen=True, slots=True)
class HistoryImportOptions:
    """How a work is to be taken in."""

    license: str = catalogue.DEFAULT
    place: str = ""
    """Full title of the place that its pages live in; empty for the commons."""
    work: str = ""
    """What the work is called, where its README does not say."""
    source: str = ""
    """Where it comes from (a host or a web address), shown beside its authors; else the file's name."""
    media: Path | None = None
    language: str = "fr"


@dataclass(slots=True)
class HistoryReport:
    """What an import did. Lists hold full titles, or paths where there is no page."""

    work: str = ""
    entries: int = 0
    pages: int = 0
    versions: int = 0
    unchanged: int = 0
    conflicts: list[str] = field(default_factory=list)
    """Pages left as they are: the work and people here changed the same words."""
    deleted: list[str] = field(default_factory=list)
    rewritten: list[str] = field(default_factory=list)
    """Files whose earlier versions are no longer what they were: another history."""
    media: image_folder.MediaReport = field(default_factory=image_folder.MediaReport)
    missing_pictures: list[str] = field(default_factory=list)
    """Pictures that pages of the work name and that are not here."""


@dataclass(slots=True)
class _File:
    """The history of one file, and what is here of it already."""

    path: str
    entries: list[HistoryEntry]
    page: WikiPage | None = None
    known: int = 0
    """How many of its entries are here."""
    before: str | None = None
    """What the work said in the last of these."""
    current: str | None = None
    """What the page says now."""
    renamed_from: str = ""


@dataclass(slots=True)
class _Import:
    """One run: where from, the files by path, and what has been done."""

    source: str
    host: str
    url: str
    new_fields: dict[str, PageFields]
    """Fields of the pages that new files get, by path."""
    files: dict[str, _File]
    changeset: Changeset
    report: HistoryReport


def import_history(file: Path, wanted: HistoryImportOptions, tell: Tell = silent) -> HistoryReport:
    """Take in the work whose history `file` holds.

    Raises ImportProblem (the file, the place, or the folder of pictures is not in order),
    LicenseConflict; then nothing is written. Raises Busy when the database stays locked: what is
    done by then is kept, and the next run goes on from there.
    """
    entries = history_jsonl.read_history(file)
    license_id = catalogue.require_free_license(wanted.license)
    place = _place(wanted.place)
    first, latest = history_jsonl.titles_of_work(entries, file.stem)
    report = HistoryReport(work=wanted.work or latest, entries=len(entries))
    source = f"history:{wanted.work or first}"[:255]
    if wanted.media is not None:
        names = ", ".join(dict.fromkeys(entry.author for entry in entries))
        credit = image_folder.ImageCredit(f"{names} ({report.work})", license_id, wanted.source or report.work)
        report.media = image_folder.import_images(wanted.media, credit)
    files = _files(entries, source, report)
    new = [
        path for path in history_jsonl.paths_by_title_priority(entries) if path in files and files[path].page is None
    ]
    fields = {
        path: PageFields(0, place, title, False, license_id, wanted.language)
        for path, title in _titles(new, report.work, place).items()
    }
    changeset = Changeset.objects.create(act=Changeset.Act.IMPORT, comment=report.work)
    run = _Import(source, *_provenance(wanted.source or file.name), fields, files, changeset, report)
    tell(report.unchanged, report.entries)
    for some in _chunks(run):
        before = sum(item.known for item in files.values())
        _write(run, some)
        tell(sum(item.known for item in files.values()) - before, report.entries)
    finish_import(changeset)
    report.missing_pictures = _missing(source)
    return report


def _provenance(source: str) -> tuple[str, str]:
    """The name of a site, as versions keep it, and its web address where `source` is one."""
    url = source if source.startswith(("http://", "https://")) and len(source) <= 2000 else ""
    name = source.partition("//")[2].partition("/")[0] if url else source
    return re.sub(r"[\s\x00-\x1f<>\"/\\]+", "-", name).strip("-")[:255] or "?", url


def _place(title: str) -> WikiPage | None:
    """The place of that title. Raises ImportProblem when there is none."""
    if not title:
        return None
    place = page_lookup.find_by_key(titles.key_of(title))
    if place is None or not place.is_place:
        raise ImportProblem(gettext_noop("There is no place “%(title)s”: create it first."), title=title)
    return place


def _missing(source: str) -> list[str]:
    """Names of pictures that pages of the work show and nobody has uploaded."""
    keys = PageLink.objects.filter(way=PageLink.Way.FILE, page__origin__source=source).values_list("key", flat=True)
    names = {key.partition(":")[2] for key in keys}
    return sorted(names - set(Picture.objects.filter(name__in=names).values_list("name", flat=True)))


# ---------------------------------------------------------------- what is here already


def _files(entries: Sequence[HistoryEntry], source: str, report: HistoryReport) -> dict[str, _File]:
    """The files that have something to write, by path; renamed ones after what they were before."""
    renames = history_jsonl.find_renames(entries)
    files: dict[str, _File] = {}
    for entry in entries:
        files.setdefault(entry.path, _File(entry.path, [])).entries.append(entry)
    origins = Origin.objects.filter(source=source, identifier__in=files).select_related("page__place", "page__source")
    for origin in origins:
        files[origin.identifier].page = origin.page
    for path in list(files):
        files[path].renamed_from = renames.get(path, "")
        if not _compare(files[path], report):
            del files[path]
    return dict(sorted(files.items(), key=lambda item: _depth(item[0], renames)))


def _depth(path: str, renames: dict[str, str]) -> int:
    """How many names a file had before this one."""
    depth, seen = 0, {path}
    while (path := renames.get(path, path)) not in seen:
        seen.add(path)
        depth += 1
    return depth


def _compare(item: _File, report: HistoryReport) -> bool:
    """Whether the file has entries that are not here; notes what is."""
    if item.page is None:
        return True
    here = {version.origin_number or 0: version for version in _imported(item.page)}
    item.known = max(here, default=0)
    told = item.entries[: item.known]
    item.before = told[-1].text if told else None
    item.current = item.page.source.text
    report.unchanged += len(told)
    pure = {number: version for number, version in here.items() if MERGED not in version.tags}
    same = all(pure[n].sha256 == sha256_of(entry.text) for n, entry in enumerate(told, start=1) if n in pure)
    if not same or len(told) < item.known:
        report.rewritten.append(item.path)
        return False
    if len(item.entries) == item.known:
        return False
    if item.page.is_deleted and item.before is not None:
        report.deleted.append(item.page.full_title)
        return False
    return True


def _imported(page: WikiPage) -> list[PageVersion]:
    """The versions of a page that came from the work."""
    versions = page.versions.filter(origin_number__isnull=False).order_by("number")
    return [version for version in versions if IMPORTED in version.tags]


def _titles(paths: Sequence[str], work: str, place: WikiPage | None) -> dict[str, str]:
    """A free title for each new file, best wishes first."""
    taken = set(WikiPage.objects.filter(title_key__isnull=False).values_list("title_key", flat=True))
    found: dict[str, str] = {}
    for path in paths:
        for wish in [*history_jsonl.title_candidates(path, work), f"{work} {len(found)}"]:
            try:
                title = history_jsonl.make_title(wish)
                key = titles.key_of(full_title(PageFields(0, place, title, False, "", "")))
            except titles.TitleProblem:
                continue
            if key not in taken:
                taken.add(key)
                found[path] = title
                break
        else:
            raise TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=path)
    return found


# ---------------------------------------------------------------- writing


def _chunks(run: _Import) -> Iterator[list[tuple[_File, int]]]:
    """Files with how many of their versions to write at once; a renamed file begins a new chunk."""
    chunk: list[tuple[_File, int]] = []
    size = 0
    for item in run.files.values():
        left = len(item.entries) - item.known
        if chunk and item.renamed_from:
            yield chunk
            chunk, size = [], 0
        while left:
            count = min(left, CHUNK - size)
            chunk.append((item, count))
            size, left = size + count, left - count
            if size == CHUNK:
                yield chunk
                chunk, size = [], 0
    if chunk:
        yield chunk


def _write(run: _Import, chunk: Sequence[tuple[_File, int]]) -> None:
    """Write a chunk in one transaction, each new page with its origin."""
    drafts: list[NewVersion] = []
    for item, count in chunk:
        drafts += _drafts(run, item, count)
    if not drafts:
        return
    new = {id(item.page): item for item, _ in chunk if item.page is not None and item.page.pk is None}

    def note_origins(versions: Sequence[PageVersion]) -> None:
        last = {id(version.page): version for version in versions}
        for key, version in last.items():
            if key in new:
                Origin.objects.create(
                    page=version.page, source=run.source, identifier=new[key].path, url=run.url,
                    version=version.number,
                )  # fmt: skip
            else:
                Origin.objects.filter(page=version.page).update(version=version.number)

    try:
        store(drafts, run.changeset, also=note_origins)
    except StaleVersion as error:
        raise ImportProblem(
            gettext_noop("Someone is editing a page of this work just now. Run the import again.")
        ) from error
    run.report.pages += len(new)
    run.report.versions += len(drafts)


def _drafts(run: _Import, item: _File, count: int) -> list[NewVersion]:
    """The next `count` versions of a file; fewer where people here changed the same words."""
    if item.page is None:
        item.page = WikiPage()
    fields = run.new_fields[item.path] if item.page.pk is None else PageFields.of(item.page)
    drafts = []
    for entry in item.entries[item.known : item.known + count]:
        if not _advance(item, entry):
            run.report.conflicts.append(item.page.full_title)
            item.known = len(item.entries)
            break
        item.known += 1
        tags = [IMPORTED] if item.current == entry.text else [IMPORTED, MERGED]
        author = Author(None, entry.author, run.host)
        drafts.append(
            NewVersion(
                item.page, item.current, fields, author, entry.comment, tags=tags, claimed_at=entry.date,
                origin_number=item.known, merge_parent=_old_name(run, item) if item.known == 1 else None,
            )
        )  # fmt: skip
    return drafts


def _advance(item: _File, entry: HistoryEntry) -> bool:
    """Bring what the page says to what the work says next; False where both changed the same words."""
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


def _old_name(run: _Import, item: _File) -> PageVersion | None:
    """The last version of the file that this one was renamed from."""
    if not item.renamed_from:
        return None
    versions = PageVersion.objects.filter(
        page__origin__source=run.source, page__origin__identifier=item.renamed_from, is_deletion=False
    )
    return versions.order_by("-number").first()
