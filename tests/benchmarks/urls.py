"""The wiki's addresses, and a view that answers "ok" through the same middleware."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def ok(request: HttpRequest) -> HttpResponse:
    """The least that Django can answer."""
    return HttpResponse("ok")


urlpatterns = [path("ok", ok), path("", include("movilab.urls"))]
