"""The documents of history search: passages of pages and the facts that pages state, each with a version interval.

A document id is one number for both: the primary key of a passage, or the negated primary key of a fact.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from django.db.models import Q

from wiki.facts.models import Fact
from wiki.history.models import Passage
from wiki.pages.array_lookup import column_in
from wiki.search import engine_queries
from wiki.search.search_ast import Node

DocumentRow = tuple[int, int, int, int | None]
"""Document id, page, and the versions that added and removed the document (None: it is current)."""
COLUMNS = ("pk", "page_id", "added_in", "removed_in")


def find_history_candidates(node: Node) -> tuple[dict[int, float], bool]:
    """Find the documents that match `node`: scores by document id, and whether these are all; permissions not applied.

    Raises IndexMissing and IndexDamaged.
    """
    passages, facts = (
        engine_queries.find_candidates(node, engine_queries.PASSAGES),
        engine_queries.find_candidates(node, engine_queries.FACTS),
    )
    is_all = not (engine_queries.may_be_truncated(passages) or engine_queries.may_be_truncated(facts))
    return passages | {-key: score for key, score in facts.items()}, is_all


def rows_with_ids(document_ids: Collection[int]) -> Iterator[DocumentRow]:
    """Load the rows of the documents with these ids; missing ones are left out."""
    return _rows(
        Q(column_in("pk", [document_id for document_id in document_ids if document_id > 0])),
        Q(column_in("pk", [-document_id for document_id in document_ids if document_id < 0])),
    )


def rows_of_pages(pages: Iterable[int]) -> Iterator[DocumentRow]:
    """Load all documents that pages ever had: facts, then passages in text order."""
    return _rows(*[column_in("page_id", pages)] * 2)


def _rows(passages: Q, facts: Q) -> Iterator[DocumentRow]:
    for key, page, added_in, removed_in in (
        Fact.get_indexed_objects().filter(facts).order_by("pk").values_list(*COLUMNS)
    ):
        yield -key, page, added_in, removed_in
    yield from Passage.objects.filter(passages).order_by("position").values_list(*COLUMNS)


def load_texts(document_ids: Collection[int]) -> dict[int, str]:
    """Load the texts of documents by id: passages without markup, facts as "property: value"."""
    passages = Passage.objects.only("text", "kind").in_bulk(
        [document_id for document_id in document_ids if document_id > 0]
    )
    found = {key: passage.said() for key, passage in passages.items()}
    facts = Fact.objects.filter(pk__in=[-document_id for document_id in document_ids if document_id < 0])
    for key, title, raw in facts.values_list("pk", "property__title", "raw"):
        found[-key] = f"{title}: {raw}"
    return found
