"""What maps show below their markers: which of the three the pages name, and the file of the administrator."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from movilab import env_settings
from movilab.env_settings import Tiles
from tests.map_archives import WHOLE, tile, write_archive

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
SERVER = Tiles("https://tile.example/{z}/{x}/{y}.png", "© Nous", "https://tile.example")


@pytest.fixture
def archive(tmp_path: Path, settings: Any) -> Path:
    """An archive of map tiles in a data folder, beside a secret."""
    (tmp_path / "secret-key").write_text("secret")
    file = tmp_path / "france.pmtiles"
    write_archive(file, tile(earth=WHOLE))
    settings.MAP_ARCHIVE = file
    return file


def named_maps() -> list[str]:
    return re.findall(r'<meta name="(map-[a-z]+)"', Client().get("/search").content.decode())


def test_land_is_what_maps_show_by_default() -> None:
    assert named_maps() == ["map-land"]
    html = Client().get("/search").content.decode()
    (land,) = re.findall('<meta name="map-land"[^>]*>', html)
    assert re.findall('="([^"]*)"', re.sub(r"\.[0-9a-f]{12}", "", land)) == [
        "map-land", "/static/geography/land.bin", "/static/geography/details.bin", "/static/geography/communes/",
        "Natural Earth · IGN",
    ]  # fmt: skip


def test_an_archive_lies_upon_the_land_and_a_tile_server_replaces_both(archive: Path, settings: Any) -> None:
    assert named_maps() == ["map-land", "map-archive"]
    settings.TILES = SERVER
    assert named_maps() == ["map-tiles"]


def test_the_first_archive_of_the_data_folder_is_taken(tmp_path: Path) -> None:
    assert env_settings.map_archive(tmp_path) is None
    (tmp_path / "a.pmtiles").mkdir()
    for name in ("c.pmtiles", "b.pmtiles", "a.txt"):
        (tmp_path / name).touch()
    assert env_settings.map_archive(tmp_path) == tmp_path / "b.pmtiles"


def test_the_archive_is_served_in_pieces_to_everybody(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = archive.read_bytes()
    whole = Client().get("/map.pmtiles")
    assert b"".join(whole.streaming_content) == content  # type: ignore[attr-defined]
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    piece = Client().get("/map.pmtiles", headers={"range": "bytes=0-126"})
    assert (piece.status_code, piece.content) == (206, content[:127])
    assert piece.headers["Content-Range"] == f"bytes 0-126/{len(content)}"
    assert piece.headers["Content-Type"] == "application/vnd.pmtiles"
    monkeypatch.setattr("movilab.media_serving.PIECE", 10)
    assert Client().get("/map.pmtiles", headers={"range": "bytes=0-126"}).content == content[:10]
    assert Client().get("/map.pmtiles", headers={"range": "bytes=99999-"}).status_code == 416
    assert Client().post("/map.pmtiles").status_code == 405


def test_no_other_file_of_the_data_folder_is_served(archive: Path, settings: Any) -> None:
    for address in ("/map.pmtiles/secret-key", "/secret-key", "/map.pmtiles/../secret-key", "/france.pmtiles"):
        assert Client().get(address).status_code == 404
    archive.unlink()
    assert Client().get("/map.pmtiles").status_code == 404
    settings.MAP_ARCHIVE = None
    assert Client().get("/map.pmtiles").status_code == 404
