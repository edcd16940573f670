"""Invitations to register, by e-mail: a signed link, whose address counts as confirmed."""

from __future__ import annotations

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from wiki.accounts.models import User
from wiki.accounts.rate_limits import HOUR, RateLimit, count_request
from wiki.errors import gettext_noop
from wiki.mail import email_queue

LIFETIME = timedelta(days=14)
LIMIT = RateLimit(20, 24 * HOUR, gettext_noop("You invited %(count)d people today. Please go on tomorrow."))
SESSION_KEY = "account_verified_email"
"""Where allauth looks for the address that the visitor of a session has confirmed."""
_SALT = "wiki.accounts.invitations"


def send_invitation(inviter: User, address: str) -> None:
    """Queue an invitation to an address. Raises RateLimitExceeded."""
    count_request(f"invitations:{inviter.pk}", LIMIT)
    token = signing.dumps(address.lower(), salt=_SALT)
    context = {
        "inviter": inviter,
        "wiki_name": settings.SITE_NAME,
        "link": settings.BASE_ADDRESS + reverse("invitation", args=[token]),
        "until": timezone.localdate() + LIFETIME,
    }
    subject = " ".join(render_to_string("wiki/accounts/mail/invitation_subject.txt", context).split())
    body = render_to_string("wiki/accounts/mail/invitation_message.txt", context)
    email_queue.enqueue(EmailMessage(subject, body, None, [address]))


def invited_address(request: HttpRequest) -> str:
    """Return the address to which the visitor was invited, else ""."""
    return str(request.session.get(SESSION_KEY) or "")


@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Lead from the link of an invitation to the screen to register, where its address is filled in."""
    try:
        address = signing.loads(token, salt=_SALT, max_age=LIFETIME)
    except signing.BadSignature:
        messages.warning(request, gettext("This invitation is too old, or its address is not whole."))
        return redirect("register")
    if EmailAddress.objects.filter(email=address, verified=True).exists():
        messages.info(request, gettext("There is an account with this address already: please sign in."))
        return redirect("login")
    request.session[SESSION_KEY] = address
    return redirect("register")
