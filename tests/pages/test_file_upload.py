"""Files that are no pictures: recognised by their content, cleaned, stored, and served."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pypdf import PdfWriter

from tests.factories import make_page
from tests.pages.test_media import drawn, upload
from tests.pages.test_picture_upload import send
from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.pages import content_checks, file_types, svg_cleaning
from wiki.pages.file_types import TYPES, checked_content
from wiki.pages.media_models import File, Picture
from wiki.pages.pdf_pages import count_pages

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
ClientOf = Callable[..., Client]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect width="40" height="20" fill="tomato"/></svg>'


def zipped(**members: str) -> bytes:
    """Return a zip file; names of members have `__` for `/` and `_` for `.`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return out.getvalue()


def opendocument(kind: str) -> bytes:
    """Return an OpenDocument of a kind."""
    return zipped(mimetype=f"application/vnd.oasis.opendocument.{kind}", content_xml="<x/>")


def office(kind: str, more: str = "") -> bytes:
    """Return an Office Open XML of a kind."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        types = f"<Types>application/vnd.openxmlformats-officedocument.{kind}.main+xml{more}</Types>"
        archive.writestr("[Content_Types].xml", types)
    return out.getvalue()


def model_3mf() -> bytes:
    """Return a 3D model."""
    return office("x", "application/vnd.ms-package.3dmanufacturing-3dmodel+xml")


GPX = b'<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"><trk/></gpx>'
WAV = b"RIFF" + struct.pack("<L", 36 + 8000) + b"WAVEfmt " + struct.pack("<LHHLLHH", 16, 1, 1, 8000, 8000, 1, 8) + (
    b"data" + struct.pack("<L", 8000) + b"\x80" * 8000
)  # fmt: skip
CONTENTS = {
    ".pdf": b"%PDF-1.7\n%%EOF", ".odt": opendocument("text"), ".ods": opendocument("spreadsheet"),
    ".odp": opendocument("presentation"), ".docx": office("wordprocessingml.document"),
    ".xlsx": office("spreadsheetml.sheet"), ".pptx": office("presentationml.presentation"),
    ".csv": "Nom;Prix\nChaise;12,50 €\n".encode("cp1252"), ".svg": SVG, ".stl": b"\0" * 80 + b"\1\0\0\0" + b"\0" * 50,
    ".3mf": model_3mf(), ".dxf": b"999\r\nLibreCAD\r\n  0\r\nSECTION\r\n  2\r\nHEADER\r\n", ".gpx": GPX,
    ".mp3": b"ID3\4\0\0\0\0\0\0", ".ogg": b"OggS\0" + b"\0" * 23 + b"\x01vorbis",
    ".oga": b"OggS\0" + b"\0" * 23 + b"\x7fFLAC", ".opus": b"OggS\0" + b"\0" * 23 + b"OpusHead", ".wav": WAV,
    ".flac": b"fLaC\0", ".m4a": b"\0\0\0\x20ftypM4A \0\0\0\0", ".mp4": b"\0\0\0\x20ftypisom\0\0\0\0",
    ".webm": b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", ".ogv": b"OggS\0" + b"\0" * 23 + b"\x80theora",
}  # fmt: skip
"""A small file of each type."""


def make_file(name: str, by: User | None = None, content: bytes | None = None, **more: Any) -> File:
    """Store a file as an upload does."""
    ending = "." + name.rpartition(".")[2]
    file = File(name=name, title=name, author="Zoé", uploaded_by_user=by, **more)
    uploaded = SimpleUploadedFile(name, CONTENTS[ending] if content is None else content)
    file.file = checked_content(uploaded, name)
    file.save()
    return file


@pytest.fixture(autouse=True)
def _no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "limit_edits", lambda user: None)


def test_there_is_a_content_for_each_type() -> None:
    assert set(CONTENTS) == set(TYPES)


@pytest.mark.parametrize("ending", sorted(CONTENTS))
def test_each_type_is_recognised_by_its_content(alice: User, client_of: ClientOf, ending: str) -> None:
    client = client_of(alice)
    response = send(client, CONTENTS[ending], f"le_plan{ending}")
    assert response.status_code == 201, response.content
    assert response.json()["description"] == "le plan"
    assert File.objects.get().name == f"Le plan{ending}"
    served = client.get(response.json()["url"])
    assert served.headers["Content-Type"] == TYPES[ending].content_type
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert served.headers["Content-Security-Policy"].endswith("sandbox")
    is_played = TYPES[ending].kind in ("sound", "video")
    assert served.headers["Content-Disposition"].startswith("inline" if is_played else "attachment")


@pytest.mark.parametrize("ending", sorted(CONTENTS))
def test_content_of_another_type_is_refused(alice: User, client_of: ClientOf, ending: str) -> None:
    client = client_of(alice)
    others = [content for other, content in CONTENTS.items() if other != ending]
    same = {".ogg": 2, ".oga": 2, ".opus": 2, ".m4a": 1, ".csv": 0}.get(ending, 0)
    refused = [send(client, content, f"x{ending}").status_code for content in [*others, b"", b"<html>", b"MZ\0\0"]]
    if ending == ".csv":  # DXF, and PDF without binary content, are text
        assert refused.count(422) >= len(refused) - 3
    else:
        assert refused.count(422) == len(refused) - same
    assert not Picture.objects.exists()


def test_the_form_says_what_does_not_fit(alice: User, client_of: ClientOf) -> None:
    html = upload(client_of(alice), b"<html>", "plan.pdf").content.decode()
    assert "plan.pdf" in html
    assert "contenu" in html
    assert not File.objects.exists()
    assert "docx" in client_of(alice).get("/upload").content.decode()


def test_a_file_keeps_the_ending_of_its_content(alice: User, client_of: ClientOf) -> None:
    response = upload(client_of(alice), CONTENTS[".pdf"], "scan.pdf", name="Plan de l’atelier.docx")
    assert response.headers["Location"].endswith(".pdf")
    assert File.objects.get().name == "Plan de l'atelier.pdf"


def test_names_are_shared_with_pictures(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert send(client, CONTENTS[".pdf"], "plan.pdf").json()["name"] == "Plan.pdf"
    assert send(client, CONTENTS[".pdf"] + b"\n", "plan.pdf").json()["name"] == "Plan-2.pdf"
    assert send(client, CONTENTS[".pdf"], "plan.pdf").status_code == 200, "the same content is there"
    assert "Plan.pdf" in upload(client, b"%PDF-1.4 other", "plan.pdf").content.decode()
    Picture.objects.create(name="Vue.svg", title="Vue", file=SimpleUploadedFile("vue.png", drawn("PNG")))
    Picture.objects.update(name="Vue.svg")
    assert send(client, SVG, "vue.svg").json()["name"] == "Vue-2.svg"


def test_a_file_above_the_limit_is_refused(alice: User, client_of: ClientOf, settings: Any) -> None:
    settings.FILE_LIMIT = 10
    response = send(client_of(alice), CONTENTS[".pdf"], "plan.pdf")
    assert response.status_code == 413
    assert "10" in response.json()["error"]


def test_a_request_above_the_limit_is_refused_unread(alice: User, client_of: ClientOf, settings: Any) -> None:
    settings.REQUEST_LIMIT = 100
    assert send(client_of(alice), CONTENTS[".pdf"], "plan.pdf").status_code == 413
    assert upload(client_of(alice), CONTENTS[".pdf"], "plan.pdf").status_code == 413
    assert not File.objects.exists()


# ---------------------------------------------------------------- hostile content


def test_macros_are_refused() -> None:
    raw = office("wordprocessingml.document", "application/vnd.ms-word.document.macroEnabled.main+xml")
    assert not content_checks.is_office_open_xml(io.BytesIO(raw), "wordprocessingml.document")


def test_the_directory_of_a_zip_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = opendocument("text")
    assert content_checks.is_opendocument(io.BytesIO(raw), "text")
    monkeypatch.setattr(content_checks, "DIRECTORY_LIMIT", 50)
    monkeypatch.setattr(zipfile, "ZipFile", lambda file: pytest.fail("read"))
    assert not content_checks.is_opendocument(io.BytesIO(raw), "text")


def test_of_a_bomb_little_is_unpacked() -> None:
    raw = zipped(mimetype="x" * 50_000_000, content_xml="<x/>")
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        assert len(content_checks._member(archive, "mimetype")) == content_checks.MEMBER_LIMIT


@pytest.mark.parametrize("cut", range(0, 200, 17))
def test_damaged_zips_are_refused(cut: int) -> None:
    raw = opendocument("text")
    for damaged in (raw[:cut], raw[:cut] + b"\xff" * 20 + raw[cut + 20 :]):
        assert content_checks.is_opendocument(io.BytesIO(damaged), "text") in (True, False)


@pytest.mark.parametrize(
    "raw",
    [
        b'<!DOCTYPE gpx [<!ENTITY a "x">]>' + GPX[21:], b"<gpx/>", GPX[:-3],
        b'<gpx xmlns="http://www.topografix.com/GPX/1/1">' + b"<trk>" * 60 + b"</trk>" * 60 + b"</gpx>",
    ],
)  # fmt: skip
def test_hostile_gpx_is_refused(raw: bytes) -> None:
    assert not content_checks.is_gpx(io.BytesIO(raw))


def cleaned(inner: str, attributes: str = "") -> str:
    """Return an SVG with `inner`, cleaned."""
    raw = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {attributes}>{inner}</svg>'
    )
    return svg_cleaning.clean_svg(io.BytesIO(raw.encode())).decode()


@pytest.mark.parametrize(
    "inner",
    [
        "<script>evil()</script>", '<rect onclick="evil()"/>', '<rect ONCLICK="evil()"/>',
        "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'>evil</body></foreignObject>",
        '<image href="https://evil.example/x.png"/>', '<image xlink:href="//evil.example/x.png"/>',
        '<use href="evil.svg#a"/>', '<rect fill="url(https://evil.example/x)"/>', '<rect style="fill:url(//evil)"/>',
        "<style>@import 'evil.css';</style>", "<style>a{background:u\\72l(//evil)}</style>",
        "<style>a{background:image-set('evil.png' 1x)}</style>", "<style><g>evil</g></style>",
        '<a href="javascript:evil()"><rect/></a>', '<animate attributeName="href" to="javascript:evil()"/>',
        '<set attributeName="onload" to="evil()"/>', '<image href="data:image/svg+xml;base64,evil"/>',
        "<metadata>evil</metadata>", "<iframe src='evil'/>",
        "<x:script xmlns:x='http://www.w3.org/2000/svg'>evil</x:script>",
        '<handler xmlns="http://www.w3.org/2001/xml-events">evil</handler>', "<?evil?>", "<!-- evil -->",
        '<rect style="behavior:expression(evil)"/>', '<g xml:base="https://evil"/>',
    ],
)  # fmt: skip
def test_what_a_drawing_could_do_is_out_of_it(inner: str) -> None:
    assert "evil" not in cleaned(inner + '<rect width="3"/>', 'onload="evil()"')
    assert '<rect width="3">' in cleaned(inner + '<rect width="3"/>')


def test_what_draws_stays() -> None:
    inner = (
        '<defs><linearGradient id="g"><stop offset="0" stop-color="red"/></linearGradient></defs>'
        '<style>.a { fill: url(#g) } .b > .c { stroke: "é" }</style><text x="1" xml:space="preserve">é &lt;  b</text>'
        '<use xlink:href="#g"/><use href="#g"/><image href="data:image/png;base64,iVBORw0KGgo="/>'
        '<rect class="a" fill="url(#g)" style="fill:url(\'#g\');stroke:#f00" transform="scale(2)"/>'
    )
    found = cleaned(inner, 'viewBox="0 0 1 1" width="10mm"')
    for part in (
        'viewBox="0 0 1 1"', 'width="10mm"', "fill: url(#g)", "é &lt;  b", 'xlink:href="#g"', ' href="#g"',
        "data:image/png;base64,iVBORw0KGgo=", "stroke:#f00", 'stop-color="red"', "linearGradient",
        'xml:space="preserve"',
    ):  # fmt: skip
        assert part in found, part
    assert svg_cleaning.clean_svg(io.BytesIO(found.encode())).decode() == found


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"<svg/>", b"<html/>", SVG[:-2], b"\xff\xd8", b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG,
        SVG.replace(b"<rect", b"<g>" * 300 + b"<rect").replace(b"</svg>", b"</g>" * 300 + b"</svg>"),
        b'<?xml version="1.0" encoding="nonsense"?>' + SVG,
    ],
)  # fmt: skip
def test_what_is_no_drawing_is_refused(raw: bytes) -> None:
    with pytest.raises(svg_cleaning.NotSvg):
        svg_cleaning.clean_svg(io.BytesIO(raw))


def test_the_elements_of_a_drawing_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svg_cleaning, "ELEMENT_LIMIT", 1)
    with pytest.raises(svg_cleaning.NotSvg):
        svg_cleaning.clean_svg(io.BytesIO(SVG))


def test_a_large_drawing_is_refused(alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_types, "SVG_LIMIT", len(SVG) - 1)
    assert send(client_of(alice), SVG, "plan.svg").status_code == 413


def test_the_elements_of_a_track_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_checks, "XML_ELEMENTS", 1)
    assert not content_checks.is_gpx(io.BytesIO(GPX))


def test_an_uploaded_drawing_is_stored_clean(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    raw = SVG.replace(b"<rect", b"<script>evil()</script><rect")
    data = send(client, raw, "plan.svg").json()
    with File.objects.get().file.open() as file:
        assert b"evil" not in file.read()
    assert client.get("/thumbnail/Plan.svg").headers["Location"] == data["url"]
    assert "style-src 'unsafe-inline'" in client.get(data["url"]).headers["Content-Security-Policy"]
    send(client, CONTENTS[".pdf"], "plan.pdf")
    assert client.get("/thumbnail/Plan.pdf").status_code == 404


# ---------------------------------------------------------------- serving


def pieces_of(url: str, span: str, **headers: str) -> tuple[int, str | None, bytes]:
    """Return status, Content-Range and content of a request for a range."""
    response = Client().get(url, headers={"range": span} | headers)
    content = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return response.status_code, response.headers.get("Content-Range"), content


def test_players_get_the_piece_that_they_ask_for() -> None:
    url = make_file("Son.wav").content_url
    size = len(WAV)
    assert pieces_of(url, "bytes=0-9") == (206, f"bytes 0-9/{size}", WAV[:10])
    assert pieces_of(url, "bytes=8-") == (206, f"bytes 8-{size - 1}/{size}", WAV[8:])
    assert pieces_of(url, "bytes=-5") == (206, f"bytes {size - 5}-{size - 1}/{size}", WAV[-5:])
    assert pieces_of(url, f"bytes={size}-")[:2] == (416, f"bytes */{size}")
    for ignored in ("bytes=-", "bytes=0-1,3-4", "lines=1-2", "bytes=x-"):
        assert pieces_of(url, ignored) == (200, None, WAV)
    assert pieces_of(url, "bytes=0-9", **{"if-range": "Mon, 01 Jan 2001 00:00:00 GMT"}) == (200, None, WAV)
    modified = Client().get(url).headers["Last-Modified"]
    assert pieces_of(url, "bytes=0-9", **{"if-range": modified})[0] == 206
    assert Client().get(url).headers["Accept-Ranges"] == "bytes"


def test_a_piece_is_never_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("movilab.media_serving.PIECE", 100)
    url = make_file("Son.wav").content_url
    assert pieces_of(url, "bytes=10-") == (206, f"bytes 10-109/{len(WAV)}", WAV[10:110])


# ---------------------------------------------------------------- in pages


def shown(text: str, title: str = "Atelier", by: User | None = None) -> str:
    """Write a page and return its HTML as a reader gets it."""
    make_page(title, text, by=by)
    return Client().get(f"/wiki/{title}").content.decode().partition("<article")[2].partition("</article>")[0]


@pytest.mark.parametrize(
    ("ending", "holds"),
    [
        (".pdf", ["file-box", "le plan", "(PDF)", "14", "/media/documents/", "Zoé", "download"]),
        (".stl", ["file-box", "3D", "(STL)"]), (".wav", ["<audio controls", 'preload="none"', "WAV"]),
        (".mp4", ["<video controls", 'preload="metadata"']), (".svg", ["<img", 'alt="le plan"', "/wiki/File:Plan.svg"]),
    ],
)  # fmt: skip
def test_a_page_shows_a_file_as_what_it_is(alice: User, ending: str, holds: list[str]) -> None:
    make_file(f"Plan{ending}")
    html = shown(f"![le plan](File:plan{ending})", by=alice)
    for part in holds:
        assert part in html, part
    assert "picture-missing" not in html


def test_in_a_line_a_file_is_a_link(alice: User) -> None:
    make_file("Plan.pdf")
    make_file("Son.mp3")
    make_file("Trait.svg")
    html = shown(
        "Voir ![le plan](File:plan.pdf) et ![le son](Son.mp3), ![le trait](Trait.svg) [[:File:plan.pdf|ici]].", by=alice
    )
    assert html.count("file-link") == 2
    assert "<audio" not in html
    assert "<img" in html
    assert html.count('href="/wiki/File:Plan.pdf"') == 2


def test_words_of_a_file_are_escaped(alice: User) -> None:
    make_file("Plan.pdf", description="<b>gras</b>")
    html = shown('![<i>"x"](File:plan.pdf)\n\n![](File:plan.pdf)', by=alice)
    assert "<b>" not in html
    assert "<i>" not in html.replace("&lt;i&gt;", "")


def test_pages_follow_a_file_that_comes_and_goes(alice: User, client_of: ClientOf) -> None:
    assert "/upload?name=plan.pdf" in shown("![le plan](File:plan.pdf)", by=alice)
    file = make_file("Plan.pdf")
    page = Client().get("/wiki/Atelier").content.decode()
    assert "file-box" in page
    assert "Atelier" in Client().get("/wiki/File:Plan.pdf").content.decode()
    file.delete()
    assert "/upload?name=plan.pdf" in Client().get("/wiki/Atelier").content.decode()


def test_pages_of_a_pdf_are_counted_in_bounded_time(alice: User, client_of: ClientOf) -> None:
    raw = io.BytesIO()
    writer = PdfWriter()
    for _ in range(3):
        writer.add_blank_page(100, 100)
    writer.write(raw)
    assert count_pages(ContentFile(raw.getvalue())) == 3
    for broken in (
        b"%PDF-1.7\n",
        b"%PDF-1.7\n" + b"xref\n0 9\n" * 20_000,
        raw.getvalue().replace(b"/Count 3", b"/Count x"),
    ):
        assert count_pages(ContentFile(broken)) is None
    file = File(title="Guide", author="a", license="CC-BY-SA-4.0", uploaded_by_user=alice)
    file.file = ContentFile(raw.getvalue(), name="guide.pdf")
    file.save()
    assert file.pages == 3
    make_page("Guides", "![Le guide](File:guide.pdf)", by=alice)
    content = client_of(alice).get("/wiki/Guides").content.decode()
    assert "3\u00a0pages" in content or "3 pages" in content
