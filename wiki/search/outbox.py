"""The outbox of the search index: rows written in the transaction of each change, processed by `index_updates`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save
from modelsearch.index import get_indexed_models

from wiki.search.models import OutboxEntry, PageSearchText

INSERT_SIZE = 500


def enqueue(model: type[Model], keys: Iterable[Any]) -> None:
    """Enqueue objects of an indexed model, saved or deleted, for the next update of the index."""
    enqueue_many({model: keys})


def enqueue_texts(objects: Iterable[Sequence[str]]) -> None:
    """Enqueue objects given as pairs of the model's label and the primary key, as text."""
    rows = [OutboxEntry(model=label, key=key) for label, key in objects]
    OutboxEntry.objects.bulk_create(rows, batch_size=INSERT_SIZE)


def enqueue_many(changed: Mapping[type[Model], Iterable[Any]]) -> None:
    """Enqueue objects of several models, in one bulk insert."""
    rows = [OutboxEntry(model=model._meta.label_lower, key=str(key)) for model, keys in changed.items() for key in keys]
    OutboxEntry.objects.bulk_create(rows, batch_size=INSERT_SIZE)


def connect_signals() -> None:
    """Connect the signals of indexed models that are saved one by one (pictures, files, users) to the outbox.

    Pages, passages and facts are written by the page writer alone: `SearchTextUpdater` enqueues them.
    """
    from wiki.facts.models import Fact
    from wiki.history.models import Passage
    from wiki.pages.models import WikiPage

    for model in get_indexed_models():
        if model in (WikiPage, PageSearchText, Passage, Fact):
            continue
        name = f"wiki.search.{model._meta.label_lower}"
        post_save.connect(_changed, sender=model, dispatch_uid=f"{name}.saved")
        post_delete.connect(_changed, sender=model, dispatch_uid=f"{name}.deleted")
    m2m_changed.connect(_tagged, dispatch_uid="wiki.search.tagged")


def _changed(instance: Model, update_fields: frozenset[str] | None = None, **_: Any) -> None:
    """Enqueue a saved or deleted object; a save of `last_login` alone (a sign-in) is ignored."""
    if update_fields != frozenset({"last_login"}):
        enqueue(type(instance), [instance.pk])


def _tagged(instance: Any, action: str, **_: Any) -> None:
    """Enqueue an object whose tags changed: tags are saved after the object, without a `post_save` of it."""
    if action.startswith("post_") and type(instance) in get_indexed_models():
        enqueue(type(instance), [instance.pk])
