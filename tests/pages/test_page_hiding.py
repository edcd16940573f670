"""Hiding the page of a person: who may, who sees it, what goes along, and what titles, moves and forks do with it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from wagtail.models import Page

from tests.conftest import person
from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.errors import NotAllowed, TitleTaken
from wiki.exchange.archive import importer
from wiki.exchange.archive.exporter import Export
from wiki.facts.models import Fact
from wiki.forks import auto_pull, fork_creation, fork_lists, notifications, subtree
from wiki.forks.fork_creation import ForkTarget
from wiki.mail.models import QueuedEmail
from wiki.notifications.fan_out import FanOutJob
from wiki.notifications.models import Notification
from wiki.pages import page_lookup, permissions, read_permissions
from wiki.pages.admin import page_tree_admin
from wiki.pages.models import PageVersion, Stewardship, WikiPage
from wiki.pages.rendering import page_cache
from wiki.pages.writing import page_hiding, page_moves, page_writer, rebuild_derived
from wiki.pages.writing.page_writer import Author
from wiki.search import search_text_updater
from wiki.search.models import PageSearchText

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
PERSON = "---\nNature: Personne\n---\nUn portrait."


@pytest.fixture
def dora(db: None) -> User:
    """Dora, who began the page of a person."""
    return person("dora")


@pytest.fixture
def page(dora: User, bob: User) -> WikiPage:
    """A page begun by dora, in the place of the steward bob."""
    return make_page("Dora", PERSON, by=dora, place=make_place("Atelier", by=bob))


def hide(page: WikiPage, by: User) -> WikiPage:
    """Hide a page; return it as it is now."""
    page_hiding.hide(page, Author.of(by))
    return page_lookup.reload_page(page.pk)


def sees(user: User | AnonymousUser, page: WikiPage) -> bool:
    """Return whether a user may read a page; check that its history says the same."""
    versions = PageVersion.objects.readable_by(user).filter(page=page).exists()
    assert versions == WikiPage.objects.readable_by(user).filter(pk=page.pk).exists()
    assert versions == WikiPage.objects.readable_in_history(user).filter(pk=page.pk).exists()
    return versions


def test_it_is_seen_by_who_began_it_stewards_and_administrators(
    page: WikiPage, dora: User, alice: User, bob: User, charlie: User, anna: AnonymousUser
) -> None:
    root = person("root", is_superuser=True)
    everybody = {"dora": dora, "bob": bob, "root": root, "alice": alice, "charlie": charlie, "anna": anna}
    page_writer.edit(page, PERSON + " Plus.", Author.of(alice))
    make_page("Autre", PERSON, by=alice)
    make_place("Fournil", by=alice)  # she looks after another place, and began another page
    assert {name for name, user in everybody.items() if sees(user, page)} == set(everybody)
    hidden = hide(page, dora)
    assert hidden.is_hidden
    assert not hidden.live
    assert hidden.public_key is None
    assert {name for name, user in everybody.items() if sees(user, page)} == {"dora", "bob", "root"}
    assert page_cache.cache_key_for(hidden.title_key or "") is None
    Stewardship.objects.all().delete()
    assert not sees(bob, page)
    page_hiding.show(hidden, Author.of(root))
    shown = page_lookup.reload_page(page.pk)
    assert (shown.is_hidden, shown.live, shown.source.text) == (False, True, PERSON + " Plus.")
    assert {name for name, user in everybody.items() if sees(user, page)} == set(everybody)


def test_both_acts_are_versions_with_author_and_comment(page: WikiPage, dora: User, bob: User) -> None:
    page_hiding.hide(page, Author.of(dora), "Je ne veux plus")
    assert not page_hiding.hide(page, Author.of(dora)).changed
    page_hiding.show(page_lookup.reload_page(page.pk), Author.of(bob))
    assert not page_hiding.show(page_lookup.reload_page(page.pk), Author.of(bob)).changed
    rows = page.versions.order_by("number").values_list("tags", "author__username", "comment", "size_change")
    assert list(rows)[1:] == [(["hidden"], "dora", "Je ne veux plus", 0), (["shown"], "bob", "", 0)]


def test_who_may_hide(page: WikiPage, dora: User, alice: User, bob: User, charlie: User, anna: AnonymousUser) -> None:
    def may(user: User | AnonymousUser, page: WikiPage) -> bool:
        return permissions.has_permission(user, permissions.Action.HIDE, page_lookup.reload_page(page.pk))

    root = person("root", is_superuser=True)
    assert [may(user, page) for user in (dora, bob, root, alice, charlie, anna)] == [True] * 3 + [False] * 3
    alone = make_page("Alice", PERSON, by=alice)
    assert [may(user, alone) for user in (alice, root, bob, dora)] == [True, True, False, False]
    place = page_lookup.get_place("Atelier", bob)
    others = [place, make_page("Four", by=bob, place=place), make_page("Utilisateur:Bob", PERSON, by=bob)]
    assert not any(may(user, other) for user in (bob, root) for other in others), "only the page of a person"
    with pytest.raises(NotAllowed, match="Only the page of a person"):
        page_hiding.hide(others[1], Author.of(root))
    for user in (alice, charlie):
        with pytest.raises(NotAllowed):
            page_hiding.hide(page, Author.of(user))
    page_writer.edit(hide(page, dora), "Plus la page d'une personne.", Author.of(dora))
    assert [may(user, page) for user in (dora, bob, root, alice)] == [True] * 3 + [False]
    dora.is_blocked = True
    assert not may(dora, page)
    with pytest.raises(NotAllowed):
        page_hiding.show(page, Author.of(alice))


def test_redirects_and_discussion_go_along(page: WikiPage, dora: User, alice: User, bob: User) -> None:
    first = make_page("Théodora", "#REDIRECT [[Atelier:Dora]]", by=alice)
    second = make_page("Dorette", "#REDIRECT [[Théodora]]", by=alice)
    talk = make_page("Discussion:Atelier:Dora", "Qui est-ce ?", by=alice)
    talk_of_redirect = make_page("Discussion:Théodora", "Et elle ?", by=alice)
    make_page("Autre", "#REDIRECT [[Ailleurs]]", by=alice)
    along = [first, second, talk, talk_of_redirect]
    hidden = hide(page, dora)
    assert set(WikiPage.objects.filter(hidden_with=hidden).values_list("pk", flat=True)) == {
        page.pk, *(one.pk for one in along),
    }  # fmt: skip
    assert all(sees(dora, one) and sees(bob, one) and not sees(alice, one) for one in along)
    with pytest.raises(NotAllowed):
        page_hiding.show(page_lookup.reload_page(first.pk), Author.of(alice))  # she began only the redirect
    page_hiding.show(hidden, Author.of(dora))
    assert not WikiPage.objects.exclude(hidden_with=None).exists()


def test_a_redirect_to_itself_is_hidden_once(dora: User) -> None:
    page = make_page("Dora", f"{PERSON}", by=dora)
    page_writer.edit(page, "---\nNature: Personne\n---\n#REDIRECT [[Dora]]\n", Author.of(dora))
    assert page_hiding.hide(page_lookup.reload_page(page.pk), Author.of(dora)).changed


def test_its_title_is_taken_and_nothing_else_is_said(page: WikiPage, dora: User, alice: User, bob: User) -> None:
    hide(page, dora)
    for text in ("Un autre texte.", PERSON):  # also the very text of the page
        with pytest.raises(TitleTaken) as caught:
            page_writer.create("atelier:dora", text, Author.of(alice))
        assert caught.value.params == {"title": "Atelier:dora"}
    with pytest.raises(TitleTaken):
        page_moves.move(make_page("Four", by=bob, place=page.place), "Atelier:Dora", Author.of(bob))
    alone = hide(make_page("Cave:Alice", PERSON, by=alice), alice)
    with pytest.raises(TitleTaken) as caught:
        page_writer.create_place("Cave", "Un lieu.", Author.of(dora))
    assert alone.full_title not in str(caught.value.params)


def test_a_deleted_hidden_page_is_continued_by_nobody(dora: User, alice: User, anna: AnonymousUser) -> None:
    page = make_page("Dora", PERSON, by=dora)
    page_writer.delete(hide(page, dora), Author.of(dora))
    assert page_lookup.find_deleted("Dora") is None
    assert page_lookup.find_deleted("Dora", alice) is None
    assert page_lookup.find_deleted("Dora", person("root", is_superuser=True)) == page
    other = page_writer.create("Dora", "Une autre.", Author.of(alice)).page
    assert other.pk != page.pk
    assert not other.is_hidden
    place = make_place("Atelier", by=alice)
    inside = make_page("Dora", PERSON, by=dora, place=place)
    page_writer.delete(hide(inside, dora), Author.of(alice))
    copy = fork_creation.fork(make_page("Four", by=alice), ForkTarget(place, title="Dora"), Author.of(alice))
    assert copy.pk != inside.pk


def test_it_stays_hidden_when_it_is_edited_moved_deleted_and_rebuilt(page: WikiPage, dora: User, bob: User) -> None:
    hidden = hide(page, dora)
    page_writer.edit(hidden, PERSON + " Plus.", Author.of(dora))
    talk = make_page("Discussion:Atelier:Dora", "Qui est-ce ?", by=bob)
    page_hiding.show(page_lookup.reload_page(page.pk), Author.of(dora))
    hidden = hide(page, dora)
    page_moves.move(hidden, "Atelier:Théodora", Author.of(bob), with_talk=True)
    redirect = page_lookup.find_by_key("Atelier:Dora")
    assert redirect is not None
    assert {page.pk, talk.pk, redirect.pk} <= set(
        WikiPage.objects.filter(hidden_with=page).values_list("pk", flat=True)
    )
    page_writer.delete(page_lookup.reload_page(page.pk), Author.of(bob))
    page_writer.undelete(page_lookup.reload_page(page.pk), Author.of(bob))
    before = rebuild_derived.snapshot()
    rebuild_derived.rebuild()
    assert rebuild_derived.snapshot() == before
    assert page_lookup.reload_page(page.pk).is_hidden
    assert not WikiPage.objects.get(pk=page.pk).live


def test_forks_get_nothing_of_it(page: WikiPage, dora: User, alice: User, bob: User) -> None:
    place = make_place("Fournil", by=alice)
    copy = fork_creation.fork(page, ForkTarget(place), Author.of(alice))
    auto_pull.set_auto_pull(copy, alice, enabled=True)
    notifications.set_subscription(copy, alice, subscribed=True)
    hidden = hide(page, dora)
    page_writer.edit(hidden, PERSON + " Un secret.", Author.of(dora))
    for job in (auto_pull.AutoPullJob(), FanOutJob()):
        job.run()
    assert not Notification.objects.exists()
    assert page_lookup.reload_page(copy.pk).source.text == PERSON
    assert not QueuedEmail.objects.exists()
    assert [(item.fork.page, item.behind_count) for item in fork_lists.forks_of(alice)] == [(copy, 0)]
    with pytest.raises(NotAllowed, match="show it again first"):
        fork_creation.fork(page_lookup.reload_page(page.pk), ForkTarget(place, title="Encore"), Author.of(dora))
    assert page not in subtree.subtree(page_lookup.get_place("Atelier", bob), bob)
    page_hiding.show(page_lookup.reload_page(page.pk), Author.of(dora))
    assert page in subtree.subtree(page_lookup.get_place("Atelier", bob), bob)
    auto_pull.AutoPullJob().run()
    assert "Un secret." in (page_lookup.reload_page(copy.pk).source.text or "")


def test_a_hidden_fork_is_not_in_the_lists_of_others(page: WikiPage, dora: User, alice: User) -> None:
    place = make_place("Fournil", by=alice)
    copy = fork_creation.fork(page, ForkTarget(place), Author.of(dora))
    notifications.set_subscription(copy, alice, subscribed=True)
    Stewardship.objects.all().delete()
    hide(copy, dora)
    assert fork_lists.forks_of(alice) == []
    page_writer.edit(page_lookup.reload_page(page.pk), PERSON + " Plus.", Author.of(dora))
    while FanOutJob().run():
        pass
    assert not Notification.objects.exists(), "the page below which it would be listed is hidden"


def test_the_filter_of_anonymous_readers_has_no_parameters(anna: AnonymousUser) -> None:
    sql, parameters = WikiPage.objects.filter(read_permissions.is_readable(anna)).order_by().query.sql_with_params()
    assert parameters == ()
    assert "hidden_with_id" in sql


def test_readers_pay_no_query_for_it(
    page: WikiPage, alice: User, client_of: Callable[..., Client], django_assert_num_queries: Any
) -> None:
    four = make_page("Four", by=alice, place=page.place)
    client = client_of(alice)
    for read in (four, page, make_page("Alice", PERSON, by=alice)):
        client.get(read.get_absolute_url())
        with django_assert_num_queries(5):  # session, account, page, relations to it, unread notifications
            client.get(read.get_absolute_url())


# --- Views ----------------------------------------------------------------------------------------
def test_hiding_and_showing_on_the_screens(
    page: WikiPage, dora: User, alice: User, bob: User, client_of: Callable[..., Client]
) -> None:
    client, others = client_of(dora, "en"), client_of(alice, "en")
    url = page.get_absolute_url()
    assert "/hide/Atelier:Dora" in client.get(url).content.decode()
    assert "/hide/" not in others.get(url).content.decode()
    form = client.get("/hide/Atelier:Dora").content.decode()
    assert "Nothing is deleted" in form
    assert not page_lookup.reload_page(page.pk).is_hidden, "reading the form hides nothing"
    response = client.post("/hide/Atelier:Dora", {"comment": "Je ne veux plus"}, follow=True)
    html = response.content.decode()
    for words in (
        "The page is hidden.",
        "Hidden: only who began this page",
        "Hidden by dora",
        "Je ne veux plus",
        "Show again",
    ):
        assert words in html
    assert "/hide/Atelier:Dora" not in html.replace("/unhide/", "")
    assert "Un portrait." in html
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert "Hidden: only" in client_of(bob, "en").get("/history/Atelier:Dora").content.decode()
    for path in (url, "/history/Atelier:Dora", "/hide/Atelier:Dora"):
        assert others.get(path).status_code == 404
    assert others.post("/unhide/Atelier:Dora").status_code == 404
    typed = others.post("/edit/Atelier:Dora", {"text": "Un essai.", "license": "CC-BY-SA-4.0", "language": "fr"})
    assert typed.status_code == 409
    assert "The title «Atelier:Dora» is taken." in typed.content.decode()
    assert "Un essai." in typed.content.decode(), "nothing that was typed is lost"
    assert client.get("/unhide/Atelier:Dora").status_code == 405
    assert "Everybody sees the page again." in client.post("/unhide/Atelier:Dora", follow=True).content.decode()
    assert others.get(url).status_code == 200


def test_showing_needs_the_token_of_the_form(page: WikiPage, dora: User, client_of: Callable[..., Client]) -> None:
    hide(page, dora)
    client = client_of(dora, enforce_csrf_checks=True)
    assert client.post("/unhide/Atelier:Dora").status_code == 403
    assert page_lookup.reload_page(page.pk).is_hidden


def test_a_redirect_says_with_what_it_is_hidden(
    page: WikiPage, dora: User, alice: User, client_of: Callable[..., Client]
) -> None:
    make_page("Théodora", "#REDIRECT [[Atelier:Dora]]", by=alice)
    hide(page, dora)
    client = client_of(dora, "en")
    assert client.get("/wiki/Th%C3%A9odora").headers["Location"].startswith("/wiki/Atelier:Dora")
    html = client.get("/wiki/Th%C3%A9odora?redirect=no").content.decode()
    assert "It is hidden with the page" in html
    assert "Show again" not in html


def test_what_is_hidden_is_filled_in_for_its_reader(
    page: WikiPage, dora: User, client_of: Callable[..., Client]
) -> None:
    text = "---\nNature: Personne\nVille: Lyon\n---\n{{#ask: [[Ville::Lyon]] |intro=Trouvée}}"
    page_writer.edit(page, text, Author.of(dora))
    hide(page, dora)
    html = client_of(dora).get(page.get_absolute_url()).content.decode()
    assert "Ville" in html, "the fact box"
    assert "Trouvée" in html, "it finds itself"


# --- What other pages and screens say of it ---------------------------------------------------------
def test_no_screen_of_a_fork_leads_to_it(
    page: WikiPage, dora: User, alice: User, client_of: Callable[..., Client]
) -> None:
    copy = fork_creation.fork(page, ForkTarget(make_place("Fournil", by=alice)), Author.of(alice))
    client = client_of(alice)
    paths = [f"/{view}/{copy.full_title}" for view in ("wiki", "history", "authors", "touch", "forks")]
    leading = [path for path in paths if "/wiki/Atelier:Dora" in client.get(path).content.decode()]
    assert leading == paths, "each leads to the upstream"
    hide(page, dora)
    assert [path for path in paths if "/wiki/Atelier:Dora" in client.get(path).content.decode()] == []


def test_the_admin_lists_it_for_those_who_see_it(page: WikiPage, dora: User, alice: User) -> None:
    hide(page, dora)
    tree = Page.objects.filter(pk__in=[page.pk, page.place_id])
    assert list(page_tree_admin.exclude_unreadable(tree, alice)) == [tree.get(pk=page.place_id)]
    assert page_tree_admin.exclude_unreadable(tree, dora).count() == 2


def test_values_in_its_place_name_it_no_more(page: WikiPage, dora: User, bob: User) -> None:
    other = make_page("Four", "---\nAmi: [[Dora]]\n---\n", by=bob, place=page.place)

    def named() -> str:
        return str(Fact.objects.get(page=other, property__key="Ami").canonical_value)

    assert named() == "Atelier:Dora"
    hidden = hide(page, dora)
    assert named() == "Dora"
    page_hiding.show(hidden, Author.of(dora))
    assert named() == "Atelier:Dora"


def test_its_archive_is_not_recognized(page: WikiPage, dora: User, alice: User, bob: User) -> None:
    archive = b"".join(Export(page))
    page_writer.delete(page, Author.of(bob))
    imported = importer.import_archive(io.BytesIO(archive), dora, importer.ImportTarget("Dora", "Atelier")).page
    for expected in ("was imported before", "is here already"):
        with pytest.raises(TitleTaken) as caught:
            importer.import_archive(io.BytesIO(archive), alice, importer.ImportTarget("Dora", "Atelier"))
        assert expected in str(caught.value.message if hasattr(caught.value, "message") else caught.value)
        WikiPage.objects.filter(pk=imported.pk).update(hidden_with=imported.pk)


def test_its_words_correct_no_spelling(page: WikiPage, dora: User) -> None:
    page_writer.edit(page, f"{PERSON} Une zibeline.", Author.of(dora))
    assert "zibeline" in PageSearchText.objects.get(pk=page.pk).body
    hidden = hide(page, dora)
    assert not PageSearchText.objects.filter(pk=page.pk).exists()
    assert not search_text_updater.add_missing_search_texts(10)
    page_hiding.show(hidden, Author.of(dora))
    assert "zibeline" in PageSearchText.objects.get(pk=page.pk).body
