"""The e-mail address of an account: it has one at most, and another one takes its place when it is confirmed.

`User.email` is the address that is used; allauth's `EmailAddress` says whether it is confirmed.
"""

from __future__ import annotations

from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.internal.flows.manage_email import sync_user_email_address
from allauth.account.models import EmailAddress
from django.db import transaction
from django.http import HttpRequest

from wiki.accounts.models import User


def unconfirmed_address(user: User) -> str:
    """Return the address that the owner of an account has not confirmed yet: a new one, or that in use; else ""."""
    waiting = EmailAddress.objects.get_new(user)
    if waiting is not None:
        return str(waiting.email)
    is_confirmed = EmailAddress.objects.filter(user_id=user.pk, email=user.email.lower(), verified=True).exists()
    return "" if is_confirmed else user.email


def change_address(request: HttpRequest, user: User, address: str) -> None:
    """Take an address away, or send a link to a new one, which is used when the link is followed."""
    if address:
        EmailAddress.objects.add_new_email(request, user, address)
    else:
        replace_address(user, "")


def send_confirmation(request: HttpRequest, user: User) -> None:
    """Send the link that confirms the address of an account once more, if there is one to confirm."""
    sync_user_email_address(user)
    waiting = EmailAddress.objects.get_new(user)
    if waiting is not None:
        send_verification_email_to_address(request, waiting)


def replace_address(user: User, address: str) -> None:
    """Set the address of an account at once, unconfirmed: what administrators do."""
    with transaction.atomic():
        EmailAddress.objects.filter(user_id=user.pk).exclude(email=address.lower()).delete()
        user.email = address
        user.save(update_fields=["email"])
        if address:
            EmailAddress.objects.get_or_create(user=user, email=address.lower(), defaults={"primary": True})
