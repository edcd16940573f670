"""Period, price and distance of needs and offers, and what follows from them: without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.utils.translation import override

from wiki.needs.assembling import assemble
from wiki.needs.place_exchange import find_answers, find_nearby
from wiki.needs.stated_needs import NeedStatement, StatedNeeds, StatementRole, StatingPage
from wiki.needs.statement_details import NO_DETAILS, StatementDetails, julian_day, read_details
from wiki.needs.thesaurus import Thesaurus

LYON, VILLEURBANNE, SAINT_ETIENNE = (45.758, 4.835), (45.767, 4.88), (45.435, 4.39)
TODAY = date(2026, 12, 1)


def details(**texts: str) -> StatementDetails:
    return read_details({name.capitalize(): text for name, text in texts.items()}, "fr")


@pytest.mark.parametrize(
    ("texts", "french", "english"),
    [
        ({"début": "2026-12-01", "fin": "2026-12-20"}, "du 1er décembre 2026 au 20 décembre 2026",
         "from 1 December 2026 to 20 December 2026"),
        ({"début": "3 janvier 2027"}, "à partir du 3 janvier 2027", "from 3 January 2027 on"),
        ({"fin": "2027"}, "fin\u00a0: 2027", "end: 2027"),
        ({"début": "bientôt", "fin": "31/12/2026"}, "bientôt – 31 décembre 2026", "bientôt – 31 December 2026"),
        ({"prix": "Gratuit", "rayon": "12,5 km"}, "gratuit · jusqu’à 12,5 km", "free · up to 12.5 km away"),
        ({"prix": "0 €", "rayon": "loin"}, "gratuit · loin", "free · loin"),
        ({"prix": "12 € l’heure", "rayon": "20"}, "12 € l’heure · jusqu’à 20 km", "12 € l’heure · up to 20 km away"),
        ({"price": "free", "radius": "3 km", "end": "2026-12-24"}, "jusqu’au 24 décembre 2026 · gratuit · jusqu’à 3 km",
         "until 24 December 2026 · free · up to 3 km away"),
    ],
)  # fmt: skip
def test_details_are_said_in_the_language_of_the_reader(texts: dict[str, str], french: str, english: str) -> None:
    for language, expected in (("fr", french), ("en", english)):
        with override(language):
            assert " · ".join(details(**texts).texts) == expected


@pytest.mark.parametrize(
    ("texts", "is_past"),
    [
        ({}, False),
        ({"fin": "2026-11-30"}, True),
        ({"fin": "2026-12-01"}, False),  # the last day is one of its days
        ({"fin": "décembre 2026"}, False),
        ({"fin": "novembre 2026"}, True),
        ({"début": "2026-12-02"}, False),
        ({"fin": "un jour"}, False),
        ({"fin": "-44"}, True),
        ({"fin": "99999999999"}, False),
    ],
)
def test_what_is_over(texts: dict[str, str], is_past: bool) -> None:
    assert details(**texts).is_past(julian_day(TODAY)) is is_past


def page(pk: int, title: str, point: tuple[float, float] | None) -> StatingPage:
    return StatingPage(pk, title, title, "place", (), "", point)


ATELIER, BOCAL, FORGE = page(1, "Atelier", LYON), page(2, "Bocal", VILLEURBANNE), page(3, "Forge", SAINT_ETIENNE)
DEPOT, PRACTICE = page(4, "Dépôt", None), StatingPage(9, "Réparer", "Réparer", "practice", (), "", None)
NEED, OFFER, REQUIREMENT = StatementRole.NEED, StatementRole.OFFER, StatementRole.REQUIREMENT
POINTS = {1: LYON, 2: VILLEURBANNE, 3: SAINT_ETIENNE}


def stated(*rows: tuple[StatementRole, StatingPage, str, StatementDetails]) -> StatedNeeds:
    made = [
        NeedStatement(role, of_page, text, datetime(2026, 1, number + 1, tzinfo=UTC), said)
        for number, (role, of_page, text, said) in enumerate(rows)
    ]
    return StatedNeeds(made, Thesaurus([]), POINTS, TODAY)


def test_what_is_over_answers_nothing_and_is_kept_as_past() -> None:
    found = stated(
        (NEED, ATELIER, "Scie", NO_DETAILS),
        (OFFER, BOCAL, "Scie", details(fin="2026-11-30")),
        (OFFER, FORGE, "Scie", details(début="2027-01-01")),
        (REQUIREMENT, PRACTICE, "Scie", details(fin="2020")),
    )
    assert [one.page.title for one in found.offers] == ["Forge"]
    assert [one.page.title for one in found.past] == ["Bocal"]
    assert [one.statement.page.title for one in found.counterparts(found.needs[0], 5)[0]] == ["Forge"]
    assert len(found.requirements) == 1


@pytest.mark.parametrize(
    ("of_need", "of_offer", "answers"),
    [("", "", True), ("", "49 km", False), ("", "60 km", True), ("40", "", False), ("60", "60", True)],
)
def test_a_distance_limits_both_sides(of_need: str, of_offer: str, answers: bool) -> None:
    found = stated(
        (NEED, ATELIER, "Scie", details(rayon=of_need) if of_need else NO_DETAILS),
        (OFFER, FORGE, "Scie", details(rayon=of_offer) if of_offer else NO_DETAILS),
        (REQUIREMENT, PRACTICE, "Scie", NO_DETAILS),
    )
    assert found.counterparts(found.needs[0], 5)[1] == answers
    assert found.counterparts(found.offers[0], 5)[1] == answers
    assert found.has_counterpart(found.needs[0]) is answers
    [required] = assemble(found, PRACTICE.pk, ATELIER.pk, LYON, 1000.0)
    assert bool(required.near) is (of_offer != "49 km")
    assert bool(find_answers(found, ATELIER.pk, 100.0)) is answers
    assert not find_answers(found, ATELIER.pk, 45.0)


def test_where_nobody_knows_the_distance_an_offer_is_shown_and_never_written_about() -> None:
    found = stated((NEED, DEPOT, "Scie", NO_DETAILS), (OFFER, BOCAL, "Scie", details(rayon="2 km")))
    assert found.counterparts(found.needs[0], 5)[1] == 1
    assert not find_answers(found, DEPOT.pk, 20_000.0)
    assert not find_nearby(found, DEPOT.pk, 20_000.0)


def test_what_is_near_a_place() -> None:
    found = stated(
        (NEED, ATELIER, "Scie", NO_DETAILS),
        (OFFER, ATELIER, "Four", NO_DETAILS),
        (OFFER, BOCAL, "Scie sauteuse", NO_DETAILS),
        (OFFER, BOCAL, "Vélo", details(rayon="1 km")),  # it does not reach that far
        (OFFER, FORGE, "Enclume", NO_DETAILS),
        (NEED, BOCAL, "Four", NO_DETAILS),
        (NEED, FORGE, "Charbon", NO_DETAILS),
    )
    near = find_nearby(found, ATELIER.pk, 100.0)
    assert [(one.statement.text, one.answers) for one in near] == [
        ("Four", ["Four"]), ("Enclume", []), ("Scie sauteuse", ["Scie"]),
    ]  # fmt: skip
    assert [one.statement.text for one in find_nearby(found, ATELIER.pk, 10.0)] == ["Four", "Scie sauteuse"]
    [answer] = find_answers(found, ATELIER.pk, 100.0)
    again = stated(
        (NEED, ATELIER, "SCIE", details(prix="2 €")), (OFFER, page(2, "Bocal bis", LYON), "scie sauteuse", NO_DETAILS)
    )
    assert find_answers(again, ATELIER.pk, 100.0)[0].digest == answer.digest, "renamed, and with details"
