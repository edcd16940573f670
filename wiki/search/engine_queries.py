"""Query trees sent to the search engine: to Whoosh in one query, to any other modelsearch backend term by term."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import NotSupportedError, transaction
from django.db.models import Q
from modelsearch import query as q
from modelsearch.backends import get_search_backend
from modelsearch.backends.base import BaseSearchBackend

from wiki.facts.models import Fact
from wiki.history.models import Passage
from wiki.search.engine.backend import WhooshBackend
from wiki.search.engine.queries import InFields, Prefix
from wiki.search.models import PageSearchText
from wiki.search.search_ast import AndNode, FuzzyTerm, InTitle, Node, NotNode, OrNode, Phrase, PrefixTerm, Term
from wiki.text.tokenizer import fold_word


@dataclass(frozen=True, slots=True)
class SearchTarget:
    """What to search: an indexed model, its fields and their boosts."""

    model: Any
    boosts: dict[str, float]


PAGES = SearchTarget(
    PageSearchText, {"title": 6.0, "title_prefix": 1.0, "headings": 2.0, "fact_values": 1.5, "body": 1.0}
)
PASSAGES = SearchTarget(Passage, {"said": 1.0})
FACTS = SearchTarget(Fact, {"raw": 1.0})
FOLDED_COLUMNS = {Passage: "words", Fact: "folded_text"}
"""By model, the column with its folded words; used for prefix queries with engines other than Whoosh."""
MAX_CANDIDATES = 5_000
"""Most candidates taken for one term from engines other than Whoosh."""


def is_text_query(node: Node) -> bool:
    """Return whether the search engine alone can evaluate a node (it has no field filters)."""
    match node:
        case Term() | Phrase() | PrefixTerm() | FuzzyTerm():
            return True
        case InTitle(part) | NotNode(part):
            return is_text_query(part)
        case AndNode(parts) | OrNode(parts):
            return all(is_text_query(part) for part in parts)
    return False


def find_candidates(node: Node, target: SearchTarget = PAGES) -> dict[int, float]:
    """Find the objects that match `node`: scores by primary key. Permissions are not applied.

    `node` must satisfy `is_text_query`. Raises IndexMissing and IndexDamaged.
    """
    backend = get_search_backend()
    if isinstance(backend, WhooshBackend):
        index = backend.get_index_for_model(target.model)
        found: dict[int, float] = index.find(_query(node), target.boosts, target.model)
        return found
    return _GenericEngine(backend, target.model).find(node, None)


def may_be_truncated(found: dict[int, float]) -> bool:
    """Return whether the engine may have more candidates than the MAX_CANDIDATES asked for."""
    return len(found) >= MAX_CANDIDATES and not isinstance(get_search_backend(), WhooshBackend)


def _query(node: Node) -> q.SearchQuery:
    """Translate a query tree into modelsearch's query classes."""
    match node:
        case Term(text):
            return q.PlainText(text)
        case Phrase(text):
            return q.Phrase(text)
        case PrefixTerm(text):
            return Prefix(text)
        case FuzzyTerm(text):
            return q.Fuzzy(text)
        case InTitle(part):
            return InFields(_query(part), ["title"])
        case NotNode(part):
            return q.Not(_query(part))
        case AndNode(parts):
            return _conjunction(parts)
        case OrNode(parts):
            return q.Or([_query(part) for part in parts])
    raise TypeError(node)


def _conjunction(parts: tuple[Node, ...]) -> q.SearchQuery:
    """Combine nodes by AND; plain terms become one text, so that the engine can drop stop words."""
    plain_terms = [part.text for part in parts if isinstance(part, Term)]
    others = [_query(part) for part in parts if not isinstance(part, Term)]
    if not others:
        return q.PlainText(" ".join(plain_terms))
    return q.And([*([q.PlainText(" ".join(plain_terms))] if plain_terms else []), *others])


class _GenericEngine:
    """Evaluates query trees by set operations on the results of another modelsearch backend for each term."""

    def __init__(self, backend: BaseSearchBackend, model: Any) -> None:
        self.backend = backend
        self.model = model

    def find(self, node: Node, names: list[str] | None) -> dict[int, float]:
        """Return the scores of the matches of a node by primary key, in the fields `names` (None: in all)."""
        match node:
            case InTitle(part):
                return self.find(part, ["title"])
            case AndNode(parts):
                matches = [self.find(part, names) for part in parts if not isinstance(part, NotNode)]
                pks = set.intersection(*(set(scores) for scores in matches)) if matches else self._everything()
                for part in parts:
                    if isinstance(part, NotNode):
                        pks -= self.find(part.part, names).keys()
                return {pk: sum(scores[pk] for scores in matches) for pk in pks}
            case OrNode(parts):
                total: dict[int, float] = {}
                for part in parts:
                    for pk, score in self.find(part, names).items():
                        total[pk] = total.get(pk, 0.0) + score
                return total
            case NotNode(part):
                excluded = self.find(part, names)
                return {pk: 0.0 for pk in self._everything() if pk not in excluded}
        return self._leaf(node, names)

    def _leaf(self, node: Node, names: list[str] | None) -> dict[int, float]:
        rows = self.model.objects.only("pk")
        text = node.text  # type: ignore[union-attr]
        if isinstance(node, PrefixTerm) and self.model in FOLDED_COLUMNS:
            return self._find_prefix(text, FOLDED_COLUMNS[self.model])
        if isinstance(node, PrefixTerm):
            return self._scores(self.backend.autocomplete(text, rows))
        query: q.SearchQuery = q.Phrase(text) if isinstance(node, Phrase) else q.PlainText(text)
        if isinstance(node, FuzzyTerm):
            # Not every engine has fuzzy queries; PostgreSQL's needs an extension and aborts the transaction without it.
            with suppress(NotImplementedError, NotSupportedError), transaction.atomic():
                return self._scores(self.backend.search(q.Fuzzy(text), rows, fields=names))
        return self._scores(self.backend.search(query, rows, fields=names))

    @staticmethod
    def _scores(results: Any) -> dict[int, float]:
        return {row.pk: abs(row.score or 0.0) for row in results.annotate_score("score")[:MAX_CANDIDATES]}

    def _find_prefix(self, text: str, column: str) -> dict[int, float]:
        """Find passages or facts that have a word with the prefix `text`, by the column of folded words."""
        word = fold_word(text)
        starts_with = Q(**{f"{column}__startswith": word}) | Q(**{f"{column}__contains": f" {word}"})
        rows = self.model.get_indexed_objects().filter(starts_with)
        return dict.fromkeys(rows.values_list("pk", flat=True)[:MAX_CANDIDATES], 1.0)

    def _everything(self) -> set[int]:
        return set(self.model.objects.values_list("pk", flat=True))
