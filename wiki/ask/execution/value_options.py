"""Applies the printout options `+limit`, `+offset`, `+order`, `+lang` and `+index` to the values of a cell."""

from __future__ import annotations

from collections.abc import Sequence

from wiki.ask.language.query_ast import Printout
from wiki.facts.values import Value
from wiki.text.titles import fold

DESCENDING = ("desc", "descending", "reverse", "n-desc", "decroissant")
ASCENDING = ("asc", "ascending", "n-asc", "croissant")


def apply_options(values: Sequence[Value], printout: Printout, field: str | None) -> list[Value]:
    """Return the values of a cell that the options of its printout select; `field` is the key of a record field."""
    options = printout.options
    found = list(values)
    if field is not None:
        found = [part for value in found for key, part in value.parts if key == field]
    lang = options.get("lang", "").lower()
    if lang:
        found = [value for value in found if value.lang == lang or value.lang.startswith(f"{lang}-")]
    order = fold(options.get("order", ""))
    if order in DESCENDING or order in ASCENDING:
        found.sort(key=_sort_key, reverse=order in DESCENDING)
    begin = _parse_number(options.get("offset", ""), 0)
    end = options.get("limit", "")
    return found[begin : begin + _parse_number(end, len(found))]


def _sort_key(value: Value) -> tuple[float, str]:
    return (value.number if value.number is not None else float("inf"), value.folded_text)


def _parse_number(text: str, default: int) -> int:
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 9 else default
