"""`action=ask` and `action=askargs`: semantic queries, with results in the format of Semantic MediaWiki's API."""

from __future__ import annotations

import time
from typing import Any

from django.utils.translation import gettext

from wiki.accounts import rate_limits
from wiki.api.api_request import ApiError, ApiRequest
from wiki.ask import query_parser
from wiki.ask.execution import runner
from wiki.ask.formats.api_json import to_api_json
from wiki.ask.language import query_errors
from wiki.ask.language.query_ast import Query


def ask(request: ApiRequest) -> dict[str, Any]:
    """Run the query in `query`: `[[condition]]|?printout|parameter=value`."""
    return _result(request, _parse(request, request.required("query")))


def askargs(request: ApiRequest) -> dict[str, Any]:
    """Run a query given in parts: `conditions`, `printouts` and `parameters`, each separated by `|`."""
    parts = [
        "[[" + part + "]]" if not part.startswith(("[[", "<q>")) else part for part in request.get_multi("conditions")
    ]
    printouts = [part if part.startswith("?") else f"?{part}" for part in request.get_multi("printouts")]
    return _result(request, _parse(request, "|".join(["".join(parts), *printouts, *request.get_multi("parameters")])))


def _parse(request: ApiRequest, source: str) -> Query:
    """Parse a query. Raises ApiError with the position of a syntax error."""
    try:
        return query_parser.parse(source, request.language)
    except query_errors.AskProblem as problem:
        raise ApiError("badquery", query_errors.message_for(problem).replace("%", "%%")) from problem


def _result(request: ApiRequest, query: Query) -> dict[str, Any]:
    """Run a query; return rows, printouts and `query-continue-offset`. Raises ApiError."""
    rate_limits.limit_searches(request.http_request)
    started = time.monotonic()
    result = runner.run(query, request.user, request.language)
    if result.problems:
        message = " ".join(query_errors.message_for(problem) for problem in result.problems)
        raise ApiError("badquery", message.replace("%", "%%"))
    response = to_api_json(result, request.number("api_version", 2, 3, 2))
    response.setdefault("query", {}).setdefault("meta", {})["time"] = f"{time.monotonic() - started:.6f}"
    if result.as_of is not None:
        response["query"]["meta"]["at"] = gettext("Facts as of %(date)s, read by today's declarations.") % {
            "date": result.as_of.isoformat()
        }
    return response
