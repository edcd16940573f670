"""The background job that sends queued e-mails."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from smtplib import SMTPResponseException

from django.conf import settings
from django.core.mail import get_connection
from django.utils import timezone

from wiki.mail import email_queue
from wiki.mail.models import QueuedEmail

logger = logging.getLogger(__name__)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DELAYS = (MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR)
"""Time after each failed attempt until the next one; the e-mail is given up when the one after the last delay fails."""
PAUSE_SECONDS = 60.0
"""Seconds without an attempt after the mail server could not be reached, which counts as an attempt for one e-mail."""


class EmailDeliveryJob:
    """Background job that sends the e-mails that are due, one per run, by the backend MAIL_DELIVERY_BACKEND.

    An attempt is recorded before it is made, so an e-mail that fails, or kills the worker, comes after all others. An
    e-mail is deleted after it was sent: a crash in between sends it twice, with the same Message-ID, but loses none.
    """

    name = "e-mail delivery"

    def __init__(self) -> None:
        self._paused_until = 0.0

    def run(self) -> bool:
        """Send one e-mail; return whether there may be more."""
        if time.monotonic() < self._paused_until:
            return False
        due = QueuedEmail.objects.filter(next_attempt_at__lte=timezone.now())
        email = due.order_by("next_attempt_at", "pk").first()
        if email is None:
            return False
        email.next_attempt_at = timezone.now() + DELAYS[min(email.attempts, len(DELAYS) - 1)]
        email.attempts += 1
        email.save(update_fields=["attempts", "next_attempt_at"])
        try:
            self._send(email)
        except Exception as error:  # whatever is wrong with one e-mail, the others are sent
            _record_failure(email, error)
        else:
            email.delete()
        return True

    def _send(self, email: QueuedEmail) -> None:
        """Send an e-mail; raises what the backend raises. One without recipients is not sent."""
        message = email_queue.message_of(email)
        if not message.recipients():
            return
        connection = get_connection(settings.MAIL_DELIVERY_BACKEND)
        try:
            connection.open()
        except Exception:
            self._paused_until = time.monotonic() + PAUSE_SECONDS
            raise
        try:
            connection.send_messages([message])
        finally:
            connection.close()


def _record_failure(email: QueuedEmail, error: Exception) -> None:
    """Store why an attempt failed, or delete the e-mail after the last one. The log names no address."""
    reason = type(error).__name__
    if isinstance(error, SMTPResponseException):
        reason = f"{reason} {error.smtp_code}"
    if email.attempts > len(DELAYS):
        logger.error("An e-mail was given up after %d attempts: %s", email.attempts, reason)
        email.delete()
        return
    logger.warning("An e-mail could not be sent (attempt %d): %s", email.attempts, reason)
    email.last_error = f"{type(error).__name__}: {error}"[:500]
    email.save(update_fields=["last_error"])
