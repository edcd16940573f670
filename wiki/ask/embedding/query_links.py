"""URLs of queries, as the Ask page reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.urls import reverse
from django.utils.http import urlencode

from wiki.ask.formats import registry

NON_PARAMETERS = ("q", "po", "more")
"""Fields that are no query parameters: conditions, printouts, and further parameters as lines."""


def query_form_fields(arguments: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return the Ask page fields for the arguments of a call: conditions, printouts by line, parameters by name."""
    conditions: list[str] = []
    printouts: list[str] = []
    parameters: dict[str, str] = {}
    for key, value in arguments:
        argument = (f"{key}={value}" if key else value).strip()
        name, equals, parameter_value = argument.partition("=")
        if argument.startswith("?"):
            printouts.append(argument)
        elif argument.startswith("+") and printouts:
            printouts[-1] += f"|{argument}"
        elif equals and "[[" not in name and "<q>" not in argument:
            parameters[name.strip()] = parameter_value.strip()
        elif argument:
            conditions.append(argument)
    form_fields = {"q": " ".join(conditions), "po": "\n".join(printouts)}
    return form_fields | {name: value for name, value in parameters.items() if name not in NON_PARAMETERS}


def query_url(given: Mapping[str, str], changes: Mapping[str, str]) -> str:
    """Return the URL of a query with changed parameters: a download where `more` names a file format."""
    result_format = registry.find_format(changes.get("format", ""))
    view = "ask_file" if result_format is not None and result_format.file is not None else "ask"
    fields = {name: value for name, value in {**given, **changes}.items() if value}
    return f"{reverse(view)}?{urlencode(fields)}"
