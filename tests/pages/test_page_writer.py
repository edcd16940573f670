"""`page_writer`: versions, merging, deletion, places, licences, permissions."""

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
from wiki.errors import DatabaseBusy, EditConflict, LicenseConflict, NotAllowed, RateLimitExceeded, Refused, TitleTaken
from wiki.pages import page_lookup
from wiki.pages.models import PageText, PageVersion, RenderedPage, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author, EditSummary
from wiki.pages.writing.version_store import NewVersion, StaleVersion, store
from wiki.text.markup.markdown_parser import TEXT_LIMIT

pytestmark = pytest.mark.django_db


def numbers(page: WikiPage) -> list[int]:
    """Return the version numbers of a page, in order."""
    return list(page.versions.order_by("number").values_list("number", flat=True))


def test_edit_writes_text_version_and_reversion_row(alice: User) -> None:
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


def test_rows_equal_those_of_reversion(alice: User) -> None:
    page = make_page("Fournil", "Un four.", by=alice)
    ours = PageVersion.objects.get(page=page).stored
    with reversion.create_revision(manage_manually=True):
        reversion.add_to_revision(PageText.objects.get(page=page))
    theirs = Version.objects.exclude(pk=ours.pk).get()
    for name in ("object_id", "content_type_id", "db", "format", "serialized_data", "object_repr"):
        assert getattr(ours, name) == getattr(theirs, name), name


def test_unchanged_text_makes_no_version(alice: User) -> None:
    page = make_page("Fournil", "Un four.\n", by=alice)
    saved = page_writer.edit(page, "Un four.\r\n", Author.of(alice))
    assert not saved.changed
    assert numbers(page) == [1]


def test_concurrent_edits_are_merged(alice: User, bob: User) -> None:
    page = make_page("Recette", "Farine\n\nEau\n\nSel\n", by=alice)
    page_writer.edit(page, "Farine T65\n\nEau\n\nSel\n", Author.of(alice), base=1)
    saved = page_writer.edit(page, "Farine\n\nEau\n\nSel gris\n", Author.of(bob), base=1)
    assert saved.merged
    assert page_lookup.reload_page(page.pk).source.text == "Farine T65\n\nEau\n\nSel gris\n"
    assert "merged" in page.versions.get(number=3).tags


def test_words_in_one_line_are_merged(alice: User, bob: User) -> None:
    line = "Le lundi nous ouvrons la porte du fournil et le soir nous fermons la grange.\n"
    page = make_page("Horaires", line, by=alice)
    page_writer.edit(page, line.replace("lundi", "mardi"), Author.of(alice), base=1)
    page_writer.edit(page, line.replace("grange", "remise"), Author.of(bob), base=1)
    merged = line.replace("lundi", "mardi").replace("grange", "remise")
    assert page_lookup.reload_page(page.pk).source.text == merged


def test_conflict_has_all_texts_and_writes_nothing(alice: User, bob: User) -> None:
    page = make_page("Horaires", "Ouvert lundi.\n", by=alice)
    page_writer.edit(page, "Ouvert mardi.\n", Author.of(alice), base=1)
    with pytest.raises(EditConflict) as caught:
        page_writer.edit(page, "Ouvert jeudi.\n", Author.of(bob), base=1)
    conflict = caught.value
    assert (conflict.base, conflict.mine, conflict.theirs) == (
        "Ouvert lundi.\n", "Ouvert jeudi.\n", "Ouvert mardi.\n",
    )  # fmt: skip
    assert conflict.theirs_version == 2
    assert numbers(page) == [1, 2]


def test_edit_of_deleted_page_is_conflict(alice: User) -> None:
    page = make_page("Fournil", by=alice)
    page_writer.delete(page, Author(None, "script"))
    with pytest.raises(EditConflict) as caught:
        page_writer.edit(page, "Un autre four.", Author.of(alice), base=1)
    assert caught.value.mine == "Un autre four."


def test_form_sent_twice_saves_once(alice: User) -> None:
    page = make_page("Fournil", "Un.", by=alice)
    for _ in range(2):
        page_writer.edit(page, "Deux.", Author.of(alice), base=1)
        page_writer.create("Jardin", "Des radis.", Author.of(alice))
    assert numbers(page) == [1, 2]
    assert WikiPage.objects.filter(title_key="Jardin").count() == 1


def test_spellings_of_title_are_equal(alice: User) -> None:
    make_page("Atelier vélo", by=alice)
    for spelling in ("atelier vélo", "Atelier_vélo", "Atelier  vélo", "atelier ve\u0301lo"):
        with pytest.raises(TitleTaken):
            page_writer.create(spelling, "Autre chose.", Author.of(alice))


def test_deleted_title_can_be_used_again_with_its_history(alice: User) -> None:
    page = make_page("Fournil", "Un.", by=alice)
    page_writer.delete(page, Author(None, "script"), "doublon")
    assert page_lookup.find("Fournil", alice) is None
    again = page_writer.create("Fournil", "De retour.", Author.of(alice))
    assert again.page.pk == page.pk
    assert numbers(page) == [1, 2, 3]
    assert [v.is_deletion for v in page.versions.order_by("number")] == [False, True, False]
    assert page.versions.get(number=2).text() is None


def test_undelete_restores_last_text(alice: User) -> None:
    page = make_page("Fournil", "Un.", by=alice)
    page_writer.delete(page, Author(None, "script"))
    page_writer.undelete(page, Author(None, "script"))
    now = page_lookup.find("Fournil", alice)
    assert now is not None
    assert (now.version, now.source.text) == (3, "Un.")


def test_place_has_steward_and_pages(alice: User, bob: User) -> None:
    place = make_place("La Myne", by=bob)
    page = page_writer.create("La Myne:Charte", "Nos règles.", Author.of(alice)).page
    assert page.place == place
    assert page.full_title == "La Myne:Charte"
    assert page.title == "Charte"
    assert list(place.stewardships.values_list("user", flat=True)) == [bob.pk]
    assert Page.objects.get(pk=page.pk).is_child_of(Page.objects.get(pk=place.pk))
    assert not any(Page.find_problems())


def test_prefix_that_is_no_place_is_part_of_title(alice: User) -> None:
    page = make_page("Atelier : réparer un vélo", by=alice)
    assert page.place is None
    assert page.title == "Atelier : réparer un vélo"


def test_place_with_used_prefix_is_refused(bob: User) -> None:
    make_page("Atelier : réparer", by=bob)
    with pytest.raises(TitleTaken, match="Atelier : réparer"):
        make_place("Atelier", by=bob)


@pytest.mark.parametrize("title", ["Catégorie", "Fichier", "Le 100: ateliers"])
def test_place_title_is_no_namespace_and_has_no_colon(bob: User, title: str) -> None:
    with pytest.raises(Refused):
        make_place(title, by=bob)


def test_place_with_pages_is_neither_deleted_nor_converted(bob: User) -> None:
    place = make_place("La Myne", by=bob)
    make_page("Charte", place=place, by=bob)
    for act in (page_writer.delete, page_writer.convert_place_to_page):
        with pytest.raises(Refused):
            act(place, Author.of(bob))


def test_relicense_requires_compatible_licence(bob: User) -> None:
    place = make_place("La Myne", by=bob)
    page = make_page("Charte", place=place, by=bob)
    assert page_writer.set_fields(page, Author.of(bob), "LAL-1.3").changed
    with pytest.raises(Refused):
        page_writer.set_fields(page, Author.of(bob), "CC0-1.0")
    assert page_lookup.reload_page(page.pk).license == "LAL-1.3"
    assert page.versions.get(number=1).license == "CC-BY-SA-4.0"


@pytest.mark.parametrize("license", ["CC-BY-NC-4.0", "CC-BY-ND-4.0", "Mystery-1.0", ""])
def test_unfree_licences_are_refused(alice: User, license: str) -> None:
    with pytest.raises(LicenseConflict):
        make_page("Fournil", by=alice, license=license)


def test_blocked_and_unauthorised_users_write_nothing(alice: User, charlie: User) -> None:
    page = make_page("Fournil", by=alice)
    with pytest.raises(NotAllowed):
        page_writer.edit(page, "Non.", Author.of(charlie))
    assert isinstance(AnonymousUser().pk, type(None))
    with pytest.raises(NotAllowed):
        page_writer.delete(page, Author.of(alice))
    assert numbers(page) == [1]


def test_too_long_text_is_refused(alice: User) -> None:
    page = make_page("Fournil", by=alice)
    with pytest.raises(Refused):
        page_writer.edit(page, "x" * 1_000_001, Author.of(alice))
    assert numbers(page) == [1]


def test_edits_are_rate_limited(alice: User) -> None:
    page = make_page("Fournil", by=alice)
    for number in range(59):
        page = page_writer.edit(page, f"{number}", Author.of(alice)).page
    with pytest.raises(RateLimitExceeded):
        page_writer.edit(page, "Encore.", Author.of(alice))


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "\u2028", "\U0001f9c0" * 3, "\ufeff---\n"])
def test_unusual_characters_raise_no_error(alice: User, text: str) -> None:
    page = make_page("Fournil", text, by=alice)
    assert "\x00" not in (page_lookup.reload_page(page.pk).source.text or "")


def test_stale_version_writes_nothing(alice: User) -> None:
    page = make_page("Fournil", "Un.", by=alice)
    old = page_lookup.reload_page(page.pk)
    page_writer.edit(page, "Deux.", Author.of(alice))
    with pytest.raises(StaleVersion):
        store([NewVersion(old, "Trois.", PageFields.of(old), Author.of(alice))])
    assert numbers(page) == [1, 2]
    assert old.version == 1


def test_failed_store_writes_nothing(alice: User) -> None:
    make_page("Pris", by=alice)
    fields = [page_lookup.fields_for_title(t, license="CC-BY-SA-4.0", language="fr") for t in ("Libre", "Pris")]
    new_versions = [NewVersion(WikiPage(), "x", field, Author.of(alice)) for field in fields]
    with pytest.raises(TitleTaken):
        store(new_versions)
    assert not WikiPage.objects.filter(title_key="Libre").exists()
    assert new_versions[0].page.pk is None
    assert not any(Page.find_problems())


def test_edit_needs_limited_number_of_queries(alice: User) -> None:
    page = make_page("Fournil", "Un [[lien]].", by=alice)
    author = Author(None, "script")
    with CaptureQueriesContext(connection) as queries:
        page_writer.edit(page, "Deux [[lien]].", author)
    statements = [
        query["sql"][:80] for query in queries if "pg_advisory" not in query["sql"]
    ]  # without PostgreSQL's advisory locks
    # Of these, four for passages, one for forks, one for triples, and two for pages that show this one.
    assert len(statements) <= 26, statements
    assert RenderedPage.objects.filter(page=page, version=2).count() == 2


SCRIPT = Author(None, "script")


def test_a_text_may_be_as_long_as_the_limit_and_no_byte_longer(alice: User) -> None:
    longest = "é" * (TEXT_LIMIT // 2)
    assert page_writer.check_text(longest) == longest
    with pytest.raises(Refused):
        page_writer.check_text(longest + "x")
    assert page_writer.check_text("x\r\n" * (TEXT_LIMIT // 2)) == "x\n" * (TEXT_LIMIT // 2), "counted as it is kept"


def test_a_page_does_not_become_a_place_by_being_made_with_its_text(alice: User, bob: User) -> None:
    page = make_page("Fournil", "Un four.", by=alice)
    with pytest.raises(TitleTaken):
        page_writer.create_place("Fournil", "Un four.", Author.of(bob))
    now = page_lookup.reload_page(page.pk)
    assert (now.is_place, now.version) == (False, 1)
    assert not now.stewardships.exists()


def test_a_place_is_not_made_again_as_a_page_with_its_text(alice: User, bob: User) -> None:
    place = make_place("Fournil", text="Un four.", by=bob)
    with pytest.raises(TitleTaken):
        page_writer.create("Fournil", "Un four.", Author.of(alice))
    assert not page_writer.create_place("Fournil", "Un four.", Author.of(bob)).changed, "a form sent twice"
    assert numbers(place) == [1]


def test_it_says_whether_something_changed(alice: User) -> None:
    made = page_writer.create("Fournil", "Un four.", Author.of(alice))
    assert (made.changed, made.merged, made.version) == (True, False, 1)
    assert not page_writer.undelete(made.page, SCRIPT).changed
    assert page_writer.delete(made.page, SCRIPT).changed
    assert not page_writer.delete(made.page, SCRIPT).changed
    assert page_writer.undelete(made.page, SCRIPT).changed
    assert numbers(made.page) == [1, 2, 3]
    assert not made.page.versions.filter(minor=True).exists(), "nobody called them minor"


def test_it_tells_a_page_made_from_one_made_again(alice: User) -> None:
    page = make_page("Fournil", by=alice)
    page_writer.delete(page, SCRIPT)
    make_page("Fournil", "Deux fours.", by=alice)
    assert [version.tags for version in page.versions.order_by("number")] == [["created"], ["deleted"], ["recreated"]]


def test_undeleting_brings_back_the_text_before_the_deletion(alice: User) -> None:
    page = make_page("Fournil", "Un.", by=alice)
    page = page_writer.edit(page, "Deux.", Author.of(alice)).page
    page_writer.delete(page, SCRIPT)
    page_writer.undelete(page, SCRIPT)
    assert page_lookup.reload_page(page.pk).source.text == "Deux."


def test_it_merges_from_the_version_that_was_edited(alice: User, bob: User) -> None:
    page = make_page("Fournil", "Un.\n\nMilieu.\n\nTrois.\n", by=alice)
    page_writer.edit(page, "Deux.\n\nMilieu.\n\nTrois.\n", Author.of(alice))
    page_writer.edit(page, "Deux.\n\nMilieu.\n\nQuatre.\n", Author.of(alice), base=2)
    saved = page_writer.edit(page, "Cinq.\n\nMilieu.\n\nTrois.\n", Author.of(bob), base=2)
    assert saved.merged
    assert page_lookup.reload_page(page.pk).source.text == "Cinq.\n\nMilieu.\n\nQuatre.\n"


def test_a_version_is_taken_in_once_even_with_the_same_text(alice: User, bob: User) -> None:
    page, other = make_page("Fournil", "Un four.", by=alice), make_page("Four", "Un four.", by=bob)
    note = EditSummary("prise", merge_parent=other.versions.get())
    assert page_writer.edit(page, "Un four.", Author.of(alice), note, author=Author.of(bob)).changed
    assert not page_writer.edit(page, "Un four.", Author.of(alice), note).changed
    assert [version.author_name for version in page.versions.order_by("number")] == ["alice", "bob"]


def test_each_act_asks_whether_one_may(alice: User, charlie: User, bob: User) -> None:
    page, place = make_page("Fournil", by=alice), make_place("Atelier", by=bob)
    for act in (
        lambda: page_writer.create("Four", "Non.", Author.of(charlie)),
        lambda: page_writer.create_place("Four", "Non.", Author.of(charlie)),
        lambda: page_writer.set_fields(page, Author.of(charlie), language="en"),
        lambda: page_writer.set_fields(page, Author.of(alice), "LAL-1.3"),
        lambda: page_writer.convert_place_to_page(place, Author.of(alice)),
        lambda: page_writer.delete(place, Author.of(alice)),
        lambda: page_writer.undelete(place, Author.of(alice)),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert (numbers(page), numbers(place), WikiPage.objects.count()) == ([1], [1], 2)


def test_fields_of_a_place_change_while_pages_live_in_it(bob: User) -> None:
    place = make_place("Atelier", by=bob)
    make_page("Charte", place=place, by=bob)
    assert page_writer.set_fields(place, Author.of(bob), language="en").changed
    assert not page_writer.set_fields(place, Author.of(bob), language="en").changed
    assert page_lookup.reload_page(place.pk).language == "en"


@pytest.mark.parametrize(("count", "named"), [(5, "(A, B, C, D, E)"), (6, "(A, B, C, D, E…)")])
def test_five_of_the_pages_in_the_way_are_named_in_order(bob: User, count: int, named: str) -> None:
    place = make_place("Lieu", by=bob)
    for letter in reversed("ABCDEF"[:count]):
        make_page(letter, place=place)
    with pytest.raises(Refused) as caught:
        page_writer.delete(place, SCRIPT)
    assert named in str(caught.value).replace("Lieu:", "")


def test_a_title_that_is_refused_and_not_there_is_told(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise TitleTaken("Taken.")

    monkeypatch.setattr(page_writer, "store", refuse)
    with pytest.raises(TitleTaken):
        page_writer.create("Fournil", "Un four.", Author.of(alice))


def test_it_gives_up_when_others_are_faster_for_ever() -> None:
    def never() -> None:
        raise StaleVersion

    with pytest.raises(DatabaseBusy):
        page_writer.retry_while_stale(never)


def test_a_page_that_began_with_what_it_took_in_takes_in_nothing_by_itself(alice: User) -> None:
    other = make_page("Four", by=alice)
    page = make_page("Fournil", "Un four.", by=alice, summary=EditSummary(merge_parent=other.versions.get()))
    assert not page_writer.edit(page, "Un four.", Author.of(alice)).changed


def test_an_edit_of_a_deletion_begins_from_nothing(alice: User) -> None:
    page = make_page("Fournil", "Un.\n", by=alice)
    page_writer.delete(page, SCRIPT)
    make_page("Fournil", "Deux.\n", by=alice)
    with pytest.raises(EditConflict):
        page_writer.edit(page, "Trois.\n", Author.of(alice), base=2)
    assert numbers(page) == [1, 2, 3]


def test_a_page_that_never_had_a_text_does_not_come_back(alice: User) -> None:
    page = WikiPage()
    store([NewVersion(page, None, page_lookup.fields_for_title("Vide", license="CC0-1.0", language="fr"), SCRIPT)])
    with pytest.raises(Refused, match="never had a text"):
        page_writer.undelete(page, SCRIPT)
