"""Lanes of the worker: what waits in one lane, held by an event, delays no other; a worker that stops leaves them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from django.core.management import call_command

from tests.factories import make_page
from tests.tasks import Held, make_kind, wait_until, working
from wiki.accounts.models import User
from wiki.forks import fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.mail.email_delivery import EmailDeliveryJob
from wiki.pages import background_jobs, background_tasks
from wiki.pages.background_jobs import Lane
from wiki.pages.background_tasks import TaskResult, TaskRun
from wiki.pages.mirror_models import Mirror
from wiki.pages.task_models import BackgroundTask
from wiki.pages.writing.page_writer import Author
from wiki.remotes import fetch_tasks, mirror_polling
from wiki.search.models import OutboxEntry

pytestmark = pytest.mark.django_db(transaction=True)
INDEX_LAG = 5.0
"""Seconds within which a change has to be in the index, whatever else is under way."""


@pytest.fixture
def held() -> Iterator[Held]:
    one = Held()
    yield one
    one.release.set()


def is_indexed_in_time() -> bool:
    """Save a page, and return whether the index has it within INDEX_LAG."""
    make_page(f"Page {time.monotonic_ns()}")
    return wait_until(lambda: not OutboxEntry.objects.exists(), INDEX_LAG)


@dataclass
class EventJob:
    """A job that calls a function."""

    name: str
    run: Callable[[], bool]


def test_a_held_lane_delays_no_other(monkeypatch: pytest.MonkeyPatch, held: Held) -> None:
    turns = {"main": threading.Semaphore(0), "other": threading.Semaphore(0)}
    monkeypatch.setattr(background_jobs, "JOBS", [])
    monkeypatch.setattr(background_jobs, "IDLE_SECONDS", 0.05)
    background_jobs.register(EventJob("held", held.wait), Lane("slow"))
    for name, lane in (("main", background_jobs.MAIN), ("other", Lane("other", poll_seconds=0.01))):
        background_jobs.register(EventJob(name, lambda turn=turns[name]: bool(turn.release())), lane)
    with working():
        assert held.begun.acquire(timeout=30)
        for turn in turns.values():
            assert all(turn.acquire(timeout=30) for _ in range(3))
        assert not held.begun.acquire(blocking=False), "one at a time in a lane"
        held.release.set()


def test_a_failing_job_stops_neither_its_lane_nor_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> bool:
        raise ValueError("no")

    done = threading.Semaphore(0)
    monkeypatch.setattr(background_jobs, "JOBS", [])
    monkeypatch.setattr(background_jobs, "IDLE_SECONDS", 0.05)
    lane = Lane("slow", poll_seconds=0.01)
    background_jobs.register(EventJob("broken", fail), lane)
    background_jobs.register(EventJob("whole", lambda: bool(done.release())), lane)
    with working():
        assert all(done.acquire(timeout=30) for _ in range(3))
    assert caplog.text.count("The job “broken” failed") == 1, "it is tried again later"


def test_a_lane_that_does_not_end_is_left(monkeypatch: pytest.MonkeyPatch, held: Held) -> None:
    monkeypatch.setattr(background_jobs, "JOBS", [])
    monkeypatch.setattr(background_jobs, "STOP_SECONDS", 0.1)
    background_jobs.register(EventJob("held", held.wait), Lane("slow"))
    stopped, ends = threading.Event(), list[bool]()
    worker = threading.Thread(target=lambda: ends.append(background_jobs.run_until_stopped(stopped)))
    worker.start()
    assert held.begun.acquire(timeout=30)
    stopped.set()
    worker.join(10)
    assert ends == [False]


def test_a_worker_that_stops_leaves_the_task_to_the_next(monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    stopped = threading.Event()

    def work(run: TaskRun) -> TaskResult:
        stopped.set()
        run.report_progress(1, 3)
        raise AssertionError

    monkeypatch.setattr(background_jobs, "JOBS", [make_kind(monkeypatch, "letters", work)])
    task = background_tasks.enqueue("letters", alice, {})
    assert background_jobs.run_until_stopped(stopped) is True
    task.refresh_from_db()
    assert (task.state, task.attempts) == ("waiting", 0), "a clean stop is no attempt"
    assert not background_jobs.is_stopping()


@pytest.mark.parametrize(("ended", "exits"), [(True, []), (False, [0])])
def test_the_command_leaves_lanes_that_do_not_end(
    monkeypatch: pytest.MonkeyPatch, ended: bool, exits: list[int]
) -> None:
    found = list[int]()
    monkeypatch.setattr(background_jobs, "run_until_stopped", lambda stopped: ended)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr("os._exit", found.append)
    monkeypatch.setattr("logging.shutdown", lambda: None)
    call_command("work")
    assert found == exits, "an interpreter that ends beside a running thread may crash"


def test_two_tasks_of_a_lane_with_two_threads_run_at_once(
    monkeypatch: pytest.MonkeyPatch, held: Held, alice: User, bob: User, charlie: User
) -> None:
    lane = Lane("pairs", threads=2, poll_seconds=0.01)
    job = make_kind(monkeypatch, "letters", lambda run: TaskResult(str(held.wait() or "")), lane)
    monkeypatch.setattr(background_jobs, "JOBS", [])
    background_jobs.register(job, lane)
    tasks = [background_tasks.enqueue("letters", person, {}) for person in (alice, bob, charlie)]
    with working():
        assert held.begun.acquire(timeout=30)
        assert held.begun.acquire(timeout=30)
        assert not held.begun.acquire(timeout=0.3), "at most two"
        assert [BackgroundTask.objects.get(pk=task.pk).state for task in tasks] == ["running", "running", "waiting"]
        held.release.set()
        assert wait_until(lambda: BackgroundTask.objects.filter(state="done").count() == 3)
    assert set(BackgroundTask.objects.values_list("attempts", flat=True)) == {1}


def test_a_mirror_whose_site_takes_its_time_does_not_hold_the_index(
    monkeypatch: pytest.MonkeyPatch, held: Held, alice: User
) -> None:
    page = make_page("Pain", by=alice)
    Mirror.objects.create(page=page, host="loin.example", title="X", url="http://x.fr", archive="http://x.fr/a")
    fork_creation.fork(page, ForkTarget(new_place="Fournil"), Author.of(alice))
    monkeypatch.setattr(mirror_polling, "poll", held.wait)
    with working():
        assert held.begun.acquire(timeout=30)
        assert is_indexed_in_time()
        held.release.set()


def test_a_mail_server_that_takes_its_time_does_not_hold_the_index(monkeypatch: pytest.MonkeyPatch, held: Held) -> None:
    monkeypatch.setattr(EmailDeliveryJob, "run", held.wait)
    with working():
        assert held.begun.acquire(timeout=30)
        assert is_indexed_in_time()
        held.release.set()


def test_a_site_that_takes_its_time_holds_neither_the_index_nor_other_tasks(
    monkeypatch: pytest.MonkeyPatch, held: Held, alice: User, bob: User
) -> None:
    monkeypatch.setattr(mirror_polling, "fetch_mirror", held.wait)
    other = make_kind(monkeypatch, "letters", lambda run: TaskResult("/done"), Lane("letters", poll_seconds=0.01))
    monkeypatch.setattr(background_jobs, "JOBS", [*background_jobs.JOBS])
    background_jobs.register(other, Lane("letters", poll_seconds=0.01))
    for person in (alice, bob):
        fetch_tasks.enqueue_import("http://93.184.216.34/wiki/Pain", person)
    with working():
        for _ in range(2):
            assert held.begun.acquire(timeout=30), "a second site is asked meanwhile"
        assert is_indexed_in_time()
        task = background_tasks.enqueue("letters", alice, {})
        assert wait_until(lambda: BackgroundTask.objects.get(pk=task.pk).state == "done", INDEX_LAG)
        for fetch in BackgroundTask.objects.exclude(pk=task.pk):
            background_tasks.cancel(fetch)
        held.release.set()
