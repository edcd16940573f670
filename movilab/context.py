"""What every template may use without its view handing it over."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, str]:
    """The wiki's name and the address under which it is known, for titles, feeds and canonical links."""
    return {"site_name": settings.SITE_NAME, "base_address": settings.BASE_ADDRESS}
