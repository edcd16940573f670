"""A query tree to the objects that match, with their scores.

Term at a time (Turtle and Flood, «Query evaluation: strategies and optimizations», 1995): the postings of each word are
read whole and added up in a dictionary. Every match is wanted, for counts and facets, so nothing is gained by Whoosh's
own matchers, which step through documents one by one; and blocks of postings are read at a tenth of their cost.
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

from wiki.search.engine.queries import InFields, Prefix
from wiki.search.engine.schema import AUTOCOMPLETE_PREFIX, KEY, MODELS, POSITION_LIMIT, STEM, is_common, query_stems
from wiki.text.tokenizer import Word, iter_words

Scores = dict[int, float]
"""Documents of one segment and their scores."""

EXACT_WEIGHT = 0.5
"""What the word exactly as typed is worth beside the same stem."""
COMPOUND_WEIGHT = 1.2
"""What a compound written as typed is worth beside its parts."""
PHRASE_WEIGHT = 2.0
"""What words in the order asked for are worth beside the same words anywhere."""
MAX_EXPANSIONS = 100
"""Words that a beginning or a likeness can stand for: the most frequent ones."""
MAX_TERMS_READ = 2_000
"""Words looked at to find those."""
MAX_QUERY_WORDS = 64
"""Words of one query; those after are not looked for."""


class PostingsEvaluator:
    """One search in one index. `fields` are names and boosts; `models` the label of the model, or None for all."""

    def __init__(
        self, reader: IndexReader, fields: dict[str, float], model: str | None = None, *, complete: bool = False
    ) -> None:
        self.segments = [segment for segment, _ in reader.leaf_readers() if segment.doc_count_all()]
        self.count = max(reader.doc_count_all(), 1)
        self.fields = {name: boost for name, boost in fields.items() if self._field(name, complete) in reader.schema}
        self.model = model
        self.complete = complete
        self.idf: dict[tuple[str, str], float] = {}

    @staticmethod
    def _field(name: str, complete: bool) -> str:
        return AUTOCOMPLETE_PREFIX + name if complete else name

    def run(self, query: q.SearchQuery) -> dict[Any, float]:
        """The keys of the matching objects and their scores."""
        found: dict[Any, float] = {}
        for segment in self.segments:
            hits = self._hits(segment, query)
            if self.model is not None:
                among = _documents(segment, MODELS, self.model)
                hits = {doc: hits[doc] for doc in hits.keys() & among}
            keys = keys_of(segment)
            gone = segment.deleted_docs_set
            found.update((keys[doc], score) for doc, score in hits.items() if doc not in gone)
        return found

    # --- The tree -----------------------------------------------------------------------------------
    def _hits(self, segment: IndexReader, query: q.SearchQuery) -> Scores:
        match query:
            case q.MatchAll():
                return dict.fromkeys(range(segment.doc_count_all()), 1.0)
            case q.And():
                return self._all_of(segment, query.subqueries)
            case q.Or():
                return _added(self._hits(segment, one) for one in query.subqueries)
            case q.Not():
                without = self._hits(segment, query.subquery)
                return {doc: 1.0 for doc in range(segment.doc_count_all()) if doc not in without}
            case q.Boost():
                return _times(self._hits(segment, query.subquery), query.boost)
            case InFields():
                return self._within(query.fields)._hits(segment, query.subquery)
            case _:
                return self._leaf(segment, query)

    def _leaf(self, segment: IndexReader, query: q.SearchQuery) -> Scores:
        found = list(islice(iter_words(query.query_string), MAX_QUERY_WORDS))
        match query:
            case q.PlainText():
                return _times(self._plain(segment, found, query.operator), query.boost)
            case q.Phrase():
                return self._phrase(segment, found)
            case q.Fuzzy():
                hits = [self._like(segment, word) for word in _parts(found)]
                return _all(hits) if query.operator == "and" else _added(hits)
            case Prefix():
                return self._begun(segment, _parts(found))
        raise NotImplementedError(f"{type(query).__name__} is no query that this engine knows.")

    def _all_of(self, segment: IndexReader, queries: Sequence[q.SearchQuery]) -> Scores:
        """Documents that all match; what is excluded is taken away instead of listing all the rest."""
        wanted = [self._hits(segment, one) for one in queries if not isinstance(one, q.Not)]
        if not wanted:
            wanted = [dict.fromkeys(range(segment.doc_count_all()), 1.0)]
        hits = _all(wanted)
        for one in queries:
            if isinstance(one, q.Not) and hits:
                for doc in self._hits(segment, one.subquery):
                    hits.pop(doc, None)
        return hits

    def _within(self, names: Sequence[str]) -> PostingsEvaluator:
        """The same search, in fewer fields."""
        other = object.__new__(PostingsEvaluator)
        other.__dict__ = {**self.__dict__, "fields": {n: boost for n, boost in self.fields.items() if n in names}}
        return other

    # --- Leaves -------------------------------------------------------------------------------------
    def _plain(self, segment: IndexReader, found: Sequence[Word], operator: str) -> Scores:
        """Words in any order: all of them or any, words too common to tell texts apart aside."""
        groups = list(_compounds(found))
        telling = [group for group in groups if len(group) > 1 or not is_common(group[0])] or groups
        if not telling:
            return {}
        if self.complete:
            return self._begun(segment, [part for group in groups for part in _parts(group)])
        hits = [self._compound(segment, group) for group in telling]
        return _added(hits) if operator == "or" else _all(hits)

    def _compound(self, segment: IndexReader, group: Sequence[Word]) -> Scores:
        """A word, or a compound: all its parts, or the whole written in one."""
        parts = [self._word(segment, word) for word in _parts(group)]
        wholes = [_times(self._word(segment, word), COMPOUND_WEIGHT) for word in group if word.is_compound]
        return _added([_all(parts), *wholes])

    def _word(self, segment: IndexReader, word: Word) -> Scores:
        """A word or its like by stem, in any field."""
        return _added(self._word_in(segment, name, boost, word) for name, boost in self.fields.items())

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
        """One term of one Whoosh field."""
        docs, weights = _postings(segment, field, term)
        times = boost * self._rarity(field, term) if docs else 0.0
        return {doc: weight * times for doc, weight in zip(docs, weights, strict=True)}

    def _rarity(self, field: str, term: str) -> float:
        """BM25's inverse document frequency, in its form that is never below 0."""
        if (field, term) not in self.idf:
            held = sum(segment.doc_frequency(field, term) for segment in self.segments)
            self.idf[field, term] = log(1 + (self.count - held + 0.5) / (held + 0.5))
        return self.idf[field, term]

    def _begun(self, segment: IndexReader, parts: Sequence[Word]) -> Scores:
        """All the words, of which the last may go on."""
        if not parts:
            return {}
        return _all([*(self._word(segment, word) for word in parts[:-1]), self._beginning(segment, parts[-1])])

    def _beginning(self, segment: IndexReader, word: Word) -> Scores:
        """Words that begin so; the word itself first."""
        hits: list[Scores] = []
        for name, boost in self.fields.items():
            field = self._field(name, self.complete)
            hits += [
                self._term(segment, field, term, boost * (2.0 if term == word.folded else 1.0))
                for term in _frequent(segment, field, segment.expand_prefix(field, word.folded))
            ]
        return _added(hits)

    def _like(self, segment: IndexReader, word: Word) -> Scores:
        """Words that differ by a letter, or by two where they are long; the word itself first."""
        distance = 1 if len(word.folded) < 8 else 2
        hits: list[Scores] = []
        for name, boost in self.fields.items():
            near = segment.terms_within(name, word.folded, distance, prefix=1)
            hits += [
                self._term(segment, name, term, boost * (1.0 if term == word.folded else 0.5))
                for term in _frequent(segment, name, (str(one).encode() for one in near))
            ]
        return _added(hits)

    def _phrase(self, segment: IndexReader, found: Sequence[Word]) -> Scores:
        """Exactly these words, one after the other, in one field."""
        parts = _parts(found)
        if not parts:
            return {}
        return _added(self._phrase_in(segment, name, boost, parts) for name, boost in self.fields.items())

    def _phrase_in(self, segment: IndexReader, name: str, boost: float, parts: Sequence[Word]) -> Scores:
        lists = [_places(segment, name, part.folded) for part in parts]
        docs = {doc for doc in _in_each(lists) if _in_order([held[doc] for held in lists])}
        scores = [self._term(segment, name, part.folded, boost * PHRASE_WEIGHT) for part in parts]
        return {doc: sum(score[doc] for score in scores) for doc in docs}


# --- Words of a query ---------------------------------------------------------------------------------
def _parts(found: Iterable[Word]) -> list[Word]:
    """Words without the compounds written in one."""
    return [word for word in found if not word.is_compound]


def _compounds(found: Sequence[Word]) -> Iterator[list[Word]]:
    """The words, those of one compound together, its whole first."""
    group: list[Word] = []
    until = 0
    for word in found:
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
    """Whoosh's reader of the postings of a term in a segment, deleted documents included, or None."""
    if field not in segment.schema:
        return None
    with suppress(TermNotFound):
        matcher = segment.postings(field, term)
        return getattr(matcher, "child", matcher)
    return None


def _blocks(matcher: Any) -> Iterator[Any]:
    """Step through blocks of postings instead of single ones."""
    while matcher.is_active():
        matcher._read_ids()
        yield matcher
        matcher._next_block()


def _postings(segment: IndexReader, field: str, term: str) -> tuple[list[int], list[float]]:
    """The documents that hold a term, and its weight in each."""
    docs: list[int] = []
    weights: list[float] = []
    matcher = _leaf_matcher(segment, field, term)
    if matcher is not None:
        for block in _blocks(matcher):
            block._read_weights()
            docs.extend(block._ids)
            weights.extend(block._weights)
    return docs, weights


def _places(segment: IndexReader, field: str, term: str) -> dict[int, bytes]:
    """The documents that hold a term, and its places in each as they are kept."""
    found: dict[int, bytes] = {}
    matcher = _leaf_matcher(segment, field, term)
    if matcher is not None:
        for block in _blocks(matcher):
            block._read_values()
            found.update(zip(block._ids, block._values, strict=True))
    return found


def _documents(segment: IndexReader, field: str, term: str) -> set[int]:
    return set(_postings(segment, field, term)[0])


def _in_order(kept: Sequence[bytes]) -> bool:
    """Whether somewhere each word stands right after the one before."""
    ends = set(array("H", kept[0]))
    for one in kept[1:]:
        ends = {place for place in array("H", one) if (place - 1) % POSITION_LIMIT in ends}
        if not ends:
            return False
    return True


def _frequent(segment: IndexReader, field: str, terms: Iterable[bytes]) -> list[str]:
    """Of some terms those that most documents hold."""
    some = list(islice(terms, MAX_TERMS_READ))
    if len(some) > MAX_EXPANSIONS:
        some = sorted(some, key=lambda term: -segment.doc_frequency(field, term))[:MAX_EXPANSIONS]
    return [term.decode() for term in some]


def keys_of(segment: IndexReader) -> Sequence[Any]:
    """The primary keys of a segment's documents; read once for each open segment."""
    kept: Sequence[Any] | None = getattr(segment, "_wiki_keys", None)
    if kept is None:
        column = segment.column_reader(KEY)
        kept = [column[doc] for doc in range(segment.doc_count_all())]
        segment._wiki_keys = kept
    return kept


# --- Sums ---------------------------------------------------------------------------------------------
def _added(some: Iterable[Scores]) -> Scores:
    """Documents in any, scores added."""
    total: Scores = {}
    for hits in some:
        if not total:
            total = hits
            continue
        if len(hits) > len(total):
            total, hits = hits, total
        for doc, score in hits.items():
            total[doc] = total.get(doc, 0.0) + score
    return total


def _all(some: Sequence[Scores]) -> Scores:
    """Documents in all, scores added."""
    if len(some) == 1:
        return some[0]
    return {doc: sum(hits[doc] for hits in some) for doc in _in_each(some)}


def _in_each(some: Sequence[Mapping[int, Any]]) -> set[int]:
    """The documents that all hold; the shortest list decides how long it takes."""
    first, *others = sorted(some, key=len) or [{}]
    shared = set(first)
    for one in others:
        shared &= one.keys()
    return shared


def _times(hits: Scores, boost: float) -> Scores:
    return hits if boost == 1.0 else {doc: score * boost for doc, score in hits.items()}
