"""Lines of the fact box that are right for a time only: whether a place is open, when something happens next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString


@dataclass(frozen=True, slots=True)
class ExpiringLine:
    """Safe HTML, and the moment from which it is wrong; None where it stays right."""

    html: SafeString
    expires_at: datetime | None
