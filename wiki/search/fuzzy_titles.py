"""Near titles by the index: words in any form, a letter or two off, and those that come from the same word."""

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
"""Pages whose titles are compared letter by letter."""
MIN_FUZZY_LENGTH = 4
"""Letters of a word that may be misspelt."""


def find_fuzzy_titles(full_title: str, user: Reader) -> list[WikiPage]:
    """Readable pages with a title like `full_title`, the likest first; by the database where there is no index."""
    try:
        found = _like(full_title, user)
        if not found and (better := spelling.correct_spelling(full_title, _leaves(full_title))):
            found = _like(better, user)
    except (IndexMissing, IndexDamaged):
        return similar_titles.find_by_words(full_title, user)
    return found


def _like(full_title: str, user: Reader) -> list[WikiPage]:
    """Those that the index holds. Raises IndexMissing and IndexDamaged."""
    leaves = _leaves(full_title)
    if not leaves:
        return []
    longest = sorted(
        {leaf.text for leaf in leaves if len(leaf.text) >= MIN_FUZZY_LENGTH}, key=lambda text: (-len(text), text)
    )
    misspelt = [FuzzyTerm(text) for text in longest[: search_parser.MAX_FUZZY_TERMS]]
    scores = engine_queries.find_candidates(InTitle(OrNode((*leaves, *misspelt))))
    best = sorted(scores, key=lambda key: (-scores[key], key))[:CANDIDATES]
    rows = WikiPage.objects.readable_by(user).filter(column_in("pk", best)).select_related("kind", "place")
    wanted = SequenceMatcher(b=titles.fold(full_title), autojunk=False)

    def likeness(page: WikiPage) -> float:
        wanted.set_seq1(titles.fold(page.full_title))
        return scores[page.pk] * wanted.ratio()

    return sorted(rows, key=lambda page: (-likeness(page), page.pk))[: similar_titles.MAX_SUGGESTIONS]


def _leaves(full_title: str) -> list[Term]:
    """The words of a title that tell it from others."""
    found = [
        word for word in iter_words(full_title[: search_parser.MAX_LENGTH]) if not (word.is_compound or is_common(word))
    ]
    return [Term(word.lowercase, word.start, word.end) for word in found[: search_parser.MAX_TERMS]]
