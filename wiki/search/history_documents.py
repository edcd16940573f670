"""What lives through versions of a page and is searched: its passages, and the facts that it states.

Both are named by one number: a passage by its key, a fact by its key below zero.
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
"""Name, page, and the versions that began and ended it."""
COLUMNS = ("pk", "page_id", "added_in", "removed_in")


def find_history_candidates(node: Node) -> tuple[dict[int, float], bool]:
    """What holds a word, with scores, and whether that is all; whoever may read it.

    Raises IndexMissing and IndexDamaged.
    """
    passages, facts = (
        engine_queries.find_candidates(node, engine_queries.PASSAGES),
        engine_queries.find_candidates(node, engine_queries.FACTS),
    )
    is_all = not (engine_queries.may_be_truncated(passages) or engine_queries.may_be_truncated(facts))
    return passages | {-key: score for key, score in facts.items()}, is_all


def rows_with_ids(names: Collection[int]) -> Iterator[DocumentRow]:
    """Those of these names that are there."""
    return _rows(
        Q(column_in("pk", [name for name in names if name > 0])), Q(column_in("pk", [-n for n in names if n < 0]))
    )


def rows_of_pages(pages: Iterable[int]) -> Iterator[DocumentRow]:
    """All that ever lived in some pages: facts, then passages in the order of the text."""
    return _rows(*[column_in("page_id", pages)] * 2)


def _rows(passages: Q, facts: Q) -> Iterator[DocumentRow]:
    for key, page, added_in, removed_in in (
        Fact.get_indexed_objects().filter(facts).order_by("pk").values_list(*COLUMNS)
    ):
        yield -key, page, added_in, removed_in
    yield from Passage.objects.filter(passages).order_by("position").values_list(*COLUMNS)


def load_texts(names: Collection[int]) -> dict[int, str]:
    """What is said by those names: passages without markup, facts as property and value."""
    said = Passage.objects.only("text", "kind").in_bulk([name for name in names if name > 0])
    found = {key: passage.said() for key, passage in said.items()}
    stated = Fact.objects.filter(pk__in=[-name for name in names if name < 0])
    for key, title, raw in stated.values_list("pk", "property__title", "raw"):
        found[-key] = f"{title}: {raw}"
    return found
