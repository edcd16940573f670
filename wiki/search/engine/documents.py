"""From an object to what the index writes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Manager
from django.utils.encoding import force_str
from modelsearch.index import AutocompleteField, RelatedFields, SearchField

from wiki.search.engine import schema


def document_of(obj: Any) -> dict[str, Any]:
    """The fields of Whoosh's document, postings made: whatever takes long is done before a lock is held."""
    texts: dict[tuple[str, bool], list[str]] = {}
    usual: dict[str, float] = {}
    for way, field, value in _values(obj, obj.get_search_fields()):
        if isinstance(field, (SearchField, AutocompleteField)):
            texts.setdefault((way, isinstance(field, SearchField)), []).append(_text_of(value))
            usual[way] = float(field.kwargs.get("usual_length", schema.USUAL_LENGTH))
    languages = schema.languages_of(obj)
    document: dict[str, Any] = {schema.KEY: obj.pk, schema.MODELS: _models_of(obj)}
    for (way, is_searched), values in texts.items():
        text = "\n".join(values)
        if is_searched:
            document[way], document[way + schema.STEM] = schema.make_postings(text, languages, usual[way])
        else:
            document[schema.AUTOCOMPLETE_PREFIX + way] = schema.make_autocomplete_postings(text)
    return document


def _models_of(obj: Any) -> list[schema.Posting]:
    """The models that the object is an instance of."""
    model = obj._meta.concrete_model
    return [(schema.label(one).encode(), 1, 1.0, b"") for one in [model, *model._meta.get_parent_list()]]


def _values(obj: Any, fields: Sequence[Any], way: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Each field with its value, those of related objects too."""
    for field in fields:
        if isinstance(field, RelatedFields):
            for related in _related(field.get_value(obj)):
                yield from _values(related, field.fields, f"{way}{field.field_name}__")
        else:
            yield way + field.field_name, field, field.get_value(obj)


def _related(value: Any) -> Sequence[Any]:
    if value is None:
        return []
    if isinstance(value, Manager):
        return list(value.all())
    return [value() if callable(value) else value]


def _text_of(value: Any) -> str:
    """A value as the text that is searched."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return "\n".join(_text_of(one) for one in value)
    if isinstance(value, dict):
        return "\n".join(_text_of(one) for one in value.values())
    return str(force_str(value))
