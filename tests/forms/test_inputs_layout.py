"""Fields with scripts fit small and large screens, can be touched, and have no barriers, in light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.forms.scripted_forms import field, open_form

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]
SMALL = """[...document.querySelectorAll("main :is(button, a, input[type=time], [role=option], label.choice)")]
  .filter((one) => one.checkVisibility() && !one.closest(".leaflet-control-attribution"))
  .filter((one) => Math.min(one.getBoundingClientRect().width, one.getBoundingClientRect().height) < 43.9)
  .map((one) => one.outerHTML)"""
"""What is smaller than 44 pixels and can be pressed."""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_fields_fit_can_be_touched_and_have_no_barriers(tab: Page, width: int, theme: str) -> None:
    tab.set_viewport_size({"width": width, "height": 900})
    open_form(
        tab,
        field("commune", "Commune", attributes='data-input="commune"'),
        field("place", "Coordonnées", "45.4397, 4.3872", 'data-input="coordinates"'),
        field("hours", "Horaires", "Tu-Fr 09:00-12:00,14:00-18:30; PH off", 'data-input="opening-hours"'),
        theme=theme,
    )
    expect(tab.locator(".form-marker")).to_be_visible()
    with tab.expect_response("**/communes?**"):
        tab.fill("#commune", "saint")
    expect(tab.get_by_role("listbox")).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.evaluate(SMALL) == []
    violations = Axe().run(tab).response["violations"]
    assert [(found["id"], found["nodes"][0]["html"]) for found in violations] == []
