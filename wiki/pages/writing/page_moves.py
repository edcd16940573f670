"""Renaming of pages and places, and moving of pages between places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import cast

from django.utils import timezone

from wiki.accounts.models import User
from wiki.errors import NotAllowed, Refused, TitleTaken, gettext_noop
from wiki.pages import page_lookup, permissions
from wiki.pages.models import Changeset, WikiPage, WikiPageQuerySet
from wiki.pages.page_fields import PageFields
from wiki.pages.permissions import Action
from wiki.pages.writing.page_writer import SaveResult, check_write_allowed, retry_while_stale
from wiki.pages.writing.version_store import Author, NewVersion, StaleVersion, full_title, store
from wiki.text import titles

ROWS = 500
Move = tuple[WikiPage, PageFields]
"""A page, and its fields under its new title."""


def move(
    page: WikiPage, title: str, by: Author, comment: str = "", *,
    leave_redirect: bool = True, with_subpages: bool = False, with_talk: bool = False,
) -> SaveResult:  # fmt: skip
    """Give `page` another full title, whose prefix names its new place.

    The history stays with the page. Redirects are left at the old titles (one for each page of a renamed place).
    `with_subpages`, the pages «Title/…» go along; `with_talk`, the discussions of all of them. All versions belong to
    one changeset. Raises TitleTaken, `titles.TitleProblem`, NotAllowed, Refused, DatabaseBusy, and
    RateLimitExceeded.
    """
    check_write_allowed(by, Action.MOVE, page, comment)

    def attempt() -> SaveResult:
        now = page_lookup.reload_page(page.pk)
        fields = _new_fields(now, title)
        if full_title(fields) == now.full_title:
            return SaveResult(now, now.version, changed=False)
        return _move(_all_moves(now, fields, by, with_subpages, with_talk), by, comment, leave_redirect)

    return retry_while_stale(attempt)


def _new_fields(page: WikiPage, title: str) -> PageFields:
    """Return the fields of `page` under the full title `title`.

    Raises Refused if the page is deleted, cannot have this title, or would be moved into itself; TitleProblem, and
    TitleTaken for a place.
    """
    if page.is_deleted:
        raise Refused(gettext_noop("This page is deleted: bring it back first."))
    if page.is_place:
        page_lookup.check_place_title(title, renamed_place=page)
        return replace(PageFields.of(page), title=titles.clean_title(title))
    fields = page_lookup.fields_for_title(title, license=page.license, language=page.language)
    if fields.place is not None and fields.place.pk == page.pk:
        raise Refused(gettext_noop("A page cannot live in itself."))
    return replace(fields, hidden_with=page.hidden_with_id)


def find_subpages(page: WikiPage) -> WikiPageQuerySet:
    """Return the pages «Title/…» of a page, redirects too. No permission filter: for writing."""
    below = WikiPage.objects.filter(title_key__startswith=f"{page.title_key}/", namespace=page.namespace)
    return cast("WikiPageQuerySet", below.order_by("pk"))


def find_talk_pages(full_titles: Iterable[str]) -> dict[str, WikiPage]:
    """Return the discussions of pages by the full titles of these, with source and place. No permission filter.

    One query for 500 pages. A title may be too long to have a discussion.
    """
    keys = {key: title for title in full_titles if (key := titles.key_or_empty(titles.talk_title(title)))}
    found: dict[str, WikiPage] = {}
    for start in range(0, len(keys), ROWS):
        some = WikiPage.objects.filter(title_key__in=list(keys)[start : start + ROWS])
        found |= {keys[talk.title_key]: talk for talk in some.select_related("source", "place")}
    return found


def _all_moves(page: WikiPage, fields: PageFields, by: Author, with_subpages: bool, with_talk: bool) -> list[Move]:
    """Return the move of `page`, and of the pages that go along: those in it if it is a place, sub-pages, discussions.

    Raises NotAllowed, and TitleProblem for a title that would be too long.
    """
    moves = [(page, fields)]
    if page.is_place:
        renamed = WikiPage(pk=page.pk, full_title=full_title(fields))  # gives its pages their new titles
        renamed._state.adding = False
        moves += [
            (child, replace(PageFields.of(child), place=renamed))
            for child in page.inhabitants.select_related("place", "source").order_by("pk")
        ]
    if with_subpages:
        depth = page.full_title.count("/") + 1
        for below in find_subpages(page).select_related("source", "place"):
            if isinstance(by.user, User) and not permissions.has_permission(by.user, Action.MOVE, below):
                raise NotAllowed(
                    gettext_noop("You may not rename «%(title)s», which would go along."), title=below.full_title
                )
            if below.is_place:
                raise Refused(
                    gettext_noop("«%(title)s» is a place, and cannot go along: rename it first."),
                    title=below.full_title,
                )
            moves.append(_follow(below, "/".join([full_title(fields), *below.full_title.split("/")[depth:]])))
    if with_talk:  # whoever may move a page may move what is said of it
        talks = find_talk_pages(item.full_title for item, _ in moves)
        pairs = [(talks.get(item.full_title), titles.talk_title(full_title(new))) for item, new in moves]
        moves += [_follow(talk, title) for talk, title in pairs if talk is not None and title]
    return moves


def _follow(page: WikiPage, title: str) -> Move:
    """Return the move of a page that goes along with another one."""
    fields = page_lookup.fields_for_title(title, license=page.license, language=page.language)
    return page, replace(fields, hidden_with=page.hidden_with_id)


def _move(moves: Sequence[Move], by: Author, comment: str, leave_redirect: bool) -> SaveResult:
    """Write moves in one changeset; the first is that of the page itself."""
    page = moves[0][0]
    replaced_redirects = [_replaceable_redirect(item, new) for item, new in moves]
    deletions = [
        NewVersion(old, None, PageFields.of(old), by, tags=["deleted"]) for old in replaced_redirects if old is not None
    ]
    moved_versions = [
        NewVersion(item, None if item.is_deleted else item.source.text, new, by, comment, tags=["moved"])
        for item, new in moves
    ]
    redirects = [
        _redirect(item, new, by, at_root=page.is_place and item.place_id == page.pk)
        for item, new in moves
        if leave_redirect and not item.is_deleted
        and titles.key_of(item.full_title) != titles.key_of(full_title(new))
    ]  # fmt: skip
    changeset = Changeset(act=Changeset.Act.MOVE, by=by.user, comment=comment, made_at=by.claimed_at or timezone.now())
    versions = store([*deletions, *moved_versions, *redirects], changeset, on_written=lambda _: _check_all_moved(moves))
    return SaveResult(page, versions[len(deletions)].number, changed=True)


def _check_all_moved(moves: Sequence[Move]) -> None:
    """Raise StaleVersion if a page was added to a renamed place since its pages were loaded.

    Must run inside the transaction.
    """
    pks = {page.pk for page, _ in moves}
    if not set(WikiPage.objects.filter(place=moves[0][0]).values_list("pk", flat=True)) <= pks:
        raise StaleVersion


def _redirect(page: WikiPage, new: PageFields, by: Author, *, at_root: bool) -> NewVersion:
    """Return the redirect at the old title of `page`.

    It is at root level if the place itself is renamed, since the old prefix then names no place.
    """
    old = replace(PageFields.of(page), is_place=False)
    if at_root:
        old = replace(old, place=None, title=page.full_title)
    text = f"#REDIRECT [[{full_title(new)}]]\n"
    return NewVersion(WikiPage(), text, old, by, tags=["redirect"])


def _replaceable_redirect(page: WikiPage, new: PageFields) -> WikiPage | None:
    """Return an unedited redirect to `page` itself at its new title, which the move deletes; None if the title is free.

    Raises TitleTaken if another page or redirect has the title.
    """
    other = page_lookup.find_by_key(titles.key_of(full_title(new)))
    if other is None or other.pk == page.pk:
        return None
    if other.redirect_key != page.title_key or other.version > 1:
        raise TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=other.full_title)
    return other
