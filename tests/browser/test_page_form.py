"""Forms in a browser, in French: a place on a phone, rows by keyboard, drafts, pictures, without JavaScript."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import expect

from tests.browser.test_layout import sign_in
from tests.browser.test_signed_in import FAULTS
from tests.factories import make_page, make_place
from wiki.pages import page_lookup

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]
PRACTICE = "---\nkind: Pratique # ici\nPublic: Tous\nOutils: [scie]\nAutre: reste\n---\nUn texte.\n"


def text_of(title: str, user: User) -> str:
    page = page_lookup.find(title, user)
    assert page is not None
    return page.source.text or ""


def save(tab: Page) -> None:
    with tab.expect_navigation(url="**/wiki/**"):
        tab.click(".buttons button[name=save]")


def test_a_place_is_made_on_a_phone(tab: Page, alice: User) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    sign_in(tab, "alice")
    tab.goto("/create-place")
    tab.get_by_label("Nom du lieu").fill("Le Fournil")
    tab.keyboard.press("Enter")
    tab.get_by_text("Où nous trouver").click()
    tab.get_by_label("Adresse", exact=True).fill("5 place du Four")
    with tab.expect_response("**/communes?**"):
        tab.get_by_role("combobox", name="Commune").fill("firm")
    tab.locator("[role=option]").first.click()
    expect(tab.get_by_label("Département")).to_have_value("Loire")
    expect(tab.get_by_role("textbox", name="Point sur la carte")).to_have_value(re.compile(r"^45\.\d+, 4\.\d+$"))
    tab.get_by_text("Quand venir, à qui parler").click()
    tab.get_by_role("textbox", name="Horaires d’ouverture").fill("Tu-Fr 09:00-18:30")
    tab.get_by_text("Ce que l’on y trouve").click()
    needs = tab.get_by_role("group", name="Ce que le lieu cherche", exact=True)
    needs.get_by_label("Quoi").fill("Boulangers")
    tab.keyboard.press("Enter")
    tab.keyboard.type("Caisses")
    second = needs.locator("[data-row]").nth(1)
    second.get_by_text("Période, prix, distance").click()
    second.get_by_label("Fin").fill("2099-12-24")
    second.get_by_label("Rayon").fill("20")
    save(tab)
    text = text_of("Le Fournil", alice)
    needs_lines = "Besoins:\n- Boulangers\n- Besoins: Caisses\n  Fin: 2099-12-24\n  Rayon: 20 km"
    for line in ("Adresse: 5 place du Four", "Ville: Firminy", "Horaires: Tu-Fr 09:00-18:30", needs_lines):
        assert f"{line}\n" in text
    expect(tab.locator(".place-head")).to_contain_text("Firminy")
    expect(tab.locator(".place-head")).to_contain_text("mardi–vendredi")
    expect(tab.locator(".place-exchange")).to_contain_text("24 décembre 2099")
    tab.goto("/create-place")
    expect(tab.locator("[data-drafts]")).to_be_hidden()
    tab.goto("/wiki/Le_Fournil")
    assert tab.evaluate("document.documentElement.scrollWidth") == 390


def test_other_values_and_rows_are_added_by_keyboard(tab: Page, alice: User) -> None:
    make_page("Compost", PRACTICE, by=alice)
    sign_in(tab, "alice")
    tab.goto("/form/Compost")
    tools = tab.get_by_role("group", name="Outils et matériaux")
    add = tools.get_by_role("button", name="+ Ajouter")
    tools.get_by_role("textbox").nth(1).fill("fourche")
    add.focus()
    tab.keyboard.press("Enter")
    tab.keyboard.type("pelle")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Enter")
    expect(tools.get_by_role("textbox")).to_have_count(4)
    assert tab.url.endswith("/form/Compost"), "a key does not save half a form"
    tab.keyboard.press("Control+s")
    tab.wait_for_url("**/wiki/Compost")
    assert text_of("Compost", alice) == PRACTICE.replace("[scie]", "[scie, fourche, pelle]")


def test_rows_of_a_group_are_added_moved_and_deleted(tab: Page, alice: User) -> None:
    make_place("Halle", by=alice)
    sign_in(tab, "alice")
    tab.goto("/form/Halle")
    tab.get_by_text("Modèle économique").click()
    group = tab.get_by_role("group", name="Comptes par année", exact=True)
    rows = group.locator("[data-row]")
    for number, year in enumerate(("2022", "2023", "2024")):
        if number:
            group.get_by_role("button", name="+ Ajouter une ligne").click()
        rows.nth(number).get_by_label("Année").fill(year)
    rows.nth(2).get_by_role("button", name="Monter").click()
    rows.nth(0).get_by_role("button", name="Supprimer").click()
    save(tab)
    assert "Comptes:\n- Année: 2024\n- Année: 2023\n" in text_of("Halle", alice)


def test_a_draft_of_the_facts_is_offered_and_taken_up(tab: Page, alice: User) -> None:
    make_page("Compost", PRACTICE, by=alice)
    sign_in(tab, "alice")
    tab.goto("/form/Compost")
    tab.get_by_label("Pour qui").fill("Les lieux")
    tools = tab.get_by_role("group", name="Outils et matériaux")
    tools.get_by_role("textbox").nth(1).fill("fourche")
    tools.get_by_role("button", name="+ Ajouter").click()
    tools.get_by_role("textbox").nth(2).fill("pelle")
    tab.wait_for_timeout(1200)  # drafts are kept a moment after the last key
    assert "pelle" in tab.evaluate("localStorage.getItem('movilab-draft:form:Compost')")
    tab.on("dialog", lambda dialog: dialog.accept())
    tab.reload()
    expect(tab.get_by_label("Pour qui")).to_have_value("Tous")
    tab.locator("[data-drafts] button").first.click()
    expect(tab.get_by_label("Pour qui")).to_have_value("Les lieux")
    save(tab)
    expected = PRACTICE.replace("Tous", "Les lieux").replace("[scie]", "[scie, fourche, pelle]")
    assert text_of("Compost", alice) == expected


def test_a_step_with_a_picture_is_added_moved_kept_and_saved_on_a_phone(tab: Page, alice: User) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    sign_in(tab, "alice")
    tab.goto("/form/Lacto?kind=practice")
    steps = tab.locator("[data-row]")
    expect(steps).to_have_count(4)
    tab.get_by_role("button", name="+ Ajouter une étape").click()
    step = tab.get_by_role("group", name="Étape 5")
    expect(step.get_by_label("Titre")).to_be_focused()
    step.get_by_label("Titre").fill("Râper le chou")
    step.get_by_label("Texte").fill("En fines lamelles.")
    raw = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(raw, "PNG")
    with tab.expect_file_chooser() as chooser:
        step.get_by_role("button", name="Choisir une image").click()
    with tab.expect_response("**/upload"):
        chooser.value.set_files({"name": "chou.png", "mimeType": "image/png", "buffer": raw.getvalue()})
    expect(step.get_by_label("Image", exact=True)).to_have_value("Chou.png")
    for number in (5, 4, 3):
        tab.get_by_role("group", name=f"Étape {number}").get_by_role("button", name="Monter").click()
    expect(steps.nth(1).get_by_role("button", name="Monter")).to_be_focused()
    expect(steps.nth(1).get_by_label("Titre")).to_have_value("Râper le chou")
    steps.nth(2).get_by_role("button", name="Supprimer").click()
    tab.wait_for_timeout(1200)  # drafts are kept a moment after the last change
    tab.on("dialog", lambda dialog: dialog.accept())
    tab.reload()
    expect(steps).to_have_count(4)
    tab.locator("[data-drafts] button").first.click()
    titles = [steps.nth(number).get_by_label("Titre").input_value() for number in range(4)]
    assert titles == ["Préparer", "Râper le chou", "Vérifier", ""]
    expect(steps.nth(1).get_by_label("Image", exact=True)).to_be_visible()
    expect(steps.nth(1).locator("img")).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    save(tab)
    assert text_of("Lacto", alice).endswith(
        "## Étapes\n\n### 1. Préparer\n\n### 2. Râper le chou\n\n![](File:Chou.png)\n\nEn fines lamelles.\n\n"
        "### 3. Vérifier\n\n## Variantes\n"
    )
    expect(tab.locator(".text figure img")).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") == 390


def test_what_is_wrong_is_said_above_and_no_draft_is_offered_of_what_is_shown(tab: Page, alice: User) -> None:
    make_place("Halle", by=alice)
    sign_in(tab, "alice")
    tab.goto("/form/Halle")
    tab.get_by_text("Ce que l’on y trouve").click()
    tab.get_by_label("Surface").fill("grand")
    with tab.expect_navigation():
        tab.click(".buttons button[name=save]")
    expect(tab.locator("[data-wrong-fields]")).to_be_focused()
    expect(tab.locator("[data-wrong-fields]")).to_contain_text("n’est pas un nombre")
    expect(tab.locator("[data-drafts]")).to_be_hidden()
    tab.locator("[data-wrong-fields] a").click()
    expect(tab.get_by_label("Surface")).to_be_in_viewport()


def test_a_picture_is_in_the_form_in_two_taps(tab: Page, alice: User) -> None:
    make_page("Compost", PRACTICE, by=alice)
    sign_in(tab, "alice")
    tab.goto("/form/Compost")
    raw = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(raw, "PNG")
    with tab.expect_file_chooser() as chooser:
        tab.get_by_role("button", name="Choisir une image").first.click()
    with tab.expect_response("**/upload"):
        chooser.value.set_files({"name": "tas.png", "mimeType": "image/png", "buffer": raw.getvalue()})
    expect(tab.get_by_label("Photo du résultat")).to_have_value("Tas.png")
    expect(tab.get_by_role("link", name="Décrire l’image")).to_have_attribute("href", "/picture-details/Tas.png")
    dropped = """(box, letters) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(letters)], "four.png", { type: "image/png" }));
      box.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    }"""
    raw.seek(0)
    Image.new("RGB", (50, 30), "red").save(raw, "PNG")
    with tab.expect_response("**/upload"):
        tab.locator("[data-picture]").first.evaluate(dropped, list(raw.getvalue()))
    expect(tab.get_by_label("Photo du résultat")).to_have_value("Four.png")
    save(tab)
    assert "Image: File:Four.png\n" in text_of("Compost", alice)
    expect(tab.locator(".facts img.fact-picture")).to_be_visible()


def test_the_editor_and_the_form_give_each_other_what_was_typed(tab: Page, alice: User) -> None:
    make_page("Compost", PRACTICE, by=alice)
    sign_in(tab, "alice")
    tab.goto("/form/Compost")
    tab.get_by_label("Pour qui").fill("Les lieux")
    tab.get_by_role("button", name="Continuer sans le formulaire").click()
    expect(tab.locator("textarea[name=text]")).to_have_value(PRACTICE.replace("Tous", "Les lieux"))
    tab.goto("/edit/Compost")
    expect(tab.locator(".ProseMirror")).to_be_visible()
    tab.locator(".ProseMirror p").click()
    tab.keyboard.type("Oui. ")
    tab.on("dialog", lambda dialog: dialog.accept())
    tab.get_by_role("button", name="Remplir plutôt le formulaire").click()
    expect(tab.get_by_label("Pour qui")).to_have_value("Tous")
    assert "Oui." in tab.locator("textarea[name=text]").input_value()


def test_a_place_is_made_without_javascript(browser: Browser, live_server: object, alice: User) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False, locale="fr-FR")  # type: ignore[attr-defined]
    tab = context.new_page()
    sign_in(tab, "alice")
    tab.goto("/create-place")
    tab.get_by_label("Nom du lieu").fill("Halle")
    tab.get_by_text("Où nous trouver").click()
    tab.get_by_label("Commune").fill("Firminy")
    tab.get_by_label("Nom du lieu").press("Enter")
    tab.wait_for_url("**/wiki/Halle")
    context.close()
    assert "Ville: Firminy\n" in text_of("Halle", alice)
    assert "Département: Loire\n" in text_of("Halle", alice)


@pytest.mark.parametrize("width", [390, 1280])
def test_forms_have_no_barriers(tab: Page, alice: User, bob: User, width: int) -> None:
    make_place("Halle", by=bob)
    make_page("Compost", PRACTICE, by=alice)
    tab.set_viewport_size({"width": width, "height": 844})
    sign_in(tab, "bob")
    for screen in ("/create-place", "/form/Compost", "/forms", "/forms/charter/fields"):
        tab.goto(screen)
        tab.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert tab.evaluate(FAULTS) == [], screen
        tab.emulate_media(color_scheme="light" if width == 390 else "dark")
        results = Axe().run(tab)
        assert results.violations_count == 0, (screen, results.generate_report())
