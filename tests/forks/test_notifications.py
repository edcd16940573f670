"""E-mails about upstream changes, and the list of own forks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from tests.forks.fork_factories import change, make_fork, take_in
from wiki.accounts.models import User
from wiki.errors import Refused
from wiki.forks import fork_lists, notifications
from wiki.forks.models import UpstreamSubscription
from wiki.forks.notifications import UpstreamEmailJob
from wiki.pages import background_jobs
from wiki.pages.models import WikiPage

pytestmark = pytest.mark.django_db


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


def test_no_email_without_permission(
    bread: WikiPage, fork: WikiPage, alice: User, bob: User, settings: Any, client_of: Callable[..., Client]
) -> None:
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
    User.objects.filter(pk=bob.pk).update(is_blocked=False)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # no mail server
    change(bread, alice, ("le matin", "à midi"))
    assert UpstreamEmailJob().run() is False
    assert UpstreamSubscription.objects.get().last_notified_version == 3


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
