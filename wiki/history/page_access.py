"""The ways into the history of a page: each returns what the reader may see, or raises Http404."""

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
    """The page of that title. Deleted ones have a history for administrators only.

    Raises Http404 where there is none, or none that `user` may read.
    """
    try:
        page = page_lookup.find(title, user)
        if page is None and getattr(user, "is_superuser", False):
            namespace, rest = titles.split_namespace(titles.clean_title(title))
            page = page_lookup.find_deleted(titles.build_full_title(namespace, None, rest))
    except titles.TitleProblem as problem:
        raise Http404 from problem
    if page is None:
        raise Http404
    return page


def number_from(raw: str | None, default: int) -> int:
    """A version number from an address; `default` where it is missing or is no number."""
    return int(raw) if raw and _NUMBER.fullmatch(raw) else default


def get_version_pair(page: WikiPage, user: Reader, old: int, new: int) -> tuple[PageVersion | None, PageVersion]:
    """Versions `old` and `new` of `page` with their texts at hand; one query.

    The older is None for number 0: before there was a page. Raises Http404 where one of them
    does not exist or may not be read.
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
    """An account, or None for someone known only by `name`, and what they wrote. Raises Http404 for neither."""
    versions = versions_by(user, username, name)
    person = User.objects.filter(username=username).first() if username else None
    if person is None and not versions.exists():
        raise Http404
    return person, versions


def get_place_or_404(title: str, user: Reader) -> WikiPage:
    """The place of that title. Raises Http404 like `page_at`, and for a page that is no place."""
    page = get_page_or_404(title, user)
    if not page.is_place:
        raise Http404
    return page


def versions_by(user: Reader, username: str, name: str = "") -> PageVersionQuerySet:
    """What the account `username` wrote or, without one, what an author without account did.

    Authors from elsewhere are known by their names only, and no account is taken for them.
    """
    versions = PageVersion.objects.readable_by(user)
    if username:
        return versions.filter(author__username=username)
    return versions.filter(author__isnull=True, author_name=name)
