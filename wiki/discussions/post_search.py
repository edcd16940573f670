"""Search of posts: by the words of their text, and of the title of their thread for the first post of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wiki.discussions.models import Post
from wiki.pages.array_lookup import column_in
from wiki.pages.read_permissions import is_readable
from wiki.search import engine_queries
from wiki.search.engine.index_directory import IndexDamaged, IndexMissing
from wiki.search.engine_queries import SearchTarget
from wiki.search.search_ast import AndNode, Term
from wiki.search.snippets import Highlighter, Piece
from wiki.text.tokenizer import iter_words

if TYPE_CHECKING:
    from wiki.pages.models import Reader

POSTS = SearchTarget(Post, {"thread_title": 3.0, "said": 1.0})
RESULTS, TEXT, WORDS = 50, 1_000, 20
"""Posts that a search shows, and characters and words of its text that count."""


@dataclass(frozen=True, slots=True)
class FoundPost:
    """A post that has all words of a search, with the part of its text that has the most of them."""

    post: Post
    snippet: list[Piece]


def find_posts(text: str, user: Reader) -> list[FoundPost] | None:
    """Return the best posts that `user` may read with all words of `text`; None while there is no index.

    Two queries, beside the search engine.
    """
    words = [word for word in iter_words(text[:TEXT]) if not word.is_compound]
    terms = [Term(text[word.start : word.end]) for word in words[:WORDS]]
    if not terms:
        return []
    try:
        scores = engine_queries.find_candidates(AndNode(tuple(terms)), POSTS)
    except (IndexMissing, IndexDamaged):
        return None
    readable = Post.objects.filter(column_in("pk", scores), is_readable(user, "thread__page__"), deleted_at=None)
    best = sorted(readable.values_list("pk", flat=True), key=lambda key: (-scores[key], -key))[:RESULTS]
    posts = Post.objects.select_related("thread__page").in_bulk(best)
    highlighter = Highlighter(terms)
    return [FoundPost(posts[key], highlighter.snippet(posts[key].said())) for key in best if key in posts]
