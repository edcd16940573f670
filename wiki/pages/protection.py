"""Protection of pages: who may write in them, and until when. `permissions` enforces it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Protectable(Protocol):
    """What a page says of its protection."""

    protection: str
    protected_until: datetime | None
    place: Any
    """The page of its place; None for none."""


class ProtectionLevel(models.TextChoices):
    """Who may write in a protected page. "" in the column of a page: everybody with an account."""

    STEWARDS = "stewards", _("stewards of its place, and administrators")
    ADMINISTRATORS = "administrators", _("administrators")


def level_of(page: Protectable | None) -> str:
    """Return the protection of a page itself, "" for none or if it has ended."""
    if page is None or (page.protected_until is not None and page.protected_until <= timezone.now()):
        return ""
    return page.protection


def strictest_level(page: Protectable | None) -> str:
    """Return the protection of a page: the stricter one of its own and that of its place. "" for none."""
    levels = {level_of(page), level_of(page.place) if page is not None else ""}
    return next((str(level) for level in (ProtectionLevel.ADMINISTRATORS, *ProtectionLevel) if level in levels), "")
