"""`tree`: results under their parents, by the property that names the parent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.html import format_html
from django.utils.safestring import SafeString

from wiki.ask.formats.base import EMPTY_HTML, Format, FormatContext, Parameter, option
from wiki.ask.formats.cells import PAGE, Cells, columns_with_datatype, find_column, join_html, usable_values, with_label
from wiki.errors import gettext_noop

if TYPE_CHECKING:
    from wiki.ask.execution.results import QueryResult, ResultRow

DEPTH_LIMIT = 20
"""Levels of the tree at most; deeper rows become roots."""


@dataclass(slots=True)
class TreeState:
    """A tree being rendered: a row has its children only once, so that loops end and work stays linear."""

    cells: Cells
    parent: int
    children: dict[str, list[ResultRow]] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)


def _row_html(row: ResultRow, state: TreeState) -> SafeString:
    cells = state.cells
    facts = []
    for index, column in enumerate(cells.result.columns):
        values = cells.html(row, index)
        if index == state.parent or not values:
            continue
        value = join_html(", ", values)
        labelled = cells.headers != "hide" and column.label
        facts.append(with_label(cells.heading(column), value) if labelled else value)
    return format_html("{} ({})", cells.subject_html(row), join_html(", ", facts)) if facts else cells.subject_html(row)


def _item_html(row: ResultRow, state: TreeState, tag: str, depth: int) -> SafeString:
    key = row.subject.key
    if key in state.written:
        return format_html("<li>{}</li>", state.cells.subject_html(row))
    state.written.add(key)
    children = state.children.get(key, []) if depth < DEPTH_LIMIT else []
    inner = join_html("", [_item_html(child, state, tag, depth + 1) for child in children])
    return format_html(
        "<li>{}{}</li>", _row_html(row, state), format_html("<{0}>{1}</{0}>", tag, inner) if inner else ""
    )


def html(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render rows as a tree. Roots are rows without a parent in the result, and one row of each loop."""
    named_column = find_column(result, option(result, "parent")) if option(result, "parent") else None
    pages = columns_with_datatype(result, PAGE)
    parent = named_column if named_column is not None else pages[0] if pages else -1
    state = TreeState(Cells(result), parent)
    keys = {row.subject.key for row in result.rows}
    roots = []
    for row in result.rows:
        parents = (
            {value.canonical_value for value in usable_values(row, [parent], PAGE)} & keys - {row.subject.key}
            if parent >= 0
            else set()
        )
        for key in parents:
            state.children.setdefault(key, []).append(row)
        if not parents:
            roots.append(row)
    tag = "ol" if option(result, "format").lower() == "oltree" else "ul"
    items = [_item_html(row, state, tag, 1) for row in roots]
    items += [_item_html(row, state, tag, 1) for row in result.rows if row.subject.key not in state.written]
    return format_html('<{0} class="ask-tree tree">{1}</{0}>', tag, join_html("", items)) if items else EMPTY_HTML


FORMATS = (
    Format(
        "tree", gettext_noop("tree"), gettext_noop("Results under their parents."),
        ("ultree", "oltree", "outline"),
        (
            Parameter("parent", "property", "",
                      gettext_noop("The printout that names the parent; else the first page.")),
        ),
        html,
    ),
)  # fmt: skip
