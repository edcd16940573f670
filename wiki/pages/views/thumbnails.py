"""View of small copies of pictures, by the names that pages write; the visual editor shows them."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from wiki.pages.file_types import type_of
from wiki.pages.media_models import File, file_key, media_by_name
from wiki.pages.rendering.page_renderer import WIDTHS

WIDTH = WIDTHS[1]
"""A width that pages use too, so that nobody can have copies of other sizes made."""


@require_safe
def thumbnail(request: HttpRequest, name: str) -> HttpResponseBase:
    """Redirect to the copy of a picture, or to a drawing. Raises Http404 if there is none with this name."""
    picture = media_by_name([name]).get(file_key(name))
    known = type_of(picture.name) if isinstance(picture, File) else None
    if picture is None or (isinstance(picture, File) and (known is None or known.kind != "drawing")):
        raise Http404(name)
    response = redirect(picture.content_url if isinstance(picture, File) else picture.sized_copy(WIDTH)[0])
    response.headers["Cache-Control"] = "private, max-age=300"
    return response
