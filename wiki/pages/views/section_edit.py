"""Editing one section of a page: which lines of the text it is, and the whole text with the section as written."""

from __future__ import annotations

import re

from django.utils.translation import get_language

from wiki.errors import Refused, gettext_noop
from wiki.pages.models import RenderedPage, WikiPage
from wiki.pages.writing import rebuild_derived
from wiki.text import sections
from wiki.text.markup.headings import TocEntry

_SPAN = re.compile(r"(\d{1,7})-(\d{1,7})")


def find_span(page: WikiPage, heading_id: str) -> str:
    """Return the lines of a section as the form of the editor has them (`12-20`); "" if there is no such section."""
    language = (get_language() or "fr")[:2]
    stored = RenderedPage.objects.filter(page=page, ui_language=language, version=page.version).first()
    stored = stored or rebuild_derived.rebuild_page(page, language)
    toc = [TocEntry(**entry) for entry in stored.toc]
    span = sections.section_lines(page.source.text, toc, heading_id)
    return f"{span[0]}-{span[1]}" if span else ""


def section_text(text: str, span: str) -> str:
    """Return the section at these lines of a text."""
    return sections.lines_of(text, _parsed(span))


def whole_text(page: WikiPage, base: int | None, span: str, text: str) -> str:
    """Return the text of version `base` with `text` in place of the lines `span`. Raises Refused."""
    version = page.versions.filter(number=base).select_related("stored").first() if base else None
    base_text = version.text() if version else None
    if base_text is None:
        raise Refused(
            gettext_noop("The version that this section is from is gone. Copy your text, and edit the page anew.")
        )
    return sections.with_lines(base_text, _parsed(span), text)


def _parsed(span: str) -> tuple[int, int]:
    """Return the two numbers of a span. Raises Refused."""
    match = _SPAN.fullmatch(span)
    if not match or int(match[1]) > int(match[2]):
        raise Refused(
            gettext_noop("The form does not say which section this is. Copy your text, and edit the page anew.")
        )
    return int(match[1]), int(match[2])
