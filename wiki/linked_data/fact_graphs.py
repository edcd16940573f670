"""The facts of pages as triples: one triple for each fact, and what the wiki knows of the page itself.

The URI of a page, and of what it is about, is its URL; subobjects and records are fragments of it. The URI of a
property is its declared equivalent URI, else the URL of its page (`wiki/ask/formats/rdf.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from wiki.ask.execution.results import QueryResult
from wiki.ask.formats.base import FormatContext
from wiki.ask.formats.cells import PAGE
from wiki.ask.formats.rdf import predicate, printable, to_node, to_uri
from wiki.ask.language.query_ast import Conjunction, Query
from wiki.facts.fact_sources import sources_in
from wiki.facts.models import Fact
from wiki.facts.property_declarations import declarations_for
from wiki.facts.values import Context
from wiki.linked_data import vocabulary
from wiki.pages.models import Fork, PageLink, WikiPage
from wiki.pages.page_urls import address
from wiki.pages.rendering import page_cache
from wiki.text import titles

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node, URIRef

    from wiki.facts.values import Declaration

ROWS = 400
"""Keys in one query."""
SUBOBJECT = "Has subobject"
NAMED_BY_KEY = frozenset({"__sob", "_wpp", "_wpc", "_wpu", "__suc", "__sup", "__spu", "__red", "__sin"})
"""Datatypes of special properties whose values are pages, by their title keys."""


def page_uri(full_title: str, fragment: str = "") -> URIRef:
    """Return the URI of a page, or of a subobject or record of it."""
    anchor = f"#{titles.quote_title(fragment)}" if fragment else ""
    return to_uri(f"{settings.BASE_ADDRESS}{address('page', full_title)}{anchor}")


class FactGraphs:
    """Builds the graphs of pages that anonymous readers may read, many at once. About six queries."""

    def __init__(self, pks: Sequence[int]) -> None:
        pages = WikiPage.objects.readable_by(AnonymousUser()).filter(pk__in=pks).select_related("kind", "place")
        self.pages: dict[int, WikiPage] = {page.pk: page for page in pages.order_by("pk")}
        self.facts: dict[int, list[Fact]] = defaultdict(list)
        rows = Fact.objects.filter(page__in=self.pages, removed_in=None, problem__isnull=True)
        for fact in rows.select_related("subject", "whole", "property__redirects_to").order_by("position", "pk"):
            self.facts[fact.page_id].append(fact)
        facts = [fact for facts in self.facts.values() for fact in facts]
        self.declarations = declarations_for({_property_key(fact) for fact in facts})
        self.titles = _titles_of({fact.canonical_value for fact in facts if fact.datatype == PAGE})
        self.categories: dict[int, list[str]] = defaultdict(list)
        links = PageLink.objects.filter(page__in=self.pages, way=PageLink.Way.CATEGORY).order_by("key")
        for page, key in links.values_list("page", "key"):
            self.categories[page].append(key)
        self.upstreams = dict(Fork.objects.filter(page__in=self.pages).values_list("page", "upstream_url"))
        self.format_context = FormatContext("fr")
        self.result = QueryResult(Query(Conjunction(())))

    def build(self, pk: int) -> Graph:
        """Return the graph of a page; an empty one if anonymous readers may not read it."""
        from rdflib import RDFS, Graph, Literal

        graph, page = Graph(), self.pages.get(pk)
        graph.bind("dcterms", "http://purl.org/dc/terms/")
        graph.bind("schema", vocabulary.SCHEMA)
        if page is None:
            return graph
        subject = page_uri(page.full_title)
        graph.add((subject, RDFS.label, Literal(printable(page.shown_title))))
        self._add_page(graph, subject, page)
        for fact in self.facts[pk]:
            self._add_fact(graph, page, fact)
        self._add_sources(graph, page)
        return graph

    def _add_sources(self, graph: Graph, page: WikiPage) -> None:
        """Add licence and address of the sources of single facts, to the subobjects that state them."""
        from rdflib import DCTERMS

        subobjects: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for fact in self.facts[page.pk]:
            subobjects[fact.subject.fragment].append((_property_key(fact), fact.raw))
        for fragment, source in sources_in(subobjects).items():
            known = source.license
            if known is not None and (url := known.deed_url or known.text_url):
                graph.add((page_uri(page.full_title, fragment), DCTERMS.license, to_uri(url)))
            if source.url:
                graph.add((page_uri(page.full_title, fragment), DCTERMS.source, to_uri(source.url)))

    def _add_page(self, graph: Graph, subject: URIRef, page: WikiPage) -> None:
        """Add what the wiki knows of a page: its types, dates, licence, language, place and upstream."""
        from rdflib import DCTERMS, RDF, XSD, Literal

        kind = page.kind.key if page.kind else "article"
        for type_ in vocabulary.kind_terms(kind).types if not page.namespace else ("WebPage",):
            graph.add((subject, RDF.type, to_uri(vocabulary.SCHEMA + type_)))
        for key in self.categories[page.pk]:
            graph.add((subject, RDF.type, page_uri(key)))
        graph.add((subject, DCTERMS.created, Literal(page.created_at.isoformat(), datatype=XSD.dateTime)))
        graph.add((subject, DCTERMS.modified, Literal(page.edited_at.isoformat(), datatype=XSD.dateTime)))
        graph.add((subject, DCTERMS.language, Literal(page.language)))
        for url in page_cache.license_urls(page.license):
            graph.add((subject, DCTERMS.license, to_uri(url)))
        if page.place is not None:
            graph.add((subject, DCTERMS.isPartOf, page_uri(page.place.full_title)))
        if upstream := self.upstreams.get(page.pk):
            graph.add((subject, DCTERMS.source, to_uri(upstream)))

    def _add_fact(self, graph: Graph, page: WikiPage, fact: Fact) -> None:
        """Add the triple of a fact; the value of a record is the record, whose fields are facts of their own."""
        key = _property_key(fact)
        declaration = self.declarations[key]
        fragment = fact.subject.fragment
        subject = page_uri(page.full_title, fragment)
        graph.add((subject, predicate(declaration, self.format_context), self._object(graph, page, fact, declaration)))
        if fragment and fact.part_of_id is None:
            graph.add((page_uri(page.full_title), page_uri(f"Property:{SUBOBJECT}"), subject))

    def _object(self, graph: Graph, page: WikiPage, fact: Fact, declaration: Declaration) -> Node:
        if fact.whole is not None:
            return page_uri(page.full_title, fact.whole.fragment)
        if fact.datatype == PAGE or fact.datatype in NAMED_BY_KEY:
            key, _, fragment = fact.canonical_value.partition("#")
            return page_uri(self.titles.get(key, key) or "-", fragment)
        place_title = page.full_title if page.is_place else page.place.full_title if page.place else ""
        context = Context(page.language, declaration, page.full_title, place_title)
        return to_node(fact.value(), context, self.result, self.format_context, graph)


def _property_key(fact: Fact) -> str:
    return fact.property.redirects_to.key if fact.property.redirects_to else fact.property.key


def _titles_of(values: Iterable[str]) -> dict[str, str]:
    """Return the full titles of the pages that page values name, by title key; without those that are not there."""
    keys = sorted({value.partition("#")[0] for value in values})
    found: dict[str, str] = {}
    for start in range(0, len(keys), ROWS):
        pages = WikiPage.objects.readable_by(AnonymousUser()).filter(title_key__in=keys[start : start + ROWS])
        found |= dict(pages.order_by().values_list("title_key", "full_title"))
    return found
