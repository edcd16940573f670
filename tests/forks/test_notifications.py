"""E-mails about upstream changes, and the list of own forks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from tests.forks.fork_factories import change, make_fork, take_in
from wiki.accounts.models import User
from wiki.errors import Refused
from wiki.forks import fork_lists, notifications
from wiki.notifications import notification_emails
from wiki.notifications.models import Notification
from wiki.pages import background_jobs
from wiki.pages.models import WikiPage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let e-mails not wait for what comes within the next minutes."""
    monkeypatch.setattr(notification_emails, "AT_ONCE_DELAY", timedelta(0))


@pytest.fixture
def fork(fork: WikiPage, bob: User) -> WikiPage:
    """A fork to which bob is subscribed."""
    bob.email = "bob@example.org"
    bob.save()
    notifications.set_subscription(fork, bob, subscribed=True)
    return fork


def test_one_email_is_sent_for_each_upstream_change(bread: WikiPage, fork: WikiPage, alice: User, bob: User) -> None:
    background_jobs.run_pending()
    assert mail.outbox == []
    change(bread, alice, ("le soir", "le matin"))
    change(bread, alice, ("Une nuit", "Deux nuits"))
    background_jobs.run_pending()
    background_jobs.run_pending()
    (email,) = mail.outbox
    assert (email.to, email.subject) == (["bob@example.org"], "Pain a bougé")
    assert "version 2, par alice" in email.body
    assert "version 3, par alice" in email.body
    assert "/compare/Pain?from=1&to=3" in email.body
    assert "/touch/Le_Fournil:Pain" in email.body
    notifications.set_subscription(fork, bob, subscribed=False)
    change(bread, alice, ("Deux nuits", "Trois nuits"))
    background_jobs.run_pending()
    assert len(mail.outbox) == 1


def test_no_email_without_permission(bread: WikiPage, fork: WikiPage, alice: User, bob: User) -> None:
    alice.email = ""
    alice.save()
    with pytest.raises(Refused, match="e-mail"):
        notifications.set_subscription(fork, alice, subscribed=True)
    with pytest.raises(Refused, match="no fork"):
        notifications.set_subscription(bread, bob, subscribed=True)
    User.objects.filter(pk=bob.pk).update(is_blocked=True)
    change(bread, alice, ("le soir", "le matin"))
    background_jobs.run_pending()
    assert mail.outbox == []
    assert Notification.objects.filter(kind="upstream", email_due="").exists(), "it is not tried again"


def test_forks_of_the_same_page_get_an_email_each(bread: WikiPage, fork: WikiPage, alice: User, bob: User) -> None:
    other = make_fork(bread, "Autre", bob)
    notifications.set_subscription(other, bob, subscribed=True)
    change(bread, alice, ("le soir", "le matin"))
    background_jobs.run_pending()
    assert sorted("Autre:Pain" in email.body for email in mail.outbox) == [False, True]


def test_the_screens_offer_subscriptions_and_list_own_forks(
    bread: WikiPage, fork: WikiPage, alice: User, bob: User, client_of: Callable[..., Client]
) -> None:
    other = make_fork(fork, "Autre", bob)
    change(bread, alice, ("le soir", "le matin"))
    client = client_of(bob, "en")
    html = client.get("/account/forks").content.decode()
    assert html.index("Le Fournil:Pain") < html.index("Autre:Pain")
    assert "1 new version" in html
    assert "nothing new" in html
    take_in(fork, bread, bob)
    assert [(one.fork.page.full_title, one.behind_count) for one in fork_lists.forks_of(bob)] == [
        ("Autre:Pain", 1),
        ("Le Fournil:Pain", 0),
    ]
    assert client.post(f"/touch/{other.url_title}", {"tell": "1"}).status_code == 302
    assert notifications.is_subscribed(other, bob)
    assert "Stop that" in client.get(f"/touch/{other.url_title}").content.decode()
    User.objects.filter(pk=alice.pk).update(email="")
    assert client_of(alice, "en").post(f"/touch/{other.url_title}", {"tell": "1"}).status_code == 422
