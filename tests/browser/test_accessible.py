"""axe-core finds no violations on the pages, in light and dark: WCAG 2.2 A and AA, and best practices."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from tests.browser.test_layout import sign_in
from tests.factories import make_page, make_place
from wiki.discussions import post_rendering, post_writer
from wiki.discussions.models import Thread
from wiki.discussions.post_writer import NewPost
from wiki.forks import fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.moderation.models import Proposal
from wiki.pages import background_jobs
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]

PRINTOUTS = "?Ville%0A?Position%0A?Ouverture%0A?Surface"
SCREENS = (
    "/",
    "/wiki/Atelier",
    "/wiki/Pain",
    "/ask",
    "/ask?q=[[Ville::",
    "/ask?form=1&rk=Lieu&rp=Ville&ro=is&rv=a|b",
    "/ask?q=[[Ville::%2B]]&po=?Ville&since=2001",
    *(
        f"/ask?q=[[Ville::%2B]]&po={PRINTOUTS}&format={form}"
        for form in ("table", "map", "chart", "calendar", "gallery")
    ),
    *(f"/ask?q=[[Ville::%2B]]&po={PRINTOUTS}&format={form}" for form in ("timeline", "tree", "tagcloud", "list")),
    "/touch/Atelier:Pain",
    "/forks/Pain",
    "/suggest/Pain",
    "/credits/Atelier:Pain",
    "/credits/Atelier?words=Mots",
    "/wiki/Menu",
    "/proposals/Pain",
    "/proposal/77000",
    "/talk",
    "/talk/Pain",
    "/thread/77000",
    "/licenses/?from=CC-BY-4.0&from=GFDL-1.3-or-later&to=CC-BY-SA-4.0",
    "/browse/Atelier",
    "/properties",
    "/property/Surface",
    "/property/Ville",
    "/search-by-property?property=Surface&value=90",
    "/types",
    "/problems",
    "/concepts",
    "/search?q=mots",
    "/search?q=mots&when=ever",
    "/search?q=mots&when=appeared&since=2000-01-01&page=Atelier",
    "/history/Atelier",
    "/wiki/Atelier?at=2100-01-01",
    "/directory/place?ville=Lyon&near=Lyon",
    "/needs",
    "/needs/Atelier",
    "/assemble/Pratique_0?place=Atelier&within=loin",
    "/wiki/Ateleir",
    "/network",
    "/network/economy",
)


SIGNED_IN = (
    "/ask/edit?q=[[Ville::%2B]]&po=?Ville%0A?Ouverture",
    "/directory/place/edit",
    "/import-table",
    "/thread/77000",
    "/start-thread/Pain",
)
"""Screens that are read with an account, after the others."""
RULES: dict[Literal["light", "dark"], dict[str, Any]] = {
    "light": {"resultTypes": ["violations"]},
    "dark": {"runOnly": ["color-contrast", "link-in-text-block"], "resultTypes": ["violations"]},
}
"""Axe's options by colour scheme: all rules, then only those that depend on colours."""


@pytest.fixture
def scene(bob: User) -> None:
    """A place and practices with facts of many datatypes, some of them invalid."""
    for name, datatype in (("Ville", "Text"), ("Position", "Geographic coordinates"), ("Ouverture", "Date")):
        make_page(f"Property:{name}", f"---\nHas type: {datatype}\n---")
    make_page("Property:Surface", "---\nHas type: Quantity\nCorresponds to: [1 m², 0.0001 ha]\n---")
    facts = "Ville: Lyon\nPosition: 45.76, 4.86\nOuverture: 2026-11-02\nSurface: 120 m²\nBesoins: [Bras]"
    facts += "\nOffres:\n- Offres: Four\n  Fin: 2099-12-24\n  Prix: gratuit\n- Offres: Presse\n  Fin: 2020-01-01"
    facts += "\nHoraires: Mo-Fr 09:00-18:00\nComptes:\n- Année: 2025\n  Part publique: 40 %\n  Part privée: 30 %"
    place = make_place("Atelier", by=bob, text=f"---\n{facts}\n---\n## Un\n\nMots.\n\n## Deux\n\n[[Catégorie:Bois]]")
    for number in range(15):
        changed_facts = f"Surface: {number * 10} m²\nOuverture: 2026-11-{number + 1}"
        text = f"---\nNature: Pratique\nVille: Lyon\nOutils: Four\nBesoins: Four\n{changed_facts}\n---\nMots."
        make_page(f"Pratique {number}", text, by=bob, place=place if number % 2 else None)
    text = "---\nVille: Nantes\nSurface: 1 km\nVoir: Atelier\nOuverture: 01/02/2021\n---\nDu pain."
    page = make_page("Pain", text, by=bob)
    fork = fork_creation.fork(page, ForkTarget(place), Author.of(bob))
    make_page("Menu", "## Ce soir\n\n{{Pain}}\n\n{{Rien}} et {{Atelier}}", by=bob)
    page_writer.edit(page, text + "\n\nDes brioches.", Author.of(bob))
    page_writer.edit(fork, text + "\n\nDes tartes.", Author.of(bob))
    Proposal.objects.create(pk=77_000, page=page, base=1, text=f"{text}\n\nDes tartes.", by=bob, by_name="bob")
    thread = Thread.objects.create(pk=77_000, page=page, title="Four", author=bob, author_name="bob", passage="1.1.1")
    Thread.objects.create(page=page, title="Sel", author=bob, author_name="bob", resolved_at=timezone.now())
    post = NewPost(bob, "bob", "Bois, **@bob**", post_rendering.render_post("Bois, **@bob**", page))
    answered = post_writer.store_post(thread, post)
    post_writer.store_post(thread, replace(post, reply_to=answered))
    post_writer.delete(post_writer.store_post(thread, post), bob)
    background_jobs.run_pending()


@pytest.mark.slow
def test_pages_have_no_accessibility_violations(browser: Browser, live_server: Any, scene: None) -> None:
    context = browser.new_context(base_url=live_server.url, locale="fr-FR", reduced_motion="reduce")
    page = context.new_page()
    violations = []
    for address in (*SCREENS, *SIGNED_IN):
        if address == SIGNED_IN[0]:
            sign_in(page, "bob")
        page.goto(address)
        if "format=map" in address:
            page.wait_for_selector(".ask-marker")
        for theme, rules in RULES.items():
            page.emulate_media(color_scheme=theme)
            results = Axe().run(page, options=rules)
            assert results.response["passes"], "axe checked the page"
            violations += [
                f"{address} ({theme}): {one['id']} ({one['help']}): {one['nodes'][0]['target']} "
                f"{one['nodes'][0]['html'][:160]}"
                for one in results.response["violations"]
            ]
    context.close()
    assert violations == []
