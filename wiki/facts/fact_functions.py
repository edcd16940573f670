"""The calls that state something, or say what the page is called; all are filled when the text is saved."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.html import escape

from wiki.text.markup.parser_functions import CallHandler, own_names
from wiki.text.markup.placeholders import Placeholder


def silent(placeholder: Placeholder, full_title: str) -> str:
    """What is stated shows in the fact box, not where it was written."""
    return ""


def own_name(placeholder: Placeholder, full_title: str) -> str:
    """The title of the page, with or without its namespace, or its namespace."""
    return escape(own_names(full_title)[str(placeholder.data["name"])])


CALLS: Mapping[str, CallHandler | None] = {
    "#set": silent,
    "#subobject": silent,
    "defaultsort": silent,
    "pagename": own_name,
    "fullpagename": own_name,
    "namespace": own_name,
}
