"""Downloads, parsed by other programs than the one that wrote them."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import icalendar
import openpyxl
import pytest
import rdflib
import rdflib.compare
from django.conf import settings

from tests.ask.formats.building import (
    HOSTILE,
    boolean,
    column,
    content,
    download,
    make_format_context,
    moment,
    number,
    page,
    page_ref,
    place,
    render_in_page,
    result,
    text,
)
from wiki.ask.execution.results import QueryResult
from wiki.ask.formats import registry
from wiki.facts.datatypes import registry as registry_of_values
from wiki.facts.values import Context, Declaration, Value


def places(**parameters: str) -> QueryResult:
    return result(
        [
            (
                page_ref("La Filature", edited_at=datetime(2026, 4, 1, 12, tzinfo=UTC)),
                [[page("Lyon")], [number(400)], [place(45.75, 4.85)], [moment("2019-03-04")], [boolean(True)]],
            ),
            (page_ref("L’Atelier"), [[page("Nulle part")], [], [place(-12.5, 170)], [moment("2020-05")], []]),
            (page_ref("Sans rien"), [[], [], [], [], []]),
        ],
        [
            column("Ville", "_wpg"),
            column("Surface (m²)", "_num"),
            column("Lieu", "_geo"),
            column("Date", "_dat"),
            column("Ouvert", "_boo"),
        ],
        [page_ref("Lyon")],
        **parameters,
    )


# --- GeoJSON
def test_it_writes_geojson() -> None:
    data = json.loads(content(places(format="geojson")))
    assert data["type"] == "FeatureCollection"
    first, second = data["features"]
    assert first["geometry"] == {"type": "Point", "coordinates": [4.85, 45.75]}
    assert first["properties"]["title"] == "La Filature"
    assert first["properties"]["url"] == "https://wiki.example/wiki/La_Filature"
    assert first["properties"]["Ville"] == "Lyon"
    assert first["properties"]["Surface (m²)"] == 400
    assert first["properties"]["Date"] == "2019-03-04"
    assert first["properties"]["Ouvert"] == "true"
    assert second["properties"]["Surface (m²)"] is None
    assert second["geometry"]["coordinates"] == [170, -12.5]


def test_it_lists_the_places_of_a_map() -> None:
    query_result = render_in_page(places(format="map", height="300", link="subject"))
    assert '<div class="ask-map ask-h320" data-map="Carte de 2 lieux"' in query_result
    assert '<li data-lat="45.75" data-lon="4.85"><div class="ask-place"><a href="/wiki/La_Filature">' in query_result
    assert '<div class="ask-details">Ville\u00a0: Lyon</div>' in query_result
    assert 'data-cluster="no"' in render_in_page(places(format="map", cluster="no"))
    assert 'data-zoom="12"' in render_in_page(places(format="leaflet", zoom="12"))


# --- Feeds
def test_it_writes_rss() -> None:
    file = download(places(format="rss", title="Lieux & co"))
    assert file.content_type.startswith("application/rss+xml")
    channel = ElementTree.fromstring(content(places(format="rss", title="Lieux & co"))).find("channel")
    assert channel is not None
    assert channel.findtext("title") == "Lieux & co"
    items = channel.findall("item")
    assert [item.findtext("title") for item in items] == ["La Filature", "L’Atelier", "Sans rien"]
    assert items[0].findtext("link") == "https://wiki.example/wiki/La_Filature"
    assert items[0].findtext("pubDate") == "Mon, 04 Mar 2019 00:00:00 +0100"
    assert "Ville: Lyon" in (items[0].findtext("description") or "")


@pytest.mark.parametrize("parameters", [{"format": "atom"}, {"format": "feed", "type": "atom"}])
def test_it_writes_atom(parameters: dict[str, str]) -> None:
    feed = ElementTree.fromstring(content(places(**parameters)))
    atom = "{http://www.w3.org/2005/Atom}"
    assert feed.tag == f"{atom}feed"
    entries = feed.findall(f"{atom}entry")
    assert len(entries) == 3
    assert entries[0].findtext(f"{atom}updated") == "2026-04-01T12:00:00+00:00"
    assert feed.findtext(f"{atom}author/{atom}name") == settings.SITE_NAME
    assert entries[0].findtext(f"{atom}id") == "https://wiki.example/wiki/La_Filature"


# --- Calendar and cards
def meetings(**parameters: str) -> QueryResult:
    return result(
        [
            ("Fête; d’été", [[moment("2026-06-12")], [moment("2026-06-14")], [text("Lyon, quai 3")], [text("Venez")]]),
            ("Atelier", [[moment("2026-05-20T18:30:00")], [moment("2026-05-20T20:00:00")], [], []]),
        ],
        [column("Début", "_dat"), column("Fin", "_dat"), column("Lieu"), column("Public")],
        format="icalendar",
        **parameters,
    )


def test_it_writes_valid_icalendar_events() -> None:
    calendar = icalendar.Calendar.from_ical(content(meetings(title="Agenda")))
    workshop, feast = calendar.walk("VEVENT")
    assert str(calendar["X-WR-CALNAME"]) == "Agenda"
    assert str(feast["SUMMARY"]) == "Fête; d’été"
    assert feast.decoded("DTSTART") == date(2026, 6, 12)
    assert feast.decoded("DTEND") == date(2026, 6, 15)
    assert str(feast["LOCATION"]) == "Lyon, quai 3"
    assert str(feast["DESCRIPTION"]) == "Public: Venez"
    assert workshop.decoded("DTSTART") == datetime(2026, 5, 20, 16, 30, tzinfo=UTC), "half past six in Paris"
    assert feast["UID"] != workshop["UID"]
    assert content(meetings()) == content(meetings())


def test_events_have_locations() -> None:
    rows = [("Fête", [[moment("2026-06-12")], [place(45.75, 4.85)]])]
    query_result = result(rows, [column("Date", "_dat"), column("Lieu", "_geo")], format="icalendar")
    (feast,) = icalendar.Calendar.from_ical(content(query_result)).walk("VEVENT")
    assert (feast["GEO"].latitude, feast["GEO"].longitude) == (45.75, 4.85)
    assert "LOCATION" not in feast


def test_it_writes_valid_vcards() -> None:
    query_result = result(
        [
            (
                "Ada L.",
                [
                    [text("Lovelace")],
                    [text("Ada")],
                    [text("ada@x.fr"), text("a@b.fr")],
                    [text("12; rue")],
                    [text("Paris")],
                ],
            )
        ],
        [column("Nom"), column("Prénom"), column("Email"), column("Adresse"), column("Ville")],
        format="vcard",
    )
    lines = content(query_result).decode().split("\r\n")
    assert lines[:3] == ["BEGIN:VCARD", "VERSION:4.0", "KIND:individual"]
    for line in ("FN:Ada L.", "N:Lovelace;Ada;;;", "EMAIL:ada@x.fr", "EMAIL:a@b.fr", "ADR:;;12\\; rue;Paris;;;"):
        assert line in lines
    assert lines[-2:] == ["END:VCARD", ""]


@pytest.mark.parametrize("form", ["icalendar", "vcard"])
def test_values_cannot_inject_content_lines(form: str) -> None:
    evil = "x\r\nEND:VCARD\r\nBEGIN:VCARD\nATTENDEE:evil"
    columns = [column("Date", "_dat"), column("Description"), column("URL"), column("Nom"), column("Lieu")]
    query_result = result(
        [(evil, [[moment("2026-01-01")], *([text(evil)] for _ in columns[1:])])], columns, format=form
    )
    lines = content(query_result).decode().splitlines()
    assert sum(line.startswith("BEGIN:") for line in lines) == (1 if form == "vcard" else 2)
    assert not any(line.startswith("ATTENDEE") for line in lines)


# --- Worksheets
def test_it_writes_typed_cells_and_no_formula() -> None:
    query_result = places(format="xlsx", mainlabel="Page")
    hostile = result([("=1+1", [[text("=SUM(A1)")], [text("a\x00b")]])], [column("=x"), column("B")], format="xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(content(query_result))).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("Page", "Ville", "Surface (m²)", "Lieu", "Date", "Ouvert")
    assert rows[1][:3] == ("La Filature", "Lyon", 400)
    assert rows[1][4:] == (datetime(2019, 3, 4), True)
    assert isinstance(rows[2][4], str)
    sheet = openpyxl.load_workbook(io.BytesIO(content(hostile))).active
    for row in sheet.iter_rows():
        for cell in row:
            assert cell.data_type == "s"
    assert sheet["A2"].value == "=1+1"
    assert sheet["B2"].value == "=SUM(A1)"


# --- Linked data
SYNTAXES = [("rdf", "xml"), ("turtle", "turtle"), ("jsonld", "json-ld")]
PROPERTY = "https://wiki.example/wiki/Property:"


@pytest.mark.parametrize(("form", "syntax"), SYNTAXES)
def test_it_writes_triples(form: str, syntax: str) -> None:
    graph = rdflib.Graph().parse(data=content(places(format=form)), format=syntax)
    filature = rdflib.URIRef("https://wiki.example/wiki/La_Filature")
    lyon = rdflib.URIRef("https://wiki.example/wiki/Lyon")
    assert (filature, rdflib.RDFS.label, rdflib.Literal("La Filature")) in graph
    assert (filature, rdflib.URIRef(f"{PROPERTY}Ville"), lyon) in graph
    assert graph.value(filature, rdflib.URIRef(f"{PROPERTY}Date")).toPython() == date(2019, 3, 4)
    assert graph.value(filature, rdflib.URIRef(f"{PROPERTY}Ouvert")).toPython() is True
    surface = [p for p in graph.predicates(filature) if "Surface" in p]
    assert graph.value(filature, surface[0]).toPython() == 400.0
    assert str(graph.value(filature, rdflib.URIRef(f"{PROPERTY}Lieu"))) == "POINT(4.85 45.75)"


def test_it_writes_the_same_triples_in_every_syntax() -> None:
    graphs = [rdflib.Graph().parse(data=content(places(format=form)), format=syntax) for form, syntax in SYNTAXES]
    assert len(graphs[0]) > 8
    assert rdflib.compare.isomorphic(graphs[0], graphs[1])
    assert rdflib.compare.isomorphic(graphs[0], graphs[2])


def test_it_names_properties_by_their_equivalent() -> None:
    columns = [column("Ville", equivalent=("https://schema.org/address",)), column("Titre", "_mlt_rec")]
    titre = Value("_mlt_rec", "Hi@en", canonical_value="Hi", folded_text="hi", lang="en")
    graph = rdflib.Graph().parse(
        data=content(result([("A", [[text("Lyon")], [titre]])], columns, format="turtle")), format="turtle"
    )
    assert str(graph.value(None, rdflib.URIRef("https://schema.org/address"), rdflib.Literal("Lyon"))).endswith("/A")
    assert {literal.language for literal in graph.objects() if isinstance(literal, rdflib.Literal)} == {None, "en"}


def test_it_writes_vague_dates_in_edtf() -> None:
    spring = registry_of_values.parse("printemps 2024", Context("fr", Declaration("Date", "Date", "_dat")))
    query_result = result([("A", [[spring]])], [column("Date", "_dat")], format="turtle")
    graph = rdflib.Graph().parse(data=content(query_result), format="turtle")
    found = graph.value(rdflib.URIRef("https://wiki.example/wiki/A"), rdflib.URIRef(f"{PROPERTY}Date"))
    assert (str(found), str(found.datatype)) == ("2024-21", "http://id.loc.gov/datatypes/edtf/EDTF")
    assert "printemps 2024" in content(result([("A", [[spring]])], [column("Date", "_dat")], format="csv")).decode()


def test_it_writes_records_as_nodes() -> None:
    city = Declaration("Ville", "Ville", "_txt")
    size = Declaration("Taille", "Taille", "_num")
    record = Value("_rec", "Lyon; 3", canonical_value="_x", parts=(("Ville", text("Lyon")), ("Taille", number(3))))
    query_result = result([("A", [[record]])], [column("Fiche", "_rec", fields=(city, size))], format="turtle")
    graph = rdflib.Graph().parse(data=content(query_result), format="turtle")
    node = graph.value(rdflib.URIRef("https://wiki.example/wiki/A"), rdflib.URIRef(f"{PROPERTY}Fiche"))
    assert str(graph.value(node, rdflib.URIRef(f"{PROPERTY}Ville"))) == "Lyon"
    assert graph.value(node, rdflib.URIRef(f"{PROPERTY}Taille")).toPython() == 3.0


# --- All of them
@pytest.mark.parametrize("form", [name for name, one in registry.FORMATS.items() if one.file])
def test_it_survives_hostile_values_in_every_file(form: str) -> None:
    evil = HOSTILE + "\x00\x0b\n]]>{{{1}}}"
    kinds = ["_txt", "_uri", "_wpg", "_geo", "_dat", "_num", "_ema"]
    values = [
        text(evil), text(f"https://x/{evil}", "_uri"), page(evil), place(91, 1e9), moment("2026-01-01"),
        number(1e308), text(evil, "_ema"),
    ]  # fmt: skip
    query_result = result([(page_ref(evil, fragment=evil), [[value] for value in values])],
                  [column(f"{evil}{kind}", kind) for kind in kinds], format=form)  # fmt: skip
    assert content(query_result)


@pytest.mark.parametrize("form", [name for name, one in registry.FORMATS.items() if one.file and not one.html])
def test_file_formats_are_links_in_a_page(form: str) -> None:
    assert render_in_page(places(format=form, searchlabel="<b>ici")) == (
        f'<a class="ask-file" rel="nofollow" href="/ask?format={form}">&lt;b&gt;ici</a>'
    )


@pytest.mark.parametrize("form", list(registry.FORMATS))
def test_it_survives_a_result_without_rows(form: str) -> None:
    query_result = result([], [column("P")], format=form)
    assert render_in_page(query_result) in ("", '<span class="ask-number">0</span>')
    if registry.FORMATS[form].file:
        content(query_result)
    else:
        assert registry.render_file(query_result, make_format_context()) is None


def test_it_knows_every_format_by_its_aliases() -> None:
    for alias, name in (
        ("broadtable", "broadtable"), ("plain", "plainlist"), ("feed", "rss"), ("leaflet", "map"),
        ("json-ld", "jsonld"),
        ("eventcalendar", "calendar"), ("jqplotchart", "chart"), ("ultree", "tree"), ("TABLE ", "table"),
    ):  # fmt: skip
        one = registry.find_format(alias)
        assert one is not None
        assert one.name == name
    assert registry.find_format("nonsense") is None
    assert len(registry.FORMATS_BY_NAME) == len(registry.FORMATS) + sum(
        len(one.aliases) for one in registry.FORMATS.values()
    )
    assert all(one.html or one.file for one in registry.FORMATS.values())
