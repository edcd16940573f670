"""What a fork renamed is no change: it is not proposed, and it is applied to all that is pulled."""

from __future__ import annotations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.factories import make_page, make_place
from tests.forks.fork_factories import change, fork_status_of, merge_of, take_in, text_of
from wiki.accounts.models import User
from wiki.forks import fork_creation, subtree
from wiki.forks.fork_creation import ForkTarget
from wiki.forks.pull_merge import Merge
from wiki.moderation import proposals
from wiki.pages import page_lookup
from wiki.pages.models import Fork, WikiPage
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]

WORKSHOP = """---
Lieu: '[[Graine]]'
Voisins: [Graine, Autre]
---
Voir [[Charte]], [[Graine:Charte|la charte]], [[Graine:Entrée]] et [[Graine]].

{{Graine:Charte}}

{{#ask: [[Lieu::Graine]] [[Nature::Atelier]]|?Lieu}}

Une dernière ligne.
"""
MIRRORED = """---
Lieu: '[[Pousse]]'
Voisins: [Graine, Autre]
---
Voir [[Charte]], [[Pousse:Charte|la charte]], [[Pousse:Entrée]] et [[Pousse|Graine]].

{{Pousse:Charte}}

{{#ask: [[Lieu::Pousse]] [[Nature::Atelier]]|?Lieu}}

Une dernière ligne.
"""


@pytest.fixture
def seed(alice: User, bob: User) -> WikiPage:
    """The place Graine with three pages."""
    place = make_place("Graine", by=bob, text="---\nNom: Graine\n---\nVoir [[Atelier]].\n")
    make_page("Charte", "Lieu : [[Graine]]. Voir [[Atelier]].\n", by=alice, place=place)
    make_page("Entrée", "Voir [[Graine:Atelier]].\n", by=alice, place=place)
    make_page("Atelier", WORKSHOP, by=alice, place=place)
    return page_lookup.reload_page(place.pk)


def grow(place: WikiPage, by: User, name: str = "Pousse") -> dict[str, WikiPage]:
    """Fork a whole place with the facts `Lieu` and `Nom`; return its pages by title."""
    pages = [place, *subtree.subtree(place, by)]
    options = [one.form_value for one in subtree.fact_rewrite_options(pages) if one.property_name in ("Lieu", "Nom")]
    copies = fork_creation.fork_all(pages, ForkTarget(new_place=name), Author.of(by), options, seed=True)
    return {page.title: page_lookup.reload_page(page.pk) for page in copies}


def named(title: str) -> WikiPage:
    """Return the page called `title`."""
    page = page_lookup.find_by_key(title)
    assert page is not None
    return page


def proposed(fork: WikiPage, upstream: WikiPage) -> str:
    """Return the text that the fork proposes to its upstream."""
    merge = Merge.into_upstream(fork, upstream)
    assert merge.merged.text is not None
    return merge.merged.text


def test_calls_and_queries_lead_to_the_new_place(seed: WikiPage, alice: User) -> None:
    assert text_of(grow(seed, alice)["Atelier"]) == MIRRORED


def test_an_unchanged_fork_has_no_changes(seed: WikiPage, alice: User) -> None:
    for title, copy in grow(seed, alice).items():
        upstream = named("Graine" if title == "Pousse" else f"Graine:{title}")
        status = fork_status_of(copy, alice)
        assert (status.behind_count, status.ahead_count) == (0, 0), title
        assert proposed(copy, upstream) == text_of(upstream)


def test_a_changed_word_is_all_that_is_proposed(seed: WikiPage, alice: User, bob: User) -> None:
    copy, upstream = grow(seed, alice)["Atelier"], named("Graine:Atelier")
    change(copy, alice, ("dernière", "ultime"))
    assert fork_status_of(copy, alice).ahead_count == 1
    assert proposed(copy, upstream) == WORKSHOP.replace("dernière", "ultime")
    merge = Merge.into_upstream(copy, upstream)
    proposal = proposals.propose(merge, merge.merged.text or "", "", alice)
    proposals.accept(proposal, proposal.text, bob, is_whole=True, base=upstream.version)
    assert text_of(upstream) == WORKSHOP.replace("dernière", "ultime")
    status = fork_status_of(copy, alice)
    assert (status.behind_count, status.ahead_count) == (0, 0)


def test_a_change_beside_a_renamed_title_is_proposed_with_the_title_of_the_original(
    seed: WikiPage, alice: User
) -> None:
    copy = grow(seed, alice)["Atelier"]
    change(copy, alice, ("[[Pousse:Charte|la charte]], ", "[[Pousse:Charte|la charte]] signée, [[Pousse:Nouveau]], "))
    change(copy, alice, ("Lieu::Pousse]] ", "Lieu::Pousse]] [[Ville::Lyon]] "))
    wanted = WORKSHOP.replace("la charte]], ", "la charte]] signée, [[Pousse:Nouveau]], ")
    wanted = wanted.replace("Lieu::Graine]] ", "Lieu::Graine]] [[Ville::Lyon]] ")
    assert proposed(copy, named("Graine:Atelier")) == wanted, "a page of the new place only keeps its title"


def test_what_the_original_adds_comes_with_the_titles_of_the_fork(seed: WikiPage, alice: User, bob: User) -> None:
    copy, upstream = grow(seed, alice)["Charte"], named("Graine:Charte")
    added = "\nPuis [[Graine:Entrée|l'entrée]], [[Lieu::Graine]], {{#show: Graine:Atelier|?Lieu}}.\n"
    change(upstream, bob, ("Voir [[Atelier]].\n", "Voir [[Atelier]].\n" + added))
    take_in(copy, upstream, alice)
    assert text_of(copy).endswith(
        "\nPuis [[Pousse:Entrée|l'entrée]], [[Lieu::Pousse]], {{#show: Pousse:Atelier|?Lieu}}.\n"
    )
    status = fork_status_of(copy, alice)
    assert (status.behind_count, status.ahead_count) == (0, 0)
    assert proposed(copy, upstream) == text_of(upstream)


def test_renamed_pages_of_both_sides_are_still_known(seed: WikiPage, alice: User, bob: User) -> None:
    pages = grow(seed, alice)
    page_moves.move(pages["Charte"], "Pousse:Règles", Author.of(alice), leave_redirect=False)
    page_moves.move(named("Graine:Entrée"), "Graine:Accueil", Author.of(bob), leave_redirect=False)
    assert proposed(pages["Atelier"], named("Graine:Atelier")) == WORKSHOP
    change(named("Graine:Atelier"), bob, ("dernière ligne", "ligne sur [[Graine:Charte]] et [[Graine:Accueil]]"))
    take_in(pages["Atelier"], named("Graine:Atelier"), alice)
    assert "ligne sur [[Pousse:Règles]] et [[Pousse:Entrée]]" in text_of(pages["Atelier"])


def test_a_fork_of_a_fork_proposes_to_the_first_original(seed: WikiPage, alice: User) -> None:
    child = grow(seed, alice)["Pousse"]
    grandchild = grow(child, alice, "Rameau")["Atelier"]
    assert "[[Lieu::Rameau]]" in text_of(grandchild)
    change(grandchild, alice, ("dernière", "ultime"))
    assert proposed(grandchild, named("Graine:Atelier")) == WORKSHOP.replace("dernière", "ultime")


def test_the_renames_of_an_older_fork_are_read_from_its_history(seed: WikiPage, alice: User) -> None:
    copy = grow(seed, alice)["Atelier"]
    Fork.objects.update(rewritten_facts=None)
    change(copy, alice, ("dernière", "ultime"))
    assert proposed(copy, named("Graine:Atelier")) == WORKSHOP.replace("dernière", "ultime")


def test_facts_that_were_not_chosen_stay(seed: WikiPage, alice: User) -> None:
    pages = [seed, *subtree.subtree(seed, alice)]
    copies = fork_creation.fork_all(pages, ForkTarget(new_place="Pousse"), Author.of(alice), seed=True)
    copy = next(page for page in copies if page.title == "Atelier")
    assert "Lieu: '[[Graine]]'" in text_of(copy)
    assert "[[Lieu::Graine]]" in text_of(copy)
    assert proposed(copy, named("Graine:Atelier")) == WORKSHOP


def test_a_pull_writes_nothing_where_all_is_equal(seed: WikiPage, alice: User, bob: User) -> None:
    copy, upstream = grow(seed, alice)["Atelier"], named("Graine:Atelier")
    change(copy, alice, ("dernière", "ultime"))
    change(upstream, bob, ("dernière", "ultime"))
    merge = merge_of(copy, upstream)
    assert merge.is_done
    saved = merge.save(text_of(copy), Author.of(alice))
    assert (saved.changed, page_lookup.reload_page(copy.pk).version) == (False, 2)
    assert fork_status_of(copy, alice).behind_count == 0


PIECES = [
    "[[Charte]]", "[[Graine:Charte]]", "[[Graine]]", "[[Graine:Entrée|ici]]", "{{Graine:Charte}}", "[[Lieu::Graine]]",
    "{{#ask: [[Lieu::Graine]]}}", "{{#show: Graine:Charte|?Lieu}}", "{{#set: Lieu=Graine}}", "[ici](Graine:Charte)",
    "[[Autre]]", "[[Pousse]]", "[[Pousse:Charte]]", "un mot", "`[[Graine]]`", "{{Charte}}", "[[Vieux]]", "\n\n",
    "[[Graine:Absente]]", "[[Absente]]", "[[Porte::Graine:Charte]]", "{{#ask: [[Graine:Charte||Graine]]}}",
]  # fmt: skip


@settings(
    max_examples=12,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example rolls back what it wrote
)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12), st.booleans())
@pytest.mark.slow
def test_a_fork_proposes_what_it_changed_and_nothing_else(
    seed: WikiPage, alice: User, pieces: list[str], has_front_matter: bool
) -> None:
    header = "---\nLieu: Graine\nVers: '[[Graine:Charte]]'\n---\n" if has_front_matter else ""
    text = header + " et ".join(pieces) + "\n\nUne fin.\n"
    with transaction.atomic():
        upstream = named("Graine:Atelier")
        page_writer.edit(upstream, text, Author.of(alice), base=upstream.version)
        make_page("Vieux", "#REDIRECT [[Graine:Charte]]", by=alice)
        copy, upstream = grow(seed, alice)["Atelier"], named("Graine:Atelier")
        assert proposed(copy, upstream) == text_of(upstream)
        assert fork_status_of(copy, alice).ahead_count == 0
        change(copy, alice, ("Une fin", "Une autre fin"))
        assert proposed(copy, upstream) == text_of(upstream).replace("Une fin", "Une autre fin")
        transaction.set_rollback(True)
