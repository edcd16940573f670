"""Opening hours have a table of the week below them, in Chromium; the text is what is sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.forms.scripted_forms import field, open_form

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]


@pytest.fixture
def hours(tab: Page) -> Callable[[str], Locator]:
    """Open a form whose field has these hours; return the field."""

    def opened(text: str) -> Locator:
        open_form(tab, field("hours", "Horaires", text.replace('"', "&quot;"), 'data-input="opening-hours"'))
        expect(tab.locator(".hours-week")).to_have_count(1)
        return tab.locator("#hours")

    return opened


def row(tab: Page, day: str) -> Locator:
    return tab.get_by_role("group", name=day, exact=True)


def test_the_table_shows_the_week_and_writes_what_is_changed(tab: Page, hours: Callable[[str], Locator]) -> None:
    text = hours("Tu-Fr 9:00-12:00,14:00-18:30; Sa 10:00-24:00; PH off")
    times = row(tab, "mardi").locator("input[type=time]")
    assert [times.nth(number).input_value() for number in range(4)] == ["09:00", "12:00", "14:00", "18:30"]
    assert row(tab, "samedi").locator("input[type=time]").nth(1).input_value() == "00:00"
    expect(row(tab, "Jours fériés").get_by_role("checkbox")).to_be_checked()
    expect(row(tab, "lundi").locator("input[type=time]")).to_have_count(0)
    row(tab, "dimanche").get_by_role("checkbox", name="Fermé").check()
    expect(text).to_have_value("Tu-Fr 09:00-12:00,14:00-18:30; Sa 10:00-24:00; Su off; PH off")
    row(tab, "dimanche").get_by_role("checkbox", name="Fermé").uncheck()
    expect(text).to_have_value("Tu-Fr 9:00-12:00,14:00-18:30; Sa 10:00-24:00; PH off")
    row(tab, "samedi").get_by_role("checkbox", name="Fermé").check()
    expect(text).to_have_value("Tu-Fr 09:00-12:00,14:00-18:30; Sa off; PH off")
    row(tab, "samedi").get_by_role("checkbox", name="Fermé").uncheck()
    expect(text).to_have_value("Tu-Fr 9:00-12:00,14:00-18:30; Sa 10:00-24:00; PH off")
    row(tab, "jeudi").get_by_role("button", name="Retirer ces heures").nth(1).click()
    expect(row(tab, "jeudi").get_by_role("button", name="Ajouter des heures")).to_be_focused()
    expect(text).to_have_value("Tu-We,Fr 09:00-12:00,14:00-18:30; Th 09:00-12:00; Sa 10:00-24:00; PH off")
    tab.get_by_label("Note sur ces horaires").fill('sonner "fort"')
    expect(text).to_have_value(re.compile("^Tu-We,Fr 09:00-12:00,14:00-18:30 \"sonner 'fort'\"; Th .*; PH off$"))


def test_hours_are_added_and_copied_to_the_days_that_are_not_closed(tab: Page, hours: Callable[[str], Locator]) -> None:
    text = hours("")
    expect(tab.get_by_role("button", name="Copier sur les autres jours")).to_have_count(0)
    row(tab, "dimanche").get_by_role("checkbox").check()
    row(tab, "lundi").get_by_role("button", name="Ajouter des heures").click()
    start, end = row(tab, "lundi").get_by_label("de (heure)"), row(tab, "lundi").get_by_label("à (heure)")
    expect(start).to_be_focused()
    start.fill("09:00")
    expect(text).to_have_value("Su off")
    end.fill("12:00")
    expect(text).to_have_value("Mo 09:00-12:00; Su off")
    row(tab, "lundi").get_by_role("button", name="Copier sur les autres jours").click()
    expect(text).to_have_value("Mo-Sa 09:00-12:00; Su off")
    expect(row(tab, "Jours fériés")).to_contain_text("comme les autres jours")


def test_hours_without_an_end_are_neither_written_nor_lost(tab: Page, hours: Callable[[str], Locator]) -> None:
    text = hours("Mo 09:00-12:00")
    row(tab, "mardi").get_by_role("button", name="Ajouter des heures").click()
    row(tab, "mardi").get_by_label("de (heure)").fill("14:00")
    row(tab, "mardi").get_by_label("de (heure)").blur()
    expect(row(tab, "mardi").get_by_label("à (heure)")).to_have_attribute("aria-invalid", "true")
    expect(text).to_have_value("Mo 09:00-12:00")
    tab.get_by_role("button", name="Enregistrer").click()
    expect(row(tab, "mardi").get_by_label("à (heure)")).to_be_focused()
    assert tab.title() == "Formulaire"
    row(tab, "mardi").get_by_role("button", name="Retirer ces heures").click()
    tab.get_by_role("button", name="Enregistrer").click()
    tab.wait_for_url("**/sent?hours=Mo+09%3A00-12%3A00")


@pytest.mark.parametrize("said", ["Mo[1] 09:00-12:00", "Du mardi au vendredi 9h-12h", 'Mo 09:00-12:00 || "rdv"'])
def test_a_text_that_the_table_cannot_show_stays_and_that_is_said(
    tab: Page, hours: Callable[[str], Locator], said: str
) -> None:
    text = hours(said)
    expect(tab.locator(".hours-week")).to_be_hidden()
    expect(tab.get_by_role("status")).to_contain_text("Ces horaires restent un texte")
    expect(text).to_have_value(said)
    text.fill("Mo 09:00-12:00")
    expect(row(tab, "lundi").locator("input[type=time]")).to_have_count(2)
    expect(tab.get_by_role("status")).to_have_text("")
