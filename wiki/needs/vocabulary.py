"""The vocabulary that the community writes: pages that state a broader word, or other names of what they are about.

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
class VocabularyEntry:
    """What a page of the vocabulary states."""

    name: str
    broader: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()


class Vocabulary:
    """Concepts, each with names, below broader ones. Concepts are numbers; a broader one needs no page."""

    def __init__(self, entries: Iterable[VocabularyEntry]) -> None:
        self.labels: list[str] = []
        """By concept, its name as written first."""
        self._concepts: dict[Words, int] = {}
        self._names = WordIndex()
        self._same: dict[int, set[int]] = defaultdict(set)
        self._narrower: dict[int, set[int]] = defaultdict(set)
        self._broader: dict[int, set[int]] = defaultdict(set)
        self._answering: dict[int, frozenset[int]] = {}
        self._answered: dict[int, frozenset[int]] = {}
        for entry in entries:
            concept = self._concept(entry.name)
            for name in entry.other_names:
                other = self._concept(name)
                self._same[concept].add(other)
                self._same[other].add(concept)
            for name in entry.broader:
                broader = self._concept(name)
                self._narrower[broader].add(concept)
                self._broader[concept].add(broader)

    def _concept(self, name: str) -> int:
        """Return the concept with a name: that of the same words, else a new one."""
        words = significant_words(name)
        key = tuple(sorted(words, key=sorted))
        concept = self._concepts.get(key)
        if concept is None:
            concept = self._same_words(words)
        if concept is None:
            concept = len(self.labels)
            self.labels.append(name)
            self._names.add(words)
        self._concepts[key] = concept
        return concept

    def _same_words(self, words: Words) -> int | None:
        shared = self._names.shared(words)
        same = (name for name, count in shared.items() if count == len(words) == self._names.sizes[name])
        return min(same, default=None)

    def named_in(self, words: Words) -> dict[int, int]:
        """Return the concepts of which all words of the name stand in a text, with the number of these words."""
        sizes = self._names.sizes
        return {name: sizes[name] for name, count in self._names.shared(words).items() if count >= sizes[name] > 0}

    def answering(self, concept: int) -> frozenset[int]:
        """Return the concepts that are the same or narrower, at any depth."""
        return self._closure(concept, self._narrower, self._answering)

    def answered(self, concept: int) -> frozenset[int]:
        """Return the concepts that are the same or broader, at any depth."""
        return self._closure(concept, self._broader, self._answered)

    def _closure(self, concept: int, related: dict[int, set[int]], known: dict[int, frozenset[int]]) -> frozenset[int]:
        """Return all concepts that relations lead to; circles do no harm."""
        closure = known.get(concept)
        if closure is None:
            found, waiting = {concept}, [concept]
            while waiting:
                current = waiting.pop()
                new = (self._same.get(current, set()) | related.get(current, set())) - found
                found |= new
                waiting.extend(new)
            closure = known[concept] = frozenset(found)
        return closure
