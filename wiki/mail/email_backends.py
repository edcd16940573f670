"""Django e-mail backends: one that queues, for all senders, and one that discards, for sites without a mail server."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from wiki.mail.email_queue import enqueue

logger = logging.getLogger(__name__)


class QueueBackend(BaseEmailBackend):
    """Stores e-mails for the worker instead of sending them (EMAIL_BACKEND)."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Store the messages and return their number. Raises what `enqueue` raises."""
        for message in email_messages:
            enqueue(message)
        return len(email_messages)


class DiscardBackend(BaseEmailBackend):
    """Sends nothing (MAIL_DELIVERY_BACKEND of a public site without MOVILAB_MAIL).

    Printing, as on a developer's machine, would put reset links into the journal, which more people can read.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Log that there is no mail server, without addresses and texts, and return the number of messages."""
        for _ in email_messages:
            logger.warning("An e-mail was discarded: MOVILAB_MAIL is not set.")
        return len(email_messages)
