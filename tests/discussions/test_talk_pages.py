"""Wiki pages in the namespaces of discussions, beside threads and turned into threads."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.factories import make_page
from wiki.accounts.models import User
from wiki.discussions import talk_pages
from wiki.discussions.models import TEXT_LIMIT, PostMention, Thread
from wiki.discussions.signals import post_published
from wiki.errors import NotAllowed, Refused
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage

pytestmark = pytest.mark.django_db
TEXT = """---
Note: oui
---
Bonjour.

## Les **clés**

Où sont-elles, @bob ? [[Autre]]

### Réponse

```
## pas un titre
```

## Le four ##
## Vide
"""
SECTIONS = [
    ("Charte", ["Bonjour."]),
    ("Les clés", ["Où sont-elles, @bob ? [[Autre]]\n\n### Réponse\n\n```\n## pas un titre\n```"]),
    ("Le four", ["Le four"]),
    ("Vide", ["Vide"]),
]


@pytest.fixture
def talk(charter: WikiPage, alice: User) -> WikiPage:
    """The discussion of the charter."""
    return page_lookup.reload_page(make_page("Discussion:Atelier:Charte", TEXT, by=alice).pk)


def test_a_text_is_split_by_its_highest_headings() -> None:
    body = TEXT.partition("---\n")[2].partition("---\n")[2]
    assert list(talk_pages.split_sections(body, "Charte")) == SECTIONS
    assert list(talk_pages.split_sections("", "Charte")) == []
    assert list(talk_pages.split_sections("Un mot", "Charte")) == [("Charte", ["Un mot"])]
    [(title, parts)] = talk_pages.split_sections("# " + "é" * 300 + "\n" + "mot\n" * 6_000, "Charte")
    assert title == "é" * 200
    assert "".join(parts) == "mot\n" * 5_999 + "mot"
    assert all(0 < len(part) <= TEXT_LIMIT for part in parts)
    assert next(talk_pages.split_sections("x" * 10_001, "C"))[1] == ["x" * 10_000, "x"]


def test_it_is_shown_and_turned_into_threads_once(
    talk: WikiPage, charter: WikiPage, alice: User, bob: User, charlie: User, client_of: Callable[..., Client]
) -> None:
    client = client_of(bob, "en")
    page = client.get("/wiki/Discussion:Atelier:Charte", follow=True).content.decode()
    assert 'href="/talk/Atelier:Charte"' in page
    assert client.get("/talk/Discussion:Atelier:Charte")["Location"] == "/talk/Atelier:Charte"
    before = client.get("/talk/Atelier:Charte").content.decode()
    assert "Où sont-elles" in before
    assert "Turn it into discussions" in before
    assert "Turn it into discussions" not in client_of(charlie, "en").get("/talk/Atelier:Charte").content.decode()
    with pytest.raises(NotAllowed):
        talk_pages.import_threads(charter, talk, charlie)
    published: list[object] = []
    post_published.connect(receiver := lambda **sent: published.append(sent))
    response = client.post("/import-talk/Atelier:Charte", follow=True)
    post_published.disconnect(receiver)
    assert "4 discussions were made of it." in response.content.decode()
    threads = list(Thread.objects.order_by("pk"))
    assert [(one.title, one.author, one.author_name, one.last_number) for one in threads] == [
        (title, None, "alice", 1) for title, _ in SECTIONS
    ]
    version = talk.versions.get(number=1)
    assert {(one.imported_from, one.last_post_at) for one in threads} == {(version, version.claimed_at)}
    assert (published, PostMention.objects.count()) == ([], 0), "nobody is notified of what was written long ago"
    assert "imported from the history" in client.get(f"/thread/{threads[1].pk}").content.decode()
    assert "Turn it into discussions" not in client.get("/talk/Atelier:Charte").content.decode()
    assert client.post("/import-talk/Atelier:Charte").status_code == 422
    assert Thread.objects.count() == 4
    assert page_lookup.reload_page(talk.pk).source.text == TEXT


def test_empty_and_endless_pages_are_refused(
    talk: WikiPage, charter: WikiPage, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talk_pages, "SECTIONS_LIMIT", 3)
    with pytest.raises(Refused, match="4 sections"):
        talk_pages.import_threads(charter, talk, alice)
    talk.source.text = "---\nNote: oui\n---\n"
    with pytest.raises(Refused, match="nothing"):
        talk_pages.import_threads(charter, talk, alice)
    assert not Thread.objects.exists()


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        ("Discussion:A:B", "A:B"),
        ("Discussion aide:X", "Help:X"),
        ("Aide:X", ""),
        ("Category talk:Bois", "Category:Bois"),
    ],
)
def test_which_page_a_discussion_is_about(title: str, subject: str) -> None:
    assert talk_pages.subject_title(make_page(title)) == subject
