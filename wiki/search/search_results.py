"""Search of current pages for the search page, the API and the command line: results, spelling, autocompletion."""

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
"""Results with fewer hits get a spelling suggestion."""
MAX_FACTS = 2
"""Most facts shown below a result."""
MAX_TITLE_HITS = 1_000
"""Most pages found by title where the index is missing or damaged."""


@dataclass(slots=True)
class SearchResults:
    """The hits of a search, best first, all readable by the user."""

    query: search_parser.ParsedQuery
    hits: list[SearchHit]
    by_title_only: bool = False
    """True where the index is missing or damaged, so that only titles were searched, by the database."""
    leaves: list[Leaf] = field(default_factory=list)


@dataclass(slots=True)
class SearchResult:
    """A found page, for display: texts are lists of pieces, with query terms highlighted."""

    page: WikiPage
    score: float
    title: list[Piece]
    snippet: list[Piece]
    facts: list[list[Piece]]
    word_count: int = 0
    """Number of words of the text."""
    via: str = ""


def search_pages(text: str, user: Reader, where: Q | None = None) -> SearchResults:
    """Find the pages that match the query `text` and the condition `where`, and that `user` may read."""
    query = search_parser.parse(text.strip())
    leaves = list(positive_terms(query.tree))
    try:
        found = page_search.find_pages(query.tree, user, where, query.text)
    except (IndexMissing, IndexDamaged):
        return SearchResults(query, _by_title(query, user, where).hits, by_title_only=True, leaves=leaves)
    query.warnings = list(dict.fromkeys([*query.warnings, *found.warnings]))
    return SearchResults(query, found.hits, leaves=leaves)


def _by_title(query: search_parser.ParsedQuery, user: Reader, where: Q | None) -> SearchHits:
    """Find pages by title with the database alone, for when the index is missing or damaged."""
    title_words = " ".join(leaf.text for leaf in positive_terms(query.tree)) or query.text
    if not titles.fold(title_words).split():
        return SearchHits()
    rows = page_lists.pages_with_title_words(title_words, user).filter(where or Q()).order_by("title_fold", "pk")
    return SearchHits(
        [
            SearchHit(
                row.pk, 1.0, row.kind_id, row.place_id, row.license, row.language, row.title_key or "", row.edited_at
            )
            for row in rows[:MAX_TITLE_HITS]
        ]
    )


def load_results(hits: Sequence[SearchHit], leaves: Sequence[Leaf], user: Reader) -> list[SearchResult]:
    """Load the pages of `hits`, with snippets of their texts; three database queries."""
    rows = WikiPage.objects.readable_by(user).select_related("kind", "place").in_bulk([hit.pk for hit in hits])
    texts = PageSearchText.objects.in_bulk(list(rows))
    highlighter = Highlighter(leaves)
    return [_result(hit, rows[hit.pk], texts.get(hit.pk), highlighter) for hit in hits if hit.pk in rows]


def _result(hit: SearchHit, page: WikiPage, text: PageSearchText | None, highlighter: Highlighter) -> SearchResult:
    snippet = highlighter.snippet(text.body) if text is not None else []
    facts = [highlighter.highlight(line) for line in text.facts.split("\n")] if text is not None else []
    matching_facts = [line for line in facts if any(marked for _, marked in line)][:MAX_FACTS]
    word_count = len(text.body.split()) if text is not None else 0
    snippet = snippet or [(page.excerpt, False)]
    return SearchResult(
        page, hit.score, highlighter.highlight(page.shown_title), snippet, matching_facts, word_count, hit.via
    )


def suggest_query(results: SearchResults, user: Reader, where: Q | None = None) -> str:
    """Suggest a corrected query where there are few hits; only one that finds more pages that `user` may read."""
    if len(results.hits) >= SUGGEST_BELOW or results.by_title_only or not results.leaves:
        return ""
    corrected = spelling.correct_spelling(results.query.text, results.leaves)
    return corrected if corrected and len(search_pages(corrected, user, where).hits) > len(results.hits) else ""


def autocomplete_pages(text: str, user: Reader, limit: int) -> SearchResults:
    """Find pages for a query that is being typed: its last word counts as a prefix, and titles come first."""
    query = search_parser.parse(text.strip())
    tree = _with_prefix(query.tree)
    leaves = list(positive_terms(tree))
    try:
        found = page_search.find_pages(InTitle(tree) if tree else None, user, None, query.text)
        if tree is not None and len(found.hits) < limit:
            found_pks = {hit.pk for hit in found.hits}
            found.hits += [hit for hit in page_search.find_pages(tree, user).hits if hit.pk not in found_pks]
    except (IndexMissing, IndexDamaged):
        return SearchResults(query, _by_title(query, user, None).hits[:limit], by_title_only=True, leaves=leaves)
    return SearchResults(query, found.hits[:limit], leaves=leaves)


def _with_prefix(tree: Node | None) -> Node | None:
    """Replace the last term of a tree by a prefix term."""
    match tree:
        case Term(text) if sum(character.isalnum() for character in text) >= search_parser.MIN_PREFIX_LENGTH:
            return PrefixTerm(text)
        case AndNode((*first, last)):
            return AndNode((*first, _with_prefix(last) or last))
    return tree
