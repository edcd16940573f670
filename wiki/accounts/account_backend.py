"""Signing in by user name, by public name or by e-mail address."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When
from django.db.models.functions import Lower
from django.http import HttpRequest

from wiki.accounts.models import User


def accounts_with_address(address: str) -> QuerySet[User]:
    """Return the active accounts whose e-mail address is `address`, in any letter case."""
    return User.objects.filter(email__iexact=address, is_active=True)


def accounts_named(name: str) -> Q:
    """Return the condition of the accounts that `name` may mean: a user name, a public name or an e-mail address."""
    if "@" in name:
        return Q(username=name) | Q(email__iexact=name)
    return Q(username=name) | Q(first_name=name, last_name="")


def find_account(name: str) -> User | None:
    """Return the account that signs in as `name`, None if there is none or more than one.

    User names come first, so that no public name or address can stand for the user name of another account. An address
    that several accounts have is that of the one that confirmed it.
    """
    confirmed = EmailAddress.objects.filter(user=OuterRef("pk"), email=Lower(OuterRef("email")), verified=True)
    is_own, is_confirmed = (
        Case(When(username=name, then=1), default=0),
        Case(When(Exists(confirmed), then=1), default=0),
    )
    accounts = User.objects.filter(accounts_named(name)).annotate(is_own=is_own, is_confirmed=is_confirmed)
    found: list[Any] = list(accounts.order_by("-is_own", "-is_confirmed")[:2])
    if len(found) == 2 and not found[0].is_own and not ("@" in name and found[0].is_confirmed):
        return None
    return found[0] if found else None


class AccountBackend(ModelBackend):
    """Checks a password; a name without an account takes the time of one password, too.

    The backend after this one, Django's own, is only there for the sessions that name it: it is never asked.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> User | None:
        """Return the account of a name and its password. Raises PermissionDenied if they do not match."""
        if username is None or password is None:
            raise PermissionDenied
        user = find_account(username)
        if user is None:
            User().set_password(password)
        elif user.check_password(password) and self.user_can_authenticate(user):
            return user
        raise PermissionDenied
