"""Highlighting of query terms in texts, and snippets: the parts of texts that contain most of the query terms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from wiki.search.search_ast import FuzzyTerm, Leaf, Phrase, PrefixTerm, Term
from wiki.text.edit_distance import edit_distance
from wiki.text.tokenizer import LANGUAGES, fold_word, iter_words, stems

SNIPPET_LENGTH = 240
"""Most characters of a snippet."""
MAX_MATCHES = 300
"""Most matches taken into account in one text."""
STEM_LETTERS = 4
"""Letters at the start of a word by which candidates for its forms are found, before stems are compared."""
ACCENTED = {
    "a": "aàáâãäåā", "c": "cçćč", "e": "eèéêëēęě", "i": "iìíîïī", "n": "nñńň", "o": "oòóôõöøō", "s": "sśš",
    "u": "uùúûüūů", "y": "yýÿ", "z": "zźżž",
}  # fmt: skip
"""By letter, the accented letters that fold to it."""

Piece = tuple[str, bool]
"""Some text, and whether it matches a query term."""


@dataclass(frozen=True, slots=True)
class SearchTerm:
    """A word of a query term, and how words of a text are compared with it. `number` is that of the query term."""

    number: int
    folded: str
    stems: frozenset[str]
    is_prefix: bool = False
    is_fuzzy: bool = False

    def matches(self, form: str, lowercase: str) -> bool:
        """Return whether a word of a text, given folded (`form`) and in lower case, matches."""
        if form == self.folded or (self.is_prefix and form.startswith(self.folded)):
            return True
        if self.is_fuzzy:
            return edit_distance(form, self.folded) <= (1 if len(self.folded) < 8 else 2)
        return any(stems(lowercase, language) & self.stems for language in LANGUAGES) if self.stems else False


class Highlighter:
    """Finds and highlights the terms of a query in texts."""

    def __init__(self, leaves: Iterable[Leaf]) -> None:
        self.terms = list(_search_terms(leaves))
        starts = {_start_pattern(term) for term in self.terms} - {""}
        self._pattern = (
            re.compile(rf"(?<![^\W_])(?:{'|'.join(sorted(starts))})[^\W_]*", re.IGNORECASE) if starts else None
        )

    def matches(self, text: str) -> list[tuple[int, int, int]]:
        """Return the matches in a text, in order: start, end, and number of the query term."""
        found: list[tuple[int, int, int]] = []
        if self._pattern is None:
            return found
        for match in self._pattern.finditer(text):
            lowercase = match[0].lower()
            form = fold_word(lowercase)
            for term in self.terms:
                if term.matches(form, lowercase):
                    found.append((match.start(), match.end(), term.number))
                    break
            if len(found) >= MAX_MATCHES:
                break
        return found

    def highlight(self, text: str) -> list[Piece]:
        """Return the whole text with matches highlighted."""
        return _pieces(text, self.matches(text))

    def snippet(self, text: str, length: int = SNIPPET_LENGTH) -> list[Piece]:
        """Return the first part of a text that contains the most query terms, highlighted; empty without any match."""
        matches = self.matches(text)
        if not matches:
            return []
        start, end = _window(matches, length)
        start, end = _extend_to_words(text, start, end, length)
        inside = [(a - start, b - start, term) for a, b, term in matches if start <= a and b <= end]
        pieces = [(part.replace("\n", " · "), is_match) for part, is_match in _pieces(text[start:end], inside)]
        if start > 0:
            pieces.insert(0, ("… ", False))
        if end < len(text):
            pieces.append((" …", False))
        return pieces


def _search_terms(leaves: Iterable[Leaf]) -> Iterator[SearchTerm]:
    for number, leaf in enumerate(leaves):
        for word in iter_words(leaf.text):
            if isinstance(leaf, Phrase):
                yield SearchTerm(number, word.folded, frozenset())
            elif isinstance(leaf, PrefixTerm):
                yield SearchTerm(number, word.folded, frozenset(), is_prefix=True)
            elif isinstance(leaf, FuzzyTerm):
                yield SearchTerm(number, word.folded, frozenset(), is_fuzzy=True)
            elif isinstance(leaf, Term):
                forms = frozenset(stem for language in LANGUAGES for stem in stems(word.lowercase, language))
                yield SearchTerm(number, word.folded, forms)


def _start_pattern(term: SearchTerm) -> str:
    """Return a pattern for the first letters that all forms of a word share, with any accents; empty if none."""
    forms = [term.folded, *term.stems]
    shared = term.folded[:1] if term.is_fuzzy else min(forms, key=len)[:STEM_LETTERS]
    while shared and not all(form.startswith(shared) for form in forms):
        shared = shared[:-1]
    return "".join(_character_pattern(character) for character in shared.replace("oe", "œ").replace("ae", "æ"))


def _character_pattern(character: str) -> str:
    if character in "œæ":
        return {"œ": "(?:œ|oe)", "æ": "(?:æ|ae)"}[character]
    return f"[{ACCENTED[character]}]" if character in ACCENTED else re.escape(character)


def _window(matches: Sequence[tuple[int, int, int]], length: int) -> tuple[int, int]:
    """Return start and end of the part, up to `length` characters, with the most different terms, then most matches."""
    best, start, end, left = (0, 0), matches[0][0], matches[0][1], 0
    for right, (_, stop, _) in enumerate(matches):
        while stop - matches[left][0] > length and left < right:
            left += 1
        inside = matches[left : right + 1]
        rank = (len({term for _, _, term in inside}), len(inside))
        if rank > best:
            best, start, end = rank, matches[left][0], stop
    return start, end


def _extend_to_words(text: str, start: int, end: int, length: int) -> tuple[int, int]:
    """Extend a part of a text on both sides up to `length` characters, but cut at word boundaries."""
    spare = max(length - (end - start), 0)
    start, end = max(start - spare // 3, 0), min(end + spare - spare // 3, len(text))
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
