"""`template`: rows written by a page that serves as row template, then laid out as text of the wiki."""

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
"""Characters of all rows together; rows beyond are left out, and said to be."""
WORK_LIMIT = 5_000_000
"""Characters of template read for all rows together."""


def escape_wikitext(words: str) -> str:
    """Words of a value as text of the wiki: in one line, and never the beginning of a call or argument."""
    line = " ".join(words.split())
    return line.replace("{{", "{&#123;").replace("}}", "}&#125;")


def _link(found: PageRef, linked: bool) -> str:
    title, words = escape_wikitext(found.full_title), escape_wikitext(found.shown_title)
    if not linked:
        return words
    colon = ":" if title.lower().startswith(("category:", "file:", "catégorie:", "fichier:")) else ""
    return f"[[{colon}{title}]]" if title == words and not colon else f"[[{colon}{title}|{words.replace('|', '')}]]"


def _value(value: Value, context: Context, form: str, cells: Cells) -> str:
    found = cells.result.pages.get(value.canonical_value) if value.datatype == PAGE else None
    linked = cells.links_values and form != "-"
    if found is not None:
        return _link(found, linked)
    if value.datatype == PAGE and linked and not set(value.raw) & set("[]|{}"):
        return f"[[{escape_wikitext(value.raw)}]]"
    return escape_wikitext(cells.value_text(value, context, form))


def template_arguments(row: ResultRow, number: int, cells: Cells, between: str) -> dict[str, str]:
    """What a template may ask of a row: by number, by label, `#`, and `userparam`."""
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
            words = _link(row.subject, cells.links_subject and column.printout.output_format != "-")
        else:
            form = column.printout.output_format
            words = between.join(_value(value, column.context, form, cells) for value in row.cells[index])
        found[str(position)] = words
        if column.label:
            found[column.label] = words
        position += 1
    return found


def _missing(name: str) -> SafeString:
    words = gettext("The template “%(name)s” does not exist yet.") % {"name": name}
    return format_html('<span class="problem" role="note">{}</span>', words)


def html(result: QueryResult, shown: FormatContext) -> SafeString:
    """All rows as one text of the wiki, laid out by `shown.markdown`."""
    name = option(result, "template")
    source = shown.template_source(name) if name else None
    if source is None:
        return _missing(name)
    cells, row_text = Cells(result), transcluded_source(source)
    between, values_between = separator(result, "sep", ""), separator(result, "valuesep", ", ")
    rows: list[str] = []
    size = 0
    for number, row in enumerate(result.rows, result.query.offset + 1):
        rows.append(substitute_arguments(row_text, template_arguments(row, number, cells, values_between)))
        size += len(rows[-1])
        if size > SIZE_LIMIT or len(rows) * len(row_text) > WORK_LIMIT:
            rows[-1] = gettext("… and more rows, which are left out: the text would be too long.")
            break
    text = (between or "\n").join(rows)
    return shown.render_markdown(_framed(result, shown, text))


def _framed(result: QueryResult, shown: FormatContext, text: str) -> str:
    known = {"userparam": result.query.parameters.get("userparam", ""), "#rowcount": str(len(result.rows))}

    def own(parameter: str) -> str:
        name = option(result, parameter)
        source = shown.template_source(name) if name else None
        return substitute_arguments(transcluded_source(source), known) if source is not None else ""

    pieces = (own("introtemplate"), text, own("outrotemplate"))
    return "\n".join(piece for piece in pieces if piece)


FORMATS = (
    Format(
        "template", gettext_noop("template"), gettext_noop("Each result is written by a page of yours."), (),
        (
            Parameter("template", "template", "", gettext_noop("The page Template:… that writes a row.")),
            Parameter("sep", "text", "", gettext_noop("What stands between results.")),
            Parameter("valuesep", "text", ", ", gettext_noop("What stands between the values of a property.")),
            Parameter("named args", "switch", "yes", gettext_noop("Values are known by label and by number, always.")),
            Parameter("userparam", "text", "", gettext_noop("Words that the template gets as {{{userparam}}}.")),
            Parameter("introtemplate", "template", "",
                      gettext_noop("The page Template:… that stands before the rows.")),
            Parameter("outrotemplate", "template", "", gettext_noop("The page Template:… that stands after the rows.")),
        ),
        html,
    ),
)  # fmt: skip
