"""The fields of a kind as a Table Schema (Frictionless) of its CSV, and as a JSON Schema (2020-12) of its features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse

from wiki.ask.formats.aggregates import NUMERIC_DATATYPES
from wiki.ask.formats.cells import BOOLEAN
from wiki.linked_data import vocabulary
from wiki.linked_data.kind_records import ExportColumn, kind_columns
from wiki.pages.models import Kind

Json = dict[str, Any]
OWN: Mapping[str, tuple[str, str]] = {
    "id": ("string", "URL of the page, which identifies it"),
    "title": ("string", "Title of the page"),
    "license": ("string", "URL of the licence of the page"),
    "created": ("datetime", "When the page was begun"),
    "modified": ("datetime", "When the page was last changed"),
    "latitude": ("number", "Degrees north (WGS 84)"),
    "longitude": ("number", "Degrees east (WGS 84)"),
}
"""Columns of every kind beside those of its form, with their types and descriptions."""
SOURCES = "sources"
SOURCES_TEXT = "Sources and licences of single values, where these are not those of the page"
"""Last column of every kind, and its description."""
SUBOBJECTS = "subobjects"
SUBOBJECTS_TEXT = "Values that belong together, by property: the accounts of a year, a need with its period and price"
"""Column before it, and its description."""
REQUIRED = ("id", "title", "license", "created", "modified")
SEPARATOR = " | "
"""Between several values in one cell of the CSV."""


def column_names(columns: list[ExportColumn]) -> list[str]:
    """Return the names of the columns of a kind; a property named as a column of every kind gets an underscore."""
    return [f"{column.name}_" if column.name in (*OWN, SUBOBJECTS, SOURCES) else column.name for column in columns]


def value_type(column: ExportColumn) -> str:
    """Return the type of the values of a column: `number`, `boolean` or `string`."""
    if column.datatype in NUMERIC_DATATYPES:
        return "number"
    return "boolean" if column.datatype == BOOLEAN else "string"


def _texts(column: ExportColumn, kind: str, language: str) -> Json:
    """Return title, description and the name at schema.org of a column."""
    found: Json = {"title": column.field.label(language)}
    if description := column.field.help(language) or column.declaration.descriptions.get(language, ""):
        found["description"] = description
    term = vocabulary.term_of(kind, column.declaration.title, column.declaration.equivalent)
    return found | ({"rdfType": f"{vocabulary.SCHEMA}{term.name}"} if term else {})


def table_schema(kind: Kind, language: str) -> Json:
    """Return the Table Schema of the CSV of a kind."""
    fields: list[Json] = [
        {"name": name, "type": type_, "description": description, "constraints": {"required": name in REQUIRED}}
        for name, (type_, description) in OWN.items()
    ]
    fields[0]["constraints"]["unique"] = True
    columns = kind_columns(kind.key)
    for name, column in zip(column_names(columns), columns, strict=True):
        found: Json = {"name": name, **_texts(column, kind.key, language)}
        found["type"] = "string" if column.is_repeated else value_type(column)
        if column.field.unit:
            found["unit"] = column.field.unit
        if column.declaration.allowed and not column.is_repeated and found["type"] == "string":
            found["constraints"] = {"enum": [one for one in column.declaration.allowed if one]}
        if column.field.choices:
            found["example"] = column.field.choices[0]
        fields.append(found)
    fields.append({"name": SUBOBJECTS, "type": "array", "description": SUBOBJECTS_TEXT})
    fields.append({"name": SOURCES, "type": "string", "description": SOURCES_TEXT})
    return {
        "$schema": "https://specs.frictionlessdata.io/schemas/table-schema.json",
        "name": kind.key,
        "title": kind.plural,
        "fields": fields,
        "primaryKey": "id",
        "missingValues": [""],
    }


def json_schema(kind: Kind, language: str) -> Json:
    """Return the JSON Schema of a feature of the GeoJSON of a kind."""
    properties: dict[str, Json] = {}
    for name, (type_, description) in OWN.items():
        if name not in ("latitude", "longitude"):
            properties[name] = {"type": "string", "description": description}
            properties[name] |= {"format": "date-time"} if type_ == "datetime" else {}
    columns = kind_columns(kind.key)
    for name, column in zip(column_names(columns), columns, strict=True):
        one: Json = {"type": value_type(column)}
        if column.field.choices:
            one["examples"] = list(column.field.choices)
        several: Json = {"type": "array", "items": one}
        texts = _texts(column, kind.key, language)
        properties[name] = texts | (several if column.is_repeated else {"anyOf": [one, several]})
    properties[SUBOBJECTS] = {"type": "array", "items": {"type": "object"}, "description": SUBOBJECTS_TEXT}
    source: Json = {"type": "object", "properties": {name: {"type": "string"} for name in ("source", "license", "url")}}
    source["properties"]["properties"] = {"type": "array", "items": {"type": "string"}}
    properties[SOURCES] = {"type": "array", "items": source, "description": SOURCES_TEXT}
    point = {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {
            "type": {"const": "Point"},
            "coordinates": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{settings.BASE_ADDRESS}{reverse('kind_data', args=[kind.key, 'schema.json'])}",
        "title": kind.name,
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"const": "Feature"},
            "id": {"type": "string"},
            "geometry": {"anyOf": [point, {"type": "null"}]},
            "properties": {"type": "object", "required": list(REQUIRED), "properties": properties},
        },
    }
