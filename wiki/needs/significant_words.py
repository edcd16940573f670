"""The words of a short text that say what it is about, as sets of stems, and an index of texts by them."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import lru_cache
from typing import TypeAlias

from wiki.text.tokenizer import ALL_STOP_WORDS, LANGUAGES, iter_words, stems

Stems: TypeAlias = frozenset[str]
"""The stems of one word in all languages. Two words are the same if they have a stem in common."""
Words: TypeAlias = tuple[Stems, ...]
"""The different words of a text, in its order."""

WORDS_LIMIT = 30
"""Words of a text that are looked at."""
UNITS = frozenset({"mm", "cm", "km", "m2", "m3", "kg", "ml", "cl", "kw", "min"})
"""Folded units: with numbers, they say how much, not what."""


@lru_cache(maxsize=50_000)
def significant_words(text: str) -> Words:
    """Return the words of a text without numbers, units, single letters and stop words; all words if these are all."""
    words = [word for word in iter_words(text) if not word.is_compound][:WORDS_LIMIT]
    chosen = [
        word
        for word in words
        if len(word.folded) > 1
        and not word.folded.isdecimal()
        and word.folded not in UNITS
        and word.folded not in ALL_STOP_WORDS
    ]
    found: list[Stems] = []
    for word in chosen or words:
        of_word = frozenset[str]().union(*(stems(word.lowercase, language) for language in LANGUAGES))
        if all(of_word.isdisjoint(other) for other in found):
            found.append(of_word)
    return tuple(found)


class WordIndex:
    """Texts by the stems of their words: looking one up takes time for those that share a word, not for all."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        """By number of a text, how many words it has."""
        self._postings: dict[str, list[int]] = defaultdict(list)

    def add(self, words: Words) -> int:
        """Add a text and return its number: 0 for the first one."""
        number = len(self.sizes)
        self.sizes.append(len(words))
        for stem in frozenset[str]().union(*words):
            self._postings[stem].append(number)
        return number

    def shared(self, words: Words) -> Counter[int]:
        """Return how many of some words each text has, by its number; texts with none are left out."""
        counts: Counter[int] = Counter()
        for word in words:
            lists = [self._postings[stem] for stem in word if stem in self._postings]
            counts.update(lists[0] if len(lists) == 1 else set[int]().union(*lists))
        return counts
