"""Serves what people uploaded, so that a browser never runs it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve

SHOWN = {"image/gif", "image/jpeg", "image/png", "image/webp", "image/avif"}
POLICY = "default-src 'none'; sandbox"


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """The uploaded file at `path`: pictures are shown, all else is downloaded; 404 where there is none."""
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "public, max-age=86400"
    if response.headers.get("Content-Type") not in SHOWN:
        response.headers["Content-Disposition"] = "attachment"
    return response
