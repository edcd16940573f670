"""`chart`: a bar, line or pie chart as accessible SVG, with its numbers in a table.

The SVG is written here: chart libraries (pygal and others) put style and script inside it, which the site's
Content-Security-Policy forbids. Colours come from classes, sizes from attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from wiki.ask.formats import svg_charts
from wiki.ask.formats.aggregates import NUMERIC_DATATYPES
from wiki.ask.formats.base import EMPTY_HTML, Format, FormatContext, Parameter, option, switch_option
from wiki.ask.formats.cells import DATE, Cells, columns_with_datatype, join_html, usable_values
from wiki.ask.formats.svg_charts import Plot, Series
from wiki.ask.formats.tag_cloud import count_values
from wiki.errors import gettext_noop

if TYPE_CHECKING:
    from wiki.ask.execution.results import QueryResult

POINTS_LIMIT, SERIES_LIMIT = 60, 8
"""Rows and columns that a chart draws at most; the table shows all."""
CHART_TYPES = ("bar", "line", "pie")


LABELS = {"bar": gettext_noop("Bar chart"), "line": gettext_noop("Line chart"), "pie": gettext_noop("Pie chart")}


def _chart_type(result: QueryResult) -> str:
    for name in ("charttype", "type", "format"):
        if option(result, name).lower() in CHART_TYPES:
            return option(result, name).lower()
    return "bar"


def _frequencies(result: QueryResult) -> Plot:
    found = sorted(count_values(result), key=lambda counted: -counted[2])
    label = ", ".join(column.label for column in result.columns if column.label)
    numbers = [float(number) for _, _, number in found]
    return Plot([text for _, text, _ in found], [Series(label, list(numbers), [f"{n:g}" for n in numbers])])


def build_plot(result: QueryResult) -> Plot:
    """Build the plot: a series for each column of numbers; without such columns, the frequencies of values."""
    columns = columns_with_datatype(result, *NUMERIC_DATATYPES)
    if not columns or switch_option(result, "distribution"):
        return _frequencies(result)
    cells = Cells(result)
    dates = columns_with_datatype(result, DATE)
    rows = result.rows
    positions: list[float] = []
    if dates and _chart_type(result) == "line":
        dated = [(row, found[0].number) for row in rows if (found := usable_values(row, dates[:1], DATE))]
        dated = sorted(dated, key=lambda pair: pair[1] or 0)
        rows, positions = [row for row, _ in dated], [day or 0 for _, day in dated]
    labels = [
        ", ".join(cells.texts(row, dates[0]))
        if positions or (dates and not cells.has_subject)
        else row.subject.shown_title
        for row in rows
    ]
    series = []
    for index in columns:
        values = [next(iter(usable_values(row, [index], *NUMERIC_DATATYPES)), None) for row in rows]
        context, output_format = result.columns[index].context, result.columns[index].printout.output_format
        texts = [cells.value_text(value, context, output_format) if value else "" for value in values]
        series.append(Series(result.columns[index].label, [value.number if value else None for value in values], texts))
    return Plot(labels, series, positions)


def _table(plot: Plot) -> SafeString:
    heads = format_html_join("", '<th scope="col">{}</th>', ((series.label,) for series in plot.series))
    rows = format_html_join(
        "",
        '<tr><th scope="row">{}</th>{}</tr>',
        (
            (
                label,
                format_html_join("", '<td class="ask-right">{}</td>', ((series.texts[i],) for series in plot.series)),
            )
            for i, label in enumerate(plot.labels)
        ),
    )
    return format_html(
        '<details class="ask-figures"><summary>{}</summary><div class="scroll"><table class="ask-table"><thead><tr>'
        "<td></td>{}</tr></thead><tbody>{}</tbody></table></div></details>",
        gettext("The figures"), heads, rows,
    )  # fmt: skip


def _legend(plot: Plot) -> SafeString:
    if len(plot.series) < 2:
        return EMPTY_HTML
    keys = ((index % SERIES_LIMIT + 1, series.label) for index, series in enumerate(plot.series[:SERIES_LIMIT]))
    swatch = (
        '<li><svg class="ask-key" viewBox="0 0 10 10" width="12" height="12" aria-hidden="true">'
        '<rect class="ask-s{}" width="10" height="10" rx="2"></rect></svg> {}</li>'
    )
    return format_html('<ul class="ask-legend">{}</ul>', format_html_join("", swatch, keys))


def html(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render the chart with its title and description, then the table."""
    chart_type, plot = _chart_type(result), build_plot(result)
    if not any(number is not None for series in plot.series for number in series.numbers):
        return format_html(
            '<p class="rows-note">{}</p>', gettext("No result has a number. Print a property of numbers.")
        )
    subject = ", ".join(series.label for series in plot.series if series.label)
    title = option(result, "charttitle") or option(result, "chart title") or gettext(LABELS[chart_type])
    about = gettext("%(kind)s of %(subject)s for %(count)s results; the figures stand in the table after it.") % {
        "kind": gettext(LABELS[chart_type]), "subject": subject, "count": len(plot.labels),
    }  # fmt: skip
    drawn_plot = plot.limit(POINTS_LIMIT, SERIES_LIMIT)
    svg = {"bar": svg_charts.bar_chart, "line": svg_charts.line_chart, "pie": svg_charts.pie_chart}[chart_type](
        drawn_plot, title, about
    )
    note = EMPTY_HTML
    if len(plot.labels) > POINTS_LIMIT and chart_type != "pie":
        text = gettext("The first %(count)s results are drawn.") % {"count": POINTS_LIMIT}
        note = format_html('<p class="rows-note">{}</p>', text)
    legend = _legend(drawn_plot) if chart_type != "pie" else note
    caption = format_html("<figcaption>{}</figcaption>", title) if option(result, "charttitle") else EMPTY_HTML
    return format_html(
        '<figure class="ask-chart">{}</figure>', join_html("", [caption, legend, svg, note, _table(plot)])
    )


FORMATS = (
    Format(
        "chart", gettext_noop("chart"), gettext_noop("Numbers as bars, a line or a pie."),
        ("jqplotchart", "jqplotseries", "d3chart", *CHART_TYPES),
        (
            Parameter("charttype", "choice", "bar", gettext_noop("How it is drawn."), CHART_TYPES),
            Parameter("charttitle", "text", "", gettext_noop("What stands over the drawing.")),
            Parameter("distribution", "switch", "no",
                      gettext_noop("Whether it shows how often values occur, even of numbers.")),
        ),
        html,
    ),
)  # fmt: skip
