"""The URLs of the wiki, and a view that returns "ok" through the same middleware."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def ok(request: HttpRequest) -> HttpResponse:
    """Return a minimal response."""
    return HttpResponse("ok")


urlpatterns = [path("ok", ok), path("", include("movilab.urls"))]
