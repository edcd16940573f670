"""Look-ups of pages by title, and the fields that follow from a title."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from wiki.errors import Refused, TitleTaken, gettext_noop
from wiki.pages.interwiki import interwiki_url
from wiki.pages.models import WikiPage, WikiPageQuerySet
from wiki.pages.page_fields import PageFields
from wiki.pages.read_permissions import is_shown, may_read_deleted
from wiki.text import titles

if TYPE_CHECKING:
    from wiki.pages.models import Reader


def find_by_key(key: str) -> WikiPage | None:
    """Find the page with a title key, with source and place. No permission filter: for writing only."""
    return _only(WikiPage.objects.filter(title_key=key).select_related("source", "place"))


def _only(pages: WikiPageQuerySet) -> WikiPage | None:
    """Return the page of a query by a unique column, unsorted: to build the order takes as long as the query."""
    return next(iter(pages.order_by()), None)


def reload_page(pk: int) -> WikiPage:
    """Load a page again, with source and place. No permission filter: for writing only. Raises DoesNotExist."""
    found: WikiPage = WikiPage.objects.select_related("source", "place").get(pk=pk)
    return found


def find(title: str, user: Reader) -> WikiPage | None:
    """Find the page with a full title, if `user` may read it. Raises TitleProblem."""
    readable = WikiPage.objects.readable_by(user).filter(title_key=titles.key_of(title))
    return _only(readable.select_related("source", "place", "kind"))


def find_deleted(full_title: str, user: Reader | None = None) -> WikiPage | None:
    """Find the page that was last deleted under this title, in any spelling; a new text continues its history.

    One that was hidden is found only for a `user` who would see it.
    """
    deleted = WikiPage.objects.filter(is_shown(user or AnonymousUser()), title_key__isnull=True)
    deleted = deleted.select_related("source", "place").order_by("-edited_at", "-pk")
    found: WikiPage | None = deleted.filter(full_title=full_title).first()
    if found is None:
        key, folded = titles.key_of(full_title), titles.fold(full_title.rpartition(":")[2])
        found = next(
            (page for page in deleted.filter(title_fold=folded) if titles.key_of(page.full_title) == key), None
        )
    return found


def find_in_history(title: str, user: Reader) -> WikiPage | None:
    """Find the page with a full title as `find` does; if there is none, the deleted one, for those who may see it.

    Raises TitleProblem.
    """
    found = find(title, user)
    if found is None and may_read_deleted(user):
        namespace, rest = titles.split_namespace(titles.clean_title(title))
        found = find_deleted(titles.build_full_title(namespace, None, rest), user)
    return found


def split_place(full_title: str) -> tuple[WikiPage | None, str]:
    """Split a full title into the place named by its prefix, or None, and the rest of the title."""
    prefix, colon, rest = full_title.partition(":")
    if not colon or not rest.strip() or not prefix.strip():
        return None, full_title
    place = find_by_key(titles.key_of(prefix))
    if place is None or not place.is_place:
        return None, full_title
    return place, rest.strip()


def get_place(title: str, user: Reader) -> WikiPage:
    """Get the place with this title. Raises Refused if there is none that `user` may read, TitleProblem."""
    place = find(title, user)
    if place is None or not place.is_place:
        raise Refused(gettext_noop("There is no place called «%(title)s»."), title=title)
    return place


def fields_for_title(title: str, *, license: str, language: str) -> PageFields:
    """Return the fields of a new page with the full title `title`.

    Raises TitleProblem, and Refused for a title in the namespace of mirrors.
    """
    clean = titles.clean_title(title)
    if interwiki_url(clean):
        raise Refused(
            gettext_noop("Titles with «%(prefix)s:» lead to another site: choose another title."),
            prefix=clean.partition(":")[0],
        )
    namespace, rest = titles.split_namespace(clean)
    if namespace == titles.MIRROR_NAMESPACE:
        raise Refused(
            gettext_noop("Titles with «%(prefix)s:» are for pages of other sites."), prefix=clean.partition(":")[0]
        )
    if namespace:
        return PageFields(namespace, None, rest, False, license, language)
    place, rest = split_place(clean)
    return PageFields(0, place, rest, False, license, language)


def with_current_place(fields: PageFields) -> PageFields:
    """Return `fields` with the place loaded again. Raises Refused if it is no place any more."""
    if fields.place is None or fields.place.pk is None:
        return fields
    place = reload_page(fields.place.pk)
    if not place.is_place or place.is_deleted:
        raise Refused(gettext_noop("There is no place called «%(title)s»."), title=place.full_title)
    return replace(fields, place=place)


def check_place_title(title: str, renamed_place: WikiPage | None = None) -> None:
    """Check that a place can have this title: no «:», no namespace, and no page uses it as a prefix.

    Pages of `renamed_place`, and redirects, may have the prefix when that place is renamed.
    Raises TitleProblem, Refused, TitleTaken.
    """
    clean = titles.clean_title(title)
    if ":" in clean:
        raise Refused(gettext_noop("The name of a place cannot hold «:»."))
    if interwiki_url(f"{clean}:x"):
        raise Refused(gettext_noop("«%(title)s:» leads to another site: choose another name."), title=clean)
    if titles.split_namespace(f"{clean}:x")[0]:
        raise Refused(gettext_noop("«%(title)s» is the name of a namespace: choose another."), title=clean)
    pages = WikiPage.objects.filter(title_key__startswith=f"{titles.key_of(clean)}:")
    if renamed_place is not None:
        pages = pages.exclude(place=renamed_place).exclude(redirect_key__gt="")
    if pages.exclude(hidden_with=None).exists():
        raise TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=clean)
    if names := list(pages.values_list("full_title", flat=True)[:5]):
        raise TitleTaken(
            gettext_noop("Pages already begin with «%(prefix)s:»: %(pages)s. Rename them first."),
            prefix=clean,
            pages=", ".join(names),
        )


def redirect_target(page: WikiPage, user: Reader) -> WikiPage | None:
    """Follow at most 4 redirects from `page`; None if they end at no page, form a loop, or are more."""
    seen = {page.title_key}
    current = page
    for _ in range(5):
        if not current.redirect_key:
            return current
        if current.redirect_key in seen:
            return None
        seen.add(current.redirect_key)
        target = find(current.redirect_key, user)
        if target is None:
            return None
        current = target
    return None
