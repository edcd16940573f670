"""`action=ask` and `action=askargs`: questions, answered in the shapes of Semantic MediaWiki's API."""

from __future__ import annotations

import time
from typing import Any

from django.utils.translation import gettext

from wiki.api.api_request import ApiError, ApiRequest
from wiki.ask import query_parser
from wiki.ask.execution import runner
from wiki.ask.formats.api_json import to_api_json
from wiki.ask.language import query_errors
from wiki.ask.language.query_ast import Query


def ask(call: ApiRequest) -> dict[str, Any]:
    """`query=[[condition]]|?printout|parameter=value`."""
    return _answer(call, _read(call, call.required("query")))


def askargs(call: ApiRequest) -> dict[str, Any]:
    """The same in parts: `conditions`, `printouts`, `parameters`, each divided by bars."""
    parts = [
        "[[" + part + "]]" if not part.startswith(("[[", "<q>")) else part for part in call.get_multi("conditions")
    ]
    printouts = [part if part.startswith("?") else f"?{part}" for part in call.get_multi("printouts")]
    return _answer(call, _read(call, "|".join(["".join(parts), *printouts, *call.get_multi("parameters")])))


def _read(call: ApiRequest, source: str) -> Query:
    """The question. Raises ApiProblem where it cannot be read, and says where."""
    try:
        return query_parser.parse(source, call.language)
    except query_errors.AskProblem as problem:
        raise ApiError("badquery", query_errors.message_for(problem).replace("%", "%%")) from problem


def _answer(call: ApiRequest, question: Query) -> dict[str, Any]:
    """Rows, printouts and `query-continue-offset`."""
    begun = time.monotonic()
    result = runner.run(question, call.user, call.language)
    if result.problems:
        words = " ".join(query_errors.message_for(problem) for problem in result.problems)
        raise ApiError("badquery", words.replace("%", "%%"))
    told = to_api_json(result, call.number("api_version", 2, 3, 2))
    told.setdefault("query", {}).setdefault("meta", {})["time"] = f"{time.monotonic() - begun:.6f}"
    if result.as_of is not None:
        told["query"]["meta"]["at"] = gettext("Facts as of %(date)s, read by today's declarations.") % {
            "date": result.as_of.isoformat()
        }
    return told
