"""Middleware: security headers of every response, and the client's address behind a proxy."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from wiki.pages.rendering.video_sites import frame_origins

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# Public pages allow no inline scripts or styles, so that scripts injected into a text are not executed.
PUBLIC_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
# Wagtail's admin starts its widgets by inline scripts, and frames its own previews (as of 8.0; it needs no eval).
ADMIN_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
ADMIN_PREFIX = "/admin/"

PERMISSIONS_POLICY = "camera=(), geolocation=(), interest-cohort=(), microphone=(), payment=(), usb=()"


VIDEO_MARK = b' data-video="https://'
"""What stands in a page with a box of a video (`wiki/pages/rendering/videos.py`)."""


def public_policy() -> str:
    """Return the Content-Security-Policy of public pages; it allows images from a configured tile server."""
    if settings.TILES is None:
        return PUBLIC_POLICY
    return PUBLIC_POLICY.replace("img-src 'self'", f"img-src 'self' {settings.TILES.origin}")


def frame_policy(response: HttpResponseBase) -> str:
    """Return what the policy of a page with a video adds: frames of the allowed sites; "" for other pages."""
    if settings.VIDEO_HOSTS and isinstance(response, HttpResponse) and VIDEO_MARK in response.content:
        return "; frame-src 'self' " + " ".join(frame_origins())
    return ""


class SecurityHeadersMiddleware:
    """Sets Content-Security-Policy and Permissions-Policy, unless the view has set them."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response with the headers added."""
        response = self.get_response(request)
        policy = (
            ADMIN_POLICY if request.path_info.startswith(ADMIN_PREFIX) else public_policy() + frame_policy(response)
        )
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response


class ClientAddressMiddleware:
    """Sets REMOTE_ADDR to the client's address behind a trusted proxy.

    Only the last entry of X-Forwarded-For is from the proxy; the client may have sent the others.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set REMOTE_ADDR if MOVILAB_TRUST_PROXY is on, and return the response."""
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.TRUST_PROXY else ""
        if forwarded:
            request.META["REMOTE_ADDR"] = forwarded.rsplit(",", 1)[-1].strip()
        return self.get_response(request)
