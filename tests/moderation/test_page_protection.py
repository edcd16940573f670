"""Protection of pages and places: who may still write, how it ends, what it says, and that nothing gets around it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from tests.exchange.archives import export
from tests.factories import make_page, make_place
from wiki.errors import NotAllowed, PageProtected, Refused
from wiki.exchange.archive.importer import ImportTarget, import_archive
from wiki.forks import fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.moderation import page_protection
from wiki.moderation.models import LogEntry, Proposal
from wiki.pages import permissions
from wiki.pages.models import WikiPage
from wiki.pages.permissions import Action
from wiki.pages.protection import ProtectionLevel, level_of, strictest_level
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
STEWARDS, ADMINISTRATORS = ProtectionLevel.STEWARDS, ProtectionLevel.ADMINISTRATORS


@pytest.fixture
def root(db: None) -> User:
    user: User = get_user_model().objects.create_superuser("root")
    return user


def page_of(title: str) -> WikiPage:
    found: WikiPage = WikiPage.objects.select_related("source", "place").get(title=title)
    return found


def writers(page: WikiPage, *users: User) -> list[str]:
    return [user.username for user in users if permissions.has_permission(user, Action.EDIT, page)]


def test_who_may_write_at_each_level(alice: User, bob: User, root: User) -> None:
    place = make_place("Atelier", by=bob)
    page = make_page("Charte", by=alice, place=place)
    assert writers(page_of("Charte"), alice, bob, root) == ["alice", "bob", "root"]
    page_protection.protect(page, bob, STEWARDS, reason="guerre d’édition")
    assert writers(page_of("Charte"), alice, bob, root) == ["bob", "root"]
    with pytest.raises(PageProtected, match="only the stewards"):
        page_writer.edit(page_of("Charte"), "x", Author.of(alice))
    for action in (Action.MOVE, Action.DELETE, Action.CHANGE_FILE, Action.RELICENSE):
        assert not permissions.has_permission(alice, action, page_of("Charte"))
    for action in (Action.READ, Action.EXPORT, Action.FORK):
        assert permissions.has_permission(alice, action, page_of("Charte"))
    page_protection.protect(page_of("Charte"), root, ADMINISTRATORS)
    assert writers(page_of("Charte"), alice, bob, root) == ["root"]
    with pytest.raises(PageProtected, match="only administrators"):
        page_protection.protect(page_of("Charte"), bob, "")
    page_protection.protect(page_of("Charte"), root, "")
    assert writers(page_of("Charte"), alice, bob, root) == ["alice", "bob", "root"]
    assert [entry.act for entry in LogEntry.objects.order_by("pk")] == ["protect", "protect", "unprotect"]


def test_a_place_protects_its_pages(alice: User, bob: User, root: User) -> None:
    place = make_place("Atelier", by=bob)
    make_page("Charte", by=alice, place=place)
    make_page("Libre", by=alice)
    before = page_of("Charte").cache_version
    page_protection.protect(place, bob, STEWARDS)
    assert page_of("Charte").cache_version > before  # it says so
    assert writers(page_of("Charte"), alice, bob) == ["bob"]
    assert writers(page_of("Libre"), alice, bob) == ["alice", "bob"]
    page_protection.protect(page_of("Charte"), root, ADMINISTRATORS)
    assert strictest_level(page_of("Charte")) == ADMINISTRATORS
    assert writers(page_of("Charte"), bob, root) == ["root"]


def test_nothing_comes_into_a_protected_place(alice: User, bob: User) -> None:
    place = make_place("Atelier", by=bob)
    other = make_place("Fournil", by=alice)
    mine = make_page("Recette", by=alice, place=other)
    archive = export(make_page("Ancienne", by=alice, place=place))
    page_writer.delete(page_of("Ancienne"), Author.of(bob))
    page_protection.protect(place, bob, STEWARDS)
    by = Author.of(alice)
    for arrive in (
        lambda: import_archive(io.BytesIO(archive), alice, ImportTarget(title="Atelier:Ancienne")),
        lambda: page_writer.create("Atelier:Neuve", "x", by),
        lambda: page_moves.move(mine, "Atelier:Recette", by),
        lambda: fork_creation.fork(mine, ForkTarget(page_of("Atelier"), title="Reprise"), by),
    ):
        with pytest.raises(PageProtected):
            arrive()
    assert not WikiPage.objects.filter(place=place, title_key__isnull=False).exists()
    page_writer.create("Atelier:De Bob", "x", Author.of(bob))
    page_writer.create("Atelier:D’une commande", "x", Author(None, "import"))
    page_protection.protect(page_of("Atelier"), bob, "")
    page_writer.create("Atelier:Neuve", "x", by)


def test_it_ends(alice: User, bob: User) -> None:
    page = make_page("Charte", by=alice, place=make_place("Atelier", by=bob))
    page_protection.protect(page, bob, STEWARDS, timezone.now() + timedelta(hours=1))
    assert writers(page_of("Charte"), alice) == []
    WikiPage.objects.filter(pk=page.pk).update(protected_until=timezone.now() - timedelta(seconds=1))
    assert writers(page_of("Charte"), alice) == ["alice"]
    assert level_of(page_of("Charte")) == ""
    page_protection.protect(page_of("Charte"), bob, "", timezone.now())
    assert page_of("Charte").protected_until is None


def test_who_may_protect(alice: User, bob: User, charlie: User, root: User) -> None:
    place = make_place("Atelier", by=bob)
    page, alone = make_page("Charte", by=alice, place=place), make_page("Seule", by=alice)
    for user in (alice, charlie):
        with pytest.raises(NotAllowed):
            page_protection.protect(page, user, STEWARDS)
    with pytest.raises(NotAllowed, match="Only administrators"):
        page_protection.protect(page, bob, ADMINISTRATORS)
    with pytest.raises(NotAllowed):
        page_protection.protect(alone, bob, ADMINISTRATORS)
    with pytest.raises(Refused, match="in no place"):
        page_protection.protect(alone, root, STEWARDS)
    assert not WikiPage.objects.exclude(protection="").exists()
    assert not LogEntry.objects.exists()


def test_the_screen(alice: User, bob: User, root: User, anna: AnonymousUser, client_of: Callable[..., Client]) -> None:
    make_page("Charte", "Un texte.", by=alice, place=make_place("Atelier", by=bob))
    client = client_of(bob, "en")
    assert 'href="/protect/Atelier:Charte"' in client.get("/wiki/Atelier:Charte").content.decode()
    form = client.get("/protect/Atelier:Charte").content.decode()
    assert 'value="administrators"' not in form
    assert 'value="administrators"' in client_of(root, "en").get("/protect/Atelier:Charte").content.decode()
    assert client.post("/protect/Atelier:Charte", {"level": "administrators"}).status_code == 422
    assert client.post("/protect/Atelier:Charte", {"level": "stewards", "end": "never"}).status_code == 422
    done = client.post("/protect/Atelier:Charte", {"level": "stewards", "end": "1y", "reason": "x"}, follow=True)
    assert "The page is protected." in done.content.decode()
    shown = client_of(anna, "en").get("/wiki/Atelier:Charte").content.decode()
    assert "Protected: only the stewards of its place change it." in shown
    assert f"Until {(timezone.localtime() + timedelta(days=365)).strftime('%B')}" in shown or "Until" in shown
    assert "checked" in client.get("/protect/Atelier:Charte").content.decode().split('value="stewards"')[1][:80]
    refused = client_of(alice, "en").get("/edit/Atelier:Charte")
    assert refused.status_code == 403
    assert "You can propose a change." in refused.content.decode()
    assert "/protect/" not in client_of(alice, "en").get("/wiki/Atelier:Charte").content.decode()
    client.post("/protect/Atelier:Charte", {"level": ""})
    assert "Protected" not in client_of(anna, "en").get("/wiki/Atelier:Charte").content.decode()
    client.post("/protect/Atelier", {"level": "stewards"})
    inside = client_of(anna, "en").get("/wiki/Atelier:Charte").content.decode()
    assert "It holds for all of «Atelier»." in inside


def test_an_account_proposes_to_a_protected_page(
    alice: User, bob: User, charlie: User, client_of: Callable[..., Client]
) -> None:
    page = make_page("Charte", "Un texte.", by=bob, place=make_place("Atelier", by=bob))
    client = client_of(alice, "en")
    assert client.get("/suggest/Atelier:Charte").status_code == 302  # she may edit
    page_protection.protect(page, bob, STEWARDS)
    assert "/suggest/Atelier:Charte" in client.get("/wiki/Atelier:Charte").content.decode()
    form = client.get("/suggest/Atelier:Charte").content.decode()
    assert "No account is needed" not in form
    assert 'name="name"' not in form
    sent = {"base": "1", "text": "Un autre texte.", "message": "Mieux", "agrees": "on", "name": "bob"}
    assert client.post("/suggest/Atelier:Charte", sent).status_code == 302
    proposal = Proposal.objects.get()
    assert (proposal.by, proposal.by_name) == (alice, "alice")
    assert client_of(charlie).get("/suggest/Atelier:Charte").status_code == 302
    assert page_of("Charte").source.text == "Un texte."


def test_the_api_says_it(alice: User, bob: User, client_of: Callable[..., Client]) -> None:
    page = make_page("Charte", "Un texte.", by=alice, place=(place := make_place("Atelier", by=bob)))
    page_protection.protect(place, bob, STEWARDS)
    client = client_of(alice)
    ask = "/api.php?action=query&prop=info&inprop=protection&titles=Atelier:Charte|Atelier&format=json&formatversion=2"
    pages = {row["title"]: row["protection"] for row in client.get(ask).json()["query"]["pages"]}
    assert pages["Atelier:Charte"][0] == {
        "type": "edit", "level": "steward", "expiry": "infinity", "source": "Atelier",
    }  # fmt: skip
    assert "source" not in pages["Atelier"][1]
    token = client.get("/api.php?action=query&meta=tokens&format=json").json()["query"]["tokens"]["csrftoken"]
    sent = {"action": "edit", "title": "Atelier:Charte", "text": "x", "token": token, "format": "json"}
    assert client.post("/api.php", sent).json()["error"]["code"] == "protectedpage"
    page_protection.protect(page_of("Charte"), bob, STEWARDS, timezone.now() + timedelta(days=1))
    assert page.pk
    row = client.get(ask).json()["query"]["pages"]
    assert any(one["protection"] and one["protection"][0]["expiry"] != "infinity" for one in row)
