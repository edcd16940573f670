"""A process has few snapshots of an index open at once."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from whoosh.fields import NUMERIC, Schema

from wiki.search.engine import index_directory
from wiki.search.engine.index_directory import POOL_SIZE, IndexDirectory


def test_searches_beyond_the_limit_wait_and_those_within_a_search_do_not(tmp_path: Path) -> None:
    directory = IndexDirectory(tmp_path, "1")
    with directory.write_lock(1):
        directory.activate_build(directory.create_build(Schema(key=NUMERIC(stored=True))))
    guard, now, most = threading.Lock(), list[int](), list[int]()

    def search(number: int) -> None:
        with directory.snapshot(), directory.snapshot():  # one within another
            with guard:
                now.append(number)
                most.append(len(now))
            time.sleep(0.01)
            with guard:
                now.remove(number)

    threads = [threading.Thread(target=search, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(most) == 12, "each has its turn"
    assert max(most) == POOL_SIZE
    assert len(index_directory._POOLS[tmp_path]) <= POOL_SIZE
