"""Imports of archives: full history, authors as names, and the same digest when exported again."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone
from PIL import Image

from tests.exchange.archives import TEXT, Bag, digest_of, export, make_picture, make_story
from tests.exchange.test_archive_export import rich_page
from tests.factories import make_page, make_place
from tests.instances import Instance
from wiki.errors import NotAllowed, TitleTaken
from wiki.exchange.archive.exporter import Export
from wiki.exchange.archive.format_spec import sha256
from wiki.exchange.archive.importer import ImportResult, ImportTarget, import_archive
from wiki.exchange.models import Origin
from wiki.pages import page_lookup
from wiki.pages.media_models import Picture
from wiki.pages.models import Changeset, Fork, PageVersion, WikiPage
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author, EditSummary
from wiki.text.media_names import rename_media

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from wiki.accounts.models import User

HERE = "127.0.0.1:8000"
ROUND = """
import sys, json
from wiki.pages.models import WikiPage, PageVersion
from wiki.pages.media_models import Picture
page = WikiPage.objects.get(title_key__isnull=False, full_title={title!r})
print(json.dumps(dict(
    versions=[[v.number, v.author_id, v.author_name, v.origin_host, v.origin_number, v.claimed_at.isoformat(),
               v.comment, v.minor, v.tags, v.title, v.license, v.is_deletion, v.sha256, v.text()]
              for v in page.versions.select_related("stored").order_by("number")],
    pictures=[[p.name, p.sha256, p.author, p.license, p.source, p.description, p.width, p.height,
               p.file.storage.exists(p.file.name)] for p in Picture.objects.order_by("name")])))
"""


def take(raw: bytes, by: User | None = None, **target: str) -> ImportResult:
    """Import an archive."""
    return import_archive(io.BytesIO(raw), by, ImportTarget(**target))


def away(page: WikiPage, pictures: bool = True) -> bytes:
    """Export a page, then remove it and (with `pictures`) all pictures, so that its title is free."""
    raw = export(page)
    page_writer.delete(page, Author(None, "x"))
    if pictures:
        for one in Picture.objects.all():
            one.file.delete(save=False)
            one.delete()
    return raw


# --- There and back -------------------------------------------------------------------------------
@pytest.mark.slow
def test_import_and_export_again_give_the_same_digest(
    alice: User, tmp_path: Path, make_instance: Callable[[], Instance]
) -> None:
    page = rich_page(alice)
    first, second, third = (tmp_path / f"{number}.zip" for number in (1, 2, 3))
    first.write_bytes(export(page))
    for source, target in ((first, second), (second, third)):
        other = make_instance()
        other.manage("import_archive", str(source))
        said = json.loads(other.python(ROUND.format(title=page.full_title)).splitlines()[-1])
        other.manage("export_archive", page.full_title, "-o", str(target), "--verbosity=0")
        assert digest_of(target.read_bytes()) == digest_of(first.read_bytes())
        versions = list(page.versions.select_related("stored").order_by("number"))
        assert said["versions"] == [
            [
                one.number, None, one.author_name, HERE, one.number, one.claimed_at.isoformat(), one.comment, one.minor,
                one.tags, one.title, one.license, one.is_deletion, one.sha256, one.text(),
            ]
            for one in versions
        ]  # fmt: skip
        assert said["pictures"] == [
            [one.name, one.sha256, one.author, one.license, one.source, one.description, one.width, one.height, True]
            for one in Picture.objects.order_by("name")
        ]
    content = [path for path in Bag.opened(first.read_bytes()).files if path.startswith("data/media/")]
    for path in ["data/page.md", "data/credits.json", "data/history/revisions.jsonl", *content]:
        assert Bag.opened(first.read_bytes()).files[path] == Bag.opened(third.read_bytes()).files[path]
    git = "data/history/history.fast-import"
    assert Bag.opened(first.read_bytes()).files[git] == Bag.opened(third.read_bytes()).files[git]


@pytest.mark.parametrize(
    "text", ["", "#REDIRECT [[Autre]]\n", "😀 œuvre\n\n\ttab", "---\nkind: place\n---\n", "x" * 900_000]
)
def test_it_keeps_any_text(alice: User, text: str) -> None:
    page = page_writer.edit(make_page("P", "Un texte.", by=alice), text, Author.of(alice)).page
    raw = away(page)
    done = take(raw)
    assert page_lookup.reload_page(done.page.pk).source.text == text
    assert digest_of(export(done.page)) == digest_of(raw)


def test_the_importer_of_a_place_becomes_its_steward(alice: User, bob: User) -> None:
    raw = away(make_place("La Myne", by=alice))
    done = take(raw, by=bob)
    assert done.page.is_place
    assert list(done.page.stewardships.values_list("user__username", flat=True)) == ["bob"]
    assert digest_of(export(done.page)) == digest_of(raw)


@pytest.mark.only_on("sqlite")
@pytest.mark.slow
def test_a_missing_place_stays_in_the_title(alice: User, tmp_path: Path, instance: Instance) -> None:
    page = make_page("Charte", by=alice, place=make_place("La Myne", by=alice))
    (tmp_path / "a.zip").write_bytes(export(page))
    instance.manage("import_archive", str(tmp_path / "a.zip"))
    instance.manage("export_archive", "La Myne:Charte", "-o", str(tmp_path / "b.zip"))
    assert digest_of((tmp_path / "a.zip").read_bytes()) == digest_of((tmp_path / "b.zip").read_bytes())


def test_it_goes_into_its_place_if_that_exists(alice: User) -> None:
    place = make_place("La Myne", by=alice)
    raw = away(make_page("Charte", by=alice, place=place))
    assert take(raw).page.place == place


def test_it_keeps_categories_and_names_of_namespaces(alice: User) -> None:
    raw = away(make_page("Catégorie:Outils", "Des outils.", by=alice))
    done = take(raw)
    assert (done.page.namespace, done.page.full_title) == (14, "Category:Outils")
    assert digest_of(export(done.page)) == digest_of(raw)


# --- Who and where from ---------------------------------------------------------------------------
def test_it_stores_who_imported_what_from_where(alice: User, bob: User) -> None:
    page = make_story(alice)
    url = f"http://{HERE}/wiki/Atelier_bois"
    raw = away(page)
    done = take(raw, by=bob)
    origin = Origin.objects.get(page=done.page)
    assert (origin.source, origin.identifier, origin.url) == (HERE, "Atelier bois", url)
    assert (origin.version, origin.digest, origin.by) == (4, digest_of(raw), bob)
    changeset = Changeset.objects.get()
    assert (changeset.act, changeset.by) == (Changeset.Act.IMPORT, bob)
    assert set(done.page.versions.values_list("changeset", flat=True)) == {changeset.pk}
    assert done.page.version == 4


def test_it_matches_no_author_to_an_account(alice: User, client: Client) -> None:
    raw = away(make_story(alice))
    done = take(raw)
    assert set(done.page.versions.values_list("author", flat=True)) == {None}
    assert set(done.page.versions.values_list("author_name", flat=True)) == {"alice", 'Ada "la première"'}
    html = client.get(f"/history/{done.page.url_title}").content.decode()
    assert "imported, not verified" in html or "importé, non vérifié" in html


def test_it_never_dates_a_version_later_than_now(alice: User) -> None:
    done = take(away(make_story(alice)))
    assert all(one.claimed_at <= one.recorded_at <= timezone.now() for one in done.page.versions.all())


def test_it_credits_the_first_source_until_the_page_is_changed_here(alice: User) -> None:
    raw = away(make_story(alice))
    done = take(raw)
    Origin.objects.filter(page=done.page).update(source="wiki.example", url="https://wiki.example/wiki/Atelier_bois")
    untouched = json.loads(Bag.opened(export(done.page)).files["data/credits.json"])
    assert untouched["source"] == "https://wiki.example/wiki/Atelier_bois"
    assert untouched["derived_from"] == []
    changed = page_writer.edit(done.page, "Autre chose.", Author(None, "Bob")).page
    credits = json.loads(Bag.opened(export(changed)).files["data/credits.json"])
    assert credits["source"] == f"http://{HERE}/wiki/Atelier_bois"
    assert credits["authors"] == ["Bob", "alice", 'Ada "la première"']
    (entry,) = credits["derived_from"]
    assert (entry["relation"], entry["host"], entry["version"]) == ("import", "wiki.example", 4)
    assert entry["authors"] == ["alice", 'Ada "la première"']


def test_it_remembers_what_a_fork_was_forked_from(alice: User) -> None:
    page = rich_page(alice)
    Origin.objects.create(page=page, source="data.example", identifier="42", url="https://data.example", version=1)
    raw = away(page)
    done = take(raw)
    fork = Fork.objects.get(page=done.page)
    assert (fork.upstream, fork.upstream_host, fork.upstream_title) == (None, HERE, "Recette")
    assert (fork.upstream_version, fork.upstream_license, fork.upstream_authors) == (1, "CC-BY-SA-3.0", ["Bob"])
    assert [entry["relation"] for entry in Origin.objects.get(page=done.page).ancestry] == ["data"]
    assert digest_of(export(done.page)) == digest_of(raw)


def test_edits_continue_the_imported_history(alice: User) -> None:
    done = take(away(make_story(alice)))
    saved = page_writer.edit(done.page, "Autre chose.", Author.of(alice), EditSummary("Ici"))
    assert saved.version == 5
    line = json.loads(Bag.opened(export(saved.page)).files["data/history/revisions.jsonl"].decode().splitlines()[-1])
    assert (line["host"], line["origin"], line["author"]) == (HERE, 5, "alice")


def test_derived_data_is_updated(alice: User) -> None:
    done = take(away(make_story(alice)))
    assert done.page.links.filter(key="Autre page").exists()
    assert done.page.kind.key == "practice"


# --- Another title, another place -----------------------------------------------------------------
def test_it_asks_for_another_title_when_the_title_is_taken(alice: User) -> None:
    raw = export(make_story(alice))
    with pytest.raises(TitleTaken, match="is here already"):
        take(raw)
    done = take(raw, title="Atelier bois (copie)")
    assert done.page.full_title == "Atelier bois (copie)"
    with pytest.raises(TitleTaken, match="imported before"):
        take(raw, title="Atelier bois (copie)")


def test_it_goes_into_another_place_with_one_more_version(alice: User, bob: User) -> None:
    place = make_place("Le Fablab", by=bob)
    done = take(export(make_story(alice)), by=bob, into="le Fablab")
    assert (done.page.full_title, done.page.place) == ("Le Fablab:Atelier bois", place)
    last = done.page.versions.get(number=5)
    assert (last.author, last.origin_host, last.title) == (bob, "", "Le Fablab:Atelier bois")
    assert set(done.page.versions.filter(number__lte=4).values_list("title", flat=True)) == {"Atelier bois"}
    assert done.page.source.text.startswith(TEXT)


def test_it_imports_a_moved_page_whose_old_title_is_taken(alice: User) -> None:
    page = page_moves.move(make_story(alice), "Atelier métal", Author(None, "x"), leave_redirect=False).page
    raw = away(page)
    other = make_page("Atelier bois", by=alice)
    done = take(raw)
    assert done.page.full_title == "Atelier métal"
    assert digest_of(export(done.page)) == digest_of(raw)
    assert page_lookup.find_by_key("Atelier bois") == other


# --- Pictures -------------------------------------------------------------------------------------
def test_it_reuses_an_identical_picture(alice: User) -> None:
    raw = away(make_story(alice), pictures=False)
    here = Picture.objects.get()
    done = take(raw)
    assert Picture.objects.get() == here
    assert done.renamed == {}
    assert digest_of(export(done.page)) == digest_of(raw)


def test_it_renames_a_picture_whose_name_is_taken(alice: User, client: Client) -> None:
    raw = away(make_story(alice))
    here = make_picture("Etabli.jpg", "green")
    done = take(raw, by=alice)
    assert done.renamed == {"Etabli.jpg": "Etabli-2.jpg"}
    assert "![Un établi](File:Etabli-2.jpg)" in done.page.source.text
    assert done.page.version == 5
    assert "![Un établi](File:Etabli.jpg)" in (done.page.versions.get(number=4).text() or "")
    here.refresh_from_db()
    assert Picture.objects.get(name="Etabli-2.jpg").sha256 != here.sha256
    assert "Etabli-2" in client.get(done.page.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("text", "renamed"),
    [
        ("![x](File:plan.jpg)", "![x](File:Neu.jpg)"),
        ('![x](images/plan.jpg "titre")', '![x](File:Neu.jpg "titre")'),
        ("[[Fichier:plan.jpg|vignette|Un plan]]", "[[Fichier:Neu.jpg|vignette|Un plan]]"),
        ("[[Image: Plan.jpg]]", "[[Image:Neu.jpg]]"),
        ("[x]: plan.jpg", "[x]: File:Neu.jpg"),
        ("![x](File:Autre.jpg) plan.jpg", "![x](File:Autre.jpg) plan.jpg"),
        ("![x](https://example.org/plan.jpg)", "![x](https://example.org/plan.jpg)"),
    ],
)
def test_it_renames_pictures_wherever_a_text_shows_them(text: str, renamed: str) -> None:
    assert rename_media(text, {"Plan.jpg": "Neu.jpg"}) == renamed


def test_it_shows_its_pictures_at_once(alice: User, client: Client) -> None:
    done = take(away(make_story(alice)))
    assert 'class="picture"' in client.get(done.page.get_absolute_url()).content.decode()
    assert sorted(path.name for path in Path(settings.MEDIA_ROOT).glob("original_images/*")) == ["Etabli.jpg"]
    assert list(Path(settings.STAGING_ROOT).iterdir()) == []


def test_it_removes_metadata_from_a_picture(alice: User) -> None:
    bag = Bag.opened(away(make_story(alice)))
    raw, exif = io.BytesIO(), Image.Exif()
    exif.get_ifd(0x8825)[2] = (45.0, 43.0, 0.0)
    Image.new("RGB", (60, 40), "red").save(raw, "JPEG", exif=exif)
    bag.files["data/media/etabli.jpg"] = raw.getvalue()
    bag.change_json("credits.json", lambda values: values["media"][0].update({"sha256": sha256(raw.getvalue())}))
    done = take(bag.seal().zip())
    assert done.cleaned == ["Etabli.jpg"]
    with Picture.objects.get().file.open() as file, Image.open(file) as picture:
        assert dict(picture.getexif()) == {}


# --- By command and in the browser ----------------------------------------------------------------
def test_it_imports_by_command(alice: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = tmp_path / "a.zip"
    archive.write_bytes(export(make_story(alice)))
    with pytest.raises(CommandError, match="--into, --title"):
        call_command("import_archive", str(archive), verbosity=0)
    with pytest.raises(CommandError, match="no account"):
        call_command("import_archive", str(archive), by="nobody", verbosity=0)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_archive", str(tmp_path / "none.zip"), verbosity=0)
    make_place("Le Fablab", by=alice)
    call_command("import_archive", str(archive), into="Le Fablab", by="alice", verbosity=0)
    assert "«Le Fablab:Atelier bois»: 4 versions, 1 pictures, sha256:" in capsys.readouterr().out


def post(client: Client, raw: bytes, **more: str) -> Any:
    """Post the import form."""
    upload = SimpleUploadedFile("a.zip", raw, "application/zip")
    return client.post("/import", {"file": upload, "place": "", "title": "", **more}, headers={"Accept-Language": "en"})


def test_it_imports_in_the_browser(alice: User, client: Client) -> None:
    raw = away(make_story(alice))
    client.force_login(alice)
    assert client.get("/import").status_code == 200
    response = post(client, raw)
    assert response.status_code == 302
    shown = client.get(response["Location"], headers={"Accept-Language": "en"}).content.decode()
    assert "4 versions" in shown
    again = post(client, raw)
    assert again.status_code == 409
    assert "imported before" in again.content.decode()
    elsewhere = post(client, raw, title="Ailleurs")
    assert elsewhere["Location"] == "/wiki/Ailleurs"


def test_the_form_shows_why_an_archive_is_refused(alice: User, client: Client) -> None:
    client.force_login(alice)
    response = post(client, b"GIF89a")
    assert response.status_code == 422
    assert "a zip file is expected" in response.content.decode()
    assert WikiPage.objects.count() == 0


def test_it_lets_only_accounts_import(alice: User, charlie: User, client: Client) -> None:
    raw = away(make_story(alice))
    assert post(client, raw).status_code == 302
    client.force_login(charlie)
    assert post(client, raw).status_code == 403
    with pytest.raises(NotAllowed):
        take(raw, by=charlie)
    assert not WikiPage.objects.filter(title_key__isnull=False).exists()


LONG_HISTORY = """
from datetime import datetime, timedelta, UTC
import random
from wiki.pages.models import WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing.version_store import Author, NewVersion, store
dice = random.Random(1)
words = [f'mot{number}' for number in range(3000)]
text = [dice.choice(words) for _ in range(600)]
fields = PageFields(0, None, 'Longue', False, 'CC-BY-SA-4.0', 'fr')
page, drafts = WikiPage(), []
for number in range(2000):
    for _ in range(3): text[dice.randrange(len(text))] = dice.choice(words)
    when = datetime(2010, 1, 1, tzinfo=UTC) + timedelta(hours=number)
    paragraphs = [' '.join(text[start : start + 30]) for start in range(0, 600, 30)]
    body, by = '\\n\\n'.join(paragraphs), Author(None, f'A{number % 40}')
    drafts.append(NewVersion(page, body, fields, by, claimed_at=when))
store(drafts)
"""


@pytest.mark.slow
@pytest.mark.only_on("sqlite")
def test_it_exports_thousands_of_versions_within_its_own_limits(instance: Instance, tmp_path: Path) -> None:
    """Each version changes some words of a text of 4,000 characters; the limits are those of any import."""
    instance.python(LONG_HISTORY)
    first, second = tmp_path / "a.zip", tmp_path / "b.zip"
    instance.manage("export_archive", "Longue", "-o", str(first), "--verbosity=0")
    said = instance.manage("import_archive", str(first), "--title", "Longue (bis)", "--verbosity=0")
    assert "2000 versions" in said
    assert first.stat().st_size < 16_000_000
    instance.manage("export_archive", "Longue (bis)", "-o", str(second), "--verbosity=0")
    lines = Bag.opened(second.read_bytes()).files["data/history/revisions.jsonl"].splitlines()
    assert lines[:2000] == Bag.opened(first.read_bytes()).files["data/history/revisions.jsonl"].splitlines()


def test_it_counts_versions_before_any_are_read(alice: User) -> None:
    export_of_page = Export(make_story(alice))
    assert export_of_page.steps == 8
    assert PageVersion.objects.count() == 4
