"""Tables of MediaWiki (`{| … |}`) as tables of GFM.

A cell that spans columns is followed by empty ones; rows that a cell spans are not filled. Attributes are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_VALUE = r"[\w-]+[ \t]*=[ \t]*(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s|\"'=\[{]+)"
_ATTRIBUTES = re.compile(rf"[ \t]*{_VALUE}(?:[ \t]+{_VALUE})*[ \t]*\|(?!\|)|[ \t]*\|(?!\|)")
_COLSPAN = re.compile(r"colspan\s*=\s*[\"']?(\d{1,2})", re.IGNORECASE)
_IN_CELL = re.compile(r"\[\[[^\[\]\n]*\]\]|\{\{[^{}\n]*\}\}|\\?\|")
_SEPARATOR = re.compile(r"\|\||!!")
_COLUMNS = 60
"""Columns that a cell spans at most."""


@dataclass(slots=True)
class _Table:
    caption: str = ""
    rows: list[list[str]] = field(default_factory=list)

    def add_cell(self, text: str) -> None:
        """Add a cell to the last row, and the empty ones that it spans."""
        if not self.rows:
            self.rows.append([])
        attributes = _ATTRIBUTES.match(text)
        spans = _COLSPAN.search(attributes[0]) if attributes else None
        row = self.rows[-1]
        row.append(text[attributes.end() if attributes else 0 :].strip())
        row.extend([""] * (min(int(spans[1]), _COLUMNS) - 1 if spans else 0))

    def continue_cell(self, line: str) -> None:
        """Add a line to the last cell."""
        if self.rows and self.rows[-1] and line.strip():
            self.rows[-1][-1] = f"{self.rows[-1][-1]}<br>{line.strip()}".removeprefix("<br>")


def ends_of_tables(lines: Sequence[str]) -> dict[int, int]:
    """Return the number of the line after each table that is within no other, by that of its first line."""
    ends, opened = dict[int, int](), list[int]()
    for number, line in enumerate(map(str.strip, lines)):
        if line.startswith("{|"):
            opened.append(number)
        elif line.startswith("|}") and opened:
            ends[opened.pop()] = number + 1
    last = 0
    outer = dict[int, int]()
    for start in sorted(ends):
        if start >= last:
            outer[start] = last = ends[start]
    return outer


def table_to_markdown(lines: Sequence[str]) -> list[str]:
    """Return the lines of a table, from `{|` to `|}`, as Markdown; inner tables become lines of their cell."""
    table = _Table()
    for line in map(str.strip, lines[1:-1]):
        if line.startswith("|-"):
            table.rows.append([])
        elif line.startswith("|+"):
            table.caption = line[2:].strip()
        elif line.startswith(("{|", "|}")):
            continue
        elif line.startswith(("|", "!")):
            for cell in _cells(line):
                table.add_cell(cell)
        else:
            table.continue_cell(line)
    rows = [row for row in table.rows if row]
    width = max(map(len, rows), default=0)
    if not width:
        return list(lines)
    shown = [[_escaped(cell) for cell in [*row, *[""] * (width - len(row))]] for row in rows]
    body = [f"| {' | '.join(row)} |" for row in shown]
    caption = [f"**{table.caption}**", ""] if table.caption else []
    return [*caption, body[0], f"|{'---|' * width}", *body[1:]]


def _cells(line: str) -> Iterator[str]:
    """Yield the cells of a line that begins with `|` or `!`, with their attributes."""
    is_head = line.startswith("!")
    position = 1
    for match in _SEPARATOR.finditer(line, 1):
        if match[0] == "!!" and not is_head:
            continue
        yield line[position : match.start()]
        position = match.end()
    yield line[position:]


def _escaped(cell: str) -> str:
    """Return a cell whose bars, but for those of links and calls, are escaped."""
    return _IN_CELL.sub(lambda match: "\\|" if match[0] == "|" else match[0], cell)
