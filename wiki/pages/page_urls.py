"""URLs of views by URL name, cached, since one page contains dozens of them."""

from __future__ import annotations

import functools

from django.urls import get_script_prefix, reverse

from wiki.text import titles


def address(view: str, full_title: str, argument: str = "title") -> str:
    """Return the URL of `view` for the page `full_title`, its parameter `argument`. Raises NoReverseMatch.

    Django's `reverse` percent-encodes «:»; MediaWiki's URLs do not, nor do these.
    """
    return _pattern(view, argument, get_script_prefix()).replace("%C2%A7", titles.quote_title(full_title))


def view_address(view: str) -> str:
    """Return the URL of a view without parameters. Raises NoReverseMatch."""
    return _reverse(view, get_script_prefix())


@functools.cache
def _pattern(view: str, argument: str, prefix: str) -> str:
    """Return the URL of `view` with «§» in place of the title; `prefix` only separates cache entries."""
    return reverse(view, kwargs={argument: "§"})


@functools.cache
def _reverse(view: str, prefix: str) -> str:
    """Return the URL of `view`; `prefix` only separates cache entries."""
    return reverse(view)
