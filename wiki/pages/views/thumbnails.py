"""View of small copies of pictures, by the names that pages write; the visual editor shows them."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from wiki.pages.media_models import file_key, pictures_by_name
from wiki.pages.rendering.page_renderer import WIDTHS

WIDTH = WIDTHS[1]
"""A width that pages use too, so that nobody can have copies of other sizes made."""


@require_safe
def thumbnail(request: HttpRequest, name: str) -> HttpResponseBase:
    """Redirect to the copy of a picture. Raises Http404 if there is none with this name."""
    picture = pictures_by_name([name]).get(file_key(name))
    if picture is None:
        raise Http404(name)
    response = redirect(picture.sized_copy(WIDTH)[0])
    response.headers["Cache-Control"] = "private, max-age=300"
    return response
