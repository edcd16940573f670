"""Context processors: variables of every template."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """Return the wiki's name, its base URL (for feeds and canonical links), and where maps have tiles."""
    return {
        "site_name": settings.SITE_NAME,
        "base_address": settings.BASE_ADDRESS,
        "map_tiles": settings.TILES,
        "map_archive": settings.MAP_ARCHIVE,
    }
