"""Look-ups of pages and versions: each returns what the user may read, or raises Http404."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.http import Http404

from wiki.accounts.models import User
from wiki.pages import page_lookup
from wiki.pages.models import PageVersion, PageVersionQuerySet, WikiPage
from wiki.text import titles

if TYPE_CHECKING:
    from wiki.pages.models import Reader

_NUMBER = re.compile(r"[0-9]{1,9}")


def get_page_or_404(title: str, user: Reader) -> WikiPage:
    """Return the page with this title; a deleted page for administrators only.

    Raises Http404 if there is none, or none that `user` may read.
    """
    try:
        page = page_lookup.find_in_history(title, user)
    except titles.TitleProblem as problem:
        raise Http404 from problem
    if page is None:
        raise Http404
    return page


def number_from(raw: str | None, default: int) -> int:
    """Return the number in a query string; `default` if it is missing or invalid."""
    return int(raw) if raw and _NUMBER.fullmatch(raw) else default


def get_version_pair(page: WikiPage, user: Reader, old: int, new: int) -> tuple[PageVersion | None, PageVersion]:
    """Return versions `old` and `new` of `page` with their texts; one query.

    The older is None for number 0. Raises Http404 if one of them does not exist or may not be read.
    """
    found = {
        version.number: version
        for version in PageVersion.objects.readable_by(user)
        .filter(page=page, number__in={old, new})
        .select_related("stored", "author", "place")
    }
    if new not in found or (old and old not in found):
        raise Http404
    return found.get(old), found[new]


def get_contributor(user: Reader, username: str, name: str) -> tuple[User | None, PageVersionQuerySet]:
    """Return an account and its versions; None and the versions of an author without account for `name`.

    Raises Http404 if there is neither.
    """
    versions = versions_by(user, username, name)
    person = User.objects.filter(username=username).first() if username else None
    if person is None and not versions.exists():
        raise Http404
    return person, versions


def get_place_or_404(title: str, user: Reader) -> WikiPage:
    """Return the place with this title. Raises Http404 as `get_page_or_404`, and for a page that is no place."""
    page = get_page_or_404(title, user)
    if not page.is_place:
        raise Http404
    return page


def versions_by(user: Reader, username: str, name: str = "") -> PageVersionQuerySet:
    """Return the versions of account `username` or, without account, those under `name`.

    Imported authors are known by name only; their names never stand for accounts here.
    """
    versions = PageVersion.objects.readable_by(user)
    if username:
        return versions.filter(author__username=username)
    return versions.filter(author__isnull=True, author_name=name)
