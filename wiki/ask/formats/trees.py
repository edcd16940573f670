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
"""Levels that are drawn; what lies deeper stands on the last one."""


@dataclass(slots=True)
class TreeState:
    """A tree being written: every row once, so that circles end and many parents cost no more than one."""

    cells: Cells
    parent: int
    children: dict[str, list[ResultRow]] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)


def _words(row: ResultRow, grown: TreeState) -> SafeString:
    cells = grown.cells
    facts = []
    for index, column in enumerate(cells.result.columns):
        values = cells.html(row, index)
        if index == grown.parent or not values:
            continue
        words = join_html(", ", values)
        labelled = cells.headers != "hide" and column.label
        facts.append(with_label(cells.heading(column), words) if labelled else words)
    return format_html("{} ({})", cells.subject_html(row), join_html(", ", facts)) if facts else cells.subject_html(row)


def _branch(row: ResultRow, grown: TreeState, tag: str, depth: int) -> SafeString:
    key = row.subject.key
    if key in grown.written:
        return format_html("<li>{}</li>", grown.cells.subject_html(row))
    grown.written.add(key)
    below = grown.children.get(key, []) if depth < DEPTH_LIMIT else []
    inner = join_html("", [_branch(child, grown, tag, depth + 1) for child in below])
    return format_html("<li>{}{}</li>", _words(row, grown), format_html("<{0}>{1}</{0}>", tag, inner) if inner else "")


def html(result: QueryResult, shown: FormatContext) -> SafeString:
    """Rows without a parent among the results are roots; so is one row of each circle."""
    wanted = find_column(result, option(result, "parent")) if option(result, "parent") else None
    pages = columns_with_datatype(result, PAGE)
    parent = wanted if wanted is not None else pages[0] if pages else -1
    grown = TreeState(Cells(result), parent)
    keys = {row.subject.key for row in result.rows}
    roots = []
    for row in result.rows:
        above = (
            {value.canonical_value for value in usable_values(row, [parent], PAGE)} & keys - {row.subject.key}
            if parent >= 0
            else set()
        )
        for key in above:
            grown.children.setdefault(key, []).append(row)
        if not above:
            roots.append(row)
    tag = "ol" if option(result, "format").lower() == "oltree" else "ul"
    branches = [_branch(row, grown, tag, 1) for row in roots]
    branches += [_branch(row, grown, tag, 1) for row in result.rows if row.subject.key not in grown.written]
    return format_html('<{0} class="ask-tree tree">{1}</{0}>', tag, join_html("", branches)) if branches else EMPTY_HTML


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
