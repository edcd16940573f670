"""The one writer: versions, merging, deletion, places, licences, rights."""

from __future__ import annotations

import pytest
import reversion
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from reversion.models import Version
from wagtail.models import Page

from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.errors import EditConflict, LicenseConflict, NotAllowed, RateLimitExceeded, Refused, TitleTaken
from wiki.pages import page_lookup
from wiki.pages.models import PageText, PageVersion, RenderedPage, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author, EditSummary
from wiki.pages.writing.version_store import NewVersion, StaleVersion, store

pytestmark = pytest.mark.django_db


def numbers(page: WikiPage) -> list[int]:
    """The numbers of the page's versions, in order."""
    return list(page.versions.order_by("number").values_list("number", flat=True))


def test_it_writes_text_version_and_reversion_row_together(alice: User) -> None:
    page = make_page("Fournil", "Un four.", by=alice)
    page_writer.edit(page, "Deux fours.", Author.of(alice), EditSummary("un de plus", minor=True))
    version = PageVersion.objects.get(page=page, number=2)
    assert version.text() == "Deux fours." == PageText.objects.get(page=page).text
    assert (version.author, version.author_name, version.comment) == (alice, "alice", "un de plus")
    assert version.minor
    assert version.size_change == len("Deux fours.") - len("Un four.")
    assert version.stored.revision.user == alice
    assert version.stored.revision.comment == "un de plus"
    assert numbers(page) == [1, 2]


def test_its_rows_are_those_that_reversion_would_write(alice: User) -> None:
    page = make_page("Fournil", "Un four.", by=alice)
    ours = PageVersion.objects.get(page=page).stored
    with reversion.create_revision(manage_manually=True):
        reversion.add_to_revision(PageText.objects.get(page=page))
    theirs = Version.objects.exclude(pk=ours.pk).get()
    for name in ("object_id", "content_type_id", "db", "format", "serialized_data", "object_repr"):
        assert getattr(ours, name) == getattr(theirs, name), name


def test_a_save_that_changes_nothing_makes_no_version(alice: User) -> None:
    page = make_page("Fournil", "Un four.\n", by=alice)
    saved = page_writer.edit(page, "Un four.\r\n", Author.of(alice))
    assert not saved.changed
    assert numbers(page) == [1]


def test_it_merges_what_merges(alice: User, bob: User) -> None:
    page = make_page("Recette", "Farine\n\nEau\n\nSel\n", by=alice)
    page_writer.edit(page, "Farine T65\n\nEau\n\nSel\n", Author.of(alice), base=1)
    saved = page_writer.edit(page, "Farine\n\nEau\n\nSel gris\n", Author.of(bob), base=1)
    assert saved.merged
    assert page_lookup.reload_page(page.pk).source.text == "Farine T65\n\nEau\n\nSel gris\n"
    assert "merged" in page.versions.get(number=3).tags


def test_it_merges_words_inside_one_long_line(alice: User, bob: User) -> None:
    line = "Le lundi nous ouvrons la porte du fournil et le soir nous fermons la grange.\n"
    page = make_page("Horaires", line, by=alice)
    page_writer.edit(page, line.replace("lundi", "mardi"), Author.of(alice), base=1)
    page_writer.edit(page, line.replace("grange", "remise"), Author.of(bob), base=1)
    merged = line.replace("lundi", "mardi").replace("grange", "remise")
    assert page_lookup.reload_page(page.pk).source.text == merged


def test_a_clash_keeps_all_three_texts_and_writes_nothing(alice: User, bob: User) -> None:
    page = make_page("Horaires", "Ouvert lundi.\n", by=alice)
    page_writer.edit(page, "Ouvert mardi.\n", Author.of(alice), base=1)
    with pytest.raises(EditConflict) as caught:
        page_writer.edit(page, "Ouvert jeudi.\n", Author.of(bob), base=1)
    clash = caught.value
    assert (clash.base, clash.mine, clash.theirs) == (
        "Ouvert lundi.\n", "Ouvert jeudi.\n", "Ouvert mardi.\n",
    )  # fmt: skip
    assert clash.theirs_version == 2
    assert numbers(page) == [1, 2]


def test_an_edit_of_a_deleted_page_is_a_conflict_that_keeps_the_text(alice: User) -> None:
    page = make_page("Fournil", by=alice)
    page_writer.delete(page, Author(None, "script"))
    with pytest.raises(EditConflict) as caught:
        page_writer.edit(page, "Un autre four.", Author.of(alice), base=1)
    assert caught.value.mine == "Un autre four."


def test_a_form_sent_twice_saves_once(alice: User) -> None:
    page = make_page("Fournil", "Un.", by=alice)
    for _ in range(2):
        page_writer.edit(page, "Deux.", Author.of(alice), base=1)
        page_writer.create("Jardin", "Des radis.", Author.of(alice))
    assert numbers(page) == [1, 2]
    assert WikiPage.objects.filter(title_key="Jardin").count() == 1


def test_a_title_is_taken_once_whatever_its_spelling(alice: User) -> None:
    make_page("Atelier vélo", by=alice)
    for spelling in ("atelier vélo", "Atelier_vélo", "Atelier  vélo", "atelier ve\u0301lo"):
        with pytest.raises(TitleTaken):
            page_writer.create(spelling, "Autre chose.", Author.of(alice))


def test_deletion_frees_the_title_and_history_goes_on(alice: User) -> None:
    page = make_page("Fournil", "Un.", by=alice)
    page_writer.delete(page, Author(None, "script"), "doublon")
    assert page_lookup.find("Fournil", alice) is None
    again = page_writer.create("Fournil", "De retour.", Author.of(alice))
    assert again.page.pk == page.pk
    assert numbers(page) == [1, 2, 3]
    assert [v.is_deletion for v in page.versions.order_by("number")] == [False, True, False]
    assert page.versions.get(number=2).text() is None


def test_undeleting_brings_back_the_last_text(alice: User) -> None:
    page = make_page("Fournil", "Un.", by=alice)
    page_writer.delete(page, Author(None, "script"))
    page_writer.undelete(page, Author(None, "script"))
    now = page_lookup.find("Fournil", alice)
    assert now is not None
    assert (now.version, now.source.text) == (3, "Un.")


def test_a_place_has_its_maker_as_steward_and_pages_in_it(alice: User, bob: User) -> None:
    place = make_place("La Myne", by=bob)
    page = page_writer.create("La Myne:Charte", "Nos règles.", Author.of(alice)).page
    assert page.place == place
    assert page.full_title == "La Myne:Charte"
    assert page.title == "Charte"
    assert list(place.stewardships.values_list("user", flat=True)) == [bob.pk]
    assert Page.objects.get(pk=page.pk).is_child_of(Page.objects.get(pk=place.pk))
    assert not any(Page.find_problems())


def test_a_prefix_that_is_no_place_is_part_of_the_title(alice: User) -> None:
    page = make_page("Atelier : réparer un vélo", by=alice)
    assert page.place is None
    assert page.title == "Atelier : réparer un vélo"


def test_a_place_whose_prefix_is_in_use_is_refused_with_the_pages(bob: User) -> None:
    make_page("Atelier : réparer", by=bob)
    with pytest.raises(TitleTaken, match="Atelier : réparer"):
        make_place("Atelier", by=bob)


@pytest.mark.parametrize("title", ["Catégorie", "Fichier", "Le 100: ateliers"])
def test_a_place_cannot_have_the_name_of_a_namespace_or_a_colon(bob: User, title: str) -> None:
    with pytest.raises(Refused):
        make_place(title, by=bob)


def test_a_place_with_pages_is_neither_deleted_nor_unmade(bob: User) -> None:
    place = make_place("La Myne", by=bob)
    make_page("Charte", place=place, by=bob)
    for act in (page_writer.delete, page_writer.convert_place_to_page):
        with pytest.raises(Refused):
            act(place, Author.of(bob))


def test_relicensing_follows_the_table(bob: User) -> None:
    place = make_place("La Myne", by=bob)
    page = make_page("Charte", place=place, by=bob)
    assert page_writer.relicense(page, "LAL-1.3", Author.of(bob)).changed
    with pytest.raises(Refused):
        page_writer.relicense(page, "CC0-1.0", Author.of(bob))
    assert page_lookup.reload_page(page.pk).license == "LAL-1.3"
    assert page.versions.get(number=1).license == "CC-BY-SA-4.0"


@pytest.mark.parametrize("license", ["CC-BY-NC-4.0", "CC-BY-ND-4.0", "Mystery-1.0", ""])
def test_only_free_licences_are_for_text(alice: User, license: str) -> None:
    with pytest.raises(LicenseConflict):
        make_page("Fournil", by=alice, license=license)


def test_charlie_and_anna_write_nothing(alice: User, charlie: User) -> None:
    page = make_page("Fournil", by=alice)
    with pytest.raises(NotAllowed):
        page_writer.edit(page, "Non.", Author.of(charlie))
    assert isinstance(AnonymousUser().pk, type(None))
    with pytest.raises(NotAllowed):
        page_writer.delete(page, Author.of(alice))
    assert numbers(page) == [1]


def test_too_long_a_text_is_refused_before_anything_is_written(alice: User) -> None:
    page = make_page("Fournil", by=alice)
    with pytest.raises(Refused):
        page_writer.edit(page, "x" * 1_000_001, Author.of(alice))
    assert numbers(page) == [1]


def test_a_person_cannot_save_without_end(alice: User) -> None:
    page = make_page("Fournil", by=alice)
    for number in range(59):
        page = page_writer.edit(page, f"{number}", Author.of(alice)).page
    with pytest.raises(RateLimitExceeded):
        page_writer.edit(page, "Encore.", Author.of(alice))


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "\u2028", "\U0001f9c0" * 3, "\ufeff---\n"])
def test_odd_signs_are_kept_or_dropped_never_an_error(alice: User, text: str) -> None:
    page = make_page("Fournil", text, by=alice)
    assert "\x00" not in (page_lookup.reload_page(page.pk).source.text or "")


def test_a_stale_draft_writes_nothing(alice: User) -> None:
    page = make_page("Fournil", "Un.", by=alice)
    old = page_lookup.reload_page(page.pk)
    page_writer.edit(page, "Deux.", Author.of(alice))
    with pytest.raises(StaleVersion):
        store([NewVersion(old, "Trois.", PageFields.of(old), Author.of(alice))])
    assert numbers(page) == [1, 2]
    assert old.version == 1


def test_a_batch_that_fails_half_way_writes_nothing(alice: User) -> None:
    make_page("Pris", by=alice)
    fields = [page_lookup.fields_for_title(t, license="CC-BY-SA-4.0", language="fr") for t in ("Libre", "Pris")]
    drafts = [NewVersion(WikiPage(), "x", field, Author.of(alice)) for field in fields]
    with pytest.raises(TitleTaken):
        store(drafts)
    assert not WikiPage.objects.filter(title_key="Libre").exists()
    assert drafts[0].page.pk is None
    assert not any(Page.find_problems())


def test_a_save_asks_the_database_a_bounded_number_of_times(alice: User) -> None:
    page = make_page("Fournil", "Un [[lien]].", by=alice)
    author = Author(None, "script")
    with CaptureQueriesContext(connection) as queries:
        page_writer.edit(page, "Deux [[lien]].", author)
    asked = [query["sql"][:80] for query in queries if "pg_advisory" not in query["sql"]]  # PostgreSQL's lock beside
    assert len(asked) <= 23, asked  # of these, four for passages (what is alive, what was; ends, begins), one for forks
    assert RenderedPage.objects.filter(page=page, version=2).count() == 2
