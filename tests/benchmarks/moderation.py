"""Measures what moderation does at once; `make bench` calls it.

`moderation.py 1000`: 1,000 pages by 20 accounts, each with a second edit, are on the patrol page, undone in
one act, and that is undone.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

from tests.instances import Instance

SCRIPT = """
import statistics, sys, time
from django.test import Client
from django.contrib.auth import get_user_model
from wiki.history import batch_undo
from wiki.moderation import account_blocks
from wiki.pages.models import Changeset, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing.version_store import Author, NewVersion, store

User = get_user_model()
root = User.objects.create_superuser("root")
accounts = [User.objects.create_user(f"spam{number}") for number in range(20)]
text = "Achetez ceci, et [[Lieu %d]] aussi. " * 20
size = int(sys.argv[1])
new = []
for number in range(size):
    page = WikiPage()
    fields = PageFields(0, None, f"Achat {number}", False, "CC-BY-SA-4.0", "fr")
    for author in (accounts[number % 20], accounts[(number + 1) % 20]):
        new.append(NewVersion(page, text.replace("%d", str(number)) + author.username, fields, Author.of(author)))
store(new)
client = Client(headers={"host": "localhost"})
client.force_login(root)
times = []
for _ in range(7):
    begun = time.perf_counter()
    assert client.get("/patrol").status_code == 200
    times.append(time.perf_counter() - begun)
print(f"time: patrol page with {2 * size} versions waiting {statistics.median(times) * 1000:.0f} ms")
begun = time.perf_counter()
report = account_blocks.clean_up(accounts, None, root, "spam")
cleaned = time.perf_counter()
print(f"time: {report.undone} pages by 20 accounts cleaned in {cleaned - begun:.1f} s,", end=" ")
report = batch_undo.undo_batch(report.changeset, root)
print(f"brought back ({report.undone}) in {time.perf_counter() - cleaned:.1f} s")
"""


def main(size: int) -> None:
    """Print the seconds of both acts on a wiki made for it."""
    django.setup()
    with Instance.temporary() as instance:
        instance.start("manage.py", "collectstatic", "--no-input", "--verbosity=0").communicate()
        out, errors = instance.script(SCRIPT, str(size)).communicate(3600)
        print(f"{out}{errors}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
