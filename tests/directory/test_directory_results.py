"""What a directory finds and counts, without a database."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.directory.tables import FIELDS, NAMES, make_table, random_places
from wiki.directory.directory_query import read_query
from wiki.directory.directory_results import DirectoryResults, evaluate
from wiki.directory.facet_fields import directory_fields
from wiki.directory.facet_options import list_chosen, list_facets
from wiki.forms.form_definition import parse_definition

TUESDAY_MORNING = datetime(2026, 12, 1, 10, 0)
SAINT_ETIENNE, LYON, BREST = (45.4347, 4.3903), (45.758, 4.835), (48.39, -4.486)
TABLE = make_table(
    ("Atelier", {"ville": ["Saint-Étienne"], "departement": ["Loire"], "services": ["Découpe laser", "Café"],
                 "hours": ["mardi 9h-12h"]}, SAINT_ETIENNE),
    ("Bocal", {"ville": ["Lyon"], "departement": ["Rhône"], "services": ["café"], "accessible": ["oui"]}, LYON),
    ("Cale", {"ville": ["Brest"], "services": ["Bureaux"], "hours": ["Sa 10:00-12:00"]}, BREST),
    ("Dépôt", {"ville": ["Saint-Étienne"], "departement": ["Loire"], "accessible": ["oui"]}, None),
    surfaces=[120.0, 40.0, None, 900.0],
)  # fmt: skip


def ask(parameters: str, table: object = TABLE, **more: object) -> DirectoryResults:
    """Return the results for URL parameters."""
    assert isinstance(table, type(TABLE))
    return evaluate(table, read_query(QueryDict(parameters), FIELDS), TUESDAY_MORNING, **more)  # type: ignore[arg-type]


def titles_of(results: DirectoryResults) -> str:
    return " ".join(results.table.rows[index].title for index in results.rows)


def counts_of(results: DirectoryResults, name: str) -> dict[str, int]:
    number = NAMES.index(name)
    return dict(zip(results.table.values[number].labels, results.counts[number], strict=True))


def test_facets_come_from_the_form() -> None:
    assert [facet.name for facet in FIELDS.facets] == ["departement", "ville", "services", "accessible", "category"]
    assert [one.name for one in FIELDS.ranges] == ["surface"]
    assert FIELDS.hours_key
    other = directory_fields(parse_definition("## S\n### Q\n- saisie: choix\n### q\n- saisie: choix"), of_places=False)
    assert [facet.name for facet in other.facets] == ["q-2", "q-3", "place", "category"]  # `q` is that of the words


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("", "Atelier Bocal Cale Dépôt"),
        ("ville=Saint-Étienne", "Atelier Dépôt"),
        ("ville=saint-etienne", "Atelier Dépôt"),
        ("ville=Lyon&ville=Brest", "Bocal Cale"),
        ("ville=Lyon&services=Bureaux", ""),
        ("services=Café", "Atelier Bocal"),
        ("services=Café&departement=Loire", "Atelier"),
        ("ville=Nulle part", ""),
        ("surface-min=100", "Atelier Dépôt"),
        ("surface-min=100&surface-max=500,5", "Atelier"),
        ("surface-min=viel", "Atelier Bocal Cale Dépôt"),
        ("open=now", "Atelier"),
        ("near=45.43,4.39", "Atelier Bocal Cale Dépôt"),
        ("near=48.4,-4.5", "Cale Atelier Bocal Dépôt"),
        ("near=45.43,4.39&within=60", "Atelier Bocal"),
        ("near=45.43,4.39&within=-3", "Atelier Bocal Cale Dépôt"),
        ("near=95,4&sort=distance", "Atelier Bocal Cale Dépôt"),
        ("bbox=45,4,46,5", "Atelier Bocal"),
        ("bbox=45,364,46,365", "Atelier Bocal"),  # the map was dragged once around the world
        ("bbox=45,4,nan,5", "Atelier Bocal Cale Dépôt"),
        ("bbox=46,4,45,5", "Atelier Bocal Cale Dépôt"),
        ("sort=new", "Dépôt Cale Bocal Atelier"),
        ("sort=edited", "Atelier Bocal Cale Dépôt"),
        ("sort=nothing", "Atelier Bocal Cale Dépôt"),
        ("unknown=1&p=9", "Atelier Bocal Cale Dépôt"),
    ],
)
def test_what_is_found(parameters: str, expected: str) -> None:
    assert titles_of(ask(parameters)) == expected


def test_words_narrow_and_order() -> None:
    scores = {3: 1.0, 1: 2.0, 77: 9.0}
    assert titles_of(ask("q=x", scores=scores)) == "Atelier Cale"
    assert titles_of(ask("q=x&sort=title", scores=scores)) == "Atelier Cale"
    assert titles_of(ask("q=x&sort=new", scores=scores)) == "Cale Atelier"
    assert titles_of(ask("q=x", scores={})) == ""


def test_counts_are_those_of_the_other_facets() -> None:
    results = ask("ville=Lyon")
    assert counts_of(results, "ville") == {"Saint-Étienne": 2, "Lyon": 1, "Brest": 1}  # to choose another one, or more
    assert counts_of(results, "departement") == {"Loire": 0, "Rhône": 1}
    assert counts_of(results, "services") == {"Découpe laser": 0, "Café": 1, "Bureaux": 0}
    assert results.extents == [(40.0, 40.0)]
    assert ask("ville=Brest").extents == [None]


def test_spellings_are_one_value_and_the_most_frequent_one_is_shown() -> None:
    table = make_table(
        *((f"L{n}", {"services": [name]}, None) for n, name in enumerate(["café", "Café", "CAFÉ", "Café"]))
    )
    assert counts_of(ask("", table), "services") == {"Café": 4}


def test_options_and_chosen_conditions() -> None:
    data = QueryDict("ville=Lyon&ville=Atlantis&services=Rien&surface-min=10&p=3&near=Lyon")
    query = read_query(data, FIELDS)
    results = evaluate(TABLE, query, TUESDAY_MORNING)
    facets = {facet.name: facet for facet in list_facets(results, query, "fr")}
    assert next((one.label, one.count, one.is_chosen) for one in facets["services"].options) == ("Rien", 0, True)
    assert [(one.label, one.count) for one in facets["ville"].options if one.is_chosen] == [
        ("Atlantis", 0),
        ("Lyon", 0),
    ]
    assert query.near is not None
    assert query.near_name == "Lyon (69)"
    chosen = {one.label: one.query for one in list_chosen(results, query, data, list(facets.values()), "fr")}
    assert chosen["Ville: Lyon"] == "ville=Atlantis&services=Rien&surface-min=10&near=Lyon"
    assert chosen["Surface (m²): 10–…"] == "ville=Lyon&ville=Atlantis&services=Rien&near=Lyon"


def test_a_town_that_is_none_is_said() -> None:
    query = read_query(QueryDict("near=Zzyzx&within=abc"), FIELDS)
    assert query.near is None
    assert len(query.problems) == 2


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), data=st.data())
def test_counts_equal_a_search_by_hand(seed: int, data: st.DataObject) -> None:
    table = random_places(30, seed)
    parameters = QueryDict(mutable=True)
    for facet, known in zip(FIELDS.facets, table.values, strict=True):
        if known.labels and data.draw(st.booleans()):
            parameters.setlist(facet.name, data.draw(st.lists(st.sampled_from(known.labels), max_size=2)))
    query = read_query(parameters, FIELDS)
    results = evaluate(table, query, TUESDAY_MORNING)

    def answers(index: int, leave_out: str = "") -> bool:
        row = table.rows[index]
        return all(
            name == leave_out or any(table.values[n].labels[value] in query.values[name] for value in row.values[n])
            for n, name in enumerate(NAMES)
            if name in query.values
        )

    assert results.rows == [index for index in range(len(table)) if answers(index)]
    for number, name in enumerate(NAMES):
        for value, count in enumerate(results.counts[number]):
            rows = [i for i in range(len(table)) if answers(i, name) and value in table.rows[i].values[number]]
            assert count == len(rows)
