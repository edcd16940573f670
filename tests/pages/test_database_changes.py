"""An idle worker looks only whether anything was written."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import OperationalError, connection

from wiki.accounts.models import User
from wiki.pages import background_jobs, database_changes


class CountingJob:
    """A job without work, which counts how often it was asked for some."""

    name = "counting"

    def __init__(self) -> None:
        self.runs = 0

    def run(self) -> bool:
        """Count."""
        self.runs += 1
        return False


def write_elsewhere() -> None:
    """Write a row by another connection."""

    def write() -> None:
        User.objects.create_user(f"somebody{time.monotonic_ns()}")
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()


@pytest.mark.django_db(transaction=True)
def test_what_others_and_oneself_write_is_seen_and_reading_is_none() -> None:
    first = database_changes.last_change()
    User.objects.count()
    if connection.vendor == "sqlite":  # PostgreSQL counts what is written to its other databases too
        assert database_changes.last_change() == first
    write_elsewhere()
    second = database_changes.last_change()
    assert second != first
    User.objects.create_user("me")
    assert database_changes.last_change() != second


@pytest.mark.django_db(transaction=True)
def test_jobs_run_again_after_a_write_and_not_without(monkeypatch: pytest.MonkeyPatch) -> None:
    job, stopped = CountingJob(), threading.Event()
    monkeypatch.setattr(background_jobs, "JOBS", [job])
    monkeypatch.setattr(background_jobs, "MAIN", background_jobs.Lane("main", poll_seconds=0.01))
    worker = threading.Thread(target=background_jobs.run_until_stopped, args=(stopped,))
    worker.start()
    try:
        time.sleep(0.3)
        if connection.vendor == "sqlite":  # PostgreSQL counts what is written to its other databases too
            assert job.runs <= 2
        before = job.runs
        write_elsewhere()
        deadline = time.monotonic() + 10
        while job.runs == before and time.monotonic() < deadline:
            time.sleep(0.01)
        assert job.runs > before
    finally:
        stopped.set()
        worker.join()


def test_jobs_run_by_the_clock_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> object:
        raise OperationalError("away")

    monkeypatch.setattr(database_changes, "last_change", fail)
    started = time.monotonic()
    background_jobs._wait_for_change(background_jobs.Lane("x", poll_seconds=0.01), None, threading.Event())
    assert time.monotonic() - started < background_jobs.IDLE_SECONDS
