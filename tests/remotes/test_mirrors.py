"""Mirrors of pages of other sites, imported from files: stored version by version, forked, updated, proposed.

The remote site is this one with another BASE_ADDRESS while it exports.
"""

from __future__ import annotations

import io
import ipaddress
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, override_settings

from tests.exchange.archives import export, make_picture
from tests.factories import make_page, make_place
from tests.forks.fork_factories import change, fork_status_of, make_practice, merge_of, take_in, text_of
from wiki.accounts.models import User
from wiki.errors import NotAllowed, Refused
from wiki.facts.models import Fact
from wiki.forks import fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.moderation import proposals
from wiki.moderation.models import Proposal
from wiki.pages import page_lookup, permissions
from wiki.pages.contributors import authors_of
from wiki.pages.mirror_models import Mirror, mirror_title
from wiki.pages.models import Fork, PageVersion, WikiPage
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author
from wiki.remotes import mirror_import, mirror_polling
from wiki.remotes.mirror_polling import MirrorPollJob
from wiki.text import titles

pytestmark = pytest.mark.django_db
FAR = "https://loin.example"


@pytest.fixture(autouse=True)
def _staging(settings: Any) -> None:
    settings.BASE_ADDRESS = "https://ici.example"


def archive_from_afar(page: WikiPage) -> io.BytesIO:
    """Return the archive of a page as a remote site would export it."""
    with override_settings(BASE_ADDRESS=FAR):
        return io.BytesIO(export(page_lookup.reload_page(page.pk)))


def mirrored(page: WikiPage, by: User) -> Mirror:
    """Import a local page as if it were on a remote site; return the mirror."""
    return mirror_import.import_mirror(archive_from_afar(page), by)


def test_a_mirror_has_the_remote_versions_and_cannot_be_edited(alice: User, bob: User, client_of: Any) -> None:
    make_picture("Pain.jpg")
    far = make_practice(alice)
    change(far, bob, ("Une nuit", "Deux nuits"), ("Au four.", "Au four. [[Fichier:Pain.jpg]]"))
    kept = mirrored(far, bob)
    page = page_lookup.reload_page(kept.page_id)
    assert (page.full_title, page.version, text_of(page)) == ("Elsewhere:loin.example/Pain (archive)", 2, text_of(far))
    here, there = (
        list(each.versions.order_by("number").values_list("sha256", "claimed_at", "author_name"))
        for each in (page, far)
    )
    assert here == there
    assert {version.origin_host for version in page.versions.all()} == {"loin.example"}
    assert authors_of(page) == ["alice", "bob"]
    assert not Fact.objects.filter(page=page, property__key="Ville").exists()
    bob.is_superuser = True
    assert permissions.allowed_actions(bob, page).isdisjoint({"edit", "move", "relicense", "make_place"})
    for act in (
        lambda: page_writer.edit(page, "Autre chose.", Author.of(bob)),
        lambda: page_moves.move(page, "Pain à nous", Author.of(bob)),
        lambda: page_writer.create("Ailleurs:loin.example/Gâteau", "Un gâteau.", Author.of(bob)),
    ):
        with pytest.raises((NotAllowed, Refused)):
            act()
    html = client_of(AnonymousUser()).get(page.get_absolute_url()).content.decode()
    assert "loin.example" in html
    assert f'<link rel="canonical" href="{FAR}/wiki/Pain">' in html
    assert "Elsewhere" not in client_of(AnonymousUser()).get("/sitemap-1.xml").content.decode()


def test_its_fork_is_updated_by_newer_archives(alice: User, bob: User) -> None:
    far, place = make_practice(alice), make_place("Le Fournil", by=bob)
    kept = mirrored(far, bob)
    fork = fork_creation.fork(page_lookup.reload_page(kept.page_id), ForkTarget(place), Author.of(bob))
    fork_row = Fork.objects.get(page=fork)
    assert fork.full_title == "Le Fournil:Pain"
    assert (fork_row.upstream_host, fork_row.upstream_title, fork_row.upstream_url) == (
        "loin.example",
        "Pain",
        f"{FAR}/wiki/Pain",
    )
    assert not fork_status_of(fork, bob).was_renamed
    change(fork, bob, ("Au four.", "Au four, chaud."))
    change(far, alice, ("Ville: Lyon", "Ville: Nice"), ("Une nuit", "Trois nuits"))
    again = mirrored(far, bob)
    assert again.pk == kept.pk
    assert [node.number for node in fork_status_of(fork, bob).behind] == [2]
    take_in(fork, page_lookup.reload_page(kept.page_id), bob)
    assert all(words in text_of(fork) for words in ("Ville: Nice", "Trois nuits", "Au four, chaud."))
    assert fork_status_of(fork, bob).behind == []
    assert mirrored(far, bob).page.version == 2  # the same archive again


def test_a_remote_fork_is_proposed_to_its_upstream(alice: User, bob: User, client_of: Any) -> None:
    bread = make_practice(alice)
    change(bread, alice, ("à la main", "longtemps"))
    with override_settings(BASE_ADDRESS=FAR):  # on the remote site, the page is a fork of a local page
        far = fork_creation.fork(page_lookup.reload_page(bread.pk), ForkTarget(new_place="Loin"), Author(None, "Zoé"))
        Fork.objects.filter(page=far).update(upstream_host="ici.example", upstream_url="https://ici.example/wiki/Pain")
        page_writer.edit(far, text_of(far).replace("Au four.", "Au feu de bois."), Author(None, "Zoé"))
    change(bread, alice, ("Une nuit", "Deux nuits"))
    response = client_of(bob).post("/elsewhere", {"file": archive_from_afar(far)})
    mirror = Mirror.objects.get()
    assert response["Location"].startswith("/propose/Elsewhere:loin.example")
    assert Fork.objects.get(page=mirror.page).upstream == bread
    merge = merge_of(bread, mirror.page)
    created = proposals.propose(merge, merge.merged.text or "", "Au bois", bob)
    assert Proposal.objects.get().page == bread
    pulled = proposals.accept(created, created.text, alice, is_whole=True, base=bread.versions.count())
    assert pulled.changed
    assert "Au feu de bois." in text_of(bread)
    assert "Deux nuits" in text_of(bread)
    assert "Zoé" in authors_of(bread)


def test_an_archive_cannot_change_the_history(alice: User, bob: User) -> None:
    far = make_practice(alice)
    kept = mirrored(far, bob)
    change(far, alice, ("Une nuit", "Deux nuits"))
    for change_of_history in ({"author_name": "Mallory"}, {"license": "CC0-1.0"}):
        before = PageVersion.objects.filter(page=far, number=1).values(*change_of_history).get()
        PageVersion.objects.filter(page=far, number=1).update(**change_of_history)
        with pytest.raises(Refused, match="version 1"):
            mirrored(far, bob)
        PageVersion.objects.filter(page=far, number=1).update(**before)
    other = make_page("Gâteau", "Tout autre chose.", by=bob)
    PageVersion.objects.filter(page=other).update(title="Pain", author_name="alice")
    WikiPage.objects.filter(pk=far.pk).update(title_key=None)
    WikiPage.objects.filter(pk=other.pk).update(full_title="Pain", title="Pain")
    with pytest.raises(Refused, match="version 1"):
        mirrored(other, bob)
    assert page_lookup.reload_page(kept.page_id).version == 1
    with pytest.raises(Refused, match="lives on this wiki"):
        mirror_import.import_mirror(io.BytesIO(export(page_lookup.reload_page(other.pk))), bob)


def test_the_form_shows_errors(bob: User, client_of: Any) -> None:
    client: Client = client_of(bob)
    for data, said in (
        ({}, "l’un des deux"),
        ({"address": "http://127.0.0.1/wiki/Pain"}, "127.0.0.1"),
        ({"address": "javascript:alert(1)"}, "javascript:alert(1)"),
        ({"file": io.BytesIO(b"no zip at all")}, "archive"),
    ):
        response = client.post("/elsewhere", data)
        assert response.status_code in (400, 422)
        assert said in response.content.decode()
    assert (
        'value="https://loin.example/wiki/Pain"'
        in client.get("/elsewhere?address=https://loin.example/wiki/Pain").content.decode()
    )


class Garden(BaseHTTPRequestHandler):
    """A Federated Wiki with one page."""

    def do_GET(self) -> None:
        """Serve the page as HTML and as JSON."""
        known = {
            "/view/how-to-bake": ("text/html", b"<html><body>A garden</body></html>"),
            "/how-to-bake.json": ("application/json", json.dumps(GARDEN).encode()),
            "/for-another": (
                "text/html",
                b'<link rel=alternate type=application/zip href="https://loin.example/a.zip">',
            ),
        }
        if self.path not in known:
            self.send_error(404)
            return
        kind, body = known[self.path]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Do not log."""


GARDEN: dict[str, Any] = {"title": "How to Bake", "story": [{"type": "paragraph", "id": "a", "text": "Flour."}]}


def test_a_page_of_a_federated_wiki_is_polled(bob: User, settings: Any) -> None:
    settings.FORK_FROM = [ipaddress.ip_network("127.0.0.0/8")]
    settings.FORK_PORTS = [range(1024, 65_536)]
    with ThreadingHTTPServer(("127.0.0.1", 0), Garden) as garden:
        threading.Thread(target=garden.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        address = f"http://127.0.0.1:{garden.server_address[1]}"
        kept = mirror_polling.fetch_mirror(f"{address}/view/how-to-bake", bob)
        assert kept.url == f"{address}/how-to-bake.html"
        assert text_of(kept.page) == "Flour."
        assert mirror_polling.poll(kept) is False
        GARDEN["story"] = [{"type": "paragraph", "id": "a", "text": "Flour and water."}]
        kept.refresh_from_db()
        assert mirror_polling.poll(kept) is True
        assert text_of(kept.page) == "Flour and water."
        fork_creation.fork(kept.page, ForkTarget(new_place="Le Fournil"), Author.of(bob))
        GARDEN["title"] = "How to Bake Bread"
        Mirror.objects.update(polled_at=None)
        assert [MirrorPollJob().run(), MirrorPollJob().run()] == [True, False]
        assert Mirror.objects.count() == 1
        with pytest.raises(Refused, match="404"):
            mirror_polling.fetch_mirror(f"{address}/nowhere", bob)
        with pytest.raises(Refused, match="another site"):
            mirror_polling.fetch_mirror(f"{address}/for-another", bob)
        garden.shutdown()


def test_alternate_links_are_found_in_any_html() -> None:
    link = '<link rel="nofollow Alternate" type="application/ZIP" href="/archive/Pain.zip">'
    for before in (
        "",
        "<p>",
        "<!-- -->",
        '<link rel="alternate" href="/x"><link type="application/zip" href="/y">',
    ):
        assert mirror_polling.alternate_links(f"{before}{link}<![").get("application/zip") == "/archive/Pain.zip", (
            before
        )
    started = time.monotonic()
    for chunk in ("<", "<![", "<!--", "<a ", "&#", "</", '<a b="c" '):
        mirror_polling.alternate_links(chunk * (mirror_polling.HTML_BYTES // len(chunk)))
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("host", "title", "confirmed", "expected"),
    [
        ("loin.example:8000", "Lieu:Pain", True, "loin.example-8000/Lieu:Pain"),
        ("loin.example", "é" * 127, False, None),
        ("a" * 255, "b" * 255, True, None),
    ],
)
def test_every_title_becomes_valid(host: str, title: str, confirmed: bool, expected: str | None) -> None:
    found = mirror_title(host, title, is_confirmed=confirmed)
    assert expected in (None, found)
    assert titles.key_of(f"Elsewhere:{found}")
