"""Questions to begin with, made of what this wiki really has: its kinds of page and its commonest properties."""

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
"""Uses from which a property is common."""
PROPERTIES_LIMIT, CANDIDATES = 2_000, 12
"""Properties that are looked at, and that are offered."""
SAMPLE = 200
"""Facts by which a property's kind of values and its commonest value are known."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question in words, and as it is asked."""

    description: str
    form_data: QueryFormData


@dataclass(slots=True)
class _Common:
    """A common property with what its values are like."""

    name: str
    """As questions know it."""
    declaration: Declaration
    datatype: str
    value: str
    """The commonest of its values, "" where each is another one."""


def example_queries(user: Reader, language: str) -> list[Example]:
    """Some questions that this wiki can answer; none where it states nothing, or where finding them takes long."""
    try:
        with statement_timeout():
            return _examples(user, language)
    except AskProblem:
        return []


def _examples(user: Reader, language: str) -> list[Example]:
    kinds = _kinds(user)
    common = _common(user, language)
    found = []
    shown = "\n".join(f"?{one.name}" for one in common[:2])
    if kinds:
        words = gettext("All %(pages)s, in a table") % {"pages": kinds[0].plural.lower()}
        found.append(Example(words, QueryFormData(_of(kinds[0], language), shown)))
    for one in common:
        if one.value:
            words = gettext("Pages where %(property)s is %(value)s") % {"property": one.name, "value": one.value}
            found.append(Example(words, QueryFormData(f"[[{one.name}::{one.value}]]", f"?{one.name}")))
            break
    found += _drawn(common)
    if kinds:
        modified = special_property_label("_MDAT", language)
        words = gettext("The %(pages)s that were changed last") % {"pages": kinds[-1].plural.lower()}
        order = {"sort": modified, "order": "desc", "limit": "10"}
        found.append(Example(words, QueryFormData(_of(kinds[-1], language), f"?{modified}", order)))
    return found


def _drawn(common: list[_Common]) -> list[Example]:
    """A map, a timeline and a chart, where there are values for them."""
    found = []
    for datatype, form, words in (
        ("_geo", "map", gettext("A map of all places that have %(property)s")),
        ("_dat", "timeline", gettext("A timeline by %(property)s")),
        ("", "chart", gettext("A chart of the values of %(property)s")),
    ):
        fit = (one for one in common if (one.datatype == datatype if datatype else one.value))
        one = next(fit, None)
        if one is not None:
            asked = QueryFormData(f"[[{one.name}::+]]", f"?{one.name}", {"format": form, "limit": "200"})
            found.append(Example(words % {"property": one.name}, asked))
    return found


def _of(kind: Kind, language: str) -> str:
    return f"[[{special_property_label('_KIND', language)}::{kind.name}]]"


def _kinds(user: Reader) -> list[Kind]:
    """The two kinds of which there are most pages, articles apart."""
    readable = WikiPage.objects.readable_by(user).articles().order_by()
    counts = dict(readable.values_list("kind").annotate(Count("pk")))
    kinds = [kind for kind in Kind.objects.all() if counts.get(kind.pk) and kind.key != "article"]
    return sorted(kinds, key=lambda kind: -counts[kind.pk])[:2]


def _common(user: Reader, language: str) -> list[_Common]:
    """The commonest properties that authors use, the most used first."""
    own = Property.objects.filter(redirects_to=None).exclude(key__startswith="_")
    used = property_usage.annotate_uses(own, user, COMMON_USES).order_by("title")[:PROPERTIES_LIMIT]
    counted = [(row.uses, row) for row in used]  # type: ignore[attr-defined]  # by the annotation
    rows = [row for uses, row in sorted(counted, key=lambda one: -one[0])[:CANDIDATES] if uses]
    declared = property_usage.get_declarations([row.key for row in rows])
    return [_looked_at(row, declared[row.key], user, language) for row in rows]


def _looked_at(row: Property, declaration: Declaration, user: Reader, language: str) -> _Common:
    facts = list(property_usage.current_facts(user).filter(property=row, problem__isnull=True, part_of=None)[:SAMPLE])
    counts: dict[str, int] = {}
    for fact in facts:
        counts[fact.canonical_value] = counts.get(fact.canonical_value, 0) + 1
    often = max(facts, key=lambda fact: counts[fact.canonical_value], default=None)
    value = ""
    if often is not None and counts[often.canonical_value] > 1:
        value = Cells(property_usage.result_without_rows({}, language)).value_text(
            often.value(), Context(language, declaration)
        )
    plain = value if len(value) <= 40 and not set(value) & set("[]|<>{}\n") else ""
    kinds = {fact.datatype for fact in facts}
    datatype = declaration.datatype or (kinds.pop() if len(kinds) == 1 else "")
    return _Common(declaration.title, declaration, datatype, plain)
