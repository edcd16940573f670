"""Cells of a result as text and as HTML: the only module that formats and links values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from wiki.ask.formats.base import EMPTY_HTML, option
from wiki.facts.datatypes import registry
from wiki.facts.values import Context
from wiki.pages.page_urls import address

if TYPE_CHECKING:
    from wiki.ask.execution.results import Column, PageRef, QueryResult, ResultRow
    from wiki.facts.values import Declaration, Value

PAGE, CODE, BOOLEAN, DATE, PLACE, MONOLINGUAL, NUMBER = (
    "_wpg", "_cod", "_boo", "_dat", "_geo", "_mlt_rec", "_num",
)  # fmt: skip
LINK_SCHEMES = ("https://", "http://", "mailto:", "tel:", "ftp://", "ftps://", "geo:")
"""Allowed beginnings of external links."""


def is_subject_column(column: Column) -> bool:
    """Whether a column is the page itself (`?`)."""
    return not column.printout.chain and column.printout.category is None


def output_format_of(column: Column) -> str:
    """Return the output format of a column's values: `x` for `?Category:Name`, as in SMW."""
    return column.printout.output_format or ("x" if column.printout.category else "")


def join_html(separator: str, parts: Iterable[SafeString]) -> SafeString:
    """Join HTML with a separator, which is escaped unless it is HTML itself."""
    return format_html_join(separator, "{}", ((part,) for part in parts))


def class_attribute(*names: str) -> SafeString:
    """Return the attribute `class` with a space before it; nothing without names."""
    given = " ".join(name for name in names if name)
    return format_html(' class="{}"', given) if given else EMPTY_HTML


def author_classes(result: QueryResult) -> str:
    """Return the names in the parameter `class`, each prefixed as the author's (`ask-x-…`)."""
    class_names = re.findall(r"[A-Za-z][A-Za-z0-9_-]{0,39}", option(result, "class"))
    return " ".join(f"ask-x-{name}" for name in class_names[:5])


def with_label(label: SafeString, value: SafeString) -> SafeString:
    """Return `Label: value`, punctuated for the active language."""
    return format_html(gettext("{label}: {words}"), label=label, words=value)


class Cells:
    """Formats the cells of one result as text or HTML, by its parameters `link`, `mainlabel` and `headers`."""

    def __init__(self, result: QueryResult) -> None:
        self.result = result
        link = option(result, "link", "all")
        self.links_values = link == "all"
        self.links_subject = link in ("all", "subject")
        self.main_label = result.query.parameters.get("mainlabel", "").strip()
        self.has_subject = self.main_label != "-"
        self.headers = option(result, "headers", "show")

    # --- Headings
    def heading(self, column: Column) -> SafeString:
        """Return the label of a column, linked to the page of its property unless `headers` or `link` forbid it."""
        key, title = column.declaration.key, column.declaration.title
        has_property_page = column.printout.chain and title and not key.startswith("_")
        if not has_property_page or self.headers == "plain" or not self.links_values:
            return escape(column.label)
        return format_html('<a href="{}">{}</a>', address("page", f"Property:{title}"), column.label)

    def subject_heading(self) -> str:
        """Return the heading of the column of pages."""
        return self.main_label if self.has_subject else ""

    # --- Subjects
    def subject_html(self, row: ResultRow) -> SafeString:
        """Return the page of a row, linked unless `link=none`."""
        return self.page_html(row.subject, linked=self.links_subject)

    def page_html(self, page: PageRef, *, linked: bool, output_format: str = "") -> SafeString:
        """Return a page by its title; a red link where it does not exist."""
        text = page.full_title if output_format == "-" else page.shown_title
        if not linked or output_format == "-":
            return escape(text)
        if not page.exists:
            return self._red_link(page.full_title, text)
        return format_html('<a href="{}">{}</a>', page.url, text)

    def _red_link(self, title: str, text: str) -> SafeString:
        tooltip = gettext("%(title)s (not written yet)") % {"title": title}
        return format_html(
            '<a class="red" rel="nofollow" title="{}" href="{}">{}</a>', tooltip, address("page", title), text
        )

    # --- Values
    def texts(self, row: ResultRow, index: int) -> list[str]:
        """Return the values of a cell as text."""
        column = self.result.columns[index]
        if is_subject_column(column):
            return [self._subject_text(row.subject, column.printout.output_format)]
        values = (self.value_text(value, column.context, output_format_of(column)) for value in row.cells[index])
        return [text for text in values if text]

    def data_texts(self, row: ResultRow, index: int) -> list[str]:
        """Return the values of a cell for programs: `1234.5`, `2021-03-12`; or in the output format, if given."""
        column = self.result.columns[index]
        if column.printout.output_format or column.printout.category or is_subject_column(column):
            return self.texts(row, index)
        output_formats = {DATE: "ISO-P", MONOLINGUAL: ""}
        values = (
            self.value_text(value, column.context, output_formats.get(value.datatype, "-"))
            for value in row.cells[index]
        )
        return [text for text in values if text]

    def _subject_text(self, page: PageRef, output_format: str) -> str:
        return page.full_title if output_format == "-" else page.shown_title

    def value_text(self, value: Value, context: Context, output_format: str = "") -> str:
        """Return one value as text."""
        if value.problem is not None:
            return value.raw
        if value.datatype == PAGE:
            page = self.result.pages.get(value.canonical_value)
            return self._subject_text(page, output_format) if page else value.raw
        return registry.show(value, context, output_format)

    def html(self, row: ResultRow, index: int) -> list[SafeString]:
        """Return the values of a cell, escaped and linked."""
        column = self.result.columns[index]
        if is_subject_column(column):
            return [self.page_html(row.subject, linked=self.links_subject, output_format=column.printout.output_format)]
        values = (self.value_html(value, column.context, output_format_of(column)) for value in row.cells[index])
        return [value for value in values if value]

    def value_html(self, value: Value, context: Context, output_format: str = "") -> SafeString:
        """Return one value, escaped and linked."""
        if value.problem is not None:
            return escape(value.raw)
        if value.datatype == PAGE:
            return self._page_value(value, context, output_format)
        if value.parts:
            return self._record(value, context)
        text = registry.show(value, context, output_format)
        if value.datatype == CODE:
            return format_html("<code>{}</code>", text)
        link = registry.link(value, context) if self.links_values and output_format not in ("-", "nowiki") else ""
        if link.lower().startswith(LINK_SCHEMES):
            return format_html('<a href="{}" rel="nofollow ugc">{}</a>', link, text)
        return escape(text)

    def _page_value(self, value: Value, context: Context, output_format: str) -> SafeString:
        """Return a page value; a missing page is text where the property was not declared to have pages."""
        page = self.result.pages.get(value.canonical_value)
        if page is not None:
            return self.page_html(page, linked=self.links_values, output_format=output_format)
        if not self.links_values or output_format == "-" or not value.raw.strip() or not context.declaration.datatype:
            return escape(value.raw)
        return self._red_link(value.raw.partition("#")[0].lstrip(":") or value.raw, value.raw)

    def _record(self, value: Value, context: Context) -> SafeString:
        """Return a record as SMW does: the first field, then the others in parentheses."""
        declarations = {field.key: field for field in context.declaration.fields}
        fields = [self.value_html(part, _field_context(context, declarations.get(key))) for key, part in value.parts]
        if len(fields) < 2:
            return join_html("", fields)
        return format_html("{} ({})", fields[0], join_html(", ", fields[1:]))


def _field_context(context: Context, declaration: Declaration | None) -> Context:
    """Return the context of a field of a record."""
    if declaration is None:
        return Context(context.language, page=context.page, place_title=context.place_title)
    return Context(context.language, declaration, context.page, context.place_title)


def find_column(result: QueryResult, name: str) -> int | None:
    """Return the index of the column with this label, property name or number (from 1); None where there is none."""
    folded = name.strip().casefold()
    for index, column in enumerate(result.columns):
        if folded in (column.label.casefold(), column.declaration.title.casefold()):
            return index
    return int(folded) - 1 if folded.isdecimal() and 0 < int(folded[:6]) <= len(result.columns) else None


def columns_with_datatype(result: QueryResult, *datatypes: str) -> list[int]:
    """Return the indices of columns with values of the datatypes, as declared or as the values are."""
    found = []
    for index, column in enumerate(result.columns):
        seen = {value.datatype for row in result.rows for value in row.cells[index]}
        if column.declaration.datatype in datatypes or seen & set(datatypes):
            found.append(index)
    return found


def usable_values(row: ResultRow, indices: Sequence[int], *datatypes: str) -> list[Value]:
    """Return the usable values of the datatypes in the given columns of a row."""
    return [value for i in indices for value in row.cells[i] if value.datatype in datatypes and value.is_usable]
