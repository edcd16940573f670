"""Background jobs and their worker: it runs all jobs, is unique, survives failing jobs, ends with its parent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.db import OperationalError
from django.utils import timezone

from tests.ask.fact_factories import property_row
from tests.factories import make_page
from tests.instances import Instance
from wiki.accounts.models import User
from wiki.ask.embedding import result_cache
from wiki.facts import property_pages
from wiki.facts.models import Property
from wiki.forks import auto_pull, fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.pages import background_jobs
from wiki.pages.background_jobs import FailureLog
from wiki.pages.mirror_models import Mirror
from wiki.pages.models import STALE, RenderedPage
from wiki.pages.task_models import TaskFailure
from wiki.pages.writing.page_writer import Author
from wiki.remotes import mirror_polling


@dataclass
class FakeJob:
    """Job with a list of pending work; exceptions in the list are raised."""

    name: str
    pending: list[str | Exception]
    done: list[str] = field(default_factory=list)
    finished: threading.Event | None = None
    """Set when there is no more work."""

    def run(self) -> bool:
        if not self.pending:
            return False
        item = self.pending.pop(0)
        if isinstance(item, Exception):
            raise item
        self.done.append(item)
        if not self.pending and self.finished:
            self.finished.set()
        return bool(self.pending)


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[FakeJob]:
    registered: list[FakeJob] = []
    monkeypatch.setattr(background_jobs, "JOBS", registered)
    return registered


def test_run_pending_runs_all_work(jobs: list[FakeJob]) -> None:
    jobs += [FakeJob("letters", ["a", "b", "c"]), FakeJob("numbers", ["1"])]
    background_jobs.run_pending()
    assert [job.done for job in jobs] == [["a", "b", "c"], ["1"]]


def test_job_is_registered_once(jobs: list[FakeJob]) -> None:
    background_jobs.register(FakeJob("letters", ["a"]))
    background_jobs.register(FakeJob("letters", ["b"]))
    assert [job.pending for job in jobs] == [["a"]]


@pytest.mark.django_db(transaction=True)
def test_failing_job_does_not_stop_others(jobs: list[FakeJob], caplog: pytest.LogCaptureFixture) -> None:
    stopped = threading.Event()
    jobs += [FakeJob("broken", [ValueError("no"), "after"]), FakeJob("letters", ["a", "b"], finished=stopped)]
    background_jobs.run_until_stopped(stopped)
    assert jobs[1].done == ["a", "b"]
    assert jobs[0].pending == ["after"]
    assert "The job “broken” failed" in caplog.text


def _is_locked(instance: Instance) -> bool:
    with background_jobs.worker_lock(instance.data) as is_only:
        return not is_only


@pytest.mark.slow
def test_second_worker_exits(instance: Instance) -> None:
    with background_jobs.worker_lock(instance.data) as is_only:
        assert is_only
        assert "Another worker" in instance.manage("work")
    assert "Another worker" not in instance.manage("work", "--once")


def test_a_stopped_worker_ends_cleanly(instance: Instance) -> None:
    worker = instance.start("manage.py", "work", "--server")
    while not _is_locked(instance):
        time.sleep(0.05)
    time.sleep(0.5)
    worker.terminate()
    assert worker.stderr is not None
    errors = worker.stderr.read()
    assert (worker.wait(timeout=30), errors) == (0, "")


@pytest.mark.django_db
def test_an_item_that_fails_is_recorded_and_tried_again_after_a_growing_time() -> None:
    def fail() -> None:
        raise ValueError("no")

    waits = []
    for _ in range(3):
        assert not FailureLog("letters").run(7, fail)
        row = TaskFailure.objects.get()
        waits.append(round((row.next_try_at - row.failed_at).total_seconds()))
        assert FailureLog("letters").waiting() == ["7"]
        assert FailureLog("numbers").waiting() == []
    assert (row.attempts, row.error, waits) == (3, "ValueError: no", [60, 120, 240])
    TaskFailure.objects.update(attempts=10_000, next_try_at=timezone.now())
    failures = FailureLog("letters")
    assert (failures.waiting(), failures.due()) == ([], ["7"])
    assert FailureLog("letters").due() == [], "each is due once"
    assert not failures.run(7, fail)
    assert failures.waiting() == ["7"]
    assert TaskFailure.objects.get().next_try_at < timezone.now() + background_jobs.LAST_RETRY
    assert FailureLog("letters").run(7, lambda: None)
    assert not TaskFailure.objects.exists()


@pytest.mark.django_db
def test_an_error_of_the_database_is_not_about_the_item() -> None:
    def fail() -> None:
        raise OperationalError("database is locked")

    with pytest.raises(OperationalError):
        FailureLog("letters").run(7, fail)
    assert not TaskFailure.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("job", ["query results", "automatic pulls", "facts to parse again", "mirror polling"])
def test_one_failing_item_stops_no_other(job: str, monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    done: list[str] = []

    def work(first: str, item: str) -> bool:
        if item == first:
            raise ValueError("no")
        done.append(item)
        return True

    prepare_work(job, work, monkeypatch, alice)
    (registered,) = (one for one in background_jobs.JOBS if one.name == job)
    for _ in range(4):
        registered.run()
    assert done
    assert set(TaskFailure.objects.values_list("job", flat=True)) == {job}


def prepare_work(job: str, work: Callable[[str, str], bool], monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    """Make two items of work for a job, and let `work(first, item)` do it."""
    pages = [make_page(title, "{{#ask: [[Ville::+]]}}", by=alice) for title in ("Un", "Deux")]
    if job == "query results":
        RenderedPage.objects.update(results_release=STALE)
        monkeypatch.setattr(result_cache, "refresh", lambda stored, page: work("Un", page.title))
    elif job == "automatic pulls":
        for page in pages:
            copy = fork_creation.fork(page, ForkTarget(new_place=f"Lieu {page.title}"), Author.of(alice))
            auto_pull.set_auto_pull(copy, alice, enabled=True)
        monkeypatch.setattr(auto_pull, "_try_pull", lambda fork: work("Un", fork.upstream_title))
    elif job == "facts to parse again":
        for name in ("Nombre", "Ville"):
            row = property_row(name)
            type(row).objects.filter(pk=row.pk).update(to_read=1)
        monkeypatch.setattr(
            property_pages.ReparseFactsJob,
            "_parse_slice",
            lambda self, pk: work("Nombre", Property.objects.get(pk=pk).key),
        )
    else:
        for page in pages:
            Mirror.objects.create(page=page, host=page.title, title="X", url="http://x.fr", archive="http://x.fr/a")
            fork_creation.fork(page, ForkTarget(new_place=f"Lieu {page.title}"), Author.of(alice))
        monkeypatch.setattr(mirror_polling, "poll", lambda mirror: work("Un", mirror.host))
