"""Rows of a result as words and as HTML: the one place that knows how a value is written and linked."""

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
"""What an outside link may begin with, whatever a value says."""


def is_subject_column(column: Column) -> bool:
    """Whether a column is the page itself (`?`)."""
    return not column.printout.chain and column.printout.category is None


def output_format_of(column: Column) -> str:
    """The form in which a column's values are shown: `x` for `?Category:Name`, as in SMW."""
    return column.printout.output_format or ("x" if column.printout.category else "")


def join_html(separator: str, pieces: Iterable[SafeString]) -> SafeString:
    """HTML pieces with a plain separator between them."""
    return format_html_join(escape(separator), "{}", ((piece,) for piece in pieces))


def class_attribute(*names: str) -> SafeString:
    """The attribute `class`, with a blank before it; nothing where no name is left."""
    kept = " ".join(name for name in names if name)
    return format_html(' class="{}"', kept) if kept else EMPTY_HTML


def author_classes(result: QueryResult) -> str:
    """The words of `class=` that may be class names, each marked as the author's (`ask-x-…`)."""
    words = re.findall(r"[A-Za-z][A-Za-z0-9_-]{0,39}", option(result, "class"))
    return " ".join(f"ask-x-{word}" for word in words[:5])


def with_label(label: SafeString, words: SafeString) -> SafeString:
    """`Label: words`, with the blanks of the language."""
    return format_html(gettext("{label}: {words}"), label=label, words=words)


class Cells:
    """The rows of one result, as words or as HTML, by its parameters `link`, `mainlabel` and `headers`."""

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
        """The label of a column, linked to the page of its property unless `headers` or `link` forbid it."""
        key, title = column.declaration.key, column.declaration.title
        known = column.printout.chain and title and not key.startswith("_")
        if not known or self.headers == "plain" or not self.links_values:
            return escape(column.label)
        return format_html('<a href="{}">{}</a>', address("page", f"Property:{title}"), column.label)

    def subject_heading(self) -> str:
        """What stands over the column of pages."""
        return self.main_label if self.has_subject else ""

    # --- Subjects
    def subject_html(self, row: ResultRow) -> SafeString:
        """The page of a row, linked unless `link=none`."""
        return self.page_html(row.subject, linked=self.links_subject)

    def page_html(self, found: PageRef, *, linked: bool, form: str = "") -> SafeString:
        """A page by its title; red where it does not exist."""
        words = found.full_title if form == "-" else found.shown_title
        if not linked or form == "-":
            return escape(words)
        if not found.exists:
            return self._wanted(found.full_title, words)
        return format_html('<a href="{}">{}</a>', found.url, words)

    def _wanted(self, title: str, words: str) -> SafeString:
        tip = gettext("%(title)s (not written yet)") % {"title": title}
        return format_html(
            '<a class="red" rel="nofollow" title="{}" href="{}">{}</a>', tip, address("page", title), words
        )

    # --- Values
    def texts(self, row: ResultRow, index: int) -> list[str]:
        """The values of a cell in plain words."""
        column = self.result.columns[index]
        if is_subject_column(column):
            return [self._subject_words(row.subject, column.printout.output_format)]
        shown = (self.value_text(value, column.context, output_format_of(column)) for value in row.cells[index])
        return [words for words in shown if words]

    def data_texts(self, row: ResultRow, index: int) -> list[str]:
        """The values of a cell as other programs read them: `1234.5`, `2021-03-12`; as asked where a form is."""
        column = self.result.columns[index]
        if column.printout.output_format or column.printout.category or is_subject_column(column):
            return self.texts(row, index)
        forms = {DATE: "ISO-P", MONOLINGUAL: ""}
        shown = (self.value_text(value, column.context, forms.get(value.datatype, "-")) for value in row.cells[index])
        return [words for words in shown if words]

    def _subject_words(self, found: PageRef, form: str) -> str:
        return found.full_title if form == "-" else found.shown_title

    def value_text(self, value: Value, context: Context, form: str = "") -> str:
        """One value in plain words."""
        if value.problem is not None:
            return value.raw
        if value.datatype == PAGE:
            found = self.result.pages.get(value.canonical_value)
            return self._subject_words(found, form) if found else value.raw
        return registry.show(value, context, form)

    def html(self, row: ResultRow, index: int) -> list[SafeString]:
        """The values of a cell, escaped and linked."""
        column = self.result.columns[index]
        if is_subject_column(column):
            return [self.page_html(row.subject, linked=self.links_subject, form=column.printout.output_format)]
        shown = (self.value_html(value, column.context, output_format_of(column)) for value in row.cells[index])
        return [words for words in shown if words]

    def value_html(self, value: Value, context: Context, form: str = "") -> SafeString:
        """One value, escaped and linked."""
        if value.problem is not None:
            return escape(value.raw)
        if value.datatype == PAGE:
            return self._page_value(value, context, form)
        if value.parts:
            return self._record(value, context)
        words = registry.show(value, context, form)
        if value.datatype == CODE:
            return format_html("<code>{}</code>", words)
        link = registry.link(value, context) if self.links_values and form not in ("-", "nowiki") else ""
        if link.lower().startswith(LINK_SCHEMES):
            return format_html('<a href="{}" rel="nofollow ugc">{}</a>', link, words)
        return escape(words)

    def _page_value(self, value: Value, context: Context, form: str) -> SafeString:
        """A page; one that is not there is plain words where nobody declared that the property names pages."""
        found = self.result.pages.get(value.canonical_value)
        if found is not None:
            return self.page_html(found, linked=self.links_values, form=form)
        if not self.links_values or form == "-" or not value.raw.strip() or not context.declaration.datatype:
            return escape(value.raw)
        return self._wanted(value.raw.partition("#")[0].lstrip(":") or value.raw, value.raw)

    def _record(self, value: Value, context: Context) -> SafeString:
        """A record as SMW writes it: the first field, the others in brackets."""
        declared = {field.key: field for field in context.declaration.fields}
        shown = [self.value_html(part, _within(context, declared.get(key))) for key, part in value.parts]
        if len(shown) < 2:
            return join_html("", shown)
        return format_html("{} ({})", shown[0], join_html(", ", shown[1:]))


def _within(context: Context, declaration: Declaration | None) -> Context:
    """The context of a field of a record."""
    if declaration is None:
        return Context(context.language, page=context.page, place_title=context.place_title)
    return Context(context.language, declaration, context.page, context.place_title)


def find_column(result: QueryResult, name: str) -> int | None:
    """The index of the column with that label, property name or number (from 1); None where there is none."""
    wanted = name.strip().casefold()
    for index, column in enumerate(result.columns):
        if wanted in (column.label.casefold(), column.declaration.title.casefold()):
            return index
    return int(wanted) - 1 if wanted.isdecimal() and 0 < int(wanted[:6]) <= len(result.columns) else None


def columns_with_datatype(result: QueryResult, *datatypes: str) -> list[int]:
    """The indices of the columns that hold values of those datatypes: as declared, or as their values are."""
    found = []
    for index, column in enumerate(result.columns):
        seen = {value.datatype for row in result.rows for value in row.cells[index]}
        if column.declaration.datatype in datatypes or seen & set(datatypes):
            found.append(index)
    return found


def usable_values(row: ResultRow, indices: Sequence[int], *datatypes: str) -> list[Value]:
    """The values of those columns of a row that could be read and are of those datatypes."""
    return [value for i in indices for value in row.cells[i] if value.datatype in datatypes and value.is_usable]
