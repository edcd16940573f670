"""The SPARQL endpoint: the protocol, formats, limits, and that it neither changes anything nor asks another site."""

from __future__ import annotations

import csv
import io
import json
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
import rdflib
from django.conf import settings
from django.test import Client
from SPARQLWrapper import JSON, POST, TURTLE, XML, SPARQLWrapper

from tests.linked_data.scenes import make_kinds
from wiki.accounts import rate_limits, slow_work
from wiki.errors import RateLimitExceeded
from wiki.linked_data import sparql, sparql_process
from wiki.linked_data.sparql import names_service
from wiki.linked_data.views.sparql_endpoint import EXAMPLES

if TYPE_CHECKING:
    from django.http import HttpResponse

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
NAMES = "SELECT ?name WHERE { ?place a schema:LocalBusiness ; rdfs:label ?name } ORDER BY ?name"
SLOW = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n2 ?o }"
JSON_TYPE = "application/sparql-results+json"


def ask(query: str, accept: str = JSON_TYPE, **parameters: str) -> HttpResponse:
    found: HttpResponse = Client(headers={"accept-language": "en"} | ({"accept": accept} if accept else {})).get(
        "/sparql", {"query": query, **parameters}
    )
    return found


@pytest.fixture
def filled(alice: User, bob: User, triple_store: Callable[[], None]) -> None:
    """A wiki with a page of each kind, in the store."""
    make_kinds(alice, bob)
    triple_store()


def test_endpoint(filled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """One scene for all that only reads: making it takes longer than the queries."""
    _formats()
    _protocol()
    _graphs()
    _screen()
    _refusals()
    _limits(monkeypatch)


def _formats() -> None:
    response = ask(NAMES)
    assert response["Content-Type"] == f"{JSON_TYPE}; charset=utf-8"
    assert response["Access-Control-Allow-Origin"] == "*"
    bindings = json.loads(response.content)["results"]["bindings"]
    assert [row["name"]["value"] for row in bindings] == ["Fablab", "Grange"]
    xml = ElementTree.fromstring(ask(NAMES, "application/sparql-results+xml").content)
    assert [one.text for one in xml.iter("{http://www.w3.org/2005/sparql-results#}literal")] == ["Fablab", "Grange"]
    rows = list(csv.reader(io.StringIO(ask(NAMES, "text/csv").content.decode())))
    assert rows == [["name"], ["Fablab"], ["Grange"]]
    assert ask(NAMES, "text/tab-separated-values").content.decode() == '?name\n"Fablab"\n"Grange"\n'
    assert json.loads(ask("ASK { ?s a schema:HowTo }").content) == {"head": {}, "boolean": True}
    assert b"<boolean>false</boolean>" in ask("ASK { ?s a schema:Nothing }", "application/sparql-results+xml").content
    construct = "CONSTRUCT { ?s rdfs:label ?o } WHERE { ?s rdfs:label ?o }"
    for media_type, syntax in (
        ("text/turtle", "turtle"), ("application/n-triples", "nt"), ("application/rdf+xml", "xml"),
        ("application/ld+json", "json-ld"),
    ):  # fmt: skip
        response = ask(construct, media_type)
        assert response["Content-Type"].startswith(media_type)
        graph = rdflib.Graph().parse(data=response.content, format=syntax)
        label = (rdflib.URIRef(f"{settings.BASE_ADDRESS}/wiki/Fablab"), rdflib.RDFS.label, rdflib.Literal("Fablab"))
        assert label in graph
    assert ask(NAMES, "*/*")["Content-Type"].startswith(JSON_TYPE)
    assert ask(NAMES, "", format="csv")["Content-Type"].startswith("text/csv")
    typed = json.loads(ask("SELECT ?m WHERE { ?s dcterms:modified ?m } LIMIT 1").content)["results"]["bindings"][0]
    assert typed["m"]["datatype"].endswith("#dateTime")


def _protocol() -> None:
    client = Client(enforce_csrf_checks=True)
    headers = {"accept": JSON_TYPE}
    direct = client.post("/sparql", NAMES, content_type="application/sparql-query", headers=headers)
    form = client.post("/sparql", urlencode({"query": NAMES}), "application/x-www-form-urlencoded", headers=headers)
    assert direct.content == form.content == ask(NAMES).content
    assert client.options("/sparql").status_code == 204
    assert client.post("/sparql", "{}", content_type="application/json").status_code == 400
    missing = client.get("/sparql", headers=headers)
    assert (missing.status_code, missing["Content-Type"]) == (400, "text/plain; charset=utf-8")


def _graphs() -> None:
    """Each page is a graph; without a dataset, queries see them all as one."""
    graphs = ask("SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s a schema:HowTo } }")
    names = [row["g"]["value"] for row in json.loads(graphs.content)["results"]["bindings"]]
    assert len(names) == 2
    assert all(name.startswith("urn:wiki:page:") for name in names)
    one = ask("SELECT ?s WHERE { ?s a schema:HowTo }", **{"default-graph-uri": names[0]})
    assert len(json.loads(one.content)["results"]["bindings"]) == 1
    assert ask(NAMES, **{"default-graph-uri": "no uri"}).status_code == 400


def _screen() -> None:
    browser = "text/html,application/xhtml+xml,*/*;q=0.8"
    for _, example in EXAMPLES:
        response = ask(example, browser)
        assert response.status_code == 200, example
        assert "Nothing was found" not in response.content.decode()
    text = ask('SELECT ?a WHERE { BIND("<script>" AS ?a) }', browser).content.decode()
    assert "&lt;script&gt;" in text
    wrong = ask("SELECT nonsense", browser)
    assert (wrong.status_code, "SELECT nonsense" in wrong.content.decode()) == (400, True)
    assert ask(NAMES, "", format="html")["Content-Type"].startswith("text/html")


def _refusals() -> None:
    for query in ("SELECT nonsense", "INSERT DATA { <a:a> <a:b> <a:c> }", "DELETE WHERE { ?s ?p ?o }", "x" * 30_000):
        response = ask(query)
        assert (response.status_code, response["Content-Type"]) == (400, "text/plain; charset=utf-8"), query
    assert b"too long" in ask("#" + "x" * 30_000).content
    about, content = sparql_process._checked({}, b"x" * (sparql_process.BYTES + 1), is_cut=False)
    assert (about["error"], content) == ("large", b"")
    before = ask("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }").content
    client = Client()
    assert client.get("/sparql", {"update": "DELETE WHERE { ?s ?p ?o }"}).status_code == 403
    assert client.post("/sparql", {"update": "DELETE WHERE { ?s ?p ?o }"}).status_code == 403
    assert client.post("/sparql", "CLEAR ALL", content_type="application/sparql-update").status_code == 403
    assert ask("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }").content == before
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        query = f"SELECT * WHERE {{ SERVICE <http://127.0.0.1:{server.getsockname()[1]}/> {{ ?s ?p ?o }} }}"
        assert ask(query).status_code == 422
        request = {"query": query, "solutions": "json", "graphs": "text/turtle", "default_graphs": [],
                   "named_graphs": [], "base": "http://a/", "prefixes": {}}  # fmt: skip
        about, _ = sparql._answer(request)  # without the first guard, the process has no network
        assert about["error"] == "failed"
        with pytest.raises(TimeoutError):
            server.accept()


def _limits(monkeypatch: pytest.MonkeyPatch) -> None:
    cut = ask("SELECT ?a WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", "text/csv")
    assert cut["X-SPARQL-MaxRows"] == "10000"
    assert cut.content.count(b"\n") == 10_001
    assert ask(SLOW).status_code == 503
    monkeypatch.setattr(rate_limits, "SEARCHES", rate_limits.RateLimit(0, 60, rate_limits.SEARCHES.message))
    assert ask(NAMES).status_code == 429


def test_without_a_store() -> None:
    assert ask(NAMES).status_code == 503


@pytest.mark.parametrize("path", ["/sparql?query=ASK{}", "/open-data/place.csv", "/open-data/place.mednum.csv"])
def test_it_is_slow_work(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One person does one of them at a time."""

    def refuse(*_: object) -> None:
        raise RateLimitExceeded("for the test", seconds=60)

    monkeypatch.setattr(slow_work, "begin", refuse)
    assert Client().get(path).status_code == 429


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("SELECT * { SERVICE <http://a> {} }", True),
        ("SELECT * { service silent ?s {} }", True),
        (r"SELECT * { \u0053ERVICE <http://a> {} }", True),
        ("SELECT * { ?s ?p 'a'SERVICE <http://a> {} }", True),
        ("SELECT * { ?s ?p '''it's'''\nSERVICE<http://a>{} }", True),
        ("SELECT * { # nothing\n SERVICE ?s {} }", True),
        ("SELECT ?service { ?service a schema:Service }", False),
        ("SELECT * { ?s rdfs:label 'SERVICE' }", False),
        ('SELECT * { ?s rdfs:label """a "SERVICE" b""" }', False),
        ("SELECT * { ?s <http://a/SERVICE> ?o } # SERVICE", False),
    ],
)
def test_service_is_found_wherever_it_is_a_word(query: str, found: bool) -> None:
    assert names_service(query) is found


def test_process_opens_no_socket() -> None:
    code = f"import sys; sys.path[:0] = [{str(settings.BASE_DIR)!r}]; import wiki.linked_data.sparql_process as p; "
    code += "p.limit_process(); import socket; socket.socket()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True)
    assert "PermissionError" in done.stderr
    assert sparql_process.ROWS == 10_000


@pytest.mark.django_db(transaction=True)
def test_sparqlwrapper_reads_it(filled: None, live_server: Any) -> None:
    client = SPARQLWrapper(f"{live_server.url}/sparql")
    client.setQuery(NAMES)
    client.setReturnFormat(JSON)
    found: Any = client.query().convert()
    assert [row["name"]["value"] for row in found["results"]["bindings"]] == ["Fablab", "Grange"]
    client.setMethod(POST)
    client.setReturnFormat(XML)
    document: Any = client.query().convert()
    assert len(document.getElementsByTagName("result")) == 2
    client.setQuery("CONSTRUCT { ?s rdfs:label ?o } WHERE { ?s rdfs:label ?o }")
    client.setReturnFormat(TURTLE)
    turtle: Any = client.query().convert()
    assert len(rdflib.Graph().parse(data=turtle, format="turtle")) > 5
