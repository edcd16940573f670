"""Archives with invalid or hostile content: refused with the reason, and nothing of them is stored."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.utils import timezone

from tests.exchange.archives import NEW, Bag, check_refused, export
from tests.factories import make_page
from wiki.errors import Refused
from wiki.exchange.archive.format_spec import sha256
from wiki.exchange.archive.importer import ImportTarget, import_archive
from wiki.exchange.models import Origin
from wiki.pages.writing import page_writer

if TYPE_CHECKING:
    from django.test import Client

    from wiki.accounts.models import User

Change = Callable[[Bag], Any]


# --- What it says ---------------------------------------------------------------------------------
def page(key: str, value: Any) -> Change:
    """Alter `page.json`."""
    return lambda bag: bag.change_json("page.json", lambda values: values.update({key: value}))


def credit(key: str, value: Any) -> Change:
    """Alter `credits.json`."""
    return lambda bag: bag.change_json("credits.json", lambda values: values.update({key: value}))


def picture(key: str, value: Any) -> Change:
    """Alter the entry of the picture in `credits.json`."""
    return lambda bag: bag.change_json("credits.json", lambda values: values["media"][0].update({key: value}))


def line(key: str, value: Any, number: int = 2) -> Change:
    """Alter a line of the history."""
    return lambda bag: bag.change_line(number, lambda values: values.update({key: value}))


def everywhere(key: str, value: str) -> Change:
    """Alter a value that page, credits and history have in common."""

    def change(bag: Bag) -> None:
        for one in (page(key, value), credit(key, value), *(line(key, value, number) for number in (1, 2, 3, 4))):
            one(bag)

    return change


def content(path: str, raw: bytes) -> Change:
    """Replace a file."""
    return lambda bag: bag.files.update({f"data/{path}": raw})


def derived(**values: Any) -> Change:
    """Add a source of the page."""
    whole = {
        "relation": "fork", "title": "X", "authors": ["Bob"], "source": "https://example.org/X", "license": "CC0-1.0",
        "host": "example.org", "version": 1, "date": "2020-01-01T00:00:00Z",
    }  # fmt: skip
    return credit("derived_from", [whole | values])


def swap_picture(raw: bytes) -> Change:
    """Replace the picture by other content, with a valid checksum."""

    def change(bag: Bag) -> None:
        bag.files["data/media/etabli.jpg"] = raw
        picture("sha256", sha256(raw))(bag)

    return change


def drop_text(bag: Bag) -> None:
    """Remove the text of a version from the history."""
    bag.change_line(2, lambda values: [values.pop(key) for key in ("insert", "keep_start", "keep_end")])


SOON = (timezone.now() + timedelta(days=1)).isoformat().replace("+00:00", "Z")
DEEP = b'{"format":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (everywhere("license", "CC-BY-NC-4.0"), "not a free licence"),
        (everywhere("license", "Proprietary"), "not a free licence"),
        (everywhere("license", ""), "license"),
        (line("license", "CC-BY-ND-4.0"), "not a free licence"),
        (picture("license", "CC-BY-NC-SA-4.0"), "not a free licence"),
        (derived(license="CC-BY-NC-4.0"), "not a free licence"),
        (page("source", {"host": "x", "title": "X", "url": "javascript:alert(1)", "version": 1}), "not a web address"),
        (page("source", {"host": "x", "title": "X", "url": "file:///etc/passwd", "version": 1}), "not a web address"),
        (page("source", {"host": "x", "title": "X", "url": "//evil.example/x", "version": 1}), "not a web address"),
        (page("source", "https://example.org"), "missing, or of the wrong kind"),
        (credit("source", "data:text/html,x"), "not a web address"),
        (picture("source", "javascript:alert(1)"), "not a web address"),
        (picture("source", " javascript : alert(1)"), "not a web address"),
        (derived(source="ftp://example.org/x"), "not a web address"),
        (derived(source=""), "not a web address"),
        (derived(relation="stolen"), "out of bounds"),
        (derived(extra="x"), "not part of the format"),
        (derived(date=SOON), "in the future"),
        (credit("derived_from", [{}] * 101), "too long"),
        (line("date", SOON), "in the future"),
        (line("date", "2020-02-30T00:00:00Z"), "not a date"),
        (line("date", "0001-01-01T00:00:00Z"), "not a date"),
        (line("date", "yesterday"), "not a date"),
        (line("date", "2020-01-01T00:00:00+02:00"), "not a date"),
        (line("number", 7), "without a gap"),
        (line("number", True), "wrong kind"),
        (line("origin", -1), "out of bounds"),
        (line("host", "evil<x>"), "not the name of a site"),
        (line("author", "x" * 256), "too long"),
        (line("author", "nul\x00"), "control characters"),
        (line("author", "\ud800"), "control characters"),
        (line("author", None), "wrong kind"),
        (line("comment", "x" * 10_001), "too long"),
        (line("tags", ["x"] * 21), "too long"),
        (line("tags", [{}]), "no text"),
        (line("title", "<script>"), "cannot be the title"),
        (line("title", "../x"), "cannot be the title"),
        (line("language", "xx"), "out of bounds"),
        (line("minor", "yes"), "wrong kind"),
        (line("keep_start", 999_999), "does not fit"),
        (line("keep_end", -1), "out of bounds"),
        (line("insert", "autre"), "not what its checksum says"),
        (line("text", {"a": 1}), "wrong kind"),
        (drop_text, "missing"),
        (line("sha256", "0" * 64), "not what its checksum says"),
        (content("history/revisions.jsonl", b""), "does not end with a text"),
        (content("history/revisions.jsonl", b"[]\n"), "cannot be read as JSON"),
        (content("history/revisions.jsonl", b"{\n"), "cannot be read as JSON"),
        (content("history/revisions.jsonl", b'{"number": ' + b"9" * 5_000 + b"}\n"), "cannot be read as JSON"),
        (content("history/revisions.jsonl", b'{"number": NaN}\n'), "cannot be read as JSON"),
        (content("history/revisions.jsonl", b"x" * 8_000_001), "too large"),
        (content("page.json", b"\xff"), "cannot be read as JSON"),
        (content("page.json", DEEP), "cannot be read as JSON"),
        (content("page.json", b'{"format": "a", "format": "b"}'), "cannot be read as JSON"),
        (content("page.json", b"[]"), "cannot be read as JSON"),
        (content("page.json", b" " * 16_000_001), "too large"),
        (lambda bag: bag.files.pop("data/page.json"), "no file"),
        (lambda bag: bag.files.pop("data/credits.json"), "no file"),
        (lambda bag: bag.files.pop("data/history/revisions.jsonl"), "no file"),
        (page("format", "movilab-archive/2"), "reads archives of the form"),
        (page("full_title", "Autre"), "contradict each other"),
        (page("license", "CC0-1.0"), "contradict each other"),
        (page("version", 3), "contradict each other"),
        (page("is_place", True), "contradict each other"),
        (credit("authors", ["Mallory"]), "contradict each other"),
        (credit("title", "Autre"), "contradict each other"),
        (content("page.md", b"other"), "contradict each other"),
        (credit("media", []), "not those that its credits list"),
        (credit("more", 1), "not part of the format"),
        (content("media/extra.jpg", b"x"), "not those that its credits list"),
        (picture("file", "media/../page.md"), "not those that its credits list"),
        (picture("file", "media/other.jpg"), "not those that its credits list"),
        (picture("name", "../../evil.jpg"), "cannot be the name of a picture"),
        (picture("name", "Un|nom.jpg"), "cannot be the name of a picture"),
        (picture("sha256", "0" * 64), "not what its checksum says"),
        (picture("description", "x" * 256), "too long"),
        (swap_picture(SVG), "not a picture that we can read"),
        (swap_picture(b"GIF89a<script>alert(1)</script>"), "not a picture that we can read"),
        (swap_picture(b""), "not a picture that we can read"),
    ],
)
def test_it_refuses_invalid_content(archive: bytes, change: Change, reason: str) -> None:
    bag = Bag.opened(archive)
    change(bag)
    check_refused(bag.seal().zip(method=zipfile.ZIP_STORED), reason)


@pytest.mark.only_on("sqlite")
def test_it_refuses_a_picture_of_another_format_than_its_name(archive: bytes) -> None:
    from PIL import Image

    raw = io.BytesIO()
    Image.new("RGB", (8, 8)).save(raw, "PNG")
    bag = Bag.opened(archive)
    swap_picture(raw.getvalue())(bag)
    check_refused(bag.seal().zip(), "its content is .png")


@pytest.mark.only_on("sqlite")
def test_it_refuses_a_picture_that_would_fill_the_memory(archive: bytes) -> None:
    from PIL import Image

    raw = io.BytesIO()
    Image.new("1", (9_000, 9_000)).save(raw, "PNG")
    bag = Bag.opened(archive)
    swap_picture(raw.getvalue())(bag)
    check_refused(bag.seal().zip(), "million pixels")


@pytest.mark.only_on("sqlite")
def test_it_refuses_a_picture_that_no_version_shows(archive: bytes) -> None:
    bag = Bag.opened(archive)
    raw = bag.files["data/media/etabli.jpg"]
    bag.files["data/media/cachee.jpg"] = raw

    def add(values: dict[str, Any]) -> None:
        values["media"].append(values["media"][0] | {"name": "Cachee.jpg", "file": "media/cachee.jpg"})

    bag.change_json("credits.json", add)
    check_refused(bag.seal().zip(), "no version of the page shows")


@pytest.mark.only_on("sqlite")
def test_it_refuses_a_history_that_expands_to_gigabytes(archive: bytes) -> None:
    bag = Bag.opened(archive)
    lines = bag.files["data/history/revisions.jsonl"].decode().splitlines()
    text = "é" * 450_000
    first = json.loads(lines[0]) | {"text": text, "sha256": sha256(text.encode())}
    rows = [json.dumps(first)]
    for number in range(2, 400):
        same = {"keep_start": len(text), "keep_end": 0, "insert": "", "number": number}
        rows.append(json.dumps({key: value for key, value in first.items() if key != "text"} | same))
    bag.files["data/history/revisions.jsonl"] = ("\n".join(rows) + "\n").encode()
    check_refused(bag.seal().zip(method=zipfile.ZIP_STORED), "more than 256 MB")


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x" * 1_000_001, "revisions.jsonl:1: the text is longer than a page may be"),
        ("é" * 500_000 + "x", "revisions.jsonl:1: the text is longer than a page may be"),
        ("é" * 500_000, "revisions.jsonl:2: the content is not what its checksum says"),
    ],
    ids=["characters", "bytes", "as long as a page may be"],
)
def test_it_refuses_a_text_longer_than_a_page(archive: bytes, text: str, reason: str) -> None:
    bag = Bag.opened(archive)
    bag.change_line(1, lambda values: values.update({"text": text, "sha256": sha256(text.encode())}))
    check_refused(bag.seal().zip(method=zipfile.ZIP_STORED), reason)


# --- Where it would go ----------------------------------------------------------------------------
def test_it_refuses_a_title_that_exists(archive: bytes) -> None:
    check_refused(archive, "is here already", ImportTarget())


def test_it_refuses_an_invalid_title(archive: bytes) -> None:
    check_refused(archive, "", ImportTarget(title="../x"))
    check_refused(archive, "no place called", ImportTarget(into="Nulle part"))


def test_it_refuses_a_place_whose_prefix_is_in_use(alice: User, archive: bytes) -> None:
    make_page("Fablab:Charte", by=alice)
    bag = Bag.opened(archive)
    page("is_place", True)(bag)
    line("is_place", True, 4)(bag)
    check_refused(bag.seal().zip(), "already begin with", ImportTarget(title="Fablab"))


def test_it_leaves_nothing_when_the_database_fails(archive: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*arguments: Any, **more: Any) -> None:
        raise Refused("the disk is full")

    monkeypatch.setattr(Origin.objects, "create", fails)
    check_refused(archive, "the disk is full")


def test_it_imports_hostile_markup_and_sanitizes_it_when_shown(alice: User, client: Client) -> None:
    bad = "<script>alert(1)</script>\n\n<img src=x onerror=alert(1)> [x](javascript:alert(1))\n"
    raw = export(page_writer.edit(make_page("Murs", bad, by=alice), bad + "\nFin.", page_writer.Author.of(alice)).page)
    done = import_archive(io.BytesIO(raw), None, NEW)
    assert done.page.source.text == bad + "\nFin."
    html = client.get(done.page.get_absolute_url()).content.decode()
    assert "<script>alert" not in html
    assert "javascript:alert" not in html
    assert "<img src=x" not in html


def test_it_never_reads_the_html_of_an_archive(archive: bytes, client: Client) -> None:
    bag = Bag.opened(archive)
    bag.files["data/index.html"] = b"<script>marked</script>"
    done = import_archive(io.BytesIO(bag.seal().zip()), None, NEW)
    assert "marked" not in client.get(done.page.get_absolute_url()).content.decode()
    assert not list(Path(settings.MEDIA_ROOT).rglob("*.html"))
