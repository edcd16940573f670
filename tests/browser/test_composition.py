"""Letters that are composed (dead keys, keyboards of phones) arrive once in the visual editor, and can be undone.

Chromium is driven as an input method drives it: `Input.imeSetComposition` shows what is being composed, and
`Input.insertText` is what comes of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.test_visual_editor import EDITOR, TEXT, open_editor, place_cursor, saved
from tests.factories import make_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]


class InputMethod:
    """What composes letters in a tab."""

    def __init__(self, tab: Page) -> None:
        self.session = tab.context.new_cdp_session(tab)

    def show(self, text: str, **replacement: int) -> None:
        """Show what is being composed, in place of what was; or in place of a part of the text."""
        options: dict[str, Any] = {"text": text, "selectionStart": len(text), "selectionEnd": len(text), **replacement}
        self.session.send("Input.imeSetComposition", options)

    def commit(self, text: str) -> None:
        """End the composition with a text."""
        self.session.send("Input.insertText", {"text": text})

    def press_dead_key(self, sign: str, letter: str) -> None:
        """Press a dead key, then the key of a letter."""
        self.show(sign)
        self.commit(letter)

    def write_word(self, word: str) -> None:
        """Write a word letter by letter, as the keyboard of a phone does."""
        for end in range(1, len(word) + 1):
            self.show(word[:end])
        self.commit(word)


@pytest.fixture
def page(alice: User) -> Any:
    """A page with signs that no serializer would write."""
    return make_page("Établi", TEXT, by=alice)


def test_dead_keys_give_one_letter(tab: Page, page: Any, alice: User) -> None:
    open_editor(tab)
    keys, expected = InputMethod(tab), TEXT
    for selector, end in (("p", "hêtre."), ("li:last-child p", "marteau"), ("td", "| scie"), ("h2", "# Établi")):
        place_cursor(tab, selector)
        tab.keyboard.type(" f")
        keys.press_dead_key("^", "ê")
        tab.keyboard.type("te na")
        keys.press_dead_key("¨", "ï")
        keys.press_dead_key("`", "à")
        tab.keyboard.type("f")
        expected = expected.replace(end, f"{end} fête naïàf", 1)
    assert saved(tab, alice) == expected


def test_marks_that_are_composed_mean_what_they_do_when_they_are_done(tab: Page, alice: User) -> None:
    open_editor(tab, "/edit/Lampe")
    tab.click(EDITOR)
    keys = InputMethod(tab)
    tab.keyboard.type("Du ")
    keys.press_dead_key("`", "`")
    tab.keyboard.type("code")
    keys.press_dead_key("`", "`")
    expect(tab.locator(f"{EDITOR} code")).to_have_text("code")
    tab.keyboard.type(" et ")
    keys.show("**gras**")
    expect(tab.locator(f"{EDITOR} strong")).to_have_count(0)
    keys.commit("**gras**")
    expect(tab.locator(f"{EDITOR} strong")).to_have_text("gras")
    tab.keyboard.type(" fin")
    assert saved(tab, alice, "Lampe") == "Du `code` et **gras** fin\n"


def test_the_keyboard_of_a_phone_writes_words_and_replaces_them(tab: Page, alice: User) -> None:
    open_editor(tab, "/edit/Lampe")
    tab.click(EDITOR)
    keys = InputMethod(tab)
    for word in ("Bonjour", "les", "voisin"):
        keys.write_word(word)
        keys.commit(" ")
    keys.show("voisines", replacementStart=12, replacementEnd=18)
    keys.commit("voisines")
    keys.commit(" ")
    expect(tab.locator(f"{EDITOR} p")).to_contain_text("Bonjour les voisines")
    text = tab.locator(f"{EDITOR} p").inner_text()
    assert text.count("voisin") == 1
    assert saved(tab, alice, "Lampe").startswith("Bonjour les voisines")


def test_a_list_of_a_phone_begins_as_with_keys(tab: Page, alice: User) -> None:
    open_editor(tab, "/edit/Lampe")
    tab.click(EDITOR)
    keys = InputMethod(tab)
    keys.commit("-")
    keys.commit(" ")
    keys.write_word("scie")
    expect(tab.locator(f"{EDITOR} li")).to_have_text("scie")
    assert saved(tab, alice, "Lampe") == "- scie\n"


def test_a_composition_is_undone_as_one_act(tab: Page, page: Any, alice: User) -> None:
    open_editor(tab)
    place_cursor(tab, "p")
    keys = InputMethod(tab)
    keys.write_word(" Lourd")
    expect(tab.locator(f"{EDITOR} p >> nth=0")).to_contain_text("hêtre. Lourd")
    tab.keyboard.press("Control+z")
    expect(tab.locator(f"{EDITOR} p >> nth=0")).not_to_contain_text("Lo")
    assert saved(tab, alice) == TEXT


def test_a_composition_beside_units_and_in_tasks(tab: Page, alice: User) -> None:
    text = "Voir [[Établi]].\n\n- [ ] scier\n\n> [!NOTE]\n> Un mot\n"
    make_page("Four", text, by=alice)
    open_editor(tab, "/edit/Four")
    keys = InputMethod(tab)
    place_cursor(tab, "p >> nth=0")
    tab.keyboard.press("ArrowLeft")
    keys.write_word("ici")
    place_cursor(tab, "li p")
    keys.press_dead_key("^", "ê")
    place_cursor(tab, "blockquote p >> nth=-1")
    keys.write_word("doux")
    expected = text.replace("]].", "]]ici.").replace("scier", "scierê").replace("Un mot", "Un motdoux")
    assert saved(tab, alice, "Four") == expected


def test_a_menu_follows_what_is_composed(tab: Page, page: Any, alice: User) -> None:
    open_editor(tab, "/edit/Lampe")
    tab.click(EDITOR)
    keys = InputMethod(tab)
    tab.keyboard.type("[[")
    keys.write_word("Établi")
    expect(tab.locator("[role=option] >> nth=0")).to_contain_text("Établi")
    tab.keyboard.press("Enter")
    assert saved(tab, alice, "Lampe") == "[[Établi]]\n"
