"""The only entry point for changes of the text or fields of a page: views, API, imports, restore, merge.

Each function checks permissions and rate limits, prepares outside any lock, and writes in one short transaction
(`version_store`). It returns when the change is committed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.errors import DatabaseBusy, EditConflict, Refused, TitleTaken, gettext_noop
from wiki.licenses import catalogue, compatibility
from wiki.pages import page_lookup, permissions
from wiki.pages.models import PageVersion, Stewardship, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing.version_store import Author, NewVersion, StaleVersion, full_title, store
from wiki.text import titles
from wiki.text.markup.markdown_parser import TEXT_LIMIT
from wiki.text.merging import document_merge
from wiki.text.normalization import clean_text

_T = TypeVar("_T")
ATTEMPTS = 200
"""Maximal number of attempts to save while others save the same page; each attempt merges again."""
COMMENT_LIMIT = 10_000
"""Maximal number of characters of a comment; forms ask for fewer, other programs write longer ones."""
MAX_PAGES_NAMED = 5
"""Maximal number of pages listed in an error message."""


@dataclass(frozen=True, slots=True)
class SaveResult:
    """Result of a change."""

    page: WikiPage
    version: int
    """Current version number of the page."""
    changed: bool
    """False if the page was in this state already, so that no version was written."""
    merged: bool = False
    """Whether the change was merged with changes by others."""


@dataclass(frozen=True, slots=True)
class EditSummary:
    """Comment of a change, with the other attributes of its version that are not fields of the page."""

    comment: str = ""
    minor: bool = False
    tags: Sequence[str] = ()
    merge_parent: PageVersion | None = None


def check_write_allowed(by: Author, action: permissions.Action, page: WikiPage | None, comment: str = "") -> None:
    """Check the length of the comment, and the permissions and the rate limit of the account of `by`.

    Without an account (commands), these are not checked. Raises NotAllowed, RateLimitExceeded, Refused.
    """
    if len(comment) > COMMENT_LIMIT:
        raise Refused(
            gettext_noop("The comment has %(size)d characters: please say it in %(limit)d at most."),
            size=len(comment),
            limit=COMMENT_LIMIT,
        )
    if isinstance(by.user, User):
        permissions.require(by.user, action, page)
        rate_limits.limit_edits(by.user)


def check_text(text: str) -> str:
    """Return `text` as it is stored. Raises Refused if it exceeds TEXT_LIMIT."""
    text = clean_text(text)
    if len(text.encode()) > TEXT_LIMIT:
        raise Refused(
            gettext_noop("The text is longer than %(limit)d bytes: please make it two pages."),
            limit=TEXT_LIMIT,
        )
    return text


def retry_while_stale(attempt: Callable[[], _T]) -> _T:
    """Run `attempt`, and repeat it while it raises StaleVersion, at most ATTEMPTS times. Raises DatabaseBusy."""
    for _ in range(ATTEMPTS):
        try:
            return attempt()
        except StaleVersion:
            continue
    raise DatabaseBusy(gettext_noop("Many people are changing this page. Please save again."))


def edit(
    page: WikiPage,
    text: str,
    by: Author,
    summary: EditSummary = EditSummary(),
    base: int | None = None,
    on_written: Callable[[list[PageVersion]], None] | None = None,
    author: Author | None = None,
    *,
    is_fresh: bool = False,
) -> SaveResult:
    """Save `text`, written from version `base` (default: the current one), as the next version of `page`.

    If others saved after `base`, the changes are merged. A merge of another page (`summary.merge_parent`) writes a
    version even if the text does not change. `on_written` is called inside the transaction to write more; `author` is
    the author of the version if it is not `by`, whose permissions are checked. A page that `is_fresh`, just loaded with
    source and place, is loaded again only if it has changed meanwhile. Raises EditConflict with all three texts if the
    merge has conflicts, NotAllowed, RateLimitExceeded, Refused, DatabaseBusy.
    """
    check_write_allowed(by, permissions.Action.EDIT, page, summary.comment)
    mine = check_text(text)
    base = page.version if base is None else base
    loaded = [page] if is_fresh else []

    def attempt() -> SaveResult:
        now = loaded.pop() if loaded else page_lookup.reload_page(page.pk)
        theirs = now.source.text
        merged = now.version != base
        new_text = _merge(now, mine, theirs, base) if merged else mine
        if new_text == theirs and not _is_new_merge(now, summary.merge_parent):
            return SaveResult(now, now.version, changed=False)
        tags = [*summary.tags, *(["merged"] if merged else [])]
        new_version = NewVersion(
            now, new_text, PageFields.of(now), author or by, summary.comment, summary.minor, tags,
            merge_parent=summary.merge_parent,
        )  # fmt: skip
        version = store([new_version], on_written=on_written)[-1]
        return SaveResult(now, version.number, changed=True, merged=merged)

    return retry_while_stale(attempt)


def add_text(page: WikiPage, by: Author, summary: EditSummary, before: str = "", after: str = "") -> SaveResult:
    """Put text before and after the text that `page` has at the moment of the write: it never conflicts with others.

    Raises EditConflict if the page is deleted, NotAllowed, RateLimitExceeded, Refused, DatabaseBusy.
    """
    check_write_allowed(by, permissions.Action.EDIT, page, summary.comment)

    def attempt() -> SaveResult:
        now = page_lookup.reload_page(page.pk)
        if now.source.text is None:
            raise EditConflict("", before + after, "", now.version)
        text = check_text(before + now.source.text + after)
        if text == now.source.text:
            return SaveResult(now, now.version, changed=False)
        new_version = NewVersion(now, text, PageFields.of(now), by, summary.comment, summary.minor, summary.tags)
        return SaveResult(now, store([new_version])[-1].number, changed=True)

    return retry_while_stale(attempt)


def _is_new_merge(page: WikiPage, parent: PageVersion | None) -> bool:
    """Whether `parent` is a version that has not been merged into `page` yet."""
    return parent is not None and not page.versions.filter(merge_parent=parent).exists()


def _merge(page: WikiPage, mine: str, theirs: str | None, base: int) -> str:
    """Merge the texts `mine` and `theirs`, both written from version `base`.

    Raises EditConflict, also if the page is deleted (`theirs` is None).
    """
    if theirs is None:
        raise EditConflict("", mine, "", page.version)
    base_version = page.versions.filter(number=base).select_related("stored").first()
    base_text = (base_version.text() or "") if base_version else ""
    text = document_merge.merge_documents(base_text, mine, theirs).text
    if text is None:
        raise EditConflict(base_text, mine, theirs, page.version, base)
    return text


def create(
    title: str,
    text: str,
    by: Author,
    *,
    license: str = catalogue.DEFAULT,
    language: str = "fr",
    summary: EditSummary = EditSummary(),
) -> SaveResult:
    """Create the page with a full title, whose prefix names its place or namespace.

    A deleted page with this title is continued. If the page exists with the same text, as when a form is sent twice,
    nothing is written. Raises TitleTaken if it exists with another text, `titles.TitleProblem`, NotAllowed, Refused,
    UnknownLicense, LicenseNotFree, RateLimitExceeded, DatabaseBusy.
    """
    check_write_allowed(by, permissions.Action.CREATE, None, summary.comment)
    fields = page_lookup.fields_for_title(title, license=catalogue.require_free_license(license), language=language)
    permissions.require_namespace(by.user, fields.namespace)
    return _create(fields, check_text(text), by, summary)


def _create(
    requested: PageFields,
    text: str,
    by: Author,
    summary: EditSummary,
    on_written: Callable[[list[PageVersion]], None] | None = None,
) -> SaveResult:
    """Write the first version of a page, or the next version of a deleted page with this title.

    If its place is renamed meanwhile, the page is created under the new title of the place.
    """

    def attempt() -> SaveResult:
        fields = page_lookup.with_current_place(requested)
        existing = page_lookup.find_by_key(titles.key_of(full_title(fields)))
        if existing is not None and existing.is_hidden:  # whoever may not read it learns nothing else of it
            raise TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=full_title(fields))
        if existing is not None:
            if existing.source.text == text and existing.is_place == fields.is_place:
                return SaveResult(existing, existing.version, changed=False)
            raise TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=existing.full_title)
        page = page_lookup.find_deleted(full_title(fields)) or WikiPage()
        tags = [*summary.tags, "created" if page.pk is None else "recreated"]
        new_version = NewVersion(
            page, text, fields, by, summary.comment, summary.minor, tags, merge_parent=summary.merge_parent
        )
        try:
            version = store([new_version], on_written=on_written)[-1]
        except TitleTaken as error:
            if page_lookup.find_by_key(titles.key_of(full_title(fields))) is None:
                raise
            raise StaleVersion from error  # somebody has just created the page: compare the texts
        return SaveResult(page, version.number, changed=True)

    return retry_while_stale(attempt)


def create_place(
    title: str,
    text: str,
    by: Author,
    *,
    license: str = catalogue.DEFAULT,
    language: str = "fr",
    summary: EditSummary = EditSummary(),
) -> SaveResult:
    """Create a place, with the user `by` as its first steward.

    Raises what `create` raises; TitleTaken also if pages use the title as a prefix.
    """
    check_write_allowed(by, permissions.Action.MAKE_PLACE, None, summary.comment)
    page_lookup.check_place_title(title)
    clean = titles.clean_title(title)
    fields = PageFields(0, None, clean, True, catalogue.require_free_license(license), language)

    def add_steward(versions: list[PageVersion]) -> None:
        if by.user is not None:
            Stewardship.objects.get_or_create(place=versions[0].page, user=by.user)

    return _create(fields, check_text(text), by, summary, add_steward)


def _change_fields(
    page: WikiPage, by: Author, summary: EditSummary, change: Callable[[WikiPage], PageFields]
) -> SaveResult:
    """Write a version with the current text of `page`, and with the fields that `change` returns for it."""

    def attempt() -> SaveResult:
        now = page_lookup.reload_page(page.pk)
        fields = change(now)
        if fields == PageFields.of(now):
            return SaveResult(now, now.version, changed=False)
        new_version = NewVersion(now, now.source.text, fields, by, summary.comment, summary.minor, summary.tags)
        return SaveResult(
            now, store([new_version], on_written=lambda _: check_still_empty(now, fields))[-1].number, changed=True
        )

    return retry_while_stale(attempt)


def set_fields(page: WikiPage, by: Author, license: str = "", language: str = "", comment: str = "") -> SaveResult:
    """Change the licence or the language ('fr' or 'en') of `page`, or both, in one version; "" for no change.

    Raises Refused if the licence is not compatible, UnknownLicense, LicenseNotFree, NotAllowed.
    """
    check_write_allowed(by, permissions.Action.RELICENSE if license else permissions.Action.EDIT, page, comment)
    target = catalogue.require_free_license(license) if license else ""

    def change(now: WikiPage) -> PageFields:
        verdict = compatibility.check(now.license, target or now.license)
        if not verdict.allowed:
            raise Refused(str(verdict.reason))
        return replace(PageFields.of(now), license=target or now.license, language=language or now.language)

    tags = ["license"] if target not in ("", page.license) else []
    tags += ["language"] if language not in ("", page.language) else []
    return _change_fields(page, by, EditSummary(comment, tags=tags), change)


def check_empty(page: WikiPage) -> None:
    """Raise Refused if there are pages in the place `page`."""
    pages = page.inhabitants.filter(title_key__isnull=False).order_by("title_fold")
    if full_titles := list(pages.values_list("full_title", flat=True)[: MAX_PAGES_NAMED + 1]):
        raise Refused(
            gettext_noop("Pages or redirects still live in «%(title)s»: move or delete them first (%(pages)s)."),
            title=page.full_title,
            pages=", ".join(full_titles[:MAX_PAGES_NAMED]) + ("…" if len(full_titles) > MAX_PAGES_NAMED else ""),
        )


def check_place_exists(page: WikiPage) -> None:
    """Raise Refused if what the deleted `page` was in is deleted too, or no place any more."""
    place = page.place
    if place is not None and (place.is_deleted or not place.is_place):
        raise Refused(gettext_noop("It was in «%(title)s», which is no place now."), title=place.full_title)


def check_still_empty(page: WikiPage, fields: PageFields | None) -> None:
    """Raise StaleVersion if a page was added to a place that is deleted (`fields` is None) or becomes a page.

    Must run inside the transaction.
    """
    is_removed = page.is_place and (fields is None or not fields.is_place)
    if is_removed and page.inhabitants.filter(title_key__isnull=False).exists():
        raise StaleVersion


def convert_place_to_page(page: WikiPage, by: Author, comment: str = "") -> SaveResult:
    """Turn an empty place into an ordinary page. Raises Refused if there are pages in it."""
    check_write_allowed(by, permissions.Action.CONVERT_PLACE, page, comment)

    def change(now: WikiPage) -> PageFields:
        check_empty(now)
        return replace(PageFields.of(now), is_place=False)

    return _change_fields(page, by, EditSummary(comment, tags=["unmade place"]), change)


def delete(page: WikiPage, by: Author, comment: str = "") -> SaveResult:
    """Delete a page by a version without text. Its history remains, and its title can be used again."""
    check_write_allowed(by, permissions.Action.DELETE, page, comment)

    def attempt() -> SaveResult:
        now = page_lookup.reload_page(page.pk)
        if now.is_deleted:
            return SaveResult(now, now.version, changed=False)
        check_empty(now)
        new_version = NewVersion(now, None, PageFields.of(now), by, comment, tags=["deleted"])
        return SaveResult(
            now, store([new_version], on_written=lambda _: check_still_empty(now, None))[-1].number, changed=True
        )

    return retry_while_stale(attempt)


def undelete(page: WikiPage, by: Author, comment: str = "") -> SaveResult:
    """Restore the last text of a deleted page as its next version. Raises TitleTaken if its title is in use."""
    check_write_allowed(by, permissions.Action.UNDELETE, page, comment)

    def attempt() -> SaveResult:
        now = page_lookup.reload_page(page.pk)
        if not now.is_deleted:
            return SaveResult(now, now.version, changed=False)
        if page_lookup.find_by_key(titles.key_of(now.full_title)):
            raise TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=now.full_title)
        check_place_exists(now)
        last = now.versions.filter(is_deletion=False).order_by("-number").first()
        if last is None:
            raise Refused(gettext_noop("This page never had a text."))
        new_version = NewVersion(now, last.text(), PageFields.of(now), by, comment, tags=["undeleted"])
        return SaveResult(now, store([new_version])[-1].number, changed=True)

    return retry_while_stale(attempt)


__all__ = [
    "Author",
    "EditSummary",
    "SaveResult",
    "check_write_allowed",
    "convert_place_to_page",
    "create",
    "create_place",
    "delete",
    "edit",
    "retry_while_stale",
    "set_fields",
    "undelete",
]
