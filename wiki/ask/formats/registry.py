"""All result formats by name, and their two entry points: `render_html` for a page, `render_file` for a download."""

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
FORMATS: dict[str, Format] = {item.name: item for module in FORMAT_MODULES for item in module.FORMATS}
"""By name, in the order of the Ask page."""
FORMATS_BY_NAME: dict[str, Format] = FORMATS | {alias: item for item in FORMATS.values() for alias in item.aliases}
"""By name and alias."""


def find_format(name: str) -> Format | None:
    """Return the format with this name or alias, or None."""
    return FORMATS_BY_NAME.get(name.strip().lower())


def format_of(query: Query) -> Format:
    """Return the format of a query; without a known one, a table, or a list where there are no printouts."""
    named = find_format(query.parameters.get("format", ""))
    return named or FORMATS["table" if query.printouts else "list"]


def render_file(result: QueryResult, format_context: FormatContext) -> ResultFile | None:
    """Return the result as a download, in its query's format; None where the format makes no file."""
    make = format_of(result.query).file
    if make is None:
        return None
    with override(format_context.language):
        return make(result, format_context)


def render_html(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render the result for a page: with intro, outro, the text for no result, the link to further results."""
    with override(format_context.language):
        result_format = format_of(result.query)
        if not result.rows and not result_format.renders_empty_result:
            default = option(result, "default")
            return format_context.render_markdown(default) if default else EMPTY_HTML
        render = result_format.html
        body = render(result, format_context) if render else _link_to_file(result, format_context, result_format)
        before, after = _wiki_text(result, format_context, "intro"), _wiki_text(result, format_context, "outro")
        return join_html("", [before, body, _further_link(result, format_context, result_format), after])


def render_first_row(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render `{{#show:}}` without a format: the values of the first row, else the parameter `default`."""
    with override(format_context.language):
        return list_formats.first_row_values(result, format_context) or format_context.render_markdown(
            option(result, "default")
        )


def _wiki_text(result: QueryResult, format_context: FormatContext, name: str) -> SafeString:
    text = option(result, name)
    return format_context.render_markdown(text) if text else EMPTY_HTML


def _link_to_file(result: QueryResult, format_context: FormatContext, result_format: Format) -> SafeString:
    """Return a link to the download, for a format without HTML."""
    label = option(result, "searchlabel") or gettext("%(format)s file") % {"format": result_format.shown_label}
    return format_html(
        '<a class="ask-file" rel="nofollow" href="{}">{}</a>', format_context.download_url(result_format.name), label
    )


def _further_link(result: QueryResult, format_context: FormatContext, result_format: Format) -> SafeString:
    """Return the link to further results; an empty `searchlabel` omits it."""
    search_label = result.query.parameters.get("searchlabel")
    is_omitted = search_label is not None and not search_label.strip()
    if not result.has_more or not format_context.more_url or is_omitted or result_format.html is None:
        return EMPTY_HTML
    label = (search_label or "").strip() or gettext("… further results")
    return format_html(' <a class="ask-more" rel="nofollow" href="{}">{}</a>', format_context.more_url, label)
