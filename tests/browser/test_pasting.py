"""What programs put on the clipboard comes into the visual editor as clean Markdown, and nothing is lost in silence.

The files in `tests/data/pasted` are HTML as Word, Word on the web, LibreOffice, Google Docs and a web page give it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.test_editor_pictures import SHOWN
from tests.browser.test_visual_editor import EDITOR, PASTE, open_editor, saved
from tests.factories import make_page
from wiki.pages.media_models import Picture

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]
PASTED = Path(__file__).parents[1] / "data/pasted"
NOTICE = ".visual > [role=status]"


def paste(tab: Page, html: str) -> None:
    """Paste HTML at the cursor of a new page."""
    open_editor(tab, "/edit/Lampe")
    tab.click(EDITOR)
    tab.locator(EDITOR).evaluate(PASTE, ["text/html", html])


@pytest.mark.parametrize("name", sorted(file.stem for file in PASTED.glob("*.html")))
def test_a_document_comes_in_as_markdown(tab: Page, alice: User, name: str) -> None:
    requests: list[str] = []
    tab.on("request", lambda request: requests.append(request.url))
    paste(tab, (PASTED / f"{name}.html").read_text(encoding="utf-8"))
    if name == "libreoffice":
        expect(tab.locator(SHOWN)).to_be_visible()
        tab.locator(".wiki-picture").click()
        tab.click(".picture-panel button")
    assert saved(tab, alice, "Lampe") == (PASTED / f"{name}.md").read_text(encoding="utf-8")
    assert not [url for url in requests if not url.startswith(("http://localhost", "http://127."))]


def test_a_picture_within_the_html_is_sent_to_the_wiki(tab: Page, alice: User) -> None:
    paste(tab, (PASTED / "libreoffice.html").read_text(encoding="utf-8"))
    expect(tab.locator(SHOWN)).to_be_visible()
    expect(tab.locator(NOTICE)).to_be_hidden()
    name = Picture.objects.get().name
    assert f"](File:{name})" in saved(tab, alice, "Lampe")


def test_pictures_that_do_not_come_are_counted(tab: Page, alice: User) -> None:
    paste(tab, "")
    for html, words in (
        ("<p>a<img src='file:///C:/a.jpg'><img src='blob:x'></p>", "venues avec le texte : 2"),
        ("<p>a<img src='data:image/png;base64,%%%'></p>", "venues avec le texte : 1"),
        ("<p>a<img src='data:image/svg+xml,x'></p>", "venues avec le texte : 1"),
        ("<p><img src='https://example.org/a.jpg' alt='four'></p>", "autre site, vers lequel la page fait un lien : 1"),
    ):
        tab.locator(EDITOR).evaluate(PASTE, ["text/html", html])
        expect(tab.locator(NOTICE)).to_contain_text(words)
        tab.locator(EDITOR).evaluate(PASTE, ["text/html", "<p>b</p>"])
        expect(tab.locator(NOTICE)).to_be_hidden()
    assert not Picture.objects.exists()


def test_without_an_account_no_picture_is_sent(tab: Page, alice: User) -> None:
    make_page("Four", "Avant.", by=alice)
    tab.goto("/suggest/Four")
    tab.click(EDITOR)
    tab.locator(EDITOR).evaluate(PASTE, ["text/html", (PASTED / "libreoffice.html").read_text(encoding="utf-8")])
    expect(tab.locator(NOTICE)).to_contain_text("venues avec le texte : 1")


def test_odd_html(tab: Page, alice: User) -> None:
    paste(tab, "")
    field = tab.locator("textarea[name=text]")
    for html, text in (
        ("<table><tr><td>a</td></tr><tr><td>b</td><td>c<ul><li>d<li>e</ul></td></tr></table>",
         "| a |  |\n| --- | --- |\n| b | c<br>– d<br>– e |\n"),
        ("<ul><li>a</ul><p>b</p><ul><li>c</ul>", "- a\n\nb\n\n- c\n"),
        ("<p class=MsoListParagraph>1) un</p><p class=MsoListParagraph>2) deux</p>", "1. un\n2. deux\n"),
        ("<p>a</p><p class=MsoQuote>Un mot.</p><p>b</p>", "a\n\n> Un mot.\n\nb\n"),
        ("<h3><b>Titre</b></h3><p>x<br></p>", "### Titre\n\nx\n"),
    ):  # fmt: skip
        tab.click(EDITOR)
        tab.keyboard.press("Control+a")
        tab.keyboard.press("Delete")
        tab.locator(EDITOR).evaluate(PASTE, ["text/html", html])
        expect(field).to_have_js_property("value", text)  # written a moment after the last change
