"""Blocks, the undo of all that accounts wrote, and the log: a wave of spam is cleaned in one act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import make_page, make_place
from tests.tasks import run_tasks
from wiki.discussions import post_cleanup, post_writer
from wiki.discussions.models import Post, Thread
from wiki.errors import NotAllowed, Refused
from wiki.history import batch_undo
from wiki.moderation import account_blocks
from wiki.moderation.models import LogEntry
from wiki.pages import permissions
from wiki.pages.models import Changeset, PageVersion, WikiPage
from wiki.pages.writing import batch_edits, page_hiding, page_writer
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


@pytest.fixture
def root(db: None) -> User:
    user: User = get_user_model().objects.create_superuser("root")
    return user


def account(name: str, network: str = "") -> User:
    user: User = get_user_model().objects.create_user(name, registered_from=network)
    return user


def page_of(title: str) -> WikiPage:
    found: WikiPage = WikiPage.objects.select_related("source", "place").get(title=title)
    return found


def change(title: str, text: str, by: User) -> None:
    page_writer.edit(page_of(title), text, Author.of(by))


def spam(by: User, *titles: str) -> None:
    for title in titles:
        make_page(title, "Achetez.", by=by)


def test_a_wave_of_spam_is_cleaned_in_one_act_and_that_is_undone(
    root: User, bob: User, client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, else_where = account("spam1", "net"), account("spam2", "net"), account("voisin", "net2")
    make_page("Four", "Du pain.", by=bob)
    spam(first, "S1", "S2", "S3")
    spam(second, "S4")
    spam(else_where, "Bonne page")
    change("Four", "Du pain.\n\nAchetez.", first)
    change("Four", "Achetez tout.", second)
    change("S1", "Achetez encore.", second)
    client = client_of(root, "en")
    screen = client.get("/contributions/spam1").content.decode()
    assert 'href="/clean-up/spam1"' in screen
    form = client.get("/clean-up/spam1").content.decode()
    assert "4 edits" in form
    assert "4 pages" in form
    assert "spam2: 3 edits" in form
    assert "voisin" not in form
    sent = {"others": [second.pk], "reason": "spam", "block": "on", "end": "7d", "since": "1d"}
    monkeypatch.setattr(batch_edits, "PAGES_LIMIT", 2)
    response = client.post("/clean-up/spam1", sent, follow=True)
    assert "5 pages are undone." in response.content.decode()
    assert page_of("Four").source.text == "Du pain."
    assert all(page_of(f"S{number}").is_deleted for number in range(1, 5))
    assert not page_of("Bonne page").is_deleted
    first.refresh_from_db()
    assert first.is_blocked_now
    assert first.blocked_until is not None
    assert timedelta(days=6) < first.blocked_until - timezone.now() <= timedelta(days=7)
    listed = client_of(bob, "en").get("/log?account=spam2").content.decode()
    assert listed.count("spam</bdi>") == 2
    assert "spam1" not in listed
    undo = Changeset.objects.get(act=Changeset.Act.UNDO)
    assert f"/changes?batch={undo.pk}" in listed
    assert batch_undo.undo_batch(undo, root).undone == 5
    assert page_of("Four").source.text == "Achetez tout."
    assert page_of("S1").source.text == "Achetez encore."
    account_blocks.unblock(first, root, "")
    assert not reloaded("spam1").is_blocked_now


def reloaded(name: str) -> User:
    found: User = get_user_model().objects.get(username=name)
    return found


def test_only_what_was_written_since_then_and_by_them(root: User, alice: User, bob: User) -> None:
    spam(alice, "Ancienne", "Neuve", "Reprise")
    change("Reprise", "Autre chose.", bob)
    PageVersion.objects.filter(page=page_of("Ancienne")).update(recorded_at=timezone.now() - timedelta(days=3))
    make_page("Importée", "Son texte ailleurs.", by=alice)
    PageVersion.objects.filter(page=page_of("Importée")).update(origin_host="ailleurs.example")
    report = account_blocks.clean_up([alice], timezone.now() - timedelta(days=1), root, "spam")
    assert report.undone == 1
    assert [title for title, _ in report.left] == ["Reprise"]
    assert [page_of(title).is_deleted for title in ("Ancienne", "Neuve", "Importée")] == [False, True, False]
    again = account_blocks.clean_up([alice], None, root, "spam")
    assert (again.undone, len(again.left)) == (1, 2)
    entry = LogEntry.objects.order_by("pk")[0]
    assert (entry.act, entry.account, entry.by, entry.changeset) == ("clean_up", alice, root, report.changeset)
    comment = PageVersion.objects.get(page=page_of("Neuve"), number=2).comment
    assert "alice" in comment
    assert "spam" in comment


def test_a_large_one_is_done_in_the_background(
    root: User, alice: User, client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    spam(alice, "A", "B", "C")
    monkeypatch.setattr("wiki.moderation.account_views.PAGES_LIMIT", 2)
    client = client_of(root, "en")
    response = client.post("/clean-up/alice", {"reason": "spam", "since": "1h"})
    assert response["Location"].startswith("/tasks/")
    assert not page_of("A").is_deleted
    run_tasks()
    assert page_of("A").is_deleted
    assert not reloaded("alice").is_blocked  # it was not asked for
    client.post("/clean-up/alice", {"reason": "spam"})  # nothing is left; what is typed wrongly is named
    assert client.post("/clean-up/alice", {"reason": ""}).status_code == 422
    assert client.post("/clean-up/alice", {"reason": "x", "since": "never"}).status_code == 422
    assert client.post("/clean-up/nobody", {"reason": "x"}).status_code == 404


def test_queries_do_not_grow_with_pages(root: User, alice: User, bob: User) -> None:
    counts = []
    for who, number in ((alice, 1), (bob, 6)):
        spam(who, *(f"{who.username} {one}" for one in range(number)))
        with CaptureQueriesContext(connection) as queries:
            account_blocks.clean_up([who], None, root, "spam")
        counts.append(sum('FROM "wiki_pageversion"' in query["sql"] for query in queries))
    assert counts[0] == counts[1]


def test_a_block_ends(alice: User, root: User) -> None:
    now = timezone.now()
    for until, is_blocked in ((None, True), (now + timedelta(hours=1), True), (now - timedelta(seconds=1), False)):
        account_blocks.block(alice, root, "spam", until)
        alice.refresh_from_db()
        assert alice.is_blocked_now is is_blocked
        assert permissions.has_permission(alice, permissions.Action.EDIT) is not is_blocked


def test_who_may(root: User, alice: User, bob: User, client_of: Callable[..., Client]) -> None:
    make_place("Atelier", by=bob)
    for act in (
        lambda: account_blocks.block(alice, bob, "x"),
        lambda: account_blocks.unblock(alice, bob, "x"),
        lambda: account_blocks.clean_up([alice], None, bob, "x"),
    ):
        with pytest.raises(NotAllowed, match="Only administrators"):
            act()
    with pytest.raises(Refused):
        account_blocks.block(root, root, "x")
    assert client_of(root, "en").post("/block/root", {"reason": "x"}).status_code == 422
    assert client_of(root, "en").post("/clean-up/root", {"reason": "x", "block": "on"}).status_code == 422
    assert LogEntry.objects.count() == 0
    assert not reloaded("alice").is_blocked


def test_block_and_unblock_by_the_screen(
    root: User, alice: User, anna: AnonymousUser, client_of: Callable[..., Client]
) -> None:
    client = client_of(root, "en")
    assert client.post("/block/alice", {"reason": ""}).status_code == 422
    assert (
        "alice is blocked." in client.post("/block/alice", {"reason": "<b>x", "end": ""}, follow=True).content.decode()
    )
    shown = client_of(anna, "en").get("/contributions/alice").content.decode()
    assert "This account is blocked. Reason: &lt;b&gt;x" in shown
    assert "/clean-up/" not in shown
    assert "End the block" in client.get("/block/alice").content.decode()
    client.post("/block/alice", {"unblock": "1"})
    assert not reloaded("alice").is_blocked
    assert [entry.act for entry in LogEntry.objects.order_by("pk")] == ["block", "unblock"]


def test_the_log_is_paged_and_hides_what_a_reader_may_not_read(
    root: User, alice: User, bob: User, client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = make_page("Dora", "---\nKind: Person\n---\n", by=bob)
    page_hiding.hide(page, Author.of(bob))
    LogEntry.objects.create(act="protect", by=root, page=page, reason="secret")
    for number in range(3):
        LogEntry.objects.create(act="block", by=root, account=alice, reason=f"numéro {number}")
    monkeypatch.setattr("wiki.moderation.account_views.LOG_SIZE", 2)
    client = client_of(alice, "en")
    first = client.get("/log").content.decode()
    assert "secret" not in first
    assert "numéro 2" in first
    assert "numéro 0" not in first
    older = first.split('rel="next nofollow" href="')[1].split('"')[0].replace("&amp;", "&")
    second = client.get(f"/log{older}").content.decode()
    assert "numéro 0" in second
    assert "secret" not in second
    assert "secret" in client_of(bob, "en").get(f"/log{older}").content.decode()
    newer = second.split('rel="prev nofollow" href="')[2].split('"')[0].replace("&amp;", "&")
    assert "numéro 2" in client.get(f"/log{newer}").content.decode()


def test_posts_go_with_their_accounts_and_come_back(
    root: User, alice: User, bob: User, client_of: Callable[..., Client]
) -> None:
    page = make_page("Four", by=bob)
    spam_thread = post_writer.start_thread(page, "Achetez", "Achetez.", alice).thread
    shared = post_writer.start_thread(page, "Farine", "Laquelle ?", bob).thread
    kept = post_writer.reply(shared, "Achetez la mienne.", alice)
    Post.objects.filter(pk=kept.pk).update(created_at=timezone.now() - timedelta(days=9))
    post_writer.reply(shared, "Achetez.", alice)
    client = client_of(bob, "en")
    account_blocks.clean_up([alice], timezone.now() - timedelta(days=1), root, "spam")
    talk = client.get("/talk/Four").content.decode()
    assert "Farine" in talk
    assert "Achetez" not in talk
    assert "1</span>" in client.get("/wiki/Four").content.decode() or "· 1" in client.get("/wiki/Four").content.decode()
    assert client.get(f"/thread/{spam_thread.pk}").status_code == 404
    assert client_of(root).get(f"/thread/{spam_thread.pk}").status_code == 200
    shown = client.get(f"/thread/{shared.pk}").content.decode()
    assert "Achetez la mienne." in shown
    assert "Deleted by root" in shown
    entry = LogEntry.objects.get(act="clean_up")
    assert entry.posts == 2
    assert "bring them back" not in client.get("/log").content.decode()
    with pytest.raises(NotAllowed):
        account_blocks.restore_posts(entry, bob)
    with pytest.raises(NotAllowed):
        post_cleanup.remove_posts([alice.pk], None, bob, timezone.now())
    back = client_of(root, "en").post(f"/log/{entry.pk}/restore-posts", follow=True).content.decode()
    assert "2 posts are back." in back
    assert "Achetez" in client.get("/talk/Four").content.decode()
    assert Thread.objects.open().count() == 2
    assert account_blocks.restore_posts(entry, root) == 0
