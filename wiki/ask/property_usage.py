"""What is stated in the whole wiki, as one reader sees it: properties and how often they are used, facts, their pages.

Everything goes through the gate, counts too, and no count goes further than it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db.models import CharField, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Concat

from wiki.ask.execution.collation_functions import TitleCollation
from wiki.ask.execution.fact_scope import FactScope
from wiki.ask.execution.results import PageRef, QueryResult
from wiki.ask.execution.subject_lookup import find_page_refs, iter_slices
from wiki.ask.language.query_ast import Conjunction, Query
from wiki.facts import property_declarations, special_properties
from wiki.facts.datatypes.page_values import Page
from wiki.facts.datatypes.registry import DATATYPES, USER_TYPES, datatype_name
from wiki.facts.models import Fact, Property
from wiki.facts.values import Declaration
from wiki.facts.values import Value as Said
from wiki.pages.models import WikiPage

if TYPE_CHECKING:
    from wiki.pages.models import Reader

USES_LIMIT = 1_000
"""Where counting stops: beyond, it is said that there are more."""


class SubqueryCount(Subquery):
    """How many rows a query about the outer row has; sliced, it counts no further."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) tallied)"
    output_field = IntegerField()


class SubqueryAggregate(Subquery):
    """The numbers of subjects that a query about the outer row finds, with commas between them."""

    template = "(SELECT GROUP_CONCAT(subject_id) FROM (%(subquery)s) gathered)"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """In its own words."""
        template = "(SELECT STRING_AGG(subject_id::text, ',') FROM (%(subquery)s) gathered)"
        return self.as_sql(compiler, connection, template=template, **context)


# --- Facts ----------------------------------------------------------------------------------------
def current_facts(user: Reader, when: Q | None = None) -> QuerySet[Fact]:
    """The facts said now, or at the moment that `when` describes, by pages that `user` may read."""
    readable = WikiPage.objects.readable_by(user).order_by()
    return Fact.objects.filter(
        Q(removed_in=None) if when is None else when, Exists(readable.filter(pk=OuterRef("page")))
    )


def load_values(facts: Iterable[Fact]) -> dict[int, Said]:
    """The values of facts by their numbers, records with their fields. One query, none where there is no record."""
    found = {fact.pk: fact.value() for fact in facts}
    records = [fact.pk for fact in facts if fact.whole_id is not None]
    parts: dict[int, list[tuple[str, Said]]] = {}
    for some in iter_slices(records):
        rows = Fact.objects.filter(part_of__in=some).select_related("property__redirects_to").order_by("position", "pk")
        for row in rows:
            own = row.property.redirects_to or row.property
            parts.setdefault(row.part_of_id or 0, []).append((own.key, row.value()))
    return found | {pk: replace(found[pk], parts=tuple(values)) for pk, values in parts.items()}


def find_named_pages(values: Iterable[Said], user: Reader) -> Mapping[str, PageRef]:
    """The pages that values name, where they exist and `user` may read them, by the words that name them."""
    words = set()
    for value in values:
        for one in (value, *(part for _, part in value.parts)):
            if one.canonical_value and isinstance(DATATYPES.get(one.datatype), Page):
                words.add(one.canonical_value)
    return find_page_refs(FactScope(user), words)


def result_without_rows(pages: Mapping[str, PageRef], language: str) -> QueryResult:
    """A result without rows, by which `Cells` writes values that no question found."""
    return QueryResult(Query(Conjunction(()), language=language), pages=pages, language=language)


# --- Properties -----------------------------------------------------------------------------------
def properties(user: Reader) -> QuerySet[Property]:
    """The properties that a fact uses or a page declares. Those that lead elsewhere count there."""
    return _main().filter(_is_used(user) | Q(Exists(_page(user))))


def unused_properties(user: Reader) -> QuerySet[Property]:
    """Properties that have a page and no value."""
    return _main().exclude(key__startswith="_").filter(Exists(_page(user)), ~_is_used(user))


def wanted_properties(user: Reader) -> QuerySet[Property]:
    """Properties that have values and no page."""
    return _main().exclude(key__startswith="_").filter(_is_used(user), ~Exists(_page(user)))


def _main() -> QuerySet[Property]:
    return Property.objects.filter(redirects_to=None)


def _is_used(user: Reader) -> Q:
    own = current_facts(user).filter(property=OuterRef("pk"))
    others = current_facts(user).filter(property__redirects_to=OuterRef("pk"))
    return Q(Exists(own)) | Q(Exists(others))


def _page(user: Reader) -> QuerySet[WikiPage]:
    """The page of the property in the outer query."""
    key = TitleCollation(Concat(Value("Property:"), OuterRef("key"), output_field=CharField()))
    found: QuerySet[WikiPage] = WikiPage.objects.readable_by(user).order_by().filter(title_key=key)
    return found


def annotate_uses(rows: QuerySet[Property], user: Reader, most: int | None = USES_LIMIT) -> QuerySet[Property]:
    """The properties, each with `uses`: how many values are said of it by its own name, counted to `most` and one."""
    counted = current_facts(user).filter(property=OuterRef("pk")).order_by().values("pk")
    return rows.annotate(uses=SubqueryCount(counted if most is None else counted[: most + 1]))


def count_uses(rows: Iterable[Property], user: Reader, most: int | None = USES_LIMIT) -> dict[int, int]:
    """How many values properties have, by number, their older names' too. One query."""
    pks = [row.pk for row in rows]
    found = dict.fromkeys(pks, 0)
    group = Property.objects.filter(Q(pk__in=pks) | Q(redirects_to__in=pks))
    for row in annotate_uses(group, user, most):
        found[row.redirects_to_id or row.pk] += row.uses  # type: ignore[attr-defined]  # by the annotation
    return found


def keys_with_page(rows: Iterable[Property], user: Reader) -> set[str]:
    """Keys of those properties that have a page. One query."""
    names = {f"Property:{row.key}": row.key for row in rows}
    readable = WikiPage.objects.readable_by(user).filter(title_key__in=list(names))
    return {names[key] for key in readable.values_list("title_key", flat=True)}


def find_property(name: str) -> tuple[str, Property | None]:
    """The key of the property called so and its row, if anything was ever said of it. Raises TitleProblem."""
    key = special_properties.key_of_property(name)
    row = Property.objects.filter(key=key).select_related("redirects_to").first()
    if row is not None and row.redirects_to is not None:
        row = row.redirects_to
    return (row.key if row else key), row


def property_label(declaration: Declaration, language: str) -> str:
    """What a property is called in a language: the wiki's own name for a special one, else its label or title."""
    return special_properties.special_property_label(declaration.key, language) or declaration.label(language)


def property_datatype_name(id_: str, language: str) -> str:
    """What people call the datatype of a property: one that nobody can declare is a page or a text."""
    datatype = DATATYPES.get(id_)
    if datatype is None or datatype in USER_TYPES:
        return datatype_name(id_, language)
    return datatype_name("_wpg" if isinstance(datatype, Page) else "_txt", language)


def get_declarations(keys: Iterable[str]) -> dict[str, Declaration]:
    """What properties declare, by key."""
    return property_declarations.declarations_for(keys)
