"""The calls that state something, or say what the page is called; all are filled when the text is saved."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.html import escape

from wiki.text.markup.parser_functions import ParserFunctionHandler, page_name_variables
from wiki.text.markup.placeholders import Placeholder


def render_nothing(placeholder: Placeholder, full_title: str) -> str:
    """What is stated shows in the fact box, not where it was written."""
    return ""


def render_own_name(placeholder: Placeholder, full_title: str) -> str:
    """The title of the page, with or without its namespace, or its namespace."""
    return escape(page_name_variables(full_title)[str(placeholder.data["name"])])


CALLS: Mapping[str, ParserFunctionHandler | None] = {
    "#set": render_nothing,
    "#subobject": render_nothing,
    "defaultsort": render_nothing,
    "pagename": render_own_name,
    "fullpagename": render_own_name,
    "namespace": render_own_name,
}
