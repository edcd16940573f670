"""`action=smwbrowse`: look up properties, categories, concepts, pages, values and subjects.

The names and shapes are those of Semantic MediaWiki 7 (`browse` and `params`, a JSON object).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.db.models.query import QuerySet

from wiki.api.api_request import ApiError, ApiRequest, parse_integer, unknown_value
from wiki.ask import property_usage
from wiki.errors import gettext_noop
from wiki.facts import property_declarations, special_properties
from wiki.facts.models import Fact
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.page_urls import address
from wiki.text import titles
from wiki.text.titles import CATEGORY, CONCEPT

LARGEST = {"limit": 500, "offset": 100_000, "ns": titles.MIRROR_NAMESPACE}
"""Members of `params` that are numbers, and the largest ones."""
DEFAULTS = {"limit": 50, "offset": 0, "ns": 0}
ITEM_TYPES = {
    "_num": 1, "_qty": 1, "_tem": 1, "_mon": 1, "_boo": 3, "_uri": 5, "_anu": 5, "_ema": 5, "_tel": 5, "_dat": 6,
    "_geo": 7, "_wpg": 9,
}  # fmt: skip
"""SMW's type numbers of data items by datatype id; all others are text (2)."""
TEXT_ITEM = 2


def browse(request: ApiRequest) -> dict[str, Any]:
    """Return the result of `browse=…` with `params={…}`. Raises ApiError."""
    kind = request.required("browse")
    if kind not in BROWSE_TYPES:
        raise unknown_value("browse", kind)
    function, known = BROWSE_TYPES[kind]
    parameters = _parameters(request)
    request.keep_known("params", sorted(parameters), known, "smwbrowse")
    for name, most in LARGEST.items():
        if name in known:
            parameters[name] = _number(request, parameters, name, most)
    return function(request, parameters)


def _parameters(request: ApiRequest) -> dict[str, Any]:
    """Parse the JSON object in `params`. Raises ApiError."""
    try:
        found = json.loads(request.get("params") or "{}")
    except (ValueError, RecursionError) as error:
        raise ApiError("badparams", gettext_noop('The "params" parameter is not a JSON object.')) from error
    if not isinstance(found, dict):
        raise ApiError("badparams", gettext_noop('The "params" parameter is not a JSON object.'))
    return found


def _number(request: ApiRequest, parameters: dict[str, Any], name: str, most: int) -> int:
    """Return a number in `params`; warn if it is not between 0 and `most`. Raises ApiError."""
    raw = str(parameters.get(name, "")).strip()
    return request.between(name, parse_integer(name, raw), 0, most, "smwbrowse") if raw else DEFAULTS[name]


def _slice(parameters: dict[str, Any], rows: QuerySet[Any]) -> tuple[list[Any], int]:
    """Return the rows selected by limit and offset, and the offset of the next ones (0 for none)."""
    limit, offset = parameters["limit"], parameters["offset"]
    found = list(rows[offset : offset + limit + 1])
    return found[:limit], offset + limit if len(found) > limit else 0


def _list_response(kind: str, query: Any, next_offset: int, parameters: dict[str, Any], count: int) -> dict[str, Any]:
    """Return a list of results with its metadata."""
    meta = {"type": kind, "limit": parameters["limit"], "count": count}
    return {"query": query, "query-continue-offset": next_offset, "version": 1, "meta": meta}


def _properties(request: ApiRequest, parameters: dict[str, Any]) -> dict[str, Any]:
    """List properties whose titles contain `search`, with the requested data."""
    rows = property_usage.properties(request.user)
    if search := str(parameters.get("search", "")):
        rows = rows.filter(title__icontains=search[:200])
    found, next_offset = _slice(parameters, rows.order_by("title", "pk"))
    declared = property_usage.get_declarations([row.key for row in found])
    uses = property_usage.count_uses(found, request.user, most=None) if parameters.get("usageCount") else {}
    entries = {}
    for row in found:
        declaration = declared[row.key]
        entry: dict[str, Any] = {"label": row.title, "key": row.key.replace(" ", "_")}
        entry["isUserDefined"] = not row.key.startswith("_")
        extras = {
            "usageCount": uses.get(row.pk, 0),
            "prefLabel": declaration.labels.get(request.language, ""),
            "description": declaration.descriptions.get(request.language, ""),
        }
        entries[entry["key"]] = entry | {name: value for name, value in extras.items() if parameters.get(name)}
    return _list_response("property", entries, next_offset, parameters, len(found))


def _pages(request: ApiRequest, parameters: dict[str, Any], kind: str, namespace: int | None) -> dict[str, Any]:
    """List pages whose titles contain `search`, in one namespace or in all."""
    rows = WikiPage.objects.readable_by(request.user)
    if namespace is not None:
        rows = rows.filter(namespace=namespace)
    for word in titles.fold(str(parameters.get("search", ""))[:200]).split()[:10]:
        rows = rows.filter(title_fold__contains=word)
    found, next_offset = _slice(parameters, rows.order_by("title_fold", "pk"))
    entries = {}
    for page in found:
        label = page.full_title if namespace is None else page.title
        entry: dict[str, Any] = {"label": label, "key": page.full_title.replace(" ", "_")}
        if parameters.get("fullText"):
            entry["fullText"] = page.full_title
        if parameters.get("fullURL"):
            entry["fullURL"] = settings.BASE_ADDRESS + address("page", page.full_title)
        entries[entry["key"]] = entry
    return _list_response(kind, entries, next_offset, parameters, len(found))


def _group(parameters: dict[str, Any]) -> list[int]:
    """Return the primary keys of the property in `property` and its synonyms. Raises ApiError, TitleProblem."""
    name = str(parameters.get("property", ""))
    if not name:
        raise ApiError("badparams", gettext_noop('The "params" parameter lacks "%(name)s".'), name="property")
    return property_declarations.property_and_synonym_ids(
        special_properties.key_of_property(name.replace("_", " ") if name[:1] != "_" else name)
    )


def _usable_facts(request: ApiRequest) -> QuerySet[Fact]:
    """Return the current facts whose values their properties allow, as queries do."""
    return property_usage.current_facts(request.user).filter(problem__isnull=True)


def _values(request: ApiRequest, parameters: dict[str, Any]) -> dict[str, Any]:
    """List the distinct values of a property that contain `search`."""
    rows = _usable_facts(request).filter(property__in=_group(parameters))
    if search := titles.fold(str(parameters.get("search", ""))[:200]):
        rows = rows.filter(folded_text__contains=search)
    found, next_offset = _slice(parameters, rows.order_by("raw").values_list("raw", flat=True).distinct())
    return _list_response("pvalue", found, next_offset, parameters, len(found))


def _subjects(request: ApiRequest, parameters: dict[str, Any]) -> dict[str, Any]:
    """List the pages that have a property, or a given value of it."""
    rows = _usable_facts(request).filter(property__in=_group(parameters))
    if value := str(parameters.get("value", "")):
        rows = rows.filter(Q(raw=value) | Q(folded_text=titles.fold(value)))
    pages = WikiPage.objects.readable_by(request.user).filter(pk__in=rows.values("page")).order_by("title_fold", "pk")
    found, next_offset = _slice(parameters, pages.values_list("full_title", flat=True))
    return _list_response("psubject", found, next_offset, parameters, len(found))


def _subject(request: ApiRequest, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return all facts of a page and its subobjects, or of one subobject.

    Of values that cannot be used, only the properties are given, as values of `Has improper value for`.
    """
    title = str(parameters.get("subject", "")).replace("_", " ")
    number = parameters["ns"]
    if number in titles.NAMESPACES and number and not titles.split_namespace(title)[0]:
        title = titles.build_full_title(number, None, title)
    page = page_lookup.find(title, request.user)
    if page is None:
        raise ApiError("missingtitle", gettext_noop("The page you specified doesn't exist."))
    rows = (
        property_usage.current_facts(request.user)
        .filter(page=page)
        .select_related("subject", "property")
        .order_by("property__key", "position")
    )
    data: dict[str, dict[str, list[Any]]] = {}
    for fact in rows:
        property_items = data.setdefault(fact.subject.fragment, {})
        if fact.problem is None:
            key, item = fact.property.key.replace(" ", "_"), _item(fact, page)
        else:
            key, item = "_ERRP", {"type": 9, "item": _serialized(f"Property:{fact.property.key}")}
        items = property_items.setdefault(key, [])
        items += [] if key == "_ERRP" and item in items else [item]
    fragment = str(parameters.get("subobject", ""))
    entries: dict[str, Any] = {"subject": _serialized(page.full_title, fragment), "data": _rows(data.get(fragment, {}))}
    if not fragment:
        entries["sobj"] = [
            {"subject": _serialized(page.full_title, name), "data": _rows(property_items)}
            for name, property_items in sorted(data.items())
            if name
        ]
    entries |= {"serializer": "SMW\\Serializers\\SemanticDataSerializer", "version": 2}
    return {"query": entries, "meta": {"type": "subject"}}


def _rows(property_items: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [{"property": key, "dataitem": items} for key, items in property_items.items()]


def _serialized(title: str, fragment: str = "") -> str:
    """Serialize a page as SMW does: name, namespace, interwiki (empty), subobject."""
    number, rest = titles.split_namespace(title)
    return f"{rest.replace(' ', '_')}#{number}##{fragment}"


def _item(fact: Fact, page: WikiPage) -> dict[str, Any]:
    """Serialize a value as SMW's data item."""
    if fact.whole_id is not None:
        return {"type": 9, "item": _serialized(page.full_title, fact.canonical_value)}
    kind = ITEM_TYPES.get(fact.datatype, TEXT_ITEM)
    if kind == 9:
        return {"type": 9, "item": _serialized(fact.canonical_value)}
    if kind == 1:
        return {"type": 1, "item": f"{fact.number:.15g}"}
    if kind == 7:
        return {"type": 7, "item": f"{fact.lat},{fact.lon}"}
    return {"type": kind, "item": fact.canonical_value if kind in (3, 5, 6) else fact.raw}


LISTED = frozenset({"limit", "offset"})
SEARCHED = LISTED | {"search"}
PAGE_PARAMETERS = SEARCHED | {"fullText", "fullURL"}
BROWSE_TYPES: dict[str, tuple[Callable[[ApiRequest, dict[str, Any]], dict[str, Any]], frozenset[str]]] = {
    "property": (_properties, SEARCHED | {"usageCount", "prefLabel", "description"}),
    "category": (lambda request, parameters: _pages(request, parameters, "category", CATEGORY), PAGE_PARAMETERS),
    "concept": (lambda request, parameters: _pages(request, parameters, "concept", CONCEPT), PAGE_PARAMETERS),
    "page": (lambda request, parameters: _pages(request, parameters, "page", None), PAGE_PARAMETERS),
    "pvalue": (_values, SEARCHED | {"property"}),
    "psubject": (_subjects, LISTED | {"property", "value"}),
    "subject": (_subject, frozenset({"subject", "ns", "subobject"})),
}
"""The function of each kind of look-up, and the members of `params` that it has."""
