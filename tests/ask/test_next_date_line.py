"""The line that says when something recurring comes next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation

from tests.factories import make_page
from wiki.accounts.models import User
from wiki.ask.embedding import fact_box
from wiki.ask.embedding.next_date_line import next_date_line
from wiki.facts.datatypes.recurring_dates import read_recurrence
from wiki.pages.models import RenderedPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

NOON = datetime(2026, 11, 30, 11, 0, tzinfo=UTC)
"""A Monday, at noon in Paris."""


def canonical(*texts: str) -> list[str]:
    return [read_recurrence(text, "fr").canonical_value for text in texts]


@pytest.mark.parametrize(
    ("texts", "shown", "until"),
    [
        (["tous les mardis à 18h30"], "Next date: Tuesday Dec. 1, 2026 at 6:30 p.m.", "2026-12-01 18:30"),
        (["tous les lundis à 12h"], "Next date: Monday Dec. 7, 2026 at noon", "2026-12-07 12:00"),
        (["tous les lundis à 12h01"], "Next date: Monday Nov. 30, 2026 at 12:01 p.m.", "2026-11-30 12:01"),
        (["tous les lundis"], "Next date: Monday Nov. 30, 2026", "2026-12-01 00:00"),
        (["chaque année le 29 février"], "Next date: Tuesday Feb. 29, 2028", "2028-03-01 00:00"),
        (["le dernier jour du mois", "tous les lundis à 14h"], "Next date: Monday Nov. 30, 2026", "2026-12-01 00:00"),
        (["tous les jeudis", "tous les mardis"], "Next date: Tuesday Dec. 1, 2026", "2026-12-02 00:00"),
        (["un mardi sur deux", "tous les jeudis"], "Next date: Thursday Dec. 3, 2026", "2026-12-04 00:00"),
        (["tous les jeudis jusqu'au 26 novembre 2026"], "No more dates", None),
        (["tous les jeudis, 3 fois à partir du 5 novembre 2026"], "No more dates", None),
        (["FREQ=YEARLY;BYMONTH=1;BYYEARDAY=200"], "No date in the next 10 years", "2026-12-01 00:00"),
    ],
)
def test_it_says_when_it_comes_next(texts: list[str], shown: str, until: str | None) -> None:
    with translation.override("en"):
        line = next_date_line(canonical(*texts), NOON)
    assert line is not None
    assert f">{shown}<" in line.html
    expires = timezone.localtime(line.expires_at).strftime("%Y-%m-%d %H:%M") if line.expires_at else None
    assert expires == until


def test_it_says_nothing_where_the_days_are_not_known() -> None:
    assert next_date_line(canonical("un mardi sur deux", "FREQ=WEEKLY"), NOON) is None


@pytest.mark.parametrize(
    ("text", "now", "expires"),
    [
        ("tous les dimanches à 18h", datetime(2027, 3, 27, 12, tzinfo=UTC), datetime(2027, 3, 28, 16, tzinfo=UTC)),
        ("tous les samedis à 18h", datetime(2027, 3, 27, 12, tzinfo=UTC), datetime(2027, 3, 27, 17, tzinfo=UTC)),
        ("tous les dimanches", datetime(2027, 3, 28, 12, tzinfo=UTC), datetime(2027, 3, 28, 22, tzinfo=UTC)),
        # Half past two does not exist on that day: an hour later by the clock, as RFC 5545 has it.
        ("tous les jours à 2h30", datetime(2027, 3, 28, 0, tzinfo=UTC), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        # Half past two is twice on that day, and the first counts.
        ("tous les jours à 2h30", datetime(2026, 10, 25, 0, 0, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("tous les jours à 2h30", datetime(2026, 10, 25, 1, 0, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)),
        ("tous les jours à 2h30", datetime(2026, 10, 25, 0, 45, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)),
    ],
)
def test_its_times_are_those_of_the_wiki_in_summer_and_winter(text: str, now: datetime, expires: datetime) -> None:
    line = next_date_line(canonical(text), now)
    assert line is not None
    assert line.expires_at == expires


@pytest.mark.django_db
def test_the_page_says_it_and_expires(alice: User, client: Client) -> None:
    make_page("Attribut:Rendez-vous", "---\nA le type: Date récurrente\n---", by=alice)
    make_page("Atelier", "---\nRendez-vous: tous les jours à 18h\n---\nTexte.", by=alice)
    assert '<span class="next-date">' in client.get("/wiki/Atelier").content.decode()
    stored = RenderedPage.objects.get(page__title_key="Atelier", ui_language="fr")
    assert stored.expires_at is not None
    assert timezone.now() < stored.expires_at <= timezone.now() + timedelta(days=1, hours=1)
    assert timezone.localtime(stored.expires_at).strftime("%H:%M") == "18:00"


@pytest.mark.django_db
def test_a_page_whose_dates_are_over_does_not_expire(alice: User, client: Client) -> None:
    make_page("Attribut:Rendez-vous", "---\nA le type: Date récurrente\n---", by=alice)
    page = make_page("Atelier", "---\nRendez-vous: tous les mardis jusqu'au 30 juin 2020\n---\nTexte.", by=alice)
    assert '<span class="next-date">' in client.get("/wiki/Atelier").content.decode()
    assert RenderedPage.objects.get(page=page, ui_language="fr").expires_at is None
    page_writer.edit(page, "---\nRendez-vous: toutes les heures\n---\nTexte.", Author.of(alice))
    html = client.get("/wiki/Atelier").content.decode()
    assert '<span class="next-date">' not in html
    assert "<code>toutes les heures</code>" in html, "what cannot be read is shown as written, with its problem"


@pytest.mark.django_db
def test_the_next_date_is_that_of_a_limited_number_of_values(
    alice: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    monkeypatch.setattr(fact_box, "next_date_line", lambda values, now: counts.append(len(values)))
    names = ("Rendez-vous", "Permanence", "Atelier")
    for name in names:
        make_page(f"Attribut:{name}", "---\nA le type: Date récurrente\n---", by=alice)
    days = ", ".join(f"tous les jours à {hour}h" for hour in range(20))
    lines = "\n".join(f"{name}: [{days}]" for name in names)
    make_page("Fête", f"---\n{lines}\n---\nTexte.", by=alice)
    client.get("/wiki/Fête")
    assert counts == [20, 20, fact_box.RECURRING_LIMIT - 40]
