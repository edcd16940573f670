"""The indexer, the only writer of the index: processes the outbox, and builds indexes that are missing or damaged."""

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

from wiki.pages.background_jobs import FailureLog
from wiki.pages.writing import lock_retry
from wiki.search import outbox, search_text_updater
from wiki.search.engine.backend import WhooshBackend, WhooshIndex
from wiki.search.engine.documents import RefusedObjects
from wiki.search.engine.index_build import IndexBuild
from wiki.search.engine.index_directory import IndexBusy, IndexDamaged
from wiki.search.models import OutboxEntry

logger = logging.getLogger(__name__)
BATCH = 1_000
"""Rows of the outbox that are processed in one commit."""
BUILD_STEP = 200
"""Objects that the job writes in one commit while it builds an index."""
CATCH_UP_PAGES = 20
"""Pages that get missing search texts in one run; the database of an older version has none."""
LOCK_TIMEOUT = 0.2
"""Seconds that the job waits for the index lock before it gives way to other jobs."""


class IndexUpdateJob:
    """The background job that updates the search index."""

    name = "search index"

    def __init__(self) -> None:
        self._has_words = False

    def run(self) -> bool:
        """Add missing search texts, build a part of an index, or process a batch; return whether work may be left."""
        if not self._has_words and search_text_updater.add_missing_search_texts(CATCH_UP_PAGES):
            return True
        self._has_words = True
        backend = get_search_backend()
        failures = FailureLog(self.name)
        outbox.enqueue_texts(item.split() for item in failures.due())
        try:
            if isinstance(backend, WhooshBackend):
                for index in backend.all_indexes():
                    if not index.directory.is_usable:
                        _build_step(index, failures)
                        return True
            return process_outbox(backend, failures)
        except IndexBusy:
            return False
        except IndexDamaged:
            if all(index.directory.is_usable for index in backend.all_indexes()):
                raise  # a fault of the machine, like a full disk: the job is run again later
            return True


def _build_step(index: WhooshIndex, failures: FailureLog) -> None:
    """Make one step of building an index that is missing or damaged. Raises IndexBusy."""
    damage, build = index.directory.damage, IndexBuild(index, LOCK_TIMEOUT)
    count = build.step(BUILD_STEP)
    for (label, key), error in build.refused.items():
        failures.record(f"{label} {key}", error)
    if count == 0 and damage:
        logger.warning("The damaged search index %s has been built again.", index)


def process_outbox(backend: BaseSearchBackend, failures: FailureLog | None = None) -> bool:
    """Update the index from a batch of outbox rows; return whether more may be waiting.

    Objects that cannot be indexed are recorded in `failures`, and never stop the others.

    Objects are read after their outbox rows, and the rows are deleted after the index is committed. So if the process
    is killed, the batch is processed again, which is idempotent. Raises IndexBusy and IndexDamaged; the rows stay then.
    """
    rows = list(OutboxEntry.objects.order_by("pk")[:BATCH])
    if not rows:
        return False
    keys: dict[str, set[str]] = {}
    for row in rows:
        keys.setdefault(row.model, set()).add(row.key)
    failures = failures or FailureLog(IndexUpdateJob.name)
    for label, model_keys in keys.items():
        refused = _update_objects(backend, label, model_keys)
        for key in model_keys - {str(one) for one in refused}:
            failures.forget(f"{label} {key}")
        for one, error in refused.items():
            logger.error("The search index cannot hold %s %s", label, one, exc_info=error)
            failures.record(f"{label} {one}", error)
    _delete([row.pk for row in rows])
    return len(rows) == BATCH


def _delete(rows: Sequence[int]) -> None:
    """Delete processed rows from the outbox."""
    lock_retry.retry_while_locked(lambda: OutboxEntry.objects.filter(pk__in=rows).delete())


def _update_objects(backend: BaseSearchBackend, label: str, keys: set[str]) -> RefusedObjects:
    """Index the objects of the model `label` that exist, and remove the others from the index.

    Return the exceptions of the objects that cannot be indexed, by primary key.
    """
    try:
        model: Any = apps.get_model(label)
    except LookupError:
        return {}
    if not class_is_indexed(model):
        return {}
    valid = [key for key in (_key(model, text) for text in keys) if key is not None]
    found = {obj.pk: obj for obj in model.get_indexed_objects().filter(pk__in=valid)}
    deleted = [model(pk=key) for key in valid if key not in found]
    if isinstance(backend, WhooshBackend):
        return backend.get_index_for_model(model).replace(list(found.values()), valid)
    backend.add_bulk(model, list(found.values()))
    for obj in deleted:
        backend.delete(obj)
    return {}


def _key(model: type[Model], text: str) -> Any | None:
    """Convert a primary key from text; None where it is not valid for the model (its type may have changed)."""
    try:
        return model._meta.pk.to_python(text)
    except ValidationError:
        return None


def count_objects() -> int:
    """Return the number of objects to index."""
    return sum(model.get_indexed_objects().count() for model in get_indexed_models())


def rebuild(progress: Callable[[int], object] = lambda done: None, size: int = 2_000) -> int:
    """Build every index anew beside the one in use, then process the outbox; return the number of objects written.

    `progress` receives the number of objects of each chunk. Raises IndexBusy when another process holds the lock of an
    index for longer than a writer waits.
    """
    backend = get_search_backend()
    entry_ids = list(OutboxEntry.objects.values_list("pk", flat=True))
    count = 0
    for done in _build_indexes(backend, size):
        progress(done)
        count += done
    backend.refresh_indexes()
    for start in range(0, len(entry_ids), BATCH):
        _delete(entry_ids[start : start + BATCH])
    while process_outbox(backend):
        continue
    return count


def _build_indexes(backend: BaseSearchBackend, size: int) -> Iterator[int]:
    """Build each index; yield the number of objects of each chunk."""
    for index in backend.all_indexes():
        if isinstance(index, WhooshIndex):
            build = IndexBuild(index, patience=30)
            build.restart()
            while done := build.step(size):
                yield done
        else:
            yield from _build_generic_index(backend, index, size)


def _build_generic_index(backend: BaseSearchBackend, index: Any, size: int) -> Iterator[int]:
    """Build an index of another backend, by its rebuilder where it has one; yield the size of each chunk."""
    rebuilder = backend.rebuilder_class(index) if backend.rebuilder_class else None
    index = rebuilder.start() if rebuilder else index
    for model in get_indexed_models():
        if backend.get_index_for_model(model).get_key() != index.get_key():
            continue
        index.add_model(model)
        rows = model.get_indexed_objects().order_by("pk")
        last: Any = None
        while chunk := list((rows if last is None else rows.filter(pk__gt=last))[:size]):
            index.add_items(model, chunk)
            last = chunk[-1].pk
            yield len(chunk)
    if rebuilder:
        rebuilder.finish()
