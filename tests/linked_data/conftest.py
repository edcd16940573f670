"""Fixture of the tests of the triple store."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from wiki.linked_data.triple_job import TripleStoreJob


@pytest.fixture
def triple_store() -> Callable[[], None]:
    """`triple_store()` lets the worker's job bring the store up to date, and publish it."""
    job = TripleStoreJob()

    def update() -> None:
        while job.run():
            continue

    return update
