"""Where the words of a query stand in a text: the piece that shows most of them, its words marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from wiki.search.search_ast import FuzzyTerm, Leaf, Phrase, PrefixTerm, Term
from wiki.text.tokenizer import LANGUAGES, fold_word, iter_words, stems

SNIPPET_LENGTH = 240
"""Signs of a piece."""
MAX_MATCHES = 300
"""Matches looked at in one text."""
STEM_LETTERS = 4
"""Letters of a word by which its forms are looked for before they are compared."""
ACCENTED = {
    "a": "aàáâãäåā", "c": "cçćč", "e": "eèéêëēęě", "i": "iìíîïī", "n": "nñńň", "o": "oòóôõöøō", "s": "sśš",
    "u": "uùúûüūů", "y": "yýÿ", "z": "zźżž",
}  # fmt: skip
"""Letters that fold to the same."""

Piece = tuple[str, bool]
"""Some text, and whether it is a word that was looked for."""


@dataclass(frozen=True, slots=True)
class SearchTerm:
    """One word of a query: what it may look like. `near` is a text that may be a letter or two off."""

    term: int
    folded: str
    stems: frozenset[str]
    is_prefix: bool = False
    is_fuzzy: bool = False

    def matches(self, form: str, bare: str) -> bool:
        """Whether a word of the text (folded, and in lower case) is meant."""
        if form == self.folded or (self.is_prefix and form.startswith(self.folded)):
            return True
        if self.is_fuzzy:
            return _distance(form, self.folded) <= (1 if len(self.folded) < 8 else 2)
        return any(stems(bare, language) & self.stems for language in LANGUAGES) if self.stems else False


class Highlighter:
    """Marks the words of a query in texts."""

    def __init__(self, leaves: Iterable[Leaf]) -> None:
        self.terms = list(_sought(leaves))
        starts = {_opening(one) for one in self.terms} - {""}
        self._pattern = (
            re.compile(rf"(?<![^\W_])(?:{'|'.join(sorted(starts))})[^\W_]*", re.IGNORECASE) if starts else None
        )

    def matches(self, text: str) -> list[tuple[int, int, int]]:
        """Where words stand that are meant: start, end, and which word of the query it is."""
        found: list[tuple[int, int, int]] = []
        if self._pattern is None:
            return found
        for match in self._pattern.finditer(text):
            bare = match[0].lower()
            form = fold_word(bare)
            for one in self.terms:
                if one.matches(form, bare):
                    found.append((match.start(), match.end(), one.term))
                    break
            if len(found) >= MAX_MATCHES:
                break
        return found

    def highlight(self, text: str) -> list[Piece]:
        """A whole text with its words marked."""
        return _pieces(text, self.matches(text))

    def snippet(self, text: str, length: int = SNIPPET_LENGTH) -> list[Piece]:
        """The piece of a text that shows most of the words, the first of its kind; empty where it has none."""
        matches = self.matches(text)
        if not matches:
            return []
        start, end = _window(matches, length)
        start, end = _rounded(text, start, end, length)
        inside = [(a - start, b - start, term) for a, b, term in matches if start <= a and b <= end]
        pieces = [(some.replace("\n", " · "), marked) for some, marked in _pieces(text[start:end], inside)]
        if start > 0:
            pieces.insert(0, ("… ", False))
        if end < len(text):
            pieces.append((" …", False))
        return pieces


def _sought(leaves: Iterable[Leaf]) -> Iterator[SearchTerm]:
    for term, leaf in enumerate(leaves):
        for word in iter_words(leaf.text):
            if isinstance(leaf, Phrase):
                yield SearchTerm(term, word.folded, frozenset())
            elif isinstance(leaf, PrefixTerm):
                yield SearchTerm(term, word.folded, frozenset(), is_prefix=True)
            elif isinstance(leaf, FuzzyTerm):
                yield SearchTerm(term, word.folded, frozenset(), is_fuzzy=True)
            elif isinstance(leaf, Term):
                forms = frozenset(stem for language in LANGUAGES for stem in stems(word.lowercase, language))
                yield SearchTerm(term, word.folded, forms)


def _opening(one: SearchTerm) -> str:
    """A pattern for the first letters that all forms of a word share, with any accents."""
    forms = [one.folded, *one.stems]
    shared = one.folded[:1] if one.is_fuzzy else min(forms, key=len)[:STEM_LETTERS]
    while shared and not all(form.startswith(shared) for form in forms):
        shared = shared[:-1]
    return "".join(_letter(sign) for sign in shared.replace("oe", "œ").replace("ae", "æ"))


def _letter(sign: str) -> str:
    if sign in "œæ":
        return {"œ": "(?:œ|oe)", "æ": "(?:æ|ae)"}[sign]
    return f"[{ACCENTED[sign]}]" if sign in ACCENTED else re.escape(sign)


def _window(matches: Sequence[tuple[int, int, int]], length: int) -> tuple[int, int]:
    """The stretch of at most `length` signs that holds most different words, then most words."""
    best, start, end, left = (0, 0), matches[0][0], matches[0][1], 0
    for right, (_, stop, _) in enumerate(matches):
        while stop - matches[left][0] > length and left < right:
            left += 1
        inside = matches[left : right + 1]
        worth = (len({term for _, _, term in inside}), len(inside))
        if worth > best:
            best, start, end = worth, matches[left][0], stop
    return start, end


def _rounded(text: str, start: int, end: int, length: int) -> tuple[int, int]:
    """The stretch made longer on both sides, from the beginning of a word to the end of one."""
    room = max(length - (end - start), 0)
    start, end = max(start - room // 3, 0), min(end + room - room // 3, len(text))
    if start > 0:
        space = re.compile(r"\s").search(text, start, min(start + 30, end))
        start = space.end() if space else start
    if end < len(text):
        cut = max(text.rfind(" ", end - 30, end), text.rfind("\n", end - 30, end))
        end = cut if cut > start else end
    return start, end


def _pieces(text: str, matches: Sequence[tuple[int, int, int]]) -> list[Piece]:
    pieces: list[Piece] = []
    last = 0
    for start, end, _ in matches:
        if start > last:
            pieces.append((text[last:start], False))
        pieces.append((text[start:end], True))
        last = end
    if last < len(text):
        pieces.append((text[last:], False))
    return pieces


@lru_cache(maxsize=20_000)
def _distance(one: str, other: str) -> int:
    """How many letters differ, two that changed places counting as one; 3 for any more (Damerau, optimal alignment)."""
    if abs(len(one) - len(other)) > 2:
        return 3
    before: list[int] = []
    line = list(range(len(other) + 1))
    for row, left in enumerate(one, start=1):
        before, line, above = line, [row], before
        for column, right in enumerate(other, start=1):
            cost = min(before[column] + 1, line[-1] + 1, before[column - 1] + (left != right))
            if row > 1 and column > 1 and left == other[column - 2] and one[row - 2] == right:
                cost = min(cost, above[column - 2] + 1)
            line.append(cost)
    return min(line[-1], 3)
