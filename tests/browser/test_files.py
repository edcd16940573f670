"""Files in a browser: sounds play, tracks are drawn, videos load after a click, pictures are cropped by dragging."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.factories import make_page
from tests.pages.test_file_upload import WAV, make_file
from tests.pages.test_file_versions import make_marked
from wiki.pages.media_models import Picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from playwright.sync_api import Page

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]
GPX = b"""<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"><trk><trkseg>
<trkpt lat="45.44" lon="4.38"/><trkpt lat="45.45" lon="4.39"/><trkpt lat="x" lon="4.40"/><trkpt lat="45.44" lon="4.41"/>
</trkseg></trk></gpx>"""
FRAME = "https://tube.example.org/videos/embed/abcDEF1234"


def test_a_sound_is_loaded_when_it_plays(tab: Page, alice: User) -> None:
    make_file("Son.wav")
    make_page("Concert", "![le son](File:Son.wav)", by=alice)
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url) if "/documents/" in request.url else None)
    tab.goto("/wiki/Concert")
    assert not asked
    play = """async () => { const sound = document.querySelector("audio"); sound.muted = true; await sound.play();
      await new Promise((done) => { sound.onended = done; }); return sound.duration; }"""
    assert round(tab.evaluate(play), 1) == round((len(WAV) - 44) / 8000, 1)
    assert asked


def test_a_track_is_drawn_on_a_map(tab: Page, alice: User) -> None:
    make_file("Tour.gpx", content=GPX)
    make_file("Vide.gpx")
    make_page("Balade", "![le tour](File:Tour.gpx)\n\n![vide](File:Vide.gpx)", by=alice)
    tab.goto("/wiki/Balade")
    expect(tab.locator("path.track-line")).to_have_count(1)
    expect(tab.locator(".track-map")).to_have_count(1)
    expect(tab.locator(".file-box")).to_have_count(2)


def test_a_video_loads_after_a_click(tab: Page, alice: User, settings: Any) -> None:
    settings.VIDEO_HOSTS = ["tube.example.org"]
    make_page("Cinéma", "[Le film](https://tube.example.org/w/abcDEF1234)", by=alice)
    asked: list[str] = []

    def answer(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(status=200, content_type="text/html", body="<p>film</p>")

    tab.route("https://tube.example.org/**", answer)
    tab.goto("/wiki/Cinéma")
    assert not asked
    tab.click("[data-video]")
    expect(tab.frame_locator(".video-frame").locator("p")).to_have_text("film")
    assert asked == [FRAME]
    assert tab.locator(".video-box a").get_attribute("href") == "https://tube.example.org/w/abcDEF1234"


def test_a_picture_is_cropped_by_dragging(
    tab: Page, alice: User, client_of: Callable[..., Client], live_server: Any
) -> None:
    make_marked(alice)
    cookie = client_of(alice).cookies["sessionid"].value
    tab.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    tab.goto("/edit-picture/Four.jpg")
    box = tab.locator("[data-crop]").bounding_box()
    assert box is not None
    tab.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 2, box["y"] - 50, steps=4)
    tab.mouse.up()
    values = [tab.input_value(f"[name={name}]") for name in ("left", "top", "width", "height")]
    assert values == ["30", "0", "60", "30"]
    tab.click("form.form-card button[type=submit]")
    expect(tab.locator(".file-versions tbody tr")).to_have_count(2)
    picture = Picture.objects.get()
    assert (picture.width, picture.height) == (60, 30)
