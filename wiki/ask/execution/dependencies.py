"""What an answer depends on: whoever keeps the answer compares this with what has changed."""

from __future__ import annotations

from dataclasses import dataclass

ANY = "*"
"""Any value of a property."""


@dataclass(frozen=True, slots=True)
class QueryDependencies:
    """A superset of the changes that can change an answer.

    The answer stays the same unless a fact that matches `looks` is added_in, dies or is read anew, what one
    of `properties` declares changes, a page of `seen`
    changes, a page of `pages` comes, goes or changes its redirect, or any page of `spaces` (of all
    namespaces, where `everywhere`) comes, goes or is renamed. Where the limit `cut` the result, the
    new title of any page that holds the conditions counts too.
    """

    fact_values: frozenset[tuple[str, str]] = frozenset()
    """Pairs of a property's key and `Fact.canonical_value`, or ANY."""
    page_pks: frozenset[int] = frozenset()
    """Pages of the result and those through which its printouts went."""
    title_keys: frozenset[str] = frozenset()
    """Title keys that conditions or values name."""
    namespaces: frozenset[int] = frozenset()
    """Namespaces of which every page matters."""
    any_change: bool = False
    """Whether any fact or page matters."""
    is_truncated: bool = False
    properties: frozenset[str] = frozenset()
    """Keys of all properties in the conditions, the order and the printouts."""
