"""The outbox and the indexer: what is written is found, what is removed is not, whatever happens in between."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.files.images import ImageFile
from django.core.management import call_command
from django.db import transaction
from modelsearch.backends import get_search_backend
from PIL import Image as PillowImage

from tests.factories import make_page, make_place
from tests.instances import MANAGE, Instance
from wiki.accounts.models import User
from wiki.pages import background_jobs
from wiki.pages.media_models import Picture
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author
from wiki.search import index_updates
from wiki.search.engine.backend import WhooshBackend, WhooshIndex
from wiki.search.models import OutboxEntry, PageSearchText

pytestmark = pytest.mark.django_db
SCRIPT = Author(None, "script")


def found(words: str) -> set[str]:
    """The full titles of the pages that hold the words."""
    pks = [row.pk for row in get_search_backend().search(words, PageSearchText)]
    return set(WikiPage.objects.filter(pk__in=pks).values_list("full_title", flat=True))


def index_of(model: Any) -> WhooshIndex:
    backend = get_search_backend()
    assert isinstance(backend, WhooshBackend)
    return backend.get_index_for_model(model)


def a_picture(title: str) -> Picture:
    raw = BytesIO()
    PillowImage.new("RGB", (10, 10)).save(raw, "PNG")
    raw.seek(0)
    return Picture.objects.create(title=title, file=ImageFile(raw, name="a.png"), name=f"{title}.png")


# --- The outbox -----------------------------------------------------------------------------------
def test_a_row_is_written_with_the_edit_and_goes_with_it(alice: User) -> None:
    make_page("Fournil", "Du pain.")
    rows = OutboxEntry.objects.filter(model="wiki.pagesearchtext")
    assert rows.count() == 1
    with transaction.atomic():
        make_page("Autre", "Du vin.")
        assert rows.count() == 2
        transaction.set_rollback(True)
    assert rows.count() == 1


def test_pictures_files_and_people_write_rows_too(alice: User) -> None:
    assert OutboxEntry.objects.filter(model="wiki.user", key=str(alice.pk)).exists()
    picture = a_picture("Pétrin")
    key, tagged = str(picture.pk), OutboxEntry.objects.filter(model="wiki.picture")
    assert tagged.filter(key=key).exists()
    before = tagged.count()
    picture.tags.add("farine")
    assert tagged.count() > before
    picture.delete()
    assert tagged.order_by("-pk")[0].key == key


def test_signing_in_is_no_change(alice: User, client_of: Callable[..., Any]) -> None:
    before = OutboxEntry.objects.count()
    client_of(alice)
    assert OutboxEntry.objects.count() == before


# --- Draining -------------------------------------------------------------------------------------
def test_what_is_written_is_found_and_what_is_removed_is_not(bob: User) -> None:
    place = make_place("La Filature", by=bob, text="---\nVille: Lyon\n---\nUne friche.")
    page = make_page("Charte", "# Les règles\n\nOn range les *outils*.\n", place=place)
    background_jobs.run_pending()
    assert not OutboxEntry.objects.exists()
    assert found("outil") == found("règle") == found("charte") == {"La Filature:Charte"}
    assert found("lyon") == {"La Filature"}
    assert found("filature") == {"La Filature", "La Filature:Charte"}
    page_writer.edit(page, "On ne range rien.", SCRIPT)
    background_jobs.run_pending()
    assert found("outil") == set()
    page_moves.move(place, "Le Moulin", SCRIPT, leave_redirect=False)
    background_jobs.run_pending()
    assert found("moulin") == {"Le Moulin", "Le Moulin:Charte"}
    assert found("filature") == set()
    page_writer.delete(WikiPage.objects.get(pk=page.pk), Author.of(bob))
    background_jobs.run_pending()
    assert found("range") == set()
    assert not PageSearchText.objects.filter(pk=page.pk).exists()


def test_the_admin_searches_by_the_same_index(alice: User) -> None:
    a_picture("Pétrin du fournil")
    background_jobs.run_pending()
    assert [one.title for one in Picture.objects.search("petrins")] == ["Pétrin du fournil"]
    assert [one.username for one in get_search_backend().autocomplete("ali", User)] == ["alice"]


def test_many_changes_are_drained_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_updates, "BATCH", 3)
    pages = [make_page(f"Page {number}", f"Le mot{number}.") for number in range(5)]
    background_jobs.run_pending()
    assert [found(f"mot{number}") for number in range(5)] == [{page.full_title} for page in pages]


def test_rows_of_models_that_are_no_more_do_no_harm() -> None:
    OutboxEntry.objects.create(model="wiki.nothing", key="1")
    OutboxEntry.objects.create(model="wiki.kind", key="1")
    OutboxEntry.objects.create(model="wiki.pagesearchtext", key="no number")
    make_page("Fournil", "Du pain.")
    background_jobs.run_pending()
    assert found("pain") == {"Fournil"}


def test_pages_from_before_there_was_an_index_get_their_words() -> None:
    make_page("Fournil", "Du pain.")
    PageSearchText.objects.all().delete()
    OutboxEntry.objects.all().delete()
    chore = index_updates.IndexUpdateJob()
    while chore.run():
        continue
    assert found("pain") == {"Fournil"}


# --- Building anew --------------------------------------------------------------------------------
@pytest.mark.parametrize("harm", ["cut", "lost"])
def test_a_damaged_index_is_noticed_and_built_again(harm: str, caplog: pytest.LogCaptureFixture) -> None:
    make_page("Fournil", "Du pain.")
    background_jobs.run_pending()
    build = index_of(PageSearchText).directory.build
    for file in build.glob("*.seg"):
        file.write_bytes(file.read_bytes()[:100])
        if harm == "lost":
            file.unlink()
    assert found("pain") == {"Fournil"}  # by the database
    assert "is damaged and will be built again" in caplog.text
    background_jobs.run_pending()
    assert found("pain") == {"Fournil"}
    assert index_of(PageSearchText).directory.is_usable
    assert index_of(PageSearchText).directory.build != build


def test_a_lost_folder_is_built_again() -> None:
    import shutil

    make_page("Fournil", "Du pain.")
    background_jobs.run_pending()
    shutil.rmtree(index_of(PageSearchText).directory.folder)
    assert not index_of(PageSearchText).directory.is_usable
    assert found("pain") == {"Fournil"}  # by the database
    background_jobs.run_pending()
    assert found("pain") == {"Fournil"}


def test_a_build_goes_on_where_it_was_left(monkeypatch: pytest.MonkeyPatch) -> None:
    from wiki.search.engine.index_build import IndexBuild

    pages = [make_page(f"Page {number}", f"Le mot{number}.") for number in range(5)]
    background_jobs.run_pending()
    old = index_of(PageSearchText).directory.build
    IndexBuild(index_of(PageSearchText), 1).restart()
    done = []
    while len(done) < 10:
        done.append(IndexBuild(index_of(PageSearchText), 1).step(2))
        if done[-1] == 0:
            break
        assert index_of(PageSearchText).directory.build == old
        assert found("mot4") == {"Page 4"}
    assert done == [2, 2, 1, 0]
    assert index_of(PageSearchText).directory.build != old
    assert [found(f"mot{number}") for number in range(5)] == [{page.full_title} for page in pages]


def test_the_command_builds_all_anew(capsys: pytest.CaptureFixture[str]) -> None:
    page = make_page("Fournil", "Du pain.")
    call_command("rebuild_index")
    assert found("pain") == {"Fournil"}
    assert not OutboxEntry.objects.exists()
    PageSearchText.objects.filter(pk=page.pk).update(body="De la soupe.")  # behind the writer's back
    call_command("rebuild_index")
    assert "objects indexed" in capsys.readouterr().out
    assert found("soupe") == {"Fournil"}
    assert found("pain") == set()


# --- Killed at any moment -------------------------------------------------------------------------
WRITE = """
import itertools, sys
from wiki.pages import page_lookup
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author
by, round_ = Author(None, "script"), sys.argv[1]
for turn in itertools.count():
    mark = f"r{round_}t{turn}z"
    page = page_writer.create(f"Page {mark}", f"Le mot {mark}.", by).page
    if turn % 3 == 1:
        page_writer.edit(page, f"Le mot {mark} et autre{mark}.", by)
    if turn % 3 == 2:
        page_writer.delete(page, by)
    print(mark, turn % 3, flush=True)
"""
COUNT = """
from modelsearch.backends import get_search_backend
from wiki.search.models import PageSearchText
with get_search_backend().get_index_for_model(PageSearchText).directory.searcher() as searcher:
    print(searcher.doc_count())
"""
LOOK = """
import json
from modelsearch.backends import get_search_backend
from wiki.search.models import PageSearchText, OutboxEntry
backend = get_search_backend()
def found(word):
    return [row.title for row in backend.search(word, PageSearchText)]
said = [line.split() for line in SAID]
with backend.get_index_for_model(PageSearchText).directory.searcher() as searcher:
    count = searcher.doc_count()
print(json.dumps({
    "waiting": OutboxEntry.objects.count(), "indexed": count, "pages": PageSearchText.objects.count(),
    "wrong": [mark for mark, way in said if
        (len(found(mark)), len(found("autre" + mark))) != {"0": (1, 0), "1": (1, 1), "2": (0, 0)}[way]],
}))
"""
KILLS = 4


@pytest.mark.slow
def test_killed_at_any_moment_it_loses_nothing_and_catches_up(instance: Instance) -> None:
    dice, said = random.Random(11), []
    for number in range(KILLS):
        worker = instance.script(MANAGE, "work")
        writer = instance.script(WRITE, str(number))
        said.append(writer.stdout.readline().strip())
        time.sleep(dice.uniform(0.2, 1.5))
        worker.kill()
        writer.kill()
        worker.communicate(timeout=60)
        out, _ = writer.communicate(timeout=60)
        said += [line for line in out.splitlines() if len(line.split()) == 2]
    assert int(instance.python(COUNT)) > 0, "workers were killed while they worked, not before"
    instance.manage("work", "--once")
    end = json.loads(instance.python(f"SAID = {said!r}\n{LOOK}").splitlines()[-1])
    assert end["wrong"] == []
    assert end["waiting"] == 0
    assert end["indexed"] == end["pages"] > KILLS / 2
