"""Similar titles by the search index: by the stems of words, and with spelling errors of one or two letters."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from wiki.pages import similar_titles
from wiki.pages.array_lookup import column_in
from wiki.pages.models import WikiPage
from wiki.search import engine_queries, search_parser, spelling
from wiki.search.engine.index_directory import IndexDamaged, IndexMissing
from wiki.search.engine.schema import is_common
from wiki.search.search_ast import FuzzyTerm, InTitle, OrNode, Term
from wiki.text import titles
from wiki.text.tokenizer import iter_words

if TYPE_CHECKING:
    from wiki.pages.models import Reader

CANDIDATES = 100
"""Most pages whose titles are compared character by character."""
MIN_FUZZY_LENGTH = 4
"""Fewest letters of a word that is searched for fuzzily."""


def find_fuzzy_titles(full_title: str, user: Reader) -> list[WikiPage]:
    """Find readable pages with titles similar to `full_title`, best first; without a usable index, by the database."""
    try:
        found = _search_titles(full_title, user)
        if not found and (corrected := spelling.correct_spelling(full_title, _title_terms(full_title))):
            found = _search_titles(corrected, user)
    except (IndexMissing, IndexDamaged):
        return similar_titles.find_by_words(full_title, user)
    return found


def _search_titles(full_title: str, user: Reader) -> list[WikiPage]:
    """Find similar titles in the search index. Raises IndexMissing and IndexDamaged."""
    terms = _title_terms(full_title)
    if not terms:
        return []
    longest = sorted(
        {term.text for term in terms if len(term.text) >= MIN_FUZZY_LENGTH}, key=lambda text: (-len(text), text)
    )
    fuzzy_terms = [FuzzyTerm(text) for text in longest[: search_parser.MAX_FUZZY_TERMS]]
    scores = engine_queries.find_candidates(InTitle(OrNode((*terms, *fuzzy_terms))))
    candidates = sorted(scores, key=lambda key: (-scores[key], key))[:CANDIDATES]
    rows = WikiPage.objects.readable_by(user).filter(column_in("pk", candidates)).select_related("kind", "place")
    matcher = SequenceMatcher(b=titles.fold(full_title), autojunk=False)

    def similarity(page: WikiPage) -> float:
        matcher.set_seq1(titles.fold(page.full_title))
        return scores[page.pk] * matcher.ratio()

    return sorted(rows, key=lambda page: (-similarity(page), page.pk))[: similar_titles.MAX_SUGGESTIONS]


def _title_terms(full_title: str) -> list[Term]:
    """Return the words of a title as terms, without stop words."""
    found = [
        word for word in iter_words(full_title[: search_parser.MAX_LENGTH]) if not (word.is_compound or is_common(word))
    ]
    return [Term(word.lowercase, word.start, word.end) for word in found[: search_parser.MAX_TERMS]]
