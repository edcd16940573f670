"""Addresses of the room that take more than one title or name."""

from __future__ import annotations

from django.urls import reverse
from django.utils.http import urlencode

from wiki.pages.page_urls import address


def changes_address(place: str) -> str:
    """The changes of the place of that full title."""
    return address("place_changes", place, argument="place")


def contributions_address(username: str, name: str = "") -> str:
    """What an account has written or, without one, what someone of that `name` has."""
    return _person("contributions", username, name)


def feed_address(view: str, target: str = "", name: str = "") -> str:
    """The feed `view` of a page or place (a full title), of a person, or of all."""
    if view == "feed_contributions":
        return _person(view, target, name)
    return address(view, target) if target else reverse(view)


def _person(view: str, username: str, name: str) -> str:
    """The address of `view` for an account, or for a name."""
    if username:
        return reverse(view, args=[username])
    return f"{reverse(f'{view}_by_name')}?{urlencode({'name': name})}"
