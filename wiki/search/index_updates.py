"""The one indexer: drains the outbox in batches, and builds an index that is missing or damaged."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Model
from modelsearch.backends import get_search_backend
from modelsearch.backends.base import BaseSearchBackend
from modelsearch.index import class_is_indexed, get_indexed_models

from wiki.pages.writing import lock_retry
from wiki.search import search_text_updater
from wiki.search.engine.backend import WhooshBackend, WhooshIndex
from wiki.search.engine.index_build import IndexBuild
from wiki.search.engine.index_directory import IndexBusy, IndexDamaged
from wiki.search.models import OutboxEntry

logger = logging.getLogger(__name__)
BATCH = 200
"""Rows of the outbox that are drained in one commit."""
BUILD_STEP = 200
"""Objects that are written in one commit while an index is built beside other work."""
CATCH_UP_PAGES = 20
"""Pages whose words are derived at once, where an older wiki had none."""
LOCK_TIMEOUT = 0.2
"""Seconds that the worker waits for another writer before it does something else."""


class IndexUpdateJob:
    """The worker's chore."""

    name = "search index"

    def __init__(self) -> None:
        self._has_words = False

    def run(self) -> bool:
        """Build a piece of an index that is missing, or else drain a batch; whether there may be more."""
        if not self._has_words and search_text_updater.add_missing_search_texts(CATCH_UP_PAGES):
            return True
        self._has_words = True
        backend = get_search_backend()
        try:
            if isinstance(backend, WhooshBackend):
                for index in backend.all_indexes():
                    if not index.directory.is_usable:
                        damage = index.directory.damage
                        if IndexBuild(index, LOCK_TIMEOUT).step(BUILD_STEP) == 0 and damage:
                            logger.warning("The damaged search index %s has been built again.", index)
                        return True
            return process_outbox(backend)
        except (IndexBusy, IndexDamaged):
            return False


def process_outbox(backend: BaseSearchBackend) -> bool:
    """Bring the index up to date with a batch of changes; whether more may be waiting.

    Objects are read after their rows, and rows deleted after the index is committed: whenever a process is killed, what
    it had not finished is done again, which changes nothing. Raises IndexBusy and IndexDamaged; nothing is lost then.
    """
    rows = list(OutboxEntry.objects.order_by("pk")[:BATCH])
    if not rows:
        return False
    keys: dict[str, set[str]] = {}
    for row in rows:
        keys.setdefault(row.model, set()).add(row.key)
    for label, some in keys.items():
        _look_again(backend, label, some)
    _delete([row.pk for row in rows])
    return len(rows) == BATCH


def _delete(rows: Sequence[int]) -> None:
    """Take rows that were looked at out of the outbox."""
    lock_retry.retry_while_locked(lambda: OutboxEntry.objects.filter(pk__in=rows).delete())


def _look_again(backend: BaseSearchBackend, label: str, keys: set[str]) -> None:
    """Index the objects that are there, forget those that are not."""
    try:
        model: Any = apps.get_model(label)
    except LookupError:
        return
    if not class_is_indexed(model):
        return
    valid = [key for key in (_key(model, one) for one in keys) if key is not None]
    found = {one.pk: one for one in model.get_indexed_objects().filter(pk__in=valid)}
    gone = [model(pk=key) for key in valid if key not in found]
    if isinstance(backend, WhooshBackend):
        backend.get_index_for_model(model).replace(list(found.values()), valid)
        return
    backend.add_bulk(model, list(found.values()))
    for one in gone:
        backend.delete(one)


def _key(model: type[Model], text: str) -> Any | None:
    """A key from its text; None where the model has no such keys (any more)."""
    try:
        return model._meta.pk.to_python(text)
    except ValidationError:
        return None


def count_objects() -> int:
    """How many objects there are to index."""
    return sum(model.get_indexed_objects().count() for model in get_indexed_models())


def rebuild(progress: Callable[[int], object] = lambda done: None, size: int = 2_000) -> int:
    """Build every index anew beside the one that is read, then drain; returns how many objects were written.

    Raises IndexBusy when another process holds an index for longer than a writer's patience.
    """
    backend = get_search_backend()
    waited = list(OutboxEntry.objects.values_list("pk", flat=True))
    count = 0
    for done in _built(backend, size):
        progress(done)
        count += done
    backend.refresh_indexes()
    for start in range(0, len(waited), BATCH):
        _delete(waited[start : start + BATCH])
    while process_outbox(backend):
        continue
    return count


def _built(backend: BaseSearchBackend, size: int) -> Iterator[int]:
    """Build each index, and tell of each piece."""
    for index in backend.all_indexes():
        if isinstance(index, WhooshIndex):
            building = IndexBuild(index, patience=30)
            building.restart()
            while done := building.step(size):
                yield done
        else:
            yield from _built_elsewhere(backend, index, size)


def _built_elsewhere(backend: BaseSearchBackend, index: Any, size: int) -> Iterator[int]:
    """The same for an engine of modelsearch's own, by its rebuilder where it has one."""
    rebuilder = backend.rebuilder_class(index) if backend.rebuilder_class else None
    index = rebuilder.start() if rebuilder else index
    for model in get_indexed_models():
        if backend.get_index_for_model(model).get_key() != index.get_key():
            continue
        index.add_model(model)
        rows = model.get_indexed_objects().order_by("pk")
        last: Any = None
        while some := list((rows if last is None else rows.filter(pk__gt=last))[:size]):
            index.add_items(model, some)
            last = some[-1].pk
            yield len(some)
    if rebuilder:
        rebuilder.finish()
