"""Results in the JSON structure of Semantic MediaWiki's API (`action=ask`), also used by its format `json`.

Source: `DIWikiPage`, `QueryResult::toArray` and `QueryResultSerializer` of Semantic MediaWiki 7.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.timezone import now

from wiki.ask.formats.cells import PAGE, Cells, is_subject_column
from wiki.facts.datatypes import registry
from wiki.facts.values import Context
from wiki.pages.page_urls import address
from wiki.text import titles

if TYPE_CHECKING:
    from wiki.ask.execution.results import Column, PageRef, QueryResult, ResultRow
    from wiki.facts.values import Value

UNDECLARED = PAGE
PRINT_CHAIN, PRINT_PROPERTY, PRINT_CATEGORIES, PRINT_CATEGORY, PRINT_SUBJECT = 4, 1, 0, 3, 2
"""SMW's `PrintRequest` modes."""


def result_title(page: PageRef) -> str:
    """Return the full title, with `#fragment` for a subobject: the key of a page in results."""
    is_complete = not page.fragment or "#" in page.full_title
    return page.full_title if is_complete else f"{page.full_title}#{page.fragment}"


def page_data(page: PageRef) -> dict[str, Any]:
    """Return a page as in SMW's API. `displaytitle` is empty where it equals the title."""
    return {
        "fulltext": result_title(page),
        "fullurl": full_url(page.url),
        "namespace": page.namespace,
        "exists": "1" if page.exists else "",
        "displaytitle": "" if page.shown_title == page.full_title else page.shown_title,
    }


def full_url(path: str) -> str:
    """Return the absolute URL of a path."""
    return f"{settings.BASE_ADDRESS}{path}" if path.startswith("/") else path


def _missing_page(value: Value) -> dict[str, Any]:
    title = value.raw.strip().lstrip(":")
    namespace = titles.split_namespace(title)[0]
    return {
        "fulltext": title,
        "fullurl": full_url(address("page", title.partition("#")[0] or title)),
        "namespace": namespace,
        "exists": "",
        "displaytitle": "",
    }


def value_data(value: Value, context: Context, result: QueryResult) -> Any:
    """Return one value as in SMW's API."""
    if value.datatype == PAGE:
        page = result.pages.get(value.canonical_value)
        return page_data(page) if page else _missing_page(value)
    if value.parts:
        return _record_data(value, context, result)
    return registry.data(value, context)


def _record_data(value: Value, context: Context, result: QueryResult) -> dict[str, Any]:
    fields = {field.key: field for field in context.declaration.fields}
    data: dict[str, Any] = {}
    for key, part in value.parts:
        field = fields.get(key)
        field_context = (
            Context(context.language, field, context.page, context.place_title) if field else Context(context.language)
        )
        label = field.label(context.language) if field else key
        field_data = data.setdefault(label, {"label": label, "key": key, "typeid": part.datatype, "item": []})
        field_data["item"].append(value_data(part, field_context, result))
    return data


def values_data(row: ResultRow, index: int, result: QueryResult) -> list[Any]:
    """Return the values of a cell as in SMW's API."""
    column = result.columns[index]
    if is_subject_column(column):
        return [page_data(row.subject)]
    return [value_data(value, column.context, result) for value in row.cells[index] if value.is_usable]


def print_request(column: Column) -> dict[str, Any]:
    """Return the print request of a column."""
    chain = column.printout.chain
    if is_subject_column(column):
        mode = PRINT_SUBJECT
    elif column.printout.category is not None:
        mode = PRINT_CATEGORY if column.printout.category else PRINT_CATEGORIES
    else:
        mode = PRINT_CHAIN if len(chain) > 1 else PRINT_PROPERTY
    key = column.declaration.key if chain else ""
    return {
        "label": column.label,
        "key": key,
        "redi": "",
        "typeid": column.declaration.datatype or UNDECLARED,
        "mode": mode,
        "format": column.printout.output_format or False,
    }


def _subject_request(result: QueryResult) -> dict[str, Any]:
    label = Cells(result).subject_heading()
    return {"label": label, "key": "", "redi": "", "typeid": PAGE, "mode": PRINT_SUBJECT, "format": False}


def _row_data(row: ResultRow, result: QueryResult) -> dict[str, Any]:
    printouts = {
        column.label: values_data(row, index, result) for index, column in enumerate(result.columns) if column.label
    }
    return {"printouts": printouts, **page_data(row.subject)}


def to_api_json(result: QueryResult, version: int = 2) -> dict[str, Any]:
    """Return the response of `action=ask`.

    With `version` 3, results are a list of one-key objects, whose order is certain.
    `query-continue-offset` is present where there are further rows.
    """
    requests = [print_request(column) for column in result.columns]
    if Cells(result).has_subject:
        requests.insert(0, _subject_request(result))
    rows = [(result_title(row.subject), _row_data(row, result)) for row in result.rows]
    results: Any = [{title: data} for title, data in rows] if version == 3 else dict(rows)
    digest = hashlib.md5(json.dumps(rows, sort_keys=True, default=str).encode(), usedforsecurity=False).hexdigest()
    meta = {
        "hash": digest,
        "count": len(rows),
        "offset": result.query.offset,
        "source": "",
        "time": now().isoformat(timespec="seconds"),
    }
    query = {
        "printrequests": requests,
        "results": results,
        "serializer": "SMW\\Serializers\\QueryResultSerializer",
        "version": version,
        "meta": meta,
    }
    response: dict[str, Any] = {"query": query}
    if result.has_more:
        response["query-continue-offset"] = result.query.offset + len(rows)
    return response
