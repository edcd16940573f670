"""The dependencies of a query result, by which caches find out whether a change affects the result."""

from __future__ import annotations

from dataclasses import dataclass

ANY = "*"
"""Stands for any value of a property."""


@dataclass(frozen=True, slots=True)
class QueryDependencies:
    """A superset of the changes that can change a query result.

    The result stays the same unless one of the following happens: a fact in `fact_values` is added, removed or
    parsed again; the declaration of one of `properties` changes; a page of `page_pks` changes; a page of `title_keys`
    is created, deleted or changes its redirect, or one that a value of `followed_properties` names; a page in one of
    `namespaces` (in any, with `any_change`) is created, deleted or renamed. Where the result is truncated by the
    limit, a new title of any page with a fact in `fact_values` counts too.
    """

    fact_values: frozenset[tuple[str, str]] = frozenset()
    """Pairs of a property key and a canonical value, or ANY."""
    page_pks: frozenset[int] = frozenset()
    """Primary keys of the pages in the result, and of those that chains of printouts passed through."""
    title_keys: frozenset[str] = frozenset()
    """Title keys that conditions or printed values name."""
    namespaces: frozenset[int] = frozenset()
    """Namespaces where every page matters."""
    any_change: bool = False
    """Whether any fact or page matters."""
    is_truncated: bool = False
    followed_properties: frozenset[str] = frozenset()
    """Keys of the properties whose values are followed to pages: in chains, subqueries and inverse properties."""
    properties: frozenset[str] = frozenset()
    """Keys of all properties in the conditions, the sort keys and the printouts."""
