"""Import of archives as mirrors of pages of other sites (`wiki.pages.mirror_models`), and updates of mirrors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import urlsplit

from django.utils import timezone

from wiki.accounts.models import User
from wiki.errors import Refused, gettext_noop
from wiki.exchange.archive import image_store
from wiki.exchange.archive.archive_reader import ArchiveContents, Revision
from wiki.exchange.archive.exported_page import own_host
from wiki.exchange.archive.importer import (
    check_import_allowed,
    check_pictures,
    new_version_of,
    open_archive,
    split_sources,
)
from wiki.exchange.models import Origin
from wiki.pages import mirror_models, page_lookup
from wiki.pages.mirror_models import Mirror
from wiki.pages.models import Changeset, Fork, PageVersion, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing.version_store import NewVersion, store
from wiki.remotes import federated_wiki
from wiki.text.media_names import rename_media
from wiki.text.normalization import sha256_of
from wiki.text.titles import MIRROR_NAMESPACE

UPSTREAM_FIELDS = (
    "upstream_host", "upstream_title", "upstream_url", "upstream_version", "upstream_license", "upstream_authors",
    "made_at",
)  # fmt: skip
"""Fields of Fork that an archive states about the upstream of its page."""


@dataclass(frozen=True, slots=True)
class FetchSource:
    """Where an archive was fetched from."""

    url: str
    """URL of the page, for readers."""
    archive: str
    feed: str = ""
    validator: str = ""


def import_mirror(
    file: BinaryIO, by: User | None, source: FetchSource | None = None, existing: Mirror | None = None
) -> Mirror:
    """Import the archive `file` as a mirror, or add its new versions to the existing mirror; return the mirror.

    `by` is None for a command or the worker. `source` says where the archive was fetched; the caller has then called
    `check_import_allowed`. Without `source` it is called here, and the source stated in the archive is used.
    `existing` is the mirror that was polled, whose page may have another title there by now. Raises ArchiveProblem,
    Refused (a page of this wiki, or a history that differs from the mirror), NotAllowed, DatabaseBusy.
    """
    if source is None:
        check_import_allowed(by)
    with _open_contents(file, source) as contents:
        new = _mirror_of(contents, source)
        if new.host == own_host():
            raise Refused(gettext_noop("This page lives on this wiki: fork it here."))
        identical = Mirror.objects.filter(host=new.host, title=new.title, archive=new.archive)
        return _write_versions(contents, existing or identical.first() or new, new, by)


@contextmanager
def _open_contents(file: BinaryIO, source: FetchSource | None) -> Iterator[ArchiveContents]:
    """Open an archive, or the JSON of a Federated Wiki page, which needs `source` since it does not state its site."""
    first_byte = file.read(1)
    file.seek(0)
    if first_byte != b"{":
        with open_archive(file) as contents:
            yield contents
    elif source is None:
        raise Refused(gettext_noop("Give the address of a page of a Federated Wiki: its file does not say its site."))
    else:
        yield federated_wiki.parse_fedwiki(file, source.archive)


def _mirror_of(contents: ArchiveContents, source: FetchSource | None) -> Mirror:
    """Return an unsaved Mirror with the source of the page."""
    now = timezone.now()
    if source is None:
        stated = contents.source
        return Mirror(host=stated["host"], title=stated["title"], url=stated["url"], polled_at=now)
    return Mirror(
        host=urlsplit(source.archive).netloc.lower()[:255], title=contents.full_title, url=source.url,
        archive=source.archive, feed=source.feed, validator=source.validator, polled_at=now,
    )  # fmt: skip


def _write_versions(contents: ArchiveContents, mirror: Mirror, new_values: Mirror, by: User | None) -> Mirror:
    """Write the new versions and the mirror in one transaction, then move the picture files."""
    page = page_lookup.reload_page(mirror.page_id) if mirror.page_id else WikiPage()
    images = image_store.plan_image_storage(check_pictures(contents), by)
    revisions = _new_versions(contents, page, images.renamed)
    title = mirror_models.mirror_title(mirror.host, mirror.title, is_confirmed=mirror.is_confirmed)
    parent = None if page.version else _local_upstream(contents)
    new_versions: list[NewVersion] = []
    for revision in revisions:
        fields = PageFields(MIRROR_NAMESPACE, None, title, False, revision.license, revision.language)
        new_versions.append(new_version_of(page, revision, fields))
        new_versions[-1].text = _text_of(revision, images.renamed)
        new_versions[-1].merge_parent = _merged_version(revision)
    if new_versions and parent is not None:
        new_versions[0].merge_parent = parent

    def save_related(versions: Sequence[PageVersion]) -> None:
        images.save()
        _save_mirror(contents, page, mirror, new_values, parent, by)

    comment = f"{mirror.host}: {mirror.title}"
    if new_versions:
        store(new_versions, Changeset(act=Changeset.Act.IMPORT, by=by, comment=comment), on_written=save_related)
        images.place_files()
    else:
        _save_mirror(contents, page, mirror, new_values, parent, by)
    return mirror


def _new_versions(contents: ArchiveContents, page: WikiPage, renamed: Mapping[str, str]) -> list[Revision]:
    """Return the versions of the archive after those of the mirror.

    Raises Refused when the page was deleted here, or when the archive has another history than the mirror.
    """
    if page.pk and page.is_deleted:
        raise Refused(gettext_noop("An administrator has removed this page here."))
    stored = page.versions.order_by("number").values_list("sha256", "author_name", "license") if page.pk else ()
    stored_keys = list(stored)
    archive_keys = [
        (sha256_of(_text_of(revision, renamed)), revision.author, revision.license)
        for revision in contents.revisions[: len(stored_keys)]
    ]
    if archive_keys != stored_keys and contents.is_replayed:  # a journal may be rewritten: only the current text counts
        return [contents.last] if contents.last.text != page.source.text else []
    if archive_keys != stored_keys:
        number = next(
            (
                position
                for position, pair in enumerate(zip(archive_keys, stored_keys, strict=False), 1)
                if pair[0] != pair[1]
            ),
            len(archive_keys),
        )
        raise Refused(
            gettext_noop("The archive tells version %(number)d otherwise than it was told before."), number=number
        )
    return contents.revisions[len(stored_keys) :]


def _text_of(revision: Revision, renamed: Mapping[str, str]) -> str | None:
    """Return the text of a version with pictures renamed; None for a deletion."""
    return None if revision.text is None else rename_media(revision.text, renamed)


def _merged_version(revision: Revision) -> PageVersion | None:
    """Return the version here that a version of the other site merged: of a page of this wiki, or of another mirror.

    So both sites know what each took in from the other, and a merge base is never older than that.
    """
    merged = revision.merged
    if merged is None:
        return None
    if merged["host"] == own_host():
        rows = PageVersion.objects.filter(title=merged["title"], number=merged["number"])
        rows = rows.exclude(page__namespace=MIRROR_NAMESPACE)
    else:
        mirrors = Mirror.objects.filter(host=merged["host"], title=merged["title"])
        rows = PageVersion.objects.filter(page__in=mirrors.values("page"), number=merged["number"])
    version: PageVersion | None = rows.select_related("page").order_by("-pk").first()
    return version


def _local_upstream(contents: ArchiveContents) -> PageVersion | None:
    """Return the version of a page of this wiki that the remote page was forked from, or None."""
    fork, _ = split_sources(contents)
    if fork is None or fork.upstream_host != own_host():
        return None
    rows = PageVersion.objects.filter(title=fork.upstream_title, number=fork.upstream_version)
    existing = rows.filter(page__title_key__isnull=False).exclude(page__namespace=MIRROR_NAMESPACE)
    version: PageVersion | None = existing.select_related("page").order_by("-pk").first()
    return version


def _save_mirror(
    contents: ArchiveContents,
    page: WikiPage,
    mirror: Mirror,
    new_values: Mirror,
    parent: PageVersion | None,
    by: User | None,
) -> None:
    """Store the mirror, the fork that the archive states, and the origin. Call inside the transaction."""
    if not mirror.page_id:
        mirror.page = page
    for name in ("url", "archive", "feed", "validator", "polled_at"):
        setattr(mirror, name, getattr(new_values, name))
    mirror.problem = ""
    mirror.save()
    fork, ancestry = split_sources(contents)
    if fork is not None:
        fork_fields = {name: getattr(fork, name) for name in UPSTREAM_FIELDS}
        upstream = {"upstream": parent.page} if parent is not None else {}
        Fork.objects.update_or_create(page=page, defaults=fork_fields | upstream)
    Origin.objects.update_or_create(
        page=page,
        defaults={
            "source": mirror.host, "identifier": mirror.title, "url": mirror.url, "version": contents.last.number,
            "digest": contents.digest, "ancestry": ancestry, "by": by,
        },
    )  # fmt: skip
