"""The screens of watches and notifications, the number in the header, and the feed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from tests.factories import make_page, make_place
from tests.feed_rules import faults_of
from tests.notifications.test_fan_out import PERSON, edit, run_all, watch
from wiki.accounts.models import User
from wiki.notifications import inbox, watching
from wiki.notifications.models import Delivery, Notification, NotificationSettings, Watch
from wiki.notifications.notification_kinds import NOTIFICATION_KINDS, NotificationKind
from wiki.notifications.sending import notify
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_hiding
from wiki.pages.writing.page_writer import Author

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


@pytest.fixture
def page(alice: User, bob: User) -> WikiPage:
    """A page that bob watches, with two changes by alice."""
    made = make_page("Charte", "Un.", by=alice)
    watch(bob, "page", "Charte")
    edit(made, "<b>Deux</b>.", alice)
    edit(made, "Trois.", alice)
    run_all()
    return made


def notification(recipient: User, page: WikiPage, key: str, **more: Any) -> Notification:
    return Notification.objects.create(recipient=recipient, kind="change", key=key, page=page, **more)


def test_the_button_leads_to_a_choice_that_is_stored(alice: User, bob: User, client_of: Callable[..., Client]) -> None:
    place = make_place("Atelier", by=alice)
    make_page("Charte", "[[Catégorie:Bois]]", by=alice, place=place)
    client = client_of(bob, "en")
    for path, query in (
        ("/wiki/Atelier:Charte", "kind=page&amp;name=Atelier%3ACharte"),
        ("/wiki/Atelier", "kind=place&amp;name=Atelier"),
        ("/contributions/alice", "kind=person&amp;name=alice"), ("/changes/Atelier", "kind=place&amp;name=Atelier"),
    ):  # fmt: skip
        html = client.get(path, follow=True).content.decode()
        assert f"/watch?{query}" in html, path
        assert "/watch?" not in client_of(AnonymousUser()).get(path, follow=True).content.decode()
    for kind, target in (
        ("page", "Atelier:Charte"), ("place", "Atelier"), ("category", "Catégorie:Bois"), ("kind", "practice"),
        ("person", "alice"), ("question", "[[Ville::Lyon]]"),
    ):  # fmt: skip
        url = f"/watch?{urlencode({'kind': kind, 'name': target})}"
        assert "How do you want to learn of it?" in client.get(url).content.decode()
        assert client.post(url, {"delivery": "daily"}).status_code == 302
        assert 'value="daily" checked' in client.get(url).content.decode()
    html = client.get("/watching").content.decode()
    assert all(title in html for title in ("Charte", "Atelier", "Bois", "Practices", "alice", "[[Ville::Lyon]]"))
    row = Watch.objects.get(user=bob, target_kind="page")
    client.post("/watching", {"watch": row.pk, "delivery": "weekly"})
    assert Watch.objects.get(pk=row.pk).delivery == Delivery.WEEKLY
    client_of(alice).post("/watching", {"stop": row.pk})
    assert Watch.objects.filter(pk=row.pk).exists(), "nobody ends the watches of others"
    client_of(alice).post("/watching", {"watch": row.pk, "delivery": "inbox"})
    assert Watch.objects.get(pk=row.pk).delivery == Delivery.WEEKLY
    client.post("/watching", {"stop": row.pk})
    client.post("/watch?kind=place&name=Atelier", {"stop": "1"})
    assert Watch.objects.filter(user=bob).count() == 4


def test_bad_choices_are_refused(alice: User, bob: User, page: WikiPage, client_of: Callable[..., Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    User.objects.filter(pk=bob.pk).update(email="")
    client = client_of(bob, "en")
    url = "/watch?kind=page&name=Charte"
    answer = client.post(url, {"delivery": "daily"})
    assert (answer.status_code, 'value="daily" checked' in answer.content.decode()) == (422, True)
    assert "no e-mail address" in answer.content.decode()
    assert client.post(url, {"delivery": "fax"}).status_code == 422
    assert client.post("/watching", {"watch": "x", "delivery": "fax"}).status_code == 422
    answer = client.post("/notifications/settings", {"watch_delivery": "inbox", "direct_delivery": "once"})
    assert answer.status_code == 422
    for query in ("kind=question&name=%5B%5B", "kind=category&name=Charte", "kind=page&name=%00", "kind=page"):
        assert client.post(f"/watch?{query}", {"delivery": "inbox"}).status_code in (400, 404, 422)
    assert client.post("/notifications", {"read": "1,x"}).status_code == 302
    monkeypatch.setattr(watching, "WATCHES_LIMIT", 1)
    assert client.post("/watch?kind=person&name=alice", {"delivery": "inbox"}).status_code == 422
    assert client.post(url, {"delivery": "inbox"}).status_code == 302, "what is watched can be changed"


def test_the_inbox_groups_marks_and_filters(page: WikiPage, bob: User, client_of: Callable[..., Client]) -> None:
    client = client_of(bob, "en")
    html = client.get("/notifications").content.decode()
    assert html.count('class="notification-group is-unread"') == 1
    assert html.count("alice changed this page: un mot") == 2
    assert "Notifications (2 unread)" in html
    numbers = ",".join(str(pk) for pk in Notification.objects.values_list("pk", flat=True))
    client.post("/notifications", {"read": numbers})
    html = client.get("/notifications?show=unread").content.decode()
    assert "You have read everything." in html
    assert "unread)" not in html
    client.post("/notifications", {"unread": numbers})
    assert inbox.count_unread(bob) == 2
    client.post("/notifications", {"done": numbers})
    assert "notification-group" not in client.get("/notifications").content.decode().partition("</head>")[2]
    assert "Back to the inbox" in client.get("/notifications?show=done").content.decode()
    client.post("/notifications", {"undone": numbers})
    client.post("/notifications", {"unread": numbers})
    answer = client.post("/notifications", {"all_read": "1", "show": "unread"})
    assert answer["Location"] == "/notifications?show=unread"
    assert inbox.count_unread(bob) == 0


def test_others_can_neither_open_nor_mark(
    page: WikiPage, alice: User, bob: User, client_of: Callable[..., Client]
) -> None:
    one = Notification.objects.filter(recipient=bob).first()
    assert one is not None
    client_of(alice).post("/notifications", {"read": str(one.pk)})
    assert client_of(alice).get(f"/notifications/open/{one.pk}").status_code == 404
    assert inbox.count_unread(bob) == 2
    answer = client_of(bob).get(f"/notifications/open/{one.pk}")
    assert answer["Location"] == "/compare/Charte?from=1&to=2"
    assert inbox.count_unread(bob) == 1
    assert client_of(bob).get(f"/notifications/open/{2**70}").status_code == 404


def test_a_page_that_is_hidden_vanishes_everywhere(alice: User, bob: User, client_of: Callable[..., Client]) -> None:
    page = make_page("Zibeline", PERSON, by=alice)
    watch(bob, "page", "Zibeline")
    edit(page, PERSON + " Plus.", alice)
    run_all()
    token = NotificationSettings.objects.get(user=bob).feed_token
    client, one = client_of(bob), Notification.objects.get()
    paths = ("/notifications", "/watching", f"/feeds/notifications/{token}")
    assert all("Zibeline" in client.get(path).content.decode() for path in paths)
    page_hiding.hide(page_lookup.reload_page(page.pk), Author.of(alice))
    assert not any("Zibeline" in client.get(path).content.decode() for path in paths)
    assert client.get(f"/notifications/open/{one.pk}").status_code == 404
    assert client.get("/watch?kind=page&name=Zibeline").status_code == 404


def test_the_inbox_is_paged_and_costs_the_same(
    page: WikiPage, bob: User, client_of: Callable[..., Client], django_assert_max_num_queries: Any
) -> None:
    Notification.objects.bulk_create(
        Notification(
            recipient=bob, kind="change", key=f"n{number}", page=page, actor_name="dora", read_at=page.edited_at
        )
        for number in range(150)
    )
    client, url, seen = client_of(bob, "en"), "/notifications", 0
    while url:
        with django_assert_max_num_queries(6):  # session, account, inbox, number of unread ones; not one for each row
            html = client.get(url).content.decode()
        seen += html.count('class="notification-sentence"')
        older = re.search(r'href="(\?[^"]*before=[^"]*)"', html)
        url = "/notifications" + older[1].replace("&amp;", "&") if older else ""
    assert seen == 152


def test_the_number_is_bounded_and_not_for_visitors(
    page: WikiPage, alice: User, bob: User, client_of: Callable[..., Client]
) -> None:
    Notification.objects.bulk_create(
        Notification(recipient=bob, kind="change", key=f"n{number}", page=page) for number in range(120)
    )
    assert "99+" in client_of(bob).get("/wiki/Charte").content.decode()
    assert "bell-count" not in client_of(alice).get("/wiki/Charte").content.decode()
    assert "bell" not in client_of(AnonymousUser()).get("/wiki/Charte").content.decode()


def test_settings_are_stored_and_the_feed_has_a_secret_address(
    page: WikiPage, alice: User, bob: User, client_of: Callable[..., Client]
) -> None:
    client = client_of(bob, "en")
    html = client.get("/notifications/settings").content.decode()
    feed = re.search(r'value="[^"]*(/feeds/notifications/[^"]+)"', html)
    assert feed is not None
    data = {"watches_edited": "on", "watch_delivery": "daily", "direct_delivery": "once"}
    assert client.post("/notifications/settings", data).status_code == 302
    stored = NotificationSettings.objects.get(user=bob)
    assert (stored.watches_created, stored.watches_edited, stored.direct_delivery) == (False, True, "once")
    reader = client_of(AnonymousUser())
    answer = reader.get(feed[1])
    assert faults_of(answer.content) == []
    assert answer.content.decode().count("alice changed this page") == 4
    assert reader.get(feed[1], headers={"if-none-match": answer["ETag"]}).status_code == 304
    assert "private" in answer["Cache-Control"]
    client.post("/notifications/settings", {"renew": "1"})
    assert reader.get(feed[1]).status_code == 404
    token = NotificationSettings.objects.get(user=bob).feed_token
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert reader.get(f"/feeds/notifications/{token}").status_code == 404


def test_another_package_adds_a_kind_with_few_lines(
    alice: User, bob: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = NotificationKind("reply", "replies", lambda one: f"{one.actor_name} replied", lambda one: "/reply")
    monkeypatch.setitem(NOTIFICATION_KINDS, "reply", kind)
    NotificationSettings.objects.create(user=bob, direct_delivery=Delivery.AT_ONCE)
    User.objects.filter(pk=charlie.pk).update(is_active=False)
    page = make_page("Dora", PERSON, by=alice)
    for _ in range(2):
        notify("reply", "reply:1", [alice.pk, bob.pk, charlie.pk], page, by=alice)
    one = Notification.objects.get()
    assert (one.recipient, one.email_due, one.actor_name) == (bob, Delivery.AT_ONCE, "alice")
    (group,) = inbox.group_by_page(inbox.list_inbox(bob, inbox.Filter.ALL).rows, bob)
    assert (group.listed[0].sentence, group.listed[0].path) == ("alice replied", "/reply")
    page_hiding.hide(page_lookup.reload_page(page.pk), Author.of(alice))
    notify("reply", "reply:2", [bob.pk], page_lookup.reload_page(page.pk), by=alice)
    assert Notification.objects.count() == 1
    with pytest.raises(KeyError):
        notify("unknown", "x", [bob.pk], page)
