"""The user model. The first migration creates only this model, since the page model refers to it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modelsearch import index

NAMES = ("username", "first_name", "last_name", "email")


class User(index.Indexed, AbstractUser):
    """An account. A blocked user can sign in and read, but not edit."""

    password = models.CharField(_("password"), max_length=255)  # a hash of MediaWiki does not fit into Django's 128
    is_blocked = models.BooleanField(_("blocked"), default=False)
    blocked_until = models.DateTimeField(_("end of the block"), null=True, blank=True)
    """When the block ends; None for a block without an end."""
    blocked_reason = models.CharField(_("reason of the block"), max_length=255, blank=True)
    registered_from = models.CharField(max_length=64, blank=True, editable=False)
    """Keyed hash of the network address from which the account was registered; never the address itself."""

    search_auto_update = False
    search_fields: ClassVar[list[index.BaseField]] = [
        *(index.SearchField(name) for name in NAMES),
        *(index.AutocompleteField(name) for name in NAMES),
        *(index.FilterField(name) for name in (*NAMES, "id", "is_active", "is_superuser", "is_blocked", "last_login")),
    ]
    """Only administrators search users; the filter fields are the columns by which their list is sorted or filtered."""

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    @property
    def is_blocked_now(self) -> bool:
        """Whether the account is blocked, and the block has not ended."""
        return self.is_blocked and (self.blocked_until is None or self.blocked_until > timezone.now())

    @property
    def label(self) -> str:
        """The name shown in pages and archives: the full name if given, else the user name."""
        return self.get_full_name() or self.get_username()


def label_of(user: User) -> str:
    """Return the name of an account that allauth shows (ACCOUNT_USER_DISPLAY)."""
    return user.label
