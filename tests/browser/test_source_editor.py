"""The source of a text in a browser: styled, completed, and byte for byte what is typed and what was there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.test_layout import SOURCE, fill_source, write_as_source
from tests.browser.test_visual_editor import EDITOR, TEXT, open_editor, saved
from tests.factories import make_page, make_place

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]
FIELD = "textarea[name=text]"
OPTION = ".cm-tooltip-autocomplete li"
SIZES = pytest.mark.parametrize("width", [1280, 390])

ODD_TEXTS = (
    "", "\n", "\n\n", " ", "\t- a\t\n\tb", "a\u2028b\u2029c", "a\fb\vc", "a\u0085b\u00a0c\u00ad", "nul \x00 ici",
    "\ufeff# Titre", "---\nNature: Pratique\n---\n", "---\n", "---\nsans fin", "{{#ask: [[a::b]]\n\n", "[[",
    "==a==b==", "e\u0301 \U0001f469\u200d\U0001f4bb \u202eabc", "\ud800 seul", "dernière ligne  \n   ",
    "* a\n\n\n\n1. b\n```\n{{x\n", TEXT,
)  # fmt: skip


@pytest.fixture
def page(alice: User) -> Any:
    """A page with a front matter, and signs that no serializer would write."""
    return make_page("Établi", TEXT, by=alice)


def open_source(tab: Page, address: str = "/edit/Établi", width: int = 1280) -> None:
    """Sign in and open the source of a page."""
    tab.set_viewport_size({"width": width, "height": 844})
    open_editor(tab, address)
    write_as_source(tab)


def cursor_behind(tab: Page, words: str) -> None:
    """Put the cursor at the end of the line with some words."""
    tab.locator(".cm-line", has_text=words).first.click()
    tab.keyboard.press("End")


@SIZES
def test_the_source_is_styled_and_only_what_is_typed_changes(tab: Page, page: Any, alice: User, width: int) -> None:
    open_source(tab, width=width)
    for kind, words in (
        ("front", "Ville:   Lyon"), ("heading-1", " Établi"), ("emphasis", "solide"), ("call", "|format=ul"),
    ):  # fmt: skip
        expect(tab.locator(f".md-{kind}", has_text=words).first).to_be_visible()
    size = "(line) => parseFloat(getComputedStyle(line).fontSize)"
    assert tab.locator(".md-heading-1").last.evaluate(size) > tab.locator(SOURCE).evaluate(size)
    cursor_behind(tab, "hêtre")
    tab.keyboard.type(" Voir [[Scie]], [[Ville::Brest]] et {{Four}}.")
    tab.keyboard.press("Escape")
    for kind, words in (("link", "[[Scie]]"), ("fact", "[[Ville::Brest]]"), ("call", "{{Four}}")):
        expect(tab.locator(f".md-{kind}", has_text=words)).to_have_text(words)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert saved(tab, alice) == TEXT.replace("hêtre.", "hêtre. Voir [[Scie]], [[Ville::Brest]] et {{Four}}.")


@SIZES
def test_pages_are_chosen_by_keys_those_of_the_place_first(tab: Page, alice: User, width: int) -> None:
    make_place("Atelier", by=alice)
    for title in ("Scie", "Scierie", "Atelier:Scie à ruban"):
        make_page(title, "Un outil.", by=alice)
    open_source(tab, "/edit/Atelier:Outils", width)
    tab.click(SOURCE)
    tab.keyboard.type("Avec [[sci")
    expect(tab.locator(OPTION).first).to_contain_text("Atelier:Scie à ruban")
    expect(tab.locator(OPTION, has_text="Scierie")).to_be_visible()
    expect(tab.locator(f"{OPTION}.red")).to_contain_text("sci")
    box = tab.locator(".cm-tooltip-autocomplete").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    expect(tab.locator(SOURCE)).to_have_attribute(
        "aria-activedescendant", tab.locator(OPTION).first.get_attribute("id") or "-"
    )
    tab.wait_for_timeout(150)
    tab.keyboard.press("ArrowDown")
    chosen = tab.locator(f"{OPTION}[aria-selected] .cm-completionLabel").inner_text()
    tab.keyboard.press("Enter")
    tab.keyboard.type(".")
    expect(tab.locator(FIELD)).to_have_value(f"Avec [[{chosen}]].")


def choose(tab: Page, words: str, key: str = "Enter") -> None:
    """Choose what is offered first by a key, when it is there; one that comes at once is still for the text."""
    expect(tab.locator(OPTION).first).to_contain_text(words)
    tab.wait_for_timeout(150)
    tab.keyboard.press(key)


def test_facts_and_calls_are_completed(tab: Page, page: Any, alice: User) -> None:
    open_source(tab, "/edit/Lampe")
    field = tab.locator(FIELD)
    fill_source(tab, "---\nVil\n---\n")
    cursor_behind(tab, "Vil")
    tab.keyboard.type("l")
    choose(tab, "Ville", "Tab")
    tab.keyboard.type("Ly")
    choose(tab, "Lyon")
    expect(field).to_have_value("---\nVille: Lyon\n---\n")
    tab.keyboard.press("Control+End")
    tab.keyboard.type("À [[Vill")
    expect(tab.locator(OPTION, has_text="Ville::")).to_be_visible()
    tab.keyboard.type("e::l")
    choose(tab, "Lyon")
    tab.keyboard.type(" {{as")
    choose(tab, "{{#ask}}")
    expect(field).to_have_value("---\nVille: Lyon\n---\nÀ [[Ville::Lyon]] {{#ask: }}")
    tab.keyboard.type("[[Ville::Ly")
    choose(tab, "Lyon")
    expect(field).to_have_value("---\nVille: Lyon\n---\nÀ [[Ville::Lyon]] {{#ask: [[Ville::Lyon]]}}")


@SIZES
def test_tools_keys_lists_and_undo(tab: Page, alice: User, width: int) -> None:
    open_source(tab, "/edit/Lampe", width)
    field = tab.locator(FIELD)
    tab.click(SOURCE)
    tab.keyboard.type("un mot")
    tab.keyboard.press("Control+Shift+ArrowLeft")
    tab.keyboard.press("Control+b")
    expect(field).to_have_value("un **mot**")
    tab.keyboard.press("Control+b")
    tab.keyboard.press("Control+i")
    expect(field).to_have_value("un *mot*")
    tab.click("[data-command=undo]")
    expect(field).to_have_value("un mot")
    tab.click("[data-command=redo]")
    tab.click("[data-command=heading]")
    expect(field).to_have_value("## un *mot*")
    tab.click("[data-command=heading]")
    tab.keyboard.press("End")
    tab.keyboard.press("Enter")
    for line in ("- [x] a", "b", ""):
        tab.keyboard.type(line)
        tab.keyboard.press("Enter")
    for line in ("9. c", "d", ""):
        tab.keyboard.type(line)
        tab.keyboard.press("Enter")
    tab.keyboard.type("> e\nf\n")
    expect(field).to_have_value("un *mot*\n- [x] a\n- [ ] b\n\n9. c\n10. d\n\n> e\n> f\n> ")
    fill_source(tab, "```\n- a\n```")
    cursor_behind(tab, "- a")
    tab.keyboard.press("Enter")
    tab.keyboard.type("b")
    expect(field).to_have_value("```\n- a\nb\n```")


@SIZES
def test_words_are_found_and_replaced(tab: Page, page: Any, width: int) -> None:
    open_source(tab, width=width)
    tab.click(SOURCE)
    tab.keyboard.press("Control+f")
    expect(tab.get_by_role("textbox", name="Rechercher dans le texte")).to_be_focused()
    tab.keyboard.type("marteau")
    expect(tab.locator(".cm-searchMatch")).to_have_text("marteau")
    tab.get_by_role("textbox", name="Remplacer par").click()
    tab.keyboard.type("maillet")
    tab.get_by_role("button", name="Tout remplacer").click()
    expect(tab.locator(FIELD)).to_have_value(TEXT.replace("marteau", "maillet"))
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.keyboard.press("Escape")
    expect(tab.locator(".cm-search")).to_have_count(0)


def test_odd_texts_come_back_as_from_the_field_alone(tab: Page, page: Any) -> None:
    open_source(tab)
    field = tab.locator(FIELD)
    fill = """(field, text) => {
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      return field.value;
    }"""
    for text in (*ODD_TEXTS[::4], "\n".join(ODD_TEXTS), "a\r\nb\rc\n\r"):
        alone = field.evaluate(fill, text)
        tab.click("[data-mode=visual]")
        tab.wait_for_timeout(50)
        tab.click("[data-mode=source]")
        expect(tab.locator(SOURCE)).to_be_visible()
        assert field.evaluate("(field) => field.value") == alone
        tab.keyboard.press("Control+End")
        tab.keyboard.type("x")
        expect(field).to_have_js_property("value", f"{alone}x")
        tab.keyboard.press("Control+Home")
        tab.keyboard.type("y")
        expect(field).to_have_js_property("value", f"y{alone}x")


def test_a_text_that_is_only_opened_makes_no_version(tab: Page, alice: User) -> None:
    text = "---\nVille:   Lyon\n---\n\ta\u2028b\fc \n\n\n* d\n\n"
    page = make_page("Lampe", text, by=alice)
    open_source(tab, "/edit/Lampe")
    tab.click("[data-mode=visual]")
    expect(tab.locator(EDITOR)).to_be_visible()
    tab.click("[data-mode=source]")
    tab.click(SOURCE)
    assert saved(tab, alice, "Lampe") == page.source.text
    assert page.versions.count() == 1


def test_what_a_script_writes_into_the_field_is_shown(tab: Page, page: Any) -> None:
    open_source(tab)
    cursor_behind(tab, "marteau")
    write = (
        "(field) => { field.value = field.value.replace('solide', 'lourd'); field.dispatchEvent(new Event('input')); }"
    )
    tab.locator(FIELD).evaluate(write)
    expect(tab.locator(".md-emphasis", has_text="lourd")).to_be_visible()
    tab.keyboard.type(" neuf")
    expected = TEXT.replace("solide", "lourd").replace("marteau", "marteau neuf")
    expect(tab.locator(FIELD)).to_have_value(expected)


def test_the_script_is_fetched_when_the_source_is_opened_and_can_fail(tab: Page, page: Any, alice: User) -> None:
    requests: list[str] = []
    tab.on("request", lambda request: requests.append(request.url))
    tab.route("**/source_editor.js", lambda route: route.abort())
    open_editor(tab)
    assert not [url for url in requests if "source_editor.js" in url]
    tab.click("[data-mode=source]")
    field = tab.locator(FIELD)
    expect(field).to_be_visible()
    assert [url for url in requests if "source_editor.js" in url]
    expect(tab.locator("[data-command=undo]")).to_be_hidden()
    field.fill("un mot")
    field.evaluate("(field) => field.setSelectionRange(3, 6)")
    tab.click("[data-key=b]")
    expect(field).to_have_value("un **mot**")
    tab.click("[data-mode=visual]")
    expect(tab.locator(f"{EDITOR} strong")).to_have_text("mot")


def test_it_serves_keyboards_screen_readers_and_phones(tab: Page, page: Any) -> None:
    open_source(tab, width=390)
    source = tab.locator(SOURCE)
    expect(source).to_have_attribute("role", "textbox")
    expect(source).to_have_attribute("aria-label", "Texte")
    expect(source).to_have_attribute("aria-multiline", "true")
    for name, value in {"spellcheck": "true", "autocorrect": "on", "autocapitalize": "sentences"}.items():
        expect(source).to_have_attribute(name, value)
    assert source.evaluate("(source) => parseFloat(getComputedStyle(source).fontSize)") >= 16, (
        "phones zoom on smaller words"
    )
    tab.click("label[for=id_text]")
    expect(source).to_be_focused()
    tab.keyboard.press("Tab")
    expect(source).not_to_be_focused()
    tab.keyboard.press("Shift+Tab")
    expect(source).to_be_focused()
    expect(tab.locator(FIELD)).to_have_value(TEXT)


def test_the_choice_is_remembered(tab: Page, page: Any) -> None:
    open_source(tab)
    tab.reload()
    expect(tab.locator(SOURCE)).to_be_visible()
    expect(tab.locator("[data-mode=source]")).to_have_attribute("aria-pressed", "true")
