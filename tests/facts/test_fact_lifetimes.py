"""Facts are current from the first version that states them to the first that does not; a rebuild gives equal rows."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.factories import make_page, make_place
from wiki.facts.models import Fact, Property, Subject
from wiki.pages import page_lookup
from wiki.pages.models import Changeset, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing import page_moves, page_writer, rebuild_derived
from wiki.pages.writing.page_writer import Author
from wiki.pages.writing.version_store import NewVersion, store

if TYPE_CHECKING:
    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db
SCRIPT = Author(None, "script")


def lifetimes(page: WikiPage, key: str) -> list[tuple[str, int, int | None]]:
    """Return (raw value, added_in, removed_in) of the facts of a property, in order."""
    facts = Fact.objects.filter(page=page, property__key=key, part_of=None).order_by("added_in", "position")
    return list(facts.values_list("raw", "added_in", "removed_in"))


def check_rebuild() -> None:
    """Check that a rebuild gives the stored data, with and without deleting it first."""
    stored = {name: sorted(map(str, rows)) for name, rows in rebuild_derived.snapshot().items()}
    for from_nothing in (False, True):
        if from_nothing:
            Fact.objects.all().delete()
            Subject.objects.all().delete()
            Property.objects.all().delete()
        rebuild_derived.rebuild()
        rebuilt = {name: sorted(map(str, rows)) for name, rows in rebuild_derived.snapshot().items()}
        for name, rows in stored.items():
            assert rebuilt[name] == rows, name


def test_facts_are_added_continued_and_removed(bob: User) -> None:
    place = make_place("Atelier", by=bob)
    page = make_page("Charte", "---\nVille: [Lyon, Paris]\n---\n[[Note::douze]]", place=place)
    page_writer.edit(page, "---\nVille: [Paris, Nantes]\n---\n[[Note::douze]]", SCRIPT)
    page_writer.edit(page_lookup.reload_page(page.pk), "---\nVille: [Lyon]\n---", SCRIPT)
    assert lifetimes(page, "Ville") == [("Lyon", 1, 2), ("Paris", 1, 3), ("Nantes", 2, 3), ("Lyon", 3, None)]
    assert lifetimes(page, "Note") == [("douze", 1, 3)]
    page_writer.delete(page_lookup.reload_page(page.pk), Author.of(bob))
    assert not Fact.objects.filter(page=page, removed_in=None).exists()
    page_writer.undelete(page_lookup.reload_page(page.pk), Author.of(bob))
    assert lifetimes(page, "Ville")[-2:] == [("Lyon", 3, 4), ("Lyon", 5, None)]
    check_rebuild()


def test_an_import_applies_each_version() -> None:
    page, begin = WikiPage(), datetime(2019, 3, 1, tzinfo=UTC)
    fields = PageFields(0, None, "Cahier", False, "CC-BY-SA-4.0", "fr")
    texts = ["[[Ville::Lyon]]", "[[Ville::Lyon]] et plus", "Rien.", "[[Ville::Paris]]"]
    days = [0, 5, 3, 9]  # the third version claims an earlier time than the second
    store(
        [
            NewVersion(page, text, fields, SCRIPT, claimed_at=begin + timedelta(days=day))
            for text, day in zip(texts, days, strict=True)
        ],
        Changeset(act=Changeset.Act.IMPORT),
    )
    assert lifetimes(page, "Ville") == [("Lyon", 1, 3), ("Paris", 4, None)]
    removed = Fact.objects.get(page=page, property__key="Ville", removed_in=3)
    assert removed.added_at == begin
    assert removed.removed_at == begin + timedelta(days=5)
    check_rebuild()


def test_all_syntaxes_state_facts() -> None:
    page = make_page(
        "Charte",
        "---\nNature: Pratique\nSéance:\n  - Jour: lundi\n  - {id: mardi, Jour: mardi}\n---\n"
        "[[Située à::Lyon|ici]] [[:Pas::un fait]] [[SMW::off]] [[Caché::x]] [[SMW::on]] `[[Code::x]]`\n"
        "<!-- [[Commentaire::x]] -->\n\n"
        "{{#set:Prix=12|Prix=13|14|Mots=a;b|+sep=;}} {{#subobject:créneau|Jour=jeudi|@category=Horaire}}\n"
        "{{DEFAULTSORT:Zzz}} [[Titre::{{PAGENAME}}]] [[Catégorie:Bois]]",
    )
    stated = {
        (fact.subject.fragment[:7], fact.property.key, fact.raw)
        for fact in Fact.objects.filter(page=page, position__lt=1_000_000).select_related("subject", "property")
    }
    fragments = {fragment for fragment, _, _ in stated if fragment.startswith("_")}
    assert len(fragments) == 1
    fragment = fragments.pop()
    assert {fact for fact in stated if fact[1] != "Séance"} == {
        ("", "_KIND", "Pratique"), ("", "Située à", "Lyon"), ("", "Prix", "12"), ("", "Prix", "13"), ("", "Prix", "14"),
        ("", "Mots", "a"), ("", "Mots", "b"), ("créneau", "Jour", "jeudi"), ("créneau", "_INST", "Category:Horaire"),
        ("", "_SKEY", "Zzz"), ("", "Titre", "Charte"), ("", "_INST", "Category:Bois"), (fragment, "Jour", "lundi"),
        ("", "_SOBJ", "#créneau"),
        ("mardi", "Jour", "mardi"),
    }  # fmt: skip


def test_facts_are_parsed_again_when_their_property_is_declared(alice: User) -> None:
    page = make_page("Charte", "---\nSurface: 200 m²\nRéf: lourd\n---")
    make_page("Property:Surface", "---\nA le type: Quantité\nCorrespond à: [1 m², 0.0001 ha]\n---", by=alice)
    make_page("Property:Réf", "---\nHas type: Number\n---", by=alice)
    fact = Fact.objects.get(page=page, property__key="Surface")
    assert (fact.datatype, fact.number, fact.added_in, fact.removed_in) == ("_qty", 200.0, 1, None)
    wrong = Fact.objects.get(page=page, property__key="Réf")
    assert wrong.problem["code"].startswith("number")
    declared = page_lookup.find("Property:Réf", alice)
    assert declared is not None
    page_writer.edit(declared, "---\nHas type: Text\n---", SCRIPT)
    assert Fact.objects.get(page=page, property__key="Réf").problem is None
    check_rebuild()


def test_a_renamed_property_has_its_facts_still(alice: User, bob: User) -> None:
    bob.is_superuser = True
    bob.save()
    page = make_page("Charte", "---\nVille: 12\n---")
    declared = make_page("Property:Ville", "---\nHas type: Number\n---", by=alice)
    page_moves.move(declared, "Property:Commune", Author.of(bob))
    old = Property.objects.get(key="Ville")
    assert old.redirects_to is not None
    assert old.redirects_to.key == "Commune"
    assert Fact.objects.get(page=page, property=old).number == 12.0
    check_rebuild()


def test_a_page_value_points_into_its_place_as_soon_as_that_page_exists(bob: User) -> None:
    place = make_place("Atelier", by=bob)
    page = make_page("Charte", "[[Voir::Établi]]", place=place)

    def value() -> str:
        return Fact.objects.get(page=page, property__key="Voir", removed_in=None).canonical_value

    assert value() == "Établi"
    bench = make_page("Établi", place=place)
    assert value() == "Atelier:Établi"
    check_rebuild()
    page_writer.delete(bench, Author.of(bob))
    assert value() == "Établi"
    page_moves.move(page_lookup.reload_page(place.pk), "Forge", Author.of(bob))
    make_page("Forge:Établi")
    assert value() == "Forge:Établi"
    check_rebuild()


def test_records_are_stored_with_their_fields() -> None:
    make_page("Property:Jour", "---\nHas type: Text\n---")
    make_page("Property:Prix", "---\nHas type: Number\n---")
    make_page("Property:Offre", "---\nHas type: Record\nHas fields: Jour; Prix\n---")
    page = make_page("Charte", "---\nOffre: [lundi; 12, mardi; 15]\n---")
    parts = Fact.objects.filter(page=page, part_of__raw="lundi; 12").order_by("position")
    assert [(part.property.key, part.canonical_value, part.number) for part in parts][1][2] == 12.0
    page_writer.edit(page, "---\nOffre: [mardi; 15]\n---", SCRIPT)
    assert set(parts.values_list("removed_in", flat=True)) == {2}
    check_rebuild()


def test_the_facts_of_a_page_are_limited() -> None:
    page = make_page("Charte", "---\nN: [" + ", ".join(f"v{n}" for n in range(2500)) + "]\n---")
    assert Fact.objects.filter(page=page, property__key="N").count() == 2000


def test_a_rebuild_agrees_after_random_edits(bob: User) -> None:
    dice = random.Random(5)
    places = [make_place(name, by=bob) for name in ("Nord", "Sud")]
    pages = [make_page(f"Page {n}", f"[[Voir::Page {n + 1}]]", place=dice.choice(places)) for n in range(4)]
    make_page("Property:N", "---\nHas type: Number\n---")
    for step in range(60):
        page = page_lookup.reload_page(dice.choice(pages).pk)
        choice = dice.random()
        if page.is_deleted:
            page_writer.undelete(page, Author.of(bob))
        elif choice < 0.1:
            page_writer.delete(page, Author.of(bob))
        elif choice < 0.2:
            title = f"{dice.choice(['Nord', 'Sud'])}:{page.title}"
            if page_lookup.find_by_key(title) is None:
                page_moves.move(page, title, Author.of(bob), leave_redirect=False)
        else:
            values = ", ".join(str(dice.randrange(5)) for _ in range(dice.randrange(1, 4)))
            text = f"---\nN: [{values}]\nVille: v{dice.randrange(3)}\n---\n[[Voir::Page {dice.randrange(4)}]] {step}"
            page_writer.edit(page, text, SCRIPT)
    check_rebuild()
