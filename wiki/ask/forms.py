"""What the Ask page is asked: read from its address or its form, and written as an address and as a call in a page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest

from django.http import QueryDict
from django.utils.http import urlencode

from wiki.ask.formats.base import COMMON_PARAMETERS, Format, Parameter

PARAMETERS_LIMIT, ROWS_LIMIT = 60, 100
"""Parameters of one address, printouts of one form; further ones are passed over."""
NON_PARAMETER_FIELDS = ("q", "po", "more", "since", "until", "form")
"""Fields that are no parameters of the question: conditions, printouts, further parameters as lines, two dates."""
ROW_FIELDS = ("pp", "ph", "pf", "px", "sk", "so")
"""Fields of the rows of the form: property, heading, form and options of a printout; key and order of a sort."""
SEPARATE_FIELDS = ("format", "sort", "order", "limit", "at")
"""Parameters that have a field of their own in the form."""
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
        """As it is written in a question."""
        words = f"?{self.name.strip().lstrip('?')}"
        words += f"#{self.output_format.strip()}" if self.output_format.strip() else ""
        words += f"={self.heading.strip()}" if self.heading.strip() else ""
        return "|".join([words, *filter(None, (one.strip() for one in self.options.split("|")))])


@dataclass(frozen=True, slots=True)
class SortRow:
    """A key to sort by (empty: titles), and its order."""

    key: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True)
class ParameterField:
    """A parameter of a format with what was asked of it."""

    parameter: Parameter
    value: str

    @property
    def is_on(self) -> bool:
        """Whether a switch is on."""
        return self.value.strip().lower() in ("yes", "true", "on", "1", "oui", "vrai")


@dataclass(slots=True)
class QueryFormData:
    """One question as it was typed."""

    q: str = ""
    po: str = ""
    """Printouts, one a line."""
    parameters: dict[str, str] = field(default_factory=dict)
    since: str = ""
    until: str = ""
    """Two days between which the answer is compared."""
    from_form: bool = False
    """Whether it came from the form, whose address is not yet the question's own."""

    # --- As an address, as a call
    def url_fields(self) -> dict[str, str]:
        """What its address names, empty fields left out."""
        own = {"q": self.q, "po": self.po, **self.parameters, "since": self.since, "until": self.until}
        return {name: value for name, value in own.items() if value}

    def url_query(self, **more: str) -> str:
        """The query of its address, with other parameters."""
        return urlencode({name: value for name, value in (self.url_fields() | more).items() if value})

    def call_arguments(self) -> list[str]:
        """Conditions, printouts and parameters, as they stand between bars."""
        given = [f"{name}={value}" for name, value in self.parameters.items()]
        return [self.q.strip(), *_printouts(self.po), *given]

    def source(self) -> str:
        """The question as it is written in a page, without its name and braces."""
        return "\n|".join(self.call_arguments())

    def embed_code(self) -> str:
        """The call that shows its answer in a page."""
        return "{{#ask: " + "\n |".join(self.call_arguments()) + "\n}}"

    # --- As the form
    def printout_rows(self) -> list[PrintRow]:
        """Its printouts as rows."""
        return [_row(line) for line in _printouts(self.po)]

    def sort_rows(self) -> list[SortRow]:
        """Its sort keys as rows; the first one always."""
        keys = [key.strip() for key in self.parameters.get("sort", "").split(",")]
        orders = [order.strip().lower() for order in self.parameters.get("order", "").split(",")]
        shown = [order if order in ORDERS else "" for order in orders]
        return [SortRow(key, order) for key, order in zip_longest(keys, shown[: len(keys)], fillvalue="")]

    def parameter_fields(self, form: Format) -> list[ParameterField]:
        """The parameters of a format and of all formats, with their values."""
        own = {one.name: one for one in (*form.parameters, *COMMON_PARAMETERS) if one.name not in SEPARATE_FIELDS}
        return [ParameterField(one, self.parameters.get(one.name, "")) for one in own.values()]

    def other_parameters(self, form: Format) -> str:
        """The parameters that have no field, one a line."""
        known = {one.parameter.name for one in self.parameter_fields(form)} | set(SEPARATE_FIELDS)
        return "\n".join(f"{name}={value}" for name, value in self.parameters.items() if name not in known)


def read_query_form(given: QueryDict) -> QueryFormData:
    """The question of an address or of the form. Lines `name=value` of `more` are parameters too."""
    by_form = any(name in given for name in (*ROW_FIELDS, "form"))
    values = {name: given.get(name, "").replace("\x00", "") for name in list(given)[:PARAMETERS_LIMIT]}
    asked = QueryFormData(
        _bare(values.get("q", "")), values.get("po", ""), since=values.get("since", "").strip()[:60],
        until=values.get("until", "").strip()[:60], from_form=by_form,
    )  # fmt: skip
    asked.po = "\n".join(filter(None, [asked.po.strip(), *_lines(given)]))
    parameters = {
        name: value for name, value in values.items() if name not in NON_PARAMETER_FIELDS and name not in ROW_FIELDS
    }
    for line in values.get("more", "").splitlines()[:PARAMETERS_LIMIT]:
        name, equals, value = line.partition("=")
        if equals and name.strip() and name.strip() not in (*NON_PARAMETER_FIELDS, *ROW_FIELDS):
            parameters[name.strip()] = value.strip()
    parameters |= _sorting(given)
    asked.parameters = {name: value for name, value in parameters.items() if value}
    return asked


def _bare(words: str) -> str:
    """A question that was pasted as a call, without its name and braces."""
    call = re.fullmatch(r"\s*\{\{\s*#ask\s*:(.*)\}\}\s*", words, re.DOTALL | re.IGNORECASE)
    return call[1].strip() if call else words


def _lines(given: QueryDict) -> Iterator[str]:
    """The rows of printouts as lines."""
    columns = [given.getlist(name)[:ROWS_LIMIT] for name in ("pp", "ph", "pf", "px")]
    for name, heading, form, options in zip_longest(*columns, fillvalue=""):
        if name.strip():
            yield PrintRow(
                *(" ".join(words.replace("\x00", "").split()) for words in (name, heading, form, options))
            ).to_line()


def _sorting(given: QueryDict) -> Mapping[str, str]:
    """The rows of sort keys as `sort` and `order`."""
    if "sk" not in given:
        return {}
    rows = [
        (key.replace("\x00", "").strip(), order)
        for key, order in zip_longest(given.getlist("sk")[:ROWS_LIMIT], given.getlist("so")[:ROWS_LIMIT], fillvalue="")
    ]
    if any(order == "random" for _, order in rows):
        return {"order": "random"}
    kept = [(key, order) for place, (key, order) in enumerate(rows) if key or (not place and order == "desc")]
    orders = ["desc" if order == "desc" else "asc" for _, order in kept]
    found = {"sort": ",".join(key for key, _ in kept)}
    return found | ({"order": ",".join(orders)} if "desc" in orders else {})


def _printouts(po: str) -> list[str]:
    """The lines of printouts, each with its options."""
    found: list[str] = []
    for line in po.splitlines():
        words = line.strip()
        if words.startswith("+") and found:
            found[-1] += f"|{words}"
        elif words:
            found.append(words if words.startswith("?") else f"?{words}")
    return found


def _row(line: str) -> PrintRow:
    """A line as a row."""
    words, *options = line.split("|")
    named, _, heading = words.lstrip("?").partition("=")
    name, _, form = named.partition("#")
    return PrintRow(name.strip(), heading.strip(), form.strip(), "|".join(one.strip() for one in options))


def split_at_problem(text: str, at: int) -> tuple[str, str, str]:
    """A question in three pieces: before the place of a mistake, the words there, and after them."""
    at = min(max(at, 0), len(text))
    end = at
    while end < len(text) and end - at < 24 and (end == at or text[end] not in " \n|[]"):
        end += 1
    return text[:at], text[at:end], text[end:]
