"""The document of the frames in which the browser draws diagrams (`static/wiki/diagrams/`)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

# Mermaid writes inline styles, which no other page allows. Whatever the text of a diagram makes it do, the document has
# an origin of its own (`sandbox`), reads no cookies, sends nothing, and is framed by our pages only.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts"
)


@require_safe
@cache_control(public=True, max_age=3600)
@xframe_options_sameorigin
def diagram_frame(request: HttpRequest) -> HttpResponse:
    """Show an empty document whose script draws the diagram that the framing page sends it, the same for everybody."""
    response = render(request, "wiki/pages/diagram_frame.html")
    response.headers["Content-Security-Policy"] = POLICY
    return response
