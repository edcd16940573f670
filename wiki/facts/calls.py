"""The calls that state something, or say what the page is called; all are filled when the text is saved."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.html import escape

from wiki.text import titles
from wiki.text.calls import CallHandler
from wiki.text.holes import Hole


def silent(hole: Hole, full_title: str) -> str:
    """What is stated shows in the fact box, not where it was written."""
    return ""


def page_name(hole: Hole, full_title: str) -> str:
    """The title without its namespace."""
    return escape(titles.split_namespace(full_title)[1])


def full_page_name(hole: Hole, full_title: str) -> str:
    """The title with its namespace."""
    return escape(full_title)


CALLS: Mapping[str, CallHandler] = {
    "#set": silent,
    "#subobject": silent,
    "defaultsort": silent,
    "pagename": page_name,
    "fullpagename": full_page_name,
}
