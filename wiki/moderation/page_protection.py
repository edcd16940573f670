"""Protecting pages and places: only stewards, or only administrators, may write in them, until a time or for good."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from wiki.accounts.models import User
from wiki.errors import NotAllowed, Refused, gettext_noop
from wiki.moderation.models import LogEntry
from wiki.pages import permissions
from wiki.pages.models import WikiPage
from wiki.pages.protection import ProtectionLevel


def protect(page: WikiPage, by: User, level: str, until: datetime | None = None, reason: str = "") -> None:
    """Protect a page, or a place with its pages, at a level; "" ends the protection. The act is in the log.

    Raises NotAllowed: administrators alone protect for administrators. Raises Refused in no place: it has no stewards.
    """
    permissions.require(by, permissions.Action.PROTECT, page)
    if level == ProtectionLevel.ADMINISTRATORS and not by.is_superuser:
        raise NotAllowed(gettext_noop("Only administrators may do this."))
    if level == ProtectionLevel.STEWARDS and not (page.is_place or page.place_id):
        raise Refused(gettext_noop("This page lives in no place: protect it for administrators."))
    if not level:
        until = None
    act = LogEntry.LoggedAct.PROTECT if level else LogEntry.LoggedAct.UNPROTECT
    with transaction.atomic():
        WikiPage.objects.filter(pk=page.pk).update(protection=level, protected_until=until)
        WikiPage.objects.filter(Q(pk=page.pk) | Q(place=page.pk)).update(cache_version=F("cache_version") + 1)
        LogEntry.objects.create(act=act, by=by, page=page, reason=reason, until=until)
