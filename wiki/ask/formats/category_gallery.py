"""Result pages themselves: `category` (from A to Z), `embedded` (their text) and `gallery` (cards with picture)."""

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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wiki.ask.execution.results import QueryResult, ResultRow
    from wiki.ask.formats.base import Thumbnail

EMBEDDED_LIMIT = 50
"""Pages that one result may embed."""
FILE = 6
"""The number of the namespace of files."""


# --- category
def _letter(row: ResultRow) -> str:
    first = titles.fold(row.subject.shown_title.strip())[:1]
    return first.upper() if first.isalpha() else "0–9" if first.isdigit() else "#"


def _place(row: ResultRow) -> tuple[int, str]:
    words = titles.fold(row.subject.shown_title.strip())
    return (2 if words[:1].isalpha() else 1 if words[:1].isdigit() else 0), words


def category(result: QueryResult, shown: FormatContext) -> SafeString:
    """Pages under their first letters, in columns."""
    cells = Cells(result)
    groups: dict[str, list[SafeString]] = {}
    for row in sorted(result.rows, key=_place):
        groups.setdefault(_letter(row), []).append(row_html(row, cells))
    sections = (
        (letter, format_html_join("", "<li>{}</li>", ((item,) for item in items))) for letter, items in groups.items()
    )
    return format_html(
        '<div class="ask-letters">{}</div>',
        format_html_join("", '<div class="ask-letter"><p><strong>{}</strong></p><ul>{}</ul></div>', sections),
    )


# --- embedded
def embedded(result: QueryResult, shown: FormatContext) -> SafeString:
    """The text of each page under its title."""
    cells = Cells(result)
    form = option(result, "embedformat", "h2").lower()
    bare = switch_option(result, "embedonly")
    pieces = []
    for row in result.rows[:EMBEDDED_LIMIT]:
        text = shown.page_html(row.subject.page_pk) if row.subject.page_pk else EMPTY_HTML
        title = EMPTY_HTML if bare else cells.subject_html(row)
        pieces.append(_embedded_one(form, title, format_html('<div class="ask-embedded">{}</div>', text)))
    inner = join_html("", pieces)
    if len(result.rows) > EMBEDDED_LIMIT:
        words = gettext("Only the first %(limit)s pages are shown in full.") % {"limit": EMBEDDED_LIMIT}
        inner = format_html('{}<p class="rows-note">{}</p>', inner, words)
    return format_html("<{0}>{1}</{0}>", form, inner) if form in ("ul", "ol") else inner


def _embedded_one(form: str, title: SafeString, text: SafeString) -> SafeString:
    if form in ("ul", "ol"):
        return format_html("<li>{}{}</li>", title, text)
    level = form if form in ("h1", "h2", "h3", "h4", "h5", "h6") else "h2"
    heading = format_html("<{0}>{1}</{0}>", "h2" if level == "h1" else level, title) if title else EMPTY_HTML
    return format_html("{}{}", heading, text)


# --- gallery
def _picture_name(row: ResultRow, result: QueryResult) -> str:
    """The first value that is a file, else the page's own picture."""
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
    small = pictures.get(_picture_name(row, cells.result))
    if small is None:
        blank = escape(row.subject.shown_title[:1].upper())
        image = format_html('<span class="card-blank" aria-hidden="true">{}</span>', blank)
    else:
        image = format_html(
            '<img class="card-picture" src="{}" alt="{}" title="{}" loading="lazy" width="{}" height="{}">',
            small.url, small.description, small.credit, small.width, small.height,
        )  # fmt: skip
    lines = []
    for index in facts:
        values = cells.html(row, index)
        if values:
            column, words = cells.result.columns[index], join_html(", ", values)
            labelled = cells.headers != "hide" and column.label
            lines.append((with_label(escape(column.label), words) if labelled else words,))
    excerpt = format_html("<p>{}</p>", row.subject.excerpt) if row.subject.excerpt and not lines else EMPTY_HTML
    title = format_html("<h3>{}</h3>", cells.subject_html(row)) if cells.has_subject else EMPTY_HTML
    return format_html(
        '<li class="card ask-card" data-colour="grey">{}<div class="card-body">{}{}{}</div></li>',
        image, title, excerpt, format_html_join("", '<p class="ask-card-fact">{}</p>', lines),
    )  # fmt: skip


def gallery(result: QueryResult, shown: FormatContext) -> SafeString:
    """Cards with the picture that a printout names, else the page's first."""
    cells = Cells(result)
    facts = [index for index in range(len(result.columns)) if not _is_picture(result, index)]
    pictures = shown.pictures([_picture_name(row, result) for row in result.rows])
    cards = (_card(row, cells, pictures, facts) for row in result.rows)
    return format_html('<ul class="cards ask-gallery">{}</ul>', join_html("", cards))


FORMATS = (
    Format("category", gettext_noop("A to Z"), gettext_noop("Pages under their first letters."), (), (), category),
    Format(
        "gallery", gettext_noop("gallery"), gettext_noop("Cards with pictures."),
        ("carousel", "slideshow"), (), gallery,
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
