"""Serves uploaded files such that browsers never execute them, in pieces where a player asks for pieces."""

from __future__ import annotations

import os
import re
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import FileResponse, HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve

from wiki.pages import file_types

INLINE_TYPES = {"image/gif", "image/jpeg", "image/png", "image/webp", "image/avif"}
POLICY = "default-src 'none'; sandbox"
DRAWING_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
PLAYER_POLICY = "default-src 'none'; media-src 'self'; sandbox"
PIECE = 960 * 1024
"""Maximal number of bytes of an answer to a request for a range.

A player asks for the rest when it needs it, and meanwhile holds no connection: see `wiki/pages/slow_connections.py`.
RFC 9110 (15.3.7) lets a server send less than was asked for.
"""
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serve the uploaded file at `path`: images, sounds and videos inline, all else as a download. Raises Http404."""
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    known = file_types.type_of(path)
    kind = known.kind if known is not None else ""
    policies = {"drawing": DRAWING_POLICY, "sound": PLAYER_POLICY, "video": PLAYER_POLICY}
    if known is not None and response.status_code == 200:
        response.headers["Content-Type"] = known.content_type
    response.headers["Content-Security-Policy"] = policies.get(kind, POLICY)
    response.headers["Cache-Control"] = "public, max-age=86400"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if response.headers.get("Content-Type") not in INLINE_TYPES and kind not in ("sound", "video"):
        response.headers["Content-Disposition"] = "attachment"
    if isinstance(response, FileResponse):
        response.headers["Accept-Ranges"] = "bytes"
        return _piece_of(request, response) or response
    return response


@require_safe
def map_archive(request: HttpRequest) -> HttpResponseBase:
    """Serve the archive of map tiles that the administrator laid into the data folder. Raises Http404 if there is none.

    No other file of that folder is served: the address names none.
    """
    if settings.MAP_ARCHIVE is None:
        raise Http404
    response = serve(request, settings.MAP_ARCHIVE.name, document_root=str(settings.MAP_ARCHIVE.parent))
    response.headers["Content-Type"] = "application/vnd.pmtiles"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "public, max-age=86400"
    if isinstance(response, FileResponse):
        response.headers["Accept-Ranges"] = "bytes"
        response.headers["Content-Disposition"] = "attachment"
        return _piece_of(request, response) or response
    return response


def _piece_of(request: HttpRequest, response: FileResponse) -> HttpResponse | None:
    """Return the piece of a file that a request asks for; None if it asks for none, or for one of another file."""
    match = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if match is None or match.group() == "bytes=-" or request.method != "GET":
        return None
    if request.headers.get("If-Range", response.headers["Last-Modified"]) != response.headers["Last-Modified"]:
        return None
    file: Any = response.file_to_stream
    size = os.fstat(file.fileno()).st_size
    start = int(match[1]) if match[1] else max(0, size - int(match[2]))
    last = min(int(match[2]) if match[1] and match[2] else size - 1, size - 1)
    headers = {key: value for key, value in response.items() if key != "Content-Length"}
    if start > last:
        response.close()
        return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    file.seek(start)
    piece = file.read(min(last + 1 - start, PIECE))
    response.close()
    headers["Content-Range"] = f"bytes {start}-{start + len(piece) - 1}/{size}"
    return HttpResponse(piece, status=206, headers=headers)
