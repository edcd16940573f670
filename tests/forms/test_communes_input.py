"""A commune is completed while one writes, and fills in what follows from it, in Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.forms.scripted_forms import field, open_form

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]
COMMUNE = field("commune", "Commune", attributes='data-input="commune"')
PARTS = (
    field("code", "Code postal", attributes='data-part="postal-code"'),
    field("insee", "Code Insee", attributes='data-part="insee"'),
    field("department", "Département", attributes='data-part="department"'),
    field("region", "Région", attributes='data-part="region"'),
)
NAMES = ("commune", "code", "insee", "department", "region")
OPTION = "[role=option]"


def values(tab: Page, *names: str) -> list[str]:
    return [tab.input_value(f"#{name}") for name in names or NAMES]


def write(tab: Page, text: str) -> None:
    """Write into the empty field, and wait for an answer."""
    with tab.expect_response("**/communes?**"):
        tab.fill("#commune", text)


def choose(tab: Page, text: str, number: int = 0) -> None:
    write(tab, text)
    tab.locator(OPTION).nth(number).click()


def test_keys_choose_a_commune_which_fills_in_the_form(tab: Page) -> None:
    open_form(tab, COMMUNE, *PARTS)
    tab.evaluate("document.addEventListener('commune-chosen', (event) => { window.chosen = event.detail; })")
    box = tab.get_by_role("combobox", name="Commune")
    expect(box).to_have_attribute("aria-expanded", "false")
    write(tab, "oull")
    expect(tab.get_by_role("listbox", name="Commune").locator(OPTION).first).to_have_text(
        "Oullins-Pierre-Bénite (69) 69310 …"
    )
    expect(box).to_have_attribute("aria-expanded", "true")
    write(tab, "firm")
    expect(tab.locator(OPTION).first).to_contain_text("Firminy (42)")
    tab.keyboard.press("ArrowDown")
    option = tab.locator(f"{OPTION}[aria-selected=true]")
    expect(option).to_have_text("Firminy (42) 42700")
    assert box.get_attribute("aria-activedescendant") == option.get_attribute("id")
    tab.keyboard.press("Enter")
    assert values(tab) == ["Firminy", "42700", "42095", "Loire", "Auvergne-Rhône-Alpes"]
    expect(tab.get_by_role("listbox")).to_be_hidden()
    assert tab.evaluate("[chosen.name, chosen.latitude > 45]") == ["Firminy", True]
    assert tab.title() == "Formulaire", "Enter chose, and did not send"
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/sent?commune=Firminy**")


def test_arrows_go_around_and_escape_keeps_what_was_typed(tab: Page) -> None:
    open_form(tab, COMMUNE)
    write(tab, "saint-etienne")
    expect(tab.locator(OPTION)).to_have_count(10)
    tab.keyboard.press("ArrowUp")
    expect(tab.locator(OPTION).last).to_have_attribute("aria-selected", "true")
    tab.keyboard.press("ArrowDown")
    expect(tab.locator(OPTION).first).to_have_attribute("aria-selected", "true")
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("listbox")).to_be_hidden()
    assert values(tab, "commune") == ["saint-etienne"]
    with tab.expect_response("**/communes?**"):
        tab.keyboard.press("ArrowDown")
    expect(tab.get_by_role("listbox")).to_be_visible()
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("listbox")).to_be_hidden()
    assert values(tab, "commune") == ["saint-etienne"]


def test_what_followed_from_a_choice_follows_the_next_one_and_what_is_one_s_own_stays(tab: Page) -> None:
    open_form(tab, COMMUNE, *PARTS)
    tab.fill("#region", "Forez")
    choose(tab, "firminy")
    assert values(tab) == ["Firminy", "42700", "42095", "Loire", "Forez"]
    tab.fill("#department", "La Loire")
    choose(tab, "vénissieux")
    assert values(tab) == ["Vénissieux", "69200", "69259", "La Loire", "Forez"]
    tab.fill("#commune", "Ailleurs")
    tab.keyboard.press("Tab")
    assert values(tab) == ["Ailleurs", "", "", "La Loire", "Forez"]


def test_of_several_postal_codes_the_one_that_was_typed_is_taken_or_all_are_offered(tab: Page) -> None:
    open_form(tab, COMMUNE, *PARTS)
    choose(tab, "saint-étienne")
    assert values(tab, "commune", "code") == ["Saint-Étienne", ""]
    assert tab.evaluate("[...document.querySelector('#code').list.options].map((o) => o.value)") == [
        "42000",
        "42100",
        "42230",
    ]
    tab.fill("#code", "42230")
    choose(tab, "saint-étienne")
    assert values(tab, "commune", "code") == ["Saint-Étienne", "42230"]
    choose(tab, "42100 saint-étienne")
    assert values(tab, "commune", "code") == ["Saint-Étienne", "42100"]
    choose(tab, "firminy")
    assert tab.evaluate("document.querySelector('#code').list") is None
    assert values(tab, "code") == ["42700"]


def test_a_form_that_comes_filled_in_is_changed_as_a_whole(tab: Page) -> None:
    commune = field("commune", "Commune", "Firminy", 'data-input="commune"')
    insee = field("insee", "Insee", "42095", 'data-part="insee"')
    region = field("region", "Région", "Forez", 'data-part="region"')
    open_form(tab, commune, insee, region)
    with tab.expect_response("**/communes?q=Firminy"):
        tab.focus("#commune")
    choose(tab, "Roanne")
    assert values(tab, "commune", "insee", "region") == ["Roanne", "42187", "Forez"]


def test_no_commune_and_no_answer_leave_a_field_that_can_be_written(tab: Page) -> None:
    open_form(tab, COMMUNE)
    write(tab, "Nulle part")
    expect(tab.get_by_role("status")).to_have_text("Aucune commune ne commence ainsi.")

    def refuse(route: Route) -> None:
        route.fulfill(status=500, body="no")

    tab.route("**/communes?**", refuse)
    write(tab, "Lyon")
    expect(tab.get_by_role("listbox")).to_be_hidden()
    expect(tab.get_by_role("status")).to_have_text("")
    tab.unroute("**/communes?**", refuse)
    tab.route("**/communes?**", lambda route: route.abort())
    with tab.expect_event("requestfailed"):
        tab.fill("#commune", "Marseille")
    tab.get_by_role("button", name="Enregistrer").click()
    tab.wait_for_url("**/sent?commune=Marseille")


def test_a_late_answer_to_an_earlier_question_is_not_shown(tab: Page) -> None:
    open_form(tab, COMMUNE)
    held: list[Route] = []
    tab.route("**/communes?q=Roa", lambda route: held.append(route))
    with tab.expect_request("**/communes?q=Roa"):
        tab.fill("#commune", "Roa")
    write(tab, "Firminy")
    expect(tab.locator(OPTION)).to_have_text(["Firminy (42) 42700"])
    held[0].continue_()
    tab.wait_for_timeout(300)
    expect(tab.locator(OPTION)).to_have_text(["Firminy (42) 42700"])
    with tab.expect_request("**/communes?q=Roa"):
        tab.fill("#commune", "Roa")
    tab.keyboard.press("Escape")
    held[1].continue_()
    tab.wait_for_timeout(300)
    expect(tab.locator(OPTION)).to_have_text(["Firminy (42) 42700"])


def test_an_answer_to_a_field_that_was_left_is_not_shown(tab: Page) -> None:
    open_form(tab, COMMUNE, *PARTS)
    held: list[Route] = []
    tab.route("**/communes?q=Roa", lambda route: held.append(route))
    with tab.expect_request("**/communes?q=Roa"):
        tab.fill("#commune", "Roa")
    tab.keyboard.press("Tab")
    held[0].continue_()
    tab.wait_for_timeout(300)
    expect(tab.get_by_role("listbox")).to_be_hidden()
