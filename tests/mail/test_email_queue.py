"""The queue of e-mails and the job that sends them: attempts, failures, what is deleted."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPResponseException
from typing import Any

import pytest
from django.core import mail
from django.core.mail import BadHeaderError, EmailMessage, EmailMultiAlternatives, send_mail
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from wiki.mail import email_delivery
from wiki.mail.email_delivery import DELAYS, EmailDeliveryJob
from wiki.mail.models import QueuedEmail
from wiki.pages import background_jobs

pytestmark = pytest.mark.django_db


class ScriptedBackend(BaseEmailBackend):
    """Fails to open, or to send to some recipients, as a test says; else it sends into `sent`."""

    unreachable: Exception | None = None
    refused: dict[str, Exception] = {}
    sent: list[str] = []
    log: list[str] = []

    def open(self) -> bool:
        self.log.append("open")
        if self.unreachable:
            raise self.unreachable
        return True

    def close(self) -> None:
        self.log.append("close")

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            if message.to[0] in self.refused:
                raise self.refused[message.to[0]]
            self.sent.append(message.to[0])
        return len(email_messages)


@pytest.fixture
def backend(settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[ScriptedBackend]:
    settings.MAIL_DELIVERY_BACKEND = f"{__name__}.ScriptedBackend"
    for name, value in (("unreachable", None), ("refused", {}), ("sent", []), ("log", [])):
        monkeypatch.setattr(ScriptedBackend, name, value)
    return ScriptedBackend


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Let time pass for the job."""
    passed = [timedelta()]
    start, monotonic = timezone.now() + timedelta(seconds=5), email_delivery.time.monotonic()
    monkeypatch.setattr(email_delivery.timezone, "now", lambda: start + passed[0])
    monkeypatch.setattr(email_delivery.time, "monotonic", lambda: monotonic + passed[0].total_seconds())

    def wait(time: timedelta) -> None:
        passed[0] += time

    return wait


def write(*recipients: str) -> None:
    for recipient in recipients:
        send_mail("Pain", "Du levain.", None, [recipient])


def run(job: EmailDeliveryJob, limit: int = 50) -> int:
    """Run the job until it finds nothing to do; return how often it did something."""
    for count in range(limit):
        if not job.run():
            return count
    raise AssertionError("it does not end")


def test_every_sender_queues_and_the_worker_sends_and_deletes() -> None:
    write("alice@example.org")
    assert mail.outbox == []
    assert QueuedEmail.objects.count() == 1
    background_jobs.run_pending()
    [message] = mail.outbox
    assert (message.subject, message.body, message.to) == ("Pain", "Du levain.", ["alice@example.org"])
    assert QueuedEmail.objects.count() == 0, "addresses and texts are deleted"


def test_all_parts_of_a_message_are_kept() -> None:
    headers = {"Auto-Submitted": "auto-generated", "message-id": "<a@b>"}
    message = EmailMultiAlternatives(
        "Pain", "Du levain.", "wiki@example.org", ["a@example.org"], ["b@example.org"], cc=["c@example.org"],
        reply_to=["d@example.org"], headers=headers, alternatives=[("<p>Du levain.</p>", "text/html")],
    )  # fmt: skip
    message.send()
    page = EmailMessage("Pain", "<p>Du levain.</p>", None, ["a@example.org"])
    page.content_subtype = "html"
    page.send()
    run(EmailDeliveryJob())
    found, found_page = mail.outbox
    for name in ("subject", "body", "from_email", "to", "bcc", "cc", "reply_to"):
        assert getattr(found, name) == getattr(message, name)
    assert found.alternatives[0].content == "<p>Du levain.</p>"
    assert headers.items() <= found.extra_headers.items()
    assert set(found.extra_headers) == {*headers, "Date"}
    assert found_page.message().get_content_type() == "text/html"


def test_a_message_has_one_id_and_date_however_often_it_is_tried(
    backend: type[ScriptedBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a@example.org")
    [email] = QueuedEmail.objects.all()
    ids = {str(email_delivery.email_queue.message_of(email).message()["Message-ID"]) for _ in range(2)}
    assert len(ids) == 1
    assert "@127.0.0.1>" in ids.pop()
    assert email.content["headers"]["Date"]


def test_what_cannot_be_sent_is_refused_when_it_is_queued() -> None:
    with pytest.raises(BadHeaderError):
        send_mail("Pain\nBcc: all@example.org", "", None, ["a@example.org"])
    message = EmailMessage("Pain", "", None, ["a@example.org"])
    message.attach("pain.txt", "levain", "text/plain")
    with pytest.raises(ValueError, match="attachments"):
        message.send()
    assert QueuedEmail.objects.count() == 0


def test_one_email_that_fails_does_not_stop_the_others(
    backend: type[ScriptedBackend], caplog: pytest.LogCaptureFixture
) -> None:
    backend.refused["a@example.org"] = SMTPRecipientsRefused({"a@example.org": (550, b"no such mailbox")})
    backend.refused["b@example.org"] = SMTPResponseException(451, b"later")
    write("a@example.org", "b@example.org", "c@example.org", "d@example.org")
    run(EmailDeliveryJob())
    assert backend.sent == ["c@example.org", "d@example.org"]
    assert backend.log == ["open", "close"] * 4
    first, second = QueuedEmail.objects.order_by("pk")
    assert (first.attempts, first.content["to"]) == (1, ["a@example.org"])
    assert "no such mailbox" in first.last_error
    assert timedelta(seconds=50) < first.next_attempt_at - timezone.now() <= timedelta(minutes=1)
    assert second.last_error.startswith("SMTPResponseException: (451")
    assert "attempt 1): SMTPResponseException 451" in caplog.text
    assert "example.org" not in caplog.text, "no addresses in the log"


def test_an_unreadable_email_does_not_stop_the_others(backend: type[ScriptedBackend]) -> None:
    QueuedEmail.objects.create(content={"to": 3})
    write("c@example.org")
    run(EmailDeliveryJob())
    assert backend.sent == ["c@example.org"]


def test_attempts_are_repeated_with_growing_delays_then_given_up(
    backend: type[ScriptedBackend], clock: Callable[[timedelta], None], caplog: pytest.LogCaptureFixture
) -> None:
    backend.refused["a@example.org"] = OSError("broken pipe")
    write("a@example.org")
    job = EmailDeliveryJob()
    assert list(DELAYS) == sorted(DELAYS)
    assert sum(DELAYS, timedelta()) < timedelta(days=3), "before its reset link expires"
    for number, delay in enumerate(DELAYS, start=1):
        assert run(job) == 1
        assert QueuedEmail.objects.get().attempts == number
        clock(delay - timedelta(seconds=1))
        assert run(job) == 0, "not before its time"
        clock(timedelta(seconds=1))
    assert run(job) == 1
    assert QueuedEmail.objects.count() == 0
    assert f"given up after {len(DELAYS) + 1} attempts: OSError" in caplog.text
    assert "example.org" not in caplog.text


def test_it_is_sent_when_a_later_attempt_succeeds(
    backend: type[ScriptedBackend], clock: Callable[[timedelta], None]
) -> None:
    backend.refused["a@example.org"] = OSError()
    write("a@example.org")
    job = EmailDeliveryJob()
    run(job)
    backend.refused.clear()
    clock(timedelta(minutes=1))
    run(job)
    assert backend.sent == ["a@example.org"]
    assert QueuedEmail.objects.count() == 0


def test_an_attempt_is_recorded_before_it_is_made(backend: type[ScriptedBackend]) -> None:
    class Killed(BaseException):
        """As if the worker was killed."""

    backend.refused["a@example.org"] = Killed()  # type: ignore[assignment]
    write("a@example.org", "b@example.org")
    with pytest.raises(Killed):
        EmailDeliveryJob().run()
    assert QueuedEmail.objects.order_by("pk")[0].attempts == 1
    run(EmailDeliveryJob())
    assert backend.sent == ["b@example.org"]


def test_a_server_that_is_away_is_not_asked_for_each_email(
    backend: type[ScriptedBackend], clock: Callable[[timedelta], None]
) -> None:
    backend.unreachable = ConnectionRefusedError()
    write("a@example.org", "b@example.org", "c@example.org")
    job = EmailDeliveryJob()
    assert run(job) == 1
    assert backend.log == ["open"]
    assert sorted(QueuedEmail.objects.values_list("attempts", flat=True)) == [0, 0, 1]
    clock(timedelta(seconds=59))
    assert run(job) == 0
    backend.unreachable = None
    clock(timedelta(seconds=1))
    run(job)
    assert sorted(backend.sent) == ["a@example.org", "b@example.org", "c@example.org"]


def test_without_a_mail_server_the_email_is_kept(settings: Any) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings.MAIL_DELIVERY_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = probe.getsockname()
        write("a@example.org")
        run(EmailDeliveryJob())
    assert QueuedEmail.objects.get().last_error.startswith("ConnectionRefusedError")


def test_an_email_to_nobody_is_deleted_and_asks_no_server(backend: type[ScriptedBackend]) -> None:
    email_delivery.email_queue.enqueue(EmailMessage("Pain", "Du levain."))
    assert run(EmailDeliveryJob()) == 1
    assert backend.log == []
    assert QueuedEmail.objects.count() == 0


def test_a_public_site_without_mail_server_logs_no_text(
    settings: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    settings.MAIL_DELIVERY_BACKEND = "wiki.mail.email_backends.DiscardBackend"
    write("a@example.org")
    run(EmailDeliveryJob())
    assert QueuedEmail.objects.count() == 0
    assert "MOVILAB_MAIL is not set" in caplog.text
    out, err = capfd.readouterr()
    for secret in ("levain", "example.org"):
        assert secret not in caplog.text + out + err
