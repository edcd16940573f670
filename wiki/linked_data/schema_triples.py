"""Descriptions in the vocabulary of schema.org as triples."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wiki.linked_data.vocabulary import SCHEMA

if TYPE_CHECKING:
    from rdflib import Graph

_URLS = ("url", "license", "sameAs", "contentUrl", "dayOfWeek", "mainEntityOfPage")
CONTEXT: dict[str, Any] = {
    "@vocab": SCHEMA,
    **{name: {"@type": "@id"} for name in _URLS},
    **{name: {"@type": f"{SCHEMA}DateTime"} for name in ("dateCreated", "dateModified", "datePublished")},
}
"""What the context of schema.org says of the names that descriptions use; that at its address is never fetched."""


def triples_of(description: dict[str, Any]) -> Graph:
    """Return the triples of a description in JSON-LD."""
    from rdflib import Graph  # heavy, and needed by few requests

    graph = Graph()
    graph.parse(data=json.dumps(description | {"@context": CONTEXT}), format="json-ld")
    return graph
