"""The form of the Ask page: read from its URL, and written as a URL and as a call in a page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest

from django.http import QueryDict
from django.utils.http import urlencode

from wiki.ask.formats.base import COMMON_PARAMETERS, Format, Parameter

PARAMETERS_LIMIT, ROWS_LIMIT = 60, 100
"""Parameters of one URL and rows of one form at most; further ones are ignored."""
WORDS_LIMIT = 1_000
"""Characters of words to search for at most."""
NON_PARAMETER_FIELDS = ("q", "po", "more", "since", "until", "form")
"""Fields that are no query parameters: conditions, printouts, further parameters as lines, two dates."""
CONDITION_FIELDS = ("rp", "ro", "rv", "rw", "rk", "rq")
"""Property, operator, value and second value of a condition; the kind, and the question that the rows showed."""
ROW_FIELDS = ("pp", "ph", "pf", "px", "sk", "so", *CONDITION_FIELDS)
"""Fields of the rows: property, heading, output format and options of a printout; sort key and order; condition."""
SEPARATE_FIELDS = ("format", "sort", "order", "limit", "at")
"""Parameters that have a separate field in the form."""
ORDERS = ("", "asc", "desc", "random")


@dataclass(frozen=True, slots=True)
class PrintRow:
    """A printout as a row of the form."""

    name: str = ""
    heading: str = ""
    output_format: str = ""
    options: str = ""
    """`+limit=2|+order=desc`, as written."""

    def to_line(self) -> str:
        """Return the printout as written in a query."""
        text = f"?{self.name.strip().lstrip('?')}"
        text += f"#{self.output_format.strip()}" if self.output_format.strip() else ""
        text += f"={self.heading.strip()}" if self.heading.strip() else ""
        return "|".join([text, *filter(None, (option.strip() for option in self.options.split("|")))])


@dataclass(frozen=True, slots=True)
class SortRow:
    """A sort key (empty for titles) and its order."""

    key: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True)
class ParameterField:
    """A parameter of a format, with its value in the form."""

    parameter: Parameter
    value: str

    @property
    def is_on(self) -> bool:
        """Whether the value of a switch means yes."""
        return self.value.strip().lower() in ("yes", "true", "on", "1", "oui", "vrai")


@dataclass(slots=True)
class QueryFormData:
    """One query as typed."""

    q: str = ""
    po: str = ""
    """Printouts, one a line."""
    parameters: dict[str, str] = field(default_factory=dict)
    since: str = ""
    until: str = ""
    """Two days whose results are compared."""
    from_form: bool = False
    """Whether the request came from the form, whose URL is not the canonical one of the query."""

    @property
    def has_words_only(self) -> bool:
        """Whether the question is words to search for: neither conditions nor other parts of a query."""
        text = self.q.strip()
        is_query = text.startswith(("?", "|", "+")) or any(sign in text for sign in ("[[", "]]", "<q>", "{{"))
        return bool(text) and not is_query and len(text) <= WORDS_LIMIT

    # --- As a URL and as a call
    def url_fields(self) -> dict[str, str]:
        """Return the fields of the query's URL, without empty ones."""
        fields = {"q": self.q, "po": self.po, **self.parameters, "since": self.since, "until": self.until}
        return {name: value for name, value in fields.items() if value}

    def url_query(self, **changes: str) -> str:
        """Return the query string of the URL, with changed parameters."""
        return urlencode({name: value for name, value in (self.url_fields() | changes).items() if value})

    def call_arguments(self) -> list[str]:
        """Return conditions, printouts and parameters as arguments of a call."""
        parameters = [f"{name}={value}" for name, value in self.parameters.items()]
        return [self.q.strip(), *_split_printouts(self.po), *parameters]

    def source(self) -> str:
        """Return the query as written in a page, without name and braces."""
        return "\n|".join(self.call_arguments())

    def embed_code(self) -> str:
        """Return the call that embeds the result in a page."""
        return "{{#ask: " + "\n |".join(self.call_arguments()) + "\n}}"

    # --- As the form
    def printout_rows(self) -> list[PrintRow]:
        """Return the printouts as rows of the form."""
        return [_parse_row(line) for line in _split_printouts(self.po)]

    def sort_rows(self) -> list[SortRow]:
        """Return the sort keys as rows of the form; at least one row."""
        keys = [key.strip() for key in self.parameters.get("sort", "").split(",")]
        orders = [order.strip().lower() for order in self.parameters.get("order", "").split(",")]
        known_orders = [order if order in ORDERS else "" for order in orders]
        return [SortRow(key, order) for key, order in zip_longest(keys, known_orders[: len(keys)], fillvalue="")]

    def parameter_fields(self, result_format: Format) -> list[ParameterField]:
        """Return the form fields for the parameters of a format, the common ones included."""
        by_name = {
            parameter.name: parameter
            for parameter in (*result_format.parameters, *COMMON_PARAMETERS)
            if parameter.name not in SEPARATE_FIELDS
        }
        return [ParameterField(parameter, self.parameters.get(parameter.name, "")) for parameter in by_name.values()]

    def other_parameters(self, result_format: Format) -> str:
        """Return the parameters without a form field, one a line."""
        known = {item.parameter.name for item in self.parameter_fields(result_format)} | set(SEPARATE_FIELDS)
        return "\n".join(f"{name}={value}" for name, value in self.parameters.items() if name not in known)


def read_query_form(data: QueryDict) -> QueryFormData:
    """Read a query from the parameters of a URL or of the form. Lines `name=value` of `more` are parameters too."""
    from_form = any(name in data for name in (*ROW_FIELDS, "form"))
    values = {name: data.get(name, "").replace("\x00", "") for name in list(data)[:PARAMETERS_LIMIT]}
    form_data = QueryFormData(
        _strip_call(values.get("q", "")), values.get("po", ""), since=values.get("since", "").strip()[:60],
        until=values.get("until", "").strip()[:60], from_form=from_form,
    )  # fmt: skip
    form_data.po = "\n".join(filter(None, [form_data.po.strip(), *_printout_lines(data)]))
    parameters = {
        name: value for name, value in values.items() if name not in NON_PARAMETER_FIELDS and name not in ROW_FIELDS
    }
    for line in values.get("more", "").splitlines()[:PARAMETERS_LIMIT]:
        name, equals, value = line.partition("=")
        if equals and name.strip() and name.strip() not in (*NON_PARAMETER_FIELDS, *ROW_FIELDS):
            parameters[name.strip()] = value.strip()
    parameters |= _sort_parameters(data)
    form_data.parameters = {name: value for name, value in parameters.items() if value}
    return form_data


def _strip_call(text: str) -> str:
    """Strip name and braces of a query that was pasted as a call."""
    call = re.fullmatch(r"\s*\{\{\s*#ask\s*:(.*)\}\}\s*", text, re.DOTALL | re.IGNORECASE)
    return call[1].strip() if call else text


def _printout_lines(data: QueryDict) -> Iterator[str]:
    """Yield the printout rows of the form as lines."""
    columns = [data.getlist(name)[:ROWS_LIMIT] for name in ("pp", "ph", "pf", "px")]
    for name, heading, output_format, options in zip_longest(*columns, fillvalue=""):
        if name.strip():
            yield PrintRow(
                *(" ".join(text.replace("\x00", "").split()) for text in (name, heading, output_format, options))
            ).to_line()


def _sort_parameters(data: QueryDict) -> Mapping[str, str]:
    """Return the sort rows of the form as parameters `sort` and `order`."""
    if "sk" not in data:
        return {}
    rows = [
        (key.replace("\x00", "").strip(), order)
        for key, order in zip_longest(data.getlist("sk")[:ROWS_LIMIT], data.getlist("so")[:ROWS_LIMIT], fillvalue="")
    ]
    if any(order == "random" for _, order in rows):
        return {"order": "random"}
    used = [(key, order) for index, (key, order) in enumerate(rows) if key or (not index and order == "desc")]
    orders = ["desc" if order == "desc" else "asc" for _, order in used]
    found = {"sort": ",".join(key for key, _ in used)}
    return found | ({"order": ",".join(orders)} if "desc" in orders else {})


def _split_printouts(po: str) -> list[str]:
    """Split printouts by line; lines of options are joined to their printout."""
    found: list[str] = []
    for line in po.splitlines():
        text = line.strip()
        if text.startswith("+") and found:
            found[-1] += f"|{text}"
        elif text:
            found.append(text if text.startswith("?") else f"?{text}")
    return found


def _parse_row(line: str) -> PrintRow:
    """Parse a printout line into a row of the form."""
    printout, *options = line.split("|")
    name_and_format, _, heading = printout.lstrip("?").partition("=")
    name, _, output_format = name_and_format.partition("#")
    return PrintRow(
        name.strip(), heading.strip(), output_format.strip(), "|".join(option.strip() for option in options)
    )


def split_at_problem(source: str, at: int) -> tuple[str, str, str]:
    """Split a query in three at the offset `at`: the text before the error, the erroneous text, the text after."""
    at = min(max(at, 0), len(source))
    end = at
    while end < len(source) and end - at < 24 and (end == at or source[end] not in " \n|[]"):
        end += 1
    return source[:at], source[at:end], source[end:]
