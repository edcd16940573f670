"""Evaluation of a modelsearch query on a Whoosh index: the matching objects with their scores.

The evaluation is term at a time (Turtle and Flood, «Query evaluation: strategies and optimizations», 1995): all
postings of each term are read, and scores are added up in a dictionary. Counts and facets need every match anyway, so
that Whoosh's own matchers, which step from document to document, gain nothing; reading blocks of postings takes a tenth
of their time.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from math import log
from typing import Any

from modelsearch import query as q
from whoosh.reading import IndexReader, TermNotFound

from wiki.search.engine.index_snapshot import IndexSnapshot, keys_of
from wiki.search.engine.queries import InFields, Prefix
from wiki.search.engine.schema import AUTOCOMPLETE_PREFIX, MODELS, POSITION_LIMIT, STEM, is_common, query_stems
from wiki.text.tokenizer import Word, iter_words

Scores = dict[int, float]
"""Scores by document number, within one segment."""

EXACT_WEIGHT = 0.5
"""Weight of a match of the exact word, which is added to that of a match of the stem."""
COMPOUND_WEIGHT = 1.2
"""Weight of a match of a compound as a whole, beside matches of all its parts."""
PHRASE_WEIGHT = 2.0
"""Weight of the words of a phrase, beside the same words in any order."""
MAX_EXPANSIONS = 100
"""Most index terms that a prefix or fuzzy term expands to: the most frequent ones."""
MAX_TERMS_READ = 2_000
"""Most index terms among which these are chosen."""
MAX_QUERY_WORDS = 64
"""Most words of a query text; the rest is ignored."""


class PostingsEvaluator:
    """Evaluates a query on one index.

    `fields` are boosts by field name; `model` is the label of a model, or None for all; `complete` makes it search the
    fields for autocompletion.
    """

    def __init__(
        self, snapshot: IndexSnapshot, fields: dict[str, float], model: str | None = None, *, complete: bool = False
    ) -> None:
        self.opened = [segment for segment in snapshot.segments if segment.reader.doc_count_all()]
        self.segments: list[IndexReader] = [segment.reader for segment in self.opened]
        self.count = max(sum(segment.doc_count_all() for segment in self.segments), 1)
        schema = snapshot.schema
        self.fields = {name: boost for name, boost in fields.items() if self._field(name, complete) in schema}
        self.model = model
        self.complete = complete
        self.idf: dict[tuple[str, str], float] = {}

    @staticmethod
    def _field(name: str, complete: bool) -> str:
        return AUTOCOMPLETE_PREFIX + name if complete else name

    def run(self, query: q.SearchQuery) -> dict[Any, float]:
        """Return the scores of the matching objects by primary key."""
        scores: dict[Any, float] = {}
        for opened in self.opened:
            segment = opened.reader
            hits = self._hits(segment, query)
            if self.model is not None:
                documents = _documents(segment, MODELS, self.model)
                hits = {doc: hits[doc] for doc in hits.keys() & documents}
            keys = keys_of(segment)
            scores.update((keys[doc], score) for doc, score in hits.items() if doc not in opened.deleted)
        return scores

    # --- The tree -----------------------------------------------------------------------------------
    def _hits(self, segment: IndexReader, query: q.SearchQuery) -> Scores:
        match query:
            case q.MatchAll():
                return dict.fromkeys(range(segment.doc_count_all()), 1.0)
            case q.And():
                return self._evaluate_and(segment, query.subqueries)
            case q.Or():
                return _sum_any(self._hits(segment, subquery) for subquery in query.subqueries)
            case q.Not():
                excluded = self._hits(segment, query.subquery)
                return {doc: 1.0 for doc in range(segment.doc_count_all()) if doc not in excluded}
            case q.Boost():
                return _scaled(self._hits(segment, query.subquery), query.boost)
            case InFields():
                return self._in_fields(query.fields)._hits(segment, query.subquery)
            case _:
                return self._leaf(segment, query)

    def _leaf(self, segment: IndexReader, query: q.SearchQuery) -> Scores:
        words = list(islice(iter_words(query.query_string), MAX_QUERY_WORDS))
        match query:
            case q.PlainText():
                return _scaled(self._plain_text(segment, words, query.operator), query.boost)
            case q.Phrase():
                return self._phrase(segment, words)
            case q.Fuzzy():
                hits = [self._fuzzy(segment, word) for word in _parts(words)]
                return _sum_all(hits) if query.operator == "and" else _sum_any(hits)
            case Prefix():
                return self._words_with_prefix(segment, _parts(words))
        raise NotImplementedError(f"{type(query).__name__} is no query that this engine knows.")

    def _evaluate_and(self, segment: IndexReader, queries: Sequence[q.SearchQuery]) -> Scores:
        """Intersect the matches of queries; negated ones are subtracted, which avoids listing all other documents."""
        required = [self._hits(segment, subquery) for subquery in queries if not isinstance(subquery, q.Not)]
        if not required:
            required = [dict.fromkeys(range(segment.doc_count_all()), 1.0)]
        hits = _sum_all(required)
        for subquery in queries:
            if isinstance(subquery, q.Not) and hits:
                for doc in self._hits(segment, subquery.subquery):
                    hits.pop(doc, None)
        return hits

    def _in_fields(self, names: Sequence[str]) -> PostingsEvaluator:
        """Return an evaluator restricted to the fields `names`, which shares all other state."""
        other = object.__new__(PostingsEvaluator)
        other.__dict__ = {**self.__dict__, "fields": {n: boost for n, boost in self.fields.items() if n in names}}
        return other

    # --- Leaves -------------------------------------------------------------------------------------
    def _plain_text(self, segment: IndexReader, words: Sequence[Word], operator: str) -> Scores:
        """Match words in any order, all or any of them, without stop words unless there are only such."""
        groups = list(_compounds(words))
        significant = [group for group in groups if len(group) > 1 or not is_common(group[0])] or groups
        if not significant:
            return {}
        if self.complete:
            return self._words_with_prefix(segment, [part for group in groups for part in _parts(group)])
        hits = [self._compound(segment, group) for group in significant]
        return _sum_any(hits) if operator == "or" else _sum_all(hits)

    def _compound(self, segment: IndexReader, group: Sequence[Word]) -> Scores:
        """Match a word, or a compound by all its parts or as a whole."""
        parts = [self._word(segment, word) for word in _parts(group)]
        wholes = [_scaled(self._word(segment, word), COMPOUND_WEIGHT) for word in group if word.is_compound]
        return _sum_any([_sum_all(parts), *wholes])

    def _word(self, segment: IndexReader, word: Word) -> Scores:
        """Match a word exactly or by stem, in any field."""
        return _sum_any(self._word_in(segment, name, boost, word) for name, boost in self.fields.items())

    def _word_in(self, segment: IndexReader, name: str, boost: float, word: Word) -> Scores:
        if self.complete:
            return self._term(segment, AUTOCOMPLETE_PREFIX + name, word.folded, boost)
        hits: Scores = {}
        for stem in query_stems(word):
            for doc, score in self._term(segment, name + STEM, stem, boost).items():
                if score > hits.get(doc, 0.0):
                    hits[doc] = score
        for doc, score in self._term(segment, name, word.folded, boost * EXACT_WEIGHT).items():
            hits[doc] = hits.get(doc, 0.0) + score
        return hits

    def _term(self, segment: IndexReader, field: str, term: str, boost: float) -> Scores:
        """Match a term of one Whoosh field."""
        docs, weights = _postings(segment, field, term)
        factor = boost * self._inverse_frequency(field, term) if docs else 0.0
        return {doc: weight * factor for doc, weight in zip(docs, weights, strict=True)}

    def _inverse_frequency(self, field: str, term: str) -> float:
        """Return BM25's inverse document frequency, in its variant that is never negative; cached per evaluator."""
        if (field, term) not in self.idf:
            frequency = sum(segment.doc_frequency(field, term) for segment in self.segments)
            self.idf[field, term] = log(1 + (self.count - frequency + 0.5) / (frequency + 0.5))
        return self.idf[field, term]

    def _words_with_prefix(self, segment: IndexReader, parts: Sequence[Word]) -> Scores:
        """Match all words, the last as a prefix."""
        if not parts:
            return {}
        return _sum_all([*(self._word(segment, word) for word in parts[:-1]), self._prefix(segment, parts[-1])])

    def _prefix(self, segment: IndexReader, word: Word) -> Scores:
        """Match the words with a prefix; the word itself counts double."""
        hits: list[Scores] = []
        for name, boost in self.fields.items():
            field = self._field(name, self.complete)
            hits += [
                self._term(segment, field, term, boost * (2.0 if term == word.folded else 1.0))
                for term in _most_frequent(segment, field, segment.expand_prefix(field, word.folded))
            ]
        return _sum_any(hits)

    def _fuzzy(self, segment: IndexReader, word: Word) -> Scores:
        """Match words within edit distance 1, or 2 for long words; words other than the word itself count half."""
        distance = 1 if len(word.folded) < 8 else 2
        hits: list[Scores] = []
        for name, boost in self.fields.items():
            similar = segment.terms_within(name, word.folded, distance, prefix=1)
            hits += [
                self._term(segment, name, term, boost * (1.0 if term == word.folded else 0.5))
                for term in _most_frequent(segment, name, (str(term).encode() for term in similar))
            ]
        return _sum_any(hits)

    def _phrase(self, segment: IndexReader, words: Sequence[Word]) -> Scores:
        """Match the exact words, one directly after the other, in one field."""
        parts = _parts(words)
        if not parts:
            return {}
        return _sum_any(self._phrase_in(segment, name, boost, parts) for name, boost in self.fields.items())

    def _phrase_in(self, segment: IndexReader, name: str, boost: float, parts: Sequence[Word]) -> Scores:
        positions_by_word = [_positions(segment, name, part.folded) for part in parts]
        docs = {
            doc
            for doc in _common_documents(positions_by_word)
            if _is_phrase([positions[doc] for positions in positions_by_word])
        }
        scores = [self._term(segment, name, part.folded, boost * PHRASE_WEIGHT) for part in parts]
        return {doc: sum(score[doc] for score in scores) for doc in docs}


# --- Words of a query ---------------------------------------------------------------------------------
def _parts(words: Iterable[Word]) -> list[Word]:
    """Return the words without whole compounds."""
    return [word for word in words if not word.is_compound]


def _compounds(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Group the words: each compound with its parts, the whole first; other words alone."""
    group: list[Word] = []
    until = 0
    for word in words:
        if group and word.start >= until:
            yield group
            group = []
        if not group:
            until = word.end
        group.append(word)
    if group:
        yield group


# --- Postings -----------------------------------------------------------------------------------------
def _leaf_matcher(segment: IndexReader, field: str, term: str) -> Any | None:
    """Return Whoosh's matcher of a term in a segment, deleted documents included; None if the term is not there."""
    if field not in segment.schema:
        return None
    with suppress(TermNotFound):
        matcher = segment.postings(field, term)
        return getattr(matcher, "child", matcher)
    return None


def _blocks(matcher: Any) -> Iterator[Any]:
    """Iterate over blocks of postings instead of single postings, by private methods of Whoosh's matcher."""
    while matcher.is_active():
        matcher._read_ids()
        yield matcher
        matcher._next_block()


def _postings(segment: IndexReader, field: str, term: str) -> tuple[list[int], list[float]]:
    """Return the documents that contain a term, and its weight in each."""
    docs: list[int] = []
    weights: list[float] = []
    matcher = _leaf_matcher(segment, field, term)
    if matcher is not None:
        for block in _blocks(matcher):
            block._read_weights()
            docs.extend(block._ids)
            weights.extend(block._weights)
    return docs, weights


def _positions(segment: IndexReader, field: str, term: str) -> dict[int, bytes]:
    """Return the documents that contain a term, with its encoded positions in each."""
    found: dict[int, bytes] = {}
    matcher = _leaf_matcher(segment, field, term)
    if matcher is not None:
        for block in _blocks(matcher):
            block._read_values()
            found.update(zip(block._ids, block._values, strict=True))
    return found


def _documents(segment: IndexReader, field: str, term: str) -> set[int]:
    return set(_postings(segment, field, term)[0])


def _is_phrase(positions_by_word: Sequence[bytes]) -> bool:
    """Return whether the words, given by their encoded positions, occur one directly after the other."""
    ends = set(array("H", positions_by_word[0]))
    for positions in positions_by_word[1:]:
        ends = {position for position in array("H", positions) if (position - 1) % POSITION_LIMIT in ends}
        if not ends:
            return False
    return True


def _most_frequent(segment: IndexReader, field: str, terms: Iterable[bytes]) -> list[str]:
    """Return the terms that are in the most documents, at most MAX_EXPANSIONS."""
    candidates = list(islice(terms, MAX_TERMS_READ))
    if len(candidates) > MAX_EXPANSIONS:
        candidates = sorted(candidates, key=lambda term: -segment.doc_frequency(field, term))[:MAX_EXPANSIONS]
    return [term.decode() for term in candidates]


# --- Sums ---------------------------------------------------------------------------------------------
def _sum_any(score_maps: Iterable[Scores]) -> Scores:
    """Unite documents, and add their scores; may change and return one of the dictionaries."""
    total: Scores = {}
    for hits in score_maps:
        if not total:
            total = hits
            continue
        if len(hits) > len(total):
            total, hits = hits, total
        for doc, score in hits.items():
            total[doc] = total.get(doc, 0.0) + score
    return total


def _sum_all(score_maps: Sequence[Scores]) -> Scores:
    """Intersect documents, and add their scores."""
    if len(score_maps) == 1:
        return score_maps[0]
    return {doc: sum(hits[doc] for hits in score_maps) for doc in _common_documents(score_maps)}


def _common_documents(mappings: Sequence[Mapping[int, Any]]) -> set[int]:
    """Return the documents that are in all mappings; the time depends on the smallest one."""
    first, *others = sorted(mappings, key=len) or [{}]
    shared = set(first)
    for other in others:
        shared &= other.keys()
    return shared


def _scaled(hits: Scores, boost: float) -> Scores:
    return hits if boost == 1.0 else {doc: score * boost for doc, score in hits.items()}
