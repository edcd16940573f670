"""What an import would do with each row: create a page, change it, leave it as it is, or refuse the row.

A row is known again by its identifier in its data set, or by its title (`ImportedRow`). Each field is merged three
ways: the base is what the table said at the last import, so that edits made on the wiki stay.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from django.utils.translation import gettext

from wiki.accounts.models import User
from wiki.exchange.models import ImportedRow
from wiki.exchange.table_import.cell_values import identities
from wiki.exchange.table_import.import_fields import BODY, FieldSet
from wiki.exchange.table_import.row_pages import NewPageFields, RowPages
from wiki.exchange.table_import.stated_values import PageValues
from wiki.exchange.table_import.table_rows import ReadRow, Remark, RemarkKind, TableColumns
from wiki.pages import permissions
from wiki.pages.models import WikiPage
from wiki.text import titles
from wiki.text.frontmatter.entry_editing import can_be_edited

Values = Mapping[str, Sequence[str]]


class RowAction(StrEnum):
    """What is done with a row."""

    CREATE = "create"
    CHANGE = "change"
    KEEP = "keep"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the person decided on the preview."""

    leaves_out_bad_rows: bool = False
    """Whether rows with bad cells are left out; else they are imported without these cells."""
    leaves_out_questioned: bool = False
    """Whether values that are not plausible are left out."""
    takes_table: bool = False
    """Whether the table's values replace those that people wrote on the wiki."""

    @classmethod
    def of(cls, chosen: Mapping[str, object]) -> ImportOptions:
        """Return the options that `asdict` made a dictionary of."""
        return cls(**{name: bool(chosen.get(name)) for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A field of a page with other values."""

    column: str
    old: str
    new: str


@dataclass(slots=True)
class RowPlan:
    """What is done with one row, and why."""

    number: int
    title: str
    action: RowAction
    reason: str = ""
    """Why it is refused."""
    remarks: list[Remark] = field(default_factory=list)
    changes: list[ValueChange] = field(default_factory=list)


@dataclass(slots=True)
class PlannedRow:
    """A plan with what writing it needs."""

    row: ReadRow
    plan: RowPlan
    page: WikiPage | None = None
    reader: PageValues = field(default_factory=lambda: PageValues({}, {}))
    """Writes values into the text of the page."""
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By key of property, what is written; of others nothing is."""
    said: dict[str, list[str]] = field(default_factory=dict)
    """The base of the next merge."""
    is_new_base: bool = False
    """Whether `said` is other than what is stored."""


def dump_plans(plans: Iterable[RowPlan]) -> bytes:
    """Return plans as compressed JSON."""
    return zlib.compress(json.dumps([asdict(plan) for plan in plans], ensure_ascii=False).encode())


def load_plans(raw: bytes) -> list[RowPlan]:
    """Return the plans that `dump_plans` wrote."""
    plans = []
    for values in json.loads(zlib.decompress(raw)):
        values["action"] = RowAction(values["action"])
        values["remarks"] = [Remark(**{**one, "kind": RemarkKind(one["kind"])}) for one in values["remarks"]]
        values["changes"] = [ValueChange(**one) for one in values["changes"]]
        plans.append(RowPlan(**values))
    return plans


class RowPlanner:
    """Plans rows, some at a time: a few queries for each call."""

    def __init__(
        self, source: str, user: User, fields: FieldSet, columns: TableColumns, options: ImportOptions,
        new_fields: NewPageFields,
    ) -> None:  # fmt: skip
        self.source, self.user, self.fields, self.columns, self.options = source, user, fields, columns, options
        self.new_fields = new_fields
        self._numbers: dict[int | str, int] = {}
        """By page, or key of a new title, the number of the row that it is of."""

    def plan(self, rows: Sequence[ReadRow]) -> list[PlannedRow]:
        """Return what is done with rows."""
        usable = [row for row in rows if not row.problem]
        pages = RowPages(self.source, self.fields.kind_key, self.user, usable)
        texts = [page.source.text or "" for page in pages.found.values()]
        readers = PageValues.readers_for(texts, self.columns.fields)
        return [self._plan(row, pages, readers) for row in rows]

    def _plan(self, row: ReadRow, pages: RowPages, values: PageValues) -> PlannedRow:
        remarks = [*row.remarks, *pages.remarks.get(row.number, ())]
        planned = PlannedRow(row, RowPlan(row.number, row.title, RowAction.CREATE, remarks=remarks), reader=values)
        plan, page = planned.plan, pages.found.get(row.number)
        planned.page = page
        plan.title = page.full_title if page is not None and row.number not in pages.problems else row.title
        plan.reason = row.problem or pages.problems.get(row.number, "") or self._refusal(row, page)
        if plan.reason:
            plan.action = RowAction.REFUSE
            return planned
        said = {key: texts for key, texts in row.values.items() if not self._is_left_out(row, key)}
        known = pages.imported.get(row.number)
        if page is None:
            planned.values = {key: texts for key, texts in said.items() if texts}
            planned.said = {key: list(texts) for key, texts in said.items()}
            planned.is_new_base = True
            return planned
        self._merge(planned, said, known, values)
        plan.action = RowAction.CHANGE if planned.values else RowAction.KEEP
        return planned

    def _refusal(self, row: ReadRow, page: WikiPage | None) -> str:
        """Return why a row that is in order may not be imported; "" if it may."""
        if self.options.leaves_out_bad_rows and row.has(RemarkKind.BAD):
            return gettext("Left out, since some of its cells cannot be read.")
        number = self._numbers.setdefault(titles.key_of(row.title) if page is None else page.pk, row.number)
        if number != row.number:
            return gettext("Row %(number)d is of the same page.") % {"number": number}
        if page is None:
            return self.new_fields.problem_of(row.title)
        if not permissions.has_permission(self.user, permissions.Action.EDIT, page):
            return gettext("You may not change this page.")
        if not can_be_edited(page.source.text or ""):
            return gettext("The facts of this page are too long to be changed by a table.")
        return ""

    def _is_left_out(self, row: ReadRow, key: str) -> bool:
        questioned = {remark.key for remark in row.remarks if remark.kind == RemarkKind.QUESTION}
        return self.options.leaves_out_questioned and key in questioned

    def _merge(self, planned: PlannedRow, said: Values, known: ImportedRow | None, values: PageValues) -> None:
        """Find what a row changes of its page: field by field."""
        page, row = planned.page, planned.row
        if page is None:
            return
        stated = values.of_text(page.source.text or "")
        base: dict[str, list[str]] = dict(known.values) if known is not None else {}
        planned.said = dict(base)
        for key, mine in said.items():
            theirs = stated.get(key)
            if theirs and _is_list_of(row.cells.get(key, ""), theirs):
                mine = tuple(theirs)
            outcome = self._outcome(key, mine, theirs, base.get(key), page.language)
            if outcome == "differs":
                self._report_difference(planned, key, mine, theirs)
                continue
            planned.said[key] = list(mine)
            if outcome == "take":
                planned.values[key] = tuple(mine)
                old = " | ".join(theirs or ())
                planned.plan.changes.append(ValueChange(self._column(key), old[:300], " | ".join(mine)[:300]))
        planned.is_new_base = known is None or planned.said != known.values

    def _outcome(
        self, key: str, mine: Sequence[str], theirs: Sequence[str] | None, base: Sequence[str] | None, language: str
    ) -> str:
        """Return `take` for the table's values, `keep` for the page's, `same`, or `differs` if nobody can say."""
        if theirs is None:  # stated in a form that no field shows
            return "differs" if mine else "keep"
        if self._equal(key, mine, theirs, language):
            return "same"
        if base is not None and self._equal(key, mine, base, language):
            return "keep"
        if base is not None and self._equal(key, theirs, base, language):
            return "take"
        if base is None and not mine:
            return "keep"
        if not theirs and base is None:
            return "take"
        return "take" if self.options.takes_table else "differs"

    def _equal(self, key: str, one: Sequence[str], other: Sequence[str], language: str) -> bool:
        if list(one) == list(other):
            return True
        found = self.columns.fields.get(key)
        if found is None or key == BODY:
            return [text.strip() for text in one] == [text.strip() for text in other]
        return identities(one, found, language) == identities(other, found, language)

    def _column(self, key: str) -> str:
        return self.columns.column_of(key) or gettext("Text")

    def _report_difference(
        self, planned: PlannedRow, key: str, mine: Sequence[str], theirs: Sequence[str] | None
    ) -> None:
        text = gettext("The page says “%(value)s”: this stays.") % {"value": " | ".join(theirs or ())[:100]}
        shown = " | ".join(mine)[:100]
        planned.plan.remarks.append(Remark(RemarkKind.DIFFERENCE, self._column(key), shown, text, key))


def _is_list_of(cell: str, values: Sequence[str]) -> bool:
    """Return whether a cell is a list of values as exports write it."""
    return cell in (", ".join(values), " | ".join(values), "\n".join(values))
