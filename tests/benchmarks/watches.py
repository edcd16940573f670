"""Measures watches and notifications; `make bench` calls it.

A save of a page that 1,000 accounts watch, against one of a page that nobody watches; the fan-out of one version to
10,000 watchers; the inbox and the number in the header of an account with 10,000 notifications.
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
import statistics, time
from tests.factories import make_page
from wiki.accounts.models import User
from wiki.notifications import inbox
from wiki.notifications.fan_out import FanOutJob
from wiki.notifications.models import Notification, Watch
from wiki.pages import page_lookup
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

SAVES = 20
alice = User.objects.create_user("alice")
watchers = User.objects.bulk_create([User(username=f"watcher{number}") for number in range(10_000)])
pages = [make_page(title, "Un texte.", by=alice) for title in ("Seule", "Suivie", "Connue")]

def watch(page, users):
    rows = [Watch(user=user, target_kind="page", target=str(page.pk), page=page) for user in users]
    Watch.objects.bulk_create(rows, batch_size=1000)

def milliseconds(act):
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1000

def save(page, number):
    page = page_lookup.reload_page(page.pk)
    return milliseconds(lambda: page_writer.edit(page, f"Texte {number}.", Author.of(alice)))

def fan_out():
    job = FanOutJob()
    while job.run():
        pass

watch(pages[1], watchers[:1000])
times = {page.title: [] for page in pages}
for number in range(SAVES):
    for page in pages[:2]:
        times[page.title].append(save(page, number))
for page, text in zip(pages, ("that nobody watches", "with 1,000 watchers")):
    print(f"save of a page {text}: {statistics.median(times[page.title]):.1f} ms")
print(f"fan-out of {2 * SAVES} versions, 20 of them to 1,000 watchers: {milliseconds(fan_out) / 1000:.1f} s")
watch(pages[2], watchers)
save(pages[2], 1)
print(f"fan-out of one version to 10,000 watchers: {milliseconds(fan_out) / 1000:.1f} s")
rows = [Notification(recipient=alice, kind="change", key=f"n{number}", page=pages[0]) for number in range(10_000)]
Notification.objects.bulk_create(rows, batch_size=1000)
def median(act):
    return statistics.median(milliseconds(act) for _ in range(9))
def show(shown):
    inbox.group_by_page(inbox.list_inbox(alice, shown).rows, alice)
for shown in (inbox.Filter.ALL, inbox.Filter.UNREAD):
    print(f"inbox of 10,000, {shown}: {median(lambda: show(shown)):.1f} ms")
print(f"number in the header: {median(lambda: inbox.count_unread(alice)):.1f} ms")
"""


def main() -> None:
    """Print the time of each."""
    django.setup()
    with Instance.temporary() as instance:
        out, errors = instance.script(SCRIPT).communicate(3600)
        print(f"watches and notifications\n{out}{errors}", flush=True)


if __name__ == "__main__":
    main()
