"""The facts and pages that a query may use: those of its moment, usable, and allowed by the permission filter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, TextField, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from wiki.ask.execution.collation_functions import BytewiseCollation
from wiki.ask.execution.name_resolution import NameResolver
from wiki.ask.language.query_errors import AskProblem
from wiki.facts.models import Fact, Subject
from wiki.history.models import TitlePeriod
from wiki.pages.array_lookup import column_in
from wiki.pages.models import WikiPage
from wiki.pages.read_permissions import is_readable

if TYPE_CHECKING:
    from wiki.pages.models import Reader

INTERMEDIATE_LIMIT = 100_000
"""Subjects or values at most between two steps of a chain or of a subquery."""


class FactScope:
    """The facts, subjects and pages visible to one user at one moment (None: now)."""

    def __init__(self, user: Reader, at: datetime | None = None) -> None:
        self.user, self.as_of = user, at
        self.names = NameResolver(self.readable_pages, self.facts_of_pages)

    # --- Pages ------------------------------------------------------------------------------------
    def readable_pages(self) -> QuerySet[Any]:
        """Return the pages that pass the permission filter, unordered: rows of WikiPage, or of TitlePeriod at a moment.

        Both have the same columns of titles and redirects. Those of a moment include pages deleted since, for a user
        who may read these.
        """
        found: QuerySet[Any] = (
            WikiPage.objects.readable_by(self.user)
            if self.as_of is None
            else TitlePeriod.objects.readable_by(self.user).valid_at(self.as_of)
        )
        return found.order_by()

    @property
    def page_key(self) -> str:
        """The column of `readable_pages` that has the primary key of the page."""
        return "pk" if self.as_of is None else "page"

    def is_readable(self, **columns: Any) -> Q | Exists:
        """Return the condition: the page of a row (of facts or subjects) is readable and has these title columns."""
        if self.as_of is None:
            return is_readable(self.user, "page__") & self.page_is(**columns)
        return Exists(self.readable_pages().filter(**{self.page_key: OuterRef("page")}, **columns))

    def page_column(self, name: str) -> Any:
        """Return the title column of the page of a row (of facts or subjects) as an expression."""
        if self.as_of is None:
            return F(f"page__{name}")
        return Subquery(self.readable_pages().filter(page=OuterRef("page")).values(name)[:1])

    def page_is(self, **columns: Any) -> Q:
        """Return the Q on rows (of facts or subjects): the title columns of their page satisfy the lookups."""
        if self.as_of is None:
            return Q(**{f"page__{lookup}": value for lookup, value in columns.items()})
        return Q(page__in=self.readable_pages().filter(**columns).values("page"))

    def page_in(self, column: str, values: Iterable[str]) -> Q:
        """Return the Q on rows (of facts or subjects): a title column of their page has one of many values."""
        if self.as_of is None:
            return column_in(f"page__{column}", values)
        return Q(page__in=self.readable_pages().filter(column_in(column, values)).values("page"))

    def in_place(self, key: str) -> Q | None:
        """Return the Q on rows: their page is in the place with this title key; None if there is no such place."""
        places = self.readable_pages().filter(is_place=True, title_key=key)
        place = places.values_list(self.page_key, flat=True).first()
        if place is None:
            return None
        return Q(page__place=place) if self.as_of is None else self.page_is(place_key=key)

    @property
    def url_query(self) -> str:
        """What makes the URL of a page the URL of its version of the moment; "" now, or if that day is not over."""
        if self.as_of is None or self.as_of > timezone.now():
            return ""
        until = timezone.localtime(self.as_of + timedelta(milliseconds=1))
        day = (until - timedelta(days=1)).date().isoformat() if until.time() == time() else self.as_of.isoformat()
        return f"?{urlencode({'at': day})}"

    # --- Facts and subjects -----------------------------------------------------------------------

    def validity_condition(self) -> Q:
        """Return the Q for facts valid at the moment of the query."""
        if self.as_of is None:
            return Q(removed_in=None)
        return Q(added_at__lte=self.as_of) & (Q(removed_at=None) | Q(removed_at__gt=self.as_of))

    @property
    def value_column(self) -> str:
        """The column of `facts` with the canonical values by which page values name pages at the moment."""
        return "value_then" if any(self._keys_in_places) else "canonical_value"

    @cached_property
    def _keys_in_places(self) -> tuple[list[str], list[str]]:
        """Title keys in places that facts name: those of pages that existed at the moment and not now, and the reverse.

        There are few, and mostly none: then the canonical values of now are those of the moment.
        """
        if self.as_of is None:
            return [], []
        then, now = self.readable_pages(), WikiPage.objects.filter(title_key__contains=":", hidden_with=None).order_by()
        same_key = {"title_key": OuterRef("title_key")}
        is_named = Fact.objects.filter(place_key=BytewiseCollation(OuterRef("title_key")))
        gone = then.filter(~Exists(now.filter(**same_key)), Exists(is_named), title_key__contains=":")
        came = now.filter(~Exists(then.filter(**same_key)), Exists(is_named))
        return list(gone.values_list("title_key", flat=True)), list(came.values_list("title_key", flat=True))

    def _value_then(self) -> Case:
        """Return the canonical value of a fact by the pages of the moment: its `place_key` if that page existed."""
        gone, came = self._keys_in_places
        return Case(
            When(column_in("place_key", gone), then=F("place_key")),
            When(column_in("place_key", came), then=F("root_key")),
            default=F("canonical_value"),
        )

    def load_facts(self, facts: QuerySet[Fact]) -> Iterator[Fact]:
        """Load facts with the canonical values of the moment."""
        for fact in facts:
            fact.canonical_value = getattr(fact, self.value_column)
            yield fact

    def facts(self, properties: Iterable[int] | None = None) -> QuerySet[Fact]:
        """Return the usable facts of the properties with these primary keys (None: of any property)."""
        found = Fact.objects.filter(self.validity_condition(), problem__isnull=True)
        if any(self._keys_in_places):
            found = found.annotate(**{self.value_column: self._value_then()})
        if properties is None:
            return found
        pks = sorted(properties)
        return found.filter(property=pks[0]) if len(pks) == 1 else found.filter(property__in=pks)

    def field_facts(self, key: str) -> QuerySet[Fact]:
        """Return the facts that are fields of records, by the property key of the field."""
        return self.facts(self.names.property_rows(key, 0)).filter(part_of__isnull=False)

    def facts_of_pages(self) -> QuerySet[Fact]:
        """Return the usable facts of readable pages themselves, without subobjects, annotated with `page_title_key`."""
        found = self.facts().filter(self.is_readable(), subject__fragment="")
        return found.annotate(page_title_key=self.page_column("title_key"))

    def subjects(self) -> QuerySet[Subject]:
        """Return the subjects whose page is readable, exists at the moment of the query, and is no redirect."""
        return Subject.objects.filter(self.is_readable(redirect_key=""))

    def sort_title(self) -> BytewiseCollation:
        """Return the text by which a subject is sorted: its last sort key (`{{DEFAULTSORT:}}`), else its title."""
        title = self.page_column("title_fold")
        sort_key = self.names.special_property("_SKEY")
        if sort_key is None:
            return BytewiseCollation(title)
        keys = self.facts([sort_key]).filter(subject=OuterRef("pk")).order_by("-position")
        return BytewiseCollation(Coalesce(Subquery(keys.values("folded_text")[:1]), title, output_field=TextField()))

    def has_facts(self) -> Exists:
        """Return EXISTS: the subject has facts at the moment of the query. Without facts a subobject is gone."""
        return Exists(self.facts_including_invalid().filter(subject=OuterRef("pk"), part_of=None))

    def facts_including_invalid(self) -> QuerySet[Fact]:
        """Return the facts of the moment, those with unusable values included."""
        return Fact.objects.filter(self.validity_condition())

    def canonical_values_of(self, subjects: QuerySet[Subject]) -> set[str]:
        """Return the canonical values that name the subjects, or redirects to their pages. Raises AskProblem."""
        rows = self._load_limited(subjects.values_list(self.page_column("title_key"), "fragment"))
        redirects = self.readable_pages().filter(
            column_in("redirect_key", {key for key, fragment in rows if not fragment})
        )
        found = {f"{key}#{fragment}" if fragment else key for key, fragment in rows}
        return found | set(redirects.filter(redirect_key__gt="").values_list("title_key", flat=True))

    def is_named_by(self, facts: QuerySet[Fact]) -> Q:
        """Return the Q on `Subject`: one of the facts names it, directly or by a redirect. Raises AskProblem."""
        values = {value for (value,) in self._load_limited(facts.values_list(self.value_column).distinct())}
        pages = {value for value in values if "#" not in value}
        redirects = self.readable_pages().filter(column_in("title_key", pages), redirect_key__gt="")
        subobjects = values - pages
        pages |= set(redirects.values_list("redirect_key", flat=True))
        self.names.subobjects |= subobjects
        title_keys = {value.partition("#")[0] for value in subobjects}
        subobject_rows = Subject.objects.filter(self.page_in("title_key", title_keys)).exclude(fragment="")
        subject_pks = {
            pk
            for pk, key, fragment in subobject_rows.values_list("pk", self.page_column("title_key"), "fragment")
            if f"{key}#{fragment}" in values
        }
        return (Q(fragment="") & self.page_in("title_key", pages)) | (
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
