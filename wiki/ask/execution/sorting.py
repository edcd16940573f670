"""The order of subjects: by properties, chains, titles or distance; those without a value last, ties by title."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import OrderBy

from wiki.ask.execution.collation_functions import BytewiseCollation, TitleCollation
from wiki.ask.execution.dependencies import ANY
from wiki.ask.execution.geo_circles import haversine
from wiki.ask.language.query_ast import ChainLink
from wiki.ask.language.query_errors import AskProblem
from wiki.facts.models import Fact, Subject

if TYPE_CHECKING:
    from wiki.ask.execution.compiler import QueryCompiler

SORT_DEPTH = 3
"""Properties of a chain to sort by: SQLite's parser nests no deeper."""
NUMERIC = ("_num", "_qty", "_tem", "_dat", "_boo")
"""Datatypes in the order of `Fact.number`; the others are in that of `Fact.folded_text`."""


def apply_order(compiler: QueryCompiler, subjects: QuerySet[Subject]) -> QuerySet[Subject]:
    """The subjects in the question's order. Raises AskProblem."""
    question = compiler.query
    if question.random:
        return subjects.order_by("?")
    order: list[Any] = []
    for place, sort in enumerate(question.sort):
        key: Any = BytewiseCollation(F("page__title_fold"))
        if sort.chain:
            name = f"sort_{place}"
            subjects = subjects.annotate(**{name: _value(compiler, sort.chain, sort.descending)})
            key = F(name)
        order.append(OrderBy(key, descending=sort.descending, nulls_last=True if sort.chain else None))
    ties = (BytewiseCollation(F("page__title_fold")), BytewiseCollation(F("page__title_key")), F("fragment"), F("pk"))
    return subjects.order_by(*order, *ties)


def _value(compiler: QueryCompiler, chain: tuple[ChainLink, ...], descending: bool) -> Subquery:
    """The least value at the end of the chain (the greatest, where it descends)."""
    declaration = compiler.names.declaration_named(chain[-1].name)
    if len(chain) > SORT_DEPTH:
        raise AskProblem("ask_sort_depth", {"limit": SORT_DEPTH})
    facts = _facts_along(compiler, chain, 1)
    key: Any = F("number" if declaration.datatype in NUMERIC else "folded_text")
    if declaration.datatype == "_geo":
        circle = compiler.circles.get(declaration.key)
        if circle is None:
            raise AskProblem("ask_distance", {"name": declaration.title})
        key, facts = haversine(circle.lat, circle.lon), facts.filter(lat__isnull=False)
    elif declaration.datatype in NUMERIC:
        facts = facts.filter(number__isnull=False)
    return Subquery(facts.order_by(OrderBy(key, descending=descending)).values(sorted_by=key)[:1])


def _outer(level: int) -> OuterRef:
    """The candidate, seen from `level` queries within."""
    found = OuterRef("pk")
    for _ in range(level - 1):
        found = OuterRef(found)
    return found


def _facts_along(compiler: QueryCompiler, chain: tuple[ChainLink, ...], level: int) -> QuerySet[Fact]:
    """Facts of the chain's last property, of what its other steps reach from the candidate."""
    step = chain[-1]
    if step.inverse:
        raise AskProblem("ask_sort_inverse", {"name": f"-{step.name}"})
    declaration = compiler.names.declaration_named(step.name)
    rows = compiler.names.property_rows(declaration.key)
    compiler.sort_values.update((key, ANY) for key in {declaration.key, *rows.values()})
    facts = compiler.scope.facts(rows)
    if len(chain) == 1:
        return facts.filter(subject=_outer(level), part_of=None)
    return facts.filter(subject__in=_reached(compiler, chain[:-1], level + 1).values("pk"))


def _reached(compiler: QueryCompiler, chain: tuple[ChainLink, ...], level: int) -> QuerySet[Subject]:
    """The records or pages (themselves or by redirect) that the chain's last facts name."""
    facts = _facts_along(compiler, chain, level + 1)
    if compiler.names.declaration_named(chain[-1].name).datatype in ("_rec", "_ref_rec"):
        return Subject.objects.filter(pk__in=facts.values("whole"))
    readable = compiler.scope.readable_pages()
    within = _facts_along(compiler, chain, level + 2).values(key=TitleCollation("canonical_value"))
    redirects = readable.filter(redirect_key__gt="", title_key__in=within).values("redirect_key")
    return Subject.objects.filter(
        Q(page__title_key__in=facts.values(key=TitleCollation("canonical_value"))) | Q(page__title_key__in=redirects),
        Exists(readable.filter(pk=OuterRef("page"))),
        fragment="",
    )
