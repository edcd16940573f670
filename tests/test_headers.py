"""Security headers, uploaded files, and the client's address behind a proxy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from movilab.env_settings import Tiles
from movilab.middleware import ADMIN_POLICY, PUBLIC_POLICY, ClientAddressMiddleware, SecurityHeadersMiddleware


def address_view(request: HttpRequest) -> HttpResponse:
    """Return the client's address."""
    return HttpResponse(request.META["REMOTE_ADDR"])


def test_public_pages_allow_no_inline_scripts_and_styles() -> None:
    headers = SecurityHeadersMiddleware(address_view)(RequestFactory().get("/wiki/Accueil")).headers
    assert headers["Content-Security-Policy"] == PUBLIC_POLICY
    assert "unsafe" not in PUBLIC_POLICY
    assert "geolocation=()" in headers["Permissions-Policy"]


def test_images_from_the_tile_server_are_allowed(settings: Any) -> None:
    settings.TILES = Tiles("https://tile.example/{z}/{x}/{y}.png", "", "https://tile.example")
    policy = SecurityHeadersMiddleware(address_view)(RequestFactory().get("/wiki/Accueil")).headers[
        "Content-Security-Policy"
    ]
    assert "img-src 'self' https://tile.example data:;" in policy
    assert "https://tile.example" not in policy.replace("img-src 'self' https://tile.example", "")


def test_the_admin_has_its_own_policy() -> None:
    headers = SecurityHeadersMiddleware(address_view)(RequestFactory().get("/admin/")).headers
    assert headers["Content-Security-Policy"] == ADMIN_POLICY


def test_a_policy_set_by_the_view_is_kept() -> None:
    middleware = SecurityHeadersMiddleware(lambda request: HttpResponse(headers={"Content-Security-Policy": "sandbox"}))
    assert middleware(RequestFactory().get("/")).headers["Content-Security-Policy"] == "sandbox"


@pytest.mark.parametrize(
    ("trust_proxy", "forwarded", "expected"),
    [
        (False, "203.0.113.9", "127.0.0.1"),
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (True, "", "127.0.0.1"),
    ],
)
def test_only_the_last_forwarded_address_is_trusted(
    settings: Any, trust_proxy: bool, forwarded: str, expected: str
) -> None:
    settings.TRUST_PROXY = trust_proxy
    request = RequestFactory().get("/", headers={"x-forwarded-for": forwarded})
    response: Any = ClientAddressMiddleware(address_view)(request)
    assert response.content.decode() == expected


@pytest.mark.parametrize(
    ("name", "content", "is_inline"),
    [
        ("a.png", b"\x89PNG", True),
        ("a.html", b"<script>alert(1)</script>", False),
        ("a.svg", b"<svg/>", False),
        ("a.pdf", b"%PDF", False),
    ],
)
def test_uploads_are_never_executed_by_browsers(
    client: Client, settings: Any, name: str, content: bytes, is_inline: bool
) -> None:
    folder = Path(settings.MEDIA_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    response = client.get(f"/media/{name}")
    assert response.status_code == 200
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert (response.headers.get("Content-Disposition") != "attachment") is is_inline


def test_files_outside_the_media_folder_are_not_served(client: Client) -> None:
    assert client.get("/media/../settings.py").status_code == 400
    assert client.get("/media/%2e%2e/secret-key").status_code == 400
