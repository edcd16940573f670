"""Background tasks in tests: kinds of their own, and running what a view has enqueued."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

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
