"""`rdf`, `turtle` and `jsonld`: results as linked data.

The URI of a subject is the URL of its page. That of a property is its declared equivalent URI, else the URL of its
page. Source of terms: RDF 1.1 Concepts, RDF Schema, GeoSPARQL 1.1 (points), W3C XML Schema (dates and numbers).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from wiki.ask.formats.aggregates import NUMERIC_DATATYPES
from wiki.ask.formats.base import Format, FormatContext, Parameter, ResultFile, file_name, option
from wiki.ask.formats.cells import BOOLEAN, DATE, PAGE, PLACE, is_subject_column
from wiki.ask.formats.event_rows import datetime_of_julian_day, in_utc, is_whole_days
from wiki.errors import gettext_noop
from wiki.facts.datatypes import registry, vague_dates
from wiki.facts.values import Context
from wiki.pages.page_urls import address

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node, URIRef

    from wiki.ask.execution.results import QueryResult
    from wiki.facts.values import Declaration, Value

EDTF = "http://id.loc.gov/datatypes/edtf/EDTF"
WKT = "http://www.opengis.net/ont/geosparql#wktLiteral"
XSD = "http://www.w3.org/2001/XMLSchema#"
SAFE = "/:?#[]@!$&()*+,;=~-._%"
"""Characters that stay in a URL; all others are percent-encoded, as RDF requires of IRIs."""
_ENDS_IN_NAME = re.compile(r"[/#:][A-Za-z_][A-Za-z0-9_.-]*\Z")
SCHEMES = ("http://", "https://", "urn:", "mailto:", "tel:")


def to_uri(url: str) -> URIRef:
    """Return a URL as a URI that every RDF syntax can write."""
    from rdflib import URIRef  # heavy, and needed by few requests

    return URIRef(quote(unquote(url, errors="surrogateescape"), safe=SAFE, errors="surrogateescape"))


def predicate(declaration: Declaration, format_context: FormatContext) -> URIRef:
    """Return the URI of a property. RDF/XML needs one that ends in an XML name, so other titles get `#this`."""
    for equivalent in declaration.equivalent:
        if equivalent.startswith(SCHEMES[:2]) and _ENDS_IN_NAME.search(equivalent):
            return to_uri(equivalent)
    found = to_uri(format_context.absolute_url(address("page", f"Property:{declaration.title or declaration.key}")))
    return found if _ENDS_IN_NAME.search(found) else to_uri(f"{found}#this")


def xml_date(value: Value) -> tuple[str, str]:
    """Return a date in XML Schema's syntax and the name of its type; ("", "") outside the years 1 to 9999."""
    moment = datetime_of_julian_day(value.number)
    if moment is None:
        return "", ""
    if not is_whole_days(value):
        return in_utc(moment).strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20), "dateTime"
    days = (value.number_end or 0) - (value.number or 0)
    iso_date = moment.date().isoformat()
    return (iso_date[:4], "gYear") if days > 32 else (iso_date[:7], "gYearMonth") if days > 1.5 else (iso_date, "date")


def to_node(value: Value, context: Context, result: QueryResult, format_context: FormatContext, graph: Graph) -> Node:
    """Return the node of a value: a URI, a typed literal, or for a record a blank node with its fields."""
    from rdflib import BNode, Literal
    from rdflib import URIRef as Uri

    text = registry.show(value, context) if value.datatype not in (PAGE, DATE) else value.raw
    if value.datatype == PAGE:
        page = result.pages.get(value.canonical_value)
        path = page.url if page else address("page", value.raw.partition("#")[0].lstrip(":") or "-")
        return to_uri(format_context.absolute_url(path))
    if value.parts:
        blank_node = BNode()
        fields = {field.key: field for field in context.declaration.fields}
        for key, part in value.parts:
            if field := fields.get(key):
                field_context = Context(context.language, field, context.page, context.place_title)
                node = to_node(part, field_context, result, format_context, graph)
                graph.add((blank_node, predicate(field, format_context), node))
        return blank_node
    if value.datatype in NUMERIC_DATATYPES and value.number is not None:
        return Literal(repr(value.number), datatype=Uri(f"{XSD}double"))
    if value.datatype == BOOLEAN:
        return Literal("true" if value.number else "false", datatype=Uri(f"{XSD}boolean"))
    if value.datatype == DATE and value.canonical_value.startswith(vague_dates.PREFIX):
        return Literal(value.canonical_value.removeprefix(vague_dates.PREFIX), datatype=Uri(EDTF))
    if value.datatype == DATE and (dated := xml_date(value))[0]:
        return Literal(dated[0], datatype=Uri(XSD + dated[1]))
    if value.datatype == PLACE and value.lat is not None and value.lon is not None:
        return Literal(f"POINT({value.lon!r} {value.lat!r})", datatype=Uri(WKT))
    link = registry.link(value, context)
    if link.startswith(SCHEMES):
        return to_uri(link)
    language = value.lang if value.lang.replace("-", "").isalnum() and value.lang[:1].isalpha() else None
    return Literal(printable(text), lang=language)


def printable(text: str) -> str:
    """Return a text without control characters, which RDF/XML cannot write."""
    return "".join(character for character in text if character.isprintable() or character in "\n\t")


def build_graph(result: QueryResult, format_context: FormatContext) -> Graph:
    """Return the triples of a result."""
    from rdflib import RDF, RDFS, Graph, Literal

    graph = Graph()
    for row in result.rows:
        subject = to_uri(format_context.absolute_url(row.subject.url))
        graph.add((subject, RDFS.label, Literal(printable(row.subject.shown_title))))
        for index, column in enumerate(result.columns):
            if is_subject_column(column):
                continue
            values = [value for value in row.cells[index] if value.is_usable]
            if column.printout.category:  # `?Category:X`: whether the page is in the category
                if any(value.number for value in values):
                    title = f"Category:{column.printout.category}"
                    graph.add((subject, RDF.type, to_uri(format_context.absolute_url(address("page", title)))))
                continue
            predicate_uri = (
                RDF.type if column.printout.category == "" else predicate(column.declaration, format_context)
            )
            for value in values:
                graph.add((subject, predicate_uri, to_node(value, column.context, result, format_context, graph)))
    return graph


def _serialize(
    result: QueryResult, format_context: FormatContext, syntax: str, content_type: str, ending: str
) -> ResultFile:
    options: dict[str, Any] = {}
    if syntax == "json-ld":
        labelled = {column.label: str(predicate(column.declaration, format_context)) for column in result.columns if
                    column.label and not is_subject_column(column) and column.printout.category is None}  # fmt: skip
        options = {
            "context": {label: term for label, term in labelled.items() if _is_term(label)},
            "auto_compact": True,
        }
    content = build_graph(result, format_context).serialize(format=syntax, encoding="utf-8", **options)
    return ResultFile(content_type, file_name(result, ending), content)


def _is_term(label: str) -> bool:
    """Whether a label can be a JSON-LD term."""
    return label.isprintable() and not label.startswith("@") and ":" not in label and "/" not in label


def rdf_file(result: QueryResult, format_context: FormatContext) -> ResultFile:
    """Return RDF/XML, or Turtle with `syntax=turtle`."""
    if option(result, "syntax").lower() == "turtle":
        return turtle_file(result, format_context)
    return _serialize(result, format_context, "xml", "application/rdf+xml", "rdf")


def turtle_file(result: QueryResult, format_context: FormatContext) -> ResultFile:
    """Return Turtle."""
    return _serialize(result, format_context, "turtle", "text/turtle; charset=utf-8", "ttl")


def jsonld_file(result: QueryResult, format_context: FormatContext) -> ResultFile:
    """Return JSON-LD with the labels of printouts as terms."""
    return _serialize(result, format_context, "json-ld", "application/ld+json", "jsonld")


FILENAME = Parameter("filename", "text", "", gettext_noop("The name of the file, instead of that of the question."))
SYNTAX = Parameter("syntax", "choice", "rdfxml", gettext_noop("How RDF is written."), ("rdfxml", "turtle"))
FORMATS = (
    Format("rdf", "RDF", gettext_noop("Linked data, as RDF/XML."), (), (SYNTAX, FILENAME), file=rdf_file),
    Format("turtle", "Turtle", gettext_noop("Linked data, as Turtle."), ("ttl",), (FILENAME,), file=turtle_file),
    Format("jsonld", "JSON-LD", gettext_noop("Linked data, as JSON-LD."), ("json-ld",), (FILENAME,), file=jsonld_file),
)
