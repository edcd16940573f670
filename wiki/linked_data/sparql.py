"""SPARQL 1.1 queries on the triples of the wiki: checked here, answered by a child process (`sparql_process`)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from wiki.errors import Refused, ServerBusy, WikiError, gettext_noop
from wiki.linked_data import sparql_process, triple_store, vocabulary

QUERY_LIMIT = 20_000
"""Characters of a query at most."""
SECONDS = 10.0
"""Seconds in which the process has to answer; of the processor it gets fewer (`sparql_process.CPU_SECONDS`)."""
SOLUTION_TYPES: Mapping[str, str] = {
    "application/sparql-results+json": "json",
    "application/sparql-results+xml": "xml",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
}
"""Formats of the results of SELECT and ASK, by media type; the first one is the default."""
GRAPH_TYPES = ("text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json")
"""Formats of the results of CONSTRUCT and DESCRIBE; the first one is the default."""
_TOKEN = re.compile(
    r"""<[^<>"{}|^`\\\x00-\x20]*>"""  # an IRI
    r"""|\"\"\"(?:"{0,2}(?:[^"\\]|\\.))*\"\"\"|'''(?:'{0,2}(?:[^'\\]|\\.))*'''"""  # texts
    r"""|"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*'"""
    r"""|\#[^\n\r]*"""  # a comment
    r"""|[?$@]\w+"""  # a variable or a language
    r"""|[\w.-]*:[\w.:%-]*"""  # a name with a prefix
    r"""|(?P<word>[^\W\d]\w*)""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")


class QueryProblem(WikiError):
    """A query that cannot be answered; `details` is what the parser says."""

    def __init__(self, message: str, details: str = "", **params: object) -> None:
        super().__init__(message, **params)
        self.details = details


class TooSlow(QueryProblem):
    """A query that takes more than a process may."""

    status = 503


@dataclass(frozen=True, slots=True)
class SparqlResult:
    """The result of a query."""

    form: str
    """`solutions`, `boolean` or `graph`."""
    content: bytes
    content_type: str
    is_cut: bool
    """Whether there are more rows than the limit."""


def default_prefixes() -> dict[str, str]:
    """Return the prefixes that queries may use without declaring them."""
    return {
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
        "dcterms": "http://purl.org/dc/terms/",
        "geo": "http://www.opengis.net/ont/geosparql#",
        "schema": vocabulary.SCHEMA,
        "page": f"{settings.BASE_ADDRESS}/wiki/",
        "property": f"{settings.BASE_ADDRESS}/wiki/Property:",
    }


def names_service(query: str) -> bool:
    """Whether a query has the word SERVICE outside texts, IRIs, names and comments."""
    unescaped = _ESCAPE.sub(_unescape, query)
    return any((match["word"] or "").upper() == "SERVICE" for match in _TOKEN.finditer(unescaped))


def _unescape(match: re.Match[str]) -> str:
    code = int(match[1] or match[2], 16)
    return chr(code) if code <= sys.maxunicode else ""


def run_query(
    query: str,
    solutions: str = "application/sparql-results+json",
    graphs: str = GRAPH_TYPES[0],
    default_graphs: Sequence[str] = (),
    named_graphs: Sequence[str] = (),
) -> SparqlResult:
    """Answer a query in the format for its form. Raises QueryProblem, Refused and ServerBusy."""
    if len(query) > QUERY_LIMIT:
        raise QueryProblem(gettext_noop("This query is too long: %(limit)d signs at most."), limit=QUERY_LIMIT)
    if names_service(query):
        raise Refused(gettext_noop("SERVICE is refused: this wiki asks no other site."))
    about, content = _answer(
        {
            "query": query,
            "solutions": SOLUTION_TYPES[solutions],
            "graphs": graphs,
            "default_graphs": list(default_graphs),
            "named_graphs": list(named_graphs),
            "base": f"{settings.BASE_ADDRESS}/wiki/",
            "prefixes": default_prefixes(),
        }
    )
    if about.get("error") == "large":
        raise QueryProblem(gettext_noop("The result is too large. Add a LIMIT."))
    if about.get("error"):
        message = gettext_noop("This is no query that can be answered.")
        raise QueryProblem(message, str(about["message"]))
    content_type = graphs if about["form"] == "graph" else solutions
    return SparqlResult(str(about["form"]), content, content_type, bool(about["is_cut"]))


def _answer(request: dict[str, object]) -> tuple[dict[str, object], bytes]:
    """Let a process answer from the newest snapshot; from the next one if it has just been deleted."""
    for _ in range(2):
        snapshot = triple_store.newest_snapshot()
        if snapshot is None:
            raise ServerBusy(gettext_noop("The data for queries is not ready yet. Please try again in a moment."))
        about, content = _ask_process(json.dumps(request | {"store": str(snapshot)}).encode())
        if about.get("error") != "failed" or snapshot.is_dir():
            break
    return about, content


def _ask_process(request: bytes) -> tuple[dict[str, object], bytes]:
    """Run the process. Raises TooSlow if it takes too much time or memory."""
    command = [sys.executable, "-P", "-W", "ignore", str(Path(sparql_process.__file__))]
    too_slow = gettext_noop("This query takes more than %(seconds)d seconds, or too much memory. Ask for less.")
    try:
        done = subprocess.run(  # noqa: S603  our own program
            command, input=request, capture_output=True, timeout=SECONDS, check=False, env={"LC_ALL": "C.UTF-8"}
        )
    except subprocess.TimeoutExpired as error:
        raise TooSlow(too_slow, seconds=sparql_process.CPU_SECONDS) from error
    line, _, content = done.stdout.partition(b"\n")
    if done.returncode != 0 or not line:
        raise TooSlow(too_slow, seconds=sparql_process.CPU_SECONDS)
    about: dict[str, object] = json.loads(line)
    return about, content
