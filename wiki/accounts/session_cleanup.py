"""Sessions of accounts: each sign-in is listed, and what is over is deleted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from wiki.accounts.models import User

KEEP_ADDRESS_HASHES = timedelta(days=30)
"""How long an account keeps the hash of the network address from which it was registered."""


def list_session(request: HttpRequest | None, user: Any, **_: Any) -> None:
    """Receiver of `user_logged_in`: list the session, whatever view signs in."""
    if request is not None and request.META.get("REMOTE_ADDR"):
        UserSession.objects.create_from_request(request, user=user)


def clean_up() -> None:
    """Delete what is over."""
    delete_ended_sessions()
    delete_old_address_hashes()


def delete_ended_sessions() -> None:
    """Delete the sessions that have expired, and the rows of the list whose sessions are no more."""
    expired = Session.objects.filter(expire_date__lt=timezone.now())
    if expired.exists():
        expired.delete()
    ended = UserSession.objects.exclude(session_key__in=Session.objects.values("session_key"))
    if ended.exists():
        ended.delete()


def delete_old_address_hashes() -> None:
    """Delete the hashes of network addresses of accounts that were registered long ago."""
    old = User.objects.exclude(registered_from="").filter(date_joined__lt=timezone.now() - KEEP_ADDRESS_HASHES)
    if old.exists():
        old.update(registered_from="")
