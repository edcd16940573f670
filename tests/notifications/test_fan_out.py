"""Notifications of versions: who gets which, in slices, once each, whatever happens in between."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import person
from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.forks import fork_creation
from wiki.forks import notifications as fork_notifications
from wiki.forks.fork_creation import ForkTarget
from wiki.notifications import fan_out, inbox, watching
from wiki.notifications.fan_out import FanOutJob
from wiki.notifications.models import Delivery, FanOutCursor, Notification, NotificationSettings, Watch
from wiki.pages import page_lookup
from wiki.pages.models import PageVersion, WikiPage
from wiki.pages.writing import open_writes, page_hiding, page_writer, version_store
from wiki.pages.writing.page_writer import Author, EditSummary
from wiki.pages.writing.version_store import NewVersion

pytestmark = pytest.mark.django_db

PERSON = "---\nNature: Personne\n---\nUn portrait."


def run_all(job: FanOutJob | None = None) -> None:
    """Run the job until nothing is left."""
    job = job or FanOutJob()
    while job.run():
        pass


def watch(user: User, kind: str, name: str, delivery: str = Delivery.INBOX) -> Watch:
    return watching.watch(user, watching.find_target(kind, name, user), delivery)


def edit(page: WikiPage, text: str, by: User) -> None:
    page_writer.edit(page_lookup.reload_page(page.pk), text, Author.of(by), EditSummary("un mot"))


def got(user: User) -> list[tuple[str, int]]:
    """Return title and version of the notifications of a user, oldest first."""
    rows = Notification.objects.filter(recipient=user).order_by("pk")
    return [(one.version.page.full_title, one.version.number) for one in rows]


def make_accounts(count: int) -> list[User]:
    """Insert many accounts without passwords."""
    names = (f"watcher{number:05}" for number in range(count))
    return User.objects.bulk_create([User(username=name, email=f"{name}@example.org") for name in names])


def watch_by_many(page: WikiPage, users: list[User]) -> None:
    Watch.objects.bulk_create(
        [Watch(user=user, target_kind="page", target=str(page.pk), page=page) for user in users], batch_size=1000
    )


def test_each_kind_of_watch_gets_what_concerns_it(alice: User, bob: User) -> None:
    place = make_place("Atelier", by=alice)
    inside = make_page("Charte", "---\nNature: Pratique\n---\n[[Catégorie:Bois]]", by=alice, place=place)
    other = make_page("Ailleurs", "Un texte.", by=alice)
    run_all()
    people = {name: person(name) for name in ("dora", "emil", "fred", "gus", "hans", "ida")}
    for name, kind, target in (
        ("dora", "page", "Atelier:Charte"), ("emil", "place", "Atelier"), ("fred", "category", "Catégorie:Bois"),
        ("gus", "kind", "practice"), ("hans", "person", "bob"), ("ida", "page", "Ailleurs"),
    ):  # fmt: skip
        watch(people[name], kind, target)
    edit(inside, "---\nNature: Pratique\n---\n[[Catégorie:Bois]] Plus.", bob)
    edit(place, "Un autre lieu.", alice)
    edit(other, "Plus rien.", bob)
    run_all()
    charte = ("Atelier:Charte", 2)
    assert {name: got(user) for name, user in people.items()} == {
        "dora": [charte], "emil": [charte, ("Atelier", 2)], "fred": [charte], "gus": [charte],
        "hans": [charte, ("Ailleurs", 2)], "ida": [("Ailleurs", 2)],
    }  # fmt: skip


def test_several_watches_make_one_notification_with_the_earliest_delivery(alice: User, bob: User) -> None:
    place = make_place("Atelier", by=alice)
    page = make_page("Charte", "Un.", by=alice, place=place)
    watch(bob, "page", "Atelier:Charte")
    watch(bob, "place", "Atelier", Delivery.DAILY)
    watch(bob, "person", "alice", Delivery.WEEKLY)
    run_all()
    Notification.objects.all().delete()
    edit(page, "Deux.", alice)
    run_all()
    assert Notification.objects.get().email_due == Delivery.DAILY


def test_own_edits_and_accounts_that_cannot_sign_in_get_nothing(alice: User, bob: User, charlie: User) -> None:
    page = make_page("Charte", "Un.", by=alice)
    for user in (alice, bob, charlie):
        watch(user, "page", "Charte", Delivery.AT_ONCE)
    User.objects.filter(pk=charlie.pk).update(is_active=False)
    User.objects.filter(pk=bob.pk).update(email="")
    edit(page, "Deux.", alice)
    run_all()
    assert [(one.recipient, one.email_due) for one in Notification.objects.all()] == [(bob, "")]


def test_hidden_and_deleted_pages_are_not_told_of(alice: User, bob: User) -> None:
    page = make_page("Dora", PERSON, by=alice)
    gone = make_page("Parti", "Un.", by=alice)
    for user in (bob, person("root", is_superuser=True)):
        watch(user, "page", "Dora")
        watch(user, "page", "Parti")
    run_all()
    page_hiding.hide(page_lookup.reload_page(page.pk), Author.of(alice))
    edit(page, PERSON + " Un secret.", alice)
    edit(gone, "Deux.", alice)
    page_writer.delete(page_lookup.reload_page(gone.pk), Author.of(person("root")))
    run_all()
    assert got(bob) == []
    assert got(person("root")) == [("Dora", 2), ("Dora", 3)]


def test_what_is_hidden_later_vanishes_from_the_inbox(alice: User, bob: User) -> None:
    page = make_page("Dora", PERSON, by=alice)
    watch(bob, "page", "Dora")
    edit(page, PERSON + " Deux.", alice)
    run_all()
    assert inbox.count_unread(bob) == 1
    page_hiding.hide(page_lookup.reload_page(page.pk), Author.of(alice))
    assert inbox.count_unread(bob) == 0
    assert inbox.list_inbox(bob, inbox.Filter.ALL).rows == []


def test_created_pages_are_watched_by_themselves_as_chosen(alice: User, bob: User) -> None:
    page = make_page("Charte", "Un.", by=alice)
    edit(page, "Deux.", bob)
    run_all()
    assert [(one.user, one.page) for one in Watch.objects.all()] == [(alice, page)]
    NotificationSettings.objects.create(user=alice, watches_created=False)
    NotificationSettings.objects.create(user=bob, watches_edited=True, watch_delivery=Delivery.WEEKLY)
    make_page("Autre", "Un.", by=alice)
    edit(page, "Trois.", bob)
    run_all()
    assert set(Watch.objects.values_list("user__username", "page__title", "delivery")) == {
        ("alice", "Charte", "inbox"), ("bob", "Charte", "weekly"),
    }  # fmt: skip


def batch(pages: list[WikiPage], text: str, by: User) -> None:
    """Write a version of each page as one changeset."""
    from wiki.pages.models import Changeset

    changeset = Changeset.objects.create(act=Changeset.Act.IMPORT, by=by, comment="un import")
    author = Author.of(by)
    versions = [
        NewVersion(page, text, version_store.PageFields.of(page), author) for page in map(reload, pages)
    ]  # fmt: skip
    version_store.store(versions, changeset)


def reload(page: WikiPage) -> WikiPage:
    return page_lookup.reload_page(page.pk)


def test_a_changeset_makes_one_notification(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fan_out, "VERSIONS_PER_SLICE", 3)
    place = make_place("Atelier", by=alice)
    pages = [make_page(f"Page {number}", "Un.", by=alice, place=place) for number in range(8)]
    run_all()
    watch(bob, "place", "Atelier", Delivery.AT_ONCE)
    watch(bob, "page", "Atelier:Page 1")
    dora = person("dora")
    NotificationSettings.objects.create(user=dora, watches_edited=True)
    batch(pages, "Deux.", dora)
    run_all()
    (one,) = Notification.objects.filter(recipient=bob)
    assert (one.count, one.changeset.comment) == (8, "un import")
    assert not Watch.objects.filter(user=dora).exists(), "what is written in a batch is not watched by itself"
    (group,) = inbox.group_by_page(list(inbox.notifications_of(bob, inbox.Filter.ALL)), bob)
    assert "8 pages" in group.listed[0].sentence
    assert "batch=" in group.listed[0].path


def test_killed_between_slices_nothing_is_lost_or_twice(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fan_out, "RECIPIENTS_PER_SLICE", 10)
    monkeypatch.setattr(fan_out, "VERSIONS_PER_SLICE", 2)
    page = make_page("Charte", "Un.", by=alice)
    run_all()
    users = make_accounts(35)
    watch_by_many(page, users)
    for number in range(3):
        edit(page, f"Texte {number}.", alice)
    store, calls = fan_out._store, iter([0, 1, 0, 0, 1, 1, 0] + [0] * 50)

    def killed(notifications: Any) -> None:
        store(notifications)
        if next(calls):
            raise OperationalError

    monkeypatch.setattr(fan_out, "_store", killed)
    job = FanOutJob()
    for _ in range(60):
        try:
            if not job.run():
                break
        except OperationalError:
            job = FanOutJob()
    assert [len(got(user)) for user in users] == [3] * 35


def test_a_slice_that_another_process_did_is_not_stored(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = make_page("Charte", "Un.", by=alice)
    watch(bob, "page", "Charte")
    run_all()
    edit(page, "Deux.", alice)
    make = fan_out._notifications

    def overtaken(*arguments: Any) -> Any:
        FanOutCursor.objects.update(last_recipient=10**9)
        return make(*arguments)

    monkeypatch.setattr(fan_out, "_notifications", overtaken)
    FanOutJob().run()
    assert not Notification.objects.exists()


def test_versions_below_an_open_write_wait(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    page = make_page("Charte", "Un.", by=alice)
    watch(bob, "page", "Charte")
    run_all()
    edit(page, "Deux.", alice)
    last = PageVersion.objects.latest("pk").pk
    writes = iter([{"3/7"}, {"3/7", "4/9"}, {"4/9"}, set()])
    monkeypatch.setattr(open_writes, "read_last_version", lambda: (last, frozenset(next(writes))))
    job = FanOutJob()
    assert [job.run(), job.run()] == [False, False]
    assert got(bob) == []
    assert job.run() is True, "what was open when the key was read has ended"
    assert got(bob) == [("Charte", 2)]


def test_a_job_that_outlives_a_restored_backup_loses_nothing(alice: User, bob: User) -> None:
    page = make_page("Charte", "Un.", by=alice)
    job = FanOutJob()
    job._fence = (10**6, frozenset())
    run_all(job)
    watch(bob, "page", "Charte")
    edit(page, "Deux.", alice)
    run_all(job)
    assert got(bob) == [("Charte", 2)]


@pytest.mark.only_on("sqlite")
def test_a_save_costs_the_same_with_ten_thousand_watchers(alice: User, bob: User) -> None:
    page, other, first = (make_page(title, "Un.", by=alice) for title in ("Charte", "Autre", "Première"))
    edit(first, "Deux.", alice)  # fills what processes remember
    run_all()
    watch_by_many(page, make_accounts(10_000))
    with CaptureQueriesContext(connection) as before:
        edit(other, "Deux.", alice)
    with CaptureQueriesContext(connection) as after:
        edit(page, "Deux.", alice)
    kinds = "wiki_kind"  # which are remembered for some seconds
    shapes = [
        [" ".join(re.sub(r"\d+", "", query["sql"]).split()[:3])[:60] for query in one if kinds not in query["sql"]]
        for one in (before, after)
    ]
    assert shapes[0] == shapes[1]
    run_all()
    assert Notification.objects.filter(version__number=2).count() == 10_000


@pytest.mark.only_on("sqlite")
def test_a_slice_takes_a_bounded_number_of_queries(
    alice: User, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    page = make_page("Charte", "Un.", by=alice)
    run_all()
    watch_by_many(page, make_accounts(150))
    edit(page, "Deux.", alice)
    with django_assert_max_num_queries(17):
        FanOutJob().run()
    job = FanOutJob()
    with django_assert_max_num_queries(2):
        assert job.run() is False


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("seed", range(4))
def test_random_histories_reach_every_watcher_once(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(fan_out, "RECIPIENTS_PER_SLICE", 2)
    monkeypatch.setattr(fan_out, "VERSIONS_PER_SLICE", 3)
    place = make_place("Atelier", by=alice)
    pages = [make_page(f"Page {number}", "Un.", by=alice, place=place if number % 2 else None) for number in range(4)]
    writers = [alice, bob, *(person(f"reader{number}") for number in range(4))]
    run_all()
    Watch.objects.all().delete()
    expected: dict[int, set[tuple[int, int]]] = {user.pk: set() for user in writers}
    watched: dict[int, set[tuple[str, str]]] = {user.pk: set() for user in writers}
    job = FanOutJob()
    for _ in range(40):
        user = chance.choice(writers)
        act = chance.randrange(4)
        if act == 0:  # watching and ceasing to, when all is fanned out: versions before a watch are not for it
            run_all(job)
            kind, name = chance.choice(
                [("page", pages[0].full_title), ("page", pages[1].full_title), ("place", "Atelier"), ("person", "bob")]
            )
            if (kind, name) in watched[user.pk]:
                watched[user.pk].discard((kind, name))
                watching.find_target(kind, name, user).watch_of(user).delete()
            else:
                watched[user.pk].add((kind, name))
                watch(user, kind, name)
        elif act == 1:
            job.run()
            job = job if chance.random() < 0.5 else FanOutJob()
        else:
            page = chance.choice(pages)
            edit(page, f"Texte {chance.random()}.", user)
            version = PageVersion.objects.filter(page=page).latest("number")
            for reader in writers:
                wants = {("page", page.full_title), ("person", user.username)}
                wants |= {("place", "Atelier")} if page.full_title.startswith("Atelier:") else set()
                if reader != user and wants & watched[reader.pk]:
                    expected[reader.pk].add((page.pk, version.number))
    run_all(job)
    for user in writers:
        rows = Notification.objects.filter(recipient=user).values_list("version__page", "version__number")
        assert sorted(rows) == sorted(expected[user.pk])


def test_a_hidden_original_is_not_said_to_have_changed(alice: User, bob: User) -> None:
    original = make_page("Dora", PERSON, by=alice)
    copy = fork_creation.fork(original, ForkTarget(make_place("Atelier", by=bob)), Author.of(bob))
    fork_notifications.set_subscription(copy, bob, subscribed=True)
    run_all()
    page_hiding.hide(page_lookup.reload_page(original.pk), Author.of(alice))
    edit(original, PERSON + " Un secret.", alice)
    run_all()
    assert got(bob) == []


def test_both_pages_of_a_notification_have_to_be_readable(alice: User, bob: User) -> None:
    hidden = make_page("Dora", PERSON, by=alice)
    shown = make_page("Charte", "Un.", by=alice)
    version = PageVersion.objects.get(page=hidden)
    for key, page, found in (("a", hidden, None), ("b", shown, version), ("c", shown, None)):
        Notification.objects.create(recipient=bob, kind="change", key=key, page=page, version=found)
    assert inbox.count_unread(bob) == 3
    page_hiding.hide(page_lookup.reload_page(hidden.pk), Author.of(alice))
    assert [one.key for one in Notification.objects.readable_by(bob)] == ["c"]
