"""Which offers answer a need, and which needs an offer answers, by their words alone.

An offer answers a need if it has two thirds of the need's words, or if the need has two thirds of the offer's and these
are at least half of its own («découpe laser» for «découpe laser CO₂ 60 W»); or if it names a word of the thesaurus
that is the same as, or narrower than, one that is at least half of the need.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from wiki.needs.significant_words import WordIndex, significant_words
from wiki.needs.thesaurus import Thesaurus


@dataclass(frozen=True, slots=True)
class TextMatch:
    """A text that answers, or is answered."""

    text: str
    through: str = ""
    """The word of the thesaurus by which the two are brought together; "" for their own words."""


class NeedMatcher:
    """Different texts of needs and offers, indexed by their words and by the thesaurus."""

    def __init__(self, needs: Iterable[str], offers: Iterable[str], thesaurus: Thesaurus) -> None:
        self.thesaurus = thesaurus
        self._needs = _IndexedTexts(needs, thesaurus, minimal_share=2)
        self._offers = _IndexedTexts(offers, thesaurus)

    def offers_for(self, need: str) -> list[TextMatch]:
        """Return the offers that answer a need, which may be any text; those by its own words first."""
        words = significant_words(need)
        found = {
            number: ""
            for number, shared in self._offers.index.shared(words).items()
            if is_answered(shared, len(words), self._offers.index.sizes[number])
        }
        for term, size in self.thesaurus.named_in(words).items():
            if 2 * size >= len(words):
                for narrower in self.thesaurus.answering(term):
                    for number in self._offers.by_term.get(narrower, ()):
                        found.setdefault(number, self.thesaurus.labels[narrower])
        return [TextMatch(self._offers.texts[number], through) for number, through in found.items()]

    def needs_for(self, offer: str) -> list[TextMatch]:
        """Return the needs that an offer, which may be any text, answers."""
        words = significant_words(offer)
        found = {
            number: ""
            for number, shared in self._needs.index.shared(words).items()
            if is_answered(shared, self._needs.index.sizes[number], len(words))
        }
        for term in self.thesaurus.named_in(words):
            for broader in self.thesaurus.answered(term):
                for number in self._needs.by_term.get(broader, ()):
                    found.setdefault(number, self.thesaurus.labels[term])
        return [TextMatch(self._needs.texts[number], through) for number, through in found.items()]


def is_answered(shared: int, need_size: int, offer_size: int) -> bool:
    """Return whether an offer answers a need, by the number of words that they share and that each has."""
    return 3 * shared >= 2 * need_size > 0 or (3 * shared >= 2 * offer_size > 0 and 2 * shared >= need_size)


class _IndexedTexts:
    """Different texts by their words and by the terms that they name."""

    def __init__(self, texts: Iterable[str], thesaurus: Thesaurus, minimal_share: int = 0) -> None:
        """`minimal_share` 2: only terms that are at least one half of the words of a text."""
        self.texts = list(dict.fromkeys(texts))
        self.index = WordIndex()
        self.by_term: dict[int, list[int]] = defaultdict(list)
        for number, text in enumerate(self.texts):
            words = significant_words(text)
            self.index.add(words)
            for term, size in thesaurus.named_in(words).items():
                if not minimal_share or minimal_share * size >= len(words):
                    self.by_term[term].append(number)
