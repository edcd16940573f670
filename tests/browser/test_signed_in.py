"""Pages of signed-in users: layout on phones, labels, Content-Security-Policy, and use without JavaScript."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.test_layout import fill_source, sign_in, write_as_source
from tests.factories import make_page, make_place
from wiki.forks import fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.moderation.models import Proposal
from wiki.pages import page_lookup
from wiki.pages.writing import page_writer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]

SCREENS = (
    "/", "/wiki/Atelier:Charte", "/wiki/Atelier", "/edit/Atelier:Charte", "/edit/Nouvelle_page", "/create",
    "/create-place", "/fork/Atelier:Charte", "/forks/Atelier:Charte", "/touch/Atelier:Copie",
    "/pull/Atelier:Copie", "/propose/Atelier:Copie", "/proposal/77000", "/export/Atelier:Charte", "/import", "/upload",
    "/elsewhere", "/credits/Atelier", "/credits/Atelier:Charte", "/account/forks",
    "/move/Atelier:Charte", "/delete/Atelier:Charte", "/fields/Atelier:Charte", "/stewards/Atelier",
    "/history/Atelier:Charte", "/compare/Atelier:Charte?from=1&to=2",
    "/restore/Atelier:Charte?version=1", "/undo/Atelier:Charte?version=2", "/account/", "/account/password",
    "/account/second-factor", "/account/sessions", "/account/keys", "/account/invite", "/account/password/confirm",
    "/contributions/bob", "/changes", "/search?q=charte", "/wiki/Nulle_part", "/licenses/",
)  # fmt: skip
# Finds faults of a page that affect users of screen readers or phones.
FAULTS = """() => {
  const faults = [];
  const headings = document.querySelectorAll("h1").length;
  if (headings !== 1) faults.push(`${headings} h1`);
  if (document.documentElement.scrollWidth > innerWidth) faults.push("wider than the screen");
  for (const field of document.querySelectorAll("input:not([type=hidden]):not([type=submit]), select, textarea")) {
    const named = field.labels?.length || field.getAttribute("aria-label") || field.getAttribute("aria-labelledby");
    if (!named) faults.push(`no label: ${field.name || field.outerHTML.slice(0, 80)}`);
  }
  for (const image of document.querySelectorAll("img:not([alt])")) faults.push(`no alt: ${image.src}`);
  for (const control of document.querySelectorAll("a[href], button"))
    if (!control.textContent.trim() && !control.matches("[aria-label], [aria-hidden=true]")
        && !control.querySelector("img[alt], [aria-label], title"))
      faults.push(`no name: ${control.outerHTML.slice(0, 100)}`);
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  for (const id of new Set(ids)) if (ids.filter((one) => one === id).length > 1) faults.push(`id twice: ${id}`);
  for (const list of document.querySelectorAll("input[list]")) if (!list.list) faults.push(`no list: ${list.name}`);
  return faults;
}"""


@pytest.fixture
def scene(alice: User, bob: User) -> None:
    """A place with the steward bob, a page by alice with two versions, a fork of it, and a proposal."""
    place = make_place("Atelier", by=bob)
    page = make_page("Charte", "# Charte\n\nUn texte.", by=alice, place=place)
    fork = fork_creation.fork(page, ForkTarget(place, title="Copie"), page_writer.Author.of(bob))
    page_writer.edit(page, "# Charte\n\nUn autre texte.", page_writer.Author.of(alice))
    page_writer.edit(fork, "# Charte\n\nUn beau texte.", page_writer.Author.of(bob))
    Proposal.objects.create(pk=77_000, page=page, base=1, text="# Charte\n\nUn mot.", by=alice, by_name="alice")


@pytest.mark.parametrize("width", [390, 1280])
def test_pages_have_no_faults(tab: Page, scene: None, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 844})
    sign_in(tab, "bob")
    faults = {}
    for screen in SCREENS:
        response = tab.goto(screen)
        assert response is not None
        assert response.status in (200, 404), screen
        if found := tab.evaluate(FAULTS):
            faults[screen] = found
    assert faults == {}


def test_an_edit_conflict_on_a_phone(tab: Page, scene: None, bob: User) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    sign_in(tab, "alice")
    tab.goto("/edit/Atelier:Charte")
    write_as_source(tab)
    fill_source(tab, "# Charte\n\nMon texte à moi.")
    page = page_lookup.find("Atelier:Charte", bob)
    assert page is not None
    page_writer.edit(page, "# Charte\n\nSon texte à lui.", page_writer.Author.of(bob))
    tab.click("button[name=save]")
    expect(tab.locator("h1")).to_have_text("Conflit de modification")
    expect(tab.locator("main")).to_contain_text("Les mêmes mots ont été modifiés entre-temps")
    expect(tab.locator(".clash")).to_contain_text("Son texte à lui.")
    assert tab.evaluate(FAULTS) == []
    other = tab.context.new_page()
    other.goto("/edit/Atelier:Charte")
    expect(other.locator("[data-drafts]")).to_contain_text("brouillon")  # who leaves the conflict loses nothing
    other.close()
    tab.check("input[value=both]")
    tab.click("button[name=whole]")
    expect(tab.locator("textarea[name=text]")).to_have_value(re.compile("Mon texte à moi.\n\nSon texte à lui."))
    tab.click("[data-preview-tab=changes]")
    expect(tab.locator(".changes .diff-line-new").first).to_have_text("Mon texte à moi.")
    expect(tab.locator("textarea[name=text]")).not_to_be_visible()
    expect(tab.locator("[data-preview-tab=changes]")).to_have_attribute("aria-pressed", "true")
    expect(tab.locator("[data-preview-tab=preview]")).to_have_attribute("aria-pressed", "false")
    assert tab.evaluate(FAULTS) == []
    tab.fill("input[name=comment]", "les deux")
    tab.click("button[name=save]")
    expect(tab.locator("article")).to_contain_text("Mon texte à moi.")
    tab.goto("/edit/Atelier:Charte")
    assert tab.locator("#own-comments option").get_attribute("value") == "les deux"
    expect(tab.locator("[data-drafts]")).not_to_be_visible()


def test_editing_without_javascript(browser: Browser, live_server: Any, scene: None) -> None:
    context = browser.new_context(base_url=live_server.url, locale="fr-FR", java_script_enabled=False)
    page = context.new_page()
    page.goto("/edit/Atelier:Charte")
    page.fill("input[name=username]", "alice")
    page.fill("input[name=password]", "le café est prêt")
    page.click("main button[type=submit]")
    page.fill("textarea[name=text]", "# Charte\n\nUn texte **sans script**.")
    page.click("button[name=preview]")
    expect(page.locator(".preview strong")).to_have_text("sans script")
    page.fill("input[name=comment]", "essai")
    page.click("button[name=save]")
    expect(page.locator("article strong")).to_have_text("sans script")
    assert page.url.endswith("/wiki/Atelier:Charte")
    context.close()


def test_pasted_markup_of_mediawiki_becomes_markdown_on_demand(tab: Page, scene: None) -> None:
    sign_in(tab, "alice")
    tab.goto("/edit/Atelier:Charte")
    write_as_source(tab)
    field, button = tab.locator("textarea[name=text]"), tab.get_by_role("button", name="En faire du Markdown")
    fill_source(tab, "== Titre ==\n'''gras'''")
    tab.click("button[name=preview]")
    expect(tab.locator(".preview .text")).to_contain_text("'''gras'''")
    button.click()
    expect(field).to_have_value("## Titre\n**gras**")
    expect(tab.locator(".preview strong")).to_have_text("gras")
    expect(button).to_have_count(0)
    page = page_lookup.find_by_key("Atelier:Charte")
    assert page is not None
    assert page.version == 2, "nothing is saved yet"
    tab.click("button[name=save]")
    tab.wait_for_url("**/wiki/Atelier:Charte")
    assert page_lookup.reload_page(page.pk).source.text == "## Titre\n**gras**"


def test_the_chosen_language_is_kept(tab: Page, scene: None) -> None:
    tab.goto("/wiki/Atelier:Charte")
    expect(tab.locator("html")).to_have_attribute("lang", "fr")
    tab.click("header button[name=language] >> visible=true")
    expect(tab.locator("html")).to_have_attribute("lang", "en")
    tab.wait_for_url("**/wiki/Atelier:Charte")
    tab.goto("/")
    expect(tab.locator("html")).to_have_attribute("lang", "en")


def test_skip_link(tab: Page, scene: None) -> None:
    tab.goto("/wiki/Atelier:Charte")
    tab.keyboard.press("Tab")
    link = tab.locator(".skip-link")
    assert link.evaluate("link => link === document.activeElement")
    expect(link).to_be_visible()
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "content"


def test_leaving_the_editor_asks_for_confirmation(tab: Page, scene: None) -> None:
    sign_in(tab, "alice")
    tab.goto("/edit/Atelier:Charte")
    dialogs: list[str] = []

    def answer_dialog(dialog: Any) -> None:
        dialogs.append(dialog.type)
        dialog.dismiss() if len(dialogs) == 1 else dialog.accept()

    tab.on("dialog", answer_dialog)
    tab.click(".ProseMirror p")
    tab.keyboard.type("Un mot. ")
    tab.evaluate("setTimeout(() => location.assign('/'), 0)")
    tab.wait_for_timeout(500)
    assert dialogs == ["beforeunload"]
    assert tab.url.endswith("/edit/Atelier:Charte")
    expect(tab.locator("textarea[name=text]")).to_have_value(re.compile("Un mot"))


def test_repeated_clicks_send_a_form_once(tab: Page, scene: None) -> None:
    sign_in(tab, "bob")
    tab.goto("/create-place")
    tab.fill("input[name=title]", "Halle")
    sent: list[str] = []

    def delay_post(route: Any) -> None:
        if route.request.method == "POST":
            sent.append(route.request.url)
            time.sleep(1)
        route.continue_()

    tab.route("**/create-place", delay_post)
    button = "document.querySelector('main form button[type=submit]')"
    tab.evaluate(f"{{ {button}.click(); setTimeout(() => {button}.click(), 300); }}")
    tab.wait_for_url("**/wiki/Halle")
    assert len(sent) == 1


def test_copying_a_passage_with_attribution(tab: Page, scene: None) -> None:
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.goto("/wiki/Atelier:Charte")
    tab.locator("article p").first.click(click_count=3)
    tab.locator(".came-in-offer a").nth(1).click()
    expect(tab.locator(".came-in-offer a").nth(1)).to_have_text("Copié")
    text = tab.evaluate("navigator.clipboard.readText()")
    assert text.startswith("Un autre texte.\n\n«\u202fAtelier:Charte\u202f»")
    assert "alice" in text
    tab.context.clear_permissions()
    tab.goto("/credits/Atelier")
    tab.locator("[data-copy=credit-html]").click()
    expect(tab.locator("[data-copy=credit-html]")).to_have_text("Copié")
