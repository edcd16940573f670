"""Transclusion: arguments, attribution, licence check, limits, invalidation."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone

from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.pages import page_lookup
from wiki.pages.models import PageLink
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author
from wiki.text import transclusion

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
CHARTER = """---
Nature: Pratique
---
# Charte

Chacun range.[^1]

[^1]: Et balaie.

## Les outils

On prête {{{quoi|les outils}}} à [[Voisine]].

### Les grands

Pas la scie.

## Le bruit

Pas après {{{1}}}.
"""


@pytest.fixture
def reader(client_of: Any) -> Client:
    """Return a client for Anna."""
    client: Client = client_of(AnonymousUser())
    return client


def get_article(reader: Client, title: str) -> str:
    """Return the article of a page, as the user sees it."""
    text = reader.get(f"/wiki/{title}").content.decode()
    return str(text[text.index("<article") : text.index("</article>")])


def save_text(title: str, text: str) -> None:
    """Save a page by a script."""
    page = page_lookup.find_by_key(title)
    assert page is not None
    page_writer.edit(page, text, Author(None, "script"))


def test_a_section_is_transcluded_with_attribution(alice: User, bob: User, reader: Client) -> None:
    place = make_place("La Myne", by=bob)
    make_page("Charte", CHARTER, by=alice, place=place)
    make_page("Voisine", "Elle.", place=place)
    make_page("Livret", "# Livret\n\n{{Charte#Les outils|quoi=la **perceuse**}}\n\nFin.", place=place)
    shown = get_article(reader, "La_Myne:Livret")
    assert "On prête la <strong>perceuse</strong> à" in shown
    assert 'href="/wiki/La_Myne:Voisine"' in shown
    assert "Pas la scie." in shown
    assert "Pas après" not in shown
    assert "Chacun range" not in shown
    credit = shown[shown.index("include-credit") :]
    assert 'href="/wiki/La_Myne:Charte#s-les-outils"' in credit
    assert "alice" in credit
    assert "CC-BY-SA-4.0" in credit
    assert PageLink.objects.filter(page__full_title="La Myne:Livret", place_key="La Myne:Charte").exists()
    make_page("Tout", "# Charte\n\n{{La Myne:Charte|22 h}}\n\nUne note.[^1]\n\n[^1]: À nous.")
    shown = get_article(reader, "Tout")
    assert "Pas après 22 h." in shown
    ids = [part.partition('"')[0] for part in shown.split(' id="')[1:]]
    assert len(ids) == len(set(ids))
    for part in shown.split('href="#')[1:]:
        assert part.partition('"')[0] in ids


def test_it_is_refreshed_when_the_transcluded_page_changes(alice: User, bob: User, reader: Client) -> None:
    make_page("Livret", "{{Charte}} et {{Modèle:Petit|a}}, {{Petit|b}}.", by=alice)
    assert 'class="red"' in get_article(reader, "Livret")
    make_page("Charte", "Range.", by=alice)
    make_page("Template:Petit", "un <noinclude>rien</noinclude>{{{1}}}", by=alice)
    shown = get_article(reader, "Livret")
    assert "Range." in shown
    assert "un a" in shown
    assert "un b" in shown
    assert "rien" not in shown
    save_text("Charte", "Balaie.")
    assert "Balaie." in get_article(reader, "Livret")
    page = page_lookup.find_by_key("Charte")
    assert page is not None
    bob.is_superuser = True
    page_moves.move(page, "Règles", Author.of(bob))
    assert "Règles" in get_article(reader, "Livret")  # by the redirect
    save_text("Règles", "Éteins.")
    assert "Éteins." in get_article(reader, "Livret")
    page = page_lookup.find_by_key("Règles")
    assert page is not None
    page_writer.delete(page, Author.of(bob))
    assert "Éteins." not in get_article(reader, "Livret")


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("Nom : {{PAGENAME}}", "Nom : Portraits"),
        ("Nom : {{ fullpagename }}", "Nom : Help:Portraits"),
        ("Nom : {{NAMESPACE}}", "Nom : Help"),
        ("Nom : {{{a|{{PAGENAME}}}}}", "Nom : Portraits"),
        ("Nom : {{Inner|{{PAGENAME}}}}", "Portraits in Portraits"),
        ("Nom : {{Inner|x={{PAGENAME}}}}", "Portraits in Portraits"),
        ("Nom : [[P::{{PAGENAME}}]]", "Nom : Portraits"),
        ("Nom : [[{{PAGENAME}}/2]]", ">Portraits/2<"),
        ("{{#ask: [[:Target]]|format=template|link=none|template=Row}}", "1 in Portraits"),
        ("{{#ask: [[:Target]]|format=ul|link=none|template=Row}}", "<li>1 in Portraits</li>"),
        ("a {{#ask: [[:Target]]|format=plainlist|template=Row}} b", '<span class="ask-run">1 in Portraits</span> b'),
    ],
)
def test_page_name_variables_name_the_page_that_shows_the_text(
    template: str, shown: str, alice: User, reader: Client
) -> None:
    make_page("Target", "Là.", by=alice)
    make_page("Template:Row", "{{{#}}} in {{PAGENAME}}", by=alice)
    make_page("Template:Inner", "{{{1|{{{x}}}}}} in {{PAGENAME}}", by=alice)
    make_page("Template:Gab", template, by=alice)
    page = make_page("Help:Portraits", "{{Gab}}", by=alice)
    assert shown in get_article(reader, "Help:Portraits")
    page_moves.move(page, "Help:Tableaux", Author(None, "script"))
    assert shown.replace("Portraits", "Tableaux") in get_article(reader, "Help:Tableaux")


def test_what_is_shown_in_a_line_is_credited_below_the_text(alice: User, reader: Client) -> None:
    make_page("Template:Prix", "{{Devise}}", by=alice)
    make_page("Template:Devise", "10 euros", by=alice)
    make_page("Tarifs", "Prix : {{Devise}} par jour, {{Devise}} la nuit.\n\nSoit {{Prix}} en tout.\n\nFin.", by=alice)
    shown = get_article(reader, "Tarifs")
    assert "10 euros</span> par jour" in shown
    assert shown.count("include-credit") == 2
    assert shown.index("Fin.") < shown.index("include-credit")
    assert shown.count(">Template:Devise</a>") == shown.count(">Template:Prix</a>") == 1
    assert get_article(reader, "Tarifs") == shown
    make_page("Template:Note", "<includeonly>{{#set:P=1}}</includeonly>", by=alice)
    make_page("Ligne", "Un {{Note}} mot.", by=alice)
    assert 'class="problem"' not in get_article(reader, "Ligne")


def test_two_changes_within_one_second_show_both(alice: User, reader: Client) -> None:
    moment = timezone.now() - timedelta(minutes=1)
    script = Author(None, "script", claimed_at=moment)
    template = make_page("Modèle:Adresse", "Rue des Lilas", by=alice)
    make_page("Atelier", "{{Adresse}}\n\n{{#ask: [[Nature::Projet]] }}", by=alice)
    project = make_page("Jardin", "---\nNature: Projet\n---\n", by=alice)
    for street in ("Rue des Roses", "Rue du Four"):
        page_writer.edit(page_lookup.reload_page(template.pk), street, script)
        assert street in get_article(reader, "Atelier")
    for title in ("Potager", "Verger"):
        page_moves.move(page_lookup.reload_page(project.pk), title, script, leave_redirect=False)
        assert f">{title}<" in get_article(reader, "Atelier")


def test_the_licence_has_to_allow_transclusion(alice: User, reader: Client) -> None:
    make_page("Libre", "Donné.", by=alice, license="CC0-1.0")
    make_page("Partagé", "Gardé libre.", by=alice, license="CC-BY-SA-4.0")
    make_page("À tous", "{{Libre}}\n\n{{Partagé}}", by=alice, license="CC-BY-4.0")
    shown = get_article(reader, "À_tous")
    assert "Donné." in shown
    assert "Gardé libre." not in shown
    assert 'class="problem"' in shown


def test_loops_depth_and_number_are_limited(alice: User, reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_page("A", "a {{B}}", by=alice)
    make_page("B", "b {{A}}", by=alice)
    shown = get_article(reader, "A")
    assert "A → B → A" in shown
    for number in range(12):
        make_page(f"Fond {number}", f"f{number} {{{{Fond {number + 1}}}}}", by=alice)
    shown = get_article(reader, "Fond_0")
    assert "f7" in shown
    assert "f9 " not in shown
    make_page("Rires 0", "ha", by=alice)
    for number in range(1, 8):
        make_page(f"Rires {number}", f"{{{{Rires {number - 1}}}}} " * 10, by=alice)
    begun = time.monotonic()
    shown = get_article(reader, "Rires_7")
    assert time.monotonic() - begun < 20
    assert shown.count("ha") < 100
    monkeypatch.setattr(
        "wiki.ask.embedding.embedded_results.TIMEOUT_SECONDS", 60
    )  # how many are shown, not how fast this machine is today
    make_page("Beaucoup", "{{Rires 0}} " * 3_000, by=alice)
    assert get_article(reader, "Beaucoup").count('class="include"') == 50


def test_transcluded_text_cannot_break_out_of_its_element(alice: User, reader: Client) -> None:
    make_page("Cadre", "> {{{1}}}\n\n<b>{{{2|x}}}</b>", by=alice)
    make_page("Attaque", "{{Cadre|<script>alert(1)</script><img src=x onerror=alert(1)>|}}\n\n{{Cadre#Rien}}", by=alice)
    shown = get_article(reader, "Attaque")
    assert 'class="include"' in shown
    assert "<script" not in shown
    assert "<img" not in shown
    assert shown.count('class="problem"') == 2  # pictures are not written in HTML; there is no such section
    make_page("Exemple", "`{{Cadre}}` et \\{{Cadre}} et {{{1}}} et {{ .x }}\n\n    {{Cadre}}\n", by=alice)
    shown = get_article(reader, "Exemple")
    assert 'class="include"' not in shown
    assert shown.count("{{Cadre}}") == 3
    assert "{{{1}}}" in shown
    make_page("Au milieu", "Un {{Cadre|a}} mot, {{#nothing: a}}.", by=alice)
    assert get_article(reader, "Au_milieu").count('class="problem"') == 2


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        (
            "les OUTILS",
            "On prête {{{quoi|les outils}}} à [[Voisine]].\n\n### Les grands\n\nPas la scie.",
        ),
        ("Les grands", "Pas la scie."),
        ("Le bruit", "Pas après {{{1}}}."),
        ("Rien", None),
    ],
)
def test_a_section_ends_before_the_next_one_of_its_level(heading: str, expected: str | None) -> None:
    assert transclusion.extract_section(CHARTER, heading) == expected


def test_a_word_with_a_hash_ends_no_section() -> None:
    text = "## Règles\n\nOn range.\n\n#tierslieux #commun\n\n## Suite\n\nFin."
    assert transclusion.extract_section(text, "Règles") == "On range.\n\n#tierslieux #commun"
    assert transclusion.extract_section(text, "tierslieux #commun") is None


def test_sections_are_extracted_in_linear_time() -> None:
    begun = time.monotonic()
    transclusion.extract_section("# a\n" * 100_000, "b")
    transclusion.extract_section("#" * 500_000, "b")
    transclusion.extract_section("# " + " " * 500_000 + "x", "b")
    assert time.monotonic() - begun < 20
