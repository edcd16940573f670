"""Exported archives, checked with independent tools: bagit, rocrate-validator, reuse, git, a browser."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import bagit
import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings
from playwright.sync_api import expect

from tests.conftest import Standing, person
from tests.exchange.archives import TEXT, Bag, digest_of, export, make_picture, make_story, unzip
from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.exchange.archive.exporter import Export
from wiki.exchange.archive.importer import import_archive
from wiki.licenses import catalogue
from wiki.pages import page_lookup
from wiki.pages.models import Fork, PageVersion
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author, EditSummary

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from playwright.sync_api import Browser

CONTEXT = "https://w3id.org/ro/crate/1.3/context"


def rich_page(alice: User) -> Any:
    """Create a page with everything that an archive can hold: place, fork, pictures, deletion, odd names."""
    make_place("La Myne", by=alice)
    upstream = make_page("Recette", "Un texte.", by=alice)
    page = make_story(alice, "La Myne:Établi — « œuvre » & co")
    make_picture("Plan.png", "blue", license="CC0-1.0", author="", description="", source="trouvé au grenier")
    page = page_writer.edit(
        page, "![Un plan](File:Plan.png)\n\nSPDX-License-Identifier: MIT\n", Author(None, 'Zoé\\ <z> "é"')
    ).page
    page_writer.delete(page, Author.of(alice))
    page = page_writer.undelete(page, Author.of(alice)).page
    Fork.objects.create(
        page=page, upstream=upstream, upstream_title="Recette", upstream_url=upstream.get_absolute_url(),
        upstream_version=1, upstream_license="CC-BY-SA-3.0", upstream_authors=["Bob"], by=alice,
    )  # fmt: skip
    PageVersion.objects.filter(page=page, number=1).update(license="CC-BY-SA-3.0")
    return page


@pytest.fixture(scope="module")
def rich_archive(standing: Standing, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The archive of the rich page, exported once for all tests that read it; nothing of it stays in the database."""
    folder = tmp_path_factory.mktemp("rich")
    with standing(), override_settings(MEDIA_ROOT=folder / "media", STAGING_ROOT=folder), transaction.atomic():
        raw = export(rich_page(person("alice")))
        transaction.set_rollback(True)
    return raw


@pytest.fixture
def rich_bag(rich_archive: bytes, db: None, tmp_path: Path) -> Path:
    """The unpacked archive of the rich page."""
    return unzip(rich_archive, tmp_path / "unzipped")


def test_it_is_a_valid_bag(rich_bag: Path) -> None:
    bag = bagit.Bag(str(rich_bag))
    bag.validate()
    assert bag.info["Content-Digest"].startswith("sha256:")
    assert sorted(path.name for path in rich_bag.iterdir()) == [
        "bag-info.txt", "bagit.txt", "data", "manifest-sha256.txt", "manifest-sha512.txt",
        "tagmanifest-sha256.txt", "tagmanifest-sha512.txt",
    ]  # fmt: skip


def test_its_digest_can_be_computed_with_grep(rich_bag: Path) -> None:
    command = (
        r"grep -E '  data/(page\.md|credits\.json|history/revisions\.jsonl|media/.*)$' manifest-sha256.txt | sha256sum"
    )
    assert command in (rich_bag / "data/README.md").read_text()
    counted = subprocess.run(["bash", "-c", command], cwd=rich_bag, capture_output=True, text=True, check=True)
    assert f"sha256:{counted.stdout.split()[0]}" == bagit.Bag(str(rich_bag)).info["Content-Digest"]


def test_it_complies_with_reuse(rich_bag: Path) -> None:
    lint = subprocess.run(
        [sys.executable, "-m", "reuse", "lint"], cwd=rich_bag / "data", capture_output=True, text=True, check=False
    )
    assert lint.returncode == 0, lint.stdout + lint.stderr
    shipped = {path.stem for path in (rich_bag / "data/LICENSES").iterdir()}
    assert shipped == {"CC-BY-SA-4.0", "CC-BY-SA-3.0", "CC-BY-4.0", "CC0-1.0"}
    assert (rich_bag / "data/LICENSES/CC-BY-4.0.txt").read_text() == catalogue.text_of("CC-BY-4.0")


def test_it_states_the_licence_of_each_file(rich_bag: Path) -> None:
    tables = tomllib.loads((rich_bag / "data/REUSE.toml").read_text())["annotations"]
    said = {table["path"]: table["SPDX-License-Identifier"] for table in tables}
    assert said["page.md"] == "CC-BY-SA-4.0"
    assert said["history/revisions.jsonl"] == "CC-BY-SA-3.0 AND CC-BY-SA-4.0"
    assert said["media/etabli.jpg"] == "CC-BY-4.0"
    assert said["media/plan.png"] == "CC0-1.0"


@pytest.fixture(scope="session")
def crate_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The HTTP cache of the validator, filled with the JSON-LD context shipped with the library `rocrate`."""
    from requests import Response
    from requests.adapters import HTTPAdapter
    from requests_cache import CachedSession
    from urllib3 import HTTPResponse

    raw = files("rocrate").joinpath("data/ro-crate.jsonld").read_bytes()

    class Shipped(HTTPAdapter):
        def send(self, request: Any, **more: Any) -> Response:  # type: ignore[override]
            headers = {"Content-Type": "application/ld+json", "Content-Length": str(len(raw))}
            body = HTTPResponse(body=io.BytesIO(raw), status=200, preload_content=False, headers=headers)
            return self.build_response(request, body)

    cache = tmp_path_factory.mktemp("crate") / "cache"
    session = CachedSession(cache_name=str(cache), backend="sqlite", expire_after=-1)
    session.mount("https://w3id.org/", Shipped())
    assert session.get(CONTEXT, headers={"Accept": "application/ld+json, application/json"}).status_code == 200
    return cache


@pytest.mark.only_on("sqlite")
@pytest.mark.slow
def test_it_is_a_valid_crate(rich_bag: Path, crate_cache: Path) -> None:
    program = Path(sys.executable).with_name("rocrate-validator")
    run = subprocess.run(
        [program, "-y", "validate", "--offline", "--cache-path", crate_cache, "-l", "required", rich_bag / "data"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr


def test_its_crate_has_authors_actions_and_sources(rich_bag: Path) -> None:
    crate = json.loads((rich_bag / "data/ro-crate-metadata.json").read_text())
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    root = entities["./"]
    assert root["license"] == {"@id": "https://creativecommons.org/licenses/by-sa/4.0/"}
    upstream = entities[root["isBasedOn"]["@id"]]
    assert root["wasDerivedFrom"] == root["isBasedOn"]
    assert upstream["name"] == "Recette"
    assert "Bob" in upstream["creditText"]
    assert "alice" in root["creditText"]
    actions = [entity for entity in entities.values() if entity["@type"] == "UpdateAction"]
    assert len(actions) == 5
    assert {entities[action["agent"]["@id"]]["name"] for action in actions} == {
        "alice", 'Ada "la première"', 'Zoé\\ <z> "é"',
    }  # fmt: skip
    assert entities["#version-1"]["@type"] == "CreateAction"
    assert entities["#version-6"]["@type"] == "DeleteAction"
    assert entities["media/plan.png"]["license"] == {"@id": "https://creativecommons.org/publicdomain/zero/1.0/"}


def test_its_stream_gives_git_the_same_history(rich_bag: Path, tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        run = subprocess.run(["git", *arguments], cwd=tmp_path / "p", capture_output=True, text=True, check=True)
        return run.stdout

    (tmp_path / "p").mkdir()
    git("init", "-q")
    with (rich_bag / "data/history/history.fast-import").open("rb") as stream:
        subprocess.run(["git", "fast-import", "--quiet"], cwd=tmp_path / "p", stdin=stream, check=True)
    assert git("rev-list", "--count", "main").strip() == "7"
    assert git("show", "main:page.md") == (rich_bag / "data/page.md").read_text()
    assert git("log", "--format=%an", "main~3").splitlines()[0] == 'Ada "la première"'
    assert "page.md" not in git("ls-tree", "main~1")
    assert all("@noreply." in mail for mail in git("log", "--format=%ae", "main").split())


def test_it_gives_the_same_bytes_each_time(alice: User) -> None:
    page = make_story(alice)
    assert export(page) == export(page)
    with zipfile.ZipFile(io.BytesIO(export(page))) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}
        assert not any(entry.extra or entry.comment for entry in archive.infolist())


def test_it_is_streamed_in_chunks(alice: User) -> None:
    chunks = [chunk for chunk in Export(make_story(alice)) if chunk]
    assert len(chunks) > 10
    assert b"page.md" not in chunks[0]


def test_it_keeps_pictures_that_only_old_versions_show(alice: User) -> None:
    page = page_writer.edit(make_story(alice), "Sans image.", Author.of(alice)).page
    assert "data/media/etabli.jpg" in Bag.opened(export(page)).files


def test_it_omits_pictures_that_cannot_be_exported(alice: User) -> None:
    make_picture("Logo.png", license="CC-BY-NC-4.0")
    page = make_page("Logos", "![Un logo](File:Logo.png) ![Pas là](File:Absent.png)", by=alice)
    bag = Bag.opened(export(page))
    assert not [path for path in bag.files if path.startswith("data/media/")]
    assert b"<em>[Un logo]</em>" in bag.files["data/index.html"]


def test_it_refuses_to_export_what_is_not_free(alice: User) -> None:
    page = make_page("Gardée", by=alice)
    PageVersion.objects.filter(page=page).update(license="CC-BY-NC-4.0")
    with pytest.raises(catalogue.LicenseNotFree):
        Export(page)


@pytest.mark.parametrize(
    "title",
    [
        "Été : l'hiver ?",
        "100 % libre & co",
        "日本語",
        "A/B\\C",
        "\"Guillemets\" 'simples'",
        "＜script＞",
        "+1 @toi $x*",
        "É" * 120,
    ],
)
def test_it_names_odd_titles_plainly(alice: User, title: str, tmp_path: Path) -> None:
    page = make_page(title, "Un texte.", by=alice)
    bag = unzip(export(page), tmp_path / "b")
    bagit.Bag(str(bag)).validate()
    assert all(path.name.isascii() and " " not in path.name for path in bag.rglob("*"))
    assert json.loads((bag / "data/page.json").read_text())["full_title"] == page.full_title


def test_it_credits_in_both_languages(rich_bag: Path) -> None:
    readme = (rich_bag / "data/README.md").read_text()
    french, _, english = readme.partition("---")
    assert "alice" in french
    assert "alice" in english
    assert "Cette page vient de" in french
    assert "This page comes from" in english
    assert "manage.py import_archive" in readme


def test_its_preview_needs_no_network(rich_bag: Path) -> None:
    html = (rich_bag / "data/index.html").read_text()
    assert 'src="media/plan.png"' in html
    assert "<script" not in html
    assert " style=" not in html
    assert 'src="http' not in html
    assert 'href="/' not in html


def test_a_picture_of_its_preview_is_as_wide_as_on_the_page(alice: User) -> None:
    make_picture()
    page = make_page("Plan", "![](File:Etabli.jpg){width=30}\n\n![](File:Etabli.jpg){width=900}", by=alice)
    html = Bag.opened(export(page)).files["data/index.html"].decode()
    assert re.findall(r'<img [^>]*width="(\d+)" height="(\d+)"', html) == [("30", "20"), ("60", "40")]


@pytest.mark.browser
def test_its_preview_opens_offline(rich_bag: Path, browser: Browser) -> None:
    context = browser.new_context(offline=True)
    page = context.new_page()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto((rich_bag / "data/index.html").as_uri())
    expect(page.locator("h1")).to_have_text("La Myne:Établi — « œuvre » & co")
    assert page.evaluate("document.querySelector('img').naturalWidth") == 60
    assert page.evaluate("getComputedStyle(document.body).maxWidth") != "none"
    assert {url.partition(":")[0] for url in requested} == {"file"}
    context.close()


def test_it_writes_hostile_text_into_no_file_as_markup(alice: User) -> None:
    page = make_page("Piège", "<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![](File:a.png)", by=alice)
    html = Bag.opened(export(page)).files["data/index.html"].decode()
    assert "<script" not in html
    assert "javascript:" not in html


# --- By command and in the browser ----------------------------------------------------------------
def test_it_exports_by_command(alice: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = make_story(alice)
    target = tmp_path / "a.zip"
    call_command("export_archive", "atelier_bois", output=str(target), verbosity=0)
    assert target.read_bytes() == export(page)
    assert digest_of(target.read_bytes()) in capsys.readouterr().out
    assert list(tmp_path.glob("*.part")) == []


@pytest.mark.django_db
@pytest.mark.parametrize("title", ["Inconnue", "<x>"])
def test_its_command_says_when_there_is_no_such_page(title: str) -> None:
    with pytest.raises(CommandError):
        call_command("export_archive", title, verbosity=0)


def test_it_shows_what_an_archive_holds(alice: User, client: Client) -> None:
    page = rich_page(alice)
    response = client.get(f"/export/{page.url_title}")
    html = response.content.decode()
    assert response.status_code == 200
    assert f"/archive/{page.url_title}.zip" in html
    assert "Plan.png" in html
    assert "Recette" in html
    assert "&lt;a rel=&quot;license&quot;" in html
    assert client.get("/export/Inconnue").status_code == 404


def test_it_is_downloaded_by_anyone(alice: User, client: Client) -> None:
    page = make_story(alice)
    response = client.get(f"/archive/{page.url_title}.zip")
    assert response.streaming
    assert response["Content-Type"] == "application/zip"
    assert response["Content-Disposition"] == 'attachment; filename="atelier-bois.zip"'
    assert b"".join(response.streaming_content) == export(page)  # type: ignore[attr-defined]
    assert client.head(f"/archive/{page.url_title}.zip").status_code == 200
    assert client.get("/archive/Inconnue.zip").status_code == 404


def test_a_title_may_end_in_zip(alice: User, client: Client) -> None:
    page = make_page("Plans.zip", "Un texte.", by=alice)
    assert client.get(f"/export/{page.url_title}").status_code == 200
    assert b"".join(client.get(f"/archive/{quote('Plans.zip')}.zip").streaming_content) == export(page)  # type: ignore[attr-defined]


def test_a_deleted_page_is_exported_by_those_who_may_see_it(
    alice: User, bob: User, charlie: User, client_of: Callable[..., Client]
) -> None:
    page = page_writer.edit(make_story(alice), TEXT.replace("établi](", "banc]("), Author(None, "Zoé")).page
    before = export(page)
    page_writer.delete(page, Author(None, "x"))
    page.refresh_from_db()
    assert export(page) == before
    for reader in (alice, bob, charlie, AnonymousUser()):
        client = client_of(reader)
        assert client.get(f"/export/{page.url_title}").status_code == 404
        assert client.get(f"/archive/{page.url_title}.zip").status_code == 404
        assert "/export/" not in client.get(page.get_absolute_url()).content.decode()
    client = client_of(User.objects.create_superuser("root", password="x"))
    assert f'href="/export/{page.url_title}"' in client.get(page.get_absolute_url()).content.decode()
    html = client.get(f"/export/{page.url_title}").content.decode()
    assert "5 versions" in html
    assert "Etabli.jpg" in html
    assert b"".join(client.get(f"/archive/{page.url_title}.zip").streaming_content) == before  # type: ignore[attr-defined]


def test_the_archive_of_a_deleted_page_is_imported_with_its_digest(alice: User) -> None:
    page = make_story(alice)
    page_writer.delete(page, Author(None, "x"))
    archive = export(page_lookup.reload_page(page.pk))
    imported = import_archive(io.BytesIO(archive), alice).page
    assert imported.pk != page.pk
    assert digest_of(export(imported)) == digest_of(archive)


def test_it_has_the_titles_that_versions_had(alice: User) -> None:
    page = make_story(alice)
    page = page_moves.move(page, "Atelier métal", Author(None, "x")).page
    lines = Bag.opened(export(page)).files["data/history/revisions.jsonl"].decode().splitlines()
    assert [json.loads(line)["title"] for line in lines] == ["Atelier bois"] * 4 + ["Atelier métal"]
    assert all(hashlib.sha256(b"").hexdigest() != json.loads(line)["sha256"] for line in lines)


def test_it_has_comments_and_minor_flags(alice: User) -> None:
    page = page_writer.edit(
        make_page("P", by=alice), "Deux.", Author.of(alice), EditSummary("Pour voir", minor=True, tags=["x"])
    ).page
    line = json.loads(Bag.opened(export(page)).files["data/history/revisions.jsonl"].decode().splitlines()[-1])
    assert (line["comment"], line["minor"], line["tags"]) == ("Pour voir", True, ["x"])
