"""The visual editor in a browser: what is typed, chosen and pasted becomes Markdown, and nothing else changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.test_layout import sign_in
from tests.factories import make_page
from wiki.pages import page_lookup

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]

TEXT = """---
Nature: Pratique
Ville:   Lyon
---
# Établi

Un établi *solide* ,  en hêtre.

* scie
* marteau

| outil | nombre |
|:------|-------:|
| scie  |   2    |

{{#ask: [[Ville::Lyon]]
|format=ul
}}
"""
EDITOR = ".ProseMirror"


@pytest.fixture
def page(alice: User) -> Any:
    """A page with a front matter, and signs that no serializer would write."""
    return make_page("Établi", TEXT, by=alice)


def open_editor(tab: Page, address: str = "/edit/Établi") -> None:
    """Sign in and open the visual editor."""
    sign_in(tab, "alice")
    tab.goto(address)
    expect(tab.locator(EDITOR)).to_be_visible()


def saved(tab: Page, user: User, title: str = "Établi") -> str:
    """Save, and return the text of the page."""
    with tab.expect_navigation():
        tab.click("button[name=save]")
    found = page_lookup.find(title, user)
    assert found is not None
    return found.source.text


def place_cursor(tab: Page, selector: str) -> None:
    """Put the cursor at the end of an element of the text."""
    tab.click(f"{EDITOR} {selector}")
    tab.keyboard.press("End")


def test_only_what_is_typed_changes(tab: Page, page: Any, alice: User) -> None:
    open_editor(tab)
    place_cursor(tab, "p")
    tab.keyboard.type(" Et lourd.")
    place_cursor(tab, "td")
    tab.keyboard.type(" fine")
    place_cursor(tab, "li:last-child p")
    tab.keyboard.press("Enter")
    tab.keyboard.type("lime")
    expected = TEXT.replace("hêtre.", "hêtre. Et lourd.").replace("| scie  ", "| scie fine  ")
    assert saved(tab, alice) == expected.replace("* marteau", "* marteau\n* lime")


def test_markdown_that_is_typed_means_what_it_does(tab: Page, alice: User) -> None:
    open_editor(tab, "/edit/Lampe")
    tab.click(EDITOR)
    for line in ("## Montage", "Avec **soin** et ~~hâte~~", "- une vis", "deux vis"):
        tab.keyboard.type(line)
        tab.keyboard.press("Enter")
    tab.keyboard.press("Enter")
    tab.keyboard.type("Voir [[Établi|l'établi]], signé 2 * 3_a_b.")
    expect(tab.locator(f"{EDITOR} h2")).to_have_text("Montage")
    expect(tab.locator(f"{EDITOR} [data-kind=link]")).to_have_text("l'établi")
    text = "## Montage\n\nAvec **soin** et ~~hâte~~\n\n- une vis\n- deux vis\n\n"
    text += "Voir [[Établi|l'établi]], signé 2 * 3_a_b.\n"
    assert saved(tab, alice, "Lampe") == text


def test_pages_and_blocks_are_chosen_from_a_list(tab: Page, page: Any, alice: User) -> None:
    open_editor(tab, "/edit/Lampe")
    expect(tab.locator(f"{EDITOR} p")).to_have_attribute("data-placeholder", re.compile("Écrivez ici"))
    tab.click(EDITOR)
    tab.keyboard.type("Sur l’[[")
    expect(tab.locator("[role=option]")).to_contain_text("Écrivez le titre")
    tab.keyboard.type("Établ")
    expect(tab.locator("[role=option] >> nth=0")).to_contain_text("Établi")
    tab.keyboard.press("Enter")
    tab.keyboard.type(".")
    tab.keyboard.press("Enter")
    tab.keyboard.type("/tabl")
    tab.keyboard.press("Enter")
    for word in ("a", "b", "c"):
        tab.keyboard.type(word)
        tab.keyboard.press("Tab")
    assert saved(tab, alice, "Lampe").startswith("Sur l’[[Établi]].\n\n| a | b |\n| --- | --- |\n| c |")


def test_what_is_undone_makes_no_version(tab: Page, page: Any, alice: User) -> None:
    open_editor(tab)
    place_cursor(tab, "p")
    tab.keyboard.type(" Et lourd.")
    tab.click("[data-command=bullet_list]")
    for _ in range(3):
        tab.keyboard.press("Control+z")
    assert saved(tab, alice) == TEXT


def test_tools_and_keys(tab: Page, page: Any, alice: User) -> None:
    open_editor(tab)
    place_cursor(tab, "p")
    tab.keyboard.press("Control+Shift+ArrowLeft")
    tab.keyboard.press("Control+Shift+ArrowLeft")
    tab.click("[data-command=strong]")
    expect(tab.locator("[data-command=strong]")).to_have_attribute("aria-pressed", "true")
    tab.click(f"{EDITOR} td")
    tab.click("[data-command=row_after]")
    text = saved(tab, alice)
    assert "en **hêtre.**" in text
    assert "| scie  |   2    |\n|  |  |\n" in text


@pytest.mark.parametrize(
    ("text", "reason"),
    [("#REDIRECT [[Établi]]", "redirection"), ("---\nNote: |\n  deux\n  lignes\n---\nUn texte.", "plusieurs lignes")],
)
def test_a_text_that_would_change_opens_as_source(tab: Page, alice: User, text: str, reason: str) -> None:
    make_page("Renvoi", text, by=alice)
    sign_in(tab, "alice")
    tab.goto("/edit/Renvoi")
    expect(tab.locator(".cm-content")).to_be_visible()
    expect(tab.locator("[data-editor-note]")).to_contain_text(reason)
    expect(tab.locator(EDITOR)).to_have_count(0)


def test_facts_are_rows_of_a_name_and_a_value(tab: Page, page: Any, alice: User) -> None:
    open_editor(tab)
    tab.get_by_label("Ville", exact=True).fill("Brest : port")
    tab.click(".facts-form > button")
    tab.keyboard.type("Horaires")
    tab.keyboard.press("Tab")
    tab.keyboard.type("Samedi : 9h-12h")
    expect(tab.locator(".visual-facts summary")).to_contain_text("(3)")
    assert saved(tab, alice) == TEXT.replace("Lyon\n---", "Brest : port\nHoraires: Samedi : 9h-12h\n---")


def test_a_page_without_facts_gets_some(tab: Page, alice: User) -> None:
    open_editor(tab, "/edit/Lampe")
    tab.click(".visual-facts summary")
    tab.click(".facts-form > button")
    tab.keyboard.type("Ville")
    tab.keyboard.press("Tab")
    tab.keyboard.type("Lyon")
    tab.click(EDITOR)
    tab.keyboard.type("Une lampe.")
    assert saved(tab, alice, "Lampe") == "---\nVille: Lyon\n---\nUne lampe.\n"


def test_an_unanswered_draft_is_not_overwritten(tab: Page, page: Any) -> None:
    open_editor(tab)
    tab.on("dialog", lambda dialog: dialog.accept())
    for word in (" un", " deux"):
        place_cursor(tab, "p")
        tab.keyboard.type(word)
        tab.wait_for_timeout(1500)
        tab.goto("/edit/Établi")
    expect(tab.locator("[data-drafts] p")).to_have_count(2)
    tab.click("[data-drafts] p >> nth=0 >> button >> nth=0")
    expect(tab.locator(f"{EDITOR} p >> nth=0")).to_have_text("Un établi solide , en hêtre. un")
    expect(tab.locator("[data-drafts] p")).to_have_count(1)


WORD = """<html><style>p.MsoNormal{color:red}</style><body><!--StartFragment-->
<h1>Titre</h1><p class="MsoNormal">Du <b>gras</b> et du <span style="font-style:italic">penché</span><o:p></o:p></p>
<p class="MsoListParagraph" style="mso-list:l0"><span style="mso-list:Ignore">·<span>&nbsp;&nbsp;</span></span>un</p>
<p class="MsoListParagraph" style="mso-list:l0"><span style="mso-list:Ignore">·<span>&nbsp;&nbsp;</span></span>deux</p>
<script>alert(1)</script><!--EndFragment--></body></html>"""
PASTE = """(editor, [type, data]) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData(type, data);
  editor.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


@pytest.mark.parametrize(
    ("kind", "pasted", "text"),
    [
        ("text/html", WORD, "## Titre\n\nDu **gras** et du *penché*\n\n- un\n- deux\n"),
        ("text/plain", "## Deux\n\n* a\n* b [[Établi]]", "## Deux\n\n- a\n- b [[Établi]]\n"),
    ],
)
def test_what_is_pasted_comes_in_clean(tab: Page, alice: User, kind: str, pasted: str, text: str) -> None:
    open_editor(tab, "/edit/Lampe")
    tab.click(EDITOR)
    tab.locator(EDITOR).evaluate(PASTE, [kind, pasted])
    assert saved(tab, alice, "Lampe") == text


def test_one_types_at_once_in_blocks_that_were_out_of_sight(tab: Page, alice: User) -> None:
    text = "\n\n".join(f"Un paragraphe {number}.\n\n- un\n- deux" for number in range(120)) + "\n\nFin.\n"
    make_page("Longue", text, by=alice)
    open_editor(tab, "/edit/Longue")
    tab.locator(EDITOR).focus()
    tab.keyboard.press("Control+End")
    tab.keyboard.type("Bé")
    for word in ("un", "deux", "trois"):
        tab.keyboard.press("Enter")
        tab.keyboard.type(word)
    tab.keyboard.press("Control+Home")
    tab.keyboard.type("Ah ")
    assert saved(tab, alice, "Longue") == f"Ah {text}".replace("Fin.\n", "Fin.Bé\n\nun\n\ndeux\n\ntrois\n")


def test_on_a_phone(tab: Page, page: Any, alice: User) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    open_editor(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    place_cursor(tab, "p")
    tab.keyboard.press("Enter")
    tab.keyboard.type("/lis")
    menu = tab.locator(".editor-menu").bounding_box()
    assert menu is not None
    assert menu["x"] >= 0
    assert menu["x"] + menu["width"] <= 390
    tab.click("[role=option] >> nth=0")
    tab.keyboard.type("vis")
    tools = tab.locator("[data-toolbar]")
    assert tools.bounding_box()["height"] < 80, "one row of tools"  # type: ignore[index]
    tab.click(f"{EDITOR} td")
    expect(tab.locator("[data-command=row_after]")).to_be_in_viewport()
    assert "hêtre.\n\n- vis\n\n* scie" in saved(tab, alice)


def test_the_preview_stands_beside_the_text_or_in_its_place(tab: Page, page: Any) -> None:
    open_editor(tab)
    preview = tab.locator(".preview")
    tab.click("button[name=preview]")
    expect(preview.locator("td >> nth=0")).to_have_text("scie")
    text, beside = tab.locator(EDITOR).bounding_box(), preview.bounding_box()
    assert text is not None
    assert beside is not None
    assert text["x"] + text["width"] < beside["x"]
    tab.click("button[name=changes]")
    expect(preview).to_contain_text("Vous n’avez encore rien modifié")
    tab.set_viewport_size({"width": 390, "height": 844})
    expect(tab.locator(EDITOR)).to_be_hidden()
    tab.click("[data-mode=visual]")
    expect(tab.locator(EDITOR)).to_be_visible()
    expect(preview).to_have_count(0)
    tab.click("[data-preview-tab=preview]")
    expect(preview).to_be_visible()
    expect(tab.locator(EDITOR)).to_be_hidden()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_save_without_network_waits_and_is_made_later(tab: Page, page: Any, alice: User) -> None:
    open_editor(tab)
    place_cursor(tab, "p")
    tab.keyboard.type(" Et lourd.")
    tab.context.set_offline(True)
    tab.click("button[name=save]")
    expect(tab.locator("[data-editor-note]")).to_contain_text("réseau")
    tab.keyboard.press("Control+s")
    with tab.expect_navigation():
        tab.context.set_offline(False)
    found = page_lookup.find("Établi", alice)
    assert found is not None
    assert (found.version, "Et lourd." in found.source.text) == (2, True)


def test_two_tabs_know_of_each_other(tab: Page, page: Any) -> None:
    open_editor(tab)
    other = tab.context.new_page()
    other.goto("/edit/Établi")
    for one in (tab, other):
        expect(one.locator("[data-other-tab]")).to_be_visible()
    other.close(run_before_unload=True)
    expect(tab.locator("[data-other-tab]")).to_be_hidden()


def test_steps_are_numbered_and_their_title_is_written_at_once(tab: Page, alice: User) -> None:
    make_page("Four", "### 2. Allumer\n\nDoucement.\n", by=alice)
    open_editor(tab, "/edit/Four")
    tab.locator(f"{EDITOR} p").last.click()
    tab.keyboard.press("Control+End")
    tab.keyboard.press("Enter")
    tab.keyboard.type("/étape")
    tab.keyboard.press("Enter")
    tab.keyboard.type("Cuire")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.type("Une heure.")
    assert saved(tab, alice, "Four") == "### 2. Allumer\n\nDoucement.\n\n### 3. Cuire\n\nUne heure.\n"


NOTED = """Le four[^1] est chaud[^b].

Argile
: Terre.

[^1]: Une *note*.
    Suite.
[^b]: Autre.
"""


def test_footnotes_and_definitions_are_written_by_keys(tab: Page, alice: User) -> None:
    make_page("Four", NOTED, by=alice)
    open_editor(tab, "/edit/Four")
    notes = tab.locator(f"{EDITOR} [data-kind=note]")
    expect(notes).to_have_text(["1", "2"])
    expect(notes.first).to_have_attribute("title", "Une note. Suite.")
    tab.locator(EDITOR).focus()
    for key in ("Control+Home", "ArrowRight", "ArrowRight"):
        tab.keyboard.press(key)
    tab.click("[data-toolbar] [data-command=footnote]")
    tab.keyboard.type("La mienne")
    expect(notes).to_have_text(["1", "2", "3"])
    tab.get_by_role("button", name="1: Retour au texte").click()
    tab.keyboard.type(" grand")
    notes.nth(1).click()
    tab.keyboard.type(" Fin.")
    tab.keyboard.press("Control+Enter")
    tab.keyboard.press("Backspace")
    expect(tab.locator(f"{EDITOR} .note-text")).to_have_count(2)
    tab.keyboard.press("Control+z")
    place_cursor(tab, "dd")
    for words in ("Émail", "Verre."):
        tab.keyboard.press("Enter")
        tab.keyboard.type(words)
    tab.keyboard.press("Enter")
    tab.keyboard.press("Enter")
    tab.keyboard.type("Après.")
    expected = NOTED.replace("Le four", "Le[^2] grand four").replace("Suite.", "Suite. Fin.")
    expected = expected.replace("Terre.\n", "Terre.\n\nÉmail\n: Verre.\n\nAprès.\n") + "\n[^2]: La mienne\n"
    assert saved(tab, alice, "Four") == expected
