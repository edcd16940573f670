"""Query results in pages are never stale, never computed needlessly, and never cached where they could become stale."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import AnonymousUser
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
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Record the titles of the pages whose results are computed, in order."""
    titles: list[str] = []
    fill = EmbeddedResults.fill

    def noting(self: EmbeddedResults) -> object:
        titles.append(self.slots.full_title)
        return fill(self)

    monkeypatch.setattr(EmbeddedResults, "fill", noting)
    return titles


def seen(reader: Client, title: str) -> str:
    """Return what the user sees of a page, in its article and fact box."""
    answer = reader.get(f"/wiki/{title}")
    assert answer.status_code == 200
    text = str(answer.content.decode())
    return text[text.index("<main") : text.index("</main>")]


def rewrite(title: str, text: str) -> None:
    """Save another text of a page."""
    page = page_lookup.find_by_key(title)
    assert page is not None
    page_writer.edit(page, text, BOB, EditSummary("again"), base=page.version)


def place(city: str, more: str = "") -> str:
    """Return the text of a place in a city."""
    return f"---\nNature: Projet\nVille: {city}\n{more}---\nUn texte qui ne change rien aux faits."


ASKING = """{{#ask: [[Ville::Lyon]] | ?Ville | ?Places }}

{{#ask: [[Ville::Lyon]] | ?Coordonnées | format=map }}

Il y en a {{#ask: [[Ville::Lyon]] | format=count }}.
"""


def test_a_fact_shows_at_once_in_a_table_a_map_a_count_a_box_and_a_feed(alice: User, reader: Client) -> None:
    make_page("Property:Coordonnées", "---\nHas type: Geographic coordinates\n---\n", by=alice)
    make_page("Liste", ASKING, by=alice)
    make_page("Alpha", place("Paris", "Coordonnées: 45.76, 4.83\n"), by=alice)
    feed = "/ask/file?q=[[Ville::Lyon]]&format=rss"
    assert "Alpha" not in seen(reader, "Liste")
    assert "Alpha" not in reader.get(feed).content.decode()
    rewrite("Alpha", place("Lyon", "Coordonnées: 45.76, 4.83\nPlaces: 12\n"))
    shown = seen(reader, "Liste")
    assert shown.count("/wiki/Alpha") >= 2
    assert "45.76" in shown
    assert 'Il y en a <span class="ask-number">1</span>.' in shown
    assert "12" in shown
    assert "Lyon" in seen(reader, "Alpha")
    assert "Alpha" in b"".join(reader.get(feed)).decode()
    rewrite("Alpha", place("Paris"))
    assert "Alpha" not in seen(reader, "Liste")


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
    empty = seen(reader, "Liste")
    rewrite("Alpha", "{{#subobject: part | Taille=quarante }}")
    assert "quarante" in seen(reader, "Liste")
    rewrite("Alpha", "Rien.")
    assert seen(reader, "Liste") == empty


def test_unrelated_pages_are_not_made_again(alice: User, reader: Client, made: list[str]) -> None:
    make_page("Liste", "{{#ask: [[Ville::Lyon]] | ?Ville }}", by=alice)
    make_page("Autre", "{{#ask: [[Ville::Brest]] }}", by=alice)
    make_page("Toutes", "{{#ask: [[Ville::+]] }}", by=alice)
    make_page("Alpha", place("Lyon"), by=alice)
    for title in ("Liste", "Autre", "Toutes", "Alpha"):
        seen(reader, title)
    made.clear()
    for title in ("Liste", "Autre", "Toutes", "Alpha"):
        seen(reader, title)
    assert made == []
    rewrite("Alpha", place("Lyon") + " Et encore.")  # no fact that anyone asks for
    for title in ("Liste", "Autre", "Toutes", "Alpha"):
        seen(reader, title)
    assert made == ["Alpha"]
    made.clear()
    make_page("Béta", place("Lyon"), by=alice)
    for title in ("Liste", "Autre", "Toutes", "Alpha"):
        seen(reader, title)
    assert made == ["Liste", "Toutes"]


def test_the_worker_makes_what_is_stale_before_anyone_asks(alice: User, reader: Client, made: list[str]) -> None:
    make_page("Liste", "{{#ask: [[Ville::Lyon]] }}", by=alice)
    seen(reader, "Liste")
    make_page("Alpha", place("Lyon"), by=alice)
    assert RenderedPage.objects.filter(results_release="", page__title="Liste").exists()
    background_jobs.run_pending()
    assert not RenderedPage.objects.filter(results_release="").exists()
    made.clear()
    assert "Alpha" in seen(reader, "Liste")
    assert made == []


def test_renaming_deleting_and_redirecting_show_at_once(alice: User, bob: User, reader: Client) -> None:
    make_page("Liste", "{{#ask: [[Voisin::Alpha]] }}\n\n{{#ask: [[Ville::Lyon]] }}", by=alice)
    make_page("Alpha", place("Lyon"), by=alice)
    make_page("Béta", "---\nVoisin: Alpha\n---\n", by=alice)
    make_page("Gamma", "---\nVoisin: Ancien\n---\n", by=alice)
    assert "Gamma" not in seen(reader, "Liste")
    make_page("Ancien", "#REDIRECT [[Alpha]]", by=alice)
    assert "Gamma" in seen(reader, "Liste")
    page_moves.move(page_lookup.find_by_key("Béta"), "Delta", BOB)
    assert "Delta" in seen(reader, "Liste")
    page_writer.delete(page_lookup.find_by_key("Gamma"), BOB)
    assert "Gamma" not in seen(reader, "Liste")
    page_writer.delete(page_lookup.find_by_key("Alpha"), BOB)
    assert "/wiki/Alpha" not in seen(reader, "Liste")


def test_the_box_colours_its_links_as_pages_come_and_go(alice: User, reader: Client) -> None:
    make_page("Property:Voisin", "---\nHas type: Page\n---\n", by=alice)
    make_page("Béta", "---\nVoisin: Alpha\n---\nVoir [[Voisin::Alpha|là]].", by=alice)
    assert 'class="red"' in seen(reader, "Béta")
    make_page("Alpha", "Bonjour.", by=alice)
    shown = seen(reader, "Béta")
    assert 'class="red"' not in shown
    assert '<a href="/wiki/Alpha">là</a>' in shown


def test_a_page_in_the_own_place_comes_before_the_commons(alice: User, reader: Client) -> None:
    make_place("La Ruche", by=alice)
    make_page("Atelier", "Partout.", by=alice)
    make_page("La Ruche:Repas", "---\nDans: Atelier\n---\n", by=alice)
    make_page("Liste", "{{#ask: [[Dans::Atelier]] }}", by=alice)
    assert "La Ruche:Repas" in seen(reader, "Liste") or "Repas" in seen(reader, "Liste")
    make_page("La Ruche:Atelier", "Chez nous.", by=alice)
    assert "Repas" not in seen(reader, "Liste")


def test_a_declaration_shows_at_once(alice: User, reader: Client) -> None:
    make_page("Liste", "{{#ask: [[Ville::Lyon]] | ?Places | sort=Places }}", by=alice)
    make_page("Alpha", place("Lyon", "Places: douze\n"), by=alice)
    assert "douze" in seen(reader, "Liste")
    make_page("Property:Places", "---\nHas type: Number\nPreferred property label: Sièges@fr\n---\n", by=alice)
    assert "douze" not in seen(reader, "Liste")
    assert "Sièges" in seen(reader, "Liste")
    box = seen(reader, "Alpha")
    assert "douze" in box
    assert 'class="problem"' in box


def test_many_facts_are_read_again_by_the_worker(alice: User, reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(property_pages, "SLICE", 2)
    for number in range(5):
        make_page(f"Lieu {number}", place("Lyon", f"Places: {number}\n"), by=alice)
    make_page("Liste", "{{#ask: [[Places::>2]] }}", by=alice)
    seen(reader, "Liste")
    make_page("Property:Places", "---\nHas type: Number\n---\n", by=alice)
    assert "Lieu 4" not in seen(reader, "Liste")
    background_jobs.run_pending()
    assert "Lieu 4" in seen(reader, "Liste")
    assert "Lieu 2" in seen(reader, "Liste")
    assert "Lieu 1" not in seen(reader, "Liste")


def test_templates_and_embedded_pages_show_their_texts_as_they_are(alice: User, reader: Client) -> None:
    make_page("Alpha", place("Lyon"), by=alice)
    make_page("Liste", "{{#ask: [[Ville::Lyon]] | format=template | template=Ligne }}", by=alice)
    make_page("Entière", "{{#ask: [[Ville::Lyon]] | format=embedded }}", by=alice)
    assert 'class="problem"' in seen(reader, "Liste")
    make_page("Template:Ligne", "* Voici {{{1}}}", by=alice)
    assert "Voici" in seen(reader, "Liste")
    rewrite("Template:Ligne", "* Voilà {{{1}}}")
    assert "Voilà" in seen(reader, "Liste")
    assert "ne change rien" in seen(reader, "Entière")
    rewrite("Alpha", place("Lyon").replace("ne change rien", "change tout"))
    assert "change tout" in seen(reader, "Entière")


def test_more_than_twenty_questions_say_so(alice: User, reader: Client) -> None:
    make_page("Liste", "\n\n".join("{{#ask: [[Ville::Lyon]] }}" for _ in range(22)), by=alice)
    shown = seen(reader, "Liste")
    assert shown.count('class="problem"') == 2


def test_questions_that_take_too_long_together_say_so(
    alice: User, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_page("Liste", "{{#ask: [[Ville::Lyon]] }}\n\n{{#ask: [[Ville::Lyon]] }}", by=alice)
    with monkeypatch.context() as patch:
        patch.setattr("wiki.ask.embedding.embedded_results.SECONDS", 0.0)
        assert seen(reader, "Liste").count('class="problem"') == 2
    assert seen(reader, "Liste").count('class="problem"') == 2  # it is kept, not tried at each reading
    RenderedPage.objects.filter(expires_at__lte=timezone.now() + RETRY_AFTER).update(expires_at=timezone.now())
    RefreshResultsJob().run()
    assert 'class="problem"' not in seen(reader, "Liste")


def test_a_calendar_is_made_again_at_midnight(alice: User, reader: Client, made: list[str]) -> None:
    make_page("Agenda", "{{#ask: [[Ville::Lyon]] | ?Date | format=calendar }}", by=alice)
    seen(reader, "Agenda")
    until = RenderedPage.objects.filter(page__full_title="Agenda").values_list("expires_at", flat=True)
    assert {timezone.localtime(moment).strftime("%H:%M") for moment in until if moment} == {"00:00"}
    RenderedPage.objects.exclude(expires_at=None).update(expires_at=timezone.now())
    RefreshResultsJob().run()
    assert set(made) == {"Agenda"}
    assert len(made) > 1
    assert not RenderedPage.objects.filter(expires_at__lte=timezone.now()).exists()


def test_a_property_that_no_longer_leads_elsewhere_is_told_to_whoever_sees_either(alice: User, reader: Client) -> None:
    make_page("Liste", "{{#ask: [[Ville::dix]] }}", by=alice)
    make_page("Property:Places", "#REDIRECT [[Property:Ville]]", by=alice)
    make_page("Béta", "---\nPlaces: dix\n---", by=alice)
    assert "/wiki/B%C3%A9ta" in seen(reader, "Liste")
    assert 'class="problem"' not in seen(reader, "Béta")
    rewrite("Property:Places", "---\nHas type: Number\n---")
    assert 'class="problem"' in seen(reader, "Béta")
    assert "/wiki/B%C3%A9ta" not in seen(reader, "Liste")
    rewrite("Property:Places", "#REDIRECT [[Property:Ville]]")
    assert 'class="problem"' not in seen(reader, "Béta")
    assert "/wiki/B%C3%A9ta" in seen(reader, "Liste")


def test_what_is_wrong_with_a_question_is_said_in_place(alice: User, reader: Client) -> None:
    make_page("Liste", "Avant {{#ask: [[Ville::Lyon }} après, {{#ask: [[Ville::Lyon]] | limit=501 }}.", by=alice)
    shown = seen(reader, "Liste")
    assert shown.count('class="problem"') == 2
    assert "Avant" in shown
    assert "500" in shown


def test_concepts_tell_what_they_hold(alice: User, reader: Client) -> None:
    make_page("Concept:Lyonnais", "{{#concept: [[Ville::Lyon]] | Tout ce qui est à Lyon }}", by=alice)
    make_page("Liste", "{{#ask: [[Concept:Lyonnais]] }}", by=alice)
    make_page("Alpha", place("Lyon"), by=alice)
    shown = seen(reader, "Concept:Lyonnais")
    assert "Tout ce qui est à Lyon" in shown
    assert "Alpha" in shown
    assert "Alpha" in seen(reader, "Liste")
    rewrite("Concept:Lyonnais", "{{#concept: [[Ville::Brest]] }}")
    assert "Alpha" not in seen(reader, "Liste")
    assert "Alpha" not in seen(reader, "Concept:Lyonnais")


def test_a_preview_answers_for_the_text_as_typed(alice: User, client_of: ClientOf) -> None:
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
ACTS = st.one_of(
    st.tuples(st.sampled_from(["Alpha", "Béta", "Gamma"]), TEXTS),
    st.tuples(
        st.just("Property:Places"),
        st.sampled_from(
            [None, "---\nHas type: Number\n---", "---\nHas type: Text\n---", "#REDIRECT [[Property:Ville]]"]
        ),
    ),
    st.tuples(st.just("Category:Lieux"), st.sampled_from([None, "[[Category:Tout]]"])),
)
WATCHING = {
    "Un": "{{#ask: [[Ville::Lyon]] | ?Places | ?Ville.Places }} {{#show: Alpha | ?Ville }}",
    "Deux": "{{#ask: [[Places::>1]] | ?Ville | sort=Places | limit=1 }} {{#ask: [[Category:Tout]] | format=count }}",
    "Trois": "{{#ask: [[Ville.Places::+]] | ?-Ville }} {{#ask: [[Ville::!+]] [[Kind::Projet]] }} [[Ville::Béta]]",
    "Cinq": "{{Alpha}}\n\n{{Béta#Rien}}",
    "Quatre": "{{#ask: [[~*a]] | ?Places }} {{#ask: [[-Ville::Gamma]] }} {{#ask: [[Ville::Alpha]] | format=gallery }}",
}


@settings(max_examples=6, phases=(Phase.explicit, Phase.generate))
@given(st.lists(ACTS, min_size=5, max_size=8))
@pytest.mark.slow
def test_what_is_kept_is_what_would_be_made_now(acts: list[tuple[str, str | None]]) -> None:
    from django.db import transaction

    with transaction.atomic():
        for title, text in WATCHING.items():
            make_page(title, text)
        for title, text in acts:
            _write(title, text)
            for page in WikiPage.objects.filter(title__in=[*WATCHING, "Alpha", "Béta"], title_key__isnull=False):
                stored = RenderedPage.objects.select_related("page__place").get(page=page, ui_language="fr")
                kept = result_cache.ResultCache().get_or_compute(stored, page)
                now = EmbeddedResults(
                    page_output.deferred_slots(stored, PageFields.of(page), page), AnonymousUser()
                ).fill()
                assert kept.results == now.results, (title, text, page.title)
                assert json.loads(json.dumps(kept.fact_box)) == json.loads(json.dumps(now.fact_box)), (
                    title,
                    text,
                    page.title,
                )
        transaction.set_rollback(True)


def _write(title: str, text: str | None) -> None:
    page = page_lookup.find_by_key(title)
    if page is None and text is not None:
        make_page(title, text)
    elif page is not None and text is None:
        page_writer.delete(page, BOB)
    elif page is not None and text is not None:
        page_writer.edit(page, text, BOB, EditSummary("again"), base=page.version)


def test_what_nobody_needs_any_more_is_forgotten(alice: User, reader: Client) -> None:
    make_page("Liste", "{{#ask: [[Ville::Lyon]] }}", by=alice)
    seen(reader, "Liste")
    assert CacheDependency.objects.filter(key="Ville", value="Lyon").exists()
    rewrite("Liste", "Plus rien.")
    seen(reader, "Liste")
    assert not CacheDependency.objects.filter(key="Ville", rendered__ui_language="fr").exists()
    assert RefreshResultsJob().run() is False


def test_a_value_that_no_two_pages_may_have_is_told_on_both_until_one_is_corrected(alice: User, reader: Client) -> None:
    make_page("Property:Siret", "---\nHas type: Text\nHas uniqueness constraint: oui\n---", by=alice)
    make_page("Alpha", "---\nSiret: 123\n---", by=alice)
    assert 'class="problem"' not in seen(reader, "Alpha")
    make_page("Béta", "---\nSiret: 123\n---", by=alice)
    assert "Alpha" in seen(reader, "Béta")
    assert 'class="problem"' in seen(reader, "Béta")
    assert 'class="problem"' in seen(reader, "Alpha")
    rewrite("Béta", "---\nSiret: 124\n---")
    assert 'class="problem"' not in seen(reader, "Alpha")


def test_a_list_of_allowed_values_is_a_page_of_its_own(alice: User, reader: Client) -> None:
    make_page("Property:Couleur", "---\nHas type: Text\nAllows value list: couleurs\n---", by=alice)
    make_page("Alpha", "---\nCouleur: rouge\n---", by=alice)
    assert 'class="problem"' not in seen(reader, "Alpha")
    make_page("MediaWiki:Smw allows list couleurs", "* vert|Vert\n* bleu", by=alice)
    assert 'class="problem"' in seen(reader, "Alpha")
    rewrite("MediaWiki:Smw allows list couleurs", '{"vert": "Vert", "rouge": "Rouge"}')
    assert 'class="problem"' not in seen(reader, "Alpha")
    page_writer.delete(page_lookup.find_by_key("MediaWiki:Smw allows list couleurs"), BOB)
    assert 'class="problem"' not in seen(reader, "Alpha")
