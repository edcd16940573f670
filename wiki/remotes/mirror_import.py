"""Archives of pages of other sites, kept here as mirrors (`wiki.pages.mirror_models`): the first time, and again."""

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
    rename_pictures,
    split_sources,
)
from wiki.exchange.models import Origin
from wiki.pages import mirror_models, page_lookup
from wiki.pages.mirror_models import Mirror
from wiki.pages.models import Changeset, Fork, PageVersion, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing.version_store import NewVersion, sha256_of, store
from wiki.remotes import federated_wiki
from wiki.text.titles import MIRROR_NAMESPACE

UPSTREAM_FIELDS = (
    "upstream_host", "upstream_title", "upstream_url", "upstream_version", "upstream_license", "upstream_authors",
    "made_at",
)  # fmt: skip
"""What an archive tells of the page that its page was forked from."""


@dataclass(frozen=True, slots=True)
class FetchSource:
    """Where an archive was fetched."""

    url: str
    """The page, as people read it."""
    archive: str
    feed: str = ""
    validator: str = ""


def import_mirror(
    file: BinaryIO, by: User | None, found: FetchSource | None = None, known: Mirror | None = None
) -> Mirror:
    """Keep the page of the archive `file` here, or add what its mirror lacks; `by` None for a command or the worker.

    `found` says where it was fetched, after `admit`; without it the archive is believed in what it says of that.
    `known` is the mirror that was asked, whatever the page is called there by now. Raises
    ArchiveProblem, Refused (it is of this wiki, or another history than the one that is here), NotAllowed, Busy.
    """
    if found is None:
        check_import_allowed(by)
    with _contents(file, found) as contents:
        wanted = _named(contents, found)
        if wanted.host == own_host():
            raise Refused(gettext_noop("This page lives on this wiki: fork it here."))
        same = Mirror.objects.filter(host=wanted.host, title=wanted.title, archive=wanted.archive)
        return _write(contents, known or same.first() or wanted, wanted, by)


@contextmanager
def _contents(file: BinaryIO, found: FetchSource | None) -> Iterator[ArchiveContents]:
    """What an archive says, or the JSON of a page of a Federated Wiki, which does not say where it is from."""
    head = file.read(1)
    file.seek(0)
    if head != b"{":
        with open_archive(file) as contents:
            yield contents
    elif found is None:
        raise Refused(gettext_noop("Give the address of a page of a Federated Wiki: its file does not say its site."))
    else:
        yield federated_wiki.parse_fedwiki(file, found.archive)


def _named(contents: ArchiveContents, found: FetchSource | None) -> Mirror:
    """What the page is a mirror of, not saved."""
    now = timezone.now()
    if found is None:
        source = contents.source
        return Mirror(host=source["host"], title=source["title"], url=source["url"], polled_at=now)
    return Mirror(
        host=urlsplit(found.archive).netloc.lower()[:255], title=contents.full_title, url=found.url,
        archive=found.archive, feed=found.feed, validator=found.validator, polled_at=now,
    )  # fmt: skip


def _write(contents: ArchiveContents, kept: Mirror, wanted: Mirror, by: User | None) -> Mirror:
    """Write the versions that are not here, and what the mirror is now, in one transaction."""
    page = page_lookup.reload_page(kept.page_id) if kept.page_id else WikiPage()
    images = image_store.plan_image_storage(check_pictures(contents), by)
    new = _new_versions(contents, page, images.renamed)
    title = mirror_models.mirror_title(kept.host, kept.title, is_confirmed=kept.is_confirmed)
    parent = None if page.version else _forked_here(contents)
    drafts: list[NewVersion] = []
    for one in new:
        fields = PageFields(MIRROR_NAMESPACE, None, title, False, one.license, one.language)
        drafts.append(new_version_of(page, one, fields))
        drafts[-1].text = _text(one, images.renamed)
    if drafts and parent is not None:
        drafts[0].merge_parent = parent

    def also(versions: Sequence[PageVersion]) -> None:
        images.save()
        _remember(contents, page, kept, wanted, parent, by)

    comment = f"{kept.host}: {kept.title}"[:500]
    if drafts:
        store(drafts, Changeset(act=Changeset.Act.IMPORT, by=by, comment=comment), also=also)
        images.place_files()
    else:
        _remember(contents, page, kept, wanted, parent, by)
    return kept


def _new_versions(contents: ArchiveContents, page: WikiPage, renamed: Mapping[str, str]) -> list[Revision]:
    """What the archive tells beyond the mirror. Raises Refused where it tells the past otherwise than before."""
    if page.pk and page.is_deleted:
        raise Refused(gettext_noop("An administrator has removed this page here."))
    here = page.versions.order_by("number").values_list("sha256", "author_name", "license") if page.pk else ()
    known = list(here)
    told = [(sha256_of(_text(one, renamed)), one.author, one.license) for one in contents.revisions[: len(known)]]
    if told != known and contents.is_replayed:  # a journal may be mended: the story counts
        return [contents.last] if contents.last.text != page.source.text else []
    if told != known:
        number = next(
            (at for at, pair in enumerate(zip(told, known, strict=False), 1) if pair[0] != pair[1]), len(told)
        )
        raise Refused(
            gettext_noop("The archive tells version %(number)d otherwise than it was told before."), number=number
        )
    return contents.revisions[len(known) :]


def _text(one: Revision, renamed: Mapping[str, str]) -> str | None:
    """The text of a version, with pictures called as they are called here."""
    return None if one.text is None else rename_pictures(one.text, renamed)


def _forked_here(contents: ArchiveContents) -> PageVersion | None:
    """The version of a page of this wiki that the page there was forked from, if it was."""
    bond, _ = split_sources(contents)
    if bond is None or bond.upstream_host != own_host():
        return None
    rows = PageVersion.objects.filter(title=bond.upstream_title, number=bond.upstream_version)
    alive = rows.filter(page__title_key__isnull=False).exclude(page__namespace=MIRROR_NAMESPACE)
    found: PageVersion | None = alive.select_related("page").order_by("-pk").first()
    return found


def _remember(
    contents: ArchiveContents, page: WikiPage, kept: Mirror, wanted: Mirror, parent: PageVersion | None, by: User | None
) -> None:
    """Keep what the mirror is now, where it is from, and what it was forked from."""
    if not kept.page_id:
        kept.page = page
    for name in ("url", "archive", "feed", "validator", "polled_at"):
        setattr(kept, name, getattr(wanted, name))
    kept.problem = ""
    kept.save()
    bond, ancestry = split_sources(contents)
    if bond is not None:
        told = {name: getattr(bond, name) for name in UPSTREAM_FIELDS}
        at = {"upstream": parent.page} if parent is not None else {}
        Fork.objects.update_or_create(page=page, defaults=told | at)
    Origin.objects.update_or_create(
        page=page,
        defaults={
            "source": kept.host, "identifier": kept.title, "url": kept.url, "version": contents.last.number,
            "digest": contents.digest, "ancestry": ancestry, "by": by,
        },
    )  # fmt: skip
