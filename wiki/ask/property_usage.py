"""Facts of the whole wiki as visible to one user: properties with their usage counts, facts, pages.

Everything goes through the permission filter, counts too, and counting stops at USES_LIMIT.
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
from wiki.facts.values import Value as FactValue
from wiki.pages.models import WikiPage

if TYPE_CHECKING:
    from wiki.pages.models import Reader

USES_LIMIT = 1_000
"""Counting stops here; a higher number is shown as "more than"."""


class SubqueryCount(Subquery):
    """The number of rows of a subquery about the outer row; a sliced subquery limits the counting."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) tallied)"
    output_field = IntegerField()


class SubqueryAggregate(Subquery):
    """The subject primary keys that a subquery finds, joined by commas."""

    template = "(SELECT GROUP_CONCAT(subject_id) FROM (%(subquery)s) gathered)"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Use STRING_AGG on PostgreSQL."""
        template = "(SELECT STRING_AGG(subject_id::text, ',') FROM (%(subquery)s) gathered)"
        return self.as_sql(compiler, connection, template=template, **context)


# --- Facts ----------------------------------------------------------------------------------------
def current_facts(user: Reader, validity: Q | None = None) -> QuerySet[Fact]:
    """Return the current facts, or those that `validity` selects, of pages that `user` may read."""
    readable = WikiPage.objects.readable_by(user).order_by()
    return Fact.objects.filter(
        Q(removed_in=None) if validity is None else validity, Exists(readable.filter(pk=OuterRef("page")))
    )


def load_values(facts: Iterable[Fact]) -> dict[int, FactValue]:
    """Return the values of facts by primary key, records with their fields. One query, none without records."""
    found = {fact.pk: fact.value() for fact in facts}
    records = [fact.pk for fact in facts if fact.whole_id is not None]
    parts: dict[int, list[tuple[str, FactValue]]] = {}
    for chunk in iter_slices(records):
        rows = (
            Fact.objects.filter(part_of__in=chunk).select_related("property__redirects_to").order_by("position", "pk")
        )
        for row in rows:
            property_row = row.property.redirects_to or row.property
            parts.setdefault(row.part_of_id or 0, []).append((property_row.key, row.value()))
    return found | {pk: replace(found[pk], parts=tuple(values)) for pk, values in parts.items()}


def find_named_pages(values: Iterable[FactValue], user: Reader) -> Mapping[str, PageRef]:
    """Find the pages that values name, where they exist and `user` may read them, by canonical value."""
    named = set()
    for value in values:
        for value_or_part in (value, *(part for _, part in value.parts)):
            if value_or_part.canonical_value and isinstance(DATATYPES.get(value_or_part.datatype), Page):
                named.add(value_or_part.canonical_value)
    return find_page_refs(FactScope(user), named)


def result_without_rows(pages: Mapping[str, PageRef], language: str) -> QueryResult:
    """Return a result without rows, with which `Cells` can format values that no query found."""
    return QueryResult(Query(Conjunction(()), language=language), pages=pages, language=language)


# --- Properties -----------------------------------------------------------------------------------
def properties(user: Reader) -> QuerySet[Property]:
    """Return the properties that a fact uses or a page declares; redirected ones count as their targets."""
    return _main_properties().filter(_is_used(user) | Q(Exists(_property_page(user))))


def used_properties(user: Reader) -> QuerySet[Property]:
    """Return the properties that a fact uses; redirected ones count as their targets."""
    return _main_properties().filter(_is_used(user))


def unused_properties(user: Reader) -> QuerySet[Property]:
    """Return the properties that have a page and no value."""
    return _main_properties().exclude(key__startswith="_").filter(Exists(_property_page(user)), ~_is_used(user))


def wanted_properties(user: Reader) -> QuerySet[Property]:
    """Return the properties that have values and no page."""
    return _main_properties().exclude(key__startswith="_").filter(_is_used(user), ~Exists(_property_page(user)))


def _main_properties() -> QuerySet[Property]:
    return Property.objects.filter(redirects_to=None)


def _is_used(user: Reader) -> Q:
    own = current_facts(user).filter(property=OuterRef("pk"))
    others = current_facts(user).filter(property__redirects_to=OuterRef("pk"))
    return Q(Exists(own)) | Q(Exists(others))


def _property_page(user: Reader) -> QuerySet[WikiPage]:
    """Return the page of the property in the outer query."""
    key = TitleCollation(Concat(Value("Property:"), OuterRef("key"), output_field=CharField()))
    found: QuerySet[WikiPage] = WikiPage.objects.readable_by(user).order_by().filter(title_key=key)
    return found


def annotate_uses(rows: QuerySet[Property], user: Reader, most: int | None = USES_LIMIT) -> QuerySet[Property]:
    """Annotate properties with `uses`, the number of facts under their own name, counted up to `most` + 1."""
    facts = current_facts(user).filter(property=OuterRef("pk")).order_by().values("pk")
    return rows.annotate(uses=SubqueryCount(facts if most is None else facts[: most + 1]))


def count_uses(rows: Iterable[Property], user: Reader, most: int | None = USES_LIMIT) -> dict[int, int]:
    """Count the facts of properties, by primary key, those of their synonyms included. One query."""
    pks = [row.pk for row in rows]
    found = dict.fromkeys(pks, 0)
    group = Property.objects.filter(Q(pk__in=pks) | Q(redirects_to__in=pks))
    for row in annotate_uses(group, user, most):
        found[row.redirects_to_id or row.pk] += row.uses  # type: ignore[attr-defined]  # by the annotation
    return found


def keys_with_page(rows: Iterable[Property], user: Reader) -> set[str]:
    """Return the keys of the properties that have a page. One query."""
    names = {f"Property:{row.key}": row.key for row in rows}
    readable = WikiPage.objects.readable_by(user).filter(title_key__in=list(names))
    return {names[key] for key in readable.values_list("title_key", flat=True)}


def find_property(name: str) -> tuple[str, Property | None]:
    """Find the key of a property by name, and its row if it was ever used. Raises TitleProblem."""
    key = special_properties.key_of_property(name)
    row = Property.objects.filter(key=key).select_related("redirects_to").first()
    if row is not None and row.redirects_to is not None:
        row = row.redirects_to
    return (row.key if row else key), row


def property_label(declaration: Declaration, language: str) -> str:
    """Return the label of a property in a language: built in for special properties, else its label or title."""
    return special_properties.special_property_label(declaration.key, language) or declaration.label(language)


def property_datatype_name(id_: str, language: str) -> str:
    """Return the datatype name of a property; one that users cannot declare is called a page or a text."""
    datatype = DATATYPES.get(id_)
    if datatype is None or datatype in USER_TYPES:
        return datatype_name(id_, language)
    return datatype_name("_wpg" if isinstance(datatype, Page) else "_txt", language)


def get_declarations(keys: Iterable[str]) -> dict[str, Declaration]:
    """Return the declarations of properties, by key."""
    return property_declarations.declarations_for(keys)
