"""Background tasks in tests: kinds of their own, running what a view has enqueued, and work that is held."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import connections

from wiki.pages import background_jobs, background_tasks
from wiki.pages.background_jobs import Lane
from wiki.pages.background_tasks import TaskJob, TaskKind, TaskResult, TaskRun

if TYPE_CHECKING:
    import pytest
    from django.test import Client

LANE = Lane("tests")


def make_kind(
    monkeypatch: pytest.MonkeyPatch, name: str, run: Callable[[TaskRun], TaskResult], lane: Lane = LANE
) -> TaskJob:
    """Make a kind of task whose function is `run`; return the job that runs it, which is not registered."""
    monkeypatch.setitem(background_tasks.KINDS, name, TaskKind(name, f"Title of {name}", lane, run))
    return TaskJob(lane)


def run_tasks() -> None:
    """Run all tasks that wait, in this thread."""
    for job in background_jobs.JOBS:
        while isinstance(job, TaskJob) and job.run():
            continue


def follow(client: Client, response: Any) -> Any:
    """Run the task that a response redirects to; return the response of its page."""
    assert response.status_code == 302
    assert response["Location"].startswith("/tasks/"), response["Location"]
    run_tasks()
    return client.get(response["Location"])


@dataclass
class Held:
    """Work that is held until it is released."""

    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    release: threading.Event = field(default_factory=threading.Event)

    def wait(self, *_: Any) -> bool:
        """Say that it began, and wait; return False, as a job without more work does."""
        self.begun.release()
        assert self.release.wait(60)
        return False


@contextmanager
def working() -> Iterator[None]:
    """Run all jobs as the worker does, in threads of this process."""
    stopped = threading.Event()

    def work() -> None:
        background_jobs.run_until_stopped(stopped)
        connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        stopped.set()
        worker.join(30)


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Wait until a condition holds; return whether it does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
