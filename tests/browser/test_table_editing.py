"""An edited table in a browser: keys, filling down, a pasted block, marks, leaving, and cards on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.test_layout import sign_in
from tests.factories import make_page
from wiki.pages.models import WikiPage

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, Page

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]
ADDRESS = "/ask/edit?q=[[Ville::%2B]]&po=?Ville%0A?Type%0A?Surface"
PASTE = """(input, text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  input.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def test_a_table_is_filled_as_a_sheet(tab: Page, alice: User) -> None:
    make_page("Property:Type", "---\nHas type: Text\nAllows value: [Fablab, Café]\n---\n")
    make_page("Property:Surface", "---\nHas type: Number\n---\n")
    for title in ("A", "B", "C"):
        make_page(title, f"---\nVille: Lyon {title}\n---\nUn texte.", by=alice)
    sign_in(tab, "alice")
    tab.goto(ADDRESS)

    def cell(title: str, number: int) -> str:
        return f"tr:has(th bdi:text-is('{title}')) td:nth-of-type({number}) :is(input, select, textarea)"

    # Keys
    tab.focus(cell("A", 1))
    tab.keyboard.press("Enter")
    expect(tab.locator(cell("B", 1))).to_be_focused()
    tab.keyboard.press("Control+d")
    expect(tab.locator(cell("B", 1))).to_have_value("Lyon A")
    tab.keyboard.press("ArrowDown")
    expect(tab.locator(cell("C", 1))).to_be_focused()
    tab.keyboard.press("Shift+Enter")
    tab.keyboard.press("Tab")
    expect(tab.locator(cell("B", 2))).to_be_focused()
    expect(tab.locator("[data-changed]")).to_have_text("Cellules modifiées\u00a0: 1")
    # A block of three columns and two rows; one value is no choice, and the last column is beyond the table
    block = 'Nantes\tcafé\t12\tx\r\n"Le ""Port"""\tBar\t7\r\n'
    tab.locator(cell("B", 1)).evaluate(PASTE, block)
    expect(tab.locator(cell("B", 1))).to_have_value("Nantes")
    expect(tab.locator(cell("B", 2))).to_have_value("Café")
    expect(tab.locator(cell("C", 1))).to_have_value('Le "Port"')
    expect(tab.locator(cell("C", 2))).to_have_value("")
    expect(tab.locator(cell("C", 3))).to_have_value("7")
    expect(tab.locator("[data-changed]")).to_contain_text("Valeurs collées\u00a0: 5")
    expect(tab.locator("[data-changed]")).to_contain_text("absentes des choix\u00a0: 2")
    expect(tab.locator("td.is-changed")).to_have_count(5)
    # Leaving asks first
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    tab.once("dialog", stay)
    tab.click("[data-leave]")
    expect(tab.locator(cell("B", 1))).to_have_value("Nantes")
    assert asked == ["beforeunload"]
    # On a phone, each row is a card, and nothing is wider than the screen
    tab.set_viewport_size({"width": 390, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert tab.locator(cell("B", 1)).bounding_box()["width"] > 300  # type: ignore[index]
    tab.fill("input[name=comment]", "du tableur")
    tab.click("button[name=save]")
    expect(tab.locator(".message-success")).to_contain_text("2 pages sont enregistrées.")
    texts = {page.title: page.source.text for page in WikiPage.objects.filter(title__in="ABC").select_related("source")}
    assert texts["B"] == "---\nVille: Nantes\nType: Café\nSurface: 12\n---\nUn texte."
    assert 'Le "Port"' in texts["C"]
    assert texts["A"] == "---\nVille: Lyon A\n---\nUn texte."
    tab.click(".message-success a:last-of-type")
    tab.click("main button[type=submit]")
    expect(tab.locator(".message-success")).to_contain_text("2 pages sont revenues en arrière.")
    assert WikiPage.objects.get(title="B").source.text == "---\nVille: Lyon B\n---\nUn texte."
