"""«Did you mean»: words of a query that the index does not hold, exchanged for ones that it does."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import islice

from modelsearch.backends import get_search_backend
from whoosh.reading import IndexReader

from wiki.search.engine.backend import WhooshBackend
from wiki.search.engine.index_directory import IndexDamaged, IndexMissing
from wiki.search.engine.schema import STEM, query_stems
from wiki.search.models import PageSearchText
from wiki.search.search_ast import Leaf, Term
from wiki.text.tokenizer import iter_words

FIELDS = ("title", "body", "headings", "fact_values", "title_prefix")
MAX_CORRECTED_WORDS = 4
"""Words of a query that are tried."""
MAX_ALTERNATIVES = 400
"""Words alike that are looked at for each."""


def correct_spelling(text: str, leaves: Sequence[Leaf]) -> str:
    """`text` with its unknown words exchanged, or "" when there is nothing to suggest.

    It may come from a page that not everyone may read: show it only where asking it finds something.
    """
    backend = get_search_backend()
    if not isinstance(backend, WhooshBackend):
        return ""
    with (
        suppress(IndexMissing, IndexDamaged),
        backend.get_index_for_model(PageSearchText).directory.searcher() as searcher,
    ):
        reader = searcher.reader()
        changed = text
        plain = [leaf for leaf in leaves if isinstance(leaf, Term) and leaf.end]
        for leaf in reversed(plain[:MAX_CORRECTED_WORDS]):
            better = _better(reader, leaf.text)
            if better:
                changed = changed[: leaf.start] + better + changed[leaf.end :]
        return changed if changed != text else ""
    return ""


def _better(reader: IndexReader, text: str) -> str:
    """A word like `text` that many pages hold; "" where the index holds it already, or nothing like it."""
    found = list(iter_words(text))
    if len(found) != 1 or len(found[0].folded) < 4:
        return ""
    word = found[0]
    if any((name, word.folded) in reader for name in FIELDS):
        return ""
    if any((name + STEM, stem) in reader for name in FIELDS for stem in query_stems(word)):
        return ""
    for distance in (1, 2):
        held = {
            str(near)
            for name in FIELDS
            for near in islice(reader.terms_within(name, word.folded, distance, prefix=1), MAX_ALTERNATIVES)
        }
        if held:
            return max(sorted(held), key=lambda near: sum(reader.doc_frequency(name, near) for name in FIELDS))
        if len(word.folded) < 5:
            break
    return ""
