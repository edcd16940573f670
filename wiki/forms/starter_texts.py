"""The text that a new page begins with: the starter of its kind, or the outline of another page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wiki.forms.form_lookup import form_of_kind
from wiki.pages import page_lookup
from wiki.pages.kind_statements import kind_front_matter

if TYPE_CHECKING:
    from wiki.pages.models import Reader

_MARKS = re.compile(r"[\[\]*_`]")


def starter_text(key: str, language: str, user: Reader, like: str = "") -> str:
    """Return the text of a new page of a kind: with the headings of the page `like`, else with the kind's starter.

    Only the headings are taken: who wants the words of a page forks it, so that its authors are named.
    """
    front = kind_front_matter(key)
    body = outline_of(like, user) if like else ""
    if not body:
        source = form_of_kind(key, user) if key else None
        body = source.definition.starter(language) if source is not None else ""
    return f"{front}\n{body}" if front and body else front + body


def outline_of(title: str, user: Reader) -> str:
    """Return the headings of a page, as Markdown; "" if there is no such page."""
    page = page_lookup.find(title, user)
    rendered = page.rendered.first() if page is not None else None
    entries = rendered.toc if rendered is not None else []
    return "".join(f"{'#' * entry['level']} {_MARKS.sub('', entry['title'])}\n\n" for entry in entries)
