"""URLs of this package that take more than one title or name."""

from __future__ import annotations

from django.urls import reverse
from django.utils.http import urlencode

from wiki.pages.page_urls import address


def changes_address(place: str) -> str:
    """Return the URL of the changes in the place with this full title."""
    return address("place_changes", place, argument="place")


def contributions_address(username: str, name: str = "") -> str:
    """Return the URL of an account's contributions or, without account, of those under `name`."""
    return _person_address("contributions", username, name)


def feed_address(view: str, target: str = "", name: str = "") -> str:
    """Return the URL of the feed `view`: of a page or place (full title), of a person, or of the wiki."""
    if view == "feed_contributions":
        return _person_address(view, target, name)
    return address(view, target) if target else reverse(view)


def _person_address(view: str, username: str, name: str) -> str:
    """Return the URL of `view` for an account, or for the name of an author without account."""
    if username:
        return reverse(view, args=[username])
    return f"{reverse(f'{view}_by_name')}?{urlencode({'name': name})}"


def batch_address(number: int) -> str:
    """Return the URL of the list of the versions of a changeset."""
    return f"{reverse('changes')}?{urlencode({'batch': number})}"
