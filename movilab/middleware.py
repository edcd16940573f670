"""Headers that every answer carries, and the visitor's true address behind a proxy."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# Public pages run no inline script and no inline style: what someone smuggles into a text stays dead letters.
PUBLIC_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
# Wagtail's admin starts its widgets with inline scripts, and frames its own previews (seen with 8.0; no eval).
ADMIN_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
ADMIN_PREFIX = "/admin/"

PERMISSIONS_POLICY = "camera=(), geolocation=(), interest-cohort=(), microphone=(), payment=(), usb=()"


def public_policy() -> str:
    """The policy of public pages; pictures may come from the tile server too, where the administrator named one."""
    if settings.TILES is None:
        return PUBLIC_POLICY
    return PUBLIC_POLICY.replace("img-src 'self'", f"img-src 'self' {settings.TILES.origin}")


class SecurityHeadersMiddleware:
    """Gives each answer a Content-Security-Policy and a Permissions-Policy, unless its view set its own."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The view's answer with the headers added."""
        response = self.get_response(request)
        policy = ADMIN_POLICY if request.path_info.startswith(ADMIN_PREFIX) else public_policy()
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response


class ClientAddressMiddleware:
    """Behind a trusted proxy, REMOTE_ADDR becomes the visitor's address.

    Only the last entry of X-Forwarded-For is the proxy's own word; those before it are whatever the visitor sent.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer to the request, whose REMOTE_ADDR is the visitor's when MOVILAB_TRUST_PROXY says so."""
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.TRUST_PROXY else ""
        if forwarded:
            request.META["REMOTE_ADDR"] = forwarded.rsplit(",", 1)[-1].strip()
        return self.get_response(request)
