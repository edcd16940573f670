"""The words of a text as searches compare them: French and English, exact and by their stems.

Elided beginnings (l’, d’, qu’, jusqu’…) and the English ’s fall away; accents, case and ligatures are folded; a
compound («tiers-lieu», «habitant·e·s») counts as its parts and as the whole written in one. Stems are Snowball's (M. F.
Porter, «Snowball: a language for stemming algorithms», 2001) of the word with and without its accents, so that a reader
who types none still finds it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import Stemmer

from wiki.text.titles import fold

LANGUAGES = {"fr": "french", "en": "english"}
"""Languages whose words are stemmed, by Snowball's names."""
WORD_LIMIT = 60
"""Letters of a word that count: what is longer is no word."""
_JOINERS = "\\-‐‑·•"
_PART = re.compile(r"[^\W_]+")
_RUN = re.compile(rf"[^\W_]+(?:['’ʼ{_JOINERS}][^\W_]+)*")
_APOSTROPHE = re.compile("['’ʼ]")
ELIDED_PREFIXES = frozenset({*"ldjmtsnc", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "presqu", "quelqu"})

_STOP_FR = """
a au aux avec c ce ces cet cette d dans de des du elle elles en est et eux il ils j je l la le les leur leurs lui m ma
mais me meme mes n ne nos notre nous on ont ou par pas pour qu que qui s sa sans se ses son sont sur t ta te tes ton tu
un une vos votre vous y
"""
_STOP_EN = """
a an and are as at be but by for from has have he her his i if in into is it its no not of on or our she so such that
the their them then there these they this to was we were which will with you your
"""
STOP_WORDS = {"fr": frozenset(_STOP_FR.split()), "en": frozenset(_STOP_EN.split())}
"""Folded words too common to tell texts apart, by language."""
ALL_STOP_WORDS = frozenset.union(*STOP_WORDS.values())


class Word(NamedTuple):
    """One word of a text. `place` counts words; a compound's whole stands at the place of its first part."""

    position: int
    lowercase: str
    """In lower case, with accents."""
    folded: str
    start: int
    end: int
    is_compound: bool = False
    """Whether it is a compound written in one, beside its parts."""


def iter_words(text: str) -> Iterator[Word]:
    """The words of `text` in order, where they stand in it. Linear in its length."""
    place = 0
    for run in _RUN.finditer(text):
        if run[0].isalnum():  # most are
            yield _word(place, run[0], run.start(), run.end())
            place += 1
            continue
        for start, end in _pieces(run[0], run.start()):
            parts = list(_PART.finditer(text, start, end))
            if len(parts) > 1:
                yield _word(place, "".join(part[0] for part in parts), start, end, whole=True)
            for part in parts:
                yield _word(place, part[0], part.start(), part.end())
                place += 1


def _word(place: int, raw: str, start: int, end: int, *, whole: bool = False) -> Word:
    lower = raw.lower()[:WORD_LIMIT]
    return Word(place, lower, fold_word(lower), start, end, whole)


def _pieces(run: str, at: int) -> list[tuple[int, int]]:
    """Where the words of a run with apostrophes stand, elided beginnings and a possessive ’s left out."""
    marks = [mark.start() for mark in _APOSTROPHE.finditer(run)]
    bounds = list(zip([0, *(mark + 1 for mark in marks)], [*marks, len(run)], strict=True))
    last = bounds.pop()
    kept = [(begin, end) for begin, end in bounds if run[begin:end].lower() not in ELIDED_PREFIXES]
    if not bounds or run[last[0] :].lower() != "s":
        kept.append(last)
    return [(at + begin, at + end) for begin, end in kept]


@lru_cache(maxsize=100_000)
def fold_word(word: str) -> str:
    """A word without case and accents."""
    return fold(word)[:WORD_LIMIT]


@lru_cache(maxsize=100_000)
def stems(word: str, language: str) -> frozenset[str]:
    """The folded stems of a word in lower case: as written, without accents, and without the sign of a plural.

    Snowball leaves French plurals alone that end in -eux, -oux, -os, -as, -is or -us (lieux, genoux, vélos, amis).
    """
    stem = _stemmer(language).stemWord
    forms = {word, fold_word(word)}
    if language == "fr" and len(word) > 3 and word[-1] in "sx":
        forms |= {form[:-1] for form in forms}
    return frozenset(fold_word(stem(form)) for form in forms)


_stemmers = threading.local()


def _stemmer(language: str) -> Stemmer.Stemmer:
    """This thread's stemmer: they may not be shared."""
    name = LANGUAGES[language]
    found = getattr(_stemmers, name, None)
    if found is None:
        found = Stemmer.Stemmer(name)
        setattr(_stemmers, name, found)
    return found
