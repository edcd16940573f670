"""All result formats by name, and the two ways in: `html` for a page, `file` for a download."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from django.utils.html import format_html
from django.utils.translation import gettext, override

from wiki.ask.formats import (
    aggregates,
    category_gallery,
    charts,
    csv_json,
    icalendar_vcard,
    list_formats,
    maps,
    rdf,
    syndication,
    tables,
    tag_cloud,
    templates,
    timeline_calendar,
    trees,
    xlsx,
)
from wiki.ask.formats.base import EMPTY_HTML, Format, FormatContext, ResultFile, option
from wiki.ask.formats.cells import join_html

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from wiki.ask.execution.results import QueryResult
    from wiki.ask.language.query_ast import Query

FORMAT_MODULES: tuple[ModuleType, ...] = (
    tables, list_formats, templates, category_gallery, maps, timeline_calendar, trees, charts, tag_cloud, aggregates,
    csv_json, xlsx, syndication, icalendar_vcard, rdf,
)  # fmt: skip
FORMATS: dict[str, Format] = {form.name: form for family in FORMAT_MODULES for form in family.FORMATS}
"""By name, in the order in which the Ask page offers them."""
FORMATS_BY_NAME: dict[str, Format] = FORMATS | {alias: form for form in FORMATS.values() for alias in form.aliases}
"""By every name that a question may write."""


def find_format(name: str) -> Format | None:
    """The format that a question calls so, or None."""
    return FORMATS_BY_NAME.get(name.strip().lower())


def format_of(question: Query) -> Format:
    """The format of a question; without one, or with an unknown one, a table, or a list where nothing is printed."""
    named = find_format(question.parameters.get("format", ""))
    return named or FORMATS["table" if question.printouts else "list"]


def render_file(result: QueryResult, shown: FormatContext) -> ResultFile | None:
    """The result as a download, in its question's format; None where that format has none."""
    make = format_of(result.query).file
    if make is None:
        return None
    with override(shown.language):
        return make(result, shown)


def render_html(result: QueryResult, shown: FormatContext) -> SafeString:
    """The result as it stands in a page, with intro, outro, the words for no result and the link to further ones."""
    with override(shown.language):
        form = format_of(result.query)
        if not result.rows and not form.renders_empty_result:
            default = option(result, "default")
            return shown.render_markdown(default) if default else EMPTY_HTML
        inner = form.html(result, shown) if form.html else _link_to_file(result, shown, form)
        before, after = _around(result, shown, "intro"), _around(result, shown, "outro")
        return join_html("", [before, inner, _further(result, shown, form), _examined(result), after])


def render_first_row(result: QueryResult, shown: FormatContext) -> SafeString:
    """What `{{#show:}}` shows without a format of its own: the values of the first row alone, else `default`."""
    with override(shown.language):
        return list_formats.first_row_values(result, shown) or shown.render_markdown(option(result, "default"))


def _around(result: QueryResult, shown: FormatContext, name: str) -> SafeString:
    text = option(result, name)
    return shown.render_markdown(text) if text else EMPTY_HTML


def _examined(result: QueryResult) -> SafeString:
    """That a sort by distance stopped early, where it did."""
    if result.examined is None:
        return EMPTY_HTML
    words = gettext("Only the first %(count)s pages were compared by distance.") % {"count": result.examined}
    return format_html(' <span class="rows-note">{}</span>', words)


def _link_to_file(result: QueryResult, shown: FormatContext, form: Format) -> SafeString:
    """What stands in a page for a format that is a file."""
    words = option(result, "searchlabel") or gettext("%(format)s file") % {"format": form.shown_label}
    return format_html('<a class="ask-file" rel="nofollow" href="{}">{}</a>', shown.download_url(form.name), words)


def _further(result: QueryResult, shown: FormatContext, form: Format) -> SafeString:
    """The link to further results; an empty `searchlabel` leaves it out."""
    written = result.query.parameters.get("searchlabel")
    empty = written is not None and not written.strip()
    if not result.has_more or not shown.more_url or empty or form.html is None:
        return EMPTY_HTML
    words = (written or "").strip() or gettext("… further results")
    return format_html(' <a class="ask-more" rel="nofollow" href="{}">{}</a>', shown.more_url, words)
