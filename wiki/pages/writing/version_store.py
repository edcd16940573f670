"""Storage of new versions, one or thousands, in one short transaction, for `page_writer` and imports.

Nothing else writes `PageVersion`, `PageText` or reversion's rows. These are as reversion's own `add_to_revision` makes
them (a test compares), built here so that one edit and an import of 100,000 versions use the same code. There is one
Revision per version, since a Revision has one author, and a page at most once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.db import DEFAULT_DB_ALIAS, IntegrityError
from django.db.models import F
from django.utils import timezone
from reversion.models import Revision, Version
from wagtail.models import Page

from wiki.accounts.models import User
from wiki.errors import DatabaseBusy, TitleTaken, gettext_noop
from wiki.pages import permissions
from wiki.pages.models import Changeset, PageText, PageVersion, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing import cache_versions, open_writes, page_tree, parsed_versions
from wiki.pages.writing.derived_data import DerivedDataUpdate, ParsedVersion, VersionState, latest_time
from wiki.pages.writing.lock_retry import retry_while_locked
from wiki.text import titles
from wiki.text.normalization import sha256_of

logger = logging.getLogger(__name__)
ROWS = 500
BASE_COLUMNS = ("title", "draft_title", "live")
"""The columns of `page_columns` that are in Wagtail's table `Page`; the others are in `WikiPage`."""


class StaleVersion(DatabaseBusy):
    """A page has changed since it was loaded, or its place has been renamed, so that the new version cannot follow."""

    def __init__(self) -> None:
        super().__init__(gettext_noop("Someone else changed this just now. Nothing was lost: please try again."))


@dataclass(frozen=True, slots=True)
class Author:
    """Author of a version: an account, or only a name and the site where it was used."""

    user: User | None = None
    name: str = ""
    host: str = ""
    claimed_at: datetime | None = None
    """Claimed time of writing; None for the time of the transaction."""

    @classmethod
    def of(cls, user: User) -> Author:
        """Return the author for an account."""
        return cls(user, user.label)


@dataclass(slots=True)
class NewVersion:
    """Version to be written. Several new versions of one page are written in the order of the list."""

    page: WikiPage
    """Unsaved for a new page; otherwise as loaded: the new version follows it."""
    text: str | None
    fields: PageFields
    author: Author
    comment: str = ""
    minor: bool = False
    tags: Sequence[str] = ()
    claimed_at: datetime | None = None
    origin_number: int | None = None
    merge_parent: PageVersion | None = None
    merge_source: dict[str, Any] | None = None
    """See `PageVersion.merge_source`."""


@dataclass(slots=True)
class _PageWrite:
    """State of writing one page: its new versions, and the parsed last one."""

    page: WikiPage
    new_versions: list[NewVersion]
    parsed: ParsedVersion
    is_new: bool
    follows: int
    """Version number that the first new version follows; 0 for a new page."""
    columns: dict[str, Any]


def store(
    new_versions: Sequence[NewVersion],
    changeset: Changeset | None = None,
    on_written: Callable[[list[PageVersion]], None] | None = None,
    on_progress: parsed_versions.ProgressCallback = parsed_versions.no_progress,
) -> list[PageVersion]:
    """Write `new_versions` in one transaction. Return the stored versions, page by page.

    An unsaved `changeset` is saved with them. `on_written` is called inside the transaction to write more, and again if
    the transaction is retried. `on_progress` reports parsed pages. If an exception is raised, nothing is written:
    StaleVersion if a page has changed since it was loaded, TitleTaken if a title is in use, DatabaseBusy if the
    database remains locked.
    """
    writes = _page_writes(new_versions, changeset, on_progress)
    update = DerivedDataUpdate.prepare([write.parsed for write in writes])
    new_changeset = changeset is not None and changeset.pk is None

    def act() -> list[PageVersion]:
        open_writes.mark()
        if changeset is not None and new_changeset:
            changeset.pk, changeset._state.adding = None, True
            changeset.save()
        written = _write(writes, update, changeset)
        if on_written is not None:
            on_written(written)
        return written

    try:
        versions = retry_while_locked(act)
    except Exception as error:
        _reset_unsaved_instances(writes)
        if isinstance(error, IntegrityError):
            raise _integrity_error(writes) from error
        raise
    for write in writes:
        for name, value in write.columns.items():
            setattr(write.page, name, value)
    return versions


def _page_writes(
    new_versions: Sequence[NewVersion], changeset: Changeset | None, on_progress: parsed_versions.ProgressCallback
) -> list[_PageWrite]:
    """Parse the latest text of each page; return the pages with their new versions, in order."""
    by_page: dict[int, list[NewVersion]] = {}
    for new in new_versions:
        by_page.setdefault(id(new.page), []).append(new)
    groups = list(by_page.values())
    latest = [(group[-1].page, group[-1].fields, group[-1].text) for group in groups]
    parsed = parsed_versions.parse_versions(latest, on_progress)
    return [
        _PageWrite(
            group[0].page, group, _with_steps(item, group, changeset), group[0].page.pk is None,
            group[0].page.version, {},
        )
        for group, item in zip(groups, parsed, strict=True)
    ]  # fmt: skip


def _with_steps(
    parsed: ParsedVersion, new_versions: Sequence[NewVersion], changeset: Changeset | None
) -> ParsedVersion:
    """Return the parsed last text of the new versions of a page, with these versions as its steps."""
    page = new_versions[0].page
    return replace(
        parsed,
        number=page.version + len(new_versions),
        follows=page.version,
        steps=[_version_state(new, changeset) for new in new_versions],
        since=latest_time(page, any(new.claimed_at or new.author.claimed_at for new in new_versions)),
    )


def _version_state(new: NewVersion, changeset: Changeset | None) -> VersionState:
    """Return the state of the page in a new version, for the updaters of derived data."""
    fields, parent = new.fields, new.merge_parent
    source = (parent.page_id, parent.number) if parent is not None and parent.page_id != new.page.pk else None
    return VersionState(
        new.text, full_title(fields), fields.is_place, fields.language, new.author.name,
        new.claimed_at or new.author.claimed_at, fields.place is not None, source, changeset is not None,
    )  # fmt: skip


def _integrity_error(writes: Sequence[_PageWrite]) -> DatabaseBusy | TitleTaken:
    """Return the exception for an IntegrityError: TitleTaken with the titles in use, or else StaleVersion."""
    own_pks = {write.page.pk for write in writes if not write.is_new}
    new_titles = [
        full_title(write.new_versions[-1].fields) for write in writes if write.new_versions[-1].text is not None
    ]
    for start in range(0, len(new_titles), ROWS):
        keys = {titles.key_of(title): title for title in new_titles[start : start + ROWS]}
        taken = WikiPage.objects.filter(title_key__in=list(keys)).exclude(pk__in=own_pks)
        if names := sorted(keys[key] for key in taken.values_list("title_key", flat=True)[:3]):
            return TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=", ".join(names))
    logger.exception("The database refused rows, though no title is in use")
    return StaleVersion()


def full_title(fields: PageFields) -> str:
    """Return the full title of a page with `fields`."""
    return fields.full_title


def _reset_unsaved_instances(writes: Sequence[_PageWrite]) -> None:
    """Reset pages whose INSERT was rolled back to unsaved instances, since a retry inserts them again."""
    for write in writes:
        if write.is_new:
            write.page.pk = write.page.id = write.page.page_ptr_id = None
            write.page.version = 0
            write.page._state.adding = True


def _write(writes: Sequence[_PageWrite], update: DerivedDataUpdate, changeset: Changeset | None) -> list[PageVersion]:
    """Write all rows, inside the transaction. Page rows come first: their version numbers are the optimistic lock."""
    now = timezone.now()
    _reset_unsaved_instances(writes)
    old_keys = [write.parsed.old_public_key for write in writes]
    for write in writes:
        write.columns = page_columns(write.parsed, claimed_date(write.new_versions[-1], now))
        if write.is_new:
            write.page.created_at = claimed_date(write.new_versions[0], now)
    locked_places = _lock_places(writes)
    _write_pages([write for write in writes if not write.is_new])
    _insert_pages([write for write in writes if write.is_new])
    PageText.objects.bulk_create(
        [PageText(page_id=write.page.pk, text=write.parsed.text) for write in writes],
        update_conflicts=True,
        unique_fields=["page"],
        update_fields=["text"],
        batch_size=ROWS,
    )
    versions = _insert_versions(writes, changeset, now)
    update.write(now)
    if changed_keys := _changed_title_keys(writes, old_keys):
        cache_versions.invalidate_forks_and_upstreams([write.page.pk for write in writes])
        cache_versions.invalidate_linking_pages(changed_keys)
    cache_versions.invalidate_forks_and_ancestors([write.page.pk for write in writes if not write.is_new])
    places = {write.page.place_id for write in writes if not write.is_new} | {v.place_id for v in versions}
    cache_versions.invalidate_places(places - locked_places)
    return versions


def _lock_places(writes: Sequence[_PageWrite]) -> set[int | None]:
    """Lock the rows of the places of the pages until the transaction ends, so that they are not renamed meanwhile.

    The locking UPDATE also changes their ETags. Return their primary keys. Raises StaleVersion if a place has been
    renamed or deleted, or is no place any more, NotAllowed if it is protected.
    """
    known = [(write, write.parsed.fields.place) for write in writes if write.parsed.fields.place is not None]
    permissions.require_open_places(
        (place, one.new_versions[-1].author.user) for one, place in known if one.is_new or one.page.place_id != place.pk
    )
    own_pks = {write.page.pk for write in writes if not write.is_new}
    full_titles = {place.pk: place.full_title for _, place in known if place.pk and place.pk not in own_pks}
    for pk, title in sorted(full_titles.items()):
        if not WikiPage.objects.filter(pk=pk, title_key__isnull=False, full_title=title, is_place=True).update(
            cache_version=F("cache_version") + 1
        ):
            raise StaleVersion
    return set(full_titles)


def _changed_title_keys(writes: Sequence[_PageWrite], old_keys: Sequence[str | None]) -> set[str]:
    """Return the title keys by which everybody finds a page now, or does not any more."""
    pairs = [(old_key, write.parsed.public_key) for write, old_key in zip(writes, old_keys, strict=True)]
    return {key for old_key, new_key in pairs if old_key != new_key for key in (old_key, new_key) if key}


def _write_pages(writes: Sequence[_PageWrite]) -> None:
    """Update the rows of existing pages. Raises StaleVersion if another version was written since they were loaded."""
    for write in writes:
        page, values = write.page, dict(write.columns)
        base_values = {name: values.pop(name) for name in BASE_COLUMNS}
        if not WikiPage.objects.filter(pk=page.pk, version=write.follows).update(**values):
            raise StaleVersion
        if any(getattr(page, name) != value for name, value in base_values.items()):
            Page.objects.filter(pk=page.pk).update(**base_values)
        place = write.parsed.fields.place
        if page.place_id != (place.pk if place else None):
            page_tree.move(page, place)


def _insert_pages(writes: Sequence[_PageWrite]) -> None:
    """Insert the rows of new pages, as nodes of the page tree."""
    if not writes:
        return
    for write in writes:
        for name, value in write.columns.items():
            setattr(write.page, name, value)
        write.page.slug = write.page.slug or page_tree.new_slug()
    page_tree.insert([write.page for write in writes])


def claimed_date(new: NewVersion, now: datetime) -> datetime:
    """Return the claimed time of a new version, `now` if there is none or if it is in the future."""
    return min(new.claimed_at or new.author.claimed_at or now, now)


def page_columns(parsed: ParsedVersion, edited_at: datetime) -> dict[str, Any]:
    """Return the columns of a page row for its latest version, written at `edited_at`."""
    fields, deleted = parsed.fields, parsed.text is None
    full = full_title(fields)
    return {
        "title": fields.title,
        "draft_title": fields.title,
        "live": not deleted and fields.hidden_with is None,
        "namespace": fields.namespace,
        "full_title": full,
        "title_key": None if deleted else titles.key_of(full),
        "hidden_with_id": fields.hidden_with,
        "is_place": fields.is_place,
        "place": fields.place,
        "license": fields.license,
        "language": fields.language,
        "version": parsed.number,
        "size": len((parsed.text or "").encode()),
        "sha256": sha256_of(parsed.text),
        "edited_at": edited_at,
        **parsed.columns,
    }


def _insert_versions(writes: Sequence[_PageWrite], changeset: Changeset | None, now: datetime) -> list[PageVersion]:
    """Insert Revision, reversion Version and PageVersion rows; in slices, since each slice holds its texts twice."""
    numbered = [
        (write, number, new)
        for write in writes
        for number, new in enumerate(write.new_versions, start=write.follows + 1)
    ]
    written: list[PageVersion] = []
    for start in range(0, len(numbered), ROWS):
        written += _insert_slice(numbered[start : start + ROWS], changeset, now, written[-1] if written else None)
    return written


def _insert_slice(
    numbered: Sequence[tuple[_PageWrite, int, NewVersion]],
    changeset: Changeset | None,
    now: datetime,
    previous: PageVersion | None,
) -> list[PageVersion]:
    """Insert the rows of some new versions; `previous` is the version before them, which may be of the same page."""
    dates = [claimed_date(new, now) for _, _, new in numbered]
    revisions = Revision.objects.bulk_create(
        Revision(date_created=date, user=new.author.user, comment=new.comment)
        for (_, _, new), date in zip(numbered, dates, strict=True)
    )
    content_type = ContentType.objects.get_for_model(PageText)
    stored = Version.objects.bulk_create(
        _reversion_version(new, revision, content_type)
        for (_, _, new), revision in zip(numbered, revisions, strict=True)
    )
    rows: list[PageVersion] = []
    for (write, number, new), row, date in zip(numbered, stored, dates, strict=True):
        size_before = 0 if write.is_new else write.page.size
        if number > write.follows + 1 and previous is not None:
            size_before = previous.size
        version = _page_version(new, row, number, size_before)
        version.changeset, version.claimed_at, version.recorded_at = changeset, date, now
        version.kind_key = parsed_versions.kind_key_of(new.text)
        rows.append(version)
        previous = version
    return list(PageVersion.objects.bulk_create(rows))


def _reversion_version(new: NewVersion, revision: Revision, content_type: ContentType) -> Version:
    """Return the row of reversion with the text of a new version, as `add_to_revision` would make it."""
    source = PageText(page_id=new.page.pk, text=new.text)
    return Version(
        revision=revision,
        content_type=content_type,
        object_id=str(new.page.pk),
        db=DEFAULT_DB_ALIAS,
        format="json",
        serialized_data=serializers.serialize("json", [source]),
        object_repr=str(source),
    )


def _page_version(new: NewVersion, stored: Version, number: int, size_before: int) -> PageVersion:
    """Return the row for a new version whose text is in `stored`."""
    fields, size = new.fields, len((new.text or "").encode())
    return PageVersion(
        page=new.page,
        number=number,
        stored_id=stored.pk,  # the row itself would keep its text in memory
        merge_parent=new.merge_parent,
        merge_source=new.merge_source,
        author=new.author.user,
        author_name=new.author.name[:255],
        origin_host=new.author.host,
        origin_number=new.origin_number,
        title=full_title(fields),
        place=fields.place,
        is_place=fields.is_place,
        license=fields.license,
        language=fields.language,
        size=size,
        size_change=size - size_before,
        sha256=sha256_of(new.text),
        comment=new.comment,
        minor=new.minor,
        tags=list(new.tags),
        is_deletion=new.text is None,
    )
