"""What browsers and other sites look for: previews of links, oEmbed, OpenSearch, web manifest, favicon."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image

from tests.exchange.archives import make_picture
from tests.factories import make_page

if TYPE_CHECKING:
    from django.http import HttpResponse

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"


def get(path: str, **parameters: str) -> HttpResponse:
    found: HttpResponse = Client(headers={"accept-language": "fr"}).get(path, parameters)
    return found


def test_previews_of_links() -> None:
    make_picture()
    make_page('Établi "de" chêne', "![Un établi](File:Etabli.jpg)\n\nUn établi <solide>, en chêne, pour trois mains.")
    head = BeautifulSoup(get('/wiki/Établi_"de"_chêne').content.decode(), "html.parser").head
    assert head is not None
    found = {str(tag["property"]): str(tag["content"]) for tag in head.select("meta[property]")}
    assert found["og:title"] == 'Établi "de" chêne'
    assert found["og:url"].startswith(f"{settings.BASE_ADDRESS}/wiki/")
    assert "en chêne" in found["og:description"]
    assert found["og:image"].startswith(settings.BASE_ADDRESS)
    assert get(found["og:image"].removeprefix(settings.BASE_ADDRESS)).status_code == 200
    (link,) = head.select('link[type="application/json+oembed"]')
    assert get(str(link["href"])).json()["title"] == 'Établi "de" chêne'
    make_page("Nu", "Sans image.")
    assert "og:image" not in get("/wiki/Nu").content.decode()


def test_oembed() -> None:
    make_picture()
    make_page("Établi", "![Un établi](File:Etabli.jpg)\n\n<script>alert(1)</script> Un établi solide.")
    url = f"{settings.BASE_ADDRESS}/wiki/%C3%89tabli"
    found = get("/oembed", url=url, maxwidth="300").json()
    assert (found["version"], found["type"], found["width"]) == ("1.0", "rich", 300)
    assert url in found["html"]
    assert "<script" not in found["html"]
    assert found["thumbnail_width"] == 60
    xml = ElementTree.fromstring(get("/oembed", url=url, format="xml").content)
    assert xml.findtext("title") == "Établi"
    assert get("/oembed", url=url, format="yaml").status_code == 501
    for other in ("", "https://elsewhere.example/wiki/%C3%89tabli", f"{settings.BASE_ADDRESS}/wiki/Rien", f"{url}%5B"):
        assert get("/oembed", url=other).status_code == 404, other
    assert get("/oembed?" + urlencode({"url": url, "maxwidth": "large"})).status_code == 200


def test_oembed_of_a_directory() -> None:
    head = BeautifulSoup(get("/directory/place", ville='Saint-"Étienne"', p="2").content.decode(), "html.parser").head
    assert head is not None
    (link,) = head.select('link[type="application/json+oembed"]')
    found = get(str(link["href"]) + "&maxwidth=500").json()
    assert (found["type"], found["width"], found["title"]) == ("rich", 500, "Lieux")
    frame = BeautifulSoup(found["html"], "html.parser").iframe
    assert frame is not None
    source = urlsplit(str(frame["src"]))
    assert parse_qs(source.query) == {"ville": ['Saint-"Étienne"'], "embed": ["1"]}
    shown = get(f"{source.path}?{source.query}")
    assert "frame-ancestors *" in shown.headers["Content-Security-Policy"]
    assert str(frame["src"]).startswith(f"{settings.BASE_ADDRESS}/directory/place?")
    for other in ("https://elsewhere.example/directory/place", f"{settings.BASE_ADDRESS}/directory/rien"):
        assert get("/oembed", url=other).status_code == 404, other


def test_opensearch_leads_to_the_search() -> None:
    root = ElementTree.fromstring(get("/opensearch.xml").content)
    assert root.findtext(f"{OPENSEARCH}ShortName") == settings.SITE_NAME
    for url in root.iter(f"{OPENSEARCH}Url"):
        path = url.attrib["template"].removeprefix(settings.BASE_ADDRESS).replace("{searchTerms}", "bois")
        assert get(path)["Content-Type"].partition(";")[0] == url.attrib["type"]
    assert 'href="/opensearch.xml"' in get("/search").content.decode()


def test_icons_and_manifest() -> None:
    manifest = json.loads(get("/manifest.webmanifest").content)
    assert manifest["name"] == settings.SITE_NAME
    for icon in manifest["icons"]:
        name = re.sub(r"^.*?(wiki/.*?)(?:\.[0-9a-f]{12})?(\.\w+)$", r"\1\2", icon["src"])
        file = finders.find(name)
        assert file, icon
        if icon["type"] == "image/png":
            with Image.open(file) as image:
                assert "x".join(map(str, image.size)) == icon["sizes"]
    address = get("/favicon.ico")["Location"]
    assert address.endswith(".ico")
    ico = finders.find("wiki/favicon.ico")
    assert ico
    with open(ico, "rb") as content:
        assert Image.open(io.BytesIO(content.read())).format == "ICO"
