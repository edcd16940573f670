"""The outbox of the index: rows written in the transaction of the change itself, drained by the one indexer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save
from modelsearch.index import get_indexed_models

from wiki.search.models import OutboxEntry, PageSearchText

INSERT_SIZE = 500


def enqueue(model: type[Model], keys: Iterable[Any]) -> None:
    """Let the index look at these objects of an indexed model again, whether they are still there or not."""
    enqueue_many({model: keys})


def enqueue_many(changed: Mapping[type[Model], Iterable[Any]]) -> None:
    """The same for several models, in one insert."""
    rows = [OutboxEntry(model=model._meta.label_lower, key=str(key)) for model, keys in changed.items() for key in keys]
    OutboxEntry.objects.bulk_create(rows, batch_size=INSERT_SIZE)


def connect_signals() -> None:
    """Let every indexed model that is saved object by object write to the outbox: pictures, files, people.

    Pages, passages and facts are written by the writer alone, whose deriver (`WordsDeriver`) speaks for them.
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
    """Receiver of `post_save` and `post_delete`; signing in changes nothing that is searched."""
    if update_fields != frozenset({"last_login"}):
        enqueue(type(instance), [instance.pk])


def _tagged(instance: Any, action: str, **_: Any) -> None:
    """Receiver of `m2m_changed`: tags are saved after the object that has them."""
    if action.startswith("post_") and type(instance) in get_indexed_models():
        enqueue(type(instance), [instance.pk])
