"""Prefixes that lead to other sites."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.errors import Refused
from wiki.pages import background_jobs
from wiki.pages.interwiki import InterwikiPrefix, interwiki_url
from wiki.pages.models import PageLink
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.version_store import Author

pytestmark = pytest.mark.django_db


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("title", "url"),
    [
        ("wikipedia:Lyon", "https://fr.wikipedia.org/wiki/Lyon"),
        ("Wikipedia : Tiers-lieu", "https://fr.wikipedia.org/wiki/Tiers-lieu"),
        ("W:Fab lab", "https://fr.wikipedia.org/wiki/Fab_lab"),
        ("w:en:Hackerspace", "https://fr.wikipedia.org/wiki/en:Hackerspace"),
        ('w:Où ? & "quoi"', "https://fr.wikipedia.org/wiki/O%C3%B9_%3F_%26_%22quoi%22"),
        ("wikipedia:", ""),
        ("wikipedia", ""),
        ("autre:Lyon", ""),
    ],
)
def test_prefixes_stand_for_addresses(title: str, url: str) -> None:
    assert interwiki_url(title) == url


def test_links_lead_to_the_other_site(alice: User, client: Client) -> None:
    page = make_page("Guide", "[[w:Lyon]] [[wikipedia:Lyon#Histoire|la ville]] [[w:Lyon|]] [[:w:Lyon]]", by=alice)
    html = client.get("/wiki/Guide").content.decode()
    for link in (
        '<a class="interwiki" rel="nofollow" href="https://fr.wikipedia.org/wiki/Lyon">w:Lyon</a>',
        '<a class="interwiki" rel="nofollow" href="https://fr.wikipedia.org/wiki/Lyon#Histoire">la ville</a>',
        '<a class="interwiki" rel="nofollow" href="https://fr.wikipedia.org/wiki/Lyon">Lyon</a>',
    ):
        assert link in html
    ways = set(PageLink.objects.filter(page=page).values_list("way", "key"))
    assert ways == {("interwiki", "w:Lyon"), ("interwiki", "wikipedia:Lyon")}
    assert "w:Lyon" not in client.get("/wanted").content.decode()


def test_pages_follow_a_renamed_prefix_in_any_spelling(alice: User, client: Client) -> None:
    make_page("Guide", "[[Vidéos : Un]] et [[films:Deux]]", by=alice)
    row = InterwikiPrefix.objects.create(prefix="videos", url="https://example.org/$1")
    background_jobs.run_pending()
    assert 'href="https://example.org/Un"' in client.get("/wiki/Guide").content.decode()
    row.prefix = "films"
    row.save()
    background_jobs.run_pending()
    html = client.get("/wiki/Guide").content.decode()
    assert 'href="https://example.org/Un"' not in html
    assert 'href="https://example.org/Deux"' in html


def test_an_address_with_a_prefix_leads_there_too(client: Client) -> None:
    answer = client.get("/wiki/w:Lyon")
    assert (answer.status_code, answer["Location"]) == (302, "https://fr.wikipedia.org/wiki/Lyon")


def test_no_page_and_no_place_can_have_a_prefix(alice: User) -> None:
    by = Author.of(alice)
    with pytest.raises(Refused, match="w:"):
        page_writer.create("w:Lyon", "Texte.", by)
    with pytest.raises(Refused, match="Wikipedia"):
        page_writer.create_place("Wikipedia", "Texte.", by)
    page = make_page("Guide", by=alice)
    with pytest.raises(Refused):
        page_moves.move(page, "w:Guide", Author(None, "script"))


def test_pages_follow_a_change_of_the_table(alice: User, client: Client) -> None:
    make_page("Guide", "[[Forum:Accueil|forum]] et [[Autre]]", by=alice)
    assert 'href="/wiki/Forum:Accueil"' in client.get("/wiki/Guide").content.decode()
    row = InterwikiPrefix.objects.create(prefix="forum", url="https://forum.example.org/$1")
    background_jobs.run_pending()
    assert 'href="https://forum.example.org/Accueil"' in client.get("/wiki/Guide").content.decode()
    row.url = "https://example.org/?page=$1"
    row.save()
    background_jobs.run_pending()
    assert 'href="https://example.org/?page=Accueil"' in client.get("/wiki/Guide").content.decode()
    row.delete()
    background_jobs.run_pending()
    assert 'href="/wiki/Forum:Accueil"' in client.get("/wiki/Guide").content.decode()


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("prefix", "url", "field"),
    [
        ("", "https://example.org/$1", "prefix"),
        (" :", "https://example.org/$1", "prefix"),
        ("a:b", "https://example.org/$1", "prefix"),
        ("a|b", "https://example.org/$1", "prefix"),
        ("Catégorie", "https://example.org/$1", "prefix"),
        ("La Myne", "https://example.org/$1", "prefix"),
        ("la MYNE", "https://example.org/$1", "prefix"),
        ("Dépôt", "https://example.org/$1", "prefix"),
        ("depot", "https://example.org/$1", "prefix"),
        ("club", "https://example.org/$1", "prefix"),
        ("forum", "https://example.org/", "url"),
        ("forum", "https://$1.example.org/", "url"),
        ("forum", "https://$1", "url"),
        ("forum", "https://$1.example.org", "url"),
        ("forum", "javascript:alert($1)", "url"),
        ("forum", "ftp://example.org/$1", "url"),
    ],
)
def test_rows_are_checked(prefix: str, url: str, field: str, bob: User) -> None:
    place = make_place("La Myne", by=bob)
    make_page("Charte", place=place, by=bob)
    make_place("Dépôt", by=bob)
    make_page("Club : règles", by=bob)
    with pytest.raises(ValidationError) as caught:
        InterwikiPrefix(prefix=prefix, url=url).full_clean()
    assert field in caught.value.message_dict


@pytest.mark.only_on("sqlite")
def test_the_title_of_a_deleted_place_may_be_a_prefix(bob: User) -> None:
    page_writer.delete(make_place("Dépôt", by=bob), Author(None, "script"))
    InterwikiPrefix(prefix="depot", url="https://example.org/$1").full_clean()


def test_prefixes_are_kept_folded() -> None:
    row = InterwikiPrefix(prefix=" Mes_Vidéos: ", url="https://example.org/$1")
    row.full_clean()
    assert row.prefix == "mes videos"


def test_administrators_keep_the_table(admin_client: Client) -> None:
    assert "wikipedia" in admin_client.get("/admin/snippets/wiki/interwikiprefix/").content.decode()
    data = {"prefix": "Forum", "url": "https://forum.example.org/$1"}
    assert admin_client.post("/admin/snippets/wiki/interwikiprefix/add/", data).status_code == 302
    assert interwiki_url("forum:x") == "https://forum.example.org/x"


def test_others_do_not(alice: User, client: Client) -> None:
    client.force_login(alice)
    assert client.get("/admin/snippets/wiki/interwikiprefix/add/").status_code in (302, 403)
    data = {"prefix": "Forum", "url": "https://forum.example.org/$1"}
    client.post("/admin/snippets/wiki/interwikiprefix/add/", data)
    assert not InterwikiPrefix.objects.filter(prefix="forum").exists()
