"""The pages of a kind as GeoJSON (RFC 7946), as CSV, and as the elements that GoGoCarto reads."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from django.conf import settings

from wiki.facts.fact_sources import FactSource
from wiki.linked_data.kind_records import KindRecord, kind_columns, kind_records
from wiki.linked_data.kind_schemas import SEPARATOR, SOURCES, SUBOBJECTS, column_names, value_type
from wiki.linked_data.schema_values import own_picture_key
from wiki.pages.media_models import pictures_by_name

Json = dict[str, Any]
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""With what a text begins that spreadsheets take for a formula."""


def to_bytes(data: Any) -> bytes:
    """Return JSON in UTF-8."""
    return json.dumps(data, ensure_ascii=False).encode()


def _own_properties(record: KindRecord) -> Json:
    """Return what every record has."""
    page = record.page
    return {
        "id": record.url,
        "title": page.shown_title,
        "license": record.license_url,
        "created": page.created_at.isoformat(),
        "modified": page.edited_at.isoformat(),
    }


def _point(record: KindRecord) -> Json | None:
    """Return the point of a record: longitude first."""
    found = record.coordinates()
    return {"type": "Point", "coordinates": [found[1], found[0]]} if found else None


def geojson(kind: str) -> bytes:
    """Return a FeatureCollection of all pages of a kind: those without coordinates have no geometry."""
    columns = kind_columns(kind)
    names = column_names(columns)
    features = []
    for record in kind_records(kind):
        properties = _own_properties(record)
        for name, column in zip(names, columns, strict=True):
            if values := record.typed(column.name):
                properties[name] = values if column.is_repeated or len(values) > 1 else values[0]
        if record.subobjects:
            properties[SUBOBJECTS] = record.subobjects
        if record.sources:
            properties[SOURCES] = [source.data for source in record.sources]
        features.append(
            {"type": "Feature", "id": record.url, "geometry": _point(record), "properties": properties},
        )
    return to_bytes({"type": "FeatureCollection", "features": features})


def csv_table(kind: str) -> bytes:
    """Return a table of all pages of a kind, valid against its Table Schema."""
    columns = kind_columns(kind)
    output = io.StringIO()
    writer = csv.writer(output)
    names = column_names(columns)
    own = ("id", "title", "license", "created", "modified", "latitude", "longitude")
    writer.writerow([*own, *names, SUBOBJECTS, SOURCES])
    for record in kind_records(kind):
        latitude, longitude = record.coordinates() or ("", "")
        row = [*_own_properties(record).values(), latitude, longitude]
        for column in columns:
            values = record.typed(column.name)
            if value_type(column) != "string" and not column.is_repeated:
                row.append(_cell(values[0]) if values else "")
            else:
                row.append(SEPARATOR.join(_cell(value) for value in values))
        row.append(to_bytes(record.subobjects).decode() if record.subobjects else "")
        row.append(SEPARATOR.join(_source_cell(source) for source in record.sources))
        writer.writerow([_harmless(cell) for cell in row])
    return output.getvalue().encode()


def _source_cell(source: FactSource) -> str:
    """Return a source as `properties: source, licence, URL`."""
    data = source.data
    stated = ", ".join(text for text in (data["source"], data["license"], data["url"]) if text)
    return f"{'; '.join(data['properties'])}: {stated}"


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _harmless(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula: a sign before it, unless it is a number."""
    if not isinstance(cell, str) or not cell.startswith(FORMULA_SIGNS):
        return cell
    return cell if cell[1:].replace(".", "", 1).isdigit() else f"'{cell}"


def gogocarto_elements(kind: str) -> bytes:
    """Return the pages of a kind that have coordinates, as GoGoCarto reads external sources of elements."""
    records = [record for record in kind_records(kind) if record.coordinates() is not None]
    names = {key for record in records if (key := own_picture_key(record.page))}
    pictures = pictures_by_name(names) if names else {}
    features = []
    for record in records:
        picture = pictures.get(own_picture_key(record.page))
        properties = _element(record)
        if picture is not None:
            properties["images"] = [settings.BASE_ADDRESS + picture.content_url]
        features.append(
            {"type": "Feature", "id": record.url, "geometry": _point(record), "properties": properties},
        )
    return to_bytes({"type": "FeatureCollection", "features": features})


def _element(record: KindRecord) -> Json:
    """Return the attributes of an element; those without a value are left out."""
    latitude, longitude = record.coordinates() or (0.0, 0.0)
    page = record.page
    kind = page.kind.name_fr if page.kind else ""
    address = {
        "streetAddress": record.text("Adresse"),
        "postalCode": record.text("Code postal"),
        "addressLocality": record.text("Ville", "Commune"),
    }
    found: Json = {
        "id": record.url,
        "name": page.shown_title,
        "geo": {"latitude": latitude, "longitude": longitude},
        "categories": record.texts("Type de lieu") or [kind],
        "address": {name: text for name, text in address.items() if text},
        "description": page.excerpt,
        "telephone": record.text("Téléphone"),
        "email": record.text("Courriel"),
        "website": record.text("Site", "Site web"),
        "openHoursString": record.text("Horaires"),
        "url": record.url,
        "source": settings.SITE_NAME,
        "license": record.license_url,
        "sources": [source.data for source in record.sources],
        "createdAt": page.created_at.isoformat(),
        "updatedAt": page.edited_at.isoformat(),
    }
    return {name: value for name, value in found.items() if value}
