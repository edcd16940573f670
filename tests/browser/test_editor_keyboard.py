"""The visual editor without a mouse, and as axe-core sees it: on wide and narrow screens, in light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.test_accessible import RULES
from tests.browser.test_editor_pictures import choose, file
from tests.browser.test_visual_editor import EDITOR, TEXT, open_editor, place_cursor, saved
from tests.factories import make_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]
WIDTHS = (1280, 390)
NOTES = "Note[^1] et [^absente].\n\nTerme\n: Définition\n\n[^1]: Texte.\n\n[^seule]: Texte.\n"
FOCUSED = "document.activeElement.dataset.command ?? document.activeElement.className"


@pytest.fixture
def page(alice: User) -> Any:
    """A page with signs that no serializer would write."""
    return make_page("Établi", TEXT, by=alice)


def reach(tab: Page, selector: str, key: str = "Tab") -> int:
    """Press a key until an element has the focus; return how often."""
    for count in range(80):
        if tab.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return count
        tab.keyboard.press(key)
    raise AssertionError(f"{selector} is not reached by {key}")


@pytest.mark.parametrize("width", WIDTHS)
def test_every_tool_is_reached_and_used_by_keys(tab: Page, page: Any, alice: User, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 844})
    open_editor(tab)
    tab.locator("[data-mode=source]").focus()
    reach(tab, "[data-toolbar] button")
    assert tab.evaluate(FOCUSED) == "strong"
    shown = tab.locator("[data-toolbar] button").filter(visible=True)
    reached = [tab.evaluate("document.activeElement.title")]
    for _ in range(shown.count() - 1):
        tab.keyboard.press("ArrowRight")
        reached.append(tab.evaluate("document.activeElement.title"))
    assert reached == [one.get_attribute("title") for one in shown.all()]
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate(FOCUSED) == "strong"
    tab.keyboard.press("End")
    assert tab.evaluate(FOCUSED) == "redo"
    tab.keyboard.press("Tab")
    assert not tab.evaluate("document.activeElement.closest('[data-toolbar]')"), "the tools are one stop"
    tab.locator(EDITOR).focus()
    place_cursor(tab, "p")
    tab.keyboard.press("Control+Shift+ArrowLeft")
    tab.keyboard.press("Control+Shift+ArrowLeft")
    tab.keyboard.press("Alt+F10")
    assert tab.evaluate(FOCUSED) == "strong"
    tab.keyboard.press("Space")
    expect(tab.locator(EDITOR)).to_be_focused()
    tab.keyboard.press("Alt+F10")
    tab.keyboard.press("Escape")
    expect(tab.locator(EDITOR)).to_be_focused()
    assert "en **hêtre.**" in saved(tab, alice)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_text_is_left_by_escape_and_tab(tab: Page, page: Any, alice: User, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 844})
    open_editor(tab)
    place_cursor(tab, "li:last-child p")
    tab.keyboard.press("Tab")
    expect(tab.locator(f"{EDITOR} li li")).to_have_count(1)
    tab.keyboard.press("Shift+Tab")
    expect(tab.locator(EDITOR)).to_be_focused()
    tab.keyboard.press("Escape")
    tab.keyboard.press("Tab")
    expect(tab.locator(EDITOR)).not_to_be_focused()
    expect(tab.locator(f"{EDITOR} li li")).to_have_count(0)
    place_cursor(tab, "td")
    tab.keyboard.press("Escape")
    tab.keyboard.press("Shift+Tab")
    expect(tab.locator(EDITOR)).not_to_be_focused()
    assert saved(tab, alice) == TEXT


def test_the_list_after_a_slash_says_what_is_chosen(tab: Page, alice: User) -> None:
    open_editor(tab, "/edit/Lampe")
    tab.locator(EDITOR).focus()
    tab.keyboard.type("/")
    menu, text = tab.get_by_role("listbox", name="Ce qui peut être inséré"), tab.locator(EDITOR)
    expect(menu).to_be_visible()
    for number in range(3):
        chosen = text.get_attribute("aria-activedescendant")
        assert chosen == f"editor-menu-{number}"
        expect(tab.locator(f"#{chosen}")).to_have_attribute("aria-selected", "true")
        tab.keyboard.press("ArrowDown")
    assert text.get_attribute("aria-controls") == menu.get_attribute("id")
    tab.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    assert text.get_attribute("aria-activedescendant") is None
    expect(text).to_be_focused()


def test_units_are_opened_by_enter_and_closed_by_escape(tab: Page, alice: User) -> None:
    make_page("Four", "Voir [[Établi]].", by=alice)
    open_editor(tab, "/edit/Four")
    tab.locator(EDITOR).focus()
    tab.keyboard.press("Control+End")
    tab.keyboard.press("ArrowLeft")
    tab.keyboard.press("ArrowLeft")
    tab.keyboard.press("Enter")
    field = tab.locator(".unit-panel input")
    expect(field).to_be_focused()
    tab.keyboard.press("Escape")
    expect(field).to_have_count(0)
    expect(tab.locator(EDITOR)).to_be_focused()
    assert saved(tab, alice, "Four") == "Voir [[Établi]]."


def test_blocks_are_moved_by_keys_and_by_tools(tab: Page, page: Any, alice: User) -> None:
    open_editor(tab)
    place_cursor(tab, "li:last-child p")
    tab.keyboard.press("Alt+ArrowUp")
    tab.keyboard.type(" lourd")
    expect(tab.locator(f"{EDITOR} li >> nth=0")).to_have_text("marteau lourd")
    tab.keyboard.press("Alt+ArrowUp")
    place_cursor(tab, "tr:last-child td")
    tab.keyboard.press("Alt+ArrowUp")
    place_cursor(tab, "h2")
    tab.click("[data-command=move_down]")
    expected = TEXT.replace("* scie\n* marteau", "* marteau lourd\n* scie")
    expected = expected.replace(
        "# Établi\n\nUn établi *solide* ,  en hêtre.", "Un établi *solide* ,  en hêtre.\n\n# Établi"
    )
    assert saved(tab, alice) == expected


def test_facts_are_written_by_keys(tab: Page, page: Any, alice: User) -> None:
    open_editor(tab)
    tab.locator(EDITOR).focus()
    reach(tab, ".facts-form > button", "Shift+Tab")
    tab.keyboard.press("Enter")
    tab.keyboard.type("Horaires")
    tab.keyboard.press("Tab")
    tab.keyboard.type("lundi")
    assert saved(tab, alice) == TEXT.replace("Lyon\n---", "Lyon\nHoraires: lundi\n---")


def violations(tab: Page, state: str) -> list[str]:
    """Return what axe-core objects to, in light and dark."""
    found = []
    for theme, rules in RULES.items():
        tab.emulate_media(color_scheme=theme, reduced_motion="reduce")
        results = Axe().run(tab, options=rules)
        assert results.response["passes"]
        found += [
            f"{state} ({theme}): {one['id']} ({one['help']}): {node['target']} {node['html'][:160]}"
            for one in results.response["violations"]
            for node in one["nodes"]
        ]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_no_violations_in_the_open_editor(tab: Page, page: Any, alice: User, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 844})
    make_page(
        "Four",
        f"{TEXT}\nVoir [[Établi]] et {{{{modèle}}}}.\n\n> [!NOTE]\n> Un mot.\n\n- [ ] scier\n\n{NOTES}",
        by=alice,
    )
    open_editor(tab, "/edit/Four")
    found = violations(tab, "open")
    place_cursor(tab, "td")
    found += violations(tab, "in a table")
    tab.click(f"{EDITOR} [data-kind=link]")
    found += violations(tab, "a unit")
    tab.keyboard.press("Escape")
    place_cursor(tab, "p >> nth=0")
    choose(tab, file())
    tab.click(f"{EDITOR} .wiki-picture")
    found += violations(tab, "a picture")
    tab.keyboard.press("Escape")
    place_cursor(tab, "p >> nth=0")
    tab.keyboard.press("Enter")
    tab.keyboard.type("/")
    expect(tab.get_by_role("listbox")).to_be_visible()
    found += violations(tab, "the list")
    assert found == []
