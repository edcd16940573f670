"""One answer to a reader's words, for the page, the API and the command line alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Q

from wiki.pages.models import WikiPage
from wiki.pages.views import page_lists
from wiki.search import page_search, search_parser, spelling
from wiki.search.engine.index_directory import IndexDamaged, IndexMissing
from wiki.search.models import PageSearchText
from wiki.search.page_search import SearchHit, SearchHits
from wiki.search.search_ast import AndNode, InTitle, Leaf, Node, PrefixTerm, Term, positive_terms
from wiki.search.snippets import Highlighter, Piece
from wiki.text import titles

if TYPE_CHECKING:
    from wiki.pages.models import Reader

SUGGEST_BELOW = 3
"""Answers with fewer pages are given a suggestion."""
MAX_FACTS = 2
"""Facts shown below a result."""
MAX_TITLE_HITS = 1_000
"""Pages found by title where there is no index to ask."""


@dataclass(slots=True)
class SearchResults:
    """What was found, best first; nothing in it is hidden from the reader."""

    query: search_parser.ParsedQuery
    hits: list[SearchHit]
    by_title_only: bool = False
    """Whether the index could not be asked, and titles alone were looked at."""
    leaves: list[Leaf] = field(default_factory=list)


@dataclass(slots=True)
class SearchResult:
    """One page as it is shown."""

    page: WikiPage
    score: float
    title: list[Piece]
    snippet: list[Piece]
    facts: list[list[Piece]]
    word_count: int = 0
    """How many words the text has."""
    via: str = ""


def search_pages(text: str, user: Reader, also: Q | None = None) -> SearchResults:
    """The pages that match `text`, and `also`, that `user` may read."""
    query = search_parser.parse(text.strip())
    leaves = list(positive_terms(query.tree))
    try:
        found = page_search.find_pages(query.tree, user, also, query.text)
    except (IndexMissing, IndexDamaged):
        return SearchResults(query, _by_title(query, user, also).hits, by_title_only=True, leaves=leaves)
    query.warnings = list(dict.fromkeys([*query.warnings, *found.warnings]))
    return SearchResults(query, found.hits, leaves=leaves)


def _by_title(query: search_parser.ParsedQuery, user: Reader, also: Q | None) -> SearchHits:
    """Pages whose title holds the words: what can be answered without an index."""
    words = " ".join(leaf.text for leaf in positive_terms(query.tree)) or query.text
    if not titles.fold(words).split():
        return SearchHits()
    rows = page_lists.pages_with_title_words(words, user).filter(also or Q()).order_by("title_fold", "pk")
    return SearchHits(
        [
            SearchHit(
                row.pk, 1.0, row.kind_id, row.place_id, row.license, row.language, row.title_key or "", row.edited_at
            )
            for row in rows[:MAX_TITLE_HITS]
        ]
    )


def load_results(hits: Sequence[SearchHit], leaves: Sequence[Leaf], user: Reader) -> list[SearchResult]:
    """The pages of some hits, with the pieces of text in which their words stand. Three queries."""
    rows = WikiPage.objects.readable_by(user).select_related("kind", "place").in_bulk([hit.pk for hit in hits])
    texts = PageSearchText.objects.in_bulk(list(rows))
    marker = Highlighter(leaves)
    return [_result(hit, rows[hit.pk], texts.get(hit.pk), marker) for hit in hits if hit.pk in rows]


def _result(hit: SearchHit, page: WikiPage, text: PageSearchText | None, marker: Highlighter) -> SearchResult:
    piece = marker.snippet(text.body) if text is not None else []
    facts = [marker.highlight(line) for line in text.facts.split("\n")] if text is not None else []
    shown = [line for line in facts if any(marked for _, marked in line)][:MAX_FACTS]
    count = len(text.body.split()) if text is not None else 0
    piece = piece or [(page.excerpt, False)]
    return SearchResult(page, hit.score, marker.highlight(page.shown_title), piece, shown, count, hit.via)


def suggest_query(given: SearchResults, user: Reader, also: Q | None = None) -> str:
    """What was perhaps meant, where little was found; only what finds something that `user` may read."""
    if len(given.hits) >= SUGGEST_BELOW or given.by_title_only or not given.leaves:
        return ""
    better = spelling.correct_spelling(given.query.text, given.leaves)
    return better if better and len(search_pages(better, user, also).hits) > len(given.hits) else ""


def autocomplete_pages(text: str, user: Reader, limit: int) -> SearchResults:
    """Pages for words that are still being typed: the last may go on; titles first."""
    query = search_parser.parse(text.strip())
    tree = _going_on(query.tree)
    leaves = list(positive_terms(tree))
    try:
        found = page_search.find_pages(InTitle(tree) if tree else None, user, None, query.text)
        if tree is not None and len(found.hits) < limit:
            known = {hit.pk for hit in found.hits}
            found.hits += [hit for hit in page_search.find_pages(tree, user).hits if hit.pk not in known]
    except (IndexMissing, IndexDamaged):
        return SearchResults(query, _by_title(query, user, None).hits[:limit], by_title_only=True, leaves=leaves)
    return SearchResults(query, found.hits[:limit], leaves=leaves)


def _going_on(tree: Node | None) -> Node | None:
    """The tree with its last plain word as a beginning."""
    match tree:
        case Term(text) if sum(sign.isalnum() for sign in text) >= search_parser.MIN_PREFIX_LENGTH:
            return PrefixTerm(text)
        case AndNode((*first, last)):
            return AndNode((*first, _going_on(last) or last))
    return tree
