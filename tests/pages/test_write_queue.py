"""Writers on SQLite write one after the other, in the order in which they came."""

from __future__ import annotations

import fcntl
import threading
import time
from pathlib import Path

import pytest

from wiki.errors import DatabaseBusy
from wiki.pages.writing.write_queue import LINE_LIMIT, WriteQueue


def test_writers_have_their_turn_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    queue, order, inside = WriteQueue(tmp_path / "lock"), list[int](), list[int]()

    def write(number: int) -> None:
        with queue.turn(30):
            inside.append(number)
            assert len(inside) == 1, "one at a time"
            order.append(number)
            time.sleep(0.002)
            inside.remove(number)

    threads = []
    with queue.turn(30):
        for number in range(LINE_LIMIT - 1):
            threads.append(threading.Thread(target=write, args=(number,)))
            threads[-1].start()
            while len(queue._line) < number + 2:
                time.sleep(0.0005)
        assert order == []
    for thread in threads:
        thread.join(30)
    assert order == list(range(LINE_LIMIT - 1))


def test_the_line_is_short_so_that_readers_find_a_thread(tmp_path: Path) -> None:
    queue, done = WriteQueue(tmp_path / "lock"), list[bool]()

    def write() -> None:
        with queue.turn(30):
            done.append(True)

    with queue.turn(30):
        threads = [threading.Thread(target=write) for _ in range(LINE_LIMIT - 1)]
        for number, thread in enumerate(threads):
            thread.start()
            while len(queue._line) < number + 2:
                time.sleep(0.0005)
        with pytest.raises(DatabaseBusy), queue.turn(30):
            raise AssertionError
    for thread in threads:
        thread.join(30)
    assert len(done) == LINE_LIMIT - 1


def test_who_waits_too_long_is_told_and_leaves_the_line(tmp_path: Path) -> None:
    queue = WriteQueue(tmp_path / "lock")
    with queue.turn(1), pytest.raises(DatabaseBusy), queue.turn(0.01):
        raise AssertionError
    with queue.turn(1):
        pass


def test_other_processes_are_waited_for(tmp_path: Path) -> None:
    queue = WriteQueue(tmp_path / "lock")
    with (tmp_path / "lock").open("a") as file:  # another open file: as in another process
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(DatabaseBusy), queue.turn(0.01):
            raise AssertionError
        threading.Timer(0.05, lambda: fcntl.flock(file, fcntl.LOCK_UN)).start()
        with queue.turn(30):
            pass


def test_an_error_ends_the_turn(tmp_path: Path) -> None:
    queue = WriteQueue(tmp_path / "lock")
    with pytest.raises(ValueError, match="no"), queue.turn(1):
        raise ValueError("no")
    with queue.turn(0.1):
        pass
