"""Search of current pages: results, ranking and permissions; the search page, its facets and snippets."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils.html import escape

from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.pages import background_jobs
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author
from wiki.search import search_results
from wiki.search.search_ast import FuzzyTerm, Phrase, PrefixTerm, Term
from wiki.search.snippets import Highlighter

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
ANNA = AnonymousUser()


@pytest.fixture
def wiki(alice: User, bob: User) -> None:
    """A few indexed places and pages."""
    place = make_place("La Filature", by=bob, text="---\nVille: Lyon\n---\nUne friche avec un atelier bois.")
    make_place("Le Moulin", by=bob, text="---\nVille: Oullins\n---\nOn y moud du grain.")
    make_page("Charte", "---\nkind: Pratique\n---\nPour l’atelier: on range les outils.", by=alice, place=place)
    make_page("Atelier bois", "On y travaille le bois. [[Catégorie:Ateliers]]", by=alice)
    make_page("Couture", "Un atelier de couture. Pas de bois ici. [[Catégorie:Ateliers]]", by=bob)
    make_page("Sewing", "A workshop for sewing machines.", language="en", license="CC0-1.0")
    make_page("Menuiserie", "#REDIRECT [[Atelier bois]]")
    background_jobs.run_pending()


def titles(text: str) -> list[str]:
    hits = search_results.search_pages(text, ANNA).hits
    rows = WikiPage.objects.in_bulk([hit.pk for hit in hits])
    return [rows[hit.pk].full_title for hit in hits]


@pytest.mark.usefixtures("wiki")
class TestFinding:
    """The results of searches."""

    def test_words_phrases_and_the_rest(self) -> None:
        cases = {
            "bois": {"Atelier bois", "Couture", "La Filature"},
            "boisés": {"Atelier bois", "Couture", "La Filature"},
            '"atelier bois"': {"Atelier bois", "La Filature"},
            "atelier -couture": {"Atelier bois", "La Filature", "La Filature:Charte"},
            "outil*": {"La Filature:Charte"},
            "outls~": {"La Filature:Charte"},
            "grain OR outils": {"Le Moulin", "La Filature:Charte"},
            "(grain OU outils) SAUF kind:lieu": {"La Filature:Charte"},
            "grain OR kind:pratique": {"Le Moulin", "La Filature:Charte"},
            "lyon": {"La Filature"},
            "titre:bois": {"Atelier bois"},
            "title:atelier OR title:couture": {"Atelier bois", "Couture"},
            "kind:lieu": {"La Filature", "Le Moulin"},
            "nature:pratique": {"La Filature:Charte"},
            "lieu:filature": {"La Filature", "La Filature:Charte"},
            'lieu:"La Filature" outils': {"La Filature:Charte"},
            "atelier catégorie:ateliers": {"Atelier bois", "Couture"},
            "auteur:alice": {"La Filature:Charte", "Atelier bois"},
            "licence:CC0": {"Sewing"},
            "langue:en": {"Sewing"},
            "machine": {"Sewing"},
            "atelier before:2000": set(),
            "atelier before:2000 OR sewing": {"Sewing"},
            "after:2000 sewing": {"Sewing"},
            "-kind:lieu -atelier": {"Sewing"},
            "menuiserie": {"Atelier bois"},
            "zzz": set(),
        }
        assert {text: set(titles(text)) for text in cases} == cases

    def test_the_best_comes_first(self) -> None:
        assert titles("atelier bois")[0] == "Atelier bois"
        assert titles("couture")[0] == "Couture"
        assert titles("La Filature")[0] == "La Filature"

    def test_words_are_found_however_they_are_written(self) -> None:
        texts = {
            "Clé": "Quelqu’un garde la clé.", "Bruit": "Un four, un voisin, un chien.", "Jauge": "2\u202f500 places.",
            "Prix": "Il faut 3.500 euros.", "Appel": "Tél. 04.78.00.00.01", "Statut": "Une S.C.I.C. locale.",
            "Chantier": "Des travaux, des vitraux et des baux.",
        }  # fmt: skip
        for title, text in texts.items():
            make_page(title, text)
        background_jobs.run_pending()
        for words, title in {
            "quelqu'un": "Clé", '"quelqu’un"': "Clé", "2500": "Jauge", "3500": "Prix", "0478000001": "Appel",
            "SCIC": "Statut", "s.c.i.c.": "Statut", "travail": "Chantier", "vitrail": "Chantier", "bail": "Chantier",
        }.items():  # fmt: skip
            assert titles(words) == [title], words

    def test_unknown_values_are_ignored_with_a_warning(self) -> None:
        results = search_results.search_pages("bois kind:zzz after:demain catégorie:truc", ANNA)
        expected = {"unknown_kind", "unknown_after", "unknown_category"}
        assert {warning.code for warning in results.query.warnings} == expected
        assert len(results.hits) == 3

    def test_suggestions_find_readable_pages(self) -> None:
        results = search_results.search_pages("ateleir coutre", ANNA)
        assert search_results.suggest_query(results, ANNA) == "atelier couture"
        assert search_results.suggest_query(search_results.search_pages("xylophnoe", ANNA), ANNA) == ""
        page_writer.delete(WikiPage.objects.get(title="Sewing"), Author(None, "script"))  # still in the index
        assert search_results.suggest_query(search_results.search_pages("sewinng", ANNA), ANNA) == ""

    def test_deleted_pages_are_not_found_even_before_the_index_is_updated(self) -> None:
        page_writer.delete(WikiPage.objects.get(title="Couture"), Author(None, "script"))
        assert "Couture" not in titles("bois")


def test_equal_matches_are_ranked_by_recency_and_links() -> None:
    old = Author(None, "script", claimed_at=datetime(2015, 1, 1, tzinfo=UTC))
    page_writer.create("Un four", "Du pain.", by=old)
    make_page("Le four", "Du pain.")
    background_jobs.run_pending()
    assert titles("pain") == ["Le four", "Un four"]
    make_page("Liens", "[[Un four]]")
    make_page("Autres liens", "[[Un four]]")
    background_jobs.run_pending()
    assert titles("pain")[0] == "Un four"


# --- The page -------------------------------------------------------------------------------------
@pytest.mark.usefixtures("wiki")
class TestPage:
    """The search page."""

    @pytest.fixture
    def shown(self, client_of: Callable[..., Client]) -> Callable[..., str]:
        client = client_of(ANNA)

        def shown(query: str, user: User | AnonymousUser = ANNA) -> str:
            response = (client if user is ANNA else client_of(user)).get(f"/search?{query}")
            assert response.status_code == 200
            return response.text

        return shown

    def test_matches_are_highlighted_in_title_text_and_facts(self, shown: Callable[..., str]) -> None:
        text = shown("q=outil+lyon+OR+bois")
        assert "travaille le <mark>bois</mark>." in text
        assert "Atelier <mark>bois</mark>" in text
        assert "Ville: <mark>Lyon</mark>" in text

    def test_facets_count_readable_pages_and_narrow_the_results(self, shown: Callable[..., str]) -> None:
        text = shown("q=atelier")
        assert re.search(r'href="\?q=atelier&amp;kind=place"[^>]*><span>Lieu</span><span class="facet-count">1<', text)
        assert re.search(r'category=Ateliers"[^>]*><span>Ateliers</span><span class="facet-count">2<', text)
        text = shown("q=atelier&category=Ateliers")
        assert "2 pages trouvées" in text
        assert re.search(r'class="facet facet-chosen" href="\?q=atelier"', text)
        assert "1 page trouvée" in shown("q=atelier&kind=place")
        assert "1 page trouvée" in shown("q=&place=La+Filature")
        assert "1 page trouvée" in shown("q=&license=CC0-1.0&language=en")
        assert "4 pages trouvées" in shown("q=atelier&kind=zzz&place=zzz&language=zzz&license=zzz")

    def test_texts_and_queries_are_escaped(self, shown: Callable[..., str]) -> None:
        make_page("<b>Gras</b>".replace("<", "‹").replace(">", "›"), "Des &lt;script&gt; et `<img onerror>` périlleux.")
        background_jobs.run_pending()
        text = shown("q=périlleux")
        assert escape("<script>") in text
        assert "<img onerror" not in text
        assert escape('"><script>') in shown('q="><script>')

    def test_a_search_without_results_links_to_the_editor(self, shown: Callable[..., str]) -> None:
        text = shown("q=Serrurerie")
        assert "Aucune page" in text
        assert "/create?title=Serrurerie" in text
        assert "Vouliez-vous dire" in shown("q=coutrue")

    def test_without_an_index_titles_are_searched_and_administrators_see_why(
        self, shown: Callable[..., str], settings: object, alice: User
    ) -> None:
        shutil.rmtree(Path(settings.INDEX_ROOT))  # type: ignore[attr-defined]
        text = shown("q=couture")
        assert "1 page trouvée" in text
        assert "remise en ordre" in text
        alice.is_superuser = True
        alice.save()
        assert "rebuild_index" in shown("q=couture", alice)
        background_jobs.run_pending()
        assert "remise en ordre" not in shown("q=couture")

    def test_pages_are_suggested_while_typing(self, client_of: Callable[..., Client]) -> None:
        found = json.loads(client_of(ANNA).get("/search/suggest?q=la+fil").content)
        assert found["results"][0]["title"] == "La Filature"
        assert found["results"][0]["url"] == "/wiki/La_Filature"
        assert found["results"][0]["kind"] == "Lieu"
        assert json.loads(client_of(ANNA).get("/search/suggest?q=").content)["results"] == []


# --- Snippets -------------------------------------------------------------------------------------
def highlighted(text: str, *leaves: Term | Phrase | PrefixTerm | FuzzyTerm) -> str:
    return "".join(f"[{part}]" if is_match else part for part, is_match in Highlighter(leaves).snippet(text))


def test_a_snippet_contains_most_of_the_terms() -> None:
    long_text = "Un vélo. " + "Rien du tout ici. " * 40 + "On répare les vélos dans l’atelier. " + "Encore rien. " * 40
    snippet = highlighted(long_text, Term("velo"), Term("réparer"))
    assert "[répare] les [vélos] dans" in snippet
    assert snippet.startswith("… ")
    assert snippet.endswith(" …")
    assert len(snippet) < 280


@pytest.mark.parametrize(
    ("leaf", "text", "expected"),
    [
        (Term("tiers-lieu"), "Les tiers lieux, le tiers-lieu.", "Les [tiers] [lieux], le [tiers]-[lieu]."),
        (Term("oeuvre"), "Une œuvre.", "Une [œuvre]."),
        (Phrase("vélo"), "Le vélo, les vélos.", "Le [vélo], les vélos."),
        (PrefixTerm("répar"), "Réparer, une réparation.", "[Réparer], une [réparation]."),
        (FuzzyTerm("atelir"), "Un atelier.", "Un [atelier]."),
        (Term("cheval"), "Des chevaux.", "Des [chevaux]."),
        (Term("rien"), "Un texte.", ""),
    ],
)
def test_words_are_highlighted_by_kind_of_term(leaf: Term, text: str, expected: str) -> None:
    assert highlighted(text, leaf) == expected


@pytest.mark.usefixtures("wiki")
def test_the_command_finds_the_same_pages(capsys: pytest.CaptureFixture[str]) -> None:
    from django.core.management import call_command

    call_command("search", "outils kind:zzz", format="json")
    output = capsys.readouterr()
    found = json.loads(output.out)
    assert found["count"] == 1
    assert found["results"][0]["title"] == "La Filature:Charte"
    assert found["results"][0]["score"] > 0
    assert "zzz" in output.err
    call_command("search", "outils")
    assert "on range les outils." in capsys.readouterr().out
