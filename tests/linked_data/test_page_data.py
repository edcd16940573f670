"""Data at the address of each page: syntaxes, content negotiation, and the page cache beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import rdflib
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from rdflib.compare import isomorphic

from tests.conftest import Standing
from tests.factories import make_page
from tests.linked_data.scenes import make_kinds
from wiki.accounts import rate_limits
from wiki.pages import page_lookup
from wiki.pages.rendering.page_cache import RESPONSE_STORE
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from django.http import HttpResponse

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
TYPES = {"ttl": "text/turtle", "jsonld": "application/ld+json", "rdf": "application/rdf+xml", "md": "text/markdown"}


@pytest.fixture(scope="module", autouse=True)
def _kinds(standing: Standing) -> None:
    user = get_user_model()
    with standing():
        make_kinds(user.objects.create_user("ada"), user.objects.create_user("bea"))
        make_page("Notes.md", "---\nSur: Fablab\n---\n{{#subobject:four|Ville=Lyon}}")
        make_page("Renvoi", "#REDIRECT [[Fablab]]")


def get(path: str, accept: str = "", **headers: str) -> HttpResponse:
    found: HttpResponse = Client(headers={"accept-language": "fr"} | ({"accept": accept} if accept else {})).get(
        path, headers=headers
    )
    return found


def test_all_syntaxes_say_the_same() -> None:
    graphs = []
    for ending, syntax in (("ttl", "turtle"), ("jsonld", "json-ld"), ("rdf", "xml")):
        response = get(f"/data/Fablab.{ending}")
        assert response["Content-Type"] == f"{TYPES[ending]}; charset=utf-8"
        assert 'rel="license"' in response["Link"]
        assert '</wiki/Fablab>; rel="describes"' in response["Link"]
        graphs.append(rdflib.Graph().parse(data=response.content, format=syntax))
    assert isomorphic(graphs[0], graphs[1])
    assert isomorphic(graphs[0], graphs[2])
    place, schema = rdflib.URIRef(f"{settings.BASE_ADDRESS}/wiki/Fablab"), rdflib.SDO
    assert (place, rdflib.RDF.type, schema.LocalBusiness) in graphs[0]
    assert graphs[0].value(graphs[0].value(place, schema.geo), schema.latitude).toPython() == 50.7009  # type: ignore[union-attr]
    town = rdflib.URIRef(f"{settings.BASE_ADDRESS}/wiki/Property:Ville")
    assert graphs[0].value(place, town) == rdflib.URIRef(f"{settings.BASE_ADDRESS}/wiki/Roubaix")
    assert "@graph" in json.loads(get("/data/Fablab.jsonld").content)


def test_markdown_is_the_source() -> None:
    response = get("/data/Notes.md.md")
    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    assert response.content.decode().startswith("---\nSur: Fablab")
    graph = rdflib.Graph().parse(data=get("/data/Notes.md.ttl").content, format="turtle")
    part = rdflib.URIRef(f"{settings.BASE_ADDRESS}/wiki/Notes.md#four")
    assert (None, rdflib.URIRef(f"{settings.BASE_ADDRESS}/wiki/Property:Has_subobject"), part) in graph
    assert list(graph.objects(part))


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/data/fablab.ttl", 301, "/data/Fablab.ttl"),
        ("/data/Renvoi.ttl", 302, "/data/Fablab.ttl"),
        ("/data/Renvoi.md", 200, ""),
        ("/data/Rien.ttl", 404, ""),
        ("/data/Fablab.exe", 404, ""),
        ("/data/Fablab", 404, ""),
        ("/data/%5B%5B.ttl", 404, ""),
    ],
)
def test_addresses(path: str, status: int, location: str) -> None:
    response = get(path)
    assert (response.status_code, response.get("Location", "")) == (status, location)


@pytest.mark.parametrize(
    ("accept", "ending"),
    [
        ("text/turtle", "ttl"), ("application/ld+json, application/json;q=0.5", "jsonld"),
        ("APPLICATION/RDF+XML", "rdf"),
        ("text/markdown, text/html;q=0.9", "md"), ("text/turtle;q=0.3, text/html", ""), (BROWSER, ""), ("*/*", ""),
        ("", ""), ("image/png", ""), ("text/turtle;q=0", ""), ("text/turtle;q=odd, ///", "ttl"),
    ],
)  # fmt: skip
def test_negotiation(accept: str, ending: str) -> None:
    """Programs are led to the data, also with an ETag of the HTML; browsers get the cached page."""
    RESPONSE_STORE.clear()
    html = get("/wiki/Fablab", BROWSER)
    response = get("/wiki/Fablab", accept)
    assert "Accept" in response["Vary"].split(", ")
    if not ending:
        assert (response.status_code, response.content) == (200, html.content)
        return
    assert (response.status_code, response["Location"]) == (303, f"/data/Fablab.{ending}")
    assert get("/wiki/Fablab", accept, **{"if-none-match": html["ETag"]}).status_code == 303
    assert get("/wiki/Fablab", BROWSER, **{"if-none-match": html["ETag"]}).status_code == 304
    assert get("/wiki/Rien", accept).status_code == 404


def test_head_names_the_data() -> None:
    text = get("/wiki/Fablab").content.decode()
    for ending, media_type in TYPES.items():
        assert f'<link rel="alternate" type="{media_type}" href="/data/Fablab.{ending}">' in text
    assert "text/turtle" not in get("/wiki/Fablab?version=1").content.decode()


def test_etag_changes_with_the_page_and_with_what_it_names() -> None:
    make_page("Voisin", "---\nDate: 2024-10-12\nLieu: Futur\n---")
    first = get("/data/Voisin.ttl")
    assert get("/data/Voisin.ttl", **{"if-none-match": first["ETag"]}).status_code == 304
    get("/wiki/Voisin")  # what was never read depends on nothing yet
    before = get("/data/Voisin.ttl")["ETag"]
    make_page("Futur", "Là.")
    changed = get("/data/Voisin.ttl", **{"if-none-match": before})
    assert changed.status_code == 200
    page_writer.edit(page_lookup.find("Voisin", AnonymousUser()), "Rien.", Author(None, "Zoé"))  # type: ignore[arg-type]
    assert get("/data/Voisin.ttl")["ETag"] != changed["ETag"]


def test_data_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "DATA", rate_limits.RateLimit(1, 60, rate_limits.DATA.message))
    assert [get("/data/Fablab.md").status_code for _ in range(2)] == [200, 429]
