"""The facts that a question may look at: alive at its moment, usable, and read through the gate."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from wiki.ask.execution.name_resolution import NameResolver
from wiki.ask.language.query_errors import AskProblem
from wiki.facts.models import Fact, Subject
from wiki.pages.array_lookup import column_in
from wiki.pages.models import WikiPage

if TYPE_CHECKING:
    from wiki.pages.models import Reader

INTERMEDIATE_LIMIT = 100_000
"""Pages between two steps of a chain, or of a subquery."""


class FactScope:
    """Facts, subjects and pages as one reader sees them at one moment (None: now)."""

    def __init__(self, user: Reader, at: datetime | None = None) -> None:
        self.user, self.as_of = user, at
        self.names = NameResolver(self.readable_pages)

    def readable_pages(self) -> QuerySet[WikiPage]:
        """The gate."""
        found: QuerySet[WikiPage] = WikiPage.objects.readable_by(self.user).order_by()
        return found

    def validity_condition(self) -> Q:
        """Facts said at the moment of the question."""
        if self.as_of is None:
            return Q(removed_in=None)
        return Q(added_at__lte=self.as_of) & (Q(removed_at=None) | Q(removed_at__gt=self.as_of))

    def facts(self, rows: Iterable[int] | None = None) -> QuerySet[Fact]:
        """Usable facts of some rows of `Property` (None: of any)."""
        found = Fact.objects.filter(self.validity_condition(), problem__isnull=True)
        if rows is None:
            return found
        pks = sorted(rows)
        return found.filter(property=pks[0]) if len(pks) == 1 else found.filter(property__in=pks)

    def field_facts(self, key: str) -> QuerySet[Fact]:
        """Facts that are a field of a record, by the field's key."""
        return self.facts(self.names.property_rows(key, 0)).filter(part_of__isnull=False)

    def subjects(self) -> QuerySet[Subject]:
        """Subjects whose page may be read, leads nowhere else, and was there at the moment."""
        found = Subject.objects.filter(Exists(self.readable_pages().filter(pk=OuterRef("page"), redirect_key="")))
        return found if self.as_of is None else found.filter(page__created_at__lte=self.as_of)

    def has_facts(self) -> Exists:
        """Whether a subject has facts of its own at the moment: subobjects without are gone."""
        return Exists(self.facts_including_invalid().filter(subject=OuterRef("pk"), part_of=None))

    def facts_including_invalid(self) -> QuerySet[Fact]:
        """Facts of that moment, readable or not as values."""
        return Fact.objects.filter(self.validity_condition())

    def canonical_values_of(self, subjects: QuerySet[Subject]) -> set[str]:
        """The words by which facts name those subjects: their keys, and those of redirects to their pages."""
        rows = self._bounded(subjects.values_list("page__title_key", "fragment"))
        redirects = self.readable_pages().filter(
            column_in("redirect_key", {key for key, fragment in rows if not fragment})
        )
        found = {f"{key}#{fragment}" if fragment else key for key, fragment in rows}
        return found | set(redirects.filter(redirect_key__gt="").values_list("title_key", flat=True))

    def is_named_by(self, facts: QuerySet[Fact]) -> Q:
        """The condition that a subject is named by one of the facts, itself or by a redirect."""
        words = {word for (word,) in self._bounded(facts.values_list("canonical_value").distinct())}
        pages = {word for word in words if "#" not in word}
        redirects = self.readable_pages().filter(column_in("title_key", pages), redirect_key__gt="")
        subobjects = words - pages
        pages |= set(redirects.values_list("redirect_key", flat=True))
        self.names.subobjects |= subobjects
        heads = {word.partition("#")[0] for word in subobjects}
        parts = Subject.objects.filter(column_in("page__title_key", heads)).exclude(fragment="")
        named = {
            pk for pk, key, part in parts.values_list("pk", "page__title_key", "fragment") if f"{key}#{part}" in words
        }
        return (Q(fragment="") & column_in("page__title_key", pages)) | (column_in("pk", named) & Q(self.has_facts()))

    def pks(self, subjects: QuerySet[Subject]) -> set[int]:
        """Their numbers."""
        return {pk for (pk,) in self._bounded(subjects.values_list("pk"))}

    def _bounded(self, rows: QuerySet[Any, Any]) -> list[Any]:
        """What stands between two steps of a chain. Raises AskProblem where it is too much."""
        found = list(rows[: INTERMEDIATE_LIMIT + 1])
        if len(found) > INTERMEDIATE_LIMIT:
            raise AskProblem("ask_joint", {"limit": INTERMEDIATE_LIMIT})
        return found
