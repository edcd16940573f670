"""The outbox and the indexer: written text is found and removed text is not, also after crashes."""

from __future__ import annotations

import errno
import itertools
import json
import random
import shutil
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.files.images import ImageFile
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from modelsearch.backends import get_search_backend
from PIL import Image as PillowImage
from whoosh.writing import SegmentWriter

from tests.factories import make_page, make_place
from tests.instances import MANAGE, Instance
from wiki.accounts.models import User
from wiki.pages import background_jobs
from wiki.pages.media_models import Picture
from wiki.pages.models import WikiPage
from wiki.pages.task_models import TaskFailure
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author
from wiki.search import index_updates
from wiki.search.engine import documents
from wiki.search.engine.backend import WhooshBackend, WhooshIndex
from wiki.search.engine.index_directory import IndexDamaged
from wiki.search.models import OutboxEntry, PageSearchText

pytestmark = pytest.mark.django_db
SCRIPT = Author(None, "script")


def found(words: str) -> set[str]:
    """Return the full titles of the pages that contain the words."""
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
def test_outbox_rows_belong_to_the_transaction_of_the_edit(alice: User) -> None:
    make_page("Fournil", "Du pain.")
    rows = OutboxEntry.objects.filter(model="wiki.pagesearchtext")
    assert rows.count() == 1
    with transaction.atomic():
        make_page("Autre", "Du vin.")
        assert rows.count() == 2
        transaction.set_rollback(True)
    assert rows.count() == 1


def test_pictures_and_users_write_outbox_rows_too(alice: User) -> None:
    assert OutboxEntry.objects.filter(model="wiki.user", key=str(alice.pk)).exists()
    picture = a_picture("Pétrin")
    key, rows = str(picture.pk), OutboxEntry.objects.filter(model="wiki.picture")
    assert rows.filter(key=key).exists()
    before = rows.count()
    picture.tags.add("farine")
    assert rows.count() > before
    picture.delete()
    assert rows.order_by("-pk")[0].key == key


def test_signing_in_writes_no_outbox_row(alice: User, client_of: Callable[..., Any]) -> None:
    before = OutboxEntry.objects.count()
    client_of(alice)
    assert OutboxEntry.objects.count() == before


# --- Processing -----------------------------------------------------------------------------------
def test_written_text_is_found_and_removed_text_is_not(bob: User) -> None:
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


def test_admin_searches_use_the_same_index(alice: User) -> None:
    a_picture("Pétrin du fournil")
    background_jobs.run_pending()
    assert [obj.title for obj in Picture.objects.search("petrins")] == ["Pétrin du fournil"]
    assert [obj.username for obj in get_search_backend().autocomplete("ali", User)] == ["alice"]


def test_many_changes_are_processed_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_updates, "BATCH", 3)
    pages = [make_page(f"Page {number}", f"Le mot{number}.") for number in range(5)]
    background_jobs.run_pending()
    assert [found(f"mot{number}") for number in range(5)] == [{page.full_title} for page in pages]


def test_rows_of_unknown_models_and_keys_are_ignored() -> None:
    OutboxEntry.objects.create(model="wiki.nothing", key="1")
    OutboxEntry.objects.create(model="wiki.kind", key="1")
    OutboxEntry.objects.create(model="wiki.pagesearchtext", key="no number")
    make_page("Fournil", "Du pain.")
    background_jobs.run_pending()
    assert found("pain") == {"Fournil"}


def test_missing_search_texts_are_added() -> None:
    make_page("Fournil", "Du pain.")
    PageSearchText.objects.all().delete()
    OutboxEntry.objects.all().delete()
    job = index_updates.IndexUpdateJob()
    while job.run():
        continue
    assert found("pain") == {"Fournil"}


# --- Rebuilds -------------------------------------------------------------------------------------
@pytest.mark.parametrize("damage", ["cut", "lost"])
def test_a_damaged_index_is_detected_and_rebuilt(damage: str, caplog: pytest.LogCaptureFixture) -> None:
    make_page("Fournil", "Du pain.")
    background_jobs.run_pending()
    build = index_of(PageSearchText).directory.build
    for file in build.glob("*.seg"):
        file.write_bytes(file.read_bytes()[:100])
        if damage == "lost":
            file.unlink()
    assert found("pain") == {"Fournil"}  # by the database
    assert "is damaged and will be built again" in caplog.text
    background_jobs.run_pending()
    assert found("pain") == {"Fournil"}
    assert index_of(PageSearchText).directory.is_usable
    assert index_of(PageSearchText).directory.build != build


def test_a_damaged_index_that_is_only_written_to_is_rebuilt() -> None:
    make_page("Fournil", "Du pain.")
    background_jobs.run_pending()
    build = index_of(PageSearchText).directory.build
    for file in build.glob("*.toc"):
        file.write_bytes(file.read_bytes()[:40])
    make_page("Moulin", "De la farine.")
    background_jobs.run_pending()
    assert not OutboxEntry.objects.exists()
    assert index_of(PageSearchText).directory.build != build
    assert (found("pain"), found("farine")) == ({"Fournil"}, {"Moulin"})


@pytest.mark.parametrize("failing", ["add_document", "commit"])
def test_an_error_of_writing_damages_nothing_else(monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    make_page("Fournil", "Du pain.")
    background_jobs.run_pending()
    make_page("Moulin", "De la farine.")
    with monkeypatch.context() as patched:

        def fail(self: object, **options: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        patched.setattr(SegmentWriter, failing, fail)
        with pytest.raises(IndexDamaged, match="No space left"):
            background_jobs.run_pending()
    assert index_of(PageSearchText).directory.is_usable, "a full disk is no damage"
    assert OutboxEntry.objects.exists()
    background_jobs.run_pending()
    assert (found("pain"), found("farine")) == ({"Fournil"}, {"Moulin"})


def test_an_unreadable_segment_met_by_a_write_is_rebuilt(monkeypatch: pytest.MonkeyPatch) -> None:
    make_page("Fournil", "Du pain.")
    background_jobs.run_pending()
    build = index_of(PageSearchText).directory.build
    make_page("Moulin", "De la farine.")
    with monkeypatch.context() as patched:

        def fail(self: object, **options: object) -> None:
            patched.undo()
            raise EOFError("cut")

        patched.setattr(SegmentWriter, "commit", fail)
        background_jobs.run_pending()
    assert index_of(PageSearchText).directory.build != build
    assert (found("pain"), found("farine")) == ({"Fournil"}, {"Moulin"})


@pytest.mark.parametrize("rebuilds", [False, True])
def test_one_object_that_cannot_be_indexed_stops_no_other(monkeypatch: pytest.MonkeyPatch, rebuilds: bool) -> None:
    refused = make_page("Fournil", "Du pain.")
    make_page("Moulin", "De la farine.")
    make = documents.document_of

    def failing(obj: Any) -> Any:
        if isinstance(obj, PageSearchText) and obj.pk == refused.pk:
            raise ValueError("not for me")
        return make(obj)

    with monkeypatch.context() as patched:
        patched.setattr(documents, "document_of", failing)
        if rebuilds:
            OutboxEntry.objects.all().delete()
            shutil.rmtree(index_of(PageSearchText).directory.folder, ignore_errors=True)
        background_jobs.run_pending()
        assert (found("pain"), found("farine")) == (set(), {"Moulin"})
    failure = TaskFailure.objects.get()
    assert (failure.item, failure.error) == (f"wiki.pagesearchtext {refused.pk}", "ValueError: not for me")
    background_jobs.run_pending()
    assert found("pain") == set(), "it is not tried again at once"
    TaskFailure.objects.update(next_try_at=timezone.now())
    background_jobs.run_pending()
    assert found("pain") == {"Fournil"}
    assert not TaskFailure.objects.exists()


def test_a_deleted_index_is_rebuilt() -> None:
    make_page("Fournil", "Du pain.")
    background_jobs.run_pending()
    shutil.rmtree(index_of(PageSearchText).directory.folder)
    assert not index_of(PageSearchText).directory.is_usable
    assert found("pain") == {"Fournil"}  # by the database
    background_jobs.run_pending()
    assert found("pain") == {"Fournil"}


def test_an_interrupted_build_is_resumed(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_the_command_rebuilds_all_indexes(capsys: pytest.CaptureFixture[str]) -> None:
    page = make_page("Fournil", "Du pain.")
    call_command("rebuild_index")
    assert found("pain") == {"Fournil"}
    assert not OutboxEntry.objects.exists()
    PageSearchText.objects.filter(pk=page.pk).update(body="De la soupe.")  # without the page writer
    call_command("rebuild_index")
    assert "objects indexed" in capsys.readouterr().out
    assert found("soupe") == {"Fournil"}
    assert found("pain") == set()


# --- Killed processes -----------------------------------------------------------------------------
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
directory = get_search_backend().get_index_for_model(PageSearchText).directory
if directory.is_usable:
    with directory.snapshot() as snapshot:
        print(snapshot.document_count)
else:
    print(0)
"""
LOOK = """
import itertools
import json
from modelsearch.backends import get_search_backend
from wiki.search.models import PageSearchText, OutboxEntry
backend = get_search_backend()
def found(word):
    return [row.title for row in backend.search(word, PageSearchText)]
marks = [line.split() for line in WRITTEN]
with backend.get_index_for_model(PageSearchText).directory.snapshot() as snapshot:
    count = snapshot.document_count
print(json.dumps({
    "waiting": OutboxEntry.objects.count(), "indexed": count, "pages": PageSearchText.objects.count(),
    "wrong": [mark for mark, edit in marks if
        (len(found(mark)), len(found("autre" + mark))) != {"0": (1, 0), "1": (1, 1), "2": (0, 0)}[edit]],
}))
"""
KILLS = 4


def is_indexed(instance: Instance) -> bool:
    """Return whether a worker put any page into the index of `instance`."""
    return int(instance.python(COUNT)) > 0


@pytest.mark.slow
def test_no_change_is_lost_when_processes_are_killed(instance: Instance) -> None:
    dice, written = random.Random(11), []
    # On a slow machine a worker may be killed before the index is built: then more are started, and live longer.
    for number in itertools.takewhile(lambda round_: round_ < KILLS or not is_indexed(instance), range(5 * KILLS)):
        worker = instance.script(MANAGE, "work")
        writer = instance.script(WRITE, str(number))
        written.append(writer.stdout.readline().strip())
        time.sleep(dice.uniform(0.2, 1.5) * (1 + number // KILLS))
        worker.kill()
        writer.kill()
        worker.communicate(timeout=60)
        out, _ = writer.communicate(timeout=60)
        written += [line for line in out.splitlines() if len(line.split()) == 2]
    assert is_indexed(instance), "workers were killed while they worked, not before"
    instance.manage("work", "--once")
    state = json.loads(instance.python(f"WRITTEN = {written!r}\n{LOOK}").splitlines()[-1])
    assert state["wrong"] == []
    assert state["waiting"] == 0
    assert state["indexed"] == state["pages"] > KILLS / 2
