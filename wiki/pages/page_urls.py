"""Where screens are read, by the URL names of their views; one screen asks for dozens."""

from __future__ import annotations

import functools

from django.urls import get_script_prefix, reverse

from wiki.text import titles


def address(view: str, full_title: str, argument: str = "title") -> str:
    """The address of `view` for the page of that title, which it takes as `argument`. Raises NoReverseMatch.

    Django's `reverse` would percent-encode «:»; MediaWiki's addresses keep it, and so do ours.
    """
    return _of_page(view, argument, get_script_prefix()).replace("%C2%A7", titles.quote_title(full_title))


def view_address(view: str) -> str:
    """The address of `view`, which is of no page. Raises NoReverseMatch."""
    return _of_none(view, get_script_prefix())


@functools.cache
def _of_page(view: str, argument: str, prefix: str) -> str:
    """The address of `view` for the page «§», below `prefix`."""
    return reverse(view, kwargs={argument: "§"})


@functools.cache
def _of_none(view: str, prefix: str) -> str:
    return reverse(view)
