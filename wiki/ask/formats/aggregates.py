"""Aggregates: `count`, and `sum`, `average`, `median`, `min`, `max`, `product` of the printed values.

Decimal arithmetic on the numbers as stored: 0.1 and 0.2 make 0.3. The sum of quantities has their unit.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from decimal import Context as Precision
from decimal import Decimal, Overflow, localcontext
from functools import partial
from typing import TYPE_CHECKING

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from wiki.ask.formats.base import EMPTY_HTML, Format, FormatContext, format_number
from wiki.ask.formats.cells import columns_with_datatype, join_html, usable_values, with_label
from wiki.ask.language.query_ast import INLINE_LIMIT
from wiki.errors import gettext_noop
from wiki.facts.datatypes import registry
from wiki.facts.values import Value

if TYPE_CHECKING:
    from wiki.ask.execution.results import QueryResult

NUMERIC_DATATYPES = ("_num", "_qty", "_tem", "_mon")
PRECISION_DIGITS = 40
"""Significant digits of a computation."""
Reduction = Callable[[Sequence[Decimal]], Decimal]


def _product(numbers: Sequence[Decimal]) -> Decimal:
    product = Decimal(1)
    for number in numbers:
        product *= number
    return product


def _total(numbers: Sequence[Decimal]) -> Decimal:
    return sum(numbers, Decimal(0))


REDUCTIONS: dict[str, Reduction] = {
    "sum": _total,
    "average": lambda numbers: _total(numbers) / len(numbers),
    "median": statistics.median,
    "min": min,
    "max": max,
    "product": _product,
}


def reduce_exactly(reduce: Reduction, numbers: Sequence[float]) -> float:
    """Apply `reduce` to the numbers as decimals, and round to a float; an overflow is infinity."""
    try:
        with localcontext(Precision(prec=PRECISION_DIGITS)):
            return float(reduce([Decimal(repr(number)) for number in numbers]))
    except Overflow:
        return float("inf")


def count(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render the number of results."""
    total = len(result.rows) if result.total is None else result.total
    return format_html('<span class="ask-number">{}</span>', format_number(total))


def _aggregate_html(name: str, result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render one number for each printout that has numbers, with its label where there are several."""
    parts = []
    for index in columns_with_datatype(result, *NUMERIC_DATATYPES):
        column = result.columns[index]
        values = [value for row in result.rows for value in usable_values(row, [index], *NUMERIC_DATATYPES)]
        numbers = [value.number for value in values if value.number is not None]
        if not numbers:
            continue
        number = reduce_exactly(REDUCTIONS[name], numbers)
        value = Value(values[0].datatype, repr(number), repr(number), number=number)
        text = (
            registry.show(value, column.context, column.printout.output_format) if abs(number) != float("inf") else "∞"
        )
        parts.append((column.label, format_html('<span class="ask-number">{}</span>', text)))
    if len(parts) == 1:
        return parts[0][1]
    return join_html(", ", (with_label(escape(label), text) for label, text in parts)) if parts else EMPTY_HTML


FORMATS = (
    Format(
        "count", gettext_noop("count"), gettext_noop("How many results there are."),
        html=count, renders_empty_result=True, is_inline=True,
    ),
    *(
        Format(name, label, description, html=partial(_aggregate_html, name), limit=INLINE_LIMIT, is_inline=True)
        for name, label, description in (
            ("sum", gettext_noop("sum"), gettext_noop("The sum of the numbers printed.")),
            ("average", gettext_noop("average"), gettext_noop("The average of the numbers printed.")),
            ("median", gettext_noop("median"), gettext_noop("The median of the numbers printed.")),
            ("min", gettext_noop("minimum"), gettext_noop("The least of the numbers printed.")),
            ("max", gettext_noop("maximum"), gettext_noop("The greatest of the numbers printed.")),
            ("product", gettext_noop("product"), gettext_noop("The product of the numbers printed.")),
        )
    ),
)  # fmt: skip
