"""An end-to-end test in French: from registration to the export of a page into another wiki."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.test_layout import fill_source
from tests.conftest import PASSWORD
from tests.instances import Instance
from wiki.pages import page_lookup

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other_wiki(instance: Instance) -> Iterator[str]:
    """A second, empty wiki with an account «zoe», served as in production; yields its URL."""
    make = f"from wiki.accounts.models import User; User.objects.create_user('zoe', password={PASSWORD!r})"
    instance.python(make)
    with instance.served() as address:
        yield address


def new_tab(browser: Browser, address: str, violations: list[str]) -> Page:
    """Open a tab of another French user; violations of the Content-Security-Policy are appended to `violations`."""
    page = browser.new_context(base_url=address, locale="fr-FR").new_page()
    page.set_default_timeout(15_000)
    page.on("console", lambda line: violations.append(line.text) if "Content Security Policy" in line.text else None)
    return page


def follow(tab: Page, selector: str) -> None:
    """Click an element that leads to another page, and wait until that is loaded."""
    with tab.expect_navigation():
        tab.click(selector)


def sign_in(tab: Page, name: str) -> None:
    """Sign in with the password of the fixtures."""
    tab.goto("/account/login")
    tab.fill("main input[name=username]", name)
    tab.fill("main input[name=password]", PASSWORD)
    follow(tab, "main button[type=submit]")


def as_source(tab: Page) -> None:
    """Let the open editor show the source, unless it does."""
    expect(tab.locator("[data-modes]")).to_be_visible()
    tab.click("[data-mode=source]")


def write(tab: Page, text: str, comment: str = "") -> None:
    """Fill in the source in the open editor, and save."""
    as_source(tab)
    fill_source(tab, text)
    tab.fill("input[name=comment]", comment)
    follow(tab, "button[name=save]")


def download(tab: Page, address: str, to: Path) -> str:
    """Export the page at `address` to the file `to`; return its Content-Digest."""
    tab.goto(address)
    follow(tab, "text=Exporter")
    with tab.expect_download() as download_info:
        tab.click("main a[download]")
    download_info.value.save_as(to)
    with zipfile.ZipFile(to) as archive:
        info = next(name for name in archive.namelist() if name.endswith("/bag-info.txt"))
        return re.findall(r"Content-Digest: (sha256:[0-9a-f]{64})", archive.read(info).decode())[0]


@pytest.mark.slow
def test_a_page_is_written_forked_exported_and_imported(
    tab: Page, browser: Browser, live_server: Any, bob: User, other_wiki: str, tmp_path: Path
) -> None:
    violations: list[str] = []
    _register(tab)
    _write_and_preview(tab)
    _conflict(tab, new_tab(browser, live_server.url, violations))
    _compare_and_restore(tab)
    _fork(tab)
    digest = download(tab, "/wiki/Le_Fournil:Pain_au_levain", tmp_path / "un.zip")
    other_tab = new_tab(browser, other_wiki, violations)
    _import(other_tab, tmp_path / "un.zip")
    renamed = download(other_tab, "/wiki/Pain_au_levain_de_loin", tmp_path / "deux.zip")
    assert renamed != digest  # the new title is another version
    again = download(tab, "/wiki/Pain_au_levain", tmp_path / "trois.zip")
    _import_unchanged(other_tab, tmp_path / "trois.zip")
    assert download(other_tab, "/wiki/Pain_au_levain", tmp_path / "quatre.zip") == again != digest
    assert violations == []


def _register(tab: Page) -> None:
    tab.goto("/")
    tab.goto("/account/register")
    tab.fill("main input[name=username]", "camille")
    tab.fill("main input[name=password1]", PASSWORD)
    tab.get_by_role("button", name="Afficher le mot de passe").click()
    assert tab.get_attribute("main input[name=password1]", "type") == "text"
    follow(tab, "main button[type=submit]")


def _write_and_preview(tab: Page) -> None:
    tab.goto("/create")
    tab.fill("input[name=title]", "Pain au levain")
    follow(tab, "main button[type=submit]")
    as_source(tab)
    fill_source(tab, "---\nNature: Pratique\n---\n**Farine** et eau.\n")
    tab.click("button[name=preview]")
    expect(tab.locator(".preview strong")).to_have_text("Farine")
    write(tab, "---\nNature: Pratique\n---\nFarine et eau.\n\nCuire une heure.\n", "Première fournée")
    assert "Farine et eau." in tab.inner_text("article")
    assert "Pratique" in tab.inner_text("main")


def _conflict(tab: Page, second: Page) -> None:
    sign_in(second, "bob")
    second.goto("/edit/Pain_au_levain")
    tab.goto("/edit/Pain_au_levain")
    head = "---\nNature: Pratique\n---\n"
    write(tab, f"{head}Farine et eau.\n\nCuire deux heures.\n", "Plus longtemps")
    write(second, f"{head}Farine et eau.\n\nCuire trois heures.\n", "Encore plus")
    text_shown = second.inner_text("main")
    for text in ("Cuire une heure.", "Cuire deux heures.", "Cuire trois heures."):
        assert text in text_shown
    assert "rien n" in text_shown  # «Rien n'est perdu»
    second.check("input[value=own]")
    second.fill(".clash-own", "Cuire deux ou trois heures.")
    second.fill("input[name=comment]", "D'accord ensemble")
    follow(second, "button[name=save]")
    assert "deux ou trois heures" in second.inner_text("article")
    second.context.close()


def _compare_and_restore(tab: Page) -> None:
    tab.goto("/wiki/Pain_au_levain")
    follow(tab, "text=Historique")
    assert "D'accord ensemble" in tab.inner_text("main")
    tab.check("input[name=from][value='1']")
    tab.check("input[name=to][value='3']")
    follow(tab, "text=Comparer les deux")
    assert "une heure" in tab.inner_text("main")
    assert tab.locator("ins, del").count() > 0
    tab.goto("/restore/Pain_au_levain?version=1")
    follow(tab, "main form.form-card button[type=submit]")
    assert "rétabli" in tab.inner_text("main")
    tab.goto("/wiki/Pain_au_levain")
    assert "Cuire une heure." in tab.inner_text("article")


def _fork(tab: Page) -> None:
    tab.goto("/wiki/Pain_au_levain")
    follow(tab, "text=Reprendre dans mon lieu")
    tab.fill("input[name=new_place]", "Le Fournil")
    assert "CC0" in tab.locator("main").text_content()  # refused, with its reason
    follow(tab, "main form.form-card button[type=submit]")
    assert tab.url.endswith("/wiki/Le_Fournil:Pain_au_levain")
    box = tab.inner_text(".box-fork")
    assert "Pain au levain" in box
    assert "2 auteurs" in box
    tab.goto("/wiki/Pain_au_levain")
    assert "Le Fournil:Pain au levain" in tab.inner_text("main")
    assert page_lookup.find_by_key("Le Fournil") is not None


def _import(other_tab: Page, archive: Path) -> None:
    sign_in(other_tab, "zoe")
    other_tab.goto("/import")
    other_tab.set_input_files("input[type=file]", archive)
    other_tab.fill("input[name=title]", "Pain au levain de loin")
    follow(other_tab, "main form.form-card button[type=submit]")
    assert "Cuire une heure." in other_tab.inner_text("article")
    assert "Partage dans les mêmes conditions" in other_tab.inner_text("main")
    follow(other_tab, "text=Historique")
    text_shown = other_tab.inner_text("main")
    assert "camille" in text_shown
    assert "non vérifié" in text_shown


def _import_unchanged(other_tab: Page, archive: Path) -> None:
    other_tab.goto("/import")
    other_tab.set_input_files("input[type=file]", archive)
    follow(other_tab, "main form.form-card button[type=submit]")
    follow(other_tab, "text=Historique")
    assert other_tab.inner_text("main").count("non vérifié") >= 4
