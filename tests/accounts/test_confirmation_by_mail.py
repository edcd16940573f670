"""Registering with an e-mail address, with a mail server: the message that it gets, and the link in it."""

from __future__ import annotations

import email
import email.policy
import re
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from allauth.account.models import EmailAddress
from django.test import Client

from wiki.mail.email_delivery import EmailDeliveryJob

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


class Mailbox:
    """What a mail server does with the messages that it gets: it keeps them."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 OK"


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    """The mailbox of a mail server to which the wiki sends."""
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    settings.MAIL_DELIVERY_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield box
    controller.stop()


def test_the_link_in_the_message_confirms_the_address(mailbox: Mailbox, settings: Any) -> None:
    visitor = Client(headers={"accept-language": "fr"})
    data = {"username": "Élodie Le Gall", "password1": "une phrase bien longue", "email": "elodie@example.org"}
    assert visitor.post("/account/register", data).status_code == 302
    assert EmailDeliveryJob().run()
    [message] = mailbox.messages
    assert message["To"] == "elodie@example.org"
    assert message["Subject"] == f"Votre adresse électronique sur {settings.SITE_NAME}"
    assert message.get_content_type() == "text/plain"
    text = message.get_content()
    assert "Bonjour Élodie Le Gall," in text
    link = re.search(re.escape(settings.BASE_ADDRESS) + r"(/\S+)", text)
    assert link
    assert "elodie@example.org" in visitor.get(link[1]).text
    assert visitor.post(link[1], follow=True).redirect_chain == [("/account/", 302)]
    assert EmailAddress.objects.get().verified
    assert "n’est pas encore confirmée" not in visitor.get("/account/").text
