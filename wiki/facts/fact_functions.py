"""Parser functions that state facts, and variables with the title of the page.

All are rendered when the text is saved.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.html import escape

from wiki.text.markup.parser_functions import ParserFunctionHandler, page_name_variables
from wiki.text.markup.placeholders import Placeholder


def render_nothing(placeholder: Placeholder, full_title: str) -> str:
    """Return "": the facts stated by a parser function show in the fact box, not in the text."""
    return ""


def render_own_name(placeholder: Placeholder, full_title: str) -> str:
    """Return the title of the page with or without its namespace, or the namespace alone, as HTML."""
    return escape(page_name_variables(full_title)[str(placeholder.data["name"])])


FACT_FUNCTIONS: Mapping[str, ParserFunctionHandler | None] = {
    "#set": render_nothing,
    "#subobject": render_nothing,
    "defaultsort": render_nothing,
    "pagename": render_own_name,
    "fullpagename": render_own_name,
    "namespace": render_own_name,
}
