"""Background tasks: from waiting to the result, failures, interruptions, one unfinished task for each person."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone, translation

from tests.tasks import LANE, make_kind
from wiki.accounts import slow_work
from wiki.accounts.models import User
from wiki.accounts.rate_limits import counters
from wiki.errors import RateLimitExceeded, Refused, gettext_noop
from wiki.pages import background_jobs, background_tasks
from wiki.pages.background_jobs import Lane
from wiki.pages.background_tasks import TaskCleanupJob, TaskResult, TaskRun, TaskUnderWay
from wiki.pages.task_models import BackgroundTask

pytestmark = pytest.mark.django_db
TaskState = BackgroundTask.TaskState


def enqueued(person: User, arguments: dict[str, Any] | None = None) -> BackgroundTask:
    """Enqueue a task of the kind «letters»."""
    return background_tasks.enqueue("letters", person, arguments or {}, "/back")


def count(run: TaskRun) -> TaskResult:
    """Report progress once, and end with an argument."""
    run.say("Counting.")
    run.report_progress(3, 7)
    return TaskResult(run.arguments["to"], f"for {run.person.username}")


def test_a_task_waits_runs_and_ends_with_its_result(monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    job = make_kind(monkeypatch, "letters", count)
    task = enqueued(alice, {"to": "/wiki/Pain"})
    assert (task.state, task.lane, task.back) == (TaskState.WAITING, "tests", "/back")
    assert job.run() is True
    task.refresh_from_db()
    assert (task.state, task.done, task.total, task.message) == (TaskState.DONE, 3, 7, "Counting.")
    assert task.result == {"address": "/wiki/Pain", "message": "for alice"}
    assert task.finished_at is not None
    assert job.run() is False


def test_progress_is_stored_at_intervals(monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    seen = []

    def report(run: TaskRun) -> TaskResult:
        for done in range(100):
            run.report_progress(done, 100)
            seen.append(BackgroundTask.objects.get().done)
        return TaskResult()

    monkeypatch.setattr(background_tasks, "REPORT_SECONDS", 3600.0)
    job = make_kind(monkeypatch, "letters", report)
    enqueued(alice)
    job.run()
    assert set(seen) == {0}


def test_tasks_are_run_first_come_first_served(monkeypatch: pytest.MonkeyPatch, alice: User, bob: User) -> None:
    served = []
    job = make_kind(monkeypatch, "letters", lambda run: TaskResult(served.append(run.person.username) or ""))
    enqueued(bob)
    enqueued(alice)
    assert [job.run(), job.run(), job.run()] == [True, True, False]
    assert served == ["bob", "alice"]


def test_an_error_for_people_is_said_in_the_language_of_the_person(
    monkeypatch: pytest.MonkeyPatch, alice: User
) -> None:
    def refuse(run: TaskRun) -> TaskResult:
        raise Refused(gettext_noop("%(host)s does not answer."), host="loin.example")

    job = make_kind(monkeypatch, "letters", refuse)
    with translation.override("fr"):
        task = enqueued(alice)
    with translation.override("en"):
        job.run()
    task.refresh_from_db()
    assert (task.state, task.message, task.error) == (TaskState.FAILED, "loin.example ne répond pas.", "")


def test_a_fault_is_logged_and_can_be_retried(
    monkeypatch: pytest.MonkeyPatch, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(run: TaskRun) -> TaskResult:
        raise ValueError("secret")

    job = make_kind(monkeypatch, "letters", fail)
    with translation.override("en"):
        task = enqueued(alice)
    assert job.run() is True
    task.refresh_from_db()
    assert (task.state, task.error) == (TaskState.FAILED, "ValueError: secret")
    assert "fault of the server" in task.message
    assert "secret" not in task.message
    assert "ValueError: secret" in caplog.text
    make_kind(monkeypatch, "letters", lambda run: TaskResult("/done"))
    assert background_tasks.retry(task) is True
    assert background_tasks.retry(task) is False, "it waits already"
    task.refresh_from_db()
    assert (task.state, task.attempts, task.message, task.error) == (TaskState.WAITING, 0, "", "")
    job.run()
    task.refresh_from_db()
    assert (task.state, task.result["address"]) == (TaskState.DONE, "/done")


def test_a_kind_that_is_gone_is_a_fault(monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    job = make_kind(monkeypatch, "letters", count)
    task = enqueued(alice)
    monkeypatch.delitem(background_tasks.KINDS, "letters")
    job.run()
    task.refresh_from_db()
    assert (task.state, task.error) == (TaskState.FAILED, "KeyError: 'letters'")


def test_a_cancelled_task_does_not_run(monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    ran = []
    job = make_kind(monkeypatch, "letters", lambda run: TaskResult(ran.append(1) or ""))
    task = enqueued(alice)
    assert background_tasks.cancel(task) is True
    assert background_tasks.cancel(task) is False
    assert job.run() is False
    task.refresh_from_db()
    assert (ran, task.state) == ([], TaskState.CANCELLED)


def test_a_running_task_is_cancelled_when_it_reports(monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    monkeypatch.setattr(background_tasks, "REPORT_SECONDS", 0.0)
    reached = []

    def work(run: TaskRun) -> TaskResult:
        run.report_progress(1, 3)
        background_tasks.cancel(BackgroundTask.objects.get())
        run.report_progress(2, 3)
        reached.append("after")
        return TaskResult("/done")

    job = make_kind(monkeypatch, "letters", work)
    task = enqueued(alice)
    job.run()
    task.refresh_from_db()
    assert (reached, task.state, task.done, task.result) == ([], TaskState.CANCELLED, 1, {})


def test_a_task_that_ends_after_it_was_cancelled_stays_cancelled(monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    def work(run: TaskRun) -> TaskResult:
        background_tasks.cancel(BackgroundTask.objects.get())
        return TaskResult("/done")

    job = make_kind(monkeypatch, "letters", work)
    task = enqueued(alice)
    job.run()
    task.refresh_from_db()
    assert (task.state, task.result) == (TaskState.CANCELLED, {})


def test_a_task_of_a_worker_that_ended_is_run_again(monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    job = make_kind(monkeypatch, "letters", lambda run: TaskResult("/done"))
    task = enqueued(alice)
    BackgroundTask.objects.update(state=TaskState.RUNNING, attempts=2)
    assert job.run() is True
    task.refresh_from_db()
    assert (task.state, task.attempts) == (TaskState.DONE, 3)


def test_a_task_that_ends_its_worker_again_and_again_is_given_up(monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    ran = []
    job = make_kind(monkeypatch, "letters", lambda run: TaskResult(ran.append(1) or ""))
    with translation.override("en"):
        task = enqueued(alice)
    BackgroundTask.objects.update(state=TaskState.RUNNING, attempts=background_tasks.MAX_ATTEMPTS)
    assert job.run() is True
    task.refresh_from_db()
    assert (ran, task.state, task.error) == ([], TaskState.FAILED, "begun 3 times")
    assert "interrupted" in task.message


def test_a_task_that_this_process_runs_is_not_run_twice(monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    again = []
    job = make_kind(monkeypatch, "letters", lambda run: TaskResult(str(again.append(job.run()) or "")))
    enqueued(alice)
    job.run()
    assert again == [False]


def test_an_error_of_the_database_is_not_about_the_task(monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    def fail(run: TaskRun) -> TaskResult:
        raise OperationalError("database is locked")

    job = make_kind(monkeypatch, "letters", fail)
    task = enqueued(alice)
    with pytest.raises(OperationalError):
        job.run()
    task.refresh_from_db()
    assert (task.state, task.attempts, task.error) == (TaskState.WAITING, 1, "")


def test_a_person_has_one_unfinished_task_in_a_lane(monkeypatch: pytest.MonkeyPatch, alice: User, bob: User) -> None:
    job = make_kind(monkeypatch, "letters", lambda run: TaskResult())
    make_kind(monkeypatch, "numbers", lambda run: TaskResult())
    make_kind(monkeypatch, "elsewhere", lambda run: TaskResult(), Lane("other"))
    first = enqueued(alice)
    for state in BackgroundTask.UNFINISHED:
        BackgroundTask.objects.filter(pk=first.pk).update(state=state)
        for kind in ("letters", "numbers"):
            with pytest.raises(TaskUnderWay) as caught:
                background_tasks.enqueue(kind, alice, {})
            assert caught.value.task == first
    enqueued(bob)
    background_tasks.enqueue("elsewhere", alice, {})
    BackgroundTask.objects.filter(pk=first.pk).update(state=TaskState.FAILED)
    enqueued(alice)
    with pytest.raises(TaskUnderWay):
        background_tasks.retry(first)
    assert [job.run(), job.run(), job.run()] == [True, True, False]
    assert background_tasks.retry(first) is True


def test_its_seconds_are_taken_from_the_budget_of_the_person(monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    job = make_kind(monkeypatch, "letters", lambda run: TaskResult(str(time.sleep(0.01) or "")))
    enqueued(alice)
    job.run()
    used = counters.get(f"slow:user:{alice.pk}:ms")
    assert 10 <= used < 60_000
    counters.set(f"slow:user:{alice.pk}:ms", slow_work.BUDGET.count * 1000 + 1, 60)
    with pytest.raises(RateLimitExceeded, match="120 seconds"):
        enqueued(alice)


def test_old_tasks_are_deleted_a_week_after_their_end(monkeypatch: pytest.MonkeyPatch, alice: User, bob: User) -> None:
    job = make_kind(monkeypatch, "letters", lambda run: TaskResult())
    old, recent, waiting = enqueued(alice), enqueued(bob), None
    job.run(), job.run()
    waiting = enqueued(alice)
    BackgroundTask.objects.filter(pk=old.pk).update(finished_at=timezone.now() - timedelta(days=7, minutes=1))
    BackgroundTask.objects.filter(pk=waiting.pk).update(enqueued_at=timezone.now() - timedelta(days=30))
    cleanup = TaskCleanupJob()
    assert cleanup.run() is False
    assert set(BackgroundTask.objects.all()) == {recent, waiting}
    BackgroundTask.objects.update(finished_at=timezone.now() - timedelta(days=8))
    cleanup.run()
    assert BackgroundTask.objects.count() == 2, "it does not look at each run"
    assert any(isinstance(one, TaskCleanupJob) for one in background_jobs.JOBS)


def test_the_lane_of_tests_is_no_lane_of_the_wiki() -> None:
    assert LANE.name not in {kind.lane.name for kind in background_tasks.KINDS.values()}
