"""The whole story, in French, as people live it: from registering to carrying a page into another wiki."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.conftest import PASSWORD
from tests.instances import Instance
from wiki.pages import page_lookup

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other_wiki(instance: Instance) -> Iterator[str]:
    """A second, empty wiki with an account «zoe», served at an address of its own as in production."""
    make = f"from wiki.accounts.models import User; User.objects.create_user('zoe', password={PASSWORD!r})"
    instance.python(make)
    with instance.served() as address:
        yield address


def new_tab(browser: Browser, address: str, refused: list[str]) -> Page:
    """A tab of another French reader; `refused` gets what its pages wanted to run and the policy did not let them."""
    page = browser.new_context(base_url=address, locale="fr-FR").new_page()
    page.set_default_timeout(15_000)
    page.on("console", lambda line: refused.append(line.text) if "Content Security Policy" in line.text else None)
    return page


def follow(tab: Page, selector: str) -> None:
    """Click what leads to another screen, and wait until all of that is there."""
    with tab.expect_navigation():
        tab.click(selector)


def sign_in(tab: Page, name: str) -> None:
    """Sign in with the password of the cast."""
    tab.goto("/account/login")
    tab.fill("main input[name=username]", name)
    tab.fill("main input[name=password]", PASSWORD)
    follow(tab, "main button[type=submit]")


def write(tab: Page, text: str, comment: str = "") -> None:
    """Fill the editor that is open, and save."""
    tab.fill("textarea[name=text]", text)
    tab.fill("input[name=comment]", comment)
    follow(tab, "button[name=save]")


def download(tab: Page, address: str, to: Path) -> str:
    """Fetch the archive that the page's export screen offers; returns its Content-Digest."""
    tab.goto(address)
    follow(tab, "text=Exporter")
    with tab.expect_download() as waiting:
        tab.click("main a[download]")
    waiting.value.save_as(to)
    with zipfile.ZipFile(to) as archive:
        info = next(name for name in archive.namelist() if name.endswith("/bag-info.txt"))
        return re.findall(r"Content-Digest: (sha256:[0-9a-f]{64})", archive.read(info).decode())[0]


@pytest.mark.slow
def test_a_practice_travels(
    tab: Page, browser: Browser, live_server: Any, bob: User, other_wiki: str, tmp_path: Path
) -> None:
    refused: list[str] = []
    _register(tab)
    _write_and_preview(tab)
    _conflict(tab, new_tab(browser, live_server.url, refused))
    _compare_and_restore(tab)
    _fork(tab)
    digest = download(tab, "/wiki/Le_Fournil:Pain_au_levain", tmp_path / "un.zip")
    there = new_tab(browser, other_wiki, refused)
    _import(there, tmp_path / "un.zip")
    renamed = download(there, "/wiki/Pain_au_levain_de_loin", tmp_path / "deux.zip")
    assert renamed != digest  # the new title is one more version
    again = download(tab, "/wiki/Pain_au_levain", tmp_path / "trois.zip")
    _import_as_it_is(there, tmp_path / "trois.zip")
    assert download(there, "/wiki/Pain_au_levain", tmp_path / "quatre.zip") == again != digest
    assert refused == []


def _register(tab: Page) -> None:
    tab.goto("/")
    tab.goto("/account/register")
    tab.fill("main input[name=username]", "camille")
    tab.fill("main input[name=password1]", PASSWORD)
    tab.fill("main input[name=password2]", PASSWORD)
    follow(tab, "main button[type=submit]")


def _write_and_preview(tab: Page) -> None:
    tab.goto("/create")
    tab.fill("input[name=title]", "Pain au levain")
    follow(tab, "main button[type=submit]")
    tab.fill("textarea[name=text]", "---\nNature: Pratique\n---\n**Farine** et eau.\n")
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
    shown = second.inner_text("main")
    for text in ("Cuire une heure.", "Cuire deux heures.", "Cuire trois heures."):
        assert text in shown
    assert "rien n" in shown  # «Rien n'est perdu»
    write(second, f"{head}Farine et eau.\n\nCuire deux ou trois heures.\n", "D'accord ensemble")
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
    assert "restaur" in tab.inner_text("main")
    tab.goto("/wiki/Pain_au_levain")
    assert "Cuire une heure." in tab.inner_text("article")


def _fork(tab: Page) -> None:
    tab.goto("/wiki/Pain_au_levain")
    follow(tab, "text=Reprendre dans mon lieu")
    tab.fill("input[name=new_place]", "Le Fournil")
    assert "CC0" in tab.inner_text("main")  # refused, with its reason
    follow(tab, "main form.form-card button[type=submit]")
    assert tab.url.endswith("/wiki/Le_Fournil:Pain_au_levain")
    box = tab.inner_text(".box-fork")
    assert "Pain au levain" in box
    assert "2 auteurs" in box
    tab.goto("/wiki/Pain_au_levain")
    assert "Le Fournil:Pain au levain" in tab.inner_text("main")
    assert page_lookup.find_by_key("Le Fournil") is not None


def _import(there: Page, archive: Path) -> None:
    sign_in(there, "zoe")
    there.goto("/import")
    there.set_input_files("input[type=file]", archive)
    there.fill("input[name=title]", "Pain au levain de loin")
    follow(there, "main form.form-card button[type=submit]")
    assert "Cuire une heure." in there.inner_text("article")
    assert "Partage dans les mêmes conditions" in there.inner_text("main")
    follow(there, "text=Historique")
    shown = there.inner_text("main")
    assert "camille" in shown
    assert "non vérifié" in shown


def _import_as_it_is(there: Page, archive: Path) -> None:
    there.goto("/import")
    there.set_input_files("input[type=file]", archive)
    follow(there, "main form.form-card button[type=submit]")
    follow(there, "text=Historique")
    assert there.inner_text("main").count("non vérifié") >= 4
