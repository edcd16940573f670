"""Storage of versions: several at once, their times and sizes, titles in use, and retried transactions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from wagtail.models import Page

from tests.factories import make_page, make_place
from wiki.errors import DatabaseBusy, TitleTaken
from wiki.forks import fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.pages import page_lookup
from wiki.pages.models import Changeset, PageText, PageVersion, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing import page_writer, version_store
from wiki.pages.writing.page_writer import Author
from wiki.pages.writing.version_store import NewVersion, StaleVersion, store

if TYPE_CHECKING:
    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db
FIRST = datetime(2020, 5, 1, tzinfo=UTC)


def fields_for(title: str) -> PageFields:
    """Return the fields of a page with this title."""
    return page_lookup.fields_for_title(title, license="CC-BY-SA-4.0", language="fr")


def new_page(title: str, texts: Sequence[str | None] = ("Un.",), author: Author | None = None) -> list[NewVersion]:
    """Return the versions of a new page, each a day after the one before."""
    page, fields = WikiPage(), fields_for(title)
    return [
        NewVersion(page, text, fields, author or Author(None, "Un robot"), claimed_at=FIRST + timedelta(days=day))
        for day, text in enumerate(texts)
    ]


def state_of(new: NewVersion, changeset: Changeset | None = None) -> version_store.VersionState:
    """Return the state of a page in a new version."""
    return version_store._version_state(new, changeset)


# --- Several versions -----------------------------------------------------------------------------
def test_the_last_version_is_shown_with_its_time_and_the_page_exists_from_the_first() -> None:
    versions = store(new_page("Fournil", ["Un.", "Deux !", "Trois."]))
    page = page_lookup.reload_page(versions[0].page_id)
    assert PageText.objects.get(page=page).text == "Trois."
    assert (page.version, page.size) == (3, 6)
    assert (page.created_at, page.edited_at) == (FIRST, FIRST + timedelta(days=2))
    assert page.slug


@pytest.mark.parametrize("rows", [1, 2, 3, 500])
def test_sizes_follow_each_other_across_slices_and_pages(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    old = make_page("Ancien", "1234")
    monkeypatch.setattr(version_store, "ROWS", rows)
    again = [NewVersion(old, text, PageFields.of(old), Author(None, "Un robot")) for text in ("12345", "1")]
    versions = store([*new_page("Neuf", ["12", "12345"]), *again, *new_page("Autre", ["123"])])
    assert [(version.number, version.size, version.size_change) for version in versions] == [
        (1, 2, 2), (2, 5, 3), (2, 5, 1), (3, 1, -4), (1, 3, 3)
    ]  # fmt: skip
    assert [version.pk for version in versions] == list(
        PageVersion.objects.exclude(page=old, number=1).order_by("pk").values_list("pk", flat=True)
    )


def test_the_time_that_an_author_claims_counts_unless_it_is_in_the_future() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    new = new_page("Fournil")[0]
    new.claimed_at, new.author = None, Author(None, "Un robot", claimed_at=FIRST)
    assert version_store.claimed_date(new, now) == FIRST
    assert state_of(new).date == FIRST
    new.claimed_at = FIRST + timedelta(days=1)
    assert version_store.claimed_date(new, now) == state_of(new).date == new.claimed_at
    new.claimed_at = now + timedelta(days=1)
    assert version_store.claimed_date(new, now) == now


def test_long_names_are_cut_and_comments_kept() -> None:
    (new,) = new_page("Fournil", author=Author(None, "n" * 300, "e.org"))
    new.comment, new.tags, new.minor, new.origin_number = "c" * 600, ["import"], True, 7
    (version,) = store([new])
    version = PageVersion.objects.get(pk=version.pk)
    assert (len(version.author_name), len(version.comment)) == (255, 600)
    assert (version.origin_host, version.tags, version.minor, version.origin_number) == ("e.org", ["import"], True, 7)
    assert not version.is_deletion


def test_the_state_of_a_version_names_another_page_as_its_source(bob: User) -> None:
    place, other = make_place("Atelier", by=bob), make_page("Fournil")
    new = NewVersion(other, "Un.", PageFields.of(other), Author.of(bob))
    assert (state_of(new).source, state_of(new).in_changeset, state_of(new).has_place_prefix) == (None, False, False)
    new.merge_parent = PageVersion.objects.get(page=other)
    assert state_of(new).source is None
    new.merge_parent, new.fields = PageVersion.objects.get(page=place), fields_for("Atelier:Charte")
    assert state_of(new, Changeset()).source == (place.pk, 1)
    assert state_of(new, Changeset()).in_changeset
    assert state_of(new).has_place_prefix


def test_a_changeset_is_saved_once() -> None:
    changeset = Changeset(act=Changeset.Act.IMPORT)
    store(new_page("Fournil"), changeset)
    store(new_page("Atelier"), changeset)
    assert PageVersion.objects.filter(changeset=Changeset.objects.get()).count() == 2


def test_title_and_deletion_are_stored_in_the_table_of_wagtail() -> None:
    page = make_page("Fournil")
    store([NewVersion(page, "Un.", fields_for("Four"), Author(None, "Un robot"))])
    assert Page.objects.values_list("title", "draft_title", "live").get(pk=page.pk) == ("Four", "Four", True)
    store([NewVersion(page, None, fields_for("Four"), Author(None, "Un robot"))])
    assert Page.objects.values_list("title", "draft_title", "live").get(pk=page.pk) == ("Four", "Four", False)
    assert page_lookup.reload_page(page.pk).title_key is None


# --- Refusals -------------------------------------------------------------------------------------
def test_a_stale_page_is_refused_by_its_number(caplog: pytest.LogCaptureFixture) -> None:
    page = make_page("Fournil", "Un.")
    old = page_lookup.reload_page(page.pk)
    page_writer.edit(page, "Deux.", Author(None, "Un robot"))
    with pytest.raises(StaleVersion, match="Someone else changed this"):
        store([NewVersion(old, "Trois.", PageFields.of(old), Author(None, "Un robot"))])
    assert not caplog.records, "the database had to refuse the rows"


def test_titles_in_use_are_named_three_at_most() -> None:
    pages = [make_page(title) for title in ("Un", "Deux", "Trois", "Quatre")]
    own = NewVersion(pages[0], "Encore.", PageFields.of(pages[0]), Author(None, "Un robot"))
    news = new_page("Deux")
    with pytest.raises(TitleTaken) as caught:
        store([own, *news, *new_page("Libre")])
    assert caught.value.params["title"] == "Deux", "the title of a written page is its own"
    assert (news[0].page.pk, news[0].page.version, news[0].page._state.adding) == (None, 0, True)
    with pytest.raises(TitleTaken) as caught:
        store([new for title in ("Un", "Deux", "Trois", "Quatre") for new in new_page(title)])
    assert len(caught.value.params["title"].split(", ")) == 3


def test_a_page_whose_last_version_is_deleted_takes_no_title() -> None:
    make_page("Fournil")
    make_page("Pris")
    versions = store(new_page("Fournil", ["Un.", None]))
    assert [version.is_deletion for version in versions] == [False, True]
    with pytest.raises(TitleTaken) as caught:
        store([*new_page("Fournil", ["Un.", None]), *new_page("Pris")])
    assert caught.value.params["title"] == "Pris"


def test_rows_that_the_database_refuses_without_a_title_in_use_are_stale(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(StaleVersion):
        store([*new_page("Fournil"), *new_page("Fournil")])
    assert "no title is in use" in caplog.text
    assert not WikiPage.objects.filter(title="Fournil").exists()


def test_the_title_of_the_last_version_is_the_one_in_use() -> None:
    make_page("Pris")
    news = new_page("Libre", ["Un.", "Deux."])
    news[1].fields = fields_for("Pris")
    with pytest.raises(TitleTaken) as caught:
        store(news)
    assert caught.value.params["title"] == "Pris"


# --- Transactions that are retried ----------------------------------------------------------------
@pytest.fixture
def rolled_back_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Roll back the first attempt of each transaction, as a locked database does."""

    def twice(act: Callable[[], Any]) -> Any:
        with transaction.atomic():
            act()
            transaction.set_rollback(True)
        with transaction.atomic():
            return act()

    monkeypatch.setattr(version_store, "retry_while_locked", twice)


def test_a_retried_transaction_writes_once(rolled_back_once: None) -> None:
    changeset, written = Changeset(act=Changeset.Act.IMPORT), list[int]()
    versions = store(new_page("Fournil", ["Un.", "Deux."]), changeset, lambda some: written.append(len(some)))
    assert written == [2, 2]
    assert PageVersion.objects.filter(changeset=Changeset.objects.get()).count() == len(versions) == 2
    page = WikiPage.objects.get(title="Fournil")
    assert (page.version, page.title_key, page.depth) == (2, "Fournil", page.get_parent().depth + 1)


def test_a_failure_leaves_new_pages_unsaved(monkeypatch: pytest.MonkeyPatch) -> None:
    news = new_page("Fournil")

    def fail(versions: list[PageVersion]) -> None:
        raise DatabaseBusy("The wiki is very busy.")

    with pytest.raises(DatabaseBusy):
        store(news, on_written=fail)
    page = news[0].page
    assert (page.pk, page.id, page.page_ptr_id, page.version, page._state.adding) == (None, None, None, 0, True)
    assert store(news)[0].number == 1


# --- Places ---------------------------------------------------------------------------------------
def test_the_places_of_a_page_change_their_cache_versions(bob: User) -> None:
    old, new = make_place("Atelier", by=bob), make_place("Fournil", by=bob)
    page = make_page("Charte", by=bob, place=old)

    def cache_versions() -> list[int]:
        return [page_lookup.reload_page(place.pk).cache_version for place in (old, new)]

    before = cache_versions()
    store([NewVersion(page, "Un.", fields_for("Fournil:Charte"), Author.of(bob))])
    assert all(after > earlier for after, earlier in zip(cache_versions(), before, strict=True))
    assert page_lookup.reload_page(page.pk).get_parent().pk == new.pk


@pytest.mark.parametrize("changes", [{"full_title": "Fabrique"}, {"is_place": False}, {"title_key": None}])
def test_a_place_that_changed_meanwhile_is_stale(bob: User, changes: dict[str, Any]) -> None:
    place = make_place("Atelier", by=bob)
    news = new_page("Atelier:Charte")
    WikiPage.objects.filter(pk=place.pk).update(**changes)
    with pytest.raises(StaleVersion):
        store(news)


def test_the_forks_of_a_page_change_their_cache_versions(alice: User) -> None:
    upstream = make_page("Fournil", by=alice)
    fork = fork_creation.fork(upstream, ForkTarget(new_place="Atelier"), Author.of(alice))
    before = page_lookup.reload_page(fork.pk).cache_version
    store([NewVersion(upstream, "Deux.", PageFields.of(upstream), Author.of(alice))])
    assert page_lookup.reload_page(fork.pk).cache_version > before
