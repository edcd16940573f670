"""Example queries for the Ask page, made of the wiki's page kinds and its most frequent properties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count
from django.utils.translation import gettext

from wiki.ask import property_usage
from wiki.ask.execution.timeouts import statement_timeout
from wiki.ask.formats.cells import Cells
from wiki.ask.forms import QueryFormData
from wiki.ask.language.query_errors import AskProblem
from wiki.facts.models import Property
from wiki.facts.special_properties import special_property_label
from wiki.facts.values import Context, Declaration
from wiki.pages.models import Kind, WikiPage

if TYPE_CHECKING:
    from wiki.pages.models import Reader

COMMON_USES = 30
"""Counting the uses of a property stops here: enough to call it frequent."""
PROPERTIES_LIMIT, CANDIDATES = 2_000, 12
"""Properties whose uses are counted, and properties considered for examples."""
SAMPLE = 200
"""Facts by which the datatype and the most frequent value of a property are found."""


@dataclass(frozen=True, slots=True)
class Example:
    """A query, with its description."""

    description: str
    form_data: QueryFormData


@dataclass(slots=True)
class _FrequentProperty:
    """A frequent property with the nature of its values."""

    name: str
    """The name used in queries."""
    declaration: Declaration
    datatype: str
    value: str
    """The most frequent value; "" where none occurs twice or the value cannot be used in a query."""


def example_queries(user: Reader, language: str) -> list[Example]:
    """Return some queries with results; none in a wiki without facts, or where finding them takes too long."""
    try:
        with statement_timeout():
            return _examples(user, language)
    except AskProblem:
        return []


def _examples(user: Reader, language: str) -> list[Example]:
    kinds = _kinds(user)
    common = _frequent_properties(user, language)
    found = []
    printouts = "\n".join(f"?{item.name}" for item in common[:2])
    if kinds:
        description = gettext("All %(pages)s, in a table") % {"pages": kinds[0].plural.lower()}
        found.append(Example(description, QueryFormData(_kind_condition(kinds[0], language), printouts)))
    for item in common:
        if item.value:
            description = gettext("Pages where %(property)s is %(value)s") % {
                "property": item.name,
                "value": item.value,
            }
            found.append(Example(description, QueryFormData(f"[[{item.name}::{item.value}]]", f"?{item.name}")))
            break
    found += _drawing_examples(common)
    if kinds:
        modified = special_property_label("_MDAT", language)
        description = gettext("The %(pages)s that were changed last") % {"pages": kinds[-1].plural.lower()}
        order = {"sort": modified, "order": "desc", "limit": "10"}
        found.append(Example(description, QueryFormData(_kind_condition(kinds[-1], language), f"?{modified}", order)))
    return found


def _drawing_examples(common: list[_FrequentProperty]) -> list[Example]:
    """Return a map, a timeline and a chart, where there are values for them."""
    found = []
    for datatype, format_name, pattern in (
        ("_geo", "map", gettext("A map of all places that have %(property)s")),
        ("_dat", "timeline", gettext("A timeline by %(property)s")),
        ("", "chart", gettext("A chart of the values of %(property)s")),
    ):
        candidates = (item for item in common if (item.datatype == datatype if datatype else item.value))
        item = next(candidates, None)
        if item is not None:
            form_data = QueryFormData(f"[[{item.name}::+]]", f"?{item.name}", {"format": format_name, "limit": "200"})
            found.append(Example(pattern % {"property": item.name}, form_data))
    return found


def _kind_condition(kind: Kind, language: str) -> str:
    return f"[[{special_property_label('_KIND', language)}::{kind.name}]]"


def _kinds(user: Reader) -> list[Kind]:
    """Return the two page kinds with the most pages, articles excluded."""
    readable = WikiPage.objects.readable_by(user).articles().order_by()
    counts = dict(readable.values_list("kind").annotate(Count("pk")))
    kinds = [kind for kind in Kind.objects.all() if counts.get(kind.pk) and kind.key != "article"]
    return sorted(kinds, key=lambda kind: -counts[kind.pk])[:2]


def _frequent_properties(user: Reader, language: str) -> list[_FrequentProperty]:
    """Return the most frequent properties, most used first, special ones excluded."""
    authored = Property.objects.filter(redirects_to=None).exclude(key__startswith="_")
    used = property_usage.annotate_uses(authored, user, COMMON_USES).order_by("title")[:PROPERTIES_LIMIT]
    counted = [(row.uses, row) for row in used]  # type: ignore[attr-defined]  # by the annotation
    rows = [row for uses, row in sorted(counted, key=lambda pair: -pair[0])[:CANDIDATES] if uses]
    declarations = property_usage.get_declarations([row.key for row in rows])
    return [_examine(row, declarations[row.key], user, language) for row in rows]


def _examine(row: Property, declaration: Declaration, user: Reader, language: str) -> _FrequentProperty:
    facts = list(property_usage.current_facts(user).filter(property=row, problem__isnull=True, part_of=None)[:SAMPLE])
    counts: dict[str, int] = {}
    for fact in facts:
        counts[fact.canonical_value] = counts.get(fact.canonical_value, 0) + 1
    most_frequent = max(facts, key=lambda fact: counts[fact.canonical_value], default=None)
    value = ""
    if most_frequent is not None and counts[most_frequent.canonical_value] > 1:
        value = Cells(property_usage.result_without_rows({}, language)).value_text(
            most_frequent.value(), Context(language, declaration)
        )
    usable_value = value if len(value) <= 40 and not set(value) & set("[]|<>{}\n") else ""
    kinds = {fact.datatype for fact in facts}
    datatype = declaration.datatype or (kinds.pop() if len(kinds) == 1 else "")
    return _FrequentProperty(declaration.title, declaration, datatype, usable_value)
