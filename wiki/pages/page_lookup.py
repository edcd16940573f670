"""From titles to pages, and from pages to the fields of new ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wiki.errors import Refused, TitleTaken, gettext_noop
from wiki.pages.models import WikiPage
from wiki.pages.page_fields import PageFields
from wiki.text import titles

if TYPE_CHECKING:
    from wiki.pages.models import Reader


def find_by_key(key: str) -> WikiPage | None:
    """The page with that title key, with source and place; for the writer, not for readers."""
    found: WikiPage | None = WikiPage.objects.filter(title_key=key).select_related("source", "place").first()
    return found


def reload_page(pk: int) -> WikiPage:
    """The page as it is now, with source and place; for the writer. Raises DoesNotExist."""
    found: WikiPage = WikiPage.objects.select_related("source", "place").get(pk=pk)
    return found


def find(title: str, user: Reader) -> WikiPage | None:
    """The page of that full title that `user` may read, or None. Raises TitleProblem."""
    found: WikiPage | None = (
        WikiPage.objects.readable_by(user)
        .filter(title_key=titles.key_of(title))
        .select_related("source", "place", "kind")
        .first()
    )
    return found


def find_deleted(full_title: str) -> WikiPage | None:
    """The page last deleted under that title, whose history a new text goes on with."""
    found: WikiPage | None = (
        WikiPage.objects.filter(full_title=full_title, title_key__isnull=True)
        .select_related("source", "place")
        .order_by("-edited_at", "-pk")
        .first()
    )
    return found


def split_place(full_title: str) -> tuple[WikiPage | None, str]:
    """Split off the place that the prefix of a full title names, if it names one."""
    prefix, colon, rest = full_title.partition(":")
    if not colon or not rest.strip() or not prefix.strip():
        return None, full_title
    place = find_by_key(titles.key_of(prefix))
    if place is None or not place.is_place:
        return None, full_title
    return place, rest.strip()


def get_place(title: str, user: Reader) -> WikiPage:
    """The place of that name that `user` may read. Raises Refused where there is none, TitleProblem."""
    place = find(title, user)
    if place is None or not place.is_place:
        raise Refused(gettext_noop("There is no place called «%(title)s»."), title=title)
    return place


def fields_for_title(title: str, *, license: str, language: str) -> PageFields:
    """The fields of a new page with the full title `title`. Raises TitleProblem."""
    clean = titles.clean_title(title)
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
    """`fields` with their place as it is now. Raises Refused where it is none any more."""
    if fields.place is None or fields.place.pk is None:
        return fields
    place = reload_page(fields.place.pk)
    if not place.is_place or place.is_deleted:
        raise Refused(gettext_noop("There is no place called «%(title)s»."), title=place.full_title)
    return replace(fields, place=place)


def check_place_title(title: str, but: WikiPage | None = None) -> None:
    """Refuse a title that no place can have: with «:», a namespace's, or a prefix in use.

    `but` is the place that is being renamed. Raises TitleProblem, Refused, TitleTaken.
    """
    clean = titles.clean_title(title)
    if ":" in clean:
        raise Refused(gettext_noop("The name of a place cannot hold «:»."))
    if titles.split_namespace(f"{clean}:x")[0]:
        raise Refused(gettext_noop("«%(title)s» is the name of a namespace: choose another."), title=clean)
    users = WikiPage.objects.filter(title_key__startswith=f"{titles.key_of(clean)}:")
    if but is not None:
        users = users.exclude(place=but).exclude(redirect_key__gt="")
    if names := list(users.values_list("full_title", flat=True)[:5]):
        raise TitleTaken(
            gettext_noop("Pages already begin with «%(prefix)s:»: %(pages)s. Rename them first."),
            prefix=clean,
            pages=", ".join(names),
        )


def redirect_target(page: WikiPage, user: Reader) -> WikiPage | None:
    """Where a redirect leads in the end (at most 5 steps), or None when nowhere or in a ring."""
    seen = {page.title_key}
    current = page
    for _ in range(5):
        if not current.redirect_key:
            return current
        if current.redirect_key in seen:
            return None
        seen.add(current.redirect_key)
        step = find(current.redirect_key, user)
        if step is None:
            return None
        current = step
    return None
