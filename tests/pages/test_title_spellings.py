"""Titles that differ by the signs of typography and of keyboards name one page."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.errors import TitleTaken
from wiki.facts import spelling_upgrade
from wiki.facts.models import Fact, Property
from wiki.pages import background_jobs, page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.task_models import DerivedRevision
from wiki.pages.writing import page_moves, page_writer, rebuild_derived
from wiki.pages.writing.page_writer import Author
from wiki.text import titles


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("L’imprimerie du coin", "L'imprimerie du coin"),
        ("Saint‑Étienne", "Saint-Étienne"),
        ("Saint‐Étienne", "Saint-Étienne"),
        ("Les œuvres", "Les oeuvres"),
        ("œuvre", "Œuvre"),
        ("Œuvre", "oeuvre"),
        ("Café : le lieu", "Café\u202f:\u00a0le lieu"),
        ("Trait d\u02bcunion", "Trait d‘union"),
        ("Catégorie:L’eau", "Category:l'eau"),
        ("Lieu:L’atelier", "Lieu:l'atelier"),
        ("Oﬃce", "Office"),
        ("É", "E\u0301"),
    ],
)
def test_spellings_of_one_title_have_one_key(one: str, other: str) -> None:
    assert titles.key_of(one) == titles.key_of(other)


@pytest.mark.parametrize(("one", "other"), [("L'eau", "Leau"), ("Café", "Cafe"), ("a-b", "a b"), ("a–b", "a-b")])
def test_other_titles_remain_two(one: str, other: str) -> None:
    assert titles.key_of(one) != titles.key_of(other)


@pytest.mark.django_db
def test_links_and_addresses_lead_to_the_page_in_any_spelling(alice: User, client: Client) -> None:
    make_page("L’imprimerie", "Presses.", by=alice)
    make_page("Guide", "Voir [[L'imprimerie]] et [[l’imprimerie|elle]].", by=alice)
    html = client.get("/wiki/Guide").content.decode()
    assert html.count('"/wiki/L%27imprimerie"') == html.count('"/wiki/L%E2%80%99imprimerie"') == 1
    assert 'class="red"' not in html
    answer = client.get("/wiki/L'imprimerie")
    assert answer.status_code in (301, 302)
    assert answer["Location"] == "/wiki/L%E2%80%99imprimerie"
    assert "<h1" in client.get(answer["Location"]).content.decode()


@pytest.mark.django_db
def test_a_red_link_turns_blue_when_the_page_comes_in_another_spelling(alice: User, client: Client) -> None:
    make_page("Guide", "Voir [[L'imprimerie]].", by=alice)
    assert 'class="red"' in client.get("/wiki/Guide").content.decode()
    make_page("L’imprimerie", "Presses.", by=alice)
    assert 'class="red"' not in client.get("/wiki/Guide").content.decode()


@pytest.mark.django_db
def test_a_second_spelling_is_no_second_page(alice: User) -> None:
    make_page("L’atelier", "Un.", by=alice)
    with pytest.raises(TitleTaken, match="L’atelier"):
        page_writer.create("L'atelier", "Deux.", Author.of(alice))


@pytest.mark.django_db
def test_a_page_can_be_renamed_to_another_spelling_of_its_title(alice: User) -> None:
    page = make_page("L'atelier", "Un.", by=alice)
    page_moves.move(page, "L’atelier", Author(None, "Wiki"), leave_redirect=False)
    assert page_lookup.find("L'atelier", alice).full_title == "L’atelier"


@pytest.mark.django_db
def test_properties_have_one_key_and_the_name_that_was_written(alice: User) -> None:
    make_page("Un", "---\nNombre d’œuvres: trois\n---", by=alice)
    make_page("Deux", "---\nNombre d'oeuvres: quatre\n---", by=alice)
    rows = set(Fact.objects.filter(raw__in=["trois", "quatre"]).values_list("property__key", "property__title"))
    assert rows == {("Nombre d'oeuvres", "Nombre d’œuvres")}


def make_old(key: str, old: str) -> None:
    """Give a page the key that it had in an earlier release."""
    assert WikiPage.objects.filter(title_key=key).update(title_key=old)


@pytest.mark.django_db
def test_an_upgrade_gives_pages_and_properties_their_keys(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    make_page("L’atelier", "---\nNombre d’œuvres: 3\n---\nUn.", by=alice)
    make_page("Guide", "Voir [[L’atelier]].", by=alice)
    before = rebuild_derived.snapshot()
    make_old("L'atelier", "L’atelier")
    Property.objects.filter(key="Nombre d'oeuvres").update(key="Nombre d’œuvres")
    DerivedRevision.objects.all().delete()
    spelling_upgrade.unify_stored_keys()
    background_jobs.run_pending()
    assert page_lookup.find("L'atelier", alice).full_title == "L’atelier"
    assert Property.objects.filter(title="Nombre d’œuvres").count() == 1
    assert rebuild_derived.snapshot() == before
    assert not caplog.records or "another spelling" not in caplog.text


@pytest.mark.django_db
def test_an_upgrade_renames_the_later_of_two_spellings(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    make_page("L'atelier", "Un.", by=alice)
    make_page("L’atelier du fond", "Deux.", by=alice)
    make_page("L’atelier (2)", "Trois.", by=alice)
    old = make_page("Autre", "Quatre.", by=alice)
    WikiPage.objects.filter(pk=old.pk).update(full_title="L’atelier", title="L’atelier", title_key="L’atelier")
    spelling_upgrade.unify_stored_keys()
    found = set(WikiPage.objects.exclude(title_key=None).values_list("full_title", flat=True))
    assert found >= {"L'atelier", "L’atelier (2)", "L’atelier (3)", "L’atelier du fond"}
    assert "L’atelier (3)" in caplog.text
    assert page_lookup.find("L’atelier", alice).source.text == "Un."


@pytest.mark.django_db
def test_an_upgrade_joins_two_spellings_of_a_property(alice: User) -> None:
    make_page("Un", "---\nNombre d'heures: 3\n---", by=alice)
    fact = Fact.objects.get(raw="3")
    fact.property = Property.objects.create(key="Nombre d’heures", title="Nombre d’heures")
    fact.save()
    spelling_upgrade.unify_stored_keys()
    assert list(Fact.objects.filter(raw="3").values_list("property__key", flat=True)) == ["Nombre d'heures"]
    assert not Property.objects.filter(key="Nombre d’heures").exists()


@pytest.mark.django_db
def test_an_upgrade_of_a_place_takes_its_pages_along(bob: User, alice: User) -> None:
    place = make_place("L’atelier", by=bob)
    page = make_page("Charte", "Texte.", place=place, by=bob)
    make_page("Autre", "Texte.", by=alice)
    WikiPage.objects.filter(pk=place.pk).update(title_key="L’atelier")
    WikiPage.objects.filter(pk=page.pk).update(title_key="L’atelier:Charte")
    WikiPage.objects.filter(full_title="Autre").update(full_title="L'atelier", title="L'atelier", title_key="L'atelier")
    spelling_upgrade.unify_stored_keys()
    found = dict(WikiPage.objects.filter(pk__in=[place.pk, page.pk]).values_list("full_title", "title_key"))
    assert found == {"L’atelier (2)": "L'atelier (2)", "L’atelier (2):Charte": "L'atelier (2):Charte"}


@pytest.mark.django_db
def test_a_deleted_page_is_found_in_any_spelling(alice: User) -> None:
    page = make_page("L’atelier", "Un.", by=alice)
    page_writer.delete(page, Author(None, "Wiki"))
    found = page_lookup.find_deleted("L'atelier")
    assert found is not None
    assert found.pk == page.pk


@pytest.mark.django_db
def test_an_upgrade_deletes_a_redirect_between_two_spellings(alice: User) -> None:
    make_page("L'arbre", "#REDIRECT [[Autre]]", by=alice)
    page = make_page("Autre page", "Texte.", by=alice)
    WikiPage.objects.filter(full_title="L'arbre").update(redirect_key="L’arbre")
    WikiPage.objects.filter(pk=page.pk).update(full_title="L’arbre", title="L’arbre", title_key="L’arbre")
    spelling_upgrade.unify_stored_keys()
    found = page_lookup.find("L'arbre", alice)
    assert found is not None
    assert (found.pk, found.full_title) == (page.pk, "L’arbre")


@pytest.mark.django_db
def test_a_start_without_an_upgrade_looks_for_no_keys(alice: User) -> None:
    make_page("L’atelier", "Un.", by=alice)
    make_old("L'atelier", "L’atelier")
    spelling_upgrade.unify_after_upgrade()
    assert WikiPage.objects.filter(title_key="L’atelier").exists()
    DerivedRevision.objects.all().delete()
    spelling_upgrade.unify_after_upgrade()
    assert WikiPage.objects.filter(title_key="L'atelier").exists()
