"""Renaming pages and places, and moving pages between places."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from wagtail.models import Page

from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.errors import NotAllowed, Refused, TitleTaken
from wiki.pages import page_lookup
from wiki.pages.models import Changeset, WikiPage
from wiki.pages.rendering.link_table import links_to
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author
from wiki.pages.writing.version_store import NewVersion, store

pytestmark = pytest.mark.django_db
SCRIPT = Author(None, "script")


def test_rename_preserves_history_and_leaves_redirect(alice: User) -> None:
    page = make_page("Fournil", "Un four.", by=alice)
    page_moves.move(page, "Four à pain", SCRIPT, "mieux dit")
    now = page_lookup.find("Four à pain", alice)
    assert now is not None
    assert now.pk == page.pk
    assert now.source.text == "Un four."
    assert [v.title for v in now.versions.order_by("number")] == ["Fournil", "Four à pain"]
    old = page_lookup.find("Fournil", alice)
    assert old is not None
    assert page_lookup.redirect_target(old, alice) == now
    assert not any(Page.find_problems())


def test_moving_back_replaces_own_redirect(alice: User) -> None:
    page = make_page("Fournil", by=alice)
    page_moves.move(page, "Four", SCRIPT)
    page_moves.move(page, "Fournil", SCRIPT)
    now = page_lookup.find("Fournil", alice)
    assert now is not None
    assert now.pk == page.pk
    assert page_lookup.find("Four", alice).redirect_key == "Fournil"  # type: ignore[union-attr]


def test_other_redirect_is_not_replaced(alice: User) -> None:
    page = make_page("Fournil", by=alice)
    make_page("Four", "#REDIRECT [[Jardin]]", by=alice)
    with pytest.raises(TitleTaken):
        page_moves.move(page, "Four", SCRIPT)
    assert page_lookup.reload_page(page.pk).full_title == "Fournil"


def test_renaming_place_renames_its_pages_in_one_changeset(alice: User, bob: User) -> None:
    place = make_place("La Myne", by=bob)
    page = make_page("Charte", "Voir [[Règles]].", place=place, by=alice)
    page_moves.move(place, "Le Labo", Author.of(bob))
    now = page_lookup.reload_page(page.pk)
    assert now.full_title == "Le Labo:Charte"
    assert now.place_id == place.pk
    changesets = set(now.versions.filter(number=2).values_list("changeset", flat=True))
    changesets |= set(place.versions.filter(number=2).values_list("changeset", flat=True))
    assert len(changesets) == Changeset.objects.count() == 1
    for old, new in (("La Myne", "Le Labo"), ("La Myne:Charte", "Le Labo:Charte")):
        found = page_lookup.find(old, alice)
        assert found is not None
        assert found.redirect_key == new
    assert now.links.get(way="link").place_key == "Le Labo:Règles"
    assert not any(Page.find_problems())


def test_page_moves_into_place_and_back(alice: User, bob: User) -> None:
    place = make_place("La Myne", by=bob)
    page = make_page("Charte", by=alice)
    page_moves.move(page, "La Myne:Charte", SCRIPT)
    now = page_lookup.reload_page(page.pk)
    assert now.place == place
    assert Page.objects.get(pk=page.pk).is_child_of(Page.objects.get(pk=place.pk))
    page_moves.move(page, "Charte", SCRIPT)
    assert page_lookup.reload_page(page.pk).place is None
    assert not any(Page.find_problems())
    for node in Page.objects.filter(depth__gt=1):
        assert node.url_path == node.get_parent().url_path + node.slug + "/"


def test_only_stewards_and_administrators_may_move(alice: User, bob: User) -> None:
    place = make_place("La Myne", by=bob)
    page = make_page("Charte", by=alice, place=place)
    with pytest.raises(NotAllowed):
        page_moves.move(page, "La Myne:Règles", Author.of(alice))
    assert page_moves.move(page, "La Myne:Règles", Author.of(bob)).changed
    root_page = make_page("Commun", by=alice)
    with pytest.raises(NotAllowed):
        page_moves.move(root_page, "Autre", Author.of(bob))


def test_used_title_moves_nothing(alice: User, bob: User) -> None:
    place = make_place("La Myne", by=bob)
    make_page("Charte", by=alice, place=place)
    make_page("Le Labo", by=alice)
    with pytest.raises(TitleTaken):
        page_moves.move(place, "Le Labo", Author.of(bob))
    assert page_lookup.find("La Myne:Charte", alice) is not None
    assert Changeset.objects.count() == 0


def test_edit_based_on_version_before_move(alice: User) -> None:
    page = make_page("Fournil", "Un.\n", by=alice)
    page_moves.move(page, "Four", SCRIPT)
    saved = page_writer.edit(page, "Deux.\n", Author.of(alice), base=1)
    assert saved.version == 3
    assert page_lookup.reload_page(page.pk).full_title == "Four"
    assert page_lookup.reload_page(page.pk).source.text == "Deux.\n"


def test_links_resolve_in_same_place_first(alice: User, bob: User) -> None:
    place = make_place("La Myne", by=bob)
    make_page("Accueil", "Voir [[Charte]].", place=place, by=alice)
    make_page("Charte", "Commune.", by=alice)
    assert [link.page.title for link in links_to("Charte")] == ["Accueil"]
    make_page("Charte", "La nôtre.", place=place, by=alice)
    assert not links_to("Charte").exists()
    assert [link.page.title for link in links_to("La Myne:Charte")] == ["Accueil"]


def test_pages_that_link_to_changed_title_are_invalidated(alice: User) -> None:
    linking = make_page("Accueil", "Voir [[Charte]].", by=alice)
    before = page_lookup.reload_page(linking.pk).cache_version
    page = make_page("Charte", by=alice)
    created = page_lookup.reload_page(linking.pk).cache_version
    page_writer.edit(page, "Autre.", SCRIPT)
    assert page_lookup.reload_page(linking.pk).cache_version == created > before
    page_writer.delete(page, SCRIPT)
    assert page_lookup.reload_page(linking.pk).cache_version > created
    assert WikiPage.objects.count() == 2


def test_error_names_who_may_move(alice: User, bob: User) -> None:
    page, place = make_page("Charte", by=alice), make_place("La Myne", by=bob)
    for subject, who in ((page, "only administrators"), (place, "stewards of this place")):
        with pytest.raises(NotAllowed, match=who):
            page_moves.move(subject, "Ailleurs", Author.of(alice))


def test_a_move_to_where_it_is_changes_nothing(alice: User) -> None:
    page = make_page("Fournil", by=alice)
    assert not page_moves.move(page, "Fournil", SCRIPT).changed
    assert page.versions.count() == 1
    assert Changeset.objects.count() == 0


def test_another_spelling_of_the_same_title_leaves_no_redirect(alice: User) -> None:
    page = make_page("Éclair", by=alice)
    page_moves.move(page, "éclair", SCRIPT)
    assert [found.full_title for found in WikiPage.objects.all()] == ["éclair"]


def test_a_move_leaves_no_redirect_where_none_is_wanted(alice: User) -> None:
    page = make_page("Fournil", by=alice)
    page_moves.move(page, "Four", SCRIPT, leave_redirect=False)
    assert [found.full_title for found in WikiPage.objects.all()] == ["Four"]


def test_a_deleted_page_does_not_move(alice: User) -> None:
    page = make_page("Fournil", by=alice)
    page_writer.delete(page, SCRIPT)
    with pytest.raises(Refused, match="deleted"):
        page_moves.move(page, "Four", SCRIPT)


@pytest.mark.parametrize("title", ["Le Labo: Lyon", "Catégorie", "Fournil"])
def test_a_place_is_not_renamed_to_what_no_place_may_be_called(alice: User, bob: User, title: str) -> None:
    place = make_place("La Myne", by=bob)
    make_page("Fournil: charte", by=alice)
    with pytest.raises(Refused):
        page_moves.move(place, title, SCRIPT)
    assert page_lookup.reload_page(place.pk).version == 1


def test_deleted_pages_go_with_their_place_and_leave_no_redirect(alice: User, bob: User) -> None:
    place = make_place("La Myne", by=bob)
    page = make_page("Charte", place=place, by=alice)
    page_writer.delete(page, SCRIPT)
    page_moves.move(place, "Le Labo", SCRIPT)
    now = page_lookup.reload_page(page.pk)
    assert (now.full_title, now.is_deleted) == ("Le Labo:Charte", True)
    left = WikiPage.objects.exclude(pk__in=[place.pk, page.pk])
    assert [(found.full_title, found.is_place, found.place) for found in left] == [("La Myne", False, None)]


def test_a_redirect_that_somebody_edited_does_not_give_way(alice: User) -> None:
    page = make_page("Fournil", by=alice)
    page_moves.move(page, "Four", SCRIPT)
    redirect = page_lookup.find_by_key("Fournil")
    assert redirect is not None
    page_writer.edit(redirect, "#REDIRECT [[Four]]\n\nUn mot de plus.\n", SCRIPT)
    with pytest.raises(TitleTaken):
        page_moves.move(page, "Fournil", SCRIPT)


def test_a_move_has_the_date_that_its_author_says(alice: User) -> None:
    page, date = make_page("Fournil", by=alice), datetime(2020, 1, 2, tzinfo=UTC)
    page_moves.move(page, "Four", Author(None, "script", claimed_at=date))
    assert Changeset.objects.get().made_at == date


def titles_now() -> set[str]:
    """Return the full titles of all pages that are no redirects."""
    return set(WikiPage.objects.filter(redirect_key="").exclude(title_key=None).values_list("full_title", flat=True))


def test_sub_pages_and_discussions_go_along_on_demand(alice: User, client: Client) -> None:
    for title in ("Guide", "Guide/Un", "Guide/Un/Deux", "GUIDE/Trois", "Guides", "Talk:Guide", "Talk:Guide/Un"):
        make_page(title, f"Texte de {title}.", by=alice)
    page = page_lookup.find_by_key("Guide")
    assert page is not None
    page_moves.move(page, "Manuel", SCRIPT, with_subpages=True, with_talk=True)
    expected = {"Manuel", "Manuel/Un", "Manuel/Un/Deux", "GUIDE/Trois", "Guides", "Talk:Manuel", "Talk:Manuel/Un"}
    assert titles_now() == expected
    assert Changeset.objects.filter(act=Changeset.Act.MOVE).count() == 1
    for old, new in [("Guide/Un/Deux", "Manuel/Un/Deux"), ("Talk:Guide/Un", "Talk:Manuel/Un")]:
        redirect = page_lookup.find_by_key(old)
        assert redirect is not None
        assert page_lookup.redirect_target(redirect, alice).full_title == new  # type: ignore[union-attr]


def test_sub_pages_and_discussions_stay_otherwise(alice: User) -> None:
    for title in ("Guide", "Guide/Un", "Talk:Guide"):
        make_page(title, "Texte.", by=alice)
    page_moves.move(page_lookup.find_by_key("Guide"), "Manuel", SCRIPT)  # type: ignore[arg-type]
    assert titles_now() == {"Manuel", "Guide/Un", "Talk:Guide"}


def test_discussions_go_along_with_a_place_and_its_pages(bob: User) -> None:
    place = make_place("La Myne", by=bob)
    make_page("Charte", "Texte.", place=place, by=bob)
    for title in ("Talk:La Myne", "Talk:La Myne:Charte"):
        make_page(title, "Mot.", by=bob)
    page_moves.move(place, "Le Labo", Author.of(bob), with_talk=True)
    assert titles_now() == {"Le Labo", "Le Labo:Charte", "Talk:Le Labo", "Talk:Le Labo:Charte"}
    redirect = page_lookup.find_by_key("Talk:La Myne:Charte")
    assert redirect is not None
    assert redirect.redirect_key == "Talk:Le Labo:Charte"


@pytest.mark.only_on("sqlite")
def test_a_discussion_stays_if_its_page_becomes_one(alice: User) -> None:
    for title in ("Guide", "Talk:Guide"):
        make_page(title, "Texte.", by=alice)
    page_moves.move(page_lookup.find_by_key("Guide"), "Talk:Manuel", SCRIPT, with_talk=True)  # type: ignore[arg-type]
    assert titles_now() == {"Talk:Manuel", "Talk:Guide"}


@pytest.mark.only_on("sqlite")
def test_a_move_with_discussions_is_refused_as_a_whole(alice: User) -> None:
    for title in ("Guide", "Talk:Guide", "Talk:Manuel"):
        make_page(title, "Texte.", by=alice)
    with pytest.raises(TitleTaken, match="Talk:Manuel"):
        page_moves.move(page_lookup.find_by_key("Guide"), "Manuel", SCRIPT, with_talk=True)  # type: ignore[arg-type]
    assert titles_now() == {"Guide", "Talk:Guide", "Talk:Manuel"}
    assert not Changeset.objects.filter(act=Changeset.Act.MOVE).exists()


def test_a_move_with_sub_pages_is_refused_as_a_whole(alice: User) -> None:
    for title in ("Guide", "Guide/Un", "Manuel/Un"):
        make_page(title, "Texte.", by=alice)
    with pytest.raises(TitleTaken, match="Manuel/Un"):
        page_moves.move(page_lookup.find_by_key("Guide"), "Manuel", SCRIPT, with_subpages=True)  # type: ignore[arg-type]
    assert titles_now() == {"Guide", "Guide/Un", "Manuel/Un"}


def test_sub_pages_need_the_right_to_move_them(alice: User, bob: User) -> None:
    """A steward may move a page out of a place, but no page of another one."""
    place = make_place("La Myne", by=bob)
    make_page("Guide", "Texte.", place=place, by=bob)
    page = page_lookup.find_by_key("La Myne:Guide")
    assert page is not None
    make_page("Un", "Texte.", by=alice)
    WikiPage.objects.filter(full_title="Un").update(full_title="La Myne:Guide/Un", title_key="La Myne:Guide/Un")
    with pytest.raises(NotAllowed):
        page_moves.move(page, "Manuel", Author.of(bob), with_subpages=True)
    assert "La Myne:Guide" in titles_now()


def test_the_form_offers_what_goes_along(bob: User, client: Client) -> None:
    place = make_place("La Myne", by=bob)
    make_page("Guide", "Texte.", place=place, by=bob)
    client.force_login(bob)
    html = client.get("/move/La_Myne:Guide").content.decode()
    assert "with_subpages" not in html
    assert "with_talk" not in html
    for number in range(7):
        make_page(f"Guide/{number}", "Texte.", place=place, by=bob)
    make_page("Talk:La Myne:Guide/3", "Mot.", by=bob)
    html = client.get("/move/La_Myne:Guide").content.decode()
    assert "7 sous-pages" in html
    assert "La Myne:Guide/4, …" in html
    data = {"title": "La Myne:Manuel", "comment": "", "with_subpages": "on", "with_talk": "on"}
    assert client.post("/move/La_Myne:Guide", data).status_code == 302
    assert titles_now() == {"La Myne", "La Myne:Manuel", *(f"La Myne:Manuel/{n}" for n in range(7)),
                            "Talk:La Myne:Manuel/3"}  # fmt: skip


def test_sub_pages_in_another_spelling_keep_their_own_part(alice: User) -> None:
    for title in ("Cœur", "Coeur/Détail", "Cœur/A : B"):
        make_page(title, "Texte.", by=alice)
    page_moves.move(page_lookup.find_by_key("Coeur"), "Neuf", SCRIPT, with_subpages=True)  # type: ignore[arg-type]
    assert titles_now() == {"Neuf", "Neuf/Détail", "Neuf/A : B"}


def test_many_sub_pages_count_as_one_edit(bob: User) -> None:
    place = make_place("La Myne", by=bob)
    page = make_page("Guide", "Texte.", place=place, by=bob)
    new = []
    for number in range(70):
        below = WikiPage()
        fields = page_lookup.fields_for_title(f"La Myne:Guide/{number}", license="CC-BY-SA-4.0", language="fr")
        new.append(NewVersion(below, "Texte.", fields, SCRIPT))
    store(new, Changeset(act=Changeset.Act.IMPORT))
    page_moves.move(page, "La Myne:Manuel", Author.of(bob), with_subpages=True, leave_redirect=False)
    assert WikiPage.objects.filter(title_key__startswith="La Myne:Manuel/").count() == 70


def test_a_place_below_a_page_does_not_go_along(alice: User, bob: User) -> None:
    page = make_page("A", by=alice)
    make_place("A/B", by=bob)
    with pytest.raises(Refused, match="A/B"):
        page_moves.move(page, "N", SCRIPT, with_subpages=True)


def test_a_page_with_a_long_title_can_be_renamed(bob: User, client: Client) -> None:
    place = make_place("La Myne", by=bob)
    page = make_page("a" * 244, place=place, by=bob)
    client.force_login(bob)
    assert client.get(f"/move/{page.url_title}").status_code == 200
    page_moves.move(page, "La Myne:b", Author.of(bob), with_talk=True)
