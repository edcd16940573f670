"""The line that says whether a place is open now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation

from tests.factories import make_page
from wiki.accounts.models import User
from wiki.ask.embedding.hours_in_words import hours_in_words
from wiki.ask.embedding.opening_line import opening_line
from wiki.facts.datatypes.opening_hours import opening_state, read_opening_hours
from wiki.pages.models import RenderedPage

NOON = datetime(2026, 11, 30, 11, 0, tzinfo=UTC)
"""A Monday, at noon in Paris."""


@pytest.mark.parametrize(
    ("hours", "text", "until"),
    [
        (["lundi 9h-18h"], "Ouvert en ce moment, ferme à 18:00", "18:00"),
        (["lundi 9h-12h et 14h-18h"], "Fermé en ce moment, ouvre à 14:00", "14:00"),
        (["mardi 9h-18h"], "Fermé en ce moment, ouvre demain à 09:00", "00:00"),
        (["lundi 9h-minuit"], "Ouvert en ce moment, ferme à minuit", "00:00"),
        (["jeudi 9h-18h"], "Fermé en ce moment, ouvre jeudi à 09:00", "00:00"),
        (["Jan 04 10:00-12:00"], "Fermé en ce moment, ouvre le 4 janvier 2027", "00:00"),
        (["lundi 9h-10h", "lundi 11h-13h"], "Ouvert en ce moment, ferme à 13:00", "13:00"),
        (["lundi 9h-10h, lundi 11h-13h"], "Ouvert en ce moment, ferme à 13:00", "13:00"),
        (["lundi 9h-10h"], "Fermé en ce moment, ouvre le 7 décembre 2026", "00:00"),
        (["24/7"], "Ouvert en ce moment", "00:00"),
        (["sur rendez-vous"], "Sur rendez-vous", "00:00"),
        (["2020 Mo 10:00-12:00"], "Fermé en ce moment", "00:00"),
    ],
)
def test_it_says_whether_a_place_is_open(hours: list[str], text: str, until: str) -> None:
    with translation.override("fr"):
        line = opening_line(hours, NOON)
    assert line is not None
    assert f">{text}<" in line.html
    assert timezone.localtime(line.expires_at).strftime("%H:%M") == until


def test_holidays_of_the_country_are_closed() -> None:
    christmas = datetime(2026, 12, 25, 11, 0, tzinfo=UTC)
    with translation.override("fr"):
        line = opening_line(["Mo-Fr 09:00-18:00; PH off"], christmas)
    assert line is not None
    assert "Fermé en ce moment, ouvre lundi" in line.html


def test_hours_that_never_come_end_soon() -> None:
    hours = read_opening_hours("Jan 01 Mo[5] 03:00-03:01")
    assert opening_state(hours, datetime(2026, 11, 30)).changes_at is None


@pytest.mark.django_db
def test_the_page_says_it_and_expires(alice: User, client: Client) -> None:
    make_page("Attribut:Horaires", "---\nA le type: Horaires\n---", by=alice)
    make_page("Lieu", "---\nHoraires: tous les jours 0h-24h\n---\nTexte.", by=alice)
    make_page("Autre", "---\nHoraires: jamais\n---\nTexte.", by=alice)
    assert "Ouvert en ce moment" in client.get("/wiki/Lieu").content.decode()
    stored = RenderedPage.objects.get(page__title_key="Lieu", ui_language="fr")
    assert timezone.now() < stored.expires_at <= timezone.now() + timedelta(days=1)
    html = client.get("/wiki/Autre").content.decode()
    assert "en ce moment" not in html
    assert "ne donne pas d’horaires" in html


@pytest.mark.parametrize(
    ("hours", "french", "english"),
    [
        ("Tu-Fr 09:00-19:00; Sa 10:00-17:30", "mardi–vendredi : 9h–19h|samedi : 10h–17h30",
         "Tuesday–Friday: 09:00–19:00|Saturday: 10:00–17:30"),
        ("Mo,We-Th 09:00-12:00,14:00-18:00; PH off", "lundi, mercredi–jeudi : 9h–12h et 14h–18h|jours fériés : fermé",
         "Monday, Wednesday–Thursday: 09:00–12:00 and 14:00–18:00|public holidays: closed"),
        ("24/7", "jour et nuit, tous les jours", "day and night, every day"),
        ("Apr-Sep: Mo-Fr 09:00-12:00", "", ""),
        ("lundi 9h-12h", "", ""),
    ],
)  # fmt: skip
def test_hours_of_a_week_are_said_in_words(hours: str, french: str, english: str) -> None:
    for language, words in (("fr", french), ("en", english)):
        said = "|".join(hours_in_words(hours, language)).replace("\u00a0", " ")
        assert said == words


def test_the_fact_box_has_the_words(client: Client, alice: User) -> None:
    make_page("Attribut:Horaires", "---\nA le type: Horaires\n---", by=alice)
    make_page("Lieu", "---\nHoraires: Tu-Fr 09:00-19:00; PH off\n---\nTexte.", by=alice)
    content = client.get("/wiki/Lieu", headers={"accept-language": "fr"}).content.decode()
    assert "mardi–vendredi" in content
    assert "Tu-Fr" not in content
