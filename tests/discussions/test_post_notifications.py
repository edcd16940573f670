"""Who is notified of posts: mentioned, answered, taking part, watching; once, and not who may not read the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from tests.factories import make_page, make_place
from wiki.discussions import post_notifications, post_writer
from wiki.discussions.models import PostFanOut
from wiki.discussions.post_notifications import PostFanOutJob
from wiki.notifications.models import Notification, Watch
from wiki.notifications.notification_kinds import NOTIFICATION_KINDS
from wiki.pages import page_lookup
from wiki.pages.writing import page_hiding
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from wiki.accounts.models import User
    from wiki.pages.models import WikiPage

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


def kinds_for(user: User) -> list[str]:
    return list(Notification.objects.filter(recipient=user).order_by("pk").values_list("kind", flat=True))


def watch(user: User, page: WikiPage, kind: str = "page", delivery: str = "inbox") -> None:
    Watch.objects.create(user=user, target_kind=kind, target=str(page.pk), page=page, delivery=delivery)


def fan_out() -> int:
    job, runs = PostFanOutJob(), 0
    while job.run():
        runs += 1
    return runs


def test_each_learns_once_and_for_the_best_reason(alice: User, bob: User, charlie: User) -> None:
    page = make_page("Four", by=alice)
    Watch.objects.all().delete()
    first = post_writer.start_thread(page, "Quelle farine ?", "Bonjour.", alice)
    assert kinds_for(alice) == []  # her own
    post_writer.reply(first.thread, "Bonjour @charlie, de la T80.", bob, reply_to=first)
    assert (kinds_for(alice), kinds_for(charlie), kinds_for(bob)) == (["reply"], ["mention"], [])
    post_writer.reply(first.thread, "Merci.", alice)
    assert kinds_for(bob) == ["post"]
    watch(bob, page)
    fan_out()
    assert kinds_for(bob) == ["post"], "nothing twice, nor of one's own"
    with override("fr"):
        sentence = NOTIFICATION_KINDS["reply"].sentence(Notification.objects.get(recipient=alice))
    assert sentence == "bob vous répond\u00a0: Quelle farine ?"
    path = NOTIFICATION_KINDS["reply"].path(Notification.objects.get(recipient=alice))
    assert path == f"/thread/{first.thread.pk}#post-2"


def test_watchers_of_page_and_place_in_slices(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post_notifications, "WATCHERS_PER_SLICE", 2)
    place = make_place("Atelier", by=bob)
    page = make_page("Four", by=bob, place=place)
    Watch.objects.all().delete()
    users = [get_user_model().objects.create_user(f"u{number}", f"u{number}@example.org") for number in range(5)]
    for user in users[:4]:
        watch(user, page, delivery="daily")
    watch(users[0], place, "place")
    watch(users[4], place, "place")
    with CaptureQueriesContext(connection) as queries:
        post_writer.start_thread(page, "Une question", "Bonjour.", alice)
    assert not any("wiki_watch" in query["sql"] for query in queries)
    assert fan_out() == 4
    assert [kinds_for(user) for user in users] == [["post"]] * 5
    assert Notification.objects.get(recipient=users[1]).email_due == "daily"
    assert Notification.objects.get(recipient=users[4]).email_due == ""
    assert not PostFanOut.objects.exists()


def test_nobody_learns_of_what_is_hidden_or_deleted(alice: User, bob: User) -> None:
    page = make_page("Dora", "---\nKind: Person\n---\n", by=alice)
    watch(bob, page)
    post_writer.start_thread(page, "Une question", "Bonjour.", alice)
    page_hiding.hide(page_lookup.reload_page(page.pk), Author.of(alice))
    fan_out()
    assert kinds_for(bob) == []
    other = make_page("Four", by=alice)
    watch(bob, other)
    post = post_writer.start_thread(other, "Une question", "Bonjour.", alice)
    post_writer.delete(post, alice)
    fan_out()
    assert kinds_for(bob) == []
