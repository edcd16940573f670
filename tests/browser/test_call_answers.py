"""Calls in the visual editor: shown as what they answer, edited as their source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.test_visual_editor import EDITOR, open_editor, place_cursor, saved
from tests.factories import make_page

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]
TEXT = """Il y en a {{#ask: [[Ville::Lyon]] |format=count}} en tout.

{{#ask: [[Ville::Lyon]]
|format=ul
}}

Fin.
"""
BLOCK, ANSWER = f"{EDITOR} .call-block", f"{EDITOR} .call-answer"
UNIT = f"{EDITOR} .wiki-unit[data-kind=call]"


@pytest.fixture
def page(alice: User) -> Any:
    """A page with a call in a line and one that is a block, and two pages that they find."""
    for title in ("Four", "Scie"):
        make_page(title, "---\nVille: Lyon\n---\n", by=alice)
    return make_page("Établi", TEXT, by=alice)


def answers_asked(tab: Page) -> list[Request]:
    """Return a list to which requests for answers are added."""
    requests: list[Request] = []
    tab.on("request", lambda request: requests.append(request) if "/preview/calls" in request.url else None)
    return requests


def test_calls_show_their_answers_after_one_request(tab: Page, page: Any, alice: User) -> None:
    requests = answers_asked(tab)
    open_editor(tab)
    expect(tab.locator(UNIT)).to_have_text("2")
    expect(tab.locator(f"{ANSWER} li")).to_have_text(["Four", "Scie"])
    expect(tab.locator(f"{BLOCK} .source-block")).to_be_hidden()
    expect(tab.locator(f"{ANSWER} a[href], {ANSWER} [id]")).to_have_count(0)
    assert len(requests) == 1
    assert saved(tab, alice) == TEXT
    assert page.versions.count() == 1


def test_a_click_opens_the_source_and_another_call_answers_anew(tab: Page, page: Any, alice: User) -> None:
    requests = answers_asked(tab)
    open_editor(tab)
    tab.locator(f"{ANSWER} li").first.click()
    expect(tab.locator(f"{BLOCK} .source-block")).to_be_visible()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("End")
    tab.keyboard.type(" |limit=1")
    place_cursor(tab, "p >> nth=-1")
    expect(tab.locator(f"{ANSWER} li")).to_have_text("Four")
    expect(tab.locator(f"{BLOCK} .source-block")).to_be_hidden()
    tab.locator(UNIT).click()
    field = tab.locator(".unit-panel input")
    expect(field).to_have_value("{{#ask: [[Ville::Lyon]] |format=count}}")
    field.fill("{{#ask: [[Ville::Brest]] |format=count}}")
    field.press("Enter")
    expect(tab.locator(UNIT)).to_have_text("0")
    assert len(requests) == 3
    expected = TEXT.replace("format=ul", "format=ul |limit=1")
    assert saved(tab, alice) == expected.replace("[[Ville::Lyon]] |format=count", "[[Ville::Brest]] |format=count")


def test_keys_lead_into_the_source_and_out_of_it(tab: Page, page: Any) -> None:
    open_editor(tab)
    expect(tab.locator(ANSWER)).to_be_visible()
    source = tab.locator(f"{BLOCK} .source-block")
    place_cursor(tab, "p >> nth=0")
    tab.keyboard.press("ArrowDown")
    expect(source).to_be_visible()
    for _ in range(3):
        tab.keyboard.press("ArrowDown")
    expect(source).to_be_hidden()
    tab.keyboard.press("Home")
    tab.keyboard.press("ArrowLeft")
    expect(source).to_be_visible()
    place_cursor(tab, "p >> nth=-1")
    tab.locator(f"{ANSWER} button").focus()
    tab.keyboard.press("Enter")
    expect(source).to_be_visible()


@pytest.mark.parametrize("status", [0, 200])
def test_without_answers_calls_stay_as_they_are_written(tab: Page, page: Any, alice: User, status: int) -> None:
    requests = answers_asked(tab)
    tab.route("**/preview/calls", lambda route: route.fulfill(status=status, body="<p>") if status else route.abort())
    open_editor(tab)
    place_cursor(tab, "p >> nth=-1")
    with tab.expect_event("request", lambda request: "/preview/calls" in request.url):
        tab.keyboard.type(" Vraiment.")
    tab.wait_for_timeout(1000)
    expect(tab.locator(UNIT)).to_have_text("{{#ask…}}")
    expect(tab.locator(f"{BLOCK} .source-block")).to_be_visible()
    assert len(requests) == 1
    assert saved(tab, alice) == TEXT.replace("Fin.", "Fin. Vraiment.")


def test_a_text_without_calls_asks_for_nothing(tab: Page, alice: User) -> None:
    make_page("Lampe", "Une [[Lampe]].", by=alice)
    requests = answers_asked(tab)
    open_editor(tab, "/edit/Lampe")
    tab.wait_for_timeout(1200)
    assert requests == []


def test_on_a_phone(tab: Page, page: Any) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    open_editor(tab)
    expect(tab.locator(ANSWER)).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
