"""Saving an edited table: all pages with changed cells in one transaction and one changeset, or none.

A cell that others did not touch is entered into the page as it is now, whatever else was changed in it. Where both
changed the same fact, values of a list are merged as in any edit; a single value is a conflict, which the table shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from wiki.accounts.models import User
from wiki.errors import WikiError, gettext_noop
from wiki.forms.bound_fields import BoundField
from wiki.forms.field_inputs import shown_value
from wiki.forms.field_values import bind_values, changes_of, new_values
from wiki.forms.missing_properties import create_missing_properties
from wiki.pages.models import Changeset, PageVersion, WikiPage
from wiki.pages.writing.batch_edits import PageEdit, edit_pages
from wiki.pages.writing.page_writer import Author, EditSummary, retry_while_stale
from wiki.table_editing.editable_table import EditableTable, TableRow, base_texts, entries_of
from wiki.table_editing.table_cells import TableCell
from wiki.text.frontmatter.entry_editing import UnwritableValue, with_values
from wiki.text.frontmatter.frontmatter_reader import FrontMatterEntry
from wiki.text.frontmatter.yaml_values import FrontMatterValue
from wiki.text.merging.frontmatter_merge import ValueSet, merge_sets

CLASH = gettext_noop("Somebody changed this meanwhile.")
UNWRITABLE = gettext_noop("This cannot be written as a fact: leave out unusual signs.")
CHANGED_SHAPE = gettext_noop("The page states this in another way now, which no cell can show: change it on the page.")
LEAVE_OUT = gettext_noop("This page is not here any more. Leave it out to save the others.")


@dataclass(slots=True)
class _MergedCell:
    """A changed cell, entered into the text of its page as it is now."""

    now: BoundField
    values: list[str] | None
    """What the page gets, as inputs show it; None for a conflict."""


def save_table(table: EditableTable, user: User, summary: EditSummary) -> list[PageVersion] | None:
    """Write the changed cells; return the versions, none if no page changes.

    None if nothing was saved because of conflicts or rows that cannot be saved, which the table then shows. The caller
    counts the batch against the rate limits. Raises NotAllowed, Refused, DatabaseBusy.
    """
    rows = [row for row in table.rows if row.is_changed]

    def attempt() -> list[PageVersion] | None:
        for row in rows:
            row.problems.clear()
        readable = WikiPage.objects.readable_by(user).select_related("source", "place")
        pages: dict[int, WikiPage] = readable.in_bulk([row.pk for row in rows])
        entries = entries_of(base_texts(pages, {}))
        edits = [edit for row in rows if (edit := _edit_of(row, pages.get(row.pk), entries.get(row.pk, {})))]
        if table.is_wrong:
            return None
        if not edits:
            return []
        changeset = Changeset(act=Changeset.Act.EDIT, by=user, comment=summary.comment)
        return edit_pages(edits, Author.of(user), summary, changeset)

    return retry_while_stale(attempt)


def declare_properties(table: EditableTable, user: User, language: str) -> WikiError | None:
    """Create the pages of properties that have none, so that what was entered has the datatypes of its inputs.

    Return the error if that was refused: the cells can be saved all the same.
    """
    columns = {cell.column.key: cell.column for cell in table.changed_cells if cell.value}
    fields = [one.field for one in columns.values() if one.field is not None and one.is_of_form]
    try:
        create_missing_properties(fields, Author.of(user), language)
    except WikiError as error:
        return error
    return None


def _edit_of(
    row: TableRow, page: WikiPage | None, entries: Mapping[str, Sequence[FrontMatterEntry]]
) -> PageEdit | None:
    """Return the new text of a row's page; None if it stays as it is, or has a problem, which the row then has."""
    if page is None:
        row.problems.append(gettext(LEAVE_OUT))
        return None
    is_merged = page.version != row.base
    merged = {cell.name: _merge(cell, entries.get(cell.column.key, [])) for cell in row.cells if cell.is_changed}
    if any(one is None for one in merged.values()):
        return None
    known = {name: one for name, one in merged.items() if one is not None}
    if any(one.values is None for one in known.values()):
        _show_conflicts(row, page, entries, known)
        return None
    text = page.source.text or ""
    try:
        changes = {key: value for one in known.values() for key, value in _changes(one).items()}
        new_text = with_values(text, changes)
    except UnwritableValue:
        _find_unwritable(row, text, known)
        return None
    return PageEdit(page, new_text, ["merged"] if is_merged else []) if new_text != text else None


def _changes(one: _MergedCell) -> dict[str, FrontMatterValue | None]:
    """Return the changes of the front matter with which the page states a merged cell."""
    one.now.values = one.values or []
    return changes_of(one.now, new_values(one.now))


def _find_unwritable(row: TableRow, text: str, merged: Mapping[str, _MergedCell]) -> None:
    """Add an error to each cell whose values cannot be written."""
    for cell in row.cells:
        if cell.name in merged and cell.bound is not None:
            try:
                with_values(text, _changes(merged[cell.name]))
            except UnwritableValue:
                cell.bound.errors.append(gettext(UNWRITABLE))


def _show_conflicts(
    row: TableRow, page: WikiPage, entries: Mapping[str, Sequence[FrontMatterEntry]], merged: Mapping[str, _MergedCell]
) -> None:
    """Let a row begin with the page as it is now, with what was entered, and show the facts that both changed."""
    row.base, row.page = page.version, page
    for cell in row.cells:
        bound = cell.bound
        if bound is None:
            continue
        if (one := merged.get(cell.name)) is None:
            now = BoundField(bound.field, bound.name, bound.language, declaration=bound.declaration)
            if bind_values(now, entries.get(cell.column.key, [])):
                cell.rebase(now, None)
        elif one.values is not None:
            cell.rebase(one.now, one.values)
        else:
            cell.rebase(one.now, bound.values)
            cell.show_conflict(gettext(CLASH))


def _merge(cell: TableCell, entries: Sequence[FrontMatterEntry]) -> _MergedCell | None:
    """Enter a changed cell into the entries of its fact as they are now; None, with an error, if they are no values."""
    bound = cell.bound
    if bound is None:
        return None
    now = BoundField(bound.field, bound.name, bound.language, declaration=bound.declaration)
    if not bind_values(now, entries):
        bound.errors.append(gettext(CHANGED_SHAPE))
        return None
    field = bound.field
    base, theirs = ([shown_value(field, text) for text in one.old_values] for one in (bound, now))
    if theirs in (base, bound.values):
        return _MergedCell(now, bound.values)
    if not (cell.is_list or bound.input.control == "choices"):
        return _MergedCell(now, None)
    merged = merge_sets(_set_of(base), _set_of(bound.values), _set_of(theirs))
    return _MergedCell(now, None if merged is None else [str(value) for value in merged.values()])


def _set_of(values: Sequence[str]) -> ValueSet:
    return {value: value for value in values}
