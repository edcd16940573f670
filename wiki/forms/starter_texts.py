"""The text that a new page begins with: the starter of its kind, or the outline of another page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wiki.forms.form_lookup import form_of_kind
from wiki.pages import page_lookup
from wiki.pages.models import Kind
from wiki.text.frontmatter.frontmatter_writer import dump_yaml

if TYPE_CHECKING:
    from wiki.pages.models import Reader

ARTICLE = "article"
_MARKS = re.compile(r"[\[\]*_`]")


def kind_line(key: str, language: str) -> str:
    """Return the front matter that says of which kind a new page is; "" for an article or an unknown kind."""
    kind = Kind.objects.filter(key=key).first()
    if kind is None or kind.key == ARTICLE:
        return ""
    is_french = language == "fr"
    return f"---\n{dump_yaml({'Nature' if is_french else 'Kind': kind.name_fr if is_french else kind.name_en})}---\n"


def starter_text(key: str, language: str, user: Reader, like: str = "") -> str:
    """Return the text of a new page of a kind: with the headings of the page `like`, else with the kind's starter.

    Only the headings are taken: who wants the words of a page forks it, so that its authors are named.
    """
    front = kind_line(key, language)
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
