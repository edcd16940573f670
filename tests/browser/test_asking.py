"""The Ask page in a browser: autocompletion, rows, formats, copying, comparison of days, no JavaScript, phones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.factories import make_page, make_place
from wiki.pages import page_lookup
from wiki.pages.writing import page_writer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]

QUERY_FIELD, LIST = "textarea[name=q]", "[role=listbox]:not([hidden])"

SCREENS = (
    "/ask", "/ask?q=[[Nature::Lieu]]&po=?Ville&since=2001", "/ask?q=[[", "/browse/Atelier", "/properties",
    "/property/Ville", "/types", "/search-by-property?property=Ville", "/problems", "/concepts",
)  # fmt: skip


@pytest.fixture
def scene(bob: User) -> None:
    """Two places with facts of declared properties."""
    make_page("Property:Ville", "---\nHas type: Text\n---")
    make_page("Property:Position", "---\nHas type: Geographic coordinates\n---")
    make_place("Atelier", by=bob, text="---\nVille: Lyon\nPosition: 45.76, 4.86\n---")
    make_place("Fournil", by=bob, text="---\nVille: Nantes\nPosition: 47.22, -1.55\n---")


def choose(tab: Page, start: str) -> None:
    """Choose the suggestion that begins with `start`, by keyboard."""
    tab.wait_for_selector(f"{LIST} >> text={start}")
    tab.keyboard.press("ArrowDown")
    active = tab.locator(f"{LIST} [aria-selected=true]")
    assert active.inner_text().startswith(start)
    focused = tab.evaluate("document.activeElement.getAttribute('aria-activedescendant')")
    assert focused == active.get_attribute("id")
    tab.keyboard.press("Enter")


def open_text(tab: Page) -> None:
    """Open the field for questions in the query language."""
    tab.click("[data-text] > summary")


def test_autocompletion_of_queries(tab: Page, scene: None) -> None:
    tab.goto("/ask")
    open_text(tab)
    tab.focus(QUERY_FIELD)
    tab.keyboard.type("[[vil")
    choose(tab, "Ville")
    assert tab.input_value(QUERY_FIELD) == "[[Ville::"
    choose(tab, "Lyon")
    assert tab.input_value(QUERY_FIELD) == "[[Ville::Lyon]]"
    tab.keyboard.type(" [[Catégorie:l")
    choose(tab, "Lieu")
    assert tab.input_value(QUERY_FIELD) == "[[Ville::Lyon]] [[Catégorie:Lieu]]"
    tab.keyboard.type(" [[four")
    choose(tab, "Fournil")
    assert tab.input_value(QUERY_FIELD).endswith(" [[Fournil]]")
    tab.keyboard.type(" [[vil")
    tab.wait_for_selector(LIST)
    tab.keyboard.press("Escape")
    expect(tab.locator(LIST)).to_have_count(0)
    assert tab.input_value(QUERY_FIELD).endswith("[[vil")


def test_printout_rows(tab: Page, scene: None) -> None:
    tab.goto("/ask")
    open_text(tab)
    tab.fill(QUERY_FIELD, "[[Nature::Lieu]]")
    tab.focus("#ask-pp-1")
    tab.keyboard.type("vil")
    expect(tab.locator("#ask-pp-1")).to_have_attribute("role", "combobox")
    choose(tab, "Ville")
    expect(tab.locator("#ask-pp-1")).to_have_attribute("aria-expanded", "false")
    rows = tab.locator("[data-rows]").nth(1)
    before = rows.locator("[data-row]").count()
    rows.locator("[data-add]").click()
    expect(rows.locator("[data-row]")).to_have_count(before + 1)
    added = rows.locator("[data-row]").last
    added.locator("input[name=pp]").fill("Position")
    added.locator("input[name=ph]").fill("Où")
    rows.locator("[data-row]").nth(1).locator("[data-remove]").click()
    expect(rows.locator("[data-row]")).to_have_count(before)
    tab.click("main form button[type=submit]")
    tab.wait_for_selector(".ask-answer table")
    assert "form=" not in tab.url
    headers = tab.locator(".ask-answer thead th").all_inner_texts()
    assert [header.split("\xa0")[0].strip() for header in headers[1:]] == ["Ville", "Où"]
    assert tab.input_value("#ask-ph-2") == "Où"
    assert tab.input_value("#ask-link").endswith(tab.url.partition("/ask")[2].partition("#")[0])


def test_fields_of_another_format_and_map(tab: Page, scene: None) -> None:
    tab.goto("/ask?q=[[Position::%2B]]&po=?Position")
    expect(tab.locator("[data-parameters] [name=cluster]")).to_have_count(0)
    tab.select_option("select[name=format]", "map")
    tab.wait_for_selector("[data-parameters] [name=cluster]", state="attached")
    tab.click("[data-parameters] summary")
    tab.fill("[data-parameters] [name=height]", "320")
    tab.click("main form button[type=submit]")
    tab.wait_for_selector(".ask-ground .ask-marker")
    expect(tab.locator(".ask-ground .ask-marker")).to_have_count(2)
    assert "height=320" in tab.url


def test_copying_the_embedded_query(tab: Page, scene: None) -> None:
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.goto("/ask?q=[[Ville::Lyon]]&po=?Ville&format=ul")
    tab.click("[data-copy=ask-embed]")
    tab.wait_for_selector("[data-copy=ask-embed] >> text=Copié")
    assert tab.evaluate("navigator.clipboard.readText()") == "{{#ask: [[Ville::Lyon]]\n |?Ville\n |format=ul\n}}"


def test_comparison_of_two_days_and_highlighted_syntax_error(tab: Page, scene: None, bob: User) -> None:
    place = page_lookup.find("Atelier", bob)
    assert place is not None
    page_writer.edit(place, "---\nVille: Brest\n---", page_writer.Author.of(bob))
    tab.goto("/ask?q=[[Ville::%2B]]")
    tab.locator("summary", has_text="comparée").click()
    tab.fill("[name=since]", "2001")
    tab.click("main form button[type=submit]")
    tab.wait_for_selector("#ask-changed")
    assert tab.locator("#ask-changed ~ details").first.inner_text().startswith("2 pages sont entrées")
    open_text(tab)
    tab.fill(QUERY_FIELD, "[[Ville::Lyon]] [[Ville::")
    tab.click("main form button[type=submit]")
    tab.wait_for_selector(".ask-marked mark")
    assert tab.evaluate("document.activeElement.name") == "q"
    assert tab.evaluate("document.activeElement.selectionStart") == len("[[Ville::Lyon]] [[Ville::")


def test_the_ask_page_without_javascript_on_a_phone(browser: Browser, live_server: Any, scene: None) -> None:
    context = browser.new_context(
        base_url=live_server.url, java_script_enabled=False, locale="fr-FR", viewport={"width": 390, "height": 800}
    )
    page = context.new_page()
    page.goto("/ask")
    example = page.locator(".ask-examples a").first
    expect(example).to_be_visible()
    page.select_option("#ask-rk", label="Lieu")
    page.fill("#ask-rp-1", "Ville")
    page.select_option("#ask-ro-1", "contains")
    page.fill("#ask-rv-1", "yo")
    page.fill("#ask-pp-1", "Ville")
    page.click("main form button[type=submit]")
    assert page.locator(".ask-answer table").inner_text().count("Lyon") == 1
    assert page.input_value(QUERY_FIELD) == "[[Nature::Lieu]] [[Ville::~*yo*]]"
    assert page.input_value("#ask-rv-1") == "yo"
    assert page.locator("[data-add], [data-copy]").first.is_hidden()
    context.close()


def test_condition_rows_count_while_typing_on_a_phone(tab: Page, scene: None) -> None:
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.goto("/ask")
    tab.select_option("#ask-rk", label="Lieu")
    expect(tab.locator("[data-count]")).to_have_text("2 résultats")
    tab.locator("[data-question] [data-add]").click()
    row = tab.locator("[data-question] [data-row]").last
    expect(row.locator("input[name=rw]")).to_be_hidden()
    row.locator("input[name=rp]").fill("Position")
    row.locator("select").select_option("near")
    row.locator("input[name=rv]").fill("lyo")
    choose(tab, "Lyon (69)")
    row.locator("input[name=rw]").fill("30")
    expect(tab.locator("[data-count]")).to_have_text("1 résultat")
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    first = tab.locator("[data-question] [data-row]").first
    first.locator("input[name=rp]").fill("Vil")
    choose(tab, "Ville")
    first.locator("input[name=rv]").fill("N")
    choose(tab, "Nantes")
    expect(tab.locator("[data-count]")).to_have_text("Aucun résultat")
    first.locator("[data-remove]").click()
    expect(tab.locator("[data-count]")).to_have_text("1 résultat")
    tab.click("main form button[type=submit]")
    expect(tab.locator(".ask-answer")).to_contain_text("Atelier")
    assert tab.input_value("#ask-rv-1") == "Lyon (69)"


def test_pages_fit_a_phone(tab: Page, scene: None) -> None:
    tab.set_viewport_size({"width": 360, "height": 800})
    wide = []
    for address in SCREENS:
        tab.goto(address)
        if tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(address)
    assert wide == []
