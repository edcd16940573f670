"""The data of a page in the syntaxes of RDF, and its source text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from wiki.ask.embedding.fact_box import PageFacts
from wiki.linked_data import vocabulary
from wiki.linked_data.fact_graphs import FactGraphs
from wiki.linked_data.page_description import PageDescriber
from wiki.linked_data.schema_triples import triples_of
from wiki.pages.content_negotiation import DATA_TYPES
from wiki.pages.models import PageText, RenderedPage, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.rendering import page_output

if TYPE_CHECKING:
    from rdflib import Graph

SYNTAXES = {"ttl": "turtle", "jsonld": "json-ld", "rdf": "xml"}
"""rdflib's name of each syntax, by ending."""
MARKDOWN = "md"
CONTENT_TYPES = {ending: content_type for content_type, ending in DATA_TYPES.items()}


def page_content(page: WikiPage, ending: str) -> bytes:
    """Return the data of a page that anonymous readers may read. `ending` is one of DATA_TYPES."""
    if ending == MARKDOWN:
        text = PageText.objects.filter(page=page).values_list("text", flat=True).first()
        return (text or "").encode()
    return serialize(page_graph(page), ending)


def page_graph(page: WikiPage) -> Graph:
    """Return the facts of a page, and its description at schema.org."""
    graph = FactGraphs([page.pk]).build(page.pk)
    stored = RenderedPage.objects.filter(page=page, ui_language=page.language).first() or RenderedPage(
        page=page, ui_language=page.language
    )
    slots = page_output.deferred_slots(stored, PageFields.of(page), page)
    facts = PageFacts.load(slots, AnonymousUser())
    if not page.redirect_key:
        graph += triples_of(PageDescriber(page, facts).describe())
    return graph


def serialize(graph: Graph, ending: str) -> bytes:
    """Write a graph in the syntax of an ending."""
    graph.bind("schema", vocabulary.SCHEMA, replace=True)
    graph.bind("property", f"{settings.BASE_ADDRESS}/wiki/Property:")
    options: dict[str, Any] = {}
    if ending == "jsonld":
        options = {"context": {prefix: str(uri) for prefix, uri in graph.namespaces() if _is_used(graph, str(uri))}}
        options |= {"auto_compact": True, "sort_keys": True}
    content: bytes = graph.serialize(format=SYNTAXES[ending], encoding="utf-8", **options)
    return content


def _is_used(graph: Graph, uri: str) -> bool:
    """Whether a predicate or a type of a graph begins with a namespace."""
    return any(str(name).startswith(uri) for name in {*graph.predicates(), *graph.objects()})
