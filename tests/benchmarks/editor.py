"""Measures the visual editor in Chromium on a page of 100 KB; `make bench` calls it.

Time to an editor one can type in, and from a key to the letter on the screen; the page has
headings, lists, tables, links and facts.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

from playwright.sync_api import Page, sync_playwright

from tests.benchmarks.everyday import show
from tests.instances import Instance
from tests.machine import chromium

ROUNDS, KEYS, SIZE = 8, 60, 100_000
SECTION = """## Partie {0}

Un paragraphe *avec* des [[Page {0}|liens]], du **gras** et une note : ce que plusieurs lieux ont appris en le faisant.

- un point
  - et un autre, avec [[Ville::Lyon]]
- [ ] une tâche

| outil | nombre |
|---|---|
| scie {0} | 2 |

"""
POPULATE = """
from wiki.accounts.models import User
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author
user = User.objects.create_user("mesure", password="le café est prêt")
text, number = "---\\nNature: Pratique\\nVille: Lyon\\n---\\n", 0
while len(text.encode()) < SIZE:
    number += 1
    text += SECTION.format(number)
page_writer.create("Longue", text, Author.of(user))
"""
KEY = """async (editor) => {
  const start = performance.now();
  document.execCommand("insertText", false, "e");
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
}"""


def main() -> None:
    """Measure and print."""
    with Instance.temporary() as instance:
        instance.manage("collectstatic", "--no-input", "--verbosity", "0")
        instance.python(f"SIZE, SECTION = {SIZE}, {SECTION!r}\n{POPULATE}")
        with instance.server() as (address, _), sync_playwright() as playwright:
            flags = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = playwright.chromium.launch(executable_path=chromium(), args=flags)
            tab = browser.new_page(base_url=address, locale="fr-FR")
            tab.on("dialog", lambda dialog: dialog.accept())
            measure(tab)
            browser.close()


def measure(tab: Page) -> None:
    """Measure the editor in a tab."""
    tab.goto("/account/login")
    tab.fill("input[name=username]", "mesure")
    tab.fill("input[name=password]", "le café est prêt")
    tab.click("main button[type=submit]")
    tab.wait_for_url("**/")
    opened, keys = [], []
    for _ in range(ROUNDS):
        tab.goto("/edit/Longue", wait_until="commit")
        tab.wait_for_selector(".ProseMirror p")
        opened.append(tab.evaluate("performance.now()"))
    tab.click(".ProseMirror p >> nth=0")
    for _ in range(KEYS):
        keys.append(tab.locator(".ProseMirror").evaluate(KEY))
        tab.wait_for_timeout(30)
    show("editor of 100 KB, from the request to typing", opened)
    show("from a key to the letter (with a frame of 16.7)", keys)


if __name__ == "__main__":
    main()
