"""`template`: each row is written by a template page, and the whole is rendered as wiki text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from wiki.ask.formats.base import Format, FormatContext, Parameter, option, separator
from wiki.ask.formats.cells import PAGE, Cells, is_subject_column
from wiki.errors import gettext_noop
from wiki.text.transclusion import substitute_arguments, transcluded_source

if TYPE_CHECKING:
    from wiki.ask.execution.results import PageRef, QueryResult, ResultRow
    from wiki.facts.values import Context, Value

SIZE_LIMIT = 500_000
"""Characters of all rows together at most; further rows are left out, with a note."""
WORK_LIMIT = 5_000_000
"""Characters of template processed for all rows together at most."""


def escape_wikitext(text: str) -> str:
    """Escape a value for wiki text: one line, without the beginning of a call or argument."""
    one_line = " ".join(text.split())
    return one_line.replace("{{", "{&#123;").replace("}}", "}&#125;")


def _link(page: PageRef, linked: bool) -> str:
    title, label = escape_wikitext(page.full_title), escape_wikitext(page.shown_title)
    if not linked:
        return label
    colon = ":" if title.lower().startswith(("category:", "file:", "catégorie:", "fichier:")) else ""
    return f"[[{colon}{title}]]" if title == label and not colon else f"[[{colon}{title}|{label.replace('|', '')}]]"


def _value(value: Value, context: Context, output_format: str, cells: Cells) -> str:
    page = cells.result.pages.get(value.canonical_value) if value.datatype == PAGE else None
    linked = cells.links_values and output_format != "-"
    if page is not None:
        return _link(page, linked)
    if value.datatype == PAGE and linked and not set(value.raw) & set("[]|{}"):
        return f"[[{escape_wikitext(value.raw)}]]"
    return escape_wikitext(cells.value_text(value, context, output_format))


def template_arguments(row: ResultRow, number: int, cells: Cells, between: str) -> dict[str, str]:
    """Return the template arguments of a row: by number, by label, `#`, and `userparam`."""
    result = cells.result
    found = {"#": str(number), "userparam": result.query.parameters.get("userparam", "")}
    position = 1
    if cells.has_subject:
        found["1"] = _link(row.subject, cells.links_subject)
        if cells.main_label:
            found[cells.main_label] = found["1"]
        position = 2
    for index, column in enumerate(result.columns):
        if is_subject_column(column):
            text = _link(row.subject, cells.links_subject and column.printout.output_format != "-")
        else:
            output_format = column.printout.output_format
            text = between.join(_value(value, column.context, output_format, cells) for value in row.cells[index])
        found[str(position)] = text
        if column.label:
            found[column.label] = text
        position += 1
    return found


def missing_template_html(result: QueryResult) -> SafeString:
    """Return the message that the template of a query does not exist."""
    message = gettext("The template “%(name)s” does not exist yet.") % {"name": option(result, "template")}
    return format_html('<span class="problem" role="note">{}</span>', message)


def rows_by_template(result: QueryResult, format_context: FormatContext) -> list[str] | None:
    """Return each row as the template of the query writes it, as wiki text; None where there is no such template."""
    name = option(result, "template")
    source = format_context.template_source(name) if name else None
    if source is None:
        return None
    cells, row_text = Cells(result), transcluded_source(source)
    values_between = separator(result, "valuesep", ", ")
    rows: list[str] = []
    size = 0
    for number, row in enumerate(result.rows, result.query.offset + 1):
        rows.append(substitute_arguments(row_text, template_arguments(row, number, cells, values_between)))
        size += len(rows[-1])
        if size > SIZE_LIMIT or len(rows) * len(row_text) > WORK_LIMIT:
            rows[-1] = gettext("… and more rows, which are left out: the text would be too long.")
            break
    return rows


def html(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render all rows as one wiki text, by `format_context.render_markdown`."""
    rows = rows_by_template(result, format_context)
    if rows is None:
        return missing_template_html(result)
    text = (separator(result, "sep", "") or "\n").join(rows)
    return format_context.render_markdown(with_intro_and_outro(result, format_context, text))


def with_intro_and_outro(result: QueryResult, format_context: FormatContext, text: str) -> str:
    """Return wiki text between that of the templates `introtemplate` and `outrotemplate`."""
    arguments = {"userparam": result.query.parameters.get("userparam", ""), "#rowcount": str(len(result.rows))}

    def render_template(parameter: str) -> str:
        name = option(result, parameter)
        source = format_context.template_source(name) if name else None
        return substitute_arguments(transcluded_source(source), arguments) if source is not None else ""

    parts = (render_template("introtemplate"), text, render_template("outrotemplate"))
    return "\n".join(part for part in parts if part)


TEMPLATE_PARAMETERS = (
    Parameter("template", "template", "", gettext_noop("The page Template:… that writes a row.")),
    Parameter("named args", "switch", "yes", gettext_noop("Values are known by label and by number, always.")),
    Parameter("userparam", "text", "", gettext_noop("Words that the template gets as {{{userparam}}}.")),
    Parameter("introtemplate", "template", "", gettext_noop("The page Template:… that stands before the rows.")),
    Parameter("outrotemplate", "template", "", gettext_noop("The page Template:… that stands after the rows.")),
)
FORMATS = (
    Format(
        "template", gettext_noop("template"), gettext_noop("Each result is written by a page of yours."), (),
        (
            TEMPLATE_PARAMETERS[0],
            Parameter("sep", "text", "", gettext_noop("What stands between results.")),
            Parameter("valuesep", "text", ", ", gettext_noop("What stands between the values of a property.")),
            *TEMPLATE_PARAMETERS[1:],
        ),
        html,
    ),
)  # fmt: skip
