"""Orders subjects by properties, chains, titles or distance; those without a value come last, ties go by title.

A sort key of a page (`{{DEFAULTSORT:}}`) stands for its title.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import OrderBy

from wiki.ask.execution.collation_functions import BytewiseCollation, TitleCollation
from wiki.ask.execution.dependencies import ANY
from wiki.ask.execution.geo_circles import haversine
from wiki.ask.language.query_ast import ChainLink
from wiki.ask.language.query_errors import AskProblem
from wiki.facts.datatypes.registry import RECORD_DATATYPES
from wiki.facts.models import Fact, Subject

if TYPE_CHECKING:
    from wiki.ask.execution.compiler import QueryCompiler

SORT_DEPTH = 3
"""Properties in a sort chain at most: SQLite's parser allows no deeper nesting."""
COMPARED_BY_NUMBER = ("_num", "_qty", "_tem", "_mon", "_dat", "_boo")
"""Datatypes sorted by `Fact.number`; others are sorted by `Fact.folded_text`."""


def apply_order(compiler: QueryCompiler, subjects: QuerySet[Subject]) -> QuerySet[Subject]:
    """Apply the order of the query to its subjects. Raises AskProblem."""
    query = compiler.query
    if query.random:
        return subjects.order_by("?")
    order: list[Any] = []
    title = F("sort_title")
    subjects = subjects.annotate(sort_title=compiler.scope.sort_title())
    compiler.sort_values.add(("_SKEY", ANY))
    compiler.names.used_properties.add("_SKEY")
    for index, sort in enumerate(query.sort):
        key: Any = title
        if sort.chain:
            name = f"sort_{index}"
            subjects = subjects.annotate(**{name: _sort_value(compiler, sort.chain, sort.descending)})
            key = F(name)
        order.append(OrderBy(key, descending=sort.descending, nulls_last=True if sort.chain else None))
    tie_breakers = (
        title,
        BytewiseCollation(compiler.scope.page_column("title_key")),
        F("fragment"),
        F("pk"),
    )
    return subjects.order_by(*order, *tie_breakers)


def _sort_value(compiler: QueryCompiler, chain: tuple[ChainLink, ...], descending: bool) -> Subquery:
    """Return the least value at the end of a sort chain (the greatest, where descending) as a subquery."""
    declaration = compiler.names.declaration_named(chain[-1].name)
    if len(chain) > SORT_DEPTH:
        raise AskProblem("ask_sort_depth", {"limit": SORT_DEPTH})
    facts = _facts_along(compiler, chain, 1)
    key: Any = F("number" if declaration.datatype in COMPARED_BY_NUMBER else "folded_text")
    if declaration.datatype == "_geo":
        circle = compiler.circles.get(declaration.key)
        if circle is None:
            raise AskProblem("ask_distance", {"name": declaration.title})
        key, facts = haversine(circle.lat, circle.lon), facts.filter(lat__isnull=False)
    elif declaration.datatype in COMPARED_BY_NUMBER:
        facts = facts.filter(number__isnull=False)
    return Subquery(facts.order_by(OrderBy(key, descending=descending)).values(sorted_by=key)[:1])


def _outer_reference(level: int) -> OuterRef:
    """Return a reference to the candidate subject from `level` nested subqueries."""
    found = OuterRef("pk")
    for _ in range(level - 1):
        found = OuterRef(found)
    return found


def _facts_along(compiler: QueryCompiler, chain: tuple[ChainLink, ...], level: int) -> QuerySet[Fact]:
    """Return the facts of the last property of a chain, for the subjects that its other links reach."""
    link = chain[-1]
    if link.inverse:
        raise AskProblem("ask_sort_inverse", {"name": f"-{link.name}"})
    declaration = compiler.names.declaration_named(link.name)
    rows = compiler.names.property_rows(declaration.key)
    values = {(key, ANY) for key in {declaration.key, *rows.values()}}
    compiler.sort_values |= values
    facts = compiler.scope.facts(rows)
    if len(chain) > 1 or level > 1:  # facts of other pages than those in the result
        compiler.fact_values |= values
    if level > 1:
        compiler.names.follow(declaration.key, rows)
    if len(chain) == 1:
        return facts.filter(subject=_outer_reference(level), part_of=None)
    return facts.filter(subject__in=_reached_subjects(compiler, chain[:-1], level + 1).values("pk"))


def _reached_subjects(compiler: QueryCompiler, chain: tuple[ChainLink, ...], level: int) -> QuerySet[Subject]:
    """Return the records or pages (directly or by a redirect) that the facts of the last property name."""
    facts = _facts_along(compiler, chain, level + 1)
    if compiler.names.declaration_named(chain[-1].name).datatype in RECORD_DATATYPES:
        return Subject.objects.filter(pk__in=facts.values("whole"))
    readable = compiler.scope.readable_pages()
    key = TitleCollation(compiler.scope.value_column)
    named_keys = _facts_along(compiler, chain, level + 2).values(key=key)
    redirects = readable.filter(redirect_key__gt="", title_key__in=named_keys).values("redirect_key")
    subjects = Subject.objects.annotate(reached_key=compiler.scope.page_column("title_key"))
    return subjects.filter(
        Q(reached_key__in=facts.values(key=key)) | Q(reached_key__in=redirects),
        compiler.scope.is_readable(),
        fragment="",
    )
