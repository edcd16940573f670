"""Tokenizer and stemmer of the search: words of French and English texts.

Elided prefixes (l’, d’, qu’, jusqu’…) and the English ’s are dropped, but «quelqu’un» or «aujourd’hui» is one word;
accents, case and ligatures are folded; a compound («tiers-lieu», «habitant·e·s», «2 500», «04.78.00.00.01», «S.C.I.C.»)
gives a token for each part and one for the whole written as one word. Stems are Snowball's (M. F. Porter, «Snowball: a
language for stemming algorithms», 2001), of the word with and without its accents, so that a query typed without
them still matches.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import Stemmer

from wiki.text.french_forms import other_forms
from wiki.text.titles import fold

LANGUAGES = {"fr": "french", "en": "english"}
"""Languages whose words are stemmed, with Snowball's name of each."""
WORD_LIMIT = 60
"""Maximum length of a token in characters; longer words are cut."""
_JOINERS = "\\-‐‑·•"
_PART = re.compile(r"[^\W_]+")
_BLANKS = " \u00a0\u202f"
_RUN = re.compile(
    rf"(?P<groups>(?<!\w)(?:\d{{1,3}}(?:[{_BLANKS}.]\d{{3}})+|0\d(?:[{_BLANKS}.-]\d\d){{4}})(?!\w)"  # numbers
    r"|(?<!\w)(?:[^\W\d_]\.){2,}(?:[^\W\d_](?!\w))?)"  # abbreviations with dots
    rf"|[^\W_]+(?:['’ʼ{_JOINERS}](?!(?:[^\W\d_]\.){{2}})[^\W_]+)*"
)
_APOSTROPHE = re.compile("['’ʼ]")
ELIDED_PREFIXES = frozenset({*"ldjmtsnc", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu"})
WHOLE_WORDS = re.compile(
    r"(?<![^\W_])(?:quelqu['’ʼ]une?|presqu['’ʼ][îi]les?|aujourd['’ʼ]hui|(?:prud|entr|grand)['’ʼ][^\W_]+)(?![^\W_])",
    re.IGNORECASE,
)
"""Words that are written with an apostrophe."""

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
"""Folded stop words, by language."""
ALL_STOP_WORDS = frozenset.union(*STOP_WORDS.values())


class Word(NamedTuple):
    """One word of a text. `position` counts words from 0; a whole compound has the position of its first part."""

    position: int
    lowercase: str
    """The word in lower case, with accents."""
    folded: str
    start: int
    end: int
    is_compound: bool = False
    """Whether this is a whole compound written as one word, in addition to its parts."""


def iter_words(text: str) -> Iterator[Word]:
    """Yield the words of `text` in order. Linear in its length."""
    position = 0
    for run in _RUN.finditer(text):
        if run[0].isalnum():  # the usual case
            yield _word(position, run[0], run.start(), run.end())
            position += 1
            continue
        spans = [run.span()] if run["groups"] else _split_at_apostrophes(run[0], run.start())
        for start, end in spans:
            if WHOLE_WORDS.fullmatch(text, start, end):
                yield _word(position, _APOSTROPHE.sub("", text[start:end]), start, end)
                position += 1
                continue
            parts = list(_PART.finditer(text, start, end))
            if len(parts) > 1:
                yield _word(position, "".join(part[0] for part in parts), start, end, is_compound=True)
            for part in parts:
                yield _word(position, part[0], part.start(), part.end())
                position += 1


def _word(position: int, raw: str, start: int, end: int, *, is_compound: bool = False) -> Word:
    lowercase = raw.lower()[:WORD_LIMIT]
    return Word(position, lowercase, fold_word(lowercase), start, end, is_compound)


def _split_at_apostrophes(run: str, offset: int) -> list[tuple[int, int]]:
    """Return start and end of the words of a run, without elided prefixes and a possessive ’s.

    `offset` is where the run begins in the text.
    """
    inner = [match.span() for match in WHOLE_WORDS.finditer(run)]
    apostrophes = [
        match.start()
        for match in _APOSTROPHE.finditer(run)
        if not any(start < match.start() < end for start, end in inner)
    ]
    bounds = list(zip([0, *(at + 1 for at in apostrophes)], [*apostrophes, len(run)], strict=True))
    last = bounds.pop()
    words = [(start, end) for start, end in bounds if run[start:end].lower() not in ELIDED_PREFIXES]
    if not bounds or run[last[0] :].lower() != "s":
        words.append(last)
    return [(offset + start, offset + end) for start, end in words]


@lru_cache(maxsize=30_000)
def fold_word(word: str) -> str:
    """Return a word without case and accents."""
    return fold(word)[:WORD_LIMIT]


@lru_cache(maxsize=30_000)
def stems(word: str, language: str) -> frozenset[str]:
    """Return the folded stems of a lower-case word: as written, without accents, and of its `french_forms`."""
    stem = _stemmer(language).stemWord
    forms = {word, fold_word(word)}
    if language == "fr":
        forms |= {other for form in forms for other in other_forms(form)}
    return frozenset(fold_word(stem(form)) for form in forms)


_stemmers = threading.local()


def _stemmer(language: str) -> Stemmer.Stemmer:
    """Return the stemmer of this thread; stemmers are not thread-safe."""
    name = LANGUAGES[language]
    stemmer = getattr(_stemmers, name, None)
    if stemmer is None:
        stemmer = Stemmer.Stemmer(name)
        setattr(_stemmers, name, stemmer)
    return stemmer
