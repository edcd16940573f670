"""The worker: does all that waits, is the only one, survives what fails, ends with its parent."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import pytest

from tests.instances import Instance
from wiki.pages import background_jobs


@dataclass
class Pile:
    """A chore with some pieces of work; a piece that is an error is raised."""

    name: str
    waiting: list[str | Exception]
    done: list[str] = field(default_factory=list)
    over: threading.Event | None = None

    def run(self) -> bool:
        if not self.waiting:
            if self.over:
                self.over.set()
            return False
        piece = self.waiting.pop(0)
        if isinstance(piece, Exception):
            raise piece
        self.done.append(piece)
        return bool(self.waiting)


@pytest.fixture
def piles(monkeypatch: pytest.MonkeyPatch) -> list[Pile]:
    found: list[Pile] = []
    monkeypatch.setattr(background_jobs, "JOBS", found)
    return found


def test_all_that_waits_is_done(piles: list[Pile]) -> None:
    piles += [Pile("letters", ["a", "b", "c"]), Pile("numbers", ["1"])]
    background_jobs.run_pending()
    assert [pile.done for pile in piles] == [["a", "b", "c"], ["1"]]


def test_a_chore_is_registered_once(piles: list[Pile]) -> None:
    background_jobs.register(Pile("letters", ["a"]))
    background_jobs.register(Pile("letters", ["b"]))
    assert [pile.waiting for pile in piles] == [["a"]]


@pytest.mark.django_db
def test_one_that_fails_rests_and_the_others_go_on(piles: list[Pile], caplog: pytest.LogCaptureFixture) -> None:
    stopped = threading.Event()
    piles += [Pile("broken", [ValueError("no"), "after"]), Pile("letters", ["a", "b"], over=stopped)]
    background_jobs.run_until_stopped(stopped)
    assert piles[1].done == ["a", "b"]
    assert piles[0].waiting == ["after"]
    assert "The chore “broken” failed" in caplog.text


def _is_taken(instance: Instance) -> bool:
    with background_jobs.worker_lock(instance.data) as only:
        return not only


@pytest.mark.slow
def test_a_second_worker_ends_at_once(instance: Instance) -> None:
    with background_jobs.worker_lock(instance.data) as only:
        assert only
        assert "Another worker" in instance.manage("work")
    assert "Another worker" not in instance.manage("work", "--once")


def test_a_worker_ends_with_its_parent(instance: Instance) -> None:
    worker = instance.start("manage.py", "work", "--with-parent")
    try:
        while worker.poll() is None and not _is_taken(instance):
            time.sleep(0.05)
        assert worker.stdin is not None
        worker.stdin.close()
        assert worker.wait(timeout=20) == 0
    finally:
        worker.kill()
