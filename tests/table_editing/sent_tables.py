"""What a browser sends of an edited table."""

from __future__ import annotations

from typing import Any

from wiki.table_editing.editable_table import EditableTable


def sent_data(table: EditableTable, changes: dict[tuple[str, str], str | list[str]], **more: str) -> dict[str, Any]:
    """Return the form data of a table: as it was shown, with other values in the cells at (title, column)."""
    data: dict[str, Any] = {"column": [one.sent for one in table.columns], "row": []}
    left = dict(changes)
    for row in table.rows:
        if row.sent:
            data["row"].append(row.sent)
        for cell in row.cells:
            if cell.bound is None:
                continue
            shown = ["", *cell.bound.values] if cell.control == "choices" else cell.value
            data[cell.name] = left.pop((row.title, cell.column.name), shown)
            if cell.conflict is not None:
                data[f"{cell.name}-conflict"] = ""
    assert not left, left
    return {**data, **more}


def cell_name(table: EditableTable, title: str, column: str) -> str:
    """Return the name of the inputs of a cell."""
    return next(
        cell.name for row in table.rows for cell in row.cells if (row.title, cell.column.name) == (title, column)
    )
