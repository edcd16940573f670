"""Query results in pages are never stale, never computed needlessly, and never cached where they could become stale."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.ask.embedding import result_cache
from wiki.ask.embedding.embedded_results import RETRY_AFTER, EmbeddedResults
from wiki.ask.embedding.result_cache import RefreshResultsJob
from wiki.ask.models import CacheDependency
from wiki.facts import property_pages
from wiki.pages import background_jobs, page_lookup
from wiki.pages.models import RenderedPage, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.rendering import page_output
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author, EditSummary

pytestmark = pytest.mark.django_db
ClientOf = Callable[..., Client]
BOB = Author(None, "script")


@pytest.fixture
def reader(anna: AnonymousUser, client_of: ClientOf) -> Client:
    """Return a client for Anna."""
    return client_of(anna)


@pytest.fixture
def computed_titles(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Record the titles of the pages whose results are computed, in order."""
    titles: list[str] = []
    fill = EmbeddedResults.fill

    def recording(self: EmbeddedResults) -> object:
        titles.append(self.slots.full_title)
        return fill(self)

    monkeypatch.setattr(EmbeddedResults, "fill", recording)
    return titles


def get_main(reader: Client, title: str) -> str:
    """Return what the user sees of a page, in its article and fact box."""
    response = reader.get(f"/wiki/{title}")
    assert response.status_code == 200
    html = str(response.content.decode())
    return html[html.index("<main") : html.index("</main>")]


def save_text(title: str, text: str) -> None:
    """Save another text of a page."""
    page = page_lookup.find_by_key(title)
    assert page is not None
    page_writer.edit(page, text, BOB, EditSummary("again"), base=page.version)


def place(city: str, more: str = "") -> str:
    """Return the text of a place in a city."""
    return f"---\nNature: Projet\nVille: {city}\n{more}---\nUn texte qui ne change rien aux faits."


PAGE_WITH_QUERIES = """{{#ask: [[Ville::Lyon]] | ?Ville | ?Places }}

{{#ask: [[Ville::Lyon]] | ?Coordonnées | format=map }}

Il y en a {{#ask: [[Ville::Lyon]] | format=count }}.
"""


def test_a_fact_shows_at_once_in_a_table_a_map_a_count_a_box_and_a_feed(alice: User, reader: Client) -> None:
    make_page("Property:Coordonnées", "---\nHas type: Geographic coordinates\n---\n", by=alice)
    make_page("Liste", PAGE_WITH_QUERIES, by=alice)
    make_page("Alpha", place("Paris", "Coordonnées: 45.76, 4.83\n"), by=alice)
    feed = "/ask/file?q=[[Ville::Lyon]]&format=rss"
    assert "Alpha" not in get_main(reader, "Liste")
    assert "Alpha" not in reader.get(feed).content.decode()
    save_text("Alpha", place("Lyon", "Coordonnées: 45.76, 4.83\nPlaces: 12\n"))
    shown = get_main(reader, "Liste")
    assert shown.count("/wiki/Alpha") >= 2
    assert "45.76" in shown
    assert 'Il y en a <span class="ask-number">1</span>.' in shown
    assert "12" in shown
    assert "Lyon" in get_main(reader, "Alpha")
    assert "Alpha" in b"".join(reader.get(feed)).decode()
    save_text("Alpha", place("Paris"))
    assert "Alpha" not in get_main(reader, "Liste")


@pytest.mark.parametrize(
    "asking",
    [
        "{{#ask: [[Alpha#part]] | ?Taille }}",
        "{{#ask: [[-Voisin::Béta]] | ?Taille }}",
        "{{#show: Béta | ?Voisin.Taille }}",
    ],
)
def test_a_subobject_shows_at_once_and_is_gone_at_once(asking: str, alice: User, reader: Client) -> None:
    make_page("Alpha", "Rien.", by=alice)
    make_page("Béta", "---\nVoisin: '[[Alpha#part]]'\n---\n", by=alice)
    make_page("Liste", asking, by=alice)
    empty = get_main(reader, "Liste")
    save_text("Alpha", "{{#subobject: part | Taille=quarante }}")
    assert "quarante" in get_main(reader, "Liste")
    save_text("Alpha", "Rien.")
    assert get_main(reader, "Liste") == empty


def test_unrelated_pages_are_not_refreshed(alice: User, reader: Client, computed_titles: list[str]) -> None:
    make_page("Liste", "{{#ask: [[Ville::Lyon]] | ?Ville }}", by=alice)
    make_page("Autre", "{{#ask: [[Ville::Brest]] }}", by=alice)
    make_page("Toutes", "{{#ask: [[Ville::+]] }}", by=alice)
    make_page("Alpha", place("Lyon"), by=alice)
    for title in ("Liste", "Autre", "Toutes", "Alpha"):
        get_main(reader, title)
    computed_titles.clear()
    for title in ("Liste", "Autre", "Toutes", "Alpha"):
        get_main(reader, title)
    assert computed_titles == []
    save_text("Alpha", place("Lyon") + " Et encore.")  # no change of a fact that a query uses
    for title in ("Liste", "Autre", "Toutes", "Alpha"):
        get_main(reader, title)
    assert computed_titles == ["Alpha"]
    computed_titles.clear()
    make_page("Béta", place("Lyon"), by=alice)
    for title in ("Liste", "Autre", "Toutes", "Alpha"):
        get_main(reader, title)
    assert computed_titles == ["Liste", "Toutes"]


def test_the_worker_refreshes_stale_results(alice: User, reader: Client, computed_titles: list[str]) -> None:
    make_page("Liste", "{{#ask: [[Ville::Lyon]] }}", by=alice)
    get_main(reader, "Liste")
    make_page("Alpha", place("Lyon"), by=alice)
    assert RenderedPage.objects.filter(results_release="", page__title="Liste").exists()
    background_jobs.run_pending()
    assert not RenderedPage.objects.filter(results_release="").exists()
    computed_titles.clear()
    assert "Alpha" in get_main(reader, "Liste")
    assert computed_titles == []


def test_renaming_deleting_and_redirecting_show_at_once(alice: User, bob: User, reader: Client) -> None:
    make_page("Liste", "{{#ask: [[Voisin::Alpha]] }}\n\n{{#ask: [[Ville::Lyon]] }}", by=alice)
    make_page("Alpha", place("Lyon"), by=alice)
    make_page("Béta", "---\nVoisin: Alpha\n---\n", by=alice)
    make_page("Gamma", "---\nVoisin: Ancien\n---\n", by=alice)
    assert "Gamma" not in get_main(reader, "Liste")
    make_page("Ancien", "#REDIRECT [[Alpha]]", by=alice)
    assert "Gamma" in get_main(reader, "Liste")
    page_moves.move(page_lookup.find_by_key("Béta"), "Delta", BOB)
    assert "Delta" in get_main(reader, "Liste")
    page_writer.delete(page_lookup.find_by_key("Gamma"), BOB)
    assert "Gamma" not in get_main(reader, "Liste")
    page_writer.delete(page_lookup.find_by_key("Alpha"), BOB)
    assert "/wiki/Alpha" not in get_main(reader, "Liste")


def test_the_box_colours_its_links_as_pages_come_and_go(alice: User, reader: Client) -> None:
    make_page("Property:Voisin", "---\nHas type: Page\n---\n", by=alice)
    make_page("Béta", "---\nVoisin: Alpha\n---\nVoir [[Voisin::Alpha|là]].", by=alice)
    assert 'class="red"' in get_main(reader, "Béta")
    make_page("Alpha", "Bonjour.", by=alice)
    shown = get_main(reader, "Béta")
    assert 'class="red"' not in shown
    assert '<a href="/wiki/Alpha">là</a>' in shown


def test_a_page_in_the_same_place_takes_precedence_over_the_root(alice: User, reader: Client) -> None:
    make_place("La Ruche", by=alice)
    make_page("Atelier", "Partout.", by=alice)
    make_page("La Ruche:Repas", "---\nDans: Atelier\n---\n", by=alice)
    make_page("Liste", "{{#ask: [[Dans::Atelier]] }}", by=alice)
    assert "La Ruche:Repas" in get_main(reader, "Liste") or "Repas" in get_main(reader, "Liste")
    make_page("La Ruche:Atelier", "Chez nous.", by=alice)
    assert "Repas" not in get_main(reader, "Liste")


def test_a_declaration_shows_at_once(alice: User, reader: Client) -> None:
    make_page("Liste", "{{#ask: [[Ville::Lyon]] | ?Places | sort=Places }}", by=alice)
    make_page("Alpha", place("Lyon", "Places: douze\n"), by=alice)
    assert "douze" in get_main(reader, "Liste")
    make_page("Property:Places", "---\nHas type: Number\nPreferred property label: Sièges@fr\n---\n", by=alice)
    assert "douze" not in get_main(reader, "Liste")
    assert "Sièges" in get_main(reader, "Liste")
    box = get_main(reader, "Alpha")
    assert "douze" in box
    assert 'class="problem"' in box


def test_many_facts_are_parsed_again_by_the_worker(
    alice: User, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(property_pages, "SLICE", 2)
    for number in range(5):
        make_page(f"Lieu {number}", place("Lyon", f"Places: {number}\n"), by=alice)
    make_page("Liste", "{{#ask: [[Places::>2]] }}", by=alice)
    get_main(reader, "Liste")
    make_page("Property:Places", "---\nHas type: Number\n---\n", by=alice)
    assert "Lieu 4" not in get_main(reader, "Liste")
    background_jobs.run_pending()
    assert "Lieu 4" in get_main(reader, "Liste")
    assert "Lieu 2" in get_main(reader, "Liste")
    assert "Lieu 1" not in get_main(reader, "Liste")


def test_templates_and_embedded_pages_show_their_texts_as_they_are(alice: User, reader: Client) -> None:
    make_page("Alpha", place("Lyon"), by=alice)
    make_page("Liste", "{{#ask: [[Ville::Lyon]] | format=template | template=Ligne }}", by=alice)
    make_page("Entière", "{{#ask: [[Ville::Lyon]] | format=embedded }}", by=alice)
    assert 'class="problem"' in get_main(reader, "Liste")
    make_page("Template:Ligne", "* Voici {{{1}}}", by=alice)
    assert "Voici" in get_main(reader, "Liste")
    save_text("Template:Ligne", "* Voilà {{{1}}}")
    assert "Voilà" in get_main(reader, "Liste")
    assert "ne change rien" in get_main(reader, "Entière")
    save_text("Alpha", place("Lyon").replace("ne change rien", "change tout"))
    assert "change tout" in get_main(reader, "Entière")


def test_more_than_twenty_queries_show_a_problem(alice: User, reader: Client) -> None:
    make_page("Liste", "\n\n".join("{{#ask: [[Ville::Lyon]] }}" for _ in range(22)), by=alice)
    shown = get_main(reader, "Liste")
    assert shown.count('class="problem"') == 2


def test_queries_that_take_too_long_together_show_a_problem(
    alice: User, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_page("Liste", "{{#ask: [[Ville::Lyon]] }}\n\n{{#ask: [[Ville::Lyon]] }}", by=alice)
    with monkeypatch.context() as patch:
        patch.setattr("wiki.ask.embedding.embedded_results.TIMEOUT_SECONDS", 0.0)
        assert get_main(reader, "Liste").count('class="problem"') == 2
    assert (
        get_main(reader, "Liste").count('class="problem"') == 2
    )  # the problem is cached, not computed at each request
    RenderedPage.objects.filter(expires_at__lte=timezone.now() + RETRY_AFTER).update(expires_at=timezone.now())
    RefreshResultsJob().run()
    assert 'class="problem"' not in get_main(reader, "Liste")


def test_a_calendar_expires_at_midnight(alice: User, reader: Client, computed_titles: list[str]) -> None:
    make_page("Agenda", "{{#ask: [[Ville::Lyon]] | ?Date | format=calendar }}", by=alice)
    get_main(reader, "Agenda")
    until = RenderedPage.objects.filter(page__full_title="Agenda").values_list("expires_at", flat=True)
    assert {timezone.localtime(moment).strftime("%H:%M") for moment in until if moment} == {"00:00"}
    RenderedPage.objects.exclude(expires_at=None).update(expires_at=timezone.now())
    RefreshResultsJob().run()
    assert set(computed_titles) == {"Agenda"}
    assert len(computed_titles) > 1
    assert not RenderedPage.objects.filter(expires_at__lte=timezone.now()).exists()


def test_a_property_that_stops_redirecting_invalidates_results_with_either_name(alice: User, reader: Client) -> None:
    make_page("Liste", "{{#ask: [[Ville::dix]] }}", by=alice)
    make_page("Property:Places", "#REDIRECT [[Property:Ville]]", by=alice)
    make_page("Béta", "---\nPlaces: dix\n---", by=alice)
    assert "/wiki/B%C3%A9ta" in get_main(reader, "Liste")
    assert 'class="problem"' not in get_main(reader, "Béta")
    save_text("Property:Places", "---\nHas type: Number\n---")
    assert 'class="problem"' in get_main(reader, "Béta")
    assert "/wiki/B%C3%A9ta" not in get_main(reader, "Liste")
    save_text("Property:Places", "#REDIRECT [[Property:Ville]]")
    assert 'class="problem"' not in get_main(reader, "Béta")
    assert "/wiki/B%C3%A9ta" in get_main(reader, "Liste")


def test_errors_of_a_query_are_shown_in_its_place(alice: User, reader: Client) -> None:
    make_page("Liste", "Avant {{#ask: [[Ville::Lyon }} après, {{#ask: [[Ville::Lyon]] | limit=501 }}.", by=alice)
    shown = get_main(reader, "Liste")
    assert shown.count('class="problem"') == 2
    assert "Avant" in shown
    assert "500" in shown


def test_concepts_list_their_pages(alice: User, reader: Client) -> None:
    make_page("Concept:Lyonnais", "{{#concept: [[Ville::Lyon]] | Tout ce qui est à Lyon }}", by=alice)
    make_page("Liste", "{{#ask: [[Concept:Lyonnais]] }}", by=alice)
    make_page("Alpha", place("Lyon"), by=alice)
    shown = get_main(reader, "Concept:Lyonnais")
    assert "Tout ce qui est à Lyon" in shown
    assert "Alpha" in shown
    assert "Alpha" in get_main(reader, "Liste")
    save_text("Concept:Lyonnais", "{{#concept: [[Ville::Brest]] }}")
    assert "Alpha" not in get_main(reader, "Liste")
    assert "Alpha" not in get_main(reader, "Concept:Lyonnais")


def test_a_preview_shows_results_for_the_text_as_typed(alice: User, client_of: ClientOf) -> None:
    make_page("Alpha", place("Lyon"), by=alice)
    text = "---\nPlaces: 3\n---\n{{#show: Alpha | ?Ville }} {{#ask: [[Ville::Lyon]] }}"
    answer = client_of(alice).post("/preview", {"title": "Nouvelle", "text": text}).content.decode()
    assert "Lyon" in answer
    assert "/wiki/Alpha" in answer
    assert "Places" in answer


CITIES = st.sampled_from(["Lyon", "Brest", "Béta", "Alpha", "Renvoi"])
TEXTS = st.one_of(
    st.builds(lambda city, seats: place(city, f"Places: {seats}\n"), CITIES, st.sampled_from(["1", "2,5", "dix"])),
    st.builds(lambda city: f"---\nVille: {city}\nNature: Projet\n---\n{{{{#subobject:a|Places=7}}}}", CITIES),
    st.builds(lambda to: f"#REDIRECT [[{to}]]", st.sampled_from(["Alpha", "Béta"])),
    st.just("[[Category:Lieux]] Rien [[Ville::Lyon]]."),
    st.none(),
)
REDIRECT = "#REDIRECT [[Property:Ville]]"
EDITS = st.one_of(
    st.tuples(st.sampled_from(["Alpha", "Béta", "Gamma"]), TEXTS),
    st.tuples(
        st.just("Property:Places"),
        st.sampled_from([None, "---\nHas type: Number\n---", "---\nHas type: Text\n---", REDIRECT]),
    ),
    st.tuples(st.just("Category:Lieux"), st.sampled_from([None, "[[Category:Tout]]"])),
)
PAGES_WITH_QUERIES = {
    "Un": "{{#ask: [[Ville::Lyon]] | ?Places | ?Ville.Places }} {{#show: Alpha | ?Ville }}",
    "Deux": "{{#ask: [[Places::>1]] | ?Ville | sort=Places | limit=1 }} {{#ask: [[Category:Tout]] | format=count }}",
    "Trois": "{{#ask: [[Ville.Places::+]] | ?-Ville }} {{#ask: [[Ville::!+]] [[Kind::Projet]] }} [[Ville::Béta]]",
    "Cinq": "{{Alpha}}\n\n{{Béta#Rien}}",
    "Quatre": "{{#ask: [[~*a]] | ?Places }} {{#ask: [[-Ville::Gamma]] }} {{#ask: [[Ville::Alpha]] | format=gallery }}",
}


@settings(max_examples=6, phases=(Phase.explicit, Phase.generate))
@given(st.lists(EDITS, min_size=5, max_size=8))
@pytest.mark.slow
def test_cached_results_equal_fresh_results(edits: list[tuple[str, str | None]]) -> None:
    with transaction.atomic():
        for title, text in PAGES_WITH_QUERIES.items():
            make_page(title, text)
        for title, text in edits:
            _write(title, text)
            for page in WikiPage.objects.filter(
                title__in=[*PAGES_WITH_QUERIES, "Alpha", "Béta"], title_key__isnull=False
            ):
                stored = RenderedPage.objects.select_related("page__place").get(page=page, ui_language="fr")
                cached = result_cache.ResultCache().get_or_compute(stored, page)
                slots = page_output.deferred_slots(stored, PageFields.of(page), page)
                computed = EmbeddedResults(slots, AnonymousUser()).fill()
                assert cached.results == computed.results, (title, text, page.title)
                fact_box = json.loads(json.dumps(computed.fact_box))
                assert json.loads(json.dumps(cached.fact_box)) == fact_box, (title, text, page.title)
        transaction.set_rollback(True)


def _write(title: str, text: str | None) -> None:
    page = page_lookup.find_by_key(title)
    if page is None and text is not None:
        make_page(title, text)
    elif page is not None and text is None:
        page_writer.delete(page, BOB)
    elif page is not None and text is not None:
        page_writer.edit(page, text, BOB, EditSummary("again"), base=page.version)


def test_unused_dependencies_are_deleted(alice: User, reader: Client) -> None:
    make_page("Liste", "{{#ask: [[Ville::Lyon]] }}", by=alice)
    get_main(reader, "Liste")
    assert CacheDependency.objects.filter(key="Ville", value="Lyon").exists()
    save_text("Liste", "Plus rien.")
    get_main(reader, "Liste")
    assert not CacheDependency.objects.filter(key="Ville", rendered__ui_language="fr").exists()
    assert RefreshResultsJob().run() is False


def test_a_duplicate_of_a_unique_value_is_reported_on_both_pages(alice: User, reader: Client) -> None:
    make_page("Property:Siret", "---\nHas type: Text\nHas uniqueness constraint: oui\n---", by=alice)
    make_page("Alpha", "---\nSiret: 123\n---", by=alice)
    assert 'class="problem"' not in get_main(reader, "Alpha")
    make_page("Béta", "---\nSiret: 123\n---", by=alice)
    assert "Alpha" in get_main(reader, "Béta")
    assert 'class="problem"' in get_main(reader, "Béta")
    assert 'class="problem"' in get_main(reader, "Alpha")
    save_text("Béta", "---\nSiret: 124\n---")
    assert 'class="problem"' not in get_main(reader, "Alpha")


def test_a_list_of_allowed_values_is_a_page_of_its_own(alice: User, reader: Client) -> None:
    make_page("Property:Couleur", "---\nHas type: Text\nAllows value list: couleurs\n---", by=alice)
    make_page("Alpha", "---\nCouleur: rouge\n---", by=alice)
    assert 'class="problem"' not in get_main(reader, "Alpha")
    make_page("MediaWiki:Smw allows list couleurs", "* vert|Vert\n* bleu", by=alice)
    assert 'class="problem"' in get_main(reader, "Alpha")
    save_text("MediaWiki:Smw allows list couleurs", '{"vert": "Vert", "rouge": "Rouge"}')
    assert 'class="problem"' not in get_main(reader, "Alpha")
    page_writer.delete(page_lookup.find_by_key("MediaWiki:Smw allows list couleurs"), BOB)
    assert 'class="problem"' not in get_main(reader, "Alpha")
