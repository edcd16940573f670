"""Stores e-mails in the table `QueuedEmail`, in the transaction of the sender, and reads them again."""

from __future__ import annotations

from email.utils import formatdate, make_msgid
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives

from wiki.mail.models import QueuedEmail

ADDRESS_FIELDS = ("to", "cc", "bcc", "reply_to")


def enqueue(message: EmailMessage) -> None:
    """Store `message` for the worker. One without recipients is stored too: the worker deletes it without sending.

    Raises BadHeaderError for a header with a line break, and ValueError for attachments, which nobody sends yet.
    """
    if message.attachments:
        raise ValueError("An e-mail with attachments cannot be queued")
    headers = {str(name): str(value) for name, value in message.extra_headers.items()}
    names = {name.lower() for name in headers}
    if "date" not in names:
        headers["Date"] = formatdate()
    if "message-id" not in names:  # stored, so that mail programs recognize an e-mail that is sent twice
        headers["Message-ID"] = make_msgid(domain=settings.HOST)
    content: dict[str, Any] = {
        "subject": str(message.subject),
        "body": str(message.body),
        "from_email": message.from_email,
        "headers": headers,
        "subtype": message.content_subtype,
        "alternatives": [[str(text), kind] for text, kind in getattr(message, "alternatives", [])],
    }
    content |= {name: [str(address) for address in getattr(message, name)] for name in ADDRESS_FIELDS}
    _message_of(content).message()  # raises for invalid headers now, where the sender can see it
    QueuedEmail.objects.create(content=content)


def message_of(email: QueuedEmail) -> EmailMessage:
    """Return the message that was stored as `email`."""
    return _message_of(email.content)


def _message_of(content: dict[str, Any]) -> EmailMessage:
    message = EmailMultiAlternatives(
        content["subject"],
        content["body"],
        content["from_email"],
        headers=content["headers"],
        alternatives=[(text, kind) for text, kind in content["alternatives"]],
        **{name: content[name] for name in ADDRESS_FIELDS},
    )
    message.content_subtype = content["subtype"]
    return message
