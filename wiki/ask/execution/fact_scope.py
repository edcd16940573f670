"""The facts that a query may use: valid at its moment, usable, and allowed by the permission filter."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Coalesce

from wiki.ask.execution.collation_functions import BytewiseCollation
from wiki.ask.execution.name_resolution import NameResolver
from wiki.ask.language.query_errors import AskProblem
from wiki.facts.models import Fact, Property, Subject
from wiki.pages.array_lookup import column_in
from wiki.pages.models import WikiPage

if TYPE_CHECKING:
    from wiki.pages.models import Reader

INTERMEDIATE_LIMIT = 100_000
"""Subjects or values at most between two steps of a chain or of a subquery."""


class FactScope:
    """The facts, subjects and pages visible to one user at one moment (None: now)."""

    def __init__(self, user: Reader, at: datetime | None = None) -> None:
        self.user, self.as_of = user, at
        self.names = NameResolver(self.readable_pages)

    def readable_pages(self) -> QuerySet[WikiPage]:
        """Return the pages that pass the permission filter, unordered."""
        found: QuerySet[WikiPage] = WikiPage.objects.readable_by(self.user).order_by()
        return found

    def validity_condition(self) -> Q:
        """Return the Q for facts valid at the moment of the query."""
        if self.as_of is None:
            return Q(removed_in=None)
        return Q(added_at__lte=self.as_of) & (Q(removed_at=None) | Q(removed_at__gt=self.as_of))

    def facts(self, properties: Iterable[int] | None = None) -> QuerySet[Fact]:
        """Return the usable facts of the properties with these primary keys (None: of any property)."""
        found = Fact.objects.filter(self.validity_condition(), problem__isnull=True)
        if properties is None:
            return found
        pks = sorted(properties)
        return found.filter(property=pks[0]) if len(pks) == 1 else found.filter(property__in=pks)

    def field_facts(self, key: str) -> QuerySet[Fact]:
        """Return the facts that are fields of records, by the property key of the field."""
        return self.facts(self.names.property_rows(key, 0)).filter(part_of__isnull=False)

    def subjects(self) -> QuerySet[Subject]:
        """Return the subjects whose page is readable, is no redirect, and existed at the moment of the query."""
        found = Subject.objects.filter(Exists(self.readable_pages().filter(pk=OuterRef("page"), redirect_key="")))
        return found if self.as_of is None else found.filter(page__created_at__lte=self.as_of)

    def sort_title(self) -> BytewiseCollation:
        """Return the text by which a subject is sorted: its last sort key (`{{DEFAULTSORT:}}`), else its title."""
        title = F("page__title_fold")
        if self._sort_key_property is None:
            return BytewiseCollation(title)
        keys = self.facts([self._sort_key_property]).filter(subject=OuterRef("pk")).order_by("-position")
        return BytewiseCollation(Coalesce(Subquery(keys.values("folded_text")[:1]), title, output_field=TextField()))

    @cached_property
    def _sort_key_property(self) -> int | None:
        """Primary key of the property of sort keys; None while no page has one."""
        return Property.objects.filter(key="_SKEY").values_list("pk", flat=True).first()

    def has_facts(self) -> Exists:
        """Return EXISTS: the subject has facts at the moment of the query. Without facts a subobject is gone."""
        return Exists(self.facts_including_invalid().filter(subject=OuterRef("pk"), part_of=None))

    def facts_including_invalid(self) -> QuerySet[Fact]:
        """Return the facts of the moment, those with unusable values included."""
        return Fact.objects.filter(self.validity_condition())

    def canonical_values_of(self, subjects: QuerySet[Subject]) -> set[str]:
        """Return the canonical values that name the subjects, or redirects to their pages. Raises AskProblem."""
        rows = self._load_limited(subjects.values_list("page__title_key", "fragment"))
        redirects = self.readable_pages().filter(
            column_in("redirect_key", {key for key, fragment in rows if not fragment})
        )
        found = {f"{key}#{fragment}" if fragment else key for key, fragment in rows}
        return found | set(redirects.filter(redirect_key__gt="").values_list("title_key", flat=True))

    def is_named_by(self, facts: QuerySet[Fact]) -> Q:
        """Return the Q on `Subject`: one of the facts names it, directly or by a redirect. Raises AskProblem."""
        values = {value for (value,) in self._load_limited(facts.values_list("canonical_value").distinct())}
        pages = {value for value in values if "#" not in value}
        redirects = self.readable_pages().filter(column_in("title_key", pages), redirect_key__gt="")
        subobjects = values - pages
        pages |= set(redirects.values_list("redirect_key", flat=True))
        self.names.subobjects |= subobjects
        title_keys = {value.partition("#")[0] for value in subobjects}
        subobject_rows = Subject.objects.filter(column_in("page__title_key", title_keys)).exclude(fragment="")
        subject_pks = {
            pk
            for pk, key, fragment in subobject_rows.values_list("pk", "page__title_key", "fragment")
            if f"{key}#{fragment}" in values
        }
        return (Q(fragment="") & column_in("page__title_key", pages)) | (
            column_in("pk", subject_pks) & Q(self.has_facts())
        )

    def pks(self, subjects: QuerySet[Subject]) -> set[int]:
        """Return the primary keys of the subjects. Raises AskProblem."""
        return {pk for (pk,) in self._load_limited(subjects.values_list("pk"))}

    def _load_limited(self, rows: QuerySet[Any, Any]) -> list[Any]:
        """Load the rows between two steps of a chain. Raises AskProblem beyond INTERMEDIATE_LIMIT."""
        found = list(rows[: INTERMEDIATE_LIMIT + 1])
        if len(found) > INTERMEDIATE_LIMIT:
            raise AskProblem("ask_joint", {"limit": INTERMEDIATE_LIMIT})
        return found
