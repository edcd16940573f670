"""Formats that show pages themselves: `category` (A to Z), `embedded` (their text), `gallery` (cards)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from wiki.ask.formats.base import EMPTY_HTML, Format, FormatContext, Parameter, option, switch_option
from wiki.ask.formats.cells import PAGE, Cells, join_html, with_label
from wiki.ask.formats.list_formats import row_html
from wiki.errors import gettext_noop
from wiki.text import titles
from wiki.text.titles import FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wiki.ask.execution.results import QueryResult, ResultRow
    from wiki.ask.formats.base import Thumbnail

EMBEDDED_LIMIT = 50
"""Pages that one result embeds at most."""
"""Number of the namespace File."""


# --- category
def _letter(row: ResultRow) -> str:
    first = _sort_title(row)[:1]
    return first.upper() if first.isalpha() else "0–9" if first.isdigit() else "#"


def _sort_title(row: ResultRow) -> str:
    return row.subject.sort_title.strip() or titles.fold(row.subject.shown_title.strip())


def _sort_key(row: ResultRow) -> tuple[int, str]:
    title = _sort_title(row)
    return (2 if title[:1].isalpha() else 1 if title[:1].isdigit() else 0), title


def category(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render pages under their first letters, in columns."""
    cells = Cells(result)
    groups: dict[str, list[SafeString]] = {}
    for row in sorted(result.rows, key=_sort_key):
        groups.setdefault(_letter(row), []).append(row_html(row, cells))
    sections = (
        (letter, format_html_join("", "<li>{}</li>", ((item,) for item in items))) for letter, items in groups.items()
    )
    return format_html(
        '<div class="ask-letters">{}</div>',
        format_html_join("", '<div class="ask-letter"><p><strong>{}</strong></p><ul>{}</ul></div>', sections),
    )


# --- embedded
def embedded(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render the text of each page under its title."""
    cells = Cells(result)
    title_format = option(result, "embedformat", "h2").lower()
    without_titles = switch_option(result, "embedonly")
    sections = []
    for row in result.rows[:EMBEDDED_LIMIT]:
        text = format_context.page_html(row.subject.page_pk) if row.subject.page_pk else EMPTY_HTML
        title = EMPTY_HTML if without_titles else cells.subject_html(row)
        sections.append(_embedded_page(title_format, title, format_html('<div class="ask-embedded">{}</div>', text)))
    html = join_html("", sections)
    if len(result.rows) > EMBEDDED_LIMIT:
        note = gettext("Only the first %(limit)s pages are shown in full.") % {"limit": EMBEDDED_LIMIT}
        html = format_html('{}<p class="rows-note">{}</p>', html, note)
    return format_html("<{0}>{1}</{0}>", title_format, html) if title_format in ("ul", "ol") else html


def _embedded_page(title_format: str, title: SafeString, text: SafeString) -> SafeString:
    if title_format in ("ul", "ol"):
        return format_html("<li>{}{}</li>", title, text)
    level = title_format if title_format in ("h1", "h2", "h3", "h4", "h5", "h6") else "h2"
    heading = format_html("<{0}>{1}</{0}>", "h2" if level == "h1" else level, title) if title else EMPTY_HTML
    return format_html("{}{}", heading, text)


# --- gallery
def _picture_name(row: ResultRow, result: QueryResult) -> str:
    """Return the first value that is a file, else the page's own picture."""
    for cell in row.cells:
        for value in cell:
            if value.datatype == PAGE and titles.split_namespace(value.raw)[0] == FILE:
                return titles.split_namespace(value.raw)[1]
    if row.subject.namespace == FILE:
        return titles.split_namespace(row.subject.full_title)[1]
    return row.subject.picture_name


def _is_picture(result: QueryResult, index: int) -> bool:
    return any(
        value.datatype == PAGE and titles.split_namespace(value.raw)[0] == FILE
        for row in result.rows
        for value in row.cells[index]
    )


def _card(row: ResultRow, cells: Cells, pictures: Mapping[str, Thumbnail], facts: list[int]) -> SafeString:
    thumbnail = pictures.get(_picture_name(row, cells.result))
    if thumbnail is None:
        initial = escape(row.subject.shown_title[:1].upper())
        image = format_html('<span class="card-blank" aria-hidden="true">{}</span>', initial)
    else:
        image = format_html(
            '<img class="card-picture" src="{}" alt="{}" title="{}" loading="lazy" width="{}" height="{}">',
            thumbnail.url, thumbnail.description, thumbnail.credit, thumbnail.width, thumbnail.height,
        )  # fmt: skip
    lines = []
    for index in facts:
        values = cells.html(row, index)
        if values:
            column, value = cells.result.columns[index], join_html(", ", values)
            labelled = cells.headers != "hide" and column.label
            lines.append((with_label(escape(column.label), value) if labelled else value,))
    excerpt = format_html("<p>{}</p>", row.subject.excerpt) if row.subject.excerpt and not lines else EMPTY_HTML
    title = format_html("<h3>{}</h3>", cells.subject_html(row)) if cells.has_subject else EMPTY_HTML
    return format_html(
        '<li class="card ask-card" data-colour="grey">{}<div class="card-body">{}{}{}</div></li>',
        image, title, excerpt, format_html_join("", '<p class="ask-card-fact">{}</p>', lines),
    )  # fmt: skip


def gallery(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render cards with the picture that a printout names, else the first one of the page."""
    cells = Cells(result)
    facts = [index for index in range(len(result.columns)) if not _is_picture(result, index)]
    pictures = format_context.pictures([_picture_name(row, result) for row in result.rows])
    cards = (_card(row, cells, pictures, facts) for row in result.rows)
    return format_html('<ul class="cards ask-gallery">{}</ul>', join_html("", cards))


FORMATS = (
    Format("category", gettext_noop("A to Z"), gettext_noop("Pages under their first letters."), (), (), category),
    Format(
        "gallery", gettext_noop("gallery"), gettext_noop("Cards with pictures."),
        ("carousel", "slideshow"), (), gallery, shows_cards=True,
    ),
    Format(
        "embedded", gettext_noop("embedded pages"), gettext_noop("The text of each page under its title."), (),
        (
            Parameter("embedformat", "choice", "h2", gettext_noop("How the title of each page is written."),
                      ("h2", "h3", "h4", "h5", "h6", "ul", "ol")),
            Parameter("embedonly", "switch", "no", gettext_noop("Whether the titles are left out.")),
        ),
        embedded,
    ),
)  # fmt: skip
