"""Conversion of objects to Whoosh documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import DatabaseError
from django.db.models import Manager
from django.utils.encoding import force_str
from modelsearch.index import AutocompleteField, RelatedFields, SearchField

from wiki.search.engine import schema

RefusedObjects = dict[Any, Exception]
"""Exceptions by the primary keys of objects that cannot be indexed."""


def documents_of(objects: Iterable[Any]) -> tuple[list[dict[str, Any]], RefusedObjects]:
    """Return the documents of objects, and the exceptions of those that have none. Raises DatabaseError."""
    documents, refused = [], RefusedObjects()
    for obj in objects:
        try:
            documents.append(document_of(obj))
        except DatabaseError:
            raise
        except Exception as error:
            refused[obj.pk] = error
    return documents, refused


def document_of(obj: Any) -> dict[str, Any]:
    """Return the Whoosh document of an object, with its postings: slow work, done before the write lock is taken."""
    texts: dict[tuple[str, bool], list[str]] = {}
    usual_lengths: dict[str, float] = {}
    for name, field, value in _values(obj, obj.get_search_fields()):
        if isinstance(field, (SearchField, AutocompleteField)):
            texts.setdefault((name, isinstance(field, SearchField)), []).append(_text_of(value))
            usual_lengths[name] = float(field.kwargs.get("usual_length", schema.USUAL_LENGTH))
    languages = schema.languages_of(obj)
    document: dict[str, Any] = {schema.KEY: obj.pk, schema.MODELS: _models_of(obj)}
    for (name, is_searched), values in texts.items():
        text = "\n".join(values)
        if is_searched:
            document[name], document[name + schema.STEM] = schema.make_postings(text, languages, usual_lengths[name])
        else:
            document[schema.AUTOCOMPLETE_PREFIX + name] = schema.make_autocomplete_postings(text)
    return document


def _models_of(obj: Any) -> list[schema.Posting]:
    """Return the postings of the models that the object is an instance of."""
    model = obj._meta.concrete_model
    return [(schema.label(parent).encode(), 1, 1.0, b"") for parent in [model, *model._meta.get_parent_list()]]


def _values(obj: Any, fields: Sequence[Any], prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Iterate over fields, those of related objects included: name, field and value."""
    for field in fields:
        if isinstance(field, RelatedFields):
            for related in _related(field.get_value(obj)):
                yield from _values(related, field.fields, f"{prefix}{field.field_name}__")
        else:
            yield prefix + field.field_name, field, field.get_value(obj)


def _related(value: Any) -> Sequence[Any]:
    if value is None:
        return []
    if isinstance(value, Manager):
        return list(value.all())
    return [value() if callable(value) else value]


def _text_of(value: Any) -> str:
    """Return the searchable text of a value."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return "\n".join(_text_of(item) for item in value)
    if isinstance(value, dict):
        return "\n".join(_text_of(item) for item in value.values())
    return str(force_str(value))
