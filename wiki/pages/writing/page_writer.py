"""The one writer: every change of a text or field of a page, whoever asks for it.

Browser, form, API, importer, restore and merge all come through here. Each function checks
rights, prepares outside any lock, and writes in one short transaction (`storing`). It answers
only when the change is committed.
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
from wiki.pages.writing.version_store import Author, NewVersion, StaleVersion, clean_text, full_title, store
from wiki.text import titles
from wiki.text.markup.markdown_parser import TEXT_LIMIT
from wiki.text.merging import document_merge

_T = TypeVar("_T")
ATTEMPTS = 200
"""How often a save follows a faster one before it gives up; each attempt merges again."""


MAX_PAGES_NAMED = 5
"""So many pages are named where many stand in the way."""


@dataclass(frozen=True, slots=True)
class SaveResult:
    """What became of a change."""

    page: WikiPage
    version: int
    """The number the page is at now."""
    changed: bool
    """False when the page already said so: no version was made."""
    merged: bool = False
    """True when someone else's change was merged in."""


@dataclass(frozen=True, slots=True)
class EditSummary:
    """What an author says about a change."""

    comment: str = ""
    minor: bool = False
    tags: Sequence[str] = ()
    merge_parent: PageVersion | None = None


def check_write_allowed(by: Author, action: permissions.Action, page: WikiPage | None) -> None:
    """Rights and limits of the account behind `by`; commands act without an account.

    Raises NotAllowed, TooFast.
    """
    if isinstance(by.user, User):
        permissions.require(by.user, action, page)
        rate_limits.limit_edits(by.user)


def check_text(text: str) -> str:
    """`text` as kept. Raises Refused when it is longer than a page may be."""
    text = clean_text(text)
    if len(text.encode()) > TEXT_LIMIT:
        raise Refused(
            gettext_noop("The text is longer than %(limit)d bytes: please make it two pages."),
            limit=TEXT_LIMIT,
        )
    return text


def retry_while_stale(attempt: Callable[[], _T]) -> _T:
    """Run `attempt`, again while others were faster. Raises Busy."""
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
    note: EditSummary = EditSummary(),
    base: int | None = None,
    also: Callable[[list[PageVersion]], None] | None = None,
    words_of: Author | None = None,
) -> SaveResult:
    """Save `text` as the next version of `page`, following version `base` (default: current).

    Where others saved after `base`, their change and this one are merged. A version that takes another one in
    (`note.merge_parent`) is written even where the text stays as it is. `also` writes more in the same transaction;
    `words_of` is the author of the version where someone else, who may save, takes it in.
    Raises EditConflict with all texts where the same words were changed, NotAllowed, Refused, Busy.
    """
    check_write_allowed(by, permissions.Action.EDIT, page)
    mine = check_text(text)
    base = page.version if base is None else base

    def attempt() -> SaveResult:
        now = page_lookup.reload_page(page.pk)
        theirs = now.source.text
        merged = now.version != base
        wanted = _merged(now, mine, theirs, base) if merged else mine
        if wanted == theirs and not _takes_in(now, note.merge_parent):
            return SaveResult(now, now.version, changed=False)
        tags = [*note.tags, *(["merged"] if merged else [])]
        draft = NewVersion(
            now, wanted, PageFields.of(now), words_of or by, note.comment, note.minor, tags,
            merge_parent=note.merge_parent,
        )  # fmt: skip
        version = store([draft], also=also)[-1]
        return SaveResult(now, version.number, changed=True, merged=merged)

    return retry_while_stale(attempt)


def _takes_in(page: WikiPage, parent: PageVersion | None) -> bool:
    """Whether there is a version to take in that `page` has not taken in yet."""
    return parent is not None and not page.versions.filter(merge_parent=parent).exists()


def _merged(page: WikiPage, mine: str, theirs: str | None, base: int) -> str:
    """`mine` merged with `theirs`, both written from version `base`."""
    if theirs is None:
        raise EditConflict("", mine, "", page.version)
    origin = page.versions.filter(number=base).select_related("stored").first()
    base_text = (origin.text() or "") if origin else ""
    text = document_merge.merge_documents(base_text, mine, theirs).text
    if text is None:
        raise EditConflict(base_text, mine, theirs, page.version)
    return text


def create(
    title: str,
    text: str,
    by: Author,
    *,
    license: str = catalogue.DEFAULT,
    language: str = "fr",
    note: EditSummary = EditSummary(),
) -> SaveResult:
    """Make the page of that full title (its prefix says place or namespace).

    A deleted page of that title comes back with its history. Raises TitleTaken when it exists
    (unless it says just this: a form sent twice), `titles.TitleProblem`, NotAllowed, Refused.
    """
    check_write_allowed(by, permissions.Action.CREATE, None)
    fields = page_lookup.fields_for_title(title, license=catalogue.require_free_license(license), language=language)
    return _create(fields, check_text(text), by, note)


def _create(
    asked: PageFields,
    text: str,
    by: Author,
    note: EditSummary,
    also: Callable[[list[PageVersion]], None] | None = None,
) -> SaveResult:
    """Write the first version of a page, or the next one of a deleted page of that title.

    A place that is renamed meanwhile takes the page in under its new name.
    """

    def attempt() -> SaveResult:
        fields = page_lookup.with_current_place(asked)
        existing = page_lookup.find_by_key(titles.key_of(full_title(fields)))
        if existing is not None:
            if existing.source.text == text and existing.is_place == fields.is_place:
                return SaveResult(existing, existing.version, changed=False)
            raise TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=existing.full_title)
        page = page_lookup.find_deleted(full_title(fields)) or WikiPage()
        tags = [*note.tags, "created" if page.pk is None else "recreated"]
        draft = NewVersion(page, text, fields, by, note.comment, note.minor, tags, merge_parent=note.merge_parent)
        try:
            version = store([draft], also=also)[-1]
        except TitleTaken as error:
            if page_lookup.find_by_key(titles.key_of(full_title(fields))) is None:
                raise
            raise StaleVersion from error  # someone was faster: look at what they wrote
        return SaveResult(page, version.number, changed=True)

    return retry_while_stale(attempt)


def create_place(
    title: str,
    text: str,
    by: Author,
    *,
    license: str = catalogue.DEFAULT,
    language: str = "fr",
    note: EditSummary = EditSummary(),
) -> SaveResult:
    """Make a place; its maker is its first steward. Refused while pages use its prefix."""
    check_write_allowed(by, permissions.Action.MAKE_PLACE, None)
    page_lookup.check_place_title(title)
    clean = titles.clean_title(title)
    fields = PageFields(0, None, clean, True, catalogue.require_free_license(license), language)

    def give_a_steward(versions: list[PageVersion]) -> None:
        if by.user is not None:
            Stewardship.objects.get_or_create(place=versions[0].page, user=by.user)

    return _create(fields, check_text(text), by, note, give_a_steward)


def _change_fields(
    page: WikiPage, by: Author, note: EditSummary, change: Callable[[WikiPage], PageFields]
) -> SaveResult:
    """Write a version with the same text and the fields that `change` makes of the page."""

    def attempt() -> SaveResult:
        now = page_lookup.reload_page(page.pk)
        fields = change(now)
        if fields == PageFields.of(now):
            return SaveResult(now, now.version, changed=False)
        draft = NewVersion(now, now.source.text, fields, by, note.comment, note.minor, note.tags)
        return SaveResult(now, store([draft], also=lambda _: _still_empty(now, fields))[-1].number, changed=True)

    return retry_while_stale(attempt)


def relicense(page: WikiPage, license: str, by: Author, comment: str = "") -> SaveResult:
    """Put `page` under another licence, where the present one allows it (the table says)."""
    check_write_allowed(by, permissions.Action.RELICENSE, page)
    wanted = catalogue.require_free_license(license)

    def change(now: WikiPage) -> PageFields:
        verdict = compatibility.check(now.license, wanted)
        if not verdict.allowed:
            raise Refused(str(verdict.reason))
        return replace(PageFields.of(now), license=wanted)

    return _change_fields(page, by, EditSummary(comment, tags=["license"]), change)


def set_language(page: WikiPage, language: str, by: Author, comment: str = "") -> SaveResult:
    """Say that `page` is written in `language` ('fr' or 'en')."""
    check_write_allowed(by, permissions.Action.EDIT, page)
    return _change_fields(
        page, by, EditSummary(comment, tags=["language"]),
        lambda now: replace(PageFields.of(now), language=language),
    )  # fmt: skip


def _check_empty(page: WikiPage) -> None:
    """Raise Refused while pages live in `page`."""
    found = page.inhabitants.filter(title_key__isnull=False).order_by("title_fold")
    if some := list(found.values_list("full_title", flat=True)[: MAX_PAGES_NAMED + 1]):
        raise Refused(
            gettext_noop("Pages or redirects still live in «%(title)s»: move or delete them first (%(pages)s)."),
            title=page.full_title,
            pages=", ".join(some[:MAX_PAGES_NAMED]) + ("…" if len(some) > MAX_PAGES_NAMED else ""),
        )


def _still_empty(page: WikiPage, fields: PageFields | None) -> None:
    """Inside the transaction: raise Stale where a page came to live in a place that goes (`fields` None: deleted)."""
    goes = page.is_place and (fields is None or not fields.is_place)
    if goes and page.inhabitants.filter(title_key__isnull=False).exists():
        raise StaleVersion


def convert_place_to_page(page: WikiPage, by: Author, comment: str = "") -> SaveResult:
    """Make an empty place an ordinary page. Refused while pages live in it."""
    check_write_allowed(by, permissions.Action.CONVERT_PLACE, page)

    def change(now: WikiPage) -> PageFields:
        _check_empty(now)
        return replace(PageFields.of(now), is_place=False)

    return _change_fields(page, by, EditSummary(comment, tags=["unmade place"]), change)


def delete(page: WikiPage, by: Author, comment: str = "") -> SaveResult:
    """Write a version without text: the title is freed, the history stays."""
    check_write_allowed(by, permissions.Action.DELETE, page)

    def attempt() -> SaveResult:
        now = page_lookup.reload_page(page.pk)
        if now.is_deleted:
            return SaveResult(now, now.version, changed=False)
        _check_empty(now)
        draft = NewVersion(now, None, PageFields.of(now), by, comment, tags=["deleted"])
        return SaveResult(now, store([draft], also=lambda _: _still_empty(now, None))[-1].number, changed=True)

    return retry_while_stale(attempt)


def undelete(page: WikiPage, by: Author, comment: str = "") -> SaveResult:
    """Bring back the last text of a deleted page, as its next version, with its history."""
    check_write_allowed(by, permissions.Action.UNDELETE, page)

    def attempt() -> SaveResult:
        now = page_lookup.reload_page(page.pk)
        if not now.is_deleted:
            return SaveResult(now, now.version, changed=False)
        if page_lookup.find_by_key(titles.key_of(now.full_title)):
            raise TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=now.full_title)
        last = now.versions.filter(is_deletion=False).order_by("-number").first()
        if last is None:
            raise Refused(gettext_noop("This page never had a text."))
        draft = NewVersion(now, last.text(), PageFields.of(now), by, comment, tags=["undeleted"])
        return SaveResult(now, store([draft])[-1].number, changed=True)

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
    "relicense",
    "retry_while_stale",
    "set_language",
    "undelete",
]
