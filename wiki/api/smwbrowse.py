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

from wiki.api.api_request import ApiError, ApiRequest
from wiki.ask import property_usage
from wiki.errors import gettext_noop
from wiki.facts import property_declarations, special_properties
from wiki.facts.models import Fact
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.page_urls import address
from wiki.text import titles

CATEGORY, CONCEPT = 14, 108
MAX_LIMIT = 500
ITEM_TYPES = {
    "_num": 1, "_qty": 1, "_tem": 1, "_boo": 3, "_uri": 5, "_anu": 5, "_ema": 5, "_tel": 5, "_dat": 6, "_geo": 7,
    "_wpg": 9,
}  # fmt: skip
"""SMW's numbers of data items; all else is text (2)."""
TEXT_ITEM = 2


def browse(call: ApiRequest) -> dict[str, Any]:
    """Answer `browse=…` with `params={…}`."""
    kind = call.required("browse")
    if kind not in BROWSE_TYPES:
        message = gettext_noop('Unrecognized value for parameter "%(name)s": %(value)s.')
        raise ApiError("badvalue", message, name="browse", value=kind[:60])
    return BROWSE_TYPES[kind](call, _parameters(call))


def _parameters(call: ApiRequest) -> dict[str, Any]:
    """The JSON object in `params`. Raises ApiProblem."""
    try:
        found = json.loads(call.get("params") or "{}")
    except (ValueError, RecursionError) as error:
        raise ApiError("badparams", gettext_noop('The "params" parameter is not a JSON object.')) from error
    if not isinstance(found, dict):
        raise ApiError("badparams", gettext_noop('The "params" parameter is not a JSON object.'))
    return found


def _number(parameters: dict[str, Any], name: str, default: int, most: int) -> int:
    raw = str(parameters.get(name, default))
    return min(int(raw), most) if raw.isdecimal() and len(raw) < 10 else default


def _part(parameters: dict[str, Any], rows: QuerySet[Any]) -> tuple[list[Any], int]:
    """The rows that limit and offset ask for, and the offset of the next ones (0 for none)."""
    limit, offset = _number(parameters, "limit", 50, MAX_LIMIT), _number(parameters, "offset", 0, 100_000)
    found = list(rows[offset : offset + limit + 1])
    return found[:limit], offset + limit if len(found) > limit else 0


def _told(kind: str, query: Any, following: int, parameters: dict[str, Any], count: int) -> dict[str, Any]:
    """The frame of every list."""
    meta = {"type": kind, "limit": _number(parameters, "limit", 50, MAX_LIMIT), "count": count}
    return {"query": query, "query-continue-offset": following, "version": 1, "meta": meta}


def _properties(call: ApiRequest, parameters: dict[str, Any]) -> dict[str, Any]:
    """Properties whose title holds the words of `search`, with what is asked of them."""
    rows = property_usage.properties(call.user)
    if words := str(parameters.get("search", "")):
        rows = rows.filter(title__icontains=words[:200])
    found, following = _part(parameters, rows.order_by("title", "pk"))
    declared = property_usage.get_declarations([row.key for row in found])
    uses = property_usage.count_uses(found, call.user, most=None) if parameters.get("usageCount") else {}
    told = {}
    for row in found:
        declaration = declared[row.key]
        entry: dict[str, Any] = {"label": row.title, "key": row.key.replace(" ", "_")}
        entry["isUserDefined"] = not row.key.startswith("_")
        extras = {
            "usageCount": uses.get(row.pk, 0),
            "prefLabel": declaration.labels.get(call.language, ""),
            "description": declaration.descriptions.get(call.language, ""),
        }
        told[entry["key"]] = entry | {name: value for name, value in extras.items() if parameters.get(name)}
    return _told("property", told, following, parameters, len(found))


def _pages(call: ApiRequest, parameters: dict[str, Any], kind: str, namespace: int | None) -> dict[str, Any]:
    """Pages whose title holds the words of `search`, of one namespace or of all."""
    rows = WikiPage.objects.readable_by(call.user)
    if namespace is not None:
        rows = rows.filter(namespace=namespace)
    for word in titles.fold(str(parameters.get("search", ""))[:200]).split()[:10]:
        rows = rows.filter(title_fold__contains=word)
    found, following = _part(parameters, rows.order_by("title_fold", "pk"))
    told = {}
    for page in found:
        label = page.full_title if namespace is None else page.title
        entry: dict[str, Any] = {"label": label, "key": page.full_title.replace(" ", "_")}
        if parameters.get("fullText"):
            entry["fullText"] = page.full_title
        if parameters.get("fullURL"):
            entry["fullURL"] = settings.BASE_ADDRESS + address("page", page.full_title)
        told[entry["key"]] = entry
    return _told(kind, told, following, parameters, len(found))


def _group(parameters: dict[str, Any]) -> list[int]:
    """The rows of the property that `property` names, under all its names. Raises ApiProblem, TitleProblem."""
    name = str(parameters.get("property", ""))
    if not name:
        raise ApiError("badparams", gettext_noop('The "params" parameter lacks "%(name)s".'), name="property")
    return property_declarations.property_and_synonym_ids(
        special_properties.key_of_property(name.replace("_", " ") if name[:1] != "_" else name)
    )


def _values(call: ApiRequest, parameters: dict[str, Any]) -> dict[str, Any]:
    """The values of a property that hold the words of `search`, each once."""
    rows = property_usage.current_facts(call.user).filter(property__in=_group(parameters), problem__isnull=True)
    if words := titles.fold(str(parameters.get("search", ""))[:200]):
        rows = rows.filter(folded_text__contains=words)
    found, following = _part(parameters, rows.order_by("raw").values_list("raw", flat=True).distinct())
    return _told("pvalue", found, following, parameters, len(found))


def _subjects(call: ApiRequest, parameters: dict[str, Any]) -> dict[str, Any]:
    """The pages that have a property, or have a value of it."""
    rows = property_usage.current_facts(call.user).filter(property__in=_group(parameters))
    if value := str(parameters.get("value", "")):
        rows = rows.filter(Q(raw=value) | Q(fold=titles.fold(value)))
    pages = WikiPage.objects.filter(pk__in=rows.values("page")).order_by("title_fold", "pk")
    found, following = _part(parameters, pages.values_list("full_title", flat=True))
    return _told("psubject", found, following, parameters, len(found))


def _subject(call: ApiRequest, parameters: dict[str, Any]) -> dict[str, Any]:
    """All facts of a page: its data, and that of its subobjects."""
    title = str(parameters.get("subject", "")).replace("_", " ")
    number = _number(parameters, "ns", 0, 200)
    if number in titles.NAMESPACES and number and not titles.split_namespace(title)[0]:
        title = titles.build_full_title(number, None, title)
    page = page_lookup.find(title, call.user)
    if page is None:
        raise ApiError("missingtitle", gettext_noop("The page you specified doesn't exist."))
    rows = (
        property_usage.current_facts(call.user)
        .filter(page=page)
        .select_related("subject", "property")
        .order_by("property__key", "position")
    )
    data: dict[str, dict[str, list[Any]]] = {}
    for fact in rows:
        own = data.setdefault(fact.subject.fragment, {})
        own.setdefault(fact.property.key.replace(" ", "_"), []).append(_item(fact, page))
    wanted = str(parameters.get("subobject", ""))
    told: dict[str, Any] = {"subject": _serialized(page.full_title, wanted), "data": _rows(data.get(wanted, {}))}
    if not wanted:
        told["sobj"] = [
            {"subject": _serialized(page.full_title, fragment), "data": _rows(own)}
            for fragment, own in sorted(data.items())
            if fragment
        ]
    told |= {"serializer": "SMW\\Serializers\\SemanticDataSerializer", "version": 2}
    return {"query": told, "meta": {"type": "subject"}}


def _rows(own: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [{"property": key, "dataitem": items} for key, items in own.items()]


def _serialized(title: str, fragment: str = "") -> str:
    """A page as SMW writes it: name, namespace, interwiki, subobject."""
    number, rest = titles.split_namespace(title)
    return f"{rest.replace(' ', '_')}#{number}##{fragment}"


def _item(fact: Fact, page: WikiPage) -> dict[str, Any]:
    """A value as SMW writes data items."""
    if fact.whole_id is not None:
        return {"type": 9, "item": _serialized(page.full_title, fact.canonical_value)}
    kind = ITEM_TYPES.get(fact.datatype, TEXT_ITEM)
    if fact.problem is not None:
        return {"type": TEXT_ITEM, "item": fact.raw}
    if kind == 9:
        return {"type": 9, "item": _serialized(fact.canonical_value)}
    if kind == 1:
        return {"type": 1, "item": f"{fact.number:.15g}"}
    if kind == 7:
        return {"type": 7, "item": f"{fact.lat},{fact.lon}"}
    return {"type": kind, "item": fact.canonical_value if kind in (3, 5, 6) else fact.raw}


BROWSE_TYPES: dict[str, Callable[[ApiRequest, dict[str, Any]], dict[str, Any]]] = {
    "property": _properties,
    "category": lambda call, parameters: _pages(call, parameters, "category", CATEGORY),
    "concept": lambda call, parameters: _pages(call, parameters, "concept", CONCEPT),
    "page": lambda call, parameters: _pages(call, parameters, "page", None),
    "pvalue": _values,
    "psubject": _subjects,
    "subject": _subject,
}
