"""A tree of words as a question to the engine: Whoosh in one go, any other engine of modelsearch leaf by leaf."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.db import NotSupportedError, transaction
from modelsearch import query as q
from modelsearch.backends import get_search_backend
from modelsearch.backends.base import BaseSearchBackend

from wiki.search.engine.backend import WhooshBackend
from wiki.search.engine.queries import Prefix, Within
from wiki.search.models import PageWords
from wiki.search.tree import AllOf, AnyOf, Begins, Exact, InTitle, Like, Node, Plain, Without

BOOSTS = {"title": 6.0, "home": 1.0, "headings": 2.0, "fact_values": 1.5, "body": 1.0}
LIMIT = 5_000
"""Candidates that are taken of one word from an engine that is not ours."""


def is_of_words(node: Node) -> bool:
    """Whether an engine can decide a part alone."""
    match node:
        case Plain() | Exact() | Begins() | Like():
            return True
        case InTitle(part) | Without(part):
            return is_of_words(part)
        case AllOf(parts) | AnyOf(parts):
            return all(is_of_words(part) for part in parts)
    return False


def candidates(node: Node) -> dict[int, float]:
    """Keys of pages that match a tree of words, whoever may read them, with scores.

    Raises IndexMissing and IndexDamaged.
    """
    backend = get_search_backend()
    if isinstance(backend, WhooshBackend):
        found: dict[int, float] = backend.get_index_for_model(PageWords).find(_query(node), BOOSTS, PageWords)
        return found
    return _Elsewhere(backend).find(node, None)


def _query(node: Node) -> q.SearchQuery:
    """The tree in modelsearch's words."""
    match node:
        case Plain(text):
            return q.PlainText(text)
        case Exact(text):
            return q.Phrase(text)
        case Begins(text):
            return Prefix(text)
        case Like(text):
            return q.Fuzzy(text)
        case InTitle(part):
            return Within(_query(part), ["title"])
        case Without(part):
            return q.Not(_query(part))
        case AllOf(parts):
            return _together(parts)
        case AnyOf(parts):
            return q.Or([_query(part) for part in parts])
    raise TypeError(node)


def _together(parts: tuple[Node, ...]) -> q.SearchQuery:
    """All parts; plain words as one text, so that the engine can leave out those that are too common."""
    plain = [part.text for part in parts if isinstance(part, Plain)]
    others = [_query(part) for part in parts if not isinstance(part, Plain)]
    if not others:
        return q.PlainText(" ".join(plain))
    return q.And([*([q.PlainText(" ".join(plain))] if plain else []), *others])


class _Elsewhere:
    """The same by set operations on what modelsearch's other engines find for each leaf."""

    def __init__(self, backend: BaseSearchBackend) -> None:
        self.backend = backend

    def find(self, node: Node, names: list[str] | None) -> dict[int, float]:
        """The candidates of a part, in some columns or all."""
        match node:
            case InTitle(part):
                return self.find(part, ["title"])
            case AllOf(parts):
                wanted = [self.find(part, names) for part in parts if not isinstance(part, Without)]
                shared = set.intersection(*(set(one) for one in wanted)) if wanted else self._everything()
                for part in parts:
                    if isinstance(part, Without):
                        shared -= self.find(part.part, names).keys()
                return {pk: sum(one[pk] for one in wanted) for pk in shared}
            case AnyOf(parts):
                total: dict[int, float] = {}
                for part in parts:
                    for pk, score in self.find(part, names).items():
                        total[pk] = total.get(pk, 0.0) + score
                return total
            case Without(part):
                gone = self.find(part, names)
                return {pk: 0.0 for pk in self._everything() if pk not in gone}
        return self._leaf(node, names)

    def _leaf(self, node: Node, names: list[str] | None) -> dict[int, float]:
        rows = PageWords.objects.only("pk")
        text = node.text  # type: ignore[union-attr]
        if isinstance(node, Begins):
            return self._scores(self.backend.autocomplete(text, rows))
        query: q.SearchQuery = q.Phrase(text) if isinstance(node, Exact) else q.PlainText(text)
        if isinstance(node, Like):
            # Not every engine can; PostgreSQL's wants an extension, and breaks off the transaction without it.
            with suppress(NotImplementedError, NotSupportedError), transaction.atomic():
                return self._scores(self.backend.search(q.Fuzzy(text), rows, fields=names))
        return self._scores(self.backend.search(query, rows, fields=names))

    @staticmethod
    def _scores(results: Any) -> dict[int, float]:
        return {row.pk: abs(row.score or 0.0) for row in results.annotate_score("score")[:LIMIT]}

    @staticmethod
    def _everything() -> set[int]:
        return set(PageWords.objects.values_list("pk", flat=True))
