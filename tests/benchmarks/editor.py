"""Measures the visual editor in Chromium on a page of 100 KB; `make bench` calls it.

Time to an editor one can type in, and what a key costs: the processor time of the page's main thread (script,
styles, layout, painting), from the key until nothing is left to do, as Chromium's performance metrics count it. It is
not the time until the next frame, and other work on the machine does not change it. The page has headings, lists,
tables, links and facts.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.benchmarks.everyday import show
from tests.instances import Instance
from tests.machine import chromium

ROUNDS, KEYS, SIZE = 8, 70, 100_000
WARM = 10
"""So many keys are pressed before those that are counted."""
PAUSE = 150
"""Milliseconds between keys: shorter than the pause after which the text is written into its field."""
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
    session = tab.context.new_cdp_session(tab)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    tab.click(".ProseMirror p >> nth=0")
    for _ in range(KEYS):
        before = main_thread(session)
        tab.keyboard.press("e")
        tab.wait_for_timeout(PAUSE)
        keys.append(main_thread(session) - before)
    tab.wait_for_timeout(2000)
    before = main_thread(session)
    tab.wait_for_timeout(PAUSE)
    idle = main_thread(session) - before
    show("editor of 100 KB, from the request to typing", opened)
    show("main thread for a key, without what passes anyway", [key - idle for key in keys[WARM:]])


def main_thread(session: CDPSession) -> float:
    """Return how many milliseconds of the processor the main thread has taken."""
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"]) * 1000


if __name__ == "__main__":
    main()
