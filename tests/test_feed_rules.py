"""Every feed keeps the rules of its format, whatever titles, authors and texts it is about."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import make_page, make_place
from tests.feed_rules import faults_of
from wiki.accounts.models import User
from wiki.pages import page_lookup
from wiki.pages.writing import page_writer
from wiki.pages.writing.version_store import Author

pytestmark = pytest.mark.django_db
FEEDS = [
    "/feeds/changes",
    "/feeds/changes/La_Myne",
    "/feeds/history/A%26B",
    "/feeds/contributions/alice",
    "/feeds/contributions/?name=%C3%89lo%20%26%20%3CJo%3E",
    "/search/feed?q=texte",
    "/search/feed?q=%26%20%22deux%20mots%22",
    "/ask/file?q=[[Nature::%2B]]&po=?Ouvert|?Note&format=rss",
    "/ask/file?q=[[Nature::%2B]]&po=?Ouvert|?Note&format=atom&title=a%20%26%20b",
    "/ask/file?q=[[Note::rien]]&format=atom",
    "/ask/file?q=[[Nature::%2B]]&format=rss&type=atom",
]


@pytest.fixture
def pages(alice: User, bob: User) -> None:
    place = make_place("La Myne", by=bob)
    for title in ("A&B", "L’été « 2024 » ?", "Emoji 🎪", "Café+thé"):
        head = f"---\nOuvert: 2024-05-0{len(title) % 9 + 1}\nNote: <b>gras</b> & \x0b\n---\n"
        make_page(title, f"{head}Un texte <b>gras</b> & 'deux mots'.", by=alice)
    make_page("Charte", "Texte.", place=place, by=bob)
    page = page_lookup.find_by_key("A&B")
    assert page is not None
    page_writer.edit(page, "Autre texte & <script>x</script>", Author(None, "Élo & <Jo>"))
    page_writer.edit(page_lookup.reload_page(page.pk), "", Author.of(alice))


@pytest.mark.only_on("sqlite")
@pytest.mark.usefixtures("pages")
def test_feeds_keep_the_rules_of_their_formats(client: Client) -> None:
    for path in FEEDS:
        response = client.get(path)
        assert response.status_code == 200, (path, response.content[:300])
        assert response["Content-Type"].split(";")[0] in ("application/atom+xml", "application/rss+xml")
        assert (path, faults_of(response.content)) == (path, [])


def test_broken_feeds_are_noticed() -> None:
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><id>x y</id><title>a</title><updated>2024</updated>'
        "<entry><title>&lt;b&gt;</title><id>urn:a</id><id>urn:a</id></entry></feed>"
    )
    faults = " ".join(faults_of(atom.encode()))
    for word in (
        "no IRI",
        "no date",
        "not one updated",
        "not one id",
        "no author",
        "neither content",
        "tags",
        "itself",
    ):
        assert word in faults
    rss = (
        "<rss version='2.0'><channel><title>a</title><item><guid>x</guid><pubDate>2024</pubDate></item></channel></rss>"
    )
    faults = " ".join(faults_of(rss.encode()))
    for word in ("not one link", "not one description", "neither title", "no address", "pubDate", "itself"):
        assert word in faults
