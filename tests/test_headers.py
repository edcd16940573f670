"""Headers of every answer, uploaded files, and the visitor's address behind a proxy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from movilab.env_settings import Tiles
from movilab.middleware import ADMIN_POLICY, PUBLIC_POLICY, ClientAddressMiddleware, SecurityHeadersMiddleware


def answer(request: HttpRequest) -> HttpResponse:
    """What the next view would say: the visitor's address."""
    return HttpResponse(request.META["REMOTE_ADDR"])


def test_it_forbids_inline_scripts_and_styles_on_public_pages() -> None:
    headers = SecurityHeadersMiddleware(answer)(RequestFactory().get("/wiki/Accueil")).headers
    assert headers["Content-Security-Policy"] == PUBLIC_POLICY
    assert "unsafe" not in PUBLIC_POLICY
    assert "geolocation=()" in headers["Permissions-Policy"]


def test_it_lets_pictures_come_from_the_tile_server_that_is_named(settings: Any) -> None:
    settings.TILES = Tiles("https://tile.example/{z}/{x}/{y}.png", "", "https://tile.example")
    policy = SecurityHeadersMiddleware(answer)(RequestFactory().get("/wiki/Accueil")).headers["Content-Security-Policy"]
    assert "img-src 'self' https://tile.example data:;" in policy
    assert "https://tile.example" not in policy.replace("img-src 'self' https://tile.example", "")


def test_it_lets_the_admin_style_its_widgets() -> None:
    headers = SecurityHeadersMiddleware(answer)(RequestFactory().get("/admin/")).headers
    assert headers["Content-Security-Policy"] == ADMIN_POLICY


def test_it_leaves_a_view_its_own_policy() -> None:
    own = SecurityHeadersMiddleware(lambda request: HttpResponse(headers={"Content-Security-Policy": "sandbox"}))
    assert own(RequestFactory().get("/")).headers["Content-Security-Policy"] == "sandbox"


@pytest.mark.parametrize(
    ("trusted", "forwarded", "seen"),
    [
        (False, "203.0.113.9", "127.0.0.1"),
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (True, "", "127.0.0.1"),
    ],
)
def test_it_believes_the_proxys_last_word_only(settings: Any, trusted: bool, forwarded: str, seen: str) -> None:
    settings.TRUST_PROXY = trusted
    request = RequestFactory().get("/", headers={"x-forwarded-for": forwarded})
    told: Any = ClientAddressMiddleware(answer)(request)
    assert told.content.decode() == seen


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("a.png", b"\x89PNG", True),
        ("a.html", b"<script>alert(1)</script>", False),
        ("a.svg", b"<svg/>", False),
        ("a.pdf", b"%PDF", False),
    ],
)
def test_it_never_lets_a_browser_run_an_upload(
    client: Client, settings: Any, name: str, content: bytes, shown: bool
) -> None:
    folder = Path(settings.MEDIA_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    told = client.get(f"/media/{name}")
    assert told.status_code == 200
    assert told.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in told.headers["Content-Security-Policy"]
    assert (told.headers.get("Content-Disposition") != "attachment") is shown


def test_it_finds_no_upload_outside_its_folder(client: Client) -> None:
    assert client.get("/media/../settings.py").status_code == 400
    assert client.get("/media/%2e%2e/secret-key").status_code == 400
