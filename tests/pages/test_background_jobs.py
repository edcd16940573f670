"""Background jobs and their worker: it runs all jobs, is unique, survives failing jobs, ends with its parent."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import pytest

from tests.instances import Instance
from wiki.pages import background_jobs


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
            if self.finished:
                self.finished.set()
            return False
        item = self.pending.pop(0)
        if isinstance(item, Exception):
            raise item
        self.done.append(item)
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


@pytest.mark.django_db
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


def test_worker_exits_with_its_parent(instance: Instance) -> None:
    worker = instance.start("manage.py", "work", "--with-parent")
    try:
        while worker.poll() is None and not _is_locked(instance):
            time.sleep(0.05)
        assert worker.stdin is not None
        worker.stdin.close()
        assert worker.wait(timeout=20) == 0
    finally:
        worker.kill()
