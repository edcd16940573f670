"""The writer's moves: renaming a page or a place, and moving pages between places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.utils import timezone

from wiki.errors import Refused, TitleTaken, gettext_noop
from wiki.pages import page_lookup
from wiki.pages.models import Changeset, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.permissions import Action
from wiki.pages.writing.page_writer import SaveResult, check_write_allowed, retry_while_stale
from wiki.pages.writing.version_store import Author, NewVersion, StaleVersion, full_title, store
from wiki.text import titles


def move(page: WikiPage, title: str, by: Author, comment: str = "", *, leave_redirect: bool = True) -> SaveResult:
    """Give `page` another full title; its prefix says the place it lives in from now on.

    History goes with it; a redirect stays behind (one for each page of a renamed place), all in
    one batch. Raises TitleTaken, `titles.TitleProblem`, NotAllowed, Refused.
    """
    check_write_allowed(by, Action.MOVE, page)

    def attempt() -> SaveResult:
        now = page_lookup.reload_page(page.pk)
        fields = _new_fields(now, title)
        if full_title(fields) == now.full_title:
            return SaveResult(now, now.version, changed=False)
        return _move(now, fields, by, comment, leave_redirect)

    return retry_while_stale(attempt)


def _new_fields(page: WikiPage, title: str) -> PageFields:
    """The fields of `page` under the full title `title`. Raises Refused where it may not go."""
    if page.is_deleted:
        raise Refused(gettext_noop("This page is deleted: bring it back first."))
    if page.is_place:
        page_lookup.check_place_title(title, but=page)
        return replace(PageFields.of(page), title=titles.clean_title(title))
    fields = page_lookup.fields_for_title(title, license=page.license, language=page.language)
    if fields.place is not None and fields.place.pk == page.pk:
        raise Refused(gettext_noop("A page cannot live in itself."))
    return fields


def _move(page: WikiPage, fields: PageFields, by: Author, comment: str, leave_redirect: bool) -> SaveResult:
    """Write the move of `page`, and of the pages that live in it, in one batch."""
    moved = [(page, fields)]
    if page.is_place:
        renamed = WikiPage(pk=page.pk, full_title=full_title(fields))
        renamed._state.adding = False
        moved += [
            (child, replace(PageFields.of(child), place=renamed))
            for child in page.inhabitants.select_related("place", "source").order_by("pk")
        ]
    in_the_way = [_redirect_in_the_way(item, new) for item, new in moved]
    overwritten = [
        NewVersion(old, None, PageFields.of(old), by, tags=["deleted"]) for old in in_the_way if old is not None
    ]
    drafts = [
        NewVersion(item, None if item.is_deleted else item.source.text, new, by, comment, tags=["moved"])
        for item, new in moved
    ]
    redirects = [
        _redirect(item, new, by, in_commons=page.is_place)
        for item, new in moved
        if leave_redirect and not item.is_deleted
        and titles.key_of(item.full_title) != titles.key_of(full_title(new))
    ]  # fmt: skip
    batch = Changeset(act=Changeset.Act.MOVE, by=by.user, comment=comment, made_at=by.claimed_at or timezone.now())
    versions = store([*overwritten, *drafts, *redirects], batch, also=lambda _: _check_all_moved(moved))
    return SaveResult(page, versions[len(overwritten)].number, changed=True)


def _check_all_moved(moved: Sequence[tuple[WikiPage, PageFields]]) -> None:
    """Inside the transaction: raise Stale where a page came to live in a renamed place after its pages were read."""
    pks = {page.pk for page, _ in moved}
    if not set(WikiPage.objects.filter(place=moved[0][0]).values_list("pk", flat=True)) <= pks:
        raise StaleVersion


def _redirect(page: WikiPage, new: PageFields, by: Author, *, in_commons: bool) -> NewVersion:
    """The page that stays at the old title of `page`; in the commons when its place is renamed,
    since the old prefix names no place any more."""
    old = replace(PageFields.of(page), is_place=False)
    if in_commons:
        old = replace(old, place=None, title=page.full_title)
    text = f"#REDIRECT [[{full_title(new)}]]\n"
    return NewVersion(WikiPage(), text, old, by, tags=["redirect"])


def _redirect_in_the_way(page: WikiPage, new: PageFields) -> WikiPage | None:
    """The redirect at the new title that leads to `page` itself: it gives way; None where the title is free.

    Raises TitleTaken where another page, or a redirect that says something else, has the title.
    """
    other = page_lookup.find_by_key(titles.key_of(full_title(new)))
    if other is None or other.pk == page.pk:
        return None
    if other.redirect_key != page.title_key or other.version > 1:
        raise TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=other.full_title)
    return other
