"""The thesaurus that the community writes: pages that state a broader word, or other names of what they are about.

A page «Découpe laser» with `Plus large: Fabrication numérique` and `Aussi appelé: laser cutting` makes what is offered
under one of its names an answer to who needs what is broader. The relations are those of SKOS (W3C, «SKOS Simple
Knowledge Organization System Reference», 2009): broader, and alternative labels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from wiki.needs.significant_words import WordIndex, Words, significant_words


@dataclass(frozen=True, slots=True)
class ThesaurusEntry:
    """What a page of the thesaurus states."""

    name: str
    broader: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()


class Thesaurus:
    """Terms with their names, below broader ones. Terms are numbers; a broader one needs no page."""

    def __init__(self, entries: Iterable[ThesaurusEntry]) -> None:
        self.labels: list[str] = []
        """By term, its name as written first."""
        self._terms: dict[Words, int] = {}
        self._names = WordIndex()
        self._same: dict[int, set[int]] = defaultdict(set)
        self._narrower: dict[int, set[int]] = defaultdict(set)
        self._broader: dict[int, set[int]] = defaultdict(set)
        self._answering: dict[int, frozenset[int]] = {}
        self._answered: dict[int, frozenset[int]] = {}
        for entry in entries:
            term = self._term(entry.name)
            for name in entry.other_names:
                other = self._term(name)
                self._same[term].add(other)
                self._same[other].add(term)
            for name in entry.broader:
                broader = self._term(name)
                self._narrower[broader].add(term)
                self._broader[term].add(broader)

    def _term(self, name: str) -> int:
        """Return the term with a name: that of the same words, else a new one."""
        words = significant_words(name)
        key = tuple(sorted(words, key=sorted))
        term = self._terms.get(key)
        if term is None:
            term = self._same_words(words)
        if term is None:
            term = len(self.labels)
            self.labels.append(name)
            self._names.add(words)
        self._terms[key] = term
        return term

    def _same_words(self, words: Words) -> int | None:
        shared = self._names.shared(words)
        same = (name for name, count in shared.items() if count == len(words) == self._names.sizes[name])
        return min(same, default=None)

    def named_in(self, words: Words) -> dict[int, int]:
        """Return the terms of which all words of the name stand in a text, with the number of these words."""
        sizes = self._names.sizes
        return {name: sizes[name] for name, count in self._names.shared(words).items() if count >= sizes[name] > 0}

    def answering(self, term: int) -> frozenset[int]:
        """Return the terms that are the same or narrower, at any depth."""
        return self._closure(term, self._narrower, self._answering)

    def answered(self, term: int) -> frozenset[int]:
        """Return the terms that are the same or broader, at any depth."""
        return self._closure(term, self._broader, self._answered)

    def _closure(self, term: int, related: dict[int, set[int]], known: dict[int, frozenset[int]]) -> frozenset[int]:
        """Return all terms that relations lead to; circles do no harm."""
        closure = known.get(term)
        if closure is None:
            found, waiting = {term}, [term]
            while waiting:
                current = waiting.pop()
                new = (self._same.get(current, set()) | related.get(current, set())) - found
                found |= new
                waiting.extend(new)
            closure = known[term] = frozenset(found)
        return closure
