"""The SPARQL endpoint: the protocol's GET and POST (SPARQL 1.1 Protocol, section 2.1), and a screen with a form."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from wiki.accounts import rate_limits, slow_work
from wiki.ask.formats.base import format_number
from wiki.errors import NotAllowed, WikiError, gettext_noop
from wiki.linked_data import sparql as queries
from wiki.linked_data.sparql import GRAPH_TYPES, SOLUTION_TYPES, QueryProblem, SparqlResult
from wiki.linked_data.sparql_process import ROWS
from wiki.pages.error_middleware import message_for

HTML = "text/html"
FORM_TYPE, QUERY_TYPE = "application/x-www-form-urlencoded", "application/sparql-query"
FORMATS = {
    "json": "application/sparql-results+json", "xml": "application/sparql-results+xml", "csv": "text/csv",
    "tsv": "text/tab-separated-values", "turtle": "text/turtle", "ttl": "text/turtle", "n3": "text/turtle",
    "rdf": "application/rdf+xml", "rdf+xml": "application/rdf+xml", "nt": "application/n-triples",
    "json-ld": "application/ld+json", "jsonld": "application/ld+json", "html": HTML,
}  # fmt: skip
"""What the parameters `format` and `output` of clients may say instead of `Accept`."""
EXAMPLES = (
    (gettext_lazy("Places with their coordinates"), """SELECT ?place ?name ?point WHERE {
  ?place a schema:LocalBusiness ; rdfs:label ?name ; ?property ?point .
  FILTER(datatype(?point) = geo:wktLiteral)
} ORDER BY ?name"""),
    (gettext_lazy("How many pages of each type"), """SELECT ?type (COUNT(?page) AS ?pages) WHERE {
  ?page a ?type
} GROUP BY ?type ORDER BY DESC(?pages)"""),
    (gettext_lazy("The pages that were changed last"), """SELECT ?page ?modified WHERE {
  ?page dcterms:modified ?modified
} ORDER BY DESC(?modified) LIMIT 20"""),
    (gettext_lazy("The practices of each place"), """SELECT ?place ?practice WHERE {
  ?practice a schema:HowTo ; dcterms:isPartOf ?place
} ORDER BY ?place"""),
    (gettext_lazy("All that is said of events, as triples"), """CONSTRUCT { ?event ?property ?value } WHERE {
  ?event a schema:Event ; ?property ?value
}"""),
)  # fmt: skip
"""Queries of the screen, with what they ask."""


@dataclass(slots=True)
class SparqlRequest:
    """What a request asks."""

    query: str = ""
    default_graphs: list[str] = field(default_factory=list)
    named_graphs: list[str] = field(default_factory=list)
    format: str = ""


@csrf_exempt  # it changes nothing, and clients have no token
@require_http_methods(["GET", "HEAD", "POST", "OPTIONS"])
def sparql(request: HttpRequest) -> HttpResponseBase:
    """Answer a query, or show the screen. Errors are plain text for programs, and within the screen for people."""
    if request.method == "OPTIONS":
        headers = {"Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": "Accept, Content-Type"}
        return _with_headers(HttpResponse(status=204, headers=headers))
    try:
        read = _read(request)
    except WikiError as error:
        return _plain_error(message_for(error), error.status)
    is_screen = _accepted(request, read, (HTML, *SOLUTION_TYPES, *GRAPH_TYPES), HTML) == HTML
    if not read.query.strip():
        return _screen(request, read) if is_screen else _plain_error(gettext("The parameter “query” is missing."), 400)
    try:
        result = _run(request, read, is_screen)
    except WikiError as error:
        details = error.details if isinstance(error, QueryProblem) else ""
        if is_screen:
            return _screen(request, read, problem=message_for(error), details=details, status=error.status)
        return _plain_error(f"{message_for(error)}\n{details}".strip(), error.status)
    if is_screen:
        return _screen(request, read, result=result)
    response = HttpResponse(result.content, content_type=f"{result.content_type}; charset=utf-8")
    if result.is_cut:
        response["X-SPARQL-MaxRows"] = str(ROWS)
    return _with_headers(response)


def _read(request: HttpRequest) -> SparqlRequest:
    """Read a request: by GET, by a form, or with the query as its body. Raises WikiError."""
    parameters: QueryDict = request.GET
    query = ""
    if request.method == "POST":
        content_type = request.content_type or FORM_TYPE
        if content_type == QUERY_TYPE:
            query = request.body[: queries.QUERY_LIMIT * 4 + 4].decode(errors="replace")
        elif content_type in (FORM_TYPE, "multipart/form-data"):
            parameters = request.POST
        elif content_type == "application/sparql-update":
            raise NotAllowed(gettext_noop("This endpoint answers queries only: nothing can be changed by it."))
        else:
            raise QueryProblem(gettext_noop("Send a query as a form, or as application/sparql-query."))
    if "update" in parameters:
        raise NotAllowed(gettext_noop("This endpoint answers queries only: nothing can be changed by it."))
    return SparqlRequest(
        query or parameters.get("query", ""),
        parameters.getlist("default-graph-uri"),
        parameters.getlist("named-graph-uri"),
        parameters.get("format") or parameters.get("output") or "",
    )


def _accepted(request: HttpRequest, read: SparqlRequest, known: tuple[str, ...], default: str) -> str:
    """Return the media type among `known` that a request wants; `default` for any, or none of them."""
    named = FORMATS.get(read.format.lower(), read.format.lower())
    if named in known:
        return named
    accept = request.META.get("HTTP_ACCEPT", "*/*")
    if HTML in known and HTML not in accept and (read.query or "*/*" not in accept):
        return ""
    return request.get_preferred_type(list(known)) or default


def _run(request: HttpRequest, read: SparqlRequest, is_screen: bool) -> SparqlResult:
    """Run a query within the limits of slow work. Raises WikiError."""
    rate_limits.limit_searches(request)
    slow_work.begin(request, "sparql")
    solution_types = tuple(SOLUTION_TYPES)
    solutions = solution_types[0] if is_screen else _accepted(request, read, solution_types, solution_types[0])
    graphs = GRAPH_TYPES[0] if is_screen else _accepted(request, read, GRAPH_TYPES, GRAPH_TYPES[0])
    return queries.run_query(read.query, solutions, graphs, read.default_graphs, read.named_graphs)


def _screen(request: HttpRequest, read: SparqlRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    """Show the form, with a result or a problem."""
    result: SparqlResult | None = context.get("result")
    if result is not None and result.form == "graph":
        context["text"] = result.content.decode()
    elif result is not None:
        found = json.loads(result.content)
        context["boolean"] = found.get("boolean")
        context["names"] = found["head"].get("vars", [])
        bindings = found.get("results", {}).get("bindings", [])
        context["rows"] = [[_cell(row.get(name)) for name in context["names"]] for row in bindings]
    context |= {
        "query": read.query or EXAMPLES[0][1],
        "examples": EXAMPLES,
        "limit": format_number(ROWS),
        "prefixes": queries.default_prefixes().items(),
    }
    response = render(request, "wiki/linked_data/sparql.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response


def _cell(term: dict[str, str] | None) -> tuple[str, str]:
    """Return what the screen shows of a term, and where it links; pages of this wiki by their titles."""
    if term is None:
        return "", ""
    text = term["value"]
    if term["type"] != "uri" or not text.startswith(("https://", "http://")):
        return text, ""
    return text.removeprefix(f"{settings.BASE_ADDRESS}/wiki/"), text


def _plain_error(message: str, status: int) -> HttpResponseBase:
    return _with_headers(HttpResponse(message, status=status, content_type="text/plain; charset=utf-8"))


def _with_headers(response: HttpResponseBase) -> HttpResponseBase:
    """Let scripts of any site ask."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "no-cache"
    response["Vary"] = "Accept"
    response["X-Robots-Tag"] = "noindex"
    return response
