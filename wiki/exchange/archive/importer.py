"""Import of an archive: validated as a whole in a staging folder, then written in one transaction.

Authors are not matched to accounts: they stay names. Versions retain their original site, number and date. HTML in an
archive is never read. A refused import leaves no rows and no files.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.utils.translation import gettext

from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.errors import Refused, TitleTaken, gettext_noop
from wiki.exchange.archive import archive_reader, image_check, image_store, safe_unzip
from wiki.exchange.archive.archive_reader import ArchiveContents, Revision
from wiki.exchange.archive.format_spec import FACT_RELATION
from wiki.exchange.archive.image_check import CheckedPicture
from wiki.exchange.models import Origin
from wiki.pages import page_lookup, permissions
from wiki.pages.models import Changeset, Fork, PageVersion, Stewardship, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing.version_store import Author, NewVersion, full_title, store
from wiki.text import titles
from wiki.text.media_names import rename_media

STAGING_MAX_AGE = 24 * 3600
"""Seconds after which a staging folder was certainly left by a process that was killed."""
IMPORT_LIMIT = (20, 3600)
StepCallback = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ImportTarget:
    """Target of an import: a title (empty: as in the archive), and the title of a place (empty: as in the archive)."""

    title: str = ""
    into: str = ""


@dataclass(slots=True)
class ImportResult:
    """What was imported."""

    page: WikiPage
    versions: int
    digest: str
    pictures: int = 0
    renamed: dict[str, str] = field(default_factory=dict)
    """Pictures and files whose names were taken by others: old name to new name."""
    cleaned: list[str] = field(default_factory=list)
    """Names of pictures from which metadata was removed."""


def check_import_allowed(by: User | None) -> None:
    """Check permission and rate limit of one import by `by` (None for a command: no check).

    Raises NotAllowed, RateLimitExceeded.
    """
    if by is not None:
        permissions.require(by, permissions.Action.IMPORT)
        rate_limits.count_against_limit(f"import:{by.pk}", *IMPORT_LIMIT)


def import_archive(
    file: BinaryIO, by: User | None, target: ImportTarget = ImportTarget(), on_step: StepCallback = lambda step: None
) -> ImportResult:
    """Import the archive `file` on behalf of `by` (None for a command), to `target`.

    `on_step` is called with the name of each step. Raises ArchiveProblem, TitleTaken, TitleProblem, NotAllowed,
    RateLimitExceeded, Refused; then nothing is left behind.
    """
    check_import_allowed(by)
    with open_archive(file, on_step) as contents:
        fields = _target_fields(contents, target)
        permissions.require_namespace(by, fields.namespace)
        permissions.require_open_places([(fields.place, by)] if fields.place is not None else [])
        pictures = check_pictures(contents)
        on_step(gettext("Writing"))
        return _write(contents, fields, pictures, by)


@contextmanager
def open_archive(file: BinaryIO, on_step: StepCallback = lambda step: None) -> Iterator[ArchiveContents]:
    """Unpack and validate the archive `file`; its files exist until the context ends. Raises ArchiveProblem."""
    staging = _new_staging_folder()
    try:
        on_step(gettext("Unpacking"))
        bag = safe_unzip.unpack(file, staging)
        on_step(gettext("Checking"))
        yield archive_reader.read_archive(bag)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def check_pictures(contents: ArchiveContents) -> list[CheckedPicture]:
    """Check and clean the pictures and files of an archive. Raises ArchiveProblem."""
    return [image_check.check_media(entry, contents.folder / entry["file"]) for entry in contents.credits["media"]]


def _new_staging_folder() -> Path:
    """Create an empty staging folder; remove old ones that a killed process left."""
    root = Path(settings.STAGING_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    for folder in root.iterdir():
        if folder.name.startswith("archive-") and time.time() - folder.stat().st_mtime > STAGING_MAX_AGE:
            shutil.rmtree(folder, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix="archive-", dir=root))


# ---------------------------------------------------------------- target


def _target_fields(contents: ArchiveContents, target: ImportTarget) -> PageFields:
    """Return the fields of the page to be created. Raises TitleTaken, Refused, TitleProblem."""
    new_title = titles.clean_title(target.title) if target.title.strip() else ""
    last = contents.last
    is_place = contents.is_place
    if target.into.strip():
        place = page_lookup.find_by_key(titles.key_of(target.into))
        if place is None or not place.is_place:
            raise Refused(gettext_noop("There is no place called «%(title)s»."), title=target.into)
        title, is_place = new_title or contents.title, False
        fields = PageFields(0, place, title, False, last.license, last.language)
    else:
        resolved = page_lookup.fields_for_title(
            new_title or contents.full_title, license=last.license, language=last.language
        )
        fields = replace(resolved, is_place=is_place)
    if is_place:
        page_lookup.check_place_title(fields.title)
    _check_free(contents, full_title(fields))
    return fields


def _check_free(contents: ArchiveContents, title: str) -> None:
    """Raise TitleTaken when a page has the title, with another message when it was imported from the same archive."""
    existing = page_lookup.find_by_key(titles.key_of(title))
    if existing is None:
        return
    if not existing.is_hidden and Origin.objects.filter(page=existing, digest=contents.digest).exists():
        raise TitleTaken(gettext_noop("This archive was imported before, as «%(title)s»."), title=existing.full_title)
    raise TitleTaken(
        gettext_noop("A page called «%(title)s» is here already. Choose a place or another title for the import."),
        title=existing.full_title,
    )


def _fields_of_version(revision: Revision, fields_by_title: dict[str, PageFields]) -> PageFields:
    """Return the fields of a version, under the title that it had; cached by title in `fields_by_title`."""
    if revision.title not in fields_by_title:
        fields_by_title[revision.title] = page_lookup.fields_for_title(
            revision.title, license=revision.license, language=revision.language
        )
    return replace(
        fields_by_title[revision.title],
        is_place=revision.is_place,
        license=revision.license,
        language=revision.language,
    )


# ---------------------------------------------------------------- writing


def _write(
    contents: ArchiveContents, fields: PageFields, pictures: Sequence[CheckedPicture], by: User | None
) -> ImportResult:
    """Write all versions and rows in one transaction, then move the picture files."""
    fields_by_title: dict[str, PageFields] = {}
    page, images = WikiPage(), image_store.plan_image_storage(pictures, by)
    versions = [
        new_version_of(page, revision, _fields_of_version(revision, fields_by_title)) for revision in contents.revisions
    ]
    versions += _import_version(page, contents, fields, versions[-1].fields, images.renamed, by)
    comment = f"{contents.source['host']}: {contents.full_title}"

    def save_related(versions: list[PageVersion]) -> None:
        images.save()
        _save_origin(page, contents, fields, by)

    store(versions, Changeset(act=Changeset.Act.IMPORT, by=by, comment=comment), on_written=save_related)
    images.place_files()
    return ImportResult(
        page, len(contents.revisions), contents.digest, len(pictures), images.renamed,
        [revision.entry["name"] for revision in pictures if revision.was_cleaned],
    )  # fmt: skip


def new_version_of(page: WikiPage, revision: Revision, fields: PageFields) -> NewVersion:
    """Return a version of the archive as a new version of `page`."""
    return NewVersion(
        page, revision.text, fields, Author(None, revision.author, revision.host), revision.comment, revision.minor,
        revision.tags, claimed_at=revision.date, origin_number=revision.origin, merge_source=revision.merged,
    )  # fmt: skip


def _import_version(
    page: WikiPage,
    contents: ArchiveContents,
    fields: PageFields,
    before: PageFields,
    renamed: Mapping[str, str],
    by: User | None,
) -> list[NewVersion]:
    """Return the version that the import adds when the title or the names of pictures change; else an empty list."""
    text = rename_media(contents.last.text or "", renamed)
    if fields == before and text == contents.last.text:
        return []
    author = Author.of(by) if by else Author(None, settings.WAGTAIL_SITE_NAME)
    comment_parts = [gettext("Imported from %(host)s") % {"host": contents.source["host"]}]
    comment_parts += [f"{old} → {new}" for old, new in renamed.items()]
    return [NewVersion(page, text, fields, author, " · ".join(comment_parts), tags=["imported", "moved"])]


def split_sources(contents: ArchiveContents) -> tuple[Fork | None, list[dict[str, Any]]]:
    """Return the fork of an archive as an unsaved Fork (or None), and all other entries of `derived_from`."""
    derived: list[dict[str, Any]] = contents.credits["derived_from"]
    ancestry = [entry for entry in derived if entry["relation"] != FACT_RELATION]  # the text says these
    entry_of_fork = next((entry for entry in ancestry if entry["relation"] == "fork"), None)
    if entry_of_fork is None:
        return None, ancestry
    ancestry.remove(entry_of_fork)
    fork = Fork(
        upstream_host=entry_of_fork["host"],
        upstream_title=entry_of_fork["title"],
        upstream_url=entry_of_fork["source"],
        upstream_version=entry_of_fork["version"],
        upstream_license=entry_of_fork["license"],
        upstream_authors=entry_of_fork["authors"],
        made_at=datetime.fromisoformat(entry_of_fork["date"]),
    )
    return fork, ancestry


def _save_origin(page: WikiPage, contents: ArchiveContents, fields: PageFields, by: User | None) -> None:
    """Store the origin of the page and its fork; make `by` the steward of a new place."""
    fork, ancestry = split_sources(contents)
    if fork is not None:
        fork.page = page
        fork.save(force_insert=True)
    Origin.objects.create(
        page=page,
        source=contents.source["host"],
        identifier=contents.source["title"],
        url=contents.source["url"],
        version=contents.last.number,
        digest=contents.digest,
        ancestry=ancestry,
        by=by,
    )
    if fields.is_place and by is not None:
        Stewardship.objects.get_or_create(place=page, user=by)
