"""The writer's lower half: versions into rows, one or thousands, in one short transaction.

Nothing else writes `PageVersion`, `PageText` or reversion's rows. The rows that reversion's own
`add_to_revision` would make are built here directly, so that one edit and an import of 100,000
versions take the same path (a test compares them with reversion's). One Revision per version: a
Revision has no room for a second author, and holds a page at most once.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.db import DEFAULT_DB_ALIAS, IntegrityError
from django.db.models import F, Q
from django.utils import timezone
from reversion.models import Revision, Version
from wagtail.models import Page

from wiki.accounts.models import User
from wiki.errors import DatabaseBusy, TitleTaken, gettext_noop
from wiki.pages.models import Changeset, Fork, PageLink, PageText, PageVersion, WikiPage, new_slug
from wiki.pages.page_fields import PageFields
from wiki.pages.writing import page_tree, parsed_versions
from wiki.pages.writing.derived_data import DerivedDataUpdate, ParsedVersion, VersionState, latest_time
from wiki.pages.writing.lock_retry import retry_while_locked
from wiki.pages.writing.parsed_versions import Tell, silent
from wiki.text import titles

logger = logging.getLogger(__name__)
ROWS = 500
BASE_COLUMNS = ("title", "draft_title", "live")
"""Columns of Wagtail's own page table; the rest of `columns` is in ours."""


class StaleVersion(DatabaseBusy):
    """Someone was faster: a page is no longer at the version that its draft follows, or its place has another name."""

    def __init__(self) -> None:
        super().__init__(gettext_noop("Someone else changed this just now. Nothing was lost: please try again."))


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a version: an account here, or only a name and where it was first used."""

    user: User | None = None
    name: str = ""
    host: str = ""
    claimed_at: datetime | None = None
    """When they say they wrote it, where that is not now."""

    @classmethod
    def of(cls, user: User) -> Author:
        """The author that an account is."""
        return cls(user, user.label)


@dataclass(slots=True)
class NewVersion:
    """One version to be written. Several drafts of one page follow each other in order."""

    page: WikiPage
    """Unsaved for a new page; otherwise as loaded: its `version` is the one followed."""
    text: str | None
    fields: PageFields
    author: Author
    comment: str = ""
    minor: bool = False
    tags: Sequence[str] = ()
    claimed_at: datetime | None = None
    origin_number: int | None = None
    merge_parent: PageVersion | None = None


def clean_text(text: str) -> str:
    """`text` as it is kept: newlines as `\\n`, without NUL and lone surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-8", "replace").decode("utf-8")


def sha256_of(text: str | None) -> str:
    """The checksum of a text as versions keep it; a deletion has that of no bytes."""
    return hashlib.sha256((text or "").encode()).hexdigest()


@dataclass(slots=True)
class _PageWrite:
    """A page that is being written: its drafts, and what its last text says."""

    page: WikiPage
    drafts: list[NewVersion]
    reading: ParsedVersion
    is_new: bool
    follows: int
    """The version number that the first draft follows; 0 for a new page."""
    columns: dict[str, Any]


def store(
    drafts: Sequence[NewVersion],
    changeset: Changeset | None = None,
    also: Callable[[list[PageVersion]], None] | None = None,
    tell: Tell = silent,
) -> list[PageVersion]:
    """Write `drafts` in one transaction and return their versions, page by page in order.

    A new `changeset` is saved with them; `also` writes more inside the same transaction (it may be
    called again when the database was locked); `tell` hears how many pages are read. Raises Stale when a page
    has moved on since it was loaded (nothing is written then), TitleTaken when a title is in use, Busy when the
    database stays locked.
    """
    by_page: dict[int, list[NewVersion]] = {}
    for draft in drafts:
        by_page.setdefault(id(draft.page), []).append(draft)
    groups = list(by_page.values())
    readings = parsed_versions.parse_versions([(own[-1].page, own[-1].fields, own[-1].text) for own in groups], tell)
    readings = [_with_steps(item, own, changeset) for own, item in zip(groups, readings, strict=True)]
    derivation = DerivedDataUpdate.prepare(readings)
    targets = [
        _PageWrite(own[0].page, own, item, own[0].page.pk is None, own[0].page.version, {})
        for own, item in zip(groups, readings, strict=True)
    ]
    new_changeset = changeset is not None and changeset.pk is None

    def act() -> list[PageVersion]:
        if changeset is not None and new_changeset:
            changeset.pk, changeset._state.adding = None, True
            changeset.save()
        written = _write(targets, derivation, changeset)
        if also is not None:
            also(written)
        return written

    try:
        versions = retry_while_locked(act)
    except IntegrityError as error:
        _reset_unsaved_instances(targets)
        raise _clash(targets) from error
    except Exception:
        _reset_unsaved_instances(targets)
        raise
    for target in targets:
        for name, value in target.columns.items():
            setattr(target.page, name, value)
    return versions


def _with_steps(item: ParsedVersion, own: Sequence[NewVersion], changeset: Changeset | None) -> ParsedVersion:
    """Return the parsed last text of the new versions of a page, with these versions as its steps."""
    page = own[0].page
    return replace(
        item,
        number=page.version + len(own),
        follows=page.version,
        steps=[_step(draft, changeset) for draft in own],
        since=latest_time(page, any(draft.claimed_at or draft.author.claimed_at for draft in own)),
    )


def _step(draft: NewVersion, changeset: Changeset | None) -> VersionState:
    """A draft as derivers that follow the history see it."""
    fields, parent = draft.fields, draft.merge_parent
    source = (parent.page_id, parent.number) if parent is not None and parent.page_id != draft.page.pk else None
    return VersionState(
        draft.text, full_title(fields), fields.is_place, fields.language, draft.author.name,
        draft.claimed_at or draft.author.claimed_at, fields.place is not None, source, changeset is not None,
    )  # fmt: skip


def _clash(targets: Sequence[_PageWrite]) -> DatabaseBusy | TitleTaken:
    """What to say when the database refused rows: which titles are in use, else that someone was faster."""
    own = {target.page.pk for target in targets if not target.is_new}
    wanted = [full_title(target.drafts[-1].fields) for target in targets if target.drafts[-1].text is not None]
    for start in range(0, len(wanted), ROWS):
        keys = {titles.key_of(title): title for title in wanted[start : start + ROWS]}
        taken = WikiPage.objects.filter(title_key__in=list(keys)).exclude(pk__in=own)
        if names := sorted(keys[key] for key in taken.values_list("title_key", flat=True)[:3]):
            return TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=", ".join(names))
    logger.exception("Rows were refused, and not for their titles")
    return StaleVersion()


def full_title(fields: PageFields) -> str:
    """The full title that `fields` make."""
    return fields.full_title


def _reset_unsaved_instances(targets: Sequence[_PageWrite]) -> None:
    """Make pages that were not written after all new again."""
    for target in targets:
        if target.is_new:
            target.page.pk = target.page.id = target.page.page_ptr_id = None
            target.page.version = 0
            target.page._state.adding = True


def _write(
    targets: Sequence[_PageWrite], derivation: DerivedDataUpdate, changeset: Changeset | None
) -> list[PageVersion]:
    """Inside the transaction: numbers first (they are the lock), then all rows."""
    now = timezone.now()
    _reset_unsaved_instances(targets)
    keys = [None if target.is_new else target.page.title_key for target in targets]
    for target in targets:
        target.columns = page_columns(target.reading, claimed_date(target.drafts[-1], now))
        if target.is_new:
            target.page.created_at = claimed_date(target.drafts[0], now)
    held = _hold_places(targets)
    _write_pages([target for target in targets if not target.is_new])
    _insert_pages([target for target in targets if target.is_new])
    PageText.objects.bulk_create(
        [PageText(page_id=target.page.pk, text=target.reading.text) for target in targets],
        update_conflicts=True,
        unique_fields=["page"],
        update_fields=["text"],
        batch_size=ROWS,
    )
    versions = _versions(targets, changeset, now)
    derivation.write(now)
    _tell_neighbours(targets, keys)
    _tell_forks(targets)
    places = {target.page.place_id for target in targets if not target.is_new} | {v.place_id for v in versions}
    _tell_places(places - held)
    return versions


def _hold_places(targets: Sequence[_PageWrite]) -> set[int | None]:
    """Make sure that the places which pages are written into are still called so; raise Stale where one is not.

    Their rows are locked by this until the end: a place is renamed before or after, not meanwhile. Returns their
    keys; their stamps moved.
    """
    own = {target.page.pk for target in targets if not target.is_new}
    places = [target.reading.fields.place for target in targets]
    named = {place.pk: place.full_title for place in places if place is not None and place.pk and place.pk not in own}
    for pk, name in sorted(named.items()):
        if not WikiPage.objects.filter(pk=pk, title_key__isnull=False, full_title=name, is_place=True).update(
            cache_version=F("cache_version") + 1
        ):
            raise StaleVersion
    return set(named)


def _tell_places(places: set[int | None]) -> None:
    """Move the stamp of places in which something changed: they list their pages and changes."""
    WikiPage.objects.filter(pk__in=places - {None}).update(cache_version=F("cache_version") + 1)


def _tell_neighbours(targets: Sequence[_PageWrite], before: Sequence[str | None]) -> None:
    """Move the stamp of pages that link to a title which came into use or fell out of it."""
    changed: set[str] = set()
    for target, key in zip(targets, before, strict=True):
        if key != target.columns["title_key"]:
            changed |= {key or "", target.columns["title_key"] or ""} - {""}
    keys = sorted(changed)
    if not keys:
        return
    pks = [target.page.pk for target in targets]
    for start in range(0, len(pks), ROWS):
        some_pages = pks[start : start + ROWS]
        bonds = Fork.objects.filter(Q(page__in=some_pages) | Q(upstream__in=some_pages))
        WikiPage.objects.filter(Q(fork__in=bonds) | Q(forks__in=bonds)).update(cache_version=F("cache_version") + 1)
    for start in range(0, len(keys), ROWS):
        some = keys[start : start + ROWS]
        linking = PageLink.objects.filter(Q(key__in=some) | Q(place_key__in=some)).values("page_id")
        WikiPage.objects.filter(pk__in=linking).update(cache_version=F("cache_version") + 1)


def _tell_forks(targets: Sequence[_PageWrite]) -> None:
    """Move the stamp of the forks of pages: they say by how much they are behind."""
    pks = [target.page.pk for target in targets if not target.is_new]
    for start in range(0, len(pks), ROWS):
        WikiPage.objects.filter(fork__upstream__in=pks[start : start + ROWS]).update(
            cache_version=F("cache_version") + 1
        )


def _write_pages(targets: Sequence[_PageWrite]) -> None:
    """Update the rows of pages that exist; raise Stale where another version came first."""
    for target in targets:
        page, values = target.page, dict(target.columns)
        shared = {name: values.pop(name) for name in BASE_COLUMNS}
        if not WikiPage.objects.filter(pk=page.pk, version=target.follows).update(**values):
            raise StaleVersion
        if any(getattr(page, name) != value for name, value in shared.items()):
            Page.objects.filter(pk=page.pk).update(**shared)
        place = target.reading.fields.place
        if page.place_id != (place.pk if place else None):
            page_tree.move(page, place)


def _insert_pages(targets: Sequence[_PageWrite]) -> None:
    """Insert the rows of new pages, and their nodes in the tree."""
    if not targets:
        return
    for target in targets:
        for name, value in target.columns.items():
            setattr(target.page, name, value)
        target.page.slug = target.page.slug or new_slug()
    page_tree.insert([target.page for target in targets])


def claimed_date(draft: NewVersion, now: datetime) -> datetime:
    """When the author of `draft` says it was made; not in the future."""
    return min(draft.claimed_at or draft.author.claimed_at or now, now)


def page_columns(item: ParsedVersion, edited_at: datetime) -> dict[str, Any]:
    """The columns of a page row that follow from its latest version (`item`, of `edited_at`)."""
    fields, deleted = item.fields, item.text is None
    full = full_title(fields)
    return {
        "title": fields.title,
        "draft_title": fields.title,
        "live": not deleted,
        "namespace": fields.namespace,
        "full_title": full,
        "title_key": None if deleted else titles.key_of(full),
        "is_place": fields.is_place,
        "place": fields.place,
        "license": fields.license,
        "language": fields.language,
        "version": item.number,
        "size": len((item.text or "").encode()),
        "sha256": sha256_of(item.text),
        "edited_at": edited_at,
        **item.columns,
    }


def _versions(targets: Sequence[_PageWrite], changeset: Changeset | None, now: datetime) -> list[PageVersion]:
    """Revision, reversion Version and PageVersion for each draft; in slices: each holds its texts twice."""
    numbered = [
        (target, number, draft)
        for target in targets
        for number, draft in enumerate(target.drafts, start=target.follows + 1)
    ]
    written: list[PageVersion] = []
    for start in range(0, len(numbered), ROWS):
        written += _slice(numbered[start : start + ROWS], changeset, now, written[-1] if written else None)
    return written


def _slice(
    numbered: Sequence[tuple[_PageWrite, int, NewVersion]],
    changeset: Changeset | None,
    now: datetime,
    before: PageVersion | None,
) -> list[PageVersion]:
    """Insert the rows of some drafts; `before` is the version written last, whose size the first may follow."""
    dates = [claimed_date(draft, now) for _, _, draft in numbered]
    revisions = Revision.objects.bulk_create(
        Revision(date_created=date, user=draft.author.user, comment=draft.comment)
        for (_, _, draft), date in zip(numbered, dates, strict=True)
    )
    content_type = ContentType.objects.get_for_model(PageText)
    stored = Version.objects.bulk_create(
        _stored(draft, revision, content_type) for (_, _, draft), revision in zip(numbered, revisions, strict=True)
    )
    rows: list[PageVersion] = []
    for (target, number, draft), row, date in zip(numbered, stored, dates, strict=True):
        size = 0 if target.is_new else target.page.size
        if number > target.follows + 1 and before is not None:
            size = before.size
        version = _row(draft, row, number, size)
        version.changeset, version.claimed_at, version.recorded_at = changeset, date, now
        version.kind_key = parsed_versions.kind_key_of(draft.text)
        rows.append(version)
        before = version
    return list(PageVersion.objects.bulk_create(rows))


def _stored(draft: NewVersion, revision: Revision, content_type: ContentType) -> Version:
    """The row of reversion that holds the text of `draft`, as `add_to_revision` makes it."""
    source = PageText(page_id=draft.page.pk, text=draft.text)
    return Version(
        revision=revision,
        content_type=content_type,
        object_id=str(draft.page.pk),
        db=DEFAULT_DB_ALIAS,
        format="json",
        serialized_data=serializers.serialize("json", [source]),
        object_repr=str(source),
    )


def _row(draft: NewVersion, stored: Version, number: int, size_before: int) -> PageVersion:
    """Our row beside `stored`."""
    fields, size = draft.fields, len((draft.text or "").encode())
    return PageVersion(
        page=draft.page,
        number=number,
        stored_id=stored.pk,  # not the row itself, which holds the text
        merge_parent=draft.merge_parent,
        author=draft.author.user,
        author_name=draft.author.name[:255],
        origin_host=draft.author.host,
        origin_number=draft.origin_number,
        title=full_title(fields),
        place=fields.place,
        is_place=fields.is_place,
        license=fields.license,
        language=fields.language,
        size=size,
        size_change=size - size_before,
        sha256=sha256_of(draft.text),
        comment=draft.comment[:500],
        minor=draft.minor,
        tags=list(draft.tags),
        is_deletion=draft.text is None,
    )
