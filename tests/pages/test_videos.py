"""Videos of other sites: boxes that load nothing before a click, only for sites that administrators allow."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import make_page
from wiki.accounts.models import User
from wiki.pages.rendering.video_sites import frame_address, frame_origins

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
URL = "https://tube.example.org/w/abcDEF1234"
FRAME = "https://tube.example.org/videos/embed/abcDEF1234"


@pytest.fixture(autouse=True)
def _allowed(settings: Any) -> None:
    settings.VIDEO_HOSTS = ["tube.example.org", "www.youtube.com", "youtu.be", "vimeo.com", "www.dailymotion.com"]


@pytest.mark.parametrize(
    ("url", "frame"),
    [
        (URL, FRAME), (URL + "?start=3", FRAME),
        ("https://tube.example.org/videos/watch/9c9de5e8-0a1e-484a-b099-e80766180a6d",
         "https://tube.example.org/videos/embed/9c9de5e8-0a1e-484a-b099-e80766180a6d"),
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=3", "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"),
        ("https://www.youtube.com/watch?list=a&v=dQw4w9WgXcQ", "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"),
        ("https://youtu.be/dQw4w9WgXcQ", "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"),
        ("https://vimeo.com/123456", "https://player.vimeo.com/video/123456"),
        ("https://www.dailymotion.com/video/x8abcd", "https://geo.dailymotion.com/player.html?video=x8abcd"),
        ("https://tube.example.org/about", ""), ("https://elsewhere.example/w/abcDEF1234", ""),
        ("https://tube.example.org:8443/w/abcDEF1234", ""), ("https://a@tube.example.org/w/abcDEF1234", ""),
        ("https://tube.example.org/w/../../abcDEF1234", ""), ("https://www.youtube.com/watch?v=short", ""),
    ],
)  # fmt: skip
def test_frames_of_videos(url: str, frame: str) -> None:
    assert frame_address(url) == frame


def answer(text: str, by: User, title: str = "Film") -> tuple[str, str]:
    """Write a page; return its HTML and its Content-Security-Policy."""
    make_page(title, text, by=by)
    response = Client().get(f"/wiki/{title}")
    return response.content.decode(), response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("text", [URL, f"<{URL}>", f"Avant\n\n[Le <film> & moi]({URL})\n\nAprès"])
def test_a_line_with_only_a_video_is_a_box(alice: User, text: str) -> None:
    html, policy = answer(text, alice)
    assert f'data-video="{FRAME}"' in html
    assert f'href="{URL}"' in html
    assert "<iframe" not in html
    assert "<film>" not in html
    assert "frame-src 'self' https://geo.dailymotion.com" in policy
    assert "https://tube.example.org" in policy
    assert "frame-src" in Client().get("/wiki/Film").headers["Content-Security-Policy"], "from the page cache too"
    assert "frame-src" not in Client().get("/").headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "text",
    [
        f"Voir {URL}",
        f"- {URL}",
        "https://elsewhere.example/w/abcDEF1234",
        f"`{URL}`",
        '<a data-video="https://x">x</a>',
    ],
)
def test_other_links_stay_links(alice: User, text: str) -> None:
    html, policy = answer(text, alice)
    assert "data-video" not in html
    assert "frame-src" not in policy


def test_without_the_setting_videos_are_links(alice: User, settings: Any) -> None:
    settings.VIDEO_HOSTS = []
    html, policy = answer(URL, alice)
    assert "data-video" not in html
    assert f'href="{URL}"' in html
    assert "frame-src" not in policy


def test_origins_of_frames(settings: Any) -> None:
    settings.VIDEO_HOSTS = ["youtu.be", "www.youtube.com", "tube.example.org"]
    assert frame_origins() == ["https://tube.example.org", "https://www.youtube-nocookie.com"]
