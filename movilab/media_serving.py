"""Serves uploaded files such that browsers never execute them."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve

INLINE_TYPES = {"image/gif", "image/jpeg", "image/png", "image/webp", "image/avif"}
POLICY = "default-src 'none'; sandbox"


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serve the uploaded file at `path`: images inline, all else as a download. Raises Http404."""
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "public, max-age=86400"
    if response.headers.get("Content-Type") not in INLINE_TYPES:
        response.headers["Content-Disposition"] = "attachment"
    return response
