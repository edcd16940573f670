"""Taking an archive in: checked whole in a folder of its own, then written in one transaction.

Nothing is matched to anyone here: authors stay names, versions keep the site, number and date
that they first had. HTML of an archive is never looked at. A refusal leaves nothing behind.
"""

from __future__ import annotations

import re
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
from wiki.exchange.archive import archive_reader, format_spec, image_check, image_store, safe_unzip
from wiki.exchange.archive.archive_reader import ArchiveContents, Revision
from wiki.exchange.archive.image_check import CheckedPicture
from wiki.exchange.models import Origin
from wiki.pages import page_lookup, permissions
from wiki.pages.media_models import file_key
from wiki.pages.models import Changeset, Fork, PageVersion, Stewardship, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing.version_store import Author, NewVersion, full_title
from wiki.text import titles
from wiki.text.markup.images import picture_name

STAGING_MAX_AGE = 24 * 3600
"""Seconds after which a staging folder can only be left over from a process that removed_in."""
IMPORT_LIMIT = (20, 3600)
StepCallback = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ImportTarget:
    """Where the page is to go: the archive's own title, another one, or into a place."""

    title: str = ""
    into: str = ""


@dataclass(slots=True)
class ImportResult:
    """What came in."""

    page: WikiPage
    versions: int
    digest: str
    pictures: int = 0
    renamed: dict[str, str] = field(default_factory=dict)
    """Pictures whose names were taken here by others, with the names that they have now."""
    cleaned: list[str] = field(default_factory=list)
    """Pictures from which hidden data was taken out."""


def check_import_allowed(by: User | None) -> None:
    """Count one page that `by` (None for a command) brings here. Raises NotAllowed, TooFast."""
    if by is not None:
        permissions.require(by, permissions.Action.IMPORT)
        rate_limits.count_against_limit(f"import:{by.pk}", *IMPORT_LIMIT)


def import_archive(
    file: BinaryIO, by: User | None, wish: ImportTarget = ImportTarget(), told: StepCallback = lambda step: None
) -> ImportResult:
    """Take the archive `file` in, as `by` (None for a command).

    Raises ArchiveProblem, TitleTaken, TitleProblem, NotAllowed, Refused, each with its reason;
    nothing is left behind then. `told` hears what is being done.
    """
    check_import_allowed(by)
    with open_archive(file, told) as contents:
        fields = _fields(contents, wish)
        taken = check_pictures(contents)
        told(gettext("Writing"))
        return _write(contents, fields, taken, by)


@contextmanager
def open_archive(file: BinaryIO, told: StepCallback = lambda step: None) -> Iterator[ArchiveContents]:
    """What the archive `file` says, checked as a whole, while its files lie unpacked. Raises ArchiveProblem."""
    staging = _staging()
    try:
        told(gettext("Unpacking"))
        bag = safe_unzip.unpack(file, staging)
        told(gettext("Checking"))
        yield archive_reader.read_archive(bag)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def check_pictures(contents: ArchiveContents) -> list[CheckedPicture]:
    """The pictures of an archive, each decoded. Raises ArchiveProblem."""
    return [image_check.check_picture(entry, contents.folder / entry["file"]) for entry in contents.credits["media"]]


def _staging() -> Path:
    """A new, empty folder; those that a killed process left are cleared away."""
    root = Path(settings.STAGING_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    for old in root.iterdir():
        if old.name.startswith("archive-") and time.time() - old.stat().st_mtime > STAGING_MAX_AGE:
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix="archive-", dir=root))


# ---------------------------------------------------------------- where it goes


def _fields(contents: ArchiveContents, wish: ImportTarget) -> PageFields:
    """The fields of the page as it will be here. Raises TitleTaken, Refused, TitleProblem."""
    wanted = titles.clean_title(wish.title) if wish.title.strip() else ""
    last = contents.last
    is_place = contents.is_place
    if wish.into.strip():
        place = page_lookup.find_by_key(titles.key_of(wish.into))
        if place is None or not place.is_place:
            raise Refused(gettext_noop("There is no place called «%(title)s»."), title=wish.into)
        own, is_place = wanted or contents.title, False
        fields = PageFields(0, place, own, False, last.license, last.language)
    else:
        found = page_lookup.fields_for_title(
            wanted or contents.full_title, license=last.license, language=last.language
        )
        fields = replace(found, is_place=is_place)
    if is_place:
        page_lookup.check_place_title(fields.title)
    _check_free(contents, full_title(fields))
    return fields


def _check_free(contents: ArchiveContents, title: str) -> None:
    """Refuse a title that a page has, saying so when it is this very archive."""
    taken = page_lookup.find_by_key(titles.key_of(title))
    if taken is None:
        return
    if Origin.objects.filter(page=taken, digest=contents.digest).exists():
        raise TitleTaken(gettext_noop("This archive was imported before, as «%(title)s»."), title=taken.full_title)
    raise TitleTaken(
        gettext_noop("A page called «%(title)s» is here already. Choose a place or another title for the import."),
        title=taken.full_title,
    )


def _fields_then(one: Revision, known: dict[str, PageFields]) -> PageFields:
    """The fields of a version, under the title that it had."""
    if one.title not in known:
        known[one.title] = page_lookup.fields_for_title(one.title, license=one.license, language=one.language)
    return replace(known[one.title], is_place=one.is_place, license=one.license, language=one.language)


# ---------------------------------------------------------------- writing


def _write(
    contents: ArchiveContents, fields: PageFields, taken: Sequence[CheckedPicture], by: User | None
) -> ImportResult:
    """Write everything in one transaction, then put the pictures' files where they belong."""
    known: dict[str, PageFields] = {}
    page, images = WikiPage(), image_store.plan_image_storage(taken, by)
    drafts = [new_version_of(page, one, _fields_then(one, known)) for one in contents.revisions]
    drafts += _arrival(page, contents, fields, drafts[-1].fields, images.renamed, by)
    comment = f"{contents.source['host']}: {contents.full_title}"[:500]

    def also(versions: list[PageVersion]) -> None:
        images.save()
        _remember(page, contents, fields, by)

    store(drafts, Changeset(act=Changeset.Act.IMPORT, by=by, comment=comment), also=also)
    images.place_files()
    return ImportResult(
        page, len(contents.revisions), contents.digest, len(taken), images.renamed,
        [one.entry["name"] for one in taken if one.was_cleaned],
    )  # fmt: skip


def new_version_of(page: WikiPage, one: Revision, fields: PageFields) -> NewVersion:
    """One version of the archive as a version here."""
    return NewVersion(
        page, one.text, fields, Author(None, one.author, one.host), one.comment, one.minor, one.tags,
        claimed_at=one.date, origin_number=one.origin,
    )  # fmt: skip


def _arrival(
    page: WikiPage,
    contents: ArchiveContents,
    fields: PageFields,
    before: PageFields,
    renamed: Mapping[str, str],
    by: User | None,
) -> list[NewVersion]:
    """The one version that an import may add: another title, or pictures that had to be renamed."""
    text = rename_pictures(contents.last.text or "", renamed)
    if fields == before and text == contents.last.text:
        return []
    author = Author.of(by) if by else Author(None, settings.WAGTAIL_SITE_NAME)
    words = [gettext("Imported from %(host)s") % {"host": contents.source["host"]}]
    words += [f"{old} → {new}" for old, new in renamed.items()]
    return [NewVersion(page, text, fields, author, " · ".join(words)[:500], tags=["imported", "moved"])]


def rename_pictures(text: str, renamed: Mapping[str, str]) -> str:
    """`text` with pictures called by their new names, wherever it shows them."""

    def new(match: re.Match[str]) -> str:
        name = picture_name(match["name"])
        wanted = renamed.get(file_key(name)) if name else None
        if wanted is None:
            return match[0]
        prefix = "File:" if match[0].startswith("]") else ""
        return match[0].removesuffix(match["name"]) + prefix + wanted

    return format_spec.PICTURE_PATTERN.sub(new, text) if renamed else text


def split_sources(contents: ArchiveContents) -> tuple[Fork | None, list[dict[str, Any]]]:
    """What an archive says that its page was forked from, not saved; and all else that it was made from."""
    ancestry: list[dict[str, Any]] = list(contents.credits["derived_from"])
    fork = next((entry for entry in ancestry if entry["relation"] == "fork"), None)
    if fork is None:
        return None, ancestry
    ancestry.remove(fork)
    bond = Fork(
        upstream_host=fork["host"],
        upstream_title=fork["title"],
        upstream_url=fork["source"],
        upstream_version=fork["version"],
        upstream_license=fork["license"],
        upstream_authors=fork["authors"],
        made_at=datetime.fromisoformat(fork["date"]),
    )
    return bond, ancestry


def _remember(page: WikiPage, contents: ArchiveContents, fields: PageFields, by: User | None) -> None:
    """Keep where the page came from, and what it was made from before."""
    bond, ancestry = split_sources(contents)
    if bond is not None:
        bond.page = page
        bond.save(force_insert=True)
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
