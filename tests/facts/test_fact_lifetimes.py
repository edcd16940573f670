"""Facts live from the version that says them first to the one that says them no more, and history gives them again."""

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


def lives(page: WikiPage, key: str) -> list[tuple[str, int, int | None]]:
    """Words, birth and death of the facts of a property, in order."""
    facts = Fact.objects.filter(page=page, property__key=key, part_of=None).order_by("added_in", "position")
    return list(facts.values_list("raw", "added_in", "removed_in"))


def same_from_history() -> None:
    """Fail unless rebuilding gives what is kept; from nothing, too."""
    kept = {name: sorted(map(str, rows)) for name, rows in rebuild_derived.snapshot().items()}
    for from_nothing in (False, True):
        if from_nothing:
            Fact.objects.all().delete()
            Subject.objects.all().delete()
            Property.objects.all().delete()
        rebuild_derived.rebuild()
        again = {name: sorted(map(str, rows)) for name, rows in rebuild_derived.snapshot().items()}
        for name, rows in kept.items():
            assert again[name] == rows, name


def test_it_begins_goes_on_and_ends(bob: User) -> None:
    place = make_place("Atelier", by=bob)
    page = make_page("Charte", "---\nVille: [Lyon, Paris]\n---\n[[Note::douze]]", place=place)
    page_writer.edit(page, "---\nVille: [Paris, Nantes]\n---\n[[Note::douze]]", SCRIPT)
    page_writer.edit(page_lookup.reload_page(page.pk), "---\nVille: [Lyon]\n---", SCRIPT)
    assert lives(page, "Ville") == [("Lyon", 1, 2), ("Paris", 1, 3), ("Nantes", 2, 3), ("Lyon", 3, None)]
    assert lives(page, "Note") == [("douze", 1, 3)]
    page_writer.delete(page_lookup.reload_page(page.pk), Author.of(bob))
    assert not Fact.objects.filter(page=page, removed_in=None).exists()
    page_writer.undelete(page_lookup.reload_page(page.pk), Author.of(bob))
    assert lives(page, "Ville")[-2:] == [("Lyon", 3, 4), ("Lyon", 5, None)]
    same_from_history()


def test_it_follows_every_version_of_an_import() -> None:
    page, begin = WikiPage(), datetime(2019, 3, 1, tzinfo=UTC)
    fields = PageFields(0, None, "Cahier", False, "CC-BY-SA-4.0", "fr")
    texts = ["[[Ville::Lyon]]", "[[Ville::Lyon]] et plus", "Rien.", "[[Ville::Paris]]"]
    clocks = [0, 5, 3, 9]  # the third clock stands behind the second
    store(
        [
            NewVersion(page, text, fields, SCRIPT, claimed_at=begin + timedelta(days=clock))
            for text, clock in zip(texts, clocks, strict=True)
        ],
        Changeset(act=Changeset.Act.IMPORT),
    )
    assert lives(page, "Ville") == [("Lyon", 1, 3), ("Paris", 4, None)]
    gone = Fact.objects.get(page=page, property__key="Ville", removed_in=3)
    assert gone.added_at == begin
    assert gone.removed_at == begin + timedelta(days=5)
    same_from_history()


def test_it_reads_what_people_write_everywhere() -> None:
    page = make_page(
        "Charte",
        "---\nNature: Pratique\nSéance:\n  - Jour: lundi\n  - {id: mardi, Jour: mardi}\n---\n"
        "[[Située à::Lyon|ici]] [[:Pas::un fait]] [[SMW::off]] [[Caché::x]] [[SMW::on]] `[[Code::x]]`\n"
        "<!-- [[Commentaire::x]] -->\n\n"
        "{{#set:Prix=12|Prix=13|14|Mots=a;b|+sep=;}} {{#subobject:créneau|Jour=jeudi|@category=Horaire}}\n"
        "{{DEFAULTSORT:Zzz}} [[Titre::{{PAGENAME}}]] [[Catégorie:Bois]]",
    )
    said = {
        (fact.subject.fragment[:7], fact.property.key, fact.raw)
        for fact in Fact.objects.filter(page=page, position__lt=1_000_000).select_related("subject", "property")
    }
    fragments = {fragment for fragment, _, _ in said if fragment.startswith("_")}
    assert len(fragments) == 1
    hashed = fragments.pop()
    assert {one for one in said if one[1] != "Séance"} == {
        ("", "_KIND", "Pratique"), ("", "Située à", "Lyon"), ("", "Prix", "12"), ("", "Prix", "13"), ("", "Prix", "14"),
        ("", "Mots", "a"), ("", "Mots", "b"), ("créneau", "Jour", "jeudi"), ("créneau", "_INST", "Category:Horaire"),
        ("", "_SKEY", "Zzz"), ("", "Titre", "Charte"), ("", "_INST", "Category:Bois"), (hashed, "Jour", "lundi"),
        ("", "_SOBJ", "#créneau"),
        ("mardi", "Jour", "mardi"),
    }  # fmt: skip


def test_it_reads_facts_again_when_their_property_is_declared(alice: User) -> None:
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
    same_from_history()


def test_it_keeps_the_facts_of_a_renamed_property(alice: User, bob: User) -> None:
    bob.is_superuser = True
    bob.save()
    page = make_page("Charte", "---\nVille: 12\n---")
    declared = make_page("Property:Ville", "---\nHas type: Number\n---", by=alice)
    page_moves.move(declared, "Property:Commune", Author.of(bob))
    old = Property.objects.get(key="Ville")
    assert old.redirects_to is not None
    assert old.redirects_to.key == "Commune"
    assert Fact.objects.get(page=page, property=old).number == 12.0
    same_from_history()


def test_it_means_the_page_in_its_own_place_as_soon_as_it_is_there(bob: User) -> None:
    place = make_place("Atelier", by=bob)
    page = make_page("Charte", "[[Voir::Établi]]", place=place)

    def word() -> str:
        return Fact.objects.get(page=page, property__key="Voir", removed_in=None).canonical_value

    assert word() == "Établi"
    bench = make_page("Établi", place=place)
    assert word() == "Atelier:Établi"
    same_from_history()
    page_writer.delete(bench, Author.of(bob))
    assert word() == "Établi"
    page_moves.move(page_lookup.reload_page(place.pk), "Forge", Author.of(bob))
    make_page("Forge:Établi")
    assert word() == "Forge:Établi"
    same_from_history()


def test_it_keeps_records_with_their_fields() -> None:
    make_page("Property:Jour", "---\nHas type: Text\n---")
    make_page("Property:Prix", "---\nHas type: Number\n---")
    make_page("Property:Offre", "---\nHas type: Record\nHas fields: Jour; Prix\n---")
    page = make_page("Charte", "---\nOffre: [lundi; 12, mardi; 15]\n---")
    parts = Fact.objects.filter(page=page, part_of__raw="lundi; 12").order_by("position")
    assert [(part.property.key, part.canonical_value, part.number) for part in parts][1][2] == 12.0
    page_writer.edit(page, "---\nOffre: [mardi; 15]\n---", SCRIPT)
    assert set(parts.values_list("removed_in", flat=True)) == {2}
    same_from_history()


def test_it_bounds_what_one_page_states() -> None:
    page = make_page("Charte", "---\nN: [" + ", ".join(f"v{n}" for n in range(2500)) + "]\n---")
    assert Fact.objects.filter(page=page, property__key="N").count() == 2000


def test_it_agrees_with_history_after_random_edits(bob: User) -> None:
    dice = random.Random(5)
    places = [make_place(name, by=bob) for name in ("Nord", "Sud")]
    pages = [make_page(f"Page {n}", f"[[Voir::Page {n + 1}]]", place=dice.choice(places)) for n in range(4)]
    make_page("Property:N", "---\nHas type: Number\n---")
    for turn in range(60):
        page = page_lookup.reload_page(dice.choice(pages).pk)
        act = dice.random()
        if page.is_deleted:
            page_writer.undelete(page, Author.of(bob))
        elif act < 0.1:
            page_writer.delete(page, Author.of(bob))
        elif act < 0.2:
            title = f"{dice.choice(['Nord', 'Sud'])}:{page.title}"
            if page_lookup.find_by_key(title) is None:
                page_moves.move(page, title, Author.of(bob), leave_redirect=False)
        else:
            values = ", ".join(str(dice.randrange(5)) for _ in range(dice.randrange(1, 4)))
            text = f"---\nN: [{values}]\nVille: v{dice.randrange(3)}\n---\n[[Voir::Page {dice.randrange(4)}]] {turn}"
            page_writer.edit(page, text, SCRIPT)
    same_from_history()
