"""Writing the rows of a table: some at a time, all in one changeset, with a report that says what was done with each.

Written rows are counted in the transaction that writes them, so that an import that was interrupted goes on after them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from wiki.accounts.models import User
from wiki.errors import TitleTaken, WikiError
from wiki.exchange.import_tools import IMPORTED, finish_import
from wiki.exchange.models import ImportedRow, Origin, TableImport
from wiki.exchange.table_import.row_pages import deleted_pages, identifier_of
from wiki.exchange.table_import.row_plans import PlannedRow, RowAction, RowPlanner
from wiki.exchange.table_import.row_titles import PLACE
from wiki.exchange.table_import.table_check import PreparedImport, Progress, prepare
from wiki.exchange.table_import.table_rows import ReadRow, RemarkKind
from wiki.forms.missing_properties import create_missing_properties
from wiki.pages import permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.kind_statements import kind_front_matter
from wiki.pages.models import Changeset, PageVersion, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing.lock_retry import retry_while_locked
from wiki.pages.writing.page_writer import check_text
from wiki.pages.writing.version_store import Author, NewVersion, StaleVersion, store
from wiki.text.frontmatter.entry_editing import UnwritableValue, with_values

ATTEMPTS = 5
DISPLAY_TITLE = "Titre affiché"


def import_table(pending: TableImport, user: User, on_progress: Progress) -> None:
    """Write the rows of a pending import that were not written before, and take its table away.

    Raises WikiError; what was written by then stays, and is not written again.
    """
    permissions.require(user, permissions.Action.IMPORT)
    is_place = pending.kind_key == PLACE
    permissions.require(user, permissions.Action.MAKE_PLACE if is_place else permissions.Action.CREATE)
    prepared = prepare(pending, user)
    author = Author.of(user)
    create_missing_properties([one.field for one in prepared.planner.columns.fields.values()], author, pending.language)
    if pending.changeset is None:
        pending.changeset = Changeset.objects.create(act=Changeset.Act.IMPORT, by=user, comment=pending.source)
        pending.save(update_fields=["changeset"])
    writer = _RowWriter(pending, prepared, author)
    first = int(pending.report.get("rows", 0))
    for rows in prepared.chunks(first):
        writer.write(rows)
        on_progress(int(pending.report["rows"]), len(prepared.rows))
    changeset = pending.changeset
    finish_import(changeset)
    pending.changeset = changeset if changeset.pk else None
    pending.content = pending.preview = None
    pending.state = TableImport.TableState.DONE
    pending.save()


class _RowWriter:
    """Writes rows of one import."""

    def __init__(self, pending: TableImport, prepared: PreparedImport, author: Author) -> None:
        self.pending, self.author = pending, author
        self.planner: RowPlanner = prepared.planner
        with translation.override(pending.language):
            self.front = kind_front_matter(pending.kind_key)

    def write(self, rows: Sequence[ReadRow]) -> None:
        """Write rows together; one by one if others change their pages meanwhile."""
        for _ in range(ATTEMPTS):
            try:
                self._write(self.planner.plan(rows))
            except (StaleVersion, TitleTaken):
                continue
            return
        for row in rows:
            self._write_alone(row)

    def _write_alone(self, row: ReadRow) -> None:
        """Write one row; what keeps it from being written is its reason in the report."""
        planned = self.planner.plan([row])
        try:
            self._write(planned)
        except WikiError as error:
            self._refuse(planned[0], message_for(error))
            self._write(planned)

    def _refuse(self, planned: PlannedRow, reason: str) -> None:
        planned.plan.action, planned.plan.reason = RowAction.REFUSE, reason
        planned.values, planned.is_new_base = {}, False

    def _write(self, planned: Sequence[PlannedRow]) -> None:
        """Write planned rows in one transaction. Raises WikiError; nothing is written then."""
        pairs = self._new_versions(planned)
        report = _with_rows(self.pending.report, planned)

        def save(versions: Sequence[PageVersion]) -> None:
            pages = {one.row.number: version.page for (one, _), version in zip(pairs, versions, strict=True)}
            _save_origins(self.pending, [one for one, _ in pairs], versions)
            _save_rows(self.pending.source, planned, pages)
            TableImport.objects.filter(pk=self.pending.pk).update(report=report)

        if pairs:
            store([new for _, new in pairs], self.pending.changeset, on_written=save)
        else:
            retry_while_locked(lambda: save([]))
        self.pending.report = report

    def _new_versions(self, planned: Sequence[PlannedRow]) -> list[tuple[PlannedRow, NewVersion]]:
        """Return the versions that rows make. A row that cannot be written is refused, with the reason."""
        pairs = []
        created = [one.row.title for one in planned if one.plan.action == RowAction.CREATE]
        deleted = deleted_pages(created) if created else {}
        for one in planned:
            if one.plan.action not in (RowAction.CREATE, RowAction.CHANGE):
                continue
            try:
                pairs.append((one, self._new_version(one, deleted)))
            except UnwritableValue as error:
                text = gettext("“%(key)s” cannot be written as a fact: leave out unusual signs.")
                self._refuse(one, text % {"key": error})
            except WikiError as error:
                self._refuse(one, message_for(error))
        return pairs

    def _new_version(self, planned: PlannedRow, deleted: Mapping[str, WikiPage]) -> NewVersion:
        """Return the version that a row makes. Raises UnwritableValue, WikiError."""
        page, tags = planned.page, [IMPORTED]
        if page is not None:
            text, fields = page.source.text or "", PageFields.of(page)
        else:
            text, fields = self.front, self.planner.new_fields.of(planned.row.title)
            if planned.row.name not in planned.row.title:
                text = with_values(text, {DISPLAY_TITLE: planned.row.name})
            page = deleted.get(fields.full_title) or WikiPage()
            tags.append("created" if page.pk is None else "recreated")
        text = check_text(planned.reader.with_values(text, planned.values))
        return NewVersion(page, text, fields, self.author, self.pending.source, tags=tags)


def _save_origins(pending: TableImport, planned: Sequence[PlannedRow], versions: Sequence[PageVersion]) -> None:
    """Store where the pages that were created come from; inside the transaction that writes them."""
    pairs = [(one, version) for one, version in zip(planned, versions, strict=True) if one.page is None]
    Origin.objects.bulk_create(
        [
            Origin(
                page=version.page, source=pending.source, identifier=identifier_of(one.row)[:255],
                version=version.number, by_id=pending.person_id,
            )
            for one, version in pairs
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def _save_rows(source: str, planned: Sequence[PlannedRow], written: Mapping[int, WikiPage]) -> None:
    """Store what the rows said, as the base of the next import; inside the transaction that writes their pages."""
    rows = [
        ImportedRow(
            source=source, identifier=identifier_of(one.row), page=one.page or written[one.row.number], values=one.said
        )
        for one in planned
        if one.is_new_base and (one.page is not None or one.row.number in written)
    ]
    ImportedRow.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["source", "identifier"], update_fields=["page", "values"]
    )


def _with_rows(report: Mapping[str, Any], planned: Sequence[PlannedRow]) -> dict[str, Any]:
    """Return a report with what was done with more rows."""
    found = {name: report.get(name, 0) for name in ("rows", *(action.value for action in RowAction))}
    refused, cells = list(report.get("refused", ())), list(report.get("cells", ()))
    for one in planned:
        plan = one.plan
        found["rows"] += 1
        found[plan.action.value] += 1
        if plan.action == RowAction.REFUSE:
            refused.append([plan.number, plan.title or one.row.name, plan.reason])
        cells += [
            [plan.number, plan.title, remark.kind.value, remark.column, remark.value, remark.text]
            for remark in plan.remarks
            if remark.kind in (RemarkKind.BAD, RemarkKind.DIFFERENCE)
        ]
    return {**found, "refused": refused, "cells": cells}
