"""Spelling correction ("Did you mean"): replaces words of a query that are not in the index by similar words of it."""

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
"""Most words of a query that are looked up."""
MAX_ALTERNATIVES = 400
"""Most similar words considered per field, word and distance."""


def correct_spelling(text: str, leaves: Sequence[Leaf]) -> str:
    """Return the query `text` with its unknown words corrected, or "" without any correction.

    Corrections come from all pages, whoever may read them: show one only if searching for it finds something.
    """
    backend = get_search_backend()
    if not isinstance(backend, WhooshBackend):
        return ""
    with (
        suppress(IndexMissing, IndexDamaged),
        backend.get_index_for_model(PageSearchText).directory.snapshot() as snapshot,
    ):
        reader = snapshot.reader
        corrected = text
        terms = [term for term in leaves if isinstance(term, Term) and term.end]
        for term in reversed(terms[:MAX_CORRECTED_WORDS]):
            replacement = _best_alternative(reader, term.text)
            if replacement:
                corrected = corrected[: term.start] + replacement + corrected[term.end :]
        return corrected if corrected != text else ""
    return ""


def _best_alternative(reader: IndexReader, text: str) -> str:
    """Return the most frequent word similar to `text`; "" if the index has `text` itself, or nothing similar."""
    found = list(iter_words(text))
    if len(found) != 1 or len(found[0].folded) < 4:
        return ""
    word = found[0]
    if any((name, word.folded) in reader for name in FIELDS):
        return ""
    if any((name + STEM, stem) in reader for name in FIELDS for stem in query_stems(word)):
        return ""
    for distance in (1, 2):
        alternatives = {
            str(alternative)
            for name in FIELDS
            for alternative in islice(reader.terms_within(name, word.folded, distance, prefix=1), MAX_ALTERNATIVES)
        }
        if alternatives:
            return max(
                sorted(alternatives),
                key=lambda alternative: sum(reader.doc_frequency(name, alternative) for name in FIELDS),
            )
        if len(word.folded) < 5:
            break
    return ""
