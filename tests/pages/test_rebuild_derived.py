"""Derived data can be rebuilt from the history, and is then equal."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.pages.models import Kind, PageLink, PageText, RenderedPage, WikiPage
from wiki.pages.writing import page_moves, page_writer, rebuild_derived
from wiki.pages.writing.page_writer import Author, EditSummary

pytestmark = pytest.mark.django_db
SCRIPT = Author(None, "script")


def make_small_wiki(alice: User, bob: User) -> None:
    """Create places, pages, links, pictures, problems, moves, a deletion, a redirect."""
    place = make_place("La Myne", by=bob, text="---\nkind: Lieu\n---\nVoir [[Charte]].\n")
    charter = make_page(
        "Charte", "---\nNature: Pratique\nVille: [Lyon, Oullins]\n---\n# Un\n## Deux\n", by=alice, place=place
    )
    page_writer.edit(
        charter,
        "---\nNature: Zzz\n---\n[[Catégorie:Règles]] ![x](a.jpg) {{#ask: x}}\n",
        Author.of(alice),
        EditSummary(),
    )
    deleted = make_page("Parti", "Un [[lien]].", by=alice)
    page_writer.delete(deleted, SCRIPT)
    page_moves.move(place, "Le Labo", SCRIPT)
    make_page("Catégorie:Règles", "[[Catégorie:Tout]]", by=alice)


def test_rebuild_restores_derived_data(alice: User, bob: User) -> None:
    make_small_wiki(alice, bob)
    before = rebuild_derived.snapshot()
    assert len(before["links"]) > 4
    assert len(before["rendered"]) == 2 * WikiPage.objects.count()
    PageLink.objects.all().delete()
    PageLink.objects.create(page=WikiPage.objects.first(), way="link", key="Faux")
    RenderedPage.objects.filter(ui_language="fr").delete()
    RenderedPage.objects.update(html="faux", toc=["faux"])
    PageText.objects.update(text="faux")
    WikiPage.objects.update(
        kind=Kind.objects.get(key="event"), excerpt="faux", size=9, license="MIT", redirect_key="Faux", version=99
    )
    call_command("rebuild", verbosity=0)
    assert rebuild_derived.snapshot() == before


def test_second_rebuild_changes_nothing(alice: User, bob: User) -> None:
    make_small_wiki(alice, bob)
    before = rebuild_derived.snapshot()
    assert rebuild_derived.rebuild() == rebuild_derived.rebuild() == WikiPage.objects.count()
    assert rebuild_derived.snapshot() == before


def test_edit_during_rebuild_is_preserved(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    page = make_page("Fournil", "Un.", by=alice)
    last_versions, calls = rebuild_derived._last_versions, []

    def edit_meanwhile(pks: list[int]) -> object:
        found = last_versions(pks)
        if not calls:
            calls.append(page_writer.edit(page, "Deux.", SCRIPT))
        return found

    monkeypatch.setattr(rebuild_derived, "_last_versions", edit_meanwhile)
    rebuild_derived.rebuild()
    assert calls
    assert PageText.objects.get(page=page).text == "Deux."
    assert WikiPage.objects.get(pk=page.pk).version == 2
