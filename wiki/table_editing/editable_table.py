"""The rows of an edited table: pages with their cells, as they are now or as a form sent them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext

from wiki.accounts.models import User
from wiki.errors import gettext_noop
from wiki.facts.models import Fact
from wiki.facts.property_declarations import load_properties, property_keys_by_row
from wiki.forms.field_values import entries_by_property, keys_stated_by
from wiki.forms.form_definition import STEWARDS
from wiki.pages import permissions
from wiki.pages.models import PageVersion, Stewardship, WikiPage
from wiki.table_editing.table_cells import ELSEWHERE, STEWARDS_ONLY, TableCell
from wiki.table_editing.table_columns import COLUMNS_LIMIT, KindFields, TableColumn, WantedColumn, columns_sent
from wiki.text.frontmatter.entry_editing import can_be_edited
from wiki.text.frontmatter.frontmatter_reader import FrontMatterEntry, parse_front_matter
from wiki.text.titles import FORM

if TYPE_CHECKING:
    from wiki.pages.models import Reader

ROWS_LIMIT = 100
"""Rows of one table at most."""
NO_PAGE = gettext_noop("This is no page of its own.")
GONE = gettext_noop("This page is not here any more, so nothing can be saved in it.")
NOT_ALLOWED = gettext_noop("You may not change this page.")
TOO_LARGE = gettext_noop("The facts at the beginning of this page are too long for a table: change them on the page.")
_ROW = re.compile(r"(\d{1,15}):(\d{1,9})")
_SENT = re.compile(r"c-(\d{1,15})-\d{1,2}(?:-conflict)?")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A subject of a query or a page of a directory."""

    pk: int
    """Of its page; 0 for what is no page of its own."""
    title: str
    url: str
    texts: Mapping[str, str] = field(default_factory=dict)
    """What columns show, by name."""


@dataclass(slots=True)
class TableRow:
    """One row."""

    pk: int
    title: str
    url: str
    cells: list[TableCell]
    page: WikiPage | None = None
    base: int = 0
    """Number of the version whose text the cells had when the table was opened."""
    why: str = ""
    """Message id: why none of its cells can be changed."""
    problems: list[str] = field(default_factory=list)
    """Why it cannot be saved."""
    kept: list[tuple[str, str]] = field(default_factory=list)
    """What was sent for a page that is gone."""

    @property
    def note(self) -> str:
        """Why none of its cells can be changed, in the language of the reader."""
        return gettext(self.why) if self.why else ""

    @property
    def sent(self) -> str:
        """What the form sends of the row."""
        return f"{self.pk}:{self.base}" if self.kept or any(cell.bound is not None for cell in self.cells) else ""

    @property
    def is_changed(self) -> bool:
        """Whether something was entered."""
        return bool(self.kept) or any(cell.is_changed for cell in self.cells)


class EditableTable:
    """Columns and rows."""

    def __init__(self, fields: KindFields, columns: list[TableColumn], rows: list[TableRow], language: str) -> None:
        self._fields = fields
        self.columns = columns
        self.rows = rows
        self._language = language

    @property
    def further_fields(self) -> list[tuple[str, str]]:
        """Name and label of the fields that can be added as columns."""
        return self._fields.further(self.columns, self._language) if len(self.columns) < COLUMNS_LIMIT else []

    @property
    def has_cells(self) -> bool:
        """Whether something can be changed."""
        return any(cell.bound is not None for row in self.rows for cell in row.cells)

    @property
    def wrong_cells(self) -> list[TableCell]:
        """The cells with errors."""
        return [cell for row in self.rows for cell in row.cells if cell.errors]

    @property
    def changed_cells(self) -> list[TableCell]:
        """The cells that were changed."""
        return [cell for row in self.rows for cell in row.cells if cell.is_changed]

    @property
    def is_wrong(self) -> bool:
        """Whether something has to be corrected before anything is saved."""
        return bool(self.wrong_cells) or any(row.problems for row in self.rows)

    def show(self, rows: Sequence[SourceRow], wanted: Sequence[WantedColumn]) -> None:
        """Show what the source of the table has beside the cells: headings, and the texts of the other columns."""
        by_name = {one.name: one for one in wanted}
        for column in self.columns:
            if (one := by_name.get(column.name)) is not None:
                column.label = one.label or column.label
                column.why = column.why and (one.why or column.why)
        by_pk = {row.pk: row for row in rows}
        for row in self.rows:
            if (source := by_pk.get(row.pk)) is not None:
                _show_texts(row, source.texts)


def open_table(
    rows: Sequence[SourceRow], wanted: Sequence[WantedColumn], kinds: Sequence[str], user: Reader, language: str
) -> EditableTable:
    """Return the table of some pages as they are now. `kinds` are asked for fields beside those of the pages."""
    pages = _load_pages([row.pk for row in rows], user)
    found = sorted({page.kind.key for page in pages.values() if page.kind is not None} | set(kinds))
    fields = KindFields(found, user, [one.name for one in wanted if not one.why])
    columns = fields.columns(wanted, language)
    made = [TableRow(row.pk, row.title, row.url, [], pages.get(row.pk)) for row in rows[:ROWS_LIMIT]]
    _add_cells(made, columns, {}, user, language, as_sent=False)
    table = EditableTable(fields, columns, made, language)
    for row, source in zip(made, rows, strict=False):
        _show_texts(row, source.texts)
    _show_other_facts(table)
    return table


def sent_table(data: QueryDict, kinds: Sequence[str], user: Reader, language: str) -> EditableTable:
    """Return the table that a form sent, with what was entered, checked against the texts that it was opened with."""
    wanted = columns_sent(data.getlist("column"))
    found = [match for text in data.getlist("row")[:ROWS_LIMIT] if (match := _ROW.fullmatch(text))]
    bases = {int(match[1]): int(match[2]) for match in found if f"leave-{match[1]}" not in data}
    pages = _load_pages(list(bases), user)
    of_pages = sorted({page.kind.key for page in pages.values() if page.kind is not None} | set(kinds))
    fields = KindFields(of_pages, user, [one.name for one in wanted if not one.why])
    columns = fields.columns(wanted, language)
    rows = [_sent_row(pk, base, pages.get(pk), data) for pk, base in bases.items()]
    _add_cells(rows, columns, bases, user, language, as_sent=True)
    for row in rows:
        for cell in row.cells:
            cell.fill(data, row.page.language if row.page is not None else language)
    return EditableTable(fields, columns, rows, language)


def _sent_row(pk: int, base: int, page: WikiPage | None, data: QueryDict) -> TableRow:
    """Return a row without its cells; one whose page is gone keeps what was sent for it."""
    if page is not None:
        return TableRow(pk, page.shown_title, page.get_absolute_url(), [], page, base)
    names = [name for name in data if (match := _SENT.fullmatch(name)) and int(match[1]) == pk]
    kept = [(name, value) for name in names for value in data.getlist(name) if value]
    return TableRow(pk, "—", "", [], base=base, why=GONE, kept=kept)


def _load_pages(pks: Sequence[int], user: Reader) -> dict[int, WikiPage]:
    """Return the pages that `user` may read, with source, place and kind. One query."""
    readable = WikiPage.objects.readable_by(user).select_related("source", "place", "kind")
    pages: dict[int, WikiPage] = readable.in_bulk([pk for pk in pks[:ROWS_LIMIT] if pk])
    return pages


def base_texts(pages: Mapping[int, WikiPage], bases: Mapping[int, int]) -> dict[int, str]:
    """Return the texts that pages had in the versions `bases`; one query where versions are not the current ones."""
    old = Q()
    for pk, number in bases.items():
        if pk in pages and pages[pk].version != number:
            old |= Q(page=pk, number=number)
    rows = PageVersion.objects.filter(old).select_related("stored") if old else []
    before = {row.page_id: row.text() or "" for row in rows}
    return {
        pk: before.get(pk, "") if bases.get(pk, page.version) != page.version else page.source.text or ""
        for pk, page in pages.items()
    }


def entries_of(texts: Mapping[int, str]) -> dict[int, dict[str, list[FrontMatterEntry]]]:
    """Return the entries that each text states, by key of property. One query for the properties of all."""
    rows = load_properties({key for text in texts.values() for key in keys_stated_by(text)})
    return {pk: entries_by_property(parse_front_matter(text).data, rows) for pk, text in texts.items()}


def _add_cells(
    rows: Sequence[TableRow], columns: Sequence[TableColumn], bases: Mapping[int, int], user: Reader, language: str,
    *, as_sent: bool,
) -> None:  # fmt: skip
    """Give each row its cells. What was sent gets inputs even if the person may not save it: nothing is lost."""
    pages = {row.pk: row.page for row in rows if row.page is not None}
    texts = base_texts(pages, bases)
    entries = entries_of({pk: text for pk, text in texts.items() if can_be_edited(text)})
    places = _places_of(user)
    for row in rows:
        page = row.page
        row.cells = [TableCell(column, f"c-{row.pk}-{number}", row.title) for number, column in enumerate(columns)]
        if page is None:
            row.why = row.why or (GONE if row.pk else NO_PAGE)
            continue
        row.base = bases.get(row.pk, page.version)
        if row.pk not in entries:
            row.why = TOO_LARGE
        elif not as_sent and (
            page.namespace == FORM or not permissions.has_permission(user, permissions.Action.EDIT, page)
        ):
            row.why = NOT_ALLOWED
        for cell in row.cells if row.pk in entries else ():
            cell.bind(entries[row.pk].get(cell.column.key, []), language)
            if row.why:
                cell.text, cell.bound = cell.value.replace("\n", ", "), None
            elif (
                _is_for_stewards(cell)
                and places is not None
                and (page.pk if page.is_place else page.place_id) not in places
            ):
                _refuse(cell, as_sent=as_sent)


def _is_for_stewards(cell: TableCell) -> bool:
    return cell.column.field is not None and cell.column.field.audience == STEWARDS


def _refuse(cell: TableCell, *, as_sent: bool) -> None:
    """Let a cell be no input; one that was sent keeps its input, and cannot be saved if it was changed."""
    cell.is_refused = True
    if not as_sent:
        cell.text, cell.bound, cell.why = cell.value.replace("\n", ", "), None, STEWARDS_ONLY


def _places_of(user: Reader) -> set[int] | None:
    """Return the places that `user` looks after; None for all. One query."""
    if not isinstance(user, User):
        return set()
    if user.is_superuser:
        return None
    return set(Stewardship.objects.filter(user=user).values_list("place_id", flat=True))


def _show_texts(row: TableRow, texts: Mapping[str, str]) -> None:
    """Show texts in the cells without inputs; an empty cell whose fact stands elsewhere loses its input."""
    for cell in row.cells:
        text = texts.get(cell.column.name, "")
        if not text:
            continue
        if cell.bound is None:
            cell.text = cell.text or text
        elif not cell.bound.old_values and not cell.bound.values:
            cell.bound, cell.text, cell.why = None, text, ELSEWHERE


def _show_other_facts(table: EditableTable) -> None:
    """Show, in place of empty inputs, what the running text of pages states. Two queries."""
    keys = {column.key for column in table.columns if column.key}
    empty = [row for row in table.rows if any(cell.bound is not None and not cell.bound.values for cell in row.cells)]
    if not keys or not empty:
        return
    names = property_keys_by_row(keys)
    facts = Fact.objects.filter(
        page__in=[row.pk for row in empty],
        property__in=list(names),
        subject__fragment="",
        part_of=None,
        removed_in=None,
    )
    found: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for page, property_row, raw in facts.order_by("position", "pk").values_list("page", "property", "raw"):
        found[page][names[property_row]].append(raw)
    for row in empty:
        of_page = found[row.pk]
        _show_texts(row, {one.name: ", ".join(of_page[one.key]) for one in table.columns if one.key in of_page})
