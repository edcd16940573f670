"""From a pending import to plans: the table read by its mapping, questions, titles, and what would be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from wiki.accounts.models import User
from wiki.errors import Refused, gettext_noop
from wiki.exchange.models import TableImport
from wiki.exchange.table_import.import_fields import FieldSet
from wiki.exchange.table_import.plausibility import ask_questions
from wiki.exchange.table_import.row_pages import NewPageFields
from wiki.exchange.table_import.row_plans import ImportOptions, RowAction, RowPlan, RowPlanner, dump_plans
from wiki.exchange.table_import.row_titles import PLACE, set_titles
from wiki.exchange.table_import.table_content import Table
from wiki.exchange.table_import.table_rows import ReadRow, RemarkKind, TableColumns, read_rows

CHUNK = 100
"""Rows that are planned, and written, together: it blocks other writers for about a tenth of a second."""
Progress = Callable[[int, int], None]
"""Called with the number of rows that are done, and of all rows."""


@dataclass(frozen=True, slots=True)
class PreparedImport:
    """The rows of a table, and what plans them."""

    rows: Sequence[ReadRow]
    planner: RowPlanner

    def chunks(self, first: int = 0) -> Iterator[Sequence[ReadRow]]:
        """Yield the rows from number `first` of the list on, CHUNK at a time."""
        for start in range(first, len(self.rows), CHUNK):
            yield self.rows[start : start + CHUNK]


def prepare(pending: TableImport, user: User) -> PreparedImport:
    """Read the rows of a pending import by its mapping. Raises Refused if its table is gone."""
    if pending.content is None:
        raise Refused(gettext_noop("This table was imported already."))
    table = Table.loaded(bytes(pending.content))
    fields = FieldSet(pending.kind_key, user)
    columns = TableColumns(table, pending.mapping, fields, pending.language)
    rows = read_rows(table, columns)
    place = pending.place.full_title if pending.place is not None and pending.kind_key != PLACE else ""
    set_titles(rows, fields, place)
    ask_questions(rows, columns, fields)
    options = ImportOptions.of(pending.options)
    new_fields = NewPageFields(pending.kind_key, pending.license, pending.language)
    return PreparedImport(rows, RowPlanner(pending.source, user, fields, columns, options, new_fields))


def check_table(pending: TableImport, user: User, on_progress: Progress) -> None:
    """Store what would be done with each row of a pending import; nothing else is written. Raises Refused."""
    prepared = prepare(pending, user)
    plans: list[RowPlan] = []
    for rows in prepared.chunks():
        plans += [planned.plan for planned in prepared.planner.plan(rows)]
        on_progress(len(plans), len(prepared.rows))
    pending.preview = dump_plans(plans)
    pending.state = TableImport.TableState.CHECKED
    pending.save(update_fields=["preview", "state"])


def counts_of(plans: Sequence[RowPlan]) -> dict[str, int]:
    """Return how many rows have each action, and each kind of remark."""
    found = Counter[str](plan.action.value for plan in plans)
    for plan in plans:
        found.update({remark.kind.value for remark in plan.remarks})
    return {name: found[name] for name in (*RowAction, *RemarkKind)}
