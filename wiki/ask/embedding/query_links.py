"""The address of a question: what the Ask page reads from it, whoever makes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.urls import reverse
from django.utils.http import urlencode

from wiki.ask.formats import registry

NON_PARAMETERS = ("q", "po", "more")
"""Fields that are no parameters of the question: conditions, printouts, and further parameters as lines."""


def query_form_fields(arguments: Sequence[Sequence[str]]) -> dict[str, str]:
    """The fields of the Ask page for the arguments of a call: conditions, printouts a line, parameters by name."""
    conditions: list[str] = []
    printouts: list[str] = []
    parameters: dict[str, str] = {}
    for key, value in arguments:
        words = (f"{key}={value}" if key else value).strip()
        name, equals, rest = words.partition("=")
        if words.startswith("?"):
            printouts.append(words)
        elif words.startswith("+") and printouts:
            printouts[-1] += f"|{words}"
        elif equals and "[[" not in name and "<q>" not in words:
            parameters[name.strip()] = rest.strip()
        elif words:
            conditions.append(words)
    own = {"q": " ".join(conditions), "po": "\n".join(printouts)}
    return own | {name: value for name, value in parameters.items() if name not in NON_PARAMETERS}


def query_url(asked: Mapping[str, str], more: Mapping[str, str]) -> str:
    """The address of a question with other parameters: a file where `more` names a format that is one."""
    form = registry.find_format(more.get("format", ""))
    view = "ask_file" if form is not None and form.file is not None else "ask"
    fields = {name: value for name, value in {**asked, **more}.items() if value}
    return f"{reverse(view)}?{urlencode(fields)}"
