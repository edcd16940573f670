"""Pages as of a day: the version, facts and query results of that day; and parsing of dates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone

from wiki.accounts.models import User
from wiki.pages import date_input, page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author

pytestmark = pytest.mark.django_db
ReadPage = Callable[..., str]


def by(name: str, day: str) -> Author:
    """Return an author with the claimed time noon of `day`."""
    return Author(None, name, claimed_at=datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC))


@pytest.fixture
def page() -> WikiPage:
    """Create a page with four versions; the claimed time of the third is before the second."""
    page = page_writer.create("Fournil", "---\nVille: Lyon\n---\nDu pain.", by=by("Ada", "2019-03-03")).page
    page_writer.edit(
        page_lookup.reload_page(page.pk), "---\nVille: Oullins\n---\nDes brioches.", by("Bob", "2020-06-01")
    )
    page_writer.edit(page_lookup.reload_page(page.pk), "---\nVille: Oullins\n---\nDes tartes.", by("Dan", "2020-05-01"))
    page_writer.edit(page_lookup.reload_page(page.pk), "---\nVille: Bron\n---\nDes quiches.", by("Eva", "2021-01-01"))
    return page_lookup.reload_page(page.pk)


@pytest.fixture
def read_page(client_of: Callable[..., Client]) -> ReadPage:
    def read(query: str, status: int = 200, title: str = "Fournil") -> str:
        response = client_of(AnonymousUser()).get(f"/wiki/{title}?{query}")
        assert response.status_code == status
        return response.content.decode()

    return read


@pytest.mark.parametrize(
    ("day", "number", "text", "town"),
    [
        ("2019-03-03", 1, "Du pain.", "Lyon"),
        ("2020-05-31", 1, "Du pain.", "Lyon"),
        ("2020-06-01", 3, "Des tartes.", "Oullins"),
        ("2020", 3, "Des tartes.", "Oullins"),
        ("01/01/2021", 4, "Des quiches.", "Bron"),
        ("2100-01-01", 4, "Des quiches.", "Bron"),
    ],
)
def test_version_of_day_is_shown_with_its_facts(
    page: WikiPage, read_page: ReadPage, day: str, number: int, text: str, town: str
) -> None:
    html = read_page(f"at={day}")
    assert f"la page en était à la version {number}," in html
    assert text in html
    assert town in html.partition('class="facts"')[2].partition("</section>")[0]
    assert "noindex" in html


def test_old_version_links_to_previous_and_next(page: WikiPage, read_page: ReadPage) -> None:
    html = read_page("at=2020-12-31")
    assert 'href="/wiki/Fournil?version=2"' in html
    assert 'href="/wiki/Fournil?version=4"' in html
    assert 'name="at" value="2020-12-31"' in html
    assert 'name="at" value="2019-03-03"' in read_page("version=1")
    assert "version=0" not in read_page("version=1")
    assert "version=5" not in read_page("version=4")


def test_queries_use_facts_of_day(page: WikiPage, read_page: ReadPage) -> None:
    page_writer.create("Annuaire", "Le fournil est à {{#show: Fournil|?Ville}}.", by=by("Ada", "2019-04-01"))
    assert "Bron" in read_page("", title="Annuaire")
    assert "Lyon" in read_page("at=2019-12-31", title="Annuaire")
    assert "Oullins" in read_page("at=2020-12-31", title="Annuaire")
    assert "Bron" in read_page("version=1", title="Annuaire")


def test_missing_version_and_invalid_date_have_messages(
    page: WikiPage, read_page: ReadPage, client_of: Callable[..., Client]
) -> None:
    assert "Ce jour-là, cette page n’était pas encore écrite." in read_page("at=2019-03-02", 404)
    assert "« hier » n’est pas une date" in read_page("at=hier", 404).replace("\u202f", " ")
    assert client_of(AnonymousUser()).get("/wiki/Fournil?at=")["Location"] == "/wiki/Fournil"
    read_page("at=2020-01-01", 404, title="Rien")


def test_day_of_deleted_page_has_notice(page: WikiPage, read_page: ReadPage) -> None:
    page_writer.delete(page, by("Ada", "2021-06-01"))
    read_page("at=2021-02-01", 404)
    page_writer.undelete(page_lookup.reload_page(page.pk), by("Ada", "2021-08-01"))
    assert "Dans cette version, la page était supprimée." in read_page("at=2021-07-01")
    assert "Des quiches." in read_page("at=2021-09-01")


def test_history_has_forms_for_day_and_period(client_of: Callable[..., Client], page: WikiPage, alice: User) -> None:
    html = client_of(alice).get("/history/Fournil").content.decode()
    assert 'data-first="2019-03-03" data-last="2021-01-01"' in html
    assert '<input type="hidden" name="page" value="Fournil">' in html


def test_only_current_text_has_link_to_history_search(client_of: Callable[..., Client], page: WikiPage) -> None:
    client = client_of(AnonymousUser())
    assert 'data-page="Fournil"' in client.get("/wiki/Fournil").content.decode()
    assert "data-came-in" not in client.get("/wiki/Fournil?version=1").content.decode()


# --- Dates ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2019", "2019-01-01", "2020-01-01"),
        ("2019-12", "2019-12-01", "2020-01-01"),
        ("2019-3", "2019-03-01", "2019-04-01"),
        (" 2020-02-29 ", "2020-02-29", "2020-03-01"),
        ("31/12/2019", "2019-12-31", "2020-01-01"),
    ],
)
def test_dates_are_parsed(text: str, first: str, after: str) -> None:
    def day(written: str) -> datetime:
        return timezone.make_aware(datetime.fromisoformat(written))

    assert date_input.parse_period_start(text) == day(first)
    assert date_input.parse_period_end(text) == day(after)


def test_date_and_time_is_parsed() -> None:
    noon = datetime(2019, 3, 3, 12, tzinfo=UTC)
    assert date_input.parse_period_start("2019-03-03T12:00:00Z") == noon
    assert date_input.parse_period_end("2019-03-03T12:00:00Z") == noon + timedelta(microseconds=1)


@pytest.mark.parametrize(
    "text", ["", "hier", "2019-13", "2019-02-30", "0000", "9999", "9999-12-31", "٢٠١٩", "12:00", "1-1"]
)
def test_invalid_date_raises(text: str) -> None:
    with pytest.raises(date_input.InvalidDate):
        date_input.parse_period_end(text)


def test_a_renamed_page_belongs_to_its_title_of_that_day(page: WikiPage, read_page: ReadPage) -> None:
    page_moves.move(page, "Boulangerie", Author(None, "script"))
    assert "Du pain." in read_page("at=2019-12-31"), "a redirect has the title now"
    assert "Du pain." in read_page("at=2019-12-31", title="Boulangerie")
    redirect = page_lookup.find_by_key("Fournil")
    assert redirect is not None
    page_writer.delete(redirect, Author(None, "script"))
    assert "Des tartes." in read_page("at=2020")
    read_page("at=2018", status=404, title="Boulangerie")
    read_page("at=2018", status=404)
    read_page("at=2100", status=404)


def test_a_deleted_page_belongs_to_its_days_for_those_who_may_see_it(
    page: WikiPage, read_page: ReadPage, client_of: Callable[..., Client]
) -> None:
    page_writer.delete(page, Author(None, "script"))
    read_page("at=2019-12-31", status=404)
    root = User.objects.create_superuser("root", password="x")
    response = client_of(root).get("/wiki/Fournil?at=2019-12-31")
    assert response.status_code == 200
    assert "Du pain." in response.content.decode()
    assert client_of(root).get("/wiki/Fournil?at=2100").status_code == 404
