"""Lists of properties: all, unused, without a page; and the list of datatypes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from wiki.ask import property_usage
from wiki.ask.views.datatype_help import DATATYPE_HELP, DatatypeHelp
from wiki.facts.datatypes import registry
from wiki.facts.values import Declaration
from wiki.text import titles

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from wiki.facts.models import Property
    from wiki.pages.models import Reader

PER_PAGE = 100
PROPERTIES_LIMIT = 5_000
"""Number of properties that are searched, the first by title."""
PROPERTIES_PER_DATATYPE = 12
"""Properties listed for one datatype at most."""


@dataclass(slots=True)
class PropertyListItem:
    """A property in a list."""

    row: Property
    declaration: Declaration
    label: str
    datatype: str
    about: str
    uses: int = 0
    has_page: bool = True

    @property
    def title(self) -> str:
        """Return the title used in URLs."""
        return self.declaration.title

    @property
    def name(self) -> str:
        """Return the name used in queries: a special property has a name in each language."""
        return self.label if self.is_special else self.title

    @property
    def is_special(self) -> bool:
        """Whether it is a special property of the wiki itself."""
        return self.row.key.startswith("_")

    @property
    def has_more(self) -> bool:
        """Whether there are more values than were counted."""
        return self.uses > property_usage.USES_LIMIT


def list_properties(
    rows: QuerySet[Property], language: str, search_text: str = "", datatype: str = ""
) -> list[PropertyListItem]:
    """Return the properties whose title, name or label contains all words, by label. Two queries."""
    found = list(rows.order_by("title", "pk")[:PROPERTIES_LIMIT])
    declarations = property_usage.get_declarations([row.key for row in found])
    search_words = titles.fold(search_text)[:200].split()
    items = []
    for row in found:
        declaration = declarations[row.key]
        if datatype and declaration.datatype != datatype:
            continue
        label = property_usage.property_label(declaration, language)
        names = titles.fold(" ".join([row.key, declaration.title, label, *declaration.labels.values()]))
        if all(word in names for word in search_words):
            about = declaration.descriptions.get(language, "")
            items.append(
                PropertyListItem(
                    row,
                    declaration,
                    label,
                    property_usage.property_datatype_name(declaration.datatype, language),
                    about,
                )
            )
    return sorted(items, key=lambda item: (titles.fold(item.label), item.row.key))


def add_counts(items: list[PropertyListItem], user: Reader) -> list[PropertyListItem]:
    """Add usage counts, and whether they have a page, to listed properties. Two queries."""
    rows = [item.row for item in items]
    uses, pages = property_usage.count_uses(rows, user), property_usage.keys_with_page(rows, user)
    for item in items:
        item.uses, item.has_page = uses[item.row.pk], item.row.key in pages or item.is_special
    return items


def _language() -> str:
    return (get_language() or "fr")[:2]


def _render_list(request: HttpRequest, rows: QuerySet[Property], current_screen: str) -> HttpResponse:
    """Render a list of properties, searched and paginated."""
    search_text, datatype = request.GET.get("q", "")[:200], request.GET.get("type", "")[:10]
    language = _language()
    items = list_properties(rows, language, search_text, datatype)
    pages = Paginator(items, PER_PAGE).get_page(request.GET.get("p"))
    pages.object_list = add_counts(list(pages.object_list), request.user)
    context = {
        "pages": pages,
        "query": search_text,
        "datatype": datatype,
        "total": len(items),
        "types": [(kind.id, registry.datatype_name(kind.id, language)) for kind in registry.USER_TYPES],
        "current_screen": current_screen,
    }
    return render(request, "wiki/ask/properties.html", context)


@require_safe
def properties(request: HttpRequest) -> HttpResponse:
    """List all properties that are used or declared."""
    return _render_list(request, property_usage.properties(request.user), "properties")


@require_safe
def unused_properties(request: HttpRequest) -> HttpResponse:
    """List the properties that have a page and no value."""
    return _render_list(request, property_usage.unused_properties(request.user), "unused")


@require_safe
def wanted_properties(request: HttpRequest) -> HttpResponse:
    """List the properties that have values and no page."""
    return _render_list(request, property_usage.wanted_properties(request.user), "wanted")


@dataclass(slots=True)
class _DatatypeItem:
    """A datatype with its help text and its properties."""

    id: str
    name: str
    other_names: str
    help: DatatypeHelp
    properties: list[PropertyListItem]
    has_more: bool


@require_safe
def types(request: HttpRequest) -> HttpResponse:
    """List every datatype: what it is for, how its values are written, and the properties that have it."""
    language = _language()
    by_type: dict[str, list[PropertyListItem]] = {}
    for item in list_properties(property_usage.properties(request.user), language):
        if not item.is_special:
            by_type.setdefault(item.declaration.datatype, []).append(item)
    datatypes: list[Any] = []
    for datatype in registry.USER_TYPES:
        other = "en" if language == "fr" else "fr"
        names = dict.fromkeys((*datatype.names[language][1:], *datatype.names[other]))
        names.pop(datatype.names[language][0], None)
        items = by_type.get(datatype.id, [])
        datatypes.append(
            _DatatypeItem(
                datatype.id,
                datatype.names[language][0],
                ", ".join(names),
                DATATYPE_HELP[datatype.id],
                items[:PROPERTIES_PER_DATATYPE],
                len(items) > PROPERTIES_PER_DATATYPE,
            )
        )
    return render(
        request,
        "wiki/ask/types.html",
        {"datatypes": datatypes, "undeclared": by_type.get("", [])[:PROPERTIES_PER_DATATYPE]},
    )
