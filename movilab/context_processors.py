"""What every template may use without its view handing it over."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """The wiki's name, its address (for titles, feeds and canonical links), and where maps get tiles."""
    return {"site_name": settings.SITE_NAME, "base_address": settings.BASE_ADDRESS, "map_tiles": settings.TILES}
