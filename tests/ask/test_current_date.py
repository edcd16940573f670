"""Queries that name the current day: their results, and when those are out of date."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone

from tests.conftest import Standing
from tests.factories import make_page
from wiki.ask.execution import runner
from wiki.ask.language.current_date import substitute_current_date
from wiki.ask.query_parser import parse
from wiki.pages.models import RenderedPage

pytestmark = pytest.mark.django_db
NOON = datetime(2024, 3, 5, 12, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def dates(standing: Standing) -> None:
    """Write pages with dates around NOON."""
    with standing():
        make_page("Property:Jour", "---\nHas type: Date\n---")
        make_page("Property:Fiche", "---\nHas type: Record\nHas fields: Jour; Lieu\n---")
        make_page("Concept:Futur", "{{#concept: [[Jour::>>today]]}}")
        for title, day in (("Hier", "2024-03-04"), ("Ce jour", "2024-03-05"), ("Plus tard", "2024-04-01")):
            make_page(title, f"[[Jour::{day}]] {{{{#set:Fiche={day}; ici}}}}")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("[[Jour::today]]", ["Ce jour"]),
        ("[[Jour::>aujourd'hui]]", ["Ce jour", "Plus tard"]),
        ("[[Jour::>-7 days]] [[Jour::<now]]", ["Ce jour", "Hier"]),
        ("[[Jour::{{CURRENTYEAR}}-{{CURRENTMONTH}}-{{CURRENTDAY}}]]", ["Ce jour"]),
        ("[[Jour::>>{{LOCALYEAR}}-{{LOCALMONTH}}-{{LOCALDAY2}}]]", ["Plus tard"]),
        ("[[Fiche::>>today]]", ["Plus tard"]),
        ("[[Concept:Futur]]", ["Plus tard"]),
    ],
)
def test_the_day_is_the_current_one(query: str, found: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)
    result = runner.run(parse(query), AnonymousUser())
    assert not result.problems
    assert [row.subject.full_title for row in result.rows] == found
    assert result.query.names_today


def test_other_queries_do_not_name_the_day() -> None:
    query = runner.run(parse("[[Jour::2024]]|?Jour"), AnonymousUser()).query
    assert not query.names_today


@pytest.mark.parametrize(
    "call", ["{{#ask: [[Jour::>today]]}}", "{{#ask: [[Jour::{{CURRENTYEAR}}]]}}", "{{#ask: [[Concept:Futur]]}}"]
)
def test_results_in_pages_expire_at_midnight(call: str, client: Client) -> None:
    make_page("Agenda", call)
    assert client.get("/wiki/Agenda").status_code == 200
    (until,) = RenderedPage.objects.filter(page__full_title="Agenda", expires_at__isnull=False).values_list(
        "expires_at", flat=True
    )
    local = timezone.localtime(until)
    assert (local.hour, local.minute) == (0, 0)
    assert timedelta() < until - timezone.now() <= timedelta(days=1, hours=1)


def test_variables_are_written_as_mediawiki_writes_them() -> None:
    text = (
        "{{CURRENTYEAR}} {{currentmonth}} {{CURRENTMONTH1}} {{ CURRENTDAY }} {{CURRENTDAY2}} {{CURRENTDOW}} {{OTHER}}"
    )
    assert substitute_current_date(text, date(2024, 3, 3)) == "2024 03 3 3 03 0 {{OTHER}}"
