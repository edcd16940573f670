"""E-mails of notifications: when they are due, what they say, to whom, and how one click ends them."""

from __future__ import annotations

import email
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import policy
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.mail import EmailMessage
from django.db import OperationalError
from django.test import Client

from tests.factories import make_page
from tests.notifications.test_fan_out import PERSON, edit, run_all, watch
from wiki.accounts.models import User
from wiki.mail import email_queue
from wiki.mail.models import QueuedEmail
from wiki.notifications import notification_emails
from wiki.notifications.models import Delivery, Notification, NotificationSettings, Watch
from wiki.notifications.notification_emails import NotificationEmailJob
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_hiding
from wiki.pages.writing.page_writer import Author

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]

TUESDAY = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def page(alice: User, bob: User) -> WikiPage:
    """A page that bob watches."""
    made = make_page("Charte", "Un.", by=alice)
    run_all()
    return made


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the time of the job."""

    def set_time(now: datetime) -> None:
        monkeypatch.setattr(notification_emails.timezone, "now", lambda: now)

    return set_time


def notified(page: WikiPage, alice: User, when: datetime, text: str = "Deux.") -> None:
    edit(page, text, alice)
    run_all()
    Notification.objects.filter(version__number=page_lookup.reload_page(page.pk).version).update(made_at=when)


def queued() -> list[EmailMessage]:
    while NotificationEmailJob().run():
        pass
    return [email_queue.message_of(row) for row in QueuedEmail.objects.order_by("pk")]


def test_what_comes_within_minutes_goes_into_one_email(
    page: WikiPage, alice: User, bob: User, clock: Callable[[datetime], None]
) -> None:
    watch(bob, "page", "Charte", Delivery.AT_ONCE)
    notified(page, alice, TUESDAY)
    clock(TUESDAY + timedelta(minutes=4))
    assert queued() == []
    notified(page, alice, TUESDAY + timedelta(minutes=3), "Trois.")
    clock(TUESDAY + timedelta(minutes=5))
    (message,) = queued()
    assert message.to == [bob.email]
    assert message.body.count("alice a modifié cette page\u00a0: un mot") == 2
    assert "/compare/Charte?from=1&to=2" in message.body
    clock(TUESDAY + timedelta(days=9))
    assert len(queued()) == 1, "nothing is sent twice"


@pytest.mark.parametrize(
    ("delivery", "before", "after"),
    [
        (Delivery.DAILY, datetime(2026, 12, 2, 4, 59, tzinfo=UTC), datetime(2026, 12, 2, 5, 0, tzinfo=UTC)),
        (Delivery.WEEKLY, datetime(2026, 12, 7, 4, 59, tzinfo=UTC), datetime(2026, 12, 7, 5, 0, tzinfo=UTC)),
    ],
)
def test_digests_are_due_in_the_morning(
    page: WikiPage,
    alice: User,
    bob: User,
    clock: Callable[[datetime], None],
    delivery: str,
    before: datetime,
    after: datetime,
) -> None:
    watch(bob, "page", "Charte", delivery)
    notified(page, alice, TUESDAY)
    clock(before)
    assert queued() == []
    clock(after)
    assert [message.subject for message in queued()] == ["Charte : du nouveau"]


def test_the_email_is_read_by_mail_programs_and_ended_with_one_click(
    page: WikiPage, alice: User, bob: User, clock: Callable[[datetime], None], client_of: Callable[..., Client]
) -> None:
    watch(bob, "page", "Charte", Delivery.AT_ONCE)
    NotificationSettings.objects.update_or_create(
        user=bob, defaults={"language": "en", "direct_delivery": Delivery.DAILY, "watch_delivery": Delivery.WEEKLY}
    )
    notified(page, alice, TUESDAY)
    clock(TUESDAY + timedelta(hours=1))
    (message,) = queued()
    parsed: Any = email.message_from_bytes(message.message().as_bytes(), policy=policy.default)
    assert parsed["Subject"] == "Charte: what is new"
    assert parsed.get_content_type() == "text/plain"
    assert "alice changed this page: un mot" in parsed.get_content()
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = parsed["List-Unsubscribe"].strip(" <>")
    assert url in parsed.get_content()
    path = urlsplit(url).path
    client = client_of(AnonymousUser(), "en", enforce_csrf_checks=True)
    assert "No e-mails any more" in client.get(path).content.decode()
    assert Watch.objects.get(user=bob).delivery == Delivery.AT_ONCE, "a look at the link ends nothing"
    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Watch.objects.get(user=bob).delivery == Delivery.INBOX
    settings = NotificationSettings.objects.get(user=bob)
    assert (settings.direct_delivery, settings.watch_delivery) == (Delivery.INBOX, Delivery.INBOX)
    assert client.post(path[:-3]).status_code == 404


def test_nothing_is_sent_of_what_may_not_be_read_or_is_read(
    alice: User, bob: User, page: WikiPage, clock: Callable[[datetime], None]
) -> None:
    person = make_page("Dora", PERSON, by=alice)
    for name in ("Dora", "Charte"):
        watch(bob, "page", name, Delivery.AT_ONCE)
    notified(person, alice, TUESDAY, PERSON + " Un secret.")
    notified(page, alice, TUESDAY)
    page_hiding.hide(page_lookup.reload_page(person.pk), Author.of(alice))
    Notification.objects.filter(page=page).update(read_at=TUESDAY)
    clock(TUESDAY + timedelta(hours=1))
    assert queued() == []
    assert not Notification.objects.filter(email_due__gt="").exists()


def test_an_account_without_address_or_that_cannot_sign_in_gets_no_email(
    alice: User, bob: User, page: WikiPage, clock: Callable[[datetime], None]
) -> None:
    watch(bob, "page", "Charte", Delivery.AT_ONCE)
    clock(TUESDAY + timedelta(hours=1))
    for number, changed in enumerate(({"email": ""}, {"email": "bob@example.org", "is_active": False})):
        notified(page, alice, TUESDAY, f"Texte {number}.")
        User.objects.filter(pk=bob.pk).update(**changed)
        assert queued() == []


def test_an_email_is_queued_in_the_transaction_that_records_it(
    alice: User, bob: User, page: WikiPage, clock: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch(bob, "page", "Charte", Delivery.AT_ONCE)
    notified(page, alice, TUESDAY)
    clock(TUESDAY + timedelta(hours=1))
    enqueue = notification_emails.enqueue

    def killed(*arguments: Any) -> None:
        enqueue(*arguments)
        raise OperationalError

    monkeypatch.setattr(notification_emails, "enqueue", killed)
    with pytest.raises(OperationalError):
        NotificationEmailJob().run()
    assert not QueuedEmail.objects.exists()
    monkeypatch.setattr(notification_emails, "enqueue", enqueue)
    assert len(queued()) == 1


def test_an_email_that_cannot_be_written_does_not_stop_the_others(
    alice: User, bob: User, charlie: User, page: WikiPage, clock: Callable[[datetime], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for user in (bob, charlie):
        watch(user, "page", "Charte", Delivery.AT_ONCE)
    notified(page, alice, TUESDAY)
    clock(TUESDAY + timedelta(hours=1))
    write = notification_emails._write

    def fail_once(user: User, *arguments: Any) -> None:
        if user == bob:
            raise RuntimeError
        write(user, *arguments)

    monkeypatch.setattr(notification_emails, "_write", fail_once)
    assert [message.to for message in queued()] == [[charlie.email]]
    assert Notification.objects.filter(email_due__gt="").get().recipient == bob, "it is tried again later"
